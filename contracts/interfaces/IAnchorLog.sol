// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/**
 * @title Anchor log
 * @notice Keeps the checkpoints of transparency logs, each proved on chain to extend the one before.
 *
 * A log is an RFC 6962 Merkle tree with SHA-256 (https://www.rfc-editor.org/rfc/rfc6962#section-2.1). Whoever sends a
 * checkpoint, it counts only with the log key's EIP-712 signature and a consistency proof from the head. So a log can
 * grow, and do nothing else: not shrink, fork, reorder or replace what is in it.
 *
 * The anchored time of leaf i is the block time of the first checkpoint that covers it, {firstCovering}.
 */
interface IAnchorLog {
    /**
     * @notice A stored checkpoint; `size` 0 means that there is none.
     * @param size Number of leaves, 1..2^53-1.
     * @param time Block time at which it was first stored.
     * @param blockNumber Block in which it was first stored.
     * @param root RFC 6962 tree hash of the first `size` leaves.
     */
    struct Checkpoint {
        uint64 size;
        uint64 time;
        uint64 blockNumber;
        bytes32 root;
    }

    event LogRegistered(bytes32 indexed log, string origin, bytes logKey);
    event LogKeyReplaced(bytes32 indexed log, bytes logKey);
    event LogSucceeded(bytes32 indexed log, bytes32 indexed successor);
    event Anchored(bytes32 indexed log, uint256 index, uint64 size, bytes32 root);
    event Notarized(bytes32 indexed log, bytes32 indexed leaf);

    /// @notice An origin is 1 to 255 bytes long.
    error InvalidOrigin(string origin);
    /// @notice A log key is an address or an ERC-7913 signer, at least 20 bytes long, and not the zero address.
    error InvalidLogKey(bytes logKey);
    error LogAlreadyRegistered(bytes32 log);
    error UnknownLog(bytes32 log);
    /// @notice The log was closed: it continues as `successor`.
    error LogClosed(bytes32 log, bytes32 successor);
    /// @notice A successor is another registered log that has no successor itself.
    error InvalidSuccessor(bytes32 log, bytes32 successor);
    /// @notice Sizes are 1..2^53-1, so that every reader can hold one exactly.
    error InvalidSize(uint64 size);
    /// @notice A checkpoint of this size is stored with another root: the log has forked, or somebody claims so.
    error RootConflict(bytes32 log, uint64 size, bytes32 stored, bytes32 root);
    /// @notice The size is below the head's and was never stored.
    error SizeBehindHead(bytes32 log, uint64 size, uint64 headSize);
    /// @notice The first checkpoint extends nothing and takes no proof.
    error ProofOfNothing(bytes32 log, uint256 proofLength);
    /// @notice The proof does not show that the checkpoint extends the head.
    error InconsistentCheckpoint(bytes32 log, uint64 headSize, uint64 size);
    /// @notice The signature over `digest` is not the log key's.
    error NotSignedByLogKey(bytes32 log, bytes32 digest);

    /// @notice Role that registers logs, replaces their keys and names successors.
    function LOG_ADMIN_ROLE() external view returns (bytes32);

    /**
     * @notice Registers a log.
     * @param origin The log's name, as in the first line of its checkpoints (C2SP tlog-checkpoint).
     * @param logKey Who signs its checkpoints for this contract: an address, or an ERC-7913 signer.
     * @return log keccak256 of the origin's bytes.
     */
    function registerLog(string calldata origin, bytes calldata logKey) external returns (bytes32 log);

    /// @notice Replaces the key that signs a log's checkpoints; checkpoints already stored are unaffected.
    function replaceLogKey(bytes32 log, bytes calldata logKey) external;

    /// @notice Closes a log for good in favour of another. What it holds stays and can still be read.
    function setSuccessor(bytes32 log, bytes32 successor) external;

    /**
     * @notice Stores a checkpoint. Anybody may send it; the log key must have signed
     * `Checkpoint(bytes32 log,uint64 size,bytes32 root)`.
     *
     * A (size, root) that is already stored, at the head or before it, is accepted again without any effect, whatever
     * proof and signature come with it: it keeps its first time, and sending twice is harmless.
     *
     * WARNING: the first checkpoint is taken on the log key's word alone; every later one is proved to extend it.
     *
     * @param proof RFC 6962 consistency proof from the head's size to `size`; empty for the first checkpoint.
     */
    function anchor(
        bytes32 log,
        uint64 size,
        bytes32 root,
        bytes32[] calldata proof,
        bytes calldata signature
    ) external;

    /**
     * @notice Stores the time of a single leaf that cannot wait for a checkpoint. Anybody may send it; the log key must
     * have signed `UrgentLeaf(bytes32 log,bytes32 leaf)`. Again is a no-op that keeps the first time.
     *
     * WARNING: this says when the leaf existed, not that it is in the log. The leaf must be the hash of a statement
     * with a salt in it, as every leaf is.
     */
    function notarize(bytes32 log, bytes32 leaf, bytes calldata signature) external;

    /// @notice A log by its id; `successor` is 0 while the log is open.
    function logOf(bytes32 log) external view returns (string memory origin, bytes memory logKey, bytes32 successor);

    /// @notice The latest checkpoint.
    function head(bytes32 log) external view returns (Checkpoint memory);

    /// @notice Number of stored checkpoints.
    function checkpointCount(bytes32 log) external view returns (uint256);

    /// @notice The index-th checkpoint; `size` 0 if there are not so many.
    function checkpointAt(bytes32 log, uint256 index) external view returns (Checkpoint memory);

    /// @notice At most `max` checkpoints from index `start` on, in the order of their sizes.
    function checkpointsFrom(bytes32 log, uint256 start, uint256 max) external view returns (Checkpoint[] memory);

    /// @notice The checkpoint of exactly this size; `size` 0 if none is stored.
    function checkpointOfSize(bytes32 log, uint64 size) external view returns (Checkpoint memory);

    /// @notice The first checkpoint with size > leafIndex, whose time is the leaf's anchored time; `size` 0 if none.
    function firstCovering(bytes32 log, uint64 leafIndex) external view returns (Checkpoint memory);

    /**
     * @notice Whether `leaf` stands at `index` in the tree of the stored checkpoint of this size.
     *
     * WARNING: compute `leaf` from the statement, SHA-256(0x00 ‖ bytes); a leaf hash that somebody gives proves nothing
     * about a statement.
     *
     * @param proof RFC 6962 audit path, of exactly the length that (index, size) calls for.
     * @return False also if no checkpoint of this size is stored.
     */
    function verifyInclusion(
        bytes32 log,
        bytes32 leaf,
        uint64 index,
        uint64 size,
        bytes32[] calldata proof
    ) external view returns (bool);

    /// @notice When an urgent leaf was first stored; zeros if it never was.
    function notarizedAt(bytes32 log, bytes32 leaf) external view returns (uint64 time, uint64 blockNumber);

    /// @notice Number of registered logs.
    function logCount() external view returns (uint256);

    /// @notice Id of the index-th log, in the order of registration.
    function logAt(uint256 index) external view returns (bytes32 log);
}
