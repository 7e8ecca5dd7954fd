import { Button, Flex } from 'antd'
import { useState } from 'react'
import { useWords } from '../words.ts'

/** Pages of a list whose answer only says where the next one begins: back is where one came from. */
export function usePages<Cursor>(first: Cursor) {
  const [behind, setBehind] = useState<readonly Cursor[]>([])
  const [cursor, setCursor] = useState(first)
  return {
    cursor,
    page: behind.length + 1,
    next(to: Cursor) {
      setBehind([...behind, cursor])
      setCursor(to)
    },
    back() {
      setCursor(behind.at(-1) ?? first)
      setBehind(behind.slice(0, -1))
    },
    reset() {
      setBehind([])
      setCursor(first)
    },
  }
}

/** Nothing when everything stands on one page. */
export function Pager<Cursor>({
  pages,
  next,
}: {
  pages: ReturnType<typeof usePages<Cursor>>
  /** null: this is the last page. */
  next: Cursor | null
}) {
  const { say } = useWords('issuing')
  if (pages.page === 1 && next === null) return null
  return (
    <Flex component="nav" aria-label={say('pages')} gap={12} align="center" wrap className="no-print">
      <Button disabled={pages.page === 1} onClick={pages.back}>
        {say('pageBack')}
      </Button>
      <span>{say('pageNumber', { page: pages.page })}</span>
      <Button disabled={next === null} onClick={() => next !== null && pages.next(next)}>
        {say('pageNext')}
      </Button>
    </Flex>
  )
}
