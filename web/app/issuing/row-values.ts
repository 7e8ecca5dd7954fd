/** Between what stands in inputs and what the API takes as a row of fields. */
import { isRecord, type Definition, type Field, type PlainField } from './types.ts'

/** What an input holds: text as it is typed, entries of a list. */
export type Typed = string | readonly Typed[] | { readonly [key: string]: Typed }

/** What an input shows of a value that came from a file or a certificate. */
export function typedOf(field: Field | PlainField, value: unknown): Typed {
  if (field.type !== 'array') {
    if (value === undefined || value === null) return ''
    return typeof value === 'string' ? value : JSON.stringify(value)
  }
  if (!Array.isArray(value)) return []
  const { items } = field
  return value.map((item: unknown) => {
    if (items === 'string') return typeof item === 'string' ? item : JSON.stringify(item)
    const members = isRecord(item) ? item : {}
    return Object.fromEntries(items.map(inner => [inner.key, typedOf(inner, members[inner.key])]))
  })
}

/** A row of the type: fields that were left blank are left out, and so is what the type does not have. */
export function rowOf(
  { fields }: Definition,
  typed: Readonly<Record<string, Typed>>,
): Record<string, unknown> {
  return membersOf(fields, typed)
}

function membersOf(
  fields: readonly (Field | PlainField)[],
  typed: Readonly<Record<string, Typed>>,
): Record<string, unknown> {
  const row: Record<string, unknown> = {}
  for (const field of fields) {
    const value = valueOf(field, typed[field.key] ?? '')
    if (value !== undefined) row[field.key] = value
  }
  return row
}

function valueOf(field: Field | PlainField, typed: Typed): unknown {
  if (field.type === 'array') {
    if (!Array.isArray(typed)) return undefined
    const entries = (typed as readonly Typed[]).filter(entry => !isBlank(entry))
    if (entries.length === 0) return undefined
    const { items } = field
    return items === 'string'
      ? entries.map(String)
      : entries.map(entry => membersOf(items, entry as Readonly<Record<string, Typed>>))
  }
  if (typeof typed !== 'string' || typed === '') return undefined
  // What is no number is sent as it is, so that the check says so.
  if ((field.type === 'number' || field.type === 'money') && /^-?\d{1,15}(?:\.\d{1,6})?$/.test(typed))
    return Number(typed)
  return typed
}

const isBlank = (entry: Typed): boolean =>
  typeof entry === 'string' ? entry === '' : Object.values(entry).every(isBlank)
