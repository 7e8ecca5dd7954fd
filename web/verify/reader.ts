/**
 * The eight contract calls of a verification, encoded and decoded by the ABI (https://docs.soliditylang.org/en/latest/abi-spec.html). A
 * general library for it would be half of what a browser loads to verify; a test holds every call here against one.
 */
import { keccak256 } from '#crypto'
import { fromHex, fromUtf8, toHex, toUtf8 } from '../../protocol/bytes.ts'
import type { ContractName } from '../../protocol/chain-view.ts'
import { ContractRevert, revertData, type Addresses, type Reader } from '../../server/chain/questions.ts'
import { ChainUnreachable, RpcFailure, toQuantity, type Rpc } from '../../server/chain/rpc.ts'

type Type = 'word' | 'uint' | 'flag' | 'text' | 'bytes' | Tuple | { readonly list: Tuple }
interface Tuple {
  readonly tuple: Readonly<Record<string, Type>>
}
interface Call {
  readonly signature: string
  readonly takes: readonly ('word' | 'uint' | 'text')[]
  readonly gives: readonly Type[]
}

const checkpoint: Tuple = { tuple: { size: 'uint', time: 'uint', blockNumber: 'uint', root: 'word' } }
const interval = { from: 'uint', until: 'uint' } as const

export const CALLS: Readonly<Record<string, Call>> = {
  keyOf: {
    signature: 'keyOf(bytes32)',
    takes: ['word'],
    gives: [
      {
        tuple: {
          department: 'word',
          purpose: 'uint',
          algorithm: 'uint',
          addedAt: 'uint',
          signUntil: 'uint',
          anchorUntil: 'uint',
          compromisedSince: 'uint',
          publicKey: 'bytes',
        },
      },
    ],
  },
  departmentOf: { signature: 'departmentOf(bytes32)', takes: ['word'], gives: ['text', 'text', 'uint'] },
  suspensionsOf: {
    signature: 'suspensionsOf(bytes32)',
    takes: ['word'],
    gives: [{ list: { tuple: interval } }],
  },
  permitsOf: {
    signature: 'permitsOf(string,string)',
    takes: ['text', 'text'],
    gives: [{ list: { tuple: { department: 'word', ...interval } } }],
  },
  checkpointOfSize: {
    signature: 'checkpointOfSize(bytes32,uint64)',
    takes: ['word', 'uint'],
    gives: [checkpoint],
  },
  firstCovering: { signature: 'firstCovering(bytes32,uint64)', takes: ['word', 'uint'], gives: [checkpoint] },
  statusOf: {
    signature: 'statusOf(bytes32,uint32)',
    takes: ['word', 'uint'],
    gives: ['flag', 'flag', 'flag', 'word'],
  },
}

const ERRORS = ['UnknownDepartment(bytes32)', 'UnknownLog(bytes32)', 'UnknownList(bytes32)']

/** Reads contracts at one block through a node. */
export function readerAt(rpc: Rpc, addresses: Addresses, block: number): Reader {
  return async (contract: ContractName, method: string, args: unknown[]) => {
    const data = encodeCall(method, args)
    let result: unknown
    try {
      result = await rpc.call('eth_call', [{ to: addresses[contract].address, data }, toQuantity(block)])
    } catch (error) {
      const name = error instanceof RpcFailure ? errorName(revertData(error.data)) : null
      if (name !== null) throw new ContractRevert(contract, method, name)
      throw error
    }
    return decodeResult(method, result)
  }
}

export function encodeCall(method: string, args: readonly unknown[]): string {
  const { signature, takes } = callOf(method)
  const heads: Uint8Array[] = []
  const tails: Uint8Array[] = []
  let end = 32 * takes.length
  takes.forEach((type, i) => {
    const value = args[i]
    if (type === 'word') heads.push(wordOf(String(value)))
    else if (type === 'uint') heads.push(uint(value as number))
    else {
      const text = toUtf8(String(value))
      const padded = new Uint8Array(32 * Math.ceil(text.length / 32))
      padded.set(text)
      heads.push(uint(end))
      tails.push(uint(text.length), padded)
      end += 32 + padded.length
    }
  })
  return selector(signature) + [...heads, ...tails].map(part => toHex(part).slice(2)).join('')
}

