/**
 * Routes as data. One definition says who may call, what comes in, what goes out and what it costs to repeat; the gateway
 * answers by it (`mountRoutes`) and the API description is printed from it (`openapi.ts`), so the two cannot disagree.
 */
import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { gzipSync } from 'node:zlib'
import type { Express, Request } from 'express'
import { z } from 'zod'
import { Refusal, invariant } from '../../protocol/refusal.ts'
import type { Once } from '../store/store.ts'
import { accessOf, assertOwn, assertRole, isPublic } from './access.ts'
import type { Owner } from './access.ts'
import { ANYONE } from './auth.ts'
import type { Caller } from './auth.ts'
import {
  DEFAULT_JSON_LIMIT,
  DEFAULT_STREAM_LIMIT,
  assertBodyType,
  assertNoBody,
  parseJsonBody,
  readBody,
  streamBody,
} from './body.ts'
import type { StreamedBody } from './body.ts'
import type { Edge } from './edge.ts'
import type { LargeRequests } from './large-requests.ts'
import type { Message } from './messages.ts'
import { HttpRefusal, PAGE_POLICY } from './problem.ts'
import type { HeldBody } from './held-bodies.ts'
import { visitOf } from './request-id.ts'
import { parseForm, parseQuery } from './url.ts'
import { validate } from './validate.ts'

export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'
/** `form`: `application/x-www-form-urlencoded`, as OAuth has it; each name once. */
export type BodyKind = 'json' | 'form' | 'stream' | 'none'

/**
 * What a route answers with one status: JSON by `schema`, bytes of `contentType`, either of them (a page for people and the same as data),
 * or no content.
 */
export interface RouteResponse {
  readonly description: Message
  readonly schema?: z.ZodType
  readonly contentType?: string
}

export interface Reply {
  readonly status: number
  /** Sent as JSON. Exactly one of this and `bytes` where there is content. */
  readonly body?: unknown
  /** Sent as they are, under the content type that the route declares for this status. */
  readonly bytes?: Uint8Array | AsyncIterable<Uint8Array>
  /** A list is sent as one line for each, as `Set-Cookie` needs. */
  readonly headers?: Readonly<Record<string, string | string[]>>
}

/**
 * For a write, what stands for this very request, so that a repetition has no second effect. A streamed body is not known
 * beforehand: its digest is given when it has been read.
 */
export type OnceFor<Idempotent extends boolean, Kind extends BodyKind> = Idempotent extends true
  ? Kind extends 'stream'
    ? (bodyDigest: Uint8Array) => Once
    : Once
  : null

export interface RouteRequest<Params, Query, Headers, Body, OnceValue> {
  readonly caller: Caller
  readonly requestId: string
  readonly params: Params
  readonly query: Query
  readonly headers: Headers
  readonly body: Body
  readonly once: OnceValue
}

interface RouteFacts {
  readonly method: Method
  /** With `{name}` for one segment and, as the last one, `{name*}` for all that follow. */
  readonly path: `/${string}`
  readonly operationId: string
  readonly summary: Message
  /** Names of parts of the API, for readers of its description. */
  readonly tags?: readonly string[]
  readonly mediaTypes?: readonly string[]
  /** Bytes. Default: 64 KiB of JSON, 2 GiB of a stream. */
  readonly maxBody?: number
  /** By success status. Refusals need no entry: they are problems, everywhere the same. */
  readonly responses: Readonly<Record<number, RouteResponse>>
  /** Codes of the refusals that are particular to this route, for its description. */
  readonly refusals?: readonly string[]
  /** Name of the bucket that a call is taken from. */
  readonly rateLimit?: string
}

export interface RouteDefinition<
  World,
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Headers extends z.ZodObject,
  Body extends z.ZodType,
  Kind extends BodyKind,
  Idempotent extends boolean,
