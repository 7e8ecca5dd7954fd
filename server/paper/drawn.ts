/**
 * Papers drawn in threads, and remembered for a while in memory, never on disk: they hold personal data. A drawing is found by everything
 * that it says (values, state of the receipt, language), so a remembered one is the one that would be drawn; whether it may be handed out
 * is asked before, each time.
 */
import { createHash } from 'node:crypto'
import { Unavailable } from '../http/problem.ts'
import { threadPool } from '../threads.ts'
import type { Paper } from './paper.ts'

const drawInThread = threadPool(new URL('./worker.ts', import.meta.url)) as (
  paper: Paper,
) => Promise<Uint8Array>

const MOST_BYTES = 32 * 1024 * 1024
/** People print and open a paper again within minutes, or not at all. */
const KEPT_MS = 10 * 60_000
/** With some dozens of milliseconds each, who comes later would wait for many seconds. */
const MOST_WAITING = 256

interface Drawing {
  bytes: Promise<Uint8Array>
  /** 0 while it is drawn. */
  size: number
  forget: NodeJS.Timeout
}

/** A Map keeps the order of insertion: its first entry is the one longest unused. */
const drawings = new Map<string, Drawing>()
let waiting = 0
let forgotten = 0

/** To be taken before anything of what a paper says is read; see `drawnPaper`. */
export const paperMoment = (): number => forgotten

/**
 * The PDF. The same paper asked for at the same time is drawn once. What was read at a moment after which something was forgotten is not
 * remembered: it may be of what was just erased. Refuses as `drawPaper`; PAPER_BUSY when too many wait.
 */
export async function drawnPaper(paper: Paper, readAt: number): Promise<Uint8Array> {
  // A copy with a watermark is one person's at one time.
  if (paper.watermark !== null || readAt !== forgotten) return draw(paper)
  const key = createHash('sha256').update(JSON.stringify(paper)).digest('base64')
  const known = drawings.get(key)
  if (known !== undefined) {
    drawings.delete(key)
    drawings.set(key, known)
    return known.bytes
  }
  const drawing: Drawing = {
    bytes: draw(paper),
    size: 0,
    forget: setTimeout(() => drop(key, drawing), KEPT_MS).unref(),
  }
  drawings.set(key, drawing)
  try {
    const bytes = await drawing.bytes
    drawing.size = bytes.length
    keepWithinBounds()
    return bytes
  } catch (error) {
    drop(key, drawing)
    throw error
  }
}

/** Forgets every drawing: something was erased or withheld, and nothing of it stays in memory. */
export function forgetPapers(): void {
  forgotten++
  for (const [key, drawing] of drawings) drop(key, drawing)
}

async function draw(paper: Paper): Promise<Uint8Array> {
  if (waiting >= MOST_WAITING) throw new Unavailable('PAPER_BUSY', 5)
  waiting++
  try {
    return await drawInThread(paper)
  } finally {
    waiting--
  }
}

function drop(key: string, drawing: Drawing): void {
  clearTimeout(drawing.forget)
  if (drawings.get(key) === drawing) drawings.delete(key)
}

function keepWithinBounds(): void {
  let bytes = 0
  for (const { size } of drawings.values()) bytes += size
  for (const [key, drawing] of drawings) {
    if (bytes <= MOST_BYTES) return
    bytes -= drawing.size
    drop(key, drawing)
  }
}
