import { useQuery } from '@tanstack/react-query'
import { Card, Descriptions, Flex } from 'antd'
import { api, told } from '../api/client.ts'
import { AnswersDue } from '../issuing/answers-due.tsx'
import { Asked } from '../parts/asked.tsx'
import { Moment } from '../parts/moment.tsx'
import { Page } from '../parts/page.tsx'
import { useSession } from '../session.tsx'
import { useWords } from '../words.ts'
import { Orders } from './orders.tsx'
import './oversight.css'

/** What supervisors, operators and auditors see: orders to withhold, who read how often, and how the log stands. */
export function Component() {
  const { say } = useWords('oversight')
  const session = useSession()
  const { role, department } = session.data ?? {}
  return (
    <Page title={say('title')} intro={say('intro')}>
      {role === 'supervisor' && <AnswersDue queue="objections" />}
      {role === 'supervisor' && <AnswersDue queue="corrections" />}
      <Orders mayOrder={role === 'supervisor' || role === 'operator'} />
      {role === 'supervisor' && department != null && <Counts department={department} />}
      <LogState />
    </Page>
  )
}

function Counts({ department }: { department: string }) {
  const { say } = useWords('oversight')
  const counts = useQuery({
    queryKey: ['use-counts', department],
    queryFn: () =>
      told(api.GET('/v1/departments/{code}/uses/counts', { params: { path: { code: department } } })),
  })
  return (
    <Card title={<h2>{say('counts')}</h2>}>
      <Asked query={counts}>
        {({ officers }) =>
          officers.length === 0 ? (
            <p className="quiet">{say('countsEmpty')}</p>
          ) : (
            <table className="figures">
              <thead>
                <tr>
                  <th scope="col">{say('officer')}</th>
                  <th scope="col">{say('used')}</th>
                  <th scope="col">{say('refused')}</th>
                </tr>
              </thead>
              <tbody>
                {officers.map(({ officer, used, refused }) => (
                  <tr key={officer}>
                    <th scope="row">
                      <code>{officer.slice(-6)}</code>
                    </th>
                    <td>{used}</td>
                    <td>{refused}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          )
        }
      </Asked>
    </Card>
  )
}

function LogState() {
  const { say } = useWords('oversight')
  const log = useQuery({
    queryKey: ['log'],
    queryFn: () => told(api.GET('/v1/log')),
    refetchInterval: 10_000,
  })
  return (
    <Card title={<h2>{say('log')}</h2>}>
      <Asked query={log}>
        {({ accepted, sealed, latest }) => (
          <Flex vertical gap={12}>
            <span>{say('logWhy')}</span>
            <Descriptions
              column={1}
              items={[
                { key: 'accepted', label: say('accepted'), children: say('entries', { count: accepted }) },
                { key: 'logged', label: say('logged'), children: say('entries', { count: sealed }) },
                {
                  key: 'anchored',
                  label: say('anchored'),
                  children: (
                    <span>
                      {say('entries', { count: latest?.block == null ? 0 : latest.size })}
                      {latest?.block != null && (
                        <>
                          {' ·\u00a0'}
                          <Moment seconds={latest.block.time} />
                        </>
                      )}
                    </span>
                  ),
                },
              ]}
            />
          </Flex>
        )}
      </Asked>
    </Card>
  )
}
