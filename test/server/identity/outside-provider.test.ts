import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { expect } from 'chai'
import { Provider } from 'oidc-provider'
import type { Refusal } from '../../../protocol/refusal.ts'
import { saveRegion } from '../../../server/catalogue/own-region.ts'
import { openBrowser, SESSION } from '../../support/browser.ts'
import { freePort } from '../../../scripts/drills/gateway-process.ts'
import { answerOf, openGateway, temporaryFolder, type OpenedGateway } from '../../support/opened-gateway.ts'
import { CLIENT, providerConfiguration, SECRET } from '../../support/provider.ts'
import { productionRegion } from '../../support/production-region.ts'
import { startNode, type ControlledNode } from '../../../scripts/drills/controlled-node.ts'
import { problemIn } from '../http/gateway.ts'

describe('an identity provider of somebody else’s', () => {
  let gateway: OpenedGateway
  let server: Server
  /** What the provider does not understand of a question: without `max_age` it does not tell when it saw the person. */
  let ignores: string[] = []

  before(async () => {
    const port = await freePort()
    const issuer = `http://127.0.0.1:${port}`
    const secretFile = join(temporaryFolder(), 'secret')
    writeFileSync(secretFile, `${SECRET}\n`)
    gateway = await openGateway({
      env: { OPENID_ISSUER: issuer, OPENID_CLIENT_ID: CLIENT, OPENID_CLIENT_SECRET_FILE: secretFile },
    })
    const provider = new Provider(issuer, await providerConfiguration(gateway.url))
    const answer = provider.callback()
    server = createServer((request, response) => {
      const url = new URL(request.url ?? '/', issuer)
      if (url.pathname.startsWith('/person/')) {
        const login = { accountId: 'somebody', remember: true }
        void provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false })
        return
      }
      if (url.pathname === '/auth') for (const name of ignores) url.searchParams.delete(name)
      request.url = url.pathname + url.search
      void answer(request, response)
    })
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
  })
  after(async () => {
    server.closeAllConnections()
    server.close()
    await gateway.close()
  })

  /** Goes from the gateway to the provider and back; the answer of the callback. */
  async function signIn(query = '') {
    const browser = openBrowser(gateway)
    const cookies = new Map<string, string>()
    const begun = await browser.send(`/sign-in${query}`)
    let at = new URL(begun.headers.get('location')!)
    while (at.origin !== gateway.url) {
      const cookie = [...cookies].map(pair => pair.join('=')).join('; ')
      const response = await fetch(at, { redirect: 'manual', headers: { cookie } })
      for (const line of response.headers.getSetCookie()) {
        const [pair = ''] = line.split(';')
        cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
      }
      const location = response.headers.get('location')
      if (location === null) throw new Error(`no redirect: ${response.status} ${await response.text()}`)
      at = new URL(location, at)
    }
    return { browser, callback: await browser.send(at.pathname + at.search) }
  }

  it('signs a person in, and tells when it saw him', async () => {
    ignores = []
    const before = Math.floor(Date.now() / 1000)
    const { browser, callback } = await signIn()
    expect(callback.status).to.equal(303)
    const session = await answerOf<{ role: string; name: string; authenticatedAt: number }>(
      browser.send('/v1/session'),
    )
    expect(session).to.include({ role: 'guest', name: '某某' })
    expect(session.authenticatedAt).to.be.at.least(before)
  })

  for (const query of ['', '?stepUp=1']) {
    it(`that does not tell it signs nobody in, ${query === '' ? 'at first' : 'nor does a step-up'}`, async () => {
      // Of a question with `prompt` it would conclude by itself that the time is wanted.
      ignores = ['max_age', 'prompt']
      const before = gateway.rowCounts()
      const { browser, callback } = await signIn(query)
      expect((await problemIn(callback)).code).to.equal('SIGN_IN_FAILED')
      expect(browser.cookies.has(SESSION)).to.equal(false)
      expect(gateway.rowCounts()).to.deep.equal(before)
    })
  }
})

describe('a production gateway without an identity provider', () => {
  let node: ControlledNode
  let gateway: OpenedGateway

  before(async () => {
    node = await startNode()
    const passphraseFile = join(temporaryFolder(), 'passphrase')
    writeFileSync(passphraseFile, `${randomBytes(32).toString('hex')}\n`)
    const env = {
      PROFILE: 'production',
      PUBLIC_URL: 'https://zz.example',
      CHAIN_RPC_URL: node.url,
      KEYSTORE_PASSPHRASE_FILE: passphraseFile,
    }
    const dataDir = temporaryFolder()
    saveRegion(dataDir, productionRegion())
    const place = { dataDir, url: `http://127.0.0.1:${await freePort()}` }
    const open = () => openGateway({ env, after: place })
    // The first start says which account has to be paid.
    const account = await open().then(
      () => null,
      (error: unknown) => /0x[0-9a-f]{40}/.exec((error as Refusal).details.expected ?? '')?.[0],
    )
    await node.request('hardhat_setBalance', [account, '0x56bc75e2d63100000'])
    gateway = await open()
  })
  after(async () => {
    await gateway.close()
    await node.close()
  })

  it('signs nobody in, and has no provider of a demo', async () => {
    for (const path of ['/sign-in', '/sign-in?stepUp=1', '/sign-in/callback?state=a&code=b']) {
      const response = await gateway.request(path, { redirect: 'manual' })
      const { code, status } = await problemIn(response)
      expect([code, status], path).to.deep.equal(['SIGN_IN_OFF', 404])
      expect(response.headers.getSetCookie(), path).to.deep.equal([])
    }
    const path = '/oidc/.well-known/openid-configuration'
    expect((await gateway.request(path)).status).to.equal(404)
    expect(gateway.rowCounts()).to.include({ accounts: 0, assignments: 0, sessions: 0 })
  })
})
