/**
 * Transactions: signed bytes are stored before they are sent, the same bytes are sent again after anything, and the
 * contract's state, not a receipt, says whether the purpose is done.
 *
 * After a crash: before storing, nothing happened; after storing, the same bytes go out again and the node recognises them. Bytes that
 * were altered on our disk meanwhile are given up, never sent, and the intent is signed anew.
 * One gateway sends for one account at a time (the data folder's lock), so nonces come from the store.
 */
import { getBytes, Signature, Transaction } from 'ethers'
import { toHex } from '../../protocol/bytes.ts'
import { errorName } from './contracts.ts'
import { blockAt, ContractRevert, revertData, type Addresses } from './view.ts'
import {
  ChainUnreachable,
  quantityToBigInt,
  quantityToNumber,
  RpcFailure,
  toQuantity,
  type Rpc,
} from './rpc.ts'
import { failPoint } from '../store/fail-points.ts'
import type { Store, TransactionRow } from '../store/store.ts'

export interface TransactionContext {
  rpc: Rpc
  store: Pick<Store, 'storeTransaction' | 'openTransactions' | 'transactionsFrom' | 'settleTransactions'>
  chainId: number
  /** Milliseconds since 1970. */
  clock: () => number
  /** Waits; rejects when nobody wants to wait any longer. What is on file then is taken up by the next try. */
  sleep: (ms: number) => Promise<void>
}

export interface Account {
  /** 0x-hex, lower-case. */
  address: string
  /** r ‖ s ‖ v (65 bytes, low s) over a 32-byte digest. */
  signDigest: (digest: Uint8Array) => Promise<Uint8Array>
}

export interface Intent {
  /** Stable name of what is wanted, e.g. `anchor:4096`. */
  purpose: string
  to: string | null
  data: string
  value?: bigint
  /** Asks the contract whether it is done, whoever did it. `nonce` is that of the attempt on file, if any. */
  isDone: (nonce: number | null) => Promise<boolean>
}

/** How long one attempt may stay unmined before its fee is raised, and how often the chain is asked meanwhile. */
const REPLACE_AFTER_MS = 60_000
const POLL_MS = 250
const CONTRADICTED_MS = 10_000
const MAX_FEE_GROWTH = 64n
/**
 * Every one of our calls needs less than this and a deployment says more; what is not used is not paid. So a node that estimates on
 * another state than it executes on makes no call run out of gas.
 */
const LEAST_GAS = 500_000n

const queues = new WeakMap<object, Map<string, Promise<unknown>>>()

/**
 * Brings about the intent, once, and returns when the contract says that it is done. Rejects with `ContractRevert` when the
 * contract refuses it (nothing is left pending), and with `ChainUnreachable` when the chain cannot be asked (the stored bytes
 * stay and are sent by the next try). Intents of one account run one after the other.
 */
export function bringAbout(context: TransactionContext, account: Account, intent: Intent): Promise<void> {
  const accounts = queues.get(context.store) ?? new Map<string, Promise<unknown>>()
  queues.set(context.store, accounts)
  const before = accounts.get(account.address) ?? Promise.resolve()
  const mine = before
    .catch(() => undefined)
    .then(() => bringAboutAlone(context, account, intent))
    .catch((error: unknown) => {
      // The node will not or cannot now: what is on file is taken up by the next try.
      if (error instanceof RpcFailure)
        throw new ChainUnreachable(`${intent.purpose}: ${error.message.slice(0, 200)}`)
      throw error
    })
  accounts.set(account.address, mine)
  return mine
}

