/**
 * Ed25519 where libraries differ: keys of small order, encodings that are not canonical, parts of small order. Every signature
 * here holds for some reader in use; docs/formats.md §3 says for which of them it holds for us.
 */
import { ed25519 } from '@noble/curves/ed25519.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { concat, fromHex, toUtf8 } from '../../protocol/bytes.ts'
import { formatNoteKey, noteKey } from '../../protocol/note.ts'
import { issuingKey, seedOf, type IssuingKey, type LogKey } from './keys.ts'

const { Point } = ed25519
const ORDER = Point.Fn.ORDER
const hex = (text: string) => fromHex(`0x${text}`)!

const ORDER_8 = 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'

/** The canonical encodings of the eight points whose order divides 8. */
export const SMALL_ORDER: Record<string, Uint8Array> = {
  order_1: hex(`01${'00'.repeat(31)}`),
  order_2: hex(`ec${'ff'.repeat(30)}7f`),
  order_4: hex('00'.repeat(32)),
  order_4_negative: hex(`${'00'.repeat(31)}80`),
  order_8: hex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'),
  order_8_negative: hex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85'),
  order_8_other: hex(ORDER_8),
  order_8_other_negative: hex('c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa'),
}

/** Points of small order written in another way: y not below p = 2^255 − 19, or the sign of x = 0 set. */
export const NOT_CANONICAL: Record<string, Uint8Array> = {
  order_1_y_above_p: hex(`ee${'ff'.repeat(30)}7f`),
  order_1_y_above_p_signed: hex(`ee${'ff'.repeat(31)}`),
  order_1_signed: hex(`01${'00'.repeat(30)}80`),
  order_2_signed: hex(`ec${'ff'.repeat(31)}`),
  order_4_y_above_p: hex(`ed${'ff'.repeat(30)}7f`),
  order_4_y_above_p_signed: hex(`ed${'ff'.repeat(31)}`),
}

/** The key that is this encoding, with signatures that hold for whoever computes with it. */
export function edgeKey(publicKey: Uint8Array): IssuingKey {
  return issuingKey('EdDSA', new Uint8Array(0), publicKey, input => signWithNobody(publicKey, toUtf8(input)))
}

/** The same as the key of a log. */
export function edgeLogKey(origin: string, publicKey: Uint8Array): LogKey {
  const key = noteKey(origin, publicKey)
  return {
    ...key,
    text: formatNoteKey(key),
    secret: new Uint8Array(0),
    sign: data => signWithNobody(publicKey, data),
  }
}

/**
 * A signature without any secret, under a key A of small order: R = r·B, S = r, where 8 divides the challenge k, so that
 * S·B = R + k·A.
 */
function signWithNobody(publicKey: Uint8Array, message: Uint8Array): Uint8Array {
  return firstNonce(message, r => {
    const bigR = Point.BASE.multiply(r).toBytes()
    return challenge(bigR, publicKey, message) % 8n === 0n ? concat(bigR, littleEndian(r)) : null
  })
}

/** A key a·B + T with T of order 8: neither of small order nor in the prime-order group. */
export const mixedOrderKey = (() => {
  const a = scalarOf('mixed order')
  const publicKey = Point.BASE.multiply(a).add(Point.fromHex(ORDER_8)).toBytes()
  /** Holds for all, or, when 8 does not divide the challenge, only for readers that multiply by the cofactor. */
  const sign = (input: string, forAll: boolean) => {
    const message = toUtf8(input)
    return firstNonce(message, r => {
      const bigR = Point.BASE.multiply(r).toBytes()
      const k = challenge(bigR, publicKey, message)
      return (k % 8n === 0n) === forAll ? concat(bigR, littleEndian((r + k * a) % ORDER)) : null
    })
  }
  return {
    ...issuingKey('EdDSA', new Uint8Array(0), publicKey, input => sign(input, true)),
    signForCofactor: (input: string) => sign(input, false),
  }
})()

/** R is this encoding of the identity, S = k·a: S·B − k·A is the identity. */
export function signWithIdentity(secret: Uint8Array, encodedR: Uint8Array, message: Uint8Array): Uint8Array {
  const { scalar, pointBytes } = ed25519.utils.getExtendedPublicKey(secret)
  return concat(encodedR, littleEndian((challenge(encodedR, pointBytes, message) * scalar) % ORDER))
}

/** R = r·B + T with T of order 8: holds only for readers that multiply by the cofactor. */
export function signWithCrookedR(secret: Uint8Array, message: Uint8Array): Uint8Array {
  const { scalar, pointBytes } = ed25519.utils.getExtendedPublicKey(secret)
  const r = scalarOf('crooked R')
  const bigR = Point.BASE.multiply(r).add(Point.fromHex(ORDER_8)).toBytes()
  return concat(bigR, littleEndian((r + challenge(bigR, pointBytes, message) * scalar) % ORDER))
}

/** S + L: the same point, refused since RFC 8032 §5.1.7 asks for S < L. */
export function addOrder(signature: Uint8Array): Uint8Array {
  return concat(signature.slice(0, 32), littleEndian(numberOf(signature.slice(32)) + ORDER))
}

function firstNonce(message: Uint8Array, attempt: (r: bigint) => Uint8Array | null): Uint8Array {
  for (let counter = 0; ; counter++) {
    const signature = attempt(numberOf(sha512(concat(toUtf8(`nonce ${counter} `), message))) % ORDER)
    if (signature !== null) return signature
  }
}

const challenge = (bigR: Uint8Array, publicKey: Uint8Array, message: Uint8Array) =>
  numberOf(sha512(concat(bigR, publicKey, message))) % ORDER

function scalarOf(name: string): bigint {
  return numberOf(sha512(seedOf(name))) % ORDER
}

function numberOf(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => value * 256n + BigInt(byte), 0n)
}

function littleEndian(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n))
}
