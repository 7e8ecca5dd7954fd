import { Button, Checkbox, Flex, Input } from 'antd'
import { useId, type ReactNode } from 'react'
import type { Problem } from '../api/client.ts'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { useWords } from '../words.ts'
import { useDraft } from '../parts/draft.ts'

interface Kept {
  /** What was confirmed; another digest is another thing. */
  digest: string
  reason: string
}

/**
 * What a checker decides: to approve exactly what is shown, or to give it back with a reason. Both are kept while he shows again who
 * he is.
 */
export function Decision({
  name,
  digest,
  confirm,
  approve,
  reject,
  children,
}: {
  /** Of what is decided about. */
  name: string
  digest: string
  /** What one confirms to have looked at. */
  confirm: string
  approve: {
    word: string
    isPending: boolean
    error: Problem | null
    run: (digest: string, done: () => void) => void
  }
  reject: { isPending: boolean; error: Problem | null; run: (reason: string, done: () => void) => void }
  children?: ReactNode
}) {
  const { say } = useWords('issuing')
  const id = useId()
  const [kept, keep, letGo] = useDraft<Kept>(name, { digest: '', reason: '' })
  const isConfirmed = kept.digest === digest
  return (
    <section className="panel no-print" aria-labelledby={id}>
      <h2 id={id}>{say('decision')}</h2>
      {children}
      <Flex vertical gap={12} align="start">
        <Checkbox
          checked={isConfirmed}
          onChange={({ target }) => keep({ ...kept, digest: target.checked ? digest : '' })}
        >
          {confirm}
        </Checkbox>
        <p className="ask-hint">{say('approveStepUp')}</p>
        <Button
          type="primary"
          size="large"
          disabled={!isConfirmed}
          loading={approve.isPending}
          onClick={() => approve.run(digest, letGo)}
        >
          {approve.word}
        </Button>
        {!isConfirmed && <span className="small ask-hint">{say('approveConfirmFirst')}</span>}
      </Flex>
      <ProblemNotice error={approve.error} />
      <div className="ask decision-reject">
        <label htmlFor={`${id}-reason`}>{say('rejectReason')}</label>
        <Input.TextArea
          id={`${id}-reason`}
          rows={3}
          maxLength={500}
          value={kept.reason}
          onChange={({ target }) => keep({ ...kept, reason: target.value })}
        />
        <Button
          disabled={kept.reason.trim() === ''}
          loading={reject.isPending}
          onClick={() => reject.run(kept.reason.trim(), letGo)}
        >
          {say('reject')}
        </Button>
      </div>
      <ProblemNotice error={reject.error} />
    </section>
  )
}
