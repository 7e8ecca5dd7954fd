/** Batches before they are certificates, in SQLite. */
import { Refusal } from '../../../protocol/refusal.ts'
import type { BatchRow, BatchRowRow, BatchState, BatchStore, LogReach } from '../batches.ts'
import type { Once, Sealed } from '../store.ts'
import { appender } from './appending.ts'
import type { Context } from './context.ts'
import { bytes } from './context.ts'

interface BatchRecord {
  id: string
  department: string
  type: string
  version: number
  source: BatchRow['source']
  state: BatchState
  revision: number
  rows: number
  bad: number
  leave_out: number
  maker: string
  checker: string | null
  digest: Buffer | null
  head_salt: Buffer
  head: Buffer
  remark_salt: Buffer | null
  remark: Buffer | null
  problem: string | null
  created_at: number
  submitted_at: number | null
  decided_at: number | null
  issued_at: number | null
  first_seq: number | null
  issued: number
  delivered_at: number | null
}

interface RowRecord {
  n: number
  line: number
  bad: number
  key_salt: Buffer
  ciphertext: Buffer
}

type BatchVerbs = Pick<
  BatchStore,
  | 'createBatch'
  | 'batchById'
  | 'listBatches'
  | 'batchRows'
  | 'changeBatchRows'
  | 'submitBatch'
  | 'approveBatch'
  | 'rejectBatch'
  | 'withdrawBatch'
  | 'recallBatch'
  | 'batchesToIssue'
  | 'batchesToDeliver'
  | 'noteBatchProblem'
  | 'markBatchIssued'
  | 'markBatchDelivered'
  | 'logReach'
>

