/** What was read, beside the question that no machine answers: is it of the person who stands here? Then it is adopted or returned. */
import { useQuery } from '@tanstack/react-query'
import { Alert, Button, Card, Flex, Radio } from 'antd'
import { useState } from 'react'
import { Link, useNavigate } from 'react-router'
import { api, told } from '../api/client.ts'
import { once, useWrite } from '../api/write.ts'
import { Asked } from '../parts/asked.tsx'
import { Moment } from '../parts/moment.tsx'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { ToneTag } from '../parts/tone.tsx'
import { useFirstFocus } from '../parts/use-first-focus.ts'
import { FiveChecks, Verdict } from '../parts/verdict.tsx'
import { useWords } from '../words.ts'
import type { Case, Reading, Report } from './api-types.ts'
import { ArchiveButton } from './archive-button.tsx'
import { useNames } from './catalogue.ts'
import { verifyContent } from './find.ts'
import { ReportTechnical } from './found.tsx'
import { refusalWords } from './refusal-words.ts'
import { Values } from './values.tsx'

type ReadWell = Extract<Reading, { file: string }>

const RETURN_REASONS = ['PERSON_DIFFERS', 'CONTENT_DIFFERS', 'WRONG_CERTIFICATE', 'STATE_NOT_SOUND'] as const
type ReturnReason = (typeof RETURN_REASONS)[number]
type Judgement = { outcome: 'adopt' } | { outcome: 'return'; reason: ReturnReason }

export function Judged({
  readings,
  ofCase,
  ground,
}: {
  readings: readonly Reading[]
  ofCase: Case | null
  ground: 'duty' | 'presentation'
}) {
  const { say, language } = useWords('counter')
  const names = useNames()
  const top = useFirstFocus<HTMLDivElement>()
  const well = readings.filter((one): one is ReadWell => 'file' in one)
  return (
    <Flex vertical gap={16} ref={top} tabIndex={-1} className="judged">
      {readings.map(one =>
        'file' in one ? (
          <OneRead key={one.identifier} reading={one} ground={ground} />
        ) : (
          <Alert
            key={one.identifier}
            role="alert"
            type="error"
            showIcon
            title={say('notRead')}
            description={refusalWords(one.refused, language) ?? say('notReadWhy')}
          />
        ),
      )}
      {well.length > 0 && (
        <Decision
          readings={well}
          ofCase={ofCase}
          caseName={ofCase === null ? '' : `${names.inLanguage(ofCase)} ${ofCase.number}`}
        />
      )}
      {well.map(one => (
        <Checks key={one.identifier} reading={one} />
      ))}
    </Flex>
  )
}

const reportKey = (use: string) => ['verified', use]

function useReport({ use, file }: ReadWell) {
  return useQuery({
    queryKey: reportKey(use.id),
    queryFn: () => verifyContent(file),
    staleTime: Infinity,
    refetchOnMount: false,
  })
}

function OneRead({ reading, ground }: { reading: ReadWell; ground: 'duty' | 'presentation' }) {
  const { say } = useWords('counter')
  const names = useNames()
  const report = useReport(reading)
  const { use, copyExpiresAt } = reading
  return (
    <Asked query={report}>
      {found => {
        const subject = found.subject as unknown as {
          typeCode: string
          fields: Record<string, unknown>
        } | null
        const type = names.types.find(({ typeCode }) => typeCode === subject?.typeCode)
        return (
          <Flex vertical gap={16}>
            <Verdict verified={found} what={type === undefined ? undefined : names.inLanguage(type)} />
            {type !== undefined && (
              <Card
                title={<h2>{say('valuesTitle', { type: names.inLanguage(type) })}</h2>}
                extra={<ToneTag tone="info">{say(`ground_${ground}`)}</ToneTag>}
              >
                <Values type={type.code} values={subject?.fields ?? {}} />
                <p className="small">
                  {say('readNoted')} <Moment seconds={use.at} precise />
                  {' · '}
                  {say('copyUntil')} <Moment seconds={copyExpiresAt} />
                </p>
              </Card>
            )}
          </Flex>
        )
      }}
    </Asked>
  )
}

/** Below the decision: who adopts needs the verdict, who doubts needs these. */
function Checks({ reading }: { reading: ReadWell }) {
  const { say } = useWords('verdict')
  const { data: report } = useReport(reading)
  if (report === undefined) return null
  return (
    <Card title={<h2>{say('checks')}</h2>}>
      <FiveChecks answers={report.answers} />
      <ReportTechnical report={report} />
    </Card>
  )
}

