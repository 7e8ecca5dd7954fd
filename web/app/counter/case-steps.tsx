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
import { OutputForm, forgetOutput, hasOutput, type Made } from './output-form.tsx'
import { ReasonForm, forgetReason, hasReason } from './reason-form.tsx'
import { olderOf } from './replaces-field.tsx'

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

const OUTPUT_TONES: Readonly<Record<Case['outputs'][number]['state'], Tone>> = {
  intended: 'waiting',
  issued: 'success',
  'given-up': 'neutral',
}

function Outputs({ of }: { of: Case }) {
  const { say } = useWords('counter')
  const names = useNames()
  if (of.outputs.length === 0) return null
  return (
    <>
      <h3>{say('outputs')}</h3>
      <ul className="plain">
        {of.outputs.map(({ cert, state, replaces }, place) => (
          <li key={place}>
            <ToneTag tone={OUTPUT_TONES[state]}>{say(`output_${state}`)}</ToneTag>{' '}
            {cert === 'EVI' ? say('outputRecord') : names.type(cert)}
            {replaces !== null && ` · ${say('outputReplaces')}`}
          </li>
        ))}
      </ul>
    </>
  )
}

type Acting =
  { outcome: 'complete'; outputs: ({ cert: string } & Made)[] } | { outcome: Ending; reason: string }
type Ending = 'return' | 'give-up'

function Act({ of, step, onDone }: { of: Case; step: CaseStep; onDone: () => void }) {
  const { say } = useWords('counter')
  const matter = useMatter(of.matter)
  const isLast = step.number === of.steps.length
  const possible = outputsOf(matter.data, of, step)
  const nameOf = (ending: Ending) => `${ending}-${of.id}-${step.number}`
  const draftOf = (cert: string) => `${of.id}-${step.number}-${cert}`
  const [ending, setEnding] = useState<Ending | null>(
    () => ENDINGS.find(one => hasReason(nameOf(one))) ?? null,
  )
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
        for (const one of ENDINGS) forgetReason(nameOf(one))
        for (const { cert } of possible) forgetOutput(draftOf(cert))
        setEnding(null)
        setIssuing(null)
        onDone()
      },
    },
  )
  const output = possible.find(({ cert }) => cert === issuing)
  const isIssuing = step.state === 'issuing' && !act.isPending
  const endingWord = (one: Ending) =>
    one === 'give-up' ? 'stepGiveUp' : step.number === 1 ? 'stepReturnFirst' : 'stepReturn'
  return (
    <Flex vertical gap={12} className="act">
      <h3>{say('stepYours')}</h3>
      {isLast && !of.ready && <Alert type="warning" showIcon title={say('stepNotReady')} />}
      {isIssuing && (
        <Alert type="warning" showIcon title={say('stepIssuing')} description={say('stepIssuingNext')} />
      )}
      {ending === null && output === undefined && isIssuing && (
        <Flex gap={12} wrap>
          <Button
            type="primary"
            size="large"
            onClick={() => act.mutate({ outcome: 'complete', outputs: [] })}
          >
            {say('stepIssueAgain')}
          </Button>
          <Button size="large" onClick={() => setEnding('give-up')}>
            {say('stepGiveUp')}
          </Button>
        </Flex>
      )}
      {ending === null && output === undefined && !isIssuing && (
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
          <Button size="large" onClick={() => setEnding('return')}>
            {say(endingWord('return'))}
          </Button>
        </Flex>
      )}
      {output !== undefined && (
        <OutputForm
          of={of}
          cert={output.cert}
          older={olderOf(of, output)}
          isRecord={output.kind === 'record'}
          draft={draftOf(output.cert)}
          isPending={act.isPending}
          error={act.error}
          onCancel={() => setIssuing(null)}
          onGo={made => act.mutate({ outcome: 'complete', outputs: [{ cert: output.cert, ...made }] })}
        />
      )}
      {ending !== null && (
        <ReasonForm
          name={nameOf(ending)}
          label={say(ending === 'return' ? 'stepReturnReason' : 'stepGiveUpReason')}
          go={say(endingWord(ending))}
          isPending={act.isPending}
          onGo={reason => act.mutate({ outcome: ending, reason })}
          onCancel={() => setEnding(null)}
        />
      )}
      <p className="small">{say('stepStepUp')}</p>
      <ProblemNotice error={act.error} />
    </Flex>
  )
}

const ENDINGS: readonly Ending[] = ['return', 'give-up']

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
    ({ cert, dept }) =>
      dept === department && !of.outputs.some(one => one.cert === cert && one.state !== 'given-up'),
  )
}
