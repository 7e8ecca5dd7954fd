/** A thread that takes a sheet apart (see read-sheets.ts). */
import { parentPort, workerData } from 'node:worker_threads'
import { Refusal } from '../../protocol/refusal.ts'
import { readCsv } from './read-csv.ts'
import type { SheetAnswer, SheetTask } from './read-sheets.ts'
import { readWorkbook } from './read-workbook.ts'

const { kind, bytes } = workerData as SheetTask
parentPort!.postMessage(answer())

function answer(): SheetAnswer {
  try {
    return { sheets: kind === 'csv' ? readCsv(bytes) : readWorkbook(bytes) }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { refused: { code: error.code, message: error.message, details: error.details } }
  }
}
