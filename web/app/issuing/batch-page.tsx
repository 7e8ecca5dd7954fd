import { useQuery } from '@tanstack/react-query'
import { Alert, Flex } from 'antd'
import { useParams } from 'react-router'
import { api, told } from '../api/client.ts'
import { once, useWrite } from '../api/write.ts'
import { Asked } from '../parts/asked.tsx'
import { forgetDrafts } from '../parts/draft.ts'
import { Moment } from '../parts/moment.tsx'
import { Page } from '../parts/page.tsx'
import { useSession, type Role } from '../session.tsx'
import { useWords } from '../words.ts'
import { BatchCheck } from './batch-check.tsx'
import { BatchDraft, Preview } from './batch-draft.tsx'
import { BatchIssued } from './batch-issued.tsx'
import { BatchProgress } from './batch-progress.tsx'
import { Facts } from './face.tsx'
import { rowDrafts } from './row-editor.tsx'
import type { Batch } from './shapes.ts'
import { BatchTag } from './states.tsx'
import { nameIn, useTypeVersion, type Definition } from './types.ts'
import { Withdraw } from './withdraw.tsx'

/** How often to look whether the other person has decided. */
const LOOK_MS = 5_000

/** One batch from its upload to its holders: what this role can do now, and what is awaited. */
export function BatchPage() {
  const { say, language } = useWords('issuing')
  const { id = '' } = useParams()
  const batch = useQuery({
    queryKey: ['batch', id, 'itself'],
    queryFn: () => told(api.GET('/v1/batches/{id}', { params: { path: { id } } })),
    refetchInterval: ({ state }) => (state.data?.state === 'submitted' ? LOOK_MS : false),
  })
  const type = useTypeVersion(batch.data?.type, batch.data?.version)
  const session = useSession()
  const name = nameIn(type.data?.definition, language)
  return (
    <Page
      title={name === '' ? say('batch') : say('batchOf', { type: name })}
      actions={batch.data !== undefined && <BatchTag batch={batch.data} />}
    >
      <Asked query={batch}>
        {data => (
          <Flex vertical gap={16}>
            <Overview batch={data} own={session.data?.account === data.maker} />
            <Asked query={type}>
              {({ definition }) => (
                <ByState batch={data} definition={definition} role={session.data?.role ?? 'anyone'} />
              )}
            </Asked>
          </Flex>
        )}
      </Asked>
    </Page>
  )
}

function Overview({ batch, own }: { batch: Batch; own: boolean }) {
  const { say } = useWords('issuing')
  return (
    <section className="panel" aria-label={say('overview')}>
      <Facts
        facts={[
          ...(batch.name === null ? [] : [[say('batchNamed'), batch.name] as const]),
          [say('rows'), say('rowsCount', { count: batch.rows })],
          ...(batch.bad > 0 ? [[say('badRows'), say('rowsCount', { count: batch.bad })] as const] : []),
          [say('source'), say(`source_${batch.source}`)],
          [say('madeBy'), own ? say('byYou') : say('byColleague')],
          [say('createdAt'), <Moment key="created" seconds={batch.createdAt} />],
          ...(batch.submittedAt === null
            ? []
            : [[say('submittedAt'), <Moment key="submitted" seconds={batch.submittedAt} />] as const]),
          ...(batch.decidedAt === null
            ? []
            : [[say('decidedAt'), <Moment key="decided" seconds={batch.decidedAt} />] as const]),
        ]}
      />
    </section>
  )
}

function ByState({ batch, definition, role }: { batch: Batch; definition: Definition; role: Role }) {
  const { say } = useWords('issuing')
  switch (batch.state) {
    case 'draft':
    case 'rejected':
      if (role !== 'maker') return <Alert type="info" showIcon title={say('waitMaker')} />
      return (
        <>
          <BatchDraft batch={batch} definition={definition} />
          <GiveUp batch={batch} />
        </>
      )
    case 'submitted':
      if (role === 'checker') return <BatchCheck batch={batch} definition={definition} />
      return (
        <>
          <Alert
            type="info"
            showIcon
            title={say('waitChecker')}
            description={role === 'maker' ? say('waitCheckerOther') : undefined}
          />
          {role === 'maker' && <Preview batch={batch} definition={definition} />}
          {role === 'maker' && <GiveUp batch={batch} />}
        </>
      )
    case 'approved':
      return <BatchProgress batch={batch} />
    case 'issued':
      return (
        <>
          <BatchProgress batch={batch} />
          <BatchIssued batch={batch} />
        </>
      )
    case 'withdrawn':
      return <Alert type="info" showIcon title={say('withdrawnTitle')} description={say('withdrawnWhat')} />
  }
}

function GiveUp({ batch }: { batch: Batch }) {
  const { say } = useWords('issuing')
  const withdraw = useWrite(
    async (id: string, key) =>
      told(api.POST('/v1/batches/{id}/withdraw', { params: { path: { id }, header: once(key) } })),
    // What was typed over its rows goes with them.
    { onDone: (_, id) => forgetDrafts(rowDrafts(id)) },
  )
  return (
    <div className="no-print">
      <Withdraw
        word={say('batchWithdraw')}
        what={say('batchWithdrawWhat')}
        isPending={withdraw.isPending}
        error={withdraw.error}
        onConfirm={() => withdraw.mutate(batch.id)}
      />
    </div>
  )
}
