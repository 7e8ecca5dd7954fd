/** Asking the holders of a case for their consent, and how they have answered, as it happens. */
import { useQuery } from '@tanstack/react-query'
import { Button, Card, Flex } from 'antd'
import { useRef, useState, type FormEvent } from 'react'
import { api, told } from '../api/client.ts'
import { once, useWrite } from '../api/write.ts'
import { Asked } from '../parts/asked.tsx'
import { Moment } from '../parts/moment.tsx'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { Qr } from '../parts/qr.tsx'
import { ToneTag } from '../parts/tone.tsx'
import { useFirstFocus } from '../parts/use-first-focus.ts'
import { useSession } from '../session.tsx'
import { useWords } from '../words.ts'
import type { Case, CaseItem, ConsentRequest } from './api-types.ts'
import { useMatter, useNames } from './catalogue.ts'

export function ConsentPanel({ of }: { of: Case }) {
  const { say } = useWords('counter')
  const unasked = of.items.filter(({ state, because }) => state === 'waiting' && because === 'NOT_ASKED_YET')
  const [isAsking, setAsking] = useState(false)
  const panel = useRef<HTMLDivElement>(null)
  const isOpen = of.state === 'open'
  if (of.consentRequests.length === 0 && (unasked.length === 0 || !isOpen)) return null
  return (
    <Card title={<h2>{say('consent')}</h2>}>
      <Flex vertical gap={16} ref={panel} tabIndex={-1}>
        {of.consentRequests.map(id => (
          <RequestView key={id} id={id} of={of} />
        ))}
        {isOpen && unasked.length > 0 && !isAsking && (
          <Flex vertical gap={8} align="start">
            <p>{say('consentOpen', { count: unasked.length })}</p>
            <Button type="primary" onClick={() => setAsking(true)}>
              {say('consentAsk')}
            </Button>
          </Flex>
        )}
        {isOpen && isAsking && unasked.length > 0 && (
          <AskForm
            of={of}
            unasked={unasked}
            onEnd={() => {
              setAsking(false)
              panel.current?.focus()
            }}
          />
        )}
      </Flex>
    </Card>
  )
}

const REQUEST_TONES = {
  waiting: 'waiting',
  complete: 'success',
  incomplete: 'error',
  expired: 'warning',
  withdrawn: 'neutral',
} as const
const PARTY_TONES = { waiting: 'waiting', agreed: 'success', partly: 'warning', refused: 'error' } as const

function RequestView({ id, of }: { id: string; of: Case }) {
  const request = useQuery({
    queryKey: ['consent', id],
    queryFn: () => told(api.GET('/v1/consent-requests/{id}', { params: { path: { id } } })),
  })
  return <Asked query={request}>{found => <RequestState request={found} of={of} />}</Asked>
}

function RequestState({ request, of }: { request: ConsentRequest; of: Case }) {
  const { say } = useWords('counter')
  const names = useNames()
  const { data: session } = useSession()
  const address = `${location.origin}/app/wallet/consents/${request.id}`
  const isWaiting = request.state === 'waiting'
  return (
    <div className="request" data-request={request.state}>
      <Flex justify="space-between" gap={12} wrap align="center">
        <div role="status">
          <ToneTag tone={REQUEST_TONES[request.state]}>{say(`request_${request.state}`)}</ToneTag>{' '}
          <span>{say('agreedOf', { agreed: request.agreed, needed: request.needed })}</span>
        </div>
        <span className="small">
          {say('askedAt')} <Moment seconds={request.createdAt} />
        </span>
      </Flex>
      <ul className="plain">
        {request.parties.map((party, place) => {
          const role = of.parties.find(one => one.holder === party.holder)
          return (
            <li key={party.holder}>
              <ToneTag tone={PARTY_TONES[party.state]}>{say(`party_${party.state}`)}</ToneTag>{' '}
              {role === undefined ? say('partyNo', { number: place + 1 }) : names.inLanguage(role)}
              {'：'}
              {[...new Set((party.items ?? []).map(({ type }) => names.type(type)))].join('、')}
              {isWaiting && party.shownAt !== null && party.state === 'waiting' && ` · ${say('isReading')}`}
            </li>
          )
        })}
      </ul>
      {isWaiting && (
        <Flex gap={16} wrap align="center">
          <Qr address={address} label={say('qrLabel')} />
          <div className="qr-words">
            <p>{say('qrWhy')}</p>
            <p className="small">
              {say('answerUntil')} <Moment seconds={request.expiresAt} />
            </p>
            {request.department === session?.department && <TakeBack id={request.id} />}
          </div>
        </Flex>
      )}
    </div>
  )
}

/** Those who have not answered then no longer can; what others granted stands. */
function TakeBack({ id }: { id: string }) {
  const { say } = useWords('counter')
  const withdraw = useWrite<null, ConsentRequest>((_, key) =>
    told(
      api.POST('/v1/consent-requests/{id}/withdrawal', {
        params: { header: once(key), path: { id } },
        body: {},
      }),
    ),
  )
  return (
    <>
      <Button loading={withdraw.isPending} onClick={() => withdraw.mutate(null)}>
        {say('requestTakeBack')}
      </Button>
      <ProblemNotice error={withdraw.error} />
    </>
  )
}

type Choice = 'required' | 'optional' | 'no'
type Refusing = ConsentRequest['refusing']
const REFUSING: readonly Refusing[] = ['PAPER', 'MANUAL_CHECK', 'CANNOT_CONTINUE']

interface Asking {
  choices: Record<string, Choice>
  days: number | null
  refusing: Refusing
}

