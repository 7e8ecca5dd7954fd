/**
 * The chain as the auditor asks it: everything at one block, from a running node, from the journal replayed in memory, or from a
 * snapshot, which knows less.
 */
import { CONTRACT_NAMES, type ChainView, type ContractName } from '../../protocol/chain-view.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { snapshotView, type Snapshot } from '../../protocol/snapshot.ts'
import { ChainUnreachable, RpcFailure, toQuantity, type Rpc } from '../../server/chain/rpc.ts'
import { blockAt, contractReader, liveView, type Addresses, type Reader } from '../../server/chain/view.ts'
import type { Evm } from '../../server/chain/embedded/evm.ts'
import { nodeCheckpoints, snapshotCheckpoints, type AuditedChain } from '../cli/audit.ts'

export interface ChainInView {
  source: 'node' | 'journal' | 'snapshot'
  chainId: number
  genesis: string
  asOf: { number: number; hash: string; time: number }
  addresses: Addresses
  view: ChainView
  /** Ascending, at that block. */
  log: (origin: string) => AuditedChain
  /** What only a node answers: events, blocks, receipts, any view function. Null for a snapshot. */
  node: Node | null
}

export interface Node {
  rpc: Rpc
  read: Reader
  /** Events of one contract under these topics, in the chain's order. */
  events: (contract: ContractName, topics: (string | null)[]) => AsyncIterable<EventLog>
}

export interface EventLog {
  topics: string[]
  data: string
  blockNumber: number
  transactionHash: string
}

/** Blocks asked for events at once: what public nodes allow. */
const BLOCKS_AT_ONCE = 5_000

/** A node, asked at its present head for all that follows. Rejects with ChainUnreachable. */
export async function chainOfNode(
  rpc: Rpc,
  contracts: Addresses,
  source: 'node' | 'journal' = 'node',
): Promise<ChainInView> {
  const asOf = await blockAt(rpc, 'latest')
  const view = liveView(rpc, contracts, { at: asOf.number })
  const { chainId, genesis } = await view.identity()
  return {
    source,
    chainId,
    genesis,
    asOf,
    addresses: contracts,
    view,
    log: await nodeCheckpoints(rpc, { contracts }, view),
    node: {
      rpc,
      read: contractReader(rpc, contracts, asOf.number),
      async *events(contract, topics) {
        for (let from = 0; from <= asOf.number; from += BLOCKS_AT_ONCE) {
          const to = Math.min(asOf.number, from + BLOCKS_AT_ONCE - 1)
          const filter = {
            address: contracts[contract].address,
            topics,
            fromBlock: toQuantity(from),
            toBlock: toQuantity(to),
          }
          for (const log of await rpc.call<Record<string, unknown>[]>('eth_getLogs', [filter])) {
            yield {
              topics: log['topics'] as string[],
              data: log['data'] as string,
              blockNumber: Number(log['blockNumber']),
              transactionHash: log['transactionHash'] as string,
            }
          }
        }
      },
    },
  }
}

export function chainOfSnapshot(snapshot: Snapshot): ChainInView {
  return {
    source: 'snapshot',
    chainId: snapshot.chain.chainId,
    genesis: snapshot.chain.genesis,
    asOf: snapshot.block,
    addresses: snapshot.contracts,
    view: snapshotView(snapshot),
    log: origin => snapshotCheckpoints(snapshot, origin),
    node: null,
  }
}

/** The replayed EVM, with the node's manners. */
export function rpcOfEvm(evm: Evm): Rpc {
  return {
    node: 'journal',
    async call<Result>(method: string, params: readonly unknown[] = []): Promise<Result> {
      try {
        return (await evm.request(method, params)) as Result
      } catch (error) {
        const { code, message, data } = error as { code?: unknown; message?: unknown; data?: unknown }
        throw new RpcFailure(typeof code === 'number' ? code : -32_000, String(message), data)
      }
    },
  }
}

const MOST_TRIES = 3

/**
 * A node that is asked again when no answer came. Minutes of work lie between two questions of an audit: a connection that was left open
 * may be gone, and the next question is the first to notice. Whoever only reads may repeat.
 */
export function persistent(rpc: Rpc): Rpc {
  return {
    node: rpc.node,
    async call<Result>(method: string, params: readonly unknown[] = []): Promise<Result> {
      for (let tries = 1; ; tries++) {
        try {
          return await rpc.call<Result>(method, params)
        } catch (error) {
          if (!(error instanceof ChainUnreachable) || tries === MOST_TRIES) throw error
        }
      }
    },
  }
}

/** A node of a chain that stands still: each question is asked once. */
export function remembering(rpc: Rpc): Rpc {
  const answers = new Map<string, Promise<unknown>>()
  return {
    node: rpc.node,
    call<Result>(method: string, params: readonly unknown[] = []): Promise<Result> {
      const question = JSON.stringify([method, params])
      const answer = answers.get(question) ?? rpc.call(method, params)
      answers.set(question, answer)
      return answer as Promise<Result>
    },
  }
}

/** Refuses WRONG_CHAIN when the contracts that a folder names are not those of the trust file. */
export function assertSameContracts(found: Addresses, trusted: Addresses): void {
  for (const name of CONTRACT_NAMES) {
    if (found[name].address === trusted[name].address) continue
    throw new Refusal('WRONG_CHAIN', `the trust file names another ${name} than the data folder`, {
      field: name,
      expected: trusted[name].address,
      found: found[name].address,
    })
  }
}
