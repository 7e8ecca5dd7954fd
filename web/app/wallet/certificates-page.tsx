import { useInfiniteQuery } from '@tanstack/react-query'
import { Alert, Button, Input } from 'antd'
import { useId, useState } from 'react'
import { Link } from 'react-router'
import { api, told } from '../api/client.ts'
import { Asked } from '../parts/asked.tsx'
import { Day } from '../parts/moment.tsx'
import { Page } from '../parts/page.tsx'
import { useWords } from '../words.ts'
import { useActing } from './acting.ts'
import { ownParty, useInbox, waitsForMe } from './consent/inbox.ts'
import { areaOf, named, useNames, useTypes } from './names.ts'
import { StandingTag, useStandingWord } from './standing.tsx'

const PAGE = 100

/** All certificates of whom one acts as. */
export function useCertificates() {
  const { holder } = useActing()
  return useInfiniteQuery({
    queryKey: ['certificates', holder],
    queryFn: ({ pageParam }) =>
      told(
        api.GET('/v1/holder/certificates', {
          params: {
            query: { limit: String(PAGE), ...(pageParam !== null && { before: String(pageParam) }) },
          },
        }),
      ),
    initialPageParam: null as number | null,
    getNextPageParam: page => page.before,
    enabled: holder !== null,
  })
}

type Certificates = ReturnType<typeof useCertificates>
export type Card = NonNullable<Certificates['data']>['pages'][number]['certificates'][number]

export const cardsIn = (query: Certificates): Card[] =>
  query.data?.pages.flatMap(page => page.certificates) ?? []

/** 我的证照: by the part of life that they belong to. */
export function CertificatesPage() {
  const { say } = useWords('wallet')
  const acting = useActing()
  const query = useCertificates()
  const [search, setSearch] = useState('')
  const field = useId()
  return (
    <Page
      title={
        acting.isForOther
          ? say('certificatesOf', { name: acting.name ?? say('actingUnnamed') })
          : say('certificates')
      }
    >
      <Waiting />
      <search className="wallet-field">
        <label htmlFor={field}>{say('search')}</label>
        <Input id={field} value={search} allowClear onChange={event => setSearch(event.target.value)} />
      </search>
      <Asked query={query} isEmpty={() => cardsIn(query).length === 0} empty={say('certificatesNone')}>
        {() => <Areas cards={cardsIn(query)} search={search.trim()} />}
      </Asked>
      {query.hasNextPage && (
        <Button loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {say('common:more')}
        </Button>
      )}
      <NotFound own={cardsIn(query)} />
    </Page>
  )
}

function Waiting() {
  const { say } = useWords('wallet')
  const { holder } = useActing()
  const { department } = useNames()
  const waiting = (useInbox().data ?? []).filter(request => waitsForMe(request, holder))
  const [first] = waiting
  if (first === undefined || ownParty(first, holder) === undefined) return null
  return (
    <Alert
      type="warning"
      showIcon
      message={
        waiting.length === 1
          ? say('inboxOne', { department: department(first.department) })
          : say('inboxMany', { count: waiting.length })
      }
      action={<Link to={waiting.length === 1 ? `consents/${first.id}` : 'consents'}>{say('inboxGo')}</Link>}
    />
  )
}

/** The number of the type within the identifier: in the directory who one is comes first. */
const typePlace = ({ identifier }: Card): string => identifier.split('.')[5] ?? ''

const searched = ({ type, department }: Card) => [type.zh, type.en, department.zh, department.en]

function Areas({ cards, search }: { cards: Card[]; search: string }) {
  const { say, language } = useWords('wallet')
  const names = useNames()
  const word = useStandingWord()
  const wanted = search.toLocaleLowerCase()
  const found = cards.filter(card =>
    [...Object.values(card.apart ?? {}), ...searched(card), word(card)].some(text =>
      text.toLocaleLowerCase().includes(wanted),
    ),
  )
  const ordered = found.toSorted((a, b) => typePlace(a).localeCompare(typePlace(b)))
  const areas = Map.groupBy(ordered, card => names.area(card.type.code))
  return (
    <>
      <output className="visually-hidden">{say('searchFound', { count: found.length })}</output>
      {found.length === 0 && <p>{say('searchNothing')}</p>}
      {[...areas].map(([area, inArea]) => (
        <section key={area} aria-label={area}>
          <h2>{area}</h2>
          <ul className="wallet-cards">
            {inArea.map(card => (
              <li key={card.identifier}>
                <Link
                  className="wallet-card"
                  to={`/wallet/certificates/${card.identifier}`}
                  {...((card.standing !== 'ACTIVE' || card.withheld) && { 'data-over': '' })}
                >
                  <strong>{named(language, card.type)}</strong>
                  <Apart card={card} />
                  <span className="wallet-quiet">{named(language, card.department)}</span>
                  <StandingTag {...card} />
                  <span className="wallet-quiet">
                    <Day seconds={card.validFrom} /> – <Day seconds={card.validUntil} />
                  </span>
                </Link>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </>
  )
}

/** Whose name and which number, where several certificates of a type are listed. */
export function Apart({ card: { apart } }: { card: Card }) {
  const { say } = useWords('wallet')
  if (apart === null) return null
  const { name, numberEnd: end } = apart
  return <span className="wallet-quiet">{say('apart', { name, end })}</span>
}

/** Which department issues what one misses, and how to get it. */
function NotFound({ own }: { own: Card[] }) {
  const { say, language } = useWords('wallet')
  const acting = useActing()
  const names = useNames()
  const types = useTypes()
  const has = new Set(own.map(card => card.type.code))
  const kind = acting.kind ?? 'natural'
  const missing = (types.data ?? []).filter(
    type => !has.has(type.code) && (type.holderType === 'both' || type.holderType === kind),
  )
  return (
    <details className="wallet-box wallet-more">
      <summary>{say('notFound')}</summary>
      <p>{say('notFoundHow')}</p>
      <ul>
        {missing.map(type => (
          <li key={type.code}>
            {named(language, type)}
            <span className="wallet-quiet">
              {' '}
              · {areaOf(type, language)} · {say('issuedBy', { department: names.department(type.issuer) })}
            </span>
          </li>
        ))}
      </ul>
      <p>{say('notFoundWhenWrong')}</p>
    </details>
  )
}
