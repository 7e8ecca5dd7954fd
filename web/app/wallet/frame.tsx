import { Button } from 'antd'
import { Link, NavLink, Outlet, useLocation } from 'react-router'
import { ProblemNotice } from '../parts/problem-notice.tsx'
import { useWords } from '../words.ts'
import { useActing, useTakeHolder } from './acting.ts'
import { useInbox, waitsForMe } from './consent/inbox.ts'
import './wallet.css'

const PLACES = [
  { to: '/wallet', word: 'navCertificates' },
  { to: '/wallet/present', word: 'navPresent' },
  { to: '/wallet/consents', word: 'navConsents' },
  { to: '/wallet/grants', word: 'navGrants' },
  { to: '/wallet/uses', word: 'navUses' },
  { to: '/wallet/key', word: 'navKey' },
  { to: '/wallet/family', word: 'navFamily' },
] as const

/** Around every page of the wallet: for whom one acts, and where one can go. On a phone the inner pages only lead back. */
export function WalletFrame() {
  const { say } = useWords('wallet')
  const { pathname } = useLocation()
  const acting = useActing()
  const inbox = useInbox()
  const waiting = inbox.data?.filter(request => waitsForMe(request, acting.holder)).length ?? 0
  const isInner = pathname.replace(/\/$/, '') !== '/wallet'
  return (
    <>
      <ActingNotice />
      <nav
        className="wallet-nav no-print"
        aria-label={say('walletMenu')}
        {...(isInner && { 'data-inner': '' })}
      >
        <ul>
          {PLACES.map(({ to, word }) => (
            <li key={to}>
              <NavLink to={to} end={to === '/wallet'}>
                {say(word)}
                {word === 'navConsents' && waiting > 0 && (
                  <span className="wallet-count">
                    {waiting}
                    <span className="visually-hidden">{say('waitingForYou')}</span>
                  </span>
                )}
              </NavLink>
            </li>
          ))}
        </ul>
        {isInner && (
          <Link className="wallet-back" to={pathname.includes('/consents/') ? '/wallet/consents' : '/wallet'}>
            ‹ {pathname.includes('/consents/') ? say('navConsents') : say('navCertificates')}
          </Link>
        )}
      </nav>
      <Outlet />
    </>
  )
}

function ActingNotice() {
  const { say } = useWords('wallet')
  const acting = useActing()
  const back = useTakeHolder()
  if (!acting.isForOther) return null
  return (
    <div className="wallet-acting" role="status">
      <span>
        {say('actingNow', {
          name: acting.name ?? say('actingUnnamed'),
          capacity: say(`capacity_${acting.capacity}`),
        })}
      </span>
      <Button loading={back.isPending} onClick={() => back.mutate(acting.person ?? '')}>
        {say('actingBack')}
      </Button>
      <ProblemNotice error={back.error} />
    </div>
  )
}
