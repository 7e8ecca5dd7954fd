/**
 * Opens the SQLite file so that a commit that was acknowledged survives a power cut.
 */
import Database from 'better-sqlite3'
import { closeSync, openSync } from 'node:fs'
import { getHeapStatistics } from 'node:v8'
import { Refusal } from '../../../protocol/refusal.ts'
import { assertOurs, migrate } from '../migrations.ts'
import { guardRows } from './row-sums.ts'

export type Db = Database.Database

/** 3.7.0 to 3.51.2 can corrupt a database in WAL mode. https://www.sqlite.org/wal.html#walresetbug */
const SAFE_SQLITE = [3, 51, 3]

/**
 * What every connection must say of itself when asked. better-sqlite3 is built with `synchronous=NORMAL` for WAL, under which a
 * power cut takes back what was acknowledged; a kill does not show it. https://www.sqlite.org/pragma.html#pragma_synchronous
 */
const PROMISED: Record<string, string | number> = {
  journal_mode: 'wal',
  synchronous: 2, // FULL
  foreign_keys: 1,
  secure_delete: 1, // an erased key salt is overwritten with zeros in its page
  page_size: 8192, // two statements or two documents to a page; with 4,096 it would be one, half empty
}

/** How long to wait for another process (a backup, an auditor) that holds the write lock. */
const BUSY_TIMEOUT_MS = 5_000
/** Pages in the write-ahead log before it is copied into the file: 32 MiB. */
const AUTOCHECKPOINT_PAGES = 4096
const WAL_LIMIT_BYTES = 64 * 1024 * 1024
/** Pages in memory; less where the process may have little. */
const CACHE_KIB = Math.min(64 * 1024, Math.floor(getHeapStatistics().heap_size_limit / 8 / 1024))

/**
 * Opens or creates the file (readable by its owner only) and brings it to the newest schema. Refuses SQLITE_TOO_OLD, STORE_FORMAT
 * (not a database, or not ours), STORE_NEWER, STORE_UNSAFE (the file system or the build does not give what is promised).
 */
export function openConnection(path: string): Db {
  closeSync(openSync(path, 'a', 0o600))
  const db = new Database(path, { timeout: BUSY_TIMEOUT_MS })
  try {
    assertSafeSqlite(String(db.prepare('SELECT sqlite_version()').pluck().get()))
    assertOurs(db)
    // Before WAL: afterwards the page size cannot change any more.
    db.pragma(`page_size = ${PROMISED['page_size']}`)
    db.pragma('journal_mode = WAL')
    db.pragma('synchronous = FULL')
    db.pragma('foreign_keys = ON')
    db.pragma('secure_delete = ON')
    db.pragma('trusted_schema = OFF')
    db.pragma('cell_size_check = ON')
    // Keeps the undo pages of savepoints in memory.
    db.pragma('temp_store = MEMORY')
    db.pragma(`cache_size = -${CACHE_KIB}`)
    db.pragma(`wal_autocheckpoint = ${AUTOCHECKPOINT_PAGES}`)
    db.pragma(`journal_size_limit = ${WAL_LIMIT_BYTES}`)
    const broken = brokenPromises(db)
    if (broken.length > 0)
      throw new Refusal('STORE_UNSAFE', `${path} cannot be kept safely: ${broken.join(', ')}`)
    migrate(db)
    guardRows(db)
    return db
  } catch (error) {
    db.close()
    if (error instanceof Database.SqliteError && error.code === 'SQLITE_NOTADB') {
      throw new Refusal('STORE_FORMAT', `${path} is not a database`, { found: path })
    }
    throw error
  }
}

/** The settings that this connection promises but does not have, e.g. `synchronous is 1, not 2`; normally none. */
export function brokenPromises(db: Db): string[] {
  return Object.entries(PROMISED).flatMap(([name, promised]) => {
    const actual = db.pragma(name, { simple: true })
    return actual === promised ? [] : [`${name} is ${String(actual)}, not ${promised}`]
  })
}

/** Refuses SQLITE_TOO_OLD for a SQLite that is known to corrupt databases in WAL mode. */
export function assertSafeSqlite(version: string): void {
  const parts = version.split('.').map(Number)
  for (const [i, least] of SAFE_SQLITE.entries()) {
    const part = parts[i] ?? 0
    if (part > least) return
    if (part < least) {
      throw new Refusal(
        'SQLITE_TOO_OLD',
        `SQLite ${version} can corrupt its files; ${SAFE_SQLITE.join('.')} is needed`,
        {
          expected: SAFE_SQLITE.join('.'),
          found: version,
        },
      )
    }
  }
}
