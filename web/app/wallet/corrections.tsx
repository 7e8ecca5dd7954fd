import { useQuery } from '@tanstack/react-query'
import { Button, Flex, Input } from 'antd'
import { useId, useState } from 'react'
import { api, told } from '../api/client.ts'
import { once, useWrite } from '../api/write.ts'
import { Day } from '../parts/moment.tsx'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { ToneTag } from '../parts/tone.tsx'
import { useWords } from '../words.ts'
import { useActing } from './acting.ts'
import { useNames } from './names.ts'

/** 这里有误: asking the issuing department to correct a field, and what became of it. */
export function Corrections({
  identifier,
  type,
  fields,
}: {
  identifier: string
  type: string
  fields: string[]
}) {
  const { say } = useWords('wallet')
  const [isOpen, setOpen] = useState(false)
  return (
    <section className="wallet-box no-print" aria-label={say('wrong')}>
      <Flex vertical gap={12}>
        <h2>{say('wrong')}</h2>
        <p>{say('wrongWhat')}</p>
        {isOpen ? (
          <CorrectionForm identifier={identifier} type={type} fields={fields} onDone={() => setOpen(false)} />
        ) : (
          <div>
            <Button onClick={() => setOpen(true)}>{say('wrongAsk')}</Button>
          </div>
        )}
        <OwnCorrections identifier={identifier} type={type} />
      </Flex>
    </section>
  )
}

function CorrectionForm({
  identifier,
  type,
  fields,
  onDone,
}: {
  identifier: string
  type: string
  fields: string[]
  onDone: () => void
}) {
  const { say } = useWords('wallet')
  const names = useNames()
  const id = useId()
  const [field, setField] = useState(fields[0] ?? '')
  const [says, setSays] = useState('')
  const [evidence, setEvidence] = useState('')
  const [isTried, setTried] = useState(false)
  const ask = useWrite(
    async (body: { field: string; says: string; evidence?: string }, key) =>
      told(
        api.POST('/v1/holder/certificates/{identifier}/corrections', {
          params: { path: { identifier }, header: once(key) },
          body,
        }),
      ),
    { onDone },
  )
  const isMissing = says.trim() === ''
  const send = () => {
    setTried(true)
    if (!isMissing) ask.mutate({ field, says, ...(evidence.trim() !== '' && { evidence }) })
  }
  return (
    <form
      onSubmit={event => {
        event.preventDefault()
        send()
      }}
    >
      <Flex vertical gap={12}>
        <div className="wallet-field">
          <label htmlFor={`${id}-field`}>{say('wrongField')}</label>
          <select
            id={`${id}-field`}
            className="wallet-select"
            value={field}
            onChange={event => setField(event.target.value)}
          >
            {fields.map(key => (
              <option key={key} value={key}>
                {names.field(type, key)}
              </option>
            ))}
          </select>
        </div>
        <div className="wallet-field">
          <label htmlFor={`${id}-says`}>{say('wrongSays')}</label>
          <Input.TextArea
            id={`${id}-says`}
            rows={3}
            maxLength={2_000}
            value={says}
            aria-invalid={isTried && isMissing}
            aria-describedby={`${id}-missing`}
            onChange={event => setSays(event.target.value)}
          />
          <span id={`${id}-missing`} role="alert" className="tone-error">
            {isTried && isMissing ? say('wrongSaysMissing') : ''}
          </span>
        </div>
        <div className="wallet-field">
          <label htmlFor={`${id}-evidence`}>
            {say('wrongEvidence')}
            {say('common:optional')}
          </label>
          <Input.TextArea
            id={`${id}-evidence`}
            rows={2}
            maxLength={2_000}
            value={evidence}
            onChange={event => setEvidence(event.target.value)}
          />
        </div>
        <ProblemNotice error={ask.error} />
        <Flex gap={12} wrap>
          <Button type="primary" htmlType="submit" loading={ask.isPending}>
            {say('send')}
          </Button>
          <Button onClick={onDone}>{say('common:cancel')}</Button>
        </Flex>
      </Flex>
    </form>
  )
}

function OwnCorrections({ identifier, type }: { identifier: string; type: string }) {
  const { say } = useWords('wallet')
  const names = useNames()
  const { holder } = useActing()
  const corrections = useQuery({
    queryKey: ['corrections', holder],
    queryFn: async () => (await told(api.GET('/v1/holder/corrections'))).corrections,
  })
  const own = (corrections.data ?? []).filter(one => one.identifier === identifier)
  if (own.length === 0) return null
  return (
    <>
      <h3>{say('wrongOwn')}</h3>
      <ul className="wallet-list">
        {own.map(one => (
          <li key={one.id}>
            <strong>{names.field(type, one.field)}</strong>
            <div>{one.says?.says ?? ''}</div>
            <Answered {...one} outcome={one.outcome === null ? null : say(`correction_${one.outcome}`)} />
          </li>
        ))}
      </ul>
    </>
  )
}

/** How a question to a department stands: answered with what, or due when. */
export function Answered({
  department,
  dueAt,
  overdue,
  outcome,
  answer,
}: {
  department: string
  dueAt: number
  overdue: boolean
  outcome: string | null
  answer: string | null
}) {
  const { say } = useWords('wallet')
  const names = useNames()
  if (outcome !== null) {
    return (
      <div>
        <ToneTag tone="info">{say('answered', { outcome })}</ToneTag> {answer}
      </div>
    )
  }
  return (
    <div>
      <ToneTag tone={overdue ? 'warning' : 'waiting'}>
        {say(overdue ? 'answerOverdue' : 'answerWaits', { department: names.department(department) })}
      </ToneTag>{' '}
      <span className="wallet-quiet">
        {say('answerDue')} <Day seconds={dueAt} />
      </span>
    </div>
  )
}
