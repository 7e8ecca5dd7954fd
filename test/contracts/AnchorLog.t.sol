// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AnchorLog} from "../../contracts/AnchorLog.sol";
import {IAnchorLog} from "../../contracts/interfaces/IAnchorLog.sol";
import {Rfc6962} from "../../contracts/Rfc6962.sol";
import {NaiveTree, signTyped, signerOf, vm} from "./Model.sol";

/// @title Whoever talks to a log: its own gateway, that gateway gone bad, and strangers
contract AnchorLogHandler {
    uint256 private constant LOG_KEY = 0x1096;
    uint256 private constant STRANGER = 0x57a7;
    uint256 private constant MOST_LEAVES = 24;
    bytes32 public constant LOG = keccak256("log");

    AnchorLog public immutable log;
    NaiveTree public immutable tree;

    bool public wasWronglyAccepted;
    bool public wasWronglyRefused;
    uint64[] public firstTimes;
    bytes32[] public notarized;
    uint64[] public notarizedTimes;
    uint64 private _time = 1_800_000_000;

    constructor() {
        log = new AnchorLog(0, address(this));
        log.grantRole(log.LOG_ADMIN_ROLE(), address(this));
        log.registerLog("log", signerOf(LOG_KEY));
        tree = new NaiveTree();
    }

    function advance(uint16 by) external {
        _time += by;
    }

    /// @dev The honest gateway: appends leaves and anchors what it has.
    function grow(uint8 by) external {
        vm.warp(_time);
        uint256 room = MOST_LEAVES - tree.size();
        uint256 more = by % 6;
        if (more == 0 || more > room) return;
        uint256 oldSize = log.head(LOG).size;
        for (uint256 i = 0; i < more; ++i) tree.append(keccak256(abi.encode("leaf", tree.size())));
        uint256 size = tree.size();
        bytes32[] memory proof = oldSize == 0 ? new bytes32[](0) : tree.consistencyProof(oldSize, size);
        if (_anchor(LOG_KEY, uint64(size), tree.root(size), proof)) firstTimes.push(_time);
        else wasWronglyRefused = true;
    }

    /// @dev Anybody sends again what is stored, with nonsense beside it.
    function sendAgain(uint256 which) external {
        vm.warp(_time);
        uint256 count = log.checkpointCount(LOG);
        if (count == 0) return;
        IAnchorLog.Checkpoint memory stored = log.checkpointAt(LOG, which % count);
        if (!_anchor(STRANGER, stored.size, stored.root, new bytes32[](which % 3))) wasWronglyRefused = true;
    }

    /// @dev A gateway gone bad signs another history, with the best proof that it can have.
    function fork(uint64 size, bytes32 root, uint8 oldSize) external {
        vm.warp(_time);
        uint256 count = log.checkpointCount(LOG);
        if (count == 0) return;
        size = (size % uint64(MOST_LEAVES)) + 1;
        bytes32[] memory proof = new bytes32[](oldSize % 7);
        if (oldSize != 0 && oldSize < size && size <= tree.size()) proof = tree.consistencyProof(oldSize, size);
        IAnchorLog.Checkpoint memory stored = log.checkpointOfSize(LOG, size);
        if (stored.size == size && stored.root == root) return;
        if (_anchor(LOG_KEY, size, root, proof)) wasWronglyAccepted = true;
    }

    /// @dev A stranger has the right tree and proof, but not the key.
    function growAsStranger() external {
        vm.warp(_time);
        uint256 oldSize = log.head(LOG).size;
        uint256 size = tree.size();
        if (size <= oldSize) return;
        bytes32[] memory proof = oldSize == 0 ? new bytes32[](0) : tree.consistencyProof(oldSize, size);
        if (_anchor(STRANGER, uint64(size), tree.root(size), proof)) wasWronglyAccepted = true;
    }

    function notarize(uint8 which, bool isStranger) external {
        vm.warp(_time);
        bytes32 leaf = keccak256(abi.encode("urgent", which % 8));
        (uint64 before, ) = log.notarizedAt(LOG, leaf);
        bytes32 structHash = keccak256(abi.encode(keccak256("UrgentLeaf(bytes32 log,bytes32 leaf)"), LOG, leaf));
        uint256 key = isStranger ? STRANGER : LOG_KEY;
        bytes memory signature = signTyped(key, "onceproof AnchorLog", address(log), structHash);
        try log.notarize(LOG, leaf, signature) {
            if (before == 0 && isStranger) wasWronglyAccepted = true;
            if (before == 0) {
                notarized.push(leaf);
                notarizedTimes.push(_time);
            }
        } catch {
            if (before != 0 || !isStranger) wasWronglyRefused = true;
        }
    }

    function notarizedCount() external view returns (uint256) {
        return notarized.length;
    }

    function _anchor(uint256 key, uint64 size, bytes32 root, bytes32[] memory proof) private returns (bool) {
        bytes32 structHash = keccak256(
            abi.encode(keccak256("Checkpoint(bytes32 log,uint64 size,bytes32 root)"), LOG, size, root)
        );
        bytes memory signature = signTyped(key, "onceproof AnchorLog", address(log), structHash);
        try log.anchor(LOG, size, root, proof, signature) {
            return true;
        } catch {
            return false;
        }
    }
}

