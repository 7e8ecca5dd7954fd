import { useQuery } from '@tanstack/react-query'
import { Alert, Button, Flex, Input } from 'antd'
import { useEffect, useId, useRef, useState, type ReactNode } from 'react'
import { useNavigate, useParams, useSearchParams } from 'react-router'
import { api, told, type Problem } from '../api/client.ts'
import { once, useWrite } from '../api/write.ts'
import { Missing } from '../home.tsx'
import { Asked } from '../parts/asked.tsx'
import { Page } from '../parts/page.tsx'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { useWords } from '../words.ts'
import { useCertificateName, useTypeOf } from './certificate-name.ts'
import { useCorrections } from './correction-queue.ts'
import type { RowError } from './error-words.ts'
import { Says } from './says.tsx'
import { reasonsFor } from './reasons.ts'
import { RowForm } from './row-form.tsx'
import { rowOf, typedOf, type Typed } from './row-values.ts'
import type { Action } from './shapes.ts'
import { nameIn, pathName, useReasons, type Definition } from './types.ts'

const ACTIONS: readonly Action[] = ['suspend', 'resume', 'revoke', 'supersede']

/** Proposing one change of one certificate, for another person to check. */
export function ChangePage() {
  const { say } = useWords('issuing')
  const { identifier = '', action: named = '' } = useParams()
  const nameOf = useCertificateName()
  const action = ACTIONS.find(one => one === named)
  if (action === undefined) return <Missing />
  return (
    <Page
      title={say('changeOf', { action: say(`action_${action}`), certificate: nameOf(identifier) })}
      intro={say(`actionWhat_${action}`)}
    >
      {action === 'supersede' ? (
        <Supersede identifier={identifier} />
      ) : (
        <SimpleChange identifier={identifier} action={action} />
      )}
    </Page>
  )
}

/** Sends a proposal and goes to it. */
function usePropose(identifier: string) {
  const navigate = useNavigate()
  return useWrite(
    async (body: ProposalBody, key) =>
      told(
        api.POST('/v1/certificates/{identifier}/proposals', {
          params: { path: { identifier }, header: once(key) },
          body: body as never,
        }),
      ),
    { onDone: ({ id }) => void navigate(`/issuing/proposals/${id}`) },
  )
}

interface ProposalBody {
  action: Action
  reason: string
  effective?: string
  fields?: Record<string, unknown>
}

function SimpleChange({
  identifier,
  action,
}: {
  identifier: string
  action: 'suspend' | 'resume' | 'revoke'
}) {
  const { say } = useWords('issuing')
  const id = useId()
  const [reason, setReason] = useState('')
  const [day, setDay] = useState('')
  const propose = usePropose(identifier)
  return (
    <ProposalForm
      isPending={propose.isPending}
      isReady={reason !== ''}
      error={propose.error}
      onSend={() =>
        propose.mutate({
          action,
          reason,
          ...(day !== '' && {
            effective: new Date(`${day}T00:00:00+08:00`).toISOString().replace('.000Z', 'Z'),
          }),
        })
      }
    >
      <ReasonInput action={action} reason={reason} onChange={setReason} />
      <div className="ask">
        <label htmlFor={id}>
          {say('effective')}
          <span className="ask-optional">{say('common:optional')}</span>
        </label>
        <div id={`${id}-hint`} className="ask-hint small">
          {say('effectiveHint')}
        </div>
        <Input
          id={id}
          type="date"
          min="1900-01-01"
          max="9999-12-31"
          aria-describedby={`${id}-hint`}
          value={day}
          onChange={({ target }) => setDay(target.value)}
        />
      </div>
    </ProposalForm>
  )
}

