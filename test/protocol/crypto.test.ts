import { createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'
import { ed25519 } from '@noble/curves/ed25519.js'
import { p256 } from '@noble/curves/nist.js'
import { sha512 } from '@noble/hashes/sha2.js'
import { expect } from 'chai'
import * as fc from 'fast-check'
import { concat, fromBase64url, fromHex, toHex, toUtf8 } from '../../protocol/bytes.ts'
import * as browser from '../../protocol/crypto/browser.ts'
import { isSoundEd25519Point } from '../../protocol/crypto/ed25519-keys.ts'
import * as node from '../../protocol/crypto/node.ts'
import {
  edgeKey,
  mixedOrderKey,
  NOT_CANONICAL,
  signWithCrookedR,
  signWithIdentity,
  SMALL_ORDER,
} from '../../scripts/vectors/ed25519-edges.ts'

const SEED = { seed: 6979 }
const doors = { node, browser }
const hex = (text: string) => fromHex(`0x${text}`) as Uint8Array
const message = toUtf8('一证通认')

/** What both doors answer; fails when they do not agree. */
function agreed(ask: (door: typeof node) => boolean): boolean {
  expect(ask(browser)).to.equal(ask(node))
  return ask(node)
}

function rawKey(key: KeyObject): Uint8Array {
  const { x = '', y } = createPublicKey(key.export({ format: 'pem', type: 'pkcs8' })).export({
    format: 'jwk',
  })
  return concat(
    fromBase64url(x) as Uint8Array,
    y === undefined ? new Uint8Array(0) : (fromBase64url(y) as Uint8Array),
  )
}

function bigEndian(value: bigint): Uint8Array {
  return hex(value.toString(16).padStart(64, '0'))
}

function littleEndian(value: bigint): Uint8Array {
  return bigEndian(value).reverse()
}

describe('Crypto: Node and the browser give the same answers', function () {
  // Plain JavaScript curves are slow; a busy machine makes them slower.

  it('exports the same names', () => {
    expect(Object.keys(browser).sort()).to.deep.equal(Object.keys(node).sort())
  })

  describe('digests', () => {
    for (const [name, door] of Object.entries(doors)) {
      it(`known values, in ${name}`, () => {
        const abc = toUtf8('abc')
        const sha = '0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
        expect(toHex(door.sha256(abc))).to.equal(sha)
        expect(toHex(door.sha256('abc'))).to.equal(sha)
        expect(door.sha256Base64url('abc')).to.equal('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0')
        expect(toHex(door.keccak256(new Uint8Array(0)))).to.equal(
          '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470',
        )
        expect(toHex(door.shake256(new Uint8Array(0), 32))).to.equal(
          '0x46b9dd2b0ba88d13233b3feb743eeb243fcd52ea62b81b82b50c27646ed5762f',
        )
        expect(door.shake256(abc, 0).length).to.equal(0)
      })

      it(`writes a digest in place, even over its own input, in ${name}`, () => {
        const row = new Uint8Array(100).fill(7)
        const expected = door.sha256(row.subarray(10, 75))
        door.sha256Into(row.subarray(10, 75), row, 20)
        expect(toHex(row.subarray(20, 52))).to.equal(toHex(expected))
        expect([row[19], row[52]]).to.deep.equal([7, 7])
      })

      it(`gives as many random bytes as asked for, in ${name}`, () => {
        expect(door.randomBytes(0).length).to.equal(0)
        const many = door.randomBytes(70_000)
        expect(many.length).to.equal(70_000)
        expect(new Set(many.subarray(66_000)).size).to.equal(256)
        expect(toHex(door.randomBytes(32))).not.to.equal(toHex(door.randomBytes(32)))
      })
    }

    it('agrees on any bytes and any text', () => {
      fc.assert(
        fc.property(
          fc.uint8Array({ maxLength: 300 }),
          fc.string({ unit: 'binary' }),
          fc.nat(900),
          (data, text, n) => {
            expect(toHex(browser.sha256(data))).to.equal(
              `0x${createHash('sha256').update(data).digest('hex')}`,
            )
            expect(toHex(node.sha256(data))).to.equal(toHex(browser.sha256(data)))
            expect(node.sha256Base64url(data)).to.equal(browser.sha256Base64url(data))
            expect(toHex(node.sha256(text))).to.equal(toHex(browser.sha256(text)))
            expect(node.sha256Base64url(text)).to.equal(browser.sha256Base64url(text))
            expect(toHex(node.shake256(data, n))).to.equal(toHex(browser.shake256(data, n)))
            expect(toHex(node.keccak256(data))).to.equal(toHex(browser.keccak256(data)))
          },
        ),
        { ...SEED, numRuns: 40 },
      )
    })
  })

  describe('ES256', () => {
    const secret = hex('c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721')
    const publicKey = p256.getPublicKey(secret, false).slice(1)
    const signature = p256.sign(message, secret, { lowS: false })
    const n = p256.Point.Fn.ORDER
    const r = BigInt(toHex(signature.subarray(0, 32)))
    const s = BigInt(toHex(signature.subarray(32)))
    const holds = (key: Uint8Array, sig: Uint8Array, data: Uint8Array = message) =>
      agreed(door => door.verifyEs256(key, data, sig))

    it('accepts what OpenSSL signed, and its twin (r, n − s)', () => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      for (let i = 0; i < 4; i++) {
        const data = Uint8Array.of(i)
        const made = sign('sha256', data, { key: privateKey, dsaEncoding: 'ieee-p1363' })
        const twin = concat(made.subarray(0, 32), bigEndian(n - BigInt(toHex(made.subarray(32)))))
        expect(holds(rawKey(privateKey), made, data)).to.equal(true)
        expect(holds(rawKey(privateKey), twin, data)).to.equal(true)
      }
    })

    it('accepts the example of RFC 7515 A.3', () => {
      const x = fromBase64url('f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU') as Uint8Array
      const y = fromBase64url('x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0') as Uint8Array
      const signed =
        'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ'
      const sig = fromBase64url(
        'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q',
      ) as Uint8Array
      expect(holds(concat(x, y), sig, toUtf8(signed))).to.equal(true)
      expect(agreed(door => door.verifyEs256(concat(x, y), signed, sig))).to.equal(true)
      expect(holds(concat(y, x), sig, toUtf8(signed))).to.equal(false)
    })

    it('refuses another message, key or signature, and numbers that are zero or too large', () => {
      expect(holds(publicKey, signature)).to.equal(true)
      expect(holds(publicKey, signature, toUtf8('一证通认。'))).to.equal(false)
      const bad: [bigint, bigint][] = [
        [0n, s],
        [r, 0n],
        [0n, 0n],
        [n, s],
        [r, n],
        [r, 2n ** 256n - 1n],
        [2n ** 256n - 1n, s],
        [r + 1n, s],
        [s, r],
      ]
      for (const [a, b] of bad) expect(holds(publicKey, concat(bigEndian(a), bigEndian(b)))).to.equal(false)
      for (const length of [0, 32, 63, 65, 72])
        expect(holds(publicKey, new Uint8Array(length).fill(1))).to.equal(false)
    })

    it('refuses keys that are no point, point at infinity, coordinates beyond the field, other lengths', () => {
      const p = p256.Point.Fp.ORDER
      const bad = [
        new Uint8Array(64),
        new Uint8Array(64).fill(255),
        publicKey.map((b, i) => (i === 63 ? b ^ 1 : b)),
        concat(bigEndian(p), publicKey.slice(32)),
        // x = 5 has a point; x + p must not stand for it.
        concat(bigEndian(p + 5n), p256.Point.fromAffine(xyOf(5n)).toBytes(false).slice(33)),
        publicKey.slice(1),
        concat(Uint8Array.of(4), publicKey),
        p256.getPublicKey(secret, true),
      ]
      for (const key of bad) expect(holds(key, signature)).to.equal(false)
      expect(holds(publicKey, signature)).to.equal(true)
    })

    it('agrees on random changes of key, message and signature', () => {
      fc.assert(
        fc.property(
          fc.constantFrom(0, 1, 2),
          fc.nat(63),
          fc.integer({ min: 1, max: 255 }),
          (part, at, change) => {
            const flip = (bytes: Uint8Array, which: number) =>
              part === which ? bytes.map((b, i) => (i === at % bytes.length ? b ^ change : b)) : bytes
            expect(holds(flip(publicKey, 0), flip(signature, 1), flip(message, 2))).to.equal(false)
          },
        ),
        { ...SEED, numRuns: 30 },
      )
    })

    function xyOf(x: bigint): { x: bigint; y: bigint } {
      return p256.Point.fromHex(`02${toHex(bigEndian(x)).slice(2)}`).toAffine()
    }
  })

  describe('Ed25519', () => {
    const secret = hex('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60')
    const publicKey = hex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a')
    const signature = ed25519.sign(message, secret)
    const L = ed25519.Point.Fn.ORDER
    const holds = (key: Uint8Array, sig: Uint8Array, data: Uint8Array = message) =>
      agreed(door => door.verifyEd25519(key, data, sig))

    it('accepts test 1 of RFC 8032 and what OpenSSL signed', () => {
      const empty = hex(
        'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
      )
      expect(holds(publicKey, empty, new Uint8Array(0))).to.equal(true)
      const { privateKey } = generateKeyPairSync('ed25519')
      expect(holds(rawKey(privateKey), sign(null, message, privateKey))).to.equal(true)
      expect(agreed(door => door.verifyEd25519(publicKey, '一证通认', signature))).to.equal(true)
    })

    it('refuses another message or key, s + L, s = L, wrong lengths', () => {
      const s = BigInt(toHex(signature.slice(32).reverse()))
      expect(holds(publicKey, signature)).to.equal(true)
      expect(holds(publicKey, signature, toUtf8('一证通认。'))).to.equal(false)
      for (const other of [s + L, L, 2n ** 256n - 1n, 0n]) {
        expect(holds(publicKey, concat(signature.slice(0, 32), littleEndian(other)))).to.equal(false)
      }
      for (const length of [0, 63, 65]) expect(holds(publicKey, new Uint8Array(length))).to.equal(false)
      for (const length of [0, 31, 33]) expect(holds(new Uint8Array(length), signature)).to.equal(false)
    })

    it('refuses every key of small order, in every writing, though OpenSSL would let one signature hold for all messages', () => {
      const p = 2n ** 255n - 19n
      const order8 = ed25519.Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')
      const small = Array.from({ length: 8 }, (_, k) =>
        k === 0 ? ed25519.Point.ZERO : order8.multiplyUnsafe(BigInt(k)),
      )
      const ys = new Set(small.map(point => point.toAffine().y))
      expect(ys.size).to.equal(5)
      const top = 2n ** 255n
      const writings = [...ys].flatMap(y => [y, y + top, ...(y + p < top ? [y + p, y + p + top] : [])])
      expect(writings).to.have.length(14)
      const anything = concat(littleEndian(1n), littleEndian(0n))
      for (const writing of writings) {
        expect(isSoundEd25519Point(littleEndian(writing))).to.equal(false)
        expect(holds(littleEndian(writing), anything)).to.equal(false)
        expect(holds(littleEndian(writing), signature)).to.equal(false)
      }
    })

    it('refuses an R of small order, in every writing, though the equation may hold', () => {
      const { scalar, pointBytes } = ed25519.utils.getExtendedPublicKey(secret)
      const p = 2n ** 255n - 19n
      const identities = [1n, 1n + p, 1n + 2n ** 255n, 1n + p + 2n ** 255n].map(littleEndian)
      for (const R of identities) {
        const k = BigInt(toHex(sha512(concat(R, pointBytes, message)).reverse())) % L
        const equal = concat(R, littleEndian((k * scalar) % L))
        expect(ed25519.verify(equal, message, publicKey, { zip215: true })).to.equal(true)
        expect(holds(publicKey, equal)).to.equal(false)
      }
    })

    it('refuses what the vectors sign without a secret or with a crooked R, though readers with the cofactor accept it', () => {
      const text = '一证通认'
      const vectors: [publicKey: Uint8Array, signature: Uint8Array][] = [
        ...Object.values({ ...SMALL_ORDER, ...NOT_CANONICAL }).map(
          key => [key, edgeKey(key).sign(text)] as [Uint8Array, Uint8Array],
        ),
        [mixedOrderKey.publicKey, mixedOrderKey.signForCofactor(text)],
        [publicKey, signWithCrookedR(secret, message)],
        ...Object.values(NOT_CANONICAL)
          .slice(0, 3)
          .map(R => [publicKey, signWithIdentity(secret, R, message)] as [Uint8Array, Uint8Array]),
      ]
      expect(vectors).to.have.length(19)
      for (const [key, crooked] of vectors) {
        expect(ed25519.verify(crooked, message, key, { zip215: true })).to.equal(true)
        expect(holds(key, crooked)).to.equal(false)
      }
      expect(holds(mixedOrderKey.publicKey, mixedOrderKey.sign(text))).to.equal(true)
    })

    it('refuses y ≥ p, and y that is on no point', () => {
      const p = 2n ** 255n - 19n
      for (let k = 0n; k < 19n; k++)
        expect(isSoundEd25519Point(littleEndian(p + k)), String(k)).to.equal(false)
      expect(isSoundEd25519Point(littleEndian(p - 2n))).to.equal(true)
      for (const y of [2n, 7n, p - 2n, p + 3n]) expect(holds(littleEndian(y), signature)).to.equal(false)
    })

    it('agrees where the cofactor matters: R and keys with a part of small order', () => {
      const order8 = ed25519.Point.fromHex('26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05')
      const a = 12345678901234567890n
      const nonce = 98765432109876543210n
      const made = { accepted: 0, refused: 0 }
      for (let i = 0; i < 8; i++) {
        for (let j = 0; j < 8; j++) {
          const A = ed25519.Point.BASE.multiply(a).add(
            i === 0 ? ed25519.Point.ZERO : order8.multiplyUnsafe(BigInt(i)),
          )
          const R = ed25519.Point.BASE.multiply(nonce).add(
            j === 0 ? ed25519.Point.ZERO : order8.multiplyUnsafe(BigInt(j)),
          )
          const k = BigInt(toHex(sha512(concat(R.toBytes(), A.toBytes(), message)).reverse())) % L
          const crooked = concat(R.toBytes(), littleEndian((nonce + k * a) % L))
          made[holds(A.toBytes(), crooked) ? 'accepted' : 'refused']++
        }
      }
      expect(made.accepted).to.be.at.least(1)
      expect(made.refused).to.be.at.least(40)
    })

    it('agrees on random changes of key, message and signature', () => {
      fc.assert(
        fc.property(
          fc.constantFrom(0, 1, 2),
          fc.nat(63),
          fc.integer({ min: 1, max: 255 }),
          (part, at, change) => {
            const flip = (bytes: Uint8Array, which: number) =>
              part === which ? bytes.map((b, i) => (i === at % bytes.length ? b ^ change : b)) : bytes
            expect(holds(flip(publicKey, 0), flip(signature, 1), flip(message, 2))).to.equal(false)
          },
        ),
        { ...SEED, numRuns: 40 },
      )
    })
  })

  it('remembers keys without mixing them up, however many come', () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const signature = sign(null, message, privateKey)
    const key = rawKey(privateKey)
    expect(node.verifyEd25519(key, message, signature)).to.equal(true)
    for (let i = 0; i < 5000; i++) {
      expect(node.verifyEs256(concat(bigEndian(BigInt(i)), bigEndian(0n)), message, signature)).to.equal(
        false,
      )
    }
    expect(node.verifyEd25519(key, message, signature)).to.equal(true)
  })
})
