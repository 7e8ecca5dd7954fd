/** While blocks are not deep enough: nothing is promised that a reorganisation could take back, and no order overtakes another. */
import { expect } from 'chai'
import { Refusal } from '../../../protocol/refusal.ts'
import { verify } from '../../../protocol/verify.ts'
import { demoRegion, typeIn } from '../../../server/catalogue/region.ts'
import { anchorCheckpoint, settleCheckpoints } from '../../../server/anchoring/anchor.ts'
import { ChainUnreachable } from '../../../server/chain/rpc.ts'
import { liveView } from '../../../server/chain/view.ts'
import { trustOf, type VerificationReport } from '../../../server/verification/verify.ts'
import { generateRows } from '../../../scripts/generate/certificates.ts'
import { freePort } from '../../../scripts/drills/gateway-process.ts'
import {
  answerOf,
  exampleRow,
  fileOf,
  issue,
  openGateway,
  publish,
  temporaryFolder,
  until,
  type Issued,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { startNode, type ControlledNode } from '../../../scripts/drills/controlled-node.ts'

const CONFIRMATIONS = 4

describe('before a block is final', () => {
  let node: ControlledNode
  let gateway: OpenedGateway
  let old: Issued

  before(async () => {
    node = await startNode()
    const env = { CHAIN_RPC_URL: node.url, ONCEPROOF_CONFIRMATIONS: String(CONFIRMATIONS) }
    const place = { dataDir: temporaryFolder(), url: `http://127.0.0.1:${await freePort()}` }
    const open = () => openGateway({ env, after: place })
    const account = await open().then(
      () => null,
      (error: unknown) => /0x[0-9a-f]{40}/.exec((error as Refusal).details.expected ?? '')?.[0],
    )
    await node.request('hardhat_setBalance', [account, '0x56bc75e2d63100000'])
    gateway = await open()
    await publish(gateway, 'RIC')
    old = await issue(gateway, 'RIC')
    await untilNothingIsOpen()
  })
  after(async () => {
    await gateway.close()
    await node.close()
  })

  const untilNothingIsOpen = () =>
    until(async () => {
      await node.mine(1)
      const { store } = gateway.world
      const { accepted, sealed } = await store.logSize()
      return (
        accepted === sealed &&
        [...(await store.openCheckpoints()), ...(await store.openOrders())].length === 0
      )
    })

  const changes = async () =>
    (await gateway.world.store.statusChanges(old.identifier)).map(({ action, state }) => `${action} ${state}`)

  const stateOf = async ({ identifier }: Issued) =>
    (await answerOf<{ statement: { state: string } }>(gateway.get(`/v1/certificates/${identifier}/state`)))
      .statement.state

  async function reportOn({ identifier }: Issued): Promise<VerificationReport> {
    const body = new Uint8Array(await fileOf(gateway, identifier))
    const headers = { 'content-type': 'application/vnd.onceproof+json' }
    return answerOf(gateway.request('/v1/verify', { method: 'POST', headers, body }))
  }

  const verdictOf = async (issued: Issued) => (await reportOn(issued)).verdict
  const now = () => Math.floor(Date.now() / 1000)

  /** So many rounds of the anchorer that it would have sent whatever it means to send. */
  async function severalRounds(): Promise<void> {
    const asked = { count: 0 }
    node.onRequest = method => {
      if (method === 'eth_getBlockByNumber') asked.count++
      return undefined
    }
    // An anchorer that sees nothing to do asks nothing: then waiting longer would change nothing either.
    await until(() => asked.count >= 8, 3_000).catch(() => undefined)
    node.onRequest = () => undefined
  }

  it('a certificate is anchored and no more: it has a promise and no receipt', async () => {
    const issued = await issue(gateway, 'RIC')
    await until(async () => ['anchored', 'final'].includes(await stateOf(issued)))
    expect(await stateOf(issued)).to.equal('anchored')
    await severalRounds()
    expect(await stateOf(issued)).to.equal('anchored')
    const file = JSON.parse(Buffer.from(await fileOf(gateway, issued.identifier)).toString()) as object
    expect(file).to.have.property('promise')
    expect(file).to.not.have.property('receipt')
    const path = `/v1/certificates/${issued.identifier}/receipt`
    expect(await answerOf<{ receipt: unknown }>(gateway.get(path))).to.have.property('receipt', null)
    const byLeaf = await answerOf<{ receipt: unknown }>(gateway.request(`/v1/receipts/${issued.leaf}`))
    expect(byLeaf.receipt).to.equal(null)
    await untilNothingIsOpen()
    expect(await answerOf<{ receipt: unknown }>(gateway.get(path))).to.not.have.property('receipt', null)
  })

  it('a reorganisation takes its checkpoint back, and the gateway sees it', async () => {
    const snapshot = await node.request('evm_snapshot')
    const issued = await issue(gateway, 'RIC')
    await until(async () => (await stateOf(issued)) === 'anchored')
    node.mines = false
    await node.request('evm_revert', [snapshot])
    // A chain that is only shorter could be a node that lags, for a while.
    await until(async () => {
      gateway.advanceClock(2_000)
      await settleCheckpoints(gateway.world).catch(() => undefined)
      return (await gateway.world.store.checkpointOfSize(issued.index + 1))?.state === 'sealed'
    })
    expect(await gateway.world.store.checkpointOfSize(issued.index + 1)).to.include({
      state: 'sealed',
      reanchored: true,
    })
    await node.mine(1)
    node.mines = true
    await untilNothingIsOpen()
    expect(await verdictOf(issued)).to.equal('VALID')
  })

  it('and a chain that lost what was final makes nothing final', async () => {
    const issued = await issue(gateway, 'RIC')
    await until(async () => (await stateOf(issued)) === 'anchored')
    const { store } = gateway.world
    const anchored = await store.checkpointOfSize(issued.index + 1)
    await node.mine(CONFIRMATIONS)
    const marked: string[] = []
    const settleAfter = (final: Awaited<ReturnType<typeof store.newestFinal>>) =>
      settleCheckpoints({
        ...gateway.world,
        store: {
          ...store,
          openCheckpoints: async () => [anchored!],
          newestFinal: async () => final,
          markCheckpoint: async (_size, state) => void marked.push(state),
        },
      })
    const final = (await store.newestFinal())!
    const gone = { ...final, block: { ...final.block!, hash: `0x${'00'.repeat(32)}` } }
    const outcome = await settleAfter(gone).catch((error: unknown) => error)
    expect(outcome).to.be.instanceOf(ChainUnreachable)
    expect(marked).to.deep.equal([])
    await settleAfter(final)
    expect(marked).to.deep.equal(['final'])
    await untilNothingIsOpen()
  })

  it('and what was final and is gone is brought back, though what came after it is on the chain', async () => {
    // One checkpoint that covers more than all before it.
    const rows = [...generateRows(typeIn(demoRegion(), 'RIC'), 60, 'after what was final')]
    const { certificates } = await answerOf<{ certificates: Issued[] }>(
      gateway.post('/v1/certificates/batch', { type: 'RIC', rows }),
      201,
    )
    const [issued] = certificates as [Issued]
    await until(async () => (await stateOf(issued)) === 'anchored')
    const { store } = gateway.world
    expect(issued.index).to.be.lessThan(rows.length)
    const { size, block } = (await store.newestFinal())!
    await store.markCheckpoint(size, 'final', { ...block!, hash: `0x${'00'.repeat(32)}` })
    await until(async () => (await store.checkpointOfSize(size))?.block?.hash === block!.hash)
    await untilNothingIsOpen()
    expect(await verdictOf(issued)).to.equal('VALID')
  })

  it('a reorganisation takes an executed order back, and the gateway sees it', async () => {
    const issued = await issue(gateway, 'RIC')
    await untilNothingIsOpen()
    const snapshot = await node.request('evm_snapshot')
    const path = `/v1/certificates/${issued.identifier}/status`
    const { state } = await answerOf<{ state: string }>(
      gateway.post(path, { action: 'suspend', reason: 'UNDER_REVIEW' }),
      200,
    )
    expect(state).to.equal('executed')
    // Its statement too: an anchorer that waits for a block would look at no order meanwhile.
    await until(async () => {
      const { accepted, sealed } = await gateway.world.store.logSize()
      const open = await gateway.world.store.openCheckpoints()
      return accepted === sealed && open.every(checkpoint => checkpoint.state === 'anchored')
    })
    node.mines = false
    await node.request('evm_revert', [snapshot])
    const orders = () => gateway.world.store.openOrders()
    await until(async () => {
      gateway.advanceClock(1_000)
      return (await orders())[0]?.state === 'accepted'
    }, 20_000)
    expect(await orders()).to.have.lengthOf(1)
    expect(await verdictOf(issued)).to.equal('CANNOT_CHECK')
    await node.mine(1)
    node.mines = true
    await untilNothingIsOpen()
    expect(await verdictOf(issued)).to.equal('SUSPENDED')
  })

  it('and ever after, a checkpoint of which the chain holds another root is nobody’s success', async () => {
    const checkpoint = (await gateway.world.store.latestCheckpoint())!
    const forged = { ...checkpoint, root: new Uint8Array(32).fill(1) }
    const outcome = await anchorCheckpoint(gateway.world, forged).then(
      () => 'anchored',
      (error: unknown) => (error as Refusal).code,
    )
    expect(outcome).to.equal('ANCHOR_ROOT_CONFLICT')
    expect(await gateway.world.store.checkpointOfSize(checkpoint.size)).to.deep.equal(checkpoint)
  })

  it('a replaced certificate stays in force until its successor is final', async () => {
    const { certificate: successor } = await answerOf<{ certificate: Issued }>(
      gateway.post(`/v1/certificates/${old.identifier}/successor`, {
        fields: { ...exampleRow('RIC'), address: '示例省云岭市临溪区新路1号' },
        reason: 'HOLDER_CHANGE',
      }),
      201,
    )
    await until(async () => (await stateOf(successor)) === 'anchored')
    await severalRounds()
    expect(await changes()).to.deep.equal(['supersede accepted'])
    expect(await verdictOf(old)).to.equal('VALID')
  })

  it('an order that comes later waits for the one that waits', async () => {
    const change = gateway.post(`/v1/certificates/${old.identifier}/status`, {
      action: 'revoke',
      reason: 'ISSUED_IN_ERROR',
    })
    await until(async () => (await changes()).length === 2)
    await severalRounds()
    expect(await changes()).to.deep.equal(['supersede accepted', 'revoke accepted'])
    // The gateway has accepted the revocation, so it says valid no more; the chain does.
    expect(await verdictOf(old)).to.equal('CANNOT_CHECK')
    const { because } = (await reportOn(old)).answers['not revoked']
    expect(because).to.equal('STATUS_ORDERED')
    const { rpc, deployment } = gateway.world.chain
    const view = liveView(rpc, deployment.contracts)
    const byChain = await verify(await fileOf(gateway, old.identifier), trustOf(gateway.world), view, now())
    expect(byChain.verdict).to.equal('VALID')

    await untilNothingIsOpen()
    await answerOf(change, 200)
    expect(await changes()).to.deep.equal(['supersede final', 'revoke final'])
    expect(await verdictOf(old)).to.equal('REVOKED')
  })
})
