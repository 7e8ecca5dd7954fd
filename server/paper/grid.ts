/** Fields as rows of label and value: two to a row where both are short, the label in both languages. */
import type { Label, PrintedField, PrintLanguage } from '../catalogue/printed.ts'
import {
  artifact,
  BODY,
  content,
  element,
  INNER,
  linesIn,
  MM,
  newPage,
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
import { drawTable, fitsTable } from './table.ts'

const LABEL_WIDTH = 33 * MM
const BETWEEN = 6 * MM
const HALF = (INNER - BETWEEN) / 2

const VALUE: Style = { size: 11 }
const VALUE_STEP = 16.5
const FIRST: Style = { size: 10.5, color: SOFT }
const SECOND: Style = { size: 7.5, color: SOFT }
const STEPS = { first: 13, second: 9.5 }

interface Cell {
  key: string
  first: string[]
  second: string[]
  values: string[]
}

type Text = Label & { key: string; text: string }

/** Draws fields from where the sheet is, on as many pages as it takes. */
export function drawFields(sheet: Sheet, fields: readonly PrintedField[], language: PrintLanguage): void {
  let texts: Text[] = []
  for (const { key, zh, en, value } of fields) {
    if ('text' in value) {
      texts.push({ key, zh, en, text: value.text })
      continue
    }
    drawTexts(sheet, texts, language)
    texts = []
    drawList(sheet, { key, zh, en }, value, language)
  }
  drawTexts(sheet, texts, language)
}

/** Many columns do not fit on A4: then each item is a block of its own, like a page of a household register. */
function drawList(
  sheet: Sheet,
  field: Label & { key: string },
  list: { columns: Label[]; rows: string[][] },
  language: PrintLanguage,
): void {
  sheet.field = field.key
  sheet.y += 8
  if (fitsTable(sheet, list, language)) {
    drawTable(sheet, field, list, language)
    sheet.y += 6
    return
  }
  list.rows.forEach((row, place) => {
    const many = list.rows.length
    const count = many > 1 ? ` ${place + 1} / ${many}` : ''
    if (roomLeft(sheet) < 70) newPage(sheet)
    const [first, second] = language === 'zh' ? [field.zh, field.en] : [field.en, field.zh]
    putHeading(sheet, `${first}${count}`, second)
    const texts = list.columns.map((column, at) => ({ ...column, key: field.key, text: row[at] ?? '' }))
    drawTexts(
      sheet,
      texts.filter(({ text }) => text !== ''),
      language,
    )
    sheet.y += 6
  })
}

function drawTexts(sheet: Sheet, texts: readonly Text[], language: PrintLanguage): void {
  if (texts.length === 0) return
  const table = element(sheet, sheet.root, 'Table')
  for (let at = 0; at < texts.length;) {
    const pair = pairAt(sheet, texts, at, language)
    if (pair === null) drawRow(sheet, table, [cellOf(sheet, texts[at]!, INNER, language)], INNER)
    else drawRow(sheet, table, pair, HALF)
    at += pair === null ? 1 : 2
  }
}

/** This one and the next, when both values fit on one line of half a row. */
function pairAt(sheet: Sheet, texts: readonly Text[], at: number, language: PrintLanguage): Cell[] | null {
  const pair = texts.slice(at, at + 2).map(text => cellOf(sheet, text, HALF, language))
  return pair.length === 2 && pair.every(({ values }) => values.length === 1) ? pair : null
}

function cellOf(sheet: Sheet, { key, zh, en, text }: Text, width: number, language: PrintLanguage): Cell {
  const [first, second] = language === 'zh' ? [zh, en] : [en, zh]
  sheet.field = key
  return {
    key,
    first: linesIn(sheet, first, FIRST, LABEL_WIDTH - 8),
    second: linesIn(sheet, second, SECOND, LABEL_WIDTH - 8),
    values: linesIn(sheet, text, VALUE, width - LABEL_WIDTH),
  }
}

const heightOf = (sheet: Sheet, { first, second, values }: Cell): number =>
  Math.max(first.length * STEPS.first + second.length * STEPS.second, values.length * VALUE_STEP) +
  2 * sheet.padding

function drawRow(sheet: Sheet, table: Element, cells: Cell[], width: number): void {
  const height = Math.max(...cells.map(cell => heightOf(sheet, cell)))
  if (height > roomLeft(sheet) && height <= BODY) newPage(sheet)
  const row = element(sheet, table, 'TR')
  if (height > roomLeft(sheet)) drawLongRow(sheet, row, cells[0]!)
  else {
    cells.forEach((cell, place) => drawCell(sheet, row, cell, SIDE + place * (width + BETWEEN)))
    sheet.y += height
  }
  artifact(sheet, 'Layout', () => {
    sheet.doc.lineWidth(0.5).strokeColor(RULE)
    cells.forEach((_, place) => {
      const x = SIDE + place * (width + BETWEEN)
      sheet.doc
        .moveTo(x, sheet.y)
        .lineTo(x + width, sheet.y)
        .stroke()
    })
  })
}

function drawCell(sheet: Sheet, row: Element, cell: Cell, x: number): void {
  drawLabel(sheet, row, cell, x)
  const value = element(sheet, row, 'TD')
  content(sheet, value, 'TD', () => {
    cell.values.forEach((line, place) =>
      putLine(sheet, line, x + LABEL_WIDTH, valueBase(sheet, place), VALUE),
    )
  })
}

/** A value that is longer than a page goes on over pages. */
function drawLongRow(sheet: Sheet, row: Element, cell: Cell): void {
  drawLabel(sheet, row, cell, SIDE)
  const value = element(sheet, row, 'TD')
  let left = cell.values
  while (left.length > 0) {
    const fits = Math.max(1, Math.floor((roomLeft(sheet) - 2 * sheet.padding) / VALUE_STEP))
    const here = left.slice(0, fits)
    content(sheet, value, 'TD', () => {
      here.forEach((line, place) => putLine(sheet, line, SIDE + LABEL_WIDTH, valueBase(sheet, place), VALUE))
    })
    left = left.slice(fits)
    if (left.length > 0) newPage(sheet)
    else sheet.y += here.length * VALUE_STEP + 2 * sheet.padding
  }
}

const valueBase = ({ y, padding }: Sheet, place: number) => y + padding + 12.2 + place * VALUE_STEP

function drawLabel(sheet: Sheet, row: Element, { key, first, second }: Cell, x: number): void {
  sheet.field = key
  const label = element(sheet, row, 'TH', { scope: 'Row' })
  content(sheet, label, 'TH', () => {
    first.forEach((line, place) => {
      putLine(sheet, line, x, sheet.y + sheet.padding + 11 + place * STEPS.first, FIRST)
    })
    const below = sheet.y + sheet.padding + first.length * STEPS.first + 7.5
    second.forEach((line, place) => putLine(sheet, line, x, below + place * STEPS.second, SECOND))
  })
}
