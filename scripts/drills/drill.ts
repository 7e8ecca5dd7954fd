/**
 * What a drill is: a rehearsal of one bad event on a real gateway, repeatable from its seed, judged by what clients were told.
 */
import type { Chance } from '../generate/random.ts'
import type { Message } from '../../server/http/messages.ts'

/** `short` runs inside `npm test`; `long` is what docs/reliability.md reports. */
export type DrillForm = 'short' | 'long'

export interface DrillContext {
  form: DrillForm
  /** Printed; the same seed gives the same decisions in the same order. */
  seed: string
  /** Chance that follows from the seed; each `stream` is independent of the others. */
  chance: (stream: number) => Chance
  /** An empty folder of the drill's own, removed afterwards unless it failed. */
  folder: string
  /** Whether the time that it was given is up: then it begins no further round, and its figures are those of the rounds it had. */
  isTimeUp: () => boolean
  /** One line for whoever watches. */
  say: (text: string) => void
}

export interface DrillResult {
  /** What was done and measured, by name: `kills`, `acknowledged`, `recoveryMaxMs`, … Milliseconds end in Ms, bytes in Bytes. */
  figures: Record<string, number | string>
  /** Every broken promise, with the identifier concerned; none = passed. */
  violations: string[]
  /** Data lost, in acknowledged statements, and the longest time until service was back. Null where the event has none. */
  rpo: number | null
  rtoMs: number | null
}

export interface Drill {
  /** Lower-case words joined by `-`: `npx onceproof drill NAME`. */
  name: string
  title: Message
  /** Which event of docs/operations.md it rehearses. */
  event:
    | 'power'
    | 'crash'
    | 'chain'
    | 'disk'
    | 'clock'
    | 'resources'
    | 'keys'
    | 'flood'
    | 'attack'
    | 'restore'
    | 'audit'
  /** The promise that it holds us to, in one sentence, for docs/reliability.md. */
  promise: string
  /** Why it cannot run on this machine (`not run: why`); null = it can. */
  missing: () => string | null
  run: (context: DrillContext) => Promise<DrillResult>
}
