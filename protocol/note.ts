/**
 * Signed notes: a text, an empty line, and who signed it. https://c2sp.org/signed-note, here with Ed25519 keys only (type byte 0x01).
 *
 *     onceproof.example/log/1
 *     3
 *     <base64 root>
 *
 *     — onceproof.example/log/1 <base64(key ID ‖ signature)>
 *
 * Reading a note says nothing about who signed it: `openNote` does, for keys that the reader brings.
 */
import { sha256, verifyEd25519 } from '#crypto'
import { concat, equalBytes, fromBase64, fromHex, toBase64, toHex, toUtf8 } from './bytes.ts'
import { Refusal } from './refusal.ts'

/** A verifier key: a name and an Ed25519 public key. */
export interface NoteKey {
  name: string
  /** 4 bytes. */
  id: Uint8Array
  /** 32 bytes. */
  publicKey: Uint8Array
}

export interface NoteSignature {
  name: string
  /** 4 bytes. */
  id: Uint8Array
  /** For an Ed25519 key 64 bytes; of unknown keys anything. */
  signature: Uint8Array
}

export interface SignedNote {
  /** With its last line feed: what is signed. */
  text: string
  signatures: NoteSignature[]
}

const MAX_NOTE_BYTES = 65_536
const MAX_SIGNATURES = 16
const ED25519 = 0x01

/** White_Space of Unicode, `+`, control characters and lone surrogates: none of them in a key name. */
const KEY_NAME = /^[^\p{White_Space}\p{Cc}\p{Cs}+]+$/u
/** Whether a text can name a key, and so a log. */
export function isKeyName(text: string): boolean {
  return KEY_NAME.test(text)
}

const SIGNATURE_LINE = /^— ([^ ]+) ([^ ]+)$/u

/** The key of a name, with its key ID. Refuses (`NOTE_SYNTAX`) a name that no note could carry, or not 32 bytes. */
export function noteKey(name: string, publicKey: Uint8Array): NoteKey {
  if (!isKeyName(name))
    throw refusal('a key name is not empty and has no space, control character or plus sign', name)
  if (publicKey.length !== 32) throw refusal('an Ed25519 public key has 32 bytes', String(publicKey.length))
  // https://c2sp.org/signed-note: SHA-256(key name || 0x0A || signature type || public key)[:4]
  const id = sha256(concat(toUtf8(name), Uint8Array.of(0x0a, ED25519), publicKey)).slice(0, 4)
  return { name, id, publicKey }
}

/** `<name>+<hex8 key ID>+<base64(0x01 ‖ public key)>`. */
export function formatNoteKey({ name, id, publicKey }: NoteKey): string {
  return `${name}+${toHex(id).slice(2)}+${toBase64(concat(Uint8Array.of(ED25519), publicKey))}`
}

/** Reads what `formatNoteKey` writes. Refuses (`NOTE_SYNTAX`) everything else, also a key ID that is not the key's. */
export function parseNoteKey(text: string): NoteKey {
  // base64 may hold a plus sign itself: only the first two separate.
  const parts = /^([^+]+)\+([0-9a-f]{8})\+([^\n]+)$/.exec(text)
  if (parts === null) throw refusal('a note key is <name>+<key ID>+<base64>', text)
  const [, name = '', id = '', encoded = ''] = parts
  const bytes = fromBase64(encoded)
  if (bytes === null || bytes.length !== 33 || bytes[0] !== ED25519)
    throw refusal('the key is Ed25519 in base64', text)
  const key = noteKey(name, bytes.slice(1))
  if (!equalBytes(key.id, fromHex(`0x${id}`) ?? new Uint8Array(0))) {
    throw refusal(`the key ID is ${toHex(key.id).slice(2)}`, id)
  }
  return key
}

/**
 * The signed note of a text; `sign` gives the Ed25519 signature (64 bytes) over the bytes that it is handed. Refuses (`NOTE_SYNTAX`) a text that would not be read
 * back as it is.
 */
