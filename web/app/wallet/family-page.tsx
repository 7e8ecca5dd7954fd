import { Button, Flex, Input } from 'antd'
import { useId, useState } from 'react'
import { api, told } from '../api/client.ts'
import { once, useWrite } from '../api/write.ts'
import { Asked } from '../parts/asked.tsx'
import { Day } from '../parts/moment.tsx'
import { Page } from '../parts/page.tsx'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { ToneTag } from '../parts/tone.tsx'
import { useWords } from '../words.ts'
import { useActing, useRepresentations, useTakeHolder, type Representation } from './acting.ts'
import { useDraft } from '../parts/draft.ts'
import { useNames } from './names.ts'
import { Sure } from './sure.tsx'

/** For whom one may act, and who may act for whom one acts as. */
export function FamilyPage() {
  const { say } = useWords('wallet')
  const representing = useRepresentations('representing')
  const represented = useRepresentations('represented')
  const { isForOther, name } = useActing()
  const inForce = (all: Representation[]) => all.filter(({ state }) => state === 'in-force')
  return (
    <Page title={say('navFamily')} intro={say('familyWhat')}>
      <section aria-label={say('familyFor')}>
        <h2>{say('familyFor')}</h2>
        <Asked query={representing} isEmpty={all => inForce(all).length === 0} empty={say('familyForNobody')}>
          {all => (
            <ul className="wallet-list">
              {inForce(all).map(one => (
                <li key={one.id} className="wallet-box">
                  <For representation={one} />
                </li>
              ))}
            </ul>
          )}
        </Asked>
      </section>
      <section aria-label={say('familyBy')}>
        <h2>{isForOther ? say('familyByOf', { name: name ?? say('actingUnnamed') }) : say('familyBy')}</h2>
        <Asked query={represented} isEmpty={all => inForce(all).length === 0} empty={say('familyByNobody')}>
          {all => (
            <ul className="wallet-list">
              {inForce(all).map(one => (
                <li key={one.id} className="wallet-box">
                  <By representation={one} />
                </li>
              ))}
            </ul>
          )}
        </Asked>
      </section>
      <Appoint />
    </Page>
  )
}

function Who({ representation }: { representation: Representation }) {
  const { say } = useWords('wallet')
  const names = useNames()
  const { other, capacity, until, matters, types } = representation
  const scope = [...(matters ?? []).map(names.matter), ...(types ?? []).map(names.type)]
  return (
    <Flex vertical gap={4}>
      <Flex gap={12} wrap align="center">
        <strong>{other?.name ?? say(other?.kind === 'legal' ? 'unnamedLegal' : 'unnamedNatural')}</strong>
        <ToneTag tone="info">{say(`capacity_${capacity}`)}</ToneTag>
      </Flex>
      <span className="wallet-quiet">
        {say('familyUntil')} {until === null ? say('familyUntilEnded') : <Day seconds={until} />}
      </span>
      <span className="wallet-quiet">
        {scope.length === 0
          ? say('familyAll')
          : say('familyOnly', { what: scope.join(names.language === 'en' ? ', ' : '、') })}
      </span>
    </Flex>
  )
}

function For({ representation }: { representation: Representation }) {
  const { say } = useWords('wallet')
  const { holder } = useActing()
  const take = useTakeHolder()
  const isNow = holder === representation.holder
  return (
    <Flex vertical gap={12}>
      <Who representation={representation} />
      <Flex gap={12} wrap>
        {isNow ? (
          <ToneTag tone="success">{say('familyNow')}</ToneTag>
        ) : (
          <Button type="primary" loading={take.isPending} onClick={() => take.mutate(representation.holder)}>
            {say('familyTake')}
          </Button>
        )}
        {representation.department === null && (
          <End representation={representation} label={say('familyResign')} />
        )}
      </Flex>
      <ProblemNotice error={take.error} />
    </Flex>
  )
}

function By({ representation }: { representation: Representation }) {
  const { say } = useWords('wallet')
  const names = useNames()
  return (
    <Flex vertical gap={12}>
      <Who representation={representation} />
      {representation.department === null ? (
        <div>
          <End representation={representation} label={say('familyEnd')} />
        </div>
      ) : (
        <span className="wallet-quiet">
          {say('familyRecorded', { department: names.department(representation.department) })}
        </span>
      )}
    </Flex>
  )
}

