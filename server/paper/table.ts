/** Items of an array as a table, its head on every page. */
import type { Label, PrintLanguage } from '../catalogue/printed.ts'
import { widthOf } from './fonts.ts'
import {
  artifact,
  content,
  element,
  INNER,
  linesIn,
  newPage,
  PANEL,
  putHeading,
  putLine,
  roomLeft,
  RULE,
  SIDE,
  SOFT,
  type Element,
  type Sheet,
  type Style,
} from './sheet.ts'

export interface List {
  columns: Label[]
  rows: string[][]
}

const MAX_COLUMNS = 6
/** A cell with more lines than this reads better as a block. */
const MAX_LINES = 8
const CELL: Style = { size: 10 }
const STEP = 14
const HEAD: Style = { size: 9, weight: 'bold', color: SOFT }
const HEAD_SECOND: Style = { size: 7, color: SOFT }
const GAP = 9
const PADDING = 5

/** Whether the list reads well as a table on A4. */
export function fitsTable(sheet: Sheet, list: List, language: PrintLanguage): boolean {
  if (list.columns.length > MAX_COLUMNS) return false
  const widths = widthsOf(sheet, list, language)
  if (sum(widths) > INNER + 1) return false
  return list.rows.every(row =>
    row.every((text, at) => linesIn(sheet, text, CELL, widths[at]! - GAP).length <= MAX_LINES),
  )
}

export function drawTable(sheet: Sheet, title: Label, list: List, language: PrintLanguage): void {
  const widths = widthsOf(sheet, list, language)
  const rows = list.rows.map(row => row.map((text, at) => linesIn(sheet, text, CELL, widths[at]! - GAP)))
  const heights = rows.map(row => Math.max(...row.map(cell => cell.length)) * STEP + 2 * PADDING)
  if (roomLeft(sheet) < 60 + (heights[0] ?? 0)) newPage(sheet)
  if (language === 'zh') putHeading(sheet, title.zh, title.en)
  else putHeading(sheet, title.en, title.zh)
  const table = element(sheet, sheet.root, 'Table')
  drawHead(sheet, table, list.columns, widths, language, true)
  rows.forEach((row, place) => {
    if (roomLeft(sheet) < heights[place]!) {
      newPage(sheet)
      drawHead(sheet, table, list.columns, widths, language, false)
    }
    drawBodyRow(sheet, table, row, widths)
    sheet.y += heights[place]!
    artifact(sheet, 'Layout', () => {
      sheet.doc.lineWidth(0.5).strokeColor(RULE)
      sheet.doc
        .moveTo(SIDE, sheet.y)
        .lineTo(SIDE + INNER, sheet.y)
        .stroke()
    })
  })
}

const HEAD_HEIGHT = 31

/** On later pages the head is repeated for the eye only. */
function drawHead(
  sheet: Sheet,
  table: Element,
  columns: readonly Label[],
  widths: readonly number[],
  language: PrintLanguage,
  isFirst: boolean,
): void {
  artifact(sheet, 'Layout', () => sheet.doc.rect(SIDE, sheet.y, INNER, HEAD_HEIGHT).fill(PANEL))
  const row = isFirst ? element(sheet, table, 'TR') : null
  let x = SIDE + GAP / 2
  columns.forEach(({ zh, en }, at) => {
    const [first, second] = language === 'zh' ? [zh, en] : [en, zh]
    const left = x
    const draw = () => {
      putLine(sheet, first, left, sheet.y + 14, HEAD)
      putLine(sheet, second, left, sheet.y + 24.5, HEAD_SECOND)
    }
    if (row === null) artifact(sheet, 'Pagination', draw)
    else content(sheet, element(sheet, row, 'TH', { scope: 'Column' }), 'TH', draw)
    x += widths[at]!
  })
  sheet.y += HEAD_HEIGHT
}

function drawBodyRow(sheet: Sheet, table: Element, cells: string[][], widths: readonly number[]): void {
  const row = element(sheet, table, 'TR')
  let x = SIDE + GAP / 2
  cells.forEach((lines, at) => {
    const left = x
    content(sheet, element(sheet, row, 'TD'), 'TD', () => {
      lines.forEach((line, place) =>
        putLine(sheet, line, left, sheet.y + PADDING + 10.5 + place * STEP, CELL),
      )
    })
    x += widths[at]!
  })
}

/** What is shorter than this is not torn. */
const SHORT = 68

/** As wide as their content wants, in the proportion that fills the page; no head and no short text is torn. */
function widthsOf(sheet: Sheet, { columns, rows }: List, language: PrintLanguage): number[] {
  const wide = (text: string, { size, weight = 'regular' }: Style) => widthOf(text, weight, size, sheet.field)
  const widest = columns.map((_, at) => Math.max(0, ...rows.map(row => wide(row[at] ?? '', CELL))))
  const least = columns.map(({ zh, en }, at) => {
    const [first, second] = language === 'zh' ? [zh, en] : [en, zh]
    return Math.max(wide(first, HEAD), wide(second, HEAD_SECOND), Math.min(widest[at]!, SHORT)) + GAP
  })
  const wished = widest.map((width, at) => Math.max(least[at]!, Math.min(width + GAP, INNER / 2)))
  const spare = INNER - sum(wished)
  if (spare >= 0) return wished.map(width => width + (spare * width) / sum(wished))
  const above = sum(wished) - sum(least)
  const part = Math.max(0, INNER - sum(least)) / (above === 0 ? 1 : above)
  return wished.map((width, at) => least[at]! + (width - least[at]!) * part)
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)
