// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev The cheat codes of the test runner that these tests use.
interface Vm {
    function addr(uint256 privateKey) external pure returns (address);
    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function warp(uint256 timestamp) external;
    function prank(address sender) external;
}

Vm constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

/// @dev A key of the tests signs an EIP-712 message of a contract.
function signTyped(
    uint256 key,
    string memory name,
    address verifyingContract,
    bytes32 structHash
) view returns (bytes memory) {
    (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, typedDigest(name, verifyingContract, structHash));
    return abi.encodePacked(r, s, v);
}

function typedDigest(string memory name, address verifyingContract, bytes32 structHash) view returns (bytes32) {
    bytes32 domain = keccak256(
        abi.encode(
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
            keccak256(bytes(name)),
            keccak256("1"),
            block.chainid,
            verifyingContract
        )
    );
    return keccak256(abi.encodePacked(hex"1901", domain, structHash));
}

function signerOf(uint256 key) pure returns (bytes memory) {
    return abi.encodePacked(vm.addr(key));
}

/**
 * @title A naive RFC 6962 tree
 * @dev Written from the recursive definitions of section 2.1, which share nothing with the contract's iteration.
 */
contract NaiveTree {
    bytes32[] public leaves;

    function append(bytes32 leaf) external {
        leaves.push(leaf);
    }

    function size() external view returns (uint256) {
        return leaves.length;
    }

    function root(uint256 count) external view returns (bytes32) {
        return hashOf(0, count);
    }

    /// @dev PATH(m, D[n])
    function inclusionProof(uint256 index, uint256 count) external view returns (bytes32[] memory) {
        return _path(index, 0, count);
    }

    /// @dev PROOF(m, D[n])
    function consistencyProof(uint256 oldCount, uint256 count) external view returns (bytes32[] memory) {
        return _subproof(oldCount, 0, count, true);
    }

    /// @dev MTH(D[start:start+count])
    function hashOf(uint256 start, uint256 count) public view returns (bytes32) {
        if (count == 1) return leaves[start];
        uint256 k = _split(count);
        return sha256(abi.encodePacked(hex"01", hashOf(start, k), hashOf(start + k, count - k)));
    }

    function _path(uint256 m, uint256 start, uint256 n) private view returns (bytes32[] memory) {
        if (n == 1) return new bytes32[](0);
        uint256 k = _split(n);
        return
            m < k
                ? _push(_path(m, start, k), hashOf(start + k, n - k))
                : _push(_path(m - k, start + k, n - k), hashOf(start, k));
    }

    function _subproof(uint256 m, uint256 start, uint256 n, bool isWhole) private view returns (bytes32[] memory) {
        if (m == n) return isWhole ? new bytes32[](0) : _push(new bytes32[](0), hashOf(start, n));
        uint256 k = _split(n);
        return
            m <= k
                ? _push(_subproof(m, start, k, isWhole), hashOf(start + k, n - k))
                : _push(_subproof(m - k, start + k, n - k, false), hashOf(start, k));
    }

    function _push(bytes32[] memory list, bytes32 last) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](list.length + 1);
        for (uint256 i = 0; i < list.length; ++i) longer[i] = list[i];
        longer[list.length] = last;
    }

    /// @dev The largest power of two smaller than n.
    function _split(uint256 n) private pure returns (uint256 k) {
        k = 1;
        while (k * 2 < n) k *= 2;
    }
}
