/** What stands around every page: whose site this is, where one can go, who one is, language and size of letters. */
import { useMutation, useQuery } from '@tanstack/react-query'
import { Button, Flex, Modal } from 'antd'
import { useState, type ReactNode } from 'react'
import { Link, NavLink, Outlet, useNavigate } from 'react-router'
import { api, told } from './api/client.ts'
import { once, useWrite } from './api/write.ts'
import { forgetDrafts } from './parts/draft.ts'
import { ProblemNotice } from './parts/problem-notice.tsx'
import { HOME_OF, signInAddress, useSession, type Role, type Session } from './session.tsx'
import { useSettings } from './settings.tsx'
import { publicLink } from './language.ts'
import { useWords } from './words.ts'

interface Place {
  to: string
  word: 'navWallet' | 'navIssuing' | 'navCounter' | 'navRecords' | 'navOversight'
  roles: readonly Role[]
}

const PLACES: readonly Place[] = [
  { to: '/wallet', word: 'navWallet', roles: ['holder'] },
  { to: '/issuing', word: 'navIssuing', roles: ['maker', 'checker', 'supervisor'] },
  { to: '/counter', word: 'navCounter', roles: ['officer'] },
  { to: '/oversight', word: 'navOversight', roles: ['supervisor', 'operator', 'auditor'] },
  {
    to: '/records',
    word: 'navRecords',
    roles: ['maker', 'checker', 'officer', 'supervisor', 'auditor', 'holder'],
  },
]

export function Shell() {
  const { say } = useWords('common')
  return (
    <>
      <a className="skip" href="#content">
        {say('skip')}
      </a>
      <Official />
      <Bar />
      <main id="content">
        <Outlet />
      </main>
      <Foot />
    </>
  )
}

function Official() {
  const { say, language } = useWords('common')
  const region = useRegion()
  const { city } = (region.data?.region ?? {}) as { city?: { zh: string; en: string } }
  const name = city?.[language === 'en' ? 'en' : 'zh'] ?? ''
  return (
    <>
      <div className="official small">
        <details>
          <summary>
            {say('official', { region: name })} · {say('officialHow')}
          </summary>
          <p>{say('officialAddress', { host: location.origin })}</p>
          <p>{say('officialNever')}</p>
        </details>
      </div>
      {region.data?.isDemo === true && (
        <aside className="demo small" aria-label={say('demoName')}>
          {say('demo')}
        </aside>
      )}
    </>
  )
}

function useRegion() {
  return useQuery({ queryKey: ['region'], queryFn: () => told(api.GET('/v1/region')), staleTime: Infinity })
}

function Foot() {
  const { say } = useWords('common')
  return (
    <footer className="foot small">
      <Flex gap={16} wrap>
        <a href={publicLink('/verify')}>{say('navVerify')}</a>
        <a href={publicLink('/verify/report')}>{say('footReport')}</a>
        <a href={publicLink('/verify/help')}>{say('footProves')}</a>
      </Flex>
      <p>{say('footNever')}</p>
    </footer>
  )
}

function Bar() {
  const { say } = useWords('common')
  const session = useSession()
  const role = session.data?.role
  return (
    <header className="bar">
      <Flex className="bar-inner" align="center" justify="space-between" gap={12} wrap>
        <Link className="brand" to="/">
          {say('product')}
        </Link>
        <nav className="nav" aria-label={say('mainMenu')}>
          <Flex wrap>
            {PLACES.filter(place => role !== undefined && place.roles.includes(role)).map(({ to, word }) => (
              <NavLink key={to} to={to}>
                {say(word)}
              </NavLink>
            ))}
            <a href={publicLink('/verify')}>{say('navVerify')}</a>
          </Flex>
        </nav>
        <Flex className="bar-you" gap={8} wrap>
          <Choices />
          {session.data === null && (
            <Button className="bar-person" type="primary" href={signInAddress()}>
              {say('signIn')}
            </Button>
          )}
          {session.data != null && <Person session={session.data} />}
        </Flex>
      </Flex>
    </header>
  )
}

