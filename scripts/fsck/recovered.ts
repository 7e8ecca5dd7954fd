/**
 * Who signed, recovered from signatures. It takes milliseconds, so what was recovered is remembered: an audit that is repeated, or meets
 * the same bytes in two places, does it once.
 */
import { keccak_256 } from '@noble/hashes/sha3.js'
import { recoverAddress, Transaction } from 'ethers'

/** As many as the transactions and orders of some months. */
const MOST_REMEMBERED = 4_000

function remembered<T>(make: (key: string) => T): (key: string) => T {
  const known = new Map<string, T>()
  return key => {
    const found = known.get(key)
    if (found !== undefined) return found
    const made = make(key)
    if (known.size >= MOST_REMEMBERED) known.clear()
    known.set(key, made)
    return made
  }
}

const signers = remembered(key => {
  const [digest = '', signature = ''] = key.split(' ')
  try {
    return recoverAddress(digest, signature).toLowerCase()
  } catch {
    return ''
  }
})

/** Address (lower-case) whose account signed the digest; '' when the signature is none. Both 0x-hex. */
export const signerOf = (digest: string, signature: string): string => signers(`${digest} ${signature}`)

export interface SignedTransaction {
  /** The bytes as ethers writes them again. */
  serialized: string
  from: string | null
  to: string | null
  nonce: number
  chainId: number
  data: string
}

const transactions = remembered<SignedTransaction | null>(raw => {
  try {
    const { serialized, from, to, nonce, chainId, data } = Transaction.from(raw)
    const lower = (address: string | null) => address?.toLowerCase() ?? null
    return { serialized, from: lower(from), to: lower(to), nonce, chainId: Number(chainId), data }
  } catch {
    return null
  }
})

/** A raw transaction (0x-hex) taken apart; null when it is none. */
export const transactionIn = (raw: string): SignedTransaction | null => transactions(raw)

/** keccak-256 of bytes, 0x-hex. */
export const keccakHex = (bytes: Uint8Array): string => `0x${Buffer.from(keccak_256(bytes)).toString('hex')}`
