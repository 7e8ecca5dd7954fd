import { NavLink, Outlet } from 'react-router'
import { useWords } from '../words.ts'
import './issuing.css'

const PLACES = [
  { to: '/issuing', word: 'navDesk', end: true },
  { to: '/issuing/certificates', word: 'navCertificates', end: false },
  { to: '/issuing/corrections', word: 'navCorrections', end: false },
  { to: '/issuing/keys', word: 'navKeys', end: false },
] as const

/** The desk's own places above each of its pages. */
export function Desk() {
  const { say } = useWords('issuing')
  return (
    <>
      <nav className="nav subnav no-print" aria-label={say('deskMenu')}>
        {PLACES.map(({ to, word, end }) => (
          <NavLink key={to} to={to} end={end}>
            {say(word)}
          </NavLink>
        ))}
      </nav>
      <Outlet />
    </>
  )
}
