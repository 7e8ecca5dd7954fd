import { TypedDataEncoder, keccak256 } from 'ethers'
import type { BaseContract, TypedDataDomain, TypedDataField } from 'ethers'

/** The EIP-712 types of one message, its primary type first. */
export type MessageTypes = Record<string, TypedDataField[]>

export const CHECKPOINT = {
  Checkpoint: [
    { name: 'log', type: 'bytes32' },
    { name: 'size', type: 'uint64' },
    { name: 'root', type: 'bytes32' },
  ],
}

export const URGENT_LEAF = {
  UrgentLeaf: [
    { name: 'log', type: 'bytes32' },
    { name: 'leaf', type: 'bytes32' },
  ],
}

export const OPEN_LIST = {
  OpenList: [
    { name: 'department', type: 'bytes32' },
    { name: 'number', type: 'uint64' },
    { name: 'deadline', type: 'uint48' },
  ],
}

export const ORDER = {
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

export const TERMS = {
  Terms: [
    { name: 'items', type: 'Item[]' },
    { name: 'grantee', type: 'bytes32' },
    { name: 'matter', type: 'string' },
    { name: 'purpose', type: 'string' },
    { name: 'maxUses', type: 'uint32' },
    { name: 'notice', type: 'bytes32' },
    { name: 'salt', type: 'bytes32' },
  ],
  Item: [
    { name: 'certificate', type: 'bytes32' },
    { name: 'fields', type: 'string[]' },
  ],
}

export const REUSE_GRANT = {
  ReuseGrant: [
    { name: 'holder', type: 'bytes32' },
    { name: 'terms', type: 'Terms' },
    { name: 'notBefore', type: 'uint48' },
    { name: 'notAfter', type: 'uint48' },
    { name: 'epoch', type: 'uint64' },
  ],
  ...TERMS,
}

export const WITHDRAWAL = {
  Withdrawal: [
    { name: 'holder', type: 'bytes32' },
    { name: 'grant', type: 'bytes32' },
  ],
}

export const WITHDRAW_ALL = {
  WithdrawAll: [
    { name: 'holder', type: 'bytes32' },
    { name: 'epoch', type: 'uint64' },
  ],
}

/** The digest that a wallet signs, as ethers computes it: an encoder that shares nothing with the contracts. */
export function digestOf(domain: TypedDataDomain, types: MessageTypes, message: object): string {
  return TypedDataEncoder.hash(domain, types, message)
}

/** `hashStruct(terms)`, all that the chain learns of the terms of a grant. */
export function termsHash(terms: object): string {
  return TypedDataEncoder.hashStruct('Terms', TERMS, terms)
}

/** Id of a holder: keccak256 of its key. */
export function holderOf(signer: string): string {
  return keccak256(signer)
}

/** A contract's domain, by the name that it is specified to have and not by what it says of itself. */
export async function domainOf(
  contract: BaseContract,
  name: 'onceproof AnchorLog' | 'onceproof StatusRegistry' | 'onceproof GrantRegistry',
  chainId: bigint,
): Promise<TypedDataDomain> {
  return { name, version: '1', chainId, verifyingContract: await contract.getAddress() }
}
