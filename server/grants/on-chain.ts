/**
 * What `GrantRegistry` says. A holder may withdraw there without us: it is asked before each use, outside the transaction that
 * counts the use, and at most every two seconds for each grant.
 */
import { fromHex, toHex } from '../../protocol/bytes.ts'
import { contractReader } from '../chain/view.ts'
import type { World } from '../world.ts'

type ChainWorld = Pick<World, 'chain'>

/** Present epoch of a chain holder. */
export async function epochOnChain(
  { chain }: ChainWorld,
  holder: Uint8Array,
  at: number | 'latest' = 'latest',
): Promise<bigint> {
  const read = contractReader(chain.rpc, chain.deployment.contracts, at)
  const [epoch] = await read('GrantRegistry', 'epochOf', [toHex(holder)])
  return epoch as bigint
}

/** Block times at which a grant was recorded and withdrawn; 0 = not. */
export async function stateOnChain(
  { chain }: ChainWorld,
  holder: Uint8Array,
  digest: Uint8Array,
  at: number | 'latest' = 'latest',
): Promise<{ grantedAt: number; withdrawnAt: number }> {
  const read = contractReader(chain.rpc, chain.deployment.contracts, at)
  const [grantedAt, withdrawnAt] = await read('GrantRegistry', 'stateOf', [toHex(holder), toHex(digest)])
  return { grantedAt: Number(grantedAt), withdrawnAt: Number(withdrawnAt) }
}

const FRESH_MS = 2_000
const asked = new WeakMap<object, Map<string, number>>()
/** More grants than are read within two seconds. */
const MOST_REMEMBERED = 10_000

/**
 * Takes over what the chain knows of a grant's end, before it is used: withdrawn there, or its epoch over. Returns with nothing
 * changed for a grant that is unknown or has ended. Rejects when the chain cannot be asked: a grant that may have been
 * withdrawn is not used.
 */
export async function refreshGrant(
  world: Pick<World, 'store' | 'chain' | 'clock'>,
  digest: string,
): Promise<void> {
  const bytes = fromHex(digest)
  const grant = bytes === null ? null : await world.store.grantByDigest(bytes)
  if (grant === null || grant.withdrawnAt !== null || grant.state === 'refused') return
  const times = asked.get(world.store) ?? new Map<string, number>()
  asked.set(world.store, times)
  const last = times.get(digest)
  const now = world.clock()
  if (last !== undefined && now - last < FRESH_MS && now >= last) return

  const [{ withdrawnAt }, epoch] = await Promise.all([
    stateOnChain(world, grant.chainHolder, grant.digest),
    epochOnChain(world, grant.chainHolder),
  ])
  if (withdrawnAt !== 0) await world.store.withdrawGrant(grant.chainHolder, grant.digest, 'chain', null)
  if (epoch > BigInt(grant.epoch)) {
    await world.store.withdrawEpoch(grant.chainHolder, Number(epoch) - 1, 'chain', null)
  }
  if (times.size >= MOST_REMEMBERED) times.clear()
  times.set(digest, now)
}
