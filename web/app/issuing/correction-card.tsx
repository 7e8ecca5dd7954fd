import { useQuery } from '@tanstack/react-query'
import { Button, Flex } from 'antd'
import { Link, useNavigate } from 'react-router'
import { api, told } from '../api/client.ts'
import { once, useWrite } from '../api/write.ts'
import { Moment } from '../parts/moment.tsx'
import { useSession } from '../session.tsx'
import { useWords } from '../words.ts'
import { AnswerClock } from './answer-clock.tsx'
import { AnswerForm } from './answer-form.tsx'
import { useCertificateName, useTypeOf } from './certificate-name.ts'
import { Facts } from './face.tsx'
import { Says } from './says.tsx'
import type { Correction } from './shapes.ts'
import { pathName } from './types.ts'

/** “这里有误”: what a holder says is wrong, and what this role does about it. */
export function CorrectionCard({ correction }: { correction: Correction }) {
  const { say, language } = useWords('issuing')
  const session = useSession()
  const navigate = useNavigate()
  const nameOf = useCertificateName()
  const definition = useTypeOf()(correction.identifier)?.definition
  const field =
    definition === undefined ? correction.field : pathName(definition, correction.field, language, String)
  const { identifier, id, outcome } = correction
  return (
    <article className="row-card" aria-label={say('correctionOf', { field })}>
      <Flex justify="space-between" gap={12} wrap>
        <h3>{say('correctionOf', { field })}</h3>
        <AnswerClock queued={correction} />
      </Flex>
      <Says says={correction.says} />
      <Facts
        facts={[
          [
            say('certificate'),
            <Link key="certificate" to={`/issuing/certificates/${identifier}`}>
              {nameOf(identifier)}
            </Link>,
          ],
          [say('askedAt'), <Moment key="asked" seconds={correction.createdAt} />],
          ...(outcome === null
            ? []
            : [
                [say('outcome'), say(`outcome_${outcome}`)] as const,
                [say('answer'), correction.answer ?? say('saysErased')] as const,
              ]),
          ...(correction.successor === null
            ? []
            : [
                [
                  say('successor'),
                  <Link key="successor" to={`/issuing/certificates/${correction.successor}`}>
                    {nameOf(correction.successor)}
                  </Link>,
                ] as const,
              ]),
        ]}
      />
      {outcome === null && session.data?.role === 'maker' && (
        <Flex vertical gap={8} align="start">
          <p className="ask-hint">{say('correctionMaker')}</p>
          <Button
            type="primary"
            onClick={() =>
              void navigate(`/issuing/certificates/${identifier}/change/supersede?correction=${id}`)
            }
          >
            {say('correctionPropose')}
          </Button>
        </Flex>
      )}
      {outcome === null && session.data?.role !== 'maker' && <Answer correction={correction} />}
    </article>
  )
}

type Outcome = 'corrected' | 'refused'

/** Corrected by a later version that is issued already, or refused with the reason. */
function Answer({ correction }: { correction: Correction }) {
  const { say } = useWords('issuing')
  const nameOf = useCertificateName()
  const { identifier } = correction
  const successor = useQuery({
    queryKey: ['proposals', 'successor', identifier],
    queryFn: async () => {
      const query = { identifier, state: 'done' as const }
      const { proposals } = await told(api.GET('/v1/proposals', { params: { query } }))
      return proposals.find(one => one.successor !== null)?.successor ?? null
    },
  })
  const found = successor.data ?? null
  const answer = useWrite(
    async (
      body:
        { outcome: 'corrected'; successor: string; answer: string } | { outcome: 'refused'; answer: string },
      key,
    ) =>
      told(
        api.POST('/v1/corrections/{id}/answer', {
          params: { path: { id: correction.id }, header: once(key) },
          body,
        }),
      ),
  )
  return (
    <AnswerForm<Outcome>
      choices={[
        { value: 'corrected', label: say('outcome_corrected'), disabled: found === null },
        { value: 'refused', label: say('outcome_refused') },
      ]}
      hint={
        found === null ? (
          <p className="ask-hint">{say('answerNoSuccessor')}</p>
        ) : (
          <p className="ask-hint">
            {say('answerSuccessor')} <Link to={`/issuing/certificates/${found}`}>{nameOf(found)}</Link>
          </p>
        )
      }
      isPending={answer.isPending}
      error={answer.error}
      onSend={(outcome, words) => {
        if (outcome === 'refused') answer.mutate({ outcome, answer: words })
        else if (found !== null) answer.mutate({ outcome, successor: found, answer: words })
      }}
    />
  )
}
