/**
 * Checks a row of field values against a certificate type. Pure, and made for batches of ten thousands: a type is compiled
 * once, a good row costs a few microseconds.
 *
 * Errors say row, field, code, what was expected and what kind of thing was found, never the value: an error is logged,
 * mailed and shown on screens, and a value in the wrong column may be anybody's ID number.
 */
import { isCitizenNumber, isUscc } from '../../protocol/identifiers.ts'
import type { FieldError } from '../../protocol/refusal.ts'
import { characterFault } from './characters.ts'
import {
  civilDateOf,
  firstInstant,
  instantOf,
  isCivilDate,
  isDateTime,
  lastDayOf,
  lastInstant,
} from './civil-date.ts'
import { compilePattern } from './safe-pattern.ts'
import type { ArrayField, Field, ItemField, TypeDefinition, Validity } from './type-definition.ts'

export type FieldErrorCode =
  | 'ROW_NOT_OBJECT'
  | 'FIELD_UNKNOWN'
  | 'FIELD_REQUIRED'
  | 'FIELD_TYPE'
  | 'FIELD_TOO_LONG'
  | 'FIELD_PATTERN'
  | 'FIELD_ENUM'
  | 'FIELD_DATE'
  | 'FIELD_CHECK_DIGIT'
  | 'FIELD_CHARACTER'
  | 'FIELD_NUMBER'
  | 'FIELD_DATE_ORDER'
  | 'FIELD_TOO_MANY'

export interface CheckedRow {
  /** The fields that are there, in catalogue order; nested objects too, so that equal rows make equal bytes. */
  values: [name: string, value: unknown][]
  /** Instant (docs/formats.md §1). */
  validFrom: string
  /** Instant; null = without end. */
  validUntil: string | null
}

export interface CompiledType {
  definition: TypeDefinition
  /** The checked row, or all its errors (at most 50). `rowNumber` is 0-based and comes back in the errors. */
  check(row: unknown, rowNumber: number): CheckedRow | FieldError[]
}

/** 长期: a last day that never comes. */
export const LONG_TERM = '长期'

const MAX_STRING = 500
const MAX_TEXT = 4_000
const MAX_ITEMS = 100
/** Who sends a thousand wrong items is not helped by a thousand errors. */
const MAX_ERRORS = 50
/** Beyond this, hundredths of a yuan are no longer exact in a JSON number. */
const MAX_MONEY = 1e13
const HASH = /^sha256:[0-9a-f]{64}$/

/** What a field's check needs to report to: the errors so far, and where it is. */
interface Report {
  row: number
  errors: FieldError[]
}

/** Checks one value that is there, and gives what enters the certificate. */
type Checker = (value: unknown, path: string, report: Report) => unknown

interface CompiledField {
  key: string
  required: boolean
  check: Checker
}

/** The type, ready to check rows. The definition is one that `parseTypeDefinition` gave. */
export function compileType(definition: TypeDefinition): CompiledType {
  const { validity, dateOrder } = definition
  const longTermField = validity.kind === 'long_term' || validity.kind === 'fixed' ? undefined : validity
  const fields = definition.fields.map(field => ({
    key: field.key,
    required: field.required,
    check:
      longTermField?.allowLongTerm === true && longTermField.field === field.key
        ? checkDateOrLongTerm
        : checkerOf(field),
  }))
  const known = new Set(fields.map(field => field.key))

  return {
    definition,
    check(row, rowNumber) {
      const report: Report = { row: rowNumber, errors: [] }
      if (!isPlainObject(row)) {
        add(report, '', 'ROW_NOT_OBJECT', 'an object of fields', kindOf(row))
        return report.errors
      }
      const values = checkMembers(row, fields, known, '', report)
      if (report.errors.length > 0) return report.errors

      for (const [earlier, later] of dateOrder) {
        assertOrder(row[earlier], row[later], earlier, later, report)
      }
      const dates = validityOf(row, validity, report)
      return report.errors.length > 0 ? report.errors : { values, ...dates }
    },
  }
}

function checkMembers(
  row: Readonly<Record<string, unknown>>,
  fields: readonly CompiledField[],
  known: ReadonlySet<string>,
  prefix: string,
  report: Report,
): [string, unknown][] {
  const values: [string, unknown][] = []
  let present = 0
  for (const { key, required, check } of fields) {
    const value = row[key]
    if (value === undefined) {
      if (Object.hasOwn(row, key)) present++
      if (required) add(report, prefix + key, 'FIELD_REQUIRED', 'a value', 'nothing')
      continue
    }
    present++
    if (value === '' || (value === null && required)) {
      const expected = required ? 'a value' : 'a value, or the field left out'
      add(report, prefix + key, 'FIELD_REQUIRED', expected, value === null ? 'null' : 'an empty text')
      continue
    }
    values.push([key, check(value, prefix === '' ? key : prefix + key, report)])
  }
  const keys = Object.keys(row)
  if (keys.length > present) {
    for (const key of keys) {
      if (!known.has(key))
        add(report, prefix + nameForError(key), 'FIELD_UNKNOWN', 'a field of this type', 'another')
    }
  }
  return values
}

