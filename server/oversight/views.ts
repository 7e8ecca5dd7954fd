/**
 * What the API says of objections and of requests to correct.
 */
import { z } from 'zod'
import { certificateIdentifier, departmentCode, seconds, ulid } from '../http/schemas.ts'
import type { Correction } from './corrections.ts'
import type { Objection } from './objections.ts'

const queued = {
  id: ulid,
  department: departmentCode.describe('Whose turn it is to answer'),
  createdAt: seconds,
  dueAt: seconds.describe('End of the last working day for the answer'),
  overdue: z.boolean(),
  workingDaysLeft: z.int().nullable().describe('0: today is the last day; null: answered or overdue'),
  answer: z.string().nullable(),
  answeredBy: z.string().nullable(),
  answeredAt: seconds.nullable(),
}

export const objection = z.strictObject({
  ...queued,
  use: ulid,
  says: z.string().nullable(),
  outcome: z.enum(['upheld', 'explained']).nullable(),
})

export const correction = z.strictObject({
  ...queued,
  identifier: certificateIdentifier,
  field: z.string(),
  says: z
    .strictObject({ says: z.string(), evidence: z.string().nullable() })
    .nullable()
    .describe('null when the certificate was erased'),
  outcome: z.enum(['corrected', 'refused']).nullable(),
  successor: certificateIdentifier.nullable(),
})

const queuedView = (row: Objection | Correction) => ({
  id: row.id,
  department: row.department,
  createdAt: row.createdAt,
  dueAt: row.dueAt,
  overdue: row.overdue,
  workingDaysLeft: row.workingDaysLeft,
  answer: row.answer,
  answeredBy: row.answeredBy,
  answeredAt: row.answeredAt,
})

export function objectionView(row: Objection): z.infer<typeof objection> {
  return { ...queuedView(row), use: row.useId, says: row.says, outcome: row.outcome }
}

export function correctionView(row: Correction): z.infer<typeof correction> {
  const { identifier, field, says, outcome, successor } = row
  return { ...queuedView(row), identifier, field, says, outcome, successor }
}