> extends RouteFacts {
  /** True for a write: it needs an `Idempotency-Key`, and the handler sees to it that a repetition has no second effect. */
  readonly idempotent: Idempotent
  readonly params?: Params
  readonly query?: Query
  /** Names in lower case; other headers are ignored. */
  readonly headers?: Headers
  readonly bodyKind: Kind
  /** The schema of a JSON body. */
  readonly body?: Body
  /** Whose the thing is that is asked about; needed where the access table says `own`. `caller`: the handler sees to it. */
  readonly owner?:
    | 'caller'
    | ((
        world: World,
        request: Pick<
          RouteRequest<
            z.output<Params>,
            z.output<Query>,
            z.output<Headers>,
            Kind extends 'json' | 'form' ? z.output<Body> : undefined,
            null
          >,
          'params' | 'query' | 'headers' | 'body' | 'caller'
        >,
      ) => Owner | Promise<Owner>)
  readonly handler: (
    world: World,
    request: RouteRequest<
      z.output<Params>,
      z.output<Query>,
      z.output<Headers>,
      Kind extends 'json' | 'form' ? z.output<Body> : Kind extends 'stream' ? StreamedBody : undefined,
      OnceFor<Idempotent, Kind>
    >,
  ) => Promise<Reply>
}

/** A route whose input types are its own affair. */
export interface Route<World> extends RouteFacts {
  readonly idempotent: boolean
  readonly params: z.ZodObject
  readonly query: z.ZodObject
  readonly headers: z.ZodObject
  readonly bodyKind: BodyKind
  readonly body: z.ZodType
  readonly mediaTypes: readonly string[]
  readonly maxBody: number
  readonly owner?:
    | 'caller'
    | ((
        world: World,
        request: Pick<
          RouteRequest<unknown, unknown, unknown, unknown, null>,
          'params' | 'query' | 'headers' | 'body' | 'caller'
        >,
      ) => Owner | Promise<Owner>)
  readonly handler: (
    world: World,
    request: RouteRequest<unknown, unknown, unknown, unknown, unknown>,
  ) => Promise<Reply>
}

const DEFAULT_MEDIA_TYPE: Record<BodyKind, string> = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  stream: 'application/octet-stream',
  none: 'application/json',
}

const noFields = z.strictObject({})
const noBody = z.undefined()

/**
 * States a route. Throws (a defect, found at start) when the statement contradicts itself: a write by GET, a JSON body without
 * a schema, a path parameter without one, a schema that lets unknown fields pass.
 */
export function defineRoute<
  World,
  const Kind extends BodyKind,
  const Idempotent extends boolean,
  Params extends z.ZodObject = typeof noFields,
  Query extends z.ZodObject = typeof noFields,
  Headers extends z.ZodObject = typeof noFields,
  Body extends z.ZodType = typeof noBody,
>(definition: RouteDefinition<World, Params, Query, Headers, Body, Kind, Idempotent>): Route<World> {
  const { owner, ...facts } = definition
  const { method, path, operationId, bodyKind, idempotent } = facts
  const params: z.ZodObject = definition.params ?? noFields
  const query: z.ZodObject = definition.query ?? noFields
  const headers: z.ZodObject = definition.headers ?? noFields
  const holds = (condition: unknown, what: string) => invariant(condition, `route ${operationId}: ${what}`)

  holds(/^[a-z][A-Za-z0-9]*$/.test(operationId), 'operationId is camelCase')
  holds(/^(?:\/(?:[\w.~-]+|\{\w+\}))*(?:\/\{\w+\*\})?$|^\/$/.test(path), `path ${path} is not a template`)
  holds(method !== 'get' || (!idempotent && bodyKind === 'none'), 'GET writes nothing and takes no body')
  holds(
    (bodyKind === 'json' || bodyKind === 'form') === (definition.body !== undefined),
    'a JSON body or a form has a schema, others have none',
  )
  const named = parameterNames(path)
  const declared = Object.keys(params.shape)
  holds(named.length === declared.length && named.every(name => declared.includes(name)), 'path parameters')
  for (const schema of [params, query, headers]) holds(isStrict(schema), 'parameters are strict objects')
  if (definition.body !== undefined) holds(!isLax(definition.body), 'the body is a strict object')
  for (const name of Object.keys(headers.shape)) {
    holds(name === name.toLowerCase(), 'header names are in lower case')
  }
  holds(Object.keys(definition.responses).length > 0, 'a route answers something')

  return {
    ...facts,
    params,
    query,
    headers,
    body: definition.body ?? noBody,
    mediaTypes: definition.mediaTypes ?? [DEFAULT_MEDIA_TYPE[bodyKind]],
    maxBody: definition.maxBody ?? (bodyKind === 'stream' ? DEFAULT_STREAM_LIMIT : DEFAULT_JSON_LIMIT),
    // The schemas above are the ones that this handler's types were taken from.
    ...(owner !== undefined && { owner: owner as NonNullable<Route<World>['owner']> }),
    handler: definition.handler as Route<World>['handler'],
  }
}

