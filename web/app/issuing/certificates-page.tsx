import { useQuery } from '@tanstack/react-query'
import { Alert, Button, Flex, Input } from 'antd'
import { useId, useState } from 'react'
import { Link, useNavigate, useSearchParams } from 'react-router'
import { parseCertificateIdentifier } from '../../../protocol/identifiers.ts'
import { api, told } from '../api/client.ts'
import type { paths } from '../api/schema.d.ts'
import { useWrite } from '../api/write.ts'
import { Asked } from '../parts/asked.tsx'
import { Day, Moment } from '../parts/moment.tsx'
import { Page } from '../parts/page.tsx'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { useSession } from '../session.tsx'
import { useWords } from '../words.ts'
import { useCertificateName } from './certificate-name.ts'
import { Ledger } from './ledger.tsx'
import { Pager, usePages } from './pager.tsx'
import type { Standing } from './shapes.ts'
import { StandingTag, STANDINGS } from './states.tsx'
import { nameIn, useTypes } from './types.ts'

const PAGE = '20'

/** The department's certificates: by what is on the paper, or all of a type, a state or a batch. */
export function CertificatesPage() {
  const { say } = useWords('issuing')
  const [chosen] = useSearchParams()
  const filter = {
    type: chosen.get('type') ?? '',
    standing: (chosen.get('standing') ?? '') as Standing | '',
    batch: chosen.get('batch') ?? '',
  }
  return (
    <Page title={say('certificates')} intro={say('certificatesIntro')}>
      <Find />
      <Filters filter={filter} />
      <List key={Object.values(filter).join()} filter={filter} />
    </Page>
  )
}

type Summary =
  paths['/v1/certificates/find']['post']['responses'][200]['content']['application/json']['certificates'][number]

/** By what is on the paper in one's hand; a supervisor, who sees no contents, by the identifier alone. */
function Find() {
  const { say } = useWords('issuing')
  const id = useId()
  const navigate = useNavigate()
  const session = useSession()
  const isAll = session.data?.role !== 'supervisor'
  const [text, setText] = useState('')
  const [isWrong, setWrong] = useState(false)
  const find = useWrite(async (typed: string) =>
    told(api.POST('/v1/certificates/find', { body: { text: typed } })),
  )
  const found = find.data?.certificates
  const search = () => {
    const identifier = text.replaceAll(/\s/g, '').toUpperCase()
    setWrong(false)
    find.reset()
    if (isIdentifier(identifier)) void navigate(`/issuing/certificates/${identifier}`)
    else if (isAll && text.trim() !== '') find.mutate(text)
    else setWrong(true)
  }
  return (
    <search className="panel">
      <form
        onSubmit={event => {
          event.preventDefault()
          search()
        }}
      >
        <div className="ask">
          <label htmlFor={id}>{say(isAll ? 'findAny' : 'findIdentifier')}</label>
          <div id={`${id}-hint`} className="ask-hint small">
            {say(isAll ? 'findAnyHint' : 'findIdentifierHint')}
          </div>
          <Flex gap={8} wrap>
            <Input
              id={id}
              className="find"
              maxLength={200}
              autoComplete="off"
              aria-describedby={`${id}-hint`}
              aria-invalid={isWrong}
              value={text}
              onChange={({ target }) => {
                setText(target.value)
                setWrong(false)
              }}
            />
            <Button type="primary" htmlType="submit" loading={find.isPending}>
              {say('find')}
            </Button>
          </Flex>
        </div>
        {isWrong && (
          <Alert role="alert" type="error" showIcon title={say(isAll ? 'findEmpty' : 'findWrong')} />
        )}
      </form>
      <ProblemNotice error={find.error} />
      {found?.length === 0 && (
        <Alert
          role="status"
          type="info"
          showIcon
          title={say('findNothing')}
          description={say('findNothingNext')}
        />
      )}
      {found !== undefined && found.length > 0 && (
        <>
          <p role="status">{say('findFound', { count: found.length })}</p>
          <Certificates rows={found} />
        </>
      )}
    </search>
  )
}

