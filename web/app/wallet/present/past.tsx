import { useQuery } from '@tanstack/react-query'
import { Button, Flex } from 'antd'
import { api, told } from '../../api/client.ts'
import { once, useWrite } from '../../api/write.ts'
import { Moment } from '../../parts/moment.tsx'
import { ProblemNotice } from '../../parts/problem-notice.tsx'
import { ToneTag, type Tone } from '../../parts/tone.tsx'
import { useWords } from '../../words.ts'
import { useActing } from '../acting.ts'
import { useNames } from '../names.ts'
import { Read, type Presentation, type Presented } from './presenting.tsx'

const TONES: Readonly<Record<Presentation['state'], Tone>> = {
  waiting: 'waiting',
  taken: 'info',
  used: 'success',
  expired: 'neutral',
  cancelled: 'neutral',
}
const SHOWN = 10

/** Earlier ones, and those that can be taken up again after the page was left. */
export function PastPresentations({ onResumed }: { onResumed: (presented: Presented) => void }) {
  const { say } = useWords('wallet')
  const { holder } = useActing()
  const query = useQuery({
    queryKey: ['presentations', holder],
    queryFn: async () =>
      (await told(api.GET('/v1/holder/presentations', { params: { query: { limit: String(SHOWN) } } })))
        .presentations,
  })
  const past = query.data ?? []
  if (past.length === 0) return null
  return (
    <section aria-label={say('presentPast')}>
      <h2>{say('presentPast')}</h2>
      <ul className="wallet-list">
        {past.map(presentation => (
          <li key={presentation.id} className="wallet-box">
            <Past presentation={presentation} onResumed={onResumed} />
          </li>
        ))}
      </ul>
    </section>
  )
}

function Past({
  presentation,
  onResumed,
}: {
  presentation: Presentation
  onResumed: (presented: Presented) => void
}) {
  const { say } = useWords('wallet')
  const names = useNames()
  const { id, state, openedAt, certificates, renewableUntil, codeExpiresAt } = presentation
  const resume = useWrite(
    async (_: string, key) =>
      told(
        api.POST('/v1/holder/presentations/{id}/renewal', { params: { path: { id }, header: once(key) } }),
      ),
    { onDone: onResumed },
  )
  const end = useWrite(async (_: string, key) =>
    told(
      api.POST('/v1/holder/presentations/{id}/cancellation', { params: { path: { id }, header: once(key) } }),
    ),
  )
  // One that lies further back is over for its holder too: he begins a new one.
  const canResume = (state === 'waiting' || state === 'expired') && codeExpiresAt < renewableUntil
  return (
    <Flex vertical gap={8}>
      <Flex gap={12} wrap align="center">
        <ToneTag tone={TONES[state]}>{say(`presentation_${state}`)}</ToneTag>
        <span>
          <Moment seconds={openedAt} />
        </span>
        <span>
          {certificates
            .map(({ type, fields }) =>
              say('presentItem', { certificate: names.type(type), count: fields.length }),
            )
            .join(names.language === 'en' ? '; ' : '；')}
        </span>
      </Flex>
      <Read presentation={presentation} />
      {canResume && (
        <Flex gap={12} wrap>
          <Button loading={resume.isPending} onClick={() => resume.mutate('')}>
            {say('presentResume')}
          </Button>
          <Button loading={end.isPending} onClick={() => end.mutate('')}>
            {say('presentEnd')}
          </Button>
        </Flex>
      )}
      <ProblemNotice error={resume.error ?? end.error} />
    </Flex>
  )
}
