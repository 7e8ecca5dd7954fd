/**
 * What an audit has to remember of each of many things, kept on disk, so that a log of any size is audited in the same memory. SQLite's
 * own temporary database: a file without a name, which is gone when the process is, however it ends.
 */
import Database from 'better-sqlite3'

export interface Notes<Value> {
  get(key: string): Value | undefined
  set(key: string, value: Value): void
  delete(key: string): void
  /** Those whose key begins so, in the order of their keys. Nothing may be written meanwhile. */
  entries(prefix?: string): IterableIterator<[key: string, value: Value]>
}

export interface Scratch {
  /** Empty notes under a name that was not used before. Values are what JSON can say. */
  notes<Value>(name: string): Notes<Value>
  close(): void
}

const CACHE_KIB = 16_384
/** Above every character of a key. */
const AFTER_ALL = '\u{10FFFF}'

export function openScratch(): Scratch {
  const db = new Database('')
  db.pragma(`cache_size = -${CACHE_KIB}`)
  db.pragma('journal_mode = OFF')
  db.pragma('synchronous = OFF')
  db.exec('BEGIN')
  return {
    notes<Value>(name: string) {
      db.exec(`CREATE TABLE "${name}" (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID`)
      const get = db.prepare<[string], string>(`SELECT value FROM "${name}" WHERE key = ?`).pluck()
      const set = db.prepare<[string, string]>(`INSERT OR REPLACE INTO "${name}" VALUES (?, ?)`)
      const remove = db.prepare<[string]>(`DELETE FROM "${name}" WHERE key = ?`)
      const range = db.prepare<[string, string], { key: string; value: string }>(
        `SELECT key, value FROM "${name}" WHERE key >= ? AND key < ? ORDER BY key`,
      )
      return {
        get(key) {
          const value = get.get(key)
          return value === undefined ? undefined : (JSON.parse(value) as Value)
        },
        set: (key, value) => void set.run(key, JSON.stringify(value)),
        delete: key => void remove.run(key),
        *entries(prefix = '') {
          for (const { key, value } of range.iterate(prefix, prefix + AFTER_ALL))
            yield [key, JSON.parse(value) as Value]
        },
      }
    },
    close: () => db.close(),
  }
}
