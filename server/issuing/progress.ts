/**
 * How far a batch has come, from the store: 校验 checked, 签章 signed, 入账 logged, 上链 final on chain, 送达 delivered. Watching it is
 * reading it again whenever something woke, so that who comes back later, or after a crash, sees the same.
 */
import type { StreamedEvent } from '../http/events.ts'
import type { BatchRow, LogReach } from '../store/batches.ts'
import type { World } from '../world.ts'
import { batchOf } from './drafts.ts'

export const STAGES = ['checked', 'signed', 'logged', 'anchored', 'delivered'] as const
export type Stage = (typeof STAGES)[number]

export type Progress = Record<Stage, { done: number; all: number }>

export function progressOf(batch: BatchRow, { sealed, final }: LogReach): Progress {
  const { rows, bad, issued, firstSeq, deliveredAt, leaveOut, state } = batch
  const isPast = state === 'issued'
  const all = isPast ? issued : leaveOut ? rows - bad : rows
  const below = (size: number) => (firstSeq === null ? 0 : Math.min(issued, Math.max(0, size - firstSeq + 1)))
  return {
    checked: { done: rows - bad, all: rows },
    signed: { done: issued, all },
    logged: { done: below(sealed), all },
    anchored: { done: below(final), all },
    delivered: { done: deliveredAt === null ? 0 : issued, all },
  }
}

/**
 * The events since the one with this id: `state` for a change of the batch, then one for each stage that went on. The id says how
 * far the reader is: revision, then what is done of each stage.
 */
export async function eventsSince(
  world: Pick<World, 'store'>,
  id: string,
  lastId: string | null,
): Promise<{ events: StreamedEvent[]; ended: boolean }> {
  const batch = await batchOf(world, id)
  const progress = progressOf(batch, await world.store.logReach())
  const seen = parseId(lastId) ?? [0, ...STAGES.map(() => 0)]
  const events: StreamedEvent[] = []
  const emit = (place: number, value: number, event: string, data: unknown) => {
    seen[place] = value
    events.push({ id: seen.join('-'), event, data })
  }
  if (seen[0] !== batch.revision) {
    const { state, rows, bad, problem } = batch
    // What was checked may have become less by a correction.
    seen[1] = 0
    emit(0, batch.revision, 'state', { state, rows, bad, problem })
  }
  for (const [place, stage] of STAGES.entries()) {
    const { done, all } = progress[stage]
    if (done > seen[place + 1]!) emit(place + 1, done, stage, { done, all })
  }
  return { events, ended: batch.state === 'withdrawn' || batch.deliveredAt !== null }
}

function parseId(id: string | null): number[] | null {
  return id !== null && EVENT_ID.test(id) ? id.split('-').map(Number) : null
}

/** Revision and five counts. */
export const EVENT_ID = /^\d{1,9}(?:-\d{1,6}){5}$/
