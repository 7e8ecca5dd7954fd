import { generateKeyPairSync, createHash, sign as signWithNode } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { p256 } from '@noble/curves/nist.js'
import { AbiCoder, SigningKey, computeAddress, concat, getBytes, hexlify, id } from 'ethers'

/** A key as the contracts see it: the `bytes signer` that names it, and its signature over a digest. */
export interface Signer {
  signer: string
  sign: (digest: string) => string
}

/** An externally owned account. The same name gives the same key. */
export function accountSigner(name: string): Signer {
  const key = new SigningKey(id(name))
  return { signer: computeAddress(key).toLowerCase(), sign: digest => key.sign(digest).serialized }
}

/** A contract wallet at `address` that is asked by ERC-1271, with the signature of its owner. */
export function walletSigner(address: string, owner: Signer): Signer {
  return { signer: address.toLowerCase(), sign: owner.sign }
}

/** A P-256 key of OpenSSL's making, named by the ERC-7913 verifier. */
export function p256Signer(verifier: string): Signer {
  const { privateKey, point } = newP256Key()
  const secret = Buffer.from(privateKey.export({ format: 'jwk' }).d!, 'base64url')
  return {
    signer: concat([verifier, point]),
    // node:crypto cannot sign a digest that is already one, so noble does, with OpenSSL's key.
    sign: digest => hexlify(p256.sign(getBytes(digest), secret, { prehash: false, lowS: true })),
  }
}

/** A passkey: signs as an authenticator does, over authenticator data and client data. */
export function passkeySigner(verifier: string, { isUserVerified = true } = {}): Signer {
  const { privateKey, point } = newP256Key()
  return {
    signer: concat([verifier, point]),
    sign: digest => webAuthnAssertion(privateKey, digest, isUserVerified),
  }
}

/** https://www.w3.org/TR/webauthn-2/#sctn-verifying-assertion, encoded as OpenZeppelin's `WebAuthnAuth`. */
function webAuthnAssertion(key: KeyObject, digest: string, isUserVerified: boolean): string {
  const challenge = Buffer.from(getBytes(digest)).toString('base64url')
  const clientData = `{"type":"webauthn.get","challenge":"${challenge}","origin":"https://wallet.example"}`
  const flags = isUserVerified ? 0x05 : 0x01
  const authenticatorData = Buffer.concat([
    createHash('sha256').update('wallet.example').digest(),
    Buffer.of(flags),
    Buffer.alloc(4),
  ])
  const clientDataHash = createHash('sha256').update(clientData).digest()
  const signature = signWithNode('sha256', Buffer.concat([authenticatorData, clientDataHash]), {
    key,
    dsaEncoding: 'ieee-p1363',
  })
  return AbiCoder.defaultAbiCoder().encode(
    ['bytes32', 'bytes32', 'uint256', 'uint256', 'bytes', 'string'],
    [
      signature.subarray(0, 32),
      lowS(signature.subarray(32)),
      clientData.indexOf('"challenge"'),
      clientData.indexOf('"type"'),
      authenticatorData,
      clientData,
    ],
  )
}

const P256_ORDER = p256.Point.CURVE().n

function lowS(s: Buffer): string {
  const value = BigInt(hexlify(s))
  const low = value > P256_ORDER / 2n ? P256_ORDER - value : value
  return `0x${low.toString(16).padStart(64, '0')}`
}

/** A fresh P-256 key pair, its point as x‖y. */
export function newP256Key(): { privateKey: KeyObject; publicKey: KeyObject; point: Buffer } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x, y } = publicKey.export({ format: 'jwk' })
  return {
    privateKey,
    publicKey,
    point: Buffer.concat([Buffer.from(x!, 'base64url'), Buffer.from(y!, 'base64url')]),
  }
}
