/** A real gateway on a free loopback port, with routes of the test, and raw sockets to speak to it without manners. */
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import type { AccessTable } from '../../../server/http/access.ts'
import { authenticateToken } from '../../../server/http/auth.ts'
import { answerRest, createApp, createEdge, createHttpServer } from '../../../server/http/edge.ts'
import type { EdgeOptions, ServerLimits } from '../../../server/http/edge.ts'
import { createLogger } from '../../../server/http/logger.ts'
import { createMetrics } from '../../../server/http/metrics.ts'
import type { Metrics } from '../../../server/http/metrics.ts'
import type { Problem } from '../../../server/http/problem.ts'
import { mountRoutes } from '../../../server/http/routes.ts'
import type { Route } from '../../../server/http/routes.ts'

export const TOKEN = 'operator-token-of-at-least-32-characters'

export interface Gateway {
  url: string
  port: number
  /** Lines of the log so far. */
  log: string[]
  metrics: Metrics
  /** Moves the clock of the rate limits. */
  advance(milliseconds: number): void
  request(path: string, init?: RequestInit): Promise<Response>
  /** A request by the operator with a JSON body, and a fresh Idempotency-Key unless headers say otherwise. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>
  /** Sends bytes as they are and returns all that comes back until the other side closes. */
  raw(...pieces: (string | Uint8Array)[]): Promise<string>
  close(): Promise<void>
}

/** Anybody may read, and who has the token may write. */
export const accessFor = (routes: readonly Pick<Route<never>, 'method' | 'operationId'>[]): AccessTable =>
  Object.fromEntries(
    routes.map(({ method, operationId }) => [
      operationId,
      { cells: method === 'get' ? { anyone: 'any' } : { root: 'any' } },
    ]),
  )

let keys = 0
export const freshKey = () => `key-${String(++keys).padStart(8, '0')}`

export async function startGateway<World>(
  routes: readonly Route<World>[],
  world: World,
  options: Partial<EdgeOptions> = {},
  limits: ServerLimits = {},
): Promise<Gateway> {
  const log: string[] = []
  const metrics = createMetrics()
  let now = 1_700_000_000_000
  const logger = createLogger({ level: 'debug', write: lines => log.push(lines), clock: () => now })
  const edge = createEdge({
    authenticators: [authenticateToken(TOKEN, 'root')],
    access: accessFor(routes),
    logger,
    metrics,
    clock: () => now,
    buckets: {},
    checkReplies: true,
    ...options,
  })
  const app = createApp(edge)
  mountRoutes(app, routes, world, edge)
  answerRest(app, edge)
  const server = createHttpServer(app, limits)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const request = (path: string, init: RequestInit = {}) => fetch(url + path, init)

  return {
    url,
    port,
    log,
    metrics,
    advance: milliseconds => {
      now += milliseconds
    },
    request,
    post: (path, body, headers = {}) =>
      request(path, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${TOKEN}`,
          'content-type': 'application/json',
          'idempotency-key': freshKey(),
          ...headers,
        },
        body:
          typeof body === 'string' || body instanceof Uint8Array
            ? (body as NonNullable<RequestInit['body']>)
            : JSON.stringify(body),
      }),
    raw: (...pieces) => exchange(port, pieces),
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The problem in a response, after checking that it is one and says nothing about our insides. */
export async function problemIn(response: Response): Promise<Problem> {
  const text = await response.text()
  if (response.headers.get('content-type') !== 'application/problem+json') {
    throw new Error(`not a problem: ${response.status} ${text}`)
  }
  assertNoInsides(text)
  const problem = JSON.parse(text) as Problem
  if (problem.status !== response.status || problem.type !== `urn:onceproof:problem:${problem.code}`) {
    throw new Error(`a problem that contradicts itself: ${response.status} ${text}`)
  }
  return problem
}

export function assertNoInsides(text: string): void {
  if (/\n? {4}at |node_modules|\.ts:\d|node:internal|file:\/\//.test(text))
    throw new Error(`tells our insides: ${text}`)
}

async function exchange(port: number, pieces: readonly (string | Uint8Array)[]): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  const received: Buffer[] = []
  socket.on('data', (piece: Buffer) => received.push(piece))
  // Being cut off is one of the answers that are looked for.
  socket.on('error', () => {})
  await once(socket, 'connect')
  const closed = once(socket, 'close')
  for (const piece of pieces) {
    if (!socket.writable) break
    socket.write(piece)
  }
  await closed
  return Buffer.concat(received).toString('latin1')
}
