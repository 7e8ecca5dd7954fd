/** Reports of fakes: what somebody saw, and what was answered. Texts are sealed; the store tells only that and when. */

export interface ReportRow {
  /** ULID. */
  id: string
  /** What was reported, sealed. */
  content: string
  receivedAt: number
  /** Null until it was answered. */
  answer: { sealed: string; by: string; at: number } | null
}

export interface ReportStore {
  saveReport(report: Pick<ReportRow, 'id' | 'content' | 'receivedAt'>): Promise<void>
  reportById(id: string): Promise<ReportRow | null>
  /** Newest first, those before this id. */
  reports(before: string | null, limit: number): Promise<ReportRow[]>
  /** Refuses REPORT_NOT_FOUND, and REPORT_ANSWERED when it has an answer already. */
  answerReport(id: string, answer: NonNullable<ReportRow['answer']>): Promise<void>
}
