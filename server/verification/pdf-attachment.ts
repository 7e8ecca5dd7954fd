/**
 * The certificate file that is attached to a PDF, and the text of its pages. PDFs of strangers are taken apart in a thread with a limit to
 * its memory and its time; whatever a parser does with a file that nobody foresaw ends with the thread.
 */
import { Worker } from 'node:worker_threads'
import { Unavailable } from '../http/problem.ts'
import { heapForStrangers, mostThreads } from '../threads.ts'

export interface PdfContent {
  /** The attached certificate or record file; null when there is none. */
  file: Uint8Array | null
  /** Text of the pages, in the order of the file. */
  text: string
}

/** PDF readers accept it within the first kilobyte, so whoever opens the file sees a PDF. */
export const isPdf = (bytes: Uint8Array): boolean => Buffer.from(bytes.subarray(0, 1_024)).includes('%PDF-')

const MAX_MEMORY_MB = 256
const MAX_MS = 15_000
/** More at once would only make everybody wait; the rest is told to come again. */
const MOST_AT_ONCE = 2
const MOST_WAITING = 6

let running = 0
const waiting: (() => void)[] = []

/** Null for a file that is no readable PDF, or that takes too much memory or time. Refuses UNAVAILABLE (503) when too many wait. */
export async function readPdf(bytes: Uint8Array): Promise<PdfContent | null> {
  if (running >= Math.min(MOST_AT_ONCE, mostThreads())) {
    if (waiting.length >= MOST_WAITING) throw new Unavailable('UNAVAILABLE', 5)
    await new Promise<void>(resolve => void waiting.push(resolve))
  }
  running++
  try {
    return await readInThread(bytes)
  } finally {
    running--
    waiting.shift()?.()
  }
}

function readInThread(bytes: Uint8Array): Promise<PdfContent | null> {
  const worker = new Worker(new URL('./pdf-worker.ts', import.meta.url), {
    workerData: bytes,
    resourceLimits: { maxOldGenerationSizeMb: heapForStrangers(MAX_MEMORY_MB), maxYoungGenerationSizeMb: 32 },
    // What a parser warns about is not ours to say.
    stdout: true,
    stderr: true,
    env: {},
  })
  return new Promise<PdfContent | null>(resolve => {
    const timer = setTimeout(() => resolve(null), MAX_MS)
    worker.once('message', (content: PdfContent | null) => resolve(content))
    worker.once('error', () => resolve(null))
    worker.once('exit', () => {
      clearTimeout(timer)
      resolve(null)
    })
  }).finally(() => void worker.terminate())
}
