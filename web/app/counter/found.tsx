import { Alert, Button, Card, Flex } from 'antd'
import { useState, type FormEvent } from 'react'
import { api, told } from '../api/client.ts'
import { once, useWrite } from '../api/write.ts'
import { Day, Moment } from '../parts/moment.tsx'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { useFirstFocus } from '../parts/use-first-focus.ts'
import { FiveChecks, Technical, Verdict } from '../parts/verdict.tsx'
import { useSession } from '../session.tsx'
import { useWords } from '../words.ts'
import type { Case, PublicState, Reading, Report, Taken } from './api-types.ts'
import { useMatter, useMatters, useNames } from './catalogue.ts'
import { lookUp, type Found } from './find.ts'
import { Judged } from './judged.tsx'
import { Values } from './values.tsx'

/** What was found, in the form that suits it. */
export function FoundView({ found, ofCase }: { found: Found; ofCase: Case | null }) {
  switch (found.kind) {
    case 'taken':
      return <TakenView taken={found.taken} ofCase={ofCase} />
    case 'certificate':
      return <ByDuty identifier={found.identifier} typeCode={found.typeCode} ofCase={ofCase} />
    case 'lastFour':
      return <LastFour shortCode={found.shortCode} />
    case 'public':
      return <PublicView state={found.state} />
    case 'report':
      return <ReportView report={found.report} />
    case 'case':
      return null
  }
}

/** What a holder shows: names of fields first, values only once they are read. */
function TakenView({ taken, ofCase }: { taken: Taken; ofCase: Case | null }) {
  const { say } = useWords('counter')
  const names = useNames()
  const first = useFirstFocus<HTMLButtonElement>()
  const read = useWrite<null, Reading[]>(async (_, key) => {
    const path = { id: taken.presentation }
    const call = api.POST('/v1/presentations/{id}/reading', {
      params: { header: once(key), path },
      body: {},
    })
    return (await told(call)).certificates
  })
  if (read.data !== undefined) return <Judged readings={read.data} ofCase={ofCase} ground="presentation" />
  return (
    <Card title={<h2>{say('shownTitle')}</h2>}>
      <Flex vertical gap={12}>
        <ul className="plain">
          {taken.certificates.map(({ identifier, type, fields }) => (
            <li key={identifier}>
              <strong>{names.type(type)}</strong>：{names.fields(type, fields)}
            </li>
          ))}
        </ul>
        <p>
          {ofCase === null
            ? say('shownForNothing')
            : say('shownFor', { matter: names.inLanguage(ofCase), number: ofCase.number })}
        </p>
        <p className="small">
          {say('shownUntil')} <Moment seconds={taken.readUntil} precise />
        </p>
        <Button
          type="primary"
          size="large"
          ref={first}
          loading={read.isPending}
          onClick={() => read.mutate(null)}
        >
          {say('read')}
        </Button>
        <ProblemNotice error={read.error} onRetry={() => read.mutate(null)} />
      </Flex>
    </Card>
  )
}

/** A certificate by its identifier: a department reads it only by a law on record, for a matter of its own. */
function ByDuty({
  identifier,
  typeCode,
  ofCase,
}: {
  identifier: string
  typeCode: string
  ofCase: Case | null
}) {
  const { say } = useWords('counter')
  const names = useNames()
  const session = useSession()
  const matters = useMatters()
  const type = names.types.find(one => one.typeCode === typeCode)
  const possible = (matters.data ?? []).filter(
    ({ code, certificates }) =>
      type !== undefined && certificates.includes(type.code) && (ofCase === null || code === ofCase.matter),
  )
  const [chosen, setChosen] = useState<string | null>(null)
  const matter = chosen ?? ofCase?.matter ?? null
  const definition = useMatter(matter)
  const fields = [
    ...new Set(
      definition.data?.requirements
        .filter(({ cert, mode }) => cert === type?.code && mode === 'duty')
        .flatMap(line => line.fields),
    ),
  ]
  const read = useWrite<string, Reading>(async (code, key) => {
    const body = { identifier, matter: code, ground: 'duty' as const, fields }
    const { use, copy, file } = await told(api.POST('/v1/uses', { body, params: { header: once(key) } }))
    return { identifier, use, copyExpiresAt: copy.expiresAt, file }
  })
  if (read.data !== undefined) return <Judged readings={[read.data]} ofCase={ofCase} ground="duty" />
  if (type === undefined) return <Alert type="warning" showIcon title={say('typeUnknown')} />
  return (
    <Card title={<h2>{names.inLanguage(type)}</h2>}>
      <Flex vertical gap={12} align="start">
        <p>{say('dutyWhy')}</p>
        <div className="field">
          <label htmlFor="duty-matter">{say('dutyMatter')}</label>
          <select
            id="duty-matter"
            value={matter ?? ''}
            onChange={event => setChosen(event.target.value === '' ? null : event.target.value)}
          >
            <option value="">{say('choose')}</option>
            {possible.map(one => (
              <option key={one.code} value={one.code}>
                {names.inLanguage(one)}
              </option>
            ))}
          </select>
        </div>
        {matter !== null && definition.data !== undefined && fields.length === 0 && (
          <Alert type="info" showIcon title={say('dutyNone')} description={say('dutyNoneNext')} />
        )}
        {matter !== null && fields.length > 0 && (
          <>
            <p>{say('dutyFields', { fields: names.fields(type.code, fields) })}</p>
            <Button
              type="primary"
              size="large"
              loading={read.isPending}
              disabled={session.data?.role !== 'officer'}
              onClick={() => read.mutate(matter)}
            >
              {say('dutyRead')}
            </Button>
          </>
        )}
        <ProblemNotice error={read.error} />
      </Flex>
    </Card>
  )
}

