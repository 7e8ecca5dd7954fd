/**
 * The edge between the network and the routes: what holds for every request, whichever route answers it. Nothing that a
 * client sends may crash it, hold it for ever, or make it tell more than it should.
 */
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { SecureContextOptions } from 'node:tls'
import { getHeapStatistics } from 'node:v8'
import express from 'express'
import type { ErrorRequestHandler, Express, Request } from 'express'
import { Refusal } from '../../protocol/refusal.ts'
import type { AccessTable } from './access.ts'
import { authenticateBy } from './auth.ts'
import type { Credentials } from './certificate-files.ts'
import type { Authenticate, Authenticator } from './auth.ts'
import { countHeldBodies, MOST_HELD_BYTES, type HeldBodies } from './held-bodies.ts'
import { largeRequests, type LargeRequests } from './large-requests.ts'
import type { Logger } from './logger.ts'
import type { Counter, Gauge, Histogram, Metrics } from './metrics.ts'
import type { Language } from './messages.ts'
import { languageFor, problemFor, sendProblem, type Problem, type Unavailable } from './problem.ts'
import { createClientOf, createRateLimiter } from './rate-limit.ts'
import type { Bucket, RateLimiter } from './rate-limit.ts'
import { beginVisit, visitOf } from './request-id.ts'
import type { Visit } from './request-id.ts'
import { DATA_POLICY } from './routes.ts'
import { assertCleanUrl } from './url.ts'

export interface Edge {
  readonly authenticate: Authenticate
  readonly access: AccessTable
  /** Milliseconds. */
  readonly clock: () => number
  readonly limiter: RateLimiter
  readonly heldBodies: HeldBodies
  /** The address by which clients are told apart. */
  readonly clientOf: (request: IncomingMessage) => string
  readonly logger: Logger
  readonly metrics: Metrics
  readonly instruments: Instruments
  /** Checks every JSON answer against the schema that its route declares; a difference is a defect of ours (500). */
  readonly checkReplies: boolean
  readonly problemPage: ProblemPage
  /** Why no write is taken now; null = writes are taken. */
  readonly writesRefused: () => Unavailable | null
  /** Room for the large requests of callers that are known. What strangers send is counted in `heldBodies`. */
  readonly room: LargeRequests
}

export interface EdgeOptions {
  /** Asked in this order. */
  readonly authenticators: readonly Authenticator[]
  readonly access: AccessTable
  readonly logger: Logger
  readonly metrics: Metrics
  /** Milliseconds, for rate limits and for how long ago somebody signed in. */
  readonly clock: () => number
  readonly buckets: Readonly<Record<string, Bucket>>
  readonly trustedProxies?: readonly string[]
  readonly checkReplies?: boolean
  /** Says a problem to a person, as a page; null where only machines come. */
  readonly problemPage?: ProblemPage
  /** Why no write is taken now; null = writes are taken. */
  readonly writesRefused?: () => Unavailable | null
  /** The most that the heap of this process may become. Default: as V8 says. */
  readonly heapBytes?: number
}

/** Bodies of strangers lie beside the heap; they may take as much as this part of it. */
const HELD_SHARE = 1 / 4
/** What the largest batch takes of the heap while it is issued. */
const HEAP_FOR_BATCH = 256 * 1024 * 1024

export type ProblemPage = (problem: Problem, request: IncomingMessage, language: Language) => Buffer | null

interface Instruments {
  readonly requests: Counter
  readonly seconds: Histogram
  readonly inFlight: Gauge
  readonly problems: Counter
}

