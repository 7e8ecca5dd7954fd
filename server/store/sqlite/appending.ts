/**
 * What every verb that accepts a statement shares: the next place in the log, and the answer that a client may ask for again.
 * Everything here runs inside a transaction of the caller's.
 */
import { HASH_BYTES } from '../../../protocol/log.ts'
import { Refusal, invariant } from '../../../protocol/refusal.ts'
import type { AcceptResult, NewStatement, Once, StatementKind } from '../store.ts'
import type { Context } from './context.ts'

/** Stored numbers of the kinds; never reused. */
export const KIND_NUMBER: Record<StatementKind, number> = {
  certificate: 1,
  record: 2,
  status: 3,
  use: 4,
  catalogue: 5,
  'holder-key': 6,
  endorsement: 7,
  withholding: 8,
}

export interface Appender {
  /** The number that the next statement gets. */
  nextSeq(): number
  append(seq: number, statement: NewStatement, acceptedAt: number): void
  /** What an earlier request with this key was answered; null when it is new. Refuses IDEMPOTENCY_KEY_REUSED. */
  earlierAnswer(once: Once | null): AcceptResult | null
  /** The answer for statements `first`, `first + 1`, …, noted under the key. */
  newAnswer(
    first: number,
    count: number,
    acceptedAt: number,
    batch: string | null,
    once: Once | null,
  ): AcceptResult
  /** Accepts one statement, and whatever `also` writes beside it; a repetition writes nothing. */
  acceptOne(
    statement: NewStatement,
    once: Once | null,
    also: (seq: number, acceptedAt: number) => void,
  ): AcceptResult
}

interface AnswerRecord {
  request: Buffer
  first_seq: number
  count: number
  accepted_at: number
  batch: string | null
}

export function appender({ db, now }: Pick<Context, 'db' | 'now'>): Appender {
  const lastSeq = db.prepare<[], number>('SELECT coalesce(max(seq), 0) FROM statements').pluck()
  const insertStatement = db.prepare<[number, number, number, string]>(
    'INSERT INTO statements VALUES (?, ?, ?, ?)',
  )
  const insertLeaf = db.prepare<[number, Uint8Array]>('INSERT INTO leaves VALUES (?, ?)')
  const findAnswer = db.prepare<[string], AnswerRecord>('SELECT * FROM answers WHERE key = ?')
  const insertAnswer = db.prepare<[string, Uint8Array, number, number, number, string | null]>(
    'INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?)',
  )

  function nextSeq(): number {
    return (lastSeq.get() ?? 0) + 1
  }

  function append(seq: number, statement: NewStatement, acceptedAt: number): void {
    invariant(statement.leaf.length === HASH_BYTES, 'a leaf has 32 bytes')
    insertStatement.run(seq, KIND_NUMBER[statement.kind], acceptedAt, statement.statement)
    insertLeaf.run(seq, statement.leaf)
  }

  function earlierAnswer(once: Once | null): AcceptResult | null {
    const answer = once === null ? undefined : findAnswer.get(once.key)
    if (once === null || answer === undefined) return null
    if (Buffer.compare(answer.request, once.request) !== 0) {
      throw new Refusal('IDEMPOTENCY_KEY_REUSED', `the key ${once.key} was used for another request`, {
        field: 'Idempotency-Key',
        expected: 'a key that was not used before',
        found: once.key,
      })
    }
    return {
      repeated: true,
      ...acceptedRun(answer.first_seq, answer.count, answer.accepted_at, answer.batch),
    }
  }

  function newAnswer(
    first: number,
    count: number,
    acceptedAt: number,
    batch: string | null,
    once: Once | null,
  ): AcceptResult {
    if (once !== null) insertAnswer.run(once.key, once.request, first, count, acceptedAt, batch)
    return { repeated: false, ...acceptedRun(first, count, acceptedAt, batch) }
  }

  function acceptOne(
    statement: NewStatement,
    once: Once | null,
    also: (seq: number, acceptedAt: number) => void,
  ): AcceptResult {
    const earlier = earlierAnswer(once)
    if (earlier !== null) return earlier
    const acceptedAt = now()
    const seq = nextSeq()
    append(seq, statement, acceptedAt)
    also(seq, acceptedAt)
    return newAnswer(seq, 1, acceptedAt, null, once)
  }

  return { nextSeq, append, earlierAnswer, newAnswer, acceptOne }
}

function acceptedRun(first: number, count: number, acceptedAt: number, batch: string | null) {
  return { batch, accepted: Array.from({ length: count }, (_, i) => ({ seq: first + i, acceptedAt })) }
}
