import type { ReactNode } from 'react'
import { useWords } from '../words.ts'
import { FieldValue } from './field-value.tsx'
import { nameIn, type Definition } from './types.ts'

/** What a certificate says, field by field in the order of its type. `mark` says that it is not one yet. */
export function Face({
  definition,
  values,
  mark,
  title,
  children,
}: {
  definition: Definition
  values: Readonly<Record<string, unknown>>
  mark?: string
  title?: string
  children?: ReactNode
}) {
  const { language } = useWords('issuing')
  const named = new Set(definition.fields.map(({ key }) => key))
  const other = Object.keys(values).filter(key => !named.has(key))
  return (
    <section className="face" aria-label={title ?? nameIn(definition, language)}>
      <div className="face-head">
        <h3>{title ?? nameIn(definition, language)}</h3>
        {mark !== undefined && <span className="face-mark">{mark}</span>}
      </div>
      <dl className="facts">
        {definition.fields
          .filter(({ key }) => values[key] !== undefined && values[key] !== null)
          .map(field => (
            <div key={field.key}>
              <dt>{nameIn(field, language)}</dt>
              <dd>
                <FieldValue field={field} value={values[field.key]} />
              </dd>
            </div>
          ))}
        {other.map(key => (
          <div key={key}>
            <dt>{key}</dt>
            <dd>
              <FieldValue field={undefined} value={values[key]} />
            </dd>
          </div>
        ))}
      </dl>
      {children}
    </section>
  )
}

/** Facts that are no fields, in the same form. */
export function Facts({ facts }: { facts: readonly (readonly [name: string, value: ReactNode])[] }) {
  return (
    <dl className="facts">
      {facts.map(([name, value], place) => (
        // In one of the languages two may have the same name.
        <div key={place}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
