/**
 * Statements in SQLite: certificates, records and status changes as they are accepted, and the answers that a client may ask for
 * again.
 */
import { SqliteError } from 'better-sqlite3'
import { Refusal, invariant } from '../../../protocol/refusal.ts'
import { leafHash } from '../../../protocol/log.ts'
import { failPoint } from '../fail-points.ts'
import type {
  AcceptResult,
  CertificateRow,
  NewCertificate,
  NewRecord,
  NewStatusChange,
  Once,
  OrderState,
  RecordRow,
  StatementKind,
  StatementRow,
  StatusAction,
  StatusChangeRow,
  Store,
} from '../store.ts'
import {
  IDENTIFIER_KEY_BYTES,
  joinIdentifier,
  shortCodeNumber,
  shortCodeText,
  splitIdentifier,
  ulidBytes,
  ulidText,
} from './compact.ts'
import { appender, KIND_NUMBER } from './appending.ts'
import type { Context } from './context.ts'
import { bytes, turnOfTheLoop } from './context.ts'

const KIND_OF = new Map(Object.entries(KIND_NUMBER).map(([kind, number]) => [number, kind as StatementKind]))

/** Stands where the values of a certificate would be that came back without them; an erased one has NULL. */
const VALUES_MISSING = new Uint8Array(0)

const STATEMENTS_AT_A_TIME = 1000
const PROBLEMS_NAMED = 100

interface StatementRecord {
  seq: number
  kind: number
  accepted_at: number
  statement: string
  leaf: Buffer
}

/** What the identifiers of a department's certificates of one type have in common. */
interface Series {
  id: number
  department: string
  type_code: string
  issuer: string
}

interface CertificateRecord extends StatementRecord {
  series: number
  identifier_key: Buffer
  check_character: string
  short_code: number
  status_list: number
  status_index: number
  valid_from: number
  valid_until: number | null
  key_salt: Buffer | null
  ciphertext: Buffer | null
  batch: string | null
}

interface StatusChangeRecord extends StatementRecord {
  id: Buffer
  identifier: string
  action: StatusAction
  reason: string
  order_json: string
  order_digest: Buffer
  after_seq: number | null
  state: OrderState
  block_number: number | null
  block_time: number | null
  refusal: string | null
}

type StatementVerbs = Pick<
  Store,
  | 'acceptCertificates'
  | 'acceptSuccessor'
  | 'acceptRecord'
  | 'acceptStatusChange'
  | 'answered'
  | 'rememberAnswer'
  | 'statementBySeq'
  | 'seqOfLeaf'
  | 'certificateByIdentifier'
  | 'certificateByShortCode'
  | 'certificatesByNumber'
  | 'indexNumber'
  | 'certificateBySeq'
  | 'certificates'
  | 'recordById'
  | 'statusChanges'
  | 'statusChangeBySeq'
  | 'openOrders'
  | 'markOrder'
  | 'eraseCertificate'
  | 'statements'
>

/** A certificate whose values are not here: it came back from the mirror. */
export type UnsealedCertificate = Omit<NewCertificate, 'sealed'> & { sealed: NewCertificate['sealed'] | null }

interface StatementInsides {
  /** For other verbs, inside or outside of a transaction. */
  readCertificate: (seq: number) => CertificateRow | null
  /** For an import, inside of its transaction: a certificate with its statement; the others' rows without. */
  appendCertificate: (seq: number, certificate: UnsealedCertificate, acceptedAt: number) => void
  appendRecord: (seq: number, record: Pick<NewRecord, 'id'>) => void
  appendStatusChange: (seq: number, change: NewStatusChange) => void
  /** Hashes every statement again and counts; names what differs. */
  findAlteredStatements: () => Promise<string[]>
}

/**
 * Scalar subqueries and not joins: a join carries the bound number over to every table, and SQLite then plans the statement anew
 * at each call (a build with STAT4), which costs four times the look-ups. https://www.sqlite.org/c3ref/prepare.html
 */
