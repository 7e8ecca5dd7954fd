/**
 * Stands between a gateway and its chain node and spoils answers: one fault at a time, on chosen methods. What it spoils is decided by
 * the request, so a drill knows which question got which answer.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { toQuantity } from '../../server/chain/rpc.ts'

/**
 * `refuse`: nobody listens for a moment. `hang`: no answer, ever. `reset-before`, `reset-after`: the connection is cut before or after the
 * node did what was asked. `too-many`, `broken`: HTTP 429 and 500. `garbage`: no JSON-RPC, or a result of another shape. `huge`: an
 * answer without end. `stale`: what the node would have said some blocks ago. `other-chain`: what a node of another chain says.
 * `empty`, `null`: such a result. `duplicate`: the request arrives twice.
 */
export const FAULTS = [
  'refuse',
  'hang',
  'reset-before',
  'reset-after',
  'too-many',
  'broken',
  'garbage',
  'huge',
  'stale',
  'other-chain',
  'empty',
  'null',
  'duplicate',
] as const
export type Fault = (typeof FAULTS)[number]

/** Every method that the gateway uses of its own accord. */
export const METHODS = [
  'eth_blockNumber',
  'eth_call',
  'eth_chainId',
  'eth_estimateGas',
  'eth_gasPrice',
  'eth_getBalance',
  'eth_getBlockByNumber',
  'eth_getCode',
  'eth_getTransactionCount',
  'eth_getTransactionReceipt',
  'eth_sendRawTransaction',
] as const

export interface FaultProxy {
  readonly url: string
  /** From now on. Null: everything is passed on as it is; what hangs is cut. */
  set(fault: Fault | null, methods?: readonly string[]): void
  /** Answers that were spoiled since the fault was set. */
  readonly spoiled: number
  /** Resolves when no answer without end is being written any more. */
  written(): Promise<unknown>
  close(): Promise<void>
}

export interface FaultProxyOptions {
  node: string
  /** A node of another chain. */
  other: string
}

/** How many blocks a stale answer is behind. */
const BEHIND = 4
const REFUSE_FOR_MS = 300
/** Far more than the client reads; written piece by piece, so that this process does not hold it either. */
const HUGE_BYTES = 256 * 1024 * 1024
const PIECE = Buffer.alloc(1024 * 1024, '0')

interface Request {
  id: number
  method: string
  params: unknown[]
}

