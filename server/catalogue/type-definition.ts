/**
 * A certificate type is data: its fields, number, validity, share class, and the eight columns that the catalogue of
 * government data asks for. This reads one from JSON, and refuses what the gateway could not check or may not publish.
 */
import { z } from 'zod'
import { isUscc } from '../../protocol/identifiers.ts'
import type { FieldError } from '../../protocol/refusal.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { compilePattern } from './safe-pattern.ts'

/** 资源目录的八栏; publishing a type without one of them is refused, and the column is named. */
export const CATALOGUE_COLUMNS = [
  'resourceCategory',
  'responsibleDept',
  'format',
  'attributes',
  'updateFrequency',
  'shareClass',
  'shareMethod',
  'useRequirements',
] as const

/** docs/formats.md §5: the names that a disclosure may have. */
const FIELD_KEY = /^[A-Za-z][A-Za-z0-9]{0,63}$/
/** `id` and `type` may not be disclosed selectively; the others are found in every object. */
const RESERVED_KEYS = new Set(['id', 'type', ...Object.getOwnPropertyNames(Object.prototype)])

const sentence = z.string().trim().min(1).max(500)
const bilingual = z.strictObject({ zh: sentence, en: sentence })
const fieldKey = z.string().min(1).max(200)

const leaf = {
  key: fieldKey,
  zh: sentence,
  en: sentence,
  required: z.boolean(),
  /** Who may see it: anybody who verifies, who has a ground, or who has a ground for exactly this field. */
  level: z.enum(['public', 'controlled', 'sensitive']),
  mask: z.enum(['none', 'name', 'idNo', 'address', 'tail']),
  unit: sentence.optional(),
  example: z.unknown(),
}
const stringField = z.strictObject({
  ...leaf,
  type: z.literal('string'),
  pattern: z.string().optional(),
  /** Which check digits the value carries; a field masked as an ID number always says so. */
  check: z.enum(['citizenNumber', 'uscc', 'citizenNumberOrUscc', 'disabilityNumber']).optional(),
})
const textField = z.strictObject({ ...leaf, type: z.literal('text') })
const enumField = z.strictObject({
  ...leaf,
  type: z.literal('enum'),
  enum: z.array(sentence).min(1).max(200),
})
const dateField = z.strictObject({ ...leaf, type: z.literal('date') })
const datetimeField = z.strictObject({ ...leaf, type: z.literal('datetime') })
const numberField = z.strictObject({
  ...leaf,
  type: z.literal('number'),
  integer: z.boolean().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
})
const moneyField = z.strictObject({ ...leaf, type: z.literal('money') })
const hashField = z.strictObject({ ...leaf, type: z.literal('hash') })
const itemField = z.discriminatedUnion('type', [
  stringField,
  textField,
  enumField,
  dateField,
  datetimeField,
  numberField,
  moneyField,
  hashField,
])
const arrayField = z.strictObject({
  ...leaf,
  type: z.literal('array'),
  items: z.union([z.literal('string'), z.array(itemField).min(1).max(100)]),
})
const field = z.discriminatedUnion('type', [...itemField.options, arrayField])

/** `from` is the first day; the last day is printed in `field`, or counted from the first, or there is none. */
const validity = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('long_term'), from: fieldKey }),
  z.strictObject({
    kind: z.literal('fixed'),
    from: fieldKey,
    amount: z.int().min(1).max(1_000),
    unit: z.enum(['year', 'month', 'day']),
    /** Where the last day is printed; it may be earlier than the amount allows, never later. */
    field: fieldKey.optional(),
  }),
  z.strictObject({
    kind: z.literal('by_field'),
    from: fieldKey,
    field: fieldKey,
    allowLongTerm: z.boolean().optional(),
  }),
  z.strictObject({
    kind: z.enum(['endorsement', 'periodic_review']),
    from: fieldKey,
    field: fieldKey,
    allowLongTerm: z.boolean().optional(),
    /** How long one endorsement or review usually holds; the date in `field` is what counts. */
    amount: z.int().min(1).max(1_000),
    unit: z.enum(['year', 'month', 'day']),
  }),
])