const STATEMENT = 'SELECT s.*, (SELECT leaf FROM leaves WHERE seq = s.seq) AS leaf FROM statements s'
const OF_STATEMENT = (table: string) => `
  (SELECT kind FROM statements WHERE seq = ${table}.seq) AS kind,
  (SELECT accepted_at FROM statements WHERE seq = ${table}.seq) AS accepted_at,
  (SELECT statement FROM statements WHERE seq = ${table}.seq) AS statement,
  (SELECT leaf FROM leaves WHERE seq = ${table}.seq) AS leaf`
const CERTIFICATE = `
  SELECT c.*, ${OF_STATEMENT('c')}, (
    SELECT CASE WHEN b.last_seq >= c.seq THEN b.batch END
    FROM batches b WHERE b.first_seq <= c.seq ORDER BY b.first_seq DESC LIMIT 1
  ) AS batch
  FROM certificates c`
const STATUS_CHANGE = `SELECT o.*, ${OF_STATEMENT('o')} FROM status_changes o`

export function statementVerbs({
  db,
  write,
  accept,
  now,
  onUndo,
}: Context): StatementVerbs & StatementInsides {
  const { nextSeq, append, earlierAnswer, newAnswer, acceptOne } = appender({ db, now })
  const lastSeq = db.prepare<[], number>('SELECT coalesce(max(seq), 0) FROM statements').pluck()
  const insertCertificate = db.prepare<
    [
      number,
      number,
      Uint8Array,
      string,
      number,
      number,
      number,
      number,
      number | null,
      Uint8Array | null,
      Uint8Array | null,
    ]
  >('INSERT INTO certificates VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  const insertHolder = db.prepare<[Uint8Array, number]>(
    'INSERT INTO certificate_holders VALUES (?, ?) ON CONFLICT DO NOTHING',
  )
  const insertNumber = db.prepare<[Uint8Array, number]>(
    'INSERT INTO certificate_numbers VALUES (?, ?) ON CONFLICT DO NOTHING',
  )
  const seqsByNumber = db
    .prepare<[Uint8Array, number], number>(
      'SELECT seq FROM certificate_numbers WHERE lookup = ? ORDER BY seq DESC LIMIT ?',
    )
    .pluck()
  const insertBatch = db.prepare<[number, number, string]>('INSERT INTO batches VALUES (?, ?, ?)')
  const findSeries = db.prepare<[string, string, string], Series>(
    'SELECT * FROM series WHERE department = ? AND type_code = ? AND issuer = ?',
  )
  const getSeries = db.prepare<[number], Series>('SELECT * FROM series WHERE id = ?')
  const insertSeries = db.prepare<[string, string, string]>(
    'INSERT INTO series (department, type_code, issuer) VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  )
  const seriesMatching = db
    .prepare<{ department: string | null; typeCode: string | null }, number>(
      `SELECT id FROM series WHERE (@department IS NULL OR department = @department)
       AND (@typeCode IS NULL OR type_code = @typeCode)`,
    )
    .pluck()
  const insertRecord = db.prepare<[number, Uint8Array]>('INSERT INTO records VALUES (?, ?)')
  const insertChange = db.prepare<
    [number, Uint8Array, string, string, string, string, Uint8Array, number | null]
  >("INSERT INTO status_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'accepted', NULL, NULL, NULL)")

  const statementBySeq = db.prepare<[number], StatementRecord>(`${STATEMENT} WHERE seq = ?`)
  const statementRange = db.prepare<[number, number], StatementRecord>(
    `${STATEMENT} WHERE seq > ? ORDER BY seq LIMIT ?`,
  )
  const seqOfLeaf = db
    .prepare<[Uint8Array, Uint8Array], number>(
      'SELECT seq FROM leaves WHERE substr(leaf, 1, 6) = ? AND leaf = ? ORDER BY seq LIMIT 1',
    )
    .pluck()
  const certificateBySeq = db.prepare<[number], CertificateRecord>(`${CERTIFICATE} WHERE seq = ?`)
  const certificateByKey = db.prepare<[Uint8Array], CertificateRecord>(
    `${CERTIFICATE} WHERE identifier_key = ?`,
  )
  const certificateByShortCode = db.prepare<[number], CertificateRecord>(
    `${CERTIFICATE} WHERE short_code = ?`,
  )
  const seqsBefore = db
    .prepare<[number, number], number>('SELECT seq FROM certificates WHERE seq < ? ORDER BY seq DESC LIMIT ?')
    .pluck()
  const seqsOfSeries = db
    .prepare<[number, number, number], number>(
      'SELECT seq FROM certificates WHERE series = ? AND seq < ? ORDER BY seq DESC LIMIT ?',
    )
    .pluck()
  const runsOfBatch = db.prepare<[string, number], { first_seq: number; last_seq: number }>(
    'SELECT first_seq, last_seq FROM batches WHERE batch = ? AND first_seq < ? ORDER BY first_seq DESC',
  )
  const seqsOfRun = db.prepare<[number, number], { seq: number; series: number }>(
    'SELECT seq, series FROM certificates WHERE seq BETWEEN ? AND ? ORDER BY seq DESC',
  )
  const recordById = db.prepare<[Uint8Array], StatementRecord>(
    `SELECT r.seq, ${OF_STATEMENT('r')} FROM records r WHERE id = ?`,
  )
  const changesOf = db.prepare<[string], StatusChangeRecord>(
    `${STATUS_CHANGE} WHERE identifier = ? ORDER BY seq`,
  )
  const countChanges = db
    .prepare<[string], number>('SELECT count(*) FROM status_changes WHERE identifier = ?')
    .pluck()
  const changeBySeq = db.prepare<[number], StatusChangeRecord>(`${STATUS_CHANGE} WHERE seq = ?`)
  const openChanges = db.prepare<[], StatusChangeRecord>(
    `${STATUS_CHANGE} WHERE state NOT IN ('final', 'refused') ORDER BY seq`,
  )
  const markChange = db.prepare<[string, number | null, number | null, string | null, number]>(
    'UPDATE status_changes SET state = ?, block_number = ?, block_time = ?, refusal = ? WHERE seq = ?',
  )
  const eraseByKey = db.prepare<[Uint8Array]>(
    'UPDATE certificates SET key_salt = NULL, ciphertext = NULL WHERE identifier_key = ? AND ciphertext IS NOT NULL',
  )

  /** A batch is of one department and type. */
  let lastSeries: Series | undefined
  const seriesById = new Map<number, Series>()
  onUndo(() => {
    lastSeries = undefined
    seriesById.clear()
  })
  /** Bound values are copied at once, so one key is enough for all rows. */
  const identifierKey = new Uint8Array(IDENTIFIER_KEY_BYTES)

  function seriesOf(department: string, typeCode: string, issuer: string): Series {
    const last = lastSeries
    if (last?.department === department && last.type_code === typeCode && last.issuer === issuer) return last
    insertSeries.run(department, typeCode, issuer)
    lastSeries = findSeries.get(department, typeCode, issuer)
    invariant(lastSeries !== undefined, `a series of ${department} was just written`)
    return lastSeries
  }

  function seriesWithId(id: number): Series {
    const series = seriesById.get(id) ?? getSeries.get(id)
    invariant(series !== undefined, `no series ${id}`)
    seriesById.set(id, series)
    return series
  }

  function appendCertificate(seq: number, certificate: UnsealedCertificate, acceptedAt: number): void {
    const { identifier, department, typeCode, sealed } = certificate
    const parts = splitIdentifier(identifier, identifierKey)
    const shortCode = shortCodeNumber(certificate.shortCode)
    // Messages are built only when needed: this runs for every row of a batch.
    if (parts === null || parts.typeCode !== typeCode || shortCode === null) {
      return invariant(false, `${identifier}, ${typeCode} and ${certificate.shortCode} are not what we issue`)
    }
    append(seq, certificate, acceptedAt)
    insertCertificate.run(
      seq,
      seriesOf(department, typeCode, parts.issuer).id,
      identifierKey,
      parts.checkCharacter,
      shortCode,
      certificate.statusList,
      certificate.statusIndex,
      certificate.validFrom,
      certificate.validUntil,
      sealed?.keySalt ?? null,
      sealed?.ciphertext ?? VALUES_MISSING,
    )
    for (const lookup of certificate.holders ?? []) insertHolder.run(lookup, seq)
    if (certificate.number !== undefined) insertNumber.run(certificate.number, seq)
  }

  function acceptAll(certificates: NewCertificate[], batch: string | null, once: Once | null): AcceptResult {
    const earlier = earlierAnswer(once)
    if (earlier !== null) return earlier
    const acceptedAt = now()
    const first = nextSeq()
    let seq = first
    for (const certificate of certificates) {
      if (seq > first) failPoint('mid-batch')
      try {
        appendCertificate(seq, certificate, acceptedAt)
      } catch (error) {
        throw takenCertificate(error, certificate, seq - first)
      }
      seq++
    }
    if (batch !== null && seq > first) insertBatch.run(first, seq - 1, batch)
    return newAnswer(first, certificates.length, acceptedAt, batch, once)
  }

  function acceptWithSuccessor(
    certificate: NewCertificate,
    change: NewStatusChange,
    once: Once | null,
  ): AcceptResult {
    const earlier = earlierAnswer(once)
    if (earlier !== null) return earlier
    const acceptedAt = now()
    const seq = nextSeq()
    try {
      appendCertificate(seq, certificate, acceptedAt)
    } catch (error) {
      throw takenCertificate(error, certificate, 0)
    }
    append(seq + 1, change, acceptedAt)
    appendStatusChange(seq + 1, { ...change, afterSeq: seq })
    return newAnswer(seq, 2, acceptedAt, null, once)
  }

  function appendRecord(seq: number, record: Pick<NewRecord, 'id'>): void {
    try {
      insertRecord.run(seq, idBytes(record.id))
    } catch (error) {
      throw isTaken(error, 'records.id') ? taken('RECORD_ID_TAKEN', 'id', record.id) : error
    }
  }

  function appendStatusChange(seq: number, change: NewStatusChange): void {
    const { id, identifier, action, reason, order, orderDigest, afterSeq, decidedOn } = change
    const known = countChanges.get(identifier) ?? 0
    if (decidedOn !== undefined && decidedOn !== known) {
      throw new Refusal('STATUS_CHANGED', `another change of ${identifier} was accepted meanwhile`, {
        field: 'identifier',
        expected: `${decidedOn} changes`,
        found: `${known} changes`,
      })
    }
    try {
      insertChange.run(seq, idBytes(id), identifier, action, reason, order, orderDigest, afterSeq)
    } catch (error) {
      throw isTaken(error, 'status_changes.id') ? taken('STATUS_CHANGE_ID_TAKEN', 'id', id) : error
    }
  }

  function seqsOfBatch(
    batch: string,
    series: ReadonlySet<number> | null,
    before: number,
    limit: number,
  ): number[] {
    const seqs: number[] = []
    for (const run of runsOfBatch.all(batch, before)) {
      for (const row of seqsOfRun.all(run.first_seq, Math.min(run.last_seq, before - 1))) {
        if (series !== null && !series.has(row.series)) continue
        if (seqs.push(row.seq) === limit) return seqs
      }
    }
    return seqs
  }

  function certificateSeqs(
    { department, typeCode, batch }: { department?: string; typeCode?: string; batch?: string },
    before: number,
    limit: number,
  ): number[] {
    const filtered = department !== undefined || typeCode !== undefined
    const series = filtered
      ? new Set(seriesMatching.all({ department: department ?? null, typeCode: typeCode ?? null }))
      : null
    if (batch !== undefined) return seqsOfBatch(batch, series, before, limit)
    if (series === null) return seqsBefore.all(before, limit)
    return [...series]
      .flatMap(id => seqsOfSeries.all(id, before, limit))
      .sort((a, b) => b - a)
      .slice(0, limit)
  }

  function certificateRow(record: CertificateRecord | undefined): CertificateRow | null {
    return record === undefined ? null : toCertificate(record, seriesWithId(record.series))
  }

  return {
    readCertificate: seq => certificateRow(certificateBySeq.get(seq)),
    appendCertificate,
    appendRecord,
    appendStatusChange,
    acceptCertificates: (certificates, batch, once) => accept(() => acceptAll(certificates, batch, once)),
    acceptSuccessor: (certificate, change, once) =>
      accept(() => acceptWithSuccessor(certificate, change, once)),
    acceptRecord: (record, once) => accept(() => acceptOne(record, once, seq => appendRecord(seq, record))),
    acceptStatusChange: (change, once) =>
      accept(() => acceptOne(change, once, seq => appendStatusChange(seq, change))),
    async answered(once) {
      return earlierAnswer(once)
    },
    rememberAnswer: once =>
      write(() => {
        // No statement has the number 0, and none is accepted under this key.
        if (earlierAnswer(once) === null) newAnswer(0, 0, now(), null, once)
      }),
    async statementBySeq(seq) {
      const record = statementBySeq.get(seq)
      return record === undefined ? null : toStatement(record)
    },
    async seqOfLeaf(leaf) {
      return seqOfLeaf.get(leaf.subarray(0, 6), leaf) ?? null
    },
    async certificateByIdentifier(identifier) {
      if (splitIdentifier(identifier, identifierKey) === null) return null
      const row = certificateRow(certificateByKey.get(identifierKey))
      return row?.identifier === identifier ? row : null
    },
    async certificateByShortCode(shortCode) {
      const number = shortCodeNumber(shortCode)
      return number === null ? null : certificateRow(certificateByShortCode.get(number))
    },
    async certificatesByNumber(lookup, limit) {
      return seqsByNumber.all(lookup, limit).flatMap(seq => certificateRow(certificateBySeq.get(seq)) ?? [])
    },
    indexNumber: (seq, lookup) => write(() => void insertNumber.run(lookup, seq)),
    async certificateBySeq(seq) {
      return certificateRow(certificateBySeq.get(seq))
    },
    async certificates(filter, { before, limit }) {
      const seqs = certificateSeqs(filter, before ?? Number.MAX_SAFE_INTEGER, limit)
      return seqs.flatMap(seq => certificateRow(certificateBySeq.get(seq)) ?? [])
    },
    async recordById(id) {
      const key = ulidBytes(id)
      const record = key === null ? undefined : recordById.get(key)
      return record === undefined ? null : toRecord(record, id)
    },
    async statusChanges(identifier) {
      return changesOf.all(identifier).map(toStatusChange)
    },
    async statusChangeBySeq(seq) {
      const record = changeBySeq.get(seq)
      return record === undefined ? null : toStatusChange(record)
    },
    async openOrders() {
      return openChanges.all().map(toStatusChange)
    },
    markOrder: (seq, state, block, refusal) =>
      write(() => {
        const { changes } = markChange.run(state, block?.number ?? null, block?.time ?? null, refusal, seq)
        invariant(changes === 1, `no status change ${seq}`)
      }),
    async eraseCertificate(identifier) {
      const erased = await write(() => {
        invariant(
          splitIdentifier(identifier, identifierKey) !== null,
          `${identifier} is not an identifier of ours`,
        )
        return eraseByKey.run(identifierKey).changes > 0
      })
      // The page is overwritten with zeros, but the write-ahead log still has its older copies.
      if (erased) db.pragma('wal_checkpoint(TRUNCATE)')
    },
    async statements(from, max) {
      return statementRange.all(from, max).map(toStatement)
    },

    async findAlteredStatements() {
      const altered: string[] = []
      const end = lastSeq.get() ?? 0
      let seq = 0
      while (seq < end) {
        if (altered.length >= PROBLEMS_NAMED) return [...altered, 'and perhaps more']
        for (const { seq: found, leaf, statement } of statementRange.all(seq, STATEMENTS_AT_A_TIME)) {
          if (found !== seq + 1) return [...altered, `statement ${seq + 1} is missing`]
          if (Buffer.compare(leafHash(statement), leaf) !== 0)
            altered.push(`statement ${found} differs from its leaf`)
          seq = found
        }
        await turnOfTheLoop()
      }
      return altered
    },
  }
}

function takenCertificate(error: unknown, { identifier, shortCode }: NewCertificate, row: number): unknown {
  if (isTaken(error, 'certificates.identifier_key'))
    return taken('IDENTIFIER_TAKEN', 'identifier', identifier, row)
  if (isTaken(error, 'certificates.short_code')) return taken('SHORT_CODE_TAKEN', 'shortCode', shortCode, row)
  return error
}

function isTaken(error: unknown, column: string): boolean {
  return (
    error instanceof SqliteError &&
    error.code === 'SQLITE_CONSTRAINT_UNIQUE' &&
    error.message === `UNIQUE constraint failed: ${column}`
  )
}

function taken(code: string, field: string, found: string, row?: number): Refusal {
  const expected = 'one that is not in the log yet'
  const errors = row === undefined ? {} : { errors: [{ row, field, code, expected, found }] }
  return new Refusal(code, `${field} ${found} is taken`, { field, expected, found, ...errors })
}

function idBytes(id: string): Uint8Array {
  const key = ulidBytes(id)
  invariant(key !== null, `${id} is not a ULID`)
  return key
}

function toStatement(record: StatementRecord): StatementRow {
  const kind = KIND_OF.get(record.kind)
  invariant(kind !== undefined, `statement ${record.seq} is of the unknown kind ${record.kind}`)
  const { seq, accepted_at: acceptedAt, statement, leaf } = record
  return { seq, acceptedAt, kind, statement, leaf: bytes(leaf) }
}

function toRecord(record: StatementRecord, id: string): RecordRow {
  return { ...toStatement(record), kind: 'record', id }
}

function toCertificate(record: CertificateRecord, series: Series): CertificateRow {
  const { key_salt: keySalt, ciphertext } = record
  return {
    ...toStatement(record),
    kind: 'certificate',
    identifier: joinIdentifier(record.identifier_key, {
      typeCode: series.type_code,
      issuer: series.issuer,
      checkCharacter: record.check_character,
    }),
    department: series.department,
    typeCode: series.type_code,
    shortCode: shortCodeText(record.short_code),
    statusList: record.status_list,
    statusIndex: record.status_index,
    validFrom: record.valid_from,
    validUntil: record.valid_until,
    batch: record.batch,
    valuesMissing: keySalt === null && ciphertext !== null,
    sealed:
      keySalt === null || ciphertext === null
        ? null
        : { keySalt: bytes(keySalt), ciphertext: bytes(ciphertext) },
  }
}

function toStatusChange(record: StatusChangeRecord): StatusChangeRow {
  return {
    ...toStatement(record),
    kind: 'status',
    id: ulidText(record.id),
    identifier: record.identifier,
    action: record.action,
    reason: record.reason,
    order: record.order_json,
    orderDigest: bytes(record.order_digest),
    afterSeq: record.after_seq,
    state: record.state,
    blockNumber: record.block_number,
    blockTime: record.block_time,
    refusal: record.refusal,
  }
}