export async function startFaultProxy({ node, other }: FaultProxyOptions): Promise<FaultProxy> {
  let fault: Fault | null = null
  let spoils = new Set<string>()
  let spoiled = 0
  const hanging = new Set<ServerResponse>()
  const writing = new Set<Promise<void>>()
  const sockets = new Set<Socket>()

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  server.on('connection', socket => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  let refusing: NodeJS.Timeout | null = null

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const body = Buffer.concat(pieces)
    const asked = JSON.parse(body.toString()) as Request
    const isSpoiled = fault !== null && spoils.has(asked.method)
    if (!isSpoiled) return send(response, await forward(node, body))
    spoiled++
    const answered = Promise.resolve(spoil[fault!](asked, body, response))
    writing.add(answered)
    await answered.finally(() => writing.delete(answered))
  }

  const spoil: Record<
    Fault,
    (asked: Request, body: Buffer, response: ServerResponse) => Promise<void> | void
  > = {
    refuse: () => {
      refuseForAMoment()
    },
    hang: (_asked, _body, response) => void hanging.add(response),
    'reset-before': (_asked, _body, response) => void response.destroy(),
    async 'reset-after'(_asked, body, response) {
      await forward(node, body)
      response.destroy()
    },
    'too-many'({ id }, _body, response) {
      const error = { code: -32_005, message: 'daily request count exceeded' }
      const isPlain = spoiled % 2 === 0
      response.writeHead(429, { 'retry-after': '1' })
      response.end(isPlain ? 'slow down' : JSON.stringify({ jsonrpc: '2.0', id, error }))
    },
    broken(_asked, _body, response) {
      response.writeHead(500, { 'content-type': 'text/html' }).end('<html>Internal Server Error</html>')
    },
    garbage({ id }, _body, response) {
      const texts = [
        '{"jsonrpc":"2.0","id":',
        JSON.stringify({ jsonrpc: '2.0', id, result: { no: ['such', 'thing'] } }),
        JSON.stringify({ jsonrpc: '2.0', id, result: '0xzz' }),
        JSON.stringify({ jsonrpc: '2.0', id: -1, result: '0x1' }),
      ]
      send(response, texts[spoiled % texts.length]!)
    },
    async huge({ id }, _body, response) {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write(`{"jsonrpc":"2.0","id":${id},"result":"0x`)
      for (let sent = 0; sent < HUGE_BYTES && !response.destroyed; sent += PIECE.length) {
        if (!response.write(PIECE)) await hasRoom(response)
      }
      response.end('"}')
    },
    async stale(asked, body, response) {
      send(response, await staleAnswer(asked, body))
    },
    async 'other-chain'(_asked, body, response) {
      send(response, await forward(other, body))
    },
    empty: ({ id }, _body, response) => send(response, JSON.stringify({ jsonrpc: '2.0', id, result: [] })),
    null: ({ id }, _body, response) => send(response, JSON.stringify({ jsonrpc: '2.0', id, result: null })),
    async duplicate(_asked, body, response) {
      await forward(node, body)
      send(response, await forward(node, body))
    },
  }

  function refuseForAMoment(): void {
    if (refusing !== null) return
    server.close()
    for (const socket of sockets) socket.destroy()
    refusing = setTimeout(() => {
      refusing = null
      server.listen(port, '127.0.0.1')
    }, REFUSE_FOR_MS)
  }

  /** What a node says that has not heard of the newest blocks. Transactions it takes and hands on. */
  async function staleAnswer(asked: Request, body: Buffer): Promise<string> {
    const head = Number(await resultOf('eth_blockNumber', []))
    const at = Math.max(0, head - BEHIND)
    const { id, method, params } = asked
    const old = (result: unknown) => JSON.stringify({ jsonrpc: '2.0', id, result })
    const asOf = async (place: number) => {
      const tag = params[place]
      if (typeof tag === 'string' && tag.startsWith('0x') && Number(tag) > at) {
        const error = { code: -32_000, message: 'header not found' }
        return JSON.stringify({ jsonrpc: '2.0', id, error })
      }
      const stale = [...params]
      stale[place] = tag === 'latest' || tag === undefined ? toQuantity(at) : tag
      return forward(node, Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, method, params: stale })))
    }
    switch (method) {
      case 'eth_blockNumber':
        return old(toQuantity(at))
      case 'eth_getBlockByNumber':
        if (typeof params[0] === 'string' && params[0].startsWith('0x') && Number(params[0]) > at)
          return old(null)
        return asOf(0)
      case 'eth_call':
      case 'eth_estimateGas':
      case 'eth_getBalance':
      case 'eth_getCode':
      case 'eth_getTransactionCount':
        return asOf(1)
      case 'eth_getTransactionReceipt': {
        const receipt = (await resultOf(method, params)) as { blockNumber?: string } | null
        return old(receipt === null || Number(receipt.blockNumber) > at ? null : receipt)
      }
      default:
        return forward(node, body)
    }
  }

  async function resultOf(method: string, params: unknown[]): Promise<unknown> {
    const text = await forward(node, Buffer.from(JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })))
    return (JSON.parse(text) as { result?: unknown }).result
  }

  return {
    url: `http://127.0.0.1:${port}`,
    set(next, methods = METHODS) {
      fault = next
      spoils = new Set(methods)
      spoiled = 0
      for (const response of hanging) response.destroy()
      hanging.clear()
    },
    get spoiled() {
      return spoiled
    },
    written: () => Promise.allSettled(writing),
    async close() {
      if (refusing === null) server.close()
      else clearTimeout(refusing)
      for (const socket of sockets) socket.destroy()
      await Promise.resolve()
    },
  }
}

/** Resolves when more may be written, or nobody reads any more. */
function hasRoom(response: ServerResponse): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.on('drain', done).on('close', done)
  })
}

async function forward(to: string, body: Buffer): Promise<string> {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(to, { method: 'POST', headers, body: new Uint8Array(body) })
  return response.text()
}

function send(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(text)
}
