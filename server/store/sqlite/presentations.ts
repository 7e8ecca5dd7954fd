/** Presentations in SQLite. */
import { SqliteError } from 'better-sqlite3'
import { invariant, Refusal } from '../../../protocol/refusal.ts'
import type {
  ConsumePresentation,
  GuessLimits,
  NewPresentation,
  PresentationReader,
  PresentationRow,
  PresentationStore,
  Resolution,
} from '../presentations.ts'
import type { Once } from '../store.ts'
import type { Appender } from './appending.ts'
import type { Context } from './context.ts'
import { bytes } from './context.ts'

interface PresentationRecord {
  id: string
  holder: Buffer
  person: Buffer
  verifier: string | null
  purpose: string
  opened_at: number
  stepped_up_at: number
  token: Buffer
  /** Null once nobody can use them any more, so that others may get them. */
  digits: Buffer | null
  code_expires_at: number
  paused_at: number | null
  cancelled_at: number | null
  department: string | null
  officer: string | null
  matter: string | null
  resolved_at: number | null
  read_until: number | null
}

interface ItemRecord {
  presentation: string
  number: number
  seq: number
  leaf: Buffer
  identifier: string
  type: string
  fields: string
  used_at: number | null
  used_fields: number
}

export function presentationVerbs(
  { db, write, now }: Context,
  answers: Appender,
): { verbs: PresentationStore; consumePresentation: ConsumePresentation } {
  const insert = db.prepare<(string | number | Uint8Array | null)[]>(
    `INSERT INTO presentations VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
  )
  const insertItem = db.prepare<(string | number | Uint8Array)[]>(
    'INSERT INTO presentation_items VALUES (?, ?, ?, ?, ?, ?, ?, NULL, 0)',
  )
  const byId = db.prepare<[string], PresentationRecord>('SELECT * FROM presentations WHERE id = ?')
  const byToken = db.prepare<[Uint8Array], PresentationRecord>('SELECT * FROM presentations WHERE token = ?')
  const byDigits = db.prepare<[Uint8Array], PresentationRecord>(
    'SELECT * FROM presentations WHERE digits = ?',
  )
  const ofHolder = db.prepare<[Uint8Array, string, number], PresentationRecord>(
    'SELECT * FROM presentations WHERE holder = ? AND id < ? ORDER BY id DESC LIMIT ?',
  )
  const living = db
    .prepare<[Uint8Array, number], number>(
      'SELECT count(*) FROM presentations WHERE holder = ? AND digits IS NOT NULL AND code_expires_at > ?',
    )
    .pluck()
  const erased = db.prepare<[number]>('SELECT 1 FROM erasures WHERE certificate_seq = ?')
  const itemsOf = db.prepare<[string], ItemRecord>(
    'SELECT * FROM presentation_items WHERE presentation = ? ORDER BY number',
  )
  const freeDigits = db.prepare<[number]>(
    'UPDATE presentations SET digits = NULL WHERE digits IS NOT NULL AND code_expires_at <= ?',
  )
  const renew = db.prepare<[Uint8Array, Uint8Array, number, number | null, string]>(
    `UPDATE presentations SET token = ?, digits = ?, code_expires_at = ?, paused_at = NULL,
       stepped_up_at = coalesce(?, stepped_up_at) WHERE id = ?`,
  )
  const pause = db.prepare<[number, number, string]>(
    'UPDATE presentations SET paused_at = ?, code_expires_at = ? WHERE id = ?',
  )
  const cancel = db.prepare<[number, string]>(
    'UPDATE presentations SET cancelled_at = ?, digits = NULL WHERE id = ?',
  )
  const bind = db.prepare<[string, string, string | null, number, number, string]>(
    `UPDATE presentations SET department = ?, officer = ?, matter = ?, resolved_at = ?, read_until = ?, digits = NULL
     WHERE id = ? AND resolved_at IS NULL`,
  )
  const takeItem = db.prepare<[number, number, string, number]>(
    `UPDATE presentation_items SET used_at = ?, used_fields = ?
     WHERE presentation = ? AND number = ? AND used_at IS NULL`,
  )
  const forgetGuesses = db.prepare<[number]>('DELETE FROM presentation_guesses WHERE at <= ?')
  const insertGuess = db.prepare<[string, string, number]>(
    'INSERT INTO presentation_guesses VALUES (NULL, ?, ?, ?)',
  )
  // The one that has to be forgotten before there is room for another.
  const guessOfDepartment = db
    .prepare<[string, number, number], number>(
      `SELECT at FROM presentation_guesses WHERE department = ? AND at > ? ORDER BY at DESC LIMIT 1 OFFSET ?`,
    )
    .pluck()
  const guessOfOfficer = db
    .prepare<[string, string, number, number], number>(
      `SELECT at FROM presentation_guesses WHERE department = ? AND officer = ? AND at > ?
       ORDER BY at DESC LIMIT 1 OFFSET ?`,
    )
    .pluck()

  const rowOf = (record: PresentationRecord): PresentationRow =>
    toPresentation(record, itemsOf.all(record.id))

  function recordOf(id: string): PresentationRecord {
    const record = byId.get(id)
    invariant(record !== undefined, `no presentation ${id}`)
    return record
  }

  /** Refuses what nobody shows any more. */
  function assertShown(record: PresentationRecord): void {
    if (record.cancelled_at !== null) throw cancelled()
    if (record.resolved_at !== null) throw used()
  }

  function open(presentation: NewPresentation, most: number, once: Once | null) {
    const earlier = answers.earlierAnswer(once)
    // Noted like the answer for statements; where those have the name of their batch is the presentation's id.
    if (earlier !== null) return { row: rowOf(recordOf(earlier.batch ?? '')), repeated: true }
    const { id, holder, person, verifier, purpose, items, code } = presentation
    const at = now()
    if ((living.get(holder, at) ?? 0) >= most) {
      throw new Refusal('PRESENTATIONS_TOO_MANY', 'too many codes of this holder are alive', {
        expected: `at most ${most}`,
      })
    }
    if (items.some(({ certificateSeq }) => erased.get(certificateSeq) !== undefined)) {
      throw new Refusal('CERTIFICATE_ERASED', 'the values of this certificate have been erased')
    }
    freeDigits.run(at)
    withFreeDigits(() =>
      insert.run(id, holder, person, verifier, purpose, at, at, code.token, code.digits, code.expiresAt),
    )
    for (const [number, item] of items.entries()) {
      const { certificateSeq, leaf, identifier, type, fields } = item
      insertItem.run(id, number, certificateSeq, leaf, identifier, type, JSON.stringify(fields))
    }
    answers.newAnswer(0, 0, at, id, once)
    return { row: rowOf(recordOf(id)), repeated: false }
  }

  function resolve(
    record: PresentationRecord | undefined,
    reader: PresentationReader,
    readUntil: number,
  ): Resolution {
    if (record === undefined) return { refused: 'PRESENTATION_UNKNOWN' }
    const { department, officer, matter } = reader
    const at = now()
    if (record.verifier !== null && record.verifier !== department)
      return { refused: 'PRESENTATION_OTHER_DEPARTMENT' }
    if (record.cancelled_at !== null) return { refused: 'PRESENTATION_CANCELLED' }
    if (record.resolved_at !== null) return { refused: 'CODE_USED' }
    if (at >= record.code_expires_at) return { refused: 'CODE_EXPIRED' }
    bind.run(department, officer, matter, at, readUntil, record.id)
    return { found: rowOf(recordOf(record.id)) }
  }

  /** Seconds until this reader may try digits again; 0 = now. */
  function waitOf({ department, officer }: PresentationReader, limits: GuessLimits): number {
    const since = now() - limits.windowSeconds
    const last = Math.max(
      guessOfDepartment.get(department, since, limits.ofDepartment - 1) ?? since,
      guessOfOfficer.get(department, officer, since, limits.ofOfficer - 1) ?? since,
    )
    return last - since
  }

  function resolveDigits(
    digits: Uint8Array,
    reader: PresentationReader,
    readUntil: number,
    limits: GuessLimits,
  ): Resolution {
    const guessing = waitOf(reader, limits)
    if (guessing > 0) return { guessing }
    const resolution = resolve(byDigits.get(digits), reader, readUntil)
    if (!('refused' in resolution)) return resolution
    forgetGuesses.run(now() - limits.windowSeconds)
    insertGuess.run(reader.department, reader.officer, now())
    // Whether such digits were alive a moment ago is nothing that a guess should tell.
    return resolution.refused === 'PRESENTATION_OTHER_DEPARTMENT' && isAlive(byDigits.get(digits))
      ? resolution
      : { refused: 'PRESENTATION_UNKNOWN' }
  }

  const isAlive = (record: PresentationRecord | undefined) =>
    record !== undefined && now() < record.code_expires_at

  const consumePresentation: ConsumePresentation = ({ id, leaf, department, fields, now: at }) => {
    const record = byId.get(id)
    if (record === undefined) return 'PRESENTATION_UNKNOWN'
    // Who is not meant learns nothing further of it.
    const meant = record.department ?? record.verifier ?? department
    if (meant !== department) return 'PRESENTATION_OTHER_DEPARTMENT'
    if (record.cancelled_at !== null) return 'PRESENTATION_CANCELLED'
    if (record.read_until === null) return 'PRESENTATION_UNKNOWN'
    const item = itemsOf.all(id).find(one => Buffer.compare(one.leaf, leaf) === 0)
    if (item === undefined) return 'FIELD_NOT_PRESENTED'
    if (item.used_at !== null) return 'CODE_USED'
    if (at >= record.read_until) return 'CODE_EXPIRED'
    const shown = new Set(JSON.parse(item.fields) as string[])
    if (!fields.every(field => shown.has(field))) return 'FIELD_NOT_PRESENTED'
    return takeItem.run(at, fields.length, id, item.number).changes === 1 ? null : 'CODE_USED'
  }

  const verbs: PresentationStore = {
    openPresentation: (presentation, most, once) => write(() => open(presentation, most, once)),
    renewPresentation: (id, code, steppedUpAt) =>
      write(() => {
        assertShown(recordOf(id))
        freeDigits.run(now())
        withFreeDigits(() => renew.run(code.token, code.digits, code.expiresAt, steppedUpAt, id))
        return rowOf(recordOf(id))
      }),
    pausePresentation: (id, expiresAt) =>
      write(() => {
        const record = recordOf(id)
        assertShown(record)
        if (now() >= record.code_expires_at) {
          throw new Refusal('CODE_EXPIRED', 'the code has expired')
        }
        if (record.paused_at === null) pause.run(now(), expiresAt, id)
        return rowOf(recordOf(id))
      }),
    cancelPresentation: id =>
      write(() => {
        const row = rowOf(recordOf(id))
        const { items } = row
        if (items.length > 0 && items.every(({ usedAt }) => usedAt !== null)) throw used()
        if (row.cancelledAt === null) cancel.run(now(), id)
        return rowOf(recordOf(id))
      }),
    resolvePresentation: (code, reader, readUntil, limits, once) =>
      write(() => {
        const earlier = answers.earlierAnswer(once)
        if (earlier !== null) {
          const row = rowOf(recordOf(earlier.batch ?? ''))
          const isSame = row.reader?.department === reader.department && row.reader.officer === reader.officer
          return isSame ? { found: row } : { refused: 'CODE_USED' }
        }
        const resolution =
          'token' in code
            ? resolve(byToken.get(code.token), reader, readUntil)
            : resolveDigits(code.digits, reader, readUntil, limits)
        if ('found' in resolution) answers.newAnswer(0, 0, now(), resolution.found.id, once)
        return resolution
      }),
    async presentation(id) {
      const record = byId.get(id)
      return record === undefined ? null : rowOf(record)
    },
    async presentationByToken(token) {
      const record = byToken.get(token)
      return record === undefined ? null : rowOf(record)
    },
    async presentations(holder, before, limit) {
      return ofHolder.all(holder, before ?? '~', limit).map(rowOf)
    },
  }
  return { verbs, consumePresentation }
}

const used = () => new Refusal('CODE_USED', 'the code was used')
const cancelled = () => new Refusal('PRESENTATION_CANCELLED', 'the holder ended this presentation')

function withFreeDigits(work: () => void): void {
  try {
    work()
  } catch (error) {
    const isTaken =
      error instanceof SqliteError &&
      error.code === 'SQLITE_CONSTRAINT_UNIQUE' &&
      error.message === 'UNIQUE constraint failed: presentations.digits'
    if (isTaken) throw new Refusal('DIGITS_TAKEN', 'these digits are alive elsewhere')
    throw error
  }
}

function toPresentation(record: PresentationRecord, items: ItemRecord[]): PresentationRow {
  const { department, officer, matter } = record
  return {
    id: record.id,
    holder: bytes(record.holder),
    person: bytes(record.person),
    verifier: record.verifier,
    purpose: record.purpose,
    openedAt: record.opened_at,
    steppedUpAt: record.stepped_up_at,
    codeExpiresAt: record.code_expires_at,
    pausedAt: record.paused_at,
    cancelledAt: record.cancelled_at,
    reader: department === null || officer === null ? null : { department, officer, matter },
    resolvedAt: record.resolved_at,
    readUntil: record.read_until,
    items: items.map(item => ({
      certificateSeq: item.seq,
      leaf: bytes(item.leaf),
      identifier: item.identifier,
      type: item.type,
      fields: JSON.parse(item.fields) as string[],
      usedAt: item.used_at,
      usedFields: item.used_fields,
    })),
  }
}
