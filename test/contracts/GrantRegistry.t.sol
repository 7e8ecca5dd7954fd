// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {GrantRegistry} from "../../contracts/GrantRegistry.sol";
import {IGrantRegistry} from "../../contracts/interfaces/IGrantRegistry.sol";
import {signTyped, signerOf, vm} from "./Model.sol";

/// @title Two holders and whoever relays for them or pretends to be them
contract GrantRegistryHandler {
    string private constant NAME = "onceproof GrantRegistry";
    uint48 public constant NOT_BEFORE = 1_800_000_000;
    uint48 public constant NOT_AFTER = NOT_BEFORE + 200_000;

    struct Known {
        uint256 owner;
        bytes32 digest;
        bool isGranted;
        bool isWithdrawn;
        uint64 epoch;
        uint48 grantedAt;
        uint48 withdrawnAt;
    }

    GrantRegistry public immutable grants;
    Known[] public known;
    uint64[2] public epochs;
    bool public wasWronglyAccepted;
    bool public wasWronglyRefused;
    bool public wasWithdrawalRefused;
    uint48 private _time = NOT_BEFORE;

    constructor() {
        grants = new GrantRegistry();
        for (uint256 owner = 0; owner < 2; ++owner) {
            for (uint64 epoch = 0; epoch < 3; ++epoch) {
                bytes32 digest = grants.digestOf(holderOf(owner), _terms(epoch), NOT_BEFORE, NOT_AFTER, epoch);
                known.push(Known(owner, digest, false, false, epoch, 0, 0));
            }
        }
    }

    function advance(uint16 by) external {
        _time += by;
    }

    function grant(uint8 which, bool isForged) external {
        vm.warp(_time);
        Known storage entry = known[which % known.length];
        uint256 owner = entry.owner;
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256(
                    "ReuseGrant(bytes32 holder,Terms terms,uint48 notBefore,uint48 notAfter,uint64 epoch)"
                    "Item(bytes32 certificate,string[] fields)"
                    "Terms(Item[] items,bytes32 grantee,string matter,string purpose,"
                    "uint32 maxUses,bytes32 notice,bytes32 salt)"
                ),
                holderOf(owner),
                _terms(entry.epoch),
                NOT_BEFORE,
                NOT_AFTER,
                entry.epoch
            )
        );
        bytes memory signature = signTyped(_keyOf(isForged ? 1 - owner : owner), NAME, address(grants), structHash);
        bool isPossible = !isForged && !entry.isWithdrawn && entry.epoch == epochs[owner] && _time <= NOT_AFTER;
        bytes memory signer = signerOf(_keyOf(owner));
        try grants.grant(signer, _terms(entry.epoch), NOT_BEFORE, NOT_AFTER, entry.epoch, signature) {
            if (entry.isGranted) return;
            if (!isPossible) wasWronglyAccepted = true;
            (entry.isGranted, entry.grantedAt) = (true, _time);
        } catch {
            if (isPossible || entry.isGranted) wasWronglyRefused = true;
        }
    }

    function withdraw(uint8 which, bool isForged, bool isDirect) external {
        vm.warp(_time);
        Known storage entry = known[which % known.length];
        uint256 actor = isForged ? 1 - entry.owner : entry.owner;
        bytes32 structHash = keccak256(
            abi.encode(keccak256("Withdrawal(bytes32 holder,bytes32 grant)"), holderOf(entry.owner), entry.digest)
        );
        bytes memory signature = signTyped(_keyOf(actor), NAME, address(grants), structHash);
        if (isDirect) {
            vm.prank(vm.addr(_keyOf(actor)));
            try grants.withdrawDirect(entry.digest) {
                // Of a stranger it must have no effect on the holder's grant, which the invariants see.
                if (!isForged) _noteWithdrawal(entry);
            } catch {
                wasWithdrawalRefused = true;
            }
            return;
        }
        try grants.withdraw(signerOf(_keyOf(entry.owner)), entry.digest, signature) {
            if (isForged && !entry.isWithdrawn) wasWronglyAccepted = true;
            _noteWithdrawal(entry);
        } catch {
            if (!isForged || entry.isWithdrawn) wasWithdrawalRefused = true;
        }
    }

    function withdrawAll(uint8 owner, uint8 epoch, bool isForged, bool isDirect) external {
        vm.warp(_time);
        owner = owner % 2;
        uint64 current = epochs[owner];
        if (current >= 3) return;
        if (isDirect) {
            vm.prank(vm.addr(_keyOf(owner)));
            try grants.withdrawAllDirect() {
                ++epochs[owner];
            } catch {
                wasWithdrawalRefused = true;
            }
            return;
        }
        uint64 named = epoch % 4;
        bytes32 structHash = keccak256(
            abi.encode(keccak256("WithdrawAll(bytes32 holder,uint64 epoch)"), holderOf(owner), named)
        );
        bytes memory signature = signTyped(_keyOf(isForged ? 1 - owner : owner), NAME, address(grants), structHash);
        try grants.withdrawAll(signerOf(_keyOf(owner)), named, signature) {
            if (named > current || (named == current && isForged)) wasWronglyAccepted = true;
            if (named == current) ++epochs[owner];
        } catch {
            if (named <= current && !isForged) wasWithdrawalRefused = true;
        }
    }

    function knownCount() external view returns (uint256) {
        return known.length;
    }

    function holderOf(uint256 owner) public pure returns (bytes32) {
        return keccak256(signerOf(_keyOf(owner)));
    }

    function _noteWithdrawal(Known storage entry) private {
        if (entry.isWithdrawn) return;
        (entry.isWithdrawn, entry.withdrawnAt) = (true, _time);
    }

    function _keyOf(uint256 owner) private pure returns (uint256) {
        return 0x401de5 + owner;
    }

    function _terms(uint64 epoch) private pure returns (bytes32) {
        return keccak256(abi.encode("terms", epoch));
    }
}

