/**
 * Writes XLSX workbooks (ECMA-376 part 1, https://ecma-international.org/publications-and-standards/standards/ecma-376/): the few
 * parts that a template needs, with text columns, a hidden row and lists to choose from.
 */
import { strToU8, zipSync } from 'fflate'

export type WrittenCell = string | number | null

export interface WrittenSheet {
  name: string
  rows: WrittenCell[][]
  /** 0-based numbers of rows that are not shown. */
  hiddenRows?: number[]
  /** Rows at the top that stay when one scrolls. */
  frozenRows?: number
  isHidden?: boolean
  /** Width of each column in characters. */
  widths?: number[]
  /** 0-based columns whose cells are text even where they look like numbers or dates. */
  textColumns?: number[]
  /** Lists to choose from: the column, and where the list stands. */
  choices?: { column: number; from: string }[]
  /** The last row (1-based) that choices reach to. */
  lastRow?: number
}

/** Cell formats by their place in styles.xml. */
const PLAIN = 0
const TEXT = 1
const HEADING = 2
/** Zip times have no zone and begin in 1980; the same sheets make the same bytes. */
const NO_TIME = new Date(1980, 0, 1)

const HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
const MAIN = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006'

export function formatWorkbook(sheets: readonly WrittenSheet[]): Uint8Array {
  const each = (make: (sheet: WrittenSheet, number: number) => string) =>
    sheets.map((sheet, index) => make(sheet, index + 1)).join('')
  const parts: Record<string, string> = {
    '[Content_Types].xml': `<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>${each((_, n) => `<Override PartName="/xl/worksheets/sheet${n}.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/>`)}</Types>`,
    '_rels/.rels': `<Relationships xmlns="${PACKAGE}/relationships"><Relationship Id="rId1" Type="${RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
    'xl/workbook.xml': `<workbook xmlns="${MAIN}" xmlns:r="${RELATIONS}"><sheets>${each(({ name, isHidden }, n) => `<sheet name="${xml(name)}" sheetId="${n}"${isHidden === true ? ' state="hidden"' : ''} r:id="rId${n}"/>`)}</sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': `<Relationships xmlns="${PACKAGE}/relationships">${each((_, n) => `<Relationship Id="rId${n}" Type="${RELATIONS}/worksheet" Target="worksheets/sheet${n}.xml"/>`)}<Relationship Id="rId${sheets.length + 1}" Type="${RELATIONS}/styles" Target="styles.xml"/></Relationships>`,
    'xl/styles.xml': `<styleSheet xmlns="${MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font><font><b/><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyFont="1"/></cellXfs></styleSheet>`,
  }
  for (const [index, sheet] of sheets.entries())
    parts[`xl/worksheets/sheet${index + 1}.xml`] = sheetPart(sheet)
  return zipSync(
    Object.fromEntries(Object.entries(parts).map(([name, text]) => [name, strToU8(HEAD + text)])),
    { mtime: NO_TIME },
  )
}

function sheetPart(sheet: WrittenSheet): string {
  const { rows, hiddenRows = [], frozenRows = 0, widths = [], textColumns = [], choices = [] } = sheet
  const isText = new Set(textColumns)
  const hidden = new Set(hiddenRows)
  const view =
    frozenRows === 0
      ? ''
      : `<sheetViews><sheetView workbookViewId="0"><pane ySplit="${frozenRows}" topLeftCell="A${frozenRows + 1}" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>`
  const columns = widths
    .map((width, at) => {
      const style = isText.has(at) ? TEXT : PLAIN
      return `<col min="${at + 1}" max="${at + 1}" width="${width}" style="${style}" customWidth="1"/>`
    })
    .join('')
  const data = rows
    .map((cells, at) => {
      const style = (column: number) => (at < frozenRows ? HEADING : isText.has(column) ? TEXT : PLAIN)
      const texts = cells.map((cell, column) =>
        cellPart(cell, `${columnName(column)}${at + 1}`, style(column)),
      )
      return `<row r="${at + 1}"${hidden.has(at) ? ' hidden="1"' : ''}>${texts.join('')}</row>`
    })
    .join('')
  const lists = choices
    .map(({ column, from }) => {
      const name = columnName(column)
      const reach = `${name}${frozenRows + 1}:${name}${sheet.lastRow ?? 1_048_576}`
      return `<dataValidation type="list" allowBlank="1" showErrorMessage="1" sqref="${reach}"><formula1>${xml(from)}</formula1></dataValidation>`
    })
    .join('')
  return [
    `<worksheet xmlns="${MAIN}">${view}<sheetFormatPr defaultRowHeight="15"/>`,
    columns === '' ? '' : `<cols>${columns}</cols>`,
    `<sheetData>${data}</sheetData>`,
    lists === '' ? '' : `<dataValidations count="${choices.length}">${lists}</dataValidations>`,
    '</worksheet>',
  ].join('')
}

function cellPart(cell: WrittenCell, address: string, style: number): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return `<c r="${address}" s="${style}"><v>${cell}</v></c>`
  return `<c r="${address}" s="${style}" t="inlineStr"><is><t xml:space="preserve">${xml(cell)}</t></is></c>`
}

/** 0 is A, 26 is AA. */
export function columnName(at: number): string {
  const letter = String.fromCharCode(65 + (at % 26))
  return at < 26 ? letter : columnName(Math.floor(at / 26) - 1) + letter
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const xml = (text: string) =>
  // A reader of XML turns a bare carriage return into a line feed (https://www.w3.org/TR/xml/#sec-line-ends).
  text.replaceAll(/[&<>"]/g, character => ENTITIES[character] ?? '').replaceAll('\r', '&#13;')
