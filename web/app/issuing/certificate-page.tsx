import { useQuery } from '@tanstack/react-query'
import { Alert, Button, Flex } from 'antd'
import { useState } from 'react'
import { Link, useNavigate, useParams } from 'react-router'
import { api, Problem, saveFile, told } from '../api/client.ts'
import { Asked } from '../parts/asked.tsx'
import { Day, Moment } from '../parts/moment.tsx'
import { Page } from '../parts/page.tsx'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { useSession } from '../session.tsx'
import { useWords } from '../words.ts'
import { useCertificateName, useTypeOf } from './certificate-name.ts'
import { Erase } from './erase.tsx'
import { Face, Facts } from './face.tsx'
import { Panel } from './panel.tsx'
import { useReasonWord } from './reasons.ts'
import type { Action, CertificateState } from './shapes.ts'
import { ProposalTag, StandingTag } from './states.tsx'
import { useTypeVersion } from './types.ts'

/** One certificate of the department: what it says, where it stands, what happened to it, and what may be done. */
export function CertificatePage() {
  const { identifier = '' } = useParams()
  const nameOf = useCertificateName()
  const session = useSession()
  const state = useQuery({
    queryKey: ['certificate', identifier, 'state'],
    queryFn: () => told(api.GET('/v1/certificates/{identifier}/state', { params: { path: { identifier } } })),
    // An order is on its way to the chain.
    refetchInterval: ({ state }) => (isMoving(state.data) ? 2_000 : false),
  })
  const role = session.data?.role
  const isErased = useValues(identifier, role === 'maker' || role === 'checker').data?.fields === null
  return (
    <Page
      title={nameOf(identifier)}
      actions={state.data !== undefined && <StandingTag standing={state.data.standing} />}
    >
      <Asked query={state}>
        {data => (
          <Flex vertical gap={16}>
            <OpenProposal identifier={identifier} />
            {role === 'maker' && <Changes certificate={data} isErased={isErased} />}
            {role !== 'supervisor' && <Values identifier={identifier} />}
            <Standing certificate={data} />
            <History certificate={data} />
            <Papers identifier={identifier} isFinal={data.statement.state === 'final'} isErased={isErased} />
            {role === 'checker' && <Erase identifier={identifier} isErased={isErased} />}
          </Flex>
        )}
      </Asked>
    </Page>
  )
}

const isMoving = (certificate: CertificateState | undefined): boolean =>
  certificate !== undefined &&
  (certificate.statement.state !== 'final' ||
    certificate.changes.some(({ state }) => state !== 'final' && state !== 'refused'))

/** A change that waits is what everybody has to know first. */
function OpenProposal({ identifier }: { identifier: string }) {
  const { say } = useWords('issuing')
  const proposals = useQuery({
    queryKey: ['proposals', 'of', identifier],
    queryFn: async () =>
      (await told(api.GET('/v1/proposals', { params: { query: { identifier } } }))).proposals,
    refetchInterval: ({ state }) =>
      state.data?.some(one => one.state === 'proposed' || one.state === 'approved') === true ? 3_000 : false,
  })
  const open = proposals.data?.find(one => one.state === 'proposed' || one.state === 'approved')
  if (open === undefined) return null
  return (
    <Alert
      type="info"
      showIcon
      title={
        <>
          {say('proposalOpen', { action: say(`action_${open.action}`) })} · <ProposalTag state={open.state} />
        </>
      }
      description={<Link to={`/issuing/proposals/${open.id}`}>{say('proposalOpenGo')}</Link>}
    />
  )
}

/** What a certificate in this state may become. */
const ACTIONS: Readonly<Record<CertificateState['standing'], readonly Action[]>> = {
  ACTIVE: ['supersede', 'suspend', 'revoke'],
  NOT_YET_VALID: ['supersede', 'suspend', 'revoke'],
  EXPIRED: ['supersede', 'revoke'],
  SUSPENDED: ['resume', 'supersede', 'revoke'],
  SUPERSEDED: ['revoke'],
  REVOKED: [],
}

function Changes({ certificate, isErased }: { certificate: CertificateState; isErased: boolean }) {
  const { say } = useWords('issuing')
  const navigate = useNavigate()
  // A new version begins with what the one before says.
  const actions = ACTIONS[certificate.standing].filter(action => !isErased || action !== 'supersede')
  if (actions.length === 0) return null
  return (
    <Panel title={say('change')}>
      <p>{say('changeTwo')}</p>
      <Flex gap={8} wrap>
        {actions.map(action => (
          <Button
            key={action}
            onClick={() => void navigate(`/issuing/certificates/${certificate.identifier}/change/${action}`)}
          >
            {say(`action_${action}`)}
          </Button>
        ))}
      </Flex>
    </Panel>
  )
}

