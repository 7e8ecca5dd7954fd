import { DownloadOutlined, PrinterOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Alert, Button, Card, Flex } from 'antd'
import { Link, useParams } from 'react-router'
import { api, saveFile, told } from '../api/client.ts'
import { useWrite } from '../api/write.ts'
import { Asked } from '../parts/asked.tsx'
import { Moment } from '../parts/moment.tsx'
import { Page } from '../parts/page.tsx'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { ToneTag } from '../parts/tone.tsx'
import { Technical } from '../parts/verdict.tsx'
import { useSession } from '../session.tsx'
import { useWords } from '../words.ts'
import type { paths } from '../api/schema.d.ts'
import { keptRecords } from './kept.ts'
import './records.css'

type RecordView = paths['/v1/records/{id}']['get']['responses'][200]['content']['application/json']

const STATES = ['accepted', 'logged', 'anchored', 'final'] as const
const ASK_AGAIN_MS = 1_000

/** A record on its way to the chain, followed until it is final; then its evidence. */
export function RecordPage() {
  const { say } = useWords('records')
  const { id = '' } = useParams()
  const { data: session } = useSession()
  const record = useQuery({
    queryKey: ['record', id],
    queryFn: () => told(api.GET('/v1/records/{id}', { params: { path: { id } } })),
    refetchInterval: ({ state }) =>
      state.status === 'success' && state.data?.statement.state !== 'final' ? ASK_AGAIN_MS : false,
  })
  const name = keptRecords(session?.account ?? '').find(one => one.id === id)?.name
  return (
    <Page title={say('recordTitle')} intro={name}>
      <Asked query={record}>{found => <Found record={found} />}</Asked>
    </Page>
  )
}

function Found({ record }: { record: RecordView }) {
  const { say } = useWords('records')
  const { state, block, index } = record.statement
  const isFinal = state === 'final'
  return (
    <>
      <Card title={<h2>{say('stateTitle')}</h2>}>
        <ol className="way" data-state={state}>
          {STATES.map((step, place) => {
            const reached = STATES.indexOf(state) >= place
            return (
              <li key={step} aria-current={step === state ? 'step' : undefined}>
                <ToneTag tone={reached ? 'success' : 'waiting'}>{say(`state_${step}`)}</ToneTag>
                <span className="small">{say(`state_${step}_why`)}</span>
              </li>
            )
          })}
        </ol>
        <div role="status">
          {isFinal && block !== null ? (
            <Alert
              type="success"
              showIcon
              title={
                <>
                  {say('sinceBefore')}
                  <Moment seconds={block.time} precise />
                  {say('sinceAfter')}
                </>
              }
            />
          ) : (
            <p>{say('waiting')}</p>
          )}
        </div>
        <p>
          {say('number')} <code translate="no">{record.id}</code> · {say('acceptedAt')}{' '}
          <Moment seconds={record.acceptedAt} precise />
        </p>
      </Card>
      <Card title={<h2>{say('evidenceTitle')}</h2>}>
        <Evidence record={record} isFinal={isFinal} />
      </Card>
      <Technical
        lines={[
          [say('leaf'), record.leaf],
          [say('index'), index ?? record.index],
          [say('block'), block === null ? '–' : `${block.number} ${block.hash}`],
        ]}
      />
    </>
  )
}

/** What of a record may be saved, and how such files end. */
const ENDINGS = { paper: 'pdf', evidence: 'zip', file: 'json' } as const

function Evidence({ record: { id }, isFinal }: { record: RecordView; isFinal: boolean }) {
  const { say, language } = useWords('records')
  const save = useWrite<keyof typeof ENDINGS, void>(what => {
    const query = what === 'paper' ? `?language=${language === 'en' ? 'en' : 'zh'}` : ''
    return saveFile(`/v1/records/${id}/${what}${query}`, `${what}-${id}.${ENDINGS[what]}`)
  })
  return (
    <Flex vertical gap={12} align="start">
      <p>{say('evidenceWhy')}</p>
      <Flex gap={12} wrap className="no-print">
        <Button
          type="primary"
          icon={<DownloadOutlined aria-hidden />}
          disabled={!isFinal}
          loading={save.isPending && save.variables === 'evidence'}
          onClick={() => save.mutate('evidence')}
        >
          {say('evidence')}
        </Button>
        <Button
          icon={<DownloadOutlined aria-hidden />}
          disabled={!isFinal}
          loading={save.isPending && save.variables === 'paper'}
          onClick={() => save.mutate('paper')}
        >
          {say('paper')}
        </Button>
        <Button
          icon={<DownloadOutlined aria-hidden />}
          loading={save.isPending && save.variables === 'file'}
          onClick={() => save.mutate('file')}
        >
          {say('recordFile')}
        </Button>
        <Button icon={<PrinterOutlined aria-hidden />} onClick={() => print()}>
          {say('common:print')}
        </Button>
        <Link className="as-link" to={`/records/verify?id=${id}`}>
          {say('verifyThis')}
        </Link>
      </Flex>
      {!isFinal && <p className="small">{say('evidenceLater')}</p>}
      <ProblemNotice error={save.error} />
    </Flex>
  )
}
