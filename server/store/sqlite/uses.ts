/** Uses of certificates, the copies handed out for them and the legal bases, in SQLite. */
import { Refusal, invariant } from '../../../protocol/refusal.ts'
import type { ConsumeGrant } from '../grants.ts'
import type { AcceptResult, Once } from '../store.ts'
import type { DutyBasis, Ground, NewUse, UseCheck, UseFilter, UseOutcome, UseRow, UseStore } from '../uses.ts'
import { KIND_NUMBER, type Appender } from './appending.ts'
import { ulidBytes, ulidText } from './compact.ts'
import type { Context } from './context.ts'
import { bytes } from './context.ts'

/** What other verbs ask and change inside the transaction of a use: null = done, else why not, and nothing was changed. */
export interface UseConsumers {
  consumeGrant: ConsumeGrant
  consumePresentation: (check: {
    id: string
    leaf: Uint8Array
    department: string
    fields: string[]
    now: number
  }) => string | null
  withheldBy: (certificateSeq: number) => string | null
}

type Verbs = Pick<
  UseStore,
  | 'recordUse'
  | 'useById'
  | 'useBySeq'
  | 'uses'
  | 'useCounts'
  | 'keepCopy'
  | 'copyOf'
  | 'destroyExpiredCopies'
  | 'saveDutyBasis'
  | 'dutyBasis'
  | 'dutyBases'
>

interface UseRecord {
  seq: number
  id: Buffer
  certificate_seq: number
  identifier: string
  issuer: string
  department: string
  officer: string
  matter: string
  ground: Ground
  refused: string | null
  statement: string
  leaf: Buffer
  accepted_at: number
  expires_at: number | null
  kept: number | null
  destroyed_at: number | null
  why: 'expired' | 'erased' | null
}

interface BasisRecord {
  department: string
  matter: string
  type: string
  basis: string
  recorded_by: string
  recorded_at: number
}

const USE = `
  SELECT u.*, s.statement, s.accepted_at, l.leaf, c.expires_at, c.key_salt IS NOT NULL AS kept, c.destroyed_at, c.why
  FROM uses u JOIN statements s ON s.seq = u.seq JOIN leaves l ON l.seq = u.seq LEFT JOIN copies c ON c.use_seq = u.seq`

const CONDITION: Record<keyof UseFilter, string> = {
  certificateSeq: 'u.certificate_seq = @certificateSeq',
  holder: 'u.certificate_seq IN (SELECT seq FROM certificate_holders WHERE lookup = @holder)',
  issuer: 'u.issuer = @issuer',
  department: 'u.department = @department',
  officer: 'u.officer = @officer',
  ground: 'u.ground = @ground',
  refused: '(u.refused IS NOT NULL) = @refused',
}

