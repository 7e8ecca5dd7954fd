/**
 * The mirror: the second place where the log lives, append-only files outside the database. It holds the exact statements of every
 * sealed checkpoint, the signed note, and what of their rows no statement says; no values of anybody. It is written before a checkpoint is
 * anchored, so whatever the chain has can be brought back from here when the database is gone or old. Format: docs/operations.md.
 *
 *     segment-000000000000.jsonl    lines: a header, then for each checkpoint its statements and the checkpoint itself
 *     erasures.jsonl                a line for each certificate whose values were erased: its identifier and the time
 *     catalogue.json                departments as they were last, replaced as a whole
 *     deployment.json, region.json  as in the data folder
 */
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { fromBase64url, toBase64url } from '../../protocol/bytes.ts'
import { parseSignedCheckpoint } from '../../protocol/checkpoint.ts'
import { leafHash } from '../../protocol/log.ts'
import { invariant, Refusal } from '../../protocol/refusal.ts'
import { makeDirectoryDurably, syncDirectory, writeFileDurably } from './durable-file.ts'
import type { DepartmentRow } from './store.ts'

export const MIRROR_FORMAT = 'onceproof-mirror/1'

/** A statement as it is mirrored. `beside`: what of its row the statement does not say, as JSON; by kind in `imports.ts`. */
export interface MirroredStatement {
  /** Place in the log, from 0. */
  index: number
  acceptedAt: number
  statement: string
  leaf: Uint8Array
  beside: Record<string, unknown> | null
}

export interface MirroredCheckpoint {
  size: number
  root: Uint8Array
  note: string
  signature: Uint8Array
  sealedAt: number
  /** Answers under Idempotency-Keys, sealed under a key of the gateway; null = none. */
  answers: Uint8Array | null
}

/** Where a checkpoint and its statements stand in the files; the statements are those from `from` to its size. */
export interface Frame {
  from: number
  checkpoint: MirroredCheckpoint
  path: string
  offset: number
  end: number
}

/** As its row in the store: whose values, never which. */
export interface Erased {
  identifier: string
  /** Seconds. */
  at: number
  /** Code. */
  reason: string
  /** Account. */
  by: string
}

export interface Mirror {
  readonly folder: string
  /** Size of the newest checkpoint that is mirrored; 0 = none. */
  size(): number
  /**
   * Adds a checkpoint and the statements from `size()` to its size. When it resolves they survive a power cut; when it rejects, and after
   * a crash on the way, the mirror is as before.
   */
  append(statements: AsyncIterable<MirroredStatement[]>, checkpoint: MirroredCheckpoint): Promise<void>
  /** Notes an erasure, before it is done. Survives a power cut when it returns. A no-op when it is noted. */
  noteErasure(erased: Erased): void
  /** Keeps the text of a file that a rebuilt data folder needs; writes only when it changed. */
  saveFile(name: string, text: string): void
  /** Keeps the departments as they are now; writes only when they changed. */
  saveDepartments(departments: readonly DepartmentRow[]): void
  close(): Promise<void>
}

/** A new segment is begun at the first checkpoint after so many bytes. */
const SEGMENT_BYTES = 64 * 1024 * 1024
const READ_BYTES = 1024 * 1024
const SEGMENT_NAME = /^segment-(\d{12,16})\.jsonl$/
const ERASURES = 'erasures.jsonl'
const CATALOGUE = 'catalogue.json'

/**
 * Opens or makes the mirror of this log. What a crash left half written behind the last checkpoint is cut off. Refuses
 * MIRROR_OTHER_LOG, MIRROR_DAMAGED (naming file and line) and MIRROR_UNWRITABLE.
 */
