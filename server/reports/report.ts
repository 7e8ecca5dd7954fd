/**
 * Reports of fakes. Whoever reports leaves nothing of himself; what he writes may name somebody all the same, so it is sealed and only
 * those who look after reports read it.
 */
import { randomBytes } from 'node:crypto'
import { formatUlid } from '../../protocol/identifiers.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { openFromOurselves, sealForOurselves } from '../identity/content.ts'
import type { ReportRow } from '../store/reports.ts'
import { nowSeconds, type World } from '../world.ts'

export interface Report {
  id: string
  /** Short code, identifier or address that it is about; may be empty. */
  about: string
  detail: string
  receivedAt: number
  answer: { text: string; at: number } | null
}

/** Keeps a report; its id lets whoever has it see the answer. */
export async function saveReport(
  world: Pick<World, 'store' | 'keys' | 'clock'>,
  { about, detail }: { about: string; detail: string },
): Promise<string> {
  const id = formatUlid(world.clock(), randomBytes(10))
  const content = await sealForOurselves(world, { about, detail })
  await world.store.saveReport({ id, content, receivedAt: nowSeconds(world) })
  return id
}

/** Refuses REPORT_NOT_FOUND and REPORT_ANSWERED. */
export async function answerReport(
  world: Pick<World, 'store' | 'keys' | 'clock'>,
  id: string,
  { text, by }: { text: string; by: string },
): Promise<Report> {
  const sealed = await sealForOurselves(world, text)
  await world.store.answerReport(id, { sealed, by, at: nowSeconds(world) })
  return reportOf(world, id)
}

/** Refuses REPORT_NOT_FOUND. */
export async function reportOf(world: Pick<World, 'store' | 'keys'>, id: string): Promise<Report> {
  const row = await world.store.reportById(id)
  if (row === null) throw new Refusal('REPORT_NOT_FOUND', 'there is no such report', { field: 'id' })
  return openReport(world, row)
}

export async function openReport(world: Pick<World, 'keys'>, row: ReportRow): Promise<Report> {
  const { about = '', detail = '' } = ((await openFromOurselves(world, row.content)) ?? {}) as Partial<Report>
  const { id, receivedAt, answer } = row
  const text = answer === null ? null : ((await openFromOurselves(world, answer.sealed)) as string | null)
  return { id, about, detail, receivedAt, answer: answer && { text: text ?? '', at: answer.at } }
}
