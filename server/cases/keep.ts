/**
 * What cases need without anybody asking: flags on certificates that changed, steps that a crash cut short, copies whose time is over.
 */
import { nowSeconds, type World } from '../world.ts'
import { finishStep } from './act.ts'

/** How long the request that began a step is left to finish it. */
const PATIENCE_SECONDS = 5

/** Flags open cases whose certificates have changed since the last call, and wakes those who watch. */
export async function flagChangedCertificates(world: Pick<World, 'store' | 'events'>): Promise<void> {
  for (const { id } of await world.store.flagChangedCertificates()) world.events.publish(`case:${id}`)
}

/**
 * Finishes steps that began to issue before this process started, or failed on the way. One that fails again is told in the log and
 * does not stop the others.
 */
export async function finishCutShort(world: World): Promise<void> {
  for (const { id, step } of await world.store.issuingCases(nowSeconds(world) - PATIENCE_SECONDS)) {
    try {
      await finishStep(world, id, step, null, null)
      world.events.publish(`case:${id}`)
    } catch (error) {
      world.logger.warn('a step of a case cannot be finished yet', { component: 'cases', error })
    }
  }
}

export async function destroyExpiredCopies(world: Pick<World, 'store' | 'clock'>): Promise<void> {
  await world.store.destroyExpiredCopies(nowSeconds(world))
}
