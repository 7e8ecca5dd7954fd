import { Button, Flex } from 'antd'
import { useState, type FormEvent } from 'react'
import { forgetDraft, hasDraft, useDraft } from '../parts/draft.ts'
import { useFirstFocus } from '../parts/use-first-focus.ts'
import { useWords } from '../words.ts'

/** As the gateway asks for it. */
const SHORTEST = 4
const draftOf = (name: string) => `reason-${name}`

/**
 * A reason in one's own words. What was typed stays in this tab until it was taken, also while one shows again who one is; `name` tells
 * one form from another.
 */
export function ReasonForm({
  name,
  label,
  go,
  isPending,
  onGo,
  onCancel,
}: {
  name: string
  label: string
  go: string
  isPending: boolean
  onGo: (reason: string) => void
  onCancel: () => void
}) {
  const { say } = useWords('counter')
  const first = useFirstFocus<HTMLTextAreaElement>()
  const [reason, setReason, clear] = useDraft(draftOf(name), '')
  const [isTried, setTried] = useState(false)
  const isWrong = isTried && reason.trim().length < SHORTEST
  const submit = (event: FormEvent) => {
    event.preventDefault()
    setTried(true)
    if (reason.trim().length < SHORTEST) {
      document.getElementById(name)?.focus()
      return
    }
    onGo(reason.trim())
  }
  return (
    <form onSubmit={submit} noValidate>
      <div className="field">
        <label htmlFor={name}>{label}</label>
        <textarea
          id={name}
          rows={3}
          ref={first}
          maxLength={500}
          value={reason}
          aria-invalid={isWrong}
          aria-describedby={isWrong ? `${name}-wrong` : undefined}
          onChange={event => setReason(event.target.value)}
        />
        {isWrong && (
          <p className="wrong" id={`${name}-wrong`} role="alert">
            {say('reasonShort', { count: SHORTEST })}
          </p>
        )}
      </div>
      <Flex gap={12} wrap>
        <Button type="primary" htmlType="submit" loading={isPending}>
          {go}
        </Button>
        <Button
          onClick={() => {
            clear()
            onCancel()
          }}
        >
          {say('common:cancel')}
        </Button>
      </Flex>
    </form>
  )
}

/** Once it was taken. */
export const forgetReason = (name: string): void => forgetDraft(draftOf(name))
/** Whether something was begun here, as before a sign-in that it needed. */
export const hasReason = (name: string): boolean => hasDraft(draftOf(name))
