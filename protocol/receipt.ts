/**
 * A receipt: all that a stranger needs beside the statement. An inclusion proof with its checkpoint as a C2SP tlog-proof text
 * (https://c2sp.org/tlog-proof, without extra line), and a hint where the checkpoint is anchored.
 *
 *     c2sp.org/tlog-proof@v1
 *     index 73894
 *     <base64 hash>
 *     …
 *
 *     <checkpoint: a signed note>
 *
 * Nothing is verified here. The leaf is not in it: the verifier computes it from the statement.
 */
import { fromBase64, toBase64 } from './bytes.ts'
import { parseCount, parseSignedCheckpoint } from './checkpoint.ts'
import type { Checkpoint } from './checkpoint.ts'
import type { SignedNote } from './note.ts'
import { Refusal } from './refusal.ts'

export interface LogProof {
  index: number
  /** 32 bytes each, from the leaf's neighbour up. */
  hashes: Uint8Array[]
  /** The checkpoint as it was signed. */
  signedCheckpoint: string
}

/** Where the first checkpoint that covers the index is anchored: a hint for people, compared and never trusted. */
export interface AnchorHint {
  chainId: number
  /** `0x` and 40 lower-case hex digits: the AnchorLog contract. */
  contract: string
  blockNumber: number
  /** Seconds since 1970. */
  blockTime: number
}

/** The receipt as it stands in a file. */
export interface Receipt {
  proof: string
  anchor: AnchorHint
}

/** A receipt that was read: its proof taken apart, its checkpoint not yet verified. */
export interface ReadReceipt {
  index: number
  hashes: Uint8Array[]
  checkpoint: Checkpoint
  note: SignedNote
  /** The signed note as it stands in the receipt. */
  signedCheckpoint: string
  anchor: AnchorHint
}

const FIRST_LINE = 'c2sp.org/tlog-proof@v1'
/** Size is below 2^53. */
const MAX_HASHES = 53

/** The tlog-proof text. */
export function formatLogProof({ index, hashes, signedCheckpoint }: LogProof): string {
  return [FIRST_LINE, `index ${index}`, ...hashes.map(toBase64), '', signedCheckpoint].join('\n')
}

/** Reads a tlog-proof text. Refuses everything else as `RECEIPT_SYNTAX`; the checkpoint in it is not read yet. */
export function parseLogProof(text: string): LogProof {
  const gap = text.indexOf('\n\n')
  if (gap < 0) throw refusal('proof lines, an empty line and a checkpoint', text)
  const [first, second = '', ...encoded] = text.slice(0, gap).split('\n')
  if (first !== FIRST_LINE) throw refusal(FIRST_LINE, text)
  const index = second.startsWith('index ') ? parseCount(second.slice('index '.length)) : null
  if (index === null) throw refusal('index <decimal below 2^53>', second)
  if (encoded.length > MAX_HASHES) throw refusal(`at most ${MAX_HASHES} hashes`, String(encoded.length))
  const hashes = encoded.map(line => {
    const hash = fromBase64(line)
    if (hash === null || hash.length !== 32) throw refusal('a hash of 32 bytes in base64', line)
    return hash
  })
  return { index, hashes, signedCheckpoint: text.slice(gap + 2) }
}

/**
 * Checks the form of a receipt out of parsed JSON and takes it apart. Refuses `RECEIPT_SYNTAX`: another member, a member missing or of
 * another type, a proof text or a checkpoint in it that cannot be read, an index that is not below the checkpoint's size.
 */
export function readReceipt(value: unknown): ReadReceipt {
  const { proof, anchor } = membersOf(value, ['proof', 'anchor'], 'a receipt')
  if (typeof proof !== 'string') throw refusal('proof: a text', typeof proof)
  const { index, hashes, signedCheckpoint } = parseLogProof(proof)
  const { checkpoint, note } = readCheckpoint(signedCheckpoint)
  if (index >= checkpoint.size) throw refusal(`an index below the size ${checkpoint.size}`, String(index))
  return { index, hashes, checkpoint, note, signedCheckpoint, anchor: readAnchor(anchor) }
}

function readAnchor(value: unknown): AnchorHint {
  const members = ['chainId', 'contract', 'blockNumber', 'blockTime'] as const
  const { chainId, contract, blockNumber, blockTime } = membersOf(value, members, 'an anchor')
  if (typeof contract !== 'string' || !/^0x[0-9a-f]{40}$/.test(contract)) {
    throw refusal('contract: an address in lower-case hex', String(contract))
  }
  return {
    chainId: countOf(chainId, 'chainId'),
    contract,
    blockNumber: countOf(blockNumber, 'blockNumber'),
    blockTime: countOf(blockTime, 'blockTime'),
  }
}

function readCheckpoint(signedCheckpoint: string): { checkpoint: Checkpoint; note: SignedNote } {
  try {
    return parseSignedCheckpoint(signedCheckpoint)
  } catch (error) {
    if (error instanceof Refusal) throw refusal(error.message, signedCheckpoint)
    throw error
  }
}

function membersOf<K extends string>(value: unknown, names: readonly K[], what: string): Record<K, unknown> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
  const found = isObject ? Object.keys(value) : []
  if (found.length !== names.length || !names.every(name => found.includes(name))) {
    throw refusal(`${what} with exactly ${names.join(', ')}`, isObject ? found.join(', ') : typeof value)
  }
  return value as Record<K, unknown>
}

function countOf(value: unknown, name: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw refusal(`${name}: a non-negative integer`, String(value))
}

function refusal(expected: string, found: string): Refusal {
  return new Refusal('RECEIPT_SYNTAX', `not a receipt: expected ${expected}`, {
    expected,
    found: found.slice(0, 200),
  })
}