const catalogue = z.strictObject({
  resourceCategory: bilingual,
  responsibleDept: z.string().regex(/^[A-Z]{2,10}$/),
  format: bilingual,
  attributes: bilingual,
  updateFrequency: bilingual,
  shareClass: z.enum(['unconditional', 'conditional', 'none']),
  shareMethod: bilingual,
  useRequirements: bilingual,
  /** 不予共享 is the exception and needs its law. */
  legalGround: bilingual.optional(),
})

const typeDefinition = z.strictObject({
  code: z.string().regex(/^[A-Z][A-Z0-9]{1,9}$/),
  typeCode: z.string(),
  version: z.int().min(1).max(999_999),
  zh: sentence,
  en: sentence,
  shortZh: sentence,
  issuer: z.string().regex(/^[A-Z]{2,10}$/),
  holderType: z.enum(['natural', 'legal', 'both']),
  multiHolder: z
    .strictObject({
      min: z.int().min(1),
      max: z.int().min(1).max(100),
      rule: z.enum(['any', 'guardian', 'head', 'own_page_or_head', 'matter']),
    })
    .nullable(),
  useModes: z.array(z.enum(['duty', 'consent', 'present'])).min(1),
  number: z.strictObject({
    zh: sentence,
    en: sentence,
    pattern: z.string(),
    example: z.string(),
    template: sentence,
    isPersonalData: z.boolean(),
  }),
  numberField: fieldKey,
  /** A field, or `<array field>.<item field>` where a certificate has several holders. */
  nameField: fieldKey,
  /** Fields (or `<array field>.<item field>`) with the numbers of the holders: by them a holder finds the certificate. */
  holderIdFields: z.array(fieldKey).max(10).optional(),
  validity,
  /** Pairs of date fields of which the first may not be the later one. */
  dateOrder: z.array(z.tuple([fieldKey, fieldKey])).max(20),
  category: sentence,
  icon: sentence,
  faceLayout: sentence,
  copies: z.array(sentence).min(1),
  sensitivePersonalInfo: z.boolean(),
  catalogue,
  fields: z.array(field).min(1).max(200),
  publicVerifyFields: z.array(fieldKey),
  standardNote: sentence.nullable(),
})

export type TypeDefinition = z.infer<typeof typeDefinition>
export type Field = TypeDefinition['fields'][number]
export type ItemField = z.infer<typeof itemField>
export type ArrayField = z.infer<typeof arrayField>
export type Validity = TypeDefinition['validity']
export type Mask = Field['mask']
export type ShareClass = TypeDefinition['catalogue']['shareClass']

/**
 * The type definition that a JSON value is.
 *
 * Refuses with `TYPE_DEFINITION` and one error for each thing that is wrong, `field` being its path: `TYPE_COLUMN_MISSING`
 * (a catalogue column), `TYPE_LEGAL_GROUND` (not shared, without its law), `TYPE_USE_MODES` (not shared, yet open to
 * departments), `TYPE_CODE`, `TYPE_FIELD_TYPE`, `TYPE_FIELD_KEY`, `TYPE_FIELD_DUPLICATE`, `TYPE_FIELD_CHECK` (masked as an
 * ID number, without check digits), `TYPE_ENUM`, `TYPE_PATTERN_SYNTAX`, `TYPE_PATTERN_ANCHOR`, `TYPE_PATTERN_UNSAFE`,
 * `TYPE_NUMBER_FIELD`, `TYPE_NAME_FIELD`, `TYPE_HOLDER_FIELD`, `TYPE_PUBLIC_FIELD`, `TYPE_VALIDITY`, `TYPE_DATE_ORDER`, `TYPE_MEMBER` (anything else).
 */
export function parseTypeDefinition(value: unknown): TypeDefinition {
  const parsed = typeDefinition.safeParse(value)
  if (!parsed.success) throw refused(parsed.error.issues.flatMap(issue => errorsOfShape(issue, value)))

  const definition = parsed.data
  const errors = [
    ...errorsOfSharing(definition),
    ...errorsOfFields(definition.fields, 'fields'),
    ...errorsOfReferences(definition),
  ]
  if (errors.length > 0) throw refused(errors)
  return definition
}

