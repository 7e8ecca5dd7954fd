import { Alert, Button, Card, Flex } from 'antd'
import { Navigate } from 'react-router'
import { Asked } from './parts/asked.tsx'
import { Page } from './parts/page.tsx'
import { HOME_OF, signInAddress, useSession } from './session.tsx'
import { RoleChoice } from './shell.tsx'
import { publicLink } from './language.ts'
import { useWords } from './words.ts'

/** Where one lands: to sign in, to choose a role, or straight to where one's role begins. */
export function Home() {
  const { say } = useWords('common')
  const session = useSession()
  return (
    <Asked query={session}>
      {data => {
        if (data === null) return <SignedOut />
        const home = HOME_OF[data.role]
        if (home !== undefined) return <Navigate to={home} replace />
        return (
          <Page title={say('rolePick')} intro={data.roles.length > 1 ? say('rolePickWhy') : undefined}>
            <Card className="narrow">
              <RoleChoice session={data} />
            </Card>
          </Page>
        )
      }}
    </Asked>
  )
}

export function SignedOut() {
  const { say } = useWords('common')
  return (
    <Page title={say('signInNeeded')} intro={say('signInNeededWhy')}>
      {/* Its cookies are for https only; a browser makes an exception for its own machine. */}
      {!window.isSecureContext && (
        <Alert
          type="warning"
          showIcon
          title={say('signInInsecure')}
          description={say('signInInsecureNext')}
        />
      )}
      <Flex gap={12} wrap>
        <Button type="primary" size="large" href={signInAddress()}>
          {say('signIn')}
        </Button>
        <Button size="large" href={publicLink('/verify')}>
          {say('navVerify')}
        </Button>
      </Flex>
    </Page>
  )
}

export function Missing() {
  const { say } = useWords('common')
  return (
    <Page title={say('pageMissing')} intro={say('pageMissingNext')}>
      <Button href="/app">{say('navHome')}</Button>
    </Page>
  )
}
