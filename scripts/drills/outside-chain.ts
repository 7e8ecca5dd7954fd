/**
 * A gateway whose chain is somebody else's: the node is the drill's, and so are its faults. It is started before its chain is there, so
 * each of these drills begins with a first boot without a chain.
 */
import { writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { startNode, type ControlledNode } from './controlled-node.ts'
import { startGateway, type RunningGateway } from './gateway-process.ts'
import { HAMMERED_ENV, prepareForHammer } from './hammer.ts'

export interface OutsideChain {
  node: ControlledNode
  /** `chainUrl` is the node itself, past everything that stands between. */
  gateway: RunningGateway
  close(): Promise<void>
}

export interface OutsideChainOptions {
  env?: Record<string, string>
  /** What the gateway is given instead of the node's own address. */
  through?: (node: ControlledNode) => Promise<string>
  /** Of the node. */
  mayReorganise?: boolean
  /** A block comes this often, with or without transactions; 0: only with them. */
  blockEveryMs?: number
}

const ETHER_100 = '0x56bc75e2d63100000'
const PATIENCE_MS = 90_000
const LOOK_EVERY_MS = 50

/** Starts node and gateway, funds what the gateway pays with, and prepares it for the hammer. */
export async function startOnOutsideChain(options: OutsideChainOptions = {}): Promise<OutsideChain> {
  const { env = {}, through = async node => node.url, blockEveryMs = 0, mayReorganise = false } = options
  const node = await startNode({ mayReorganise })
  node.isAway = true
  const url = await through(node)
  const started = await startGateway({
    env: { ...HAMMERED_ENV, CHAIN_RPC_URL: url, ONCEPROOF_LOG_LEVEL: 'info', ...env },
  })
  const gateway: RunningGateway = Object.assign(Object.create(started) as RunningGateway, {
    chainUrl: node.url,
  })
  node.isAway = false
  const account = await untilSome(() => /nothing on this chain: (0x[0-9a-f]{40})/.exec(gateway.output())?.[1])
  await node.request('hardhat_setBalance', [account, ETHER_100])
  await untilSome(async () => (await readyOf(gateway)).accepting || undefined)
  await prepareForHammer(gateway)
  writeFileSync(gateway.trustPath, await (await fetch(`${gateway.url}/v1/trust`)).text())

  let blocks: NodeJS.Timeout | undefined
  if (blockEveryMs > 0) blocks = setInterval(() => void node.mine(1).catch(() => undefined), blockEveryMs)
  return {
    node,
    gateway,
    async close() {
      clearInterval(blocks)
      await gateway.stop()
      await node.close()
    },
  }
}

export interface Readiness {
  ready: boolean
  storeWritable: boolean
  chain: boolean
  accepting: boolean
  anchoring: boolean
  chainLostBlocks: boolean
  waiting: number
  unanchoredSeconds: number
}

export async function readyOf({ url }: Pick<RunningGateway, 'url'>): Promise<Readiness> {
  return (await (await fetch(`${url}/readyz`)).json()) as Readiness
}

/** Whether all that was accepted is final on chain. */
export async function isAllFinal({ url, token }: Pick<RunningGateway, 'url' | 'token'>): Promise<boolean> {
  const log = (await (await fetch(`${url}/v1/log`)).json()) as {
    accepted: number
    sealed: number
    latest: { state: string } | null
  }
  const isLogFinal = log.accepted === log.sealed && (log.latest === null || log.latest.state === 'final')
  if (!isLogFinal) return false
  const headers = { authorization: `Bearer ${token}` }
  const metrics = await (await fetch(`${url}/metrics`, { headers })).text()
  return ['checkpoints', 'orders', 'grants'].every(name =>
    new RegExp(`^onceproof_${name}_open 0$`, 'm').test(metrics),
  )
}

/** Asks again and again until there is an answer; rejects after a while. */
export async function untilSome<T>(
  ask: () => T | undefined | Promise<T | undefined>,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const began = performance.now()
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (performance.now() - began > patienceMs)
      throw new Error(`waited ${patienceMs} ms for: ${ask.toString()}`)
    await pause(LOOK_EVERY_MS)
  }
}