function Choices() {
  const { say } = useWords('common')
  const { language, mode, choose } = useSettings()
  return (
    <>
      <Button
        lang={language === 'en' ? 'zh-CN' : 'en'}
        onClick={() => choose({ language: language === 'en' ? 'zh-CN' : 'en' })}
      >
        {say('language')}
      </Button>
      <Button
        aria-pressed={mode === 'elder'}
        onClick={() => choose({ mode: mode === 'elder' ? 'normal' : 'elder' })}
      >
        {mode === 'elder' ? say('normal') : say('elder')}
      </Button>
    </>
  )
}

function Person({ session }: { session: Session }) {
  const { say } = useWords('common')
  const [isOpen, setOpen] = useState(false)
  const role = useRoleName()
  const isForOther = session.role === 'holder' && session.holder !== session.person
  // Not a useWrite: that would read everything again, as somebody who is no longer signed in.
  const signOut = useMutation({
    mutationFn: async () => told(api.POST('/sign-out')),
    onSuccess: ({ endSession }) => {
      forgetDrafts()
      location.assign(endSession ?? '/')
    },
  })
  return (
    <>
      <Button className="bar-person" onClick={() => setOpen(true)} aria-haspopup="dialog">
        {session.name ?? ''} · {isForOther ? say('role_acting') : role(session.role, session.department)}
      </Button>
      <Modal
        // In its place of the page: moved to the end of it, it would write a style that the policy refuses.
        getContainer={false}
        open={isOpen}
        onCancel={() => setOpen(false)}
        title={say('rolePick')}
        footer={<Button onClick={() => signOut.mutate()}>{say('signOut')}</Button>}
      >
        <RoleChoice session={session} onTaken={() => setOpen(false)} />
        <ProblemNotice error={signOut.error} />
      </Modal>
    </>
  )
}

/** The roles that one may take, as buttons; a taken one leads to where it begins. */
export function RoleChoice({ session, onTaken }: { session: Session; onTaken?: () => void }): ReactNode {
  const { say } = useWords('common')
  const navigate = useNavigate()
  const name = useRoleName()
  const take = useWrite(
    async (
      body: { role: Exclude<Role, 'anyone' | 'root' | 'client'>; department?: string; holder?: string },
      key,
    ) => told(api.POST('/v1/session/role', { body, headers: once(key) })),
    {
      onDone: taken => {
        onTaken?.()
        void navigate(HOME_OF[taken.role] ?? '/')
      },
    },
  )
  if (session.roles.length === 0) return <p>{say('roleNone')}</p>
  return (
    <Flex vertical gap={8}>
      {session.roles.map(({ role, department }) => (
        <Button
          key={`${role} ${department}`}
          block
          size="large"
          type={role === session.role && department === session.department ? 'primary' : 'default'}
          loading={
            take.isPending &&
            take.variables.role === role &&
            (take.variables.department ?? null) === department
          }
          onClick={() => take.mutate({ role, ...(department !== null && { department }) })}
        >
          {name(role, department)}
        </Button>
      ))}
      <ProblemNotice error={take.error} />
    </Flex>
  )
}

/** A role with the name of its department. */
export function useRoleName(): (role: Role, department: string | null) => string {
  const { say, language } = useWords('common')
  const departments = useDepartments()
  return (role, department) => {
    const found = departments.data?.find(({ code }) => code === department)
    const office = found === undefined ? '' : ` · ${language === 'en' ? found.en : found.zh}`
    return say(`role_${role}`) + office
  }
}

/** Departments by name, asked once. */
export function useDepartments() {
  return useQuery({
    queryKey: ['departments'],
    queryFn: async () => (await told(api.GET('/v1/departments'))).departments,
    staleTime: 300_000,
  })
}
