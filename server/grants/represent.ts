/** Who may consent for whom. */
import { Refusal } from '../../protocol/refusal.ts'
import type { World } from '../world.ts'

/** Refuses NOT_REPRESENTED when a person may not decide for a holder now. */
export async function assertRepresents(_world: World, person: string, holder: string): Promise<void> {
  if (person === holder) return
  throw new Refusal('NOT_REPRESENTED', 'this person may not consent for this holder')
}
