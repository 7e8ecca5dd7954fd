/**
 * What strangers may see of a certificate. Masks count code points, so a rare character (𠮷) is one; a value that a mask
 * cannot read is hidden whole, never shown whole.
 */
import type { Field, ItemField, Mask, TypeDefinition } from './type-definition.ts'

/** Of constant length where the length itself would tell. */
const HIDDEN = '****'

const PROVINCE = /^[^\d路街道巷弄]{2,12}?(?:省|自治区|特别行政区)/u
const CITY = /^[^\d路街道巷弄]{1,12}?(?:自治州|地区|市|盟)/u
/** Street, village and estate words end the search: 清平路小区 is no district. */
const DISTRICT = /^[^\d路街道巷弄号栋幢村镇乡园苑小]{1,10}?(?:自治县|自治旗|林区|区|县|旗|市)/u

/**
 * The text under a mask of the catalogue:
 *
 * - `name`: 林* · 林*行 · 阿*******江, first character and, from three on, the last
 * - `idNo`: first three and last two
 * - `address`: down to the district
 * - `tail`: last four
 * - `none`: as it is
 */
export function maskText(text: string, mask: Mask): string {
  switch (mask) {
    case 'none':
      return text
    case 'name':
      return maskName(text)
    case 'idNo':
      return maskMiddle(text, 3, 2)
    case 'tail':
      return maskMiddle(text, 0, 4)
    case 'address':
      return maskAddress(text)
  }
}

/** A field's value with every text in it under its mask; items of arrays under their own. */
export function maskValue(field: Field, value: unknown): unknown {
  return mask(field, value, false)
}

/**
 * What anybody may see who verifies: the fields named in `publicVerifyFields` as far as present, masked, in catalogue
 * order; of nested items only the fields of level public.
 */
export function publicView(
  definition: TypeDefinition,
  fields: Readonly<Record<string, unknown>>,
): [name: string, value: unknown][] {
  const isPublic = new Set(definition.publicVerifyFields)
  return definition.fields
    .filter(field => isPublic.has(field.key) && Object.hasOwn(fields, field.key))
    .map(field => [field.key, mask(field, fields[field.key], true)])
}

function mask(field: Field | ItemField, value: unknown, publicOnly: boolean): unknown {
  if (typeof value === 'string') return maskText(value, field.mask)
  if (field.type === 'array') {
    if (!Array.isArray(value)) return HIDDEN
    const { items } = field
    return value.map((item: unknown) =>
      items === 'string'
        ? typeof item === 'string'
          ? maskText(item, field.mask)
          : HIDDEN
        : maskItem(items, item, publicOnly),
    )
  }
  return field.mask === 'none' ? value : HIDDEN
}

function maskItem(items: readonly ItemField[], value: unknown, publicOnly: boolean): unknown {
  if (typeof value !== 'object' || value === null) return HIDDEN
  return Object.fromEntries(
    items
      .filter(item => Object.hasOwn(value, item.key) && (!publicOnly || item.level === 'public'))
      .map(item => [item.key, mask(item, (value as Record<string, unknown>)[item.key], publicOnly)]),
  )
}

function maskName(text: string): string {
  const characters = Array.from(text)
  const [first = ''] = characters
  if (characters.length <= 1) return '*'.repeat(characters.length)
  if (characters.length === 2) return `${first}*`
  return `${first}${'*'.repeat(characters.length - 2)}${characters.at(-1) ?? ''}`
}

function maskMiddle(text: string, head: number, tail: number): string {
  const characters = Array.from(text)
  const hidden = characters.length - head - tail
  if (hidden <= 0) return '*'.repeat(characters.length)
  return `${characters.slice(0, head).join('')}${'*'.repeat(hidden)}${characters.slice(-tail).join('')}`
}

function maskAddress(text: string): string {
  let shown = ''
  for (const part of [PROVINCE, CITY, DISTRICT]) {
    const match = part.exec(text.slice(shown.length))
    if (match !== null) shown += match[0]
  }
  return `${shown}${HIDDEN}`
}
