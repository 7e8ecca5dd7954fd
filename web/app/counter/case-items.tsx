import { useQuery } from '@tanstack/react-query'
import { Alert, Button, Flex } from 'antd'
import { useRef, useState } from 'react'
import { api, told, toldBytes } from '../api/client.ts'
import { once, useWrite } from '../api/write.ts'
import { Asked } from '../parts/asked.tsx'
import { Moment } from '../parts/moment.tsx'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { ToneTag, type Tone } from '../parts/tone.tsx'
import { FiveChecks, Verdict } from '../parts/verdict.tsx'
import { useSession } from '../session.tsx'
import { useWords } from '../words.ts'
import type { Case, CaseItem } from './api-types.ts'
import { useMatter, useNames } from './catalogue.ts'
import { verifyContent } from './find.ts'
import { ReportTechnical } from './found.tsx'
import { ReasonForm, forgetReason } from './reason-form.tsx'
import { Values } from './values.tsx'

const TONES: Readonly<Record<CaseItem['state'], Tone>> = {
  have: 'success',
  available: 'success',
  paper: 'success',
  declared: 'success',
  waiting: 'waiting',
  refused: 'error',
  missing: 'error',
  notShared: 'neutral',
  flagged: 'error',
  notAsked: 'neutral',
}
/** The gateway would refuse to ask for these on paper without a reason. */
const OBTAINABLE: readonly CaseItem['state'][] = ['have', 'available', 'waiting', 'notShared']

/** Each certificate that the case asks for, with its state as a sign and in words. */
export function CaseItems({ of }: { of: Case }) {
  return (
    <>
      <ul className="plain items">
        {of.items.map(item => (
          <Item key={item.number} of={of} item={item} />
        ))}
      </ul>
      <Declarations of={of} />
    </>
  )
}

function Item({ of, item }: { of: Case; item: CaseItem }) {
  const { say } = useWords('counter')
  const names = useNames()
  const { data: session } = useSession()
  const [shown, setShown] = useState<'copy' | 'paper' | null>(null)
  const line = useRef<HTMLLIElement>(null)
  const party = of.parties[item.party]
  const isOwnCopy = item.taken !== null && item.taken.department === session?.department
  const isOpen = of.state === 'open'
  const canAskPaper = isOpen && !['have', 'paper', 'declared', 'notAsked'].includes(item.state)
  return (
    <li className="item" data-item={item.cert} data-state={item.state} ref={line} tabIndex={-1}>
      <span className={`symbol tone-${TONES[item.state]}`} aria-hidden>
        {item.symbol}
      </span>
      <div className="item-body">
        <Flex justify="space-between" gap={8} wrap align="start">
          <h3>
            {names.type(item.cert)}
            <span className="small"> · {party === undefined ? '' : names.inLanguage(party)}</span>
          </h3>
          <ToneTag tone={TONES[item.state]}>{stateWords(item, say)}</ToneTag>
        </Flex>
        <p className="small">
          {names.inLanguage(item.why)} · {say(`mode_${item.mode}`)} ·{' '}
          {item.group !== null ? say('oneOf') : say(item.required ? 'isRequired' : 'isOptional')}
          <br />
          {say('fieldsAsked')}
          {names.fields(item.cert, item.fields)}
        </p>
        {item.taken !== null && (
          <p className="small">
            {say('takenBy', {
              department: names.department(item.taken.department),
              ground: say(`ground_${item.taken.ground}`),
            })}
            {' · '}
            <Moment seconds={item.taken.at} />
          </p>
        )}
        {item.paper !== null && (
          <p className="small">
            {item.paper.reason === null
              ? say('paperPlain')
              : say('paperOverride', { reason: item.paper.reason })}
          </p>
        )}
        <Flex gap={8} wrap>
          {isOwnCopy && item.state === 'have' && (
            <Button
              size="small"
              aria-expanded={shown === 'copy'}
              onClick={() => setShown(shown === 'copy' ? null : 'copy')}
            >
              {say('showCopy', { type: names.type(item.cert) })}
            </Button>
          )}
          {canAskPaper && shown !== 'paper' && (
            <Button size="small" onClick={() => setShown('paper')}>
              {say('askPaper', { type: names.type(item.cert) })}
            </Button>
          )}
        </Flex>
        {shown === 'copy' && <Copy of={of} item={item} />}
        {shown === 'paper' && (
          <Paper
            of={of}
            item={item}
            onEnd={() => {
              setShown(null)
              // What was pressed is gone; the keyboard goes on from here.
              line.current?.focus()
            }}
          />
        )}
      </div>
    </li>
  )
}

