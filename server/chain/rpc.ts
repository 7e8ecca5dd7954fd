// A small JSON-RPC client for an EVM node (https://www.jsonrpc.org/specification over HTTP). It runs in Node and in a
// browser, and tells apart what callers must treat differently: a node that could not be asked (`ChainUnreachable`,
// nothing is known) and a node that answered with an error (`RpcFailure`, the node's own words).

/** The node could not be asked, or what answered is no JSON-RPC node. Whether a sent transaction arrived is unknown. */
export class ChainUnreachable extends Error {
  readonly code = 'CHAIN_UNREACHABLE'
  override readonly name = 'ChainUnreachable'
}

/** The node answered, and its answer is an error. `code`, `message` and `data` are the node's. */
export class RpcFailure extends Error {
  readonly code: number
  readonly data: unknown
  override readonly name = 'RpcFailure'

  constructor(code: number, message: string, data?: unknown) {
    super(message)
    this.code = code
    this.data = data
  }
}

/** Whether the node says that a contract's code failed, and not that the node itself did: reverts, gas that ran out, bad jumps. */
export function isExecutionFailure({ code, message }: RpcFailure): boolean {
  return (
    code === 3 || /revert|out of gas|opcode|invalid jump|stack (?:over|under)flow|vm exception/i.test(message)
  )
}

export interface Rpc {
  /** Protocol and host of the node: safe to show, since credentials, path and query are left out. */
  readonly node: string
  /**
   * Asks the node once and returns its `result`. The type is the caller's claim about the node's answer; nothing is
   * checked against it. Throws `RpcFailure` when the node answers with an error, `ChainUnreachable` for all else.
   * Never repeats a request by itself.
   */
  call<Result = unknown>(method: string, params?: readonly unknown[]): Promise<Result>
}

export interface RpcOptions {
  /** How long one call may take from connecting to the last byte, in milliseconds. */
  timeoutMs?: number
  /** The longest answer that is read; the rest of a longer one is left where it is. */
  maxBytes?: number
  /** Stands in for the global `fetch`, whose connections are kept alive. */
  fetch?: typeof globalThis.fetch
}

/** Our longest are words of a status list, some hundred kilobytes of hex; logs of 10,000 blocks are a few megabytes. */
const LONGEST_ANSWER = 8 * 1024 * 1024
/** HTTP, and the code that hosted nodes use (EIP-1474): asked too often, so nothing is known. */
const TOO_MANY_REQUESTS = 429
const LIMIT_EXCEEDED = -32_005

/**
 * A client for the node at `url` (http or https). User and password in the URL are sent as Basic authorization and
 * appear in no message, nor does the path, where hosted nodes carry their API key.
 */
export function createRpc(
  url: string,
  { timeoutMs = 10_000, maxBytes = LONGEST_ANSWER, fetch = globalThis.fetch }: RpcOptions = {},
): Rpc {
  const { endpoint, authorization, node } = readNodeUrl(url)
  const headers = { 'content-type': 'application/json', ...authorization }
  let lastId = 0

  return {
    node,
    async call<Result>(method: string, params: readonly unknown[] = []): Promise<Result> {
      const id = ++lastId
      const body = JSON.stringify({ jsonrpc: '2.0', id, method, params })
      const { status, text } = await post(body)
      return resultOf(text, status, id, method) as Result
    },
  }

  async function post(body: string): Promise<{ status: number; text: string }> {
    try {
      const signal = AbortSignal.timeout(timeoutMs)
      const response = await fetch(endpoint, { method: 'POST', headers, body, signal, redirect: 'error' })
      return { status: response.status, text: await textOf(response) }
    } catch (error) {
      if (error instanceof ChainUnreachable) throw error
      throw new ChainUnreachable(`${node} could not be asked: ${reasonOf(error, timeoutMs)}`)
    }
  }

  /** Read piece by piece: a node that answers without end must not fill our memory. */
  async function textOf({ body }: Response): Promise<string> {
    if (body === null) return ''
    const decoder = new TextDecoder()
    const reader = body.getReader()
    let text = ''
    for (let read = 0; ;) {
      const { done, value } = await reader.read()
      if (done) return text + decoder.decode()
      read += value.byteLength
      if (read > maxBytes) {
        await reader.cancel()
        throw new ChainUnreachable(`${node} answered with more than ${maxBytes} bytes`)
      }
      text += decoder.decode(value, { stream: true })
    }
  }

  function resultOf(text: string, status: number, id: number, method: string): unknown {
    const answer = parseAnswer(text)
    if (answer === null) {
      throw new ChainUnreachable(`${node} answered ${method} with HTTP ${status} and no JSON-RPC answer`)
    }
    if (answer.error !== undefined) {
      const { code, message, data } = answer.error
      if (status === TOO_MANY_REQUESTS || code === LIMIT_EXCEEDED)
        throw new ChainUnreachable(`${node} was asked too often`)
      throw new RpcFailure(code, message, data)
    }
    if (answer.id !== id) throw new ChainUnreachable(`${node} answered ${method} for another request`)
    return answer.result
  }
}

