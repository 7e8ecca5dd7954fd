/** One case: what it asks for and how each item stands, kept up to date by the gateway; its steps, and what comes of it. */
import { Alert, Button, Card, Flex } from 'antd'
import { useState } from 'react'
import { Link, useParams } from 'react-router'
import { api, told } from '../api/client.ts'
import { once, useWrite } from '../api/write.ts'
import { Asked } from '../parts/asked.tsx'
import { Moment } from '../parts/moment.tsx'
import { Page } from '../parts/page.tsx'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { ToneTag } from '../parts/tone.tsx'
import { useWords } from '../words.ts'
import type { Case, CaseItem, Collected } from './api-types.ts'
import { ArchiveButton } from './archive-button.tsx'
import { useCase } from './case-choice.tsx'
import { useCaseEvents } from './case-events.ts'
import { CaseItems } from './case-items.tsx'
import { STATE_TONES } from './case-list.tsx'
import { CaseSteps } from './case-steps.tsx'
import { useNames } from './catalogue.ts'
import { ConsentPanel } from './consent-panel.tsx'
import { ReasonForm } from './reason-form.tsx'
import { refusalWords } from './refusal-words.ts'

export function CasePage() {
  const { say } = useWords('counter')
  const { id = '' } = useParams()
  const found = useCase(id)
  if (found.data === undefined) {
    return (
      <Page title={say('caseTitle')}>
        <Asked query={found}>{() => null}</Asked>
      </Page>
    )
  }
  return <CaseView of={found.data} />
}

function CaseView({ of }: { of: Case }) {
  const { say } = useWords('counter')
  const names = useNames()
  const isOpen = of.state === 'open'
  useCaseEvents(of.id, isOpen)
  const flagged = of.items.filter(({ state }) => state === 'flagged')
  return (
    <Page
      title={names.inLanguage(of)}
      intro={
        <>
          <span translate="no">{of.number}</span> · {say('openedAt')} <Moment seconds={of.openedAt} />
        </>
      }
      actions={
        <>
          <ToneTag tone={STATE_TONES[of.state]}>{say(`case_${of.state}`)}</ToneTag>
          <ArchiveButton id={of.id} number={of.number} />
        </>
      }
    >
      <div aria-live="assertive" role="alert">
        {flagged.map(item => (
          <Alert
            key={item.number}
            type="error"
            showIcon
            title={say('flagged', { type: names.type(item.cert), what: say(flagWord(item.flagged?.action)) })}
            description={say('flaggedNext')}
          />
        ))}
      </div>
      {of.closedReason !== null && (
        <Alert type="info" showIcon title={say('closedBecause', { reason: of.closedReason })} />
      )}
      <Card
        title={
          <Flex justify="space-between" gap={12} wrap align="center">
            <h2>{say('items')}</h2>
            <ToneTag tone={of.ready ? 'success' : 'waiting'}>{say(of.ready ? 'ready' : 'notReady')}</ToneTag>
          </Flex>
        }
      >
        {isOpen && !of.ready && <Lacking of={of} />}
        {isOpen && <Collect of={of} />}
        <CaseItems of={of} />
      </Card>
      <ConsentPanel of={of} />
      <Card title={<h2>{say('steps')}</h2>}>
        <CaseSteps of={of} />
      </Card>
      {isOpen && <Close of={of} />}
    </Page>
  )
}

const FLAGS = { revoke: 'flag_revoke', suspend: 'flag_suspend', supersede: 'flag_supersede' } as const
const flagWord = (action: string | undefined) => FLAGS[action as keyof typeof FLAGS] ?? 'flag_other'

function Collect({ of }: { of: Case }) {
  const { say, language } = useWords('counter')
  const names = useNames()
  const collect = useWrite<null, Collected>((_, key) => {
    const call = api.POST('/v1/cases/{id}/collect', {
      params: { header: once(key), path: { id: of.id } },
      body: { ask: false },
    })
    return told(call)
  })
  const results = collect.data?.results ?? []
  const refused = results.filter(({ outcome }) => outcome === 'refused')
  const adopted = results.filter(({ outcome }) => outcome === 'adopted').length
  const isNone = adopted === 0 && refused.length === 0
  return (
    <Flex vertical gap={8} className="collect">
      <Flex gap={12} wrap>
        <Button type="primary" size="large" loading={collect.isPending} onClick={() => collect.mutate(null)}>
          {say('collect')}
        </Button>
        <Link className="as-button" to={`/counter?case=${of.id}`}>
          {say('scanFor')}
        </Link>
      </Flex>
      <p className="small">{say('collectWhy')}</p>
      <div role="status">
        {collect.data !== undefined && (
          <Alert
            type={refused.length > 0 ? 'warning' : adopted === 0 ? 'info' : 'success'}
            showIcon
            title={isNone ? say('collectedNone') : say('collected', { count: adopted })}
            description={
              isNone
                ? of.ready
                  ? undefined
                  : say('collectedNoneNext')
                : refused.length > 0 && (
                    <ul className="plain">
                      {refused.map(({ item, code }) => (
                        <li key={item}>
                          {names.type(of.items[item]?.cert ?? '')}：
                          {refusalWords(code ?? '', language) ?? say('notReadWhy')}
                        </li>
                      ))}
                    </ul>
                  )
            }
          />
        )}
      </div>
      <ProblemNotice error={collect.error} />
    </Flex>
  )
}

/** What is still missing, by what it is needed for, each with what to do next. */
function Lacking({ of }: { of: Case }) {
  const { say } = useWords('counter')
  const names = useNames()
  const needs = Map.groupBy(
    of.items.filter(item => item.lacking),
    ({ number, group }) => group ?? `${number}`,
  )
  return (
    <div className="lacking">
      <strong>{say('lacking', { count: needs.size })}</strong>
      <ul>
        {[...needs].map(([need, items]) => (
          <li key={need}>
            {say('lackingOne', {
              what: names.inLanguage(items[0]?.why),
              types: items.map(({ cert }) => names.type(cert)).join(say('lackingOr')),
              next: say(nextOf(items)),
            })}
          </li>
        ))}
      </ul>
    </div>
  )
}

function nextOf(items: readonly CaseItem[]) {
  const isAny = (state: CaseItem['state']) => items.some(item => item.state === state)
  if (isAny('flagged')) return 'lackingFlagged'
  if (isAny('available')) return 'lackingAvailable'
  if (items.some(({ because }) => because === 'NOT_ASKED_YET')) return 'lackingAsk'
  if (isAny('waiting')) return 'lackingWaiting'
  if (isAny('notShared')) return 'lackingShow'
  return isAny('refused') ? 'lackingRefused' : 'lackingOther'
}

function Close({ of }: { of: Case }) {
  const { say } = useWords('counter')
  const [isAsked, setAsked] = useState(false)
  const close = useWrite<string, Case>((reason, key) =>
    told(
      api.POST('/v1/cases/{id}/close', {
        params: { header: once(key), path: { id: of.id } },
        body: { reason },
      }),
    ),
  )
  if (!isAsked) {
    return (
      <Flex>
        <Button danger onClick={() => setAsked(true)}>
          {say('close')}
        </Button>
      </Flex>
    )
  }
  return (
    <Card title={<h2>{say('close')}</h2>}>
      <ReasonForm
        name={`close-${of.id}`}
        label={say('closeReason')}
        go={say('close')}
        isPending={close.isPending}
        onGo={reason => close.mutate(reason)}
        onCancel={() => setAsked(false)}
      />
      <ProblemNotice error={close.error} />
    </Card>
  )
}
