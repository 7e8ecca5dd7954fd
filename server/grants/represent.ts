/** Who may consent for whom: the matter says in which capacity, the representation whether he has it now. */
import { Refusal } from '../../protocol/refusal.ts'
import type { Party } from '../matters/definition.ts'
import { matterIn } from '../matters/matters.ts'
import { represents, type Representing } from '../representations/represents.ts'
import type { ConsentPartyRow, ConsentRequestRow } from '../store/grants.ts'
import { nowSeconds, type World } from '../world.ts'

type CapacityName = Representing['capacity']

const MAY_CONSENT: Record<Party['consent'], readonly CapacityName[]> = {
  self: ['self'],
  guardian: ['guardian'],
  self_or_guardian: ['self', 'guardian'],
  self_or_agent: ['self', 'guardian', 'agent'],
  legal_rep_or_manager: ['legal-representative', 'manager'],
}

/**
 * Refuses NOT_REPRESENTED when a person may not answer this request for this holder now: he does not represent him, not in
 * this matter or for these types, or not in a capacity that the matter wants for this party.
 */
export async function assertMayAnswer(
  world: Pick<World, 'store' | 'clock'>,
  person: string,
  holder: string,
  request: ConsentRequestRow,
  { role, items }: ConsentPartyRow,
): Promise<void> {
  const about = { matter: request.matter, types: [...new Set(items.map(({ type }) => type))] }
  const found = await represents(world, person, holder, nowSeconds(world), about)
  const matter = await matterIn(world, request.matter, request.case)
  const party = matter.parties.find(one => one.role === role)
  const wanted = party === undefined ? null : MAY_CONSENT[party.consent]
  if (found !== null && (wanted === null || wanted.includes(found.capacity))) return
  throw new Refusal('NOT_REPRESENTED', 'this person may not answer for this holder in this matter', {
    ...(wanted !== null && { expected: wanted.join(' or ') }),
    found: found?.capacity ?? 'nobody',
  })
}
