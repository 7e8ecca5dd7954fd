/**
 * Who signs for the gateway. What is asked here is what an HSM, a cloud KMS or a remote signer can answer too: a key never leaves
 * through this interface. (The built-in keystore hands keys to its own worker threads; see `exportForWorker` in `keystore.ts`.)
 */
import type { KeyObject } from 'node:crypto'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak256 } from '#crypto'
import { toHex } from '../../protocol/bytes.ts'
import { Refusal, invariant } from '../../protocol/refusal.ts'

/**
 * - `issuing`: a department's key for certificates · `authority`: its key for status orders · `kek`: its key for documents at rest
 * - `note`: the log's key for checkpoints and promises as notes · `log`: the same as EIP-712 for the contract
 * - `notary`: for records and uses · `governance`: for the registry · `relayer`: pays for transactions · `token`: access tokens of machine clients · `lookup`: HMAC of what is
 *   searched for (names, numbers), so that the database holds no hash that can be guessed
 */
export type KeyPurpose =
  'issuing' | 'authority' | 'kek' | 'note' | 'log' | 'notary' | 'governance' | 'relayer' | 'token' | 'lookup'

/** `secret`: 32 bytes for a derivation or HMAC; signs nothing. */
export type KeyAlgorithm = 'ES256' | 'EdDSA' | 'secp256k1' | 'secret'

/** The algorithms that a key of each purpose may have, and whether it belongs to a department. */
export const KEY_RULES: Record<KeyPurpose, { algorithms: KeyAlgorithm[]; ofDepartment: boolean }> = {
  issuing: { algorithms: ['ES256', 'EdDSA'], ofDepartment: true },
  authority: { algorithms: ['secp256k1'], ofDepartment: true },
  kek: { algorithms: ['secret'], ofDepartment: true },
  note: { algorithms: ['EdDSA'], ofDepartment: false },
  log: { algorithms: ['secp256k1'], ofDepartment: false },
  notary: { algorithms: ['ES256'], ofDepartment: false },
  governance: { algorithms: ['secp256k1'], ofDepartment: false },
  relayer: { algorithms: ['secp256k1'], ofDepartment: false },
  token: { algorithms: ['ES256'], ofDepartment: false },
  lookup: { algorithms: ['secret'], ofDepartment: false },
}

export interface KeyInfo {
  /** Unique in the provider, e.g. `PSB/issuing/1`. */
  name: string
  purpose: KeyPurpose
  algorithm: KeyAlgorithm
  /** Code of the department it belongs to; null = the gateway's own. */
  department: string | null
  /** Seconds. */
  createdAt: number
}

/**
 * What is being signed, for a signer that checks for itself and does not take the gateway's word. The bytes alone say all but the
 * values behind the digests of a certificate, and the message behind the digest of an order.
 */
export type SigningContext =
  | {
      kind: 'certificate'
      /** Whence all salts and decoys follow (docs/formats.md §5). */
      seed: Uint8Array
      /** The approved row. */
      values: readonly (readonly [name: string, value: unknown])[]
      relatedResource: unknown
    }
  | { kind: 'statement' }
  | { kind: 'status-list' }
  | {
      kind: 'order'
      type: 'Order' | 'OpenList'
      message: Readonly<Record<string, unknown>>
      chainId: number
      /** Address of the contract, 0x-hex. */
      contract: string
      /** Number of the department's status list. */
      list: number
    }

export interface ToSign {
  data: Uint8Array
  context: SigningContext
}

/** Refuses KEY_UNKNOWN for a name that it does not have and KEY_ALGORITHM for a key that cannot do what is asked. */
export interface KeyProvider {
  /** All keys, those of one department (its USCC), or with null the gateway's own. */
  list(department?: string | null): Promise<KeyInfo[]>
  /** x‖y (64 bytes) for ES256 and secp256k1, 32 bytes for EdDSA. */
  publicKey(name: string): Promise<Uint8Array>
  /** Signature of 64 bytes over `data`: ES256 as r‖s (RFC 7518 §3.4), or Ed25519. */
  sign(name: string, data: Uint8Array, context?: SigningContext): Promise<Uint8Array>
  /** Signatures of a batch in order, all or none; for those who would rather be asked once. */
  signMany?(name: string, items: readonly ToSign[]): Promise<Uint8Array[]>
  /** secp256k1 over a digest of 32 bytes: r‖s‖v, 65 bytes, low s, v 27 or 28, as contracts and wallets take it. */
  signDigest(name: string, digest: Uint8Array, context?: SigningContext): Promise<Uint8Array>
  /** The department's key for documents (see `sealing.ts`). Refuses KEY_UNKNOWN when it has none. */
  kek(department: string): Promise<KeyObject>
  /** HMAC-SHA256 with a key of purpose `lookup`, 32 bytes. */
  mac(name: string, data: Uint8Array): Promise<Uint8Array>
}

/** The account of a secp256k1 key (x‖y): 0x and 40 lower-case hex digits. */
export function addressOf(publicKey: Uint8Array): string {
  invariant(publicKey.length === 64, `a secp256k1 key of ${publicKey.length} bytes`)
  return toHex(keccak256(publicKey).subarray(12))
}

/**
 * Makes r‖s of a secp256k1 signer the 65 bytes that contracts take, after recovering the signer and comparing it: HSMs and cloud
 * signers give the high s half of the time, and none of them gives v. Refuses SIGNATURE_WRONG when it is not this key's over this
 * digest. EIP-2 forbids the high s. https://eips.ethereum.org/EIPS/eip-2
 */
export function recoverableSignature(rs: Uint8Array, digest: Uint8Array, publicKey: Uint8Array): Uint8Array {
  const signature = new Uint8Array(65)
  try {
    const parsed = secp256k1.Signature.fromBytes(rs, 'compact')
    const { n } = secp256k1.Point.CURVE()
    const low = parsed.hasHighS() ? new secp256k1.Signature(parsed.r, n - parsed.s) : parsed
    for (const recovery of [0, 1]) {
      const point = low.addRecoveryBit(recovery).recoverPublicKey(digest)
      if (Buffer.compare(point.toBytes(false).subarray(1), publicKey) !== 0) continue
      signature.set(low.toBytes('compact'))
      signature[64] = 27 + recovery
      return signature
    }
  } catch {
    // Out of range, or no point: not a signature of any key.
  }
  throw new Refusal(
    'SIGNATURE_WRONG',
    'the signer answered with a signature that is not its own over this digest',
  )
}
