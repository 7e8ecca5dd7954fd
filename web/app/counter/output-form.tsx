/** What a step issues: the fields of the certificate's type, or a notarized record. */
import { Button, Flex } from 'antd'
import { useState, type FormEvent } from 'react'
import { Problem } from '../api/client.ts'
import { forgetDraft, hasDraft, useDraft } from '../parts/draft.ts'
import { useWords } from '../words.ts'
import type { Case, TypeField } from './api-types.ts'
import { useNames } from './catalogue.ts'
import {
  isMistyped,
  REPLACES_NONE,
  replacementOf,
  ReplacesField,
  type Older,
  type Replaces,
} from './replaces-field.tsx'

export type OutputFields = Record<string, unknown>
export type Made =
  { fields: OutputFields; replaces?: NonNullable<ReturnType<typeof replacementOf>> } | { record: string }
type Row = Record<string, string>
interface Draft {
  texts: Row
  rows: Record<string, Row[]>
  replaces: Replaces
}

const NOTHING: Draft = { texts: {}, rows: {}, replaces: REPLACES_NONE }
const nameOf = (draft: string) => `output-${draft}`
export const hasOutput = (draft: string): boolean => hasDraft(nameOf(draft))
export const forgetOutput = (draft: string): void => forgetDraft(nameOf(draft))

/** What was filled in stays in this tab until it is issued, also while one shows again who one is. */
export function OutputForm({
  of,
  cert,
  older,
  isRecord,
  draft,
  isPending,
  error,
  onGo,
  onCancel,
}: {
  of: Case
  cert: string
  /** Certificates that it may replace. */
  older: readonly Older[]
  isRecord: boolean
  draft: string
  isPending: boolean
  error: unknown
  onGo: (made: Made) => void
  onCancel: () => void
}) {
  const { say } = useWords('counter')
  const names = useNames()
  const [filled, keep] = useDraft(nameOf(draft), NOTHING)
  const fields = names.typeOf(cert)?.fields ?? []
  const [isTried, setTried] = useState(false)
  const wrongs = error instanceof Problem ? (error.body.errors ?? []) : []
  const wrongOf = (key: string) => wrongs.find(({ field }) => field === key || field.endsWith(`.${key}`))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (isRecord) return onGo({ record: (filled.texts['record'] ?? '').trim() })
    setTried(true)
    if (isMistyped(filled.replaces)) return document.getElementById(`${draft}-replaces-typed`)?.focus()
    const replaces = replacementOf(filled.replaces, older)
    onGo({ fields: valuesOf(fields, filled), ...(replaces !== undefined && { replaces }) })
  }
  return (
    <form onSubmit={submit}>
      <h3>{isRecord ? say('outputRecord') : names.type(cert)}</h3>
      {isRecord && (
        <div className="field">
          <label htmlFor={`${draft}-record`}>{say('outputRecordId')}</label>
          <input
            id={`${draft}-record`}
            required
            value={filled.texts['record'] ?? ''}
            onChange={event => keep({ ...filled, texts: { record: event.target.value } })}
          />
        </div>
      )}
      {fields.map(field =>
        field.type === 'array' ? (
          <Rows
            key={field.key}
            field={field}
            draft={draft}
            rows={filled.rows[field.key] ?? [{}]}
            onChange={rows => keep({ ...filled, rows: { ...filled.rows, [field.key]: rows } })}
          />
        ) : (
          <OneField
            key={field.key}
            id={`${draft}-${field.key}`}
            field={field}
            value={filled.texts[field.key] ?? ''}
            isWrong={wrongOf(field.key) !== undefined}
            onChange={value => keep({ ...filled, texts: { ...filled.texts, [field.key]: value } })}
          />
        ),
      )}
      {!isRecord && (
        <ReplacesField
          id={`${draft}-replaces`}
          of={of}
          older={older}
          replaces={filled.replaces}
          isWrong={isTried && isMistyped(filled.replaces)}
          onChange={replaces => keep({ ...filled, replaces })}
        />
      )}
      <Flex gap={12} wrap>
        <Button type="primary" size="large" htmlType="submit" loading={isPending}>
          {say('outputGo')}
        </Button>
        <Button
          size="large"
          onClick={() => {
            forgetOutput(draft)
            onCancel()
          }}
        >
          {say('common:cancel')}
        </Button>
      </Flex>
    </form>
  )
}

type LeafField = Exclude<TypeField, { type: 'array' }>
type ArrayField = Extract<TypeField, { type: 'array' }>

