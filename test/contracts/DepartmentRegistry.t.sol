// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DepartmentRegistry} from "../../contracts/DepartmentRegistry.sol";
import {IDepartmentRegistry} from "../../contracts/interfaces/IDepartmentRegistry.sol";
import {signerOf, vm} from "./Model.sol";

/// @title Governance that does what it can, right or wrong, and notes what was true of each moment
contract DepartmentRegistryHandler {
    struct Moment {
        uint64 time;
        bytes32 permitHolder;
        bool isSuspended;
        bool wasInSigningWindow;
    }

    DepartmentRegistry public immutable registry;
    bytes32[2] public departments;
    Moment[] public moments;
    mapping(bytes32 keyId => uint64) public compromisedSince;
    mapping(bytes32 keyId => uint64) public signUntil;
    mapping(bytes32 keyId => uint64) public anchorUntil;
    bool public wasHistoryRewritten;
    bool public wasKeyTakenTwice;
    uint64 public present = 1_800_000_000;

    constructor() {
        vm.warp(present);
        registry = new DepartmentRegistry(0, address(this));
        registry.grantRole(registry.REGISTRAR_ROLE(), address(this));
        registry.grantRole(registry.GUARDIAN_ROLE(), address(this));
        departments[0] = registry.admitDepartment("11330000002482082P", "did:web:a.example");
        departments[1] = registry.admitDepartment("11330000MB1668303U", "did:web:b.example");
        registry.addKey(departments[0], 2, 3, signerOf(1), 0, 0);
    }

    /// @dev Time passes, and what was true of the moment before is noted: nothing may change it any more.
    function advance(uint16 by) external {
        vm.warp(present);
        if (by == 0) return;
        IDepartmentRegistry.Key memory key = registry.keyOf(keccak256(signerOf(1)));
        moments.push(
            Moment({
                time: present,
                permitHolder: registry.permitHolderAt("type", "region", present),
                isSuspended: registry.isSuspendedAt(departments[0], present),
                wasInSigningWindow: key.signUntil == 0 || present < key.signUntil
            })
        );
        present += by;
    }

    function suspend(uint8 which) external {
        vm.warp(present);
        registry.suspendDepartment(departments[which % 2]);
    }

    function resume(uint8 which) external {
        vm.warp(present);
        registry.resumeDepartment(departments[which % 2]);
    }

    function grantPermit(uint8 which) external {
        vm.warp(present);
        registry.grantPermit(departments[which % 2], "type", "region");
    }

    function endPermit(uint16 ahead, bool isBehind) external {
        vm.warp(present);
        registry.endPermit("type", "region", isBehind ? present - ahead : present + ahead);
    }

    function addKey(uint8 which, uint8 key, uint16 sign, uint16 anchor) external {
        vm.warp(present);
        bytes memory signer = signerOf((key % 5) + 1);
        bytes32 keyId = keccak256(signer);
        bool isTaken = registry.keyOf(keyId).addedAt != 0;
        uint64 sign_ = sign % 4 == 0 ? 0 : present + sign;
        uint64 anchor_ = anchor % 4 == 0 ? 0 : present + anchor;
        registry.addKey(departments[which % 2], 2, 3, signer, sign_, anchor_);
        if (isTaken) wasKeyTakenTwice = true;
        (signUntil[keyId], anchorUntil[keyId]) = (sign_, anchor_);
    }

    function retire(uint8 key, uint16 sign, uint16 anchor, bool isBehind) external {
        vm.warp(present);
        bytes32 keyId = keccak256(signerOf((key % 5) + 1));
        uint64 sign_ = isBehind ? present - sign : present + sign;
        uint64 anchor_ = anchor % 3 == 0 ? anchorUntil[keyId] : sign_ + anchor;
        registry.retireKey(keyId, sign_, anchor_);
        _requireEarlier(signUntil[keyId], sign_);
        _requireEarlier(anchorUntil[keyId], anchor_);
        (signUntil[keyId], anchorUntil[keyId]) = (sign_, anchor_);
    }

    function declareCompromised(uint8 key, uint32 ago, bool isAhead) external {
        vm.warp(present);
        bytes32 keyId = keccak256(signerOf((key % 5) + 1));
        uint64 since = isAhead ? present + ago : present - (ago % uint64(present));
        uint64 before = compromisedSince[keyId];
        registry.declareCompromised(keyId, since);
        if (since > present || (before != 0 && since >= before)) wasHistoryRewritten = true;
        compromisedSince[keyId] = since;
    }

    function momentCount() external view returns (uint256) {
        return moments.length;
    }

    /// @dev An end that changed lies in the future of this block, and before the end that was set.
    function _requireEarlier(uint64 before, uint64 end) private {
        if (end == before) return;
        if (end < present || (before != 0 && end > before)) wasHistoryRewritten = true;
    }
}

