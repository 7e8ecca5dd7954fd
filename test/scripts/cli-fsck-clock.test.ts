import Database from 'better-sqlite3'
import { expect } from 'chai'
import { wasClockSet } from '../../scripts/fsck/clock-set.ts'

const DAY = 86_400
const NOON = 1_800_000_000

/** Whether the clock was set before statement `seq` came, which was signed at `signed`, in a log accepted at these times. */
function isExcused(times: readonly number[], seq: number, signed: number): boolean {
  const db = new Database(':memory:')
  try {
    db.exec('CREATE TABLE statements (seq INTEGER PRIMARY KEY, accepted_at INTEGER NOT NULL)')
    const insert = db.prepare('INSERT INTO statements VALUES (?, ?)')
    for (const [i, time] of times.entries()) insert.run(i + 1, time)
    return wasClockSet(db, { seq, accepted: times[seq - 1]!, signed, slackSeconds: 3_600 })
  } finally {
    db.close()
  }
}

describe('a statement that was accepted far from the time at which it was signed', () => {
  it('is in order when the clock was set while it was on its way, forward or back', () => {
    for (const later of [NOON + DAY, NOON - DAY]) {
      expect(isExcused([NOON, NOON + 1, later, later + 1], 3, NOON + 1)).to.equal(true)
      expect(isExcused([NOON, later, later + 1, later + 2, later + 3], 4, NOON), 'not the first').to.equal(
        true,
      )
    }
  })

  it('is not when its own time alone is another: it was altered', () => {
    expect(isExcused([NOON, NOON + 1, NOON + DAY, NOON + 3], 3, NOON + 2)).to.equal(false)
    expect(isExcused([NOON + DAY, NOON + 1, NOON + 2], 1, NOON), 'the first').to.equal(false)
    expect(isExcused([NOON, NOON + 1, NOON + DAY], 3, NOON + 2), 'the last').to.equal(false)
  })

  it('is not when the clock was set by another amount, or long before', () => {
    expect(isExcused([NOON, NOON + DAY, NOON + DAY], 2, NOON - DAY)).to.equal(false)
    const long = Array.from({ length: 300 }, (_, i) => NOON + DAY + i)
    expect(isExcused([NOON, ...long], 299, NOON)).to.equal(false)
  })
})