type Say = ReturnType<typeof useWords<'counter'>>['say']

function stateWords({ state, because, mode }: CaseItem, say: Say): string {
  if (state === 'missing' && because !== null) return say(MISSING[because] ?? 'item_missing')
  if (state === 'waiting' && because === 'NOT_ASKED_YET') return say('item_notAskedYet')
  if (state === 'available' && mode === 'consent') return say('item_agreed')
  return say(`item_${state}`)
}

const MISSING: Readonly<Record<string, 'missing_NONE' | 'missing_NOT_IN_FORCE' | 'missing_TOO_OLD'>> = {
  NONE: 'missing_NONE',
  NOT_IN_FORCE: 'missing_NOT_IN_FORCE',
  TOO_OLD: 'missing_TOO_OLD',
}

/** The copy that was taken, verified anew. */
function Copy({ of, item }: { of: Case; item: CaseItem }) {
  const { say } = useWords('verdict')
  const report = useQuery({
    queryKey: ['case', of.id, 'copy', item.number, item.taken?.use],
    queryFn: async () => {
      const { blob } = await toldBytes(`/v1/cases/${of.id}/items/${item.number}/copy`)
      return verifyContent(await blob.text())
    },
  })
  return (
    <Asked query={report}>
      {found => (
        <Flex vertical gap={12}>
          <Verdict verified={found} />
          <Values
            type={item.cert}
            values={(found.subject as unknown as { fields: Record<string, unknown> } | null)?.fields ?? {}}
          />
          <details>
            <summary className="fold">{say('checks')}</summary>
            <FiveChecks answers={found.answers} />
          </details>
          <ReportTechnical report={found} />
        </Flex>
      )}
    </Asked>
  )
}

/** Paper in place of a certificate; of what can be had without, only with a reason, which is counted. */
function Paper({ of, item, onEnd }: { of: Case; item: CaseItem; onEnd: () => void }) {
  const { say } = useWords('counter')
  const isOverride = OBTAINABLE.includes(item.state)
  const name = `paper-${of.id}-${item.number}`
  const ask = useWrite<string | null, Case>(
    (reason, key) =>
      told(
        api.POST('/v1/cases/{id}/items/{item}/paper', {
          params: { header: once(key), path: { id: of.id, item: String(item.number) } },
          body: { override: reason !== null, ...(reason !== null && { reason }) },
        }),
      ),
    {
      onDone: () => {
        forgetReason(name)
        onEnd()
      },
    },
  )
  return (
    <Flex vertical gap={8}>
      {isOverride ? (
        <>
          <Alert type="warning" showIcon title={say('overrideWarn')} description={say('overrideWhy')} />
          <ReasonForm
            name={name}
            label={say('overrideReason')}
            go={say('overrideGo')}
            isPending={ask.isPending}
            onGo={reason => ask.mutate(reason)}
            onCancel={onEnd}
          />
        </>
      ) : (
        <>
          <p>{say('paperWhy')}</p>
          <Flex gap={12} wrap>
            <Button type="primary" loading={ask.isPending} onClick={() => ask.mutate(null)}>
              {say('paperGo')}
            </Button>
            <Button onClick={onEnd}>{say('common:cancel')}</Button>
          </Flex>
        </>
      )}
      <ProblemNotice error={ask.error} />
    </Flex>
  )
}

/** What a signed declaration may stand for, where no certificate of the group can be had. */
function Declarations({ of }: { of: Case }) {
  const { say } = useWords('counter')
  const names = useNames()
  const matter = useMatter(of.matter)
  const declare = useWrite<string, Case>((group, key) =>
    told(
      api.POST('/v1/cases/{id}/declarations', {
        params: { header: once(key), path: { id: of.id } },
        body: { group },
      }),
    ),
  )
  const possible = (matter.data?.fallbacks ?? []).filter(({ group }) => {
    const members = of.items.filter(item => item.group === group)
    const isDeclared = of.declarations.some(one => one.group === group)
    return !isDeclared && members.length > 0 && !members.some(({ state }) => OBTAINABLE.includes(state))
  })
  if (of.state !== 'open' || possible.length === 0) return null
  return (
    <Flex vertical gap={8} className="declarations">
      <h3>{say('declarations')}</h3>
      <p className="small">{say('declarationsWhy')}</p>
      {possible.map(fallback => (
        <div key={fallback.group}>
          <Button loading={declare.isPending} onClick={() => declare.mutate(fallback.group)}>
            {say('declare', { what: names.inLanguage(fallback) })}
          </Button>
        </div>
      ))}
      <ProblemNotice error={declare.error} />
    </Flex>
  )
}
