/**
 * A client of the gateway's HTTP API, for the command line, the demonstration and whoever wants one. What the gateway refuses
 * is the same `Refusal` here that it was there.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { Refusal, type FieldError } from '../../protocol/refusal.ts'

export interface ApiClient {
  /** Without a slash at the end. */
  readonly url: string
  get<Answer>(path: string): Promise<Answer>
  getBytes(path: string): Promise<Uint8Array>
  /** A write with a JSON body. The same `key` with the same body has one effect, however often it is sent. */
  post<Answer>(path: string, body: unknown, key: string): Promise<Answer>
  /** A question with a JSON body: nothing is written. */
  ask<Answer>(path: string, body: unknown): Promise<Answer>
  /** Sends a file as it is; a `Blob` can be sent again after a lost answer. `key` null: a question. */
  send<Answer>(path: string, content: Blob, mediaType: string, key: string | null): Promise<Answer>
}

export interface ClientOptions {
  url: string
  /** null: only what is public. */
  token: string | null
  /** Longest time for one answer, in milliseconds. */
  timeoutMs?: number
  /** Sent with every request: a session's cookie and origin. */
  headers?: Readonly<Record<string, string>>
  fetch?: typeof globalThis.fetch
}

/** An answer that got lost is asked for again after these times; the Idempotency-Key makes that harmless. */
const ASK_AGAIN_AFTER_MS = [200, 800, 2_000]
const DEFAULT_TIMEOUT_MS = 120_000

/** Nothing was sent when these happen, so asking again would only make the person wait. */
const NEVER_ARRIVED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'ERR_INVALID_URL'])

/**
 * A client for the gateway at `url`. Every method rejects with a `Refusal`: the gateway's own, with its code and details, or
 * GATEWAY_UNREACHABLE when there is no answer (for a write, whether it took effect is unknown: repeat it with the same key),
 * or GATEWAY_ANSWER when what answers is not a gateway. The token appears in no message.
 */
export function createClient({
  url,
  token,
  timeoutMs = DEFAULT_TIMEOUT_MS,
  headers: own = {},
  fetch = globalThis.fetch,
}: ClientOptions): ApiClient {
  const base = baseOf(url)
  const authorization: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` }

  return {
    url: base,
    get: async path => jsonOf(await request('GET', path)),
    getBytes: async path => new Uint8Array(await bodyOf(await request('GET', path), r => r.arrayBuffer())),
    post: async (path, body, key) =>
      jsonOf(await request('POST', path, JSON.stringify(body), 'application/json', key)),
    ask: async (path, body) => jsonOf(await request('POST', path, JSON.stringify(body), 'application/json')),
    send: async (path, content, mediaType, key) =>
      jsonOf(await request('POST', path, content, mediaType, key ?? undefined)),
  }

  async function request(
    method: string,
    path: string,
    body?: string | Blob,
    mediaType?: string,
    key?: string,
  ): Promise<Response> {
    const headers: Record<string, string> = {
      ...own,
      ...authorization,
      'accept-language': 'zh',
      ...(mediaType !== undefined && { 'content-type': mediaType }),
      ...(key !== undefined && { 'idempotency-key': key }),
    }
    for (let attempt = 0; ; attempt++) {
      try {
        const signal = AbortSignal.timeout(timeoutMs)
        const init = {
          method,
          headers,
          signal,
          redirect: 'error' as const,
          ...(body !== undefined && { body }),
        }
        const response = await fetch(base + path, init)
        if (!response.ok) throw await refusalIn(response)
        // A gateway numbers every answer; what else speaks JSON at a mistyped address must not pass for one.
        if (!response.headers.has('x-request-id')) throw notAGateway(response.status)
        return response
      } catch (error) {
        if (error instanceof Refusal) throw error
        const again = ASK_AGAIN_AFTER_MS[attempt]
        const why = reasonOf(error)
        if (again === undefined || NEVER_ARRIVED.has(why)) throw unreachable(why)
        await pause(again)
      }
    }
  }

  async function bodyOf<T>(response: Response, read: (response: Response) => Promise<T>): Promise<T> {
    try {
      return await read(response)
    } catch (error) {
      throw unreachable(reasonOf(error))
    }
  }

  async function jsonOf<Answer>(response: Response): Promise<Answer> {
    const text = await bodyOf(response, r => r.text())
    try {
      return JSON.parse(text) as Answer
    } catch {
      throw notAGateway(response.status)
    }
  }

  async function refusalIn(response: Response): Promise<Refusal> {
    const text = await bodyOf(response, r => r.text())
    let problem: unknown
    try {
      problem = JSON.parse(text)
    } catch {
      return notAGateway(response.status)
    }
    if (typeof problem !== 'object' || problem === null) return notAGateway(response.status)
    const { code, title, detail, field, expected, found, errors } = problem as Record<string, unknown>
    if (typeof code !== 'string') return notAGateway(response.status)
    return new Refusal(code, [detail, title].find(text => typeof text === 'string') ?? code, {
      ...(typeof field === 'string' && { field }),
      ...(typeof expected === 'string' && { expected }),
      ...(typeof found === 'string' && { found }),
      ...(Array.isArray(errors) && { errors: errors as FieldError[] }),
    })
  }

  function unreachable(why: string): Refusal {
    return new Refusal('GATEWAY_UNREACHABLE', `the gateway at ${base} could not be asked: ${why}`, {
      found: base,
    })
  }

  function notAGateway(status: number): Refusal {
    return new Refusal('GATEWAY_ANSWER', `${base} answered HTTP ${status} and nothing that a gateway says`, {
      found: base,
    })
  }
}

/** Refuses GATEWAY_URL. The text itself may hold a password, so it is not quoted. */
function baseOf(url: string): string {
  const parsed = URL.parse(url)
  const isWeb = parsed !== null && (parsed.protocol === 'http:' || parsed.protocol === 'https:')
  if (!isWeb || parsed.username !== '' || parsed.password !== '') {
    throw new Refusal(
      'GATEWAY_URL',
      'the address of the gateway is an http or https URL without credentials',
      {
        field: 'url',
        expected: 'http://127.0.0.1:8787',
      },
    )
  }
  return `${parsed.origin}${parsed.pathname.replace(/\/+$/, '')}`
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown reason'
  if (error.name === 'TimeoutError') return 'no answer in time'
  const cause = error.cause as { code?: unknown } | undefined
  return typeof cause?.code === 'string' ? cause.code : 'the connection failed'
}
