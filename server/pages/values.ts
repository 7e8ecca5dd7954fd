/** Field values as text for people. What a value is, its type says; what the type does not foresee is shown as its text. */
import type { Field, ItemField } from '../catalogue/type-definition.ts'
import type { Language } from '../http/messages.ts'
import { civilDateText, timeText } from '../wording/times.ts'

/** One line each; several where a field has several items. */
export function valueLines(field: Field, value: unknown, language: Language): string[] {
  if (field.type !== 'array') return [valueText(field, value, language)]
  if (!Array.isArray(value)) return [plain(value)]
  const { items } = field
  return value.map(item => (items === 'string' ? plain(item) : itemText(items, item, language)))
}

function itemText(items: readonly ItemField[], value: unknown, language: Language): string {
  if (typeof value !== 'object' || value === null) return plain(value)
  const present = items.filter(({ key }) => Object.hasOwn(value, key))
  const named = present.map(item => {
    const text = valueText(item, (value as Record<string, unknown>)[item.key], language)
    return language === 'en' ? `${item.en}: ${text}` : `${item.zh}：${text}`
  })
  return named.join(language === 'en' ? '; ' : '；')
}

function valueText(field: Field | ItemField, value: unknown, language: Language): string {
  if (field.type === 'datetime' && typeof value === 'string' && !Number.isNaN(Date.parse(value)))
    return timeText(Date.parse(value) / 1000, language)
  if (typeof value === 'string') return civilDateText(value, language)
  if (field.type === 'money' && typeof value === 'number')
    return language === 'en' ? `CNY ${money.format(value)}` : `${money.format(value)} 元`
  if (typeof value === 'number' && field.unit !== undefined) return `${plain(value)} ${field.unit}`
  return plain(value)
}

const money = new Intl.NumberFormat('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 })

const plain = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))
