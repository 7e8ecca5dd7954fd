/**
 * A flood: one client asks as fast as it can, thousands of addresses ask at once, bodies that never end, connections that say nothing or half a
 * thing. Meanwhile honest clients issue, notarize and verify, and every one of their requests has to be answered.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { MEDIA_TYPE } from '../../protocol/file.ts'
import { checkTold } from './check-told.ts'
import type { Drill, DrillContext, DrillResult } from './drill.ts'
import { startGateway, type RunningGateway } from './gateway-process.ts'
import { HAMMERED_ENV, prepareForHammer, startHammer, type Hammer } from './hammer.ts'
import { wrongWith } from './malformed-http.ts'
import { residentBytes } from './resources/process-memory.ts'
import { rawClient, type RawClient } from './raw-http.ts'
import { readTold } from './told.ts'

export const flood: Drill = {
  name: 'flood',
  title: {
    zh: '请求洪水、无尽的正文、迟迟不完的连接',
    en: 'floods of requests, endless bodies, slow connections',
  },
  event: 'flood',
  promise:
    'Who asks too much is answered 429 with the time to wait, bodies without end and slow connections are cut off, memory stays bounded; every request of the others is answered, and nothing acknowledged is lost.',
  missing: () => null,
  run,
}

/** Of one client, as fast as it gets answers. */
const FROM_ONE = { short: 400, long: 20_000 }
/** Of those so many verify a file, the others guess short codes. */
const ONE_VERIFIES = 8
/** Of many clients, each its first. */
const FROM_MANY = { short: 200, long: 25_000 }
/** Of those every so manyth asks what needs dozens of questions to the node. */
const EXPENSIVE = 25
const ENDLESS = { short: 6, long: 100 }
/** Large bodies of which the end never comes. */
const HELD = { short: 50, long: 400 }
const HELD_BYTES = 1_900_000
const SLOW = { short: 90, long: 2_000 }
/** Statements of honest clients while the flood lasts. */
const HONEST = { short: 10, long: 300 }
const HONEST_PER_SECOND = 20
const AT_ONCE = 4
const WARM_UP = 10
/** A quarter of the memory that docs/production.md asks for. */
const MOST_MEMORY = 2 ** 30
/** As the limits remember (server/http/rate-limit.ts, server/http/held-bodies.ts). */
const MOST_CLIENTS = 20_000
const MOST_HELD = 128 * 2 ** 20
/** Headers have 10 s, a body 30 s, and the server looks every two. */
const SLOW_PATIENCE_MS = 60_000
const PIECE = Buffer.alloc(16 * 1024, 'a')
/** Until it is cut off, an endless body may fill buffers on the way. */
const MOST_ENDLESS = 64 * 2 ** 20
const MOST_LISTED = 20
const LOOK_EVERY_MS = 20
const MOST_LOOKS = 500
const MOST_TRIES = 5

async function run({ form, seed, folder, isTimeUp, say }: DrillContext): Promise<DrillResult> {
  const gateway = await startGateway({ env: HAMMERED_ENV })
  const client = rawClient(portOf(gateway))
  let hammer: Hammer | null = null
  const violations: string[] = []
  const complain = (what: string) => void (violations.length < MOST_LISTED && violations.push(what))
  try {
    await prepareForHammer(gateway)
    const file = join(folder, 'told.ndjson')
    hammer = await startHammer({ gateway, file, seed, perSecond: HONEST_PER_SECOND, batchRows: [2, 4] })
    await hammer.acknowledge(WARM_UP)
    const shown = await someFile(gateway, file)

    const slow = await openSlowly(portOf(gateway), SLOW[form])
    const memoryBefore = residentBytes(gateway.pid()).now
    let peak = residentBytes(gateway.pid()).now
    const watching = setInterval(() => (peak = Math.max(peak, residentBytes(gateway.pid()).now)), 100)
    const before = { ...hammer.counts }
    const began = performance.now()
    const [one, many, endless, held] = await Promise.all([
      askFromOne(client, shown, { most: FROM_ONE[form], isTimeUp }, complain),
      askFromMany(client, { most: FROM_MANY[form], isTimeUp }, complain),
      sendEndlessly(portOf(gateway), ENDLESS[form], complain),
      holdBodies(gateway, HELD[form], complain),
      hammer.acknowledge(HONEST[form]),
    ])
    const floodMs = performance.now() - began
    say(`flood: ${one.refused} of ${one.sent} refused in ${Math.round(floodMs)} ms`)
    const honest = hammer.counts.acknowledged + hammer.counts.answered - before.acknowledged - before.answered
    await hammer.finish()
    clearInterval(watching)

    if (hammer.counts.lost > 0) complain(`${hammer.counts.lost} requests of honest clients had no answer`)
    if (one.refused === 0) complain('whoever asked without pause was never told to wait')
    if (peak > MOST_MEMORY) complain(`memory grew to ${Math.round(peak / 2 ** 20)} MiB`)
    const remembered = await metricOf(gateway, 'onceproof_rate_limited_clients')
    if (remembered > MOST_CLIENTS) complain(`the limits remember ${remembered} clients`)
    // In the short form their time is not over yet: they are only in the way.
    const stillOpen = form === 'long' ? await untilClosed(slow) : 0
    if (stillOpen > 0) complain(`${stillOpen} slow connections are still open`)
    for (const socket of slow) socket.destroy()
    const kept = await untilNothingHeld(gateway)
    if (kept > 0) complain(`${kept} bytes of bodies are counted whose clients are gone`)

    const told = await checkTold(gateway, file)
    violations.push(...told.violations)
    if (/"level":"error"/.test(gateway.output())) violations.push('the service log has errors of ours')
    return {
      figures: {
        ...told.figures,
        floodMs: Math.round(floodMs),
        askedByOne: one.sent,
        answeredRateLimited: one.refused,
        askedByMany: many,
        endlessBodies: ENDLESS[form],
        endlessMostBytes: endless,
        slowConnections: SLOW[form],
        largeBodiesHeldOpen: HELD[form],
        largeBodiesRefused: held.refused,
        heldMostBytes: held.bytes,
        honestAnswersMeanwhile: honest,
        honestWithoutAnswer: hammer.counts.lost,
        memoryBeforeBytes: memoryBefore,
        memoryPeakBytes: peak,
      },
      violations,
      rpo: told.lost,
      rtoMs: null,
    }
  } finally {
    client.close()
    await hammer?.abandon()
    await gateway.stop({ andChain: true })
  }
}

