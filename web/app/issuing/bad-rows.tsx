import { useQuery } from '@tanstack/react-query'
import { Button, Flex } from 'antd'
import { useRef, useState } from 'react'
import { api, saveFile, told } from '../api/client.ts'
import { Asked } from '../parts/asked.tsx'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { useWords } from '../words.ts'
import { Pager, usePages } from './pager.tsx'
import { RowEditor } from './row-editor.tsx'
import type { Batch, Row } from './shapes.ts'
import type { Definition } from './types.ts'

/** Rows on one page: a batch may have ten thousand bad ones. */
const ROWS = 10

/** 校验结果: only what is wrong, to be corrected where it stands; the good rows wait untouched. */
export function BadRows({ batch, definition }: { batch: Batch; definition: Definition }) {
  const { say } = useWords('issuing')
  const pages = usePages(0)
  const heading = useRef<HTMLHeadingElement>(null)
  const [message, setMessage] = useState('')
  const [failed, setFailed] = useState<unknown>(null)
  const rows = useQuery({
    queryKey: ['batch', batch.id, 'bad', pages.cursor],
    queryFn: async () => {
      const query = { from: String(pages.cursor), limit: String(ROWS), only: 'bad' as const }
      const params = { path: { id: batch.id }, query }
      return (await told(api.GET('/v1/batches/{id}/rows', { params }))) as {
        rows: Row[]
        next: number | null
      }
    },
    placeholderData: before => before,
  })
  const done = (text: string) => {
    setMessage(text)
    // The row in which the person was is about to go.
    heading.current?.focus()
  }
  return (
    <section className="panel" aria-labelledby="bad-rows">
      <Flex justify="space-between" align="start" gap={12} wrap>
        <h2 id="bad-rows" ref={heading} tabIndex={-1}>
          {batch.bad === 0 ? say('rowsAllGood', { rows: batch.rows }) : say('rowsBad', { bad: batch.bad })}
        </h2>
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
      <output className="said">{message}</output>
      <ProblemNotice error={failed} />
      {batch.bad > 0 && (
        <>
          <p>{say('rowsBadNext', { good: batch.rows - batch.bad })}</p>
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
        </>
      )}
    </section>
  )
}
