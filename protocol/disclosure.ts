/**
 * Disclosures: how the fields of a certificate are hidden behind digests and shown one by one. RFC 9901 §4.2,
 * https://www.rfc-editor.org/rfc/rfc9901#section-4.2
 *
 *     disclosure = base64url(JSON text of [salt, name, value])      digest = base64url(SHA-256(ASCII(disclosure)))
 *
 * This is the issuer's side (formats.md §5). All randomness of a certificate is one seed: the salts leave with their fields, the
 * seed never; who destroys seed and values has erased the certificate.
 */
import { sha256Base64url, shake256 } from '#crypto'
import { toBase64url, utf8ToBase64url } from './bytes.ts'
import { invariant } from './refusal.ts'

/** Bytes of the seed of a certificate, from a cryptographic generator. */
export const SEED_BYTES = 32
/** RFC 9901 §9.3 asks for 128 bits. */
const SALT_BYTES = 16
const DECOY_BYTES = 32
/** `credentialSubject._sd` has a multiple of this many digests, so that it does not tell how many fields there are. */
const DIGESTS_ARE_MULTIPLE_OF = 8

export interface Disclosures {
  /** base64url, the fields in the order given, then `relatedResource` if there is one. */
  disclosures: string[]
  /** `credentialSubject._sd`: digests of the fields and of at least one decoy, sorted by ASCII. */
  subjectDigests: string[]
  /** The one digest in the top `_sd`: of `relatedResource`, or a decoy. */
  topDigest: string
}

/** Digest of a disclosure as it stands in `_sd`: 43 characters. */
export function disclosureDigest(disclosure: string): string {
  return sha256Base64url(disclosure)
}

/** The first `n` salts of a seed, as they stand in the disclosures (22 characters each). */
export function saltsOf(seed: Uint8Array, n: number): string[] {
  return saltsIn(randomnessOf(seed, n, 0), n)
}

/** How many decoys a certificate with that many fields has in `credentialSubject._sd`: at least one. */
export function subjectDecoys(fields: number): number {
  return DIGESTS_ARE_MULTIPLE_OF - (fields % DIGESTS_ARE_MULTIPLE_OF)
}

/**
 * Makes all disclosures of a certificate and the digests for its payload. The same seed and values always give the same. Values are written
 * as `JSON.stringify` prints them.
 */
export function makeDisclosures(
  seed: Uint8Array,
  fields: readonly (readonly [name: string, value: unknown])[],
  relatedResource: unknown = null,
): Disclosures {
  const hasResource = relatedResource !== null && relatedResource !== undefined
  const n = fields.length + (hasResource ? 1 : 0)
  const inSubject = subjectDecoys(fields.length)
  const randomness = randomnessOf(seed, n, inSubject + (hasResource ? 0 : 1))
  const salts = saltsIn(randomness, n)

  const disclosures = fields.map(([name, value], i) => disclosureOf(salts[i] ?? '', name, value))
  const subjectDigests = disclosures.map(disclosure => sha256Base64url(disclosure))
  let at = n * SALT_BYTES
  for (let i = 0; i < inSubject; i++, at += DECOY_BYTES) subjectDigests.push(decoyAt(randomness, at))
  subjectDigests.sort()

  if (!hasResource) return { disclosures, subjectDigests, topDigest: decoyAt(randomness, at) }
  const resource = disclosureOf(salts[n - 1] ?? '', 'relatedResource', relatedResource)
  return { disclosures: [...disclosures, resource], subjectDigests, topDigest: disclosureDigest(resource) }
}

function disclosureOf(salt: string, name: string, value: unknown): string {
  const json: string | undefined = JSON.stringify(value)
  invariant(json !== undefined, `${name} has no JSON value`)
  // What JSON.stringify([salt, name, value]) prints, without making the array: this runs for every field that is issued.
  return utf8ToBase64url(`["${salt}",${JSON.stringify(name)},${json}]`)
}

/** SHAKE256 (FIPS 202): first the salts, then the decoys. */
function randomnessOf(seed: Uint8Array, salts: number, decoys: number): Uint8Array {
  invariant(seed.length === SEED_BYTES, `a seed of ${seed.length} bytes`)
  return shake256(seed, salts * SALT_BYTES + decoys * DECOY_BYTES)
}

function saltsIn(randomness: Uint8Array, n: number): string[] {
  const salts: string[] = []
  for (let at = 0; at < n * SALT_BYTES; at += SALT_BYTES) {
    salts.push(toBase64url(randomness.subarray(at, at + SALT_BYTES)))
  }
  return salts
}

function decoyAt(randomness: Uint8Array, at: number): string {
  return sha256Base64url(randomness.subarray(at, at + DECOY_BYTES))
}
