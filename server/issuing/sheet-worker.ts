/** A thread that takes a sheet apart (see sheet-thread.ts). */
import { parentPort, workerData } from 'node:worker_threads'
import { Refusal } from '../../protocol/refusal.ts'
import { rowsOfSheets } from './sheet-rows.ts'
import type { SheetAnswer, SheetTask } from './sheet-thread.ts'

const { kind, bytes, layout } = workerData as SheetTask
parentPort!.postMessage(answer())

function answer(): SheetAnswer {
  try {
    return { rows: rowsOfSheets(kind, bytes, layout) }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return { refused: { code: error.code, message: error.message, details: error.details } }
  }
}