function ReasonInput({
  action,
  reason,
  onChange,
}: {
  action: Action
  reason: string
  onChange: (reason: string) => void
}) {
  const { say, language } = useWords('issuing')
  const id = useId()
  const reasons = useReasons()
  return (
    <div className="ask">
      <label htmlFor={id}>{action === 'resume' ? say('reasonLifted') : say('reason')}</label>
      <select
        id={id}
        className="choice"
        value={reason}
        aria-required
        onChange={({ target }) => onChange(target.value)}
      >
        <option value="">{say('choose')}</option>
        {(reasons.data?.[reasonsFor(action)] ?? []).map(one => (
          <option key={one.code} value={one.code}>
            {nameIn(one, language)}
          </option>
        ))}
      </select>
    </div>
  )
}

function ProposalForm({
  isPending,
  isReady,
  error,
  onSend,
  children,
}: {
  isPending: boolean
  isReady: boolean
  error: unknown
  onSend: () => void
  children: ReactNode
}) {
  const { say } = useWords('issuing')
  return (
    <form
      className="panel"
      noValidate
      onSubmit={event => {
        event.preventDefault()
        onSend()
      }}
    >
      {children}
      <div>
        <Button type="primary" size="large" htmlType="submit" disabled={!isReady} loading={isPending}>
          {say('proposeGo')}
        </Button>
      </div>
      <p className="ask-hint">{say(isReady ? 'proposeNext' : 'proposeNotYet')}</p>
      <ProblemNotice error={error} />
    </form>
  )
}

function Supersede({ identifier }: { identifier: string }) {
  const typeOf = useTypeOf()
  const definition = typeOf(identifier)?.definition
  const certificate = useQuery({
    queryKey: ['certificate', identifier, 'values'],
    queryFn: () => told(api.GET('/v1/certificates/{identifier}', { params: { path: { identifier } } })),
  })
  const { say } = useWords('issuing')
  return (
    <Asked query={certificate}>
      {({ fields }) =>
        fields === null ? (
          <Alert type="info" showIcon title={say('erased')} description={say('erasedWhat')} />
        ) : definition === undefined ? null : (
          <NextVersion identifier={identifier} definition={definition} before={fields} />
        )
      }
    </Asked>
  )
}

function NextVersion({
  identifier,
  definition,
  before,
}: {
  identifier: string
  definition: Definition
  before: Readonly<Record<string, unknown>>
}) {
  const { say, language } = useWords('issuing')
  const [chosen] = useSearchParams()
  const asked = useCorrections('corrections', true).data?.find(({ id }) => id === chosen.get('correction'))
  const [typed, setTyped] = useState<Readonly<Record<string, Typed>>>(() =>
    Object.fromEntries(definition.fields.map(field => [field.key, typedOf(field, before[field.key])])),
  )
  const [reason, setReason] = useState(chosen.has('correction') ? 'ISSUED_IN_ERROR' : '')
  const alert = useRef<HTMLDivElement>(null)
  const propose = usePropose(identifier)
  const { error } = propose
  const errors = errorsIn(error)
  const hasErrors = errors.length > 0
  useEffect(() => {
    if (errorsIn(error).length > 0) alert.current?.focus()
  }, [error])
  return (
    <ProposalForm
      isPending={propose.isPending}
      isReady={reason !== ''}
      error={hasErrors ? null : error}
      onSend={() => propose.mutate({ action: 'supersede', reason, fields: rowOf(definition, typed) })}
    >
      {asked !== undefined && (
        <Alert
          type="info"
          showIcon
          title={say('correctionAsked', { field: pathName(definition, asked.field, language, String) })}
          description={<Says says={asked.says} />}
        />
      )}
      {hasErrors && (
        <div ref={alert} tabIndex={-1}>
          <Alert type="error" showIcon title={say('formBad')} description={say('formBadNext')} />
        </div>
      )}
      <Flex vertical gap={16}>
        <ReasonInput action="supersede" reason={reason} onChange={setReason} />
        <RowForm definition={definition} typed={typed} onChange={setTyped} errors={errors} />
      </Flex>
    </ProposalForm>
  )
}

const errorsIn = (error: Problem | null): RowError[] =>
  error?.code === 'ROWS_INVALID' ? (error.body.errors ?? []) : []