function LastFour({ shortCode }: { shortCode: string }) {
  const { say } = useWords('counter')
  const first = useFirstFocus<HTMLInputElement>()
  const [lastFour, setLastFour] = useState('')
  const look = useWrite((four: string) => lookUp({ shortCode, lastFour: four }))
  const submit = (event: FormEvent) => {
    event.preventDefault()
    if (lastFour.trim() !== '') look.mutate(lastFour.normalize('NFKC').trim().toUpperCase())
  }
  if (look.data !== undefined) return <PublicView state={look.data} />
  return (
    <Card>
      <form onSubmit={submit}>
        <label htmlFor="last-four" className="box-label">
          {say('lastFour')}
        </label>
        <div className="box">
          <input
            id="last-four"
            ref={first}
            autoComplete="off"
            maxLength={8}
            value={lastFour}
            onChange={event => setLastFour(event.target.value)}
          />
          <Button type="primary" size="large" htmlType="submit" loading={look.isPending}>
            {say('lookUp')}
          </Button>
        </div>
      </form>
      <ProblemNotice error={look.error} />
    </Card>
  )
}

/** State and masked fields, as anybody with the paper sees them; nothing is read and no use is written. */
function PublicView({ state }: { state: PublicState }) {
  const { say } = useWords('counter')
  const verdict = useWords('verdict')
  const { inLanguage } = useNames()
  const { type, fields = [], answers, anchor, validUntil } = state
  return (
    <Flex vertical gap={16}>
      <Verdict verified={state} what={type === undefined ? undefined : inLanguage(type)} />
      {type !== undefined && (
        <Card title={<h2>{say('masked')}</h2>}>
          <Values type={type.code} values={Object.fromEntries(fields)} />
          {validUntil !== undefined && (
            <p>
              {say('validUntil')} <Day seconds={validUntil} />
            </p>
          )}
          <p className="small">{say('maskedWhy')}</p>
        </Card>
      )}
      {answers !== undefined && (
        <Card title={<h2>{verdict.say('checks')}</h2>}>
          <FiveChecks answers={answers} />
        </Card>
      )}
      {anchor != null && <Technical lines={[[verdict.say('block'), anchor.blockNumber]]} />}
    </Flex>
  )
}

interface Subject {
  kind: 'certificate' | 'record'
  leaf: string
  identifier?: string
  typeCode?: string
  fields?: Record<string, unknown>
}

/** A file that somebody handed over: its verdict, and what the file itself discloses. */
export function ReportView({ report }: { report: Report }) {
  const { say } = useWords('counter')
  const verdict = useWords('verdict')
  const names = useNames()
  const subject = report.subject as unknown as Subject | null
  const type = names.types.find(({ typeCode }) => typeCode === subject?.typeCode)
  const hasFields = Object.keys(subject?.fields ?? {}).length > 0
  return (
    <Flex vertical gap={16}>
      <Verdict verified={report} what={type === undefined ? undefined : names.inLanguage(type)} />
      {type !== undefined && hasFields && (
        <Card title={<h2>{say('disclosed')}</h2>}>
          <Values type={type.code} values={subject?.fields ?? {}} />
        </Card>
      )}
      <Card title={<h2>{verdict.say('checks')}</h2>}>
        <FiveChecks answers={report.answers} />
      </Card>
      <ReportTechnical report={report} />
      <Alert type="info" showIcon title={say('fileNotRead')} />
    </Flex>
  )
}

export function ReportTechnical({ report }: { report: Report }) {
  const { say } = useWords('verdict')
  const subject = report.subject as unknown as Subject | null
  return (
    <Technical
      lines={[
        [say('fingerprint'), subject?.leaf ?? '–'],
        [say('identifier'), subject?.identifier ?? '–'],
        [say('issuerKey'), report.issuer?.did ?? '–'],
        [say('block'), report.anchor?.blockNumber ?? '–'],
        [say('place'), report.anchor?.index ?? '–'],
      ]}
    />
  )
}
