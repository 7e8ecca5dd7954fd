import { Button, Flex } from 'antd'
import { useEffect, useRef, type ReactNode } from 'react'
import { useWords } from '../words.ts'

/** The second of two taps, in the place of the first: says what follows, and does it or not. */
export function Sure({
  label,
  what,
  yes,
  isBusy,
  onSure,
  onNot,
  children,
  more,
}: {
  label: string
  what: ReactNode
  /** Default: 确定. */
  yes?: string
  isBusy: boolean
  onSure: () => void
  onNot: () => void
  children?: ReactNode
  /** Another way, beside the two. */
  more?: ReactNode
}) {
  const { say } = useWords('common')
  const group = useRef<HTMLDivElement>(null)
  // The first of the two buttons is gone: whoever pressed it by keyboard goes on here.
  useEffect(() => group.current?.focus(), [])
  return (
    <Flex vertical gap={12} ref={group} tabIndex={-1} role="group" aria-label={label} className="wallet-sure">
      <p role="status">{what}</p>
      {children}
      <Flex gap={12} wrap>
        <Button danger type="primary" loading={isBusy} onClick={onSure}>
          {yes ?? say('confirm')}
        </Button>
        <Button onClick={onNot}>{say('cancel')}</Button>
        {more}
      </Flex>
    </Flex>
  )
}
