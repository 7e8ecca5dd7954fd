/**
 * Group commit: a durable commit costs one wait for the disk however much it writes, so writes that arrive in the same turn of
 * the event loop share one.
 */
import { failPoint } from '../fail-points.ts'
import { storageFaultOf } from '../storage-fault.ts'
import type { Db } from './connection.ts'

export interface GroupCommit {
  /**
   * Runs `work` in a transaction. Resolves with its result when the commit is on the disk. When `work` throws, its own
   * effects are undone, those of its neighbours stay. When the commit fails, every work of the group is rejected and nothing of it is
   * there. `work` must be synchronous and must not touch anything but the database.
   */
  write: <T>(work: () => T) => Promise<T>
  /** False from the first write that the disk does not take until one is on it again. */
  isWritable: () => boolean
  /** The same, and while it is false a write that leaves nothing behind is tried first. Never rejects. */
  canWrite: () => Promise<boolean>
  /** Commits what waits; afterwards `write` rejects. */
  close: () => void
}

interface Job {
  run: () => unknown
  resolve: (value: unknown) => void
  reject: (reason: unknown) => void
}

type Outcome = { value: unknown } | { reason: unknown }

/** `onUndo` is called after any rollback: what was remembered about rows that are gone must be forgotten. */
export function groupCommit(db: Db, onUndo: () => void): GroupCommit {
  const begin = db.prepare('BEGIN IMMEDIATE')
  const commit = db.prepare('COMMIT')
  const rollback = db.prepare('ROLLBACK')
  const savepoint = db.prepare('SAVEPOINT job')
  const release = db.prepare('RELEASE job')
  const undo = db.prepare('ROLLBACK TO job')
  const leaveMark = db.prepare("INSERT OR REPLACE INTO settings VALUES ('disk.tried', '')")
  const removeMark = db.prepare("DELETE FROM settings WHERE name = 'disk.tried'")
  let waiting: Job[] = []
  let scheduled: NodeJS.Immediate | null = null
  let closed = false
  let writable = true

  function flush(): void {
    if (scheduled !== null) clearImmediate(scheduled)
    scheduled = null
    const jobs = waiting
    waiting = []
    if (jobs.length === 0) return
    let outcomes: Outcome[]
    try {
      begin.run()
      // Alone it needs no undo of its own, and a savepoint copies each page before its first change.
      outcomes = jobs.length === 1 ? jobs.map(job => ({ value: job.run() })) : jobs.map(runInSavepoint)
      // A commit of works that changed nothing says nothing about the disk.
      if (!writable) tryDisk()
      failPoint('before-commit')
      commit.run()
      writable = true
    } catch (reason) {
      if (storageFaultOf(reason) !== null) writable = false
      // Some failures (a full disk) have rolled back by themselves.
      if (db.inTransaction) rollback.run()
      onUndo()
      for (const job of jobs) job.reject(reason)
      return
    }
    jobs.forEach((job, i) => {
      const outcome = outcomes[i]
      if (outcome === undefined) return
      if ('value' in outcome) job.resolve(outcome.value)
      else job.reject(outcome.reason)
    })
  }

  /** Changes a page, and leaves it as it was. */
  function tryDisk(): void {
    leaveMark.run()
    removeMark.run()
  }

  function runInSavepoint(job: Job): Outcome {
    savepoint.run()
    try {
      const value = job.run()
      release.run()
      return { value }
    } catch (reason) {
      // The engine has taken back the whole transaction: no neighbour may be told that it succeeded.
      if (!db.inTransaction) throw reason
      undo.run()
      release.run()
      onUndo()
      return { reason }
    }
  }

  function write<T>(work: () => T): Promise<T> {
    if (closed) return Promise.reject(new Error('the store is closed'))
    return new Promise<T>((resolve, reject) => {
      waiting.push({ run: work, resolve: value => resolve(value as T), reject })
      scheduled ??= setImmediate(flush)
    })
  }

  return {
    write,
    isWritable: () => writable,
    async canWrite() {
      if (!writable) await write(() => undefined).catch(() => undefined)
      return writable
    },
    close() {
      flush()
      closed = true
    },
  }
}