/** The holder's name on a certificate; of several holders all, joined with 、. Absent values are left out. */
export function holderNameOf(definition: TypeDefinition, fields: Readonly<Record<string, unknown>>): string {
  const [key = '', inner] = definition.nameField.split('.')
  const value = fields[key]
  if (inner === undefined) return typeof value === 'string' ? value : ''
  if (!Array.isArray(value)) return ''
  return value
    .map((item: unknown) => (isRecord(item) ? item[inner] : undefined))
    .filter(name => typeof name === 'string')
    .join('、')
}

/** Numbers of the holders that a certificate's fields tell; a disability number begins with its holder's. */
export function holderNumbersOf(
  definition: TypeDefinition,
  fields: Readonly<Record<string, unknown>>,
): string[] {
  return (definition.holderIdFields ?? []).flatMap(path => {
    const [key = '', item] = path.split('.')
    const value = fields[key]
    const values =
      item === undefined
        ? [value]
        : Array.isArray(value)
          ? value.map((one: unknown) => (isRecord(one) ? one[item] : undefined))
          : []
    return values
      .filter(one => typeof one === 'string' && one !== '')
      .map(one => (one as string).slice(0, 18))
  })
}

function refused(errors: FieldError[]): Refusal {
  const named = [...new Set(errors.map(error => error.field))].slice(0, 5).join(', ')
  return new Refusal('TYPE_DEFINITION', `the certificate type cannot be published: ${named}`, { errors })
}

function errorsOfShape(issue: z.core.$ZodIssue, root: unknown): FieldError[] {
  const path = issue.path.map(String)
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => ({
      field: [...path, key].join('.'),
      code: 'TYPE_MEMBER',
      expected: 'no such member',
      found: 'an unknown member',
    }))
  }
  const [top, column = ''] = path
  if (top === 'catalogue') {
    // The whole object may be what is missing: then every column is.
    const columns = path.length === 1 ? CATALOGUE_COLUMNS : [column]
    return columns.map(name => {
      const isGround = name === 'legalGround'
      return {
        field: `catalogue.${name}`,
        code: isGround ? 'TYPE_LEGAL_GROUND' : 'TYPE_COLUMN_MISSING',
        expected: isGround ? 'the law, in zh and en' : 'the column filled in',
        found: kindOf(valueAt(root, ['catalogue', name])),
      }
    })
  }
  const isFieldType = top === 'fields' && path.at(-1) === 'type'
  return [
    {
      field: path.join('.') || '.',
      code: isFieldType ? 'TYPE_FIELD_TYPE' : path.at(-1) === 'enum' ? 'TYPE_ENUM' : 'TYPE_MEMBER',
      expected: isFieldType ? 'a known field type' : issue.message,
      found: kindOf(valueAt(root, path)),
    },
  ]
}

function errorsOfSharing(definition: TypeDefinition): FieldError[] {
  const { catalogue: columns, useModes } = definition
  if (columns.shareClass !== 'none') return []
  const errors: FieldError[] = []
  if (columns.legalGround === undefined) {
    errors.push(wrong('catalogue.legalGround', 'TYPE_LEGAL_GROUND', 'the law, in zh and en', 'nothing'))
  }
  if (useModes.some(mode => mode !== 'present')) {
    errors.push(wrong('useModes', 'TYPE_USE_MODES', 'present alone', useModes.join(', ')))
  }
  return errors
}

function errorsOfFields(fields: readonly Field[], path: string): FieldError[] {
  const seen = new Set<string>()
  return fields.flatMap((one, index) => {
    const here = `${path}.${index}`
    const errors: FieldError[] = []
    if (!FIELD_KEY.test(one.key) || RESERVED_KEYS.has(one.key)) {
      // Inside an array the key is no disclosure name, so `type` is free there; what every object has is not.
      const isFree = path !== 'fields' && (one.key === 'id' || one.key === 'type')
      if (!isFree)
        errors.push(wrong(`${here}.key`, 'TYPE_FIELD_KEY', 'a free name as [A-Za-z][A-Za-z0-9]*', one.key))
    }
    if (seen.has(one.key)) {
      errors.push(wrong(`${here}.key`, 'TYPE_FIELD_DUPLICATE', 'each key once', one.key))
    }
    seen.add(one.key)
    if (one.type === 'string') {
      if (one.pattern !== undefined) errors.push(...errorsOfPattern(one.pattern, `${here}.pattern`))
      if (one.mask === 'idNo' && one.check === undefined) {
        errors.push(wrong(`${here}.check`, 'TYPE_FIELD_CHECK', 'the check digits of an ID number', 'nothing'))
      }
    }
    if (one.type === 'enum' && new Set(one.enum).size < one.enum.length) {
      errors.push(wrong(`${here}.enum`, 'TYPE_ENUM', 'each value once', 'a repeated value'))
    }
    if (one.type === 'array' && one.items !== 'string') {
      errors.push(...errorsOfFields(one.items, `${here}.items`))
    }
    return errors
  })
}

