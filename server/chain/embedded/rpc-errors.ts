// What the embedded chain answers when it refuses: the codes of JSON-RPC 2.0 and the words of go-ethereum, since
// clients (ethers among them) recognise a refusal by its text.

import { RpcFailure } from '../rpc.ts'

export const PARSE_ERROR = -32700
export const INVALID_REQUEST = -32600
export const METHOD_NOT_FOUND = -32601
export const INVALID_PARAMS = -32602
export const INTERNAL_ERROR = -32603
/** "Transaction rejected" and, in go-ethereum, every refusal by the pool and of a missing block. */
const SERVER_ERROR = -32000
/** "Limit exceeded" (https://eips.ethereum.org/EIPS/eip-1474#error-codes). */
const LIMIT_EXCEEDED = -32005
/** go-ethereum's code for a call that reverted; `data` is what the contract returned. */
const REVERTED = 3

export const methodNotFound = (method: string) =>
  new RpcFailure(METHOD_NOT_FOUND, `the method ${method.slice(0, 80)} does not exist/is not available`)

export const invalidParams = (what: string) => new RpcFailure(INVALID_PARAMS, what)

export const alreadyKnown = () => new RpcFailure(SERVER_ERROR, 'already known')

export const nonceTooHigh = (address: string, expected: number, found: number) =>
  new RpcFailure(
    SERVER_ERROR,
    `nonce too high: address ${address}, tx: ${found} state: ${expected}; transactions before it are missing`,
  )

export const feeTooLow = (address: string, maxFeePerGas: bigint, baseFee: bigint) =>
  new RpcFailure(
    SERVER_ERROR,
    `max fee per gas less than block base fee: address ${address}, maxFeePerGas: ${maxFeePerGas}, baseFee: ${baseFee}`,
  )

export const replaced = () =>
  new RpcFailure(SERVER_ERROR, 'replaced by another transaction with the same nonce')

export const neverIncluded = () =>
  new RpcFailure(SERVER_ERROR, 'the transaction was left out of a block that had room for it')

export const oversized = (bytes: number, limit: number) =>
  new RpcFailure(SERVER_ERROR, `oversized data: transaction size ${bytes}, limit ${limit}`)

export const typeNotSupported = () => new RpcFailure(SERVER_ERROR, 'transaction type not supported')

export const tooManyWaiting = () => new RpcFailure(LIMIT_EXCEEDED, 'txpool is full: try again in a moment')

export const stopping = () =>
  new RpcFailure(SERVER_ERROR, 'the chain is stopping; the transaction was not taken')

/** An error of EDR's, in the words that clients know. What is not an answer of EDR's becomes an internal error. */
export function rpcFailureOf(error: unknown): RpcFailure {
  if (error instanceof RpcFailure) return error
  const { code, message, data } = error as { code?: unknown; message?: unknown; data?: unknown }
  if (typeof code !== 'number' || typeof message !== 'string')
    return new RpcFailure(INTERNAL_ERROR, 'internal error')
  if (code === REVERTED) {
    const reason = message.replace(/^VM Exception while processing transaction: /, '')
    return new RpcFailure(REVERTED, `execution reverted: ${reason}`, data)
  }
  const nonce = /nonce too low\. Expected nonce to be at least (\d+) but got (\d+)/.exec(message)
  if (nonce !== null)
    return new RpcFailure(SERVER_ERROR, `nonce too low: next nonce ${nonce[1]}, tx nonce ${nonce[2]}`)
  if (message.startsWith('Known transaction')) return alreadyKnown()
  if (message.startsWith('Replacement transaction underpriced')) {
    return new RpcFailure(SERVER_ERROR, `replacement transaction underpriced: ${message}`)
  }
  if (message.startsWith("Sender doesn't have enough funds")) {
    return new RpcFailure(SERVER_ERROR, `insufficient funds for gas * price + value: ${message}`)
  }
  // EDR's `data` here is an echo of the whole request.
  return new RpcFailure(code, message)
}
