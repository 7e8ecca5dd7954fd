/**
 * A checkpoint: how large a log is and what its root is, as a signed note under the log's own key, whose name is the origin.
 * https://c2sp.org/tlog-checkpoint, here with exactly three lines.
 *
 *     onceproof.example/log/1
 *     20852163
 *     CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
 */
import { fromBase64, toBase64 } from './bytes.ts'
import { isKeyName, parseNote, signNote, verifyNote } from './note.ts'
import type { NoteKey, SignedNote } from './note.ts'
import { Refusal } from './refusal.ts'

export interface Checkpoint {
  /** The log's name: a URL without scheme. */
  origin: string
  size: number
  /** 32 bytes. */
  root: Uint8Array
}

/** A non-negative integer below 2^53, decimal, without leading zeros. */
const COUNT = /^(?:0|[1-9]\d{0,15})$/

/** The three lines that are signed. */
export function formatCheckpoint({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${toBase64(root)}\n`
}

/** Reads the three lines. Refuses everything else as `CHECKPOINT_SYNTAX`. */
export function parseCheckpoint(text: string): Checkpoint {
  const [origin = '', digits = '', encoded = '', end, ...more] = text.split('\n')
  if (end !== '' || more.length > 0) throw refusal('three lines', text)
  if (!isKeyName(origin)) throw refusal('an origin without space and plus sign', origin)
  const size = parseCount(digits)
  if (size === null) throw refusal('a size in decimal, below 2^53', digits)
  const root = fromBase64(encoded)
  if (root === null || root.length !== 32) throw refusal('a root of 32 bytes in base64', encoded)
  return { origin, size, root }
}

/** The checkpoint as a signed note; the key's name is the origin. */
export function signCheckpoint(
  checkpoint: Checkpoint,
  key: NoteKey,
  sign: (data: Uint8Array) => Uint8Array,
): string {
  const text = formatCheckpoint(checkpoint)
  parseCheckpoint(text)
  if (key.name !== checkpoint.origin) throw refusal(`the key of ${checkpoint.origin}`, key.name)
  return signNote(text, key, sign)
}

/** Reads a checkpoint out of a signed note by form alone: nothing is verified yet (`verifyNote` with `note` does). */
export function parseSignedCheckpoint(note: string): { checkpoint: Checkpoint; note: SignedNote } {
  const parsed = parseNote(note)
  return { checkpoint: parseCheckpoint(parsed.text), note: parsed }
}

/** Reads a signed checkpoint and verifies it under the log's key. Refusals as of note and checkpoint. */
export function openCheckpoint(note: string, key: NoteKey): Checkpoint {
  const parsed = parseNote(note)
  verifyNote(parsed, [key])
  const checkpoint = parseCheckpoint(parsed.text)
  if (checkpoint.origin !== key.name) throw refusal(`the origin ${key.name}`, checkpoint.origin)
  return checkpoint
}

/** The number of a decimal count as it stands in a signed text, or null. */
export function parseCount(digits: string): number | null {
  const count = COUNT.test(digits) ? Number(digits) : Number.NaN
  return Number.isSafeInteger(count) ? count : null
}

function refusal(expected: string, found: string): Refusal {
  return new Refusal('CHECKPOINT_SYNTAX', `not a checkpoint: expected ${expected}`, {
    expected,
    found: found.slice(0, 200),
  })
}