contract GrantRegistryInvariants {
    GrantRegistryHandler private _handler;
    GrantRegistry private _grants;

    function setUp() external {
        _handler = new GrantRegistryHandler();
        _grants = _handler.grants();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_onlyTheHolderGrantsAndWithdraws() external view {
        require(!_handler.wasWronglyAccepted(), "somebody else's signature was accepted");
    }

    function invariant_aRightGrantIsNeverRefused() external view {
        require(!_handler.wasWronglyRefused(), "a right grant was refused");
    }

    function invariant_theHolderCanAlwaysWithdraw() external view {
        require(!_handler.wasWithdrawalRefused(), "a withdrawal was refused");
    }

    function invariant_theStateIsWhatTheHolderSigned() external view {
        for (uint256 i = 0; i < _handler.knownCount(); ++i) {
            GrantRegistryHandler.Known memory entry = _known(i);
            IGrantRegistry.Grant memory kept = _grants.grantOf(_handler.holderOf(entry.owner), entry.digest);
            require(kept.grantedAt == entry.grantedAt, "another time of granting");
            require(kept.withdrawnAt == entry.withdrawnAt, "another time of withdrawal");
        }
    }

    function invariant_aGrantIsActiveOnlyIfGrantedAndNotWithdrawnInAnyWay() external view {
        for (uint256 i = 0; i < _handler.knownCount(); ++i) {
            GrantRegistryHandler.Known memory entry = _known(i);
            bool isExpected = entry.isGranted && !entry.isWithdrawn && entry.epoch == _handler.epochs(entry.owner);
            bytes32 holder = _handler.holderOf(entry.owner);
            require(_grants.isActive(holder, entry.digest, _handler.NOT_BEFORE()) == isExpected, "active or not?");
            require(!_grants.isActive(holder, entry.digest, _handler.NOT_BEFORE() - 1), "active too early");
            require(!_grants.isActive(holder, entry.digest, _handler.NOT_AFTER() + 1), "active too late");
        }
    }

    function invariant_epochsAreTheHoldersOwn() external view {
        for (uint256 owner = 0; owner < 2; ++owner) {
            require(_grants.epochOf(_handler.holderOf(owner)) == _handler.epochs(owner), "another epoch");
        }
    }

    function _known(uint256 i) private view returns (GrantRegistryHandler.Known memory entry) {
        (
            entry.owner,
            entry.digest,
            entry.isGranted,
            entry.isWithdrawn,
            entry.epoch,
            entry.grantedAt,
            entry.withdrawnAt
        ) = _handler.known(i);
    }
}
