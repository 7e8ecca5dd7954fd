import { expect } from 'chai'
import * as fc from 'fast-check'
import {
  fromBase64url,
  fromUtf8,
  toBase64url,
  toUtf8,
  utf8FromBase64url,
  utf8ToBase64url,
} from '../../protocol/bytes.ts'
import type { JsonObject, JsonValue } from '../../protocol/json.ts'
import { verify, type Verification } from '../../protocol/verify.ts'
import { changedAt, membersOf, NOT_ACCEPTED, variantsOf } from '../../scripts/drills/forgeries.ts'
import { bytesOf, fileVector, trustOf, viewOf } from '../support/vectors.ts'

const certificate = fileVector('valid', 'certificate_es256')
const record = fileVector('valid', 'record_with_its_file')
const trust = trustOf(certificate)
const view = viewOf('live')

const certificateBytes = bytesOf(certificate.fileBase64)
const recordBytes = bytesOf(record.fileBase64)
const certificateFile = JSON.parse(fromUtf8(certificateBytes)!) as JsonObject
const recordFile = JSON.parse(fromUtf8(recordBytes)!) as JsonObject

const look = (bytes: Uint8Array): Promise<Verification> =>
  verify(bytes, trust, view, certificate.now, { digest: fromBase64url(record.digest!)! })
const lookAt = (file: JsonValue | string) =>
  look(toUtf8(typeof file === 'string' ? file : JSON.stringify(file)))

const withReceipt = (proof: string): JsonObject => ({
  ...certificateFile,
  receipt: { ...(certificateFile['receipt'] as JsonObject), proof },
})
const withCertificate = (text: string): JsonObject => ({ ...certificateFile, certificate: text })
const certificateText = certificateFile['certificate'] as string
const proofText = (certificateFile['receipt'] as { proof: string }).proof
const [statement = '', ...disclosures] = certificateText.split('~').slice(0, -1)

async function assertNotAccepted(file: JsonValue | string, what: string): Promise<void> {
  const { verdict } = await lookAt(file)
  expect(NOT_ACCEPTED, `${what} gives ${verdict}`).to.include(verdict)
}

describe('Tampering: every single bit', function () {
  this.timeout(120_000)

  for (const [what, bytes] of Object.entries({
    'certificate file': certificateBytes,
    'record file': recordBytes,
  })) {
    it(`of a ${what} of ${bytes.length} bytes counts`, async () => {
      expect((await look(bytes)).verdict).to.equal('VALID')
      const changed = new Uint8Array(bytes)
      const accepted: string[] = []
      for (let bit = 0; bit < bytes.length * 8; bit++) {
        const at = bit >> 3
        const mask = 1 << (bit & 7)
        changed[at]! ^= mask
        const { verdict } = await look(changed)
        if (!NOT_ACCEPTED.includes(verdict)) accepted.push(`bit ${bit}: ${verdict}`)
        changed[at]! ^= mask
      }
      expect(accepted).to.deep.equal([])
    })
  }
})

