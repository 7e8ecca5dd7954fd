/**
 * Files of strangers are taken apart in a thread of its own, with a limit to its memory and its time: the gateway goes on
 * answering, and what a parser does with a file that nobody foresaw ends with the thread.
 */
import { Worker } from 'node:worker_threads'
import { Refusal, type RefusalDetails } from '../../protocol/refusal.ts'
import { heapForStrangers } from '../threads.ts'
import type { SheetLayout } from './sheet-layout.ts'
import type { UploadedRow } from './sheet-rows.ts'
import { badFormat, tooLarge } from './zip-guard.ts'

export interface SheetTask {
  kind: 'csv' | 'xlsx'
  bytes: Uint8Array
  layout: SheetLayout
}

export type SheetAnswer =
  { rows: UploadedRow[] } | { refused: { code: string; message: string; details: RefusalDetails } }

const MAX_MEMORY_MB = 1_024
/** The largest workbook that is let in takes a few seconds of a free core. */
const MAX_MS = 60_000

/** As `rowsOfSheets`. Refuses SHEET_TOO_LARGE also for a file that takes too much memory or time. */
export async function rowsInThread(task: SheetTask): Promise<UploadedRow[]> {
  const answer = await answerOf(task)
  if ('rows' in answer) return answer.rows
  const { code, message, details } = answer.refused
  throw new Refusal(code, message, details)
}

function answerOf(task: SheetTask): Promise<SheetAnswer> {
  const worker = new Worker(new URL('./sheet-worker.ts', import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: heapForStrangers(MAX_MEMORY_MB) },
  })
  return new Promise<SheetAnswer>((resolve, reject) => {
    const timer = setTimeout(() => reject(tooLarge('a file that is read in time', 'another')), MAX_MS)
    worker.once('message', (answer: SheetAnswer) => resolve(answer))
    worker.once('error', (error: Error & { code?: string }) =>
      reject(
        error.code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? tooLarge('less', 'too much for memory')
          : badFormat(error.name),
      ),
    )
    worker.once('exit', () => {
      clearTimeout(timer)
      reject(badFormat('nothing that can be read'))
    })
  }).finally(() => void worker.terminate())
}