interface HowMany {
  most: number
  isTimeUp: () => boolean
}

/** One address verifies and looks up without pause, as far as it is let. */
async function askFromOne(
  client: RawClient,
  file: Buffer,
  { most, isTimeUp }: HowMany,
  complain: (what: string) => void,
) {
  let [sent, refused] = [0, 0]
  const post = (path: string, type: string, body: Buffer) =>
    Buffer.concat([
      requestHead('POST', path, '203.0.113.1', [`Content-Type: ${type}`, `Content-Length: ${body.length}`]),
      body,
    ])
  const verification = post('/v1/verify', MEDIA_TYPE, file)
  const guess = Buffer.from(JSON.stringify({ shortCode: '23456789ABCD', lastFour: '0000' }))
  const lookUp = post('/v1/verify/lookup', 'application/json', guess)
  await atOnce(async () => {
    while (sent < most && !isTimeUp()) {
      const answer = await client.send(sent++ % ONE_VERIFIES === 0 ? verification : lookUp)
      const what = wrongWith(answer)
      if (what !== null) complain(`a request of the flood: ${what}`)
      if (typeof answer === 'string' || answer.status < 400) continue
      refused++
      if (answer.status !== 429) complain(`a request of the flood is answered ${answer.status}`)
      if (!/^[1-9]\d*$/.test(answer.headers.get('retry-after') ?? ''))
        complain('429 does not say how long to wait')
    }
  })
  return { sent, refused }
}

/** Each address asks once: no limit by address can help, and all of them are answered. */
async function askFromMany(
  client: RawClient,
  { most, isTimeUp }: HowMany,
  complain: (what: string) => void,
): Promise<number> {
  let sent = 0
  const paths = ['/v1/verify', '/v1/log', '/verify', '/v1/trust']
  await atOnce(async () => {
    while (sent < most && !isTimeUp()) {
      const n = sent++
      const address = `198.18.${(n >> 8) & 255}.${n & 255}`
      const path = n % EXPENSIVE === 0 ? '/v1/departments/GAJ/registration' : paths[n % paths.length]!
      // A question and, of the paths that take a body, a wrong one.
      const request =
        path === '/v1/verify'
          ? requestHead('POST', path, address, [`Content-Type: ${MEDIA_TYPE}`, 'Content-Length: 0'])
          : requestHead('GET', path, address)
      const what = wrongWith(await client.send(request))
      if (what !== null) complain(`${path} from ${address}: ${what}`)
    }
  })
  return sent
}

/** Bodies without end, declared as too long or not declared at all. Returns the most bytes that were sent before one was cut off. */
async function sendEndlessly(port: number, count: number, complain: (what: string) => void): Promise<number> {
  let most = 0
  let begun = 0
  await atOnce(async () => {
    while (begun < count) {
      const isDeclared = begun++ % 2 === 0
      const framing = isDeclared ? `Content-Length: ${2 ** 40}` : 'Transfer-Encoding: chunked'
      const head = requestHead('POST', '/v1/verify', `203.0.114.${begun & 255}`, [
        `Content-Type: ${MEDIA_TYPE}`,
        framing,
      ])
      const { answer, bytes } = await pump(port, head, isDeclared ? PIECE : chunk(PIECE))
      most = Math.max(most, bytes)
      const status = /^HTTP\/1\.1 (\d+)/.exec(answer)?.[1] ?? 'nothing'
      // A connection that was cut while it still sent may have lost the answer on its way.
      if (!['413', '429', 'nothing'].includes(status)) complain(`an endless body is answered ${status}`)
      if (bytes >= MOST_ENDLESS) complain(`an endless body was read for ${bytes} bytes`)
    }
  })
  return most
}

