// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DepartmentRegistry} from "../../contracts/DepartmentRegistry.sol";
import {StatusRegistry} from "../../contracts/StatusRegistry.sol";
import {IStatusRegistry} from "../../contracts/interfaces/IStatusRegistry.sol";
import {signTyped, signerOf, typedDigest, vm} from "./Model.sol";

/// @title Two departments and a stranger at one list, beside a model of what each order must do
contract StatusRegistryHandler {
    uint256 public constant INDICES = 6;
    uint256 private constant STRANGER = 0x57a7;
    uint8 private constant REVOKE = 1;
    uint8 private constant SUSPEND = 2;
    uint8 private constant RESUME = 3;
    uint8 private constant SUPERSEDE = 4;

    struct Expected {
        bool revoked;
        bool suspended;
        bool superseded;
        bytes32 successor;
        bytes32 suspendedBy;
    }

    DepartmentRegistry public immutable registry;
    StatusRegistry public immutable status;
    bytes32 public immutable list;

    mapping(uint256 index => Expected) public expected;
    bool public wasWronglyAccepted;
    bool public wasWronglyRefused;

    bytes32[2] private _departments;
    bool[2] private _isSuspended;
    uint256 private _owner;
    uint256 private _salt;
    uint64 private _time = 1_800_000_000;
    IStatusRegistry.Order private _lastOrder;
    uint256 private _lastKey;

    constructor() {
        vm.warp(_time);
        registry = new DepartmentRegistry(0, address(this));
        registry.grantRole(registry.REGISTRAR_ROLE(), address(this));
        registry.grantRole(registry.GUARDIAN_ROLE(), address(this));
        status = new StatusRegistry(registry, 0, address(this));
        status.grantRole(status.LIST_ADMIN_ROLE(), address(this));
        _departments[0] = registry.admitDepartment("11330000002482082P", "did:web:a.example");
        _departments[1] = registry.admitDepartment("11330000MB1668303U", "did:web:b.example");
        for (uint256 i = 0; i < 2; ++i) registry.addKey(_departments[i], 2, 3, signerOf(_keyOf(i)), 0, 0);
        list = _open();
    }

    function advance(uint16 by) external {
        _time += by;
    }

    /// @dev An order of one or two indices by the owner, the other department or a stranger, right or wrong.
    function order(uint8 who, uint8 action, uint8 first, uint8 second, uint8 referenceKind) external {
        vm.warp(_time);
        IStatusRegistry.Order memory made = _compose(action, first, second, referenceKind);
        uint256 key = who % 4 == 3 ? STRANGER : _keyOf(who % 4 == 2 ? 1 - _owner : _owner);
        _execute(made, key);
    }

    /// @dev Anybody sends the last suspension again, which could bite once it was lifted.
    function sendAgain() external {
        vm.warp(_time);
        if (_lastKey == 0) return;
        IStatusRegistry.Order memory again = _lastOrder;
        bytes memory signature = _sign(again, _lastKey);
        try status.execute(again, signerOf(_lastKey), signature) {
            wasWronglyAccepted = true;
        } catch {}
    }

    function handOver(uint8 to) external {
        vm.warp(_time);
        _owner = to % 2;
        status.handOver(list, _departments[_owner]);
    }

    function suspendOrResume(uint8 which) external {
        vm.warp(_time);
        which = which % 2;
        if (_isSuspended[which]) registry.resumeDepartment(_departments[which]);
        else registry.suspendDepartment(_departments[which]);
        _isSuspended[which] = !_isSuspended[which];
    }

    function ownerDepartment() external view returns (bytes32) {
        return _departments[_owner];
    }

    /// @dev The model decides first, then the contract is asked, and both must agree.
    function _execute(IStatusRegistry.Order memory made, uint256 key) private {
        bytes32 digest = typedDigest("onceproof StatusRegistry", address(status), _structHash(made));
        bool isAllowed = key == _keyOf(_owner) && !_isSuspended[_owner] && _isPossible(made);
        try status.execute(made, signerOf(key), _sign(made, key)) {
            if (!isAllowed) wasWronglyAccepted = true;
            _apply(made, digest);
            if (made.action == SUSPEND) _remember(made, key);
        } catch {
            if (isAllowed) wasWronglyRefused = true;
        }
    }

    function _remember(IStatusRegistry.Order memory made, uint256 key) private {
        _lastOrder.list = made.list;
        _lastOrder.action = made.action;
        _lastOrder.indices = made.indices;
        _lastOrder.references = made.references;
        _lastOrder.statement = made.statement;
        _lastOrder.salt = made.salt;
        _lastOrder.deadline = made.deadline;
        _lastKey = key;
    }

    function _apply(IStatusRegistry.Order memory made, bytes32 digest) private {
        for (uint256 i = 0; i < made.indices.length; ++i) {
            Expected storage entry = expected[made.indices[i]];
            if (made.action == REVOKE) {
                entry.revoked = true;
            } else if (made.action == SUSPEND) {
                (entry.suspended, entry.suspendedBy) = (true, digest);
            } else if (made.action == RESUME) {
                (entry.suspended, entry.suspendedBy) = (false, bytes32(0));
            } else {
                (entry.superseded, entry.successor) = (true, made.references[i]);
            }
        }
    }

    function _compose(
        uint8 action,
        uint8 first,
        uint8 second,
        uint8 referenceKind
    ) private returns (IStatusRegistry.Order memory made) {
        uint256 count = second % 3 == 0 ? 2 : 1;
        made.list = list;
        // Revoking is rare, as nothing more can happen to what is revoked.
        uint8 kind = action % 8;
        made.action = kind == 0 ? REVOKE : kind < 4 ? SUSPEND : kind < 7 ? RESUME : SUPERSEDE;
        made.indices = new uint32[](count);
        made.indices[0] = uint32(first % INDICES);
        if (count == 2) made.indices[1] = uint32(second % INDICES);
        if (made.action >= RESUME) {
            made.references = new bytes32[](count);
            for (uint256 i = 0; i < count; ++i) {
                bytes32 right = made.action == RESUME
                    ? expected[made.indices[i]].suspendedBy
                    : keccak256(abi.encode("successor", _salt));
                made.references[i] = referenceKind % 3 == 0 ? bytes32(uint256(referenceKind)) : right;
            }
        }
        made.salt = bytes32(++_salt);
        made.deadline = uint48(_time) + 10_000_000;
    }

    function _open() private returns (bytes32) {
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("OpenList(bytes32 department,uint64 number,uint48 deadline)"),
                _departments[0],
                uint64(0),
                uint48(_time)
            )
        );
        bytes memory signature = signTyped(_keyOf(0), "onceproof StatusRegistry", address(status), structHash);
        return status.openList(_departments[0], 0, signerOf(_keyOf(0)), uint48(_time), signature);
    }

    function _sign(IStatusRegistry.Order memory made, uint256 key) private view returns (bytes memory) {
        return signTyped(key, "onceproof StatusRegistry", address(status), _structHash(made));
    }

    function _isPossible(IStatusRegistry.Order memory made) private view returns (bool) {
        bool isTwice = made.indices.length == 2 && made.indices[0] == made.indices[1];
        if (isTwice) return false;
        for (uint256 i = 0; i < made.indices.length; ++i) {
            Expected memory entry = expected[made.indices[i]];
            if (entry.revoked) return false;
            if (made.action == SUSPEND && entry.suspended) return false;
            if (made.action == RESUME && (!entry.suspended || made.references[i] != entry.suspendedBy)) return false;
            if (made.action == SUPERSEDE && (entry.superseded || made.references[i] == 0)) return false;
        }
        return true;
    }

    function _keyOf(uint256 department) private pure returns (uint256) {
        return 0xde9a + department;
    }

    function _structHash(IStatusRegistry.Order memory made) private pure returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    keccak256(
                        "Order(bytes32 list,uint8 action,uint32[] indices,bytes32[] references,"
                        "bytes32 statement,bytes32 salt,uint48 deadline)"
                    ),
                    made.list,
                    made.action,
                    keccak256(abi.encodePacked(made.indices)),
                    keccak256(abi.encodePacked(made.references)),
                    made.statement,
                    made.salt,
                    made.deadline
                )
            );
    }
}