export function batchVerbs(context: Context): BatchVerbs {
  const { db, write, now } = context
  const { earlierAnswer, newAnswer } = appender(context)
  const insert = db.prepare<
    [string, string, string, number, string, number, number, string, Uint8Array, Uint8Array, number]
  >(
    `INSERT INTO batch_drafts (id, department, type, version, source, state, revision, rows, bad, leave_out, maker, head_salt,
       head, created_at, issued) VALUES (?, ?, ?, ?, ?, 'draft', 1, ?, ?, 0, ?, ?, ?, ?, 0)`,
  )
  const byId = db.prepare<[string], BatchRecord>('SELECT * FROM batch_drafts WHERE id = ?')
  const list = db.prepare<
    { department: string | null; state: string | null; before: string; limit: number },
    BatchRecord
  >(
    `SELECT * FROM batch_drafts WHERE id < @before AND (@department IS NULL OR department = @department)
     AND (@state IS NULL OR state = @state) ORDER BY id DESC LIMIT @limit`,
  )
  const putRow = db.prepare<[string, number, number, number, Uint8Array, Uint8Array]>(
    `INSERT INTO batch_rows VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (batch, n) DO UPDATE SET
       line = excluded.line, bad = excluded.bad, key_salt = excluded.key_salt, ciphertext = excluded.ciphertext`,
  )
  const removeRow = db.prepare<[string, number]>('DELETE FROM batch_rows WHERE batch = ? AND n = ?')
  const eraseRows = db.prepare<[string]>('DELETE FROM batch_rows WHERE batch = ?')
  const rowsOf = db.prepare<[string, number, number, number], RowRecord>(
    'SELECT n, line, bad, key_salt, ciphertext FROM batch_rows WHERE batch = ? AND n >= ? AND bad >= ? ORDER BY n LIMIT ?',
  )
  const recount = db.prepare<[string]>(
    `UPDATE batch_drafts SET revision = revision + 1, rows = (SELECT count(*) FROM batch_rows WHERE batch = id),
       bad = (SELECT coalesce(sum(bad), 0) FROM batch_rows WHERE batch = id) WHERE id = ?`,
  )
  const addHand = db.prepare<[string, string]>('INSERT INTO batch_hands VALUES (?, ?) ON CONFLICT DO NOTHING')
  const hasHand = db.prepare<[string, string]>('SELECT 1 FROM batch_hands WHERE batch = ? AND subject = ?')
  const submit = db.prepare<[Uint8Array, number, number, string]>(
    `UPDATE batch_drafts SET state = 'submitted', revision = revision + 1, digest = ?, leave_out = ?, submitted_at = ?,
       problem = NULL, checker = NULL, remark_salt = NULL, remark = NULL, decided_at = NULL WHERE id = ?`,
  )
  const decide = db.prepare<[string, string, number, Uint8Array | null, Uint8Array | null, string]>(
    `UPDATE batch_drafts SET state = ?, revision = revision + 1, checker = ?, decided_at = ?, remark_salt = ?, remark = ?
     WHERE id = ?`,
  )
  const withdraw = db.prepare<[number, string]>(
    "UPDATE batch_drafts SET state = 'withdrawn', revision = revision + 1, decided_at = ? WHERE id = ?",
  )
  const toIssue = db.prepare<[], BatchRecord>(
    "SELECT * FROM batch_drafts WHERE state = 'approved' ORDER BY id",
  )
  const toDeliver = db.prepare<[], BatchRecord>(
    "SELECT * FROM batch_drafts WHERE state = 'issued' AND delivered_at IS NULL ORDER BY id",
  )
  const noteProblem = db.prepare<[string, string, string]>(
    `UPDATE batch_drafts SET problem = ?, state = ?, revision = revision + 1 WHERE id = ? AND state = 'approved'`,
  )
  const markIssued = db.prepare<[number, number, number, string]>(
    `UPDATE batch_drafts SET state = 'issued', revision = revision + 1, first_seq = ?, issued = ?, issued_at = ?, problem = NULL
     WHERE id = ? AND state = 'approved'`,
  )
  const markDelivered = db.prepare<[number, string]>(
    'UPDATE batch_drafts SET delivered_at = ? WHERE id = ? AND delivered_at IS NULL',
  )
  const reach = db.prepare<[], LogReach>(
    `SELECT coalesce((SELECT max(size) FROM checkpoints), 0) AS sealed,
       coalesce((SELECT max(size) FROM checkpoints WHERE state = 'final'), 0) AS final`,
  )

  function recordOf(id: string, ...states: BatchState[]): BatchRecord {
    const record = byId.get(id)
    if (record === undefined) {
      throw new Refusal('BATCH_NOT_FOUND', 'there is no such batch', { field: 'id', found: id })
    }
    if (states.length > 0 && !states.includes(record.state)) throw wrongState(states, record.state)
    return record
  }

  /** Does the work once for each key. */
  const once = (key: Once | null, work: () => void): Promise<void> =>
    write(() => {
      if (earlierAnswer(key) !== null) return
      work()
      newAnswer(0, 0, now(), null, key)
    })

  function assertAt(record: BatchRecord, revision: number): void {
    if (record.revision === revision) return
    throw new Refusal('BATCH_CHANGED', 'somebody changed the batch meanwhile', {
      field: 'revision',
      expected: String(record.revision),
      found: String(revision),
    })
  }

  function assertNoHand(id: string, by: string): void {
    if (hasHand.get(id, by) === undefined) return
    throw new Refusal('BATCH_OWN_APPROVAL', 'whoever made a batch does not check it', {
      field: 'id',
      expected: 'another account',
      found: 'one that had a hand in the batch',
    })
  }

  const putRows = (id: string, rows: readonly BatchRowRow[]) => {
    for (const { n, line, bad, sealed } of rows) {
      putRow.run(id, n, line, bad ? 1 : 0, sealed.keySalt, sealed.ciphertext)
    }
  }

  return {
    createBatch: (batch, rows, key) =>
      write(() => {
        const earlier = earlierAnswer(key)
        if (earlier?.batch != null) return earlier.batch
        const { id, department, type, version, source, maker, head } = batch
        const bad = rows.filter(row => row.bad).length
        insert.run(
          id,
          department,
          type,
          version,
          source,
          rows.length,
          bad,
          maker,
          head.keySalt,
          head.ciphertext,
          now(),
        )
        addHand.run(id, maker)
        putRows(id, rows)
        newAnswer(0, 0, now(), id, key)
        return id
      }),
    async batchById(id) {
      const record = byId.get(id)
      return record === undefined ? null : toBatch(record)
    },
    async listBatches({ department, state }, { before, limit }) {
      return list.all({ department, state, before: before ?? '~', limit }).map(toBatch)
    },
    async batchRows(id, from, limit, onlyBad) {
      return rowsOf.all(id, from, onlyBad ? 1 : 0, limit).map(toRow)
    },
    changeBatchRows: (id, { revision, by, put, remove }, key) =>
      once(key, () => {
        assertAt(recordOf(id, 'draft', 'rejected'), revision)
        putRows(id, put)
        for (const n of remove) removeRow.run(id, n)
        addHand.run(id, by)
        recount.run(id)
      }),
    submitBatch: (id, { revision, by, digest, leaveOut }, key) =>
      once(key, () => {
        const record = recordOf(id, 'draft', 'rejected')
        assertAt(record, revision)
        if (record.bad > 0 && !leaveOut) {
          throw new Refusal('BATCH_BAD_ROWS', 'the batch has rows with errors', {
            field: 'leaveOut',
            expected: 'no bad rows, or bad rows left out',
            found: `${record.bad} bad rows`,
          })
        }
        if (record.rows === record.bad) {
          throw new Refusal('BATCH_EMPTY', 'the batch has no good row', { expected: 'at least one good row' })
        }
        addHand.run(id, by)
        submit.run(digest, leaveOut ? 1 : 0, now(), id)
      }),
    approveBatch: (id, by, digest, key) =>
      once(key, () => {
        const record = recordOf(id, 'submitted', 'approved', 'issued')
        assertNoHand(id, by)
        if (record.state !== 'submitted' && record.checker !== by)
          throw wrongState(['submitted'], record.state)
        if (record.digest === null || Buffer.compare(record.digest, digest) !== 0) {
          throw new Refusal('BATCH_DIGEST_DIFFERS', 'this is not what was submitted', {
            field: 'digest',
            expected: 'the digest of the summary as it is now',
          })
        }
        if (record.state === 'submitted') decide.run('approved', by, now(), null, null, id)
      }),
    rejectBatch: (id, by, remark, key) =>
      once(key, () => {
        recordOf(id, 'submitted')
        assertNoHand(id, by)
        decide.run('rejected', by, now(), remark.keySalt, remark.ciphertext, id)
      }),
    withdrawBatch: (id, by, key) =>
      once(key, () => {
        recordOf(id, 'draft', 'submitted', 'rejected')
        addHand.run(id, by)
        withdraw.run(now(), id)
        eraseRows.run(id)
      }),
    recallBatch: (id, by, remark, issuing, key) =>
      once(key, () => {
        recordOf(id, 'approved')
        if (earlierAnswer(issuing) !== null) throw wrongState(['approved'], 'issued')
        // Who signs it at this moment finds the place taken, by nothing.
        newAnswer(0, 0, now(), null, issuing)
        addHand.run(id, by)
        decide.run('withdrawn', by, now(), remark.keySalt, remark.ciphertext, id)
        eraseRows.run(id)
      }),
    async batchesToIssue() {
      return toIssue.all().map(toBatch)
    },
    async batchesToDeliver() {
      return toDeliver.all().map(toBatch)
    },
    noteBatchProblem: (id, problem, isFinal) =>
      write(() => void noteProblem.run(problem, isFinal ? 'rejected' : 'approved', id)),
    markBatchIssued: (id, firstSeq, issued) =>
      write(() => {
        recordOf(id, 'approved', 'issued')
        markIssued.run(firstSeq, issued, now(), id)
        eraseRows.run(id)
      }),
    markBatchDelivered: id => write(() => void markDelivered.run(now(), id)),
    async logReach() {
      return reach.get()!
    },
  }
}

