// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title A contract wallet that accepts whatever its owner signed, as many did before ERC-7739
contract OwnedWallet is IERC1271 {
    address private immutable _owner;

    constructor(address owner) {
        _owner = owner;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        (address recovered, , ) = ECDSA.tryRecover(hash, signature);
        return recovered == _owner ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}

/// @title A contract wallet that reverts when asked
contract RevertingWallet is IERC1271 {
    error Refused();

    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        revert Refused();
    }
}

/// @title A contract wallet that burns all gas that it is given
contract GasBurningWallet is IERC1271 {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        assembly {
            invalid()
        }
    }
}

/// @title A contract wallet whose owner can change his mind: valid in one block, not in the next
contract FickleWallet is IERC1271 {
    bool public isWilling = true;

    function refuse() external {
        isWilling = false;
    }

    function isValidSignature(bytes32, bytes calldata) external view returns (bytes4) {
        return isWilling ? IERC1271.isValidSignature.selector : bytes4(0xffffffff);
    }
}
