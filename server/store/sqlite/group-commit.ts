/**
 * Group commit: a durable commit costs one wait for the disk however much it writes, so writes that arrive in the same turn of
 * the event loop share one.
 */
import { failPoint } from '../fail-points.ts'
import type { Db } from './connection.ts'

export interface GroupCommit {
  /**
   * Runs `work` in a transaction. Resolves with its result when the commit is on the disk. When `work` throws, its own
   * effects are undone, those of its neighbours stay. When the commit fails, every work of the group is rejected and nothing of it is
   * there. `work` must be synchronous and must not touch anything but the database.
   */
  write: <T>(work: () => T) => Promise<T>
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
  let waiting: Job[] = []
  let scheduled: NodeJS.Immediate | null = null
  let closed = false

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
      failPoint('before-commit')
      commit.run()
    } catch (reason) {
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

  return {
    write<T>(work: () => T): Promise<T> {
      if (closed) return Promise.reject(new Error('the store is closed'))
      return new Promise<T>((resolve, reject) => {
        waiting.push({ run: work, resolve: value => resolve(value as T), reject })
        scheduled ??= setImmediate(flush)
      })
    },
    close() {
      flush()
      closed = true
    },
  }
}