function isIdentifier(text: string): boolean {
  try {
    parseCertificateIdentifier(text)
    return true
  } catch {
    return false
  }
}

function Certificates({ rows }: { rows: readonly Summary[] }) {
  const { say } = useWords('issuing')
  const nameOf = useCertificateName()
  return (
    <Ledger
      caption={say('certificates')}
      rows={rows}
      rowKey={({ identifier }) => identifier}
      renderCells={row => ({
        [say('certificate')]: (
          <>
            <Link to={`/issuing/certificates/${row.identifier}`}>{nameOf(row.identifier)}</Link>
            <br className="wide-only" />
            <code className="small wide-only" translate="no">
              {row.identifier}
            </code>
          </>
        ),
        [say('standing')]: <StandingTag standing={row.standing} />,
        [say('validUntil')]: <Day seconds={row.validUntil} />,
        [say('issuedAt')]: <Moment seconds={row.acceptedAt} />,
      })}
    />
  )
}

interface Filter {
  type: string
  standing: Standing | ''
  batch: string
}

function Filters({ filter }: { filter: Filter }) {
  const { say, language } = useWords('issuing')
  const session = useSession()
  const types = useTypes()
  const [, choose] = useSearchParams()
  const set = (change: Partial<Filter>) =>
    choose(Object.entries({ ...filter, ...change }).filter(([, value]) => value !== ''))
  const own = (types.data ?? []).filter(({ definition }) => definition.issuer === session.data?.department)
  return (
    <Flex gap={16} align="end" wrap className="no-print">
      <label className="filter">
        {say('type')}{' '}
        <select className="choice" value={filter.type} onChange={({ target }) => set({ type: target.value })}>
          <option value="">{say('filterAll')}</option>
          {own.map(({ code, definition }) => (
            <option key={code} value={code}>
              {nameIn(definition, language)}
            </option>
          ))}
        </select>
      </label>
      <label className="filter">
        {say('standing')}{' '}
        <select
          className="choice"
          value={filter.standing}
          onChange={({ target }) => set({ standing: target.value as Standing | '' })}
        >
          <option value="">{say('filterAll')}</option>
          {STANDINGS.map(standing => (
            <option key={standing} value={standing}>
              {say(`standing_${standing}`)}
            </option>
          ))}
        </select>
      </label>
      {filter.batch !== '' && (
        <Flex gap={8} align="center" wrap>
          <Link to={`/issuing/batches/${filter.batch}`}>{say('filterBatch')}</Link>
          <Button onClick={() => set({ batch: '' })}>{say('filterBatchNot')}</Button>
        </Flex>
      )}
    </Flex>
  )
}

function List({ filter }: { filter: Filter }) {
  const { say } = useWords('issuing')
  const pages = usePages<number | null>(null)
  const certificates = useQuery({
    queryKey: ['certificates', filter, pages.cursor],
    queryFn: () => {
      const { type, standing, batch } = filter
      const query = {
        limit: PAGE,
        ...(type !== '' && { type }),
        ...(standing !== '' && { standing }),
        ...(batch !== '' && { batch }),
        ...(pages.cursor !== null && { before: String(pages.cursor) }),
      }
      return told(api.GET('/v1/certificates', { params: { query } }))
    },
    placeholderData: before => before,
  })
  return (
    <section className="panel" aria-label={say('certificates')}>
      <Asked
        query={certificates}
        isEmpty={page => page.certificates.length === 0 && page.before === null && pages.page === 1}
        empty={say('certificatesNone')}
      >
        {page => (
          <Flex vertical gap={12}>
            {page.certificates.length === 0 && <p>{say('certificatesNoneHere')}</p>}
            <Certificates rows={page.certificates} />
            <Pager pages={pages} next={page.before} />
          </Flex>
        )}
      </Asked>
    </section>
  )
}
