/**
 * Public keys of statements: as a JWK thumbprint (RFC 7638) in `kid`, as raw bytes in the registry.
 */
import { sha256Base64url, verifyEd25519, verifyEs256 } from '#crypto'
import { toBase64url } from './bytes.ts'

export type SignatureAlgorithm = 'ES256' | 'EdDSA'

/** The registry's numbers for algorithms (docs/formats.md §12). */
export const ALGORITHM_NUMBER: Record<SignatureAlgorithm, number> = { ES256: 1, EdDSA: 2 }
export const PURPOSE_ISSUING = 1
export const PURPOSE_AUTHORITY = 2

/**
 * RFC 7638 SHA-256 thumbprint in base64url of a raw public key: x‖y (64 bytes, P-256) or 32 bytes (Ed25519).
 * Null when the length fits neither. https://www.rfc-editor.org/rfc/rfc7638#section-3
 */
export function thumbprint(publicKey: Uint8Array): string | null {
  if (publicKey.length === 64) {
    const x = toBase64url(publicKey.subarray(0, 32))
    const y = toBase64url(publicKey.subarray(32))
    return sha256Base64url(`{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`)
  }
  if (publicKey.length === 32) {
    return sha256Base64url(`{"crv":"Ed25519","kty":"OKP","x":"${toBase64url(publicKey)}"}`)
  }
  return null
}

/** True when `signature` (64 bytes) of `data` is right under the key; never throws, a malformed key is a wrong signature. */
export function verifySignature(
  algorithm: SignatureAlgorithm,
  publicKey: Uint8Array,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (signature.length !== 64) return false
  return algorithm === 'ES256'
    ? publicKey.length === 64 && verifyEs256(publicKey, data, signature)
    : publicKey.length === 32 && verifyEd25519(publicKey, data, signature)
}
