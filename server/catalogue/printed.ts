/**
 * What people read of a certificate's fields: labels and printed values, in catalogue order. Paper and pages print with this one
 * function, so a text that was read back from paper can be compared with it.
 */
import { LONG_TERM } from './check-rows.ts'
import { civilDateText } from '../wording/times.ts'
import { isCivilDate, isDateTime } from './civil-date.ts'
import type { ArrayField, Field, ItemField, TypeDefinition } from './type-definition.ts'

export type PrintLanguage = 'zh' | 'en'

export interface Label {
  zh: string
  en: string
}

/** A value as one text (which may hold line feeds), or the items of an array as rows under columns. */
export type PrintedValue = { text: string } | { columns: Label[]; rows: string[][] }

export interface PrintedField extends Label {
  key: string
  value: PrintedValue
}

/** The fields that are there, in the order of the type. Columns that no item fills are left out. */
export function printedFields(
  definition: Pick<TypeDefinition, 'fields'>,
  values: Readonly<Record<string, unknown>>,
  language: PrintLanguage,
): PrintedField[] {
  return definition.fields
    .filter(({ key }) => isThere(values[key]))
    .map(field => printedField(field, values[field.key], language))
}

export function printedField(field: Field, value: unknown, language: PrintLanguage): PrintedField {
  const { key, zh, en } = field
  return { key, zh, en, value: printedValue(field, value, language) }
}

const BEIJING = '+08:00'

function printedValue(field: Field, value: unknown, language: PrintLanguage): PrintedValue {
  if (field.type !== 'array') return { text: printedText(field, value, language) }
  const items = Array.isArray(value) ? (value as unknown[]) : [value]
  if (field.items === 'string') return { text: items.map(String).join(language === 'zh' ? '、' : '; ') }
  return tableOf(field.items, items, language)
}

function tableOf(
  columns: Exclude<ArrayField['items'], string>,
  items: unknown[],
  language: PrintLanguage,
): PrintedValue {
  const rows = items.map(item => (typeof item === 'object' && item !== null ? { ...item } : {}))
  const filled = columns.filter(({ key }) => rows.some(row => isThere((row as Values)[key])))
  return {
    columns: filled.map(({ zh, en }) => ({ zh, en })),
    rows: rows.map(row =>
      filled.map(column =>
        isThere((row as Values)[column.key])
          ? printedText(column, (row as Values)[column.key], language)
          : '',
      ),
    ),
  }
}

type Values = Record<string, unknown>

const isThere = (value: unknown) => value !== undefined && value !== null && value !== ''

function printedText(field: ItemField, value: unknown, language: PrintLanguage) {
  switch (field.type) {
    case 'date':
    case 'string':
      // A last day may be a date or a word, and is then a text that looks like one.
      if (value === LONG_TERM) return language === 'zh' ? LONG_TERM : `${LONG_TERM} (long-term)`
      return typeof value === 'string' && isCivilDate(value) ? civilDateText(value, language) : plain(value)
    case 'datetime':
      return typeof value === 'string' && isDateTime(value) ? printedDateTime(value, language) : plain(value)
    case 'money':
      return `${typeof value === 'number' ? grouped(value) : plain(value)}${unitOf(field.unit ?? 'CNY', language)}`
    case 'number':
      return `${plain(value)}${field.unit === undefined ? '' : unitOf(field.unit, language)}`
    case 'text':
    case 'enum':
    case 'hash':
      return plain(value)
  }
}

const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

const unitOf = (unit: string, language: PrintLanguage) =>
  unit === 'CNY' && language === 'zh' ? ' 元' : ` ${unit}`

/** `18,600.00`, without a locale's data that differs between machines. */
function grouped(amount: number): string {
  const [whole = '', hundredths = ''] = amount.toFixed(2).split('.')
  return `${whole.replaceAll(/\B(?=(?:\d{3})+$)/g, ',')}.${hundredths}`
}

/** The clock time and the zone are those that the value has. */
function printedDateTime(value: string, language: PrintLanguage): string {
  const [, date = '', time = '', zone = ''] = /^(.{10})T(.{5}(?::\d{2})?)(?:\.\d+)?(.*)$/.exec(value) ?? []
  return withZone(civilDateText(date, language), time, zone === 'Z' ? '' : zone, language)
}

function withZone(date: string, time: string, zone: string, language: PrintLanguage): string {
  if (language === 'zh') return `${date} ${time}（${zone === BEIJING ? '北京时间' : `UTC${zone}`}）`
  return `${date}, ${time} (${zone === BEIJING ? 'Beijing time' : `UTC${zone}`})`
}
