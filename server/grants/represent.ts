/** Who may consent for whom. */
import { assertRepresents as assertRepresentsAt, type About } from '../representations/represents.ts'
import { nowSeconds, type World } from '../world.ts'

/** Refuses NOT_REPRESENTED when a person may not decide this for a holder now. */
export async function assertRepresents(
  world: Pick<World, 'store' | 'clock'>,
  person: string,
  holder: string,
  about: About = {},
): Promise<void> {
  await assertRepresentsAt(world, person, holder, nowSeconds(world), about)
}
