/**
 * Sheets as rows of a type: columns are found by headings or keys, cells are read by what their fields want, items of further sheets
 * are joined to their rows. Synchronous, and meant for a thread of its own.
 */
import { Refusal, type FieldError } from '../../protocol/refusal.ts'
import { valueOfCell, type Cell, type Sheet, type SheetRow } from './cells.ts'
import { readCsv } from './read-csv.ts'
import { readWorkbook } from './read-workbook.ts'
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

export const MAX_ROWS = 10_000
const MAX_COLUMNS = 400

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

/** The rows of a CSV file or a workbook. Refuses what belongs to the whole file (see `readUpload`). */
export function rowsOfSheets(kind: 'csv' | 'xlsx', bytes: Uint8Array, layout: SheetLayout): UploadedRow[] {
  if (kind === 'xlsx') return workbookRows(readWorkbook(bytes), layout)
  return tableRows(readCsv(bytes)[0]!, layout, 'csv').map(withoutNumber)
}

const withoutNumber = ({ number: _, ...row }: TableRow): UploadedRow => row

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
  const rows = tableRows(main, layout, 'xlsx')
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
  return rows.map(withoutNumber)
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

function tableRows(sheet: Sheet, layout: SheetLayout, source: 'csv' | 'xlsx'): TableRow[] {
  const { headings, data } = headed(sheet, knownColumns(layout))
  if (data.length > MAX_ROWS) throw tooManyRows(data.length)
  return data.map(({ line, cells }, row): TableRow => {
    const { number, members, holders, faults } = readCells(cells, headings, source, layout.dateOrLongTerm)
    return { line, value: members, holders, faults: faults.map(fault => ({ row, ...fault })), number }
  })
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

export function tooManyRows(found: number): Refusal {
  return new Refusal('SHEET_TOO_MANY_ROWS', 'the file has too many rows', {
    field: 'body',
    expected: `at most ${MAX_ROWS} rows`,
    found: `${found} rows`,
  })
}
