/**
 * 这不是我同意的: a holder objects to a use, and the department that read has five working days to answer.
 */
import { randomBytes } from 'node:crypto'
import { formatUlid } from '../../protocol/identifiers.ts'
import { Refusal } from '../../protocol/refusal.ts'
import type { Once } from '../store/store.ts'
import type { ObjectionRow, QueueFilter } from '../store/uses.ts'
import { useOf } from '../uses/use-of.ts'
import { nowSeconds, type World } from '../world.ts'
import { openWords, sealWords } from './words.ts'
import { announcedHolidays, endOfWorkingDay, workingDaysLeft } from './working-days.ts'

/** What departments promise. */
export const ANSWER_WORKING_DAYS = 5

export interface Objection extends Omit<ObjectionRow, 'says' | 'answer' | 'useSeq'> {
  /** null when erased. */
  says: string | null
  answer: string | null
  overdue: boolean
  /** null when it is answered or overdue. */
  workingDaysLeft: number | null
}

/**
 * Puts an objection into the queue of the department that read. When this returns it survives a power cut and its clock runs. A
 * repetition returns the same. Refuses USE_NOT_FOUND and OBJECTION_EXISTS.
 */
export async function object(
  world: World,
  useId: string,
  holder: string,
  says: string,
  once: Once,
): Promise<Objection> {
  const use = await useOf(world, useId)
  const id = formatUlid(world.clock(), randomBytes(10))
  const createdAt = nowSeconds(world)
  const row = await world.store.saveObjection(
    {
      id,
      useSeq: use.seq,
      holder,
      department: use.department,
      says: await sealWords(world, use.department, `objection:${id}:says`, says),
      createdAt,
      dueAt: endOfWorkingDay(createdAt, ANSWER_WORKING_DAYS, announcedHolidays()),
    },
    once,
  )
  world.events.publish(`department:${row.department}`, { objection: row.id })
  return shown(world, row)
}

/** Answers an objection; the holder is told. Refuses OBJECTION_NOT_FOUND and OBJECTION_ANSWERED. */
export async function answerObjection(
  world: World,
  id: string,
  answer: { outcome: 'upheld' | 'explained'; answer: string; by: string },
  once: Once,
): Promise<Objection> {
  const { department } = await objectionOf(world, id)
  const sealed = await sealWords(world, department, `objection:${id}:answer`, answer.answer)
  const row = await world.store.answerObjection(
    id,
    { outcome: answer.outcome, answer: sealed, by: answer.by },
    once,
  )
  world.events.publish(`holder:${row.holder}`, { objection: row.id, outcome: row.outcome })
  return shown(world, row)
}

/** Refuses OBJECTION_NOT_FOUND. */
export async function objectionOf(world: Pick<World, 'store'>, id: string): Promise<ObjectionRow> {
  const row = await world.store.objection(id)
  if (row === null) throw new Refusal('OBJECTION_NOT_FOUND', 'there is no such objection', { field: 'id' })
  return row
}

/** Those whose time is over first. */
export async function objections(world: World, filter: QueueFilter): Promise<Objection[]> {
  return Promise.all((await world.store.objections(filter)).map(row => shown(world, row)))
}

async function shown(world: World, row: ObjectionRow): Promise<Objection> {
  const { useSeq: _, ...rest } = row
  const open = (part: 'says' | 'answer') =>
    openWords(world, row.department, `objection:${row.id}:${part}`, row[part], String)
  return {
    ...rest,
    says: await open('says'),
    answer: await open('answer'),
    ...clockOf(world, row),
  }
}

/** What the clock of an answer says: overdue is what is not answered when the last working day has passed. */
export function clockOf(
  world: Pick<World, 'clock'>,
  { outcome, dueAt }: { outcome: string | null; dueAt: number },
): { overdue: boolean; workingDaysLeft: number | null } {
  const now = nowSeconds(world)
  const isOpen = outcome === null
  const overdue = isOpen && now > dueAt
  return {
    overdue,
    workingDaysLeft: isOpen && !overdue ? workingDaysLeft(now, dueAt, announcedHolidays()) : null,
  }
}
