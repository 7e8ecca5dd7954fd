import { useQuery } from '@tanstack/react-query'
import { Alert, Flex } from 'antd'
import { api, told } from '../api/client.ts'
import { once, useWrite } from '../api/write.ts'
import { Asked } from '../parts/asked.tsx'
import { useSession } from '../session.tsx'
import { useWords } from '../words.ts'
import { Decision } from './decision.tsx'
import { Facts } from './face.tsx'
import { Samples } from './samples.tsx'
import type { Batch } from './shapes.ts'
import { nameIn, type Definition } from './types.ts'

/** What the second person looks at before anything is signed: how many, of what, samples; and what he decides. */
export function BatchCheck({ batch, definition }: { batch: Batch; definition: Definition }) {
  const { say, language } = useWords('issuing')
  const session = useSession()
  const path = { id: batch.id }
  const summary = useQuery({
    // Given back and submitted again it is another one.
    queryKey: ['batch', batch.id, 'summary', batch.revision],
    queryFn: () => told(api.GET('/v1/batches/{id}/summary', { params: { path } })),
    staleTime: Infinity,
  })
  const approve = useWrite(
    async ({ digest }: { digest: string; done: () => void }, key) =>
      told(api.POST('/v1/batches/{id}/approve', { params: { path, header: once(key) }, body: { digest } })),
    { onDone: (_, { done }) => done() },
  )
  const reject = useWrite(
    async ({ reason }: { reason: string; done: () => void }, key) =>
      told(api.POST('/v1/batches/{id}/reject', { params: { path, header: once(key) }, body: { reason } })),
    { onDone: (_, { done }) => done() },
  )
  if (session.data?.account === batch.maker)
    return <Alert type="info" showIcon title={say('ownHand')} description={say('ownHandNext')} />
  return (
    <Asked query={summary}>
      {({ rows, leftOut, digest, version, samples }) => (
        <Flex vertical gap={16}>
          <section className="panel" aria-labelledby="summary">
            <h2 id="summary">{say('summary')}</h2>
            <Facts
              facts={[
                [say('type'), nameIn(definition, language)],
                [say('summaryRows'), say('certificatesCount', { count: rows })],
                [say('summaryLeftOut'), say('rowsCount', { count: leftOut })],
              ]}
            />
            <details className="technical">
              <summary>{say('common:technical')}</summary>
              <p>{say('summaryBound')}</p>
              <p>
                {say('typeVersion')} {version} · {say('fingerprint')} <code>{digest}</code>
              </p>
            </details>
          </section>
          <section className="panel" aria-labelledby="samples">
            <h2 id="samples">{say('samples')}</h2>
            <Samples definition={definition} samples={samples} />
          </section>
          <Decision
            name={`batch-${batch.id}`}
            digest={digest}
            confirm={say('batchConfirm', { count: rows })}
            approve={{
              word: say('batchApprove', { count: rows }),
              isPending: approve.isPending,
              error: approve.error,
              run: (digest, done) => approve.mutate({ digest, done }),
            }}
            reject={{
              isPending: reject.isPending,
              error: reject.error,
              run: (reason, done) => reject.mutate({ reason, done }),
            }}
          />
        </Flex>
      )}
    </Asked>
  )
}
