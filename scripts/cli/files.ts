/**
 * Files that a command reads and writes.
 */
import { accessSync, constants, statSync } from 'node:fs'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { parseJson, parseJsonText, type JsonObject, type JsonValue } from '../../protocol/json.ts'
import { Refusal } from '../../protocol/refusal.ts'

/** As much as the gateway takes in one request. */
const MAX_INPUT_BYTES = 64 * 1024 * 1024
const MAX_LINE_CHARACTERS = 1024 * 1024

/** The bytes of a file, or of stdin for `-`. Refuses FILE_MISSING, FILE_UNREADABLE, INPUT_TOO_LARGE. */
export async function readInput(path: string, maxBytes: number = MAX_INPUT_BYTES): Promise<Uint8Array> {
  const bytes = await readUpTo(path, maxBytes + 1)
  if (bytes.length <= maxBytes) return bytes
  throw new Refusal('INPUT_TOO_LARGE', `${path} is larger than ${maxBytes} bytes`, {
    field: path,
    expected: `at most ${maxBytes} bytes`,
  })
}

/** The first bytes of a file, `most` at most. Refuses FILE_MISSING and FILE_UNREADABLE. */
export async function readUpTo(path: string, most: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let size = 0
  try {
    const source = path === '-' ? process.stdin : (await open(path)).createReadStream({ end: most - 1 })
    for await (const piece of source as AsyncIterable<Uint8Array>) {
      pieces.push(piece)
      size += piece.length
      if (size >= most) break
    }
  } catch (error) {
    throw unreadable(path, error)
  }
  return new Uint8Array(Buffer.concat(pieces).subarray(0, most))
}

/** A file with one secret line. Refuses with `code` when it cannot be read or is empty; its content appears nowhere. */
export async function readSecret(path: string, code: string): Promise<string> {
  try {
    const text = (await readFile(path, 'utf8')).trim()
    if (text !== '') return text
  } catch {
    // Told below, without the system's own words.
  }
  throw new Refusal(code, `${path} cannot be read or is empty`, {
    expected: 'a file with one line',
    found: path,
  })
}

/** One object of fields and values. Refuses FIELDS_SHAPE or a JSON code. */
export async function readFields(path: string): Promise<JsonObject> {
  const value = parseJson(await readInput(path), { maxBytes: MAX_INPUT_BYTES })
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value
  throw new Refusal('FIELDS_SHAPE', `${path} does not hold one JSON object`, { field: path, expected: '{…}' })
}

/**
 * Rows: a JSON array, or NDJSON when the name ends in `.ndjson` or `.jsonl`. Refuses ROWS_SHAPE, or a JSON code that names the
 * line (from 1).
 */
export async function readRows(path: string): Promise<JsonValue[]> {
  const bytes = await readInput(path)
  if (/\.(?:ndjson|jsonl)$/i.test(path)) return parseLines(path, bytes)
  const value = parseJson(bytes, { maxBytes: MAX_INPUT_BYTES })
  if (Array.isArray(value) && value.length > 0) return value
  throw new Refusal('ROWS_SHAPE', `${path} does not hold a JSON array with rows`, {
    field: path,
    expected: '[{…}, …]',
  })
}

function parseLines(path: string, bytes: Uint8Array): JsonValue[] {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new Refusal('JSON_NOT_UTF8', `${path} is not UTF-8`, { field: path, expected: 'UTF-8' })
  }
  const rows: JsonValue[] = []
  for (const [i, row] of text.split(/\r?\n/).entries()) {
    if (row.trim() === '') continue
    if (row.length > MAX_LINE_CHARACTERS) {
      throw new Refusal('INPUT_TOO_LARGE', `a line of ${path} is too long`, { field: `line ${i + 1}` })
    }
    try {
      rows.push(parseJsonText(row))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      throw new Refusal(error.code, error.message, { ...error.details, field: `line ${i + 1}` })
    }
  }
  if (rows.length > 0) return rows
  throw new Refusal('ROWS_SHAPE', `${path} holds no rows`, {
    field: path,
    expected: 'one JSON object in each line',
  })
}

/** Refuses FILE_NOT_WRITTEN before anything is asked for, when there is no folder to write into. */
export function assertWritable(path: string): void {
  try {
    accessSync(dirname(resolve(path)), constants.W_OK)
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return
  } catch (error) {
    throw notWritten(path, error)
  }
  throw new Refusal('FILE_NOT_WRITTEN', `${path} is a folder`, {
    field: path,
    expected: 'the name of a file',
  })
}

/** Refuses FILE_NOT_WRITTEN. */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    accessSync(path, constants.W_OK)
  } catch (error) {
    throw notWritten(path, error)
  }
}

/** Writes the whole file or nothing of it, for its owner's eyes: what a command writes may hold values about people. */
export async function writeOutput(path: string, content: Uint8Array | string): Promise<void> {
  const draft = `${path}.${process.pid}.new`
  try {
    const file = await open(draft, 'w', 0o600)
    try {
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined)
    throw notWritten(path, error)
  }
}

export function unreadable(path: string, error: unknown): Refusal {
  const code = systemCode(error)
  return code === 'ENOENT'
    ? new Refusal('FILE_MISSING', `there is no file ${path}`, { field: path })
    : new Refusal('FILE_UNREADABLE', `${path} cannot be read (${code})`, { field: path, found: code })
}

function notWritten(path: string, error: unknown): Refusal {
  const code = systemCode(error)
  return new Refusal('FILE_NOT_WRITTEN', `${path} cannot be written (${code})`, { field: path, found: code })
}

const systemCode = (error: unknown): string => {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : 'unknown reason'
}