/** Everything that the edge needs, made once. */
export function createEdge(options: EdgeOptions): Edge {
  const {
    authenticators,
    access,
    logger,
    metrics,
    clock,
    buckets,
    trustedProxies = [],
    checkReplies = false,
    problemPage = () => null,
    writesRefused = () => null,
    heapBytes = getHeapStatistics().heap_size_limit,
  } = options
  const limiter = createRateLimiter({ buckets, clock })
  metrics.gauge('onceproof_rate_limited_clients', 'Clients remembered by the rate limits', [], () =>
    limiter.size(),
  )
  const heldBodies = countHeldBodies({ allBytes: Math.min(MOST_HELD_BYTES, heapBytes * HELD_SHARE) })
  metrics.gauge('onceproof_held_body_bytes', 'Bytes of request bodies that wait in memory', [], () =>
    heldBodies.size(),
  )
  return {
    authenticate: authenticateBy(authenticators),
    access,
    clock,
    limiter,
    heldBodies,
    clientOf: createClientOf(trustedProxies),
    logger,
    metrics,
    checkReplies,
    problemPage,
    writesRefused,
    room: largeRequests(heapBytes, HEAP_FOR_BATCH),
    instruments: {
      requests: metrics.counter('onceproof_http_requests_total', 'Requests answered', [
        'method',
        'route',
        'status',
      ]),
      seconds: metrics.histogram('onceproof_http_request_seconds', 'From request to end of answer', [
        'route',
      ]),
      inFlight: metrics.gauge('onceproof_http_requests_in_flight', 'Requests being answered'),
      problems: metrics.counter('onceproof_http_problems_total', 'Problems answered', ['code']),
    },
  }
}

/** An Express app that gives each request its id, language, headers and log line. Mount routes on it, then `answerRest`. */
export function createApp(edge: Edge): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', false)
  app.enable('case sensitive routing')
  app.enable('strict routing')
  app.use((request, response, next) => {
    const visit = beginVisit(response, languageFor(request.headers['accept-language']))
    for (const [name, value] of SAFE_HEADERS) response.setHeader(name, value)
    observe(edge, request, response, visit)
    assertCleanUrl(request.url)
    next()
  })
  return app
}

/** To be mounted last: 404 for whatever no route answered, and a problem for whatever was thrown. */
export function answerRest(app: Express, edge: Edge): void {
  app.use(() => {
    throw new Refusal('NO_SUCH_PATH', 'there is nothing at this path')
  })
  const onError: ErrorRequestHandler = (error: unknown, request: Request, response, _next) => {
    const visit = visitOf(response)
    const answer = problemFor(error, visit.language, visit.id)
    visit.code = answer.problem.code
    edge.instruments.problems.add({ code: answer.problem.code })
    if (answer.ours && !response.destroyed) {
      const fields = {
        requestId: visit.id,
        route: visit.route,
        status: answer.status,
        code: visit.code,
        error,
      }
      edge.logger[answer.status === 500 ? 'error' : 'warn']('request_failed', fields)
    }
    const page = wantsPage(request) ? edge.problemPage(answer.problem, request, visit.language) : null
    sendProblem(response, answer, visit.language, page)
  }
  app.use(onError)
}

/** A browser that navigates names HTML; programs take what comes. */
const wantsPage = ({ headers: { accept = '' } }: IncomingMessage) => accept.includes('text/html')

export interface ServerLimits {
  /** Until the headers are complete. */
  readonly headersMs?: number
  /** Until the whole request is there: time for 2 GiB over a slow line; bodies have closer limits of their own. */
  readonly requestMs?: number
  readonly keepAliveMs?: number
  /** Open at once; one more is closed unheard, so that files and the chain can still be opened. */
  readonly connections?: number
}

/** `setSecureContext` only where TLS ends here. */
export type HttpServer = Server & { setSecureContext?: (options: SecureContextOptions) => void }

/**
 * An HTTP server, with credentials an HTTPS server, that waits for nobody for ever and answers what is not HTTP with a problem. Does
 * not listen yet.
 */
export function createHttpServer(
  listener: RequestListener,
  limits: ServerLimits = {},
  credentials: Credentials | null = null,
): HttpServer {
  const { headersMs = 10_000, requestMs = 3_600_000, keepAliveMs = 5_000, connections = 10_000 } = limits
  const settings = {
    headersTimeout: headersMs,
    requestTimeout: requestMs,
    keepAliveTimeout: keepAliveMs,
    connectionsCheckingInterval: Math.min(headersMs, 2_000),
    maxHeaderSize: 16_384,
    insecureHTTPParser: false,
    requireHostHeader: true,
  }
  const server: HttpServer =
    credentials === null
      ? createServer(settings)
      : createTlsServer({ ...settings, ...credentials, handshakeTimeout: headersMs })
  server.maxConnections = connections
  const answering = new WeakMap<Duplex, Set<ServerResponse>>()
  server.on('request', (request, response) => {
    // Of a server that ends each answer is the last on its connection.
    if (!server.listening) response.setHeader('Connection', 'close')
    const open = answering.get(request.socket) ?? new Set()
    answering.set(request.socket, open.add(response))
    response.once('close', () => open.delete(response))
    response.once('finish', () => endLateBody(request))
    listener(request, response)
  })
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const isMidAnswer = [...(answering.get(socket) ?? [])].some(response => response.headersSent)
    if (error.code === 'ECONNRESET' || !socket.writable || isMidAnswer) socket.destroy()
    else socket.end(rawProblem(error.code))
  })
  return server
}

