/**
 * Keys of the vectors: made from their names, so that everybody who runs the generator gets the same bytes. For tests only.
 */
import { ed25519 } from '@noble/curves/ed25519.js'
import { p256 } from '@noble/curves/nist.js'
import { sha256 } from '#crypto'
import { fromBase64url, toBase64url, toHex, toUtf8, utf8ToBase64url } from '../../protocol/bytes.ts'
import { thumbprint, type SignatureAlgorithm } from '../../protocol/key.ts'
import { formatNoteKey, noteKey, type NoteKey } from '../../protocol/note.ts'

export interface IssuingKey {
  alg: SignatureAlgorithm
  secret: Uint8Array
  /** x‖y, or the 32 bytes of Ed25519. */
  publicKey: Uint8Array
  thumbprint: string
  /** The registry's id: the thumbprint's bytes. */
  id: string
  sign(input: string): Uint8Array
}

export interface LogKey extends NoteKey {
  text: string
  secret: Uint8Array
  sign(data: Uint8Array): Uint8Array
}

export const seedOf = (name: string) => sha256(toUtf8(`onceproof vectors: ${name}`))

/** ECDSA with the nonce of RFC 6979, which is what makes the vectors repeatable. https://www.rfc-editor.org/rfc/rfc6979 */
export function es256Key(name: string): IssuingKey {
  const secret = seedOf(`key ${name}`)
  const publicKey = p256.getPublicKey(secret, false).slice(1)
  const sign = (input: string) => p256.sign(toUtf8(input), secret, { prehash: true, lowS: false })
  return issuingKey('ES256', secret, publicKey, sign)
}

export function ed25519Key(name: string): IssuingKey {
  const secret = seedOf(`key ${name}`)
  return issuingKey('EdDSA', secret, ed25519.getPublicKey(secret), input =>
    ed25519.sign(toUtf8(input), secret),
  )
}

export function issuingKey(
  alg: SignatureAlgorithm,
  secret: Uint8Array,
  publicKey: Uint8Array,
  sign: IssuingKey['sign'],
): IssuingKey {
  return {
    alg,
    secret,
    publicKey,
    thumbprint: thumbprint(publicKey)!,
    id: toHex(idOf(publicKey)),
    sign,
  }
}

function idOf(publicKey: Uint8Array): Uint8Array {
  return fromBase64url(thumbprint(publicKey)!)!
}

export function logKey(origin: string, name = origin): LogKey {
  const secret = seedOf(`note key ${name}`)
  const key = noteKey(origin, ed25519.getPublicKey(secret))
  return { ...key, text: formatNoteKey(key), secret, sign: data => ed25519.sign(data, secret) }
}

/** The other signature that holds: (r, n − s). */
export function twin(signature: Uint8Array): Uint8Array {
  const s = BigInt(toHex(signature.slice(32)))
  const other = (p256.Point.Fn.ORDER - s).toString(16).padStart(64, '0')
  const bytes = new Uint8Array(signature)
  for (let i = 0; i < 32; i++) bytes[32 + i] = Number.parseInt(other.slice(2 * i, 2 * i + 2), 16)
  return bytes
}

/** A compact JWS of exactly these texts. */
export function jws(header: string, payload: string | Uint8Array, sign: IssuingKey['sign']): string {
  const input = `${utf8ToBase64url(header)}.${
    typeof payload === 'string' ? utf8ToBase64url(payload) : toBase64url(payload)
  }`
  return `${input}.${toBase64url(sign(input))}`
}
