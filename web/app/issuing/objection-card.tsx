import { useQuery } from '@tanstack/react-query'
import { Button, Flex } from 'antd'
import { useState } from 'react'
import { api, saveFile, told } from '../api/client.ts'
import { once, useWrite } from '../api/write.ts'
import { Asked } from '../parts/asked.tsx'
import { Moment } from '../parts/moment.tsx'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { useWords } from '../words.ts'
import { AnswerClock } from './answer-clock.tsx'
import { AnswerForm } from './answer-form.tsx'
import { useCertificateName, useTypeOf } from './certificate-name.ts'
import { Facts } from './face.tsx'
import type { Objection } from './shapes.ts'
import { nameIn, pathName } from './types.ts'

type Outcome = 'upheld' | 'explained'

/** “这不是我同意的”: what the department read, what the holder says, and the answer that is owed. */
export function ObjectionCard({ objection }: { objection: Objection }) {
  const { say } = useWords('issuing')
  const { outcome } = objection
  return (
    <article className="row-card" aria-label={say('objection')}>
      <Flex justify="space-between" gap={12} wrap>
        <h3>{say('objection')}</h3>
        <AnswerClock queued={objection} />
      </Flex>
      <blockquote className="says">{objection.says ?? say('saysErased')}</blockquote>
      <Use id={objection.use} />
      <Facts
        facts={[
          [say('askedAt'), <Moment key="asked" seconds={objection.createdAt} />],
          ...(outcome === null
            ? []
            : [
                [say('outcome'), say(`outcome_${outcome}`)] as const,
                [say('answer'), objection.answer ?? say('saysErased')] as const,
              ]),
        ]}
      />
      <UseReceipt id={objection.use} />
      {outcome === null && <Answer id={objection.id} />}
    </article>
  )
}

/** The use that is objected to: what was read, for what, on which ground. */
function Use({ id }: { id: string }) {
  const { say, language } = useWords('issuing')
  const nameOf = useCertificateName()
  const typeOf = useTypeOf()
  const use = useQuery({
    queryKey: ['use', id],
    queryFn: async () => (await told(api.GET('/v1/uses/{id}/receipt', { params: { path: { id } } }))).use,
  })
  return (
    <Asked query={use}>
      {({ identifier, matter, ground, fields, at, basis }) => {
        const definition = typeOf(identifier)?.definition
        const names = fields.map(field =>
          definition === undefined ? field : pathName(definition, field, language, String),
        )
        return (
          <Facts
            facts={[
              [say('certificate'), nameOf(identifier)],
              [say('readFields'), names.join(language === 'en' ? ', ' : '、')],
              [say('ground'), say(`ground_${ground}`) + (basis === null ? '' : ` · ${basis}`)],
              [say('matter'), <Matter key="matter" code={matter} />],
              [say('readAt'), <Moment key="at" seconds={at} />],
            ]}
          />
        )
      }}
    </Asked>
  )
}

/** What it was read by, signed: what the department answers with. */
function UseReceipt({ id }: { id: string }) {
  const { say } = useWords('issuing')
  const [failed, setFailed] = useState<unknown>(null)
  return (
    <div className="no-print">
      <Button
        onClick={() => {
          setFailed(null)
          saveFile(`/v1/uses/${id}/receipt`, `${id}.receipt.json`).catch(setFailed)
        }}
      >
        {say('useReceipt')}
      </Button>
      <ProblemNotice error={failed} />
    </div>
  )
}

function Matter({ code }: { code: string }) {
  const { language } = useWords('issuing')
  const matter = useQuery({
    queryKey: ['matter', code],
    queryFn: () => told(api.GET('/v1/matters/{code}', { params: { path: { code } } })),
    staleTime: Infinity,
  })
  return <>{nameIn(matter.data, language) || code}</>
}

function Answer({ id }: { id: string }) {
  const { say } = useWords('issuing')
  const answer = useWrite(async (body: { outcome: Outcome; answer: string }, key) =>
    told(api.POST('/v1/objections/{id}/answer', { params: { path: { id }, header: once(key) }, body })),
  )
  return (
    <AnswerForm<Outcome>
      choices={[
        { value: 'upheld', label: say('outcome_upheld') },
        { value: 'explained', label: say('outcome_explained') },
      ]}
      isPending={answer.isPending}
      error={answer.error}
      onSend={(outcome, words) => answer.mutate({ outcome, answer: words })}
    />
  )
}
