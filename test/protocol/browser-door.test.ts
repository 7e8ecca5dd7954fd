import { expect } from 'chai'
import type * as Snapshots from '../../protocol/snapshot.ts'
import type * as Trusts from '../../protocol/trust.ts'
import type * as Verify from '../../protocol/verify.ts'
import { fromBase64url } from '../../protocol/bytes.ts'
import { verify as verifyOnNode } from '../../protocol/verify.ts'
import { loadedThroughBrowserDoor, throughBrowserDoor } from '../support/browser-door.ts'
import { bytesOf, fileVectors, unreachable, vectorBytes, type FileVector } from '../support/vectors.ts'

/** Plain JavaScript curves are slow: every vector about Ed25519, and of the others each third. */
const vectors = [...fileVectors('valid'), ...fileVectors('invalid')].filter(
  ({ name }, i) => /eddsa|ed25519|note_key|note_signature/.test(name) || i % 3 === 0,
)

describe('vectors: in a browser', function () {
  let answer: (vector: FileVector) => Promise<Verify.Verification>

  before(async () => {
    const { verify } = await throughBrowserDoor<typeof Verify>('verify.ts')
    const { parseSnapshot, snapshotView } = await throughBrowserDoor<typeof Snapshots>('snapshot.ts')
    const { parseTrust } = await throughBrowserDoor<typeof Trusts>('trust.ts')
    expect(verify).not.to.equal(verifyOnNode)
    const snapshot = parseSnapshot(vectorBytes('snapshot.json'))
    const views = {
      live: snapshotView(snapshot, 'live'),
      snapshot: snapshotView(snapshot),
      unreachable,
    }
    answer = ({ fileBase64, padding, trust = 'trust.json', view, now, digest }) =>
      verify(
        bytesOf(fileBase64, padding),
        parseTrust(vectorBytes(trust)),
        views[view],
        now,
        digest === undefined ? {} : { digest: fromBase64url(digest)! },
      )
  })

  it("load the browser's cryptography and nothing of Node's", () => {
    const loaded = loadedThroughBrowserDoor()
    expect(loaded).to.include('crypto/browser.ts')
    expect(loaded).not.to.include('crypto/node.ts')
  })

  for (const vector of vectors) {
    it(`${vector.name.replaceAll('_', ' ')}: ${vector.expected.verdict}`, async () => {
      const { verdict, answers } = await answer(vector)
      expect(answers).to.deep.equal(vector.expected.answers)
      expect(verdict).to.equal(vector.expected.verdict)
    })
  }

  it('are more than a hundred, of every folder and view', () => {
    expect(vectors.length).to.be.above(100)
    expect(new Set(vectors.map(({ view }) => view))).to.deep.equal(
      new Set(['live', 'snapshot', 'unreachable']),
    )
  })
})
