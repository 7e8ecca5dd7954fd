import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { toQuantity } from '../../../server/chain/rpc.ts'
import { logId } from '../../../server/chain/log-id.ts'
import { contractReader } from '../../../server/chain/view.ts'
import { watchChain } from '../../../server/chain/watch.ts'
import { bringBackLostBlocks } from '../../../server/continuity/lost-blocks.ts'
import type { World } from '../../../server/world.ts'
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

  /** The gateway's world where the answer about the head goes through this first. */
  function worldWhere(told: (head: { number: string }) => Promise<unknown>, changed: object = {}): World {
    const { world } = gateway
    const { rpc } = world.chain.unwatched
    const other: typeof rpc = {
      node: rpc.node,
      async call<Result>(method: string, params?: readonly unknown[]) {
        const answer = await rpc.call<Result>(method, params)
        const isHead = method === 'eth_getBlockByNumber' && params?.[0] === 'latest'
        return isHead ? ((await told(answer as { number: string })) as Result) : answer
      },
    }
    const of = (value: unknown) => ({ value, enumerable: true })
    const own = Object.fromEntries(Object.entries(changed).map(([name, value]) => [name, of(value)]))
    const unwatched = Object.create(world.chain.unwatched, { rpc: of(other), ...own }) as World['chain']
    return {
      ...world,
      chain: Object.create(world.chain, { unwatched: of(unwatched), ...own }) as World['chain'],
    }
  }

  it('is not seen where a transaction was settled while the chain was asked for its head', async () => {
    let isAsked = false
    const world = worldWhere(async head => {
      if (!isAsked) {
        isAsked = true
        await suspend('suspend')
      }
      return head
    })
    await bringBackLostBlocks(world)
    expect(isAsked).to.equal(true)
    expect(gateway.log.filter(line => line.includes('CHAIN_LOST_BLOCKS'))).to.deep.equal([])
    await suspend('resume')
  })

  it('is not seen where one node of a network lags for less than a minute', async () => {
    await untilAllFinal(gateway)
    let lag = await height()
    let now = Date.now()
    // A watch of its own: the gateway, which sees no lag, looks all the time too.
    const { watch } = watchChain(gateway.world.chain.unwatched.rpc, { headStays: false, clock: () => now })
    const world = worldWhere(
      async block => ({ ...block, number: toQuantity(Math.max(0, Number(block.number) - lag)) }),
      { isEmbedded: false, watch },
    )
    // Found is enough: nothing is to be brought back here.
    const saveSetting = () => Promise.reject(new Error('it was found'))
    const store = Object.create(world.store, { saveSetting: { value: saveSetting } }) as World['store']
    const look = () =>
      bringBackLostBlocks({ ...world, store, clock: () => now }).then(
        () => 'nothing is missing',
        (error: Error) => error.message,
      )
    const lost = () => gateway.log.filter(line => line.includes('CHAIN_LOST_BLOCKS')).length
    expect(await look()).to.match(/^the node is at block \d+, behind block/)
    now += 60_000
    expect(await look()).to.contain('behind block')
    expect([lost(), watch.doubts]).to.deep.equal([0, null])
    // Whoever stays behind has not lagged.
    now += 1
    expect(await look()).to.equal('it was found')
    expect(lost()).to.equal(1)
    expect(watch.doubts).to.match(/was final in block/)
    lag = 0
    expect(await look()).to.equal('nothing is missing')
    expect(watch.doubts).to.equal(null)
    gateway.log.length = 0
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

  it('is found where they held a change of the registry and nothing else', async () => {
    await untilAllFinal(gateway)
    const before = await height()
    await suspend('suspend')
    const blocks = (await height()) - before
    expect(blocks).to.be.greaterThan(0)
    await reopen(blocks)
    const said = gateway.log.filter(line => line.includes('CHAIN_LOST_BLOCKS'))
    expect(said, gateway.log.join('\n')).to.not.have.length(0)
    expect(await isSuspended()).to.equal(true)
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
