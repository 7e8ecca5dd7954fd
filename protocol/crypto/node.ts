/**
 * The door `#crypto` on Node: what the protocol asks of a platform, answered by OpenSSL. `browser.ts` exports the same and
 * must give the same answers; `test/protocol/crypto.test.ts` holds them together.
 *
 * Digests are taken as strings: `crypto.hash` with output 'buffer' costs four times as much as 'binary' (latin1) copied by character.
 */
import { createPublicKey, hash, randomFillSync, verify } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { Buffer } from 'node:buffer'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { signatureToDer } from './der-signature.ts'
import { isSoundEd25519Point } from './ed25519-keys.ts'

/** SHA-256 (FIPS 180-4), 32 bytes. A string stands for its UTF-8 bytes; one with a lone surrogate must not come here. */
export function sha256(data: Uint8Array | string): Uint8Array {
  const digest = new Uint8Array(32)
  sha256Into(data, digest, 0)
  return digest
}

/** SHA-256 as 43 characters of base64url. A string stands for its UTF-8 bytes. */
export function sha256Base64url(data: Uint8Array | string): string {
  return hash('sha256', data, 'base64url')
}

/** Writes SHA-256 of `data` to `out[offset … offset + 32)`. `out` may be the buffer that `data` lies in. */
export function sha256Into(data: Uint8Array | string, out: Uint8Array, offset: number): void {
  writeLatin1(out, hash('sha256', data, 'binary'), offset)
}

/** The first `bytes` bytes of SHAKE256 (FIPS 202). */
export function shake256(data: Uint8Array, bytes: number): Uint8Array {
  if (bytes === 0) return new Uint8Array(0)
  const output = Buffer.from(
    hash('shake256', data, { outputLength: bytes, outputEncoding: 'binary' }),
    'binary',
  )
  return new Uint8Array(output.buffer, output.byteOffset, bytes)
}

/** Keccak-256 as Ethereum uses it (not SHA3-256), 32 bytes. Not in Node's OpenSSL, therefore noble here too. */
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
  const key = keyOf(P256_SPKI, publicKey)
  return key !== null && verify('sha256', bytesOf(data), key, signatureToDer(signature))
}

/**
 * Whether an Ed25519 signature (RFC 8032 §5.1.7, without cofactor; s < L) over `data` holds under the 32-byte key. Refuses a
 * key or R that is not canonical or of small order (`ed25519-keys.ts`). Never throws.
 */
export function verifyEd25519(
  publicKey: Uint8Array,
  data: Uint8Array | string,
  signature: Uint8Array,
): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false
  if (!isSoundEd25519Point(signature.subarray(0, 32))) return false
  const key = keyOf(ED25519_SPKI, publicKey)
  return key !== null && verify(null, bytesOf(data), key, signature)
}

/** `n` bytes from the operating system's generator. */
export function randomBytes(n: number): Uint8Array {
  return randomFillSync(new Uint8Array(n))
}

/** SubjectPublicKeyInfo up to the key's own bytes. https://www.rfc-editor.org/rfc/rfc5480 and https://www.rfc-editor.org/rfc/rfc8410 */
const P256_SPKI = Buffer.from('3059301306072a8648ce3d020106082a8648ce3d03010703420004', 'hex')
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex')

/** Importing a key costs as much as a verification. Enough for every issuing key of a large province. */
const REMEMBERED_KEYS = 4096
const keys = new Map<string, KeyObject | null>()

function keyOf(spkiStart: Buffer, publicKey: Uint8Array): KeyObject | null {
  const bytes = Buffer.from(publicKey.buffer, publicKey.byteOffset, publicKey.length).toString('latin1')
  const known = keys.get(bytes)
  if (known !== undefined) return known
  const key = importKey(spkiStart, publicKey)
  if (keys.size >= REMEMBERED_KEYS) keys.delete(keys.keys().next().value ?? '')
  keys.set(bytes, key)
  return key
}

function importKey(spkiStart: Buffer, publicKey: Uint8Array): KeyObject | null {
  if (spkiStart === ED25519_SPKI && !isSoundEd25519Point(publicKey)) return null
  try {
    return createPublicKey({ key: Buffer.concat([spkiStart, publicKey]), format: 'der', type: 'spki' })
  } catch {
    return null
  }
}

function bytesOf(data: Uint8Array | string): Uint8Array {
  return typeof data === 'string' ? Buffer.from(data, 'utf8') : data
}

/** By characters: `latin1Write` on a small array that lies on the JavaScript heap costs more than the digest. */
function writeLatin1(out: Uint8Array, text: string, offset: number): void {
  for (let i = 0; i < text.length; i++) out[offset + i] = text.charCodeAt(i)
}