/**
 * Takes no new connection, lets what was begun be answered, and resolves when every connection is closed: true when all were answered, false
 * when something had to be cut off after `patienceMs`.
 */
export async function endHttpServer(server: HttpServer, patienceMs: number): Promise<boolean> {
  const closed = new Promise<void>(resolve => void server.close(() => resolve()))
  // A connection that was answered is idle, and would be kept for a next request.
  const closing = setInterval(() => server.closeIdleConnections(), IDLE_LOOK_MS)
  let isWhole = true
  const patience = setTimeout(() => {
    isWhole = false
    server.closeAllConnections()
  }, patienceMs)
  await closed
  clearInterval(closing)
  clearTimeout(patience)
  return isWhole
}

const IDLE_LOOK_MS = 20

/** A response without a body of its own behaves like data. */
const SAFE_HEADERS: readonly (readonly [string, string])[] = [
  ['X-Content-Type-Options', 'nosniff'],
  ['Referrer-Policy', 'no-referrer'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Content-Security-Policy', DATA_POLICY],
  ['Cache-Control', 'no-store'],
]

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

function observe(
  { instruments, logger }: Edge,
  request: IncomingMessage,
  response: ServerResponse,
  visit: Visit,
): void {
  const method = METHODS.has(request.method ?? '') ? (request.method ?? '') : 'OTHER'
  instruments.inFlight.add(1)
  response.once('close', () => {
    const durationMs = performance.now() - visit.startedAt
    const isAborted = !response.writableFinished
    const status = response.statusCode
    instruments.inFlight.add(-1)
    instruments.requests.add({ method, route: visit.route, status: isAborted ? 'aborted' : String(status) })
    instruments.seconds.observe(durationMs / 1000, { route: visit.route })
    logger.info('request', {
      requestId: visit.id,
      method,
      route: visit.route,
      status,
      durationMs: Math.round(durationMs * 1000) / 1000,
      ...(visit.code !== null && { code: visit.code }),
      ...(isAborted && { aborted: true }),
    })
  })
}

/**
 * A refusal is answered before the body is there. Closing at once could destroy the answer on its way (the peer gets a reset),
 * so what still comes is thrown away for a moment, and then the line is cut.
 */
function endLateBody(request: IncomingMessage): void {
  if (request.complete) return
  request.resume()
  const cut = setTimeout(() => request.socket.destroy(), LATE_BODY_MS).unref()
  request.once('close', () => clearTimeout(cut))
}

const LATE_BODY_MS = 1_000

/** The answer to bytes that are no HTTP request, so there is neither path nor language to go by. */
function rawProblem(parserCode: string | undefined): string {
  const [status, reason, code] = RAW_PROBLEMS[parserCode ?? ''] ?? [400, 'Bad Request', 'MALFORMED_REQUEST']
  const { problem } = problemFor(new Refusal(code, reason), 'zh-CN', 'none')
  const body = JSON.stringify({ ...problem, status })
  return [
    `HTTP/1.1 ${status} ${reason}`,
    'Content-Type: application/problem+json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'X-Content-Type-Options: nosniff',
    'Cache-Control: no-store',
    'Connection: close',
    '',
    body,
  ].join('\r\n')
}

const RAW_PROBLEMS: Readonly<Record<string, readonly [number, string, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'Request Header Fields Too Large', 'HEADERS_TOO_LARGE'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'Request Timeout', 'REQUEST_TIMEOUT'],
}
