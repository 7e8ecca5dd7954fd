/**
 * Copies of what was handed out for a use. The gateway keeps none by itself; a case keeps those that it adopted, encrypted under a key
 * of their own, and when their time is over the key is destroyed and the day noted.
 */
import { assertNotWithheld } from '../certificates/read.ts'
import { openDocument, sealDocument } from '../keys/sealing.ts'
import { departmentOf } from '../departments/admit.ts'
import type { UseRow } from '../store/uses.ts'
import { nowSeconds, type World } from '../world.ts'

type CopyWorld = Pick<World, 'store' | 'keys'>

/**
 * Keeps a copy for the department that read, until `expiresAt` and never longer than the use allows. It survives a power cut when
 * this resolves. Refuses COPY_GONE when the time is over, the certificate was erased, or a copy is kept already.
 */
export async function keepCopy(
  world: CopyWorld,
  use: Pick<UseRow, 'id' | 'department'>,
  content: Uint8Array,
  expiresAt: number,
): Promise<void> {
  const { uscc } = await departmentOf(world, use.department)
  const sealed = sealDocument(await world.keys.kek(uscc), nameOf(uscc, use.id), content)
  await world.store.keepCopy(use.id, sealed, expiresAt)
}

/** The copy that is kept for a use; null when there is none, or no longer. Refuses WITHHELD. */
export async function openCopy(
  world: CopyWorld,
  use: Pick<UseRow, 'id' | 'department' | 'certificateSeq'>,
): Promise<Uint8Array | null> {
  await assertNotWithheld(world, { seq: use.certificateSeq })
  const sealed = await world.store.copyOf(use.id)
  if (sealed === null) return null
  const { uscc } = await departmentOf(world, use.department)
  return openDocument(await world.keys.kek(uscc), nameOf(uscc, use.id), sealed)
}

/** Destroys every kept copy whose time is over. Safe to run at any time and again. */
export async function destroyExpiredCopies(world: Pick<World, 'store' | 'clock' | 'logger'>): Promise<void> {
  const count = await world.store.destroyExpiredCopies(nowSeconds(world))
  if (count > 0) world.logger.info('copies destroyed', { count })
}

const nameOf = (department: string, useId: string) => ({ department, id: `copy:${useId}` })
