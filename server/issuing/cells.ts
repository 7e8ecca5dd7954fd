/**
 * Cells of a sheet and what they say of a field. A sheet holds texts, numbers and days; a field says which of them it wants.
 * Nothing is guessed, trimmed or evaluated: what does not fit stays as it is and the row's check says so.
 */
import { parseJsonText } from '../../protocol/json.ts'
import type { Field, ItemField } from '../catalogue/type-definition.ts'

export type Cell =
  | { kind: 'text'; text: string }
  | { kind: 'number'; value: number }
  /** A number that the sheet shows as a date: days since the epoch of its calendar. */
  | { kind: 'day'; serial: number; since1904: boolean }
  | { kind: 'formula' | 'error' | 'truth' }

export interface SheetRow {
  /** 1-based line of the file or row of the sheet. */
  line: number
  /** By column; absent = blank. */
  cells: (Cell | undefined)[]
}

export interface Sheet {
  name: string
  rows: SheetRow[]
}

/** Why a cell cannot be read. */
export interface CellFault {
  code: 'SHEET_FORMULA' | 'SHEET_CELL' | 'SHEET_JSON'
  expected: string
  found: string
}

export type CellValue = { value: unknown } | { fault: CellFault }

/** Spreadsheets take a CSV cell that begins so for a formula (https://owasp.org/www-community/attacks/CSV_Injection). */
const BEGINS_A_FORMULA = /^[=+\-@\t\r]/
export const looksLikeFormula = (text: string): boolean => BEGINS_A_FORMULA.test(text)

/** At most 15 significant digits survive in a double (IEEE 754), so more would be rounded without a word. */
const PLAIN_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/
const EXACT_DIGITS = 15

const formula: CellFault = { code: 'SHEET_FORMULA', expected: 'a value', found: 'a formula' }
const jsonFault: CellFault = { code: 'SHEET_JSON', expected: 'an array as JSON text', found: 'other text' }

/**
 * What a cell says for a field. `source`: in CSV a text that spreadsheets would run is refused. `mayBeDay`: a text field that
 * also takes a day (a last day or 长期).
 */
export function valueOfCell(
  cell: Cell,
  field: Field | ItemField | null,
  source: 'csv' | 'xlsx',
  mayBeDay: boolean,
): CellValue {
  const type = field?.type ?? 'string'
  switch (cell.kind) {
    case 'formula':
      return { fault: formula }
    case 'error':
      return { fault: { code: 'SHEET_CELL', expected: 'a value', found: 'an error of the sheet' } }
    case 'truth':
      return { value: true }
    case 'text':
      return valueOfText(cell.text, type, source)
    case 'day':
      if (type === 'date' || mayBeDay) return dayValue(cell, false)
      if (type === 'datetime') return dayValue(cell, true)
      return { fault: { code: 'SHEET_CELL', expected: 'no date cell', found: 'a date cell' } }
    case 'number':
      if (type === 'number' || type === 'money') return { value: cell.value }
      // A number cell has lost leading zeros and the end of a long number: it is not the text that was meant.
      return { fault: { code: 'SHEET_CELL', expected: 'a text cell', found: 'a number cell' } }
  }
}

function valueOfText(text: string, type: string, source: 'csv' | 'xlsx'): CellValue {
  const isNumber = type === 'number' || type === 'money'
  const isDate = type === 'date' || type === 'datetime'
  if (source === 'csv' && !isNumber && !isDate && looksLikeFormula(text)) return { fault: formula }
  if (isNumber) return { value: numberOf(text) ?? text }
  if (type !== 'array') return { value: text }
  try {
    return { value: parseJsonText(text) }
  } catch {
    return { fault: jsonFault }
  }
}

/** The number that a text says exactly; null when it says none or more digits than a number keeps. */
export function numberOf(text: string): number | null {
  if (!PLAIN_NUMBER.test(text)) return null
  const digits = text.replace('-', '').replace('.', '').replace(/^0+/, '')
  const value = Number(text)
  return digits.length > EXACT_DIGITS && !Number.isSafeInteger(value) ? null : value
}

const DAY_MS = 86_400_000
/** Serial 1 is 1900-01-01, and there is a 1900-02-29 that never was: from serial 61 on the count begins at 1899-12-30. */
const EPOCH_1900 = Date.UTC(1899, 11, 30)
const EPOCH_1904 = Date.UTC(1904, 0, 1)
const FIRST_SOUND_SERIAL = 61

function dayValue(cell: { serial: number; since1904: boolean }, withTime: boolean): CellValue {
  const { serial, since1904 } = cell
  const fault = (found: string): CellValue => ({
    fault: { code: 'SHEET_CELL', expected: withTime ? 'a date and time' : 'a date without time', found },
  })
  if (!(serial >= (since1904 ? 0 : FIRST_SOUND_SERIAL) && serial < 2_958_466)) return fault('no date')
  if (!withTime && !Number.isInteger(serial)) return fault('a date with a time')
  const milliseconds = (since1904 ? EPOCH_1904 : EPOCH_1900) + Math.round(serial * 86_400) * 1_000
  if (milliseconds >= Date.UTC(9999, 11, 31) + DAY_MS) return fault('no date')
  // The sheet's clock is the office's: UTC+8.
  const text = new Date(milliseconds).toISOString()
  return { value: withTime ? `${text.slice(0, 19)}+08:00` : text.slice(0, 10) }
}
