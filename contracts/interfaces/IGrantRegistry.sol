// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/**
 * @title Grant registry
 * @notice Holders' consents to the reuse of their certificates, and their withdrawals.
 *
 * A holder signs, as EIP-712 typed data on this contract and chain,
 *
 * ReuseGrant(bytes32 holder,Terms terms,uint48 notBefore,uint48 notAfter,uint64 epoch)
 * Item(bytes32 certificate,string[] fields)
 * Terms(Item[] items,bytes32 grantee,string matter,string purpose,uint32 maxUses,bytes32 notice,bytes32 salt)
 *
 * and the contract receives only `hashStruct(terms)`: the wallet shows everything, the chain learns nothing readable.
 * What stays visible is that one holder key granted something at some time.
 *
 * State is kept per (holder, digest), so nobody can occupy or withdraw another's grant in advance, and grants need no
 * order among them. `holder` is keccak256(signer); the signer is an address or verifier‖key (ERC-7913).
 */
interface IGrantRegistry {
    /**
     * @notice The state of one grant of one holder.
     * @param grantedAt Block time of submission; 0 if never submitted.
     * @param withdrawnAt Block time of withdrawal; 0 if not withdrawn. Can be set while `grantedAt` is 0.
     * @param notBefore First second of its validity.
     * @param notAfter Last second of its validity.
     * @param epoch The holder's epoch that it was granted in; it ends with that epoch.
     */
    struct Grant {
        uint48 grantedAt;
        uint48 withdrawnAt;
        uint48 notBefore;
        uint48 notAfter;
        uint64 epoch;
    }

    event Granted(
        bytes32 indexed holder,
        bytes32 indexed digest,
        uint48 notBefore,
        uint48 notAfter,
        uint64 epoch
    );
    event Withdrawn(bytes32 indexed holder, bytes32 indexed digest);
    /// @notice Everything that the holder granted before `epoch` is withdrawn.
    event AllWithdrawn(bytes32 indexed holder, uint64 epoch);

    /// @notice A validity must not end before it begins.
    error InvalidPeriod(uint48 notBefore, uint48 notAfter);
    error GrantExpired(uint48 notAfter, uint256 present);
    error GrantWithdrawn(bytes32 holder, bytes32 digest);
    /// @notice The epoch is not the holder's present one.
    error WrongEpoch(bytes32 holder, uint64 current, uint64 found);
    /// @notice The signature over `digest` is not the holder's.
    error InvalidSignature(bytes32 holder, bytes32 digest);

    /**
     * @notice Records a grant. Anybody may send it; submitting a recorded grant again has no effect, also after it
     * was withdrawn or has expired.
     * @param signer The holder's key.
     * @param termsHash EIP-712 `hashStruct(terms)`. The contract cannot see whether it is one; the reader of the grant
     * recomputes it from the terms.
     * @param notBefore First second of its validity.
     * @param notAfter Last second of its validity; a grant that has expired is not recorded.
     * @param epoch The holder's present epoch.
     * @return digest The EIP-712 digest that the holder signed, which names the grant from now on.
     */
    function grant(
        bytes calldata signer,
        bytes32 termsHash,
        uint48 notBefore,
        uint48 notAfter,
        uint64 epoch,
        bytes calldata signature
    ) external returns (bytes32 digest);

    /**
     * @notice Withdraws a grant, signed as `Withdrawal(bytes32 holder,bytes32 grant)`. Works at any time: before the
     * grant was submitted (which it then never can be), while it is valid, and after it has ended. Again is a no-op.
     */
    function withdraw(bytes calldata signer, bytes32 digest, bytes calldata signature) external;

    /// @notice Withdraws a grant of the sender, whose key is its address.
    function withdrawDirect(bytes32 digest) external;

    /**
     * @notice Withdraws all grants of the present epoch, signed as `WithdrawAll(bytes32 holder,uint64 epoch)`.
     * An epoch that is over already is a no-op; one that has not come reverts.
     */
    function withdrawAll(bytes calldata signer, uint64 epoch, bytes calldata signature) external;

    /// @notice Withdraws all grants of the sender, whose key is its address.
    function withdrawAllDirect() external;

    /// @notice When a grant was recorded and withdrawn (0: not), and the epoch that it was granted in.
    function stateOf(
        bytes32 holder,
        bytes32 digest
    ) external view returns (uint64 grantedAt, uint64 withdrawnAt, uint64 epoch);

    /// @notice All that is kept of a grant.
    function grantOf(bytes32 holder, bytes32 digest) external view returns (Grant memory);

    /// @notice The holder's present epoch; grants of earlier ones are withdrawn.
    function epochOf(bytes32 holder) external view returns (uint64);

    /**
     * @notice Whether, as things stand now, a grant may be used at a time: recorded, not withdrawn, of the present
     * epoch, and the time within its validity. Uses are counted by whoever reads, not here.
     */
    function isActive(bytes32 holder, bytes32 digest, uint48 time) external view returns (bool);

    /// @notice The EIP-712 digest that a holder signs for a grant on this contract and chain.
    function digestOf(
        bytes32 holder,
        bytes32 termsHash,
        uint48 notBefore,
        uint48 notAfter,
        uint64 epoch
    ) external view returns (bytes32);
}
