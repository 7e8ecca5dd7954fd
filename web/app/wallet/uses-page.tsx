import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Button, Flex, Input } from 'antd'
import { useId, useState } from 'react'
import { Link, useSearchParams } from 'react-router'
import { api, told } from '../api/client.ts'
import type { paths } from '../api/schema.d.ts'
import { once, useWrite } from '../api/write.ts'
import { Asked } from '../parts/asked.tsx'
import { Moment } from '../parts/moment.tsx'
import { Page } from '../parts/page.tsx'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { ToneTag } from '../parts/tone.tsx'
import { useWords } from '../words.ts'
import { useActing } from './acting.ts'
import { Save } from './certificate-page.tsx'
import { cardsIn, useCertificates } from './certificates-page.tsx'
import { Answered } from './corrections.tsx'
import { named, useNames } from './names.ts'
import { refusalWord } from './refusals.ts'

type Use = paths['/v1/holder/uses']['get']['responses'][200]['content']['application/json']['uses'][number]
type Objection =
  paths['/v1/holder/objections']['get']['responses'][200]['content']['application/json']['objections'][number]

const PAGE = 30
const LOOK_AGAIN_MS = 5_000
const GROUNDS = ['duty', 'consent', 'presentation'] as const

/** Who read which fields of one's certificates, when, for what, and by what right. */
export function UsesPage() {
  const { say } = useWords('wallet')
  const { holder } = useActing()
  const [query, setQuery] = useSearchParams()
  const id = useId()
  const ground = GROUNDS.find(one => one === query.get('ground'))
  const certificate = query.get('certificate')
  const filter = {
    ...(ground !== undefined && { ground }),
    ...(certificate !== null && { certificate }),
  }
  const uses = useInfiniteQuery({
    queryKey: ['uses', holder, filter],
    queryFn: ({ pageParam }) =>
      told(
        api.GET('/v1/holder/uses', {
          params: {
            query: {
              ...filter,
              limit: String(PAGE),
              ...(pageParam !== null && { before: String(pageParam) }),
            },
          },
        }),
      ),
    initialPageParam: null as number | null,
    getNextPageParam: page => page.before,
    refetchInterval: LOOK_AGAIN_MS,
  })
  const objections = useQuery({
    queryKey: ['objections', holder],
    queryFn: async () => (await told(api.GET('/v1/holder/objections'))).objections,
  })
  const found = uses.data?.pages.flatMap(page => page.uses) ?? []
  const search = new URLSearchParams(filter).toString()
  const choose = (chosen: string) => {
    const next = new URLSearchParams(query)
    if (chosen === '') next.delete('ground')
    else next.set('ground', chosen)
    setQuery(next, { replace: true })
  }
  return (
    <Page title={say('navUses')} intro={say('usesWhat')}>
      {certificate !== null && (
        <p>
          {say('onlyOne')} <Link to="/wallet/uses">{say('onlyAll')}</Link>
        </p>
      )}
      <div className="wallet-field no-print">
        <label htmlFor={id}>{say('usesGround')}</label>
        <select
          id={id}
          className="wallet-select"
          value={ground ?? ''}
          onChange={event => choose(event.target.value)}
        >
          <option value="">{say('usesAllGrounds')}</option>
          {GROUNDS.map(one => (
            <option key={one} value={one}>
              {say(`ground_${one}`)}
            </option>
          ))}
        </select>
      </div>
      <Asked query={uses} isEmpty={() => found.length === 0} empty={say('usesNone')}>
        {() => (
          <ul className="wallet-list">
            {found.map(use => (
              <li key={use.id} className="wallet-box">
                <UseEntry use={use} objection={objections.data?.find(one => one.use === use.id) ?? null} />
              </li>
            ))}
          </ul>
        )}
      </Asked>
      {uses.hasNextPage && <Button onClick={() => void uses.fetchNextPage()}>{say('common:more')}</Button>}
      <section className="wallet-box no-print" aria-label={say('unsure')}>
        <h2>{say('unsure')}</h2>
        <p>{say('unsureWhat')}</p>
        <Link to="/wallet/family">{say('unsureFamily')}</Link>
      </section>
      <section className="wallet-box no-print" aria-label={say('usesExport')}>
        <Flex vertical gap={8} align="start">
          <h2>{say('usesExport')}</h2>
          <p className="wallet-quiet">{say('usesExportWhat')}</p>
          <Save
            path={`/v1/holder/uses/export.json?${search}`}
            otherwise="uses.json"
            label={say('usesExport')}
          />
        </Flex>
      </section>
    </Page>
  )
}

