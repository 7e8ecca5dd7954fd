/** A file that somebody uploads to be verified: the certificate file itself, or a PDF that carries it. Nothing of it is kept. */
import { readPdf } from '../verification/pdf-attachment.ts'
import { verifyFile } from '../verification/verify.ts'
import type { World } from '../world.ts'
import { shownFile, type Comparison, type Shown } from './shown.ts'
import { dateText } from '../wording/times.ts'
import type { Field, ItemField, TypeDefinition } from '../catalogue/type-definition.ts'

export interface Upload {
  file: Uint8Array
  /** Text of the pages when it came in a PDF. */
  text: string | null
}

/** PDF readers accept it within the first kilobyte, so whoever opens the file sees a PDF. */
const isPdf = (bytes: Uint8Array) => Buffer.from(bytes.subarray(0, 1_024)).includes('%PDF-')

/** What is to be verified; for a PDF without a certificate file, nothing that can be read. */
export async function readUpload(bytes: Uint8Array): Promise<Upload> {
  if (!isPdf(bytes)) return { file: bytes, text: null }
  const content = await readPdf(bytes)
  return { file: content?.file ?? new Uint8Array(), text: content?.text ?? '' }
}

export async function shownUpload(world: World, { file, text }: Upload): Promise<Shown> {
  const verification = await verifyFile(world, file, null)
  return shownFile(world, file, verification, (definition, values) =>
    text === null ? null : compare(text, definition, values),
  )
}

/**
 * Which verified values do not stand on the pages. Spaces and width of characters say nothing: how a line is broken is the printer's affair.
 */
export function compare(
  text: string,
  definition: TypeDefinition,
  values: ReadonlyMap<string, unknown>,
): Comparison {
  const pages = squeezed(text)
  if (pages === '') return { kind: 'noText' }
  const missing = definition.fields.filter(
    field => values.has(field.key) && !stands(pages, field, values.get(field.key)),
  )
  return missing.length === 0 ? { kind: 'same' } : { kind: 'differs', fields: missing }
}

function stands(pages: string, field: Field | ItemField, value: unknown): boolean {
  if (field.type === 'hash' || value === null) return true
  if (field.type !== 'array' || !Array.isArray(value))
    return spellings(value).some(one => pages.includes(squeezed(one)))
  const { items } = field
  return value.every((item: unknown) =>
    items === 'string'
      ? pages.includes(squeezed(String(item)))
      : items.every(part => {
          const own = (item as Record<string, unknown>)[part.key]
          return own === undefined || stands(pages, part, own)
        }),
  )
}

/** The ways in which one value is printed. */
function spellings(value: unknown): string[] {
  if (typeof value === 'number')
    return [
      String(value),
      value.toFixed(2),
      value.toLocaleString('en'),
      value.toLocaleString('en', { minimumFractionDigits: 2 }),
    ]
  if (typeof value !== 'string') return [JSON.stringify(value)]
  const match = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}:\d{2})|$)/.exec(value)
  if (match === null) return [value]
  const [, year = '', month = '', day = ''] = match
  const at = Date.parse(value.length === 10 ? `${value}T00:00:00+08:00` : value) / 1000
  return [
    value,
    value.slice(0, 10),
    `${year}.${month}.${day}`,
    `${year}年${month}月${day}日`,
    dateText(at, 'zh-CN'),
    dateText(at, 'en'),
  ]
}

const squeezed = (text: string): string => text.normalize('NFKC').replaceAll(/\s+/gu, '').toUpperCase()
