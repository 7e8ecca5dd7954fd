/**
 * The compiled contracts: interfaces, bytecode, and the EIP-712 messages they check (docs/formats.md §16).
 */
import { Interface, TypedDataEncoder } from 'ethers'
import anchorLog from '../../artifacts/contracts/AnchorLog.sol/AnchorLog.json' with { type: 'json' }
import departmentRegistry from '../../artifacts/contracts/DepartmentRegistry.sol/DepartmentRegistry.json' with { type: 'json' }
import grantRegistry from '../../artifacts/contracts/GrantRegistry.sol/GrantRegistry.json' with { type: 'json' }
import statusRegistry from '../../artifacts/contracts/StatusRegistry.sol/StatusRegistry.json' with { type: 'json' }
import p256Verifier from '../../artifacts/contracts/Verifiers.sol/ERC7913P256Verifier.json' with { type: 'json' }
import webAuthnVerifier from '../../artifacts/contracts/Verifiers.sol/ERC7913WebAuthnVerifier.json' with { type: 'json' }
import type { ContractName } from '../../protocol/chain-view.ts'
import { invariant } from '../../protocol/refusal.ts'

export const INTERFACES: Record<ContractName, Interface> = {
  DepartmentRegistry: new Interface(departmentRegistry.abi),
  AnchorLog: new Interface(anchorLog.abi),
  StatusRegistry: new Interface(statusRegistry.abi),
  GrantRegistry: new Interface(grantRegistry.abi),
}

export const BYTECODE: Record<ContractName, string> = {
  DepartmentRegistry: departmentRegistry.bytecode,
  AnchorLog: anchorLog.bytecode,
  StatusRegistry: statusRegistry.bytecode,
  GrantRegistry: grantRegistry.bytecode,
}

export const ERC7913_BYTECODE = { p256: p256Verifier.bytecode, webAuthn: webAuthnVerifier.bytecode }

const TYPES = {
  Checkpoint: [
    { name: 'log', type: 'bytes32' },
    { name: 'size', type: 'uint64' },
    { name: 'root', type: 'bytes32' },
  ],
  OpenList: [
    { name: 'department', type: 'bytes32' },
    { name: 'number', type: 'uint64' },
    { name: 'deadline', type: 'uint48' },
  ],
  Order: [
    { name: 'list', type: 'bytes32' },
    { name: 'action', type: 'uint8' },
    { name: 'indices', type: 'uint32[]' },
    { name: 'references', type: 'bytes32[]' },
    { name: 'statement', type: 'bytes32' },
    { name: 'salt', type: 'bytes32' },
    { name: 'deadline', type: 'uint48' },
  ],
}

const CONTRACT_OF: Record<keyof typeof TYPES, ContractName> = {
  Checkpoint: 'AnchorLog',
  OpenList: 'StatusRegistry',
  Order: 'StatusRegistry',
}

/** EIP-712 digest (0x-hex) of a message for one contract on one chain. https://eips.ethereum.org/EIPS/eip-712 */
export function typedDigest(
  type: keyof typeof TYPES,
  message: Record<string, unknown>,
  where: { chain: { chainId: number }; contracts: Partial<Record<ContractName, { address: string }>> },
): string {
  const contract = CONTRACT_OF[type]
  const deployed = where.contracts[contract]
  invariant(deployed, `the address of ${contract}`)
  const domain = {
    name: `onceproof ${contract}`,
    version: '1',
    chainId: where.chain.chainId,
    verifyingContract: deployed.address,
  }
  return TypedDataEncoder.hash(domain, { [type]: TYPES[type] }, message)
}

/** Name of the custom error in a revert's data, of whichever of our contracts; null when it is none. */
export function errorName(data: unknown): string | null {
  if (typeof data !== 'string') return null
  for (const contract of Object.values(INTERFACES)) {
    try {
      const error = contract.parseError(data)
      if (error !== null) return error.name
    } catch {
      continue
    }
  }
  return null
}
