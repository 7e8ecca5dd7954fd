import { useQuery } from '@tanstack/react-query'
import { Flex } from 'antd'
import { Link } from 'react-router'
import { api, told } from '../api/client.ts'
import { Asked } from '../parts/asked.tsx'
import { Moment } from '../parts/moment.tsx'
import { useWords } from '../words.ts'
import { useCertificateName } from './certificate-name.ts'
import { Ledger } from './ledger.tsx'
import { Pager, usePages } from './pager.tsx'
import { Panel } from './panel.tsx'
import type { Proposal } from './shapes.ts'
import { ProposalTag } from './states.tsx'

/** Changes of single certificates that the department's people proposed: all, or those in a state. */
export function ProposalList({ title, state }: { title: string; state?: Proposal['state'] }) {
  const { say } = useWords('issuing')
  const nameOf = useCertificateName()
  const pages = usePages<string | null>(null)
  const proposals = useQuery({
    queryKey: ['proposals', state ?? 'all', pages.cursor],
    queryFn: () => {
      const query = {
        limit: '10',
        ...(state !== undefined && { state }),
        ...(pages.cursor !== null && { before: pages.cursor }),
      }
      return told(api.GET('/v1/proposals', { params: { query } }))
    },
    placeholderData: before => before,
  })
  return (
    <Panel title={title}>
      <Asked query={proposals}>
        {page => (
          <Flex vertical gap={12}>
            <Ledger
              caption={title}
              empty={say('proposalsNone')}
              rows={page.proposals}
              rowKey={({ id }) => id}
              renderCells={row => ({
                [say('action')]: say(`action_${row.action}`),
                [say('certificate')]: nameOf(row.identifier),
                [say('state')]: <ProposalTag state={row.state} />,
                [say('createdAt')]: <Moment seconds={row.createdAt} />,
                [say('nextStep')]: (
                  <Link to={`/issuing/proposals/${row.id}`}>
                    {say('open')}
                    <span className="visually-hidden">
                      {' '}
                      {say(`action_${row.action}`)} {nameOf(row.identifier)}
                    </span>
                  </Link>
                ),
              })}
            />
            <Pager pages={pages} next={page.before} />
          </Flex>
        )}
      </Asked>
    </Panel>
  )
}