async function pump(port: number, head: Buffer, piece: Buffer): Promise<{ answer: string; bytes: number }> {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  let answer = ''
  socket.on('data', data => (answer += data.toString('latin1')))
  socket.write(head)
  let bytes = 0
  while (!socket.closed && bytes < MOST_ENDLESS) {
    bytes += piece.length
    if (socket.write(piece)) await pause(0)
    else await new Promise<void>(resolve => void socket.once('drain', resolve).once('close', () => resolve()))
  }
  socket.destroy()
  return { answer, bytes }
}

/**
 * Bodies within their limit of which the end does not come: they wait in memory until their time is over. Returns how many were refused
 * because too much waits, and the most bytes that were counted.
 */
async function holdBodies(gateway: RunningGateway, count: number, complain: (what: string) => void) {
  let refused = 0
  const sockets = Array.from({ length: count }, (_, n) => {
    const socket = connect(portOf(gateway), '127.0.0.1')
    socket.on('error', () => undefined)
    socket.once('data', data => {
      if (data.toString('latin1').startsWith('HTTP/1.1 429 ')) refused++
      else complain(`a body that waits is answered ${data.toString('latin1').slice(0, 40)}`)
    })
    const head = requestHead('POST', '/v1/verify', `203.0.116.${n % 8}`, [
      `Content-Type: ${MEDIA_TYPE}`,
      `Content-Length: ${HELD_BYTES + 1}`,
    ])
    socket.write(Buffer.concat([head, Buffer.alloc(HELD_BYTES, 'a')]))
    return socket
  })
  const written = (socket: Socket) => socket.writableLength === 0 || socket.closed
  while (!sockets.every(written)) await pause(LOOK_EVERY_MS)
  const bytes = await metricOf(gateway, 'onceproof_held_body_bytes')
  if (bytes > MOST_HELD) complain(`${bytes} bytes of bodies wait in memory`)
  for (const socket of sockets) socket.destroy()
  return { refused, bytes }
}

/** Bytes that are still counted a moment after the last client has gone. */
async function untilNothingHeld(gateway: RunningGateway): Promise<number> {
  for (let looks = 0; ; looks++) {
    const bytes = await metricOf(gateway, 'onceproof_held_body_bytes')
    if (bytes === 0 || looks === MOST_LOOKS) return bytes
    await pause(LOOK_EVERY_MS)
  }
}

/** Connections that say nothing, half their headers, or half their body, in turn. */
async function openSlowly(port: number, count: number): Promise<Socket[]> {
  const says = [
    Buffer.alloc(0),
    Buffer.from('GET /v1/log HTTP/1.1\r\nHost: localhost\r\nX-Slow: '),
    Buffer.concat([
      requestHead('POST', '/v1/verify', '203.0.115.1', [`Content-Type: ${MEDIA_TYPE}`, 'Content-Length: 9']),
      Buffer.from('{'),
    ]),
  ]
  const sockets: Socket[] = []
  // One after the other: of many at once the system would let some wait before the gateway ever has them.
  for (let n = 0; n < count; n++) {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    await once(socket, 'connect')
    socket.write(says[n % says.length]!)
    // Whatever is answered is not read by anybody.
    socket.resume()
    sockets.push(socket)
  }
  return sockets
}

/** How many are open after all the time that they were given. */
async function untilClosed(sockets: readonly Socket[]): Promise<number> {
  const began = performance.now()
  const open = () => sockets.filter(socket => !socket.closed).length
  while (open() > 0 && performance.now() - began < SLOW_PATIENCE_MS) await pause(100)
  return open()
}

const atOnce = (work: () => Promise<void>) => Promise.all(Array.from({ length: AT_ONCE }, work))

const chunk = (piece: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')])

function requestHead(method: string, path: string, address: string, more: readonly string[] = []): Buffer {
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: localhost', `X-Forwarded-For: ${address}`, ...more]
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)
}

const portOf = ({ url }: RunningGateway): number => Number(new URL(url).port)

/** The file of a certificate that an honest client was given. */
async function someFile(gateway: RunningGateway, told: string): Promise<Buffer> {
  const { identifier } = readTold(told).find(({ what }) => what === 'certificate' || what === 'batch')!
  return Buffer.from(await (await ask(gateway, `/v1/certificates/${identifier}/file`)).arrayBuffer())
}

/** The drill's own question: asked again where the connection was closed just when it was to be used once more. */
async function ask(gateway: RunningGateway, path: string): Promise<Response> {
  for (let tries = 1; ; tries++) {
    try {
      return await gateway.get(path)
    } catch (error) {
      if (tries === MOST_TRIES) throw error
    }
  }
}

async function metricOf(gateway: RunningGateway, name: string): Promise<number> {
  const text = await (await ask(gateway, '/metrics')).text()
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? 'NaN')
}
