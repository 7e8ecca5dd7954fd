/**
 * A node of an EVM chain whose faults are the test's or the drill's: real execution and real blocks (EDR in this process), behind JSON-RPC over
 * HTTP. It can be away, lose an answer after it did what was asked, leave transactions unmined, and reorganise its chain.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEvm, installedEdrVersion } from '../../server/chain/embedded/evm.ts'
import { createGenesis } from '../../server/chain/embedded/genesis.ts'

/** What becomes of one request: `fail` before or after it was carried out, or nothing out of the ordinary. */
export type Fate = 'lost before' | 'lost after' | undefined

/** Replaced at once, at most. */
export const MOST_UNDONE = 64

export interface ControlledNode {
  readonly url: string
  /** Raw transactions as they arrived, repetitions too. */
  readonly received: string[]
  /** While true, nobody is there. */
  isAway: boolean
  /** While true, a transaction is mined as soon as it arrives. */
  mines: boolean
  /** Looks at every request before it is carried out and decides its fate. */
  onRequest: (method: string, params: readonly unknown[]) => Fate
  /** To the chain itself, past all faults. */
  request<Result = unknown>(method: string, params?: readonly unknown[]): Promise<Result>
  mine(blocks: number): Promise<void>
  /** Resolves when every block that was begun is there: after `mines = false` none comes but by `mine`. */
  settled(): Promise<void>
  /**
   * Replaces the newest `depth` blocks by one more that hold none of their transactions, as if another branch had won. At most
   * `MOST_UNDONE`, and only of blocks that were mined since the start.
   */
  reorganise(depth: number): Promise<void>
  close(): Promise<void>
}

export interface NodeOptions {
  chainId?: number
  /** Keeps what `reorganise` needs. */
  mayReorganise?: boolean
}

export async function startNode({
  chainId = 4242,
  mayReorganise = false,
}: NodeOptions = {}): Promise<ControlledNode> {
  const folder = mkdtempSync(join(tmpdir(), 'controlled-node-'))
  const genesis = createGenesis(folder, {
    chainId,
    edrVersion: installedEdrVersion(),
    now: new Date(Date.now() - 60_000),
  })
  const evm = await createEvm(genesis, folder)
  const received: string[] = []
  /** The state before each of the newest blocks, oldest first. */
  const before: unknown[] = []
  let branch = 0
  let turn: Promise<unknown> = Promise.resolve()
  let reorganising: Promise<unknown> = Promise.resolve()
  /** One change of the chain after the other. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work)
    turn = mine.catch(() => undefined)
    return mine
  }
  const mineOneNow = async () => {
    if (mayReorganise) before.push(await evm.request('evm_snapshot', []))
    if (before.length > MOST_UNDONE) before.shift()
    await evm.request('evm_mine', [Math.floor(Date.now() / 1000)])
  }
  const mineOne = () => inTurn(mineOneNow)

  const node: ControlledNode = {
    url: '',
    received,
    isAway: false,
    mines: true,
    onRequest: () => undefined,
    request: async <Result>(method: string, params: readonly unknown[] = []) =>
      (await evm.request(method, params)) as Result,
    async mine(blocks) {
      for (let i = 0; i < blocks; i++) await mineOne()
    },
    settled: () => inTurn(async () => undefined),
    reorganise(depth) {
      const done = inTurn(async () => {
        const state = before.at(-depth)
        if (depth < 1 || state === undefined) throw new RangeError(`there are no ${depth} blocks to replace`)
        before.splice(-depth)
        await evm.request('evm_revert', [state])
        // What was about to be mined then would be mined again.
        for (const { hash } of (await evm.request('eth_pendingTransactions', [])) as { hash: string }[])
          await evm.request('hardhat_dropTransaction', [hash])
        for (let i = 0; i <= depth; i++) {
          // Empty blocks of the same second would be the same blocks.
          await evm.request('hardhat_setPrevRandao', [`0x${(++branch).toString(16).padStart(64, '0')}`])
          await mineOneNow()
        }
      })
      reorganising = done.catch(() => undefined)
      return done
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
      rmSync(folder, { recursive: true, force: true })
    },
  }

  async function carryOut(method: string, params: readonly unknown[]): Promise<unknown> {
    if (method !== 'eth_sendRawTransaction') return evm.request(method, params)
    received.push(String(params[0]))
    const hash = await evm.request(method, params)
    if (node.mines) await mineOne()
    return hash
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = []
    for await (const piece of request) pieces.push(piece as Buffer)
    const { id, method, params } = JSON.parse(Buffer.concat(pieces).toString()) as {
      id: number
      method: string
      params: unknown[]
    }
    // Nobody sees a chain of which half has been replaced.
    await reorganising
    const fate = node.isAway ? 'lost before' : node.onRequest(method, params)
    if (fate === 'lost before') return void response.destroy()
    let body: object
    try {
      body = { jsonrpc: '2.0', id, result: await carryOut(method, params) }
    } catch (error) {
      const { code, message, data } = error as { code?: number; message: string; data?: unknown }
      body = { jsonrpc: '2.0', id, error: { code: code ?? -32_000, message, data } }
    }
    if (fate === 'lost after') return void response.destroy()
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify(body))
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return Object.assign(node, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` })
}
