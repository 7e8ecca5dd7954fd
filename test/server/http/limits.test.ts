import { expect } from 'chai'
import { once } from 'node:events'
import { connect } from 'node:net'
import { countHeldBodies } from '../../../server/http/held-bodies.ts'
import { createRateLimiter } from '../../../server/http/rate-limit.ts'
import { defineRoute } from '../../../server/http/routes.ts'
import { Unavailable } from '../../../server/http/problem.ts'
import { readBody, streamBody } from '../../../server/http/body.ts'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Refusal } from '../../../protocol/refusal.ts'
import { problemIn, startGateway } from './gateway.ts'
import type { Gateway } from './gateway.ts'

const ok = { zh: '成功', en: 'done' }
const limited = defineRoute({
  method: 'get',
  path: '/v1/verify',
  operationId: 'verify',
  summary: ok,
  idempotent: false,
  bodyKind: 'none',
  rateLimit: 'verify',
  responses: { 204: { description: ok } },
  handler: async (_world: null) => ({ status: 204 }),
})
const buckets = { verify: { burst: 5, perSecond: 0.5 } }

describe('too many requests', () => {
  let gateway: Gateway
  afterEach(() => gateway.close())

  const ask = async (forwarded?: string) => {
    const headers: Record<string, string> = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
    const response = await gateway.request('/v1/verify', { headers })
    await response.arrayBuffer()
    return response
  }

  it('are refused, told when to come again, and let in again by then', async () => {
    gateway = await startGateway([limited], null, { buckets })
    for (let i = 0; i < 5; i++) expect((await ask()).status).to.equal(204)
    const response = await gateway.request('/v1/verify')
    expect(response.headers.get('retry-after')).to.equal('2')
    expect((await problemIn(response)).code).to.equal('RATE_LIMITED')
    gateway.advance(1_999)
    expect((await ask()).status).to.equal(429)
    gateway.advance(1)
    expect((await ask()).status).to.equal(204)
    expect((await ask()).status).to.equal(429)
    gateway.advance(3_600_000)
    for (let i = 0; i < 5; i++) expect((await ask()).status).to.equal(204)
    expect((await ask()).status).to.equal(429)
  })

  it('cannot be spread over 1,000 invented addresses', async () => {
    gateway = await startGateway([limited], null, { buckets })
    const counts: Record<number, number> = {}
    for (let i = 0; i < 1_000; i++) {
      const { status } = await ask(
        i % 2 === 0 ? `10.0.${i >> 8}.${i & 255}` : `2001:db8:${i.toString(16)}::1, 8.8.8.8`,
      )
      counts[status] = (counts[status] ?? 0) + 1
    }
    expect(counts).to.deep.equal({ 204: 5, 429: 995 })
    expect(gateway.metrics.text()).to.contain('onceproof_rate_limited_clients 1\n')
  })

  it('are counted for the client behind a declared proxy, as far as declared proxies wrote the header', async () => {
    gateway = await startGateway([limited], null, { buckets, trustedProxies: ['127.0.0.1', '10.0.0.0/8'] })
    const exhaust = async (forwarded: string) => {
      for (let i = 0; i < 5; i++) expect((await ask(forwarded)).status).to.equal(204)
      expect((await ask(forwarded)).status).to.equal(429)
    }
    await exhaust('198.51.100.7')
    // What the client itself wrote, left of what the proxies wrote, changes nothing.
    expect((await ask('203.0.113.99, 198.51.100.7')).status).to.equal(429)
    expect((await ask('203.0.113.99, 198.51.100.7, 10.1.2.3')).status).to.equal(429)
    expect((await ask('::ffff:198.51.100.7')).status).to.equal(429)
    // One subscriber owns a whole /64.
    await exhaust('2001:db8:1:2::1')
    expect((await ask('2001:db8:1:2:ffff:ffff:ffff:ffff')).status).to.equal(429)
    expect((await ask('2001:DB8:0001:0002:0:0:0:9')).status).to.equal(429)
    expect((await ask('2001:db8:1:3::1')).status).to.equal(204)
    // What is no address is the proxy's own request.
    await exhaust('unknown')
    expect((await ask('')).status).to.equal(429)
  })
})

describe('a rate limiter', () => {
  it('remembers a bounded number of clients, the latest ones', () => {
    const limiter = createRateLimiter({
      buckets: { a: { burst: 1, perSecond: 1 } },
      clock: () => 0,
      mostClients: 100,
    })
    for (let i = 0; i < 10_000; i++) limiter.admit('a', `client ${i}`)
    expect(limiter.size()).to.equal(100)
    expect(() => limiter.admit('a', 'client 9999')).to.throw(Unavailable)
    limiter.admit('a', 'client 1')
  })

  it('keeps buckets apart and is not filled by a clock that goes back', () => {
    let now = 1_000_000
    const bucket = { burst: 1, perSecond: 1 }
    const limiter = createRateLimiter({ buckets: { a: bucket, b: bucket }, clock: () => now })
    limiter.admit('a', 'x')
    limiter.admit('b', 'x')
    now = 0
    expect(() => limiter.admit('a', 'x')).to.throw(Unavailable)
    expect(() => limiter.admit('c', 'x')).to.throw(/no rate limit bucket/)
    expect(() => limiter.admit('constructor', 'x')).to.throw(/no rate limit bucket/)
  })
})

