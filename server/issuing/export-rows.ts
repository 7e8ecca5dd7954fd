/** Rows of a batch as CSV, for those who correct them in a spreadsheet and upload them again. */
import type { TypeDefinition } from '../catalogue/type-definition.ts'
import type { AssessedRow } from './assess.ts'
import { ERRORS, HOLDERS, LINE, sheetLayout } from './sheet-layout.ts'
import { asksHolders } from './template.ts'
import { formatCsv } from './write-csv.ts'

/** The columns of the CSV template, and beside each row the line that it had and what is wrong with it. */
export function rowsAsCsv(definition: TypeDefinition, rows: readonly AssessedRow[]): Uint8Array {
  const { flat } = sheetLayout(definition, asksHolders(definition))
  const hasHolders = flat.some(({ key }) => key === HOLDERS)
  const columns = [
    ...flat,
    ...(hasHolders || rows.every(({ holders }) => holders.length === 0) ? [] : [HOLDERS_COLUMN]),
  ]
  return formatCsv([
    ['行', ...columns.map(({ zh }) => zh), '错误'],
    [LINE, ...columns.map(({ key }) => key), ERRORS],
    ...rows.map(({ line, value, holders, errors }) => [
      line,
      ...columns.map(({ key }) => (key === HOLDERS ? holders.join(';') : cellOf(memberOf(value, key)))),
      errors.map(({ field, code }) => `${field} ${code}`.trim()).join('; '),
    ]),
  ])
}

const HOLDERS_COLUMN = { key: HOLDERS, zh: '持证主体代码' }

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Record<string, unknown>)[key]
    : undefined
}

function cellOf(value: unknown): string | number | null {
  if (value === undefined || value === null) return null
  return typeof value === 'string' || typeof value === 'number' ? value : JSON.stringify(value)
}
