import { expect } from 'chai'
import * as fc from 'fast-check'
import {
  formatCertificateIdentifier,
  formatShortCode,
  formatUlid,
  isCitizenNumber,
  isOrganisationCode,
  isTypeCode,
  isUscc,
  mod3736,
  normaliseShortCode,
  parseCertificateIdentifier,
  parseUlid,
} from '../../protocol/identifiers.ts'
import { Refusal } from '../../protocol/refusal.ts'

const SEED = { seed: 36904 }
const refused = (text: string) =>
  expect(() => parseCertificateIdentifier(text), text)
    .to.throw(Refusal)
    .with.property('code', 'IDENTIFIER')
const FOUND_IN_USE = [
  '1.2.156.3005.2.11100000000013338W032.11220000013544541J.2430599.001.F',
  '1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U',
  '1.2.156.3005.2.11100000000013338W011.11110000000021135M.20230329701.003.Y',
  '1.2.156.3005.2.11100000000013338W009.11330105002500287C.2025052201.002.0',
]
const REGION_AS_ISSUER = '1.2.156.3005.2.11100000MB03271699022.340100.000000016.001.9'
const WRONG_CHECK =
  '1.2.156.3005.2.11100000000013661B006.113700000045046442.209FA4E88F9E4C878F3E9BED2CE7EA49.001.M'

