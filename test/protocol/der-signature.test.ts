import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { expect } from 'chai'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import { signatureFromDer, signatureToDer } from '../../protocol/crypto/der-signature.ts'

const rs = (r: string, s: string) => fromHex(`0x${r.padStart(64, '0')}${s.padStart(64, '0')}`)!

describe('An ECDSA signature in its two forms', () => {
  const pairs: [name: string, raw: Uint8Array, der: string][] = [
    ['small numbers', rs('01', '7f'), '0x300602010102017f'],
    ['a high first bit, which needs a zero before it', rs('80', 'ff'), '0x300802020080020200ff'],
    ['zero', rs('00', '00'), '0x3006020100020100'],
    [
      'full length with high first bits',
      rs('ff'.repeat(32), '80' + '00'.repeat(31)),
      `0x3046022100${'ff'.repeat(32)}022100${'80' + '00'.repeat(31)}`,
    ],
    [
      'full length and one byte less',
      rs('7f' + '11'.repeat(31), '22'.repeat(31)),
      `0x304302207f${'11'.repeat(31)}021f${'22'.repeat(31)}`,
    ],
  ]
  for (const [name, raw, der] of pairs) {
    it(`is written and read: ${name}`, () => {
      expect(toHex(signatureToDer(raw))).to.equal(der)
      expect(toHex(signatureFromDer(fromHex(der)!))).to.equal(toHex(raw))
    })
  }

  it('is the one that OpenSSL makes and accepts in either form', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    // Enough that numbers with a high first bit and shorter ones are among them.
    for (let i = 0; i < 600; i++) {
      const data = Buffer.from(`message ${i}`)
      const der = sign('sha256', data, privateKey)
      const raw = signatureFromDer(der)
      expect(toHex(signatureToDer(raw))).to.equal(toHex(der))
      const holds = verify('sha256', data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, raw)
      expect(holds, `signature ${toHex(raw)}`).to.equal(true)
    }
  })
})
