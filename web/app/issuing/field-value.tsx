import { useWords } from '../words.ts'
import { Day, Moment } from '../parts/moment.tsx'
import { isRecord, nameIn, type Field, type PlainField } from './types.ts'

/** A value of a certificate for people: dates as dates, lists as lists. What does not fit its field is shown as the text that it is. */
export function FieldValue({ field, value }: { field: Field | PlainField | undefined; value: unknown }) {
  const { say, language } = useWords('issuing')
  if (value === undefined || value === null || value === '') return <span>{say('nothing')}</span>
  if (Array.isArray(value)) {
    const items = field?.type === 'array' && field.items !== 'string' ? field.items : []
    return (
      <ul className="plain entries">
        {value.map((item: unknown, place) => (
          // Entries have no name of their own; their order is what they are known by.
          <li key={place}>
            {isRecord(item)
              ? Object.entries(item).map(([key, inner]) => {
                  const part = items.find(one => one.key === key)
                  return (
                    <div key={key}>
                      {nameIn(part, language) || key}：<FieldValue field={part} value={inner} />
                    </div>
                  )
                })
              : String(item)}
          </li>
        ))}
      </ul>
    )
  }
  if (typeof value !== 'string' && typeof value !== 'number') return <code>{JSON.stringify(value)}</code>
  if (field?.type === 'date' && /^\d{4}-\d\d-\d\d$/.test(String(value)))
    return <Day seconds={Date.parse(`${value}T00:00:00+08:00`) / 1000} />
  if (field?.type === 'datetime' && Number.isFinite(Date.parse(String(value))))
    return <Moment seconds={Date.parse(String(value)) / 1000} />
  if (field?.type === 'hash') return <code className="small">{value}</code>
  const text = field?.type === 'money' ? moneyText(Number(value), language) : String(value)
  return <span className="value">{field?.unit === undefined ? text : `${text} ${field.unit}`}</span>
}

function moneyText(amount: number, language: string): string {
  const options = { style: 'currency', currency: 'CNY' } as const
  return new Intl.NumberFormat(language === 'en' ? 'en-GB' : 'zh-CN', options).format(amount)
}
