import { useInfiniteQuery } from '@tanstack/react-query'
import { Button, Card, Flex } from 'antd'
import { useState } from 'react'
import { Link } from 'react-router'
import { api, told } from '../api/client.ts'
import { Asked } from '../parts/asked.tsx'
import { Moment } from '../parts/moment.tsx'
import { Page } from '../parts/page.tsx'
import { ToneTag } from '../parts/tone.tsx'
import { Technical } from '../parts/verdict.tsx'
import { useSession } from '../session.tsx'
import { useWords } from '../words.ts'
import type { Use } from './api-types.ts'
import { useNames } from './catalogue.ts'
import { refusalWords } from './refusal-words.ts'

const PAGE = '25'
const GROUNDS = ['duty', 'consent', 'presentation'] as const

/** What the own department has read, and what it was refused: names of fields, never values. */
export function Uses() {
  const { say } = useWords('counter')
  const { data: session } = useSession()
  const code = session?.department ?? ''
  const [ground, setGround] = useState<string>('')
  const uses = useInfiniteQuery({
    queryKey: ['uses', code, ground],
    initialPageParam: null as number | null,
    queryFn: ({ pageParam: before }) =>
      told(
        api.GET('/v1/departments/{code}/uses', {
          params: {
            path: { code },
            query: {
              side: 'read',
              limit: PAGE,
              ...(before !== null && { before: String(before) }),
              ...(ground !== '' && { ground: ground as (typeof GROUNDS)[number] }),
            },
          },
        }),
      ),
    getNextPageParam: last => last.before,
    enabled: code !== '',
  })
  return (
    <Page title={say('usesTitle')} intro={say('usesIntro')}>
      <div className="field field-row">
        <label htmlFor="ground">{say('groundFilter')}</label>
        <select id="ground" value={ground} onChange={event => setGround(event.target.value)}>
          <option value="">{say('groundAll')}</option>
          {GROUNDS.map(one => (
            <option key={one} value={one}>
              {say(`ground_${one}`)}
            </option>
          ))}
        </select>
      </div>
      <Asked query={uses} isEmpty={({ pages }) => pages[0]?.uses.length === 0} empty={say('usesEmpty')}>
        {({ pages }) => (
          <Flex vertical gap={12}>
            <ul className="plain case-list">
              {pages
                .flatMap(page => page.uses)
                .map(use => (
                  <li key={use.id}>
                    <UseLine use={use} isOwn={use.officer === session?.account} />
                  </li>
                ))}
            </ul>
            {uses.hasNextPage && (
              <Button loading={uses.isFetchingNextPage} onClick={() => void uses.fetchNextPage()}>
                {say('common:more')}
              </Button>
            )}
          </Flex>
        )}
      </Asked>
    </Page>
  )
}

function UseLine({ use, isOwn }: { use: Use; isOwn: boolean }) {
  const { say, language } = useWords('counter')
  const verdict = useWords('verdict')
  const names = useNames()
  const type = names.types.find(({ typeCode }) => use.identifier.includes(typeCode))
  return (
    <Card size="small">
      <Flex justify="space-between" gap={8} wrap align="start">
        <strong>{names.inLanguage(type)}</strong>
        <ToneTag tone={use.refused === null ? 'success' : 'error'}>
          {use.refused === null ? say('useDone') : say('useRefused')}
        </ToneTag>
      </Flex>
      <p className="small">
        <Moment seconds={use.at} precise /> · {say(`ground_${use.ground}`)} ·{' '}
        {use.matter === 'PRESENT' ? say('matterNone') : names.matter(use.matter)}
        {isOwn && ` · ${say('byMe')}`}
        <br />
        {type === undefined ? '' : names.fields(type.code, use.fields)}
        {use.basis !== null && (
          <>
            <br />
            {say('basis')} {use.basis}
          </>
        )}
        {use.refused !== null && (
          <>
            <br />
            {refusalWords(use.refused, language) ?? say('notReadWhy')}
          </>
        )}
      </p>
      {use.case !== null && <Link to={`/counter/cases/${use.case}`}>{say('useCase')}</Link>}
      <Technical
        lines={[
          [verdict.say('identifier'), use.identifier],
          [verdict.say('fingerprint'), use.leaf],
          [verdict.say('place'), use.index],
        ]}
      />
    </Card>
  )
}