/** What it says, for roles that may see it. */
function useValues(identifier: string, isAsked: boolean) {
  return useQuery({
    queryKey: ['certificate', identifier, 'values'],
    queryFn: () => told(api.GET('/v1/certificates/{identifier}', { params: { path: { identifier } } })),
    retry: (count, error) => count < 2 && error instanceof Problem && error.body.status === 0,
    enabled: isAsked,
  })
}

function Values({ identifier }: { identifier: string }) {
  const { say } = useWords('issuing')
  const typeOf = useTypeOf()
  const certificate = useValues(identifier, true)
  const type = useTypeVersion(typeOf(identifier)?.code, certificate.data?.typeVersion)
  const definition = type.data?.definition
  return (
    <Asked query={certificate}>
      {({ fields, shortCode }) =>
        fields === null ? (
          <Alert type="info" showIcon title={say('erased')} description={say('erasedWhat')} />
        ) : definition === undefined ? null : (
          <Panel title={say('contents')}>
            <Face definition={definition} values={fields}>
              <Facts facts={[[say('shortCode'), <strong key="code">{shortCode}</strong>]]} />
            </Face>
          </Panel>
        )
      }
    </Asked>
  )
}

function Standing({ certificate }: { certificate: CertificateState }) {
  const { say } = useWords('issuing')
  const { statement, validFrom, validUntil, identifier, batch, leaf } = certificate
  return (
    <Panel title={say('standingNow')}>
      <Facts
        facts={[
          [say('standing'), <StandingTag key="standing" standing={certificate.standing} />],
          [say('validFrom'), <Day key="from" seconds={validFrom} />],
          [say('validUntil'), <Day key="until" seconds={validUntil} />],
          [
            say('onChain'),
            statement.block === null ? (
              say(`statement_${statement.state}`)
            ) : (
              <span key="chain">
                {say(`statement_${statement.state}`)} ·{' '}
                {say('onChainBlock', { number: statement.block.number })} ·{' '}
                <Moment seconds={statement.block.time} />
              </span>
            ),
          ],
          ...(batch === null
            ? []
            : [
                [
                  say('batch'),
                  <Link key="batch" to={`/issuing/batches/${batch}`}>
                    {say('batchGo')}
                  </Link>,
                ] as const,
              ]),
        ]}
      />
      <details className="technical">
        <summary>{say('common:technical')}</summary>
        <p>
          {say('identifier')} <code translate="no">{identifier}</code>
        </p>
        <p>
          {say('fingerprint')} <code translate="no">{leaf}</code>
        </p>
      </details>
    </Panel>
  )
}

function History({ certificate }: { certificate: CertificateState }) {
  const { say } = useWords('issuing')
  const reasonOf = useReasonWord()
  return (
    <Panel title={say('history')}>
      <ol className="history">
        <li>
          <strong>{say('historyIssued')}</strong> · <Moment seconds={certificate.acceptedAt} />
        </li>
        {certificate.changes.map(change => (
          <li key={change.id}>
            <strong>{say(`action_${change.action}`)}</strong> · {reasonOf(change.reason)} ·{' '}
            <Moment seconds={change.acceptedAt} />
            <br />
            <span className="small">
              {say(`order_${change.state}`)}
              {change.block !== null && ` · ${say('onChainBlock', { number: change.block.number })}`}
            </span>
          </li>
        ))}
      </ol>
    </Panel>
  )
}

function Papers({
  identifier,
  isFinal,
  isErased,
}: {
  identifier: string
  isFinal: boolean
  isErased: boolean
}) {
  const { say } = useWords('issuing')
  const session = useSession()
  const [failed, setFailed] = useState<unknown>(null)
  const save = (what: string, name: string) => {
    setFailed(null)
    saveFile(`/v1/certificates/${identifier}/${what}`, name).catch(setFailed)
  }
  return (
    <Panel title={say('papers')}>
      <p>{isFinal ? say('papersWhat') : say('papersLater')}</p>
      <Flex gap={8} wrap>
        {session.data?.role !== 'supervisor' && !isErased && (
          <>
            <Button type="primary" disabled={!isFinal} onClick={() => save('paper', `${identifier}.pdf`)}>
              {say('papersPdf')}
            </Button>
            <Button onClick={() => save('file', `${identifier}.json`)}>{say('papersFile')}</Button>
          </>
        )}
        <Button disabled={!isFinal} onClick={() => save('receipt', `${identifier}.receipt.json`)}>
          {say('papersReceipt')}
        </Button>
      </Flex>
      <ProblemNotice error={failed} />
    </Panel>
  )
}
