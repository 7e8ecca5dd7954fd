/**
 * A chain that lost blocks (a journal restored from an older copy, a disk that lied, a reorganisation deeper than anybody counts
 * on): found by comparing what this gateway holds as done with what the chain has, said loudly, and brought back by doing it again.
 * Nobody is told anything by such a chain meanwhile (`server/chain/watch.ts`).
 */
import { anchorCheckpoint, settleCheckpoints } from '../anchoring/anchor.ts'
import { statementState } from '../anchoring/receipts.ts'
import { quantityToNumber, toQuantity, ChainUnreachable } from '../chain/rpc.ts'
import { sendLostAgain } from '../chain/transactions.ts'
import { blockAt } from '../chain/view.ts'
import type { ChainWatch } from '../chain/watch.ts'
import { forgetStandings } from '../departments/standing.ts'
import { relayGrants } from '../grants/relay.ts'
import { relayOrders } from '../status/relay.ts'
import type { World } from '../world.ts'
import { ordersByDigest, repeatAct } from './acts.ts'

/** What the chain no longer has, as it was first seen. */
export interface Loss {
  /** Seconds since 1970, by our clock. */
  foundAt: number
  /** The first block that may be another one now; everything noted of it or later is done again. */
  from: number
  why: string
}

const SETTING = 'chain.lost'
/** How long a node of a network may lag behind what another of its kind told us before that counts as a loss. */
const BEHIND_MS = 60_000
const LOOK_AGAIN_MS = 250

/**
 * Looks whether the chain has what was told to be final and, if it has not, brings it back: returns when all is there again, with its
 * new blocks noted, and the chain is trusted again. A crash at any line is taken up by the next call. Rejects when the chain cannot
 * be asked; until a call returns, nobody relies on the chain.
 */
export async function bringBackLostBlocks(
  world: World,
  say: (text: string) => void = () => undefined,
): Promise<void> {
  const { store, logger } = world
  const { watch } = world.chain
  const untold: World = { ...world, chain: world.chain.unwatched }
  const known = await pendingLoss(store)
  const found = await findLoss(untold)
  // While it is brought back the chain may lose more.
  const loss = known === null || (found !== null && found.from < known.from) ? found : known
  if (loss === null) {
    // A head that went back and took nothing of ours along.
    if (watch.doubts !== null) watch.trust()
    return
  }
  watch.doubt(loss.why)
  const what = `the chain lost blocks from ${loss.from} on: ${loss.why}`
  logger.error('the chain lost blocks; what they held is being brought back', {
    code: 'CHAIN_LOST_BLOCKS',
    blockNumber: loss.from,
  })
  say(`WARNING: ${what}. What they held is being brought back; verification is undetermined until then`)
  if (loss !== known) await store.saveSetting(SETTING, JSON.stringify(loss))

  const reopened = await store.reopenFrom(loss.from)
  const { transactions, governance, relayer, deployment } = untold.chain
  const { sent, refused } = await sendLostAgain(transactions, [governance, relayer], deployment.contracts)
  const orders = await ordersByDigest(store)
  for (const row of refused) {
    logger.warn('a stored transaction is not good as it is any more', {
      component: row.purpose,
      hash: row.hash,
    })
    await repeatAct(untold, row, { orders })
  }
  await bringAboutReopened(untold)
  const still = await findLoss(untold)
  if (still !== null)
    throw new ChainUnreachable(`the chain loses blocks while they are brought back: ${still.why}`)

  await forgetLoss(store)
  await forgetStandings(world)
  watch.trust()
  const count = sent + refused.length
  logger.error('the chain is whole again; receipts name its new blocks', { code: 'CHAIN_WHOLE_AGAIN', count })
  say(
    `the chain is whole again: ${count} transactions, ${reopened.checkpoints} checkpoints, ${reopened.orders} status orders, ` +
      `${reopened.grants} grants; receipts name their new blocks`,
  )
}

/** The loss that is being made good; null = none. */
export async function pendingLoss(store: World['store']): Promise<Loss | null> {
  const text = await store.setting(SETTING)
  return text === null || text === '' ? null : (JSON.parse(text) as Loss)
}

/** To be called when another chain takes the place of the one that lost something. */
export const forgetLoss = (store: Pick<World['store'], 'saveSetting'>): Promise<void> =>
  store.saveSetting(SETTING, '')

