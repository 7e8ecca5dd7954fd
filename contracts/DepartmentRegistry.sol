// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    AccessControlDefaultAdminRules
} from "@openzeppelin/contracts/access/extensions/AccessControlDefaultAdminRules.sol";
import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {IDepartmentRegistry} from "./interfaces/IDepartmentRegistry.sol";

/// @title Department registry; see {IDepartmentRegistry}
contract DepartmentRegistry is IDepartmentRegistry, AccessControlDefaultAdminRules {
    /// @inheritdoc IDepartmentRegistry
    bytes32 public constant REGISTRAR_ROLE = keccak256("REGISTRAR_ROLE");
    /// @inheritdoc IDepartmentRegistry
    bytes32 public constant GUARDIAN_ROLE = keccak256("GUARDIAN_ROLE");

    uint8 private constant ISSUING = 1;
    uint8 private constant AUTHORITY = 2;
    uint8 private constant ES256 = 1;
    uint8 private constant EDDSA = 2;
    uint8 private constant SIGNER = 3;

    uint256 private constant USCC_LENGTH = 18;
    uint256 private constant MAX_DID_LENGTH = 256;
    uint256 private constant MAX_PERMIT_NAME_LENGTH = 64;
    uint256 private constant ADDRESS_LENGTH = 20;

    struct Department {
        string uscc;
        string did;
        uint64 admittedAt;
        Interval[] suspensions;
        mapping(uint8 purpose => bytes32 keyId) nextKey;
    }

    struct PermitHistory {
        string typeCode;
        string region;
        Permit[] tenures;
    }

    mapping(bytes32 id => Department) private _departments;
    bytes32[] private _departmentIds;
    mapping(bytes32 keyId => Key) private _keys;
    bytes32[] private _keyIds;
    mapping(bytes32 permitKey => PermitHistory) private _permits;
    bytes32[] private _permitKeys;

    /// @param adminDelay Seconds between naming a new admin and its acceptance.
    /// @param admin Who gives the roles: governance, not the deployer.
    constructor(uint48 adminDelay, address admin) AccessControlDefaultAdminRules(adminDelay, admin) {}

    /// @inheritdoc IDepartmentRegistry
    function admitDepartment(
        string calldata uscc,
        string calldata did
    ) external onlyRole(REGISTRAR_ROLE) returns (bytes32 id) {
        if (!_isUscc(bytes(uscc))) revert InvalidUscc(uscc);
        if (!_isDid(bytes(did))) revert InvalidDid(did);
        id = keccak256(bytes(uscc));
        Department storage department = _departments[id];
        if (department.admittedAt != 0) revert DepartmentAlreadyAdmitted(id);

        department.uscc = uscc;
        department.did = did;
        department.admittedAt = _now();
        _departmentIds.push(id);
        emit DepartmentAdmitted(id, uscc, did);
    }

    /// @inheritdoc IDepartmentRegistry
    function suspendDepartment(bytes32 id) external onlyRole(GUARDIAN_ROLE) {
        Interval[] storage suspensions = _department(id).suspensions;
        if (_isOpen(suspensions)) revert AlreadySuspended(id);

        suspensions.push(Interval({from: _now(), until: 0}));
        emit DepartmentSuspended(id);
    }

    /// @inheritdoc IDepartmentRegistry
    function resumeDepartment(bytes32 id) external onlyRole(REGISTRAR_ROLE) {
        Interval[] storage suspensions = _department(id).suspensions;
        if (!_isOpen(suspensions)) revert NotSuspended(id);

        suspensions[suspensions.length - 1].until = _now();
        emit DepartmentResumed(id);
    }

    /// @inheritdoc IDepartmentRegistry
    function addKey(
        bytes32 department,
        uint8 purpose,
        uint8 algorithm,
        bytes calldata publicKey,
        uint64 signUntil,
        uint64 anchorUntil
    ) external onlyRole(REGISTRAR_ROLE) returns (bytes32 keyId) {
        _department(department);
        if (signUntil != 0 && signUntil < _now()) revert TimeInPast(signUntil, _now());
        _requireAnchorAfterSign(signUntil, anchorUntil);
        return _addKey(department, purpose, algorithm, publicKey, signUntil, anchorUntil);
    }

    /// @inheritdoc IDepartmentRegistry
    function retireKey(bytes32 keyId, uint64 signUntil, uint64 anchorUntil) external onlyRole(GUARDIAN_ROLE) {
        Key storage key = _key(keyId);
        if (signUntil != key.signUntil) _requireEarlierEnd(key.signUntil, signUntil);
        if (anchorUntil != key.anchorUntil) _requireEarlierEnd(key.anchorUntil, anchorUntil);
        _requireAnchorAfterSign(signUntil, anchorUntil);

        key.signUntil = signUntil;
        key.anchorUntil = anchorUntil;
        emit KeyRetired(keyId, signUntil, anchorUntil);
    }

    /// @inheritdoc IDepartmentRegistry
    function declareCompromised(bytes32 keyId, uint64 since) external onlyRole(GUARDIAN_ROLE) {
        Key storage key = _key(keyId);
        uint64 current = key.compromisedSince;
        if (since == 0 || since > _now() || (current != 0 && since >= current)) {
            revert InvalidCompromiseTime(since, current, _now());
        }

        key.compromisedSince = since;
        emit KeyCompromised(keyId, since);
    }

    /// @inheritdoc IDepartmentRegistry
    function commitNextKey(bytes32 department, uint8 purpose, bytes32 keyId) external onlyRole(REGISTRAR_ROLE) {
        Department storage holder = _department(department);
        if (purpose != ISSUING && purpose != AUTHORITY) revert InvalidPurpose(purpose);
        if (_keys[keyId].addedAt != 0) revert KeyAlreadyRegistered(keyId);

        holder.nextKey[purpose] = keyId;
        emit NextKeyCommitted(department, purpose, keyId);
    }

    /// @inheritdoc IDepartmentRegistry
    function activateNextKey(
        bytes32 department,
        uint8 purpose,
        uint8 algorithm,
        bytes calldata publicKey
    ) external returns (bytes32 keyId) {
        Department storage holder = _department(department);
        bytes32 committed = holder.nextKey[purpose];
        keyId = _addKey(department, purpose, algorithm, publicKey, 0, 0);
        if (keyId != committed) revert NotTheCommittedKey(committed, keyId);

        delete holder.nextKey[purpose];
    }

    /// @inheritdoc IDepartmentRegistry
    function grantPermit(
        bytes32 department,
        string calldata typeCode,
        string calldata region
    ) external onlyRole(REGISTRAR_ROLE) {
        _department(department);
        if (!_isPermitName(typeCode) || !_isPermitName(region)) revert InvalidPermit(typeCode, region);
        bytes32 permitKey = _permitKey(typeCode, region);
        PermitHistory storage permit = _permits[permitKey];
        uint256 count = permit.tenures.length;

        if (count == 0) {
            permit.typeCode = typeCode;
            permit.region = region;
            _permitKeys.push(permitKey);
        } else {
            Permit storage last = permit.tenures[count - 1];
            if (last.until == 0 || last.until > _now()) revert PermitHeld(last.department, last.until);
        }
        permit.tenures.push(Permit({department: department, from: _now(), until: 0}));
        emit PermitGranted(department, typeCode, region);
    }

    /// @inheritdoc IDepartmentRegistry
    function endPermit(
        string calldata typeCode,
        string calldata region,
        uint64 until
    ) external onlyRole(REGISTRAR_ROLE) {
        Permit[] storage tenures = _permits[_permitKey(typeCode, region)].tenures;
        if (tenures.length == 0) revert UnknownPermit(typeCode, region);
        Permit storage last = tenures[tenures.length - 1];
        _requireEarlierEnd(last.until, until);

        last.until = until;
        emit PermitEnded(last.department, typeCode, region, until);
    }

    /// @inheritdoc IDepartmentRegistry
    function departmentOf(bytes32 id) external view returns (string memory uscc, string memory did, uint64 admittedAt) {
        Department storage department = _department(id);
        return (department.uscc, department.did, department.admittedAt);
    }

    /// @inheritdoc IDepartmentRegistry
    function suspensionsOf(bytes32 id) external view returns (Interval[] memory) {
        return _department(id).suspensions;
    }

    /// @inheritdoc IDepartmentRegistry
    function keyOf(bytes32 keyId) external view returns (Key memory) {
        return _keys[keyId];
    }

    /// @inheritdoc IDepartmentRegistry
    function nextKeyOf(bytes32 department, uint8 purpose) external view returns (bytes32 keyId) {
        return _department(department).nextKey[purpose];
    }

    /// @inheritdoc IDepartmentRegistry
    function permitsOf(string calldata typeCode, string calldata region) external view returns (Permit[] memory) {
        return _permits[_permitKey(typeCode, region)].tenures;
    }

    /// @inheritdoc IDepartmentRegistry
    function permitHolderAt(
        string calldata typeCode,
        string calldata region,
        uint64 time
    ) external view returns (bytes32 department) {
        Permit[] storage tenures = _permits[_permitKey(typeCode, region)].tenures;
        uint256 low = 0;
        uint256 high = tenures.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (tenures[middle].from <= time) low = middle + 1;
            else high = middle;
        }
        if (low == 0) return 0;
        Permit storage tenure = tenures[low - 1];
        return _isBefore(time, tenure.until) ? tenure.department : bytes32(0);
    }

    /// @inheritdoc IDepartmentRegistry
    function isAuthorityAt(bytes32 department, bytes calldata signer, uint64 time) external view returns (bool) {
        Key storage key = _keys[keccak256(signer)];
        return
            key.department == department &&
            key.purpose == AUTHORITY &&
            key.addedAt <= time &&
            _isBefore(time, key.signUntil) &&
            _isBefore(time, key.compromisedSince) &&
            !isSuspendedAt(department, time);
    }

    /// @inheritdoc IDepartmentRegistry
    function departmentCount() external view returns (uint256) {
        return _departmentIds.length;
    }

    /// @inheritdoc IDepartmentRegistry
    function departmentAt(uint256 index) external view returns (bytes32 id) {
        return _departmentIds[index];
    }

    /// @inheritdoc IDepartmentRegistry
    function keyCount() external view returns (uint256) {
        return _keyIds.length;
    }

    /// @inheritdoc IDepartmentRegistry
    function keyIdAt(uint256 index) external view returns (bytes32 keyId) {
        return _keyIds[index];
    }

    /// @inheritdoc IDepartmentRegistry
    function permitKeyCount() external view returns (uint256) {
        return _permitKeys.length;
    }

    /// @inheritdoc IDepartmentRegistry
    function permitKeyAt(uint256 index) external view returns (string memory typeCode, string memory region) {
        PermitHistory storage permit = _permits[_permitKeys[index]];
        return (permit.typeCode, permit.region);
    }

    /// @inheritdoc IDepartmentRegistry
    function isSuspendedAt(bytes32 id, uint64 time) public view returns (bool) {
        Interval[] storage suspensions = _department(id).suspensions;
        uint256 low = 0;
        uint256 high = suspensions.length;
        while (low < high) {
            uint256 middle = (low + high) / 2;
            if (suspensions[middle].from <= time) low = middle + 1;
            else high = middle;
        }
        return low != 0 && _isBefore(time, suspensions[low - 1].until);
    }

    function _addKey(
        bytes32 department,
        uint8 purpose,
        uint8 algorithm,
        bytes calldata publicKey,
        uint64 signUntil,
        uint64 anchorUntil
    ) private returns (bytes32 keyId) {
        keyId = _keyIdOf(purpose, algorithm, publicKey);
        if (_keys[keyId].addedAt != 0) revert KeyAlreadyRegistered(keyId);

        _keys[keyId] = Key({
            department: department,
            purpose: purpose,
            algorithm: algorithm,
            addedAt: _now(),
            signUntil: signUntil,
            anchorUntil: anchorUntil,
            compromisedSince: 0,
            publicKey: publicKey
        });
        _keyIds.push(keyId);
        emit KeyAdded(keyId, department, purpose, algorithm, signUntil, anchorUntil, publicKey);
    }

    function _department(bytes32 id) private view returns (Department storage department) {
        department = _departments[id];
        if (department.admittedAt == 0) revert UnknownDepartment(id);
    }

    function _key(bytes32 keyId) private view returns (Key storage key) {
        key = _keys[keyId];
        if (key.addedAt == 0) revert UnknownKey(keyId);
    }

    function _isOpen(Interval[] storage intervals) private view returns (bool) {
        return intervals.length != 0 && intervals[intervals.length - 1].until == 0;
    }

    function _now() private view returns (uint64) {
        return uint64(block.timestamp);
    }

    /// @dev A new end lies neither before this block nor after the end that is set (0: none is).
    function _requireEarlierEnd(uint64 current, uint64 end) private view {
        if (end < _now()) revert TimeInPast(end, _now());
        if (!_isBefore(end, current) && end != current) revert TimeExtended(current, end);
    }

    function _keyIdOf(uint8 purpose, uint8 algorithm, bytes calldata publicKey) private pure returns (bytes32) {
        if (purpose != ISSUING && purpose != AUTHORITY) revert InvalidPurpose(purpose);
        if (purpose == AUTHORITY) {
            if (algorithm != SIGNER) revert InvalidAlgorithm(purpose, algorithm);
            if (publicKey.length < ADDRESS_LENGTH || bytes20(publicKey) == 0) {
                revert InvalidPublicKey(algorithm, publicKey);
            }
            return keccak256(publicKey);
        }
        if (algorithm == ES256) {
            if (
                publicKey.length != 64 || !P256.isValidPublicKey(bytes32(publicKey[:32]), bytes32(publicKey[32:]))
            ) revert InvalidPublicKey(algorithm, publicKey);
            return _thumbprintOfP256(publicKey);
        }
        if (algorithm == EDDSA) {
            if (publicKey.length != 32) revert InvalidPublicKey(algorithm, publicKey);
            return _thumbprintOfEd25519(publicKey);
        }
        revert InvalidAlgorithm(purpose, algorithm);
    }

    /// @dev The required members in order and without spaces: https://www.rfc-editor.org/rfc/rfc7638#section-3
    function _thumbprintOfP256(bytes calldata key) private pure returns (bytes32) {
        return
            sha256(
                abi.encodePacked(
                    '{"crv":"P-256","kty":"EC","x":"',
                    Base64.encodeURL(key[:32]),
                    '","y":"',
                    Base64.encodeURL(key[32:]),
                    '"}'
                )
            );
    }

    /// @dev https://www.rfc-editor.org/rfc/rfc8037#appendix-A.3
    function _thumbprintOfEd25519(bytes calldata key) private pure returns (bytes32) {
        return sha256(abi.encodePacked('{"crv":"Ed25519","kty":"OKP","x":"', Base64.encodeURL(key), '"}'));
    }

    function _permitKey(string calldata typeCode, string calldata region) private pure returns (bytes32) {
        return keccak256(abi.encode(typeCode, region));
    }

    /// @dev Whether a time lies before an end, where an end of 0 never comes.
    function _isBefore(uint64 time, uint64 end) private pure returns (bool) {
        return end == 0 || time < end;
    }

    function _requireAnchorAfterSign(uint64 signUntil, uint64 anchorUntil) private pure {
        if (anchorUntil != 0 && (signUntil == 0 || anchorUntil < signUntil)) {
            revert AnchorBeforeSign(signUntil, anchorUntil);
        }
    }

    function _isUscc(bytes calldata uscc) private pure returns (bool) {
        if (uscc.length != USCC_LENGTH) return false;
        for (uint256 i = 0; i < USCC_LENGTH; ++i) {
            bytes1 char = uscc[i];
            bool isDigit = char >= "0" && char <= "9";
            bool isLetter = char >= "A" && char <= "Z";
            if (!isDigit && !isLetter) return false;
        }
        return true;
    }

    function _isDid(bytes calldata did) private pure returns (bool) {
        return did.length > 4 && did.length <= MAX_DID_LENGTH && bytes4(did) == "did:";
    }

    function _isPermitName(string calldata name) private pure returns (bool) {
        return bytes(name).length != 0 && bytes(name).length <= MAX_PERMIT_NAME_LENGTH;
    }
}
