import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { logId } from '../../../server/chain/log-id.ts'
import { contractReader } from '../../../server/chain/view.ts'
import { bringBackLostBlocks } from '../../../server/continuity/lost-blocks.ts'
import { cutJournal } from '../../../scripts/drills/cut-journal.ts'
import {
  answerOf,
  fileOf,
  issue,
  openGateway,
  publish,
  until,
  untilAllFinal,
  type Issued,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'

describe('an embedded chain that lost its last blocks', function () {
  let gateway: OpenedGateway
  let kept: Issued
  let revoked: Issued
  let late: Issued
  /** Height of the chain when nothing had been lost yet. */
  let whole: number

  const verdictOf = async (file: Uint8Array) =>
    answerOf<{ verdict: string; answers: Record<string, { because: string }> }>(
      gateway.request('/v1/verify', {
        method: 'POST',
        headers: { 'content-type': 'application/vnd.onceproof+json' },
        body: new Uint8Array(file),
      }),
    )
  const height = () => gateway.world.chain.unwatched.rpc.call<string>('eth_blockNumber').then(Number)
  const reopen = async (blocks: number) => {
    await gateway.close({ andChain: true })
    cutJournal(join(gateway.dataDir, 'chain'), blocks)
    gateway = await openGateway({ after: gateway })
  }
  const suspend = (action: 'suspend' | 'resume') =>
    answerOf(gateway.post('/v1/departments/GAJ/' + action, undefined))
  const isSuspended = async () => {
    const { suspensions } = await answerOf<{ suspensions: { until: number }[] }>(
      gateway.get('/v1/departments/GAJ/registration'),
    )
    return suspensions.some(({ until: end }) => end === 0)
  }

  before(async () => {
    gateway = await openGateway()
    await publish(gateway, 'RIC')
    kept = await issue(gateway, 'RIC')
    revoked = await issue(gateway, 'RIC')
    await untilAllFinal(gateway)
  })
  after(() => gateway.close())

  it('is not seen where a transaction was settled while the chain was asked for its head', async () => {
    const { world } = gateway
    const { rpc } = world.chain.unwatched
    let isAsked = false
    const slow: typeof rpc = {
      node: rpc.node,
      async call<Result>(method: string, params?: readonly unknown[]) {
        const answer = await rpc.call<Result>(method, params)
        if (!isAsked && method === 'eth_getBlockByNumber' && params?.[0] === 'latest') {
          isAsked = true
          await suspend('suspend')
        }
        return answer
      },
    }
    const unwatched = Object.create(world.chain.unwatched, { rpc: { value: slow } }) as typeof world.chain
    const chain = Object.create(world.chain, { unwatched: { value: unwatched } }) as typeof world.chain
    await bringBackLostBlocks({ ...world, chain })
    expect(isAsked).to.equal(true)
    expect(gateway.log.filter(line => line.includes('CHAIN_LOST_BLOCKS'))).to.deep.equal([])
    await suspend('resume')
  })

  it('is found at the start, said, and brought back: orders, checkpoints, registry, with receipts that are right again', async () => {
    whole = await height()
    await answerOf(
      gateway.post(`/v1/certificates/${revoked.identifier}/status`, {
        action: 'revoke',
        reason: 'HOLDER_REQUEST',
      }),
      200,
    )
    late = await issue(gateway, 'RIC')
    await untilAllFinal(gateway)
    await suspend('suspend')
    expect(await isSuspended()).to.equal(true)
    const old = await fileOf(gateway, late.identifier)
    expect((await verdictOf(old)).answers['anchored']?.because).to.equal('FINAL')

    const blocks = (await height()) - whole
    expect(blocks).to.be.greaterThan(3)
    // Block times count in seconds: what is anchored again is anchored at another time.
    await new Promise(resolve => setTimeout(resolve, 1_100))
    await reopen(blocks)

    expect(gateway.log.join('\n')).to.include('CHAIN_LOST_BLOCKS').and.include('CHAIN_WHOLE_AGAIN')
    expect(await isSuspended()).to.equal(true)
    expect(
      (await verdictOf(await fileOf(gateway, revoked.identifier))).answers['not revoked']?.because,
    ).to.equal('REVOKED')
    const fresh = await fileOf(gateway, late.identifier)
    expect((await verdictOf(fresh)).answers['anchored']?.because).to.equal('FINAL')
    const stale = await verdictOf(old)
    expect(stale.answers['anchored']?.because).to.equal('RECEIPT_ANCHOR_DIFFERS')
    expect(stale.verdict).to.equal('CANNOT_CHECK')
    const { relayer, deployment, unwatched } = gateway.world.chain
    const read = contractReader(unwatched.rpc, deployment.contracts, 'latest')
    const [count] = await read('AnchorLog', 'checkpointCount', [logId(gateway.world.log.origin)])
    expect(Number(count)).to.equal((await gateway.world.store.checkpoints(0, 1000)).length)
    expect(await gateway.world.store.highestSettledNonce(relayer.address)).to.be.greaterThan(0)
    await suspend('resume')
  })

  it('brings back everything when not one block is left', async () => {
    const chainDir = join(gateway.dataDir, 'chain')
    const { genesis } = gateway.world.chain.deployment.chain
    await gateway.close({ andChain: true })
    // What docs/operations.md says to do when no journal is good.
    for (const name of readdirSync(chainDir))
      if (/^(?:journal\.db.*|endpoint\.json)$/.test(name)) rmSync(join(chainDir, name))
    gateway = await openGateway({ after: gateway })
    expect(gateway.world.chain.deployment.chain.genesis).to.equal(genesis)
    expect((await verdictOf(await fileOf(gateway, kept.identifier))).answers['anchored']?.because).to.equal(
      'FINAL',
    )
    expect((await verdictOf(await fileOf(gateway, revoked.identifier))).verdict).to.equal('REVOKED')
    expect(await isSuspended()).to.equal(false)
    await issue(gateway, 'RIC')
    await untilAllFinal(gateway)
    await until(async () => (await gateway.world.store.openOrders()).length === 0)
  })
})
