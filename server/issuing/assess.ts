/**
 * Rows of an upload held against their type: which are good, what is wrong with the others, and the exact bytes that an approval
 * is bound to.
 */
import { createHash } from 'node:crypto'
import { toBase64 } from '../../protocol/bytes.ts'
import type { FieldError } from '../../protocol/refusal.ts'
import type { CheckedRow } from '../catalogue/check-rows.ts'
import type { PublishedType } from '../catalogue/publish.ts'
import { kindOfNumber } from '../holders/holders.ts'
import type { UploadedRow } from './sheet-rows.ts'

export interface AssessedRow extends UploadedRow {
  /** Place of the row in its batch, from 0; it stays when rows before it are removed. */
  n: number
  /** Everything that is wrong with it. */
  errors: FieldError[]
}

/** JSON text of one row. */
const MAX_ROW_CHARACTERS = 65_536
const MAX_ERRORS_OF_A_ROW = 50

/** All errors of each row: of its cells, of its fields, and that another row of the batch has its number already. */
export function assessRows(
  type: PublishedType,
  rows: readonly (UploadedRow & { n?: number })[],
): AssessedRow[] {
  const seen = new Map<string, number>()
  return rows.map((uploaded, place) => {
    const n = uploaded.n ?? place
    const row = withinLimit(uploaded, n)
    const errors = errorsOf(type, row, n)
    const number = numberOf(type, row)
    const first = number === null ? undefined : seen.get(number)
    if (first !== undefined) {
      errors.push({
        row: n,
        field: type.definition.numberField,
        code: 'ROW_DUPLICATE',
        expected: 'each number once in a batch',
        found: `the number of row ${first + 1}`,
      })
    } else if (number !== null) seen.set(number, n)
    return { ...row, n, errors }
  })
}

/** The row as it will be signed. The row is good. */
export function checkedRow(type: PublishedType, row: Pick<AssessedRow, 'value' | 'n'>): CheckedRow | null {
  const checked = type.check(row.value, row.n)
  return Array.isArray(checked) ? null : checked
}

/**
 * SHA-256 over what will be signed and for whom, salted so that the digest of a single row cannot be guessed:
 *
 *     {"format":"onceproof-batch/1","salt":…,"batch":…,"department":…,"type":…,"version":…,"definition":…,"rows":…,"leftOut":…} LF
 *     [[["name",value],…],validFrom,validUntil,[holders]] LF        for each row, in order
 */
export function batchDigest(
  type: PublishedType,
  batch: { id: string; department: string; salt: Uint8Array; leftOut: number },
  rows: readonly { checked: CheckedRow; holders: readonly string[] }[],
): Uint8Array {
  const head = {
    format: 'onceproof-batch/1',
    salt: toBase64(batch.salt),
    batch: batch.id,
    department: batch.department,
    type: type.row.code,
    version: type.row.version,
    definition: toBase64(type.row.digest),
    rows: rows.length,
    leftOut: batch.leftOut,
  }
  const hash = createHash('sha256').update(`${JSON.stringify(head)}\n`)
  for (const { checked, holders } of rows) hash.update(`${rowText(checked, holders)}\n`)
  return new Uint8Array(hash.digest())
}

/** Equal rows make equal texts: fields are in catalogue order. */
export function rowText({ values, validFrom, validUntil }: CheckedRow, holders: readonly string[]): string {
  return JSON.stringify([values, validFrom, validUntil, holders])
}

/** A row that is too large is not kept. */
function withinLimit(row: UploadedRow, n: number): UploadedRow {
  if (JSON.stringify(row.value).length <= MAX_ROW_CHARACTERS) return row
  const expected = `at most ${MAX_ROW_CHARACTERS} characters of JSON`
  return {
    ...row,
    value: null,
    faults: [{ row: n, field: '', code: 'ROW_TOO_LARGE', expected, found: 'more' }],
  }
}

function errorsOf(type: PublishedType, row: UploadedRow, n: number): FieldError[] {
  const errors: FieldError[] = row.faults.map(fault => ({ ...fault, row: n }))
  const unread = new Set(errors.map(({ field }) => field))
  // A line that is no JSON, or too much, has said so.
  const checked = unread.has('') ? [] : type.check(row.value, n)
  if (Array.isArray(checked)) {
    // What could not be read is missing from the row: once is enough to say so.
    errors.push(...checked.filter(({ field }) => !unread.has(field)))
  }
  if (row.holders.some(number => kindOfNumber(number) === null)) {
    const expected = 'citizen numbers or unified social credit codes'
    errors.push({ row: n, field: 'holders', code: 'HOLDER_NUMBER', expected, found: 'another text' })
  }
  return errors.slice(0, MAX_ERRORS_OF_A_ROW)
}

function numberOf(type: PublishedType, { value }: UploadedRow): string | null {
  if (typeof value !== 'object' || value === null) return null
  const number = (value as Record<string, unknown>)[type.definition.numberField]
  return typeof number === 'string' && number !== '' ? number : null
}