/** Asks `rpc` until `ending` aborts: from then on nothing waits for the node any more, and every call says that it could not be asked. */
export function untilEnd(rpc: Rpc, ending: AbortSignal): Rpc {
  const waiting = new Set<(reason: Error) => void>()
  const ended = () => new ChainUnreachable(`${rpc.node} is not asked any more: this process is ending`)
  ending.addEventListener('abort', () => {
    for (const reject of waiting) reject(ended())
    waiting.clear()
  })
  return {
    node: rpc.node,
    call<Result>(method: string, params?: readonly unknown[]) {
      if (ending.aborted) return Promise.reject(ended())
      return new Promise<Result>((resolve, reject) => {
        waiting.add(reject)
        rpc
          .call<Result>(method, params)
          .then(resolve, reject)
          .finally(() => waiting.delete(reject))
      })
    },
  }
}

interface Answer {
  id: unknown
  result?: unknown
  error?: { code: number; message: string; data?: unknown }
}

function parseAnswer(text: string): Answer | null {
  try {
    const answer = JSON.parse(text) as Partial<Answer> | null
    if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) return null
    const { id, result, error } = answer
    if (error !== undefined && error !== null) {
      const ours = typeof error.code === 'number' && typeof error.message === 'string'
      return ours ? { id, error } : null
    }
    return result === undefined ? null : { id, result }
  } catch {
    return null
  }
}

function readNodeUrl(url: string) {
  const parsed = URL.parse(url)
  if (parsed === null || !['http:', 'https:'].includes(parsed.protocol)) {
    // The text itself may hold a password, so it is not quoted.
    throw new TypeError('the address of the chain node must be an http:// or https:// URL')
  }
  const { username, password } = parsed
  parsed.username = ''
  parsed.password = ''
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  const authorization: Record<string, string> =
    username === '' && password === '' ? {} : { authorization: `Basic ${base64(user)}` }
  return { endpoint: parsed.href, authorization, node: `${parsed.protocol}//${parsed.host}` }
}

function base64(text: string): string {
  return btoa(String.fromCharCode(...new TextEncoder().encode(text)))
}

/** Why `fetch` failed, without the address: only the system's error code or a plain word. */
function reasonOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return 'unknown reason'
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs} ms`
  const cause = error.cause as { code?: unknown } | undefined
  return typeof cause?.code === 'string' ? cause.code : 'the connection failed'
}

/** A JSON-RPC quantity: `0x`-hex without leading zeros. Refuses negative numbers and fractions. */
export function toQuantity(value: number | bigint): string {
  const whole = typeof value === 'bigint' ? value : Number.isSafeInteger(value) ? BigInt(value) : -1n
  if (whole < 0n) throw new RangeError(`${value} is not a whole number from 0 up that hex can carry exactly`)
  return `0x${whole.toString(16)}`
}

/** Reads bytes as JSON-RPC writes them, `0x` and pairs of hex digits; throws `ChainUnreachable` for anything else. */
export function bytesOf(data: unknown): string {
  if (typeof data === 'string' && /^0x(?:[0-9a-f]{2})*$/i.test(data)) return data
  throw new ChainUnreachable(`the node answered ${shown(data)} where bytes belong`)
}

/** Reads a JSON-RPC quantity of any size; throws `ChainUnreachable` for anything else: no node answers so. */
export function quantityToBigInt(quantity: unknown): bigint {
  if (typeof quantity !== 'string' || !/^0x[0-9a-f]{1,64}$/i.test(quantity)) {
    throw new ChainUnreachable(`the node answered ${shown(quantity)} where a 0x-hex quantity belongs`)
  }
  return BigInt(quantity)
}

/** Reads a JSON-RPC quantity that must fit a JavaScript integer exactly: block numbers, times in seconds, gas. */
export function quantityToNumber(quantity: unknown): number {
  const value = quantityToBigInt(quantity)
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) {
    throw new ChainUnreachable(
      `the node answered ${shown(quantity)}, which is too large for a count or a time`,
    )
  }
  return Number(value)
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 80)
}
