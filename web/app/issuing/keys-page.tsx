import { useQuery } from '@tanstack/react-query'
import { Alert, Flex } from 'antd'
import { api, told } from '../api/client.ts'
import { Asked } from '../parts/asked.tsx'
import { Moment } from '../parts/moment.tsx'
import { Page } from '../parts/page.tsx'
import { ToneTag, type Tone } from '../parts/tone.tsx'
import { useSession } from '../session.tsx'
import { useRoleName } from '../shell.tsx'
import { useWords } from '../words.ts'
import { Ledger } from './ledger.tsx'
import { Panel } from './panel.tsx'
import type { Registration } from './shapes.ts'
import { nameIn, useTypes } from './types.ts'

type Key = Registration['keys'][number]

/** The end of time, as the registry writes it for a key without an end. */
const NEVER = 2 ** 40

/** Keys and permits of the department as the registry on chain has them; to read, for everybody at the desk. */
export function KeysPage() {
  const { say } = useWords('issuing')
  const session = useSession()
  const roleName = useRoleName()
  const code = session.data?.department ?? null
  const registration = useQuery({
    queryKey: ['registration', code],
    queryFn: () =>
      told(api.GET('/v1/departments/{code}/registration', { params: { path: { code: code! } } })),
    enabled: code !== null,
  })
  return (
    <Page
      title={say('keys')}
      intro={
        session.data === null || session.data === undefined
          ? undefined
          : say('keysIntro', { who: roleName(session.data.role, code) })
      }
    >
      <Asked query={registration}>
        {data => (
          <Flex vertical gap={16}>
            <Standing registration={data} now={registration.dataUpdatedAt / 1000} />
            <Keys keys={data.keys} />
            <Elsewhere keys={data.keysElsewhere} now={registration.dataUpdatedAt / 1000} />
            <Permits permits={data.permits} now={registration.dataUpdatedAt / 1000} />
            <Panel title={say('operatorTitle')}>
              <ul>
                <li>{say('operatorRotate')}</li>
                <li>{say('operatorCompromise')}</li>
                <li>{say('operatorSuspend')}</li>
                <li>{say('operatorPermit')}</li>
              </ul>
              <p>{say('operatorAsk')}</p>
            </Panel>
          </Flex>
        )}
      </Asked>
    </Page>
  )
}

function Standing({
  registration: { suspensions, keys },
  now,
}: {
  registration: Registration
  /** When that was true, in seconds. */
  now: number
}) {
  const { say } = useWords('issuing')
  // An open suspension has no end, or one that is still to come.
  const suspended = suspensions.find(({ until }) => until === 0 || until > now)
  if (suspended !== undefined) {
    return (
      <Alert
        type="warning"
        showIcon
        title={say('suspendedTitle')}
        description={
          <>
            {say('since')} <Moment seconds={suspended.from} />
          </>
        }
      />
    )
  }
  const hasKey = keys.some(({ purpose, state }) => purpose === 'issuing' && state === 'current')
  return hasKey ? (
    <Alert type="success" showIcon title={say('mayIssue')} />
  ) : (
    <Alert type="warning" showIcon title={say('noKey')} description={say('operatorAsk')} />
  )
}

const TONES: Readonly<Record<Key['state'], Tone>> = {
  made: 'waiting',
  committed: 'waiting',
  current: 'success',
  'in force': 'success',
  ended: 'past',
  compromised: 'error',
}
const WORDS = {
  made: 'key_made',
  committed: 'key_committed',
  current: 'key_current',
  'in force': 'key_inForce',
  ended: 'key_ended',
  compromised: 'key_compromised',
} as const

function Keys({ keys }: { keys: readonly Key[] }) {
  const { say } = useWords('issuing')
  return (
    <Panel title={say('keysTitle')}>
      <p>{say('keysWhat')}</p>
      <Ledger
        caption={say('keysTitle')}
        rows={keys}
        rowKey={({ keyId }) => keyId}
        renderCells={row => ({
          [say('key')]: (
            <>
              {say(`purpose_${row.purpose}`)} · {say('generation', { generation: row.generation })}
            </>
          ),
          [say('state')]: <ToneTag tone={TONES[row.state]}>{say(WORDS[row.state])}</ToneTag>,
          [say('keyFrom')]: row.addedAt === 0 ? say('keyNotYet') : <Moment seconds={row.addedAt} />,
          [say('keyUntil')]:
            row.addedAt === 0 ? (
              say('nothing')
            ) : row.signUntil === 0 || row.signUntil > NEVER ? (
              say('noEnd')
            ) : (
              <Moment seconds={row.signUntil} />
            ),
          [say('fingerprint')]: (
            <details className="technical">
              <summary>{say('show')}</summary>
              <code className="small" translate="no">
                {row.keyId}
              </code>
            </details>
          ),
        })}
      />
      {!keys.some(({ state }) => state === 'committed') && <p className="ask-hint">{say('noNextKey')}</p>}
    </Panel>
  )
}

/** Keys that may still sign and that this gateway does not have: somebody should know why. */
function Elsewhere({ keys, now }: { keys: Registration['keysElsewhere']; now: number }) {
  const { say } = useWords('issuing')
  const open = keys.filter(
    ({ signUntil, compromisedSince }) => compromisedSince === 0 && (signUntil === 0 || signUntil > now),
  )
  if (open.length === 0) return null
  return (
    <Alert
      type="warning"
      showIcon
      title={say('keysElsewhere', { count: open.length })}
      description={
        <>
          <p>{say('keysElsewhereWhat')}</p>
          <details className="technical">
            <summary>{say('show')}</summary>
            {open.map(({ keyId, purpose }) => (
              <p key={keyId}>
                {say(`purpose_${purpose}`)}{' '}
                <code className="small" translate="no">
                  {keyId}
                </code>
              </p>
            ))}
          </details>
        </>
      }
    />
  )
}

function Permits({ permits, now }: { permits: Registration['permits']; now: number }) {
  const { say, language } = useWords('issuing')
  const types = useTypes()
  const nameOf = (type: string) =>
    type === 'RECORD'
      ? say('permitRecords')
      : nameIn(types.data?.find(({ code }) => code === type)?.definition, language) || type
  return (
    <Panel title={say('permitsTitle')}>
      <p>{say('permitsWhat')}</p>
      <Asked query={types} isEmpty={() => permits.length === 0} empty={say('permitsNone')}>
        {() => (
          <Ledger
            caption={say('permitsTitle')}
            rows={permits}
            rowKey={({ type, from }) => `${type} ${from}`}
            renderCells={row => ({
              [say('type')]: nameOf(row.type),
              [say('state')]:
                row.until === 0 || row.until > now ? (
                  <ToneTag tone="success">{say('permitInForce')}</ToneTag>
                ) : (
                  <ToneTag tone="past">{say('permitEnded')}</ToneTag>
                ),
              [say('permitFrom')]: <Moment seconds={row.from} />,
              [say('permitUntil')]:
                row.until === 0 || row.until > NEVER ? say('noEnd') : <Moment seconds={row.until} />,
            })}
          />
        )}
      </Asked>
    </Panel>
  )
}
