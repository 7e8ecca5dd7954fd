/**
 * A read-only way to the chain's node for browsers, which cannot reach a node inside. It passes on only what a verification asks: facts
 * about blocks, and the deployment's own contracts. Whoever does not want to believe it asks a node of his own.
 */
import { z } from 'zod'
import { CONTRACT_NAMES } from '../../protocol/chain-view.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { RpcFailure } from '../chain/rpc.ts'
import type { World } from '../world.ts'

const quantity = z.string().regex(/^0x(?:0|[1-9a-f][0-9a-f]{0,15})$/)
const block = z.union([quantity, z.enum(['latest', 'earliest', 'finalized', 'safe'])])
const hash = z.string().regex(/^0x[0-9a-f]{64}$/i)
const address = z.string().regex(/^0x[0-9a-f]{40}$/i)
const topic = z.union([hash, z.null(), z.array(hash).max(8)])

/** 4,096 bytes of arguments: ours have a few hundred. */
const callData = z.string().regex(/^0x(?:[0-9a-f]{2}){4,4096}$/i)

/** What each method takes. A span of blocks is bounded where a node would have to search. */
const PARAMETERS: Readonly<Record<string, z.ZodType<unknown[]>>> = {
  eth_chainId: z.tuple([]),
  eth_blockNumber: z.tuple([]),
  eth_getBlockByNumber: z.tuple([block, z.literal(false)]),
  eth_getBlockByHash: z.tuple([hash, z.literal(false)]),
  eth_getCode: z.tuple([address, block]),
  eth_call: z.tuple([z.strictObject({ to: address, data: callData }), block]),
  eth_getLogs: z.tuple([
    z.strictObject({
      address,
      fromBlock: quantity,
      toBlock: quantity,
      topics: z.array(topic).max(4).optional(),
    }),
  ]),
  eth_getTransactionReceipt: z.tuple([hash]),
  eth_getTransactionByHash: z.tuple([hash]),
}

export const RELAYED_METHODS = Object.keys(PARAMETERS)
const MOST_BLOCKS = 10_000n

export const rpcRequest = z.strictObject({
  jsonrpc: z.literal('2.0'),
  id: z.int(),
  method: z.string().max(100),
  params: z.array(z.json()).max(4).optional(),
})
export type RpcRequest = z.infer<typeof rpcRequest>

export type RpcAnswer =
  | { jsonrpc: '2.0'; id: RpcRequest['id']; result: unknown }
  | { jsonrpc: '2.0'; id: RpcRequest['id']; error: { code: number; message: string; data?: unknown } }

/**
 * The node's answer, as it is. Refuses RPC_METHOD for another method, RPC_ADDRESS for a contract that is not of this deployment, RPC_SHAPE
 * for parameters that no verification has; rejects with `ChainUnreachable` when the node cannot be asked.
 */
export async function relay(world: Pick<World, 'chain'>, request: RpcRequest): Promise<RpcAnswer> {
  const { id, method } = request
  const params = assertRelayed(world, request)
  try {
    return { jsonrpc: '2.0', id, result: await world.chain.rpc.call(method, params) }
  } catch (error) {
    if (!(error instanceof RpcFailure)) throw error
    const { code, message, data } = error
    return { jsonrpc: '2.0', id, error: { code, message, ...(data !== undefined && { data }) } }
  }
}

function assertRelayed({ chain }: Pick<World, 'chain'>, { method, params = [] }: RpcRequest): unknown[] {
  const shape = Object.hasOwn(PARAMETERS, method) ? PARAMETERS[method] : undefined
  if (shape === undefined) {
    throw new Refusal('RPC_METHOD', 'the relay does not pass this method on', {
      field: 'method',
      expected: RELAYED_METHODS.join(' or '),
    })
  }
  const parsed = shape.safeParse(params)
  if (!parsed.success)
    throw new Refusal('RPC_SHAPE', 'the parameters are not those of a verification', { field: 'params' })
  const own = new Set(CONTRACT_NAMES.map(name => chain.deployment.contracts[name].address))
  const asked = contractIn(method, parsed.data)
  if (asked !== null && !own.has(asked.toLowerCase()))
    throw new Refusal('RPC_ADDRESS', 'this contract is not of this deployment', { field: 'params' })
  return parsed.data
}

/** Whom a method asks, where it asks a contract. */
function contractIn(method: string, [first]: unknown[]): string | null {
  if (method === 'eth_getCode') return first as string
  if (method === 'eth_call') return (first as { to: string }).to
  if (method !== 'eth_getLogs') return null
  const {
    address: contract,
    fromBlock,
    toBlock,
  } = first as Record<'address' | 'fromBlock' | 'toBlock', string>
  const span = BigInt(toBlock) - BigInt(fromBlock)
  if (span < 0n || span > MOST_BLOCKS) {
    throw new Refusal('RPC_SHAPE', 'the span of blocks is too long', {
      field: 'params',
      expected: `at most ${MOST_BLOCKS} blocks`,
    })
  }
  return contract
}
