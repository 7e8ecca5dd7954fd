import { useQuery } from '@tanstack/react-query'
import { Alert, Button, Flex } from 'antd'
import { useEffect, useEffectEvent, useState } from 'react'
import { api, told } from '../../api/client.ts'
import type { paths } from '../../api/schema.d.ts'
import { once, useWrite } from '../../api/write.ts'
import { momentText } from '../../parts/moment.tsx'
import { ProblemNotice } from '../../parts/problem-notice.tsx'
import { useWords } from '../../words.ts'
import { named, useNames } from '../names.ts'
import { Qr } from './qr.tsx'

export type Presented =
  paths['/v1/holder/presentations']['post']['responses'][201]['content']['application/json']
export type Presentation = Presented['presentation']

const CODE_SECONDS = 60
/** Before its last second, so that a code is never shown dead. */
const RENEW_AT = 3
const LOOK_AGAIN_MS = 2_000

/** Holds out one presentation: renews its code, says when somebody took it, and who read what. */
export function Presenting({ begun, onClose }: { begun: Presented; onClose: () => void }) {
  const { say } = useWords('wallet')
  const { id } = begun.presentation
  const [code, setCode] = useState(begun.code)
  const clock = useCountdown(CODE_SECONDS)
  const now = useQuery({
    queryKey: ['presentation', id],
    queryFn: () => told(api.GET('/v1/holder/presentations/{id}', { params: { path: { id } } })),
    initialData: begun.presentation,
    staleTime: 0,
    refetchInterval: LOOK_AGAIN_MS,
  })
  const renew = useWrite(
    async (_: string, key) =>
      told(
        api.POST('/v1/holder/presentations/{id}/renewal', { params: { path: { id }, header: once(key) } }),
      ),
    {
      onDone: renewed => {
        setCode(renewed.code)
        clock.start(CODE_SECONDS)
      },
    },
  )
  const pause = useWrite(
    async (_: string, key) =>
      told(api.POST('/v1/holder/presentations/{id}/pause', { params: { path: { id }, header: once(key) } })),
    // As the gateway counts: longer than the code would have lived by the difference of the two ends.
    { onDone: ({ codeExpiresAt }) => clock.start(clock.left + codeExpiresAt - code.expiresAt) },
  )
  const cancel = useWrite(
    async (_: string, key) =>
      told(
        api.POST('/v1/holder/presentations/{id}/cancellation', {
          params: { path: { id }, header: once(key) },
        }),
      ),
    { onDone: onClose },
  )
  const { state, isHeld, reader } = now.data
  const isAlive = state === 'waiting' || state === 'expired'
  const isDue = isAlive && clock.left <= (isHeld ? 0 : RENEW_AT)
  const renewWhenDue = useEffectEvent(() => {
    if (!renew.isPending && renew.error === null) renew.mutate(code.digits)
  })
  useEffect(() => {
    // The one before may still be ending: due then, it would not be asked for again.
    if (isDue && !renew.isPending) renewWhenDue()
  }, [isDue, renew.isPending])

  if (state === 'cancelled') {
    return <Alert type="info" showIcon message={say('presentEnded')} action={<Close onClose={onClose} />} />
  }
  if (reader !== null && !isAlive) {
    return (
      <Flex vertical gap={16}>
        <Read presentation={now.data} />
        <div>
          <Close onClose={onClose} />
        </div>
      </Flex>
    )
  }
  const isShown = renew.error === null && clock.left > 0
  return (
    <section className="wallet-box wallet-code" aria-label={say('presentCode')}>
      <Chosen presentation={now.data} />
      {isShown && (
        <>
          <Qr text={code.url} label={say('presentQr', { digits: spoken(code.digits) })} />
          <p className="wallet-digits">
            <span aria-hidden="true" data-digits={code.digits}>
              {code.digits.slice(0, 4)} {code.digits.slice(4)}
            </span>
            <span className="visually-hidden">{spoken(code.digits)}</span>
          </p>
          <p aria-hidden="true">
            {isHeld
              ? say('presentHeld', { time: minutes(clock.left) })
              : say('presentLeft', { seconds: clock.left })}
          </p>
        </>
      )}
      <ProblemNotice error={renew.error ?? pause.error ?? cancel.error} />
      <Flex gap={12} wrap justify="center">
        {isShown && !isHeld && (
          <Button loading={pause.isPending} onClick={() => pause.mutate('')}>
            {say('presentPause')}
          </Button>
        )}
        {(isHeld || renew.error !== null) && (
          <Button loading={renew.isPending} onClick={() => renew.mutate(code.digits)}>
            {say('presentRenew')}
          </Button>
        )}
        <Button danger loading={cancel.isPending} onClick={() => cancel.mutate('')}>
          {say('presentEnd')}
        </Button>
      </Flex>
      <p className="wallet-quiet small">{say('presentSay')}</p>
    </section>
  )
}

function Close({ onClose }: { onClose: () => void }) {
  const { say } = useWords('wallet')
  return <Button onClick={onClose}>{say('presentClose')}</Button>
}

function Chosen({ presentation }: { presentation: Presentation }) {
  const { say } = useWords('wallet')
  const names = useNames()
  const { certificates, purpose, verifier } = presentation
  return (
    <p>
      {certificates
        .map(({ type, fields }) =>
          say('presentItem', { certificate: names.type(type), count: fields.length }),
        )
        .join(names.language === 'en' ? '; ' : '；')}
      <br />
      <span className="wallet-quiet">
        {say(`purpose_${purpose}`)} ·{' '}
        {verifier === null
          ? say('presentAnyone')
          : say('presentOnly', { department: names.department(verifier) })}
      </span>
    </p>
  )
}

/** 已由 … 核验，11:02，查看了 4 项. */
export function Read({ presentation }: { presentation: Presentation }) {
  const { say, language } = useWords('wallet')
  const names = useNames()
  const { reader, state, certificates } = presentation
  if (reader === null) return null
  const at = certificates.find(({ readAt }) => readAt !== null)?.readAt ?? reader.takenAt
  const told = {
    department: named(language, reader),
    time: momentText(at, language),
    count: reader.fields,
    matter: names.matter(reader.matter),
  }
  return (
    <Alert
      role="status"
      type={state === 'used' ? 'success' : 'info'}
      showIcon
      message={say(state === 'used' ? 'presentRead' : 'presentTaken', told)}
      description={state === 'used' ? say('presentReadFor', told) : say('presentTakenWhat')}
    />
  )
}

/** Counted by this device from the moment that the code came, so that a wrong clock does no harm. */
function useCountdown(seconds: number) {
  const [end, setEnd] = useState(() => performance.now() + seconds * 1_000)
  const [at, setAt] = useState(() => performance.now())
  useEffect(() => {
    const timer = setInterval(() => setAt(performance.now()), 500)
    return () => clearInterval(timer)
  }, [])
  return {
    left: Math.max(0, Math.ceil((end - at) / 1_000)),
    start(again: number) {
      setAt(performance.now())
      setEnd(performance.now() + again * 1_000)
    },
  }
}

const spoken = (digits: string) => digits.split('').join(' ')
const minutes = (seconds: number) => `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
