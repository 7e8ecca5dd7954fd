/**
 * Bytes as text and back: base64url, base64, hex, UTF-8 (formats.md §1). Decoding is strict: text that the encoder would not
 * print is not a second way to write the same bytes, it gives `null`.
 *
 * A platform's own base64 is used where it is faster; `base64Ways` lists every way for the tests that hold them together.
 */

interface Base64 {
  encode: (bytes: Uint8Array) => string
  decode: (text: string) => Uint8Array | null
}

interface Base64Way {
  base64url: Base64
  base64: Base64
}

/** base64url without padding (RFC 4648 §5). */
export function toBase64url(bytes: Uint8Array): string {
  if (scratch === undefined || bytes.length > scratch.length) return base64url.encode(bytes)
  scratch.set(bytes)
  return scratch.toString('base64url', 0, bytes.length)
}

/** The bytes of canonical base64url: no padding, no other character, unused low bits zero. Otherwise null. */
export function fromBase64url(text: string): Uint8Array | null {
  if (NodeBuffer === undefined) return base64url.decode(text)
  const bytes = canonicalBytes(NodeBuffer, text)
  return bytes && new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** base64 with padding (RFC 4648 §4). */
export function toBase64(bytes: Uint8Array): string {
  return base64.encode(bytes)
}

/** The bytes of canonical base64: padded, no other character, unused low bits zero. Otherwise null. */
export function fromBase64(text: string): Uint8Array | null {
  return base64.decode(text)
}

/** The base64url of a text's UTF-8 bytes: one step, because each disclosure of a certificate goes through here. */
export function utf8ToBase64url(text: string): string {
  return NodeBuffer === undefined ? base64url.encode(toUtf8(text)) : bufferTextToBase64url(NodeBuffer, text)
}

/** The text whose UTF-8 bytes stand there in canonical base64url. Null when it is not that, or begins with a byte order mark. */
export function utf8FromBase64url(text: string): string | null {
  const bytes = NodeBuffer === undefined ? base64url.decode(text) : canonicalBytes(NodeBuffer, text)
  return bytes && fromUtf8(bytes)
}

/** Lower-case hex with `0x`. */
export function toHex(bytes: Uint8Array): string {
  let text = '0x'
  for (const byte of bytes) text += HEX_PAIRS[byte]
  return text
}

/** The bytes of lower-case hex with `0x`. Otherwise null. */
export function fromHex(text: string): Uint8Array | null {
  if (!/^0x(?:[0-9a-f]{2})*$/.test(text)) return null
  const bytes = new Uint8Array(text.length / 2 - 1)
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i + 2, 2 * i + 4), 16)
  return bytes
}

/** The UTF-8 bytes of a text. Lone surrogates are refused before (formats.md §1); one that comes here becomes U+FFFD. */
export function toUtf8(text: string): Uint8Array {
  return encoder.encode(text)
}

/** The text of UTF-8 bytes. Null when they are not UTF-8 or begin with a byte order mark. */
export function fromUtf8(bytes: Uint8Array): string | null {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return null
  if (NodeBuffer !== undefined) {
    const text = NodeBuffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
    // Buffer writes U+FFFD for what is not UTF-8: only a text that holds one needs the slower decoder, which is strict.
    if (!text.includes('\ufffd')) return text
  }
  try {
    return decoder.decode(bytes)
  } catch {
    return null
  }
}

/** The bytes of all parts, one after the other. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Whether both are the same bytes. Not in constant time: nothing secret is compared in this protocol. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

const HEX_PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** RFC 4648 §5 and §4. */
const URL_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const STANDARD_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

const NodeBuffer = (globalThis as { Buffer?: typeof Buffer }).Buffer

/** Reused, so that short bytes cost no allocation; nothing here waits while using it. */
const scratch = NodeBuffer?.alloc(4096)

/** Buffer skips what it does not know and takes both alphabets; what it prints is canonical. */
function canonicalBytes(Native: typeof Buffer, text: string): Buffer | null {
  const bytes = Native.from(text, 'base64url')
  return bytes.toString('base64url') === text ? bytes : null
}