describe('Identifiers', function () {
  describe('电子证照标识', () => {
    for (const text of FOUND_IN_USE) {
      it(`reads ${text}, and writes it again the same`, () => {
        const identifier = parseCertificateIdentifier(text)
        expect(identifier.warnings).to.deep.equal([])
        expect(formatCertificateIdentifier(identifier)).to.equal(text)
      })
    }

    it('takes it apart', () => {
      expect(parseCertificateIdentifier(FOUND_IN_USE[2] ?? '')).to.deep.equal({
        type: '11100000000013338W011',
        issuer: '11110000000021135M',
        serial: '20230329701',
        version: 3,
        warnings: [],
      })
    })

    it('reads an identifier whose issuer is a region with a warning; would not issue it', () => {
      const identifier = parseCertificateIdentifier(REGION_AS_ISSUER)
      expect(identifier).to.deep.include({ issuer: '340100', version: 1, warnings: ['ISSUER_NOT_USCC'] })
      expect(() => formatCertificateIdentifier(identifier))
        .to.throw(Refusal)
        .with.property('code', 'IDENTIFIER')
    })

    it('refuses an identifier in use whose check character is M instead of D', () => {
      refused(WRONG_CHECK)
      expect(parseCertificateIdentifier(WRONG_CHECK.replace(/M$/, 'D'))).to.include({ version: 1 })
    })

    it('finds every single wrong character', () => {
      const [text = ''] = FOUND_IN_USE
      for (let i = '1.2.156.3005.2.'.length; i < text.length; i++) {
        for (const other of '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ.') {
          if (other !== text[i]) refused(text.slice(0, i) + other + text.slice(i + 1))
        }
      }
    })

    it('refuses other forms: another arc, small letters, spaces, line feeds, short serial, version 000', () => {
      const [text = ''] = FOUND_IN_USE
      const zero = `11100000000013338W03211220000013544541J2430599000`
      const bad = [
        '',
        text.toLowerCase(),
        ` ${text}`,
        `${text}\n`,
        text.replace('1.2.156', '1.2.157'),
        text.replaceAll('.', ''),
        text.replace('2430599', '243059'),
        text.replace('2430599', '2'.repeat(33)),
        text.replace('.001.', '.1.'),
        `1.2.156.3005.2.11100000000013338W032.11220000013544541J.2430599.000.${mod3736(zero)}`,
      ]
      bad.forEach(refused)
    })

    it('issues versions 001 to 999 of departments with a USCC only', () => {
      const good = {
        type: '11100000000013338W032',
        issuer: '11220000013544541J',
        serial: '01ARZ3NDEKTSV4RRFFQ69G5FAV',
        version: 999,
      }
      expect(parseCertificateIdentifier(formatCertificateIdentifier(good))).to.deep.equal({
        ...good,
        warnings: [],
      })
      const bad = [
        { version: 0 },
        { version: 1000 },
        { version: 1.5 },
        { serial: '123456' },
        { serial: 'ABCDEFg' },
        { issuer: '340100' },
        { issuer: '11220000013544541K' },
        { type: '11100000000013338W03A' },
        { type: '11100000000013338X032' },
      ]
      for (const part of bad)
        expect(() => formatCertificateIdentifier({ ...good, ...part })).to.throw(Refusal)
      expect(isTypeCode(good.type)).to.equal(true)
      expect(isTypeCode(good.issuer)).to.equal(false)
    })

    it('has every one of the 36 check characters, 0 among them', () => {
      const seen = new Set(Array.from({ length: 500 }, (_, i) => mod3736(`SERIAL${i}`)))
      expect(seen.size).to.equal(36)
      expect(() => mod3736('a')).to.throw(Refusal)
    })
  })

  describe('统一社会信用代码 and 组织机构代码', () => {
    const good = ['91350100M000100Y43', '11110000000021135M', '11100000MB03271699', '11100000000013338W']

    it('accepts codes of real bodies', () => {
      for (const code of good) {
        expect(isUscc(code), code).to.equal(true)
        expect(isOrganisationCode(code.slice(8, 17)), code).to.equal(true)
      }
    })

    it('refuses every single wrong character', () => {
      for (const code of good) {
        for (let i = 0; i < 18; i++) {
          for (const other of '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ') {
            if (other !== code[i])
              expect(isUscc(code.slice(0, i) + other + code.slice(i + 1))).to.equal(false)
          }
        }
      }
    })

    it('refuses I, O, S, V, Z, small letters, other lengths, and hyphens', () => {
      for (const code of [
        '',
        '91350100M000100Y4',
        '91350100M000100Y433',
        '91350100m000100y43',
        '91350100MOOO1OOY43',
      ]) {
        expect(isUscc(code), code).to.equal(false)
      }
      expect(isOrganisationCode('00002113-5')).to.equal(false)
      expect(isOrganisationCode('000021134')).to.equal(false)
    })
  })

  describe('公民身份号码', () => {
    it('accepts the numbers of the standard', () => {
      expect(isCitizenNumber('11010519491231002X')).to.equal(true)
      expect(isCitizenNumber('440524188001010014')).to.equal(true)
    })

    it('refuses a small x, a wrong check character, a day that does not exist, another length', () => {
      const withCheck = (seventeen: string) =>
        '0123456789X'
          .split('')
          .map(c => seventeen + c)
          .filter(isCitizenNumber)
      expect(isCitizenNumber('11010519491231002x')).to.equal(false)
      expect(isCitizenNumber('110105194912310021')).to.equal(false)
      expect(isCitizenNumber('1101051949123100')).to.equal(false)
      expect(withCheck('11010519490228002')).to.have.length(1)
      for (const day of [
        '19490229',
        '19000229',
        '19490431',
        '19491301',
        '19490001',
        '19490100',
        '00990101',
      ]) {
        expect(withCheck(`110105${day}002`), day).to.deep.equal([])
      }
      expect(withCheck('11010520000229002'), 'a leap day').to.have.length(1)
    })
  })

  describe('short code', () => {
    it('is written from five random bytes', () => {
      expect(formatShortCode(new Uint8Array(5))).to.equal('00000000')
      expect(formatShortCode(new Uint8Array(5).fill(255))).to.equal('ZZZZZZZZ')
      expect(() => formatShortCode(new Uint8Array(4))).to.throw(Refusal)
    })

    it('is read as people type it', () => {
      expect(normaliseShortCode('abcd-1234')).to.equal('ABCD1234')
      expect(normaliseShortCode(' ol iL-o0 1 1 ')).to.equal('01110011')
      for (const typed of ['', 'ABCD123', 'ABCD12345', 'ABCD123U', 'ABCD123证', 'ABCD_1234']) {
        expect(normaliseShortCode(typed), typed).to.equal(null)
      }
      fc.assert(
        fc.property(fc.uint8Array({ minLength: 5, maxLength: 5 }), random => {
          const code = formatShortCode(random)
          expect(normaliseShortCode(code.toLowerCase())).to.equal(code)
        }),
        SEED,
      )
    })
  })

  describe('ULID', () => {
    it('gives time and random bytes back, and sorts by time', () => {
      const time = fc.integer({ min: 0, max: 2 ** 48 - 1 })
      const random = fc.uint8Array({ minLength: 10, maxLength: 10 })
      fc.assert(
        fc.property(time, time, random, random, (t1, t2, r1, r2) => {
          const [a, b] = [formatUlid(t1, r1), formatUlid(t2, r2)]
          expect(parseUlid(a)).to.deep.equal({ milliseconds: t1, random: Uint8Array.from(r1) })
          if (t1 !== t2) expect(a < b).to.equal(t1 < t2)
        }),
        SEED,
      )
    })

    it('agrees with the example of its specification', () => {
      expect(parseUlid('01ARZ3NDEKTSV4RRFFQ69G5FAV')?.milliseconds).to.equal(1469922850259)
      expect(formatUlid(2 ** 48 - 1, new Uint8Array(10).fill(255))).to.equal('7ZZZZZZZZZZZZZZZZZZZZZZZZZ')
    })

    it('refuses more than 128 bits, small letters, letters that are not in the alphabet, wrong input', () => {
      const bad = [
        '',
        '8ZZZZZZZZZZZZZZZZZZZZZZZZZ',
        '01arz3ndektsv4rrffq69g5fav',
        '01ARZ3NDEKTSV4RRFFQ69G5FAU',
      ]
      for (const text of bad) expect(parseUlid(text), text).to.equal(null)
      for (const time of [-1, 1.5, 2 ** 48, Number.NaN]) {
        expect(() => formatUlid(time, new Uint8Array(10))).to.throw(Refusal)
      }
      expect(() => formatUlid(0, new Uint8Array(9))).to.throw(Refusal)
    })
  })
})