contract AnchorLogInvariants {
    AnchorLogHandler private _handler;
    AnchorLog private _log;
    NaiveTree private _tree;
    bytes32 private _id;

    function setUp() external {
        _handler = new AnchorLogHandler();
        _log = _handler.log();
        _tree = _handler.tree();
        _id = _handler.LOG();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_nothingButAProvenExtensionIsAccepted() external view {
        require(!_handler.wasWronglyAccepted(), "a fork or a stranger was accepted");
    }

    function invariant_theHonestLogIsNeverRefused() external view {
        require(!_handler.wasWronglyRefused(), "the honest log was refused");
    }

    function invariant_sizesGrowStrictly() external view {
        uint64 last = 0;
        for (uint256 i = 0; i < _log.checkpointCount(_id); ++i) {
            uint64 size = _log.checkpointAt(_id, i).size;
            require(size > last, "a size that is not greater than the one before");
            last = size;
        }
    }

    function invariant_everyStoredRootIsOfTheOneTree() external view {
        for (uint256 i = 0; i < _log.checkpointCount(_id); ++i) {
            IAnchorLog.Checkpoint memory stored = _log.checkpointAt(_id, i);
            require(stored.root == _tree.root(stored.size), "a root of another history");
        }
    }

    function invariant_checkpointsKeepTheirFirstTime() external view {
        for (uint256 i = 0; i < _log.checkpointCount(_id); ++i) {
            require(_log.checkpointAt(_id, i).time == _handler.firstTimes(i), "a time was changed");
        }
    }

    function invariant_theFirstCoveringCheckpointIsTheFirst() external view {
        uint256 count = _log.checkpointCount(_id);
        for (uint64 leaf = 0; leaf < 26; ++leaf) {
            uint64 expected = 0;
            for (uint256 i = 0; i < count && expected == 0; ++i) {
                uint64 size = _log.checkpointAt(_id, i).size;
                if (size > leaf) expected = size;
            }
            require(_log.firstCovering(_id, leaf).size == expected, "another checkpoint than the first");
        }
    }

    function invariant_urgentLeavesKeepTheirFirstTime() external view {
        for (uint256 i = 0; i < _handler.notarizedCount(); ++i) {
            (uint64 time, ) = _log.notarizedAt(_id, _handler.notarized(i));
            require(time == _handler.notarizedTimes(i), "the time of an urgent leaf was changed");
        }
    }
}

/// @title Proofs of every shape, against a naive tree
contract Rfc6962Fuzz {
    uint256 private constant LEAVES = 64;
    NaiveTree private _tree;

    function setUp() external {
        _tree = new NaiveTree();
        for (uint256 i = 0; i < LEAVES; ++i) _tree.append(keccak256(abi.encode(i)));
    }

    function extends(
        bytes32 oldRoot,
        uint256 oldSize,
        bytes32 root,
        uint256 size,
        bytes32[] calldata proof
    ) external view returns (bool) {
        return Rfc6962.extends(oldRoot, oldSize, root, size, proof);
    }

    function includes(
        bytes32 root,
        uint256 size,
        bytes32 leaf,
        uint256 index,
        bytes32[] calldata proof
    ) external view returns (bool) {
        return Rfc6962.includes(root, size, leaf, index, proof);
    }

    function testFuzz_acceptsAConsistencyProofAndNoMutant(
        uint256 a,
        uint256 b,
        uint256 spot,
        uint8 kind
    ) external view {
        uint256 size = (a % (LEAVES - 1)) + 2;
        uint256 oldSize = (b % (size - 1)) + 1;
        bytes32[] memory proof = _tree.consistencyProof(oldSize, size);
        (bytes32 oldRoot, bytes32 root) = (_tree.root(oldSize), _tree.root(size));
        require(this.extends(oldRoot, oldSize, root, size, proof), "a right proof was refused");
        (bytes32[] memory mutant, bool isOther) = _mutate(proof, spot, kind);
        require(!isOther || !this.extends(oldRoot, oldSize, root, size, mutant), "a mutant was accepted");
    }

    function testFuzz_acceptsNoConsistencyProofForOtherSizes(uint256 a, uint256 b, uint256 c) external view {
        uint256 size = (a % (LEAVES - 1)) + 2;
        uint256 oldSize = (b % (size - 1)) + 1;
        uint256 other = (c % (size - 1)) + 1;
        bytes32[] memory proof = _tree.consistencyProof(oldSize, size);
        bool isAccepted = this.extends(_tree.root(oldSize), other, _tree.root(size), size, proof);
        require(isAccepted == (other == oldSize), "a proof was accepted for another size");
    }

    function testFuzz_acceptsAnInclusionProofAndNoMutant(uint256 a, uint256 b, uint256 spot, uint8 kind) external view {
        uint256 size = (a % LEAVES) + 1;
        uint256 index = b % size;
        bytes32[] memory proof = _tree.inclusionProof(index, size);
        bytes32 root = _tree.root(size);
        bytes32 leaf = _tree.leaves(index);
        require(this.includes(root, size, leaf, index, proof), "a right proof was refused");
        (bytes32[] memory mutant, bool isOther) = _mutate(proof, spot, kind);
        require(!isOther || !this.includes(root, size, leaf, index, mutant), "a mutant was accepted");
    }

    function testFuzz_acceptsALeafInItsPlaceOnly(uint256 a, uint256 b, uint256 c) external view {
        uint256 size = (a % LEAVES) + 1;
        uint256 index = b % size;
        uint256 other = c % (size + 2);
        bytes32[] memory proof = _tree.inclusionProof(index, size);
        bool isAccepted = this.includes(_tree.root(size), size, _tree.leaves(index), other, proof);
        require(isAccepted == (other == index), "a leaf was accepted in another place");
    }

    function testFuzz_acceptsNoInnerNodeAsALeaf(uint256 a, uint256 b, uint256 c, uint256 d) external view {
        uint256 size = (a % (LEAVES - 1)) + 2;
        uint256 index = b % size;
        bytes32[] memory proof = _tree.inclusionProof(index, size);
        uint256 cut = (c % proof.length) + 1;
        bytes32[] memory rest = new bytes32[](proof.length - cut);
        for (uint256 i = 0; i < rest.length; ++i) rest[i] = proof[cut + i];
        // The inner node that the rest of the proof starts from, whichever of its neighbours that is.
        uint256 width = 1 << cut;
        uint256 start = (index / width) * width;
        uint256 count = start + width > size ? size - start : width;
        if (count < 2) return;
        bytes32 node = _tree.hashOf(start, count);
        require(!this.includes(_tree.root(size), size, node, d % size, rest), "an inner node passed as a leaf");
    }

    function testFuzz_doesNotRunAway(
        bytes32 root,
        uint256 size,
        uint256 index,
        bytes32[] calldata proof
    ) external view {
        require(!this.includes(root, size, bytes32(uint256(1)), index, proof), "nonsense was accepted");
        size = size == 0 ? 2 : size;
        if (index == 0 || index >= size) return;
        require(!this.extends(root, index, keccak256(abi.encode(root)), size, proof), "nonsense was accepted");
    }

    /// @dev One of the ways to get a proof wrong; `isOther` is false if the result is the proof itself.
    function _mutate(
        bytes32[] memory proof,
        uint256 spot,
        uint8 kind
    ) private pure returns (bytes32[] memory mutant, bool isOther) {
        uint256 length = proof.length;
        kind = kind % 4;
        if (kind == 0 || length == 0) {
            mutant = new bytes32[](length + 1);
            for (uint256 i = 0; i < length; ++i) mutant[i] = proof[i];
            mutant[length] = length == 0 ? bytes32(0) : proof[length - 1];
        } else if (kind == 1) {
            mutant = new bytes32[](length - 1);
            for (uint256 i = 0; i < length - 1; ++i) mutant[i] = proof[i < spot % length ? i : i + 1];
        } else {
            mutant = new bytes32[](length);
            for (uint256 i = 0; i < length; ++i) mutant[i] = proof[i];
            uint256 place = spot % length;
            if (kind == 2) mutant[place] ^= bytes32(1 << (spot % 256));
            else (mutant[place], mutant[0]) = (mutant[0], mutant[place]);
        }
        isOther = keccak256(abi.encode(mutant)) != keccak256(abi.encode(proof));
    }
}
