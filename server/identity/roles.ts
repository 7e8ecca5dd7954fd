/**
 * Which roles a person may take: what his account is assigned to, and that of a holder for whoever the provider gave a number.
 */
import { Refusal } from '../../protocol/refusal.ts'
import type { AssignmentRow, SessionRow, TakenRole } from '../store/identity.ts'
import { nowSeconds, type World } from '../world.ts'

/** Somebody for whom a person may act, and as what (`guardian`, `legalRepresentative`, …). */
export interface ActingOption {
  readonly holder: string
  readonly capacity: string
}

/** For whom a person (id of a holder) may act now. */
export type ActingFor = (world: World, person: string) => Promise<readonly ActingOption[]>

export const GUEST: TakenRole = { role: 'guest', department: null, holder: null }

export interface RoleOptions {
  readonly assignments: readonly AssignmentRow[]
  /** null for whoever is no holder himself. */
  readonly person: string | null
  readonly actingFor: readonly ActingOption[]
}

export async function roleOptions(
  world: World,
  { account, person }: Pick<SessionRow, 'account' | 'person'>,
  actingFor: ActingFor,
): Promise<RoleOptions> {
  return {
    assignments: await world.store.assignmentsOf(account, nowSeconds(world)),
    person,
    actingFor: person === null ? [] : await actingFor(world, person),
  }
}

export function mayTake({ assignments, person, actingFor }: RoleOptions, taken: TakenRole): boolean {
  const { role, department, holder } = taken
  if (role === 'guest') return department === null && holder === null
  if (role === 'holder') {
    const isOwn = holder !== null && holder === person
    return department === null && (isOwn || actingFor.some(option => option.holder === holder))
  }
  return (
    holder === null &&
    assignments.some(assigned => assigned.role === role && assigned.department === department)
  )
}

/** Who has one role only need not choose; who has more, or none, is a guest at first. */
export function firstRole({ assignments, person }: RoleOptions): TakenRole {
  const [first, second] = assignments
  if (first === undefined && person !== null) return { role: 'holder', department: null, holder: person }
  if (first !== undefined && second === undefined && person === null)
    return { role: first.role, department: first.department, holder: null }
  return GUEST
}

/** Refuses ROLE_NOT_HELD. */
export function assertMayTake(options: RoleOptions, taken: TakenRole): void {
  if (mayTake(options, taken)) return
  throw new Refusal('ROLE_NOT_HELD', 'the account does not have this role', {
    field: taken.role === 'holder' ? 'holder' : 'role',
    found: taken.role,
  })
}
