import { Alert, Button, Flex } from 'antd'
import { useRef, useState } from 'react'
import { api, told } from '../api/client.ts'
import { once, useWrite } from '../api/write.ts'
import { Moment } from '../parts/moment.tsx'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { ToneTag, type Tone } from '../parts/tone.tsx'
import { useSession } from '../session.tsx'
import { useWords } from '../words.ts'
import type { Case, CaseStep, Matter } from './api-types.ts'
import { useMatter, useNames } from './catalogue.ts'
import { OutputForm, forgetOutput, hasOutput, type OutputFields } from './output-form.tsx'
import { ReasonForm, forgetReason, hasReason } from './reason-form.tsx'

const TONES: Readonly<Record<CaseStep['state'], Tone>> = {
  pending: 'neutral',
  issuing: 'waiting',
  done: 'success',
  returned: 'warning',
}

/** The steps of several departments in their order, and the one whose turn it is. */
export function CaseSteps({ of }: { of: Case }) {
  const { say } = useWords('counter')
  const names = useNames()
  const { data: session } = useSession()
  const list = useRef<HTMLOListElement>(null)
  const next = of.steps.find(({ state }) => state !== 'done')
  const isOwn = of.state === 'open' && next !== undefined && next.department === session?.department
  return (
    <>
      <ol className="steps" ref={list} tabIndex={-1}>
        {of.steps.map(step => (
          <li key={step.number} aria-current={step === next && of.state === 'open' ? 'step' : undefined}>
            <Flex justify="space-between" gap={8} wrap align="start">
              <div>
                <strong>{names.inLanguage(step)}</strong>
                <div className="small">{names.department(step.department)}</div>
                {step.reason !== null && (
                  <div className="small">{say('stepReason', { reason: step.reason })}</div>
                )}
              </div>
              <div>
                <ToneTag tone={TONES[step.state]}>{say(`step_${step.state}`)}</ToneTag>
                {step.at !== null && (
                  <div className="small">
                    <Moment seconds={step.at} />
                  </div>
                )}
              </div>
            </Flex>
          </li>
        ))}
      </ol>
      <Outputs of={of} />
      {isOwn && <Act key={next.number} of={of} step={next} onDone={() => list.current?.focus()} />}
      {of.state === 'open' && next !== undefined && !isOwn && (
        <p>{say('stepOfOther', { department: names.department(next.department) })}</p>
      )}
    </>
  )
}

function Outputs({ of }: { of: Case }) {
  const { say } = useWords('counter')
  const names = useNames()
  if (of.outputs.length === 0) return null
  return (
    <>
      <h3>{say('outputs')}</h3>
      <ul className="plain">
        {of.outputs.map(({ cert, step, state, replaces }) => (
          <li key={`${cert} ${step}`}>
            <ToneTag tone={state === 'issued' ? 'success' : 'waiting'}>
              {say(state === 'issued' ? 'outputIssued' : 'outputIntended')}
            </ToneTag>{' '}
            {cert === 'EVI' ? say('outputRecord') : names.type(cert)}
            {replaces !== null && ` · ${say('outputReplaces')}`}
          </li>
        ))}
      </ul>
    </>
  )
}

type Acting =
  | { outcome: 'complete'; outputs: { cert: string; fields?: OutputFields; record?: string }[] }
  | { outcome: 'return'; reason: string }

function Act({ of, step, onDone }: { of: Case; step: CaseStep; onDone: () => void }) {
  const { say } = useWords('counter')
  const matter = useMatter(of.matter)
  const isLast = step.number === of.steps.length
  const possible = outputsOf(matter.data, of, step)
  const returnName = `return-${of.id}-${step.number}`
  const draftOf = (cert: string) => `${of.id}-${step.number}-${cert}`
  const [isReturning, setReturning] = useState(() => hasReason(returnName))
  const [issuing, setIssuing] = useState<string | null>(
    () => (of.steps.length > 0 && possible.find(({ cert }) => hasOutput(draftOf(cert)))?.cert) || null,
  )
  const act = useWrite<Acting, Case>(
    (body, key) =>
      told(
        api.POST('/v1/cases/{id}/steps/{step}', {
          params: { header: once(key), path: { id: of.id, step: String(step.number) } },
          body: body as never,
        }),
      ),
    {
      onDone: () => {
        forgetReason(returnName)
        for (const { cert } of possible) forgetOutput(draftOf(cert))
        setReturning(false)
        onDone()
      },
    },
  )
  const output = possible.find(({ cert }) => cert === issuing)
  const returnWord = step.number === 1 ? 'stepReturnFirst' : 'stepReturn'
  return (
    <Flex vertical gap={12} className="act">
      <h3>{say('stepYours')}</h3>
      {isLast && !of.ready && <Alert type="warning" showIcon title={say('stepNotReady')} />}
      {!isReturning && output === undefined && (
        <Flex gap={12} wrap>
          <Button
            type="primary"
            size="large"
            loading={act.isPending}
            onClick={() => act.mutate({ outcome: 'complete', outputs: [] })}
          >
            {say('stepComplete')}
          </Button>
          {possible.map(({ cert }) => (
            <IssueButton key={cert} cert={cert} onChosen={() => setIssuing(cert)} />
          ))}
          <Button size="large" onClick={() => setReturning(true)}>
            {say(returnWord)}
          </Button>
        </Flex>
      )}
      {output !== undefined && (
        <OutputForm
          cert={output.cert}
          isRecord={output.kind === 'record'}
          draft={draftOf(output.cert)}
          isPending={act.isPending}
          error={act.error}
          onCancel={() => setIssuing(null)}
          onGo={made => act.mutate({ outcome: 'complete', outputs: [{ cert: output.cert, ...made }] })}
        />
      )}
      {isReturning && (
        <ReasonForm
          name={returnName}
          label={say('stepReturnReason')}
          go={say(returnWord)}
          isPending={act.isPending}
          onGo={reason => act.mutate({ outcome: 'return', reason })}
          onCancel={() => setReturning(false)}
        />
      )}
      <p className="small">{say('stepStepUp')}</p>
      <ProblemNotice error={act.error} />
    </Flex>
  )
}

function IssueButton({ cert, onChosen }: { cert: string; onChosen: () => void }) {
  const { say } = useWords('counter')
  const names = useNames()
  return (
    <Button size="large" onClick={onChosen}>
      {say('stepIssue', { type: cert === 'EVI' ? say('outputRecord') : names.type(cert) })}
    </Button>
  )
}

/** What this department may issue in this case and has not yet. */
function outputsOf(matter: Matter | undefined, of: Case, { department }: CaseStep): Matter['outputs'] {
  return (matter?.outputs ?? []).filter(
    ({ cert, dept }) => dept === department && !of.outputs.some(one => one.cert === cert),
  )
}