describe('bodies that wait in memory', () => {
  const refusal = (work: () => void): string | null => {
    try {
      work()
      return null
    } catch (error) {
      return (error as Unavailable).code
    }
  }

  it('are counted for each client and for all, from the free beginning on, until they are answered', () => {
    const held = countHeldBodies({ freeBytes: 10, clientBytes: 100, allBytes: 150 })
    const first = held.begin('a')
    first.take(10)
    expect(held.size()).to.equal(0)
    first.take(60)
    expect(refusal(() => held.begin('a').take(51))).to.equal('RATE_LIMITED')
    const second = held.begin('a')
    second.take(50)
    expect(held.size()).to.equal(100)
    const third = held.begin('b')
    expect(refusal(() => third.take(61))).to.equal('RATE_LIMITED')
    // The beginning of a body is taken whatever the others do.
    expect(refusal(() => held.begin('b').take(10))).to.equal(null)
    first.release()
    first.release()
    expect(held.size()).to.equal(40)
    second.release()
    third.release()
    expect(held.size()).to.equal(0)
  })

  it('are let go when they are answered, given up or refused', async () => {
    const post = defineRoute({
      method: 'post',
      path: '/v1/kept',
      operationId: 'kept',
      summary: ok,
      idempotent: false,
      bodyKind: 'stream',
      maxBody: 100_000,
      mediaTypes: ['text/plain'],
      responses: { 204: { description: ok } },
      handler: async (_world: null, { body }) => {
        await body.digest()
        return { status: 204 }
      },
    })
    const access = { kept: { cells: { anyone: 'any' } } } as const
    const gateway = await startGateway([post], null, { buckets, access })
    const head = 'POST /v1/kept HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: text/plain\r\n'
    const heldBytes = () => /^onceproof_held_body_bytes (\d+)$/m.exec(gateway.metrics.text())?.[1]
    const whole = await gateway.raw(`${head}Content-Length: 50000\r\n\r\n${'x'.repeat(50_000)}`)
    expect(whole).to.match(/^HTTP\/1\.1 204 /)
    expect(heldBytes()).to.equal('0')
    const socket = connect(gateway.port, '127.0.0.1')
    socket.write(`${head}Content-Length: 50000\r\n\r\n${'x'.repeat(40_000)}`)
    while (heldBytes() !== String(40_000 - 16_384)) await new Promise(setImmediate)
    socket.destroy()
    while (heldBytes() !== '0') await new Promise(setImmediate)
    await gateway.close()
  })
})

describe('a client that sends slowly', () => {
  it('is answered 408 when its headers do not come', async () => {
    const gateway = await startGateway([limited], null, { buckets }, { headersMs: 50 })
    const answer = await gateway.raw('GET /v1/verify HTTP/1.1\r\nHost: x\r\n')
    expect(answer)
      .to.match(/^HTTP\/1\.1 408 /)
      .and.contain('"code":"REQUEST_TIMEOUT"')
    await gateway.close()
  })

  it('leaves room for others: one connection too many is closed unheard, and the next is served', async () => {
    const gateway = await startGateway([limited], null, { buckets }, { connections: 2 })
    const port = Number(new URL(gateway.url).port)
    const open = async () => {
      const socket = connect(port, '127.0.0.1')
      await once(socket, 'connect')
      return socket
    }
    const [first, second] = [await open(), await open()]
    const third = await open()
    third.write('GET /v1/verify HTTP/1.1\r\nHost: x\r\n\r\n')
    await once(third, 'close')
    expect(third.bytesRead).to.equal(0)
    const gone = once(first, 'close')
    first.destroy()
    await gone
    let answer = ''
    while (answer === '')
      answer = await gateway.raw('GET /v1/verify HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
    expect(answer).to.match(/^HTTP\/1\.1 204 /)
    second.destroy()
    await gateway.close()
  })

  /** Reads the body of one request, of which only the beginning ever comes. */
  async function readSlowly(read: (request: IncomingMessage) => Promise<unknown>): Promise<unknown> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const outcome = once(server, 'request').then(([request]) => read(request as IncomingMessage))
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf')
    try {
      return await outcome.catch((error: unknown) => error)
    } finally {
      socket.destroy()
      server.close()
    }
  }

  it('is given up when the body stops or takes too long', async () => {
    for (const read of [
      (request: IncomingMessage) => readBody(request, { maxBytes: 10, idleMs: 20 }),
      (request: IncomingMessage) => readBody(request, { maxBytes: 10, totalMs: 20 }),
      (request: IncomingMessage) => streamBody(request, { maxBytes: 10, idleMs: 20 }).digest(),
    ]) {
      const error = await readSlowly(read)
      expect(error).to.be.instanceOf(Refusal)
      expect((error as Refusal).code).to.equal('REQUEST_TIMEOUT')
    }
  })

  it('does not time our own slowness, and whoever takes the pieces can refuse them', async () => {
    let isTaken = false
    const slow = (request: IncomingMessage) =>
      streamBody(request, { maxBytes: 10, idleMs: 20 }).pipe(async () => {
        await new Promise(resolve => setTimeout(resolve, 60))
        isTaken = true
        throw new Refusal('FULL', 'no room')
      })
    expect(((await readSlowly(slow)) as Refusal).code).to.equal('FULL')
    expect(isTaken).to.equal(true)
    const atOnce = (request: IncomingMessage) =>
      streamBody(request, { maxBytes: 10 }).pipe(() => {
        throw new Refusal('FULL', 'no room')
      })
    expect(((await readSlowly(atOnce)) as Refusal).code).to.equal('FULL')
  })
})
