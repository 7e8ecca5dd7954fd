/**
 * A promise: what a gateway gives for an accepted statement before the statement is in the log. A signed note under the log's note key;
 * one that is not kept proves that the gateway broke it.
 *
 *     onceproof-promise/v1 onceproof.example/log/1
 *     <base64 leaf>
 *     1767225600
 *     86400
 */
import { fromBase64, toBase64 } from './bytes.ts'
import { parseCount } from './checkpoint.ts'
import { isKeyName, parseNote, signNote, verifyNote } from './note.ts'
import type { NoteKey, SignedNote } from './note.ts'
import { Refusal } from './refusal.ts'

export interface AnchoringPromise {
  origin: string
  /** 32 bytes. */
  leaf: Uint8Array
  /** Seconds since 1970: when the statement was accepted. */
  acceptedAt: number
  /** Seconds: the longest delay until the leaf is anchored. */
  delay: number
}

/** No origin holds a space, so this line can never begin a checkpoint. */
const FIRST_WORD = 'onceproof-promise/v1'

/** The four lines that are signed. */
export function formatPromise({ origin, leaf, acceptedAt, delay }: AnchoringPromise): string {
  return `${FIRST_WORD} ${origin}\n${toBase64(leaf)}\n${acceptedAt}\n${delay}\n`
}

/** Reads the four lines. Refuses everything else as `PROMISE_SYNTAX`. */
export function parsePromise(text: string): AnchoringPromise {
  const [head = '', encoded = '', accepted = '', longest = '', end, ...more] = text.split('\n')
  if (end !== '' || more.length > 0) throw refusal('four lines', text)
  const origin = head.slice(FIRST_WORD.length + 1)
  if (!head.startsWith(`${FIRST_WORD} `) || !isKeyName(origin)) throw refusal(`${FIRST_WORD} <origin>`, head)
  const leaf = fromBase64(encoded)
  if (leaf === null || leaf.length !== 32) throw refusal('a leaf of 32 bytes in base64', encoded)
  const acceptedAt = parseCount(accepted)
  if (acceptedAt === null) throw refusal('seconds since 1970 in decimal', accepted)
  const delay = parseCount(longest)
  if (delay === null) throw refusal('seconds in decimal', longest)
  return { origin, leaf, acceptedAt, delay }
}

/** The promise as a signed note; the key's name is the origin. */
export function signPromise(
  promise: AnchoringPromise,
  key: NoteKey,
  sign: (data: Uint8Array) => Uint8Array,
): string {
  const text = formatPromise(promise)
  parsePromise(text)
  if (key.name !== promise.origin) throw refusal(`the key of ${promise.origin}`, key.name)
  return signNote(text, key, sign)
}

/** Reads a promise out of a signed note by form alone: nothing is verified yet (`verifyNote` with `note` does). */
export function parseSignedPromise(note: string): { promise: AnchoringPromise; note: SignedNote } {
  const parsed = parseNote(note)
  return { promise: parsePromise(parsed.text), note: parsed }
}

/** Reads a signed promise and verifies it under the log's key. Refusals as of note and promise. */
export function openPromise(note: string, key: NoteKey): AnchoringPromise {
  const parsed = parseNote(note)
  verifyNote(parsed, [key])
  const promise = parsePromise(parsed.text)
  if (promise.origin !== key.name) throw refusal(`a promise of ${key.name}`, promise.origin)
  return promise
}

function refusal(expected: string, found: string): Refusal {
  return new Refusal('PROMISE_SYNTAX', `not a promise: expected ${expected}`, {
    expected,
    found: found.slice(0, 200),
  })
}
