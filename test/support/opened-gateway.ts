/**
 * A gateway opened inside the test's own process, on a data folder of its own: the same parts that `npm start` puts together,
 * answering over HTTP, with its world at hand so that a test can look into the store, act on the chain as governance, and hold
 * the clock. `gateway.ts` beside it runs the whole program in a process of its own.
 */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { formatUlid } from '../../protocol/identifiers.ts'
import { gatewayApp } from '../../server/app.ts'
import { demoRegion, typeIn } from '../../server/catalogue/region.ts'
import { readEndpoint } from '../../server/chain/embedded/endpoint.ts'
import { configFromEnv } from '../../server/config.ts'
import type { Caller, Role } from '../../server/http/auth.ts'
import { createHttpServer } from '../../server/http/edge.ts'
import { createLogger } from '../../server/http/logger.ts'
import { createMetrics } from '../../server/http/metrics.ts'
import { openWorld, type OpenWorld } from '../../server/open-world.ts'
import type { World } from '../../server/world.ts'
import { freePort, isChainAlive } from '../../scripts/drills/gateway-process.ts'

export interface OpenedGateway {
  readonly url: string
  readonly token: string
  readonly dataDir: string
  /** JSON-RPC address of its chain. */
  readonly chainUrl: string
  readonly world: World
  /** Lines of the service log so far. */
  readonly log: string[]
  /** A request as it is, from a client address of its own, so that no rate limit is shared. */
  request(path: string, init?: RequestInit): Promise<Response>
  /** A request by the operator. */
  get(path: string): Promise<Response>
  /** A request by the operator with a JSON body and a fresh Idempotency-Key, unless headers say otherwise. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>
  /** Requests by somebody with this role: a person that has just signed in, a department's machine, or a holder. */
  as(who: Who): Asking
  /**
   * Stops the gateway's clock, or lets it go on from where it is; from the machine's time when that is later, since the chain goes by it: how
   * long a test took on a busy machine must not show in the next.
   */
  holdClock(isHeld: boolean): void
  advanceClock(milliseconds: number): void
  /** Cuts every connection that is open, as a network does that breaks. */
  cutConnections(): void
  /** Number of rows in every table of the store but those that the gateway's loops write at times of their choosing. */
  rowCounts(): Record<string, number>
  /** Ends the gateway and, unless `andChain` is false, the embedded chain. Files stay until the test process ends. */
  close(options?: { andChain?: boolean }): Promise<void>
}

/** Requests by one caller; a write has a fresh Idempotency-Key unless headers say otherwise. */
export interface Asking {
  readonly caller: Caller
  /** Bearer token. */
  readonly token: string
  request(path: string, init?: RequestInit): Promise<Response>
  get(path: string): Promise<Response>
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>
}

/** What a test says of a caller; the rest follows. `signedIn: null` is somebody whose sign-in is long past. */
export interface Who {
  role: Role
  department?: string
  holder?: string
  /** Default: the holder himself. */
  person?: string
  scopes?: string[]
  subject?: string
  signedIn?: null
}

export interface OpenedGatewayOptions {
  /** The name by which it is known; it listens on loopback in any case. Passkeys refuse an IP address. */
  host?: 'localhost'
  env?: Record<string, string>
  /** A folder where another one was closed, and the address that it had. */
  after?: Pick<OpenedGateway, 'dataDir' | 'url'>
}

