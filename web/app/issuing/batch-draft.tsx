import { useQuery } from '@tanstack/react-query'
import { Alert, Button, Checkbox, Flex } from 'antd'
import { useState } from 'react'
import { api, told } from '../api/client.ts'
import { once, useWrite } from '../api/write.ts'
import { Asked } from '../parts/asked.tsx'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { useWords } from '../words.ts'
import { BatchRows } from './batch-rows.tsx'
import { ProblemCode } from './problem-code.tsx'
import { Samples } from './samples.tsx'
import type { Batch } from './shapes.ts'
import type { Definition } from './types.ts'

/** A maker's batch before it is submitted: what is wrong, what it will say, and handing it to another person. */
export function BatchDraft({ batch, definition }: { batch: Batch; definition: Definition }) {
  const { say } = useWords('issuing')
  return (
    <Flex vertical gap={16}>
      {batch.state === 'rejected' && (
        <Alert
          type="warning"
          showIcon
          title={say('rejectedTitle')}
          description={
            batch.problem !== null ? <ProblemCode code={batch.problem} /> : (batch.remark ?? say('nothing'))
          }
        />
      )}
      <BatchRows batch={batch} definition={definition} />
      {batch.rows > batch.bad && <Preview batch={batch} definition={definition} />}
      <Submit batch={batch} />
    </Flex>
  )
}

/** Asked for by a button: it opens the rows, and draws another one at random each time. */
export function Preview({ batch, definition }: { batch: Batch; definition: Definition }) {
  const { say } = useWords('issuing')
  const [isShown, setShown] = useState(false)
  const preview = useQuery({
    queryKey: ['batch', batch.id, 'preview', batch.revision],
    queryFn: () => told(api.GET('/v1/batches/{id}/preview', { params: { path: { id: batch.id } } })),
    enabled: isShown,
    staleTime: Infinity,
  })
  return (
    <section className="panel" aria-labelledby="preview">
      <h2 id="preview">{say('preview')}</h2>
      <p>{say('previewWhat')}</p>
      <Flex vertical gap={16} align="stretch">
        <Flex gap={8} wrap className="no-print">
          <Button
            loading={preview.isFetching}
            onClick={() => (isShown ? void preview.refetch() : setShown(true))}
          >
            {isShown ? say('previewAgain') : say('previewShow')}
          </Button>
          {isShown && <Button onClick={() => window.print()}>{say('common:print')}</Button>}
        </Flex>
        {isShown && (
          <Asked query={preview}>
            {({ samples }) => <Samples definition={definition} samples={samples} />}
          </Asked>
        )}
      </Flex>
    </section>
  )
}

function Submit({ batch }: { batch: Batch }) {
  const { say } = useWords('issuing')
  const [leaveOut, setLeaveOut] = useState(false)
  const submit = useWrite(async (body: { leaveOut: boolean; revision: number }, key) => {
    const params = { path: { id: batch.id }, header: once(key) }
    return told(api.POST('/v1/batches/{id}/submit', { params, body }))
  })
  const good = batch.rows - batch.bad
  const mayGo = good > 0 && (batch.bad === 0 || leaveOut)
  return (
    <section className="panel no-print" aria-labelledby="submit">
      <h2 id="submit">{say('submit')}</h2>
      <p>{say('submitWhat')}</p>
      <Flex vertical gap={12} align="start">
        {batch.bad > 0 && good > 0 && (
          <Checkbox checked={leaveOut} onChange={({ target }) => setLeaveOut(target.checked)}>
            {say('submitLeaveOut', { bad: batch.bad, good })}
          </Checkbox>
        )}
        <Button
          type="primary"
          size="large"
          disabled={!mayGo}
          loading={submit.isPending}
          onClick={() => submit.mutate({ leaveOut: batch.bad > 0, revision: batch.revision })}
        >
          {say('submitGo', { count: good })}
        </Button>
        {!mayGo && <span className="ask-hint">{good === 0 ? say('submitNone') : say('submitNotYet')}</span>}
      </Flex>
      <ProblemNotice error={submit.error} />
    </section>
  )
}
