import { Button, Input, Radio } from 'antd'
import { useId, useState, type ReactNode } from 'react'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { useWords } from '../words.ts'

export interface AnswerChoice<Outcome extends string> {
  value: Outcome
  label: string
  disabled?: boolean
}

/** An answer that is owed to a holder: how it ends, and words to the person. Sent only with both. */
export function AnswerForm<Outcome extends string>({
  choices,
  hint,
  isPending,
  error,
  onSend,
}: {
  choices: AnswerChoice<Outcome>[]
  /** Below the choices. */
  hint?: ReactNode
  isPending: boolean
  error: unknown
  onSend: (outcome: Outcome, answer: string) => void
}) {
  const { say } = useWords('issuing')
  const id = useId()
  const [outcome, setOutcome] = useState<Outcome | null>(null)
  const [words, setWords] = useState('')
  return (
    <form
      className="answer"
      onSubmit={event => {
        event.preventDefault()
        if (outcome !== null) onSend(outcome, words.trim())
      }}
    >
      <fieldset className="ask-list">
        <legend>{say('answerHow')}</legend>
        <Radio.Group
          value={outcome}
          onChange={({ target }) => setOutcome(target.value as Outcome)}
          options={choices}
        />
        {hint}
      </fieldset>
      <div className="ask">
        <label htmlFor={id}>{say('answerWords')}</label>
        <Input.TextArea
          id={id}
          rows={3}
          maxLength={2_000}
          value={words}
          onChange={({ target }) => setWords(target.value)}
        />
      </div>
      <div>
        <Button
          type="primary"
          htmlType="submit"
          disabled={outcome === null || words.trim() === ''}
          loading={isPending}
        >
          {say('answerGo')}
        </Button>{' '}
        {(outcome === null || words.trim() === '') && (
          <span className="ask-hint">{say(outcome === null ? 'answerHowFirst' : 'answerWordsFirst')}</span>
        )}
      </div>
      <ProblemNotice error={error} />
    </form>
  )
}