/** Binds the routes to the app, and answers 405 with `Allow` for other methods on their paths. */
export function mountRoutes<World>(
  app: Express,
  routes: readonly Route<World>[],
  world: World,
  edge: Edge,
): void {
  const methods = new Map<string, Set<string>>()
  const operations = new Set<string>()
  for (const route of routes) {
    const allowed = methods.get(route.path) ?? new Set()
    invariant(!allowed.has(route.method), `two routes answer ${route.method} ${route.path}`)
    invariant(!operations.has(route.operationId), `two routes are named ${route.operationId}`)
    const { cells } = accessOf(edge.access, route.operationId)
    invariant(
      route.owner !== undefined || !Object.values(cells).includes('own'),
      `route ${route.operationId} does not say whose its thing is`,
    )
    methods.set(route.path, allowed.add(route.method))
    operations.add(route.operationId)
    app[route.method](expressPath(route.path), (request, response) =>
      answer(route, world, edge, request, response),
    )
  }
  for (const [path, allowed] of methods) {
    const allow = [...allowed].flatMap(method =>
      method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()],
    )
    app.all(expressPath(path), (_request, response) => {
      visitOf(response).route = path
      throw new HttpRefusal('METHOD_NOT_ALLOWED', 'this path does not answer this method', {
        Allow: allow.join(', '),
      })
    })
  }
}

/** A non-negative integer in a path or query, written without sign, leading zeros or exponent. */
export function integerText(minimum: number, maximum: number) {
  return z
    .string()
    .regex(/^(?:0|[1-9]\d{0,15})$/)
    .transform(Number)
    .pipe(z.int().min(minimum).max(maximum))
}

/** Names in a path template, in order. */
export function parameterNames(path: string): string[] {
  return [...path.matchAll(/\{(\w+)\*?\}/g)].map(([, name]) => name ?? '')
}

/**
 * Names what a write was asked for, and by whom: two requests with equal digests ask for the same, so whoever learns somebody's key
 * and request is not given his answer. The data folder's token has no person behind it and names nobody.
 */
export function requestDigest(
  method: string,
  url: string,
  bodyDigest: Uint8Array,
  caller: Caller = ANYONE,
): Uint8Array {
  // Neither a method nor a request target holds a line feed, and a digest has one length: no two requests run together.
  const hash = createHash('sha256').update(`${method} ${url}\n`).update(bodyDigest)
  const { role, subject, department, holder } = caller
  if (subject !== role) hash.update(`${role} ${subject} ${department} ${holder}`)
  return hash.digest()
}

async function answer<World>(
  route: Route<World>,
  world: World,
  edge: Edge,
  request: Request,
  response: ServerResponse,
): Promise<void> {
  const visit = visitOf(response)
  visit.route = route.path

  if (route.rateLimit !== undefined) edge.limiter.admit(route.rateLimit, edge.clientOf(request))
  const access = accessOf(edge.access, route.operationId)
  const caller = isPublic(access) ? ANYONE : await edge.authenticate(request)
  assertRole(access, caller, Math.floor(edge.clock() / 1000))
  assertAcceptable(route, request)
  const params = validate(route.params, 'path', pathParameters(request.params))
  const query = validate(route.query, 'query', parseQuery(request.url))
  const headers = validate(route.headers, 'header', headersNamed(Object.keys(route.headers.shape), request))
  const key = route.idempotent ? idempotencyKeyOf(request) : null
  const refused = route.idempotent ? edge.writesRefused() : null
  if (refused !== null) throw refused
  // Who had to say who he is can be stopped otherwise, and sends batches that are larger than all of this.
  const held = isPublic(access) ? edge.heldBodies.begin(edge.clientOf(request)) : null
  const leave = isPublic(access) ? () => undefined : await roomFor(route, request, edge.room)
  try {
    const { body, once } = await readInput(route, request, { key, caller, held, room: edge.room })
    if (typeof route.owner === 'function') {
      assertOwn(access, caller, await route.owner(world, { params, query, headers, body, caller }))
    }

    const reply = await route.handler(world, {
      caller,
      requestId: visit.id,
      params,
      query,
      headers,
      body,
      once,
    })
    await send(route, reply, edge, request, response)
  } finally {
    held?.release()
    leave()
  }
}