contract StatusRegistryInvariants {
    StatusRegistryHandler private _handler;
    StatusRegistry private _status;
    bytes32 private _list;

    function setUp() external {
        _handler = new StatusRegistryHandler();
        _status = _handler.status();
        _list = _handler.list();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_onlyAnOrderOfTheOwnersAuthorityChangesAnything() external view {
        require(!_handler.wasWronglyAccepted(), "an order was accepted that had to be refused");
    }

    function invariant_aRightOrderIsNeverRefused() external view {
        require(!_handler.wasWronglyRefused(), "a right order was refused");
    }

    function invariant_theStatusIsWhatTheOrdersSay() external view {
        for (uint32 i = 0; i < _handler.INDICES(); ++i) {
            (bool revoked, bool suspended, bool superseded, bytes32 successor) = _status.statusOf(_list, i);
            (bool r, bool s, bool p, bytes32 named, ) = _handler.expected(i);
            require(revoked == r && suspended == s && superseded == p && successor == named, "another status");
        }
    }

    function invariant_revokedStaysRevoked() external view {
        for (uint32 i = 0; i < _handler.INDICES(); ++i) {
            (bool wasRevoked, , , , ) = _handler.expected(i);
            (bool revoked, , , ) = _status.statusOf(_list, i);
            require(revoked || !wasRevoked, "a revocation was taken back");
        }
    }

    function invariant_aSuspensionIsNamedAsLongAsItLasts() external view {
        for (uint32 i = 0; i < _handler.INDICES(); ++i) {
            (, , , , bytes32 digest) = _handler.expected(i);
            require(_status.suspendedBy(_list, i) == digest, "a suspension without its order");
            require(digest == 0 || _status.orderUsedAt(digest) != 0, "a suspension by an order never executed");
        }
    }

    function invariant_theWordsAreTheStatuses() external view {
        for (uint8 purpose = 0; purpose < 3; ++purpose) {
            uint256 word = 0;
            for (uint32 i = 0; i < _handler.INDICES(); ++i) {
                (bool revoked, bool suspended, bool superseded, ) = _status.statusOf(_list, i);
                bool isSet = purpose == 0 ? revoked : purpose == 1 ? suspended : superseded;
                if (isSet) word |= 1 << (255 - i);
            }
            uint256[] memory words = _status.words(_list, purpose, 0, 2);
            require(words[0] == word && words[1] == 0, "a bitstring that differs from the statuses");
        }
    }

    function invariant_theListKeepsItsNameWhoeverOwnsIt() external view {
        (bytes32 list, bytes32 department, uint64 number) = _status.listAt(0);
        require(list == keccak256(abi.encode(department, number)), "the list lost its name");
        require(_status.ownerOf(list) == _handler.ownerDepartment(), "another owner");
    }
}
