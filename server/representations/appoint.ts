/**
 * Recording and appointing. What follows from a public register (whose guardian, agent or legal representative somebody is) is
 * recorded by the department that keeps it; what an organisation decides itself is appointed by its own people.
 */
import { randomBytes } from 'node:crypto'
import { formatUlid } from '../../protocol/identifiers.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { lastDayOf, lastInstant } from '../catalogue/civil-date.ts'
import { ensureHolder, holderId } from '../holders/holders.ts'
import type { Caller } from '../http/auth.ts'
import type { HolderKind, HolderRow } from '../store/holders.ts'
import type { Capacity, NewRepresentation, RepresentationRow } from '../store/representations.ts'
import type { Once } from '../store/store.ts'
import { nowSeconds, type World } from '../world.ts'
import { isWithin, represents, type Representing } from './represents.ts'

/** As the electronic business licence has it. */
export const MAX_MANAGERS = 5
const DAY_SECONDS = 86_400
/** Of agents and operators. */
const DEFAULT_TERM_SECONDS = 30 * DAY_SECONDS
export const LONGEST_TERM_SECONDS = 366 * DAY_SECONDS
const ADULT_AGE = 18

export type Recorded = 'guardian' | 'agent' | 'legal-representative'
export type Appointed = 'agent' | 'manager' | 'operator'

export interface Scope {
  matters: string[] | null
  types: string[] | null
  until: number | null
}

/** The department that records this; null for what only the holder's side appoints. */
export function authorityOf({ config }: Pick<World, 'config'>, capacity: Capacity): string | null {
  if (capacity === 'legal-representative') return config.businessRegister
  return capacity === 'guardian' || capacity === 'agent' ? config.identityAuthority : null
}

/**
 * Records that a person is somebody's guardian, agent or legal representative; both are given by number, which is not kept.
 * Survives a power cut when this returns. A new legal representative voids the former one and all whom that one's side
 * appointed. A guardian of a child is one until the child is of age. Refuses HOLDER_NUMBER, REPRESENTATION_KIND,
 * REPRESENTS_SELF, REPRESENTATION_TERM, REPRESENTATION_EXISTS, TYPE_NOT_FOUND, MATTER_NOT_FOUND.
 */
export async function recordRepresentation(
  world: World,
  caller: Caller,
  request: { capacity: Recorded; person: string; holder: string } & Scope,
  once: Once,
): Promise<RepresentationRow> {
  const { capacity } = request
  const holder = await ensureHolder(world, request.holder)
  const person = await ensureHolder(world, request.person)
  assertKinds(capacity, person, holder)
  await assertScopeKnown(world, request)
  const now = nowSeconds(world)
  const until =
    capacity === 'agent'
      ? termOf(request.until, now)
      : capacity === 'guardian'
        ? guardianUntil(request.holder, request.until, now)
        : laterThan(request.until, now)
  return add(
    world,
    {
      ...newRow(world, capacity, person.id, holder.id, request, until),
      department: authorityOf(world, capacity),
      appointedBy: caller.subject,
      under: null,
    },
    once,
  )
}

/**
 * Appoints for the holder as whom the caller acts: a person his agent, a legal representative managers and operators, a manager
 * operators, never with more than he may do himself, nor for longer. Survives a power cut when this returns. Refuses as
 * `recordRepresentation`, and APPOINTMENT_NOT_ALLOWED, APPOINTMENT_TOO_WIDE, MANAGERS_TOO_MANY, NOT_REPRESENTED.
 */
export async function appointRepresentative(
  world: World,
  caller: Caller,
  request: { capacity: Appointed; person: string } & Scope,
  once: Once,
): Promise<RepresentationRow> {
  const { capacity } = request
  const by = await appointerOf(world, caller, capacity)
  const holder = await world.store.holderById(new Uint8Array(Buffer.from(by.holder, 'base64url')))
  const person = await ensureHolder(world, request.person)
  if (holder === null) throw notAllowed(capacity)
  assertKinds(capacity, person, holder)
  await assertScopeKnown(world, request)
  const now = nowSeconds(world)
  const until =
    capacity === 'manager' ? laterThan(request.until ?? by.until, now) : termOf(request.until, now, by.until)
  if (!isWithin(request, by) || (by.until !== null && (until === null || until > by.until))) {
    throw new Refusal('APPOINTMENT_TOO_WIDE', 'nobody can give more than he has', {
      field: 'capacity',
      expected: 'matters, types and a term within those of whoever appoints',
    })
  }
  return add(
    world,
    {
      ...newRow(world, capacity, person.id, holder.id, request, until),
      department: null,
      appointedBy: caller.subject,
      under: by.id,
    },
    once,
  )
}