export async function openMirror(folder: string, origin: string): Promise<Mirror> {
  const writing = <T>(work: () => T): T => {
    try {
      return work()
    } catch (error) {
      throw unwritable(folder, error)
    }
  }
  writing(() => makeDirectoryDurably(folder, 0o700))
  let tail = newestSegment(folder, origin)
  const erased = new Set(readErasures(folder).map(({ identifier }) => identifier))
  let departments = existsSync(join(folder, CATALOGUE)) ? readFileSync(join(folder, CATALOGUE), 'utf8') : ''
  let file: FileHandle | null = null

  async function segmentFor(from: number): Promise<FileHandle> {
    if (file !== null && tail !== null && tail.end < SEGMENT_BYTES) return file
    await file?.close()
    file = null
    if (tail === null || tail.end >= SEGMENT_BYTES) tail = writing(() => beginSegment(folder, origin, from))
    file = await open(tail.path, 'r+')
    return file
  }

  return {
    folder,
    size: () => tail?.size ?? 0,
    async append(statements, checkpoint) {
      const from = tail?.size ?? 0
      try {
        const to = await segmentFor(from)
        invariant(tail !== null, 'a segment was just opened')
        // What an attempt that failed left behind.
        await to.truncate(tail.end)
        let at = tail.end
        let next = from
        for await (const rows of statements) {
          invariant(rows[0]?.index === next, `statement ${next} is the next to be mirrored`)
          next += rows.length
          at += await writeAt(to, at, rows.map(statementLine).join(''))
        }
        invariant(
          next === checkpoint.size,
          `the statements of a checkpoint of size ${checkpoint.size} end at ${next}`,
        )
        at += await writeAt(to, at, checkpointLine(checkpoint))
        await to.sync()
        tail = { ...tail, size: checkpoint.size, end: at }
      } catch (error) {
        throw unwritable(folder, error)
      }
    },
    noteErasure(one) {
      if (erased.has(one.identifier)) return
      writing(() => appendLine(folder, ERASURES, JSON.stringify(one)))
      erased.add(one.identifier)
    },
    saveFile(name, text) {
      const path = join(folder, name)
      if (existsSync(path) && readFileSync(path, 'utf8') === text) return
      writing(() => writeFileDurably(path, text, 0o600))
    },
    saveDepartments(rows) {
      const text = `${JSON.stringify({ format: MIRROR_FORMAT, departments: rows }, null, 2)}\n`
      if (text === departments) return
      writing(() => writeFileDurably(join(folder, CATALOGUE), text, 0o600))
      departments = text
    },
    async close() {
      await file?.close()
      file = null
    },
  }
}

/**
 * The checkpoints of a mirror above `size`, oldest first, each with where its statements are. Only the checkpoints are parsed. Refuses
 * MIRROR_OTHER_LOG, and MIRROR_DAMAGED when they do not follow each other; what a crash left behind the last one is passed over.
 */
export function* framesOf(folder: string, origin: string, size = 0): Generator<Frame> {
  const segments = segmentsOf(folder)
  for (const [i, { path, from: first }] of segments.entries()) {
    const next = segments[i + 1]
    if (next !== undefined && next.from <= size) continue
    let from = first
    let offset = 0
    for (const line of linesOf(path)) {
      if (line.offset === 0) {
        offset = assertHeader(path, line.text, origin, first)
        continue
      }
      if (!line.text.startsWith(CHECKPOINT_BEGINS)) continue
      const checkpoint = readCheckpoint(path, line, next === undefined)
      if (checkpoint === null) break
      if (checkpoint.size <= from)
        throw damaged(path, `checkpoint ${checkpoint.size} stands after one of size ${from}`)
      const frame = { from, checkpoint, path, offset, end: line.offset }
      offset = line.end
      from = checkpoint.size
      if (checkpoint.size > size) yield frame
    }
    if (next !== undefined && next.from !== from)
      throw damaged(next.path, `it begins at ${next.from}, the segment before ends at ${from}`)
  }
}

/** The statements of a frame. Refuses MIRROR_DAMAGED, naming the place in the log, for one that is missing or not the one it was. */
export function* statementsOf(frame: Frame): Generator<MirroredStatement> {
  let index = frame.from
  for (const { text } of linesOf(frame.path, frame.offset, frame.end)) {
    const statement = parseStatementLine(frame.path, text, index)
    yield statement
    index++
  }
  if (index !== frame.checkpoint.size)
    throw damaged(frame.path, `statement ${index} of ${frame.checkpoint.size} is missing`)
}

/** What was erased, as the ledger has it. A last line that a crash cut off is left out: that erasure was not acknowledged. */
export function readErasures(folder: string): Erased[] {
  const path = join(folder, ERASURES)
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line, i) => {
      const erased = parsed(line) as Erased | null
      if (typeof erased?.identifier !== 'string' || typeof erased.at !== 'number')
        throw damaged(path, `line ${i + 1} cannot be read`)
      return erased
    })
}

/** The log that a mirror is of. Refuses MIRROR_MISSING and MIRROR_DAMAGED. */
export function mirroredOrigin(folder: string): string {
  const first = segmentsOf(folder)[0]
  if (first === undefined)
    throw new Refusal('MIRROR_MISSING', `there is no mirror of a log in ${folder}`, { found: folder })
  const [line] = linesOf(first.path)
  const header = parsed(line?.text ?? '') as { origin?: unknown } | null
  if (typeof header?.origin !== 'string' || first.from !== 0)
    throw damaged(first.path, 'the log does not begin here')
  return header.origin
}

