/**
 * An upload as rows, the same whatever it came as: JSON (an array), NDJSON (one object to a line), CSV or XLSX. What is wrong
 * with one row stays with that row; what is wrong with the file refuses the upload.
 */
import { parseJson, parseJsonText } from '../../protocol/json.ts'
import { Refusal, type FieldError } from '../../protocol/refusal.ts'
import { valueOfCell, type Cell, type Sheet, type SheetRow } from './cells.ts'
import { readSheets } from './read-sheets.ts'
import {
  ERRORS,
  GUIDE_SHEET,
  HOLDERS,
  ITEM,
  knownColumns,
  LINE,
  OPTIONS_SHEET,
  ROW_NUMBER,
  type Column,
  type NestedSheet,
  type SheetLayout,
} from './sheet-layout.ts'

export const UPLOAD_TYPES = {
  'application/json': 'json',
  'application/x-ndjson': 'ndjson',
  'text/csv': 'csv',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
} as const
export type UploadKind = (typeof UPLOAD_TYPES)[keyof typeof UPLOAD_TYPES]

export const MAX_ROWS = 10_000
export const MAX_UPLOAD_BYTES = 32 * 1024 * 1024
const MAX_COLUMNS = 400
const MAX_HOLDERS = 20
/** A batch of JSON is read whole; each row is held to the limit of one row afterwards. */
const MAX_DEPTH = 32

export interface UploadedRow {
  /** 1-based: line of the file, row of the sheet, place in the array. */
  line: number
  /** The fields; anything else than an object is an error that the row's check finds. */
  value: unknown
  /** ID numbers or unified credit codes of the holders, where the fields do not say them. */
  holders: string[]
  /** What of the row could not be read. */
  faults: FieldError[]
}

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
    case 'csv': {
      const [sheet] = await readSheets({ kind, bytes })
      return tableRows(sheet!, layout, 'csv').rows
    }
    case 'xlsx':
      return workbookRows(await readSheets({ kind, bytes }), layout)
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

// ---- sheets

interface TableRow extends UploadedRow {
  /** What stands under 序号. */
  number: number | null
}

function workbookRows(sheets: Sheet[], layout: SheetLayout): UploadedRow[] {
  const [main, ...rest] = sheets.filter(({ name }) => name !== GUIDE_SHEET && name !== OPTIONS_SHEET)
  if (main === undefined) {
    throw new Refusal('SHEET_EMPTY', 'the workbook has no sheet', {
      field: 'body',
      expected: 'a sheet of rows',
    })
  }
  const { rows } = tableRows(main, layout, 'xlsx')
  const byNumber = new Map<number, TableRow>()
  for (const [index, row] of rows.entries()) {
    const number = row.number ?? index + 1
    if (byNumber.has(number)) throw wrongRowNumber(main, row.line, 'each 序号 once')
    byNumber.set(number, row)
  }
  for (const sheet of rest) {
    const nested = layout.nested.find(({ name, field }) => name === sheet.name || field.key === sheet.name)
    if (nested !== undefined) joinItems(sheet, nested, byNumber)
    else if (sheet.rows.length > 0) {
      throw new Refusal('SHEET_UNKNOWN', 'the workbook has a sheet that this type does not have', {
        field: 'body',
        expected: layout.nested.map(({ name }) => name).join(', ') || 'one sheet of rows',
        found: `a sheet of a name of ${sheet.name.length} characters`,
      })
    }
  }
  return rows
}

function joinItems(sheet: Sheet, { field, columns }: NestedSheet, byNumber: Map<number, TableRow>): void {
  const { headings, data } = headed(sheet, columns)
  for (const { line, cells } of data) {
    const { number, members, faults } = readCells(cells, headings, 'xlsx', null)
    const row = number === null ? undefined : byNumber.get(number)
    if (row === undefined) throw wrongRowNumber(sheet, line, 'the 序号 of a row')
    const value = row.value as Record<string, unknown>
    const items = (value[field.key] ??= []) as unknown[]
    for (const fault of faults) {
      row.faults.push({ ...fault, field: `${field.key}[${items.length}].${fault.field}` })
    }
    items.push(field.items === 'string' ? members[ITEM] : members)
  }
}

function tableRows(sheet: Sheet, layout: SheetLayout, source: 'csv' | 'xlsx'): { rows: TableRow[] } {
  const { headings, data } = headed(sheet, knownColumns(layout))
  if (data.length > MAX_ROWS) throw tooManyRows(data.length)
  const rows = data.map(({ line, cells }, row): TableRow => {
    const { number, members, holders, faults } = readCells(cells, headings, source, layout.dateOrLongTerm)
    return { line, value: members, holders, faults: faults.map(fault => ({ row, ...fault })), number }
  })
  return { rows }
}

/**
 * Columns by the first row, which holds headings or keys, or by the second where that holds keys: what the headings of a template
 * are called may be changed, its hidden row of keys decides.
 */
