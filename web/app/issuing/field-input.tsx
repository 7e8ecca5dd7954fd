import { Button, Flex, Input } from 'antd'
import { useId, useState, type ReactNode } from 'react'
import { useWords } from '../words.ts'
import { FileInput } from './file-input.tsx'
import type { Typed } from './row-values.ts'
import { nameIn, type Field, type ListField, type PlainField } from './types.ts'

/** What stands in a certificate whose last day never comes, in whatever language the page is. */
const LONG_TERM = '长期'

interface InputProps {
  field: Field | PlainField
  value: Typed
  onChange: (value: Typed) => void
  /** What is wrong with it, in words; several for one field of a list. */
  errors?: readonly string[]
  longTerm?: boolean
}

/** One field of a certificate to fill in: its name, how it is written, what is wrong with it, and the input itself. */
export function FieldInput(props: InputProps) {
  const { field } = props
  return field.type === 'array' ? (
    <ListInput {...props} field={field} />
  ) : (
    <PlainInput {...props} field={field} />
  )
}

function PlainInput({
  field,
  value,
  onChange,
  errors = [],
  longTerm = false,
}: InputProps & { field: PlainField }) {
  const { say, language } = useWords('issuing')
  const id = useId()
  const hint = useHint(field, longTerm)
  const text = typeof value === 'string' ? value : ''
  const described = [hint === null ? null : `${id}-hint`, errors.length > 0 ? `${id}-error` : null]
    .filter(one => one !== null)
    .join(' ')
  const aria = {
    id,
    'aria-invalid': errors.length > 0,
    'aria-required': field.required,
    ...(described !== '' && { 'aria-describedby': described }),
  }
  return (
    <div className={errors.length > 0 ? 'ask ask-wrong' : 'ask'}>
      <label htmlFor={id}>
        {nameIn(field, language)}
        {field.unit === undefined ? '' : `（${field.unit}）`}
        {!field.required && <span className="ask-optional">{say('common:optional')}</span>}
      </label>
      {hint !== null && (
        <div id={`${id}-hint`} className="ask-hint small">
          {hint}
        </div>
      )}
      {errors.length > 0 && <Faults id={`${id}-error`} errors={errors} />}
      <Control field={field} text={text} onChange={onChange} aria={aria} longTerm={longTerm} />
      {field.type === 'hash' && <FingerprintOf onChange={onChange} />}
    </div>
  )
}

/** What is wrong, beside what it is wrong with. */
export function Faults({ id, errors }: { id?: string; errors: readonly string[] }) {
  return (
    <ul id={id} className="plain faults">
      {[...new Set(errors)].map(error => (
        <li key={error}>{error}</li>
      ))}
    </ul>
  )
}

function Control({
  field,
  text,
  onChange,
  aria,
  longTerm,
}: {
  field: PlainField
  text: string
  onChange: (value: string) => void
  aria: object
  longTerm: boolean
}) {
  const { say } = useWords('issuing')
  // A calendar cannot show what is no date: then the text is shown as it was written.
  const [hasCalendar] = useState(
    () => !longTerm && (text === '' || /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d)?\+08:00)?$/.test(text)),
  )
  switch (field.type) {
    case 'enum':
      return (
        <select {...aria} className="choice" value={text} onChange={event => onChange(event.target.value)}>
          <option value="">{say('choose')}</option>
          {field.enum.map(one => (
            <option key={one}>{one}</option>
          ))}
          {text !== '' && !field.enum.includes(text) && <option>{text}</option>}
        </select>
      )
    case 'text':
      return <Input.TextArea {...aria} rows={3} value={text} onChange={typed(onChange)} />
    case 'date':
      return hasCalendar ? (
        <Input
          {...aria}
          type="date"
          min="1900-01-01"
          max="9999-12-31"
          value={text}
          onChange={typed(onChange)}
        />
      ) : (
        <Input {...aria} value={text} onChange={typed(onChange)} />
      )
    case 'datetime':
      return hasCalendar ? (
        <Input
          {...aria}
          type="datetime-local"
          value={text.slice(0, 16)}
          onChange={({ target }) =>
            onChange(target.value === '' ? '' : `${target.value.slice(0, 16)}:00+08:00`)
          }
        />
      ) : (
        <Input {...aria} value={text} onChange={typed(onChange)} />
      )
    case 'number':
    case 'money':
      return <Input {...aria} inputMode="decimal" value={text} onChange={typed(onChange)} />
    case 'string':
    case 'hash':
      return <Input {...aria} value={text} onChange={typed(onChange)} />
  }
}

const typed =
  (onChange: (value: string) => void) =>
  ({ target }: { target: { value: string } }) =>
    onChange(target.value)

/** How a field is written, where its name does not say it. */
function useHint(field: PlainField, longTerm: boolean): string | null {
  const { say } = useWords('issuing')
  if (longTerm) return say('hintLongTerm', { word: LONG_TERM })
  switch (field.type) {
    case 'money':
      return say('hintMoney')
    case 'hash':
      return say('hintHash')
    case 'string':
      return typeof field.example === 'string' ? say('hintExample', { example: field.example }) : null
    case 'number':
    case 'text':
    case 'enum':
    case 'date':
    case 'datetime':
      return null
  }
}

/** Reads a file in this browser and keeps only its fingerprint: the file goes nowhere. */
function FingerprintOf({ onChange }: { onChange: (value: string) => void }) {
  const { say } = useWords('issuing')
  if (!globalThis.isSecureContext) return null
  const take = async (file: File | null) => {
    if (file === null) return
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', await file.arrayBuffer()))
    onChange(`sha256:${Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('')}`)
  }
  return <FileInput label={say('hashFile')} chosen={null} onChoose={file => void take(file)} />
}

function ListInput({ field, value, onChange, errors = [] }: InputProps & { field: ListField }): ReactNode {
  const { say, language } = useWords('issuing')
  const name = nameIn(field, language)
  const entries = Array.isArray(value) ? (value as readonly Typed[]) : []
  const { items } = field
  const put = (place: number, entry: Typed) =>
    onChange(entries.map((one, at) => (at === place ? entry : one)))
  const blank: Typed = items === 'string' ? '' : Object.fromEntries(items.map(({ key }) => [key, '']))
  return (
    <fieldset className="ask-list">
      <legend>
        {name}
        {!field.required && <span className="ask-optional">{say('common:optional')}</span>}
      </legend>
      {errors.length > 0 && <Faults errors={errors} />}
      {entries.map((entry, place) => (
        // Entries have no name of their own; their order is what they are known by.
        <fieldset key={place} className="ask-entry">
          <legend>{say('entry', { place: place + 1 })}</legend>
          {items === 'string' ? (
            <PlainInput
              field={{ ...field, type: 'string', required: true, example: undefined }}
              value={entry}
              onChange={changed => put(place, changed)}
            />
          ) : (
            items.map(inner => (
              <PlainInput
                key={inner.key}
                field={inner}
                value={(entry as Readonly<Record<string, Typed>>)[inner.key] ?? ''}
                onChange={changed => put(place, { ...(entry as object), [inner.key]: changed })}
              />
            ))
          )}
          <Button onClick={() => onChange(entries.filter((_, at) => at !== place))}>
            {say('entryRemove', { name, place: place + 1 })}
          </Button>
        </fieldset>
      ))}
      <Flex>
        <Button onClick={() => onChange([...entries, blank])}>{say('entryAdd', { name })}</Button>
      </Flex>
    </fieldset>
  )
}