/** Compares what was told to be done with the chain at its present head. */
async function findLoss(world: World): Promise<Loss | null> {
  const { store, chain } = world
  // What we hold comes first and the head after: what is settled while we ask is in a later block, and nothing is lost.
  const final = await store.newestFinal()
  const settled: { address: string; nonce: number }[] = []
  for (const { address } of chain.isEmbedded ? [chain.governance, chain.relayer] : []) {
    const nonce = await store.highestSettledNonce(address)
    if (nonce !== null) settled.push({ address, nonce })
  }
  const [genesis, head] = await Promise.all([blockAt(chain.rpc, 0), blockAt(chain.rpc, 'latest')])
  // Another chain altogether is no chain that lost blocks: `assertSame` says so.
  if (genesis.hash !== chain.deployment.chain.genesis) return null
  const found = async (why: string): Promise<Loss> => ({
    foundAt: Math.floor(world.clock() / 1000),
    from: await firstLostBlock(world, final?.size ?? 0),
    why,
  })

  if (final?.block != null) {
    const { number, hash } = final.block
    if (head.number < number) {
      if (!chain.isEmbedded && !hasLaggedLong(world)) {
        throw new ChainUnreachable(`the node is at block ${head.number}, behind block ${number}`)
      }
      return found(
        `checkpoint ${final.size} was final in block ${number}, and the chain ends at ${head.number}`,
      )
    }
    behindSince.delete(chain.watch)
    if ((await hashAt(world, number)) !== hash) {
      return found(`checkpoint ${final.size} was final in block ${number} ${hash}, and that block is another`)
    }
  }
  // On an embedded chain are no reorganisations: what was settled is in a block, be it only a change of the registry.
  for (const { address, nonce } of settled) {
    const counted = quantityToNumber(
      await chain.rpc.call('eth_getTransactionCount', [address, toQuantity(head.number)]),
    )
    if (counted <= nonce) {
      return found(`transaction ${nonce} of ${address} was in a block, and the chain has ${counted}`)
    }
  }
  return null
}

const behindSince = new WeakMap<ChainWatch, number>()

function hasLaggedLong({ chain, clock }: World): boolean {
  const since = behindSince.get(chain.watch) ?? clock()
  behindSince.set(chain.watch, since)
  return clock() - since > BEHIND_MS
}

async function hashAt({ chain }: World, number: number): Promise<string | null> {
  const block = await chain.rpc.call<{ hash?: unknown } | null>('eth_getBlockByNumber', [
    toQuantity(number),
    false,
  ])
  return typeof block?.hash === 'string' ? block.hash.toLowerCase() : null
}

/**
 * The block after that of the newest final checkpoint which is where it was; found in O(log n) questions. One that is anchored only may be
 * on the chain as it is now, though final ones before it are not.
 */
async function firstLostBlock(world: World, finalSize: number): Promise<number> {
  let [low, high] = [0, finalSize]
  let from = 0
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    const checkpoint = await world.store.anchoredCovering(middle)
    const block = checkpoint?.block
    if (checkpoint !== null && block != null && (await hashAt(world, block.number)) === block.hash) {
      from = Math.max(from, block.number + 1)
      low = checkpoint.size
    } else high = middle
  }
  return from
}

/** Relays and anchors until nothing that was taken back waits for a block. What comes meanwhile holds nothing up. */
export async function bringAboutReopened(world: World): Promise<void> {
  const { store, chain } = world
  const orders = await waitingOrders(world)
  for (;;) {
    for (const checkpoint of await store.openCheckpoints()) {
      if (checkpoint.state === 'sealed') await anchorCheckpoint(world, checkpoint)
    }
    await settleCheckpoints(world)
    await relayGrants(world)
    await relayOrders(world)
    const waiting = (await store.openCheckpoints()).some(({ state }) => state === 'sealed')
    const still = await waitingOrders(world)
    if (!waiting && ![...orders].some(seq => still.has(seq))) return
    await chain.transactions.sleep(LOOK_AGAIN_MS)
  }
}

/** Orders that are to be executed. One that waits for a statement which no checkpoint covers yet was never on chain. */
async function waitingOrders(world: World): Promise<Set<number>> {
  const waiting = new Set<number>()
  for (const { seq, state, afterSeq } of await world.store.openOrders()) {
    if (state !== 'accepted') continue
    if (afterSeq === null || (await statementState(world, afterSeq)).state !== 'accepted') waiting.add(seq)
  }
  return waiting
}
