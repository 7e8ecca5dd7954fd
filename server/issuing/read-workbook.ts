/**
 * XLSX workbooks (ECMA-376) as sheets of cells. The archive is held to limits first, only the parts that hold cells are handed to
 * the parser, formulas are found and never evaluated, and macros and links to other workbooks are refused.
 */
import { read, SSF } from '@e965/xlsx'
import { strToU8, zipSync } from 'fflate'
import { Refusal } from '../../protocol/refusal.ts'
import type { Cell, Sheet, SheetRow } from './cells.ts'
import { badFormat, readDirectory, tooLarge, unpack } from './zip-guard.ts'

/** What the parser sees; everything else (drawings, themes, comments, settings of printers) holds no cells. */
const NEEDED =
  /^(?:\[Content_Types\]\.xml|_rels\/\.rels|xl\/workbook\.xml|xl\/_rels\/workbook\.xml\.rels|xl\/styles\.xml|xl\/sharedStrings\.xml|xl\/worksheets\/[^/]+\.xml)$/i
const MAX_SHEETS = 50
const MAX_CELLS = 2_000_000

interface ParsedCell {
  t: string
  v?: unknown
  f?: string
  F?: string
  z?: string | number
}

/**
 * The sheets of a workbook in their order, each row with its number there. Refuses SHEET_FORMAT, SHEET_TOO_LARGE,
 * SHEET_MACRO and SHEET_EXTERNAL_LINK. Takes seconds for the largest: meant for a thread of its own.
 */
export function readWorkbook(archive: Uint8Array): Sheet[] {
  const workbook = parse(cellParts(archive))
  if (workbook.SheetNames.length > MAX_SHEETS) throw tooLarge(`at most ${MAX_SHEETS} sheets`, 'more')
  const since1904 = workbook.Workbook?.WBProps?.date1904 === true
  let cells = 0
  return workbook.SheetNames.map(name => {
    const dense =
      (workbook.Sheets[name] as { '!data'?: (ParsedCell | undefined)[][] } | undefined)?.['!data'] ?? []
    const rows: SheetRow[] = []
    // Only what is there: a sheet of one cell may say that it is in row 1,048,576.
    dense.forEach((parsed, row) => {
      const found: (Cell | undefined)[] = []
      parsed.forEach((cell, column) => {
        const read = cell === undefined ? undefined : cellOf(cell, since1904)
        if (read === undefined) return
        if (++cells > MAX_CELLS) throw tooLarge(`at most ${MAX_CELLS} cells`, 'more')
        found[column] = read
      })
      if (found.length > 0) rows.push({ line: row + 1, cells: found })
    })
    return { name, rows }
  })
}

/** An archive, not compressed any more, with the parts that hold cells. */
function cellParts(archive: Uint8Array): Uint8Array {
  const entries = readDirectory(archive)
  const has = (pattern: RegExp) => entries.some(({ name }) => pattern.test(name))
  if (has(/vbaProject|xl\/macrosheets\//i)) {
    throw new Refusal('SHEET_MACRO', 'the workbook holds macros', { field: 'body', expected: 'no macros' })
  }
  if (has(/xl\/externalLinks\//i)) {
    throw new Refusal('SHEET_EXTERNAL_LINK', 'the workbook refers to another', {
      field: 'body',
      expected: 'no links to other workbooks',
    })
  }
  if (!has(/^xl\/workbook\.xml$/) || !has(/^\[Content_Types\]\.xml$/)) throw badFormat('no workbook inside')
  const parts: Record<string, Uint8Array> = {}
  for (const entry of entries) {
    if (!NEEDED.test(entry.name)) continue
    const content = unpack(archive, entry)
    // Parts of a workbook have no document type, so no entities either (ECMA-376 part 2, §10.1.2).
    const head = Buffer.from(content.buffer, content.byteOffset, Math.min(content.length, 4096)).toString(
      'latin1',
    )
    if (/<!DOCTYPE/i.test(head)) throw badFormat('a document type definition')
    parts[entry.name] = /^\[Content_Types\]\.xml$/i.test(entry.name) ? onlyNeeded(content) : content
  }
  return zipSync(parts, { level: 0 })
}

/** The list of parts without those that the parser does not get: it would miss them. */
function onlyNeeded(types: Uint8Array): Uint8Array {
  const text = new TextDecoder().decode(types)
  return strToU8(
    text.replaceAll(/<Override\b[^>]*>/gi, part => {
      const name = /PartName\s*=\s*["']\/([^"']*)["']/i.exec(part)?.[1]
      return name !== undefined && NEEDED.test(name) ? part : ''
    }),
  )
}

function parse(archive: Uint8Array) {
  try {
    return read(archive, {
      type: 'array',
      dense: true,
      cellFormula: true,
      cellNF: true,
      cellHTML: false,
      cellText: false,
      cellDates: false,
      bookDeps: false,
    })
  } catch (error) {
    throw new Refusal('SHEET_FORMAT', 'this is not a workbook that can be read', {
      field: 'body',
      expected: 'a whole .xlsx workbook',
      found: error instanceof Error ? error.name : 'another',
    })
  }
}

function cellOf(cell: ParsedCell, since1904: boolean): Cell | undefined {
  if (cell.f !== undefined || cell.F !== undefined) return { kind: 'formula' }
  const { t, v } = cell
  if (t === 'e') return { kind: 'error' }
  if (t === 'b') return { kind: 'truth' }
  if (t === 's' && typeof v === 'string') return v === '' ? undefined : { kind: 'text', text: v }
  if (t === 'n' && typeof v === 'number') {
    return isDateFormat(cell.z) ? { kind: 'day', serial: v, since1904 } : { kind: 'number', value: v }
  }
  return undefined
}

function isDateFormat(format: string | number | undefined): boolean {
  if (format === undefined || format === 'General') return false
  const { is_date: isDate } = SSF as { is_date: (format: string) => boolean }
  const table = SSF as { _table: Record<number, string> }
  return isDate(typeof format === 'number' ? (table._table[format] ?? '') : format)
}