export function readDepartments(folder: string): DepartmentRow[] {
  const path = join(folder, CATALOGUE)
  if (!existsSync(path)) return []
  const file = parsed(readFileSync(path, 'utf8')) as { departments?: DepartmentRow[] } | null
  if (!Array.isArray(file?.departments)) throw damaged(path, 'it cannot be read')
  return file.departments
}

/** Adds erasures that are not in the ledger of `folder` yet. */
export function mergeErasures(folder: string, erasures: readonly Erased[]): void {
  const known = new Set(readErasures(folder).map(({ identifier }) => identifier))
  for (const one of erasures) {
    if (!known.has(one.identifier)) appendLine(folder, ERASURES, JSON.stringify(one))
    known.add(one.identifier)
  }
}

// ---- writing

interface Tail {
  path: string
  size: number
  end: number
}

function newestSegment(folder: string, origin: string): Tail | null {
  const last = segmentsOf(folder).at(-1)
  if (last === undefined) return null
  let tail: Tail | null = null
  let newest: { tail: Tail; frame: Frame } | null = null
  for (const line of linesOf(last.path)) {
    if (line.offset === 0) {
      const end = assertHeader(last.path, line.text, origin, last.from)
      tail = { path: last.path, size: last.from, end }
    } else if (tail !== null && line.text.startsWith(CHECKPOINT_BEGINS)) {
      if (newest !== null) tail = newest.tail
      newest = null
      const checkpoint = readCheckpoint(last.path, line, true)
      if (checkpoint === null) break
      const { size } = checkpoint
      if (size <= tail.size)
        throw damaged(last.path, `checkpoint ${size} stands after one of size ${tail.size}`)
      const frame: Frame = {
        from: tail.size,
        checkpoint,
        path: last.path,
        offset: tail.end,
        end: line.offset,
      }
      newest = { tail: { path: last.path, size, end: line.end }, frame }
    }
  }
  // A power cut may have kept the end of what was not synced and not its beginning; each frame is synced before the next is begun.
  if (newest !== null && isWhole(newest.frame)) tail = newest.tail
  // Without its header a segment says nothing: it is begun anew.
  return tail ?? beginSegment(folder, origin, last.from)
}

function isWhole(frame: Frame): boolean {
  try {
    for (const statement of statementsOf(frame)) void statement
    return true
  } catch (error) {
    if (error instanceof Refusal && error.code === 'MIRROR_DAMAGED') return false
    throw error
  }
}

/** Null when it cannot be read and none comes after it: a power cut kept pieces of what was not synced. */
function readCheckpoint(path: string, line: Line, isInNewest: boolean): MirroredCheckpoint | null {
  try {
    return parseCheckpointLine(path, line)
  } catch (error) {
    if (!isInNewest) throw error
    for (const { text } of linesOf(path, line.end)) if (text.startsWith(CHECKPOINT_BEGINS)) throw error
    return null
  }
}

function beginSegment(folder: string, origin: string, from: number): Tail {
  const path = join(folder, `segment-${String(from).padStart(12, '0')}.jsonl`)
  const header = `${JSON.stringify({ format: MIRROR_FORMAT, origin, from })}\n`
  writeFileDurably(path, header, 0o600)
  return { path, size: from, end: Buffer.byteLength(header) }
}

async function writeAt(file: FileHandle, position: number, text: string): Promise<number> {
  const bytes = Buffer.from(text)
  for (let written = 0; written < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, written, bytes.length - written, position + written)
    written += bytesWritten
  }
  return bytes.length
}

