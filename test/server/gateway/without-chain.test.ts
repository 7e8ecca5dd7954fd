/** A gateway whose chain is away: at its first start, at a later start, and for longer than it accepts without one. */
import { join } from 'node:path'
import { existsSync } from 'node:fs'
import Database from 'better-sqlite3'
import { expect } from 'chai'
import { freePort } from '../../../scripts/drills/gateway-process.ts'
import {
  admit,
  answerOf,
  applicationOf,
  exampleRow,
  fileOf,
  issue,
  openGateway,
  publish,
  temporaryFolder,
  until,
  untilAllFinal,
  type Issued,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { problemIn } from '../http/gateway.ts'
import { startNode, type ControlledNode } from '../../../scripts/drills/controlled-node.ts'
import { sha256Hex } from './examples.ts'

describe('a gateway whose chain is away', () => {
  let node: ControlledNode
  let gateway: OpenedGateway
  let env: Record<string, string>
  const place = { dataDir: temporaryFolder(), url: '' }

  before(async () => {
    node = await startNode()
    place.url = `http://127.0.0.1:${await freePort()}`
    env = { CHAIN_RPC_URL: node.url, ONCEPROOF_MAX_DELAY_S: '604800' }
  })
  after(async () => {
    await gateway.close()
    await node.close()
  })

  const open = async () => {
    gateway = await openGateway({ env, after: place })
  }
  const metric = async (name: string) =>
    Number(new RegExp(`^${name} (.+)$`, 'm').exec(await (await gateway.get('/metrics')).text())?.[1])
  const ready = async () => (await (await gateway.request('/readyz')).json()) as Record<string, unknown>
  const codeOf = async (response: Response) =>
    response.ok ? response.status : [response.status, (await problemIn(response)).code]
  const suspend = ({ identifier }: Issued) =>
    gateway.post(`/v1/certificates/${identifier}/status`, { action: 'suspend', reason: 'UNDER_REVIEW' })
  const verdictOf = async ({ identifier }: Issued) => {
    const { verdict } = await answerOf<{ verdict: string }>(
      gateway.request('/v1/verify', {
        method: 'POST',
        headers: { 'content-type': 'application/vnd.onceproof+json' },
        body: new Uint8Array(await fileOf(gateway, identifier)),
      }),
    )
    return verdict
  }

  /** As if the chain had never been asked about a department. */
  function forgetWord(uscc: string): number {
    const db = new Database(join(place.dataDir, 'onceproof.db'))
    const { changes } = db.prepare('DELETE FROM settings WHERE name LIKE ?').run(`standing:${uscc}:%`)
    db.close()
    return changes
  }

  it('starts for the first time, shows its pages, takes nothing, and deploys by itself when the chain comes', async () => {
    node.isAway = true
    await open()
    expect(existsSync(join(place.dataDir, 'deployment.json'))).to.equal(false)
    expect(await codeOf(await gateway.request('/healthz'))).to.equal(200)
    for (const path of ['/', '/verify', '/docs', '/v1/departments'])
      expect(await codeOf(await gateway.get(path)), path).to.equal(200)
    expect(await ready()).to.include({ ready: false, store: true, chain: false, accepting: false })
    const before = gateway.rowCounts()
    for (const [path, body] of [
      ['/v1/certificates', { type: 'RIC', fields: exampleRow('RIC') }],
      ['/v1/records', { sha256: sha256Hex('x') }],
      ['/v1/types', { definition: {} }],
    ] as const) {
      const response = await gateway.post(path, body)
      expect(Number(response.headers.get('retry-after')), path).to.be.greaterThan(0)
      expect(await codeOf(response), path).to.deep.equal([503, 'CHAIN_UNREACHABLE'])
    }
    expect(await codeOf(await gateway.get('/v1/trust'))).to.deep.equal([503, 'CHAIN_UNREACHABLE'])
    expect(gateway.rowCounts()).to.deep.equal(before)

    node.isAway = false
    await until(() => gateway.log.some(line => line.includes('RELAYER_UNFUNDED')))
    // What comes after the contracts, the log and the roles, does not get through at first.
    const isThere = () => existsSync(join(place.dataDir, 'deployment.json'))
    node.onRequest = method => (method === 'eth_sendRawTransaction' && isThere() ? 'lost before' : undefined)
    await node.request('hardhat_setBalance', [gateway.world.chain.relayer.address, '0x56bc75e2d63100000'])
    await until(isThere)
    expect(await ready()).to.include({ ready: false, accepting: false })
    expect(await codeOf(await gateway.post('/v1/departments', applicationOf('ZSJ')))).to.deep.equal([
      503,
      'CHAIN_UNREACHABLE',
    ])
    node.onRequest = () => undefined
    await until(async () => (await ready())['accepting'] === true)
    await admit(gateway, 'ZSJ')
    await publish(gateway, 'RIC')
    const issued = await issue(gateway, 'RIC')
    await untilAllFinal(gateway)
    expect(await verdictOf(issued)).to.equal('VALID')
  })

  it('starts while the chain is away and accepts as before by what the chain last said, and nothing else', async () => {
    await publish(gateway, 'MAR')
    const earlier = await issue(gateway, 'RIC')
    await untilAllFinal(gateway)
    const { accepted } = await gateway.world.store.logSize()
    await gateway.close()
    const forgotten = forgetWord('11990100MB9Y01027U')
    node.isAway = true
    await open()

    const issued: Issued[] = []
    for (let i = 0; i < 3; i++) issued.push(await issue(gateway, 'RIC'))
    await answerOf(gateway.post('/v1/records', { sha256: sha256Hex('x') }), 201)
    const ordered = suspend(earlier)
    expect(forgotten, 'what the chain said of the other department is gone').to.be.greaterThan(0)
    const other = await gateway.post('/v1/certificates', { type: 'MAR', fields: exampleRow('MAR') })
    expect(await codeOf(other)).to.deep.equal([503, 'CHAIN_UNREACHABLE'])
    expect(issued.map(({ index }) => index)).to.deep.equal([accepted, accepted + 1, accepted + 2])
    expect(await verdictOf(earlier)).to.equal('CANNOT_CHECK')
    expect(await verdictOf(issued[0]!)).to.equal('CANNOT_CHECK')

    node.isAway = false
    await untilAllFinal(gateway)
    expect((await ordered).status).to.be.oneOf([200, 202])
    for (const certificate of issued) expect(await verdictOf(certificate)).to.equal('VALID')
    expect(await verdictOf(earlier)).to.equal('SUSPENDED')
    await issue(gateway, 'MAR')
  })

  it('does not let what the chain last said outlive the end of a permit, also over a restart', async () => {
    const end = Math.floor(gateway.world.clock() / 1000) + 900
    await answerOf(gateway.post('/v1/departments/GAJ/permits/RIC/end', { until: end }), 200)
    await issue(gateway, 'RIC')
    await untilAllFinal(gateway)
    await gateway.close()
    node.isAway = true
    await open()
    gateway.holdClock(true)
    gateway.advanceClock((end - 1) * 1000 - gateway.world.clock())
    expect((await issue(gateway, 'RIC')).index).to.be.greaterThan(0)
    gateway.advanceClock(1000)
    const late = await gateway.post('/v1/certificates', { type: 'RIC', fields: exampleRow('RIC') })
    expect(await codeOf(late)).to.deep.equal([409, 'PERMIT_NOT_HELD'])
    gateway.holdClock(false)
    node.isAway = false
    await untilAllFinal(gateway)
  })

  it('accepts for four hours, then says so and changes nothing, and goes on by itself when what waits is on chain', async () => {
    await publish(gateway, 'BIZ')
    const earlier = await issue(gateway, 'BIZ')
    await untilAllFinal(gateway)
    node.isAway = true
    const first = await issue(gateway, 'BIZ')
    const limit = gateway.world.config.acceptWithoutChainSeconds
    expect(limit).to.equal(14_400)
    gateway.holdClock(true)
    gateway.advanceClock((first.acceptedAt + limit) * 1000 - 1 - gateway.world.clock())
    const last = await issue(gateway, 'BIZ')
    gateway.advanceClock(1)

    const before = gateway.rowCounts()
    const writes: [string, unknown][] = [
      ['/v1/certificates', { type: 'BIZ', fields: exampleRow('BIZ') }],
      ['/v1/certificates/batch', { type: 'BIZ', rows: [exampleRow('BIZ'), exampleRow('BIZ')] }],
      ['/v1/records', { sha256: sha256Hex('y') }],
      [`/v1/certificates/${earlier.identifier}/status`, { action: 'suspend', reason: 'UNDER_REVIEW' }],
    ]
    for (const [path, body] of writes) {
      const response = await gateway.post(path, body)
      expect(Number(response.headers.get('retry-after')), path).to.be.greaterThan(0)
      expect(await codeOf(response), path).to.deep.equal([503, 'CHAIN_DOWN_TOO_LONG'])
    }
    expect(gateway.rowCounts()).to.deep.equal(before)
    const health = await gateway.request('/readyz')
    expect(health.status).to.equal(503)
    expect(await health.json()).to.include({ accepting: false, chain: false, unanchoredSeconds: limit })
    await until(async () => (await metric('onceproof_accepting')) === 0)
    expect(await metric('onceproof_oldest_unanchored_seconds')).to.equal(limit)
    // Reads and verifications stay up, and say what they cannot know.
    expect(await codeOf(await gateway.get(`/v1/certificates/${last.identifier}/state`))).to.equal(200)
    expect(await codeOf(await gateway.get('/verify'))).to.equal(200)
    expect(await verdictOf(earlier)).to.equal('CANNOT_CHECK')

    node.isAway = false
    await untilAllFinal(gateway)
    gateway.holdClock(false)
    await issue(gateway, 'BIZ')
    await untilAllFinal(gateway)
    for (const certificate of [earlier, first, last]) expect(await verdictOf(certificate)).to.equal('VALID')
    await until(async () => (await metric('onceproof_accepting')) === 1)
    expect(await metric('onceproof_oldest_unanchored_seconds')).to.equal(0)
  })
})
