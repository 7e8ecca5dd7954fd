/**
 * The embedded chain alone, on the data folder.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Refusal } from '../../protocol/refusal.ts'
import { readEndpoint, type Endpoint } from '../../server/chain/embedded/endpoint.ts'
import { acquireLock } from '../../server/chain/embedded/lock.ts'
import { StartRefusal } from '../../server/chain/embedded/refusal.ts'
import { superviseEmbeddedChain } from '../../server/chain/embedded/supervise.ts'
import { createRpc, quantityToNumber } from '../../server/chain/rpc.ts'
import { dataDirOf } from './gateway.ts'
import { both, labels } from './messages.ts'
import { line, usage, type Outcome } from './terminal.ts'

export interface ChainOptions {
  data?: string
  port?: string
}

const ANSWER_PATIENCE_MS = 2_000

/** Starts the chain, or finds it running; it goes on when this command ends. */
export async function startChain(options: ChainOptions): Promise<Outcome> {
  const port = options.port ?? (process.env['ONCEPROOF_CHAIN_PORT'] || '8788')
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    throw usage('--port is a port', { field: '--port', expected: '0 to 65535', found: port })
  }
  const chain = await superviseEmbeddedChain({
    ...placeOf(options),
    port: Number(port),
    log: () => undefined,
  })
  chain.leave()
  return chainStatus(options)
}

/** Ends the chain after the block that it is making. Refuses GATEWAY_RUNNING: a gateway would start it again at once. */
export async function stopChain(options: ChainOptions): Promise<Outcome> {
  const { dataDir } = placeOf(options)
  const running = await answering(dataDir)
  if (running !== null) {
    const lock = lockGateway(dataDirOf(options.data))
    try {
      const chain = await superviseEmbeddedChain({
        dataDir,
        port: running.endpoint.port,
        log: () => undefined,
      })
      await chain.stop()
    } finally {
      lock?.release()
    }
  }
  return { data: { running: false }, lines: [both(labels.chainStopped)] }
}

/** Whether the chain runs and how far it is. */
export async function chainStatus(options: ChainOptions): Promise<Outcome> {
  const running = await answering(placeOf(options).dataDir)
  if (running === null) return { data: { running: false }, lines: [both(labels.chainStopped)] }
  const { endpoint, blockNumber } = running
  const { url, pid, chainId, genesisHash } = endpoint
  return {
    data: { running: true, url, pid, chainId, genesisHash, blockNumber },
    lines: [
      both(labels.chainRuns),
      line(labels.url, url),
      line(labels.process, pid),
      line(labels.chainId, chainId),
      line(labels.genesis, genesisHash),
      line(labels.block, blockNumber),
    ],
  }
}

const placeOf = ({ data }: ChainOptions) => ({ dataDir: join(dataDirOf(data), 'chain') })

/** The chain that the folder names, when it answers as that very chain. */
async function answering(dataDir: string): Promise<{ endpoint: Endpoint; blockNumber: number } | null> {
  const endpoint = readEndpoint(dataDir)
  if (endpoint === null) return null
  const rpc = createRpc(endpoint.url, { timeoutMs: ANSWER_PATIENCE_MS })
  try {
    const genesis = await rpc.call<{ hash?: unknown } | null>('eth_getBlockByNumber', ['0x0', false])
    if (genesis?.hash !== endpoint.genesisHash) return null
    return { endpoint, blockNumber: quantityToNumber(await rpc.call('eth_blockNumber', [])) }
  } catch {
    return null
  }
}

function lockGateway(dataDir: string) {
  const path = join(dataDir, 'gateway.lock')
  if (!existsSync(path)) return null
  try {
    return acquireLock(path)
  } catch (error) {
    if (!(error instanceof StartRefusal)) throw error
    throw new Refusal('GATEWAY_RUNNING', `a gateway is running on ${dataDir}; stop it first`, {
      found: dataDir,
    })
  }
}