describe('Tampering: every single field', function () {
  const [header = '', payload = '', signature = ''] = statement.split('.')
  const rest = `~${disclosures.join('~')}~`

  it('of a certificate file and a record file: replaced, retyped, removed, twice, or one more', async () => {
    for (const file of [certificateFile, recordFile]) {
      for (const [what, text] of variantsOf(file)) await assertNotAccepted(text, what)
    }
  })

  it('of the header', async () => {
    for (const [what, text] of variantsOf(JSON.parse(utf8FromBase64url(header)!) as JsonValue)) {
      await assertNotAccepted(
        withCertificate(`${utf8ToBase64url(text)}.${payload}.${signature}${rest}`),
        `header: ${what}`,
      )
    }
  })

  it('of the payload', async () => {
    for (const [what, text] of variantsOf(JSON.parse(utf8FromBase64url(payload)!) as JsonValue)) {
      await assertNotAccepted(
        withCertificate(`${header}.${utf8ToBase64url(text)}.${signature}${rest}`),
        `payload: ${what}`,
      )
    }
  })

  it('of a disclosure', async () => {
    for (const [index, disclosure] of disclosures.entries()) {
      for (const [what, text] of variantsOf(JSON.parse(utf8FromBase64url(disclosure)!) as JsonValue)) {
        const others = disclosures.with(index, utf8ToBase64url(text))
        await assertNotAccepted(withCertificate(`${statement}~${others.join('~')}~`), `disclosure: ${what}`)
      }
    }
  })

  it('a payload written otherwise with the same meaning is another payload', async () => {
    const meaning = JSON.parse(utf8FromBase64url(payload)!) as JsonObject
    for (const text of [
      JSON.stringify(meaning, null, 1),
      JSON.stringify(Object.fromEntries(Object.entries(meaning).reverse())),
      JSON.stringify(meaning).replaceAll('/', String.raw`\/`),
    ]) {
      const { verdict } = await lookAt(
        withCertificate(`${header}.${utf8ToBase64url(text)}.${signature}${rest}`),
      )
      expect(verdict).to.equal('TAMPERED')
    }
  })
})

describe('Tampering: parts put together otherwise', function () {
  it('leaving out whole disclosures is lawful, and shows exactly the others', async () => {
    for (let subset = 0; subset < 2 ** disclosures.length; subset++) {
      const shown = disclosures.filter((_, i) => subset & (1 << i))
      const { verdict, subject } = await lookAt(withCertificate([statement, ...shown, ''].join('~')))
      expect(verdict).to.equal('VALID')
      const fields = subject?.kind === 'certificate' ? [...subject.certificate.fields] : []
      const expected = shown.map(disclosure =>
        (JSON.parse(utf8FromBase64url(disclosure)!) as [string, string, JsonValue]).slice(1),
      )
      expect(fields).to.deep.equal(expected)
    }
  })

  it('other separators, other order and other owners of parts are refused', async () => {
    const [h = '', p = '', s = ''] = statement.split('.')
    const other = (
      JSON.parse(fromUtf8(bytesOf(fileVector('valid', 'certificate_eddsa').fileBase64))!) as JsonObject
    )['certificate'] as string
    const [otherStatement = '', ...otherDisclosures] = other.split('~').slice(0, -1)
    const [oh = '', op = '', os = ''] = otherStatement.split('.')
    const shown = disclosures.join('~')
    const texts = {
      'signature of another': `${h}.${p}.${os}~${shown}~`,
      'payload of another': `${h}.${op}.${s}~${shown}~`,
      'header of another': `${oh}.${p}.${s}~${shown}~`,
      'statement of another': `${otherStatement}~${otherDisclosures.join('~')}~`,
      'disclosures of another': `${statement}~${otherDisclosures.join('~')}~`,
      'parts exchanged': `${p}.${h}.${s}~${shown}~`,
      'statement last': `${shown}~${statement}~`,
      'statement twice': `${statement}~${statement}~${shown}~`,
      'disclosures joined': `${statement}~${disclosures.join('')}~`,
      'disclosures by comma': `${statement}~${disclosures.join(',')}~`,
      'disclosures twice': `${statement}~${shown}~${shown}~`,
      'a digest as a disclosure': `${statement}~${toBase64url(new Uint8Array(32))}~`,
      'space before': ` ${certificateText}`,
      'line feed behind': `${certificateText}\n`,
      'no-break space between': certificateText.replace('~', '\u00a0~'),
      'full-width tilde': certificateText.replace('~', '～'),
      'leading tilde': `~${certificateText}`,
    }
    for (const [what, text] of Object.entries(texts)) await assertNotAccepted(withCertificate(text), what)
  })

  it('a proof with any line removed, doubled, exchanged with the next or emptied is refused', async () => {
    const lines = proofText.split('\n')
    const signedTwice = `${proofText}${lines.at(-2)}\n`
    expect((await lookAt(withReceipt(signedTwice))).verdict).to.equal('VALID')
    for (const [i, line] of lines.entries()) {
      const next = lines[i + 1]
      const variants = [
        lines.toSpliced(i, 1),
        lines.toSpliced(i, 0, line),
        lines.with(i, ''),
        lines.with(i, `${line} `),
        ...(next === undefined ? [] : [lines.with(i, next).with(i + 1, line)]),
      ]
      for (const variant of variants) {
        const text = variant.join('\n')
        // The log's own signature twice is one signature (C2SP signed-note).
        if (text !== proofText && text !== signedTwice)
          await assertNotAccepted(withReceipt(text), `proof line ${i}: ${text}`)
      }
    }
  })

  it('a receipt of another statement, or a promise in place of the receipt, does not anchor', async () => {
    await assertNotAccepted({ ...certificateFile, receipt: recordFile['receipt']! }, 'receipt of the record')
    await assertNotAccepted(
      { ...recordFile, receipt: certificateFile['receipt']! },
      'receipt of the certificate',
    )
    const { receipt: _, ...bare } = certificateFile
    await assertNotAccepted({ ...bare, promise: proofText }, 'a proof as a promise')
  })
})

