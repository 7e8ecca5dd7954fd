import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { ACCESS } from '../../../server/http/access.ts'
import { answerRest, createApp, createEdge } from '../../../server/http/edge.ts'
import { createLogger } from '../../../server/http/logger.ts'
import { createMetrics } from '../../../server/http/metrics.ts'
import { mountSite } from '../../../server/http/site.ts'

const SCRIPT = 'console.log("一证通认")'

describe('the built application', () => {
  let folder: string
  let url: string
  let server: Server

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'site-'))
    mkdirSync(join(folder, 'assets'))
    writeFileSync(
      join(folder, 'index.html'),
      '<meta nonce="__NONCE__"><script src="/app/assets/a-1.js"></script>',
    )
    writeFileSync(join(folder, 'assets/a-1.js'), SCRIPT)
    writeFileSync(join(folder, 'assets/a-1.js.br'), brotliCompressSync(SCRIPT))
    writeFileSync(join(folder, 'assets/a-1.js.gz'), gzipSync(SCRIPT))
    writeFileSync(join(folder, 'assets/a-1.js.map'), 'not for anybody')
    server = await open(folder)
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => {
    server.close()
    rmSync(folder, { recursive: true })
  })

  it('is one document for every page of it, each time with another nonce in page and policy', async () => {
    const nonces = new Set<string>()
    for (const path of [
      '/app',
      '/app/',
      '/app/wallet/consents/01J',
      '/app/issuing/certificates/1.2.156.3005.2.T.I.S.001.O',
      '/app/issuing/certificates/1.2.156.3005.2.T.I.S.001.7',
    ]) {
      const response = await fetch(url + path)
      expect(response.status).to.equal(200)
      const policy = response.headers.get('content-security-policy') ?? ''
      const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? ''
      expect(nonce).to.match(/^[\w+/=]{24}$/)
      expect(await response.text())
        .to.include(`nonce="${nonce}"`)
        .and.not.include('__NONCE__')
      expect(policy).to.include("default-src 'none'").and.not.include('unsafe-inline')
      expect(response.headers.get('cache-control')).to.equal('no-store')
      nonces.add(nonce)
    }
    expect(nonces.size).to.equal(5)
  })

  it('comes compressed as the browser takes it, for good, and says what it is', async () => {
    for (const [accepted, coding] of [
      ['gzip, deflate, br', 'br'],
      ['gzip', 'gzip'],
      ['br;q=0, gzip', 'gzip'],
      ['identity', null],
    ] as const) {
      const response = await fetch(`${url}/app/assets/a-1.js`, { headers: { 'accept-encoding': accepted } })
      expect(response.headers.get('content-encoding'), accepted).to.equal(coding)
      expect(response.headers.get('content-type')).to.equal('text/javascript; charset=utf-8')
      expect(response.headers.get('cache-control')).to.include('immutable')
      expect(await response.text()).to.equal(SCRIPT)
    }
  })

  it('has nothing at names that were not built, nor outside its folder', async () => {
    for (const path of [
      '/app/assets/b-1.js',
      '/app/assets/a-1.js.map',
      '/app/assets/a-1.js.br',
      '/app/index.html',
      '/app/..%2f..%2fpackage.json',
    ]) {
      const response = await fetch(url + path)
      expect(response.status, path).to.be.oneOf([400, 404])
      expect(response.headers.get('content-type')).to.include('application/problem+json')
    }
  })

  it('is said not to be built when it is not', async () => {
    const empty = mkdtempSync(join(tmpdir(), 'site-'))
    const other = await open(empty)
    const response = await fetch(`http://127.0.0.1:${(other.address() as AddressInfo).port}/app`)
    expect(response.status).to.equal(503)
    expect(((await response.json()) as { code: string }).code).to.equal('SITE_NOT_BUILT')
    other.close()
    rmSync(empty, { recursive: true })
  })
})

async function open(folder: string): Promise<Server> {
  const metrics = createMetrics()
  const logger = createLogger({ level: 'error', write: () => {}, clock: Date.now })
  const edge = createEdge({
    authenticators: [],
    access: ACCESS,
    logger,
    metrics,
    clock: Date.now,
    buckets: {},
  })
  const app = createApp(edge)
  mountSite(app, { config: { publicUrl: 'https://verify.example' } as never }, folder)
  answerRest(app, edge)
  const server = createServer(app)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}
