/**
 * A chain that is gone for good is replaced by a new one, by a deliberate act of the operator: contracts at the same addresses, so that
 * every signature that was ever given for them stays good, and everything that this gateway brought about done again in its order.
 * The order is kept and the times are not: all of it is as old as the new chain, which says so to everybody by its genesis.
 */
import { existsSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { getCreateAddress } from 'ethers'
import { CONTRACT_NAMES } from '../../protocol/chain-view.ts'
import { Refusal } from '../../protocol/refusal.ts'
import type { Deployment } from '../chain/deployment.ts'
import { readDeployment } from '../chain/deployment.ts'
import { quantityToNumber } from '../chain/rpc.ts'
import { bringAbout, secondsApart, type Account, type TransactionContext } from '../chain/transactions.ts'
import { syncDirectory } from '../store/durable-file.ts'
import type { Store, TransactionRow } from '../store/store.ts'
import type { World } from '../world.ts'
import { ordersByDigest, repeatAct } from './acts.ts'
import { bringAboutReopened, forgetLoss } from './lost-blocks.ts'

/** A renewal under way, noted so that the next start goes on where this one ends. */
export interface Renewal {
  /** Seconds since 1970, by our clock. */
  startedAt: number
  stage: 'archiving' | 'repeating'
  /** Governance's nonce at the first contract. */
  firstNonce: number
  contracts: Deployment['contracts']
  /** Former transactions up to this one belong to chains before the last. */
  after: number
  /** Transactions up to this one have been done again. */
  cursor: number
  /** Acts that took effect at another time than they were sent, by id: before which size of the log. Null: after all of it. */
  planned: Record<string, number | null>
  /** Those of them that have been done. */
  done: number[]
}

export interface Renewed {
  transactions: number
  checkpoints: number
  orders: number
  grants: number
  /** Where the old chain and its deployment file lie; null where there was none. */
  archived: { chain: string | null; deployment: string }
}

const SETTING = 'chain.renewal'
const PAGE = 500
const SAY_EVERY = 1_000
/** Contracts are deployed by the first transactions of an account. */
const MOST_NONCES = 1_000

/** The renewal that is under way; null = none. */
export async function pendingRenewal(store: Pick<Store, 'setting'>): Promise<Renewal | null> {
  const text = await store.setting(SETTING)
  return text === null || text === '' ? null : (JSON.parse(text) as Renewal)
}

/**
 * Begins a renewal, or takes up one that was begun: what came through on the old chain is former, and its folder and deployment file are
 * put aside, never deleted. Only to be called while no chain runs in the folder. Refuses RENEWAL_WITHOUT_CHAIN when nothing was ever deployed
 * here, RENEWAL_HISTORY when the store does not have the transactions from the first on (it was rebuilt), and RENEWAL_ADDRESSES when the contracts could not be at the same addresses again.
 */
export async function beginRenewal(
  store: Store,
  { dataDir, governance, clock }: { dataDir: string; governance: string; clock: () => number },
): Promise<Renewal> {
  let renewal = await pendingRenewal(store)
  if (renewal === null) {
    const deployment = readDeployment(join(dataDir, 'deployment.json'))
    if (deployment === null) {
      throw new Refusal('RENEWAL_WITHOUT_CHAIN', `there is no deployment.json in ${dataDir}`, {
        field: 'DATA_DIR',
        found: dataDir,
      })
    }
    const firstNonce = firstNonceOf(deployment, governance)
    await assertWholeHistory(store, governance, firstNonce)
    renewal = {
      startedAt: Math.floor(clock() / 1000),
      stage: 'archiving',
      firstNonce,
      contracts: deployment.contracts,
      after: await lastFormer(store),
      cursor: 0,
      planned: {},
      done: [],
    }
    await store.endChain({ name: SETTING, value: JSON.stringify(renewal) })
  }
  if (renewal.stage === 'archiving') {
    // Before anything is taken back: when it was on the old chain decides where it comes on the new one.
    const planned = await planOf(store, renewal)
    archive(dataDir, renewal)
    renewal = { ...renewal, stage: 'repeating', cursor: renewal.after, planned }
    await save(store, renewal)
  }
  return renewal
}

const asideName = (name: string, { startedAt }: Renewal) =>
  `${name}-before-${new Date(startedAt * 1000).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`

function archive(dataDir: string, renewal: Renewal): void {
  const names: [from: string, to: string][] = [
    ['chain', asideName('chain', renewal)],
    ['deployment.json', `${asideName('deployment', renewal)}.json`],
  ]
  for (const [from, to] of names) {
    if (existsSync(join(dataDir, from))) renameSync(join(dataDir, from), join(dataDir, to))
  }
  syncDirectory(dataDir)
}

/** The registry is on file as the transactions that made it and nowhere else. Refuses RENEWAL_HISTORY. */
async function assertWholeHistory(
  store: Pick<Store, 'transactionsFrom'>,
  governance: string,
  firstNonce: number,
): Promise<void> {
  const [first] = await store.transactionsFrom(governance, firstNonce)
  if (first?.nonce === firstNonce && first.purpose.startsWith('deploy:')) return
  throw new Refusal(
    'RENEWAL_HISTORY',
    'this database does not have the transactions by which departments, keys and permits were registered, so they cannot be repeated',
    {
      expected: 'a database, or a backup of one, that was there from the first day',
      found: first?.purpose ?? 'none',
    },
  )
}

/** Refuses RENEWAL_ADDRESSES when governance did not deploy the contracts one after the other. */
function firstNonceOf({ contracts }: Deployment, governance: string): number {
  const at = (nonce: number) => getCreateAddress({ from: governance, nonce }).toLowerCase()
  for (let first = 0; first < MOST_NONCES; first++) {
    if (CONTRACT_NAMES.every((name, i) => contracts[name].address === at(first + i))) return first
  }
  throw otherAddresses(governance)
}

const otherAddresses = (governance: string) =>
  new Refusal(
    'RENEWAL_ADDRESSES',
    'the contracts would have other addresses on a new chain, and every signature given for them would be void',
    { expected: `contracts that ${governance} deployed one after the other` },
  )

/** Uses up governance's nonces before that of the first contract, so that each contract gets the address that it had. */
export async function reachFirstNonce(
  context: TransactionContext,
  governance: Account,
  { firstNonce }: Renewal,
): Promise<void> {
  const counted = async () =>
    quantityToNumber(await context.rpc.call('eth_getTransactionCount', [governance.address, 'latest']))
  for (let n = await counted(); n < firstNonce; n++) {
    await bringAbout(context, governance, {
      purpose: `fill:${n}`,
      to: governance.address,
      data: '0x',
      isDone: async () => (await counted()) > n,
    })
  }
}

/** Refuses RENEWAL_ADDRESSES. */
export function assertSameAddresses({ contracts }: Renewal, deployment: Deployment): void {
  if (CONTRACT_NAMES.some(name => deployment.contracts[name].address !== contracts[name].address))
    throw otherAddresses('governance')
}

/**
 * Does everything again that came through on the old chain, in its order, and returns when it is all there; receipts name the new chain's
 * blocks from then on. After a crash at any line the next call goes on.
 */
export async function repeatHistory(
  world: World,
  renewal: Renewal,
  say: (text: string) => void,
): Promise<Renewed> {
  const { store } = world
  const untold: World = { ...world, chain: world.chain.unwatched }
  if (renewal.cursor === renewal.after) await store.reopenFrom(0)
  await forgetLoss(store)
  let state = renewal
  let transactions = 0
  const orders = await ordersByDigest(store)
  const separate = secondsApart(untold.chain.transactions, untold.chain.deployment.contracts)
  const options = { isRenewed: true, orders }

  for (;;) {
    const page = await store.formerTransactions(state.cursor, PAGE)
    for (const row of page) {
      await doPlanned(dueBefore(row))
      await separate(row)
      if (!Object.hasOwn(state.planned, String(row.id))) await repeatAct(untold, row, options)
      // Acts of the registry are few; an anchor that is done twice is a no-op.
      if (!row.purpose.startsWith('anchor:')) await note({ cursor: row.id })
      if (++transactions % SAY_EVERY === 0) say(`done again: ${transactions} transactions`)
    }
    const last = page.at(-1)
    if (last === undefined) break
    await note({ cursor: last.id })
  }
  await doPlanned(() => true)
  await bringAboutReopened(untold)
  await store.saveSetting(SETTING, '')

  const checkpoints = (await store.latestCheckpoint()) === null ? 0 : await countCheckpoints(store)
  return {
    transactions,
    checkpoints,
    orders: orders.size,
    grants: (await store.openGrants()).length,
    archived: {
      chain: existsIn(world, asideName('chain', renewal)),
      deployment: `${asideName('deployment', renewal)}.json`,
    },
  }

  async function note(change: Partial<Renewal>): Promise<void> {
    state = { ...state, ...change }
    await save(store, state)
  }

  /** What took effect before this row's checkpoint was anchored, or must be over before this permit is given. */
  function dueBefore({
    id,
    purpose,
  }: TransactionRow): (planned: TransactionRow, size: number | null) => boolean {
    const [, size] = /^anchor:(\d+)$/.exec(purpose) ?? []
    if (size !== undefined) return (_, before) => before !== null && before <= Number(size)
    const [, permit] = /^permit:([^:]+:[^:]+):/.exec(purpose) ?? []
    return planned =>
      permit !== undefined && planned.id < id && planned.purpose.startsWith(`permit-end:${permit}:`)
  }

  async function doPlanned(isDue: (row: TransactionRow, size: number | null) => boolean): Promise<void> {
    for (const [id, size] of Object.entries(state.planned)) {
      if (state.done.includes(Number(id))) continue
      const [row] = await store.formerTransactions(Number(id) - 1, 1)
      if (row === undefined || !isDue(row, size) || !(await isRegistered(untold, row))) continue
      await repeatAct(untold, row, options)
      await note({ done: [...state.done, Number(id)] })
    }
  }
}

/** A key must be there before it can end; what names no key has nothing to wait for. */
async function isRegistered({ chain }: World, { purpose }: TransactionRow): Promise<boolean> {
  const [, keyId] = /^(?:retire|compromise):(0x[0-9a-f]{64}):/.exec(purpose) ?? []
  return keyId === undefined || (await chain.view().keyOf(keyId)) !== null
}

/**
 * Where ends that lie in the past come: before the first checkpoint that was anchored when they had taken effect. A declaration that a
 * key was in wrong hands reaches back, an end of a key or a permit was announced ahead.
 */
async function planOf(store: Store, renewal: Renewal): Promise<Record<string, number | null>> {
  const planned: Record<string, number | null> = {}
  for (let cursor = renewal.after; ;) {
    const page = await store.formerTransactions(cursor, PAGE)
    for (const { id, purpose } of page) {
      const end = endIn(purpose)
      if (end !== null && end <= renewal.startedAt) planned[String(id)] = await store.firstAnchoredSince(end)
      cursor = id
    }
    if (page.length === 0) return planned
  }
}

function endIn(purpose: string): number | null {
  const [kind, ...parts] = purpose.split(':')
  if (kind === 'compromise') return Number(parts[1])
  if (kind === 'permit-end') return Number(parts[2])
  // What a key signed in time may be anchored until the second of the two.
  return kind === 'retire' ? Number(parts[2]) || Number(parts[1]) : null
}

async function lastFormer(store: Store): Promise<number> {
  let last = 0
  for (;;) {
    const page = await store.formerTransactions(last, PAGE)
    if (page.length === 0) return last
    last = page.at(-1)!.id
  }
}

async function countCheckpoints(store: Store): Promise<number> {
  let [count, size] = [0, 0]
  for (;;) {
    const page = await store.checkpoints(size, PAGE)
    if (page.length === 0) return count
    count += page.length
    size = page.at(-1)!.size
  }
}

const existsIn = ({ config }: World, name: string): string | null =>
  existsSync(join(config.dataDir, name)) ? name : null

const save = (store: Store, renewal: Renewal) => store.saveSetting(SETTING, JSON.stringify(renewal))
