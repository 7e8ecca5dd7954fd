import { expect } from 'chai'
import { parseSnapshot } from '../../protocol/snapshot.ts'
import { fingerprint, parseTrust } from '../../protocol/trust.ts'
import type { VerifierFileVector } from '../../scripts/vectors/verifier-files.ts'
import { codeOf } from '../support/refusals.ts'
import { bytesOf, readVector } from '../support/vectors.ts'

const kinds = {
  'trust-files.json': parseTrust,
  'snapshots.json': parseSnapshot,
}

for (const [file, parse] of Object.entries(kinds)) {
  describe(`vectors: ${file}`, function () {
    const vectors = readVector(file) as VerifierFileVector[]
    for (const vector of vectors) {
      const bytes = bytesOf(vector.textBase64, vector.padding)
      const title = vector.name.replaceAll('_', ' ')
      if ('refused' in vector) {
        it(`${title}: ${vector.refused.join(' or ')}`, () => {
          expect(vector.refused).to.include(codeOf(() => parse(bytes)))
        })
      } else {
        it(`${title} is read`, () => {
          expect(codeOf(() => parse(bytes))).to.equal(null)
          if (file === 'trust-files.json') expect(fingerprint(bytes)).to.equal(vector.fingerprint)
        })
      }
    }

    it('has names that are distinct, and more that are refused than read', () => {
      expect(new Set(vectors.map(({ name }) => name)).size).to.equal(vectors.length)
      const refused = vectors.filter(vector => 'refused' in vector).length
      expect(refused).to.be.above(vectors.length - refused)
    })
  })
}
