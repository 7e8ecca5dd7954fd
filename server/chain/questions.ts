/**
 * The questions of a verification put to a JSON-RPC node, whoever encodes them: nothing here needs more than the protocol, so browsers run
 * it too. `view.ts` adds the encoder that the gateway uses.
 */
import { keccak256 } from '#crypto'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import type {
  AnchoredCheckpoint,
  ChainIdentity,
  ChainView,
  ContractName,
  Interval,
} from '../../protocol/chain-view.ts'
import { CONTRACT_NAMES } from '../../protocol/chain-view.ts'
import { statusListId } from '../../protocol/snapshot.ts'
import { logId } from './log-id.ts'
import { ChainUnreachable, quantityToNumber, toQuantity, type Rpc } from './rpc.ts'

export type Addresses = Record<ContractName, { address: string }>

/** Calls a view function of one of the contracts at one block and decodes its results; a revert rejects with `ContractRevert`. */
export type Reader = (contract: ContractName, method: string, args: unknown[]) => Promise<unknown[]>

/** A contract said no by a custom error. */
export class ContractRevert extends Error {
  override readonly name = 'ContractRevert'
  readonly error: string | null

  constructor(contract: string, method: string, error: string | null) {
    super(`${contract}.${method} reverted${error === null ? '' : ` with ${error}`}`)
    this.error = error
  }
}

/** Nodes put the revert data in `data` itself or in an object around it. */
export function revertData(data: unknown): unknown {
  if (typeof data !== 'object' || data === null) return data
  const { data: inner } = data as { data?: unknown }
  return inner ?? data
}

/** The chain's own identity, with the code that lives at the addresses. */
export async function chainIdentity(rpc: Rpc, addresses: Addresses): Promise<ChainIdentity> {
  const [chainId, genesis, ...codes] = await Promise.all([
    rpc.call('eth_chainId', []),
    rpc.call<{ hash?: unknown } | null>('eth_getBlockByNumber', ['0x0', false]),
    ...CONTRACT_NAMES.map(name => rpc.call<string>('eth_getCode', [addresses[name].address, 'latest'])),
  ])
  if (typeof genesis?.hash !== 'string') throw new ChainUnreachable('the node has no block 0')
  const contracts = CONTRACT_NAMES.map((name, i) => [
    name,
    { address: addresses[name].address.toLowerCase(), codeHash: codeHash(codes[i]) },
  ])
  return {
    chainId: quantityToNumber(chainId),
    genesis: genesis.hash.toLowerCase(),
    contracts: Object.fromEntries(contracts) as ChainIdentity['contracts'],
  }
}

function codeHash(code: unknown): string {
  const bytes = typeof code === 'string' ? fromHex(code.toLowerCase()) : null
  if (bytes === null) throw new ChainUnreachable('the node answers no code')
  return toHex(keccak256(bytes))
}

/** Number, hash and time of a block; rejects when the node does not have it. */
export async function blockAt(
  rpc: Rpc,
  tag: number | 'latest',
): Promise<{ number: number; hash: string; time: number }> {
  const block = await rpc.call<{ number?: unknown; hash?: unknown; timestamp?: unknown } | null>(
    'eth_getBlockByNumber',
    [tag === 'latest' ? tag : toQuantity(tag), false],
  )
  if (block === null || typeof block.hash !== 'string')
    throw new ChainUnreachable(`the node has no block ${tag}`)
  return {
    number: quantityToNumber(block.number),
    hash: block.hash.toLowerCase(),
    time: quantityToNumber(block.timestamp),
  }
}

/**
 * Rejects unless a block is still where it was: what was concluded from it and the blocks before it holds for one and the same chain,
 * however often the node answered from another in between.
 */
export async function assertStillThere(rpc: Rpc, block: { number: number; hash: string }): Promise<void> {
  const { hash } = await blockAt(rpc, block.number)
  if (hash !== block.hash) throw new ChainUnreachable('the chain was reorganised while it was asked')
}

