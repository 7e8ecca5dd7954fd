/** Fields of a certificate with their values, named as its type names them. */
import type { TypeField } from './api-types.ts'
import { useNames } from './catalogue.ts'
import { useWords } from '../words.ts'

export function Values({ type, values }: { type: string; values: Readonly<Record<string, unknown>> }) {
  const { typeOf, inLanguage } = useNames()
  const fields = (typeOf(type)?.fields ?? []).filter(field => values[field.key] !== undefined)
  return (
    <dl className="facts values">
      {fields.map(field => (
        <div key={field.key} data-field={field.key}>
          <dt>{inLanguage(field)}</dt>
          <dd>
            <Value field={field} value={values[field.key]} />
          </dd>
        </div>
      ))}
    </dl>
  )
}

function Value({ field, value }: { field: TypeField; value: unknown }) {
  const { say } = useWords('counter')
  const { inLanguage } = useNames()
  if (field.type === 'hash') return <>{say('photoThere')}</>
  if (field.type !== 'array') {
    return (
      <>
        {plain(value)}
        {field.unit !== undefined && ` ${field.unit}`}
      </>
    )
  }
  const rows = Array.isArray(value) ? (value as unknown[]) : []
  if (field.items === 'string') return <>{rows.map(plain).join('、')}</>
  const columns = field.items
  return (
    <ol className="rows">
      {rows.map((row, place) => (
        <li key={place}>
          {columns
            .filter(({ key }) => (row as Record<string, unknown>)[key] !== undefined)
            .map(column => `${inLanguage(column)} ${plain((row as Record<string, unknown>)[column.key])}`)
            .join('；')}
        </li>
      ))}
    </ol>
  )
}

/** A date-time as people write it; everything else as it was issued. */
function plain(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const time = /^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)/.exec(text)
  return time === null ? text : `${time[1]} ${time[2]}`
}
