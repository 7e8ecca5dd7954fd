import { useQuery } from '@tanstack/react-query'
import { Alert, Flex } from 'antd'
import { Link, useParams } from 'react-router'
import { api, told } from '../api/client.ts'
import { once, useWrite } from '../api/write.ts'
import { Asked } from '../parts/asked.tsx'
import { Day, Moment } from '../parts/moment.tsx'
import { Page } from '../parts/page.tsx'
import { useSession } from '../session.tsx'
import { useWords } from '../words.ts'
import { useCertificateName, useTypeOf } from './certificate-name.ts'
import { AnswersDue } from './answers-due.tsx'
import { Decision } from './decision.tsx'
import { Facts } from './face.tsx'
import { FieldValue } from './field-value.tsx'
import { Ledger } from './ledger.tsx'
import { Panel } from './panel.tsx'
import { ProblemCode } from './problem-code.tsx'
import { useReasonWord } from './reasons.ts'
import type { ProposalDetail } from './shapes.ts'
import { ProposalTag } from './states.tsx'
import { nameIn } from './types.ts'
import { Withdraw } from './withdraw.tsx'

const LOOK_MS = 2_000

/** One proposed change: what, why, how it differs, and what was decided. */
export function ProposalPage() {
  const { say } = useWords('issuing')
  const { id = '' } = useParams()
  const nameOf = useCertificateName()
  const proposal = useQuery({
    queryKey: ['proposal', id],
    queryFn: async () =>
      (await told(api.GET('/v1/proposals/{id}', { params: { path: { id } } }))) as ProposalDetail,
    refetchInterval: ({ state }) =>
      state.data?.state === 'proposed' || state.data?.state === 'approved' ? LOOK_MS : false,
  })
  const { data } = proposal
  const title =
    data === undefined
      ? say('proposal')
      : say('changeOf', { action: say(`action_${data.action}`), certificate: nameOf(data.identifier) })
  return (
    <Page title={title} actions={data !== undefined && <ProposalTag state={data.state} />}>
      <Asked query={proposal}>
        {data => (
          <Flex vertical gap={16}>
            <State proposal={data} />
            <What proposal={data} />
            {data.changes.length > 0 && <Differences proposal={data} />}
            {data.state === 'proposed' && <ByRole proposal={data} />}
          </Flex>
        )}
      </Asked>
    </Page>
  )
}

function State({ proposal }: { proposal: ProposalDetail }) {
  const { say } = useWords('issuing')
  switch (proposal.state) {
    case 'proposed':
      return null
    case 'approved':
      return (
        <Alert
          type={proposal.problem === null ? 'info' : 'warning'}
          showIcon
          role="status"
          title={say('proposalRunning')}
          description={proposal.problem !== null && <ProblemCode code={proposal.problem} />}
        />
      )
    case 'done':
      return (
        <Alert
          type="success"
          showIcon
          role="status"
          title={say('proposalDone')}
          description={
            proposal.successor !== null ? (
              <>
                <Link to={`/issuing/certificates/${proposal.successor}`}>{say('successorGo')}</Link>
                <AnswersDue queue="corrections" />
              </>
            ) : (
              proposal.action !== 'supersede' && say(`proposalDone_${proposal.action}`)
            )
          }
        />
      )
    case 'rejected':
      return (
        <Alert
          type="error"
          showIcon
          role="status"
          title={say('proposalRejected')}
          description={
            proposal.problem !== null ? <ProblemCode code={proposal.problem} /> : (proposal.remark ?? '')
          }
        />
      )
    case 'withdrawn':
      return <Alert type="info" showIcon role="status" title={say('proposalWithdrawn')} />
  }
}

function What({ proposal }: { proposal: ProposalDetail }) {
  const { say } = useWords('issuing')
  const session = useSession()
  const nameOf = useCertificateName()
  const reasonOf = useReasonWord()
  const { identifier, action, reason, effective, maker, createdAt, decidedAt, digest } = proposal
  return (
    <Panel title={say('proposalWhat')}>
      <Facts
        facts={[
          [
            say('certificate'),
            <Link key="certificate" to={`/issuing/certificates/${identifier}`}>
              {nameOf(identifier)}
            </Link>,
          ],
          [say('action'), say(`action_${action}`)],
          [action === 'resume' ? say('reasonLifted') : say('reason'), reasonOf(reason)],
          ...(effective === null
            ? []
            : [[say('effective'), <Day key="effective" seconds={Date.parse(effective) / 1000} />] as const]),
          [say('madeBy'), session.data?.account === maker ? say('byYou') : say('byColleague')],
          [say('createdAt'), <Moment key="created" seconds={createdAt} />],
          ...(decidedAt === null
            ? []
            : [[say('decidedAt'), <Moment key="decided" seconds={decidedAt} />] as const]),
        ]}
      />
      <details className="technical">
        <summary>{say('common:technical')}</summary>
        <p>
          {say('fingerprint')} <code translate="no">{digest}</code>
        </p>
      </details>
    </Panel>
  )
}

function Differences({ proposal }: { proposal: ProposalDetail }) {
  const { say, language } = useWords('issuing')
  const typeOf = useTypeOf()
  const fields = typeOf(proposal.identifier)?.definition.fields ?? []
  const fieldOf = (key: string) => fields.find(field => field.key === key)
  return (
    <Panel title={say('differences')}>
      <Ledger
        caption={say('differences')}
        rows={proposal.changes}
        rowKey={({ field }) => field}
        renderCells={row => ({
          [say('field')]: nameIn(fieldOf(row.field), language) || row.field,
          [say('before')]: <FieldValue field={fieldOf(row.field)} value={row.before} />,
          [say('after')]: (
            <strong>
              <FieldValue field={fieldOf(row.field)} value={row.after} />
            </strong>
          ),
        })}
      />
    </Panel>
  )
}

function ByRole({ proposal }: { proposal: ProposalDetail }) {
  const { say } = useWords('issuing')
  const session = useSession()
  const path = { id: proposal.id }
  const approve = useWrite(
    async ({ digest }: { digest: string; done: () => void }, key) =>
      told(api.POST('/v1/proposals/{id}/approve', { params: { path, header: once(key) }, body: { digest } })),
    { onDone: (_, { done }) => done() },
  )
  const reject = useWrite(
    async ({ reason }: { reason: string; done: () => void }, key) =>
      told(api.POST('/v1/proposals/{id}/reject', { params: { path, header: once(key) }, body: { reason } })),
    { onDone: (_, { done }) => done() },
  )
  const withdraw = useWrite(async (id: string, key) =>
    told(api.POST('/v1/proposals/{id}/withdraw', { params: { path: { id }, header: once(key) } })),
  )
  if (session.data?.role === 'maker') {
    return (
      <>
        <Alert type="info" showIcon title={say('waitChecker')} description={say('waitCheckerOther')} />
        <div>
          <Withdraw
            word={say('proposalWithdraw')}
            what={say('proposalWithdrawWhat')}
            isPending={withdraw.isPending}
            error={withdraw.error}
            onConfirm={() => withdraw.mutate(proposal.id)}
          />
        </div>
      </>
    )
  }
  if (session.data?.account === proposal.maker)
    return <Alert type="info" showIcon title={say('ownHand')} description={say('ownHandNext')} />
  const action = say(`action_${proposal.action}`)
  return (
    <Decision
      name={`proposal-${proposal.id}`}
      digest={proposal.digest}
      confirm={say('proposalConfirm')}
      approve={{
        word: say('proposalApprove', { action }),
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
  )
}