async function bringAboutAlone(context: TransactionContext, account: Account, intent: Intent): Promise<void> {
  const { store } = context
  let attempt = await openAttempt(context, intent.purpose)
  // Look before sending: another sender, or our own self before a crash, may have done it.
  if (await intent.isDone(attempt?.nonce ?? null)) return store.settleTransactions(intent.purpose, 'settled')

  if (attempt !== null && (!isAsStored(attempt, intent) || (await isSpent(context, account, attempt)))) {
    // Damaged on our disk: these bytes were never signed for this. Or its nonce went to other bytes (a chain restored from elsewhere,
    // a key used elsewhere): these can never be mined.
    await store.settleTransactions(intent.purpose, 'abandoned')
    attempt = null
  }
  attempt ??= await storeAttempt(context, account, intent, null)
  let since = context.clock()
  let isOnItsWay = await send(context, account, attempt)
  for (;;) {
    if (await intent.isDone(attempt.nonce)) {
      failPoint('after-mined')
      return store.settleTransactions(intent.purpose, 'settled')
    }
    const mined = await receiptOf(context, intent.purpose)
    // A success that the contract's state does not show is asked about for a while: the two may come from nodes that are not equally far.
    const isContradicted = mined === true && msSince(context, since) <= CONTRADICTED_MS
    if (mined !== null && !isContradicted) {
      if (await intent.isDone(attempt.nonce)) return store.settleTransactions(intent.purpose, 'settled')
      await store.settleTransactions(intent.purpose, 'settled')
      throw await reasonOf(context, account, intent)
    }
    if (isContradicted) {
      await context.sleep(POLL_MS)
      continue
    }
    if (!isOnItsWay || (await isSpent(context, account, attempt))) {
      if (await intent.isDone(attempt.nonce)) return store.settleTransactions(intent.purpose, 'settled')
      if ((await receiptOf(context, intent.purpose)) !== null) continue
      await store.settleTransactions(intent.purpose, 'abandoned')
      attempt = await storeAttempt(context, account, intent, null)
      since = context.clock()
      isOnItsWay = await send(context, account, attempt)
      continue
    }
    await context.sleep(POLL_MS)
    // Behind one that is in no block any more this one would wait for ever.
    await waitForEarlier(context, account)
    if (msSince(context, since) > REPLACE_AFTER_MS) {
      attempt = await storeAttempt(context, account, intent, attempt)
      since = context.clock()
    }
    isOnItsWay = await send(context, account, attempt)
  }
}

/** A clock that was set back makes nobody wait until it has caught up. */
const msSince = ({ clock }: Pick<TransactionContext, 'clock'>, since: number) => Math.abs(clock() - since)

export interface SentAgain {
  /** Transactions that are in blocks again. */
  sent: number
  /** Those that could not be sent as they are, or that the contract refuses now, oldest first: their time has passed, say. */
  refused: TransactionRow[]
}

/**
 * Sends again, as they are and in the order in which they were signed, all stored transactions of nonces that the chain does not
 * have: what a chain that lost its last blocks needs to be as it was, under the same hashes. Whether a checkpoint came before a change of
 * the registry is told by seconds, so where one followed the other it does so again. After a crash the next call goes on.
 */
export async function sendLostAgain(
  context: TransactionContext,
  accounts: readonly Account[],
  contracts: Addresses,
): Promise<SentAgain> {
  const next = new Map<string, number>()
  const lost: TransactionRow[] = []
  for (const account of accounts) {
    const counted = await countOf(context, account)
    next.set(account.address, counted)
    const kept = await context.store.transactionsFrom(account.address, counted)
    // Of several attempts with one nonce the last pays the most.
    lost.push(...kept.filter((row, i) => kept[i + 1]?.nonce !== row.nonce))
  }
  const result: SentAgain = { sent: 0, refused: [] }
  const separate = secondsApart(context, contracts)
  for (const row of lost.sort((a, b) => a.id - b.id)) {
    await separate(row)
    const follows = row.nonce === next.get(row.from)
    const succeeded = follows ? await mineAgain(context, row) : null
    if (succeeded !== null) {
      next.set(row.from, row.nonce + 1)
      result.sent += 1
    }
    if (succeeded !== true) result.refused.push(row)
  }
  return result
}

