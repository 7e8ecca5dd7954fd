import { useInfiniteQuery } from '@tanstack/react-query'
import { Button, Card, Flex } from 'antd'
import { Link } from 'react-router'
import { api, told } from '../api/client.ts'
import { Asked } from '../parts/asked.tsx'
import { Moment } from '../parts/moment.tsx'
import { Page } from '../parts/page.tsx'
import { ToneTag } from '../parts/tone.tsx'
import { useWords } from '../words.ts'
import type { CaseSummary } from './api-types.ts'
import { useNames } from './catalogue.ts'

export const STATE_TONES = { open: 'waiting', done: 'success', closed: 'neutral' } as const
const PAGE = '20'

/** Cases in which the department takes part, newest first. */
export function CaseList() {
  const { say } = useWords('counter')
  const cases = useInfiniteQuery({
    queryKey: ['cases', 'list'],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam: before }) =>
      told(api.GET('/v1/cases', { params: { query: { limit: PAGE, ...(before !== null && { before }) } } })),
    getNextPageParam: last => last.before,
  })
  const overrides = cases.data?.pages[0]?.overrides.reduce((sum, { count }) => sum + count, 0) ?? 0
  return (
    <Page
      title={say('casesTitle')}
      intro={say('casesIntro')}
      actions={
        <Link to="/counter/cases/new">
          <Button type="primary" tabIndex={-1}>
            {say('navNew')}
          </Button>
        </Link>
      }
    >
      <Asked query={cases} isEmpty={({ pages }) => pages[0]?.cases.length === 0} empty={say('casesEmpty')}>
        {({ pages }) => (
          <Flex vertical gap={12}>
            <p className="small">{say('overrides', { count: overrides })}</p>
            <ul className="plain case-list">
              {pages
                .flatMap(page => page.cases)
                .map(one => (
                  <li key={one.id}>
                    <CaseLine one={one} />
                  </li>
                ))}
            </ul>
            {cases.hasNextPage && (
              <Button loading={cases.isFetchingNextPage} onClick={() => void cases.fetchNextPage()}>
                {say('common:more')}
              </Button>
            )}
          </Flex>
        )}
      </Asked>
    </Page>
  )
}

function CaseLine({ one }: { one: CaseSummary }) {
  const { say } = useWords('counter')
  const { inLanguage } = useNames()
  return (
    <Card size="small">
      <Flex justify="space-between" gap={12} wrap align="center">
        <div>
          <Link to={`/counter/cases/${one.id}`} className="case-name">
            {inLanguage(one)}
          </Link>
          <div className="small">
            <span translate="no">{one.number}</span> · <Moment seconds={one.openedAt} /> ·{' '}
            {say(`channel_${one.channel}`)}
          </div>
        </div>
        <ToneTag tone={STATE_TONES[one.state]}>{say(`case_${one.state}`)}</ToneTag>
      </Flex>
    </Card>
  )
}
