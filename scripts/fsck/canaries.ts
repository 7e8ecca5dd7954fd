/**
 * Looks for personal values where they must not be: as they are, as text in other encodings, and under the hashes that somebody might
 * think hide them. A value behind an unsalted hash is as good as shown: all citizen numbers are tried in an hour.
 */
import { createHash } from 'node:crypto'
import { keccak256 } from 'ethers'

interface Form {
  value: string
  form: string
  bytes: Buffer
}

/** Every form has at least so many bytes; by these it is found. */
const KEY_BYTES = 12

/** The forms of a value that a search looks for, by name. */
export function formsOf(value: string): [form: string, bytes: Buffer][] {
  const text = Buffer.from(value)
  const sha256 = createHash('sha256').update(text).digest()
  const keccak = Buffer.from(keccak256(text).slice(2), 'hex')
  const hashes: [string, Buffer][] = [
    ['SHA-256', sha256],
    ['keccak-256', keccak],
  ]
  return [
    ['text', text],
    ['UTF-16', Buffer.from(value, 'utf16le')],
    ['JSON escapes', Buffer.from(value.replaceAll(/[^ -~]/g, one => `\\u${one.charCodeAt(0).toString(16)}`))],
    ['URL', Buffer.from(encodeURIComponent(value))],
    ['hex', Buffer.from(text.toString('hex'))],
    // In base64 the same text has three forms, by where it begins; its middle then reads the same in each neighbourhood.
    ...[0, 1, 2].flatMap(shift => {
      const whole = Buffer.concat([Buffer.alloc(shift), text])
      const cut = (encoded: string) => Buffer.from(encoded.replaceAll('=', '').slice(shift === 0 ? 0 : 4, -4))
      return [
        [`base64 at ${shift}`, cut(whole.toString('base64'))],
        [`base64url at ${shift}`, cut(whole.toString('base64url'))],
      ] as [string, Buffer][]
    }),
    ...hashes.flatMap(([name, hash]): [string, Buffer][] => [
      [name, hash],
      [`${name}, hex`, Buffer.from(hash.toString('hex'))],
      [`${name}, HEX`, Buffer.from(hash.toString('hex').toUpperCase())],
      [`${name}, base64`, Buffer.from(hash.toString('base64').slice(0, 42))],
      [`${name}, base64url`, Buffer.from(hash.toString('base64url').slice(0, 42))],
    ]),
  ]
}

/** A search for all of these values in all of their forms, in one pass over whatever is to be searched. */
export function searchFor(values: Iterable<string>): (haystack: Uint8Array) => string[] {
  const begins = new Uint8Array(1 << 24)
  const byKey = new Map<string, Form[]>()
  for (const value of new Set(values)) {
    for (const [form, bytes] of formsOf(value)) {
      if (bytes.length < KEY_BYTES) throw new Error(`${value} is too short to be looked for as ${form}`)
      begins[bytes.readUIntBE(0, 3)] = 1
      const key = bytes.toString('latin1', 0, KEY_BYTES)
      const forms = byKey.get(key)
      if (forms === undefined) byKey.set(key, [{ value, form, bytes }])
      else forms.push({ value, form, bytes })
    }
  }
  return haystack => {
    const bytes = Buffer.from(haystack.buffer, haystack.byteOffset, haystack.length)
    const hits: string[] = []
    let three = bytes.length < 3 ? 0 : bytes.readUInt16BE(0)
    for (let at = 2; at < bytes.length; at++) {
      three = ((three << 8) | bytes[at]!) & 0xff_ff_ff
      if (begins[three] === 0) continue
      const from = at - 2
      for (const { value, form, bytes: wanted } of byKey.get(
        bytes.toString('latin1', from, from + KEY_BYTES),
      ) ?? [])
        if (bytes.subarray(from, from + wanted.length).equals(wanted))
          hits.push(`${value} as ${form} at ${from}`)
    }
    return hits
  }
}
