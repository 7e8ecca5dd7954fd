/**
 * A copy of the store from before its schema goes on, so that the release that wrote it can be gone back to.
 */
import Database from 'better-sqlite3'
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { Refusal } from '../../../protocol/refusal.ts'
import { syncDirectory } from '../durable-file.ts'
import { assertOurs, migrations } from '../migrations.ts'

/**
 * Copies a store of an older schema to `backups/before-schema-N-TIME.db` beside it, N being the schema that it will have. When this
 * returns the copy is whole and survives a power cut; it is never removed. Null, and nothing is done, for a store that is new or of the
 * present schema. Refuses UPGRADE_BACKUP_FAILED, and what `assertOurs` refuses; the store stays as it was.
 */
export async function backUpBeforeUpgrade(path: string, clock: () => number): Promise<string | null> {
  if (!existsSync(path) || statSync(path).size === 0) return null
  const db = new Database(path, { timeout: 5_000 })
  let draft: string | null = null
  try {
    assertOurs(db)
    const found = Number(db.pragma('user_version', { simple: true }))
    const newest = migrations.at(-1)!.version
    if (found === 0 || found === newest) return null
    const folder = join(dirname(path), 'backups')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const time = new Date(clock()).toISOString().replaceAll(/[:.]/g, '-')
    const copy = join(folder, `before-schema-${newest}-${time}.db`)
    draft = `${copy}.new`
    // https://www.sqlite.org/backup.html: consistent, whatever the write-ahead log holds.
    await db.backup(draft)
    chmodSync(draft, 0o600)
    syncFile(draft)
    renameSync(draft, copy)
    syncDirectory(folder)
    syncDirectory(dirname(folder))
    return copy
  } catch (error) {
    if (draft !== null) rmSync(draft, { force: true })
    if (error instanceof Refusal) throw error
    // What is no database is the opening's to refuse.
    if (error instanceof Database.SqliteError && error.code === 'SQLITE_NOTADB') return null
    const { code } = error as { code?: unknown }
    throw new Refusal(
      'UPGRADE_BACKUP_FAILED',
      `the store could not be copied before its upgrade: ${String(code)}`,
      {
        field: 'DATA_DIR',
        found: String(code),
      },
    )
  } finally {
    db.close()
  }
}

function syncFile(path: string): void {
  const file = openSync(path, 'r')
  try {
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}
