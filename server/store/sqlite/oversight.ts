/** Withholding, objections, corrections and erasure in SQLite. */
import { Refusal, invariant } from '../../../protocol/refusal.ts'
import type { NewStatement, Once, Sealed } from '../store.ts'
import type {
  CorrectionRow,
  ErasureRow,
  NewCorrection,
  NewObjection,
  NewWithholding,
  ObjectionRow,
  QueueFilter,
  UseStore,
  WithholdingRow,
} from '../uses.ts'
import type { Appender } from './appending.ts'
import { ulidBytes, ulidText } from './compact.ts'
import type { Context } from './context.ts'
import { bytes } from './context.ts'

type Verbs = Pick<
  UseStore,
  | 'withheldLeaf'
  | 'proposeWithholding'
  | 'confirmWithholding'
  | 'proposeRelease'
  | 'confirmRelease'
  | 'withholding'
  | 'withholdings'
  | 'saveObjection'
  | 'answerObjection'
  | 'objection'
  | 'objections'
  | 'saveCorrection'
  | 'answerCorrection'
  | 'correction'
  | 'corrections'
  | 'erase'
  | 'erasureOf'
>

interface Insides {
  /** Inside or outside of a transaction. */
  withheldNow: (certificateSeq: number) => string | null
}

interface WithholdingRecord {
  id: string
  certificate_seq: number | null
  identifier: string | null
  department: string
  reason: string
  proposed_by: string
  proposed_at: number
  confirmed_by: string | null
  effective_at: number | null
  release_reason: string | null
  release_proposed_by: string | null
  release_proposed_at: number | null
  release_confirmed_by: string | null
  released_at: number | null
  order_seq: number | null
  release_seq: number | null
}

interface QueueRecord {
  id: Buffer
  holder: string
  department: string
  says_salt: Buffer | null
  says: Buffer | null
  created_at: number
  due_at: number
  outcome: string | null
  answer_salt: Buffer | null
  answer: Buffer | null
  answered_by: string | null
  answered_at: number | null
}

interface ObjectionRecord extends QueueRecord {
  use_seq: number
  use_id: Buffer
}

interface CorrectionRecord extends QueueRecord {
  certificate_seq: number
  identifier: string
  field: string
  successor: string | null
}

interface ErasureRecord {
  certificate_seq: number
  identifier: string
  reason: string
  erased_by: string
  erased_at: number
}

const OBJECTION = 'SELECT o.*, (SELECT id FROM uses WHERE seq = o.use_seq) AS use_id FROM objections o'
const QUEUE = `WHERE (@department IS NULL OR department = @department) AND (@holder IS NULL OR holder = @holder)
  AND (@open IS NULL OR (outcome IS NULL) = @open) ORDER BY due_at, id`

