import { Link } from 'react-router'
import { Asked } from '../../parts/asked.tsx'
import { Moment } from '../../parts/moment.tsx'
import { Page } from '../../parts/page.tsx'
import { ToneTag, type Tone } from '../../parts/tone.tsx'
import { useWords } from '../../words.ts'
import { useActing } from '../acting.ts'
import { useNames } from '../names.ts'
import { ownParty, useInbox, waitsForMe, type ConsentRequest } from './inbox.ts'

/** The inbox: who asks for one's consent. */
export function ConsentsPage() {
  const { say } = useWords('wallet')
  const { holder } = useActing()
  const inbox = useInbox()
  return (
    <Page title={say('navConsents')} intro={say('consentsWhat')}>
      <Asked query={inbox} isEmpty={requests => requests.length === 0} empty={say('consentsNone')}>
        {requests => {
          const waiting = requests.filter(request => waitsForMe(request, holder))
          const others = requests.filter(request => !waitsForMe(request, holder))
          return (
            <>
              <section aria-label={say('consentsWaiting')}>
                <h2>{say('consentsWaiting')}</h2>
                {waiting.length === 0 ? <p>{say('consentsNoneWaiting')}</p> : <Requests requests={waiting} />}
              </section>
              {others.length > 0 && (
                <section aria-label={say('consentsBefore')}>
                  <h2>{say('consentsBefore')}</h2>
                  <Requests requests={others} />
                </section>
              )}
            </>
          )
        }}
      </Asked>
    </Page>
  )
}

function Requests({ requests }: { requests: ConsentRequest[] }) {
  const { say } = useWords('wallet')
  const names = useNames()
  return (
    <ul className="wallet-list">
      {requests.map(request => (
        <li key={request.id}>
          <Link className="wallet-card" to={`/wallet/consents/${request.id}`}>
            <strong>{names.department(request.department)}</strong>
            <span>{names.matter(request.matter)}</span>
            <AnswerTag request={request} />
            {request.needed > 1 && (
              <span>{say('consentsAgreed', { agreed: request.agreed, needed: request.needed })}</span>
            )}
            <span className="wallet-quiet">
              {say('consentsAsked')} <Moment seconds={request.createdAt} />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  )
}

/** How one's own part of a request stands. */
export function AnswerTag({ request }: { request: ConsentRequest }) {
  const { say } = useWords('wallet')
  const { holder } = useActing()
  const own = ownParty(request, holder)?.state ?? 'waiting'
  const state = own !== 'waiting' ? own : request.state === 'waiting' ? 'waiting' : request.state
  const tones: Readonly<Record<typeof state, Tone>> = {
    waiting: 'waiting',
    agreed: 'success',
    partly: 'success',
    refused: 'neutral',
    complete: 'success',
    incomplete: 'neutral',
    expired: 'neutral',
    withdrawn: 'neutral',
  }
  return <ToneTag tone={tones[state]}>{say(`consent_${state}`)}</ToneTag>
}
