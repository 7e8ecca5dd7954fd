import { expect } from 'chai'
import { verify } from '../../protocol/verify.ts'
import { bytesOf, fileVectors, trustOf, viewOf, type FileVector } from '../support/vectors.ts'

/** Answers that depend on when the statement was anchored. */
const BY_TIME = [
  'KEY_COMPROMISED',
  'KEY_NOT_YET_VALID',
  'KEY_ENDED',
  'DEPARTMENT_SUSPENDED',
  'NO_PERMIT',
  'KEY_AND_PERMIT_IN_FORCE',
]

interface File {
  receipt: { anchor: { blockNumber: number; blockTime: number } }
}

/** The vector's file with another claim about where and when it was anchored. */
function withAnchor({ fileBase64 }: FileVector, anchor: Partial<File['receipt']['anchor']>): Uint8Array {
  const file = JSON.parse(Buffer.from(bytesOf(fileBase64)).toString()) as File
  Object.assign(file.receipt.anchor, anchor)
  return Buffer.from(JSON.stringify(file))
}

describe('The time by which a certificate is judged', function () {
  const vectors = fileVectors('valid').filter(
    ({ view, expected: { answers } }) =>
      view !== 'unreachable' &&
      answers['anchored']!.because === 'FINAL' &&
      BY_TIME.includes(answers['authorised']!.because),
  )

  for (const reason of BY_TIME) {
    it(`is the chain’s and not the receipt’s: ${reason} whatever time the receipt claims`, async () => {
      const those = vectors.filter(({ expected }) => expected.answers['authorised']!.because === reason)
      expect(those).to.not.have.lengthOf(0)
      for (const vector of those) {
        // Before everything, between the changes of the scene, and after everything.
        for (const blockTime of [0, 1_700_000_000, 1_735_689_600, 1_767_225_600, 4_000_000_000]) {
          const file = withAnchor(vector, { blockTime })
          const { answers } = await verify(file, trustOf(vector), viewOf(vector.view), vector.now)
          expect(answers.authorised.because, `${vector.name} at ${blockTime}`).to.equal(reason)
          expect(answers.anchored, `${vector.name} at ${blockTime}`).to.deep.equal({
            answer: 'unknown',
            because: 'RECEIPT_ANCHOR_DIFFERS',
          })
        }
      }
    })
  }

  it('is not there when the file cannot say where in the log it stands, and nothing is made up for it', async () => {
    const promised = fileVectors('valid').filter(
      ({ expected }) => expected.answers['anchored']!.because === 'PROMISED',
    )
    expect(promised).to.not.have.lengthOf(0)
    for (const vector of promised) {
      const { answers } = await verify(
        bytesOf(vector.fileBase64),
        trustOf(vector),
        viewOf(vector.view),
        vector.now,
      )
      expect(answers.authorised.answer, vector.name).to.not.equal('yes')
    }
  })
})

describe('A defect of the verifier’s own program', () => {
  it('is not told as the fault of the file: the promise rejects', async () => {
    const [vector] = fileVectors('valid')
    const outcome = await verify(undefined as never, trustOf(vector!), viewOf('live'), vector!.now).then(
      () => 'answered',
      (error: unknown) => error,
    )
    expect(outcome).to.be.instanceOf(TypeError)
  })
})
