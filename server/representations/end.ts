/** Ending a representation: at once, for everything that is asked from then on. */
import { toBase64url } from '../../protocol/bytes.ts'
import { Refusal } from '../../protocol/refusal.ts'
import type { Caller } from '../http/auth.ts'
import { holderId } from '../holders/holders.ts'
import type { RepresentationRow } from '../store/representations.ts'
import type { Once } from '../store/store.ts'
import type { World } from '../world.ts'
import { appointerOf, authorityOf } from './appoint.ts'

/** Refuses REPRESENTATION_NOT_FOUND. */
export async function representationOf(
  { store }: Pick<World, 'store'>,
  id: string,
): Promise<RepresentationRow> {
  const row = await store.representationById(id)
  if (row === null) {
    throw new Refusal('REPRESENTATION_NOT_FOUND', 'there is no such representation', { field: 'id' })
  }
  return row
}

/**
 * Ends a representation and what was appointed by it; survives a power cut when this returns, and again changes nothing. An
 * authority ends what it records; whoever may appoint may dismiss; agents, managers and operators may resign. Refuses
 * REPRESENTATION_NOT_FOUND and APPOINTMENT_NOT_ALLOWED.
 */
export async function endRepresentation(
  world: World,
  caller: Caller,
  id: string,
  once: Once,
): Promise<RepresentationRow> {
  const row = await representationOf(world, id)
  if (caller.role === 'holder' && !isResigning(world, caller, row)) {
    await appointerOf(world, caller, row.capacity)
  }
  await world.store.endRepresentation(id, caller.subject, once)
  for (const ended of [row.person, row.holder]) {
    world.events.publish(`holder:${holderId({ id: ended })}`, { event: 'representation-ended', id })
  }
  return representationOf(world, id)
}

/** What a register says of somebody, he cannot lay down here. */
function isResigning(world: World, caller: Caller, { capacity, person }: RepresentationRow): boolean {
  const isRegistered = capacity !== 'agent' && authorityOf(world, capacity) !== null
  return !isRegistered && caller.person === toBase64url(person)
}