export function signNote(text: string, key: NoteKey, sign: (data: Uint8Array) => Uint8Array): string {
  const note = `${text}\n${signatureLine(key, sign(toUtf8(text)))}`
  if (parseNote(note).text !== text)
    throw refusal('a note text ends in a line feed, before the last empty line', text)
  return note
}

/**
 * Reads a signed note by its form alone. Refuses `NOTE_SYNTAX`: no text, no signature line, more than 16 of them, more than
 * 65,536 bytes, control characters, lone surrogates, a line that is not `— <name> <base64>`.
 */
export function parseNote(note: string): SignedNote {
  if (toUtf8(note).length > MAX_NOTE_BYTES)
    throw refusal(`a note has at most ${MAX_NOTE_BYTES} bytes`, `${note.length} characters`)
  // eslint-disable-next-line no-control-regex
  if (/[\u0000-\u0009\u000b-\u001f]/.test(note) || !note.isWellFormed()) {
    throw refusal('a note has no control character but the line feed, and no lone surrogate', note)
  }
  const gap = note.lastIndexOf('\n\n')
  if (gap <= 0 || !note.endsWith('\n'))
    throw refusal('a note is a text, an empty line and signature lines', note)
  const text = note.slice(0, gap + 1)
  const lines = note.slice(gap + 2, -1).split('\n')
  if (lines.length > MAX_SIGNATURES)
    throw refusal(`a note has at most ${MAX_SIGNATURES} signatures`, String(lines.length))
  return { text, signatures: lines.map(parseSignatureLine) }
}

/**
 * Checks a note against the keys that the reader trusts: every signature under one of them (by name and key ID) must hold, else
 * `NOTE_SIGNATURE`; at least one must be there, else `NOTE_NO_KNOWN_KEY`. Gives the keys that signed. Signatures of other keys are ignored.
 */
export function verifyNote({ text, signatures }: SignedNote, keys: readonly NoteKey[]): NoteKey[] {
  const data = toUtf8(text)
  const signers: NoteKey[] = []
  for (const { name, id, signature } of signatures) {
    for (const key of keys) {
      if (key.name !== name || !equalBytes(key.id, id)) continue
      if (!verifyEd25519(key.publicKey, data, signature)) {
        throw new Refusal('NOTE_SIGNATURE', `the signature of ${name} does not hold`, { field: name })
      }
      if (!signers.includes(key)) signers.push(key)
    }
  }
  if (signers.length === 0) {
    const names = signatures.map(({ name }) => name).join(', ')
    throw new Refusal('NOTE_NO_KNOWN_KEY', `no key that is trusted has signed, only ${names}`, {
      found: names,
    })
  }
  return signers
}

/** `parseNote` and `verifyNote` in one: the text, once a trusted key has signed it. */
export function openNote(note: string, keys: readonly NoteKey[]): string {
  const parsed = parseNote(note)
  verifyNote(parsed, keys)
  return parsed.text
}

function signatureLine({ name, id }: NoteKey, signature: Uint8Array): string {
  return `— ${name} ${toBase64(concat(id, signature))}\n`
}

function parseSignatureLine(line: string): NoteSignature {
  const [, name = '', encoded = ''] = SIGNATURE_LINE.exec(line) ?? []
  const bytes = fromBase64(encoded)
  // Four bytes of key ID and at least one of signature.
  if (!isKeyName(name) || bytes === null || bytes.length < 5)
    throw refusal('a signature line is — <name> <base64>', line)
  return { name, id: bytes.slice(0, 4), signature: bytes.slice(4) }
}

function refusal(expected: string, found: string): Refusal {
  const shown = found.length > 200 ? `${found.slice(0, 200)}…` : found
  return new Refusal('NOTE_SYNTAX', `not a signed note: ${expected}`, { expected, found: shown })
}
