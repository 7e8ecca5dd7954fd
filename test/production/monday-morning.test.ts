import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import { join } from 'node:path'
import { connect, getCACertificates, setDefaultCACertificates } from 'node:tls'
import { expect } from 'chai'
import { Provider } from 'oidc-provider'
import { readEnvironment } from '../../scripts/init/environment-file.ts'
import { freePort } from '../../scripts/drills/gateway-process.ts'
import { openBrowser } from '../support/browser.ts'
import { answerOf, until } from '../support/opened-gateway.ts'
import { prepareAnswers, type Prepared } from '../support/production-answers.ts'
import { CLIENT, providerConfiguration, SECRET } from '../support/provider.ts'
import { startNode, type ControlledNode } from '../../scripts/drills/controlled-node.ts'

const ROOT = join(import.meta.dirname, '../..')
const TLS = join(ROOT, 'test/support/tls')
const pem = (name: string) => readFileSync(join(TLS, name), 'utf8')

/** docs/production.md from `init` on, in processes of their own, against a chain and a provider of somebody else's. */
describe('Monday morning', () => {
  const usual = getCACertificates('default')
  let node: ControlledNode
  let provider: Server
  let prepared: Prepared
  let gateway: ChildProcess
  let url: string
  let issuer: string
  let said = ''
  const at = (name: string) => join(prepared.folder, name)
  const env = { PATH: process.env['PATH'], NODE_EXTRA_CA_CERTS: join(TLS, 'first.crt') }

  before(async () => {
    setDefaultCACertificates([...usual, pem('first.crt'), pem('second.crt')])
    node = await startNode()
    const port = await freePort()
    url = `https://localhost:${port}`
    issuer = `https://localhost:${await freePort()}`
    prepared = prepareAnswers(node.url, {
      publicUrl: url,
      openid: { issuer, clientId: CLIENT, clientSecretFile: 'openid.secret' },
      environment: {
        PORT: String(port),
        ONCEPROOF_TLS_CERT_FILE: 'tls.crt',
        ONCEPROOF_TLS_KEY_FILE: 'tls.key',
        ONCEPROOF_SEAL_AFTER_MS: '50',
      },
    })
    writeFileSync(at('openid.secret'), `${SECRET}\n`)
    put('first')
    provider = await startProvider()
  })
  after(async () => {
    gateway.kill('SIGKILL')
    provider.closeAllConnections()
    provider.close()
    await node.close()
    setDefaultCACertificates(usual)
  })

  function put(pair: string): void {
    copyFileSync(join(TLS, `${pair}.crt`), at('tls.crt'))
    copyFileSync(join(TLS, `${pair}.key`), at('tls.key'))
    for (const name of ['tls.key', 'openid.secret']) chmodSync(at(name), 0o600)
  }

  /** Asks nobody: who is signed in is the one whom the path of the interaction names. */
  async function startProvider(): Promise<Server> {
    const opened = new Provider(issuer, await providerConfiguration(url))
    const answer = opened.callback()
    const server = createServer({ cert: pem('first.crt'), key: pem('first.key') }, (request, response) => {
      if (request.url?.startsWith('/person/') === true) {
        const login = { accountId: 'zhang', remember: true }
        void opened.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false })
      } else void answer(request, response)
    })
    server.listen(Number(new URL(issuer).port))
    await once(server, 'listening')
    return server
  }

  /** Not spawnSync: the chain answers from this process. */
  async function command(...args: string[]): Promise<{ status: number; out: string; err: string }> {
    const child = spawn(process.execPath, [join(ROOT, 'scripts/onceproof.mjs'), ...args], {
      cwd: prepared.folder,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let [out, err] = ['', '']
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
    const [status] = (await once(child, 'close')) as [number]
    return { status, out, err }
  }

  it('sets up: says which account to pay, and the same command ends it', async () => {
    const init = ['init', '--profile', 'production', '--answers', prepared.answersFile, '--json']
    const first = await command(...init)
    expect([first.status, (JSON.parse(first.out) as { code: string }).code]).to.deep.equal([
      1,
      'RELAYER_UNFUNDED',
    ])
    const account = /0x[0-9a-f]{40}/.exec((JSON.parse(first.out) as { expected: string }).expected)![0]
    await node.request('hardhat_setBalance', [account, '0x3635c9adc5dea00000'])
    const second = await command(...init)
    expect(second.status, second.out).to.equal(0)
    expect(JSON.parse(second.out)).to.include({ departments: 6, types: 4, matters: 1, administrators: 2 })
  })

  it('starts with the environment that was written, behind TLS, without demo data', async () => {
    gateway = spawn(process.execPath, [join(ROOT, 'scripts/onceproof.mjs'), 'gateway'], {
      cwd: prepared.folder,
      env: { ...env, ...readEnvironment(at('etc/onceproof.env')) },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    gateway.stderr!.setEncoding('utf8').on('data', (text: string) => (said += text))
    await until(() => said.includes('check it with') || gateway.exitCode !== null)
    expect(said).to.include(`ready at            ${url}`)
    expect(await answerOf(fetch(`${url}/v1/region`))).to.deep.include({ code: '410100', isDemo: false })
    expect((await fetch(`${url}/oidc/.well-known/openid-configuration`)).status).to.equal(404)
  })

  it('lets the first administrator in, who assigns the next person', async () => {
    const browser = openBrowser({ url, request: (path, init) => fetch(url + path, init) })
    const cookies = new Map<string, string>()
    let next = new URL((await browser.send('/sign-in')).headers.get('location')!)
    while (next.origin !== url) {
      const cookie = [...cookies].map(pair => pair.join('=')).join('; ')
      const response = await fetch(next, { redirect: 'manual', headers: { cookie } })
      for (const line of response.headers.getSetCookie()) {
        const [pair = ''] = line.split(';')
        cookies.set(pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1))
      }
      next = new URL(response.headers.get('location')!, next)
    }
    expect((await browser.send(next.pathname + next.search)).status).to.equal(303)
    expect(await answerOf(browser.send('/v1/session'))).to.include({ role: 'operator' })
    const clerk = { issuer, sub: 'wang', role: 'maker', department: 'GAJ' }
    const assigned = await browser.post('/v1/assignments', clerk, {
      origin: url,
      'idempotency-key': 'monday-morning-1',
    })
    expect(assigned.status, await assigned.text()).to.equal(201)
  })

  it('is fit by its doctor’s word, with what is known and accepted named', async () => {
    mkdirSync(at('backups'))
    writeFileSync(at('backups/one'), 'x')
    const visit = ['doctor', '--env', at('etc/onceproof.env'), '--backups', at('backups')]
    // One disk, one machine, and nobody else's signer, in a test; DISK_LOW and NTP are the machine's.
    const accepted = [
      'KEYS_AT_GATEWAY',
      'MIRROR_SAME_DISK',
      'DISK_LOW',
      'CLOCK_OFF',
      'CLOCK_UNKNOWN',
      'NETWORK_DISK',
    ]
    const { status, out } = await command(...visit, '--json', '--accept', accepted.join(','))
    expect(JSON.parse(out)).to.deep.include({ fit: true, findings: [] })
    expect(status).to.equal(0)
    expect((await command(...visit)).status).to.equal(1)
  })

  it('takes a renewed certificate on SIGHUP, and stops when it is told to', async () => {
    put('second')
    gateway.kill('SIGHUP')
    await until(async () => (await subjectAt(url)) === 'onceproof test second')
    gateway.kill('SIGTERM')
    const [status] = (await once(gateway, 'close')) as [number]
    expect(status, said).to.equal(0)
  })
})

async function subjectAt(url: string): Promise<string> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), servername: hostname })
  await once(socket, 'secureConnect')
  const { CN } = socket.getPeerCertificate().subject
  socket.destroy()
  return String(CN)
}
