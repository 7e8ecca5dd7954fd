/** What survives: power cuts, a chain that is away, lost answers, reorganisations, damaged disks, mistakes at start. */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { expect } from 'chai'
import { Transaction } from 'ethers'
import { Refusal } from '../../../protocol/refusal.ts'
import { logId } from '../../../server/chain/log-id.ts'
import { quantityToNumber } from '../../../server/chain/rpc.ts'
import { contractReader } from '../../../server/chain/view.ts'
import { openSqliteStore } from '../../../server/store/sqlite.ts'
import { freePort, startGateway, type RunningGateway } from '../../../scripts/drills/gateway-process.ts'
import {
  admit,
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
import { problemIn } from '../http/gateway.ts'
import { startNode, type ControlledNode, type Fate } from '../../../scripts/drills/controlled-node.ts'
import { sha256Hex } from './examples.ts'

const CONFIRMATIONS = 3

describe('a gateway on somebody else’s chain', () => {
  let node: ControlledNode
  let gateway: OpenedGateway
  let place: { dataDir: string; url: string }
  let env: Record<string, string>
  /** Transactions that were sent without being on disk: there must never be one. */
  const unstored: string[] = []

  before(async () => {
    node = await startNode()
    env = { CHAIN_RPC_URL: node.url, ONCEPROOF_CONFIRMATIONS: String(CONFIRMATIONS) }
    place = { dataDir: temporaryFolder(), url: `http://127.0.0.1:${await freePort()}` }
    behave()
  })
  beforeEach(() => behave())
  afterEach('every transaction was on disk before it was sent', () => expect(unstored).to.deep.equal([]))
  after(async () => {
    await gateway.close()
    await node.close()
  })

  /** The node does what it is asked, but for what `fateOf` decides. */
  function behave(fateOf: ControlledNode['onRequest'] = () => undefined): void {
    node.isAway = false
    node.mines = true
    node.onRequest = (method, params): Fate => {
      if (method === 'eth_sendRawTransaction' && !isStored(String(params[0])))
        unstored.push(String(params[0]))
      return fateOf(method, params)
    }
  }

  function isStored(raw: string): boolean {
    const db = new Database(join(gateway?.dataDir ?? place.dataDir, 'onceproof.db'), { readonly: true })
    try {
      return db.prepare('SELECT 1 FROM transactions WHERE raw = ?').get(raw) !== undefined
    } finally {
      db.close()
    }
  }

  const reopen = async (at: { dataDir: string; url: string } = gateway) => {
    gateway = await openGateway({ env, after: at })
  }

  /** The chain grows until everything that the gateway accepted is final. */
  const untilFinal = () =>
    until(async () => {
      await node.mine(1)
      const { store, wake } = gateway.world
      wake()
      const { accepted, sealed } = await store.logSize()
      return (
        accepted === sealed &&
        (await store.openCheckpoints()).length === 0 &&
        (await store.openOrders()).length === 0
      )
    })

  const stateOf = async ({ identifier }: Issued) =>
    answerOf<{
      statement: { state: string; block: { number: number; hash: string } | null }
      standing: string
    }>(gateway.get(`/v1/certificates/${identifier}/state`))
  const untilState = (issued: Issued, state: string) =>
    until(async () => {
      gateway.world.wake()
      return (await stateOf(issued)).statement.state === state
    })

  /** Everything is in a block, whether or not it is deep enough. */
  const untilAnchored = () =>
    until(async () => {
      const { accepted, sealed } = await gateway.world.store.logSize()
      const open = await gateway.world.store.openCheckpoints()
      return accepted === sealed && open.every(({ state }) => state === 'anchored')
    })

  const suspend = async ({ identifier }: Issued) => {
    const order = { action: 'suspend', reason: 'UNDER_REVIEW' }
    const path = `/v1/certificates/${identifier}/status`
    return (await answerOf<{ state: string }>(gateway.post(path, order), 200)).state
  }

  async function verdictOf({ identifier }: Issued): Promise<string> {
    const { verdict } = await answerOf<{ verdict: string }>(
      gateway.request('/v1/verify', {
        method: 'POST',
        headers: { 'content-type': 'application/vnd.onceproof+json' },
        body: new Uint8Array(await fileOf(gateway, identifier)),
      }),
    )
    return verdict
  }

  /** How often the chain was written to, in all: by how many transactions of the relayer, and how many checkpoints it holds. */
  async function written(): Promise<{ transactions: number; checkpoints: number }> {
    const { relayer, deployment } = gateway.world.chain
    const count = await node.request('eth_getTransactionCount', [relayer.address, 'latest'])
    const rpc = { node: 'test', call: node.request }
    const read = contractReader(rpc, deployment.contracts, 'latest')
    const [checkpoints] = await read('AnchorLog', 'checkpointCount', [logId(gateway.world.log.origin)])
    return { transactions: quantityToNumber(count), checkpoints: Number(checkpoints) }
  }

  const refusalOf = async (opening: Promise<OpenedGateway>): Promise<Refusal> => {
    const outcome = await opening.then(
      opened => opened.close().then(() => new Error('it started')),
      (error: unknown) => error,
    )
    if (outcome instanceof Refusal) return outcome
    throw outcome
  }

  it('says which account to fund when it has nothing to pay with, and starts once it is funded', async () => {
    const { code, details } = await refusalOf(openGateway({ env, after: place }))
    expect(code).to.equal('RELAYER_UNFUNDED')
    const account = /0x[0-9a-f]{40}/.exec(details.expected ?? '')![0]
    await node.request('hardhat_setBalance', [account, '0x56bc75e2d63100000'])
    await reopen(place)
    await publish(gateway, 'RIC')
    await admit(gateway, 'ZSJ')
    const issued = await issue(gateway, 'RIC')
    await untilFinal()
    expect(await verdictOf(issued)).to.equal('VALID')
  })

  it('calls a certificate final only when its block is deep enough', async () => {
    const issued = await issue(gateway, 'RIC')
    await untilState(issued, 'anchored')
    expect(await verdictOf(issued)).to.equal('PENDING_ANCHOR')
    await node.mine(CONFIRMATIONS - 2)
    await pause(200)
    expect((await stateOf(issued)).statement.state).to.equal('anchored')
    await node.mine(1)
    await untilState(issued, 'final')
    expect(await verdictOf(issued)).to.equal('VALID')
  })

  it('goes on issuing while the chain is away, says so, and brings everything to its end afterwards', async () => {
    node.isAway = true
    gateway.advanceClock(6_000)
    const issued = await issue(gateway, 'RIC')
    // The notary was never needed before; its permit was asked about when it was admitted.
    await answerOf(gateway.post('/v1/records', { sha256: sha256Hex('x') }), 201)

    const ready = await gateway.request('/readyz')
    expect(ready.status).to.equal(200)
    expect(await ready.json()).to.include({
      ready: true,
      store: true,
      chain: false,
      accepting: true,
      waiting: 2,
    })
    expect((await gateway.request('/healthz')).status).to.equal(200)
    expect((await stateOf(issued)).statement.state).to.equal('accepted')
    expect(await verdictOf(issued)).to.equal('CANNOT_CHECK')
    for (const path of ['/v1/snapshot', '/status-lists/11990100MB9Y010004/0/revocation']) {
      const response = await gateway.request(path)
      expect([response.status, (await problemIn(response)).code]).to.deep.equal([503, 'CHAIN_UNREACHABLE'])
      expect(Number(response.headers.get('retry-after'))).to.be.greaterThan(0)
    }

    node.isAway = false
    await untilFinal()
    expect(await verdictOf(issued)).to.equal('VALID')
    expect(await (await gateway.request('/readyz')).json()).to.include({ chain: true, unanchoredSeconds: 0 })
  })

  it('anchors again what a reorganisation undid, and says so meanwhile', async () => {
    const snapshot = await node.request('evm_snapshot')
    const issued = await issue(gateway, 'RIC')
    await untilState(issued, 'anchored')
    const first = (await stateOf(issued)).statement.block!
    const { checkpoints } = await written()

    node.mines = false
    await node.request('evm_revert', [snapshot])
    expect((await written()).checkpoints).to.equal(checkpoints - 1)
    // A chain that is only shorter could be a node that lags.
    await node.mine(1)
    await untilState(issued, 'logged')
    expect(await verdictOf(issued)).to.equal('PENDING_ANCHOR')

    await node.mine(2)
    node.mines = true
    await untilFinal()
    expect((await written()).checkpoints).to.equal(checkpoints)
    const { block } = (await stateOf(issued)).statement
    expect(block!.hash).to.not.equal(first.hash)
    expect(await verdictOf(issued)).to.equal('VALID')
    const checkpoint = await gateway.world.store.checkpointOfSize(issued.index + 1)
    expect([checkpoint!.state, checkpoint!.reanchored]).to.deep.equal(['final', true])
  })

  it('executes again an order that a reorganisation undid', async () => {
    const issued = await issue(gateway, 'RIC')
    await untilFinal()
    const snapshot = await node.request('evm_snapshot')
    expect(await suspend(issued)).to.equal('executed')
    expect(await verdictOf(issued)).to.equal('SUSPENDED')
    await untilAnchored()
    node.mines = false
    await node.request('evm_revert', [snapshot])
    await node.mine(1)
    await until(async () =>
      (await gateway.world.store.openOrders()).some(({ state }) => state === 'accepted'),
    )
    node.mines = true
    await untilFinal()
    expect(await verdictOf(issued)).to.equal('SUSPENDED')
  })

  it('sends again what a reorganisation undid when something later waits for it', async () => {
    const issued = await issue(gateway, 'RIC')
    await untilFinal()
    const before = await written()
    const snapshot = await node.request('evm_snapshot')
    await suspend(issued)
    await untilAnchored()
    node.mines = false
    const arrived = node.received.length
    const later = await issue(gateway, 'RIC')
    await until(() => node.received.length > arrived)
    await node.request('evm_revert', [snapshot])
    expect((await written()).transactions).to.equal(before.transactions)
    node.mines = true
    await node.mine(1)
    await untilFinal()
    expect(await verdictOf(issued)).to.equal('SUSPENDED')
    expect(await verdictOf(later)).to.equal('VALID')
    expect((await written()).transactions).to.equal(before.transactions + 3)
  })

  it('does nothing twice when the answer to a sent transaction is lost', async () => {
    const before = await written()
    let lost = 0
    behave(method => (method === 'eth_sendRawTransaction' && lost++ === 0 ? 'lost after' : undefined))
    const issued = await issue(gateway, 'RIC')
    await untilFinal()
    expect(lost).to.be.greaterThan(0)
    expect(await written()).to.deep.equal({
      transactions: before.transactions + 1,
      checkpoints: before.checkpoints + 1,
    })
    expect(await verdictOf(issued)).to.equal('VALID')
  })

  it('sends the very same bytes again when it was the request that was lost', async () => {
    const before = await written()
    const arrived = node.received.length
    const lost: string[] = []
    behave((method, params) => {
      if (method !== 'eth_sendRawTransaction' || lost.length === 2) return undefined
      lost.push(String(params[0]))
      return 'lost before'
    })
    await issue(gateway, 'RIC')
    await untilFinal()
    expect(new Set([...lost, ...node.received.slice(arrived)]).size).to.equal(1)
    expect((await written()).transactions).to.equal(before.transactions + 1)
  })

  it('sends first what comes first, when an order follows a checkpoint that never arrived', async () => {
    const issued = await issue(gateway, 'RIC')
    await untilFinal()
    const before = await written()
    const { relayer, deployment } = gateway.world.chain
    const anchorLog = deployment.contracts.AnchorLog.address
    let arrives = false
    behave(method => (method === 'eth_sendRawTransaction' && !arrives ? 'lost before' : undefined))
    await issue(gateway, 'RIC')
    await until(async () =>
      (await gateway.world.store.openTransactions()).some(({ to }) => to?.toLowerCase() === anchorLog),
    )
    const state = suspend(issued)
    await until(async () => (await gateway.world.store.openOrders()).length === 1)
    arrives = true
    const first = node.received.length
    expect(await state).to.equal('executed')
    await untilFinal()
    const sent = node.received.slice(first).map(raw => Transaction.from(raw))
    expect(sent[0]!.to?.toLowerCase()).to.equal(anchorLog)
    expect(sent.map(({ nonce }) => nonce)).to.deep.equal(sent.map(({ nonce }) => nonce).sort((a, b) => a - b))
    expect(sent.every(({ from }) => from?.toLowerCase() === relayer.address)).to.equal(true)
    expect((await written()).transactions).to.equal(before.transactions + 3)
  })

  it('raises the fee of a transaction that nobody mines: another with the same number, stored before it is sent', async () => {
    const before = await written()
    const arrived = node.received.length
    node.mines = false
    await issue(gateway, 'RIC')
    const distinct = () => [...new Set(node.received.slice(arrived))].map(raw => Transaction.from(raw))
    // Sent again already: the wait for the chain has begun.
    await until(() => node.received.length > arrived + 1)
    gateway.advanceClock(61_000)
    await until(() => distinct().length === 2)
    const [first, second] = distinct()
    expect(second!.nonce).to.equal(first!.nonce)
    expect([second!.to, second!.data]).to.deep.equal([first!.to, first!.data])
    for (const fee of ['maxFeePerGas', 'maxPriorityFeePerGas'] as const) {
      expect(second![fee]! * 8n >= first![fee]! * 9n, `${fee} ${first![fee]} → ${second![fee]}`).to.equal(
        true,
      )
    }
    node.mines = true
    await untilFinal()
    expect((await written()).transactions).to.equal(before.transactions + 1)
    expect(await gateway.world.store.openTransactions()).to.deep.equal([])
  })

  it('does not take an order for refused because it waits in the chain’s pool', async () => {
    const issued = await issue(gateway, 'RIC')
    await untilFinal()
    const before = await written()
    const arrived = node.received.length
    node.mines = false
    const state = suspend(issued)
    await until(() => node.received.length > arrived + 1)
    gateway.advanceClock(61_000)
    await until(() => new Set(node.received.slice(arrived)).size === 2)
    node.mines = true
    await node.mine(1)
    expect(await state).to.equal('executed')
    expect(await verdictOf(issued)).to.equal('SUSPENDED')
    await untilFinal()
    // The order, and the checkpoint over its statement.
    expect((await written()).transactions).to.equal(before.transactions + 2)
  })

  it('finishes after a crash at any point what it had begun, and does nothing twice', async () => {
    const images = new Map<string, string>()
    const take = (name: string) => {
      if (!images.has(name)) images.set(name, imageOf(gateway.dataDir))
    }
    const { store } = gateway.world
    const { sealCheckpoint, storeTransaction, markCheckpoint } = store
    let chainBefore: unknown
    store.sealCheckpoint = async checkpoint => {
      take('accepted, not sealed')
      chainBefore ??= await node.request('evm_snapshot')
      return sealCheckpoint(checkpoint)
    }
    store.storeTransaction = transaction => {
      take('sealed, no transaction stored')
      return storeTransaction(transaction)
    }
    store.markCheckpoint = (size, state, block) => {
      if (state === 'anchored') take('anchored, not marked')
      if (state === 'final') take('deep enough, not marked final')
      return markCheckpoint(size, state, block)
    }
    let sent = false
    behave(method => {
      if (method === 'eth_sendRawTransaction') {
        take('stored, not sent')
        sent = true
      } else if (sent) take('sent, not settled')
      return undefined
    })
    const issued = await issue(gateway, 'RIC')
    await untilFinal()
    Object.assign(store, { sealCheckpoint, storeTransaction, markCheckpoint })
    behave()
    const file = JSON.stringify(
      await (await gateway.get(`/v1/certificates/${issued.identifier}/file`)).json(),
    )
    const done = await written()
    await gateway.close()
    const whole = { dataDir: gateway.dataDir, url: gateway.url }

    const later = ['sent, not settled', 'anchored, not marked', 'deep enough, not marked final']
    const earlier = ['accepted, not sealed', 'sealed, no transaction stored', 'stored, not sent']
    expect([...images.keys()]).to.have.members([...later, ...earlier])
    for (const name of [...later, ...earlier]) {
      // First: a running gateway brings back what a chain has lost.
      if (name !== later[0]) await gateway.close()
      if (earlier.includes(name)) {
        // What the chain did after that moment has not happened.
        await node.request('evm_revert', [chainBefore])
        chainBefore = await node.request('evm_snapshot')
      }
      await reopen({ dataDir: images.get(name)!, url: whole.url })
      await untilFinal()
      expect(await written(), name).to.deep.equal(done)
      expect(await gateway.world.store.openTransactions(), name).to.deep.equal([])
      const again = JSON.stringify(
        await (await gateway.get(`/v1/certificates/${issued.identifier}/file`)).json(),
      )
      // Anchored anew, it stands in another block.
      if (later.includes(name)) expect(again, name).to.equal(file)
      expect(await verdictOf(issued), name).to.equal('VALID')
    }
  })

  it('writes nothing with a store that is older than the chain’s log, so that it promises nothing it cannot keep', async () => {
    const old = imageOf(gateway.dataDir)
    await issue(gateway, 'RIC')
    await untilFinal()
    const whole = { dataDir: gateway.dataDir, url: gateway.url }
    await gateway.close()
    const done = await written()

    await reopen({ dataDir: old, url: whole.url })
    const before = await gateway.world.store.logSize()
    const refused = await gateway.post('/v1/certificates', { type: 'RIC', fields: exampleRow('RIC') })
    expect(refused.status).to.equal(503)
    expect((await problemIn(refused)).code).to.equal('LOG_BEHIND_CHAIN')
    expect((await gateway.get('/v1/certificates')).status).to.equal(200)
    expect(await gateway.world.store.logSize()).to.deep.equal(before)
    expect(await written()).to.deep.equal(done)
    await gateway.close()
    await reopen(whole)
  })

  it('refuses to start on another chain, and says what differs', async () => {
    const whole = { dataDir: gateway.dataDir, url: gateway.url }
    await gateway.close()
    const path = join(whole.dataDir, 'deployment.json')
    const text = readFileSync(path, 'utf8')
    const deployment = JSON.parse(text) as {
      chain: { chainId: number; genesis: string }
      contracts: Record<string, { codeHash: string }>
    }
    const wrong: [code: string, what: string, change: () => void][] = [
      ['CHAIN_ID_WRONG', 'chain id', () => (deployment.chain.chainId = 1)],
      ['CHAIN_GENESIS_WRONG', 'genesis block', () => (deployment.chain.genesis = `0x${'11'.repeat(32)}`)],
      [
        'CHAIN_CODE_WRONG',
        'code of StatusRegistry',
        () => (deployment.contracts['StatusRegistry']!.codeHash = `0x${'22'.repeat(32)}`),
      ],
    ]
    for (const [code, what, change] of wrong) {
      Object.assign(deployment, JSON.parse(text))
      change()
      writeFileSync(path, JSON.stringify(deployment))
      const refusal = await refusalOf(openGateway({ env, after: whole }))
      expect(refusal.code).to.equal(code)
      expect(refusal.details.field).to.equal(what)
      expect(refusal.message).to.include(what)
    }
    writeFileSync(path, text)

    const other = await startNode()
    const elsewhere = { ...env, CHAIN_RPC_URL: other.url }
    expect((await refusalOf(openGateway({ env: elsewhere, after: whole }))).code).to.equal(
      'CHAIN_GENESIS_WRONG',
    )
    await other.close()
    await reopen(whole)
  })

  it('seals nothing over a leaf in which a bit has flipped', async () => {
    const damaged = await withUnsealed('leaves', 'leaf')
    await reopen(damaged)
    await roundFails()
    const { accepted, sealed } = await gateway.world.store.logSize()
    expect(accepted).to.be.greaterThan(sealed)
    expect(await gateway.world.store.checkIntegrity()).to.deep.equal([
      `statement ${accepted} differs from its leaf`,
    ])
    await gateway.close()
    await reopen(place)
    await untilFinal()
  })

  it('anchors nothing over tiles in which a bit has flipped', async () => {
    const damaged = await withUnsealed('tiles', 'hashes')
    const before = await written()
    await reopen(damaged)
    await roundFails()
    expect(await written()).to.deep.equal(before)
    await gateway.close()
    await reopen(place)
    await untilFinal()
  })

  const roundFails = () =>
    until(async () => {
      await pause(50)
      const { anchoring } = (await (await gateway.request('/readyz')).json()) as { anchoring: boolean }
      return !anchoring
    })

  /** An image of the store with a statement that is not sealed yet, and one bit flipped in the newest row of a table. */
  async function withUnsealed(table: string, column: string): Promise<{ dataDir: string; url: string }> {
    place = { dataDir: gateway.dataDir, url: gateway.url }
    await gateway.close()
    gateway = await openGateway({ env: { ...env, ONCEPROOF_SEAL_AFTER_MS: '3600000' }, after: place })
    await issue(gateway, 'RIC')
    await gateway.close()
    const dataDir = imageOf(place.dataDir)
    const db = new Database(join(dataDir, 'onceproof.db'))
    const { id, value } = db
      .prepare<[], { id: number; value: Buffer }>(
        `SELECT rowid AS id, ${column} AS value FROM ${table} ORDER BY rowid LIMIT 1 OFFSET (SELECT count(*) - 1 FROM ${table})`,
      )
      .get()!
    value[0]! ^= 1
    db.prepare(`UPDATE ${table} SET ${column} = ? WHERE rowid = ?`).run(value, id)
    db.close()
    return { dataDir, url: place.url }
  }
})

describe('a gateway that is killed', () => {
  let gateway: RunningGateway

  before(async () => {
    gateway = await startGateway()
    await publish(gateway, 'RIC')
    await admit(gateway, 'ZSJ')
  })
  after(() => gateway.stop({ andChain: true }))

  it('keeps its folder to itself: a second one is refused', async () => {
    const second = await startGateway({ env: { DATA_DIR: gateway.dataDir } }).then(
      () => 'it started',
      (error: Error) => error.message,
    )
    expect(second).to.include('refused to start').and.to.include('[DATA_DIR_IN_USE]')
    await issue(gateway, 'RIC')
  })

  it('loses nothing that it acknowledged and doubles nothing, whenever it is killed', async () => {
    const { accepted: alreadyThere } = await answerOf<{ accepted: number }>(fetch(`${gateway.url}/v1/log`))
    interface Ask {
      key: string
      path: string
      body: unknown
      statements: number
      told: Record<string, unknown> | null
    }
    const asks: Ask[] = []
    const random = randomFrom(20_260_101)
    const row = exampleRow('RIC')
    const next = (): Ask => {
      const key = `kill-test-${asks.length}`
      const choice = random()
      const known = asks.filter(({ path, told }) => path === '/v1/certificates' && told !== null)
      const ask = { key, told: null }
      if (choice < 0.15) {
        return {
          ...ask,
          path: '/v1/certificates/batch',
          body: { type: 'RIC', rows: [row, row, row] },
          statements: 3,
        }
      }
      if (choice < 0.3)
        return { ...ask, path: '/v1/records', body: { sha256: sha256Hex(key) }, statements: 1 }
      const suspended = known.pop()
      if (
        choice < 0.4 &&
        suspended !== undefined &&
        !asks.some(({ path }) => path.includes(String(suspended.told!['identifier'])))
      ) {
        const path = `/v1/certificates/${String(suspended.told!['identifier'])}/status`
        return { ...ask, path, body: { action: 'suspend', reason: 'UNDER_REVIEW' }, statements: 1 }
      }
      return { ...ask, path: '/v1/certificates', body: { type: 'RIC', fields: row }, statements: 1 }
    }
    const send = async (ask: Ask) => {
      const response = await gateway.post(ask.path, ask.body, { 'idempotency-key': ask.key })
      const answer = (await response.json()) as Record<string, unknown>
      if (!response.ok) throw new Error(`${ask.path}: ${JSON.stringify(answer)}`)
      ask.told = answer
    }
    const client = async () => {
      for (;;) {
        const ask = next()
        asks.push(ask)
        try {
          await send(ask)
        } catch (error) {
          // What was told to nobody is asked again later, under the same key.
          if (error instanceof TypeError || error instanceof SyntaxError) return
          throw error
        }
      }
    }

    for (let round = 0; round < 3; round++) {
      const clients = Array.from({ length: 4 }, client)
      await pause(60 + random() * 400)
      await Promise.all([gateway.kill9(), ...(round === 1 ? [gateway.killChain9()] : [])])
      await Promise.all(clients)
      await gateway.restart()
      for (const ask of asks.filter(({ told }) => told === null)) await send(ask)
    }

    expect(asks.length).to.be.greaterThan(10)
    interface Log {
      accepted: number
      sealed: number
      latest: { state: string }
    }
    const logOf = () => answerOf<Log>(fetch(`${gateway.url}/v1/log`))
    const statements = asks.reduce((sum, ask) => sum + ask.statements, 0)
    expect((await logOf()).accepted, 'one effect for each ask').to.equal(alreadyThere + statements)

    const certificates = asks.flatMap(({ path, told }) =>
      path === '/v1/certificates'
        ? [told!]
        : path.endsWith('/batch')
          ? (told!['certificates'] as object[])
          : [],
    ) as unknown as Issued[]
    expect(new Set(certificates.map(({ leaf }) => leaf)).size).to.equal(certificates.length)
    await until(async () => {
      const { accepted, sealed, latest } = await logOf()
      return accepted === sealed && latest.state === 'final'
    })
    for (const { identifier, leaf, index, promise } of certificates) {
      const { receipt, statement } = await answerOf<{
        receipt: object
        statement: { index: number; state: string }
      }>(fetch(`${gateway.url}/v1/receipts/${leaf}`))
      expect([statement.state, statement.index], identifier).to.deep.equal(['final', index])
      expect(receipt).to.not.equal(null)
      expect(promise).to.include('onceproof-promise/v1')
    }
    const suspended = asks.flatMap(({ path }) => /^\/v1\/certificates\/(.+)\/status$/.exec(path)?.[1] ?? [])
    const standingOf = async (identifier: string) => {
      const { standing, changes } = await answerOf<{ standing: string; changes: { state: string }[] }>(
        gateway.get(`/v1/certificates/${identifier}/state`),
      )
      return [standing, ...changes.map(({ state }) => state)].join()
    }
    for (const identifier of suspended) {
      await until(async () => (await standingOf(identifier)) === 'SUSPENDED,final')
    }
    for (const { identifier } of certificates.slice(-10)) {
      const { verdict } = await answerOf<{ verdict: string }>(
        fetch(`${gateway.url}/v1/verify`, {
          method: 'POST',
          headers: { 'content-type': 'application/vnd.onceproof+json' },
          body: new Uint8Array(await fileOf(gateway, identifier)),
        }),
      )
      expect(verdict).to.equal(suspended.includes(identifier) ? 'SUSPENDED' : 'VALID')
    }

    await gateway.stop()
    const store = await openSqliteStore(join(gateway.dataDir, 'onceproof.db'), { clock: Date.now })
    expect(await store.checkIntegrity()).to.deep.equal([])
    expect(await store.openTransactions()).to.deep.equal([])
    await store.close()
  })
})

/**
 * The data folder as a power cut at this moment would leave it. Copied by another process: closing a database file that this
 * process has open elsewhere would drop its locks.
 */
function imageOf(dataDir: string): string {
  const image = temporaryFolder()
  const names = readdirSync(dataDir).filter(name => !name.endsWith('.lock') && !name.endsWith('-shm'))
  execFileSync('cp', ['-r', ...names.map(name => join(dataDir, name)), image])
  return image
}

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
