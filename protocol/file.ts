/**
 * Certificate file and record file: what is handed to a verifier (docs/formats.md §10).
 */
import { isObject, parseJson, type JsonValue } from './json.ts'
import { Refusal } from './refusal.ts'
import type { Receipt } from './receipt.ts'
import { literal, object, string, type Shape } from './shape.ts'

export const MEDIA_TYPE = 'application/vnd.onceproof+json'
const MAX_FILE_BYTES = 2_097_152

/** The parts as they stand in the file; certificate, record, receipt and promise are read by their own rules later. */
export type ProofFile =
  | { kind: 'certificate'; certificate: string; evidence: Evidence }
  | { kind: 'record'; record: string; evidence: Evidence }

export type Evidence = { kind: 'receipt'; receipt: JsonValue } | { kind: 'promise'; promise: string }

const anyText = string(/^/)
const anyObject: Shape = value => (isObject(value) ? null : '')

/** Reads the outer object; refuses FILE_SYNTAX, FILE_TOO_LARGE or a JSON code. */
export function parseFile(bytes: Uint8Array): ProofFile {
  if (bytes.length > MAX_FILE_BYTES) {
    throw new Refusal('FILE_TOO_LARGE', `a certificate or record file has at most ${MAX_FILE_BYTES} bytes`)
  }
  const file = parseJson(bytes, { maxBytes: MAX_FILE_BYTES })
  if (!isObject(file)) throw wrong('')
  const kind = file['format'] === 'onceproof-record/1' ? 'record' : 'certificate'
  const shape = object(
    { format: literal(`onceproof-${kind}/1`), [kind]: anyText },
    { receipt: anyObject, promise: anyText },
  )
  const path = shape(file)
  if (path !== null) throw wrong(path)
  const { receipt, promise } = file
  if ((receipt === undefined) === (promise === undefined)) throw wrong('receipt')
  const evidence: Evidence =
    receipt !== undefined ? { kind: 'receipt', receipt } : { kind: 'promise', promise: promise as string }
  return kind === 'record'
    ? { kind, record: file['record'] as string, evidence }
    : { kind, certificate: file['certificate'] as string, evidence }
}

/** The file's exact text. Without a receipt yet, the promise stands in for it. */
export function formatFile(
  statement: { certificate: string } | { record: string },
  evidence: { receipt: Receipt } | { promise: string },
): string {
  const kind = 'certificate' in statement ? 'certificate' : 'record'
  return JSON.stringify({ format: `onceproof-${kind}/1`, ...statement, ...evidence })
}

const wrong = (path: string) =>
  new Refusal('FILE_SYNTAX', 'not a certificate file or record file', {
    field: path,
    expected: 'format, certificate or record, and either receipt or promise',
  })
