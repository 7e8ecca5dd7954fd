/** Matters in SQLite. */
import { Refusal } from '../../../protocol/refusal.ts'
import type { MatterRow, MatterStore } from '../matters.ts'
import type { Appender } from './appending.ts'
import { bytes, type Context } from './context.ts'

interface MatterRecord {
  code: string
  version: number
  definition: string
  digest: Buffer
  published_by: string
  created_at: number
}

export function matterVerbs({ db, write, now, onUndo }: Context, answers: Appender): MatterStore {
  const insert = db.prepare<[string, number, string, Uint8Array, string, number]>(
    'INSERT INTO matters VALUES (?, ?, ?, ?, ?, ?)',
  )
  const byVersion = db.prepare<[string, number], MatterRecord>(
    'SELECT * FROM matters WHERE code = ? AND version = ?',
  )
  const newest = db.prepare<[], MatterRecord>(
    'SELECT * FROM matters m WHERE version = (SELECT max(version) FROM matters WHERE code = m.code) ORDER BY code',
  )
  // Asked for at every reading, and changed only through this connection.
  let known: MatterRow[] | null = null
  onUndo(() => (known = null))

  function addMatter(row: MatterRow): MatterRow {
    const record = byVersion.get(row.code, row.version)
    if (record === undefined) {
      insert.run(row.code, row.version, row.definition, row.digest, row.publishedBy, row.createdAt)
      return row
    }
    if (record.definition === row.definition) return toMatter(record)
    throw new Refusal(
      'MATTER_VERSION_EXISTS',
      `version ${row.version} of the matter ${row.code} has other content`,
      { field: 'version', expected: `a version above ${row.version}`, found: String(row.version) },
    )
  }

  return {
    saveMatters: (matters, once) =>
      write(() => {
        known = null
        const isRepeated = answers.earlierAnswer(once) !== null
        const rows = matters.map(addMatter)
        if (!isRepeated) answers.newAnswer(0, 0, now(), null, once)
        return rows
      }),
    async matters() {
      return (known ??= newest.all().map(toMatter))
    },
    async matterVersion(code, version) {
      const record = byVersion.get(code, version)
      return record === undefined ? null : toMatter(record)
    },
  }
}

function toMatter({
  published_by: publishedBy,
  created_at: createdAt,
  digest,
  ...rest
}: MatterRecord): MatterRow {
  return { ...rest, publishedBy, createdAt, digest: bytes(digest) }
}
