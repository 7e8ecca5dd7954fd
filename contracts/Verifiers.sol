// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

// Imported so that they are compiled: both are deployed as they are, beside the four contracts, and let P-256 keys and
// passkeys sign wherever a signer is asked for (https://eips.ethereum.org/EIPS/eip-7913).
import {ERC7913P256Verifier} from "@openzeppelin/contracts/utils/cryptography/verifiers/ERC7913P256Verifier.sol";
import {
    ERC7913WebAuthnVerifier
} from "@openzeppelin/contracts/utils/cryptography/verifiers/ERC7913WebAuthnVerifier.sol";
