import type { UseQueryResult } from '@tanstack/react-query'
import { Empty, Flex, Skeleton } from 'antd'
import type { ReactNode } from 'react'
import { useWords } from '../words.ts'
import { ProblemNotice } from './problem-notice.tsx'

/** The answer of a question once it is there; before, that it is being loaded; else why not, with a way to ask again. */
export function Asked<Data>({
  query,
  isEmpty,
  empty,
  children,
}: {
  query: UseQueryResult<Data>
  isEmpty?: (data: Data) => boolean
  /** What to do when there is nothing: more than that there is nothing. */
  empty?: ReactNode
  children: (data: Data) => ReactNode
}) {
  const { say } = useWords('common')
  if (query.isPending) {
    return (
      <div aria-busy="true">
        <output className="visually-hidden">{say('loading')}</output>
        <Skeleton active={false} paragraph={{ rows: 4 }} />
      </div>
    )
  }
  if (query.isError) return <ProblemNotice error={query.error} onRetry={() => void query.refetch()} />
  if (isEmpty?.(query.data) === true) {
    return (
      <Flex vertical align="center" className="empty">
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={empty ?? say('empty')} />
      </Flex>
    )
  }
  return children(query.data)
}
