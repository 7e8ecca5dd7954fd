import Database from 'better-sqlite3'
import { StartRefusal } from './refusal.ts'

/** A lock that this process holds until `release()` or its end, whichever comes first. */
export interface Lock {
  release(): void
}

/** Locks that are held: a database that nothing refers to is closed by the garbage collector, and its lock with it. */
const held = new Set<Database.Database>()

/**
 * Takes the lock file at `path`, which is made if it is not there, or refuses with `LOCK_HELD` when another process,
 * or this one, holds it. The operating system holds the lock for us (SQLite's exclusive file lock), so it ends with
 * the process, even by kill -9, and is never stale. The file itself stays and means nothing.
 *
 * Nothing else may open the file: on POSIX systems, closing any other descriptor of it in the same process would drop
 * the lock (https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_).
 */
export function acquireLock(path: string): Lock {
  const file = new Database(path, { timeout: 0 })
  try {
    // In memory, so that holding the lock leaves no rollback journal behind for the next process to roll back.
    file.pragma('journal_mode = MEMORY')
    file.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    file.close()
    if (isBusy(error)) throw new StartRefusal('LOCK_HELD', `another process already holds ${path}`)
    throw error
  }
  held.add(file)
  return {
    release() {
      held.delete(file)
      file.close()
    },
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(BUSY|LOCKED)/.test(error.code)
}
