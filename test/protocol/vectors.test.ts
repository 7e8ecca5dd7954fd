import { existsSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { sha256 } from '#crypto'
import { fromBase64, fromHex, toBase64, toBase64url, utf8ToBase64url } from '../../protocol/bytes.ts'
import { assembleCertificate, certificatePayload, parseCertificate } from '../../protocol/certificate.ts'
import { openCheckpoint } from '../../protocol/checkpoint.ts'
import { disclosureDigest, makeDisclosures, saltsOf } from '../../protocol/disclosure.ts'
import {
  formatCertificateIdentifier,
  isCitizenNumber,
  isOrganisationCode,
  isUscc,
  normaliseShortCode,
  parseCertificateIdentifier,
  parseUlid,
} from '../../protocol/identifiers.ts'
import { leafHash, rootOf, verifyConsistency, verifyInclusion } from '../../protocol/log.ts'
import { openNote, parseNoteKey } from '../../protocol/note.ts'
import { openPromise } from '../../protocol/promise.ts'
import { parseLogProof } from '../../protocol/receipt.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { statementHeader } from '../../protocol/statement.ts'
import { primitiveVectors } from '../../scripts/vectors/primitives.ts'

const folder = new URL('../vectors/', import.meta.url)
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'))
const bytes = (text: string) => fromBase64(text) ?? new Uint8Array(0)

/** The refusal code of an act, null when it is not refused. */
function refusalOf(act: () => unknown): string | null {
  try {
    act()
    return null
  } catch (error) {
    if (error instanceof Refusal) return error.code
    throw error
  }
}

describe('Vectors of log, identifiers, notes and salts', function () {
  for (const [name, text] of Object.entries(primitiveVectors())) {
    it(`${name} is what its script writes`, () => {
      expect(existsSync(new URL(name, folder))).to.equal(true)
      expect(
        readFileSync(new URL(name, folder), 'utf8') === text,
        'run scripts/vectors/primitives.ts',
      ).to.equal(true)
    })
  }

  it('log.json: leaves, roots, and proofs that hold or must not', () => {
    interface Proof {
      why: string
      holds: boolean
      proof: string[]
    }
    const log = read('log.json') as {
      leaves: { statement: string; leaf: string }[]
      roots: { size: number; root: string }[]
      inclusion: (Proof & { leaf: string; index: number; size: number; root: string })[]
      consistency: (Proof & { size1: number; root1: string; size2: number; root2: string })[]
    }
    for (const { statement, leaf } of log.leaves) expect(toBase64(leafHash(statement))).to.equal(leaf)
    for (const { size, root } of log.roots) {
      expect(toBase64(rootOf(log.leaves.slice(0, size).map(({ leaf }) => bytes(leaf))))).to.equal(root)
    }
    for (const { why, holds, leaf, proof, root, ...at } of log.inclusion) {
      const claim = { ...at, leaf: bytes(leaf), root: bytes(root), proof: proof.map(bytes) }
      expect(verifyInclusion(claim), why).to.equal(holds)
    }
    for (const { why, holds, root1, root2, proof, ...at } of log.consistency) {
      const claim = { ...at, root1: bytes(root1), root2: bytes(root2), proof: proof.map(bytes) }
      expect(verifyConsistency(claim), why).to.equal(holds)
    }
    for (const list of [log.inclusion, log.consistency]) {
      expect(list.filter(({ holds }) => !holds).length).to.be.above(list.length / 2)
    }
  })

  it('identifiers.json: which are well made', () => {
    const vectors = read('identifiers.json') as {
      kind: string
      text: string
      valid: boolean
      value?: string | null
      warnings?: string[]
      why: string
    }[]

    for (const { kind, text, valid, value, warnings, why } of vectors) {
      const label = `${text}: ${why}`
      if (kind === 'certificate') {
        expect(
          refusalOf(() => parseCertificateIdentifier(text)),
          label,
        ).to.equal(valid ? null : 'IDENTIFIER')
        if (!valid) continue
        const identifier = parseCertificateIdentifier(text)
        expect(identifier.warnings).to.deep.equal(warnings)
        if (warnings?.length === 0) expect(formatCertificateIdentifier(identifier)).to.equal(text)
      } else if (kind === 'short-code') expect(normaliseShortCode(text), label).to.equal(value)
      else if (kind === 'uscc') expect(isUscc(text), label).to.equal(valid)
      else if (kind === 'organisation') expect(isOrganisationCode(text), label).to.equal(valid)
      else if (kind === 'citizen') expect(isCitizenNumber(text), label).to.equal(valid)
      else if (kind === 'ulid') expect(parseUlid(text) !== null, label).to.equal(valid)
      else expect.fail(`a kind without a check: ${kind}`)
    }
    expect(vectors.filter(({ valid }) => !valid).length).to.be.at.least(vectors.length / 2)
  })

  it('notes.json: which notes, checkpoints, promises and proofs are refused, and how', () => {
    const { keys, vectors } = read('notes.json') as {
      keys: string[]
      vectors: { kind: string; text: string; refusal: string | null; why: string }[]
    }
    const [key] = keys.map(parseNoteKey)
    if (key === undefined) throw new Error('no key')
    const readers: Record<string, (text: string) => unknown> = {
      'note-key': parseNoteKey,
      note: text => openNote(text, [key]),
      checkpoint: text => openCheckpoint(text, key),
      promise: text => openPromise(text, key),
      'log-proof': parseLogProof,
    }
    for (const { kind, text, refusal, why } of vectors) {
      expect(
        refusalOf(() => readers[kind]?.(text)),
        `${kind}: ${why}`,
      ).to.equal(refusal)
    }
    expect(new Set(vectors.map(({ kind }) => kind))).to.deep.equal(new Set(Object.keys(readers)))
    expect(vectors.filter(({ refusal }) => refusal !== null).length).to.be.above(vectors.length / 2)
  })

  describe('salts.json', () => {
    const { issued, refused } = read('salts.json') as {
      issued: {
        why: string
        seed: string
        fields: [string, unknown][]
        relatedResource: unknown
        salts: string[]
        disclosures: string[]
        digests: string[]
        decoys: string[]
        subjectDigests: string[]
        topDigest: string
      }[]
      refused: { why: string; disclosure: string; refusal: string }[]
    }
    const did = 'did:web:onceproof.example'

    /** A certificate that signs these digests (its signature is not asked here). */
    function certificateWith(subjectDigests: string[], topDigest: string, disclosures: string[]): string {
      const draft = {
        identifier: '1.2.156.3005.2.11100000000013338W032.11220000013544541J.2430599.001.F',
        associated: null,
        region: '990100',
        typeCode: '11100000000013338W032',
        issuer: did,
        validFrom: 0,
        validUntil: null,
        schema: {
          id: 'urn:onceproof:schema:990100:032:1',
          digestSRI: `sha256-${toBase64(sha256('schema'))}`,
        },
        status: { urlPrefix: 'https://onceproof.example', uscc: '11220000013544541J', list: 1, index: 7 },
        subjectDigests,
        topDigest,
      }
      const header = statementHeader('certificate', 'ES256', did, toBase64url(sha256('key')))
      const statement = [
        header,
        utf8ToBase64url(certificatePayload(draft)),
        toBase64url(new Uint8Array(64)),
      ].join('.')
      return assembleCertificate(statement, disclosures)
    }

    it('what a seed gives, and that a certificate with it opens', () => {
      for (const vector of issued) {
        const seed = fromHex(vector.seed) ?? new Uint8Array(0)
        const { why, disclosures, subjectDigests, topDigest } = vector
        const made = makeDisclosures(seed, vector.fields, vector.relatedResource)
        expect(made, why).to.deep.equal({ disclosures, subjectDigests, topDigest })
        expect(saltsOf(seed, disclosures.length)).to.deep.equal(vector.salts)
        expect(disclosures.map(disclosureDigest)).to.deep.equal(vector.digests)
        expect([...subjectDigests, topDigest].sort()).to.deep.equal(
          [...vector.digests, ...vector.decoys].sort(),
        )
        const certificate = parseCertificate(certificateWith(subjectDigests, topDigest, disclosures))
        expect([...certificate.fields]).to.deep.equal(vector.fields)
        expect(certificate.relatedResource).to.deep.equal(vector.relatedResource)
      }
    })

    it('disclosures that are refused, signed or not', () => {
      for (const { why, disclosure, refusal } of refused) {
        const top = toBase64url(sha256('decoy'))
        const signed = certificateWith([disclosureDigest(disclosure)], top, [disclosure])
        expect(
          refusalOf(() => parseCertificate(signed)),
          `signed: ${why}`,
        ).to.equal(refusal)
        const unsigned = certificateWith([toBase64url(sha256('another'))], top, [disclosure])
        expect(
          refusalOf(() => parseCertificate(unsigned)),
          `unsigned: ${why}`,
        ).to.equal(refusal)
      }
      expect(refused.length).to.be.above(issued.length)
    })
  })
})