function End({ representation, label }: { representation: Representation; label: string }) {
  const { say } = useWords('wallet')
  const [isAsked, setAsked] = useState(false)
  const end = useWrite(
    async (id: string, key) =>
      told(api.POST('/v1/representations/{id}/end', { params: { path: { id }, header: once(key) } })),
    { onDone: () => setAsked(false) },
  )
  if (!isAsked) {
    return (
      <Button danger onClick={() => setAsked(true)}>
        {label}
      </Button>
    )
  }
  return (
    <Sure
      label={label}
      what={say('familyEndWhat')}
      isBusy={end.isPending}
      onSure={() => end.mutate(representation.id)}
      onNot={() => setAsked(false)}
    >
      <ProblemNotice error={end.error} />
    </Sure>
  )
}

type Appointed = 'agent' | 'manager' | 'operator'

interface Draft {
  capacity: Appointed | ''
  number: string
  days: string
}

const TERMS = [7, 30, 90, 365] as const
const NUMBER = /^\d{17}[\dXx]$/

/** Whom one may appoint depends on what one is oneself. */
function Appoint() {
  const { say } = useWords('wallet')
  const id = useId()
  const { isForOther, capacity } = useActing()
  const may: Appointed[] = !isForOther
    ? ['agent']
    : capacity === 'legal-representative'
      ? ['manager', 'operator']
      : capacity === 'manager'
        ? ['operator']
        : []
  const [draft, setDraft, clear] = useDraft<Draft>('appoint', { capacity: '', number: '', days: '30' })
  const [isTried, setTried] = useState(false)
  const appoint = useWrite(
    async (asked: { capacity: Appointed; person: string; days: number }, key) =>
      told(
        api.POST('/v1/representations/appointments', {
          body: {
            capacity: asked.capacity,
            person: asked.person,
            matters: null,
            types: null,
            until: Math.floor(Date.now() / 1_000) + asked.days * 86_400,
          },
          params: { header: once(key) },
        }),
      ),
    {
      onDone: () => {
        clear()
        setTried(false)
      },
    },
  )
  const [first] = may
  if (first === undefined) return null
  const chosen = draft.capacity !== '' && may.includes(draft.capacity) ? draft.capacity : first
  const number = draft.number.replaceAll(/\s/g, '').toUpperCase()
  const isWrong = !NUMBER.test(number)
  const send = () => {
    setTried(true)
    if (!isWrong) appoint.mutate({ capacity: chosen, person: number, days: Number(draft.days) })
  }
  return (
    <section className="wallet-box" aria-label={say('appoint')}>
      <form
        onSubmit={event => {
          event.preventDefault()
          send()
        }}
      >
        <Flex vertical gap={12}>
          <h2>{say('appoint')}</h2>
          <p>{say(isForOther ? 'appointWhatOrganisation' : 'appointWhat')}</p>
          {may.length > 1 && (
            <div className="wallet-field">
              <label htmlFor={`${id}-as`}>{say('appointAs')}</label>
              <select
                id={`${id}-as`}
                className="wallet-select"
                value={chosen}
                onChange={event => setDraft({ ...draft, capacity: event.target.value as Appointed })}
              >
                {may.map(one => (
                  <option key={one} value={one}>
                    {say(`capacity_${one}`)}
                  </option>
                ))}
              </select>
            </div>
          )}
          <div className="wallet-field">
            <label htmlFor={`${id}-number`}>{say('appointNumber')}</label>
            <Input
              id={`${id}-number`}
              value={draft.number}
              maxLength={24}
              autoComplete="off"
              aria-invalid={isTried && isWrong}
              aria-describedby={`${id}-fault`}
              onChange={event => setDraft({ ...draft, number: event.target.value })}
            />
            <span id={`${id}-fault`} role="alert" className="tone-error">
              {isTried && isWrong ? say('appointNumberWrong') : ''}
            </span>
          </div>
          <div className="wallet-field">
            <label htmlFor={`${id}-days`}>{say('appointFor')}</label>
            <select
              id={`${id}-days`}
              className="wallet-select"
              value={draft.days}
              onChange={event => setDraft({ ...draft, days: event.target.value })}
            >
              {TERMS.map(days => (
                <option key={days} value={days}>
                  {say('appointDays', { count: days })}
                </option>
              ))}
            </select>
          </div>
          <ProblemNotice error={appoint.error} />
          <div>
            <Button type="primary" htmlType="submit" loading={appoint.isPending}>
              {say('appointSend')}
            </Button>
          </div>
        </Flex>
      </form>
    </section>
  )
}
