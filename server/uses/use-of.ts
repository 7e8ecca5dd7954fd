import { Refusal } from '../../protocol/refusal.ts'
import { holdersOfCertificate } from '../holders/holders.ts'
import type { Owner } from '../http/access.ts'
import type { UseRow } from '../store/uses.ts'
import type { World } from '../world.ts'

/** Refuses USE_NOT_FOUND. */
export async function useOf(world: Pick<World, 'store'>, id: string): Promise<UseRow> {
  const found = await world.store.useById(id)
  if (found === null) throw new Refusal('USE_NOT_FOUND', 'there is no such use', { field: 'id' })
  return found
}

/** Whose a use is: the department that read, the one that issued, and the holders of the certificate. */
export async function useOwner(world: Pick<World, 'store'>, id: string): Promise<Owner> {
  const use = await useOf(world, id)
  const holders = await holdersOfCertificate(world, { seq: use.certificateSeq })
  return { departments: [use.department, use.issuer], holders }
}