function errorsOfPattern(pattern: string, path: string): FieldError[] {
  try {
    compilePattern(pattern)
    return []
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    return [wrong(path, error.code, error.message, pattern)]
  }
}

function errorsOfReferences(definition: TypeDefinition): FieldError[] {
  const errors: FieldError[] = []
  const byKey = new Map(definition.fields.map(one => [one.key, one]))

  if (!/^.{18}\d{3}$/.test(definition.typeCode) || !isUscc(definition.typeCode.slice(0, 18))) {
    errors.push(wrong('typeCode', 'TYPE_CODE', 'a USCC and three digits', definition.typeCode))
  }

  errors.push(...errorsOfPattern(definition.number.pattern, 'number.pattern'))
  const number = byKey.get(definition.numberField)
  if (number?.type !== 'string' || !number.required || number.pattern !== definition.number.pattern) {
    const expected = 'a required string field with the pattern of number'
    errors.push(wrong('numberField', 'TYPE_NUMBER_FIELD', expected, definition.numberField))
  }

  const [nameKey = '', inner] = definition.nameField.split('.')
  const outer = byKey.get(nameKey)
  const items = outer?.type === 'array' && outer.items !== 'string' ? outer.items : []
  const name = inner === undefined ? outer : items.find(item => item.key === inner)
  if (name?.type !== 'string' || !name.required || outer?.required !== true) {
    errors.push(wrong('nameField', 'TYPE_NAME_FIELD', 'a required string field', definition.nameField))
  }

  definition.holderIdFields?.forEach((path, index) => {
    const [key = '', item] = path.split('.')
    const field = byKey.get(key)
    const nested = field?.type === 'array' && field.items !== 'string' ? field.items : []
    const found = item === undefined ? field : nested.find(one => one.key === item)
    if (found?.type !== 'string' || found.check === undefined) {
      errors.push(
        wrong(`holderIdFields.${index}`, 'TYPE_HOLDER_FIELD', 'a string field with check digits', path),
      )
    }
  })

  definition.publicVerifyFields.forEach((key, index) => {
    if (byKey.get(key)?.level !== 'public') {
      errors.push(wrong(`publicVerifyFields.${index}`, 'TYPE_PUBLIC_FIELD', 'a field of level public', key))
    }
  })

  const { validity: dates } = definition
  const first = byKey.get(dates.from)
  if ((first?.type !== 'date' && first?.type !== 'datetime') || !first.required) {
    errors.push(wrong('validity.from', 'TYPE_VALIDITY', 'a required date or datetime field', dates.from))
  }
  if (dates.kind !== 'long_term' && dates.field !== undefined) {
    const last = byKey.get(dates.field)
    const isLongTerm = dates.kind !== 'fixed' && dates.allowLongTerm === true
    if (last?.type !== (isLongTerm ? 'string' : 'date') || !last.required) {
      const expected = isLongTerm ? 'a required string field (a date or 长期)' : 'a required date field'
      errors.push(wrong('validity.field', 'TYPE_VALIDITY', expected, dates.field))
    }
  }

  definition.dateOrder.forEach((pair, index) => {
    if (pair.some(key => byKey.get(key)?.type !== 'date')) {
      errors.push(wrong(`dateOrder.${index}`, 'TYPE_DATE_ORDER', 'two date fields', pair.join(', ')))
    }
  })
  return errors
}

function wrong(path: string, code: string, expected: string, found: string): FieldError {
  return { field: path, code, expected, found }
}

function valueAt(root: unknown, path: readonly string[]): unknown {
  let value = root
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined
    value = (value as Record<string, unknown>)[key]
  }
  return value
}

function kindOf(value: unknown): string {
  if (value === undefined || value === '') return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'string' ? `"${value.slice(0, 80)}"` : typeof value
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
