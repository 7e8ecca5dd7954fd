import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect } from 'chai'
import { computeAddress, getBytes, SigningKey, Transaction } from 'ethers'
import {
  ChainUnreachable,
  createRpc,
  quantityToBigInt,
  quantityToNumber,
  type Rpc,
} from '../../../server/chain/rpc.ts'
import {
  bringAbout,
  type Account,
  type Intent,
  type TransactionContext,
} from '../../../server/chain/transactions.ts'
import { ContractRevert } from '../../../server/chain/view.ts'
import { openSqliteStore } from '../../../server/store/sqlite.ts'
import type { Store } from '../../../server/store/store.ts'
import { temporaryFolder } from '../../support/opened-gateway.ts'
import { startNode, type ControlledNode } from '../../../scripts/drills/controlled-node.ts'

const CHAIN_ID = 4242
const key = new SigningKey(`0x${'5a'.repeat(32)}`)
const account: Account = {
  address: computeAddress(key.publicKey).toLowerCase(),
  signDigest: async digest => getBytes(key.sign(digest).serialized),
}

describe('a transaction that is to bring something about', () => {
  let node: ControlledNode
  let rpc: Rpc
  let store: Store
  let path: string
  let time: number
  let context: TransactionContext
  let payees = 0
  /** What the node was sent since the test began, distinct bytes once. */
  let arrived: number
  const sent = () => [...new Set(node.received.slice(arrived))]

  before(async () => {
    node = await startNode({ chainId: CHAIN_ID, mayReorganise: true })
    rpc = createRpc(node.url)
    path = join(temporaryFolder(), 'store.db')
    store = await openSqliteStore(path, { clock: () => time })
    await node.request('hardhat_setBalance', [account.address, '0x56bc75e2d63100000'])
  })
  beforeEach(() => {
    node.mines = true
    node.onRequest = () => undefined
    arrived = node.received.length
    time = Date.UTC(2026, 0, 1)
    context = { rpc, store, chainId: CHAIN_ID, clock: () => time, sleep: async ms => void (time += ms) }
  })
  after(async () => {
    await store.close()
    await node.close()
  })

  /** Pays somebody new; done when the money is there. */
  function payment(): Intent & { purpose: string; to: string } {
    const to = `0x${(0xbeef_0000 + ++payees).toString(16).padStart(40, '0')}`
    const balance = async () => quantityToBigInt(await node.request('eth_getBalance', [to, 'latest']))
    return { purpose: `pay:${to}`, to, data: '0x', value: 7n, isDone: async () => (await balance()) === 7n }
  }

  const minedCount = async () =>
    quantityToNumber(await node.request('eth_getTransactionCount', [account.address, 'latest']))

  it('is on file before it leaves, and settled once the chain says that it is done', async () => {
    const onFile: boolean[] = []
    const watched: Rpc = {
      node: rpc.node,
      call: async (method, params = []) => {
        if (method === 'eth_sendRawTransaction') {
          onFile.push((await store.openTransactions()).some(({ raw }) => raw === params[0]))
        }
        return rpc.call(method, params)
      },
    }
    await bringAbout({ ...context, rpc: watched }, account, payment())
    expect(onFile).to.not.have.lengthOf(0)
    expect(onFile).to.not.include(false)
    expect(await store.openTransactions()).to.deep.equal([])
  })

  it('is taken up after a crash with the very same bytes', async () => {
    const intent = payment()
    const lost: string[] = []
    node.onRequest = (method, params) => {
      if (method !== 'eth_sendRawTransaction') return undefined
      lost.push(String(params[0]))
      return 'lost before'
    }
    const outcome = await bringAbout(context, account, intent).catch((error: unknown) => error)
    expect(outcome).to.be.instanceOf(ChainUnreachable)
    expect(lost).to.have.lengthOf(1)
    expect((await store.openTransactions()).map(({ raw }) => raw)).to.deep.equal(lost)

    node.onRequest = () => undefined
    const before = await minedCount()
    await bringAbout(context, account, intent)
    expect(sent()).to.deep.equal(lost)
    expect(await minedCount()).to.equal(before + 1)
  })

  it('is sent again, the very same bytes, to a node that forgot it', async () => {
    const lost: string[] = []
    const forgetful: Rpc = {
      node: rpc.node,
      call: async <Result>(method: string, params: readonly unknown[] = []) => {
        if (method === 'eth_sendRawTransaction' && lost.length < 3) {
          lost.push(String(params[0]))
          return Transaction.from(String(params[0])).hash as Result
        }
        return rpc.call<Result>(method, params)
      },
    }
    // A program that waits for ever is a failure too.
    let waits = 0
    const sleep = async (ms: number) => {
      time += ms
      if (++waits > 50) throw new Error('it was not sent again')
    }
    const before = await minedCount()
    await bringAbout({ ...context, rpc: forgetful, sleep }, account, payment())
    expect(new Set([...lost, ...sent()]).size).to.equal(1)
    expect(await minedCount()).to.equal(before + 1)
  })

  it('does not wait for ever behind an earlier one that a reorganisation undid meanwhile', async () => {
    const [earlier, later] = [payment(), payment()]
    await bringAbout(context, account, earlier)
    node.mines = false
    let waits = 0
    const sleep = async (ms: number) => {
      time += ms
      if (++waits === 1) await node.reorganise(1)
      if (waits > 50) throw new Error('it waits for ever')
    }
    const outcome = await bringAbout({ ...context, sleep }, account, later).catch((error: unknown) => error)
    expect(outcome).to.be.instanceOf(ChainUnreachable)
    expect(node.received.slice(arrived).filter(raw => raw === sent()[0])).to.have.lengthOf(2)
    node.mines = true
    await node.mine(1)
    await bringAbout(context, account, later)
    expect([await earlier.isDone(null), await later.isDone(null)]).to.deep.equal([true, true])
    expect(sent()).to.have.lengthOf(2)
  })

  it('is not sent at all when what it is for is done already', async () => {
    const intent = payment()
    await bringAbout(context, account, intent)
    arrived = node.received.length
    const before = await minedCount()
    await bringAbout(context, account, intent)
    expect(sent()).to.deep.equal([])
    expect(await minedCount()).to.equal(before)
  })

  it('is no success when it was mined and what it is for is not done', async () => {
    const intent = { ...payment(), isDone: async () => false }
    const outcome = await bringAbout(context, account, intent).then(
      () => 'done',
      (error: unknown) => error,
    )
    expect(outcome).to.be.instanceOf(ContractRevert)
    expect(await store.openTransactions()).to.deep.equal([])
  })

  it('gets a higher fee under the same number when nobody mines it', async () => {
    node.mines = false
    const intent = payment()
    let waits = 0
    const sleep = async () => {
      time += 61_000
      if (++waits === 2) node.mines = true
    }
    const before = await minedCount()
    await bringAbout({ ...context, sleep }, account, intent)
    const [first, second, ...more] = sent().map(raw => Transaction.from(raw))
    expect(more).to.have.lengthOf.at.most(1)
    expect(second!.nonce).to.equal(first!.nonce)
    expect(second!.maxFeePerGas! > first!.maxFeePerGas!).to.equal(true)
    expect(await minedCount()).to.equal(before + 1)
    expect(await store.openTransactions()).to.deep.equal([])
  })

  describe('of which a bit flipped on our disk', () => {
    /** Stores the intent's bytes without sending them, then changes the row behind the store's back. */
    async function damage(intent: Intent, sql: string): Promise<void> {
      node.mines = false
      const lost = { ...context, rpc: withoutSending(), sleep: () => Promise.reject(new Error('a crash')) }
      await bringAbout(lost, account, intent).catch(() => undefined)
      node.mines = true
      const [row] = (await store.openTransactions()).filter(({ purpose }) => purpose === intent.purpose)
      const db = new Database(path)
      expect(db.prepare(sql).run(row!.id).changes).to.equal(1)
      db.close()
      arrived = node.received.length
    }

    const withoutSending = (): Rpc => ({
      node: rpc.node,
      call: (method, params) =>
        method === 'eth_sendRawTransaction'
          ? Promise.reject(new ChainUnreachable('lost'))
          : rpc.call(method, params),
    })

    const flips: [what: string, sql: string][] = [
      [
        'in its call',
        "UPDATE transactions SET raw = substr(raw, 1, 60) || CASE substr(raw, 61, 1) WHEN '0' THEN '1' ELSE '0' END || substr(raw, 62) WHERE id = ?",
      ],
      [
        'in its signature',
        "UPDATE transactions SET raw = substr(raw, 1, length(raw) - 4) || 'beef' WHERE id = ?",
      ],
      ['so that it is none', 'UPDATE transactions SET raw = substr(raw, 1, 40) WHERE id = ?'],
      ['in its hash', "UPDATE transactions SET hash = '0x' || hex(zeroblob(32)) WHERE id = ?"],
      ['in its nonce', 'UPDATE transactions SET nonce = nonce + 64 WHERE id = ?'],
      ['in its recipient', "UPDATE transactions SET recipient = '0x' || hex(zeroblob(20)) WHERE id = ?"],
    ]
    for (const [what, sql] of flips) {
      it(`${what}, is never sent, and what it is for is signed anew`, async () => {
        const intent = payment()
        await damage(intent, sql)
        const before = await minedCount()
        await bringAbout(context, account, intent)
        expect(await minedCount()).to.equal(before + 1)
        const hashes = sent().map(raw => Transaction.from(raw))
        for (const { from, to } of hashes) {
          expect(from!.toLowerCase()).to.equal(account.address)
          expect(to!.toLowerCase()).to.equal(intent.to)
        }
        expect(await store.openTransactions()).to.deep.equal([])
      })
    }

    it('holds up nothing that comes after it', async () => {
      const first = payment()
      await damage(first, flips[0]![1])
      const second = payment()
      await bringAbout(context, account, second)
      await bringAbout(context, account, first)
      expect(await store.openTransactions()).to.deep.equal([])
    })
  })
})