contract DepartmentRegistryInvariants {
    DepartmentRegistryHandler private _handler;
    DepartmentRegistry private _registry;

    function setUp() external {
        _handler = new DepartmentRegistryHandler();
        _registry = _handler.registry();
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_handler);
    }

    function invariant_onePermitHolderAtATime() external view {
        IDepartmentRegistry.Permit[] memory tenures = _registry.permitsOf("type", "region");
        for (uint256 i = 0; i + 1 < tenures.length; ++i) {
            require(tenures[i].until != 0 && tenures[i].until <= tenures[i + 1].from, "two tenures overlap");
        }
    }

    function invariant_thePastStaysAsItWas() external view {
        require(!_handler.wasHistoryRewritten(), "an end moved later, or into the past");
        IDepartmentRegistry.Key memory key = _registry.keyOf(keccak256(signerOf(1)));
        for (uint256 i = 0; i < _handler.momentCount(); ++i) {
            (uint64 time, bytes32 holder, bool isSuspended, bool wasInWindow) = _handler.moments(i);
            require(_registry.permitHolderAt("type", "region", time) == holder, "another permit holder");
            require(_registry.isSuspendedAt(_handler.departments(0), time) == isSuspended, "another suspension");
            require((key.signUntil == 0 || time < key.signUntil) == wasInWindow, "another signing window");
        }
    }

    function invariant_suspensionsAreInOrder() external view {
        for (uint256 d = 0; d < 2; ++d) {
            IDepartmentRegistry.Interval[] memory intervals = _registry.suspensionsOf(_handler.departments(d));
            for (uint256 i = 0; i < intervals.length; ++i) {
                require(intervals[i].until == 0 || intervals[i].from <= intervals[i].until, "an inverted interval");
                if (i == 0) continue;
                require(intervals[i - 1].until != 0 && intervals[i - 1].until <= intervals[i].from, "an overlap");
            }
        }
    }

    function invariant_compromiseOnlyMovesEarlier() external view {
        for (uint256 i = 0; i < _registry.keyCount(); ++i) {
            bytes32 keyId = _registry.keyIdAt(i);
            require(
                _registry.keyOf(keyId).compromisedSince == _handler.compromisedSince(keyId),
                "another time of compromise"
            );
        }
    }

    function invariant_aKeyIsRegisteredOnceEver() external view {
        require(!_handler.wasKeyTakenTwice(), "a key was registered twice");
        for (uint256 i = 0; i < _registry.keyCount(); ++i) {
            bytes32 keyId = _registry.keyIdAt(i);
            require(keccak256(_registry.keyOf(keyId).publicKey) == keyId, "a key under another's name");
            for (uint256 j = 0; j < i; ++j) require(_registry.keyIdAt(j) != keyId, "a key that is listed twice");
        }
    }

    function invariant_anchoringNeverEndsBeforeSigning() external view {
        for (uint256 i = 0; i < _registry.keyCount(); ++i) {
            IDepartmentRegistry.Key memory key = _registry.keyOf(_registry.keyIdAt(i));
            if (key.anchorUntil == 0) continue;
            require(key.signUntil != 0 && key.signUntil <= key.anchorUntil, "anchoring ends first");
        }
    }
}
