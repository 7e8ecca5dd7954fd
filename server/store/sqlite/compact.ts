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

/** 证照标识 (formats.md §15) with a ULID as its serial. */
const IDENTIFIER =
  /^1\.2\.156\.3005\.2\.([0-9A-Z]{21})\.([0-9A-Z]{18})\.([0-7][0-9A-HJKMNP-TV-Z]{25})\.(\d{3})\.([0-9A-Z])$/

export interface IdentifierParts {
  typeCode: string
  issuer: string
  checkCharacter: string
}

/**
 * Writes ULID and version of an identifier to `key` (18 bytes) and gives the rest; null when the text is not one of our
 * identifiers.
 */
export function splitIdentifier(identifier: string, key: Uint8Array): IdentifierParts | null {
  const match = IDENTIFIER.exec(identifier)
  if (match === null) return null
  const [, typeCode = '', issuer = '', ulid = '', version = '', checkCharacter = ''] = match
  writeUlid(ulid, key)
  const number = Number(version)
  key[ULID_BYTES] = number >> 8
  key[ULID_BYTES + 1] = number & 0xff
  return { typeCode, issuer, checkCharacter }
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
  if (!/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(text)) return null
  const bytes = new Uint8Array(ULID_BYTES)
  writeUlid(text, bytes)
  return bytes
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

function writeUlid(text: string, out: Uint8Array): void {
  let held = 0
  let bits = -2
  let at = 0
  for (let i = 0; i < ULID_CHARACTERS; i++) {
    held = (held << 5) | (values[text.charCodeAt(i)] ?? 0)
    bits += 5
    if (bits < 8) continue
    bits -= 8
    out[at++] = held >> bits
    held &= (1 << bits) - 1
  }
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
