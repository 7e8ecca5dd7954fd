/** CSV (RFC 4180, https://www.rfc-editor.org/rfc/rfc4180) as a sheet of texts. */
import { CsvError, parse } from 'csv-parse/sync'
import { Refusal } from '../../protocol/refusal.ts'
import type { Sheet } from './cells.ts'

const MAX_RECORD_CHARACTERS = 1_000_000

/**
 * The one sheet of a CSV file, texts as they are. UTF-8 with or without a byte order mark; what is not UTF-8 is read as GB18030,
 * which spreadsheets in Chinese write. Refuses SHEET_ENCODING and SHEET_SYNTAX with the line.
 */
export function readCsv(bytes: Uint8Array): Sheet[] {
  try {
    const records = parse(decodeCsv(bytes), {
      info: true,
      relax_column_count: true,
      max_record_size: MAX_RECORD_CHARACTERS,
    }) as unknown as { record: string[]; info: { lines: number } }[]
    let before = 0
    const rows = records.map(({ record, info }) => {
      // `lines` is where a record ends; it begins on the line after the one before.
      const line = before + 1
      before = info.lines
      return {
        line,
        cells: record.map(text => (text === '' ? undefined : ({ kind: 'text', text } as const))),
      }
    })
    return [{ name: 'CSV', rows: rows.filter(({ cells }) => cells.some(cell => cell !== undefined)) }]
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const { lines } = error as CsvError & { lines?: number }
    throw new Refusal('SHEET_SYNTAX', 'the CSV text is not well formed', {
      field: lines === undefined ? 'body' : `line ${lines}`,
      expected: 'CSV as in RFC 4180',
      found: error.code,
    })
  }
}

/** The text of a CSV file. Refuses SHEET_ENCODING for what is neither UTF-8 nor GB18030. */
export function decodeCsv(bytes: Uint8Array): string {
  const isUtf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
  for (const encoding of isUtf16 ? [] : hasMark ? ['utf-8'] : ['utf-8', 'gb18030']) {
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes)
    } catch {
      // The next encoding may fit.
    }
  }
  throw new Refusal('SHEET_ENCODING', 'the text is in another encoding', {
    field: 'body',
    expected: 'UTF-8 or GB18030',
    found: isUtf16 ? 'UTF-16' : 'bytes that are neither',
  })
}