/** To be called before each of many transactions: waits before a change of the registry that follows a checkpoint of the same second. */
export function secondsApart(
  { rpc, clock, sleep }: Pick<TransactionContext, 'rpc' | 'clock' | 'sleep'>,
  { DepartmentRegistry, AnchorLog }: Addresses,
): (row: Pick<TransactionRow, 'to'>) => Promise<void> {
  let hasAnchored = false
  return async ({ to }) => {
    const address = to?.toLowerCase()
    if (address === AnchorLog.address) hasAnchored = true
    if (address !== DepartmentRegistry.address || !hasAnchored) return
    const { time } = await blockAt(rpc, 'latest')
    while (Math.floor(clock() / 1000) <= time) await sleep(POLL_MS)
    hasAnchored = false
  }
}

/**
 * Sends stored bytes and waits for their block: whether they succeeded there. Null when the node will not have them as they are, or
 * other bytes have taken their nonce.
 */
async function mineAgain(context: TransactionContext, row: TransactionRow): Promise<boolean | null> {
  if (!isAsStored(row, null)) return null
  let isOnItsWay = true
  try {
    await context.rpc.call('eth_sendRawTransaction', [row.raw])
  } catch (error) {
    if (!(error instanceof RpcFailure)) throw error
    isOnItsWay = /known|already|imported/i.test(error.message)
  }
  const since = context.clock()
  for (;;) {
    const succeeded = await statusOf(context, row)
    if (succeeded !== null) return succeeded
    if (!isOnItsWay || msSince(context, since) > REPLACE_AFTER_MS) return null
    await context.sleep(POLL_MS)
  }
}

/**
 * Settles what is on file with a nonce that the chain has used: done by these bytes, or abandoned because it went to others that this store
 * does not know (it is an older copy). Nothing of it is sent again.
 */
export async function settleSpent(context: TransactionContext): Promise<void> {
  for (const attempt of await context.store.openTransactions()) {
    const counted = await countOf(context, { address: attempt.from })
    if (counted <= attempt.nonce) continue
    const mined = await receiptOf(context, attempt.purpose)
    await context.store.settleTransactions(attempt.purpose, mined === null ? 'abandoned' : 'settled')
  }
}

/** The newest attempt on file for a purpose. */
async function openAttempt(context: TransactionContext, purpose: string): Promise<TransactionRow | null> {
  const open = await context.store.openTransactions()
  return open.filter(row => row.purpose === purpose).at(-1) ?? null
}

/**
 * Sends the stored bytes, after all those of lower nonces that the chain does not have: one that is on file (of another intent, that
 * has not come through; or settled, and then undone by a reorganisation) goes out again as it is, since ours can only follow it.
 * False when one is on no file: then ours can never be mined.
 */
async function send(
  context: TransactionContext,
  account: Account,
  attempt: TransactionRow,
): Promise<boolean> {
  const counted = await countOf(context, account)
  if (counted < attempt.nonce) {
    const kept = await context.store.transactionsFrom(account.address, counted)
    for (let nonce = counted; nonce < attempt.nonce; nonce++) {
      const earlier = kept.filter(row => row.nonce === nonce).at(-1)
      if (earlier === undefined) return false
      if (!isAsStored(earlier, null)) {
        // Its intent signs anew when its turn comes; ours is signed anew at once.
        await context.store.settleTransactions(earlier.purpose, 'abandoned')
        return false
      }
      await sendBytes(context, earlier)
    }
  }
  await sendBytes(context, attempt)
  failPoint('after-send')
  return true
}

/**
 * Whether the row is what was signed once: its bytes have this hash, sender, nonce and recipient, and, with an intent, call what the
 * intent calls. A bit that flipped on our disk since then is noticed before anything is sent.
 */
function isAsStored(row: TransactionRow, intent: Intent | null): boolean {
  let signed: Transaction
  try {
    signed = Transaction.from(row.raw)
  } catch {
    return false
  }
  const { hash, from, nonce, to, data } = signed
  const lower = (address: string | null) => address?.toLowerCase() ?? null
  const isWhole = hash === row.hash && lower(from) === row.from && nonce === row.nonce
  if (!isWhole || lower(to) !== lower(row.to)) return false
  // Arguments may differ from those of today: a deadline, a proof from an older head.
  return (
    intent === null || (lower(to) === lower(intent.to) && data.startsWith(intent.data.slice(0, SELECTOR)))
  )
}

