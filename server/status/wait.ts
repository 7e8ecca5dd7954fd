import type { StatusChangeRow } from '../store/store.ts'
import type { World } from '../world.ts'

/** How long an order's answer waits for the chain before it says "accepted, not on chain yet". */
const WAIT_MS = 10_000
const LOOK_EVERY_MS = 20

/**
 * The order as it stands once the chain has executed or refused it, or after a while. Whoever is told "executed" may rely on
 * every later verification seeing it.
 */
export async function waitForOrder(
  world: Pick<World, 'store'>,
  order: StatusChangeRow,
): Promise<StatusChangeRow> {
  let latest = order
  for (let waited = 0; latest.state === 'accepted' || latest.state === 'sent'; waited += LOOK_EVERY_MS) {
    if (waited >= WAIT_MS) return latest
    await new Promise(resolve => setTimeout(resolve, LOOK_EVERY_MS))
    latest = (await world.store.statusChangeBySeq(order.seq))!
  }
  return latest
}
