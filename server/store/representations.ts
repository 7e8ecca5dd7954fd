/** Who may act for whom. Holders are known here by their ids alone; no name and no number is kept. */
import type { Once } from './store.ts'

/**
 * - `guardian` of a child or of an adult who needs one, `agent` of a person
 * - `legal-representative` of an organisation, the `manager`s whom he appoints, the `operator`s whom both appoint
 */
export const CAPACITIES = ['guardian', 'agent', 'legal-representative', 'manager', 'operator'] as const
export type Capacity = (typeof CAPACITIES)[number]

export interface NewRepresentation {
  /** ULID. */
  id: string
  capacity: Capacity
  /** Holder ids, 32 bytes each: who acts, and for whom. */
  person: Uint8Array
  holder: Uint8Array
  /** Codes; null = all. */
  matters: string[] | null
  types: string[] | null
  /** Seconds; `until` null = until it is ended. */
  since: number
  until: number | null
  /** Code of the department that recorded it; null when the holder's side appointed. */
  department: string | null
  /** Subject of the caller. */
  appointedBy: string
  /** The representation by which it was appointed: it ends with that one. */
  under: string | null
}

export interface RepresentationRow extends NewRepresentation {
  endedAt: number | null
  endedBy: string | null
}

export interface RepresentationStore {
  /**
   * Adds a representation. A new legal representative ends all that stood for the organisation before, in the same transaction.
   * A repetition with the same `once` changes nothing. Refuses REPRESENTATION_EXISTS (this person has this capacity already),
   * MANAGERS_TOO_MANY (more than `maxManagers`), NOT_REPRESENTED (`under` has ended) and IDEMPOTENCY_KEY_REUSED.
   */
  addRepresentation(
    representation: NewRepresentation,
    maxManagers: number,
    once: Once,
  ): Promise<RepresentationRow>
  /** Ends it and what was appointed by it; with a legal representative all managers and operators end. A no-op when it has ended. */
  endRepresentation(id: string, by: string, once: Once): Promise<void>
  representationById(id: string): Promise<RepresentationRow | null>
  /** In force at this time. */
  representationsBetween(person: Uint8Array, holder: Uint8Array, at: number): Promise<RepresentationRow[]>
  representationsBy(person: Uint8Array, at: number): Promise<RepresentationRow[]>
  /** Ended ones too, newest first, from below the id `before`. */
  representations(
    filter: { person?: Uint8Array; holder?: Uint8Array; department?: string },
    page: { before: string | null; limit: number },
  ): Promise<RepresentationRow[]>
}
