import { spawnSync } from 'node:child_process'
import { connect } from 'node:net'
import { expect } from 'chai'
import { z } from 'zod'
import { Refusal } from '../../../protocol/refusal.ts'
import { LARGE_BYTES, largeRequests } from '../../../server/http/large-requests.ts'
import { Unavailable } from '../../../server/http/problem.ts'
import { defineRoute } from '../../../server/http/routes.ts'
import { freshKey, problemIn, startGateway, TOKEN, type Gateway } from './gateway.ts'

const MIB = 2 ** 20

describe('room for large requests', () => {
  const settled = async (promise: Promise<unknown>) => {
    let isSettled = false
    void promise.then(
      () => (isSettled = true),
      () => (isSettled = true),
    )
    await new Promise(resolve => setImmediate(resolve))
    return isSettled
  }

  it('is for as many at once as the heap has room for, and at most eight', async () => {
    for (const [heap, atOnce] of [
      [64, 1],
      [256, 1],
      [512, 2],
      [4_096, 8],
    ] as const) {
      const { enter } = largeRequests(heap * MIB, 256 * MIB)
      const entered = Array.from({ length: 10 }, () => enter(LARGE_BYTES))
      const inside = await Promise.all(entered.map(settled))
      expect(inside.filter(Boolean), `${heap} MiB`).to.have.length(atOnce)
    }
  })

  it('is given to who has waited longest, once for each that leaves', async () => {
    const { enter } = largeRequests(256 * MIB, 256 * MIB)
    const leave = await enter(MIB)
    const [second, third] = [enter(MIB), enter(MIB)]
    leave()
    leave()
    expect([await settled(second), await settled(third)]).to.deep.equal([true, false])
    ;(await second)()
    expect(await settled(third)).to.equal(true)
    ;(await third)()
    expect(await settled(enter(MIB))).to.equal(true)
  })

  it('is not waited for by more than sixteen, nor by small ones', async () => {
    const { enter } = largeRequests(256 * MIB, 256 * MIB)
    await enter(MIB)
    for (let n = 0; n < 16; n++) expect(await settled(enter(MIB))).to.equal(false)
    const failure: unknown = await enter(MIB).catch((reason: unknown) => reason)
    expect(failure).to.be.instanceOf(Unavailable).with.property('code', 'UNAVAILABLE')
    expect(await settled(enter(LARGE_BYTES - 1))).to.equal(true)
  })

  it('is at most a sixteenth of the heap for each', async () => {
    const { enter, mostBytes } = largeRequests(256 * MIB, 256 * MIB)
    expect(mostBytes).to.equal(16 * MIB)
    ;(await enter(mostBytes))()
    const failure: unknown = await enter(mostBytes + 1).catch((reason: unknown) => reason)
    expect(failure).to.be.instanceOf(Refusal).with.property('code', 'BODY_TOO_LARGE')
  })
})

describe('threads of a process with a small heap', () => {
  it('are one of each kind, and have a quarter of it for a file of a stranger', () => {
    const module = JSON.stringify(import.meta.resolve('../../../server/threads.ts'))
    const script = `import { heapForStrangers, mostThreads } from ${module}
      console.log(JSON.stringify([mostThreads(), heapForStrangers(1024), heapForStrangers(48), heapForStrangers(8)]))`
    const told = (mebibytes: number) => {
      const args = [`--max-old-space-size=${mebibytes}`, '--input-type=module', '-e', script]
      const { stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' })
      return JSON.parse(stdout) as [threads: number, sheet: number, small: number, least: number]
    }
    const [threads, sheet, small, least] = told(256)
    expect([threads, small, least]).to.deep.equal([1, 48, 32])
    // The limit has room for what is young beside what is old.
    expect(sheet).to.be.within(64, 128)
    expect(told(8_192)[1]).to.equal(1_024)
  })
})

describe('a gateway with a small heap', () => {
  let gateway: Gateway
  let working: Promise<void>
  let goOn: () => void
  let begun: string[]

  before(async () => {
    const done = { zh: '成功', en: 'done' }
    const route = defineRoute({
      method: 'post',
      path: '/v1/words',
      operationId: 'writeWord',
      summary: done,
      idempotent: true,
      bodyKind: 'json',
      body: z.strictObject({ word: z.string() }),
      maxBody: 64 * MIB,
      responses: { 204: { description: done } },
      handler: async (_world: object, { body: { word } }) => {
        begun.push(word.slice(0, 1))
        await working
        return { status: 204 }
      },
    })
    gateway = await startGateway([route], {}, { heapBytes: 64 * MIB })
  })
  beforeEach(() => {
    begun = []
    const held = Promise.withResolvers<void>()
    working = held.promise
    goOn = held.resolve
  })
  after(() => gateway.close())

  const post = (letter: string, length: number) => gateway.post('/v1/words', { word: letter.repeat(length) })
  const until = async (holds: () => boolean) => {
    while (!holds()) await new Promise(resolve => setTimeout(resolve, 2))
  }

  it('works on one large request, lets the next wait, and answers a small one meanwhile', async () => {
    const first = post('a', MIB)
    await until(() => begun.length === 1)
    const second = post('b', MIB)
    const small = post('c', 10)
    await until(() => begun.length === 2)
    expect(begun).to.deep.equal(['a', 'c'])
    goOn()
    expect([(await first).status, (await small).status, (await second).status]).to.deep.equal([204, 204, 204])
    expect(begun).to.deep.equal(['a', 'c', 'b'])
  })

  it('gives the place of a client that went away while it waited to the next', async () => {
    const first = post('a', MIB)
    await until(() => begun.length === 1)
    const body = JSON.stringify({ word: 'b'.repeat(MIB) })
    const gone = connect(gateway.port, '127.0.0.1')
    gone.write(
      `POST /v1/words HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${TOKEN}\r\nIdempotency-Key: ${freshKey()}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 100)}`,
    )
    const before = gateway.log.length
    await new Promise(resolve => gone.once('connect', resolve))
    const third = post('c', MIB)
    gone.destroy()
    goOn()
    expect((await first).status).to.equal(204)
    expect((await third).status).to.equal(204)
    expect(begun).to.deep.equal(['a', 'c'])
    expect(gateway.log.slice(before).join('')).to.not.match(/"status":5/)
  })

  it('refuses a body for which it has no room, whether or not its length is said', async () => {
    goOn()
    const text = JSON.stringify({ word: 'a'.repeat(5 * MIB) })
    expect(await problemIn(await gateway.post('/v1/words', text))).to.include({
      status: 413,
      code: 'BODY_TOO_LARGE',
    })
    const init: RequestInit & { duplex: 'half' } = {
      method: 'POST',
      duplex: 'half',
      body: new Blob([text]).stream(),
      headers: {
        authorization: `Bearer ${TOKEN}`,
        'content-type': 'application/json',
        'idempotency-key': freshKey(),
      },
    }
    const unannounced = await gateway.request('/v1/words', init)
    expect(await problemIn(unannounced)).to.include({ status: 413, code: 'BODY_TOO_LARGE' })
    expect(begun).to.deep.equal([])
  })
})
