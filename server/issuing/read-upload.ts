/**
 * An upload as rows, the same whatever it came as: JSON (an array), NDJSON (one object to a line), CSV or XLSX. What is wrong
 * with one row stays with that row; what is wrong with the file refuses the upload.
 */
import { parseJson, parseJsonText } from '../../protocol/json.ts'
import { Refusal, type FieldError } from '../../protocol/refusal.ts'
import { HOLDERS, type SheetLayout } from './sheet-layout.ts'
import { MAX_ROWS, rowsOfSheets, tooManyRows, type UploadedRow } from './sheet-rows.ts'
import { rowsInThread } from './sheet-thread.ts'

export const UPLOAD_TYPES = {
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'text/csv': 'csv',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
} as const
export type UploadKind = (typeof UPLOAD_TYPES)[keyof typeof UPLOAD_TYPES]

export const MAX_UPLOAD_BYTES = 32 * 1024 * 1024
const MAX_HOLDERS = 20
/** A small CSV file is read before a thread has started. */
const CSV_AT_ONCE = 256 * 1024
/** A batch of JSON is read whole; each row is held to the limit of one row afterwards. */
const MAX_DEPTH = 32

/**
 * The rows of an upload. Refuses SHEET_EMPTY, SHEET_TOO_MANY_ROWS, SHEET_HEADING_UNKNOWN, SHEET_HEADING_DUPLICATE,
 * SHEET_UNKNOWN (a sheet), SHEET_ROW_NUMBER (序号), SHEET_SYNTAX, what JSON of formats.md §2 refuses, and as `readSheets`.
 */
export async function readUpload(
  kind: UploadKind,
  bytes: Uint8Array,
  layout: SheetLayout,
): Promise<UploadedRow[]> {
  const rows = await rowsOf(kind, bytes, layout)
  if (rows.length === 0) {
    throw new Refusal('SHEET_EMPTY', 'the file has no rows', { field: 'body', expected: 'at least one row' })
  }
  if (rows.length > MAX_ROWS) throw tooManyRows(rows.length)
  return rows
}

async function rowsOf(kind: UploadKind, bytes: Uint8Array, layout: SheetLayout): Promise<UploadedRow[]> {
  switch (kind) {
    case 'json':
      return jsonRows(bytes)
    case 'ndjson':
      return ndjsonRows(bytes)
    case 'csv':
      if (bytes.length <= CSV_AT_ONCE) return rowsOfSheets(kind, bytes, layout)
      return rowsInThread({ kind, bytes, layout })
    case 'xlsx':
      return rowsInThread({ kind, bytes, layout })
  }
}

// ---- JSON

function jsonRows(bytes: Uint8Array): UploadedRow[] {
  const value = parseJson(bytes, { maxBytes: MAX_UPLOAD_BYTES, maxDepth: MAX_DEPTH })
  if (!Array.isArray(value)) {
    throw new Refusal('SHEET_SYNTAX', 'the upload is no array of rows', {
      field: 'body',
      expected: 'a JSON array',
    })
  }
  if (value.length > MAX_ROWS) throw tooManyRows(value.length)
  return value.map((row, index) => jsonRow(row, index, index + 1))
}

function ndjsonRows(bytes: Uint8Array): UploadedRow[] {
  const lines = utf8Of(bytes).split('\n')
  const rows: UploadedRow[] = []
  for (const [index, text] of lines.entries()) {
    if (text.trim() === '') continue
    if (rows.length > MAX_ROWS) throw tooManyRows(rows.length)
    try {
      rows.push(jsonRow(parseJsonText(text.trim()), rows.length, index + 1))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const fault = {
        row: rows.length,
        field: '',
        code: error.code,
        expected: 'a JSON object',
        found: 'other text',
      }
      rows.push({ line: index + 1, value: null, holders: [], faults: [fault] })
    }
  }
  return rows
}

function jsonRow(value: unknown, row: number, line: number): UploadedRow {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, HOLDERS)) {
    return { line, value, holders: [], faults: [] }
  }
  const { [HOLDERS]: holders, ...fields } = value as Record<string, unknown>
  const areTexts = Array.isArray(holders) && holders.every(one => typeof one === 'string')
  if (areTexts && holders.length <= MAX_HOLDERS) return { line, value: fields, holders, faults: [] }
  return { line, value: fields, holders: [], faults: [holdersFault(row)] }
}

function utf8Of(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new Refusal('SHEET_ENCODING', 'the text is in another encoding', {
      field: 'body',
      expected: 'UTF-8',
    })
  }
}

const holdersFault = (row: number): FieldError => ({
  row,
  field: 'holders',
  code: 'FIELD_TYPE',
  expected: `at most ${MAX_HOLDERS} texts`,
  found: 'another value',
})
