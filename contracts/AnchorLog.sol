// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IAnchorLog} from "./interfaces/IAnchorLog.sol";
import {Rfc6962} from "./Rfc6962.sol";

/// @title Anchor log; see {IAnchorLog}
contract AnchorLog is IAnchorLog, EIP712, AccessControlDefaultAdminRules {
    /// @inheritdoc IAnchorLog
    bytes32 public constant LOG_ADMIN_ROLE = keccak256("LOG_ADMIN_ROLE");

    bytes32 private constant CHECKPOINT_TYPEHASH = keccak256("Checkpoint(bytes32 log,uint64 size,bytes32 root)");
    bytes32 private constant URGENT_LEAF_TYPEHASH = keccak256("UrgentLeaf(bytes32 log,bytes32 leaf)");

    uint64 private constant MAX_SIZE = 2 ** 53 - 1;
    uint256 private constant MAX_ORIGIN_LENGTH = 255;
    uint256 private constant ADDRESS_LENGTH = 20;

    struct Notarization {
        uint64 time;
        uint64 blockNumber;
    }

    struct Log {
        bytes logKey;
        bytes32 successor;
        string origin;
        Checkpoint[] checkpoints;
        mapping(bytes32 leaf => Notarization) notarizations;
    }

    mapping(bytes32 log => Log) private _logs;
    bytes32[] private _logIds;

    /// @param adminDelay Seconds between naming a new admin and its acceptance.
    /// @param admin Who gives the roles: governance, not the deployer.
    constructor(
        uint48 adminDelay,
        address admin
    ) EIP712("onceproof AnchorLog", "1") AccessControlDefaultAdminRules(adminDelay, admin) {}

    /// @inheritdoc IAnchorLog
    function registerLog(
        string calldata origin,
        bytes calldata logKey
    ) external onlyRole(LOG_ADMIN_ROLE) returns (bytes32 log) {
        if (bytes(origin).length == 0 || bytes(origin).length > MAX_ORIGIN_LENGTH) revert InvalidOrigin(origin);
        _requireSigner(logKey);
        log = keccak256(bytes(origin));
        Log storage entry = _logs[log];
        if (entry.logKey.length != 0) revert LogAlreadyRegistered(log);

        entry.origin = origin;
        entry.logKey = logKey;
        _logIds.push(log);
        emit LogRegistered(log, origin, logKey);
    }

    /// @inheritdoc IAnchorLog
    function replaceLogKey(bytes32 log, bytes calldata logKey) external onlyRole(LOG_ADMIN_ROLE) {
        Log storage entry = _log(log);
        _requireSigner(logKey);

        entry.logKey = logKey;
        emit LogKeyReplaced(log, logKey);
    }

    /// @inheritdoc IAnchorLog
    function setSuccessor(bytes32 log, bytes32 successor) external onlyRole(LOG_ADMIN_ROLE) {
        Log storage entry = _log(log);
        _requireOpen(entry, log);
        // A successor that has none itself can close no cycle: the way on from it ends there.
        if (successor == log || _log(successor).successor != 0) revert InvalidSuccessor(log, successor);

        entry.successor = successor;
        emit LogSucceeded(log, successor);
    }

    /// @inheritdoc IAnchorLog
    function anchor(
        bytes32 log,
        uint64 size,
        bytes32 root,
        bytes32[] calldata proof,
        bytes calldata signature
    ) external {
        Log storage entry = _log(log);
        if (size == 0 || size > MAX_SIZE) revert InvalidSize(size);
        if (_isStored(entry.checkpoints, log, size, root)) return;
        _requireOpen(entry, log);
        _requireLogKey(entry, log, keccak256(abi.encode(CHECKPOINT_TYPEHASH, log, size, root)), signature);
        _requireExtension(entry.checkpoints, log, size, root, proof);

        uint256 index = entry.checkpoints.length;
        entry.checkpoints.push(
            Checkpoint({size: size, time: uint64(block.timestamp), blockNumber: uint64(block.number), root: root})
        );
        emit Anchored(log, index, size, root);
    }

    /// @inheritdoc IAnchorLog
    function notarize(bytes32 log, bytes32 leaf, bytes calldata signature) external {
        Log storage entry = _log(log);
        if (entry.notarizations[leaf].time != 0) return;
        _requireOpen(entry, log);
        _requireLogKey(entry, log, keccak256(abi.encode(URGENT_LEAF_TYPEHASH, log, leaf)), signature);

        entry.notarizations[leaf] = Notarization({
            time: uint64(block.timestamp),
            blockNumber: uint64(block.number)
        });
        emit Notarized(log, leaf);
    }

    /// @inheritdoc IAnchorLog
    function logOf(bytes32 log) external view returns (string memory origin, bytes memory logKey, bytes32 successor) {
        Log storage entry = _log(log);
        return (entry.origin, entry.logKey, entry.successor);
    }

    /// @inheritdoc IAnchorLog
    function head(bytes32 log) external view returns (Checkpoint memory) {
        Checkpoint[] storage checkpoints = _log(log).checkpoints;
        return checkpoints.length == 0 ? _none() : checkpoints[checkpoints.length - 1];
    }

    /// @inheritdoc IAnchorLog
    function checkpointCount(bytes32 log) external view returns (uint256) {
        return _log(log).checkpoints.length;
    }

    /// @inheritdoc IAnchorLog
    function checkpointAt(bytes32 log, uint256 index) external view returns (Checkpoint memory) {
        return _checkpointOrNone(_log(log).checkpoints, index);
    }

    /// @inheritdoc IAnchorLog
    function checkpointsFrom(
        bytes32 log,
        uint256 start,
        uint256 max
    ) external view returns (Checkpoint[] memory page) {
        Checkpoint[] storage checkpoints = _log(log).checkpoints;
        uint256 available = start < checkpoints.length ? checkpoints.length - start : 0;
        page = new Checkpoint[](max < available ? max : available);
        for (uint256 i = 0; i < page.length; ++i) page[i] = checkpoints[start + i];
    }

    /// @inheritdoc IAnchorLog
    function checkpointOfSize(bytes32 log, uint64 size) external view returns (Checkpoint memory) {
        return _checkpointOfSize(_log(log).checkpoints, size);
    }

    /// @inheritdoc IAnchorLog
    function firstCovering(bytes32 log, uint64 leafIndex) external view returns (Checkpoint memory) {
        Checkpoint[] storage checkpoints = _log(log).checkpoints;
        return _checkpointOrNone(checkpoints, _firstOfAtLeast(checkpoints, uint256(leafIndex) + 1));
    }

    /// @inheritdoc IAnchorLog
    function verifyInclusion(
        bytes32 log,
        bytes32 leaf,
        uint64 index,
        uint64 size,
        bytes32[] calldata proof
    ) external view returns (bool) {
        Checkpoint memory checkpoint = _checkpointOfSize(_log(log).checkpoints, size);
        return Rfc6962.includes(checkpoint.root, checkpoint.size, leaf, index, proof);
    }

    /// @inheritdoc IAnchorLog
    function notarizedAt(bytes32 log, bytes32 leaf) external view returns (uint64 time, uint64 blockNumber) {
        Notarization storage notarization = _log(log).notarizations[leaf];
        return (notarization.time, notarization.blockNumber);
    }

    /// @inheritdoc IAnchorLog
    function logCount() external view returns (uint256) {
        return _logIds.length;
    }

    /// @inheritdoc IAnchorLog
    function logAt(uint256 index) external view returns (bytes32 log) {
        return _logIds[index];
    }

    function _log(bytes32 log) private view returns (Log storage entry) {
        entry = _logs[log];
        if (entry.logKey.length == 0) revert UnknownLog(log);
    }

    /// @dev Whether exactly this checkpoint is stored; reverts if it contradicts what is.
    function _isStored(
        Checkpoint[] storage checkpoints,
        bytes32 log,
        uint64 size,
        bytes32 root
    ) private view returns (bool) {
        uint256 count = checkpoints.length;
        if (count == 0) return false;
        uint64 headSize = checkpoints[count - 1].size;
        if (size > headSize) return false;

        Checkpoint memory stored = _checkpointOfSize(checkpoints, size);
        if (stored.size == 0) revert SizeBehindHead(log, size, headSize);
        if (stored.root != root) revert RootConflict(log, size, stored.root, root);
        return true;
    }

    function _requireOpen(Log storage entry, bytes32 log) private view {
        if (entry.successor != 0) revert LogClosed(log, entry.successor);
    }

    function _requireLogKey(
        Log storage entry,
        bytes32 log,
        bytes32 structHash,
        bytes calldata signature
    ) private view {
        bytes32 digest = _hashTypedDataV4(structHash);
        if (!SignatureChecker.isValidSignatureNow(entry.logKey, digest, signature)) {
            revert NotSignedByLogKey(log, digest);
        }
    }

    function _requireExtension(
        Checkpoint[] storage checkpoints,
        bytes32 log,
        uint64 size,
        bytes32 root,
        bytes32[] calldata proof
    ) private view {
        uint256 count = checkpoints.length;
        if (count == 0) {
            if (proof.length != 0) revert ProofOfNothing(log, proof.length);
            return;
        }
        Checkpoint storage last = checkpoints[count - 1];
        if (!Rfc6962.extends(last.root, last.size, root, size, proof)) {
            revert InconsistentCheckpoint(log, last.size, size);
        }
    }

    function _checkpointOfSize(
        Checkpoint[] storage checkpoints,
        uint64 size
    ) private view returns (Checkpoint memory found) {
        found = _checkpointOrNone(checkpoints, _firstOfAtLeast(checkpoints, size));
        if (found.size != size) return _none();
    }

    function _checkpointOrNone(
        Checkpoint[] storage checkpoints,
        uint256 index
    ) private view returns (Checkpoint memory) {
        return index < checkpoints.length ? checkpoints[index] : _none();
    }

    /// @dev Index of the first checkpoint of at least this size. Sizes grow strictly, so halving finds it.
    function _firstOfAtLeast(Checkpoint[] storage checkpoints, uint256 size) private view returns (uint256 low) {
        uint256 high = checkpoints.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (checkpoints[middle].size < size) low = middle + 1;
            else high = middle;
        }
    }

    function _none() private pure returns (Checkpoint memory) {
        return Checkpoint({size: 0, time: 0, blockNumber: 0, root: 0});
    }

    function _requireSigner(bytes calldata logKey) private pure {
        if (logKey.length < ADDRESS_LENGTH || bytes20(logKey) == 0) revert InvalidLogKey(logKey);
    }
}
