/** Reports of fakes in SQLite. */
import { Refusal } from '../../../protocol/refusal.ts'
import type { ReportRow, ReportStore } from '../reports.ts'
import type { Context } from './context.ts'

interface ReportRecord {
  id: string
  content: string
  received_at: number
  answer: string | null
  answered_by: string | null
  answered_at: number | null
}

export function reportVerbs({ db, write }: Context): ReportStore {
  const insert = db.prepare<[string, string, number]>(
    'INSERT INTO reports (id, content, received_at) VALUES (?, ?, ?)',
  )
  const byId = db.prepare<[string], ReportRecord>('SELECT * FROM reports WHERE id = ?')
  const page = db.prepare<[string | null, string | null, number], ReportRecord>(
    'SELECT * FROM reports WHERE ? IS NULL OR id < ? ORDER BY id DESC LIMIT ?',
  )
  const answer = db.prepare<[string, string, number, string]>(
    'UPDATE reports SET answer = ?, answered_by = ?, answered_at = ? WHERE id = ? AND answer IS NULL',
  )
  return {
    saveReport: ({ id, content, receivedAt }) => write(() => void insert.run(id, content, receivedAt)),
    async reportById(id) {
      const record = byId.get(id)
      return record === undefined ? null : toReport(record)
    },
    async reports(before, limit) {
      return page.all(before, before, limit).map(toReport)
    },
    answerReport: (id, { sealed, by, at }) =>
      write(() => {
        if (answer.run(sealed, by, at, id).changes === 1) return
        if (byId.get(id) === undefined)
          throw new Refusal('REPORT_NOT_FOUND', 'there is no such report', { field: 'id' })
        throw new Refusal('REPORT_ANSWERED', 'this report was answered already', { field: 'id' })
      }),
  }
}

function toReport(record: ReportRecord): ReportRow {
  const { id, content, received_at: receivedAt, answer, answered_by: by, answered_at: at } = record
  const isAnswered = answer !== null && by !== null && at !== null
  return { id, content, receivedAt, answer: isAnswered ? { sealed: answer, by, at } : null }
}
