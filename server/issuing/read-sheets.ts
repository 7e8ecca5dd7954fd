/**
 * Files of strangers are taken apart in a thread of its own, with a limit to its memory and its time: the gateway goes on
 * answering, and what a parser does with a file that nobody foresaw ends with the thread.
 */
import { Worker } from 'node:worker_threads'
import { Refusal, type RefusalDetails } from '../../protocol/refusal.ts'
import type { Sheet } from './cells.ts'
import { readCsv } from './read-csv.ts'
import { badFormat, tooLarge } from './zip-guard.ts'

export interface SheetTask {
  kind: 'csv' | 'xlsx'
  bytes: Uint8Array
}

export type SheetAnswer =
  { sheets: Sheet[] } | { refused: { code: string; message: string; details: RefusalDetails } }

/** A small CSV file is read before a thread has started. */
const CSV_AT_ONCE = 256 * 1024
const MAX_MEMORY_MB = 1_024
const MAX_MS = 25_000

/** The sheets of a file. Refuses as `readCsv` and `readWorkbook` do. */
export async function readSheets(task: SheetTask): Promise<Sheet[]> {
  if (task.kind === 'csv' && task.bytes.length <= CSV_AT_ONCE) return readCsv(task.bytes)
  const answer = await inThread(task)
  if ('sheets' in answer) return answer.sheets
  const { code, message, details } = answer.refused
  throw new Refusal(code, message, details)
}

function inThread(task: SheetTask): Promise<SheetAnswer> {
  const worker = new Worker(new URL('./sheet-worker.ts', import.meta.url), {
    workerData: task,
    resourceLimits: { maxOldGenerationSizeMb: MAX_MEMORY_MB },
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
