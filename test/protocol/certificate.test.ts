import { expect } from 'chai'
import { utf8ToBase64url } from '../../protocol/bytes.ts'
import { parseCertificate, statusListUrl } from '../../protocol/certificate.ts'
import { parseCertificateIdentifier } from '../../protocol/identifiers.ts'
import type { JsonValue } from '../../protocol/json.ts'
import {
  certificateText,
  civilAffairs,
  FIELDS,
  makeCertificate,
  regions,
  relatedResource,
  set,
  types,
  VALID_FROM,
  VALID_UNTIL,
  type CertificateOptions,
} from '../../scripts/vectors/scene.ts'
import { codeOf, refusalOf } from '../support/refusals.ts'
import { fileVectors } from '../support/vectors.ts'

const read = (options: Partial<CertificateOptions> = {}) =>
  parseCertificate(certificateText(makeCertificate({ name: 'unit', ...options })))

describe('Certificates', function () {
  it('are read with every value that was issued', () => {
    const certificate = read({ relatedResource: relatedResource('unit') })
    expect(certificate).to.include({
      uscc: civilAffairs.uscc,
      version: 1,
      associated: null,
      region: regions.live,
      typeCode: types.marriage,
      issuer: civilAffairs.did,
      validFrom: VALID_FROM,
      validUntil: VALID_UNTIL,
      subjectDigestCount: 8,
    })
    expect(parseCertificateIdentifier(certificate.identifier)).to.deep.include({
      type: types.marriage,
      issuer: civilAffairs.uscc,
      version: 1,
      warnings: [],
    })
    expect([...certificate.fields]).to.deep.equal(FIELDS)
    expect(certificate.relatedResource).to.deep.equal(relatedResource('unit'))
    expect(certificate.status).to.deep.equal({ uscc: civilAffairs.uscc, list: 1, index: 42 })
    expect(certificate.schema.id).to.equal('urn:onceproof:schema:990100:JHZ:1')
    expect(certificate.statement.kind).to.equal('certificate')
  })

  it('are read with texts of every kind, and with values that only look like text', () => {
    const fields: [string, JsonValue][] = [
      '',
      '林知行',
      '𠮷𣲗',
      'a "quoted" word',
      '\\u0041 stays as it is',
      'two\nlines',
      'DEL \u007f and C1 \u0085',
      'line separator \u2028',
      'replacement \ufffd',
      '","x":"',
      '["salt","name","value"]',
      '12',
      12,
      true,
      null,
      [''],
      { a: '' },
    ].map((value, i) => [`field${i}`, value])
    expect([...read({ fields }).fields]).to.deep.equal(fields)
  })

  it('without end, of a later version, without the original file', () => {
    const certificate = read({ validUntil: null, version: 3 })
    expect(certificate.validUntil).to.equal(null)
    expect(certificate.version).to.equal(3)
    expect(parseCertificateIdentifier(certificate.associated!).version).to.equal(2)
    expect(certificate.relatedResource).to.equal(null)
  })

  it('hide how many fields there are', () => {
    const counts = [0, 1, 7, 8, 15].map(
      n => read({ fields: Array.from({ length: n }, (_, i) => [`f${i}`, i]) }).subjectDigestCount,
    )
    expect(counts).to.deep.equal([8, 8, 8, 16, 16])
  })

  it('that are refused for a claim name the member', () => {
    const fieldOf = (path: string, value: Parameters<typeof set>[1]) =>
      refusalOf(() => read({ payload: set(path, value) }))?.details.field
    expect(fieldOf('validFrom', 'now')).to.equal('validFrom')
    expect(fieldOf('credentialStatus.1.statusPurpose', 'x')).to.equal('credentialStatus')
    expect(fieldOf('credentialSubject._sd', [1])).to.equal('credentialSubject._sd')
    expect(fieldOf('unknown', 1)).to.equal('unknown')
    const twice = refusalOf(() =>
      read({
        fields: [
          ['a', 1],
          ['a', 2],
        ],
      }),
    )
    expect(twice?.details.field).to.equal('a')
  })

  it('of 500 disclosures are read, of 501 or of more than a megabyte refused', () => {
    const fields = (n: number): [string, number][] => Array.from({ length: n }, (_, i) => [`f${i}`, i])
    expect(read({ fields: fields(500) }).fields.size).to.equal(500)
    expect(codeOf(() => read({ fields: fields(501) }))).to.equal('CERTIFICATE_TOO_LARGE')
    const statement = certificateText(makeCertificate({ name: 'unit', fields: [] }))
    const most = statement + 'A'.repeat(1_048_576 - statement.length - 1) + '~'
    expect(codeOf(() => parseCertificate(most))).to.not.equal('CERTIFICATE_TOO_LARGE')
    expect(codeOf(() => parseCertificate(`A${most}`))).to.equal('CERTIFICATE_TOO_LARGE')
  })

  it('keep a disclosed value whatever its names, also those of JavaScript', () => {
    const value = JSON.parse('{"__proto__":{"polluted":true},"constructor":1}') as Record<string, never>
    const field = read({
      extra: [utf8ToBase64url(`["AAAAAAAAAAAAAAAAAAAAAA","odd",${JSON.stringify(value)}]`)],
    }).fields.get('odd')
    expect(JSON.stringify(field)).to.equal('{"__proto__":{"polluted":true},"constructor":1}')
    expect(({} as Record<string, unknown>)['polluted']).to.equal(undefined)
  })

  it('publish their status at a URL for each purpose', () => {
    expect(statusListUrl('https://a.example', 'U', 3, 'refresh')).to.equal(
      'https://a.example/status-lists/U/3/refresh',
    )
  })

  it('are refused by every code of docs/formats.md §4 and §5 in the vectors', () => {
    const codes = new Set(fileVectors('invalid').map(v => v.expected.answers['intact']!.because))
    for (const code of [
      'CERTIFICATE_SHAPE',
      'CERTIFICATE_CLAIM',
      'CERTIFICATE_TOO_LARGE',
      'DISCLOSURE_BASE64',
      'DISCLOSURE_SHAPE',
      'DISCLOSURE_UNREFERENCED',
      'DISCLOSURE_DUPLICATE',
      'DISCLOSURE_FORBIDDEN',
      'JSON_TOO_LARGE',
      'JSON_NOT_UTF8',
      'JSON_SYNTAX',
      'JSON_TOO_DEEP',
      'JSON_DUPLICATE_KEY',
      'JSON_LONE_SURROGATE',
      'JSON_NUMBER',
    ]) {
      expect([...codes]).to.include(code)
    }
  })
})