function appendLine(folder: string, name: string, line: string): void {
  const path = join(folder, name)
  const isNew = !existsSync(path)
  // A line that a crash cut off is ended first, so that it spoils no other.
  const text = isNew ? '' : readFileSync(path, 'utf8')
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  if (whole !== text) writeFileDurably(path, whole, 0o600)
  const file = openSync(path, 'a', 0o600)
  try {
    chmodSync(path, 0o600)
    writeSync(file, `${line}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  if (isNew) syncDirectory(folder)
}

// ---- lines

const CHECKPOINT_BEGINS = '{"size":'

/** A statement and its leaf are base64url and dots: nothing in them has to be escaped. */
function statementLine({ index, acceptedAt, leaf, statement, beside }: MirroredStatement): string {
  const more = beside === null ? '' : `,"beside":${JSON.stringify(beside)}`
  return `{"index":${index},"acceptedAt":${acceptedAt},"leaf":"${toBase64url(leaf)}","statement":"${statement}"${more}}\n`
}

function checkpointLine({ size, sealedAt, note, signature, answers }: MirroredCheckpoint): string {
  const line = {
    size,
    sealedAt,
    note,
    signature: toBase64url(signature),
    ...(answers === null ? {} : { answers: toBase64url(answers) }),
  }
  return `${JSON.stringify(line)}\n`
}

function parseStatementLine(path: string, text: string, index: number): MirroredStatement {
  const line = parsed(text) as
    | (Pick<MirroredStatement, 'index' | 'acceptedAt' | 'statement'> & {
        leaf: string
        beside?: Record<string, unknown>
      })
    | null
  if (line === null || typeof line.statement !== 'string' || typeof line.acceptedAt !== 'number')
    throw damaged(path, `statement ${index} cannot be read`)
  if (line.index !== index)
    throw damaged(path, `statement ${index} is missing, ${String(line.index)} stands in its place`)
  const leaf = leafHash(line.statement)
  if (toBase64url(leaf) !== line.leaf) throw damaged(path, `statement ${index} differs from its leaf`)
  return { index, acceptedAt: line.acceptedAt, statement: line.statement, leaf, beside: line.beside ?? null }
}

function parseCheckpointLine(path: string, { text, offset }: Line): MirroredCheckpoint {
  const line = parsed(text) as Record<string, unknown> | null
  const wrong = () => damaged(path, `the checkpoint at byte ${offset} cannot be read`)
  if (line === null || typeof line['note'] !== 'string' || typeof line['sealedAt'] !== 'number') throw wrong()
  const signature = bytesIn(line['signature'])
  const answers = line['answers'] === undefined ? null : bytesIn(line['answers'])
  let signed: ReturnType<typeof parseSignedCheckpoint>
  try {
    signed = parseSignedCheckpoint(line['note'])
  } catch {
    throw wrong()
  }
  const { size, root } = signed.checkpoint
  if (signature === null || size !== line['size'] || (line['answers'] !== undefined && answers === null))
    throw wrong()
  return { size, root, note: line['note'], signature, sealedAt: line['sealedAt'], answers }
}

const bytesIn = (value: unknown) => (typeof value === 'string' ? fromBase64url(value) : null)

/** Where the lines after the header begin. */
function assertHeader(path: string, text: string, origin: string, from: number): number {
  const header = parsed(text) as { format?: unknown; origin?: unknown; from?: unknown } | null
  if (header?.format !== MIRROR_FORMAT || header.from !== from)
    throw damaged(path, `it is no segment of ${MIRROR_FORMAT} that begins at ${from}`)
  if (header.origin !== origin) {
    throw new Refusal('MIRROR_OTHER_LOG', `${path} is of another log`, {
      expected: origin,
      found: String(header.origin),
    })
  }
  return Buffer.byteLength(text) + 1
}

interface Line {
  text: string
  offset: number
  end: number
}

/** Whole lines; what follows the last line feed is none. */
function* linesOf(path: string, from = 0, to = statSync(path).size): Generator<Line> {
  const file = openSync(path, 'r')
  try {
    let rest: Buffer = Buffer.alloc(0)
    let offset = from
    for (let at = from; at < to;) {
      const chunk = Buffer.allocUnsafe(Math.min(READ_BYTES, to - at))
      const read = readSync(file, chunk, 0, chunk.length, at)
      if (read === 0) return
      at += read
      const buffer =
        rest.length === 0 ? chunk.subarray(0, read) : Buffer.concat([rest, chunk.subarray(0, read)])
      let start = 0
      for (let end = buffer.indexOf(10); end >= 0; end = buffer.indexOf(10, start)) {
        const next = offset + (end + 1 - start)
        yield { text: buffer.toString('utf8', start, end), offset, end: next }
        offset = next
        start = end + 1
      }
      rest = buffer.subarray(start)
    }
  } finally {
    closeSync(file)
  }
}

/** Segments in the order of the log. */
export function segmentsOf(folder: string): { path: string; from: number }[] {
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .flatMap(name => {
      const from = SEGMENT_NAME.exec(name)?.[1]
      return from === undefined ? [] : [{ path: join(folder, name), from: Number(from) }]
    })
    .sort((a, b) => a.from - b.from)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const damaged = (path: string, what: string) =>
  new Refusal('MIRROR_DAMAGED', `${path}: ${what}`, { found: what })

function unwritable(folder: string, error: unknown): unknown {
  const { code } = (error ?? {}) as { code?: unknown }
  if (error instanceof Refusal || typeof code !== 'string') return error
  return new Refusal('MIRROR_UNWRITABLE', `the mirror in ${folder} cannot be written: ${code}`, {
    field: 'ONCEPROOF_MIRROR_DIR',
    expected: 'a folder that can be written',
    found: code,
  })
}
