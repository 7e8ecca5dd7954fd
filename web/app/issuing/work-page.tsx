import { useQuery } from '@tanstack/react-query'
import { Button, Flex } from 'antd'
import { useState } from 'react'
import { Link, useNavigate } from 'react-router'
import { api, told } from '../api/client.ts'
import { Asked } from '../parts/asked.tsx'
import { Moment } from '../parts/moment.tsx'
import { Page } from '../parts/page.tsx'
import { useSession, type Role } from '../session.tsx'
import { useWords } from '../words.ts'
import { AnswersDue } from './answers-due.tsx'
import { Ledger } from './ledger.tsx'
import { Pager, usePages } from './pager.tsx'
import { Panel } from './panel.tsx'
import { ProposalList } from './proposal-list.tsx'
import type { Batch, BatchState } from './shapes.ts'
import { BatchTag, stageOf } from './states.tsx'
import { nameIn, useTypes } from './types.ts'

const LOOK_MS = 5_000
/** More than a person does in a day; the rest stands among all batches. */
const MOST_WAITING = '20'
const PAGE = '10'

/** 签发工作台: what waits for this person, what runs by itself, and everything else. */
export function WorkPage() {
  const { say } = useWords('issuing')
  const session = useSession()
  const navigate = useNavigate()
  const role = session.data?.role ?? 'anyone'
  return (
    <Page
      title={say('desk')}
      intro={say(role === 'checker' ? 'deskChecker' : role === 'maker' ? 'deskMaker' : 'deskSupervisor')}
      actions={
        role === 'maker' && (
          <Button type="primary" size="large" onClick={() => void navigate('/issuing/new')}>
            {say('newBatch')}
          </Button>
        )
      }
    >
      <AnswersDue queue="corrections" />
      {role === 'supervisor' && <AnswersDue queue="objections" />}
      {role === 'maker' && <Batches title={say('todo')} states={['rejected', 'draft']} role={role} />}
      {role === 'checker' && <Batches title={say('toCheck')} states={['submitted']} role={role} />}
      {role === 'checker' && <ProposalList title={say('proposalsToCheck')} state="proposed" />}
      <Batches title={say('running')} states={['approved', 'issued']} role={role} onlyRunning />
      <AllBatches role={role} />
      <ProposalList title={say('proposals')} />
    </Page>
  )
}

/** The first batches in these states, one state after the other; nothing at all when nothing runs. */
function Batches({
  title,
  states,
  role,
  onlyRunning = false,
}: {
  title: string
  states: readonly BatchState[]
  role: Role
  onlyRunning?: boolean
}) {
  const { say } = useWords('issuing')
  const batches = useQuery({
    queryKey: ['batches', ...states],
    queryFn: async () => {
      const pages = await Promise.all(
        states.map(state =>
          told(api.GET('/v1/batches', { params: { query: { state, limit: MOST_WAITING } } })),
        ),
      )
      return pages.flatMap(page => page.batches)
    },
    refetchInterval: LOOK_MS,
    select: found => found.filter(batch => !onlyRunning || stageOf(batch) !== 'done'),
  })
  if (onlyRunning && (batches.data ?? []).length === 0) return null
  return (
    <Panel title={title}>
      <Asked query={batches}>
        {found => <BatchLedger title={title} batches={found} role={role} empty={say('todoNone')} />}
      </Asked>
    </Panel>
  )
}

const STATES: readonly BatchState[] = ['draft', 'submitted', 'rejected', 'approved', 'issued', 'withdrawn']

function AllBatches({ role }: { role: Role }) {
  const { say } = useWords('issuing')
  const pages = usePages<string | null>(null)
  const [state, setState] = useState<BatchState | ''>('')
  const batches = useQuery({
    queryKey: ['batches', 'all', state, pages.cursor],
    queryFn: () => {
      const query = {
        limit: PAGE,
        ...(state !== '' && { state }),
        ...(pages.cursor !== null && { before: pages.cursor }),
      }
      return told(api.GET('/v1/batches', { params: { query } }))
    },
    placeholderData: before => before,
  })
  return (
    <Panel
      title={say('allBatches')}
      actions={
        <label className="filter">
          {say('filterState')}{' '}
          <select
            className="choice"
            value={state}
            onChange={({ target }) => {
              setState(target.value as BatchState | '')
              pages.reset()
            }}
          >
            <option value="">{say('filterAll')}</option>
            {STATES.map(one => (
              <option key={one} value={one}>
                {say(one === 'issued' ? 'batch_issued' : `batch_${one}`)}
              </option>
            ))}
          </select>
        </label>
      }
    >
      <Asked query={batches}>
        {page => (
          <Flex vertical gap={12}>
            <BatchLedger
              title={say('allBatches')}
              batches={page.batches}
              role={role}
              empty={say('batchesNone')}
            />
            <Pager pages={pages} next={page.before} />
          </Flex>
        )}
      </Asked>
    </Panel>
  )
}

function BatchLedger({
  title,
  batches,
  role,
  empty,
}: {
  title: string
  batches: readonly Batch[]
  role: Role
  empty: string
}) {
  const { say, language } = useWords('issuing')
  const types = useTypes()
  const nameOf = (code: string) =>
    nameIn(types.data?.find(type => type.code === code)?.definition, language) || code
  const next = useNextStep(role)
  return (
    <Ledger
      caption={title}
      empty={empty}
      rows={batches}
      rowKey={({ id }) => id}
      renderCells={row => ({
        [say('type')]: (
          <>
            {nameOf(row.type)}
            {row.name !== null && <div className="small">{row.name}</div>}
          </>
        ),
        [say('rows')]: say('rowsCount', { count: row.rows }),
        [say('state')]: <BatchTag batch={row} />,
        [say('createdAt')]: <Moment seconds={row.createdAt} />,
        [say('nextStep')]: <Link to={`/issuing/batches/${row.id}`}>{next(row)}</Link>,
      })}
    />
  )
}

/** What this role does with a batch, as the words of the link to it. */
function useNextStep(role: Role): (batch: Batch) => string {
  const { say } = useWords('issuing')
  return batch => {
    const stage = stageOf(batch)
    switch (stage) {
      case 'draft':
      case 'rejected':
        if (role !== 'maker') return say('nextLook')
        return batch.bad > 0 ? say('nextCorrect', { bad: batch.bad }) : say('nextSubmit')
      case 'submitted':
        return role === 'checker' ? say('nextCheck') : say('nextWait')
      case 'approved':
      case 'running':
        return say('nextProgress')
      case 'done':
        return say('nextReceipts')
      case 'withdrawn':
        return say('nextLook')
    }
  }
}