function checkerOf(field: Field): Checker {
  switch (field.type) {
    case 'string':
      return stringChecker(field)
    case 'text':
      return checkText
    case 'enum':
      return enumChecker(field)
    case 'date':
      return checkDate
    case 'datetime':
      return checkDateTime
    case 'number':
      return numberChecker(field)
    case 'money':
      return checkMoney
    case 'hash':
      return checkHash
    case 'array':
      return arrayChecker(field)
  }
}

function stringChecker(field: Extract<Field, { type: 'string' }>): Checker {
  const pattern = field.pattern === undefined ? null : compilePattern(field.pattern)
  const { check } = field
  return (value, path, report) => {
    if (!isText(value, MAX_STRING, false, path, report)) return value
    if (pattern !== null && !pattern.test(value)) {
      add(report, path, 'FIELD_PATTERN', `text of the form ${pattern.source}`, lengthOf(value))
    } else if (check !== undefined && !hasRightCheckDigit(value, check)) {
      add(report, path, 'FIELD_CHECK_DIGIT', 'a number whose date and check digit are right', lengthOf(value))
    }
    return value
  }
}

function hasRightCheckDigit(
  value: string,
  check: NonNullable<Extract<Field, { type: 'string' }>['check']>,
): boolean {
  switch (check) {
    case 'citizenNumber':
      return isCitizenNumber(value)
    case 'uscc':
      return isUscc(value)
    case 'citizenNumberOrUscc':
      return isCitizenNumber(value) || isUscc(value)
    case 'disabilityNumber':
      // The holder's citizen number, the category of disability and its level.
      return value.length === 20 && isCitizenNumber(value.slice(0, 18))
  }
}

const checkText: Checker = (value, path, report) => {
  isText(value, MAX_TEXT, true, path, report)
  return value
}

function enumChecker(field: Extract<Field, { type: 'enum' }>): Checker {
  const allowed = new Set(field.enum)
  const expected = `one of ${field.enum.join(', ')}`
  const mayQuote = field.level === 'public' && field.mask === 'none'
  return (value, path, report) => {
    if (typeof value === 'string' && allowed.has(value)) return value
    if (isText(value, MAX_STRING, false, path, report)) {
      // A short word without digits is a slip of the pen; anything else may be a value of another column.
      const found = mayQuote && value.length <= 10 && !/\d/.test(value) ? `"${value}"` : lengthOf(value)
      add(report, path, 'FIELD_ENUM', expected, found)
    }
    return value
  }
}

const checkDate: Checker = (value, path, report) => {
  if (typeof value !== 'string') addType(report, path, 'a date', value)
  else if (!isCivilDate(value)) {
    add(report, path, 'FIELD_DATE', 'a date that exists, YYYY-MM-DD, from 1900 on', lengthOf(value))
  }
  return value
}

const checkDateOrLongTerm: Checker = (value, path, report) => {
  if (typeof value !== 'string') addType(report, path, `a date or ${LONG_TERM}`, value)
  else if (value !== LONG_TERM && !isCivilDate(value)) {
    add(report, path, 'FIELD_DATE', `a date that exists, YYYY-MM-DD, or ${LONG_TERM}`, lengthOf(value))
  }
  return value
}

const checkDateTime: Checker = (value, path, report) => {
  if (typeof value !== 'string') addType(report, path, 'a date and time', value)
  else if (!isDateTime(value)) {
    add(report, path, 'FIELD_DATE', 'a date and time that exist, RFC 3339 with an offset', lengthOf(value))
  }
  return value
}

