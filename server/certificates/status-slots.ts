/**
 * Places in status lists, taken from the store in blocks so that a single issue does not pay for a transaction of its own.
 * What is in hand when the gateway stops is lost, which wastes places and harms nothing: each place is given once.
 */
import { Refusal } from '../../protocol/refusal.ts'
import { currentKey } from '../departments/department-keys.ts'
import { freeListNumber, openListOnChain } from '../departments/registry.ts'
import type { StatusSlot } from '../store/store.ts'
import type { World } from '../world.ts'

const BLOCK = 64
const inHand = new WeakMap<object, Map<string, StatusSlot[]>>()

/** `count` places for certificates of this department. Opens its next list, on chain first, when the present one is full. */
export async function takeSlots(world: World, uscc: string, count: number): Promise<StatusSlot[]> {
  const pools = inHand.get(world.store) ?? new Map<string, StatusSlot[]>()
  inHand.set(world.store, pools)
  const pool = pools.get(uscc) ?? []
  pools.set(uscc, pool)
  while (pool.length < count) {
    const wanted = Math.max(count - pool.length, BLOCK)
    pool.push(...(await refill(world, uscc, wanted)))
  }
  return pool.splice(0, count)
}

async function refill(world: World, uscc: string, count: number): Promise<StatusSlot[]> {
  const lists = (await world.store.statusLists()).filter(list => list.department === uscc)
  const newest = lists.reduce((a, b) => (b.number > a.number ? b : a), lists[0] ?? none(uscc))
  const free = newest.capacity - newest.used
  // A list is never filled to the brim, so that an index says nothing about when it was given.
  const reserve = newest.capacity / 8
  if (free - reserve >= Math.min(count, newest.capacity / 2)) {
    return world.store.takeStatusSlots(uscc, Math.min(count, free - reserve))
  }
  const number = await freeListNumber(world, uscc, newest.number + 1)
  await openListOnChain(world, uscc, number, (await currentKey(world, uscc, 'authority')).name)
  await world.store.openStatusList(uscc, number)
  return refill(world, uscc, Math.min(count, newest.capacity / 2))
}

function none(uscc: string): never {
  throw new Refusal('STATUS_LIST_MISSING', 'the department has no status list', { found: uscc })
}
