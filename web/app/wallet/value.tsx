import type { ReactNode } from 'react'
import { Day, Moment } from '../parts/moment.tsx'
import { useWords } from '../words.ts'
import { named, type FieldDefinition } from './names.ts'

/** A certificate's value for people: dates and amounts as they are said, items one below the other, fingerprints as technical. */
export function Value({ field, value }: { field: FieldDefinition | undefined; value: unknown }): ReactNode {
  const { say } = useWords('wallet')
  if (value === null || value === undefined || value === '') return <>—</>
  if (Array.isArray(value)) return <Items field={field} items={value} />
  if (typeof value === 'boolean') return <>{value ? say('common:yes') : say('common:no')}</>
  if (typeof value === 'object') return <code className="small">{JSON.stringify(value)}</code>
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const type = field?.type
  // Also where the catalogue calls it text, because it may be 长期 instead.
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return <Day seconds={Date.parse(`${text}T00:00:00+08:00`) / 1000} />
  if (type === 'datetime' && !Number.isNaN(Date.parse(text)))
    return <Moment seconds={Date.parse(text) / 1000} />
  if (type === 'money') return <>{say('money', { amount: text })}</>
  if (type === 'hash') return <code className="small">{text}</code>
  return (
    <>
      {text}
      {field?.unit !== undefined && ` ${field.unit}`}
    </>
  )
}

function Items({ field, items }: { field: FieldDefinition | undefined; items: unknown[] }) {
  const { language } = useWords('wallet')
  const parts = Array.isArray(field?.items) ? field.items : null
  return (
    <ul className="plain wallet-items">
      {items.map((item, number) => (
        <li key={number}>
          {typeof item !== 'object' || item === null ? (
            <Value field={undefined} value={item} />
          ) : (
            Object.entries(item).map(([key, value], place) => {
              const part = parts?.find(one => one.key === key)
              return (
                <span key={key}>
                  {place > 0 && ' · '}
                  <span className="wallet-quiet">{part === undefined ? key : named(language, part)} </span>
                  <Value field={part} value={value} />
                </span>
              )
            })
          )}
        </li>
      ))}
    </ul>
  )
}
