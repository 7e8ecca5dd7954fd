// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IGrantRegistry} from "./interfaces/IGrantRegistry.sol";

/// @title Grant registry; see {IGrantRegistry}
contract GrantRegistry is IGrantRegistry, EIP712 {
    bytes32 private constant REUSE_GRANT_TYPEHASH =
        keccak256(
            "ReuseGrant(bytes32 holder,Terms terms,uint48 notBefore,uint48 notAfter,uint64 epoch)"
            "Item(bytes32 certificate,string[] fields)"
            "Terms(Item[] items,bytes32 grantee,string matter,string purpose,"
            "uint32 maxUses,bytes32 notice,bytes32 salt)"
        );
    bytes32 private constant WITHDRAWAL_TYPEHASH = keccak256("Withdrawal(bytes32 holder,bytes32 grant)");
    bytes32 private constant WITHDRAW_ALL_TYPEHASH = keccak256("WithdrawAll(bytes32 holder,uint64 epoch)");

    mapping(bytes32 holder => mapping(bytes32 digest => Grant)) private _grants;
    mapping(bytes32 holder => uint64) private _epochs;

    constructor() EIP712("onceproof GrantRegistry", "1") {}

    /// @inheritdoc IGrantRegistry
    function grant(
        bytes calldata signer,
        bytes32 termsHash,
        uint48 notBefore,
        uint48 notAfter,
        uint64 epoch,
        bytes calldata signature
    ) external returns (bytes32 digest) {
        bytes32 holder = keccak256(signer);
        digest = digestOf(holder, termsHash, notBefore, notAfter, epoch);
        Grant storage entry = _grants[holder][digest];
        if (entry.grantedAt != 0) return digest;
        if (entry.withdrawnAt != 0) revert GrantWithdrawn(holder, digest);
        if (notAfter < notBefore) revert InvalidPeriod(notBefore, notAfter);
        if (block.timestamp > notAfter) revert GrantExpired(notAfter, block.timestamp);
        if (epoch != _epochs[holder]) revert WrongEpoch(holder, _epochs[holder], epoch);
        _requireSignature(signer, holder, digest, signature);

        _grants[holder][digest] = Grant({
            grantedAt: uint48(block.timestamp),
            withdrawnAt: 0,
            notBefore: notBefore,
            notAfter: notAfter,
            epoch: epoch
        });
        emit Granted(holder, digest, notBefore, notAfter, epoch);
    }

    /// @inheritdoc IGrantRegistry
    function withdraw(bytes calldata signer, bytes32 digest, bytes calldata signature) external {
        bytes32 holder = keccak256(signer);
        if (_grants[holder][digest].withdrawnAt != 0) return;
        bytes32 structHash = keccak256(abi.encode(WITHDRAWAL_TYPEHASH, holder, digest));
        _requireSignature(signer, holder, _hashTypedDataV4(structHash), signature);

        _withdraw(holder, digest);
    }

    /// @inheritdoc IGrantRegistry
    function withdrawDirect(bytes32 digest) external {
        bytes32 holder = _sender();
        if (_grants[holder][digest].withdrawnAt != 0) return;

        _withdraw(holder, digest);
    }

    /// @inheritdoc IGrantRegistry
    function withdrawAll(bytes calldata signer, uint64 epoch, bytes calldata signature) external {
        bytes32 holder = keccak256(signer);
        uint64 current = _epochs[holder];
        if (epoch < current) return;
        if (epoch > current) revert WrongEpoch(holder, current, epoch);
        bytes32 structHash = keccak256(abi.encode(WITHDRAW_ALL_TYPEHASH, holder, epoch));
        _requireSignature(signer, holder, _hashTypedDataV4(structHash), signature);

        _beginEpoch(holder, epoch + 1);
    }

    /// @inheritdoc IGrantRegistry
    function withdrawAllDirect() external {
        bytes32 holder = _sender();

        _beginEpoch(holder, _epochs[holder] + 1);
    }

    /// @inheritdoc IGrantRegistry
    function stateOf(
        bytes32 holder,
        bytes32 digest
    ) external view returns (uint64 grantedAt, uint64 withdrawnAt, uint64 epoch) {
        Grant storage entry = _grants[holder][digest];
        return (entry.grantedAt, entry.withdrawnAt, entry.epoch);
    }

    /// @inheritdoc IGrantRegistry
    function grantOf(bytes32 holder, bytes32 digest) external view returns (Grant memory) {
        return _grants[holder][digest];
    }

    /// @inheritdoc IGrantRegistry
    function epochOf(bytes32 holder) external view returns (uint64) {
        return _epochs[holder];
    }

    /// @inheritdoc IGrantRegistry
    function isActive(bytes32 holder, bytes32 digest, uint48 time) external view returns (bool) {
        Grant storage entry = _grants[holder][digest];
        return
            entry.grantedAt != 0 &&
            entry.withdrawnAt == 0 &&
            entry.epoch == _epochs[holder] &&
            entry.notBefore <= time &&
            time <= entry.notAfter;
    }

    /// @inheritdoc IGrantRegistry
    function digestOf(
        bytes32 holder,
        bytes32 termsHash,
        uint48 notBefore,
        uint48 notAfter,
        uint64 epoch
    ) public view returns (bytes32) {
        return
            _hashTypedDataV4(
                keccak256(abi.encode(REUSE_GRANT_TYPEHASH, holder, termsHash, notBefore, notAfter, epoch))
            );
    }

    function _withdraw(bytes32 holder, bytes32 digest) private {
        _grants[holder][digest].withdrawnAt = uint48(block.timestamp);
        emit Withdrawn(holder, digest);
    }

    function _beginEpoch(bytes32 holder, uint64 epoch) private {
        _epochs[holder] = epoch;
        emit AllWithdrawn(holder, epoch);
    }

    function _requireSignature(
        bytes calldata signer,
        bytes32 holder,
        bytes32 digest,
        bytes calldata signature
    ) private view {
        if (!SignatureChecker.isValidSignatureNow(signer, digest, signature)) revert InvalidSignature(holder, digest);
    }

    /// @dev The holder whose key is the sender's address.
    function _sender() private view returns (bytes32 holder) {
        return keccak256(abi.encodePacked(msg.sender));
    }
}
