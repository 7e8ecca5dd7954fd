/**
 * Takes the last blocks off the journal of an embedded chain that does not run: what is left when the journal was restored from an
 * older copy, or a disk did not keep what it had acknowledged.
 */
import Database from 'better-sqlite3'
import { journalPath } from '../../server/chain/embedded/chain.ts'

/** Returns how many blocks there were, and how many are left. */
export function cutJournal(chainDir: string, blocks: number): { before: number; after: number } {
  const db = new Database(journalPath(chainDir), { fileMustExist: true })
  try {
    const before = db.prepare<[], number>('SELECT coalesce(max(number), 0) FROM block').pluck().get() ?? 0
    const after = Math.max(0, before - blocks)
    db.transaction(() => {
      db.prepare('DELETE FROM block_transaction WHERE block > ?').run(after)
      db.prepare('DELETE FROM block WHERE number > ?').run(after)
    })()
    return { before, after }
  } finally {
    db.close()
  }
}
