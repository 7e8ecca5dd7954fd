// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/**
 * @title RFC 6962 Merkle proofs with SHA-256
 * @notice Verifies as RFC 9162 spells it out (https://www.rfc-editor.org/rfc/rfc9162#section-2.1.3.2 and 2.1.4.2). A
 * proof has exactly one right length: shorter and longer ones fail. No loop runs more often than a size has bits.
 */
library Rfc6962 {
    /// @notice Whether the leaf hash stands at `index` in the tree of `size` leaves with this root.
    function includes(
        bytes32 root,
        uint256 size,
        bytes32 leaf,
        uint256 index,
        bytes32[] calldata proof
    ) internal view returns (bool) {
        if (index >= size) return false;

        uint256 node = index;
        uint256 last = size - 1;
        bytes32 hash = leaf;
        for (uint256 i = 0; i < proof.length; ++i) {
            if (last == 0) return false;
            if (node & 1 == 1 || node == last) {
                hash = nodeHash(proof[i], hash);
                // A node without a sibling is carried up unchanged until it has one.
                while (node & 1 == 0 && node != 0) {
                    node >>= 1;
                    last >>= 1;
                }
            } else {
                hash = nodeHash(hash, proof[i]);
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0 && hash == root;
    }

    /**
     * @notice Whether the tree of `size` leaves begins with the `oldSize` leaves of the other, 0 < oldSize < size.
     * @dev The caller checks the sizes.
     */
    function extends(
        bytes32 oldRoot,
        uint256 oldSize,
        bytes32 root,
        uint256 size,
        bytes32[] calldata proof
    ) internal view returns (bool) {
        uint256 node = oldSize - 1;
        uint256 last = size - 1;
        while (node & 1 == 1) {
            node >>= 1;
            last >>= 1;
        }

        // A complete old tree is itself the first node of the proof, which then leaves it out.
        uint256 next = node == 0 ? 0 : 1;
        if (proof.length < next) return false;
        bytes32 oldHash = next == 0 ? oldRoot : proof[0];
        bytes32 hash = oldHash;

        for (; next < proof.length; ++next) {
            if (last == 0) return false;
            bytes32 sibling = proof[next];
            if (node & 1 == 1 || node == last) {
                oldHash = nodeHash(sibling, oldHash);
                hash = nodeHash(sibling, hash);
                while (node & 1 == 0 && node != 0) {
                    node >>= 1;
                    last >>= 1;
                }
            } else {
                hash = nodeHash(hash, sibling);
            }
            node >>= 1;
            last >>= 1;
        }
        return last == 0 && oldHash == oldRoot && hash == root;
    }

    /// @notice SHA-256(0x01 ‖ left ‖ right), https://www.rfc-editor.org/rfc/rfc6962#section-2.1
    /// @dev Written out because `sha256(abi.encodePacked(..))` allocates anew for each of up to a hundred hashes.
    function nodeHash(bytes32 left, bytes32 right) internal view returns (bytes32 hash) {
        assembly ("memory-safe") {
            let buffer := mload(0x40)
            mstore8(buffer, 0x01)
            mstore(add(buffer, 1), left)
            mstore(add(buffer, 33), right)
            // Address 2 is the SHA-256 precompile. It fails only for want of gas, and then so does this call.
            if iszero(staticcall(gas(), 2, buffer, 65, 0, 32)) {
                revert(0, 0)
            }
            hash := mload(0)
        }
    }
}
