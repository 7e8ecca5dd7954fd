/**
 * Whether the gateway's clock was set between the signing of a statement and its acceptance: then the two times are apart by as much as the
 * clock was moved, and nothing was altered.
 */
import type Database from 'better-sqlite3'

/** Statements that may be on their way at once when the clock is set. */
const MOST_ON_THEIR_WAY = 256

/**
 * Looks for the place before `seq` at which the times of acceptance move by as much as `accepted` is from `signed`, give or take
 * `slackSeconds`, and stay there: a time that was altered in one row goes back in the next.
 */
export function wasClockSet(
  db: Database.Database,
  {
    seq,
    accepted,
    signed,
    slackSeconds,
  }: { seq: number; accepted: number; signed: number; slackSeconds: number },
): boolean {
  const rows = db
    .prepare<[number, number], { seq: number; accepted_at: number }>(
      'SELECT seq, accepted_at FROM statements WHERE seq BETWEEN ? AND ? ORDER BY seq',
    )
    .all(seq - MOST_ON_THEIR_WAY, seq + 1)
  const times = new Map(rows.map(row => [row.seq, row.accepted_at]))
  const isNear = (a: number, b: number) => Math.abs(a - b) <= slackSeconds
  const next = times.get(seq + 1)
  if (next === undefined || !isNear(next, accepted)) return false
  return rows.some(row => {
    const before = times.get(row.seq - 1)
    return (
      row.seq <= seq && before !== undefined && isNear(before, signed) && isNear(row.accepted_at, accepted)
    )
  })
}
