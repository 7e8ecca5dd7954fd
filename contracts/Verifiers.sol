// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    ERC7913P256Verifier as OpenZeppelinP256Verifier
} from "@openzeppelin/contracts/utils/cryptography/verifiers/ERC7913P256Verifier.sol";
import {
    ERC7913WebAuthnVerifier as OpenZeppelinWebAuthnVerifier
} from "@openzeppelin/contracts/utils/cryptography/verifiers/ERC7913WebAuthnVerifier.sol";

/// @title P-256 keys as signers (https://eips.ethereum.org/EIPS/eip-7913); OpenZeppelin's verifier, unchanged
contract ERC7913P256Verifier is OpenZeppelinP256Verifier {}

/// @title Passkeys as signers, user verification required; OpenZeppelin's verifier, unchanged
contract ERC7913WebAuthnVerifier is OpenZeppelinWebAuthnVerifier {}
