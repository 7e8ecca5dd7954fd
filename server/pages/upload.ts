/** A file that somebody uploads to be verified: the certificate file itself, or a PDF that carries it. Nothing of it is kept. */
import { isPdf, readPdf } from '../verification/pdf-attachment.ts'
import { verifyFile } from '../verification/verify.ts'
import type { World } from '../world.ts'
import { shownFile, type Comparison, type Shown } from './shown.ts'
import { printedField } from '../catalogue/printed.ts'
import type { Field, TypeDefinition } from '../catalogue/type-definition.ts'

export interface Upload {
  file: Uint8Array
  /** Text of the pages when it came in a PDF. */
  text: string | null
}

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

/** In the language in which it was printed, every piece of the value. */
function stands(pages: string, field: Field, value: unknown): boolean {
  if (field.type === 'hash' || value === null) return true
  return (['zh', 'en'] as const).some(language => {
    const printed = printedField(field, value, language).value
    const pieces = 'text' in printed ? [printed.text] : printed.rows.flat()
    return pieces.every(piece => pages.includes(squeezed(piece)))
  })
}

const squeezed = (text: string): string => text.normalize('NFKC').replaceAll(/\s+/gu, '').toUpperCase()
