import { Card } from 'antd'
import { Outlet } from 'react-router'
import { SignedOut } from '../home.tsx'
import { useSession, type Role } from '../session.tsx'
import { RoleChoice } from '../shell.tsx'
import { useWords } from '../words.ts'
import { Asked } from './asked.tsx'
import { Page } from './page.tsx'

/** Pages of certain roles. Whoever has none of them is told which it takes; the gateway refuses all the same. */
export function ForRoles({ roles }: { roles: readonly Role[] }) {
  const { say } = useWords('common')
  const session = useSession()
  return (
    <Asked query={session}>
      {data => {
        if (data === null) return <SignedOut />
        if (roles.includes(data.role)) return <Outlet />
        const wanted = roles.map(role => say(`role_${role}`)).join('、')
        return (
          <Page title={say('roleOther')} intro={say('roleOtherNext', { roles: wanted })}>
            <Card className="narrow">
              <RoleChoice session={data} />
            </Card>
          </Page>
        )
      }}
    </Asked>
  )
}
