/** Writes CSV (RFC 4180) that no spreadsheet will run: a cell that begins like a formula gets an apostrophe before it. */
import { looksLikeFormula } from './cells.ts'

const BYTE_ORDER_MARK = '\ufeff'

/** UTF-8 with a byte order mark, CRLF between lines, every cell quoted that needs it. */
export function formatCsv(rows: readonly (readonly (string | number | null)[])[]): Uint8Array {
  const lines = rows.map(cells => cells.map(formatCell).join(','))
  return Buffer.from(`${BYTE_ORDER_MARK}${lines.join('\r\n')}\r\n`)
}

function formatCell(cell: string | number | null): string {
  if (cell === null) return ''
  if (typeof cell === 'number') return String(cell)
  const text = looksLikeFormula(cell) ? `'${cell}` : cell
  return /[",\r\n']/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
