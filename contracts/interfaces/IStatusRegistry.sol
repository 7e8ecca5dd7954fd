// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDepartmentRegistry} from "./IDepartmentRegistry.sol";

/**
 * @title Status registry
 * @notice The status of certificates: one bit each for revoked, suspended and superseded, in lists of 131,072.
 *
 * A bit changes only by an order that an authority key of the owning department signed (EIP-712). Anybody may send an
 * order: sending gives no authority. Which certificate an index belongs to is not on chain.
 */
interface IStatusRegistry {
    /**
     * @notice An order of the department that owns the list. Signed as `Order(bytes32 list,uint8 action,
     * uint32[] indices,bytes32[] references,bytes32 statement,bytes32 salt,uint48 deadline)`.
     * @param list The list that it changes.
     * @param action 1 revoke, 2 suspend, 3 resume, 4 supersede.
     * @param indices 1 to 256 places in the list, all changed or none.
     * @param references Empty for revoke and suspend. Resume: for each index the digest of the order that suspended
     * it. Supersede: for each index the leaf hash of the certificate that takes its place.
     * @param statement Leaf hash of the status statement in the log; 0 if there is none.
     * @param salt Makes equal orders different.
     * @param deadline Last second at which the order may be executed.
     */
    struct Order {
        bytes32 list;
        uint8 action;
        uint32[] indices;
        bytes32[] references;
        bytes32 statement;
        bytes32 salt;
        uint48 deadline;
    }

    event ListOpened(bytes32 indexed list, bytes32 indexed department, uint64 number);
    event ListHandedOver(bytes32 indexed list, bytes32 indexed from, bytes32 indexed to);
    event StatusChanged(
        bytes32 indexed list,
        bytes32 indexed digest,
        uint8 action,
        uint32[] indices,
        bytes32[] references,
        bytes32 statement
    );

    error UnknownList(bytes32 list);
    error IndexOutOfRange(bytes32 list, uint32 index);
    /// @notice Words are 0..511.
    error WordsOutOfRange(uint256 start, uint256 count);
    error InvalidPurpose(uint8 purpose);
    error InvalidAction(uint8 action);
    /// @notice An order changes 1 to 256 indices.
    error InvalidBatch(uint256 count);
    /// @notice The action calls for another number of references.
    error InvalidReferences(uint256 expected, uint256 found);
    /// @notice A supersession must name its successor.
    error SuccessorMissing(bytes32 list, uint32 index);
    error DeadlinePassed(uint48 deadline, uint256 present);
    /// @notice This very order has been executed; see {orderUsedAt}.
    error OrderUsed(bytes32 digest);
    /// @notice The signer is at this moment no authority of the department.
    error NotAuthority(bytes32 department, bytes signer);
    /// @notice The signature over `digest` is not the signer's.
    error InvalidSignature(bytes32 digest);
    /// @notice What is revoked stays revoked and never changes again.
    error AlreadyRevoked(bytes32 list, uint32 index);
    error AlreadySuspended(bytes32 list, uint32 index);
    error NotSuspended(bytes32 list, uint32 index);
    /// @notice A resume must name the suspension in force.
    error WrongSuspension(bytes32 list, uint32 index, bytes32 suspendedBy, bytes32 found);
    error AlreadySuperseded(bytes32 list, uint32 index);

    /// @notice Role that hands lists over to a successor department. It can change no status.
    function LIST_ADMIN_ROLE() external view returns (bytes32);

    /// @notice The registry that says whose keys are an authority. Fixed at deployment.
    function registry() external view returns (IDepartmentRegistry);

    /**
     * @notice Opens a list of a department. Opening an open list has no effect.
     *
     * Signed by an authority key of the department as `OpenList(bytes32 department,uint64 number,uint48 deadline)`.
     *
     * @return list keccak256(abi.encode(department, number)), also after the list was handed over.
     */
    function openList(
        bytes32 department,
        uint64 number,
        bytes calldata signer,
        uint48 deadline,
        bytes calldata signature
    ) external returns (bytes32 list);

    /**
     * @notice Executes an order, all of it or nothing. An order is executed once; again reverts with {OrderUsed}.
     *
     * WARNING: whether the signer is an authority is asked now, at execution: retiring a key or suspending its
     * department also stops the orders that are still on their way.
     *
     * @param signer The authority key as registered: an address, or verifier‖key (ERC-7913).
     * @param signature The signer's signature over {digestOf}.
     * @return digest The order's EIP-712 digest, by which a resume names a suspension.
     */
    function execute(
        Order calldata order,
        bytes calldata signer,
        bytes calldata signature
    ) external returns (bytes32 digest);

    /// @notice Gives a list to another department, for good; orders of the former owner count no longer.
    function handOver(bytes32 list, bytes32 newDepartment) external;

    /// @notice The department whose orders the list obeys; reverts with {UnknownList}.
    function ownerOf(bytes32 list) external view returns (bytes32 department);

    /// @notice Whether a list of this id was ever opened.
    function isOpen(bytes32 list) external view returns (bool);

    /**
     * @notice The status of one index. A list that does not exist reverts: silence is not "in force".
     * @return revoked For good.
     * @return suspended At present.
     * @return superseded Another certificate has taken its place.
     * @return successor Leaf hash of that certificate; 0 if not superseded.
     */
    function statusOf(
        bytes32 list,
        uint32 index
    ) external view returns (bool revoked, bool suspended, bool superseded, bytes32 successor);

    /// @notice Digest of the order that suspended an index; 0 if it is not suspended.
    function suspendedBy(bytes32 list, uint32 index) external view returns (bytes32 digest);

    /**
     * @notice Words of one purpose's bitmap: index i is bit 255 - i % 256 of word i / 256, so that the words' bytes in
     * order are a W3C Bitstring (https://www.w3.org/TR/vc-bitstring-status-list/), left-most bit first.
     * @param purpose 0 revocation, 1 suspension, 2 superseded.
     * @param start First word, 0..511.
     * @param count Number of words; `start + count` is at most 512.
     */
    function words(
        bytes32 list,
        uint8 purpose,
        uint256 start,
        uint256 count
    ) external view returns (uint256[] memory);

    /// @notice The EIP-712 digest of an order on this contract and chain.
    function digestOf(Order calldata order) external view returns (bytes32);

    /// @notice Block time at which an order was executed; 0 if it was not.
    function orderUsedAt(bytes32 digest) external view returns (uint64);

    /// @notice Number of lists ever opened.
    function listCount() external view returns (uint256);

    /// @notice The index-th list, with the department and number that it was opened under; see {ownerOf} for today's.
    function listAt(uint256 index) external view returns (bytes32 list, bytes32 department, uint64 number);
}
