import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { demoRegion } from '../../../server/catalogue/region.ts'
import { demoPeople, personaSub, staffSub } from '../../../server/identity/demo-people.ts'
import { openBrowser, PENDING, SESSION, type Browser } from '../../support/browser.ts'
import { freePort } from '../../../scripts/drills/gateway-process.ts'
import {
  admit,
  answerOf,
  freshKey,
  openGateway,
  temporaryFolder,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { problemIn } from '../http/gateway.ts'

interface Session {
  account: string
  name: string | null
  role: string
  department: string | null
  holder: string | null
  person: string | null
  authenticatedAt: number
  idleAt: number
  expiresAt: number
  roles: { role: string; department: string | null }[]
  actingFor: unknown[]
}

interface Assignment {
  id: string
  account: string
  role: string
  department: string | null
  endedAt: number | null
}

describe('signing in', () => {
  let gateway: OpenedGateway

  before(async () => {
    gateway = await openGateway()
    await admit(gateway, 'GAJ', 'YBJ')
  })
  after(() => gateway.close())

  const signedIn = async (sub: string, query?: string): Promise<Browser> => {
    const browser = openBrowser(gateway)
    expect((await browser.signIn(sub, query)).status).to.equal(303)
    return browser
  }
  const sessionOf = (browser: Browser) => answerOf<Session>(browser.send('/v1/session'), 200)
  const codeOf = async (response: Response | Promise<Response>) => (await problemIn(await response)).code
  const assignmentIn = (code: string) => ({
    issuer: `${gateway.url}/oidc`,
    sub: `somebody-${freshKey()}`,
    role: 'maker',
    department: code,
  })
  const assigning = (browser: Browser, body: unknown) =>
    browser.post('/v1/assignments', body, { origin: gateway.url, 'idempotency-key': freshKey() })

  describe('a citizen', () => {
    it('chooses himself on a page that says plainly that it is a demo, and is a holder', async () => {
      const browser = openBrowser(gateway)
      const { action, html } = await browser.openSignIn('?returnTo=/wallet?tab=1')
      expect(html).to.include('演示').and.to.include('没有密码').and.to.include('there is no password')
      expect(html).to.not.match(/<script|javascript:|\son\w+=/i)
      expect(html.match(/<button/g)).to.have.length(demoPeople().length)
      const callback = await browser.send(await browser.choose(action, personaSub('P01')))
      expect(callback.status).to.equal(303)
      expect(callback.headers.get('location')).to.equal('/wallet?tab=1')
      const session = await sessionOf(browser)
      expect(session).to.include({ name: '林知行', role: 'holder', department: null })
      expect(session.holder).to.match(/^[\w-]{43}$/)
      expect(session.person).to.equal(session.holder)
      expect(session.roles).to.deep.equal([{ role: 'holder', department: null, until: null }])
      expect(session.account).to.match(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/)
    })

    it('is the same account and holder each time', async () => {
      const [first, second] = [await signedIn(personaSub('P04')), await signedIn(personaSub('P04'))]
      const [before, after] = [await sessionOf(first), await sessionOf(second)]
      expect(after.account).to.equal(before.account)
      expect(after.holder).to.equal(before.holder)
      expect(first.cookies.get(SESSION)).to.not.equal(second.cookies.get(SESSION))
    })

    it('cannot take the role of an officer, nor act for somebody whom he does not represent', async () => {
      const browser = await signedIn(personaSub('P01'))
      const other = (await sessionOf(await signedIn(personaSub('P12')))).holder
      for (const taken of [
        { role: 'officer', department: 'GAJ' },
        { role: 'operator' },
        { role: 'holder', holder: other },
      ]) {
        const response = await browser.post('/v1/session/role', taken)
        expect(response.status).to.equal(403)
        expect(await codeOf(response)).to.equal('ROLE_NOT_HELD')
      }
      expect((await sessionOf(browser)).role).to.equal('holder')
    })
  })

  describe('a guardian', () => {
    it('acts for the child while the representation lasts, and is a guest in the moment that it ends', async () => {
      const { personas } = demoRegion()
      const numberOf = (id: string) => personas.find(persona => persona.id === id)!.idNo
      const browser = await signedIn(personaSub('P09'))
      const recorded = await answerOf<{ id: string; holder: string }>(
        gateway.as({ role: 'officer', department: 'GAJ' }).post('/v1/representations', {
          capacity: 'guardian',
          person: numberOf('P09'),
          holder: numberOf('P10'),
        }),
        201,
      )
      const { holder: child } = recorded
      const self = await sessionOf(browser)
      expect(self.actingFor).to.deep.equal([{ holder: child, capacity: 'guardian' }])
      const acting = await answerOf<Session>(
        browser.post('/v1/session/role', { role: 'holder', holder: child }),
        200,
      )
      expect(acting).to.include({ role: 'holder', holder: child, person: self.person })
      const end = await gateway
        .as({ role: 'officer', department: 'GAJ' })
        .post(`/v1/representations/${recorded.id}/end`, undefined)
      expect(end.status).to.equal(200)
      expect(await sessionOf(browser)).to.include({ role: 'guest', holder: null })
    })
  })

  describe('an officer', () => {
    it('signs in and acts for the department that she is assigned to', async () => {
      const session = await sessionOf(await signedIn(staffSub('GAJ', 'maker')))
      expect(session).to.include({ role: 'maker', department: 'GAJ', holder: null, person: null })
    })

    it('who is also a citizen switches between both roles without signing in again', async () => {
      const browser = await signedIn(personaSub('P02'))
      const guest = await sessionOf(browser)
      expect(guest.role).to.equal('guest')
      expect(guest.roles.map(({ role, department }) => [role, department])).to.deep.equal([
        ['holder', null],
        ['officer', 'YBJ'],
      ])
      const taken = (body: unknown) => answerOf<Session>(browser.post('/v1/session/role', body), 200)
      const officer = await taken({ role: 'officer', department: 'YBJ' })
      expect(officer).to.include({ role: 'officer', department: 'YBJ', holder: null })
      expect(await sessionOf(browser)).to.include({ role: 'officer', department: 'YBJ' })
      const holder = await taken({ role: 'holder' })
      expect(holder).to.include({ role: 'holder', department: null, holder: guest.person })
      expect(holder.authenticatedAt).to.equal(guest.authenticatedAt)
      expect(await codeOf(browser.post('/v1/session/role', { role: 'officer' }))).to.equal('ROLE_NOT_HELD')
      expect(await codeOf(browser.post('/v1/session/role', { role: 'root' }))).to.equal('INPUT_INVALID')
    })

    it('loses the role in the running session when the assignment is ended', async () => {
      const browser = await signedIn(staffSub('GAJ', 'officer'))
      const { account } = await sessionOf(browser)
      const { assignments } = await answerOf<{ assignments: Assignment[] }>(
        gateway.get(`/v1/assignments?account=${account}`),
      )
      expect(assignments).to.have.length(1)
      const path = `/v1/assignments/${assignments[0]!.id}/end`
      const end = () =>
        gateway.request(path, {
          method: 'POST',
          headers: { authorization: `Bearer ${gateway.token}`, 'idempotency-key': freshKey() },
        })
      const ended = await answerOf<Assignment>(end(), 200)
      expect(ended.endedAt).to.be.a('number')
      expect(await sessionOf(browser)).to.include({ role: 'guest', department: null })
      expect(await codeOf(browser.post('/v1/session/role', { role: 'officer', department: 'GAJ' }))).to.equal(
        'ROLE_NOT_HELD',
      )
      expect(await answerOf(end(), 200)).to.deep.equal(ended)
      expect((await sessionOf(await signedIn(staffSub('GAJ', 'officer')))).role).to.equal('guest')
    })
  })

  describe('assigning', () => {
    it('can name somebody who never signed in; from then on the role is there', async () => {
      const person = personaSub('P07')
      const body = { issuer: `${gateway.url}/oidc`, sub: person, role: 'checker', department: 'GAJ' }
      const first = await answerOf<Assignment>(gateway.post('/v1/assignments', body), 201)
      expect(await answerOf(gateway.post('/v1/assignments', body), 201)).to.deep.equal(first)
      const { account, roles } = await sessionOf(await signedIn(person))
      expect(account).to.equal(first.account)
      expect(roles.map(({ role }) => role)).to.deep.equal(['holder', 'checker'])
      const later = { account, role: 'checker', department: 'GAJ', until: 4_000_000_000 }
      expect(await codeOf(gateway.post('/v1/assignments', later))).to.equal('ASSIGNMENT_EXISTS')
    })

    it('is for a supervisor only in the own department, for roles below, and never for oneself', async () => {
      const browser = await signedIn(staffSub('GAJ', 'supervisor'))
      expect((await assigning(browser, assignmentIn('GAJ'))).status).to.equal(201)
      const { account } = await sessionOf(browser)
      for (const [body, code] of [
        [assignmentIn('YBJ'), 'ACCESS_NOT_OWN'],
        [{ ...assignmentIn('GAJ'), role: 'supervisor' }, 'ASSIGNMENT_ROLE'],
        [{ ...assignmentIn('GAJ'), role: 'operator', department: undefined }, 'ACCESS_NOT_OWN'],
        [{ account, role: 'maker', department: 'GAJ' }, 'ASSIGNMENT_OWN'],
      ] as const) {
        expect(await codeOf(assigning(browser, body)), JSON.stringify(body)).to.equal(code)
      }
      const { assignments } = await answerOf<{ assignments: Assignment[] }>(browser.send('/v1/assignments'))
      expect(new Set(assignments.map(({ department }) => department))).to.deep.equal(new Set(['GAJ']))
      expect(await codeOf(browser.send('/v1/assignments?department=YBJ'))).to.equal('ACCESS_NOT_OWN')
      expect(await codeOf(assigning(await signedIn(staffSub('GAJ', 'maker')), assignmentIn('GAJ')))).to.equal(
        'ACCESS_DENIED',
      )
    })

    it('refuses what makes no sense, and writes nothing', async () => {
      const before = gateway.rowCounts()
      const whole = assignmentIn('GAJ')
      for (const [body, code] of [
        [{ ...whole, department: 'NOWHERE' }, 'DEPARTMENT_NOT_FOUND'],
        [{ ...whole, department: undefined }, 'ASSIGNMENT_ROLE'],
        [{ ...whole, role: 'auditor' }, 'ASSIGNMENT_ROLE'],
        [{ ...whole, role: 'root' }, 'INPUT_INVALID'],
        [{ ...whole, until: 1_000 }, 'ASSIGNMENT_DATES'],
        [{ ...whole, sub: undefined }, 'INPUT_INVALID'],
        [{ account: '01JZZZZZZZZZZZZZZZZZZZZZZZ', role: 'maker', department: 'GAJ' }, 'ACCOUNT_NOT_FOUND'],
      ] as const) {
        expect(await codeOf(gateway.post('/v1/assignments', body)), JSON.stringify(body)).to.equal(code)
      }
      expect(gateway.rowCounts()).to.deep.equal(before)
    })
  })

  describe('an answer of the provider', () => {
    it('is taken only from the browser that asked, with its state, and only once', async () => {
      const browser = openBrowser(gateway)
      const { action } = await browser.openSignIn()
      const pending = browser.cookies.get(PENDING)!
      const callback = await browser.choose(action, personaSub('P01'))

      expect(await codeOf(gateway.request(callback))).to.equal('SIGN_IN_STATE')
      const other = openBrowser(gateway)
      await other.openSignIn()
      expect(await codeOf(other.send(callback))).to.equal('SIGN_IN_STATE')
      const wrongState = callback.replace(/state=[^&]+/, 'state=another')
      expect(await codeOf(browser.send(wrongState))).to.equal('SIGN_IN_STATE')
      expect(await codeOf(browser.send('/sign-in/callback'))).to.equal('SIGN_IN_STATE')
      const altered = `${pending.slice(0, -1)}${pending.endsWith('A') ? 'B' : 'A'}`
      expect(
        await codeOf(gateway.request(callback, { headers: { cookie: `${PENDING}=${altered}` } })),
      ).to.equal('SIGN_IN_STATE')

      expect((await browser.send(callback)).status).to.equal(303)
      const again = gateway.request(callback, { headers: { cookie: `${PENDING}=${pending}` } })
      expect(await codeOf(again)).to.equal('SIGN_IN_FAILED')
    })

    it('with a code of somebody else is refused: PKCE and nonce bind it to the question', async () => {
      const [thief, victim] = [openBrowser(gateway), openBrowser(gateway)]
      const mine = await thief.choose((await thief.openSignIn()).action, personaSub('P01'))
      const stolen = await victim.choose((await victim.openSignIn()).action, personaSub('P02'))
      const code = new URLSearchParams(stolen.split('?')[1]).get('code')!
      const mixed = mine.replace(/code=[^&]+/, `code=${code}`)
      expect(await codeOf(thief.send(mixed))).to.equal('SIGN_IN_FAILED')
      expect(thief.cookies.has(SESSION)).to.equal(false)
    })

    it('that the person does not want is told as that, and one that comes too late is not taken', async () => {
      const browser = openBrowser(gateway)
      const { action } = await browser.openSignIn()
      const callback = await browser.choose(action, personaSub('P01'))
      const denied = callback.replace(/code=[^&]+/, 'error=access_denied')
      expect(await codeOf(browser.send(denied))).to.equal('SIGN_IN_REFUSED')
      gateway.advanceClock(601_000)
      try {
        expect(await codeOf(browser.send(callback))).to.equal('SIGN_IN_STATE')
      } finally {
        gateway.advanceClock(-601_000)
      }
    })

    it('leads only to a path of this gateway', async () => {
      for (const path of [
        '//evil.example',
        '/%5Cevil.example',
        'https://evil.example',
        '/a b',
        String.raw`/\evil`,
      ]) {
        const asked = gateway.request(`/sign-in?returnTo=${encodeURIComponent(decodeURIComponent(path))}`)
        expect(await codeOf(asked), path).to.be.oneOf(['INPUT_INVALID', 'URL_INVALID'])
      }
    })
  })

  describe('a session', () => {
    it('is a cookie of this host that scripts cannot read', async () => {
      const browser = openBrowser(gateway)
      const callback = await browser.signIn(personaSub('P01'))
      const line = callback.headers.getSetCookie().find(one => one.startsWith(SESSION))!
      expect(line).to.match(
        /^__Host-onceproof-session=[\w-]{43}; Path=\/; Max-Age=43200; Secure; HttpOnly; SameSite=Lax$/,
      )
    })

    it('gets a new id with each sign-in and step-up, and one that was planted before is worth nothing', async () => {
      const browser = openBrowser(gateway)
      const planted = 'A'.repeat(43)
      browser.cookies.set(SESSION, planted)
      await browser.signIn(personaSub('P01'))
      const first = browser.cookies.get(SESSION)!
      expect(first).to.not.equal(planted)
      await browser.signIn(personaSub('P01'), '?stepUp=1')
      const second = browser.cookies.get(SESSION)!
      expect(second).to.not.equal(first)
      for (const value of [planted, first]) {
        const old = gateway.request('/v1/session', { headers: { cookie: `${SESSION}=${value}` } })
        expect(await codeOf(old)).to.equal('SESSION_ENDED')
      }
    })

    it('keeps the role that was taken through a step-up by the same person, not by another', async () => {
      const browser = await signedIn(personaSub('P02'))
      await answerOf(browser.post('/v1/session/role', { role: 'officer', department: 'YBJ' }), 200)
      await browser.signIn(personaSub('P02'), '?stepUp=1')
      expect(await sessionOf(browser)).to.include({ role: 'officer', department: 'YBJ' })
      await browser.signIn(personaSub('P12'), '?stepUp=1')
      expect(await sessionOf(browser)).to.include({ role: 'holder', name: '方有房' })
    })

    it('is needed fresh for what is grave, and a step-up makes it fresh', async () => {
      const browser = await signedIn(staffSub('YBJ', 'supervisor'))
      gateway.advanceClock(302_000)
      try {
        expect(await codeOf(assigning(browser, assignmentIn('YBJ')))).to.equal('STEP_UP_REQUIRED')
        // The provider's clock stands where ours stood: to us it seems to answer with an old sign-in.
        expect(await codeOf(browser.signIn(staffSub('YBJ', 'supervisor'), '?stepUp=1'))).to.equal(
          'STEP_UP_NOT_FRESH',
        )
      } finally {
        gateway.advanceClock(-302_000)
      }
      await browser.signIn(staffSub('YBJ', 'supervisor'), '?stepUp=1')
      expect((await assigning(browser, assignmentIn('YBJ'))).status).to.equal(201)
    })

    it('asks the provider to let the person sign in anew when it steps up', async () => {
      const parameters = async (query: string) => {
        const response = await gateway.request(`/sign-in${query}`, { redirect: 'manual' })
        return new URL(response.headers.get('location')!).searchParams
      }
      const stepUp = await parameters('?stepUp=1')
      expect([stepUp.get('prompt'), stepUp.get('max_age')]).to.deep.equal(['login', '0'])
      const usual = await parameters('')
      expect(usual.get('prompt')).to.equal(null)
      expect(usual.get('code_challenge_method')).to.equal('S256')
      expect(usual.get('response_type')).to.equal('code')
      expect(usual.get('nonce')).to.match(/^[\w-]{43}$/)
      expect(usual.get('nonce')).to.not.equal(stepUp.get('nonce'))
    })

    it('ends after half an hour without use, and after twelve hours in any case', async () => {
      const [idle, busy] = [await signedIn(personaSub('P01')), await signedIn(personaSub('P04'))]
      const minutes = (count: number) => {
        gateway.advanceClock(count * 60_000)
        moved += count
      }
      let moved = 0
      try {
        minutes(29)
        expect((await idle.send('/v1/session')).status).to.equal(200)
        expect((await busy.send('/v1/session')).status).to.equal(200)
        minutes(29)
        expect((await busy.send('/v1/session')).status).to.equal(200)
        minutes(2)
        expect(await codeOf(idle.send('/v1/session'))).to.equal('SESSION_ENDED')
        for (let i = 0; i < 32; i++) {
          minutes(20)
          expect((await busy.send('/v1/session')).status, `after ${moved} minutes`).to.equal(200)
        }
        minutes(12 * 60 - moved)
        expect(await codeOf(busy.send('/v1/session'))).to.equal('SESSION_ENDED')
      } finally {
        gateway.advanceClock(-moved * 60_000)
      }
    })

    it('is over at once when the person signs out', async () => {
      const browser = await signedIn(personaSub('P01'))
      const secret = browser.cookies.get(SESSION)!
      expect(await answerOf(browser.post('/sign-out'), 200)).to.deep.equal({
        signedOut: true,
        endSession: null,
      })
      expect(browser.cookies.has(SESSION)).to.equal(false)
      const old = gateway.request('/v1/session', { headers: { cookie: `${SESSION}=${secret}` } })
      expect(await codeOf(old)).to.equal('SESSION_ENDED')
      expect((await browser.post('/sign-out')).status).to.equal(200)
      expect(await codeOf(browser.send('/v1/session'))).to.equal('TOKEN_MISSING')
    })

    it('survives a restart of the gateway', async () => {
      const before = await openGateway()
      const browser = openBrowser(before)
      await browser.signIn(personaSub('P05'))
      await before.close({ andChain: false })
      const after = await openGateway({ after: before })
      try {
        const headers = { cookie: `${SESSION}=${browser.cookies.get(SESSION)!}` }
        const session = await answerOf<Session>(after.request('/v1/session', { headers }), 200)
        expect(session).to.include({ role: 'holder', name: '阿依努尔·示例江' })
      } finally {
        await after.close()
      }
    })
  })

  describe('a foreign page', () => {
    it('causes no write with the cookie that the browser sends along', async () => {
      const browser = await signedIn(personaSub('P02'))
      const taken = { role: 'officer', department: 'YBJ' }
      const own = gateway.url
      const attempts: Record<string, string>[] = [
        { origin: 'https://evil.example' },
        { origin: 'null' },
        {},
        { origin: `${own}.evil.example` },
        { origin: own.replace('http:', 'https:') },
        { origin: own, 'sec-fetch-site': 'cross-site' },
        { origin: own, 'sec-fetch-site': 'same-site' },
        { 'sec-fetch-site': 'same-origin' },
        { origin: 'https://evil.example', referer: `${own}/` },
      ]
      const before = gateway.rowCounts()
      for (const headers of attempts) {
        for (const path of ['/v1/session/role', '/sign-out', '/v1/assignments', '/v1/certificates']) {
          const body = path === '/sign-out' ? undefined : taken
          const response = await browser.post(path, body, { ...headers, 'idempotency-key': freshKey() })
          expect(response.status, `${path} ${JSON.stringify(headers)}`).to.equal(403)
          expect(await codeOf(response)).to.equal('ORIGIN_WRONG')
        }
      }
      expect(gateway.rowCounts()).to.deep.equal(before)
      expect((await sessionOf(browser)).role).to.equal('guest')
    })

    it('cannot choose a person on the provider’s page, and nobody can without a sign-in under way', async () => {
      const browser = openBrowser(gateway)
      const { action } = await browser.openSignIn()
      const form = { method: 'POST', body: new URLSearchParams({ person: personaSub('P01') }) }
      const foreign = browser.send(action, { ...form, headers: { 'sec-fetch-site': 'cross-site' } })
      expect(await codeOf(foreign)).to.equal('ORIGIN_WRONG')
      expect(await codeOf(gateway.request(action, form))).to.equal('SIGN_IN_STATE')
      const nobody = browser.send(action, { method: 'POST', body: new URLSearchParams({ person: 'root' }) })
      expect(await codeOf(nobody)).to.equal('SIGN_IN_PERSON')
    })

    it('is told nothing by a cookie that comes twice', async () => {
      const browser = await signedIn(personaSub('P01'))
      const secret = browser.cookies.get(SESSION)!
      const cookie = `${SESSION}=${'B'.repeat(43)}; ${SESSION}=${secret}`
      expect(await codeOf(gateway.request('/v1/session', { headers: { cookie } }))).to.equal('TOKEN_MISSING')
    })
  })

  it('keeps no name, no number, no name of the provider’s and no cookie in the clear', async () => {
    const browser = await signedIn(personaSub('P05'))
    const officer = await signedIn(staffSub('YBJ', 'maker'))
    expect((await sessionOf(browser)).name).to.equal('阿依努尔·示例江')
    expect((await sessionOf(officer)).name).to.equal('范一苇')
    const { idNo, name } = demoRegion().personas.find(({ id }) => id === 'P05')!
    const secrets = [
      name,
      '范一苇',
      idNo,
      personaSub('P05'),
      staffSub('YBJ', 'maker'),
      browser.cookies.get(SESSION)!,
      officer.cookies.get(SESSION)!,
    ]
    const places = ['onceproof.db', 'onceproof.db-wal'].map(file => readFileSync(join(gateway.dataDir, file)))
    places.push(Buffer.from(gateway.log.join('')))
    for (const secret of secrets) {
      for (const bytes of places) expect(bytes.includes(secret), secret).to.equal(false)
    }
  })
})

describe('the demo’s identity provider', () => {
  it('signs in under a public address that the gateway itself cannot reach, whatever a request claims', async () => {
    const url = 'https://zz.example'
    const gateway = await openGateway({ env: { PUBLIC_URL: url } })
    try {
      const path = '/oidc/.well-known/openid-configuration'
      const metadata = await answerOf<Record<string, string>>(gateway.request(path), 200)
      expect(metadata['issuer']).to.equal(`${url}/oidc`)
      expect(metadata['token_endpoint']).to.equal(`${url}/oidc/token`)
      const headers = { 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'ftp' }
      expect(await answerOf(gateway.request(path, { headers }), 200)).to.deep.equal(metadata)

      const browser = openBrowser({ url, request: gateway.request })
      expect((await browser.signIn(personaSub('P06'))).status).to.equal(303)
      const session = await answerOf<Session>(browser.send('/v1/session'), 200)
      expect(session).to.include({ role: 'holder', name: '何䶮𠮷' })
      expect((await browser.post('/sign-out')).status).to.equal(200)
    } finally {
      await gateway.close()
    }
  })

  it('is not there when another provider is configured; that one being out is told as that', async () => {
    const secretFile = join(temporaryFolder(), 'secret')
    writeFileSync(secretFile, 'a secret of the provider\n')
    const gateway = await openGateway({
      env: {
        OPENID_ISSUER: `http://127.0.0.1:${await freePort()}`,
        OPENID_CLIENT_ID: 'onceproof',
        OPENID_CLIENT_SECRET_FILE: secretFile,
      },
    })
    try {
      const response = await gateway.request('/sign-in', { redirect: 'manual' })
      expect(response.status).to.equal(503)
      expect((await problemIn(response)).code).to.equal('SIGN_IN_UNAVAILABLE')
      expect(response.headers.getSetCookie()).to.deep.equal([])
      expect((await gateway.request('/oidc/auth')).status).to.equal(404)
      expect(gateway.rowCounts()).to.include({ accounts: 0, assignments: 0, sessions: 0 })
    } finally {
      await gateway.close()
    }
  })
})
