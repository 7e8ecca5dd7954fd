/**
 * What an operation of the hammer works with: a client, writes whose answers are noted, and questions that are asked until there is an
 * answer.
 */
import type { Chance } from '../generate/random.ts'
import type { Told } from './told.ts'

export interface HammerClient {
  /** From 0. */
  readonly n: number
  readonly chance: Chance
  /** A fresh one. */
  key(): string
  /** Of a certificate; the next one of its own. */
  row(): Record<string, unknown>
  /** Each counts as a client of its own for the gateway's limits. */
  readonly address: string
}

/** In whose name a request is made. */
export interface Asker {
  /** Where to, and with which headers. Rejects when it cannot be had now. */
  credentials(): Promise<{ url: string; headers: Readonly<Record<string, string>> }>
  /** What it had is good no more. */
  renew(): void
}

/** What an answer says of a statement or of what was stored. */
export type Place = Omit<Told, 'told' | 'what' | 'key' | 'asked' | 'at'>

export interface Write {
  what: Told['what']
  path: string
  body: unknown
  /** Default: the operator. */
  by?: Asker
  /** Stands on each of its lines, also when it is refused or has no answer. */
  about?: Place
  /** What is issued is nobody else's: no other operation asks about it or changes it. Default: false. */
  isApart?: boolean
  /** Of what is acknowledged, a line each. */
  placesIn: (answer: unknown) => Place[]
}

export interface Question {
  path: string
  by: Asker
  /** Makes it a POST. */
  body?: unknown
}

export interface Hands {
  /** Asks until there is an answer; notes every answer and every one that was lost. True when it was done. */
  write(client: HammerClient, write: Write): Promise<boolean>
  /**
   * Asks until there is an answer, and notes nothing: for questions and for what may be done any number of times. Null when the client
   * is to leave. Rejects when the gateway refuses.
   */
  question<Answer>(client: HammerClient, question: Question): Promise<Answer | null>
}