/** As what the caller may appoint or dismiss somebody in this capacity. Refuses APPOINTMENT_NOT_ALLOWED. */
export async function appointerOf(world: World, caller: Caller, capacity: Capacity): Promise<Representing> {
  const { holder, person } = caller
  if (holder === null || person === null) throw notAllowed(capacity)
  const found = await represents(world, person, holder, nowSeconds(world))
  if (found === null || !APPOINTERS[capacity].includes(found.capacity)) throw notAllowed(capacity)
  return found
}

const APPOINTERS: Record<Capacity, readonly Representing['capacity'][]> = {
  guardian: [],
  agent: ['self'],
  'legal-representative': [],
  manager: ['legal-representative'],
  operator: ['legal-representative', 'manager'],
}

const HOLDER_KIND: Record<Capacity, HolderKind> = {
  guardian: 'natural',
  agent: 'natural',
  'legal-representative': 'legal',
  manager: 'legal',
  operator: 'legal',
}

async function add(world: World, row: NewRepresentation, once: Once): Promise<RepresentationRow> {
  const added = await world.store.addRepresentation(row, MAX_MANAGERS, once)
  for (const id of [added.person, added.holder]) {
    world.events.publish(`holder:${holderId({ id })}`, { event: 'represented', id: added.id })
  }
  return added
}

function newRow(
  world: World,
  capacity: Capacity,
  person: Uint8Array,
  holder: Uint8Array,
  { matters, types }: Scope,
  until: number | null,
) {
  const id = formatUlid(world.clock(), randomBytes(10))
  return { id, capacity, person, holder, matters, types, since: nowSeconds(world), until }
}

function assertKinds(capacity: Capacity, person: HolderRow, holder: HolderRow): void {
  if (person.kind !== 'natural' || holder.kind !== HOLDER_KIND[capacity]) {
    throw new Refusal('REPRESENTATION_KIND', 'not between these', {
      field: person.kind === 'natural' ? 'holder' : 'person',
      expected: person.kind === 'natural' ? HOLDER_KIND[capacity] : 'natural',
    })
  }
  if (holderId(person) === holderId(holder)) {
    throw new Refusal('REPRESENTS_SELF', 'nobody needs to represent himself', { field: 'person' })
  }
}

async function assertScopeKnown({ store }: World, { matters, types }: Scope): Promise<void> {
  const known = async (codes: string[] | null, all: () => Promise<{ code: string }[]>, field: string) => {
    if (codes === null) return
    const there = new Set((await all()).map(({ code }) => code))
    const unknown = codes.find(code => !there.has(code))
    if (unknown === undefined) return
    const code = field === 'matters' ? 'MATTER_NOT_FOUND' : 'TYPE_NOT_FOUND'
    throw new Refusal(code, 'what is named is not in the catalogue', { field, found: unknown })
  }
  await known(matters, () => store.matters(), 'matters')
  await known(types, () => store.types(), 'types')
}

function laterThan(until: number | null, now: number): number | null {
  if (until !== null && until <= now) throw wrongTerm('a time to come')
  return until
}

/** A term of at most a year; when none is asked for, 30 days, or less when whoever appoints has less. */
function termOf(until: number | null, now: number, limit: number | null = null): number {
  const term = until ?? Math.min(now + DEFAULT_TERM_SECONDS, limit ?? Number.MAX_SAFE_INTEGER)
  if (term <= now || term > now + LONGEST_TERM_SECONDS) throw wrongTerm('a time to come within a year')
  return term
}

/** The last moment before the ward is of age; for an adult, the end that was decided. */
function guardianUntil(number: string, until: number | null, now: number): number {
  const birth = `${number.slice(6, 10)}-${number.slice(10, 12)}-${number.slice(12, 14)}`
  const ofAge = Math.floor(Date.parse(lastInstant(lastDayOf(birth, ADULT_AGE, 'year'))) / 1000) + 1
  if (ofAge > now) {
    const end = until ?? ofAge
    if (end <= now || end > ofAge) throw wrongTerm('a time to come before the child is of age')
    return end
  }
  if (until === null || until <= now) throw wrongTerm('a time to come, as decided for an adult')
  return until
}

const wrongTerm = (expected: string) =>
  new Refusal('REPRESENTATION_TERM', 'not a term that this can have', { field: 'until', expected })

const notAllowed = (capacity: Capacity) =>
  new Refusal('APPOINTMENT_NOT_ALLOWED', 'who asks may not decide on this', {
    field: 'capacity',
    expected: APPOINTERS[capacity].join(' or ') || 'the department that keeps the register',
  })
