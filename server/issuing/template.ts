/** Templates of a type: what an issuing clerk fills in and uploads. */
import type { Field, ItemField, TypeDefinition } from '../catalogue/type-definition.ts'
import { LONG_TERM } from '../catalogue/check-rows.ts'
import { formatCsv } from './write-csv.ts'
import {
  GUIDE_SHEET,
  HOLDERS,
  ITEM,
  MAIN_SHEET,
  OPTIONS_SHEET,
  ROW_NUMBER,
  sheetLayout,
  type Column,
} from './sheet-layout.ts'
import { columnName, formatWorkbook, type WrittenSheet } from './write-workbook.ts'

/** The rows that a template's lists to choose from reach to; as many rows as a batch may have, below two of headings. */
const LAST_ROW = 10_002

/** Whether a sheet must ask for the holders: the fields of the type do not name them. */
export const asksHolders = ({ holderIdFields = [] }: TypeDefinition): boolean => holderIdFields.length === 0

/** A workbook: rows, a further sheet for each nested field, 填写说明, and hidden lists to choose from. */
export function workbookTemplate(definition: TypeDefinition): Uint8Array {
  const layout = sheetLayout(definition, asksHolders(definition))
  const options: string[][] = []
  const sheetOf = (name: string, columns: readonly Column[]): WrittenSheet => ({
    name,
    rows: [columns.map(headingOf), columns.map(({ key }) => key)],
    hiddenRows: [1],
    frozenRows: 2,
    widths: columns.map(({ zh }) => Math.min(40, Math.max(10, zh.length * 2 + 6))),
    // Typed into a text column a number keeps its leading zeros and a date its form.
    textColumns: columns.flatMap((column, at) => (isText(column) ? [at] : [])),
    choices: columns.flatMap(({ field }, column) => {
      if (field?.type !== 'enum') return []
      options.push(field.enum)
      const list = columnName(options.length - 1)
      return [{ column, from: `'${OPTIONS_SHEET}'!$${list}$1:$${list}$${field.enum.length}` }]
    }),
    lastRow: LAST_ROW,
  })
  const main = sheetOf(MAIN_SHEET, layout.columns)
  const nested = layout.nested.map(({ name, columns }) => sheetOf(name, columns))
  const longest = Math.max(0, ...options.map(list => list.length))
  const lists = Array.from({ length: longest }, (_, row) => options.map(list => list[row] ?? null))
  return formatWorkbook([
    main,
    ...nested,
    { name: GUIDE_SHEET, rows: guideRows(definition), widths: [24, 22, 8, 60, 30], frozenRows: 1 },
    ...(options.length > 0 ? [{ name: OPTIONS_SHEET, rows: lists, isHidden: true }] : []),
  ])
}

/** The same columns as CSV, in UTF-8 with a byte order mark, which spreadsheets need to show Chinese. */
export function csvTemplate(definition: TypeDefinition): Uint8Array {
  const { flat } = sheetLayout(definition, asksHolders(definition))
  return formatCsv([flat.map(headingOf), flat.map(({ key }) => key)])
}

const headingOf = ({ zh, required }: Column) => (required ? `${zh} *` : zh)

const isText = ({ key, field }: Column) =>
  key !== ROW_NUMBER && field?.type !== 'number' && field?.type !== 'money'

function guideRows(definition: TypeDefinition): string[][] {
  const layout = sheetLayout(definition, asksHolders(definition))
  const line = (sheet: string) => (column: Column) => [
    sheet,
    column.zh,
    column.required ? '是' : '否',
    hintOf(column, layout.dateOrLongTerm),
    exampleOf(column),
  ]
  return [
    ['工作表', '栏目', '必填', '如何填写', '示例'],
    ...layout.columns.map(line(MAIN_SHEET)),
    ...layout.nested.flatMap(({ name, columns }) => columns.map(line(name))),
    [],
    [`${definition.zh}：每行一张证照，最多 10000 行。第二行（隐藏）是栏目代码，请勿改动。不要使用公式和宏。`],
  ]
}

function hintOf({ key, field }: Column, dateOrLongTerm: string | null): string {
  if (key === ROW_NUMBER) return '从 1 起的整数；其他工作表以此对应本行'
  if (key === HOLDERS) return '持证主体的公民身份号码或统一社会信用代码；多个之间用分号隔开；不进入证照'
  if (key === ITEM || field === null) return '每行一项'
  if (key === dateOrLongTerm) return `年-月-日，如 2026-06-01；或 ${LONG_TERM}`
  return HINTS[field.type](field)
}

const HINTS: Record<Field['type'], (field: Field | ItemField) => string> = {
  string: () => '文本',
  text: () => '文本，可换行',
  enum: field => (field.type === 'enum' ? `下拉选择：${field.enum.slice(0, 20).join('、')}` : ''),
  date: () => '年-月-日，如 2026-06-01',
  datetime: () => '如 2026-06-01T08:30:00+08:00',
  number: field => `数字${field.type === 'number' && field.integer === true ? '（整数）' : ''}`,
  money: () => '金额（元），最多两位小数，不加千位分隔符',
  hash: () => 'sha256: 加 64 位小写十六进制',
  array: () => '在同名工作表中逐项填写',
}

function exampleOf({ field }: Column): string {
  const example = field?.example
  return typeof example === 'string' || typeof example === 'number' ? String(example) : ''
}