/** Whether a body of this route is kept in memory: others are read piece by piece, whatever their size. */
const isKept = ({ bodyKind, maxBody }: Route<never>): boolean =>
  bodyKind !== 'none' && maxBody < DEFAULT_STREAM_LIMIT

/** Waits until there is room for the request, with its body unread; what it returns gives the room back. */
async function roomFor(
  route: Route<never>,
  request: IncomingMessage,
  room: LargeRequests,
): Promise<() => void> {
  if (!isKept(route)) return () => undefined
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers
  // Who does not say how much is coming may send as much as the route takes.
  const bytes = encoding === undefined ? Number(length ?? 0) : Math.min(route.maxBody, room.mostBytes)
  // What is too much for the route is refused by it, with its own limit.
  if (bytes > route.maxBody) return () => undefined
  const leave = await room.enter(bytes)
  if (!request.destroyed) return leave
  leave()
  throw new Refusal('REQUEST_ABORTED', 'the body was cut off')
}

/** Time for a large file over a slow line; one that is not kept may take as long as the server lets it. */
const KEPT_STREAM_MS = 300_000

interface ReadingOf {
  key: string | null
  caller: Caller
  /** What is kept of a stranger's body, counted. */
  held: HeldBody | null
  room: LargeRequests
}

async function readInput(
  route: Route<never>,
  request: IncomingMessage,
  { key, caller, held, room }: ReadingOf,
): Promise<{ body: unknown; once: Once | ((bodyDigest: Uint8Array) => Once) | null }> {
  const { method = '', url = '' } = request
  const onceOf = (name: string) => (digest: Uint8Array) => ({
    key: name,
    request: requestDigest(method, url, digest, caller),
  })
  if (route.bodyKind === 'none') {
    assertNoBody(request)
    return { body: undefined, once: key === null ? null : onceOf(key)(sha256(new Uint8Array())) }
  }
  assertBodyType(request, route.mediaTypes)
  const counted = held === null ? {} : { held }
  const maxBytes = isKept(route) ? Math.min(route.maxBody, room.mostBytes) : route.maxBody
  if (route.bodyKind === 'stream') {
    // With a limit of its own it is small enough to be kept in memory, and it is.
    const body = streamBody(request, {
      maxBytes,
      ...(isKept(route) && { totalMs: KEPT_STREAM_MS, ...counted }),
    })
    return { body, once: key === null ? null : onceOf(key) }
  }
  const bytes = await readBody(request, { maxBytes, ...counted })
  const input =
    route.bodyKind === 'form' ? parseForm(bytes.toString('latin1')) : parseJsonBody(bytes, maxBytes)
  const body = validate(route.body, 'body', input)
  return { body, once: key === null ? null : onceOf(key)(sha256(bytes)) }
}

/** Visible ASCII, so that a key means the same in every log, store and shell. */
const IDEMPOTENCY_KEY = /^[!-~]{8,128}$/

function idempotencyKeyOf(request: IncomingMessage): string {
  const key = request.headers['idempotency-key']
  const field = 'header.idempotency-key'
  if (key === undefined) {
    throw new Refusal('IDEMPOTENCY_KEY_MISSING', 'a write needs the header Idempotency-Key', {
      field,
      expected: '8 to 128 visible ASCII characters',
    })
  }
  // Node joins repeated headers with a comma and a space, so two keys are no key.
  if (typeof key !== 'string' || !IDEMPOTENCY_KEY.test(key)) {
    throw new Refusal('IDEMPOTENCY_KEY_INVALID', 'the Idempotency-Key is not well formed', {
      field,
      expected: '8 to 128 visible ASCII characters',
      found: `${String(key).length} characters`,
    })
  }
  return key
}

