/** Sound requests for signing in, sessions and assignments. */
import { personaSub, staffSub } from '../../../server/identity/demo-people.ts'
import { openBrowser, PENDING, SESSION } from '../../support/browser.ts'
import { answerOf } from '../../support/opened-gateway.ts'
import type { MakeExample } from './examples.ts'

const EXAMPLE_ASSIGNMENT = {
  issuer: 'https://id.example',
  sub: 'somebody',
  role: 'checker',
  department: 'GAJ',
}

export const IDENTITY_EXAMPLES: Readonly<Record<string, MakeExample>> = {
  signIn: () => ({ path: '/sign-in?returnTo=/wallet', method: 'GET', status: 303 }),
  signInCallback: async ({ gateway }) => {
    const browser = openBrowser(gateway)
    const path = await browser.choose((await browser.openSignIn()).action, personaSub('P01'))
    const headers = { cookie: `${PENDING}=${browser.cookies.get(PENDING)!}` }
    return { path, method: 'GET', headers, status: 303 }
  },
  signOut: ({ gateway }) => ({
    path: '/sign-out',
    method: 'POST',
    headers: { origin: gateway.url },
    status: 200,
  }),
  getSession: () => ({ path: '/v1/session', method: 'GET', status: 200 }),
  takeRole: async ({ gateway }) => {
    const browser = openBrowser(gateway)
    await browser.signIn(staffSub('GAJ', 'maker'))
    return {
      path: '/v1/session/role',
      method: 'POST',
      body: { role: 'maker', department: 'GAJ' },
      as: { role: 'guest' },
      session: { cookie: `${SESSION}=${browser.cookies.get(SESSION)!}`, origin: gateway.url },
      status: 200,
    }
  },
  createAssignment: () => ({
    path: '/v1/assignments',
    method: 'POST',
    body: EXAMPLE_ASSIGNMENT,
    status: 201,
  }),
  listAssignments: () => ({ path: '/v1/assignments?department=GAJ&limit=5', method: 'GET', status: 200 }),
  endAssignment: async ({ gateway }) => {
    const { id } = await answerOf<{ id: string }>(gateway.post('/v1/assignments', EXAMPLE_ASSIGNMENT), 201)
    return { path: `/v1/assignments/${id}/end`, method: 'POST', status: 200 }
  },
}
