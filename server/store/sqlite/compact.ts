/**
 * Identifiers as SQLite keeps them: a third of their text, and in the order of time where they have one.
 */
import { invariant } from '../../../protocol/refusal.ts'

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const ULID_BYTES = 16
const ULID_CHARACTERS = 26
export const IDENTIFIER_KEY_BYTES = ULID_BYTES + 2

/** Value of each Crockford character by its code; 255 = none. https://www.crockford.com/base32.html */
const values = new Uint8Array(128).fill(255)
for (let v = 0; v < 32; v++) values[CROCKFORD.charCodeAt(v)] = v

/** 证照标识 (formats.md §15) whose serial is a ULID: always 88 characters, each part at its place. */
const PREFIX = /^1\.2\.156\.3005\.2\.([0-9A-Z]{21})\.([0-9A-Z]{18})\.$/
const SUFFIX = /^\.\d{3}\.[0-9A-Z]$/
const PREFIX_END = 56
const ULID_END = PREFIX_END + ULID_CHARACTERS
const VERSION_END = ULID_END + 4

export interface IdentifierParts {
  typeCode: string
  issuer: string
  checkCharacter: string
}

/** Of a batch all identifiers begin alike: the beginning is taken apart once. */
let lastPrefix = ''
let lastParts = { typeCode: '', issuer: '' }

/**
 * Writes ULID and version of an identifier to `key` (18 bytes) and gives the rest; null when the text is not one of our
 * identifiers.
 */
export function splitIdentifier(identifier: string, key: Uint8Array): IdentifierParts | null {
  const prefix = identifier.slice(0, PREFIX_END)
  if (prefix !== lastPrefix) {
    const match = PREFIX.exec(prefix)
    if (match === null) return null
    lastParts = { typeCode: match[1] ?? '', issuer: match[2] ?? '' }
    lastPrefix = prefix
  }
  if (!writeUlid(identifier, PREFIX_END, key) || !SUFFIX.test(identifier.slice(ULID_END))) return null
  const version = Number(identifier.slice(ULID_END + 1, VERSION_END))
  key[ULID_BYTES] = version >> 8
  key[ULID_BYTES + 1] = version & 0xff
  return {
    typeCode: lastParts.typeCode,
    issuer: lastParts.issuer,
    checkCharacter: identifier.slice(VERSION_END + 1),
  }
}

/** The identifier that `splitIdentifier` took apart. */
export function joinIdentifier(key: Uint8Array, parts: IdentifierParts): string {
  invariant(key.length === IDENTIFIER_KEY_BYTES, `identifier key of ${key.length} bytes`)
  const version = ((key[ULID_BYTES] ?? 0) << 8) | (key[ULID_BYTES + 1] ?? 0)
  const ulid = ulidText(key.subarray(0, ULID_BYTES))
  const digits = String(version).padStart(3, '0')
  return `1.2.156.3005.2.${parts.typeCode}.${parts.issuer}.${ulid}.${digits}.${parts.checkCharacter}`
}

/** The 16 bytes of a ULID, or null when the text is none. https://github.com/ulid/spec */
export function ulidBytes(text: string): Uint8Array | null {
  const bytes = new Uint8Array(ULID_BYTES)
  return text.length === ULID_CHARACTERS && writeUlid(text, 0, bytes) ? bytes : null
}

export function ulidText(bytes: Uint8Array): string {
  invariant(bytes.length === ULID_BYTES, `ULID of ${bytes.length} bytes`)
  let text = ''
  // 26 characters are 130 bits: two zero bits come first.
  let bits = 2
  let held = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    bits += 8
    while (bits >= 5) {
      bits -= 5
      text += CROCKFORD[(held >> bits) & 31]
    }
    held &= (1 << bits) - 1
  }
  return text
}

/** Writes the ULID that begins at `start`; false when there is none. The first character has three bits only. */
function writeUlid(text: string, start: number, out: Uint8Array): boolean {
  let held = 0
  let bits = -2
  let at = 0
  for (let i = 0; i < ULID_CHARACTERS; i++) {
    const value = values[text.charCodeAt(start + i)] ?? 255
    if (value > (i === 0 ? 7 : 31)) return false
    held = (held << 5) | value
    bits += 5
    if (bits < 8) continue
    bits -= 8
    out[at++] = held >> bits
    held &= (1 << bits) - 1
  }
  return true
}

/** A short code (8 characters as printed, upper-case, no hyphen) as its 40 bits; null when the text is none. */
export function shortCodeNumber(text: string): number | null {
  if (text.length !== 8) return null
  let number = 0
  for (let i = 0; i < 8; i++) {
    const value = values[text.charCodeAt(i)] ?? 255
    if (value === 255) return null
    number = number * 32 + value
  }
  return number
}

export function shortCodeText(number: number): string {
  let text = ''
  for (let rest = number, i = 0; i < 8; i++, rest = Math.floor(rest / 32)) text = CROCKFORD[rest % 32] + text
  return text
}
