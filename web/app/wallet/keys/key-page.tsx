import { Alert, Button, Flex } from 'antd'
import { useId, useState } from 'react'
import { useSearchParams } from 'react-router'
import { api, told } from '../../api/client.ts'
import { once, useWrite } from '../../api/write.ts'
import { Asked } from '../../parts/asked.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Page } from '../../parts/page.tsx'
import { ToneTag } from '../../parts/tone.tsx'
import { useWords } from '../../words.ts'
import { useActing } from '../acting.ts'
import { LinkButton } from '../link-button.tsx'
import { backupOf, keptKey, restoreBackup } from './kept.ts'
import { MakeKey } from './make-key.tsx'
import { kindOf } from './sign.ts'
import { WhyNot } from './signing.tsx'
import { KeyTrouble } from './trouble.ts'
import { activeKey, useKeys, waitingKey, type Key, type Keys } from './use-keys.ts'

/** The key that signs consent: what it is, making it, replacing it after a loss. */
export function KeyPage() {
  const { say } = useWords('signing')
  const keys = useKeys()
  const [query] = useSearchParams()
  const back = /^\/wallet\/consents\/[0-9A-Z]{26}$/.exec(query.get('back') ?? '')?.[0]
  const { isForOther } = useActing()
  return (
    <Page title={say('key')} intro={say('keyWhat')}>
      {isForOther && <p>{say('keyOwn')}</p>}
      <Asked query={keys}>
        {found => {
          const active = activeKey(found)
          const waiting = waitingKey(found)
          return (
            <>
              {active !== null && (
                <>
                  <Active keys={found} active={active} />
                  {back !== undefined && (
                    <div>
                      <LinkButton type="primary" size="large" to={back}>
                        {say('backToConsent')}
                      </LinkButton>
                    </div>
                  )}
                </>
              )}
              {waiting !== null && <Waiting waiting={waiting} />}
              {active === null && <MakeKey keys={found} isReplacing={false} />}
              {active !== null && waiting === null && <Lost keys={found} />}
              <Former keys={found} />
              <Explained days={found.waitSeconds / 86_400} />
            </>
          )
        }}
      </Asked>
    </Page>
  )
}

function Active({ keys, active }: { keys: Keys; active: Key }) {
  const { say } = useWords('signing')
  const kind = kindOf(active.signer, keys.verifiers)
  const kept = keptKey(active.signer)
  const isMissing = kind === 'passphrase' && kept === null
  return (
    <section className="wallet-box" aria-label={say('keyActive')}>
      <Flex vertical gap={8}>
        <Flex gap={12} wrap align="center">
          <h2>{say(`kind_${kind}`)}</h2>
          <ToneTag tone="success">{say('state_active')}</ToneTag>
        </Flex>
        <span className="wallet-quiet">
          {say('keySince')} <Moment seconds={active.dueAt} />
        </span>
        <p>{say(`where_${kind}`)}</p>
        {isMissing && <Restore signer={active.signer} />}
        {kept?.kind === 'passphrase' && (
          <div>
            <Button onClick={() => save(backupOf(kept))}>{say('backup')}</Button>
            <p className="wallet-quiet small">{say('backupWhat')}</p>
          </div>
        )}
        <details className="wallet-more technical">
          <summary>{say('common:technical')}</summary>
          <p>
            {say('keyId')} <code>{active.signer}</code>
          </p>
        </details>
      </Flex>
    </section>
  )
}

function save(blob: Blob): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = 'onceproof-key.json'
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}

/** A key under a passphrase that lies in another browser: its backup can be taken here. */
function Restore({ signer }: { signer: string }) {
  const { say } = useWords('signing')
  const id = useId()
  const [error, setError] = useState<KeyTrouble | null>(null)
  const [isDone, setDone] = useState(false)
  const take = async (file: File | undefined) => {
    if (file === undefined) return
    try {
      restoreBackup(await file.text(), signer)
      setError(null)
      setDone(true)
    } catch (failed) {
      if (!(failed instanceof KeyTrouble)) throw failed
      setError(failed)
    }
  }
  if (isDone) return <Alert role="status" type="success" showIcon message={say('restored')} />
  return (
    <Flex vertical gap={8}>
      <Alert type="warning" showIcon message={say('notHere')} description={say('notHereNext')} />
      <div className="wallet-field">
        <label htmlFor={id}>{say('restore')}</label>
        <input
          id={id}
          type="file"
          accept="application/json,.json"
          className="wallet-file"
          onChange={event => void take(event.target.files?.[0])}
        />
      </div>
      <WhyNot error={error} />
    </Flex>
  )
}

function Waiting({ waiting }: { waiting: Key }) {
  const { say } = useWords('signing')
  const cancel = useWrite(async (_: string, key) =>
    told(api.POST('/v1/holder/keys/cancellation', { body: {}, params: { header: once(key) } })),
  )
  return (
    <section className="wallet-box" aria-label={say('waiting')}>
      <Flex vertical gap={12} align="start">
        <Flex gap={12} wrap align="center">
          <h2>{say('waiting')}</h2>
          <ToneTag tone="waiting">{say('state_waiting')}</ToneTag>
        </Flex>
        <p>
          {say('waitingUntil')} <Moment seconds={waiting.dueAt} />
        </p>
        <p>{say('waitingWhy')}</p>
        <Button danger loading={cancel.isPending} onClick={() => cancel.mutate('')}>
          {say('waitingCancel')}
        </Button>
        <WhyNot error={cancel.error} />
      </Flex>
    </section>
  )
}

function Lost({ keys }: { keys: Keys }) {
  const { say } = useWords('signing')
  const [isOpen, setOpen] = useState(() => new URLSearchParams(location.search).has('replace'))
  return (
    <section className="wallet-box" aria-label={say('lost')}>
      <Flex vertical gap={12}>
        <h2>{say('lost')}</h2>
        <p>{say('lostWhat', { hours: Math.round(keys.waitSeconds / 3_600) })}</p>
        {isOpen ? (
          <MakeKey keys={keys} isReplacing />
        ) : (
          <div>
            <Button onClick={() => setOpen(true)}>{say('lostReplace')}</Button>
          </div>
        )}
      </Flex>
    </section>
  )
}

function Former({ keys }: { keys: Keys }) {
  const { say } = useWords('signing')
  const former = keys.keys.filter(({ state }) => state === 'replaced' || state === 'cancelled')
  if (former.length === 0) return null
  return (
    <details className="wallet-box wallet-more">
      <summary>{say('former')}</summary>
      <ul>
        {former.map(key => (
          <li key={`${key.signer} ${key.requestedAt}`}>
            {say(`kind_${kindOf(key.signer, keys.verifiers)}`)} ·{' '}
            {say(`state_${key.state as 'replaced' | 'cancelled'}`)}{' '}
            <Moment seconds={key.endedAt ?? key.dueAt} />
          </li>
        ))}
      </ul>
    </details>
  )
}

function Explained({ days }: { days: number }) {
  const { say } = useWords('signing')
  const points = ['explainWhat', 'explainWhere', 'explainCheck', 'explainLoss', 'explainOld'] as const
  return (
    <section className="wallet-box" aria-label={say('explain')}>
      <h2>{say('explain')}</h2>
      <ul>
        {points.map(point => (
          <li key={point}>{say(point, { days })}</li>
        ))}
      </ul>
    </section>
  )
}