function bufferTextToBase64url(Native: typeof Buffer, text: string): string {
  // A UTF-16 unit takes at most three bytes of UTF-8.
  if (scratch === undefined || text.length * 3 > scratch.length)
    return Native.from(text, 'utf8').toString('base64url')
  const { written } = encoder.encodeInto(text, scratch)
  return scratch.toString('base64url', 0, written)
}

/** `Uint8Array.fromBase64` and `toBase64`: in browsers since 2025, not yet in the ECMAScript edition that is compiled for. */
interface WithBase64 {
  fromBase64?: (text: string, options: { alphabet: string; lastChunkHandling: string }) => Uint8Array
  prototype: { toBase64?: (this: Uint8Array, options: { alphabet: string; omitPadding: boolean }) => string }
}

function nativeBase64(alphabet: 'base64url' | 'base64'): Base64 | null {
  const { fromBase64, prototype } = Uint8Array as unknown as WithBase64
  const { toBase64 } = prototype
  if (fromBase64 === undefined || toBase64 === undefined) return null
  const encode = (bytes: Uint8Array) =>
    toBase64.call(bytes, { alphabet, omitPadding: alphabet === 'base64url' })
  return {
    encode,
    decode: text => {
      try {
        const bytes = fromBase64.call(Uint8Array, text, { alphabet, lastChunkHandling: 'loose' })
        // It skips white space, and padding is optional to it.
        return encode(bytes) === text ? bytes : null
      } catch {
        return null
      }
    },
  }
}

function tableBase64(alphabet: string, padded: boolean): Base64 {
  const valueOf = new Uint8Array(128).fill(0xff)
  for (let i = 0; i < 64; i++) valueOf[alphabet.charCodeAt(i)] = i
  const pairs = Array.from({ length: 4096 }, (_, v) => `${alphabet[v >> 6]}${alphabet[v & 63]}`)

  const encode = (bytes: Uint8Array): string => {
    const whole = bytes.length - (bytes.length % 3)
    let text = ''
    for (let i = 0; i < whole; i += 3) {
      const v = ((bytes[i] ?? 0) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0)
      text += (pairs[v >> 12] ?? '') + (pairs[v & 4095] ?? '')
    }
    const rest = bytes.length - whole
    if (rest === 1) text += pairs[(bytes[whole] ?? 0) << 4] + (padded ? '==' : '')
    if (rest === 2) {
      const v = ((bytes[whole] ?? 0) << 10) | ((bytes[whole + 1] ?? 0) << 2)
      text += `${pairs[v >> 6]}${alphabet[v & 63]}${padded ? '=' : ''}`
    }
    return text
  }

  const decode = (text: string): Uint8Array | null => {
    const length = padded ? unpaddedLength(text) : text.length
    const rest = length % 4
    if (rest === 1 || length < 0) return null
    const bytes = new Uint8Array(Math.floor((length * 3) / 4))
    let at = 0
    let held = 0
    let wrong = 0
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      const value = code < 128 ? (valueOf[code] ?? 0xff) : 0xff
      wrong |= value
      held = (held << 6) | (value & 63)
      const place = i & 3
      if (place === 1) bytes[at++] = held >> 4
      else if (place === 2) bytes[at++] = held >> 2
      else if (place === 3) {
        bytes[at++] = held
        held = 0
      }
    }
    if (wrong > 63) return null
    const unused = rest === 2 ? held & 15 : rest === 3 ? held & 3 : 0
    return unused === 0 ? bytes : null
  }

  return { encode, decode }
}

/** Characters before the padding, or −1 when the padding is not what they need. */
function unpaddedLength(text: string): number {
  if (text.length % 4 !== 0) return -1
  if (text.endsWith('==')) return text.length - 2
  return text.endsWith('=') ? text.length - 1 : text.length
}

/** Every way to do base64 that this platform has, the portable one first. */
export const base64Ways: readonly Base64Way[] = [
  { base64url: tableBase64(URL_ALPHABET, false), base64: tableBase64(STANDARD_ALPHABET, true) },
  ...nativeWays(),
]

function nativeWays(): Base64Way[] {
  const url = nativeBase64('base64url')
  const standard = nativeBase64('base64')
  return url === null || standard === null ? [] : [{ base64url: url, base64: standard }]
}

const { base64url, base64 } = base64Ways.at(-1) as Base64Way