export function oversightVerbs(
  { db, write, now }: Context,
  { nextSeq, append, earlierAnswer, newAnswer }: Appender,
): Verbs & Insides {
  const withheld = db
    .prepare<[{ seq: number }], string>(
      `SELECT w.id FROM withholdings w WHERE w.effective_at IS NOT NULL AND w.released_at IS NULL AND (
         w.certificate_seq = @seq OR (w.certificate_seq IS NULL AND w.department = (
           SELECT d.code FROM certificates c JOIN series s ON s.id = c.series JOIN departments d ON d.uscc = s.department
           WHERE c.seq = @seq))) LIMIT 1`,
    )
    .pluck()
  const seqOfLeaf = db
    .prepare<[Uint8Array, Uint8Array], number>(
      'SELECT seq FROM leaves WHERE substr(leaf, 1, 6) = ? AND leaf = ? LIMIT 1',
    )
    .pluck()
  const insertOrder = db.prepare<[string, number | null, string | null, string, string, string, number]>(
    `INSERT INTO withholdings (id, certificate_seq, identifier, department, reason, proposed_by, proposed_at)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  )
  const order = db.prepare<[string], WithholdingRecord>('SELECT * FROM withholdings WHERE id = ?')
  const orders = db.prepare<[], WithholdingRecord>('SELECT * FROM withholdings ORDER BY id DESC')
  const confirm = db.prepare<[string, number, number, string]>(
    'UPDATE withholdings SET confirmed_by = ?, effective_at = ?, order_seq = ? WHERE id = ?',
  )
  const askRelease = db.prepare<[string, string, number, string]>(
    'UPDATE withholdings SET release_reason = ?, release_proposed_by = ?, release_proposed_at = ? WHERE id = ?',
  )
  const release = db.prepare<[string, number, number, string]>(
    'UPDATE withholdings SET release_confirmed_by = ?, released_at = ?, release_seq = ? WHERE id = ?',
  )

  const insertObjection = db.prepare<
    [Uint8Array, number, string, string, Uint8Array, Uint8Array, number, number]
  >(
    `INSERT INTO objections (id, use_seq, holder, department, says_salt, says, created_at, due_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const sameObjection = db.prepare<[number, string]>(
    'SELECT 1 FROM objections WHERE use_seq = ? AND holder = ?',
  )
  const closeObjection = db.prepare<[string, Uint8Array, Uint8Array, string, number, Uint8Array]>(
    `UPDATE objections SET outcome = ?, answer_salt = ?, answer = ?, answered_by = ?, answered_at = ?
     WHERE id = ? AND outcome IS NULL`,
  )
  const objectionById = db.prepare<[Uint8Array], ObjectionRecord>(`${OBJECTION} WHERE id = ?`)
  const objectionQueue = db.prepare<[QueueParameters], ObjectionRecord>(`${OBJECTION} ${QUEUE}`)

  const insertCorrection = db.prepare<
    [Uint8Array, number, string, string, string, string, Uint8Array, Uint8Array, number, number]
  >(
    `INSERT INTO corrections (id, certificate_seq, identifier, department, holder, field, says_salt, says, created_at, due_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  )
  const closeCorrection = db.prepare<
    [string, string | null, Uint8Array, Uint8Array, string, number, Uint8Array]
  >(
    `UPDATE corrections SET outcome = ?, successor = ?, answer_salt = ?, answer = ?, answered_by = ?, answered_at = ?
     WHERE id = ? AND outcome IS NULL`,
  )
  const correctionById = db.prepare<[Uint8Array], CorrectionRecord>('SELECT * FROM corrections WHERE id = ?')
  const correctionQueue = db.prepare<[QueueParameters], CorrectionRecord>(
    `SELECT * FROM corrections ${QUEUE}`,
  )

  const eraseValues = db.prepare<[number]>(
    'UPDATE certificates SET key_salt = NULL, ciphertext = NULL WHERE seq = ?',
  )
  const eraseIndex = db.prepare<[number]>('DELETE FROM certificate_holders WHERE seq = ?')
  const eraseNumber = db.prepare<[number]>('DELETE FROM certificate_numbers WHERE seq = ?')
  const eraseCopies = db.prepare<[number, number]>(
    `UPDATE copies SET key_salt = NULL, ciphertext = NULL, destroyed_at = ?, why = 'erased'
     WHERE key_salt IS NOT NULL AND use_seq IN (SELECT seq FROM uses WHERE certificate_seq = ?)`,
  )
  const eraseAdopted = db.prepare<[string]>(
    'UPDATE case_items SET copy_salt = NULL, copy = NULL WHERE identifier = ? AND copy IS NOT NULL',
  )
  const erasePresented = db.prepare<[number]>('DELETE FROM presentation_items WHERE seq = ?')
  const eraseCorrections = db.prepare<[number]>(
    `UPDATE corrections SET says_salt = NULL, says = NULL, answer_salt = NULL, answer = NULL WHERE certificate_seq = ?`,
  )
  const insertErasure = db.prepare<[number, string, string, string, number]>(
    'INSERT INTO erasures VALUES (?, ?, ?, ?, ?)',
  )
  const erasure = db.prepare<[number], ErasureRecord>('SELECT * FROM erasures WHERE certificate_seq = ?')

  const withheldNow = (certificateSeq: number) => withheld.get({ seq: certificateSeq }) ?? null

  /** A write that leaves no statement; its key remembers the id of what was written. */
  function named<Row>(once: Once | null, read: (id: string) => Row, work: () => string): Row {
    const earlier = earlierAnswer(once)
    if (earlier !== null) return read(earlier.batch ?? '')
    const id = work()
    // No statement has the number 0.
    newAnswer(0, 0, now(), id, once)
    return read(id)
  }

  function orderOf(id: string): WithholdingRow {
    const found = order.get(id)
    if (found === undefined) throw orderNotFound()
    return toWithholding(found)
  }

  function decide(
    id: string,
    statement: NewStatement,
    once: Once | null,
    mayStep: (row: WithholdingRow) => void,
    step: (seq: number, at: number) => void,
  ): WithholdingRow {
    const earlier = earlierAnswer(once)
    if (earlier !== null) return orderOf(earlier.batch ?? id)
    const acceptedAt = now()
    const seq = nextSeq()
    mayStep(orderOf(id))
    append(seq, statement, acceptedAt)
    step(seq, acceptedAt)
    newAnswer(seq, 1, acceptedAt, id, once)
    return orderOf(id)
  }

  function objectionOf(id: string): ObjectionRow {
    const found = objectionById.get(idBytes(id))
    invariant(found !== undefined, `no objection ${id}`)
    return toObjection(found)
  }

  function correctionOf(id: string): CorrectionRow {
    const found = correctionById.get(idBytes(id))
    invariant(found !== undefined, `no correction ${id}`)
    return toCorrection(found)
  }

  const erasureRow = (seq: number) => {
    const found = erasure.get(seq)
    return found === undefined ? null : toErasure(found)
  }

  return {
    withheldNow,
    async withheldLeaf(leaf) {
      const seq = seqOfLeaf.get(leaf.subarray(0, 6), leaf)
      return seq === undefined ? null : withheldNow(seq)
    },
    proposeWithholding: (proposal: NewWithholding, once) =>
      write(() =>
        named(once, orderOf, () => {
          const { id, certificateSeq, identifier, department, reason, proposedBy } = proposal
          insertOrder.run(id, certificateSeq, identifier, department, reason, proposedBy, now())
          return id
        }),
      ),
    confirmWithholding: (id, by, statement, once) =>
      write(() =>
        decide(
          id,
          statement,
          once,
          row => {
            if (row.effectiveAt !== null) throw orderState('proposed', 'in force or over')
            assertTwo(row.proposedBy, by)
          },
          (seq, at) => confirm.run(by, at, seq, id),
        ),
      ),
    proposeRelease: (id, by, reason, once) =>
      write(() =>
        named(once, orderOf, () => {
          const row = orderOf(id)
          if (row.effectiveAt === null || row.releasedAt !== null)
            throw orderState('in force', 'not in force')
          askRelease.run(reason, by, now(), id)
          return id
        }),
      ),
    confirmRelease: (id, by, statement, once) =>
      write(() =>
        decide(
          id,
          statement,
          once,
          row => {
            if (row.releaseProposedBy === null || row.releasedAt !== null) {
              throw orderState('in force with a release proposed', 'something else')
            }
            assertTwo(row.releaseProposedBy, by)
          },
          (seq, at) => release.run(by, at, seq, id),
        ),
      ),
    async withholding(id) {
      const found = order.get(id)
      return found === undefined ? null : toWithholding(found)
    },
    async withholdings() {
      return orders.all().map(toWithholding)
    },

    saveObjection: (objection: NewObjection, once) =>
      write(() =>
        named(once, objectionOf, () => {
          const { id, useSeq, holder, department, says, createdAt, dueAt } = objection
          if (sameObjection.get(useSeq, holder) !== undefined) {
            throw new Refusal('OBJECTION_EXISTS', 'an objection to this use is there already', {
              field: 'id',
            })
          }
          insertObjection.run(
            idBytes(id),
            useSeq,
            holder,
            department,
            says.keySalt,
            says.ciphertext,
            createdAt,
            dueAt,
          )
          return id
        }),
      ),
    answerObjection: (id, { outcome, answer, by }, once) =>
      write(() =>
        named(once, objectionOf, () => {
          const { keySalt, ciphertext } = answer
          const { changes } = closeObjection.run(outcome, keySalt, ciphertext, by, now(), idBytes(id))
          if (changes === 0)
            throw new Refusal('OBJECTION_ANSWERED', 'this objection is answered already', { field: 'id' })
          return id
        }),
      ),
    async objection(id) {
      const key = ulidBytes(id)
      const found = key === null ? undefined : objectionById.get(key)
      return found === undefined ? null : toObjection(found)
    },
    async objections(filter) {
      return objectionQueue.all(parametersOf(filter)).map(toObjection)
    },

    saveCorrection: (correction: NewCorrection, once) =>
      write(() =>
        named(once, correctionOf, () => {
          const { id, certificateSeq, identifier, department, holder, field, says, createdAt, dueAt } =
            correction
          insertCorrection.run(
            idBytes(id),
            certificateSeq,
            identifier,
            department,
            holder,
            field,
            says.keySalt,
            says.ciphertext,
            createdAt,
            dueAt,
          )
          return id
        }),
      ),
    answerCorrection: (id, { outcome, successor, answer, by }, once) =>
      write(() =>
        named(once, correctionOf, () => {
          const { keySalt, ciphertext } = answer
          const done = closeCorrection.run(outcome, successor, keySalt, ciphertext, by, now(), idBytes(id))
          if (done.changes === 0)
            throw new Refusal('CORRECTION_ANSWERED', 'this correction is answered already', { field: 'id' })
          return id
        }),
      ),
    async correction(id) {
      const key = ulidBytes(id)
      const found = key === null ? undefined : correctionById.get(key)
      return found === undefined ? null : toCorrection(found)
    },
    async corrections(filter) {
      return correctionQueue.all(parametersOf(filter)).map(toCorrection)
    },

    async erase({ certificateSeq, identifier, reason, erasedBy, erasedAt }, once) {
      const row = await write(() => {
        if (earlierAnswer(once) === null && erasureRow(certificateSeq) === null) {
          eraseValues.run(certificateSeq)
          eraseIndex.run(certificateSeq)
          eraseNumber.run(certificateSeq)
          eraseCopies.run(now(), certificateSeq)
          eraseAdopted.run(identifier)
          erasePresented.run(certificateSeq)
          eraseCorrections.run(certificateSeq)
          insertErasure.run(certificateSeq, identifier, reason, erasedBy, erasedAt ?? now())
          newAnswer(0, 0, now(), null, once)
        }
        return erasureRow(certificateSeq)
      })
      invariant(row !== null, `certificate ${identifier} was just erased`)
      // The pages are overwritten with zeros, but the write-ahead log still has their older copies.
      db.pragma('wal_checkpoint(TRUNCATE)')
      return row
    },
    async erasureOf(certificateSeq) {
      return erasureRow(certificateSeq)
    },
  }
}

interface QueueParameters {
  department: string | null
  holder: string | null
  open: number | null
}

const parametersOf = ({ department, holder, open }: QueueFilter): QueueParameters => ({
  department: department ?? null,
  holder: holder ?? null,
  open: open === undefined ? null : Number(open),
})

function assertTwo(first: string, second: string): void {
  if (first !== second) return
  throw new Refusal('TWO_PERSONS', 'the second person has to be another one than the first', {
    expected: 'another person',
    found: 'the same person',
  })
}

const orderNotFound = () => new Refusal('WITHHOLDING_NOT_FOUND', 'there is no such order', { field: 'id' })
const orderState = (expected: string, found: string) =>
  new Refusal('WITHHOLDING_STATE', 'the order does not stand so that this can be done', { expected, found })

function idBytes(id: string): Uint8Array {
  const key = ulidBytes(id)
  invariant(key !== null, `${id} is not a ULID`)
  return key
}

function toSealed(keySalt: Buffer | null, ciphertext: Buffer | null): Sealed | null {
  return keySalt === null || ciphertext === null
    ? null
    : { keySalt: bytes(keySalt), ciphertext: bytes(ciphertext) }
}

function toWithholding(record: WithholdingRecord): WithholdingRow {
  return {
    id: record.id,
    certificateSeq: record.certificate_seq,
    identifier: record.identifier,
    department: record.department,
    reason: record.reason,
    proposedBy: record.proposed_by,
    proposedAt: record.proposed_at,
    confirmedBy: record.confirmed_by,
    effectiveAt: record.effective_at,
    releaseReason: record.release_reason,
    releaseProposedBy: record.release_proposed_by,
    releaseProposedAt: record.release_proposed_at,
    releaseConfirmedBy: record.release_confirmed_by,
    releasedAt: record.released_at,
    orderSeq: record.order_seq,
    releaseSeq: record.release_seq,
  }
}

function queueRow(record: QueueRecord) {
  return {
    id: ulidText(record.id),
    holder: record.holder,
    department: record.department,
    says: toSealed(record.says_salt, record.says),
    createdAt: record.created_at,
    dueAt: record.due_at,
    answer: toSealed(record.answer_salt, record.answer),
    answeredBy: record.answered_by,
    answeredAt: record.answered_at,
  }
}

function toObjection(record: ObjectionRecord): ObjectionRow {
  return {
    ...queueRow(record),
    useSeq: record.use_seq,
    useId: ulidText(record.use_id),
    outcome: record.outcome as ObjectionRow['outcome'],
  }
}

function toCorrection(record: CorrectionRecord): CorrectionRow {
  return {
    ...queueRow(record),
    certificateSeq: record.certificate_seq,
    identifier: record.identifier,
    field: record.field,
    successor: record.successor,
    outcome: record.outcome as CorrectionRow['outcome'],
  }
}

function toErasure(record: ErasureRecord): ErasureRow {
  return {
    certificateSeq: record.certificate_seq,
    identifier: record.identifier,
    reason: record.reason,
    erasedBy: record.erased_by,
    erasedAt: record.erased_at,
  }
}
