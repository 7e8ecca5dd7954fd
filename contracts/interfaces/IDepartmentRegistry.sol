// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/**
 * @title Department registry
 * @notice Whose keys and permits count, and since when: departments, their public keys and their permits.
 *
 * Every time is a block timestamp in whole seconds. Every interval is half-open, [from, until): at `until` itself the
 * thing is over. An `until` of 0 is open-ended. History is never rewritten: what was true of a past time stays true of
 * it, with one exception, a compromise, which by its nature is discovered late and may reach back.
 *
 * The guardian only takes away (suspend, retire, declare compromised) and acts without delay. The registrar gives
 * (admit, add keys, permit, resume), and is the one to put behind a time lock.
 */
interface IDepartmentRegistry {
    /// @notice A half-open interval of block time, [from, until); `until` 0 means that it has not ended.
    struct Interval {
        uint64 from;
        uint64 until;
    }

    /// @notice A department's tenure of one permit, over [from, until); `until` 0 means that no end is set.
    struct Permit {
        bytes32 department;
        uint64 from;
        uint64 until;
    }

    /**
     * @notice A registered public key.
     * @param department Whose key it is.
     * @param purpose 1 issuing (signs certificates and statements), 2 authority (signs status orders).
     * @param algorithm 1 ES256 (P-256), 2 EdDSA (Ed25519), 3 a signer in the sense of ERC-7913.
     * @param addedAt Block time of registration; 0 means that the key is unknown.
     * @param signUntil The key must not sign from this time on; 0 open.
     * @param anchorUntil What the key signed must be anchored before this time; 0 open; never before `signUntil`.
     * @param compromisedSince Nothing anchored from this time on counts; 0 never declared. May be before `addedAt`.
     * @param publicKey ES256: x‖y (64 bytes). EdDSA: 32 bytes. Signer: an address, or verifier‖key.
     */
    struct Key {
        bytes32 department;
        uint8 purpose;
        uint8 algorithm;
        uint64 addedAt;
        uint64 signUntil;
        uint64 anchorUntil;
        uint64 compromisedSince;
        bytes publicKey;
    }

    event DepartmentAdmitted(bytes32 indexed department, string uscc, string did);
    event DepartmentSuspended(bytes32 indexed department);
    event DepartmentResumed(bytes32 indexed department);
    event KeyAdded(
        bytes32 indexed keyId,
        bytes32 indexed department,
        uint8 purpose,
        uint8 algorithm,
        uint64 signUntil,
        uint64 anchorUntil,
        bytes publicKey
    );
    event KeyRetired(bytes32 indexed keyId, uint64 signUntil, uint64 anchorUntil);
    event KeyCompromised(bytes32 indexed keyId, uint64 since);
    event NextKeyCommitted(bytes32 indexed department, uint8 purpose, bytes32 keyId);
    event PermitGranted(bytes32 indexed department, string typeCode, string region);
    event PermitEnded(bytes32 indexed department, string typeCode, string region, uint64 until);

    /// @notice A unified credit code is 18 characters of 0-9 and A-Z.
    error InvalidUscc(string uscc);
    /// @notice A DID begins with "did:" and is 5 to 256 bytes long.
    error InvalidDid(string did);
    error DepartmentAlreadyAdmitted(bytes32 department);
    error UnknownDepartment(bytes32 department);
    error AlreadySuspended(bytes32 department);
    error NotSuspended(bytes32 department);
    error InvalidPurpose(uint8 purpose);
    /// @notice This algorithm is not one for keys of this purpose.
    error InvalidAlgorithm(uint8 purpose, uint8 algorithm);
    /// @notice The key has the wrong length, is no point of its curve, or names no signer.
    error InvalidPublicKey(uint8 algorithm, bytes publicKey);
    error KeyAlreadyRegistered(bytes32 keyId);
    error UnknownKey(bytes32 keyId);
    /// @notice Anchoring may not end before signing does.
    error AnchorBeforeSign(uint64 signUntil, uint64 anchorUntil);
    /// @notice An end must not lie before the present block.
    error TimeInPast(uint64 time, uint64 present);
    /// @notice An end once set may only move earlier.
    error TimeExtended(uint64 current, uint64 time);
    /// @notice `since` must lie in 1..present, and before what was already declared.
    error InvalidCompromiseTime(uint64 since, uint64 current, uint64 present);
    /// @notice The public key is not the one committed for this department and purpose (0: none was).
    error NotTheCommittedKey(bytes32 committed, bytes32 keyId);
    /// @notice Type codes and regions are 1 to 64 bytes long.
    error InvalidPermit(string typeCode, string region);
    /// @notice Another tenure of this permit has not ended (`until` 0: has no end).
    error PermitHeld(bytes32 holder, uint64 until);
    error UnknownPermit(string typeCode, string region);

    /// @notice Role that admits and resumes departments, adds and commits keys, grants and ends permits.
    function REGISTRAR_ROLE() external view returns (bytes32);

    /// @notice Role that suspends departments, retires keys and declares them compromised, without delay.
    function GUARDIAN_ROLE() external view returns (bytes32);