/** 0x and four bytes: which function is called. */
const SELECTOR = 10

/** The chain has mined this nonce. */
async function isSpent(
  context: TransactionContext,
  account: Account,
  attempt: TransactionRow,
): Promise<boolean> {
  return (await countOf(context, account)) > attempt.nonce
}

/** Transactions of the account that are in blocks: the lowest nonce that is not. */
async function countOf({ rpc }: TransactionContext, account: Pick<Account, 'address'>): Promise<number> {
  return quantityToNumber(await rpc.call('eth_getTransactionCount', [account.address, 'latest']))
}

/** Status of whichever attempt of the purpose is in a block. */
async function receiptOf(context: TransactionContext, purpose: string): Promise<boolean | null> {
  const attempts = (await context.store.openTransactions()).filter(row => row.purpose === purpose)
  for (const attempt of attempts) {
    const succeeded = await statusOf(context, attempt)
    if (succeeded !== null) return succeeded
  }
  return null
}

/** Whether a transaction succeeded; null while it is in no block. */
async function statusOf({ rpc }: TransactionContext, { hash }: TransactionRow): Promise<boolean | null> {
  const receipt = await rpc.call<{ status?: unknown; transactionHash?: unknown } | null>(
    'eth_getTransactionReceipt',
    [hash],
  )
  if (receipt === null) return null
  if (String(receipt.transactionHash).toLowerCase() !== hash.toLowerCase())
    throw new ChainUnreachable('the node answers with no receipt, or another')
  return quantityToNumber(receipt.status) === 1
}

/**
 * Signs the intent and stores the bytes. A replacement keeps the nonce and the gas, and pays at least an eighth more: an estimate
 * would be made on top of what it replaces, where the intent is done already and costs little or is refused.
 */
async function storeAttempt(
  context: TransactionContext,
  account: Account,
  intent: Intent,
  replaces: TransactionRow | null,
): Promise<TransactionRow> {
  const { rpc, store, chainId } = context
  const call = {
    from: account.address,
    to: intent.to ?? undefined,
    data: intent.data,
    value: toQuantity(intent.value ?? 0n),
  }
  const previous = replaces === null ? null : Transaction.from(replaces.raw)
  const gasLimit = previous?.gasLimit ?? (await gasFor(context, account, intent, call))
  const fees = await currentFees(rpc)
  const bumped = (fee: bigint, old: bigint | null | undefined): bigint => {
    const least = old ? old + old / 8n + 1n : 0n
    return fee > least ? fee : least
  }
  const maxFeePerGas = bumped(fees.maxFee, previous?.maxFeePerGas)
  if (maxFeePerGas > (fees.maxFee + 1n) * MAX_FEE_GROWTH && replaces !== null) return replaces
  const transaction = Transaction.from({
    type: 2,
    chainId,
    nonce: replaces?.nonce ?? (await nextNonce(context, account)),
    to: intent.to,
    data: intent.data,
    value: intent.value ?? 0n,
    gasLimit,
    maxFeePerGas,
    maxPriorityFeePerGas: bumped(fees.priority, previous?.maxPriorityFeePerGas),
  })
  failPoint('before-sign')
  transaction.signature = Signature.from(toHex(await account.signDigest(getBytes(transaction.unsignedHash))))
  const stored = await store.storeTransaction({
    from: account.address,
    purpose: intent.purpose,
    nonce: transaction.nonce,
    raw: transaction.serialized,
    hash: transaction.hash!,
    to: intent.to,
    createdAt: Math.floor(context.clock() / 1000),
  })
  failPoint('after-transaction-stored')
  return stored
}

/**
 * The lowest nonce that the chain does not have and that is on no file. What was settled and is not in the chain's count was undone by a
 * reorganisation, or the node lags: either way its number is taken, and its bytes go out again.
 */