const INPUT_TYPES: Readonly<Partial<Record<LeafField['type'], string>>> = {
  date: 'date',
  datetime: 'datetime-local',
}

function OneField({
  id,
  field,
  value,
  isWrong,
  onChange,
}: {
  id: string
  field: LeafField
  value: string
  isWrong: boolean
  onChange: (value: string) => void
}) {
  const { say } = useWords('counter')
  const { inLanguage } = useNames()
  const name = (
    <label htmlFor={id}>
      {inLanguage(field)}
      {field.unit !== undefined && ` (${field.unit})`}
      {!field.required && say('common:optional')}
    </label>
  )
  if (field.type === 'enum') {
    return (
      <div className="field">
        {name}
        <select
          id={id}
          value={value}
          required={field.required}
          onChange={event => onChange(event.target.value)}
        >
          <option value="">{say('choose')}</option>
          {field.enum?.map(one => (
            <option key={one} value={one}>
              {one}
            </option>
          ))}
        </select>
      </div>
    )
  }
  return (
    <div className="field">
      {name}
      {field.type === 'text' ? (
        <textarea
          id={id}
          rows={3}
          value={value}
          required={field.required}
          aria-invalid={isWrong}
          onChange={event => onChange(event.target.value)}
        />
      ) : (
        <input
          id={id}
          type={INPUT_TYPES[field.type] ?? 'text'}
          inputMode={field.type === 'number' || field.type === 'money' ? 'decimal' : undefined}
          value={value}
          required={field.required}
          aria-invalid={isWrong}
          onChange={event => onChange(event.target.value)}
        />
      )}
      {typeof field.example === 'string' && !(field.type in INPUT_TYPES) && (
        <p className="small">{say('example', { example: field.example })}</p>
      )}
    </div>
  )
}

const ONE_TEXT = 'text'

/** Several lines of the same kind; a list of plain texts is one text a line. */
function Rows({
  field,
  draft,
  rows,
  onChange,
}: {
  field: ArrayField
  draft: string
  rows: readonly Row[]
  onChange: (rows: Row[]) => void
}) {
  const { say } = useWords('counter')
  const { inLanguage } = useNames()
  const columns: LeafField[] =
    field.items === 'string' ? [{ ...field, key: ONE_TEXT, type: 'string', example: '' }] : field.items
  return (
    <fieldset>
      <legend>{inLanguage(field)}</legend>
      {rows.map((row, place) => (
        <div className="output-row" key={place}>
          {columns.map(column => (
            <OneField
              key={column.key}
              id={`${draft}-${field.key}-${place}-${column.key}`}
              field={column}
              value={row[column.key] ?? ''}
              isWrong={false}
              onChange={value => onChange(rows.with(place, { ...row, [column.key]: value }))}
            />
          ))}
        </div>
      ))}
      <Flex gap={8} wrap>
        <Button size="small" onClick={() => onChange([...rows, {}])}>
          {say('rowAdd', { what: inLanguage(field) })}
        </Button>
        {rows.length > 1 && (
          <Button size="small" onClick={() => onChange(rows.slice(0, -1))}>
            {say('rowRemove')}
          </Button>
        )}
      </Flex>
    </fieldset>
  )
}

/** As issuing takes them; what was left empty is not there. */
function valuesOf(fields: readonly TypeField[], { texts, rows }: Draft): OutputFields {
  const values: OutputFields = {}
  for (const field of fields) {
    if (field.type !== 'array') {
      const value = valueOf(field, texts[field.key] ?? '')
      if (value !== undefined) values[field.key] = value
      continue
    }
    const { items } = field
    const filled = (rows[field.key] ?? []).filter(row => Object.values(row).some(text => text !== ''))
    const list = filled.map(row =>
      items === 'string'
        ? (row[ONE_TEXT] ?? '')
        : Object.fromEntries(
            items.flatMap(column => {
              const value = valueOf(column, row[column.key] ?? '')
              return value === undefined ? [] : [[column.key, value]]
            }),
          ),
    )
    if (list.length > 0) values[field.key] = list
  }
  return values
}

function valueOf({ type }: LeafField, text: string): unknown {
  const trimmed = text.trim()
  if (trimmed === '') return undefined
  if ((type === 'number' || type === 'money') && Number.isFinite(Number(trimmed))) return Number(trimmed)
  // The region's own zone; the input says minutes.
  if (type === 'datetime') return `${trimmed}:00+08:00`
  return trimmed
}
