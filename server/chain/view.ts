/**
 * The chain as a verifier sees it: `ChainView` answered by a JSON-RPC node, read only.
 */
import type { ChainView } from '../../protocol/chain-view.ts'
import { errorName, INTERFACES } from './contracts.ts'
import { ContractRevert, revertData, viewThrough } from './questions.ts'
import type { Addresses, Reader, ViewOptions } from './questions.ts'
import { ChainUnreachable, RpcFailure, toQuantity, type Rpc } from './rpc.ts'

export {
  anchored,
  assertStillThere,
  blockAt,
  chainIdentity,
  ContractRevert,
  revertData,
} from './questions.ts'
export type { Addresses, Reader } from './questions.ts'

/** Reads contracts at the block `tag` (a number or 'latest'). */
export function contractReader(rpc: Rpc, addresses: Addresses, tag: number | 'latest'): Reader {
  const block = tag === 'latest' ? tag : toQuantity(tag)
  return async (contract, method, args) => {
    const abi = INTERFACES[contract]
    const data = abi.encodeFunctionData(method, args)
    let result: string
    try {
      result = await rpc.call<string>('eth_call', [{ to: addresses[contract].address, data }, block])
    } catch (error) {
      const name = error instanceof RpcFailure ? errorName(revertData(error.data)) : null
      if (name !== null) throw new ContractRevert(contract, method, name)
      // Our view functions fail in no other way: a block that this node does not have, a limit, a fault.
      if (error instanceof RpcFailure)
        throw new ChainUnreachable(`${contract}.${method}: ${error.message.slice(0, 200)}`)
      throw error
    }
    // An empty answer means that no contract lives there: garbage, not an answer.
    if (typeof result !== 'string' || result === '0x')
      throw new ChainUnreachable(`${contract} does not answer`)
    try {
      return [...abi.decodeFunctionResult(method, result)]
    } catch {
      throw new ChainUnreachable(`${contract}.${method} is answered with something else`)
    }
  }
}

/** `viewThrough` with the contracts' own interfaces. */
export const liveView = (rpc: Rpc, addresses: Addresses, options: ViewOptions = {}): ChainView =>
  viewThrough(rpc, addresses, block => contractReader(rpc, addresses, block), options)
