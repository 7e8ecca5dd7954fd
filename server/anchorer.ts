/**
 * The anchorer: the one loop that seals, anchors, settles and relays. Every step looks at what is there before it acts, so the
 * loop may be stopped, killed or started twice in a row at any point.
 */
import { ChainUnreachable } from './chain/rpc.ts'
import { sendUndoneAgain } from './chain/transactions.ts'
import { bringBackLostBlocks } from './continuity/lost-blocks.ts'
import { isAccepting, oldestUnanchoredSeconds } from './departments/accepting.ts'
import { refreshStandings } from './departments/standing.ts'
import { settleDueKeys } from './grants/keys.ts'
import { relayGrants } from './grants/relay.ts'
import { deliverFinal, resumeApproved } from './issuing/carry-out.ts'
import { relayOrders } from './status/relay.ts'
import { destroyExpiredCopies } from './uses/copies.ts'
import type { World } from './world.ts'
import { anchorCheckpoint, assertNotBehindChain, settleCheckpoints } from './anchoring/anchor.ts'
import { sealCheckpointWhenDue } from './anchoring/seal.ts'
import { mirrorSealed } from './recovery/mirror-log.ts'

export interface Anchorer {
  wake: () => void
  /** Lets the present round end, then rests for ever. */
  stop: () => Promise<void>
  health: () => { chainReachable: boolean; lastError: string | null }
}

/** How often the loop looks for something to do, and how long it rests after a failure. */
const LOOK_MS = 200
const LEAST_REST_MS = 10
const RETRY_MS = 2_000
const FIRST_RETRY_MS = 250
/** While blocks are only getting deeper there is no hurry. */
const SETTLE_MS = 1_000

/** One round: everything that is due now. Nothing is asked of the chain when nothing is on its way. */
export async function anchorOnce(world: World): Promise<void> {
  // First, and without the chain: files that are missing are written again, and nothing is anchored that is not mirrored.
  await mirrorSealed(world)
  await world.chain.open()
  if (world.quarantine !== null) throw world.quarantine
  await bringBackLostBlocks(world)
  await world.chain.assertSame()
  await sendUndone(world)
  await settleDueKeys(world)
  if (!isBusy(await backlog(world))) return
  await assertNotBehindChain(world, world.chain.view())
  await relayGrants(world)
  await relayOrders(world)
  for (const checkpoint of await world.store.openCheckpoints()) {
    if (checkpoint.state === 'sealed') await anchorCheckpoint(world, checkpoint)
  }
  const sealed = await sealCheckpointWhenDue(world)
  if (sealed !== null) {
    // What is on chain must be there to be brought back, whatever becomes of the database.
    await mirrorSealed(world)
    await anchorCheckpoint(world, sealed)
  }
  await settleCheckpoints(world)
  await relayOrders(world)
}

/**
 * What a reorganisation undid comes back before anything that stands on it: changes of the registry first, since nothing counts that
 * was anchored before its key and permit. The embedded chain has no reorganisations.
 */
async function sendUndone({ chain, logger }: World): Promise<void> {
  if (chain.isEmbedded) return
  for (const account of [chain.governance, chain.relayer]) {
    if (await sendUndoneAgain(chain.transactions, account))
      logger.warn('transactions undone by a reorganisation are sent again', { component: 'chain' })
  }
}

interface Backlog {
  accepted: number
  sealed: number
  checkpoints: number
  orders: number
  /** Grants and withdrawals. */
  grants: number
}

/** What is still on its way. */
async function backlog({ store }: Pick<World, 'store'>): Promise<Backlog> {
  const { accepted, sealed } = await store.logSize()
  const [checkpoints, orders] = [await store.openCheckpoints(), await store.openOrders()]
  const grants = (await store.openGrants()).length + (await store.openWithdrawals()).length
  return { accepted, sealed, checkpoints: checkpoints.length, orders: orders.length, grants }
}

const isBusy = ({ accepted, sealed, checkpoints, orders, grants }: Backlog) =>
  accepted > sealed || checkpoints > 0 || orders > 0 || grants > 0

