/** The end that was asked for: SIGTERM as systemd, Docker and Ctrl-C send it, to a real process. */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'chai'
import { startGateway, type RunningGateway } from '../../scripts/drills/gateway-process.ts'
import { HAMMERED_ENV, prepareForHammer } from '../../scripts/drills/hammer.ts'
import { readEndpoint } from '../../server/chain/embedded/endpoint.ts'
import { exampleRow } from '../support/opened-gateway.ts'

describe('a gateway that is told to end', function () {
  this.timeout(180_000)
  let gateway: RunningGateway
  let keys = 0

  before(async () => {
    // Nothing is sealed before the end, so what was accepted is only on the disk.
    gateway = await startGateway({ env: { ...HAMMERED_ENV, ONCEPROOF_SEAL_AFTER_MS: '600000' } })
    await prepareForHammer(gateway)
  })
  after(() => gateway.stop({ andChain: true }))

  /** A connection that collects what comes. */
  async function talk(): Promise<{ socket: Socket; heard: () => string; closed: Promise<unknown> }> {
    let text = ''
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1')
    socket.setEncoding('utf8').on('data', (some: string) => (text += some))
    const closed = once(socket, 'close')
    await once(socket, 'connect')
    return { socket, heard: () => text, closed }
  }

  const headers = (length: number) =>
    [
      'POST /v1/certificates HTTP/1.1',
      'Host: 127.0.0.1',
      `Authorization: Bearer ${gateway.token}`,
      'Content-Type: application/json',
      `Content-Length: ${length}`,
      `Idempotency-Key: told-to-end-${++keys}-key`,
      // So that we know when the gateway has it.
      'Expect: 100-continue',
      '\r\n',
    ].join('\r\n')
  const GO_ON = 'HTTP/1.1 100 Continue\r\n\r\n'
  const order = () => JSON.stringify({ type: 'RIC', fields: exampleRow('RIC') })

  /** A request of which the gateway has everything but the last bytes; `finish` sends them. */
  async function halfSent() {
    const line = await talk()
    const body = order()
    line.socket.write(headers(Buffer.byteLength(body)) + body.slice(0, -5))
    await until(() => line.heard() === GO_ON)
    const answer = () => line.heard().slice(GO_ON.length)
    return { ...line, answer, finish: () => void line.socket.write(body.slice(-5)) }
  }
  async function until(what: () => boolean): Promise<void> {
    while (!what()) await pause(5)
  }
  const saysFinishing = (from: number) => () =>
    /finishing what was accepted/.test(gateway.output().slice(from))

  it('answers what was begun, takes nothing new, closes what is idle or watches, and ends with 0', async () => {
    const watched = (await (await gateway.post('/v1/batches?type=RIC', [exampleRow('RIC')])).json()) as {
      id: string
    }
    const watching = await talk()
    watching.socket.write(
      `GET /v1/batches/${watched.id}/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${gateway.token}\r\n\r\n`,
    )
    await until(() => /event: /.test(watching.heard()))
    const idle = await talk()
    idle.socket.write('GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
    await until(() => idle.heard().includes('alive'))
    const begun = await halfSent()

    const from = gateway.output().length
    const ended = gateway.stop()
    await until(saysFinishing(from))
    await Promise.all([watching.closed, idle.closed])
    const refused = await fetch(`${gateway.url}/healthz`).then(
      () => 'answered',
      (error: { cause?: { code?: string } }) => error.cause?.code,
    )
    expect(refused).to.equal('ECONNREFUSED')

    begun.finish()
    await begun.closed
    expect(begun.answer()).to.match(/^HTTP\/1.1 201 /)
    await ended

    const { identifier } = JSON.parse(begun.answer().split('\r\n\r\n')[1]!) as { identifier: string }
    await gateway.restart()
    expect((await gateway.get(`/v1/certificates/${identifier}`)).status).to.equal(200)
  })

  it('ends at once when it is told again, and nothing that was acknowledged is missing', async () => {
    const accepted = (await (
      await gateway.post('/v1/certificates', { type: 'RIC', fields: exampleRow('RIC') })
    ).json()) as { identifier: string }
    const begun = await halfSent()
    const from = gateway.output().length
    process.kill(gateway.pid(), 'SIGTERM')
    await until(saysFinishing(from))
    process.kill(gateway.pid(), 'SIGTERM')
    await gateway.ended()
    await begun.closed
    expect(begun.answer()).to.equal('')
    await gateway.restart()
    expect((await gateway.get(`/v1/certificates/${accepted.identifier}`)).status).to.equal(200)
  })

  it('does not wait for a chain that hangs: what was on its way is taken up by the next start', async () => {
    await gateway.restart({ ONCEPROOF_SEAL_AFTER_MS: '50' })
    const chain = readEndpoint(join(gateway.dataDir, 'chain'))!
    process.kill(chain.pid, 'SIGSTOP')
    try {
      const answer = await gateway.post('/v1/certificates', { type: 'RIC', fields: exampleRow('RIC') })
      expect(answer.status).to.equal(201)
      // Rejects when it has to be killed, or ends otherwise than with 0.
      await gateway.stop()
    } finally {
      process.kill(chain.pid, 'SIGCONT')
    }
    await gateway.restart()
    const isFinal = async () => {
      const { accepted, sealed, latest } = (await (await gateway.get('/v1/log')).json()) as {
        accepted: number
        sealed: number
        latest: { state: string } | null
      }
      return accepted === sealed && latest?.state === 'final'
    }
    while (!(await isFinal())) await pause(50)
  })
})
