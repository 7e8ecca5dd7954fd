import { Alert, Button, Flex, Typography } from 'antd'
import type { ReactNode } from 'react'
import { Problem } from '../api/client.ts'
import { signInAddress } from '../session.tsx'
import { useWords } from '../words.ts'

/**
 * A refusal or failure in plain words: what happened, what was not changed, what to do next; the stable code stands small at the end. A
 * step that needs a fresh sign-in offers it.
 */
export function ProblemNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { say, language } = useWords('common')
  if (error === null || error === undefined) return null
  if (!(error instanceof Problem)) throw error
  if (error.code === 'STEP_UP_REQUIRED') return <StepUpNotice />
  const { body } = error
  const isOurs = body.status >= 500
  const isLost = body.code === 'UNREACHABLE'
  const title = isLost ? say('problemUnreachable') : body.title || say('problemBroken')
  return (
    <Alert
      role="alert"
      type={isOurs || isLost ? 'warning' : 'error'}
      showIcon
      message={title}
      description={
        <Flex vertical gap={8}>
          <span>{nextStep(error, say).join(language === 'en' ? ' ' : '')}</span>
          <FieldErrors error={error} />
          <Flex gap={12} align="center" wrap>
            {onRetry !== undefined && <Button onClick={onRetry}>{say('retry')}</Button>}
            <Typography.Text type="secondary" className="small">
              <code translate="no">{body.code}</code>
              {body.requestId !== '' && ` · ${say('problemRequest', { id: body.requestId })}`}
            </Typography.Text>
          </Flex>
        </Flex>
      }
    />
  )
}

type Say = ReturnType<typeof useWords<'common'>>['say']

function nextStep({ body, retryAfter }: Problem, say: Say): string[] {
  if (body.code === 'UNREACHABLE') return [say('problemUnclear'), say('problemUnreachableNext')]
  if (body.status >= 500 && body.status !== 503) return [say('problemUnclear'), say('problemAsk')]
  if (retryAfter !== null) return [say('problemUnchanged'), say('problemAgainIn', { seconds: retryAfter })]
  if (body.status === 503) return [say('problemUnchanged'), say('problemAgain')]
  if (body.errors !== undefined || body.field !== undefined)
    return [say('problemUnchanged'), say('problemCorrect')]
  return [say('problemUnchanged')]
}

function FieldErrors({ error: { body } }: { error: Problem }): ReactNode {
  const { say } = useWords('common')
  const errors = body.errors ?? []
  if (errors.length === 0) return null
  return (
    <ul className="plain">
      {errors.slice(0, 20).map(({ row, field, expected, found }) => (
        <li key={`${row}-${field}-${expected}`}>
          {row !== undefined && `${say('problemRow', { row })} · `}
          {say('problemField')} {field} · {say('problemExpected')} {expected}
          {found !== '' && ` · ${say('problemFound')} ${found}`}
        </li>
      ))}
    </ul>
  )
}

/** Sends a person to show again who he is, and back to this very page. */
export function StepUpNotice() {
  const { say } = useWords('common')
  return (
    <Alert
      role="alert"
      type="info"
      showIcon
      message={say('stepUpTitle')}
      description={
        <Flex vertical gap={12} align="start">
          <span>{say('stepUpWhy')}</span>
          <Button type="primary" href={signInAddress({ stepUp: true })}>
            {say('stepUpGo')}
          </Button>
        </Flex>
      }
    />
  )
}
