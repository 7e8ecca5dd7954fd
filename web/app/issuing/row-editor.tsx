import { Alert, Button, Flex, Input } from 'antd'
import { useId, useState } from 'react'
import { api, told } from '../api/client.ts'
import { once, useWrite } from '../api/write.ts'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { useDraft } from '../parts/draft.ts'
import { useWords } from '../words.ts'
import { useErrorWords } from './error-words.ts'
import { FieldInput, Faults } from './field-input.tsx'
import { rowOf, typedOf, type Typed } from './row-values.ts'
import type { Batch, Row } from './shapes.ts'
import { asksHolders, fieldAt, holderName, isRecord, mayBeLongTerm, type Definition } from './types.ts'

/** What was typed over a row and is not saved yet; null: its holders were not touched. */
interface Edited {
  edits: Readonly<Record<string, Typed>>
  holders: string | null
}
/** How the names begin under which it is kept for the rows of one batch. */
export const rowDrafts = (batch: string) => `row-${batch}-`
const UNTOUCHED: Edited = { edits: {}, holders: null }

/**
 * One row: what is wrong with it, each wrong field to correct where it stands, and the way out of the batch. The API checks the row again; a
 * good one leaves the list of the bad ones. A good row shows its fields when they are asked for.
 */
export function RowEditor({
  batch,
  definition,
  row,
  onDone,
}: {
  batch: Batch
  definition: Definition
  row: Row
  /** The row is good or gone: what to tell. */
  onDone: (message: string) => void
}) {
  const { say } = useWords('issuing')
  const id = useId()
  const { nameOf, wordsOf } = useErrorWords(definition)
  const [{ edits, holders }, keep, letGo] = useDraft<Edited>(`${rowDrafts(batch.id)}${row.n}`, UNTOUCHED)
  const [isWhole, setWhole] = useState(false)
  const values = isRecord(row.fields) ? row.fields : {}
  const number = row.n + 1

  const correct = useWrite(
    async ({ fields, holders }: { fields: Record<string, unknown>; holders: string[] }, key) =>
      told(
        api.PUT('/v1/batches/{id}/rows/{n}', {
          params: { path: { id: batch.id, n: String(row.n) }, header: once(key) },
          body: { fields: fields as never, holders },
        }),
      ),
    {
      onDone({ row: now }) {
        letGo()
        setWhole(false)
        if (now === null || now.errors.length === 0) onDone(say('rowGood', { number }))
      },
    },
  )
  const remove = useWrite(
    async (n: number, key) =>
      told(
        api.DELETE('/v1/batches/{id}/rows/{n}', {
          params: { path: { id: batch.id, n: String(n) }, header: once(key) },
        }),
      ),
    {
      onDone() {
        letGo()
        onDone(say('rowRemoved', { number }))
      },
    },
  )

  const typed = (key: string): Typed =>
    edits[key] ??
    typedOf(
      definition.fields.find(field => field.key === key)!,
      values[key],
    )
  const send = () => {
    const all = Object.fromEntries(definition.fields.map(({ key }) => [key, typed(key)]))
    const names = holders === null ? row.holders : holders.split(/[\s,;，；、]+/).filter(one => one !== '')
    correct.mutate({ fields: rowOf(definition, all), holders: names })
  }

  const wrong = new Set(row.errors.map(({ field }) => fieldAt(definition, field)?.key))
  const isTouched = holders !== null || Object.keys(edits).length > 0
  const isOpen = isWhole || isTouched || row.errors.length > 0
  const shown = definition.fields.filter(({ key }) => isWhole || wrong.has(key) || key in edits)
  const beside = row.errors.filter(({ field }) => fieldAt(definition, field) === undefined)
  const holder = holderName(definition, values)
  return (
    <form
      className="row-card"
      aria-labelledby={id}
      onSubmit={event => {
        event.preventDefault()
        send()
      }}
    >
      <h3 id={id}>
        {say('rowTitle', { number, line: row.line })}
        {holder !== '' && ` · ${holder}`}
      </h3>
      {beside.length > 0 && (
        <Faults errors={beside.map(error => `${nameOf(error.field)}：${wordsOf(error)}`)} />
      )}
      <div className="asks">
        {shown.map(field => {
          const errors = row.errors.filter(error => fieldAt(definition, error.field)?.key === field.key)
          return (
            <FieldInput
              key={field.key}
              field={field}
              value={typed(field.key)}
              longTerm={mayBeLongTerm(definition, field)}
              errors={errors.map(error =>
                field.type === 'array' ? `${nameOf(error.field)}：${wordsOf(error)}` : wordsOf(error),
              )}
              onChange={value => keep(kept => ({ ...kept, edits: { ...kept.edits, [field.key]: value } }))}
            />
          )
        })}
        {((isOpen && asksHolders(definition)) || row.errors.some(({ field }) => field === 'holders')) && (
          <div className="ask">
            <label htmlFor={`${id}-holders`}>{say('holders')}</label>
            <div id={`${id}-holders-hint`} className="ask-hint small">
              {say('holdersHint')}
            </div>
            <Input
              id={`${id}-holders`}
              aria-describedby={`${id}-holders-hint`}
              value={holders ?? row.holders.join('；')}
              onChange={({ target }) => keep(kept => ({ ...kept, holders: target.value }))}
            />
          </div>
        )}
      </div>
      <Flex gap={8} wrap>
        {isOpen && (
          <Button type="primary" htmlType="submit" loading={correct.isPending}>
            {say('rowSave')}
          </Button>
        )}
        {!isWhole && shown.length < definition.fields.length && (
          <Button onClick={() => setWhole(true)}>{say('rowWhole')}</Button>
        )}
        <Button danger loading={remove.isPending} onClick={() => remove.mutate(row.n)}>
          {say('rowRemove')}
        </Button>
      </Flex>
      {correct.isSuccess && row.errors.length > 0 && !correct.isPending && (
        <Alert type="warning" showIcon title={say('rowStillBad')} />
      )}
      <ProblemNotice error={correct.error ?? remove.error} />
    </form>
  )
}