/** Which fields, needed or not, for how long, and what a no means. */
function AskForm({ of, unasked, onEnd }: { of: Case; unasked: readonly CaseItem[]; onEnd: () => void }) {
  const { say } = useWords('counter')
  const names = useNames()
  const first = useFirstFocus<HTMLSelectElement>()
  const { data: session } = useSession()
  const matter = useMatter(of.matter)
  const most = matter.data?.consent.defaultValidityDays ?? 30
  const [choices, setChoices] = useState<Record<string, Choice>>({})
  const [term, setTerm] = useState<'matter' | 'once'>('matter')
  const [days, setDays] = useState<string | null>(null)
  const [refusing, setRefusing] = useState<Refusing>('PAPER')
  const choiceOf = (item: CaseItem, field: string): Choice => choices[`${item.number} ${field}`] ?? 'required'
  const ask = useWrite<Asking, void>(
    async (asking, key) => {
      const fieldsOf = (item: CaseItem, choice: Choice) =>
        item.fields.filter(field => (asking.choices[`${item.number} ${field}`] ?? 'required') === choice)
      for (const [round, parties] of rounds(of, unasked).entries()) {
        const body = {
          department: session?.department ?? '',
          matter: of.matter,
          case: of.id,
          refusing: asking.refusing,
          term:
            asking.days === null
              ? ({ template: 'ONE_OFF' } as const)
              : ({ template: 'THIS_MATTER', days: asking.days } as const),
          parties: parties.map(({ holder, role, items }) => ({
            holder,
            role,
            needed: true,
            items: items
              .map(item => ({
                identifier: item.identifier ?? '',
                required: fieldsOf(item, 'required'),
                optional: fieldsOf(item, 'optional'),
              }))
              .filter(({ required }) => required.length > 0),
          })),
        }
        await told(api.POST('/v1/consent-requests', { body, params: { header: once(`${key}-${round}`) } }))
      }
    },
    { onDone: onEnd },
  )
  const submit = (event: FormEvent) => {
    event.preventDefault()
    const wanted = Math.min(Math.max(1, Math.trunc(Number(days ?? most)) || 1), most)
    ask.mutate({ choices, days: term === 'once' ? null : wanted, refusing })
  }
  return (
    <form onSubmit={submit} className="ask">
      <Flex vertical gap={12}>
        <p className="small">{say('askWhy')}</p>
        {unasked.map((item, place) => (
          <fieldset key={item.number}>
            <legend>
              {names.type(item.cert)}
              {' · '}
              {names.inLanguage(of.parties[item.party])}
            </legend>
            {item.fields.map((field, row) => {
              const id = `ask-${item.number}-${field}`
              return (
                <div className="field field-row" key={field}>
                  <label htmlFor={id}>{names.fields(item.cert, [field])}</label>
                  <select
                    id={id}
                    ref={place === 0 && row === 0 ? first : null}
                    value={choiceOf(item, field)}
                    onChange={event =>
                      setChoices({
                        ...choices,
                        [`${item.number} ${field}`]: event.target.value as Choice,
                      })
                    }
                  >
                    <option value="required">{say('fieldRequired')}</option>
                    <option value="optional">{say('fieldOptional')}</option>
                    <option value="no">{say('fieldNo')}</option>
                  </select>
                </div>
              )
            })}
          </fieldset>
        ))}
        <div className="field field-row">
          <label htmlFor="ask-term">{say('term')}</label>
          <select
            id="ask-term"
            value={term}
            onChange={event => setTerm(event.target.value as 'matter' | 'once')}
          >
            <option value="matter">{say('termMatter')}</option>
            <option value="once">{say('termOnce')}</option>
          </select>
        </div>
        {term === 'matter' && (
          <div className="field field-row">
            <label htmlFor="ask-days">{say('termDays', { most })}</label>
            <input
              id="ask-days"
              inputMode="numeric"
              maxLength={3}
              value={days ?? String(most)}
              onChange={event => setDays(event.target.value)}
            />
          </div>
        )}
        <div className="field field-row">
          <label htmlFor="ask-refusing">{say('refusing')}</label>
          <select
            id="ask-refusing"
            value={refusing}
            onChange={event => setRefusing(event.target.value as Refusing)}
          >
            {REFUSING.map(one => (
              <option key={one} value={one}>
                {say(`refusing_${one}`)}
              </option>
            ))}
          </select>
        </div>
        <Flex gap={12} wrap>
          <Button type="primary" size="large" htmlType="submit" loading={ask.isPending}>
            {say('askGo')}
          </Button>
          <Button size="large" onClick={onEnd}>
            {say('common:cancel')}
          </Button>
        </Flex>
        <ProblemNotice error={ask.error} />
      </Flex>
    </form>
  )
}

interface AskedParty {
  holder: string
  role: string
  items: CaseItem[]
}

/** Each request asks a holder once; who is two parties of the case is asked in a second one. */
function rounds(of: Case, items: readonly CaseItem[]): AskedParty[][] {
  const all: AskedParty[][] = []
  for (const item of items) {
    const party = of.parties[item.party]
    if (party?.holder == null) continue
    const { holder, role } = party
    const same = all.flat().find(one => one.holder === holder && one.role === role)
    if (same !== undefined) {
      same.items.push(item)
      continue
    }
    const round = all.find(parties => !parties.some(one => one.holder === holder))
    const asked = { holder, role, items: [item] }
    if (round === undefined) all.push([asked])
    else round.push(asked)
  }
  return all
}
