import { createHash } from 'node:crypto'
import { expect } from 'chai'
import * as fc from 'fast-check'
import { toUtf8 } from '../../protocol/bytes.ts'
import { disclosureDigest, makeDisclosures, saltsOf, subjectDecoys } from '../../protocol/disclosure.ts'

const SEED = { seed: 9901 }
const seed = new Uint8Array(32).map((_, i) => i)
const shake = (bytes: number) => createHash('shake256', { outputLength: bytes }).update(seed).digest()
const sha = (data: Uint8Array) => createHash('sha256').update(data).digest('base64url')
const fieldsOf = (n: number) =>
  Array.from({ length: n }, (_, i): [string, unknown] => [`field${i}`, `值 ${i}`])

describe('Disclosures: fields that are shown one by one', function () {
  it('has the digest of the example in RFC 9901', () => {
    // https://www.rfc-editor.org/rfc/rfc9901#section-4.2.3
    const disclosure = 'WyJfMjZiYzRMVC1hYzZxMktJNmNCVzVlcyIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0'
    expect(disclosureDigest(disclosure)).to.equal('X9yH0Ajrdm1Oij4tWso9UzzKJvPoDxwmuEcO3XAdRC0')
  })

  it('takes salts from SHAKE256 of the seed in the order of the fields, then the decoys', () => {
    const { disclosures, subjectDigests, topDigest } = makeDisclosures(seed, fieldsOf(3))
    const stream = shake(3 * 16 + 6 * 32)
    const expected = fieldsOf(3).map(([name, value], i) =>
      Buffer.from(
        JSON.stringify([stream.subarray(16 * i, 16 * i + 16).toString('base64url'), name, value]),
      ).toString('base64url'),
    )
    expect(disclosures).to.deep.equal(expected)
    const decoys = Array.from({ length: 6 }, (_, i) => sha(stream.subarray(48 + 32 * i, 80 + 32 * i)))
    const digests = [...expected.map(text => sha(toUtf8(text))), ...decoys.slice(0, 5)]
    expect(subjectDigests).to.deep.equal(digests.sort())
    expect(topDigest).to.equal(decoys[5])
    expect(saltsOf(seed, 3)).to.deep.equal(
      [0, 16, 32].map(at => stream.subarray(at, at + 16).toString('base64url')),
    )
  })

  it('gives the original file the last salt and the top digest, which is then no decoy', () => {
    const resource = {
      id: 'urn:onceproof:file:01ARZ3NDEKTSV4RRFFQ69G5FAV',
      mediaType: 'application/pdf',
      digestSRI: 'sha256-',
    }
    const { disclosures, subjectDigests, topDigest } = makeDisclosures(seed, fieldsOf(2), resource)
    expect(disclosures).to.have.length(3)
    const text = Buffer.from(disclosures[2] ?? '', 'base64url').toString()
    expect(JSON.parse(text)).to.deep.equal([
      shake(48).subarray(32).toString('base64url'),
      'relatedResource',
      resource,
    ])
    expect(topDigest).to.equal(disclosureDigest(disclosures[2] ?? ''))
    expect(subjectDigests).to.have.length(8)
    expect(subjectDigests).not.to.include(topDigest)
  })

  it('hides how many fields there are: always a multiple of eight digests, at least one of them a decoy', () => {
    for (let n = 0; n <= 40; n++) {
      const { disclosures, subjectDigests, topDigest } = makeDisclosures(seed, fieldsOf(n))
      expect(disclosures).to.have.length(n)
      expect(subjectDigests).to.have.length(8 * Math.floor(n / 8) + 8)
      expect(subjectDigests.length - n).to.equal(subjectDecoys(n))
      expect(subjectDecoys(n)).to.be.within(1, 8)
      expect(new Set([...subjectDigests, topDigest]).size).to.equal(subjectDigests.length + 1)
      expect(subjectDigests).to.deep.equal([...subjectDigests].sort())
      expect(subjectDigests).to.include.members(disclosures.map(disclosureDigest))
    }
  })

  it('writes any JSON value as JSON.stringify prints it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.jsonValue(), (name, value) => {
        const { disclosures } = makeDisclosures(seed, [[name, value]])
        const text = Buffer.from(disclosures[0] ?? '', 'base64url').toString()
        expect(text).to.equal(JSON.stringify([saltsOf(seed, 1)[0], name, value]))
      }),
      SEED,
    )
  })

  it('W2: another seed shares no salt and no digest', () => {
    const other = makeDisclosures(new Uint8Array(32).fill(9), fieldsOf(25))
    const mine = makeDisclosures(seed, fieldsOf(25))
    expect(mine).to.deep.equal(makeDisclosures(seed, fieldsOf(25)))
    const both = [...mine.subjectDigests, mine.topDigest, ...other.subjectDigests, other.topDigest]
    expect(new Set(both).size).to.equal(both.length)
    expect(new Set([...saltsOf(seed, 400), ...saltsOf(new Uint8Array(32).fill(9), 400)]).size).to.equal(800)
    expect(saltsOf(seed, 2)).to.deep.equal(saltsOf(seed, 9).slice(0, 2))
  })

  it('takes seeds of 256 bits only, and no value that JSON cannot hold', () => {
    expect(() => saltsOf(new Uint8Array(31), 1)).to.throw('invariant')
    expect(() => makeDisclosures(new Uint8Array(0), [])).to.throw('invariant')
    for (const value of [undefined, () => 1, Symbol('s')]) {
      expect(() => makeDisclosures(seed, [['field', value]])).to.throw('invariant')
    }
  })
})
