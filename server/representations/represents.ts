/**
 * Who may act for whom. Asked when somebody takes a role and again at every request and consent, because a representation can
 * end, expire or be voided at any time.
 */
import { fromBase64url, toBase64url } from '../../protocol/bytes.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { CAPACITIES, type Capacity, type RepresentationRow } from '../store/representations.ts'
import type { World } from '../world.ts'

export interface Representing {
  capacity: 'self' | Capacity
  /** Of the representation; null for oneself. */
  id: string | null
  /** Base64url. */
  holder: string
  /** Codes; null = all. */
  matters: readonly string[] | null
  types: readonly string[] | null
  /** Seconds; null = until it is ended. */
  until: number | null
}

/** What is to be done: outside of a representation's matters and types it does not count. */
export interface About {
  matter?: string
  types?: readonly string[]
}

/**
 * In which capacity a person acts for a holder at this time (seconds), the strongest that covers what is to be done; null when
 * he may not. Without `about`, any scope will do. Ids are base64url.
 */
export async function represents(
  world: Pick<World, 'store'>,
  person: string,
  holder: string,
  at: number,
  about: About = {},
): Promise<Representing | null> {
  if (person === holder) return oneself(person)
  const [of, whom] = [fromBase64url(person), fromBase64url(holder)]
  if (of === null || whom === null) return null
  const rows = await world.store.representationsBetween(of, whom, at)
  return strongestFirst(rows.map(representing)).find(found => covers(found, about)) ?? null
}

/** The same, refusing NOT_REPRESENTED. */
export async function assertRepresents(
  world: Pick<World, 'store'>,
  person: string,
  holder: string,
  at: number,
  about: About = {},
): Promise<Representing> {
  const found = await represents(world, person, holder, at, about)
  if (found === null) {
    throw new Refusal('NOT_REPRESENTED', 'this person may not act for this holder in this')
  }
  return found
}

/** For whom a person may act at this time: first himself, then whomever he represents, once for each of his capacities. */
export async function actingFor(
  world: Pick<World, 'store'>,
  person: string,
  at: number,
): Promise<Representing[]> {
  const id = fromBase64url(person)
  const rows = id === null ? [] : await world.store.representationsBy(id, at)
  return [oneself(person), ...strongestFirst(rows.map(representing))]
}

/** Whether a scope holds what is to be done. */
export function covers({ matters, types }: Pick<Representing, 'matters' | 'types'>, about: About): boolean {
  const { matter, types: wanted = [] } = about
  const isMatter = matter === undefined || matters === null || matters.includes(matter)
  return isMatter && (types === null || wanted.every(type => types.includes(type)))
}

/** Whether one scope lies inside another. */
export function isWithin(
  inner: Pick<Representing, 'matters' | 'types'>,
  outer: Pick<Representing, 'matters' | 'types'>,
): boolean {
  const lies = (small: readonly string[] | null, large: readonly string[] | null) =>
    large === null || (small !== null && small.every(code => large.includes(code)))
  return lies(inner.matters, outer.matters) && lies(inner.types, outer.types)
}

const oneself = (holder: string): Representing => ({
  capacity: 'self',
  id: null,
  holder,
  matters: null,
  types: null,
  until: null,
})

const representing = (row: RepresentationRow): Representing => ({
  capacity: row.capacity,
  id: row.id,
  holder: toBase64url(row.holder),
  matters: row.matters,
  types: row.types,
  until: row.until,
})

function strongestFirst(all: Representing[]): Representing[] {
  const rank = ({ capacity }: Representing) => (capacity === 'self' ? -1 : CAPACITIES.indexOf(capacity))
  return all.sort((a, b) => rank(a) - rank(b))
}
