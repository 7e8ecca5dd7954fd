/**
 * Watches what a gateway says is final and asks an honest node at once whether it is: in the chain, and as deep as was promised.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { createRpc } from '../../server/chain/rpc.ts'
import { blockAt } from '../../server/chain/view.ts'

export interface FinalWatch {
  /** Everything that was ever called final: size of the checkpoint and its block. */
  readonly told: ReadonlyMap<number, { number: number; hash: string }>
  readonly violations: readonly string[]
  stop(): Promise<void>
}

interface Latest {
  size: number
  state: string
  block: { number: number; hash: string } | null
}

const LOOK_EVERY_MS = 30

/** `depth`: blocks from the one asked about to the head, both counted. */
export function watchFinal(gatewayUrl: string, nodeUrl: string, depth: number): FinalWatch {
  const node = createRpc(nodeUrl)
  const told = new Map<number, { number: number; hash: string }>()
  const violations: string[] = []
  const stopping = new AbortController()

  let from = 0
  async function look(): Promise<void> {
    for (const { size, state, block } of await checkpointsFrom(gatewayUrl, from)) {
      // Checkpoints become final one after the other.
      if (state !== 'final' || block === null) return
      await judge(size, block)
      from = size
    }
  }

  async function judge(size: number, block: { number: number; hash: string }): Promise<void> {
    // Asked afterwards, the node can only be deeper than it was when it was told.
    const head = await blockAt(node, 'latest')
    const found = await blockAt(node, block.number).catch(() => null)
    if (found?.hash !== block.hash)
      violations.push(
        `checkpoint ${size} was called final in block ${block.number}, which the chain does not have`,
      )
    else if (head.number - block.number + 1 < depth)
      violations.push(`checkpoint ${size} was called final ${head.number - block.number + 1} blocks deep`)
    told.set(size, block)
  }

  const watching = (async () => {
    while (!stopping.signal.aborted) {
      // A gateway that is being restarted is asked again.
      await look().catch(() => undefined)
      await pause(LOOK_EVERY_MS)
    }
  })()
  return {
    told,
    violations,
    async stop() {
      stopping.abort()
      await watching
    },
  }
}

/** Checkpoints of a gateway's log after one of this size, and where they are on chain. */
async function checkpointsFrom(gatewayUrl: string, size: number): Promise<Latest[]> {
  const response = await fetch(`${gatewayUrl}/v1/log/checkpoints?from=${size}`)
  return ((await response.json()) as { checkpoints: Latest[] }).checkpoints
}

/** The blocks of the first checkpoints of a gateway's log that it calls final now. */
export async function calledFinalBy(gatewayUrl: string): Promise<{ number: number; hash: string }[]> {
  const checkpoints = await checkpointsFrom(gatewayUrl, 0)
  return checkpoints.flatMap(({ state, block }) => (state === 'final' && block !== null ? [block] : []))
}

/** The newest checkpoint of a gateway's log, and where it is on chain. */
export async function latestOf(gatewayUrl: string): Promise<Latest | null> {
  const { latest } = (await (await fetch(`${gatewayUrl}/v1/log`)).json()) as { latest: Latest | null }
  return latest
}