    /**
     * @notice Admits a department. Both names are public facts about a public body and are fixed for ever.
     * @param uscc Unified credit code, 18 characters of 0-9 and A-Z. Its check character is the registrar's duty.
     * @param did The department's DID.
     * @return id keccak256 of the USCC's bytes.
     */
    function admitDepartment(string calldata uscc, string calldata did) external returns (bytes32 id);

    /// @notice Suspends a department from this block on: no authority of it is accepted until it is resumed.
    function suspendDepartment(bytes32 id) external;

    /// @notice Ends a suspension with this block. The suspended interval stays in the history.
    function resumeDepartment(bytes32 id) external;

    /**
     * @notice Registers a public key. A key can be registered once ever, by one department, for one purpose.
     * @param department The department that holds the key.
     * @param purpose 1 issuing, 2 authority.
     * @param algorithm 1 ES256 or 2 EdDSA for issuing; 3 signer for authority.
     * @param publicKey See {Key}. A P-256 key must be a point of the curve.
     * @param signUntil 0, or a time that is not before this block.
     * @param anchorUntil 0, or a time that is not before `signUntil`.
     * @return keyId Issuing: RFC 7638 SHA-256 thumbprint (https://www.rfc-editor.org/rfc/rfc7638), computed here.
     * Authority: keccak256 of the signer.
     */
    function addKey(
        bytes32 department,
        uint8 purpose,
        uint8 algorithm,
        bytes calldata publicKey,
        uint64 signUntil,
        uint64 anchorUntil
    ) external returns (bytes32 keyId);

    /**
     * @notice Sets or brings forward a key's ends. Pass the stored value of an end to leave it as it is.
     *
     * A changed end lies at or after this block and never after the one that was set: a window that is over cannot be
     * reopened, and one that is open cannot be closed in the past.
     */
    function retireKey(bytes32 keyId, uint64 signUntil, uint64 anchorUntil) external;

    /**
     * @notice Declares that a key was in wrong hands from `since` on. It can only ever move earlier.
     * @param since 1..now. May lie before the key was added: then nothing that it signed counts.
     */
    function declareCompromised(bytes32 keyId, uint64 since) external;

    /**
     * @notice Names the key that a department will use next, so that a lost key can be replaced without haste.
     * @param keyId The id that the key will have; 0 takes the commitment back.
     */
    function commitNextKey(bytes32 department, uint8 purpose, bytes32 keyId) external;

    /**
     * @notice Registers the committed key, with open ends. Anybody may send it: the commitment is the permission.
     * @dev A suspended department's key can be activated too; it is of no use before the department is resumed.
     */
    function activateNextKey(
        bytes32 department,
        uint8 purpose,
        uint8 algorithm,
        bytes calldata publicKey
    ) external returns (bytes32 keyId);

    /// @notice Permits a department to issue one certificate type in one region, from this block on.
    function grantPermit(bytes32 department, string calldata typeCode, string calldata region) external;

    /**
     * @notice Sets or brings forward the end of the present tenure of a permit.
     * @param until This block's time or later, and never after an end that is already set.
     */
    function endPermit(string calldata typeCode, string calldata region, uint64 until) external;

    /// @notice A department by its id; reverts with {UnknownDepartment} if it was never admitted.
    function departmentOf(bytes32 id) external view returns (string memory uscc, string memory did, uint64 admittedAt);

    /// @notice All intervals in which the department was suspended, oldest first, disjoint.
    function suspensionsOf(bytes32 id) external view returns (Interval[] memory);

    /// @notice Whether the department was suspended at a time; reverts with {UnknownDepartment}.
    function isSuspendedAt(bytes32 id, uint64 time) external view returns (bool);

    /// @notice A key by its id. An unknown key is answered with `addedAt` 0, not with a revert, so that "unknown" can
    /// be told from "could not be asked".
    function keyOf(bytes32 keyId) external view returns (Key memory);

    /// @notice The id committed for a department's next key of a purpose; 0 if there is none.
    function nextKeyOf(bytes32 department, uint8 purpose) external view returns (bytes32 keyId);

    /// @notice All tenures of a permit, oldest first, disjoint; empty if it was never granted.
    function permitsOf(string calldata typeCode, string calldata region) external view returns (Permit[] memory);

    /// @notice Who held a permit at a time; 0 if nobody did.
    function permitHolderAt(
        string calldata typeCode,
        string calldata region,
        uint64 time
    ) external view returns (bytes32 department);

    /**
     * @notice Whether `signer` could speak for the department at a time: it is its authority key, was registered and
     * not past `signUntil`, not compromised by then, and the department not suspended.
     */
    function isAuthorityAt(bytes32 department, bytes calldata signer, uint64 time) external view returns (bool);

    /// @notice Number of departments ever admitted.
    function departmentCount() external view returns (uint256);

    /// @notice Id of the index-th department, in the order of admission.
    function departmentAt(uint256 index) external view returns (bytes32 id);

    /// @notice Number of keys ever registered.
    function keyCount() external view returns (uint256);

    /// @notice Id of the index-th key, in the order of registration.
    function keyIdAt(uint256 index) external view returns (bytes32 keyId);

    /// @notice Number of (type, region) pairs that were ever permitted.
    function permitKeyCount() external view returns (uint256);

    /// @notice The index-th (type, region) pair, in the order of first permission.
    function permitKeyAt(uint256 index) external view returns (string memory typeCode, string memory region);
}
