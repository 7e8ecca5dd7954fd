/**
 * Check sums of rows that no statement, digest or seal stands for: who acts for whom, cases, sessions, settings, … Every change of such a
 * row renews its sum in the same transaction; a bit that flips on the disk does not, so the auditor names the row. A sum guards
 * against accidents, and tells of edits past the gateway; it is no proof against whoever can write the file.
 *
 * The triggers are temporary, made by each connection of ours: another program that writes a row leaves its old sum behind.
 */
import { crc32 } from 'node:zlib'
import type { Db } from './connection.ts'

/**
 * Tables without sums, and what guards them instead. They are large or written for every certificate: a sum would cost more than the row.
 */
const UNGUARDED = new Set([
  'statements', // leaf, signature and root
  'leaves', // statement and root
  'tiles', // leaves
  'certificates', // statement; the seal
  'status_order', // each index once
  'row_sums',
])

/** Notes under which tables and columns the sums were made; no table has this name. */
const MADE_FOR = ''

/** The key of a row as the sums name it: its primary key, or its rowid, as a JSON array. */
export interface GuardedTable {
  table: string
  columns: string[]
  /** SQL of the key; `of` is a table or `NEW`, `OLD`. */
  key: (of: string) => string
  /** SQL of the sum. */
  sum: (of: string) => string
}

/** Defines `row_sum(…)` on a connection: CRC-32 over the values, their types and their lengths. */
export function defineRowSum(db: Db): void {
  db.function('row_sum', { varargs: true, deterministic: true }, (...values: unknown[]) => {
    let sum = 0
    for (const value of values) {
      if (value instanceof Uint8Array) sum = crc32(value, crc32(`b${value.length}:`, sum))
      else if (typeof value === 'string') sum = crc32(`s${value.length}:${value}`, sum)
      else sum = crc32(`${typeof value === 'number' ? 'n' : 'x'}${String(value)};`, sum)
    }
    return sum
  })
}

/** The guarded tables of a file, by its own schema. */
export function guardedTables(db: Db): GuardedTable[] {
  const tables = db
    .prepare<[], string>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name",
    )
    .pluck()
    .all()
  const info = db.prepare<[string], { name: string; pk: number }>(
    'SELECT name, pk FROM pragma_table_info(?) ORDER BY cid',
  )
  return tables
    .filter(table => !UNGUARDED.has(table))
    .map(table => {
      const all = info.all(table)
      const columns = all.map(({ name }) => name)
      const primary = all.filter(({ pk }) => pk > 0).sort((a, b) => a.pk - b.pk)
      const keys = primary.length === 0 ? ['rowid'] : primary.map(({ name }) => name)
      const named = (of: string, names: string[]) => names.map(name => `${of}."${name}"`)
      return {
        table,
        columns,
        // A blob is no JSON: its hex digits stand for it.
        key: of =>
          `json_array(${named(of, keys)
            .map(name => `CASE typeof(${name}) WHEN 'blob' THEN hex(${name}) ELSE ${name} END`)
            .join(', ')})`,
        sum: of => `row_sum(${named(of, columns).join(', ')})`,
      }
    })
}

/**
 * Makes the connection keep the sums. At the first start with them, and after a step of the schema, all are computed anew: what was
 * altered before counts as it is from then on.
 */
export function guardRows(db: Db): void {
  defineRowSum(db)
  const tables = guardedTables(db)
  const schema = JSON.stringify(tables.map(({ table, columns }) => [table, ...columns]))
  const madeFor = crc32(schema)
  const noted = db.prepare<[string], number>("SELECT sum FROM row_sums WHERE name = ? AND key = ''").pluck()
  db.transaction(() => {
    if (noted.get(MADE_FOR) !== madeFor) makeAll(db, tables, madeFor)
  }).immediate()
  for (const { table, key, sum } of tables) {
    const set = (of: string) => `INSERT OR REPLACE INTO row_sums VALUES ('${table}', ${key(of)}, ${sum(of)});`
    const drop = `DELETE FROM row_sums WHERE name = '${table}' AND key = ${key('OLD')};`
    db.exec(`
      CREATE TEMP TRIGGER "sum_${table}_new" AFTER INSERT ON main."${table}" BEGIN ${set('NEW')} END;
      CREATE TEMP TRIGGER "sum_${table}_changed" AFTER UPDATE ON main."${table}" BEGIN ${drop} ${set('NEW')} END;
      CREATE TEMP TRIGGER "sum_${table}_gone" AFTER DELETE ON main."${table}" BEGIN ${drop} END;`)
  }
}

function makeAll(db: Db, tables: readonly GuardedTable[], madeFor: number): void {
  db.exec('DELETE FROM row_sums')
  for (const { table, key, sum } of tables)
    db.exec(`INSERT INTO row_sums SELECT '${table}', ${key('t')}, ${sum('t')} FROM main."${table}" t`)
  db.prepare("INSERT INTO row_sums VALUES (?, '', ?)").run(MADE_FOR, madeFor)
}

/**
 * Names the rows that are not those of their sums: altered, without a sum, or gone while their sum is still there.
 */
export function* alteredRows(db: Db): Iterable<{ table: string; row: string }> {
  for (const { table, key, sum } of guardedTables(db)) {
    const altered = db.prepare<[], string>(
      `SELECT ${key('t')} FROM "${table}" t
       WHERE ${sum('t')} IS NOT (SELECT sum FROM row_sums WHERE name = '${table}' AND key = ${key('t')})`,
    )
    const gone = db.prepare<[], string>(
      `SELECT key FROM row_sums WHERE name = '${table}' EXCEPT SELECT ${key('t')} FROM "${table}" t`,
    )
    for (const rows of [altered, gone]) for (const row of rows.pluck().iterate()) yield { table, row }
  }
}