function numberChecker(field: Extract<Field, { type: 'number' }>): Checker {
  const { integer = false, min = -Number.MAX_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = field
  return (value, path, report) => {
    if (typeof value !== 'number') addType(report, path, 'a number', value)
    // NaN and the infinities fail every comparison.
    else if (!(value >= min && value <= max) || (integer && !Number.isInteger(value))) {
      const kind = integer ? 'a whole number' : 'a number'
      const upper = field.max === undefined ? '' : ` to ${max}`
      const bounds = field.min === undefined && upper === '' ? '' : ` from ${min}${upper}`
      add(report, path, 'FIELD_NUMBER', kind + bounds, 'another number')
    }
    return value
  }
}

const checkMoney: Checker = (value, path, report) => {
  if (typeof value !== 'number') addType(report, path, 'an amount of money as a number', value)
  else if (!(value >= 0 && value <= MAX_MONEY) || Math.round(value * 100) / 100 !== value) {
    add(report, path, 'FIELD_NUMBER', 'an amount from 0 with at most 2 decimals', 'another number')
  }
  return value
}

const checkHash: Checker = (value, path, report) => {
  if (typeof value !== 'string') addType(report, path, 'a fingerprint', value)
  else if (!HASH.test(value)) {
    add(report, path, 'FIELD_PATTERN', 'sha256: and 64 lower-case hex digits', lengthOf(value))
  }
  return value
}

function arrayChecker(field: ArrayField): Checker {
  const item = field.items === 'string' ? checkPlainString : objectChecker(field.items)
  const isRequired = field.required
  return (value, path, report) => {
    if (!Array.isArray(value)) {
      addType(report, path, 'an array', value)
      return value
    }
    if (value.length === 0 && isRequired) {
      add(report, path, 'FIELD_REQUIRED', 'at least one item', 'an empty array')
    }
    if (value.length > MAX_ITEMS) {
      add(report, path, 'FIELD_TOO_MANY', `at most ${MAX_ITEMS} items`, `${value.length} items`)
      return value
    }
    return Array.from(value, (one: unknown, index) => item(one, `${path}[${index}]`, report))
  }
}

const checkPlainString: Checker = (value, path, report) => {
  if (value === '') add(report, path, 'FIELD_REQUIRED', 'a value', 'an empty text')
  else isText(value, MAX_STRING, false, path, report)
  return value
}

function objectChecker(items: readonly ItemField[]): Checker {
  const fields = items.map(item => ({ key: item.key, required: item.required, check: checkerOf(item) }))
  const known = new Set(fields.map(field => field.key))
  return (value, path, report) => {
    if (isPlainObject(value))
      return Object.fromEntries(checkMembers(value, fields, known, `${path}.`, report))
    addType(report, path, 'an object', value)
    return value
  }
}

/** False when it is no text that may stand on a certificate; then the report says why. */
function isText(value: unknown, most: number, lines: boolean, path: string, report: Report): value is string {
  if (typeof value !== 'string') {
    addType(report, path, 'text', value)
    return false
  }
  if (value.length > most) {
    add(report, path, 'FIELD_TOO_LONG', `at most ${most} characters`, lengthOf(value))
    return false
  }
  const fault = characterFault(value, lines)
  if (fault !== null) {
    add(report, path, 'FIELD_CHARACTER', 'visible characters in Unicode form NFC', fault)
    return false
  }
  return true
}

/** From first to last day at UTC+8; every field that it reads was checked before. */
function validityOf(
  row: Readonly<Record<string, unknown>>,
  validity: Validity,
  report: Report,
): Pick<CheckedRow, 'validFrom' | 'validUntil'> {
  const from = String(row[validity.from])
  const isTime = from.length > 10
  const validFrom = isTime ? instantOf(from) : firstInstant(from)
  if (validFrom === null) {
    add(report, validity.from, 'FIELD_DATE', 'a day that begins in the years 1900-9999 of UTC', 'another day')
    return { validFrom: from, validUntil: null }
  }
  if (validity.kind === 'long_term') return { validFrom, validUntil: null }

  const firstDay = isTime ? civilDateOf(from) : from
  const printed = validity.field === undefined ? undefined : String(row[validity.field])
  if (printed === LONG_TERM) return { validFrom, validUntil: null }
  if (printed !== undefined && validity.field !== undefined) {
    assertOrder(firstDay, printed, validity.from, validity.field, report)
  }
  if (validity.kind !== 'fixed') return { validFrom, validUntil: lastInstant(printed ?? firstDay) }

  const longest = lastDayOf(firstDay, validity.amount, validity.unit)
  if (printed !== undefined && validity.field !== undefined && printed > longest) {
    const term = `${validity.amount} ${validity.unit}${validity.amount === 1 ? '' : 's'}`
    add(report, validity.field, 'FIELD_DATE_ORDER', `at most ${term} from ${validity.from}`, 'a later day')
  }
  return { validFrom, validUntil: lastInstant(printed ?? longest) }
}

/** Dates of this form sort as text. Absent ones are in order; 长期 is never earlier. */
function assertOrder(earlier: unknown, later: unknown, first: string, second: string, report: Report): void {
  if (typeof earlier !== 'string' || typeof later !== 'string' || later === LONG_TERM) return
  if (later < earlier) add(report, second, 'FIELD_DATE_ORDER', `not before ${first}`, 'an earlier day')
}

function add(report: Report, field: string, code: FieldErrorCode, expected: string, found: string): void {
  if (report.errors.length < MAX_ERRORS) report.errors.push({ row: report.row, field, code, expected, found })
}

function addType(report: Report, path: string, expected: string, value: unknown): void {
  add(report, path, 'FIELD_TYPE', expected, kindOf(value))
}

function lengthOf(text: string): string {
  // Counting code points of a megabyte of rubbish would be work for nothing.
  const length = text.length > MAX_TEXT ? text.length : Array.from(text).length
  return `${length} character${length === 1 ? '' : 's'}`
}

function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'string') return 'text'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}

/** A shifted column makes names and numbers into headings, so only what looks like a field name is repeated. */
function nameForError(key: string): string {
  return /^[a-z][A-Za-z0-9]{0,39}$/.test(key) ? key : `(${lengthOf(key)})`
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
