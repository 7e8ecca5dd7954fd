// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IDepartmentRegistry} from "./interfaces/IDepartmentRegistry.sol";
import {IStatusRegistry} from "./interfaces/IStatusRegistry.sol";

/// @title Status registry; see {IStatusRegistry}
contract StatusRegistry is IStatusRegistry, EIP712, AccessControlDefaultAdminRules {
    /// @inheritdoc IStatusRegistry
    bytes32 public constant LIST_ADMIN_ROLE = keccak256("LIST_ADMIN_ROLE");

    bytes32 private constant OPEN_LIST_TYPEHASH =
        keccak256("OpenList(bytes32 department,uint64 number,uint48 deadline)");
    bytes32 private constant ORDER_TYPEHASH =
        keccak256(
            "Order(bytes32 list,uint8 action,uint32[] indices,bytes32[] references,"
            "bytes32 statement,bytes32 salt,uint48 deadline)"
        );

    uint8 private constant REVOKE = 1;
    uint8 private constant SUSPEND = 2;
    uint8 private constant RESUME = 3;
    uint8 private constant SUPERSEDE = 4;

    uint8 private constant REVOCATION = 0;
    uint8 private constant SUSPENSION = 1;
    uint8 private constant SUPERSEDED = 2;

    /// @dev The least length of a W3C Bitstring (https://www.w3.org/TR/vc-bitstring-status-list/), 16 KiB of bits.
    uint32 private constant CAPACITY = 131_072;
    uint256 private constant WORDS = CAPACITY / 256;
    uint256 private constant MAX_BATCH = 256;

    struct List {
        bytes32 owner;
        bytes32 department;
        uint64 number;
        mapping(uint8 purpose => mapping(uint256 word => uint256)) bits;
        mapping(uint32 index => bytes32 digest) suspendedBy;
        mapping(uint32 index => bytes32 leaf) successor;
    }

    /// @inheritdoc IStatusRegistry
    IDepartmentRegistry public immutable registry;

    mapping(bytes32 list => List) private _lists;
    bytes32[] private _listIds;
    mapping(bytes32 digest => uint64 time) private _orderUsedAt;

    /// @param registry_ The registry that says whose keys are an authority.
    /// @param adminDelay Seconds between naming a new admin and its acceptance.
    /// @param admin Who gives the roles: governance, not the deployer.
    constructor(
        IDepartmentRegistry registry_,
        uint48 adminDelay,
        address admin
    ) EIP712("onceproof StatusRegistry", "1") AccessControlDefaultAdminRules(adminDelay, admin) {
        registry = registry_;
    }

    /// @inheritdoc IStatusRegistry
    function openList(
        bytes32 department,
        uint64 number,
        bytes calldata signer,
        uint48 deadline,
        bytes calldata signature
    ) external returns (bytes32 list) {
        list = keccak256(abi.encode(department, number));
        if (isOpen(list)) return list;
        _requireInTime(deadline);
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(OPEN_LIST_TYPEHASH, department, number, deadline)));
        _requireAuthority(department, signer, digest, signature);

        List storage entry = _lists[list];
        entry.owner = department;
        entry.department = department;
        entry.number = number;
        _listIds.push(list);
        emit ListOpened(list, department, number);
    }

    /// @inheritdoc IStatusRegistry
    function execute(
        Order calldata order,
        bytes calldata signer,
        bytes calldata signature
    ) external returns (bytes32 digest) {
        List storage entry = _list(order.list);
        digest = digestOf(order);
        if (_orderUsedAt[digest] != 0) revert OrderUsed(digest);
        _requireInTime(order.deadline);
        _requireWellFormed(order);
        _requireAuthority(entry.owner, signer, digest, signature);

        _orderUsedAt[digest] = uint64(block.timestamp);
        for (uint256 i = 0; i < order.indices.length; ++i) {
            bytes32 named = order.references.length == 0 ? bytes32(0) : order.references[i];
            _apply(entry, order.list, order.action, order.indices[i], named, digest);
        }
        emit StatusChanged(order.list, digest, order.action, order.indices, order.references, order.statement);
    }

    /// @inheritdoc IStatusRegistry
    function handOver(bytes32 list, bytes32 newDepartment) external onlyRole(LIST_ADMIN_ROLE) {
        List storage entry = _list(list);
        // Reverts if the registry does not know the department: a list must not be left to nobody.
        registry.departmentOf(newDepartment);

        bytes32 previous = entry.owner;
        entry.owner = newDepartment;
        emit ListHandedOver(list, previous, newDepartment);
    }

    /// @inheritdoc IStatusRegistry
    function ownerOf(bytes32 list) external view returns (bytes32 department) {
        return _list(list).owner;
    }

    /// @inheritdoc IStatusRegistry
    function statusOf(
        bytes32 list,
        uint32 index
    ) external view returns (bool revoked, bool suspended, bool superseded, bytes32 successor) {
        List storage entry = _list(list);
        _requireIndex(list, index);
        revoked = _isSet(entry, REVOCATION, index);
        suspended = _isSet(entry, SUSPENSION, index);
        superseded = _isSet(entry, SUPERSEDED, index);
        successor = entry.successor[index];
    }

    /// @inheritdoc IStatusRegistry
    function suspendedBy(bytes32 list, uint32 index) external view returns (bytes32 digest) {
        List storage entry = _list(list);
        _requireIndex(list, index);
        return entry.suspendedBy[index];
    }

    /// @inheritdoc IStatusRegistry
    function words(
        bytes32 list,
        uint8 purpose,
        uint256 start,
        uint256 count
    ) external view returns (uint256[] memory page) {
        List storage entry = _list(list);
        if (purpose > SUPERSEDED) revert InvalidPurpose(purpose);
        if (start > WORDS || count > WORDS - start) revert WordsOutOfRange(start, count);
        page = new uint256[](count);
        for (uint256 i = 0; i < count; ++i) page[i] = entry.bits[purpose][start + i];
    }

    /// @inheritdoc IStatusRegistry
    function orderUsedAt(bytes32 digest) external view returns (uint64) {
        return _orderUsedAt[digest];
    }

    /// @inheritdoc IStatusRegistry
    function listCount() external view returns (uint256) {
        return _listIds.length;
    }

    /// @inheritdoc IStatusRegistry
    function listAt(uint256 index) external view returns (bytes32 list, bytes32 department, uint64 number) {
        list = _listIds[index];
        List storage entry = _lists[list];
        return (list, entry.department, entry.number);
    }

    /// @inheritdoc IStatusRegistry
    function isOpen(bytes32 list) public view returns (bool) {
        return _lists[list].owner != 0;
    }

    /// @inheritdoc IStatusRegistry
    function digestOf(Order calldata order) public view returns (bytes32) {
        return
            _hashTypedDataV4(
                keccak256(
                    abi.encode(
                        ORDER_TYPEHASH,
                        order.list,
                        order.action,
                        keccak256(abi.encodePacked(order.indices)),
                        keccak256(abi.encodePacked(order.references)),
                        order.statement,
                        order.salt,
                        order.deadline
                    )
                )
            );
    }

    /// @dev `named` is the order's reference for this index: a suspension, a successor, or nothing.
    function _apply(
        List storage entry,
        bytes32 list,
        uint8 action,
        uint32 index,
        bytes32 named,
        bytes32 digest
    ) private {
        _requireIndex(list, index);
        if (_isSet(entry, REVOCATION, index)) revert AlreadyRevoked(list, index);

        if (action == REVOKE) {
            _flip(entry, REVOCATION, index);
        } else if (action == SUSPEND) {
            if (_isSet(entry, SUSPENSION, index)) revert AlreadySuspended(list, index);
            _flip(entry, SUSPENSION, index);
            entry.suspendedBy[index] = digest;
        } else if (action == RESUME) {
            if (!_isSet(entry, SUSPENSION, index)) revert NotSuspended(list, index);
            bytes32 suspension = entry.suspendedBy[index];
            if (named != suspension) revert WrongSuspension(list, index, suspension, named);
            _flip(entry, SUSPENSION, index);
            delete entry.suspendedBy[index];
        } else {
            if (_isSet(entry, SUPERSEDED, index)) revert AlreadySuperseded(list, index);
            if (named == 0) revert SuccessorMissing(list, index);
            _flip(entry, SUPERSEDED, index);
            entry.successor[index] = named;
        }
    }

    function _flip(List storage entry, uint8 purpose, uint32 index) private {
        entry.bits[purpose][index / 256] ^= _mask(index);
    }

    function _isSet(List storage entry, uint8 purpose, uint32 index) private view returns (bool) {
        return entry.bits[purpose][index / 256] & _mask(index) != 0;
    }

    function _list(bytes32 list) private view returns (List storage entry) {
        entry = _lists[list];
        if (entry.owner == 0) revert UnknownList(list);
    }

    function _requireAuthority(
        bytes32 department,
        bytes calldata signer,
        bytes32 digest,
        bytes calldata signature
    ) private view {
        if (!registry.isAuthorityAt(department, signer, uint64(block.timestamp))) {
            revert NotAuthority(department, signer);
        }
        if (!SignatureChecker.isValidSignatureNow(signer, digest, signature)) revert InvalidSignature(digest);
    }

    function _requireInTime(uint48 deadline) private view {
        if (block.timestamp > deadline) revert DeadlinePassed(deadline, block.timestamp);
    }

    function _requireWellFormed(Order calldata order) private pure {
        if (order.action < REVOKE || order.action > SUPERSEDE) revert InvalidAction(order.action);
        uint256 count = order.indices.length;
        if (count == 0 || count > MAX_BATCH) revert InvalidBatch(count);
        uint256 expected = order.action == RESUME || order.action == SUPERSEDE ? count : 0;
        if (order.references.length != expected) revert InvalidReferences(expected, order.references.length);
    }

    function _requireIndex(bytes32 list, uint32 index) private pure {
        if (index >= CAPACITY) revert IndexOutOfRange(list, index);
    }

    /// @dev Index 0 is the left-most bit, as in a W3C Bitstring.
    function _mask(uint32 index) private pure returns (uint256) {
        return 1 << (255 - (index % 256));
    }
}