function headed(sheet: Sheet, known: readonly Column[]): { headings: (Column | null)[]; data: SheetRow[] } {
  const [first, second] = sheet.rows
  if (first === undefined) {
    throw new Refusal('SHEET_EMPTY', 'the sheet is empty', { field: 'body', expected: 'a row of headings' })
  }
  const byKey = new Map(known.map(column => [column.key, column]))
  const keys = second?.cells.filter(cell => cell !== undefined) ?? []
  const hasKeys = keys.length > 0 && keys.every(cell => cell.kind === 'text' && byKey.has(cell.text))
  const names = hasKeys ? second! : first
  if (names.cells.length > MAX_COLUMNS) {
    throw new Refusal('SHEET_HEADING_UNKNOWN', 'the sheet has too many columns', {
      field: 'body',
      expected: `at most ${MAX_COLUMNS} columns`,
      found: `${names.cells.length} columns`,
    })
  }
  const headings = Array.from({ length: names.cells.length }, (_, place) =>
    headingOf(names.cells[place], place, known),
  )
  const seen = new Set<string>()
  for (const column of headings) {
    if (column !== null && seen.has(column.key)) {
      throw new Refusal('SHEET_HEADING_DUPLICATE', 'two columns have one heading', {
        field: column.key,
        expected: 'each heading once',
      })
    }
    if (column !== null) seen.add(column.key)
  }
  return { headings, data: sheet.rows.slice(hasKeys ? 2 : 1) }
}

function headingOf(cell: Cell | undefined, place: number, known: readonly Column[]): Column | null {
  if (cell === undefined) return null
  const text = cell.kind === 'text' ? cell.text.replace(/\s*\*?\s*$/, '').trim() : ''
  const byKey = known.find(({ key }) => key === text)
  const byName = known.filter(({ zh }) => zh === text)
  const column = byKey ?? (byName.length === 1 ? byName[0] : undefined)
  if (column !== undefined) return column
  // A heading may be a value that slipped into the first row, so it is not repeated.
  throw new Refusal(
    'SHEET_HEADING_UNKNOWN',
    `column ${place + 1} has a heading that this type does not have`,
    {
      field: `column ${place + 1}`,
      expected: 'the name or the key of a field',
      found: byName.length > 1 ? 'the name of several fields' : `${text.length} characters`,
    },
  )
}

type Fault = Pick<FieldError, 'field' | 'code' | 'expected' | 'found'>

function readCells(
  cells: readonly (Cell | undefined)[],
  headings: readonly (Column | null)[],
  source: 'csv' | 'xlsx',
  dateOrLongTerm: string | null,
): { number: number | null; members: Record<string, unknown>; holders: string[]; faults: Fault[] } {
  const read = {
    number: null as number | null,
    members: {} as Record<string, unknown>,
    holders: [] as string[],
    faults: [] as Fault[],
  }
  for (const [place, cell] of cells.entries()) {
    if (cell === undefined) continue
    const column = headings[place] ?? null
    if (column === null) {
      read.faults.push({
        field: `column ${place + 1}`,
        code: 'SHEET_CELL',
        expected: 'a heading above the value',
        found: 'none',
      })
      continue
    }
    const { key, field } = column
    if (key === LINE || key === ERRORS) continue
    if (key === ROW_NUMBER) {
      read.number = numberIn(cell)
      continue
    }
    const result = valueOfCell(cell, field, source, key === dateOrLongTerm)
    if ('fault' in result) read.faults.push({ field: key === HOLDERS ? 'holders' : key, ...result.fault })
    else if (key === HOLDERS)
      read.holders = String(result.value)
        .split(/[\s,;，；、]+/)
        .filter(one => one !== '')
    else read.members[key] = result.value
  }
  return read
}

function numberIn(cell: Cell): number | null {
  const value = cell.kind === 'number' ? cell.value : cell.kind === 'text' ? Number(cell.text) : NaN
  return Number.isSafeInteger(value) ? value : null
}

function wrongRowNumber(sheet: Sheet, line: number, expected: string): Refusal {
  return new Refusal('SHEET_ROW_NUMBER', 'a row number joins nothing, or two rows', {
    field: `line ${line}`,
    expected,
    found: `another, in sheet ${sheet.name.length <= 31 ? 'of items or rows' : ''}`.trim(),
  })
}

const holdersFault = (row: number): FieldError => ({
  row,
  field: 'holders',
  code: 'FIELD_TYPE',
  expected: `at most ${MAX_HOLDERS} texts`,
  found: 'another value',
})

function tooManyRows(found: number): Refusal {
  return new Refusal('SHEET_TOO_MANY_ROWS', 'the file has too many rows', {
    field: 'body',
    expected: `at most ${MAX_ROWS} rows`,
    found: `${found} rows`,
  })
}