function assertAcceptable(route: Route<never>, request: Request): void {
  const accept = request.headers.accept
  if (accept === undefined || accept === '*/*') return
  const offered = Object.values(route.responses)
    .flatMap(({ contentType, schema }) => [contentType, schema && 'application/json'])
    .filter(type => type !== undefined)
  if (offered.length > 0 && request.accepts(offered.map(type => type.split(';')[0] ?? type)) === false) {
    throw new Refusal('NOT_ACCEPTABLE', 'the answer comes in another format', {
      field: 'header.accept',
      expected: offered.join(' or '),
    })
  }
}

function contentTypeOf(response: RouteResponse, reply: Reply): string | null {
  const asJson = response.schema === undefined ? null : 'application/json'
  return reply.bytes === undefined ? asJson : (response.contentType ?? asJson)
}

async function send(
  route: Route<never>,
  reply: Reply,
  edge: Edge,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const declared = route.responses[reply.status]
  invariant(declared, `route ${route.operationId} answers ${reply.status}, which it does not declare`)
  if (edge.checkReplies && declared.schema !== undefined && reply.bytes === undefined) {
    const { error } = declared.schema.safeParse(reply.body)
    if (error)
      throw new Error(`route ${route.operationId} answers what it does not declare`, { cause: error })
  }

  const contentType = contentTypeOf(declared, reply)
  const headers: Record<string, string | number | string[]> = {
    'Cache-Control': 'no-store',
    'Content-Security-Policy': isPage(contentType) ? PAGE_POLICY : DATA_POLICY,
    ...(contentType !== null && { 'Content-Type': contentType }),
  }
  for (const [name, value] of Object.entries(reply.headers ?? {}))
    headers[canonicalName(headers, name)] = value

  // JSON is sent as text: Node then writes head and body in one piece, which costs a fraction of two.
  let content = contentType === null ? undefined : (reply.bytes ?? JSON.stringify(reply.body))
  if (isPage(contentType) && content instanceof Uint8Array) {
    headers['Vary'] = 'Accept-Encoding, Accept-Language'
    if (acceptsGzip(request)) {
      content = gzipSync(content)
      headers['Content-Encoding'] = 'gzip'
    }
  }
  if (content === undefined || typeof content === 'string' || content instanceof Uint8Array) {
    if (content !== undefined) headers['Content-Length'] = Buffer.byteLength(content)
    response.writeHead(reply.status, headers)
    // Node leaves the content out of an answer to HEAD.
    response.end(content)
    return
  }
  response.writeHead(reply.status, headers)
  if (request.method === 'HEAD') response.end()
  else await pipeline(Readable.from(content), response)
}

/** Nothing in an answer that is data may run, load or be framed, whatever it holds. */
export const DATA_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"

/** Pages are read on phones; data is mostly read by machines next door. */
const acceptsGzip = (request: IncomingMessage): boolean =>
  /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?(?:,|$))/.test(request.headers['accept-encoding'] ?? '')

const isPage = (contentType: string | null) => contentType?.startsWith('text/html') ?? false

/** Header names know no case: a reply that sets `cache-control` replaces our `Cache-Control`. */
function canonicalName(headers: Readonly<Record<string, unknown>>, name: string): string {
  return Object.keys(headers).find(known => known.toLowerCase() === name.toLowerCase()) ?? name
}

function expressPath(path: string): string {
  return path.replaceAll(/\{(\w+)\*\}/g, '*$1').replaceAll(/\{(\w+)\}/g, ':$1')
}

function pathParameters(params: Readonly<Record<string, string | string[]>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(params).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : value.join('/'),
    ]),
  )
}

function headersNamed(names: readonly string[], request: IncomingMessage): Record<string, unknown> {
  return Object.fromEntries(
    names.flatMap(name => (request.headers[name] === undefined ? [] : [[name, request.headers[name]]])),
  )
}

function isStrict(schema: z.ZodObject): boolean {
  return schema.def.catchall?._zod.def.type === 'never'
}

function isLax(schema: z.ZodType): boolean {
  return schema instanceof z.ZodObject && !isStrict(schema)
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest()
}
