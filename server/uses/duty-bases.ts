/**
 * Legal bases: a department reads by duty only what a law on record lets it read, for each matter and type. They are public.
 */
import { typeOf } from '../catalogue/publish.ts'
import { departmentOf } from '../departments/admit.ts'
import { underKey } from '../http/idempotency.ts'
import { matterOf } from '../matters/matters.ts'
import type { Once } from '../store/store.ts'
import type { DutyBasis } from '../store/uses.ts'
import type { World } from '../world.ts'

/**
 * Records, replaces or (null) takes back a basis; what it is now. It counts from the next reading on, and each use says the law it was
 * made under. Refuses DEPARTMENT_NOT_FOUND, MATTER_NOT_FOUND, TYPE_NOT_FOUND.
 */
export async function recordDutyBasis(
  world: World,
  basis: Omit<DutyBasis, 'basis' | 'recordedAt'> & { basis: string | null },
  once: Once,
): Promise<DutyBasis | null> {
  const { department, matter, type } = basis
  await departmentOf(world, department)
  await matterOf(world, matter)
  await typeOf(world, type)
  await underKey(world.store, once, () => world.store.saveDutyBasis(basis))
  return world.store.dutyBasis(department, matter, type)
}
