/**
 * How long we accept without a chain. Who is given a promise waits for the chain; after `acceptWithoutChainSeconds` no more of them
 * are given, so that none is broken by a chain that stays away, and nobody finds a mountain in front of him when it comes back.
 */
import { Unavailable } from '../http/problem.ts'
import { nowSeconds, type World } from '../world.ts'

type AcceptingWorld = Pick<World, 'store' | 'clock' | 'config'>

/** The anchorer brings everything waiting on chain in one go: a client that asks again this much later is likely to be served. */
const RETRY_SECONDS = 30

/** Age in seconds of the oldest statement that is in no block; 0 when there is none. A clock that was set back makes nothing old. */
export async function oldestUnanchoredSeconds({
  store,
  clock,
}: Pick<World, 'store' | 'clock'>): Promise<number> {
  const acceptedAt = await store.oldestUnanchoredAt()
  return acceptedAt === null ? 0 : Math.max(0, nowSeconds({ clock }) - acceptedAt)
}

/** Whether new statements are taken now. It becomes true again by itself once what waits is in a block. */
export async function isAccepting(world: AcceptingWorld): Promise<boolean> {
  return (await oldestUnanchoredSeconds(world)) < world.config.acceptWithoutChainSeconds
}

/** `Unavailable` CHAIN_DOWN_TOO_LONG while the oldest statement has waited for the chain as long as we promise to accept without one. */
export async function assertAccepting(world: AcceptingWorld): Promise<void> {
  if (await isAccepting(world)) return
  throw downTooLong(
    'statements of long ago are not on chain yet; this one was not accepted, and nothing was changed',
  )
}

/** The same refusal for other reasons that come from a chain that has been away for too long. */
export function downTooLong(message: string): Unavailable {
  return new Unavailable('CHAIN_DOWN_TOO_LONG', RETRY_SECONDS, message)
}