function wrongState(expected: BatchState[], found: BatchState): Refusal {
  return new Refusal('BATCH_STATE', `the batch is ${found}`, {
    field: 'id',
    expected: expected.join(' or '),
    found,
  })
}

function toRow({ n, line, bad, key_salt: keySalt, ciphertext }: RowRecord): BatchRowRow {
  return { n, line, bad: bad === 1, sealed: sealedOf(keySalt, ciphertext)! }
}

export function sealedOf(keySalt: Buffer | null, ciphertext: Buffer | null): Sealed | null {
  return keySalt === null || ciphertext === null
    ? null
    : { keySalt: bytes(keySalt), ciphertext: bytes(ciphertext) }
}

function toBatch(record: BatchRecord): BatchRow {
  const {
    id,
    department,
    type,
    version,
    source,
    state,
    revision,
    rows,
    bad,
    maker,
    checker,
    problem,
    issued,
  } = record
  return {
    id,
    department,
    type,
    version,
    source,
    state,
    revision,
    rows,
    bad,
    maker,
    checker,
    problem,
    issued,
    leaveOut: record.leave_out === 1,
    digest: record.digest === null ? null : bytes(record.digest),
    head: sealedOf(record.head_salt, record.head)!,
    remark: sealedOf(record.remark_salt, record.remark),
    createdAt: record.created_at,
    submittedAt: record.submitted_at,
    decidedAt: record.decided_at,
    issuedAt: record.issued_at,
    firstSeq: record.first_seq,
    deliveredAt: record.delivered_at,
  }
}
