/**
 * Is there an order in which everything that clients saw of a certificate could have happened, one after the other, each at some moment
 * between its question and its answer? Then nobody saw a revocation undone, or a certificate valid after its revocation was
 * acknowledged. The search is Wing and Gong's with Lowe's memory of where it was: https://doi.org/10.1002/cpe.3928
 */
import { invariant } from '../../protocol/refusal.ts'
import { STATUS_ACTIONS, type StatusAction, type Told } from './told.ts'

type Standing = 'in force' | 'suspended' | 'revoked'
const STANDINGS: readonly Standing[] = ['in force', 'suspended', 'revoked']

/** One thing that a client did; it happened at one moment from `from` to `until`. */
interface Operation {
  line: Told
  from: number
  until: number
  /** Its answer never came, or said that it will be done later: it may happen at any time from then on, or not at all. */
  isOpen: boolean
  /** What it makes of a certificate; null = it cannot be so. */
  apply: (standing: Standing) => Standing | null
}

/** What is wrong with the history, certificate by certificate; nothing when it is linearizable and keeps the gateway's own promise. */
export function checkHistory(lines: readonly Told[]): string[] {
  const byCertificate = Map.groupBy(
    lines.filter(({ identifier }) => identifier !== undefined),
    ({ identifier }) => identifier!,
  )
  return [...byCertificate].flatMap(([identifier, about]) => {
    const late = validAfterRevocation(identifier, about)
    if (late.length > 0) return late
    const operations = operationsOf(about)
    return isLinearizable(operations)
      ? []
      : [
          `${identifier}: no order of its ${operations.length} operations explains what clients were told: ${storyOf(operations)}`,
        ]
  })
}

/**
 * The promise in so many words. From the acknowledgement that an order was executed, nobody who asks the chain is told valid; from the
 * acknowledgement that it was accepted, the gateway itself never says valid.
 */
function validAfterRevocation(identifier: string, lines: readonly Told[]): string[] {
  const told = (kinds: readonly Told['told'][]) =>
    Math.min(
      ...lines.flatMap(line => (kinds.includes(line.told) && line.what === 'revoke' ? line.at : [])),
      Infinity,
    )
  const [executedAt, acceptedAt] = [told(['revoked']), told(['revoked', 'accepted'])]
  return lines.flatMap(({ told: kind, verdict, by, asked, key }) => {
    const since = by === 'chain' ? executedAt : acceptedAt
    const isLate = kind === 'verdict' && verdict === 'VALID' && asked > since
    return isLate
      ? [
          `${identifier}: revoked to the knowledge of a client at ${since.toFixed(1)}, and ${by} says VALID to ${key}, who asked at ${asked.toFixed(1)}`,
        ]
      : []
  })
}

/** Orders that took effect or may have, and verdicts that say something of the status. */
function operationsOf(lines: readonly Told[]): Operation[] {
  const byKey = Map.groupBy(lines, ({ key }) => key)
  return [...byKey.values()].flatMap(answers => {
    const [first] = answers
    invariant(first !== undefined, 'a group has a line')
    const from = Math.min(...answers.map(({ asked }) => asked))
    if ((STATUS_ACTIONS as readonly string[]).includes(first.what)) {
      // What was refused has had no effect.
      if (answers.some(({ told }) => told === 'refused')) return []
      const done = answers.find(({ told }) => told !== 'lost' && told !== 'accepted')
      const apply = EFFECT[first.what as StatusAction]
      return [{ line: done ?? first, from, until: done?.at ?? Infinity, isOpen: done === undefined, apply }]
    }
    const verdict = answers.find(({ told }) => told === 'verdict')
    const seen = STANDINGS_OF[verdict?.verdict ?? ''] ?? STANDINGS
    if (verdict === undefined || seen === STANDINGS) return []
    const apply = (standing: Standing) => (seen.includes(standing) ? standing : null)
    return [{ line: verdict, from, until: verdict.at, isOpen: false, apply }]
  })
}

const EFFECT: Record<StatusAction, Operation['apply']> = {
  revoke: standing => (standing === 'revoked' ? null : 'revoked'),
  suspend: standing => (standing === 'in force' ? 'suspended' : null),
  resume: standing => (standing === 'suspended' ? 'in force' : null),
}

/** What each verdict says of the status (docs/formats.md §14); a verdict that is not here says nothing of it. */
const STANDINGS_OF: Record<string, readonly Standing[]> = {
  VALID: ['in force'],
  EXPIRED: ['in force'],
  NOT_YET_VALID: ['in force'],
  SUSPENDED: ['suspended'],
  REVOKED: ['revoked'],
  PENDING_ANCHOR: ['in force', 'suspended'],
}

/** A place in the search: what has happened, and where that leaves the certificate. */
interface Place {
  standing: Standing
  /** All answered operations below it have happened, it has not. */
  first: number
  /** Those beyond it that have happened, and open ones that have; both ascending. */
  beyond: readonly number[]
  open: readonly number[]
}

function isLinearizable(operations: readonly Operation[]): boolean {
  const inOrder = operations.toSorted((a, b) => a.from - b.from)
  const answered = inOrder.filter(({ isOpen }) => !isOpen)
  const open = inOrder.filter(({ isOpen }) => isOpen)
  const seen = new Set<string>()
  const ahead: Place[] = [{ standing: 'in force', first: 0, beyond: [], open: [] }]
  for (let place = ahead.pop(); place !== undefined; place = ahead.pop()) {
    if (place.first === answered.length) return true
    const name = `${place.standing} ${place.first} ${place.beyond.join()} ${place.open.join()}`
    if (seen.has(name)) continue
    seen.add(name)
    ahead.push(...nextPlaces(place, answered, open))
  }
  return false
}

/** Whatever may happen next: what was asked before the first answer that is still to come. */
function nextPlaces(place: Place, answered: readonly Operation[], open: readonly Operation[]): Place[] {
  const next: Place[] = []
  let firstAnswer = Infinity
  for (let i = place.first; i < answered.length && answered[i]!.from <= firstAnswer; i++) {
    if (!place.beyond.includes(i)) firstAnswer = Math.min(firstAnswer, answered[i]!.until)
  }
  for (let i = place.first; i < answered.length && answered[i]!.from <= firstAnswer; i++) {
    if (place.beyond.includes(i)) continue
    const standing = answered[i]!.apply(place.standing)
    if (standing !== null) next.push({ ...place, standing, ...passed(place, i) })
  }
  for (const [i, { from, apply }] of open.entries()) {
    if (from > firstAnswer || place.open.includes(i)) continue
    const standing = apply(place.standing)
    if (standing !== null) next.push({ ...place, standing, open: [...place.open, i].sort((a, b) => a - b) })
  }
  return next
}

function passed({ first, beyond }: Place, i: number): Pick<Place, 'first' | 'beyond'> {
  const done = [...beyond, i].sort((a, b) => a - b)
  let next = first
  while (done[0] === next) {
    done.shift()
    next++
  }
  return { first: next, beyond: done }
}

const STORY_LENGTH = 12

function storyOf(operations: readonly Operation[]): string {
  const [start = 0] = operations.map(({ from }) => from).sort((a, b) => a - b)
  const ms = (time: number) => (time === Infinity ? '…' : (time - start).toFixed(1))
  return operations
    .toSorted((a, b) => a.from - b.from)
    .slice(0, STORY_LENGTH)
    .map(({ line, from, until }) => {
      const what = line.told === 'verdict' ? `${line.by} ${line.verdict}` : line.what
      return `${what} [${ms(from)}, ${ms(until)}]`
    })
    .join(', ')
}
