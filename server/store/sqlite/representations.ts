/** Representations in SQLite. */
import { Refusal } from '../../../protocol/refusal.ts'
import type {
  Capacity,
  NewRepresentation,
  RepresentationRow,
  RepresentationStore,
} from '../representations.ts'
import type { Appender } from './appending.ts'
import { bytes, type Context } from './context.ts'

interface RepresentationRecord {
  id: string
  capacity: Capacity
  person: Buffer
  holder: Buffer
  matters: string | null
  types: string | null
  since: number
  until: number | null
  department: string | null
  appointed_by: string
  under: string | null
  ended_at: number | null
  ended_by: string | null
}

const IN_FORCE = 'ended_at IS NULL AND since <= @at AND (until IS NULL OR until > @at)'

export function representationVerbs({ db, write, now }: Context, answers: Appender): RepresentationStore {
  const insert = db.prepare(
    `INSERT INTO representations VALUES (@id, @capacity, @person, @holder, @matters, @types, @since, @until, @department,
      @appointedBy, @under, NULL, NULL)`,
  )
  const byId = db.prepare<[string], RepresentationRecord>('SELECT * FROM representations WHERE id = ?')
  const between = db.prepare<[object], RepresentationRecord>(
    `SELECT * FROM representations WHERE holder = @holder AND person = @person AND ${IN_FORCE} ORDER BY id`,
  )
  const newest = db.prepare<[object], RepresentationRecord>(
    `SELECT * FROM representations WHERE holder = @holder AND person = @person AND capacity = @capacity
      ORDER BY id DESC LIMIT 1`,
  )
  const by = db.prepare<[object], RepresentationRecord>(
    `SELECT * FROM representations WHERE person = @person AND ${IN_FORCE} ORDER BY id`,
  )
  const countManagers = db
    .prepare<[object], number>(
      `SELECT count(*) FROM representations WHERE holder = @holder AND capacity = 'manager' AND ${IN_FORCE}`,
    )
    .pluck()
  const end = db.prepare<[number, string, string]>(
    'UPDATE representations SET ended_at = ?, ended_by = ? WHERE id = ? AND ended_at IS NULL',
  )
  const endOfHolder = db.prepare<[number, string, Uint8Array]>(
    `UPDATE representations SET ended_at = ?, ended_by = ? WHERE holder = ? AND ended_at IS NULL
      AND capacity IN ('legal-representative', 'manager', 'operator')`,
  )
  const endUnder = db.prepare<[number, string, string]>(
    'UPDATE representations SET ended_at = ?, ended_by = ? WHERE under = ? AND ended_at IS NULL',
  )

  function assertRoom(row: NewRepresentation, maxManagers: number): void {
    const { person, holder, capacity, under } = row
    const at = now()
    const known = between.all({ person, holder, at }).find(record => record.capacity === capacity)
    if (known !== undefined) {
      throw new Refusal('REPRESENTATION_EXISTS', 'this person acts in this capacity already', {
        field: 'person',
        found: known.id,
      })
    }
    const above = under === null ? null : byId.get(under)
    if (above !== null && above?.ended_at !== null) {
      throw new Refusal('NOT_REPRESENTED', 'what this would be appointed by has ended')
    }
    if (capacity !== 'manager') return
    const managers = countManagers.get({ holder, at }) ?? 0
    if (managers >= maxManagers) {
      throw new Refusal('MANAGERS_TOO_MANY', 'the organisation has as many managers as it may', {
        field: 'capacity',
        expected: `at most ${maxManagers} managers`,
        found: `${managers + 1}`,
      })
    }
  }

  return {
    addRepresentation: (row, maxManagers, once) =>
      write(() => {
        if (answers.earlierAnswer(once) === null) {
          assertRoom(row, maxManagers)
          if (row.capacity === 'legal-representative') endOfHolder.run(now(), row.appointedBy, row.holder)
          insert.run({ ...row, matters: listText(row.matters), types: listText(row.types) })
          answers.newAnswer(0, 0, now(), null, once)
        }
        const { holder, person, capacity } = row
        return toRow(newest.get({ holder, person, capacity })!)
      }),
    endRepresentation: (id, endedBy, once) =>
      write(() => {
        if (answers.earlierAnswer(once) !== null) return
        answers.newAnswer(0, 0, now(), null, once)
        const record = byId.get(id)
        if (record === undefined || record.ended_at !== null) return
        end.run(now(), endedBy, id)
        if (record.capacity === 'legal-representative') endOfHolder.run(now(), endedBy, record.holder)
        else endUnder.run(now(), endedBy, id)
      }),
    async representationById(id) {
      const record = byId.get(id)
      return record === undefined ? null : toRow(record)
    },
    async representationsBetween(person, holder, at) {
      return between.all({ person, holder, at }).map(toRow)
    },
    async representationsBy(person, at) {
      return by.all({ person, at }).map(toRow)
    },
    async representations(filter, { before, limit }) {
      const names = (['person', 'holder', 'department'] as const).filter(name => filter[name] !== undefined)
      const where = [...names.map(name => `${name} = @${name}`), ...(before === null ? [] : ['id < @before'])]
      const sql = `SELECT * FROM representations ${where.length > 0 ? `WHERE ${where.join(' AND ')}` : ''}
        ORDER BY id DESC LIMIT @limit`
      const values = { ...filter, limit, ...(before !== null && { before }) }
      return db.prepare<[object], RepresentationRecord>(sql).all(values).map(toRow)
    },
  }
}

const listText = (list: string[] | null) => (list === null ? null : JSON.stringify(list))
const listOf = (text: string | null) => (text === null ? null : (JSON.parse(text) as string[]))

function toRow(record: RepresentationRecord): RepresentationRow {
  const { id, capacity, since, until, department, under } = record
  return {
    id,
    capacity,
    person: bytes(record.person),
    holder: bytes(record.holder),
    matters: listOf(record.matters),
    types: listOf(record.types),
    since,
    until,
    department,
    appointedBy: record.appointed_by,
    under,
    endedAt: record.ended_at,
    endedBy: record.ended_by,
  }
}