export function useVerbs(
  { db, write, accept, now }: Context,
  { nextSeq, append, earlierAnswer, newAnswer }: Appender,
  consumers: UseConsumers,
): Verbs {
  const insert = db.prepare<
    [number, Uint8Array, number, string, string, string, string, string, string, string | null]
  >('INSERT INTO uses VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  const insertCopy = db.prepare<[number, number]>('INSERT INTO copies VALUES (?, ?, NULL, NULL, NULL, NULL)')
  const byId = db.prepare<[Uint8Array], UseRecord>(`${USE} WHERE u.id = ?`)
  const bySeq = db.prepare<[number], UseRecord>(`${USE} WHERE u.seq = ?`)
  const facts = db.prepare<[string, number], { changes: number; sealed: number }>(
    `SELECT (SELECT count(*) FROM status_changes WHERE identifier = ? AND state <> 'refused') AS changes,
       key_salt IS NOT NULL AS sealed
     FROM certificates WHERE seq = ?`,
  )
  const counts = db.prepare<[string], { officer: string; used: number; refused: number }>(
    `SELECT officer, sum(refused IS NULL) AS used, sum(refused IS NOT NULL) AS refused
     FROM uses WHERE department = ? GROUP BY officer ORDER BY officer`,
  )
  const keep = db.prepare<[Uint8Array, Uint8Array, number, number, number]>(
    `UPDATE copies SET key_salt = ?, ciphertext = ?, expires_at = min(expires_at, ?)
     WHERE use_seq = ? AND destroyed_at IS NULL AND key_salt IS NULL AND expires_at > ?`,
  )
  const copy = db.prepare<[Uint8Array], { key_salt: Buffer | null; ciphertext: Buffer | null }>(
    'SELECT key_salt, ciphertext FROM copies WHERE use_seq = (SELECT seq FROM uses WHERE id = ?)',
  )
  const expire = db.prepare<[number, number]>(
    `UPDATE copies SET key_salt = NULL, ciphertext = NULL, destroyed_at = ?, why = 'expired'
     WHERE key_salt IS NOT NULL AND expires_at <= ?`,
  )
  const saveBasis = db.prepare<[string, string, string, string, string, number]>(
    'INSERT OR REPLACE INTO duty_bases VALUES (?, ?, ?, ?, ?, ?)',
  )
  const dropBasis = db.prepare<[string, string, string]>(
    'DELETE FROM duty_bases WHERE department = ? AND matter = ? AND type = ?',
  )
  const basis = db.prepare<[string, string, string], BasisRecord>(
    'SELECT * FROM duty_bases WHERE department = ? AND matter = ? AND type = ?',
  )
  const bases = db.prepare<[{ department: string | null }], BasisRecord>(
    `SELECT * FROM duty_bases WHERE @department IS NULL OR department = @department ORDER BY department, matter, type`,
  )

  const lists = new Map<string, ReturnType<typeof prepareList>>()
  function prepareList(names: (keyof UseFilter)[]) {
    const where = ['u.seq < @before', ...names.map(name => CONDITION[name])].join(' AND ')
    return db.prepare<[Record<string, unknown>], UseRecord>(
      `${USE} WHERE ${where} ORDER BY u.seq DESC LIMIT @limit`,
    )
  }

  function record(use: NewUse, once: Once | null): AcceptResult {
    const acceptedAt = now()
    const seq = nextSeq()
    append(seq, use, acceptedAt)
    const id = ulidBytes(use.id)
    invariant(id !== null, `${use.id} is not a ULID`)
    const { certificateSeq, identifier, issuer, department, officer, matter, ground, refused } = use
    insert.run(seq, id, certificateSeq, identifier, issuer, department, officer, matter, ground, refused)
    if (use.copyExpiresAt !== null) insertCopy.run(seq, use.copyExpiresAt)
    return newAnswer(seq, 1, acceptedAt, null, once)
  }

  /** Why the values may not be handed out after all; `changed` when that has to be decided anew. Counts the use when it may. */
  function stopped(check: UseCheck): string | { changed: true } | null {
    const { leaf, department, matter, fields } = check
    if (consumers.withheldBy(check.certificateSeq) !== null) return 'WITHHELD'
    const found = facts.get(check.identifier, check.certificateSeq)
    if (found === undefined || found.sealed === 0) return 'CERTIFICATE_ERASED'
    if (found.changes !== check.changes) return { changed: true }
    if (check.grant !== null) {
      return consumers.consumeGrant({ digest: check.grant, leaf, department, matter, fields, now: check.now })
    }
    if (check.presentation !== null) {
      return consumers.consumePresentation({
        id: check.presentation,
        leaf,
        department,
        fields,
        now: check.now,
      })
    }
    return null
  }

  return {
    recordUse: (use, check, once) =>
      accept((): UseOutcome => {
        const earlier = earlierAnswer(once)
        if (earlier !== null) return { result: earlier }
        const why = check === null ? null : stopped(check)
        if (why === null) return { result: record(use, once) }
        return typeof why === 'string' ? { refused: why } : why
      }),
    async useById(id) {
      const key = ulidBytes(id)
      const found = key === null ? undefined : byId.get(key)
      return found === undefined ? null : toUse(found)
    },
    async useBySeq(seq) {
      const found = bySeq.get(seq)
      return found === undefined ? null : toUse(found)
    },
    async uses(filter, { before, limit }) {
      const names = (Object.keys(CONDITION) as (keyof UseFilter)[]).filter(name => filter[name] !== undefined)
      const list = lists.get(names.join()) ?? prepareList(names)
      lists.set(names.join(), list)
      const named = Object.fromEntries(
        names.map(name => [name, name === 'refused' ? Number(filter[name]) : filter[name]]),
      )
      return list.all({ ...named, before: before ?? Number.MAX_SAFE_INTEGER, limit }).map(toUse)
    },
    async useCounts(department) {
      return counts.all(department)
    },

    keepCopy: (useId, { keySalt, ciphertext }, expiresAt) =>
      write(() => {
        const key = ulidBytes(useId)
        const found = key === null ? undefined : byId.get(key)
        if (found === undefined || keep.run(keySalt, ciphertext, expiresAt, found.seq, now()).changes === 0) {
          throw new Refusal('COPY_GONE', 'there is no copy that may be kept for this use', { field: 'use' })
        }
      }),
    async copyOf(useId) {
      const key = ulidBytes(useId)
      const found = key === null ? undefined : copy.get(key)
      if (!found?.key_salt || !found.ciphertext) return null
      return { keySalt: bytes(found.key_salt), ciphertext: bytes(found.ciphertext) }
    },
    async destroyExpiredCopies(at) {
      const destroyed = await write(() => expire.run(at, at).changes)
      // The page is overwritten with zeros, but the write-ahead log still has its older copies.
      if (destroyed > 0) db.pragma('wal_checkpoint(TRUNCATE)')
      return destroyed
    },

    saveDutyBasis: ({ department, matter, type, basis: text, recordedBy }) =>
      write(() => {
        if (text === null) dropBasis.run(department, matter, type)
        else saveBasis.run(department, matter, type, text, recordedBy, now())
      }),
    async dutyBasis(department, matter, type) {
      const found = basis.get(department, matter, type)
      return found === undefined ? null : toBasis(found)
    },
    async dutyBases(department) {
      return bases.all({ department }).map(toBasis)
    },
  }
}

/**
 * Names the uses whose row and statement do not say the same, or of which one is missing. The statement is what the log
 * proves; rows are what people are shown.
 */
export function alteredUses(db: Context['db']): { index: number; what: 'differs' | 'missing' }[] {
  // A file of an earlier release has no uses.
  if (db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'uses'").get() === undefined) return []
  const both = db.prepare<[], AuditRecord>(
    `SELECT u.*, s.seq AS seq, s.statement, d.uscc,
       (SELECT leaf FROM leaves WHERE seq = u.certificate_seq) AS certificate_leaf,
       (SELECT statement FROM statements WHERE seq = u.certificate_seq) AS certificate
     FROM statements s LEFT JOIN uses u ON u.seq = s.seq LEFT JOIN departments d ON d.code = u.issuer
     WHERE s.kind = ${KIND_NUMBER.use} ORDER BY s.seq`,
  )
  const strangers = db
    .prepare<[], number>(
      `SELECT seq FROM uses u WHERE NOT EXISTS
         (SELECT 1 FROM statements s WHERE s.seq = u.seq AND s.kind = ${KIND_NUMBER.use})`,
    )
    .pluck()
  const altered: { index: number; what: 'differs' | 'missing' }[] = []
  for (const found of both.iterate()) {
    if (found.id === null) altered.push({ index: found.seq - 1, what: 'missing' })
    else if (!saysTheSame({ ...found, id: found.id })) altered.push({ index: found.seq - 1, what: 'differs' })
  }
  for (const seq of strangers.iterate()) altered.push({ index: seq - 1, what: 'differs' })
  return altered.sort((a, b) => a.index - b.index)
}

interface AuditRecord extends Omit<UseRecord, 'id' | 'leaf'> {
  id: Buffer | null
  uscc: string | null
  certificate_leaf: Buffer | null
  certificate: string | null
}

function saysTheSame(row: AuditRecord & { id: Buffer }): boolean {
  const claims = claimsOf(row.statement)
  const certificate = claimsOf(row.certificate ?? '')
  return (
    claims.jti === `urn:onceproof:use:${ulidText(row.id)}` &&
    claims.certificate === row.certificate_leaf?.toString('base64url') &&
    claims.department === row.department &&
    claims.officer === row.officer &&
    claims.matter === row.matter &&
    claims.ground === row.ground &&
    (claims.refused ?? null) === row.refused &&
    certificate.id === `urn:onceproof:certificate:${row.identifier}` &&
    // …<type>.<issuer>.<serial>…
    row.identifier.split('.')[6] === row.uscc
  )
}

interface UseClaims {
  jti: string
  certificate: string
  department: string
  officer: string
  matter: string
  ground: string
  fields: string[]
  case?: string
  grant?: string
  basis?: string
  refused?: string
}

/** What a statement claims; nothing when something else stands there, so that an audit goes on. */
function claimsOf(statement: string): Partial<UseClaims> & { id?: string } {
  try {
    return JSON.parse(Buffer.from(statement.split('.')[1] ?? '', 'base64url').toString()) as UseClaims
  } catch {
    return {}
  }
}

function toUse(record: UseRecord): UseRow {
  const { statement, expires_at: expiresAt } = record
  const claims = claimsOf(statement)
  return {
    kind: 'use',
    seq: record.seq,
    acceptedAt: record.accepted_at,
    statement,
    leaf: bytes(record.leaf),
    id: ulidText(record.id),
    certificateSeq: record.certificate_seq,
    identifier: record.identifier,
    issuer: record.issuer,
    department: record.department,
    officer: record.officer,
    matter: record.matter,
    ground: record.ground,
    refused: record.refused,
    copyExpiresAt: expiresAt,
    fields: claims.fields ?? [],
    case: claims.case ?? null,
    grant: claims.grant ?? null,
    basis: claims.basis ?? null,
    copy:
      expiresAt === null
        ? null
        : { expiresAt, kept: record.kept === 1, destroyedAt: record.destroyed_at, why: record.why },
  }
}

function toBasis({ recorded_by: recordedBy, recorded_at: recordedAt, ...rest }: BasisRecord): DutyBasis {
  return { ...rest, recordedBy, recordedAt }
}
