import { expect } from 'chai'
import * as fc from 'fast-check'
import type { ChainView, Question } from '../../protocol/chain-view.ts'
import { leafHash } from '../../protocol/log.ts'
import { toHex } from '../../protocol/bytes.ts'
import { verify } from '../../protocol/verify.ts'
import { civilAffairs, NOW, STRETCHES } from '../../scripts/vectors/scene.ts'
import { bytesOf, fileVector, trustOf, unreachable, viewOf } from '../support/vectors.ts'

const vector = fileVector('valid', 'certificate_es256')
const file = bytesOf(vector.fileBase64)
const trust = trustOf(vector)
const live = viewOf('live')

const recordFile = bytesOf(fileVector('valid', 'record_with_its_file').fileBase64)

/** The live view, of which some methods give these values at once, without a promise. */
const answering = (values: Record<string, unknown>): ChainView => ({
  ...live,
  ...Object.fromEntries(Object.entries(values).map(([method, value]) => [method, () => value])),
})

/** What the live view answers to this question about the certificate. */
async function goodAnswer(method: Question): Promise<unknown> {
  let answer: unknown
  const put = live[method] as (...about: unknown[]) => Promise<unknown>
  const view = { ...live, [method]: async (...about: unknown[]) => (answer = await put(...about)) }
  await verify(file, trust, view, NOW)
  return answer
}

/** Values that are no answer. Null and an empty list are answers to some questions. */
const garbageFor = (method: Question): unknown[] => [
  undefined,
  {},
  'text',
  0,
  true,
  [null],
  [{}],
  new Uint8Array(32),
  () => null,
  ...(method === 'permitsOf' ? [null] : [[]]),
  ...(method === 'identity' || method === 'head' ? [null] : []),
]

/** The answer with each member that a verifier reads left out, and with each of another type. */
function mangled(answer: unknown): unknown[] {
  if (Array.isArray(answer)) return answer.flatMap(mangled).map(item => [item])
  return Object.keys(answer as object).flatMap(name =>
    name === 'id'
      ? []
      : [undefined, null, {}, -1, 0.5, 2 ** 53, Number.NaN, Symbol('x')].flatMap(value =>
          name === 'successor' && value === null ? [] : [{ ...(answer as object), [name]: value }],
        ),
  )
}

const shortRoot = (answer: unknown) =>
  'root' in (answer as object) ? [{ ...(answer as object), root: new Uint8Array(31) }] : []

