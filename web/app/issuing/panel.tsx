import { Flex } from 'antd'
import type { ReactNode } from 'react'

/** A part of a page with its heading. */
export function Panel({
  title,
  actions,
  children,
}: {
  title: string
  actions?: ReactNode
  children: ReactNode
}) {
  return (
    <section className="panel" aria-label={title}>
      <Flex justify="space-between" align="center" gap={12} wrap>
        <h2>{title}</h2>
        {actions}
      </Flex>
      {children}
    </section>
  )
}