export interface ViewOptions {
  identity?: () => Promise<ChainIdentity>
  at?: number
}

/**
 * A view of the chain at its present head: every question is asked at that one block. `identity` stands in for asking the node
 * who it is, for a caller who asks that once for many views.
 */
export function viewThrough(
  rpc: Rpc,
  addresses: Addresses,
  readerAt: (block: number) => Reader,
  options: ViewOptions = {},
): ChainView {
  const head = once(() => blockAt(rpc, options.at ?? 'latest'))
  const read: Reader = async (contract, method, args) =>
    readerAt((await head()).number)(contract, method, args)
  const identity = options.identity
  return {
    kind: 'live',
    identity: identity ?? once(() => chainIdentity(rpc, addresses)),
    head,
    checkpointOfSize: (origin, size) => checkpoint(read, 'checkpointOfSize', origin, size),
    firstCovering: (origin, index) => checkpoint(read, 'firstCovering', origin, index),
    keyOf: async id => {
      const [key] = (await read('DepartmentRegistry', 'keyOf', [id])) as [Record<string, unknown>]
      if (Number(key['addedAt']) === 0) return null
      return {
        department: key['department'] as string,
        purpose: Number(key['purpose']),
        algorithm: Number(key['algorithm']),
        addedAt: Number(key['addedAt']),
        signUntil: Number(key['signUntil']),
        anchorUntil: Number(key['anchorUntil']),
        compromisedSince: Number(key['compromisedSince']),
        publicKey: fromHex(key['publicKey'] as string)!,
      }
    },
    departmentOf: id =>
      nullOn('UnknownDepartment', async () => {
        const [uscc, did, admittedAt] = await read('DepartmentRegistry', 'departmentOf', [id])
        const [suspensions] = await read('DepartmentRegistry', 'suspensionsOf', [id])
        return {
          uscc: uscc as string,
          did: did as string,
          admittedAt: Number(admittedAt),
          suspensions: (suspensions as Record<string, unknown>[]).map(interval),
        }
      }),
    permitsOf: async (typeCode, region) => {
      const [periods] = await read('DepartmentRegistry', 'permitsOf', [typeCode, region])
      return (periods as Record<string, unknown>[]).map(period => ({
        department: period['department'] as string,
        ...interval(period),
      }))
    },
    statusOf: (uscc, list, index) =>
      nullOn('UnknownList', async () => {
        const id = statusListId(uscc, list)
        const [revoked, suspended, superseded, successor] = await read('StatusRegistry', 'statusOf', [
          id,
          index,
        ])
        return {
          revoked: revoked as boolean,
          suspended: suspended as boolean,
          superseded: superseded as boolean,
          successor: superseded ? (successor as string) : null,
        }
      }),
  }
}

async function checkpoint(
  read: Reader,
  method: 'checkpointOfSize' | 'firstCovering',
  origin: string,
  argument: number,
): Promise<AnchoredCheckpoint | null> {
  return nullOn('UnknownLog', async () => {
    const [found] = (await read('AnchorLog', method, [logId(origin), argument])) as [Record<string, unknown>]
    return anchored(found)
  })
}

/** A checkpoint as the contract returns it; size 0 means none. */
export function anchored(found: Record<string, unknown>): AnchoredCheckpoint | null {
  if (Number(found['size']) === 0) return null
  return {
    size: Number(found['size']),
    root: fromHex(found['root'] as string)!,
    time: Number(found['time']),
    blockNumber: Number(found['blockNumber']),
  }
}

async function nullOn<T>(error: string, ask: () => Promise<T>): Promise<T | null> {
  try {
    return await ask()
  } catch (cause) {
    if (cause instanceof ContractRevert && cause.error === error) return null
    throw cause
  }
}

const interval = (value: Record<string, unknown>): Interval => ({
  from: Number(value['from']),
  until: Number(value['until']),
})

function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined
  return () => (answer ??= ask())
}
