/**
 * I12: no personal value in the clear: no citizen's number in any plain column or signed claim, and none of the canary values, in
 * any form of them, in any file of the data folder.
 */
import { openSync, readSync, closeSync, readdirSync, statSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { formsOf, searchFor } from './canaries.ts'
import type { Audited } from './folder.ts'

const CHUNK_BYTES = 8 * 1024 * 1024

/** Bytes that are searched in all, for a progress bar. */
export const bytesUnder = (folder: string): number =>
  filesUnder(folder).reduce((sum, path) => sum + statSync(path).size, 0)

/** Searches every file of the folder for canaries; `values` is a file with one value in each line. */
export function checkCanaries(
  { dataDir, findings }: Audited,
  list: string | null,
  onProgress: (done: number, all: number) => void,
): void {
  if (list === null) {
    findings.unchecked('I12', 'canary values', 'NO_CANARIES')
    return
  }
  const values = readFileSync(list, 'utf8')
    .split(/\r?\n/)
    .filter(value => value.trim() !== '')
  const search = searchFor(values)
  const longest = Math.max(...values.flatMap(value => formsOf(value).map(([, bytes]) => bytes.length)), 0)
  const all = bytesUnder(dataDir)
  let done = 0
  for (const path of filesUnder(dataDir)) {
    const file = openSync(path, 'r')
    const buffer = Buffer.alloc(CHUNK_BYTES + longest)
    let kept = 0
    for (let offset = 0; ;) {
      const read = readSync(file, buffer, kept, CHUNK_BYTES, offset)
      if (read === 0) break
      const begin = offset - kept
      for (const hit of search(buffer.subarray(0, kept + read))) {
        const [, what, at] = /^(.*) at (\d+)$/s.exec(hit)!
        findings.violation(
          'CANARY_FOUND',
          { file: relative(dataDir, path), byte: begin + Number(at) },
          { found: what },
        )
      }
      offset += read
      // A value across two chunks is found in the next, which begins with the end of this.
      const end = kept + read
      kept = Math.min(longest, end)
      buffer.copyWithin(0, end - kept, end)
      onProgress((done += read), all)
    }
    closeSync(file)
  }
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true })
    .map(name => join(folder, String(name)))
    .filter(path => statSync(path, { throwIfNoEntry: false })?.isFile() === true)
    .sort()
}

/** Free text that the public writes, and published definitions, whose examples are invented. */
const LEFT_OUT = new Set(['reports.content', 'reports.answer', 'types.definition', 'matters.definition'])
const NUMBER =
  /(?<![0-9A-Za-z])[1-9]\d{5}(?:18|19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dX](?![0-9A-Za-z])/g

/** Looks through every text of every table, and into the claims of every statement. */
export function checkPlainColumns({ db, findings }: Audited): void {
  for (const { table, columns } of tablesOf(db)) {
    const texts = columns.filter(({ type, name }) => type === 'TEXT' && !LEFT_OUT.has(`${table}.${name}`))
    if (texts.length === 0 || table === 'transactions') continue
    const names = texts.map(({ name }) => `"${name}"`).join(', ')
    const rows = db.prepare<[], (string | null)[]>(`SELECT ${names} FROM "${table}"`).raw()
    let n = 0
    for (const row of rows.iterate()) {
      n++
      for (const [i, text] of row.entries()) {
        if (text === null) continue
        const column = texts[i]!.name
        const isStatement = table === 'statements' && column === 'statement'
        const plain = isStatement ? Buffer.from(text.split('.')[1] ?? '', 'base64url').toString() : text
        for (const [number] of plain.matchAll(NUMBER))
          if (isCitizenNumber(number))
            findings.violation('PERSONAL_NUMBER', {
              table,
              row: isStatement ? n : String(row[0]).slice(0, 80),
              column,
            })
      }
    }
  }
}

/** GB 11643: the check character over the first 17 digits. */
function isCitizenNumber(text: string): boolean {
  const weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
  const sum = weights.reduce((total, weight, i) => total + weight * Number(text[i]), 0)
  return text[17] === '10X98765432'[sum % 11]
}

export interface Table {
  table: string
  columns: { name: string; type: string; pk: number; notnull: number }[]
}

/** Every table of the store with its columns. */
export function tablesOf(db: Audited['db']): Table[] {
  const names = db
    .prepare<[], string>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name",
    )
    .pluck()
    .all()
  return names.map(table => ({
    table,
    columns: db
      .prepare<[string], Table['columns'][number]>(
        'SELECT name, type, pk, "notnull" FROM pragma_table_info(?)',
      )
      .all(table),
  }))
}
