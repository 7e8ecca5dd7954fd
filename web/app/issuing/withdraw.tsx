import { Button, Modal } from 'antd'
import { useState } from 'react'
import type { Problem } from '../api/client.ts'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { useWords } from '../words.ts'

/** Takes something back after asking once more. */
export function Withdraw({
  word,
  what,
  isPending,
  error,
  onConfirm,
}: {
  word: string
  /** What happens. */
  what: string
  isPending: boolean
  error: Problem | null
  onConfirm: () => void
}) {
  const { say } = useWords('issuing')
  const [isOpen, setOpen] = useState(false)
  return (
    <>
      <Button danger onClick={() => setOpen(true)} aria-haspopup="dialog">
        {word}
      </Button>
      <Modal
        // In its place of the page: moved to the end of it, it would write a style that the policy refuses.
        getContainer={false}
        open={isOpen}
        title={word}
        onCancel={() => setOpen(false)}
        okText={word}
        okButtonProps={{ danger: true, loading: isPending }}
        cancelText={say('common:cancel')}
        onOk={onConfirm}
      >
        <p>{what}</p>
        <ProblemNotice error={error} />
      </Modal>
    </>
  )
}