function UseEntry({ use, objection }: { use: Use; objection: Objection | null }) {
  const { say, language } = useWords('wallet')
  const names = useNames()
  const type = cardsIn(useCertificates()).find(card => card.identifier === use.identifier)?.type
  return (
    <Flex vertical gap={8}>
      <Flex gap={12} wrap align="center">
        <strong>{names.department(use.department)}</strong>
        <ToneTag tone="info">{say(`ground_${use.ground}`)}</ToneTag>
        {use.refused !== null && <ToneTag tone="warning">{say('useRefused')}</ToneTag>}
      </Flex>
      <span>
        <Moment seconds={use.at} /> · {names.matter(use.matter)}
      </span>
      <span>
        {type === undefined ? say('certificate') : named(language, type)}
        {names.colon}
        {type === undefined
          ? say('fieldCount', { count: use.fields.length })
          : names.fields(type.code, use.fields)}
      </span>
      {use.refused !== null && <span>{say('useRefusedWhy', { why: say(refusalWord(use.refused)) })}</span>}
      {use.basis !== null && <span className="wallet-quiet">{say('useBasis', { basis: use.basis })}</span>}
      {use.copy !== null && (
        <span className="wallet-quiet">
          {use.copy.destroyedAt === null ? say('useCopyUntil') : say('useCopyGone')}{' '}
          <Moment seconds={use.copy.destroyedAt ?? use.copy.expiresAt} />
        </span>
      )}
      {objection === null ? (
        <Objecting use={use.id} isDuty={use.ground === 'duty'} />
      ) : (
        <div className="wallet-objection">
          <span>
            {say('objected')}
            {names.colon}
            {objection.says}
          </span>
          <Answered
            {...objection}
            outcome={objection.outcome === null ? null : say(`objection_${objection.outcome}`)}
          />
        </div>
      )}
    </Flex>
  )
}

/** 这不是我同意的. */
function Objecting({ use, isDuty }: { use: string; isDuty: boolean }) {
  const { say } = useWords('wallet')
  const id = useId()
  const [isOpen, setOpen] = useState(false)
  const [says, setSays] = useState('')
  const [isTried, setTried] = useState(false)
  const object = useWrite(
    async (text: string, key) =>
      told(
        api.POST('/v1/holder/uses/{id}/objection', {
          params: { path: { id: use }, header: once(key) },
          body: { says: text },
        }),
      ),
    { onDone: () => setOpen(false) },
  )
  if (!isOpen) {
    return (
      <div className="no-print">
        <Button onClick={() => setOpen(true)}>{say(isDuty ? 'objectDuty' : 'object')}</Button>
      </div>
    )
  }
  const isMissing = says.trim() === ''
  return (
    <form
      className="no-print"
      onSubmit={event => {
        event.preventDefault()
        setTried(true)
        if (!isMissing) object.mutate(says)
      }}
    >
      <Flex vertical gap={12}>
        <div className="wallet-field">
          <label htmlFor={id}>{say('objectSays')}</label>
          <Input.TextArea
            id={id}
            rows={3}
            maxLength={2_000}
            value={says}
            aria-invalid={isTried && isMissing}
            aria-describedby={`${id}-missing`}
            onChange={event => setSays(event.target.value)}
          />
          <span id={`${id}-missing`} role="alert" className="tone-error">
            {isTried && isMissing ? say('objectMissing') : ''}
          </span>
          <span className="wallet-quiet small">{say('objectWhat')}</span>
        </div>
        <ProblemNotice error={object.error} />
        <Flex gap={12} wrap>
          <Button type="primary" htmlType="submit" loading={object.isPending}>
            {say('send')}
          </Button>
          <Button onClick={() => setOpen(false)}>{say('common:cancel')}</Button>
        </Flex>
      </Flex>
    </form>
  )
}
