import { NavLink, Outlet } from 'react-router'
import { useWords } from '../words.ts'
import './counter.css'

/** What every page of the counter has above it: where else one can go in it. */
export function Counter() {
  const { say } = useWords('counter')
  return (
    <>
      <nav className="nav counter-nav no-print" aria-label={say('menu')}>
        <NavLink to="/counter" end>
          {say('navDesk')}
        </NavLink>
        <NavLink to="/counter/cases/new">{say('navNew')}</NavLink>
        <NavLink to="/counter/cases" end>
          {say('navCases')}
        </NavLink>
        <NavLink to="/counter/uses">{say('navUses')}</NavLink>
      </nav>
      <Outlet />
    </>
  )
}
