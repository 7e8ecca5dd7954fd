/**
 * What the chain itself says of everything that was to happen once, asked of an honest node: nothing is taken from the gateway.
 */
import { INTERFACES } from '../../server/chain/contracts.ts'
import type { Deployment } from '../../server/chain/deployment.ts'
import { logId } from '../../server/chain/log-id.ts'
import { toQuantity, type Rpc } from '../../server/chain/rpc.ts'
import { blockAt, contractReader } from '../../server/chain/view.ts'

export interface OnceCheck {
  violations: string[]
  checkpoints: number
  orders: number
  /** Leaves of the statements of status orders, in the order in which these were executed. */
  executed: string[]
}

const BLOCKS_AT_ONCE = 2_000

/** One event for each checkpoint and each status order, and as many events as the contract counts checkpoints. */
export async function checkOnce(
  rpc: Rpc,
  { contracts }: Pick<Deployment, 'contracts'>,
  origin: string,
): Promise<OnceCheck> {
  const violations: string[] = []
  const anchored = await argumentsOf(rpc, contracts.AnchorLog.address, 'AnchorLog', 'Anchored')
  const sizes = anchored.filter(([log]) => log === logId(origin)).map(([, , size]) => Number(size))
  for (const size of repeated(sizes)) violations.push(`checkpoint ${size} was anchored more than once`)
  if (sizes.some((size, i) => i > 0 && size <= sizes[i - 1]!))
    violations.push('checkpoints were not anchored in the order of their sizes')
  const read = contractReader(rpc, contracts, 'latest')
  const [count] = await read('AnchorLog', 'checkpointCount', [logId(origin)])
  if (Number(count) !== sizes.length)
    violations.push(`the contract counts ${Number(count)} checkpoints, the chain has ${sizes.length} events`)

  const changes = await argumentsOf(rpc, contracts.StatusRegistry.address, 'StatusRegistry', 'StatusChanged')
  const digests = changes.map(([, digest]) => String(digest))
  for (const digest of repeated(digests)) violations.push(`order ${digest} was executed more than once`)
  const executed = changes.map(([, , , , , statement]) => String(statement))
  return { violations, checkpoints: sizes.length, orders: digests.length, executed }
}

/** Of every event of this name, in the order of the chain. */
export async function argumentsOf(
  rpc: Rpc,
  address: string,
  contract: 'AnchorLog' | 'StatusRegistry' | 'GrantRegistry',
  event: string,
): Promise<unknown[][]> {
  const fragment = INTERFACES[contract].getEvent(event)!
  const { number: head } = await blockAt(rpc, 'latest')
  const found: unknown[][] = []
  for (let from = 0; from <= head; from += BLOCKS_AT_ONCE) {
    const range = {
      fromBlock: toQuantity(from),
      toBlock: toQuantity(Math.min(head, from + BLOCKS_AT_ONCE - 1)),
    }
    const logs = await rpc.call<{ data: string; topics: string[] }[]>('eth_getLogs', [
      { address, topics: [fragment.topicHash], ...range },
    ])
    for (const { data, topics } of logs)
      found.push([...INTERFACES[contract].decodeEventLog(fragment, data, topics)])
  }
  return found
}

function repeated<T>(values: readonly T[]): Set<T> {
  const seen = new Set<T>()
  return new Set(values.filter(value => seen.size === seen.add(value).size))
}
