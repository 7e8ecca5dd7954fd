import { useQuery } from '@tanstack/react-query'
import { Alert, Button, Flex } from 'antd'
import { useState } from 'react'
import { useParams } from 'react-router'
import { api, told } from '../../api/client.ts'
import type { paths } from '../../api/schema.d.ts'
import { Asked } from '../../parts/asked.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Page } from '../../parts/page.tsx'
import { useWords } from '../../words.ts'
import { useActing } from '../acting.ts'
import { useNames } from '../names.ts'
import { AnswerTag } from './consents-page.tsx'
import { AnswerForm } from './answer-form.tsx'
import { GivenGrant } from './given-grant.tsx'
import { ownParty, waitsForMe, type ConsentRequest } from './inbox.ts'
import { NoticeCore } from './notice-core.tsx'

export type Opened =
  paths['/v1/consent-requests/{id}/opening']['post']['responses'][200]['content']['application/json']

const LOOK_AGAIN_MS = 3_000

/** One request for consent: what it is about, with one's own values, and the answer. */
export function ConsentPage() {
  const { say } = useWords('wallet')
  const { id = '' } = useParams()
  const { holder } = useActing()
  const names = useNames()
  const request = useQuery({
    queryKey: ['consent', id, holder],
    queryFn: () => told(api.GET('/v1/consent-requests/{id}', { params: { path: { id } } })),
    refetchInterval: LOOK_AGAIN_MS,
  })
  const title =
    request.data === undefined
      ? say('consent')
      : say('consentOf', { department: names.department(request.data.department) })
  return (
    <Page title={title}>
      <Asked query={request}>
        {found => (
          <>
            <Flex gap={16} wrap align="center">
              <AnswerTag request={found} />
              {found.needed > 1 && (
                <span>{say('consentsAgreed', { agreed: found.agreed, needed: found.needed })}</span>
              )}
            </Flex>
            {waitsForMe(found, holder) ? <Notice id={id} /> : <Answered request={found} />}
            {found.needed > 1 && found.state === 'waiting' && <OthersAreAsked />}
          </>
        )}
      </Asked>
    </Page>
  )
}

function Notice({ id }: { id: string }) {
  const { holder } = useActing()
  const [key] = useState(() => crypto.randomUUID())
  const opened = useQuery({
    queryKey: ['opened', id, holder],
    // That the notice was shown is noted; a second time changes nothing.
    queryFn: () =>
      told(
        api.POST('/v1/consent-requests/{id}/opening', {
          params: { path: { id }, header: { 'Idempotency-Key': key } },
          body: {},
        }),
      ),
    staleTime: Infinity,
  })
  return <Asked query={opened}>{found => <AnswerForm opened={found} />}</Asked>
}

function Answered({ request }: { request: ConsentRequest }) {
  const { say } = useWords('wallet')
  const { holder } = useActing()
  const own = ownParty(request, holder)
  const result =
    own === undefined || own.state === 'waiting'
      ? request.state === 'withdrawn'
        ? say('consentTakenBack')
        : say('consentTooLate')
      : own.state === 'refused'
        ? say('consentRefusedNow')
        : own.state === 'partly'
          ? say('consentPartlyNow')
          : say('consentAgreedNow')
  return (
    <>
      <Alert
        role="status"
        type={own?.state === 'agreed' || own?.state === 'partly' ? 'success' : 'info'}
        showIcon
        message={result}
        description={
          own?.answeredAt != null && (
            <>
              {say('consentAnsweredAt')} <Moment seconds={own.answeredAt} />
            </>
          )
        }
      />
      <section className="wallet-box" aria-label={say('consentWhat')}>
        <NoticeCore request={request} />
      </section>
      {own?.grant != null && <GivenGrant digest={own.grant} />}
    </>
  )
}

/** Somebody else has to agree too: the address of this page is his way there. */
function OthersAreAsked() {
  const { say } = useWords('wallet')
  const [isCopied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(location.href)
    setCopied(true)
  }
  return (
    <section className="wallet-box" aria-label={say('consentOthers')}>
      <p>{say('consentOthersWhat')}</p>
      <Button onClick={() => void copy()}>
        {isCopied ? say('common:copied') : say('consentOthersCopy')}
      </Button>
    </section>
  )
}
