import type { UseFilter, UseRow } from '../store/uses.ts'
import type { World } from '../world.ts'

/** One page of uses, newest first, and from where the next one goes on; null at the end. */
export async function listUses(
  world: Pick<World, 'store'>,
  filter: UseFilter,
  { before, limit = 50 }: { before?: number | undefined; limit?: number | undefined },
): Promise<{ uses: UseRow[]; before: number | null }> {
  const uses = await world.store.uses(filter, { before: before ?? null, limit })
  return { uses, before: uses.length === limit ? uses.at(-1)!.seq : null }
}
