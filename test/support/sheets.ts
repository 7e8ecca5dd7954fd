/** Rows of a type as the files that people upload. */
import type { TypeDefinition } from '../../server/catalogue/type-definition.ts'
import {
  HOLDERS,
  ITEM,
  MAIN_SHEET,
  ROW_NUMBER,
  sheetLayout,
  type Column,
} from '../../server/issuing/sheet-layout.ts'
import { asksHolders } from '../../server/issuing/template.ts'
import { formatWorkbook, type WrittenCell } from '../../server/issuing/write-workbook.ts'

export type Row = Record<string, unknown>

export const XLSX = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'
export const CSV = 'text/csv'
export const NDJSON = 'application/x-ndjson'

export function csvText(definition: TypeDefinition, rows: readonly Row[]): string {
  const { flat } = sheetLayout(definition, asksHolders(definition))
  const lines = rows.map(row => flat.map(({ key }) => csvCell(row[key])))
  return [flat.map(({ zh }) => csvCell(zh)), ...lines].map(cells => `${cells.join(',')}\r\n`).join('')
}

function csvCell(value: unknown): string {
  if (value === undefined) return ''
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** In the form of the template: nested fields on further sheets. */
export function workbook(definition: TypeDefinition, rows: readonly Row[]): Uint8Array {
  const { columns, nested } = sheetLayout(definition, asksHolders(definition))
  const cell = (row: Row, { key, field }: Column): WrittenCell => {
    const value = row[key]
    if (value === undefined) return null
    if (key === HOLDERS) return (value as string[]).join(';')
    return field?.type === 'number' || field?.type === 'money' || key === ROW_NUMBER
      ? (value as number)
      : (value as string)
  }
  const headed = (of: readonly Column[]) => [of.map(({ zh }) => zh), of.map(({ key }) => key)]
  const sheets = nested.map(({ name, field, columns: of }) => ({
    name,
    rows: [
      ...headed(of),
      ...rows.flatMap((row, index) =>
        ((row[field.key] ?? []) as unknown[]).map(item => {
          const members = field.items === 'string' ? { [ITEM]: item } : (item as Row)
          return of.map(column => cell({ ...members, [ROW_NUMBER]: index + 1 }, column))
        }),
      ),
    ],
  }))
  return formatWorkbook([
    {
      name: MAIN_SHEET,
      rows: [
        ...headed(columns),
        ...rows.map((row, index) => columns.map(column => cell({ ...row, [ROW_NUMBER]: index + 1 }, column))),
      ],
      hiddenRows: [1],
    },
    ...sheets,
  ])
}

let table: Map<string, Uint8Array> | undefined

/** GB18030-2022 by turning its decoder around: two-byte codes, then the four-byte codes of the basic plane. */
export function gb18030(text: string): Uint8Array {
  table ??= encoderTable()
  const pieces: Uint8Array[] = []
  for (const character of text) {
    const point = character.codePointAt(0)!
    const code =
      point < 0x80 ? Buffer.from(character) : point > 0xffff ? beyondBasic(point) : table.get(character)
    if (code === undefined) throw new Error(`no code for U+${point.toString(16)}`)
    pieces.push(code)
  }
  return Buffer.concat(pieces)
}

/** Four-byte codes of the other planes run on without a gap from 90308130. */
function beyondBasic(point: number): Uint8Array {
  const place = point - 0x1_00_00
  return Uint8Array.of(
    0x90 + Math.floor(place / 12_600),
    0x30 + (Math.floor(place / 1_260) % 10),
    0x81 + (Math.floor(place / 10) % 126),
    0x30 + (place % 10),
  )
}

function encoderTable(): Map<string, Uint8Array> {
  const codes: Uint8Array[] = []
  for (let a = 0x81; a <= 0xfe; a++) {
    for (let b = 0x40; b <= 0xfe; b++) if (b !== 0x7f) codes.push(Uint8Array.of(a, b))
  }
  for (let a = 0x81; a <= 0x84; a++) {
    for (let b = 0x30; b <= 0x39; b++) {
      for (let c = 0x81; c <= 0xfe; c++) {
        for (let d = 0x30; d <= 0x39; d++) codes.push(Uint8Array.of(a, b, c, d))
      }
    }
  }
  const decoder = new TextDecoder('gb18030', { fatal: true })
  const found = new Map<string, Uint8Array>()
  for (const code of codes) {
    try {
      const character = decoder.decode(code)
      if (!found.has(character)) found.set(character, code)
    } catch {
      // No character has this code.
    }
  }
  return found
}
