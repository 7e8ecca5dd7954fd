/**
 * The door `#crypto` where there is no Node: the same exports as `node.ts` with the same answers, in plain JavaScript.
 * WebCrypto is not used: it is asynchronous, and one digest through it costs more than many here.
 */
import { ed25519 } from '@noble/curves/ed25519.js'
import { p256 } from '@noble/curves/nist.js'
import { sha256 as nobleSha256, sha512 } from '@noble/hashes/sha2.js'
import { keccak_256, shake256 as nobleShake256 } from '@noble/hashes/sha3.js'
import { toBase64url, toUtf8 } from '../bytes.ts'
import { isSoundEd25519Point } from './ed25519-keys.ts'

/** SHA-256 (FIPS 180-4), 32 bytes. A string stands for its UTF-8 bytes; one with a lone surrogate must not come here. */
export function sha256(data: Uint8Array | string): Uint8Array {
  return nobleSha256(bytesOf(data))
}

/** SHA-256 as 43 characters of base64url. A string stands for its UTF-8 bytes. */
export function sha256Base64url(data: Uint8Array | string): string {
  return toBase64url(nobleSha256(bytesOf(data)))
}

/** Writes SHA-256 of `data` to `out[offset … offset + 32)`. `out` may be the buffer that `data` lies in. */
export function sha256Into(data: Uint8Array | string, out: Uint8Array, offset: number): void {
  out.set(nobleSha256(bytesOf(data)), offset)
}

/** The first `bytes` bytes of SHAKE256 (FIPS 202). */
export function shake256(data: Uint8Array, bytes: number): Uint8Array {
  return bytes === 0 ? new Uint8Array(0) : nobleShake256(data, { dkLen: bytes })
}

/** Keccak-256 as Ethereum uses it (not SHA3-256), 32 bytes. */
export function keccak256(data: Uint8Array): Uint8Array {
  return keccak_256(data)
}

/**
 * Whether a 64-byte r‖s signature (ECDSA P-256 with SHA-256, RFC 7518 §3.4) over `data` holds under the key x‖y. Low and
 * high s both count: a signature is never an identity here. Never throws: a point off the curve, zero or overlong numbers and
 * wrong lengths are `false`.
 */
export function verifyEs256(
  publicKey: Uint8Array,
  data: Uint8Array | string,
  signature: Uint8Array,
): boolean {
  if (publicKey.length !== 64 || signature.length !== 64) return false
  const point = new Uint8Array(65)
  point[0] = 0x04
  point.set(publicKey, 1)
  try {
    return p256.verify(signature, bytesOf(data), point, { lowS: false, prehash: true, format: 'compact' })
  } catch {
    return false
  }
}

/**
 * Whether an Ed25519 signature (RFC 8032 §5.1.7, without cofactor; s < L) over `data` holds under the 32-byte key. Refuses a
 * key or R that is not canonical or of small order (`ed25519-keys.ts`). Never throws.
 *
 * Computed from points, because noble's own `verify` multiplies by the cofactor and OpenSSL does not: they disagree about
 * signatures that their own signer made with a crooked R.
 */
export function verifyEd25519(
  publicKey: Uint8Array,
  data: Uint8Array | string,
  signature: Uint8Array,
): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  const r = signature.subarray(0, 32)
  if (!isSoundEd25519Point(publicKey) || !isSoundEd25519Point(r)) return false
  const { Point } = ed25519
  const order = Point.Fn.ORDER
  const s = littleEndian(signature.subarray(32))
  if (s >= order) return false
  try {
    const a = Point.fromBytes(publicKey)
    const message = bytesOf(data)
    const k = littleEndian(sha512.create().update(r).update(publicKey).update(message).digest()) % order
    const expected = Point.BASE.multiplyUnsafe(s).subtract(a.multiplyUnsafe(k)).toBytes()
    return expected.every((byte, i) => byte === r[i])
  } catch {
    return false
  }
}

/** `n` bytes from the browser's generator. */
export function randomBytes(n: number): Uint8Array {
  const bytes = new Uint8Array(n)
  // getRandomValues refuses more at once. https://www.w3.org/TR/webcrypto-2/#Crypto-method-getRandomValues
  for (let at = 0; at < n; at += 65_536) globalThis.crypto.getRandomValues(bytes.subarray(at, at + 65_536))
  return bytes
}

function bytesOf(data: Uint8Array | string): Uint8Array {
  return typeof data === 'string' ? toUtf8(data) : data
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] ?? 0)
  return value
}