async function nextNonce(context: TransactionContext, account: Account): Promise<number> {
  const counted = await countOf(context, account)
  const taken = new Set(
    (await context.store.transactionsFrom(account.address, counted)).map(row => row.nonce),
  )
  let next = counted
  while (taken.has(next)) next++
  return next
}

async function currentFees(rpc: Rpc): Promise<{ maxFee: bigint; priority: bigint }> {
  const block = await rpc.call<{ baseFeePerGas?: unknown } | null>('eth_getBlockByNumber', ['latest', false])
  if (typeof block !== 'object' || block === null) throw new ChainUnreachable('the node has no newest block')
  const base = block.baseFeePerGas === undefined ? 0n : quantityToBigInt(block.baseFeePerGas)
  const price = quantityToBigInt(await rpc.call('eth_gasPrice', []))
  const priority = price > base ? price - base : 0n
  return { maxFee: base * 2n + priority, priority }
}

/** Gas to allow. What the contract refuses is refused here, unless the same call goes through when it is run: then the node contradicts itself. */
async function gasFor(
  context: TransactionContext,
  account: Account,
  intent: Intent,
  call: object,
): Promise<bigint> {
  try {
    const estimated = quantityToBigInt(await context.rpc.call('eth_estimateGas', [call]))
    const allowed = (estimated * 5n) / 4n
    return allowed > LEAST_GAS || intent.to === null ? allowed : LEAST_GAS
  } catch (error) {
    const refused = asRevert(error)
    if (!(refused instanceof ContractRevert)) throw refused
    await waitForEarlier(context, account)
    const reason = await reasonOf(context, account, intent)
    if (reason instanceof ContractRevert && reason.error === refused.error) throw refused
    throw new ChainUnreachable('the node contradicts itself about what the contract refuses')
  }
}

/**
 * What was undone by a reorganisation may be what ours stands on (the list of an order, the admission of a department): it is sent
 * again, and nothing is concluded before it is in a block. Rejects when it is not.
 */
async function waitForEarlier(context: TransactionContext, account: Account): Promise<void> {
  if (!(await sendUndoneAgain(context, account))) return
  throw new ChainUnreachable('what came before was undone by a reorganisation and is on its way again')
}

/**
 * Sends again, as they are, the settled transactions that are not in the chain's count: a reorganisation undid them. Does not wait for
 * them. Whether there were any.
 */
export async function sendUndoneAgain(context: TransactionContext, account: Account): Promise<boolean> {
  const counted = await countOf(context, account)
  const kept = await context.store.transactionsFrom(account.address, counted)
  let next = counted
  let wasUndone = false
  for (;;) {
    const row = kept.filter(({ nonce }) => nonce === next).at(-1)
    if (row === undefined) return wasUndone
    wasUndone ||= row.state === 'settled'
    if (wasUndone && isAsStored(row, null)) await sendBytes(context, row)
    next++
  }
}

/** Why the contract refuses the intent, asked by running it without sending. */
async function reasonOf(context: TransactionContext, account: Account, intent: Intent): Promise<Error> {
  try {
    await context.rpc.call('eth_call', [
      { from: account.address, to: intent.to, data: intent.data },
      'latest',
    ])
    return new ContractRevert(intent.purpose, 'transaction', null)
  } catch (error) {
    return asRevert(error) as Error
  }
}

function asRevert(error: unknown): unknown {
  if (!(error instanceof RpcFailure)) return error
  const name = errorName(revertData(error.data))
  return name === null && !/revert/i.test(error.message)
    ? error
    : new ContractRevert('contract', 'call', name)
}

/** Sends the stored bytes. What a node says of bytes it knows already is no failure; the contract's state decides. */
async function sendBytes({ rpc }: TransactionContext, attempt: TransactionRow): Promise<void> {
  try {
    await rpc.call('eth_sendRawTransaction', [attempt.raw])
  } catch (error) {
    const known = /known|already|nonce too low|nonce_too_low|underpriced|imported/i
    if (!(error instanceof RpcFailure) || !known.test(error.message)) throw error
  }
}
