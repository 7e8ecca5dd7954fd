/** Status orders of one certificate: none overtakes another, and nobody is left without a certificate in between. */
import { expect } from 'chai'
import { Refusal } from '../../../protocol/refusal.ts'
import { freePort } from '../../support/gateway.ts'
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
import { startNode, type ControlledNode } from './controlled-node.ts'

const CONFIRMATIONS = 4

describe('status orders of one certificate', () => {
  let node: ControlledNode
  let gateway: OpenedGateway
  let old: Issued

  before(async () => {
    node = await startNode()
    const env = { CHAIN_RPC_URL: node.url, ONCEPROOF_CONFIRMATIONS: String(CONFIRMATIONS) }
    const place = { dataDir: temporaryFolder(), url: `http://127.0.0.1:${await freePort()}` }
    const open = () => openGateway({ env, after: place as OpenedGateway })
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

  async function verdictOf({ identifier }: Issued): Promise<string> {
    const body = new Uint8Array(await fileOf(gateway, identifier))
    const headers = { 'content-type': 'application/vnd.onceproof+json' }
    const answer = gateway.request('/v1/verify', { method: 'POST', headers, body })
    return (await answerOf<{ verdict: string }>(answer)).verdict
  }

  /** So many rounds of the anchorer that it would have sent whatever it means to send. */
  async function severalRounds(): Promise<void> {
    const asked = { count: 0 }
    node.onRequest = method => {
      if (method === 'eth_getBlockByNumber') asked.count++
      return undefined
    }
    await until(() => asked.count >= 8)
    node.onRequest = () => undefined
  }

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
    expect(await verdictOf(old)).to.equal('VALID')

    await untilNothingIsOpen()
    await answerOf(change, 200)
    expect(await changes()).to.deep.equal(['supersede final', 'revoke final'])
    expect(await verdictOf(old)).to.equal('REVOKED')
  })
})