describe('Tampering: anything at all', function () {
  const SEED = { seed: 20200501 }

  /** Accepted only as what it was: the same statement, and no field that it had not. */
  async function assertNothingNew(bytes: Uint8Array): Promise<void> {
    const { verdict, subject } = await look(bytes)
    if (NOT_ACCEPTED.includes(verdict)) return
    expect(verdict).to.equal('VALID')
    if (subject?.kind === 'record') expect(subject.statement.text).to.equal(recordFile['record'])
    else {
      expect(subject?.certificate.statement.text).to.equal(statement)
      expect(disclosures.length).to.be.at.least(subject?.certificate.fields.size ?? Infinity)
    }
  }

  it('random bytes are never accepted and never make verification throw', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async bytes => {
        expect((await look(bytes)).verdict).to.equal('UNREADABLE')
      }),
      { ...SEED, numRuns: 300 },
    )
  })

  it('random JSON in any place of a file neither', async () => {
    const paths = [...membersOf(certificateFile)]
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.jsonValue(), async (path, value) => {
        const changed = changedAt(
          certificateFile,
          path,
          (holder, name) => (holder[name] = value as JsonValue),
        )
        await assertNothingNew(toUtf8(JSON.stringify(changed)))
      }),
      { ...SEED, numRuns: 300 },
    )
  })

  it('nor pieces cut out, doubled, or moved elsewhere', async () => {
    const within = fc.nat(certificateBytes.length)
    await fc.assert(
      fc.asyncProperty(within, within, within, fc.boolean(), async (a, b, target, keep) => {
        const [from, to] = a < b ? [a, b] : [b, a]
        const piece = certificateBytes.slice(from, to)
        const others = keep
          ? certificateBytes
          : Uint8Array.from([...certificateBytes.slice(0, from), ...certificateBytes.slice(to)])
        const at = Math.min(target, others.length)
        await assertNothingNew(Uint8Array.from([...others.slice(0, at), ...piece, ...others.slice(at)]))
      }),
      { ...SEED, numRuns: 500 },
    )
  })

  it('random texts in place of a certificate, a proof or a promise neither', async () => {
    const odd = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 100 }),
      fc.base64String(),
      fc.stringMatching(/^[\w.~-]{0,60}$/),
    )
    await fc.assert(
      fc.asyncProperty(odd, async text => {
        for (const file of [
          withCertificate(text),
          withReceipt(text),
          { format: 'onceproof-certificate/1', certificate: certificateText, promise: text },
          { ...recordFile, record: text },
        ]) {
          expect(NOT_ACCEPTED).to.include((await lookAt(file)).verdict)
        }
      }),
      { ...SEED, numRuns: 200 },
    )
  })
})