function Decision({
  readings,
  ofCase,
  caseName,
}: {
  readings: readonly ReadWell[]
  ofCase: Case | null
  caseName: string
}) {
  const { say } = useWords('counter')
  const [person, setPerson] = useState<'yes' | 'no' | null>(null)
  const [reason, setReason] = useState<ReturnReason>('PERSON_DIFFERS')
  const [isReturning, setReturning] = useState(false)
  const items = readings.flatMap(reading => {
    const item = ofCase?.items.find(({ identifier }) => identifier === reading.identifier)
    return item === undefined ? [] : [{ item: item.number, use: reading.use.id }]
  })
  const judge = useWrite<Judgement, Judgement>(async (judgement, key) => {
    for (const { item, use } of items) {
      const path = { id: ofCase!.id, item: String(item) }
      const call = api.POST('/v1/cases/{id}/items/{item}/judgement', {
        params: { header: once(`${key}-${item}`), path },
        body: { ...judgement, use },
      })
      await told(call)
    }
    return judgement
  })
  if (judge.data !== undefined)
    return <Done judgement={judge.data} ofCase={items.length === 0 ? null : ofCase} />
  const isReturn = isReturning || person === 'no'
  return (
    <Card title={<h2>{say('personTitle')}</h2>}>
      <Flex vertical gap={12}>
        <fieldset className="person">
          <legend>{say('personQuestion')}</legend>
          <Radio.Group
            value={person}
            onChange={event => {
              setPerson(event.target.value as 'yes' | 'no')
              setReason('PERSON_DIFFERS')
              setReturning(false)
            }}
          >
            <Radio value="yes">{say('personYes')}</Radio>
            <Radio value="no">{say('personNo')}</Radio>
          </Radio.Group>
        </fieldset>
        {ofCase !== null && items.length === 0 && (
          <Alert type="warning" showIcon title={say('notOfCase', { name: caseName })} />
        )}
        {ofCase === null && <p>{say('noCaseYet')}</p>}
        {isReturn && (
          <div className="field">
            <label htmlFor="return-reason">{say('returnReason')}</label>
            <select
              id="return-reason"
              value={reason}
              onChange={event => setReason(event.target.value as ReturnReason)}
            >
              {RETURN_REASONS.map(one => (
                <option key={one} value={one}>
                  {say(`return_${one}`)}
                </option>
              ))}
            </select>
          </div>
        )}
        <Flex gap={12} wrap>
          {items.length > 0 && !isReturn && (
            <Button
              type="primary"
              size="large"
              disabled={person !== 'yes'}
              loading={judge.isPending}
              onClick={() => judge.mutate({ outcome: 'adopt' })}
            >
              {say('adopt', { name: caseName })}
            </Button>
          )}
          {!isReturn && person !== null && ofCase === null && <OpenWith readings={readings} />}
          {isReturn ? (
            <Button
              type="primary"
              danger
              size="large"
              loading={judge.isPending}
              onClick={() => judge.mutate({ outcome: 'return', reason })}
            >
              {say('returnGo')}
            </Button>
          ) : (
            <Button size="large" onClick={() => setReturning(true)}>
              {say('return')}
            </Button>
          )}
        </Flex>
        <ProblemNotice error={judge.error} />
      </Flex>
    </Card>
  )
}

/** A number that was shown need not be typed again; it goes to the next page in memory, in no address. */
function OpenWith({ readings }: { readings: readonly ReadWell[] }) {
  const { say } = useWords('counter')
  const navigate = useNavigate()
  const reports = readings.map(reading => reading.use.id)
  const first = useQuery<Report>({ queryKey: reportKey(reports[0] ?? ''), enabled: false })
  const { fields } = (first.data?.subject ?? {}) as { fields?: Record<string, unknown> }
  const number = fields?.['idNo'] ?? fields?.['uscc']
  if (typeof number !== 'string') return null
  return (
    <Button
      type="primary"
      size="large"
      onClick={() => void navigate('/counter/cases/new', { state: { number } })}
    >
      {say('openWith')}
    </Button>
  )
}

function Done({ judgement, ofCase }: { judgement: Judgement; ofCase: Case | null }) {
  const { say } = useWords('counter')
  const line = useFirstFocus<HTMLDivElement>()
  const isAdopted = judgement.outcome === 'adopt'
  return (
    <div ref={line} tabIndex={-1}>
      <Alert
        role="status"
        type={isAdopted ? 'success' : 'warning'}
        showIcon
        title={
          isAdopted
            ? say('adopted')
            : say(ofCase === null ? 'returnedHere' : 'returned', {
                reason: say(`return_${judgement.reason}`),
              })
        }
        description={
          ofCase !== null && (
            <Flex gap={12} wrap align="center">
              <Link to={`/counter/cases/${ofCase.id}`}>{say('toCase', { number: ofCase.number })}</Link>
              <ArchiveButton id={ofCase.id} number={ofCase.number} />
            </Flex>
          )
        }
      />
    </div>
  )
}