export function startAnchorer(world: World): Anchorer {
  const stopping = new AbortController()
  const running = () => !stopping.signal.aborted
  let wakeUp: (() => void) | null = null
  let chainReachable = true
  let lastError: string | null = null

  const gauges = {
    accepted: world.metrics.gauge('onceproof_statements_accepted', 'Statements accepted in all'),
    sealed: world.metrics.gauge('onceproof_statements_sealed', 'Statements below the newest checkpoint'),
    checkpoints: world.metrics.gauge('onceproof_checkpoints_open', 'Checkpoints that are not final'),
    orders: world.metrics.gauge('onceproof_orders_open', 'Status orders that are not final'),
    grants: world.metrics.gauge(
      'onceproof_grants_open',
      'Grants and withdrawals that are not final on chain',
    ),
    unanchored: world.metrics.gauge(
      'onceproof_oldest_unanchored_seconds',
      'Age of the oldest statement that is in no block; 0 when there is none',
    ),
    accepting: world.metrics.gauge(
      'onceproof_accepting',
      '0 while the chain has been away for longer than statements are accepted without it, or nothing is deployed',
    ),
    reachable: world.metrics.gauge('onceproof_chain_reachable', '1 when the last round reached the chain'),
    lost: world.metrics.gauge(
      'onceproof_chain_lost_blocks',
      '1 while what a chain lost that was final is being brought back',
    ),
  }
  const measure = async () => {
    // Nobody asks a gateway that was taken out of service for want of a disk: it finds out by itself that the disk is well.
    await world.store.canWrite()
    const found = await backlog(world)
    const { accepted, sealed, checkpoints, orders, grants } = found
    gauges.grants.set(grants)
    gauges.accepted.set(accepted)
    gauges.sealed.set(sealed)
    gauges.checkpoints.set(checkpoints)
    gauges.orders.set(orders)
    gauges.reachable.set(chainReachable ? 1 : 0)
    gauges.lost.set(world.chain.watch.doubts === null ? 0 : 1)
    gauges.unanchored.set(await oldestUnanchoredSeconds(world))
    gauges.accepting.set(world.chain.isDeployed() && (await isAccepting(world)) ? 1 : 0)
    return found
  }

  const rest = (ms: number) =>
    new Promise<void>(resolve => {
      const timer = setTimeout(resolve, ms)
      wakeUp = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  const loop = (async () => {
    let attempt = 0
    while (running()) {
      try {
        await destroyExpiredCopies(world)
        await anchorOnce(world)
        chainReachable = true
        await deliverFinal(world)
        await resumeApproved(world)
        await refreshStandings(world)
        lastError = null
        attempt = 0
        const { accepted, sealed, checkpoints, orders, grants } = await measure()
        const onlySettling = accepted === sealed && orders === 0 && grants === 0 && checkpoints > 0
        const look = Math.max(LEAST_REST_MS, Math.min(LOOK_MS, world.config.sealAfterMs))
        if (running()) await rest(onlySettling ? SETTLE_MS : look)
      } catch (error) {
        chainReachable = !(error instanceof ChainUnreachable)
        lastError = error instanceof Error ? error.name : 'unknown'
        // A moment's fault costs a moment; a chain that is away is not asked without pause.
        const delayMs = Math.min(RETRY_MS, FIRST_RETRY_MS * 2 ** attempt)
        attempt++
        // The 1st, 2nd, 4th, 8th … failure in a row: an outage of hours is not told every two seconds.
        if (Number.isInteger(Math.log2(attempt))) {
          world.logger.warn('anchoring failed, will be tried again', { attempt, delayMs, error })
        }
        await measure().catch(() => undefined)
        if (running()) await rest(delayMs)
      }
    }
  })()

  return {
    wake: () => wakeUp?.(),
    stop: async () => {
      stopping.abort()
      wakeUp?.()
      await loop
    },
    health: () => ({ chainReachable, lastError }),
  }
}
