// JSON-RPC 2.0 over HTTP on the loopback interface (https://www.jsonrpc.org/specification). What it serves is public,
// so any web page may read it; a page that rebinds its own name to 127.0.0.1 may not.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { RpcFailure } from '../rpc.ts'
import type { EmbeddedChain } from './chain.ts'
import { StartRefusal } from './refusal.ts'
import { INTERNAL_ERROR, INVALID_REQUEST, invalidParams, PARSE_ERROR } from './rpc-errors.ts'

export interface RpcServer {
  readonly port: number
  /** Stops taking connections and waits, a second at most, for answers that are on their way. */
  close(): Promise<void>
}

/** Room for a batch of five hundred ordinary transactions, or thirty of the largest size. */
const MOST_BODY_BYTES = 8 * 1024 * 1024

const MOST_PER_BATCH = 1000

const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]'])

const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-allow-headers': 'content-type',
  'access-control-max-age': '86400',
}

/** Listens on 127.0.0.1 at `port`, or at a free one for 0. Refuses with `PORT_TAKEN`. */
export async function listenRpc(
  chain: EmbeddedChain,
  { port, log }: { port: number; log: (line: string) => void },
): Promise<RpcServer> {
  const server = createServer({ maxHeaderSize: 16 * 1024 }, (request, response) => {
    answer(chain, request, response).catch((error: unknown) => {
      log(`request failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`)
      if (response.headersSent) response.destroy()
      else send(response, 500, failureOf(null, INTERNAL_ERROR, 'internal error'))
    })
  })
  // A client may take ten seconds for its headers and thirty for its body; a kept connection idles for thirty.
  server.headersTimeout = 10_000
  server.requestTimeout = 30_000
  server.keepAliveTimeout = 30_000
  server.maxConnections = 1024

  await listen(server, port)
  return { port: (server.address() as AddressInfo).port, close: () => close(server) }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') reject(error)
      else {
        const what =
          error.code === 'EACCES' ? 'may not be used by this account' : 'is taken by another program'
        reject(
          new StartRefusal('PORT_TAKEN', `port ${port} on 127.0.0.1 ${what}; free it, or name another port`),
        )
      }
    })
    server.listen(port, '127.0.0.1', resolve)
  })
}

function close(server: Server): Promise<void> {
  return new Promise(resolve => {
    const patience = setTimeout(() => server.closeAllConnections(), 1000)
    server.close(() => {
      clearTimeout(patience)
      resolve()
    })
    server.closeIdleConnections()
  })
}

async function answer(
  chain: EmbeddedChain,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (!isLoopbackName(request.headers.host)) {
    return send(response, 403, { error: 'this chain answers only under a loopback name' })
  }
  if (request.method === 'POST') return await answerRpc(chain, request, response)
  if (request.method === 'OPTIONS') return void response.writeHead(204, CORS).end()
  if (request.method === 'GET') {
    const { chainId, genesisHash, height } = chain
    return send(response, 200, { chainId, genesisHash, height })
  }
  response.setHeader('allow', CORS['access-control-allow-methods'])
  send(response, 405, { error: 'this chain takes POST with JSON-RPC, and GET' })
}

/** Against DNS rebinding: a page's own name for 127.0.0.1 stands in the Host header, whatever it resolves to. */
function isLoopbackName(host: string | undefined): boolean {
  return host !== undefined && LOOPBACK_NAMES.has(host.replace(/:\d+$/, '').toLowerCase())
}

async function answerRpc(
  chain: EmbeddedChain,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = await bodyOf(request)
  if (body === null) {
    response.setHeader('connection', 'close')
    const what = `the request is larger than ${MOST_BODY_BYTES} bytes`
    return send(response, 413, failureOf(null, INVALID_REQUEST, what))
  }
  let asked: unknown
  try {
    asked = JSON.parse(body)
  } catch {
    return send(response, 200, failureOf(null, PARSE_ERROR, 'the request is not JSON'))
  }
  if (!Array.isArray(asked)) return sendIfAny(response, await answerOne(chain, asked))
  if (asked.length === 0 || asked.length > MOST_PER_BATCH) {
    const what = `a batch has 1 to ${MOST_PER_BATCH} requests, this one has ${asked.length}`
    return send(response, 200, failureOf(null, INVALID_REQUEST, what))
  }
  // All at once and in order, so that transactions of one batch share a block.
  const answers = await Promise.all(asked.map(one => answerOne(chain, one)))
  const wanted = answers.filter(one => one !== null)
  sendIfAny(response, wanted.length === 0 ? null : wanted)
}

/** The whole body as text; null when it is larger than we take. */
async function bodyOf(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MOST_BODY_BYTES) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The answer to one request object; null for a notification, which gets none. */
async function answerOne(chain: EmbeddedChain, asked: unknown): Promise<object | null> {
  const { jsonrpc, id, method, params = [] } = (asked ?? {}) as Record<string, unknown>
  const isIdValid = id === undefined || id === null || typeof id === 'string' || typeof id === 'number'
  if (jsonrpc !== '2.0' || typeof method !== 'string' || !isIdValid) {
    const what =
      'a request has jsonrpc "2.0", a method and, for an answer, an id that is a string or a number'
    return failureOf(isIdValid ? (id ?? null) : null, INVALID_REQUEST, what)
  }
  try {
    if (!Array.isArray(params)) throw invalidParams('parameters are given by position, in an array')
    const result = await chain.call(method, params)
    return id === undefined ? null : { jsonrpc: '2.0', id, result }
  } catch (error) {
    if (!(error instanceof RpcFailure)) throw error
    return id === undefined ? null : failureOf(id, error.code, error.message, error.data)
  }
}

function failureOf(id: unknown, code: number, message: string, data?: unknown): object {
  return { jsonrpc: '2.0', id, error: { code, message, ...(data === undefined ? {} : { data }) } }
}

function sendIfAny(response: ServerResponse, body: object | null): void {
  if (body === null) response.writeHead(204, CORS).end()
  else send(response, 200, body)
}

function send(response: ServerResponse, status: number, body: object): void {
  const bytes = Buffer.from(JSON.stringify(body))
  const headers = { ...CORS, 'content-type': 'application/json', 'content-length': bytes.length }
  response.writeHead(status, headers).end(bytes)
}