/** Issuing departments and types that tests ask for by code are those of the demonstration region. */
export async function openGateway({
  env = {},
  after,
  host,
}: OpenedGatewayOptions = {}): Promise<OpenedGateway> {
  const dataDir = after?.dataDir ?? temporaryFolder()
  const port = after === undefined ? await freePort() : Number(new URL(after.url).port)
  const url = after?.url ?? `http://${host ?? '127.0.0.1'}:${port}`
  const settings = {
    PORT: String(port),
    DATA_DIR: dataDir,
    ONCEPROOF_CHAIN_PORT: '0',
    ONCEPROOF_DEMO: 'false',
    ONCEPROOF_SEAL_AFTER_MS: '0',
    ONCEPROOF_TRUSTED_PROXIES: '127.0.0.1',
    ...env,
  }
  const clock = movableClock()
  const log: string[] = []
  const logger = createLogger({ level: 'debug', write: lines => log.push(lines), clock: clock.now })
  const config = configFromEnv(settings, { cwd: tmpdir() })
  const metrics = createMetrics()
  const opened: OpenWorld = await openWorld({
    config,
    publicUrl: env['PUBLIC_URL'] ?? url,
    logger,
    metrics,
    clock: clock.now,
  })
  const { world, operatorToken: token } = opened
  const callers = new Map<string, Caller>()
  const app = gatewayApp(world, opened.anchorer, {
    operatorToken: token,
    checkReplies: true,
    authenticators: [async ({ bearer }) => (bearer === null ? null : (callers.get(bearer) ?? null))],
  })
  const server = createHttpServer(app)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')

  let calls = 0
  const request: OpenedGateway['request'] = (path, init = {}) => {
    const headers = new Headers(init.headers)
    const n = ++calls
    if (!headers.has('x-forwarded-for'))
      headers.set('x-forwarded-for', `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`)
    return fetch(url + path, { ...init, headers })
  }
  const authorization = `Bearer ${token}`
  return {
    url,
    token,
    dataDir,
    chainUrl: opened.chainUrl,
    world,
    log,
    request,
    get: path => request(path, { headers: { authorization } }),
    post: (path, body, headers = {}) =>
      request(path, {
        method: 'POST',
        headers: {
          authorization,
          'content-type': 'application/json',
          'idempotency-key': freshKey(),
          ...headers,
        },
        body: JSON.stringify(body),
      }),
    as(who) {
      const bearer = `caller-${randomBytes(24).toString('base64url')}`
      const caller = callerOf(who, clock.now)
      callers.set(bearer, caller)
      const headers = { authorization: `Bearer ${bearer}` }
      return {
        caller,
        token: bearer,
        request: (path, init = {}) => {
          const all = new Headers(init.headers)
          all.set('authorization', headers.authorization)
          return request(path, { ...init, headers: all })
        },
        get: path => request(path, { headers }),
        post: (path, body, more = {}) =>
          request(path, {
            method: 'POST',
            headers: {
              ...headers,
              'content-type': 'application/json',
              'idempotency-key': freshKey(),
              ...more,
            },
            body: JSON.stringify(body),
          }),
      }
    },
    holdClock: clock.hold,
    advanceClock: clock.advance,
    cutConnections: () => server.closeAllConnections(),
    rowCounts: () => rowCountsOf(dataDir),
    async close({ andChain = true } = {}) {
      server.closeAllConnections()
      server.close()
      await opened.close({ andChain })
    },
  }
}

let subjects = 0

function callerOf(who: Who, now: () => number): Caller {
  const { role, department = null, holder = null, person = holder, scopes = [] } = who
  return {
    role,
    subject: who.subject ?? formatUlid(++subjects, randomBytes(10)),
    department,
    holder,
    person,
    scopes: scopes.map(text => {
      const [action = '', of = '', type = ''] = text.split(':')
      return { action, department: of, type }
    }),
    // Always just now, so that a test of another thing is not ended by a clock that was moved.
    get authenticatedAt() {
      return role === 'client' || who.signedIn === null ? null : Math.floor(now() / 1000)
    },
  }
}

let shared: Promise<OpenedGateway> | undefined

/** One gateway for all tests of a process that leave it as usable as they found it. */
export function sharedGateway(): Promise<OpenedGateway> {
  shared ??= openGateway()
  return shared
}

let keys = 0
/** An Idempotency-Key that nobody used. */
export const freshKey = () => `own-key-${process.pid}-${++keys}`

/** The JSON of an answer, after checking its status. */
export async function answerOf<Answer>(
  response: Response | Promise<Response>,
  status?: number,
): Promise<Answer> {
  const answered = await response
  const text = await answered.text()
  if (status === undefined ? !answered.ok : answered.status !== status) {
    throw new Error(`${answered.url} answered ${answered.status}: ${text.slice(0, 2_000)}`)
  }
  return JSON.parse(text) as Answer
}

type Operator = Pick<OpenedGateway, 'get' | 'post'>

/** Admits departments of the demonstration region that are not admitted yet. */
export async function admit(gateway: Operator, ...codes: string[]): Promise<void> {
  const { departments } = await answerOf<{ departments: { code: string }[] }>(gateway.get('/v1/departments'))
  for (const code of codes) {
    if (departments.some(known => known.code === code)) continue
    await answerOf(gateway.post('/v1/departments', applicationOf(code)), 201)
  }
}

/** What a department of the demonstration region applies with. */
export function applicationOf(department: string) {
  const found = demoRegion().departments.find(({ code }) => code === department)
  if (found === undefined) throw new Error(`no department ${department}`)
  const { code, uscc, domain, zh, en, roles } = found
  return { code, uscc, did: `did:web:${domain}`, zh, en, roles }
}

/** The department that notarizes: it signs the publication of types too. */
const NOTARY = 'ZSJ'

