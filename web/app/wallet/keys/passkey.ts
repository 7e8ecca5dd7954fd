/**
 * A passkey as the signing key: made by the device, never seen by this page, checked on chain by the ERC-7913 verifier of
 * WebAuthn signatures. What it signs is the EIP-712 digest, as the challenge of an assertion
 * (https://www.w3.org/TR/webauthn-3/#sctn-verifying-assertion).
 */
import { p256 } from '@noble/curves/nist.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { concat, fromBase64url, fromHex, toBase64url, toHex, toUtf8 } from '../../../../protocol/bytes.ts'
import { KeyTrouble } from './trouble.ts'

/**
 * `address`: a passkey belongs to a name, and this page was opened by a number. `insecure`: without https a browser lets a page make
 * no key at all. `missing`: this browser has none.
 */
export type Passkeys = 'possible' | 'address' | 'insecure' | 'missing'

export function passkeys(hostname = location.hostname): Passkeys {
  if (!window.isSecureContext) return 'insecure'
  if (/^[\d.]+$/.test(hostname) || hostname.includes(':')) return 'address'
  return typeof PublicKeyCredential === 'function' ? 'possible' : 'missing'
}

export interface MadePasskey {
  /** 0x-hex: the verifier, then x and y. */
  signer: string
  /** Id of the credential, base64url. */
  credential: string
}

/** COSE: ECDSA with SHA-256 on P-256, the one that the verifier checks. */
const ES256 = -7
/** SPKI of a P-256 key (RFC 5480): what comes before x and y. */
const SPKI_HEAD = '0x3059301306072a8648ce3d020106082a8648ce3d03010703420004'

/** Asks the device for a new passkey. Throws KeyTrouble `cancelled` or `no-passkeys`. */
export async function makePasskey(verifier: string, label: string): Promise<MadePasskey> {
  const credential = await asked(() =>
    navigator.credentials.create({
      publicKey: {
        rp: { id: location.hostname, name: '一证通认' },
        // Drawn anew: a second passkey for one user id would overwrite the first on the device, and the first is still in effect.
        user: { id: random(32), name: label, displayName: label },
        challenge: random(32),
        pubKeyCredParams: [{ type: 'public-key', alg: ES256 }],
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
        attestation: 'none',
      },
    }),
  )
  const response = credential.response as AuthenticatorAttestationResponse
  const spki = toHex(new Uint8Array(response.getPublicKey() ?? new ArrayBuffer(0)))
  if (!spki.startsWith(SPKI_HEAD) || spki.length !== SPKI_HEAD.length + 128)
    throw new KeyTrouble('no-passkeys')
  return {
    signer: verifier + spki.slice(SPKI_HEAD.length),
    credential: toBase64url(new Uint8Array(credential.rawId)),
  }
}

/**
 * The passkey's signature over a digest (0x-hex), encoded as the verifier takes it. `credential` null: the device offers what it has for this
 * site. `stop` ends the browser's asking, as if it had been cancelled. Throws KeyTrouble `cancelled`, `no-passkeys` and `other-key` (a passkey that is not this signer).
 */
export async function signWithPasskey(
  signer: string,
  credential: string | null,
  digest: string,
  stop?: AbortSignal,
): Promise<string> {
  const id = credential === null ? null : fromBase64url(credential)
  const assertion = await asked(() =>
    navigator.credentials.get({
      publicKey: {
        rpId: location.hostname,
        challenge: fromHex(digest)!.slice(),
        allowCredentials: id === null ? [] : [{ type: 'public-key', id: id.slice() }],
        userVerification: 'required',
      },
      ...(stop !== undefined && { signal: stop }),
    }),
  )
  const response = assertion.response as AuthenticatorAssertionResponse
  const clientData = new Uint8Array(response.clientDataJSON)
  const authenticatorData = new Uint8Array(response.authenticatorData)
  const { r, s } = p256.Signature.fromBytes(new Uint8Array(response.signature), 'der')
  const order = p256.Point.Fn.ORDER
  // The verifier takes the lower of the two.
  const low = s > order / 2n ? order - s : s
  const signature = concat(word(r), word(low))
  const point = concat(Uint8Array.of(4), fromHex(`0x${signer.slice(42)}`)!)
  const signed = sha256(concat(authenticatorData, sha256(clientData)))
  if (!p256.verify(signature, signed, point, { prehash: false })) throw new KeyTrouble('other-key')
  return toHex(webAuthnSignature(signature, authenticatorData, clientData))
}

/** `abi.encode(r, s, challengeIndex, typeIndex, authenticatorData, clientDataJSON)`, OpenZeppelin's `WebAuthnAuth`. */
function webAuthnSignature(
  signature: Uint8Array,
  authenticatorData: Uint8Array,
  clientData: Uint8Array,
): Uint8Array {
  const authenticator = dynamic(authenticatorData)
  const HEAD = 6 * 32
  return concat(
    signature,
    word(indexIn(clientData, '"challenge"')),
    word(indexIn(clientData, '"type"')),
    word(HEAD),
    word(HEAD + authenticator.length),
    authenticator,
    dynamic(clientData),
  )
}

function dynamic(bytes: Uint8Array): Uint8Array {
  return concat(word(bytes.length), bytes, new Uint8Array((32 - (bytes.length % 32)) % 32))
}

function word(value: number | bigint): Uint8Array {
  return fromHex(`0x${value.toString(16).padStart(64, '0')}`)!
}

/** In bytes, not in characters. */
function indexIn(bytes: Uint8Array, text: string): number {
  const wanted = toUtf8(text)
  return bytes.findIndex((_, at) => wanted.every((byte, i) => bytes[at + i] === byte))
}

async function asked(ask: () => Promise<Credential | null>): Promise<PublicKeyCredential> {
  if (passkeys() !== 'possible') throw new KeyTrouble('no-passkeys')
  try {
    const credential = await ask()
    if (credential !== null) return credential as PublicKeyCredential
  } catch (error) {
    // The browser says the same for "no" and for "not in time", so that pages cannot find out which passkeys there are.
    const name = error instanceof DOMException ? error.name : ''
    if (name === 'NotAllowedError' || name === 'AbortError') throw new KeyTrouble('cancelled')
    if (name === 'SecurityError' || name === 'NotSupportedError' || name === 'ConstraintError')
      throw new KeyTrouble('no-passkeys')
    throw error
  }
  throw new KeyTrouble('cancelled')
}

const random = (bytes: number) => crypto.getRandomValues(new Uint8Array(bytes))
