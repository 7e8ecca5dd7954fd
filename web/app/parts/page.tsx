import { Flex, Typography } from 'antd'
import { useEffect, useRef, type ReactNode } from 'react'
import { useWords } from '../words.ts'

/**
 * One page: its title is the document's, its only first heading, and what a screen reader hears first when the page changes.
 */
export function Page({
  title,
  intro,
  actions,
  children,
}: {
  title: string
  intro?: ReactNode
  actions?: ReactNode
  children: ReactNode
}) {
  const { say } = useWords('common')
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${title} · ${say('product')}`
    heading.current?.focus({ preventScroll: true })
    // eslint-disable-next-line react-hooks/exhaustive-deps -- a change of language is no new page
  }, [title])
  return (
    <Flex vertical gap={16} className="page">
      <Flex justify="space-between" align="start" gap={12} wrap>
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {intro !== undefined && <Typography.Paragraph type="secondary">{intro}</Typography.Paragraph>}
        </div>
        {actions !== undefined && (
          <Flex gap={8} wrap>
            {actions}
          </Flex>
        )}
      </Flex>
      {children}
    </Flex>
  )
}
