import { useQuery } from '@tanstack/react-query'
import { Button, Flex, Input } from 'antd'
import { useId, useRef, useState } from 'react'
import { api, saveFile, told } from '../api/client.ts'
import { Asked } from '../parts/asked.tsx'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { useWords } from '../words.ts'
import { Pager, usePages } from './pager.tsx'
import { RowEditor } from './row-editor.tsx'
import type { Batch, Row } from './shapes.ts'
import type { Definition } from './types.ts'

/** Rows on one page: a batch may have ten thousand. */
const ROWS = 10

/**
 * 校验结果: what is wrong, to be corrected where it stands, while the good rows wait untouched. They can be looked at and changed too:
 * what a checker gives a batch back for is not what a rule could have found.
 */
export function BatchRows({ batch, definition }: { batch: Batch; definition: Definition }) {
  const { say } = useWords('issuing')
  const pages = usePages(0)
  const heading = useRef<HTMLHeadingElement>(null)
  const [message, setMessage] = useState('')
  const [failed, setFailed] = useState<unknown>(null)
  const [isAll, setAll] = useState(false)
  const rows = useQuery({
    queryKey: ['batch', batch.id, isAll ? 'rows' : 'bad', pages.cursor],
    queryFn: async () => {
      const query = {
        from: String(pages.cursor),
        limit: String(ROWS),
        ...(!isAll && { only: 'bad' as const }),
      }
      const params = { path: { id: batch.id }, query }
      return (await told(api.GET('/v1/batches/{id}/rows', { params }))) as {
        rows: Row[]
        next: number | null
      }
    },
    enabled: isAll || batch.bad > 0,
    placeholderData: before => before,
  })
  const done = (text: string) => {
    setMessage(text)
    // The row in which the person was is about to go.
    heading.current?.focus()
  }
  return (
    <section className="panel" aria-labelledby="rows">
      <Flex justify="space-between" align="start" gap={12} wrap>
        <h2 id="rows" ref={heading} tabIndex={-1}>
          {batch.bad === 0 ? say('rowsAllGood', { rows: batch.rows }) : say('rowsBad', { bad: batch.bad })}
        </h2>
        <Flex gap={8} wrap>
          <Button
            aria-expanded={isAll}
            onClick={() => {
              setAll(!isAll)
              pages.reset()
            }}
          >
            {say(!isAll ? 'rowsShowAll' : batch.bad > 0 ? 'rowsShowBad' : 'rowsHide')}
          </Button>
          {batch.bad > 0 && (
            <Button
              onClick={() => {
                setFailed(null)
                saveFile(`/v1/batches/${batch.id}/bad-rows.csv`, 'rows.csv').catch(setFailed)
              }}
            >
              {say('rowsDownload')}
            </Button>
          )}
        </Flex>
      </Flex>
      <output className="said">{message}</output>
      <ProblemNotice error={failed} />
      {batch.bad > 0 && !isAll && <p>{say('rowsBadNext', { good: batch.rows - batch.bad })}</p>}
      {isAll && batch.rows > ROWS && <GoToRow onGo={n => pages.next(n)} />}
      {(isAll || batch.bad > 0) && (
        <Asked query={rows}>
          {data => (
            <Flex vertical gap={16}>
              {data.rows.map(row => (
                <RowEditor key={row.n} batch={batch} definition={definition} row={row} onDone={done} />
              ))}
              {data.rows.length === 0 && pages.page > 1 && (
                <Button onClick={pages.reset}>{say('pageFirst')}</Button>
              )}
              <Pager pages={pages} next={data.next} />
            </Flex>
          )}
        </Asked>
      )}
    </section>
  )
}

/** The way to a row that a checker has named: nobody turns a thousand pages. */
function GoToRow({ onGo }: { onGo: (n: number) => void }) {
  const { say } = useWords('issuing')
  const id = useId()
  const [typed, setTyped] = useState('')
  const number = /^[1-9]\d{0,4}$/.test(typed.trim()) ? Number(typed) : null
  return (
    <form
      className="ask"
      onSubmit={event => {
        event.preventDefault()
        if (number !== null) onGo(number - 1)
      }}
    >
      <label htmlFor={id}>{say('rowsGoTo')}</label>
      <Flex gap={8} wrap>
        <Input
          id={id}
          className="short"
          inputMode="numeric"
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
        />
        <Button htmlType="submit" disabled={number === null}>
          {say('rowsGoToGo')}
        </Button>
      </Flex>
    </form>
  )
}