describe('Verification', function () {
  it('tells what it read, who signed it, where it is anchored and as of which block', async () => {
    const result = await verify(file, trust, live, NOW)
    expect(result.subject?.kind).to.equal('certificate')
    const certificate = result.subject?.kind === 'certificate' ? result.subject.certificate : null
    expect(result.subject?.leaf).to.equal(toHex(leafHash(certificate!.statement.text)))
    expect([...certificate!.fields.keys()]).to.deep.equal(['holderName', 'certificateNumber', 'registeredOn'])
    expect(result.issuer).to.deep.include({ did: civilAffairs.did, uscc: civilAffairs.uscc, keyEndsAt: 0 })
    expect(result.anchor).to.deep.include({
      blockNumber: STRETCHES.late.blockNumber,
      blockTime: STRETCHES.late.time,
    })
    expect(result.asOf).to.deep.equal(await live.head())
    expect(result.successor).to.equal(null)
  })

  it('names the successor of a superseded certificate', async () => {
    const superseded = fileVector('valid', 'superseded')
    const result = await verify(bytesOf(superseded.fileBase64), trust, live, superseded.now)
    expect(result.successor).to.match(/^0x[0-9a-f]{64}$/)
  })

  it('claims nothing about a file that it cannot read', async () => {
    const result = await verify(new Uint8Array(0), trust, live, NOW)
    expect(result).to.deep.include({ subject: null, anchor: null, issuer: null, asOf: null })
  })

  it('without anybody to ask is undetermined, not refused', async () => {
    expect((await verify(file, trust, null, NOW)).verdict).to.equal('CANNOT_CHECK')
  })

  const questions: Record<string, [Question, string[]]> = {
    'which chain it is': ['identity', ['intact', 'anchored', 'authorised', 'not revoked']],
    'which block is the last': ['head', ['intact', 'anchored', 'authorised', 'not revoked']],
    'the checkpoint': ['checkpointOfSize', ['anchored', 'authorised']],
    'the first checkpoint that covers': ['firstCovering', ['anchored', 'authorised']],
    'the key': ['keyOf', ['intact', 'authorised']],
    'the department': ['departmentOf', ['authorised']],
    'the permits': ['permitsOf', ['authorised']],
    'the status': ['statusOf', ['not revoked']],
  }
  for (const [what, [method, affected]] of Object.entries(questions)) {
    it(`that cannot ask ${what} leaves unknown exactly the answers that need it`, async () => {
      const view = { ...live, [method]: unreachable[method] } as ChainView
      const { verdict, answers } = await verify(file, trust, view, NOW)
      expect(verdict).to.equal('CANNOT_CHECK')
      const unknown = Object.entries(answers).filter(([, { answer }]) => answer === 'unknown')
      expect(unknown.map(([question]) => question)).to.deep.equal(affected)
      for (const [, { because }] of unknown)
        expect(because).to.be.oneOf(['CHAIN_UNREACHABLE', 'ANCHOR_TIME_UNKNOWN'])
    })

    it(`that is told nonsense about ${what} leaves unknown exactly the answers that need it`, async () => {
      const good = await goodAnswer(method)
      for (const garbage of [...garbageFor(method), ...mangled(good), ...shortRoot(good)]) {
        const { verdict, answers } = await verify(file, trust, answering({ [method]: garbage }), NOW)
        const unknown = Object.entries(answers).filter(([, { answer }]) => answer === 'unknown')
        expect(
          unknown.map(([question]) => question),
          JSON.stringify(garbage),
        ).to.deep.equal(affected)
        for (const [, { because }] of unknown)
          expect(because).to.be.oneOf(['CHAIN_UNREACHABLE', 'ANCHOR_TIME_UNKNOWN'])
        expect(verdict).to.equal('CANNOT_CHECK')
      }
    })
  }

  it('answers all five questions whatever the chain says, and never fails itself', async () => {
    const methods = Object.values(questions).map(([method]) => method)
    const garbage = fc.record(Object.fromEntries(methods.map(method => [method, fc.anything()])), {
      requiredKeys: [],
    })
    await fc.assert(
      fc.asyncProperty(garbage, fc.constantFrom(file, recordFile), async (answers, subject) => {
        const result = await verify(subject, trust, answering(answers), NOW)
        expect(Object.keys(result.answers)).to.have.length(5)
        for (const { answer } of Object.values(result.answers))
          expect(answer).to.be.oneOf(['yes', 'no', 'unknown'])
      }),
      { seed: 13, numRuns: 300 },
    )
  })

  it('takes a view without methods for a chain that cannot be reached', async () => {
    for (const view of [{}, { kind: 'live' }, { ...live, keyOf: 7 }, { ...live, head: null }]) {
      const { verdict, answers } = await verify(file, trust, view as unknown as ChainView, NOW)
      expect(answers.intact).to.deep.equal({ answer: 'unknown', because: 'CHAIN_UNREACHABLE' })
      expect(verdict).to.equal('CANNOT_CHECK')
    }
  })

  it('does not take a chain at its word that contradicts itself', async () => {
    const later = await live.firstCovering('log.onceproof.example/990100', 0)
    const contradictions: ChainView[] = [
      { ...live, firstCovering: async () => null },
      { ...live, firstCovering: async () => ({ ...later!, size: 1_000_000 }) },
      { ...live, firstCovering: async () => ({ ...later!, size: 0 }) },
    ]
    for (const view of contradictions) {
      const { verdict, answers } = await verify(file, trust, view, NOW)
      expect(answers.anchored).to.deep.equal({ answer: 'unknown', because: 'CHAIN_UNREACHABLE' })
      expect(verdict).to.equal('CANNOT_CHECK')
    }
  })

  it('compares the whole of the chain: id, genesis, and address and code of all four contracts', async () => {
    const identity = await live.identity()
    const others = [
      { ...identity, chainId: 1 },
      { ...identity, genesis: `0x${'00'.repeat(32)}` },
      ...Object.keys(identity.contracts).flatMap(name =>
        (['address', 'codeHash'] as const).map(member => ({
          ...identity,
          contracts: {
            ...identity.contracts,
            [name]: { ...identity.contracts[name as 'AnchorLog'], [member]: '0x00' },
          },
        })),
      ),
    ]
    expect(others.length).to.equal(10)
    for (const other of others) {
      const { answers } = await verify(file, trust, { ...live, identity: async () => other }, NOW)
      expect(answers.intact).to.deep.equal({ answer: 'unknown', because: 'WRONG_CHAIN' })
    }
  })
})