/** Publishes types of the demonstration region that are not published yet, their departments being admitted first. */
export async function publish(gateway: Operator, ...codes: string[]): Promise<void> {
  const { types } = await answerOf<{ types: { code: string }[] }>(gateway.get('/v1/types'))
  for (const code of codes) {
    if (types.some(known => known.code === code)) continue
    const definition = typeIn(demoRegion(), code)
    await admit(gateway, definition.issuer, NOTARY)
    await answerOf(gateway.post('/v1/types', { definition }), 201)
  }
}

/** The example row of a type. */
export function exampleRow(type: string): Record<string, unknown> {
  return Object.fromEntries(typeIn(demoRegion(), type).fields.map(({ key, example }) => [key, example]))
}

export interface Issued {
  identifier: string
  shortCode: string
  leaf: string
  index: number
  acceptedAt: number
  promise: string
}

export function issue(
  gateway: Operator,
  type: string,
  fields: Record<string, unknown> = exampleRow(type),
): Promise<Issued> {
  return answerOf(gateway.post('/v1/certificates', { type, fields }), 201)
}

/** The certificate file as bytes. */
export async function fileOf(gateway: Operator, identifier: string, query = ''): Promise<Uint8Array> {
  const response = await gateway.get(`/v1/certificates/${identifier}/file${query}`)
  if (response.status !== 200) throw new Error(`no file: ${response.status} ${await response.text()}`)
  return new Uint8Array(await response.arrayBuffer())
}

/** Waits until everything that the gateway accepted is final on its chain, orders too. */
export async function untilAllFinal(
  { world }: Pick<OpenedGateway, 'world'>,
  patienceMs = 120_000,
): Promise<void> {
  await until(async () => {
    world.wake()
    const { accepted, sealed } = await world.store.logSize()
    const { store } = world
    const open = [await store.openCheckpoints(), await store.openOrders()]
    const grants = [await store.openGrants(), await store.openWithdrawals()]
    return accepted === sealed && [...open, ...grants].every(rows => rows.length === 0)
  }, patienceMs)
}

/** Waits until the condition holds; rejects after a while. */
export async function until(holds: () => Promise<boolean> | boolean, patienceMs = 120_000): Promise<void> {
  const began = performance.now()
  while (!(await holds())) {
    if (performance.now() - began > patienceMs)
      throw new Error(`waited ${patienceMs} ms for: ${holds.toString()}`)
    await pause(20)
  }
}

const MOST_SECONDS_AHEAD = 64

/**
 * Ends something at a time that is only just ahead for the chain, whose clock no test moves, and waits until it has passed. A machine that
 * is too busy to be in time, and is refused, is given longer.
 */
export async function endSoon(ask: (end: number) => Promise<Response>): Promise<void> {
  for (let ahead = 2; ; ahead *= 2) {
    const end = Math.floor(Date.now() / 1000) + ahead
    const response = await ask(end)
    if (!response.ok && ahead < MOST_SECONDS_AHEAD) continue
    await answerOf(response)
    return until(() => Date.now() > (end + 1) * 1_000, (ahead + 30) * 1_000)
  }
}

const forgotten = new Set<string>()
process.once('exit', () => {
  for (const folder of forgotten) {
    const chainDir = join(folder, 'chain')
    const chain = readEndpoint(chainDir)
    if (chain !== null && isChainAlive(chain.pid, chainDir)) process.kill(chain.pid, 'SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
})

/** A folder that goes with the test process, and a chain in it too. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'opened-gateway-'))
  forgotten.add(folder)
  return folder
}

function movableClock() {
  let ahead = 0
  let heldAt: number | null = null
  const now = () => (heldAt ?? Date.now()) + ahead
  return {
    now,
    hold(isHeld: boolean) {
      if (isHeld) heldAt ??= Date.now()
      else if (heldAt !== null) {
        const left = ahead - (Date.now() - heldAt)
        ahead = ahead < 0 ? left : Math.max(0, left)
        heldAt = null
      }
    },
    advance(milliseconds: number) {
      ahead += milliseconds
    },
  }
}

/** The sums of rows of those are among the sums. */
const OF_LOOPS = new Set(['settings', 'tiles', 'checkpoints', 'transactions', 'row_sums'])

function rowCountsOf(dataDir: string): Record<string, number> {
  const db = new Database(join(dataDir, 'onceproof.db'), { readonly: true })
  try {
    const tables = db
      .prepare<[], string>(
        `SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' ORDER BY name`,
      )
      .pluck()
      .all()
      .filter(name => !OF_LOOPS.has(name))
    return Object.fromEntries(
      tables.map(name => [name, db.prepare<[], number>(`SELECT count(*) FROM ${name}`).pluck().get() ?? 0]),
    )
  } finally {
    db.close()
  }
}