/** Rejects with `ChainUnreachable` what is no answer to this call: garbage is not an answer. */
export function decodeResult(method: string, result: unknown): unknown[] {
  const bytes = typeof result === 'string' ? fromHex(result.toLowerCase()) : null
  if (bytes === null || bytes.length === 0) throw noAnswer(method)
  const read = decodeSequence(bytes, 0, callOf(method).gives)
  if (read === null) throw noAnswer(method)
  return read
}

/** The values of a sequence that begins at `base`; null when they lie outside the bytes or are not what their type says. */
function decodeSequence(bytes: Uint8Array, base: number, types: readonly Type[]): unknown[] | null {
  const values: unknown[] = []
  let at = base
  for (const type of types) {
    const value = isDynamic(type)
      ? decodeDynamic(bytes, base + offsetAt(bytes, at), type)
      : decodeStatic(bytes, at, type)
    if (value === null) return null
    values.push(value)
    at += isDynamic(type) ? 32 : sizeOf(type)
  }
  return values
}

function decodeStatic(bytes: Uint8Array, at: number, type: Type): unknown {
  if (typeof type === 'object') return 'tuple' in type ? decodeTuple(bytes, at, type) : null
  if (at + 32 > bytes.length) return null
  const word = bytes.subarray(at, at + 32)
  if (type === 'word') return toHex(word)
  const value = BigInt(toHex(word))
  if (type === 'uint') return value < 2n ** 64n ? value : null
  return value <= 1n ? value === 1n : null
}

function decodeDynamic(bytes: Uint8Array, at: number, type: Type): unknown {
  if (!Number.isSafeInteger(at) || at < 0 || at + 32 > bytes.length) return null
  if (typeof type === 'object' && 'tuple' in type) return decodeTuple(bytes, at, type)
  const length = offsetAt(bytes, at)
  const from = at + 32
  if (typeof type === 'object') {
    const size = sizeOf(type.list)
    if (!(length * size <= bytes.length - from)) return null
    const items = Array.from({ length }, (_, i) => decodeTuple(bytes, from + i * size, type.list))
    return items.includes(null) ? null : items
  }
  if (!(length <= bytes.length - from)) return null
  const content = bytes.subarray(from, from + length)
  return type === 'bytes' ? toHex(content) : fromUtf8(content)
}

function decodeTuple(bytes: Uint8Array, at: number, { tuple }: Tuple): Record<string, unknown> | null {
  const values = decodeSequence(bytes, at, Object.values(tuple))
  return values && Object.fromEntries(Object.keys(tuple).map((name, i) => [name, values[i]]))
}

const isDynamic = (type: Type): boolean =>
  type === 'text' ||
  type === 'bytes' ||
  (typeof type === 'object' && ('list' in type || Object.values(type.tuple).some(isDynamic)))

const sizeOf = (type: Type): number =>
  typeof type === 'object' && 'tuple' in type
    ? Object.values(type.tuple).reduce((sum, one) => sum + (isDynamic(one) ? 32 : sizeOf(one)), 0)
    : 32

/** NaN where nothing can lie: every comparison with it fails. */
function offsetAt(bytes: Uint8Array, at: number): number {
  if (at + 32 > bytes.length) return Number.NaN
  const value = BigInt(toHex(bytes.subarray(at, at + 32)))
  return value <= BigInt(bytes.length) ? Number(value) : Number.NaN
}

function errorName(data: unknown): string | null {
  const found = ERRORS.find(signature => typeof data === 'string' && data.startsWith(selector(signature)))
  return found?.split('(')[0] ?? null
}

const selector = (signature: string): string => toHex(keccak256(toUtf8(signature)).subarray(0, 4))

function callOf(method: string): Call {
  const call = CALLS[method]
  if (call === undefined) throw new TypeError(`${method} is no call of a verification`)
  return call
}

function wordOf(hex: string): Uint8Array {
  const bytes = fromHex(hex.toLowerCase())
  if (bytes?.length !== 32) throw new TypeError('a word has 32 bytes')
  return bytes
}

function uint(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError('not a whole number from 0 up')
  return wordOf(`0x${value.toString(16).padStart(64, '0')}`)
}

const noAnswer = (method: string) => new ChainUnreachable(`the node does not answer ${method}`)
