import { expect } from 'chai'
import * as fc from 'fast-check'
import {
  base64Ways,
  concat,
  equalBytes,
  fromBase64,
  fromBase64url,
  fromHex,
  fromUtf8,
  toBase64,
  toBase64url,
  toHex,
  toUtf8,
  utf8FromBase64url,
  utf8ToBase64url,
} from '../../protocol/bytes.ts'

const SEED = { seed: 4648 }
const bytes = (maxLength = 200) => fc.uint8Array({ maxLength })
const codecs = [
  {
    base64url: { encode: toBase64url, decode: fromBase64url },
    base64: { encode: toBase64, decode: fromBase64 },
  },
  ...base64Ways,
]

describe('Bytes as text: one writing for the same bytes', function () {
  it('has a portable way for platforms without base64 of their own', () => {
    expect(base64Ways).to.have.length.at.least(1)
  })

  for (const [i, { base64url, base64 }] of codecs.entries()) {
    describe(i === 0 ? 'base64 as it is used' : `base64, way ${i}`, () => {
      it('writes and reads any bytes as Node does', () => {
        fc.assert(
          fc.property(bytes(), data => {
            const buffer = Buffer.from(data)
            expect(base64url.encode(data)).to.equal(buffer.toString('base64url'))
            expect(base64.encode(data)).to.equal(buffer.toString('base64'))
            expect(base64url.decode(base64url.encode(data))).to.deep.equal(Uint8Array.from(data))
            expect(base64.decode(base64.encode(data))).to.deep.equal(Uint8Array.from(data))
          }),
          SEED,
        )
        const large = new Uint8Array(10_000).fill(0xfb)
        expect(base64url.encode(large)).to.equal(Buffer.from(large).toString('base64url'))
        expect(base64url.decode(base64url.encode(large))).to.deep.equal(large)
      })

      it('accepts a text only when it is exactly what it writes', () => {
        const near = fc.string({
          unit: fc.constantFrom(...'ABab09-_+/= \n=A'.split(''), 'é', '证'),
          maxLength: 12,
        })
        fc.assert(
          fc.property(
            fc.oneof(near, fc.string({ maxLength: 12 }), fc.base64String({ maxLength: 12 })),
            text => {
              for (const codec of [base64url, base64]) {
                const data = codec.decode(text)
                if (data !== null) expect(codec.encode(data)).to.equal(text)
              }
              const node = Buffer.from(text, 'base64')
              if (node.toString('base64') === text)
                expect(base64.decode(text)).to.deep.equal(Uint8Array.from(node))
              if (node.toString('base64url') === text)
                expect(base64url.decode(text)).to.deep.equal(Uint8Array.from(node))
            },
          ),
          { ...SEED, numRuns: 2000 },
        )
      })

      it('refuses padding, other alphabets, white space, one character too many, low bits that are not zero', () => {
        const bad = [
          'A',
          'AAAAA',
          'AA==',
          'AAA=',
          '=',
          'AB',
          'AAB',
          'A-_+',
          'A/AA',
          ' AAAA',
          'AAAA\n',
          'AA AA',
          'ＡAAA',
        ]
        for (const text of bad) expect(base64url.decode(text), text).to.equal(null)
        const worse = [
          'A',
          'AA',
          'AAA',
          'AA=',
          'AAAA=',
          'AAAA====',
          'AB==',
          'AAB=',
          'A===',
          '====',
          '==',
          'AA=A',
          'A-AA',
          'AAAA\n',
        ]
        for (const text of worse) expect(base64.decode(text), text).to.equal(null)
        expect(base64url.decode('')).to.deep.equal(new Uint8Array(0))
        expect(base64.decode('')).to.deep.equal(new Uint8Array(0))
        expect(base64url.decode('AQ')).to.deep.equal(Uint8Array.of(1))
        expect(base64.decode('AQ==')).to.deep.equal(Uint8Array.of(1))
      })
    })
  }

  it('writes and reads texts as base64url of their UTF-8 bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), text => {
        expect(utf8ToBase64url(text)).to.equal(Buffer.from(text).toString('base64url'))
        expect(utf8FromBase64url(utf8ToBase64url(text))).to.equal(text.startsWith('\ufeff') ? null : text)
      }),
      SEED,
    )
    const long = '证'.repeat(3000)
    expect(utf8FromBase64url(utf8ToBase64url(long))).to.equal(long)
  })

  it('does the same where there is no Buffer, as in a browser', async () => {
    const here = globalThis as { Buffer?: typeof Buffer }
    const { Buffer: hidden } = here
    delete here.Buffer
    // Another address, so that the module is loaded a second time and finds no Buffer.
    const again: string = '../../protocol/bytes.ts?again'
    let browser: typeof import('../../protocol/bytes.ts')
    try {
      browser = (await import(again)) as typeof browser
    } finally {
      if (hidden !== undefined) here.Buffer = hidden
    }
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), bytes(40), (text, data) => {
        expect(browser.utf8ToBase64url(text)).to.equal(utf8ToBase64url(text))
        expect(browser.utf8FromBase64url(utf8ToBase64url(text))).to.equal(
          utf8FromBase64url(utf8ToBase64url(text)),
        )
        expect(browser.utf8FromBase64url(toBase64url(data))).to.equal(utf8FromBase64url(toBase64url(data)))
        expect(browser.utf8FromBase64url(text)).to.equal(utf8FromBase64url(text))
        expect(browser.toBase64url(data)).to.equal(toBase64url(data))
      }),
      SEED,
    )
  })

  it('refuses a byte order mark, bytes that are not UTF-8, and base64url that is not canonical', () => {
    const bad = [
      [0xef, 0xbb, 0xbf, 0x41],
      [0xff],
      [0xc0, 0x80],
      [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xe4, 0xb8],
    ]
    for (const each of bad) {
      const data = Uint8Array.from(each)
      expect(fromUtf8(data)).to.equal(null)
      expect(utf8FromBase64url(toBase64url(data))).to.equal(null)
    }
    for (const text of ['QQ==', 'QR', 'Q', 'Q Q', 'QQ\n', '+w', '证'])
      expect(utf8FromBase64url(text)).to.equal(null)
    expect(utf8FromBase64url('')).to.equal('')
    expect(fromUtf8(toUtf8('一证通认'))).to.equal('一证通认')
  })

  it('writes hex in small letters with 0x, and reads nothing else', () => {
    fc.assert(
      fc.property(bytes(40), data => {
        expect(toHex(data)).to.equal(`0x${Buffer.from(data).toString('hex')}`)
        expect(fromHex(toHex(data))).to.deep.equal(Uint8Array.from(data))
      }),
      SEED,
    )
    for (const text of ['', '00', '0x0', '0xAB', '0X00', '0x00\n', ' 0x00', '0xgg']) {
      expect(fromHex(text), text).to.equal(null)
    }
  })

  it('joins and compares', () => {
    const [a, b] = [Uint8Array.of(1, 2), Uint8Array.of(3)]
    expect(concat(a, new Uint8Array(0), b)).to.deep.equal(Uint8Array.of(1, 2, 3))
    expect(concat()).to.deep.equal(new Uint8Array(0))
    expect(equalBytes(a, Uint8Array.of(1, 2))).to.equal(true)
    expect(equalBytes(a, Uint8Array.of(1, 3))).to.equal(false)
    expect(equalBytes(a, Uint8Array.of(1, 2, 0))).to.equal(false)
  })
})
