import { expect } from 'chai'
import type { ChainView } from '../../protocol/chain-view.ts'
import { leafHash } from '../../protocol/log.ts'
import { toHex } from '../../protocol/bytes.ts'
import { verify } from '../../protocol/verify.ts'
import { civilAffairs, NOW, STRETCHES } from '../../scripts/vectors/scene.ts'
import { bytesOf, fileVector, trustOf, unreachable, viewOf } from '../support/vectors.ts'

const vector = fileVector('valid', 'certificate_es256')
const file = bytesOf(vector.fileBase64)
const trust = trustOf(vector)
const live = viewOf('live')

describe('Verification', function () {
  this.timeout(20_000)

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

  const questions: Record<string, [keyof ChainView, string[]]> = {
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
  }

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
