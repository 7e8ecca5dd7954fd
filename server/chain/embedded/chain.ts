// The embedded chain: an EVM in memory, rebuilt from its journal at the start, and one writer that records every
// block before anybody is told of it.
//
// Fixed genesis inputs, the same raw transactions in the same order and the same block times give the same block
// hashes, bit for bit: that is why a journal of transactions is enough, and why a replay can prove it is whole.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { makeDirectoryDurably } from '../../store/durable-file.ts'
import { quantityToBigInt, quantityToNumber } from '../rpc.ts'
import { createEvm, installedEdrVersion, type Evm } from './evm.ts'
import { createGate } from './gate.ts'
import {
  assertSameGenesis,
  createGenesis,
  genesisPath,
  printOf,
  readGenesis,
  writeGenesis,
  type Genesis,
} from './genesis.ts'
import { openJournal, type Journal, type JournaledBlock } from './journal.ts'
import { StartRefusal } from './refusal.ts'
import * as refuse from './rpc-errors.ts'

export interface EmbeddedChain {
  readonly chainId: number
  /** Hash of block 0, 0x and 64 hex digits: unlike the chain id, no other chain has it. */
  readonly genesisHash: string
  /** Number of the last journaled block. */
  readonly height: number
  /**
   * One JSON-RPC request. Throws `RpcFailure` for everything that is refused. `eth_sendRawTransaction` answers once the
   * block with the transaction is journaled: what was acknowledged survives a power cut. A transaction whose answer
   * never came may be in a block all the same; sent again, it is then refused with "nonce too low".
   */
  call(method: string, params: readonly unknown[]): Promise<unknown>
  /** Finishes the block that is being made, refuses what still waits, and closes the journal. */
  stop(): Promise<void>
}

export interface EmbeddedChainOptions {
  dataDir: string
  /** Counts at the first start; later, a chain id other than the journal's is refused. */
  chainId?: number | undefined
  /** Take the journal over from another version of EDR, if that gives the same blocks. */
  acceptEdrUpgrade?: boolean
  log: (line: string) => void
  /** Must end the process: the EVM holds a block that the journal does not. */
  fatal: (error: Error) => never
  /** Milliseconds since 1970, as `Date.now`. */
  clock?: () => number
}

/** What may be asked. A list of what is allowed, since `evm_*`, `hardhat_*` and the like would act past the journal. */
const READS: ReadonlySet<string> = new Set([
  'eth_blockNumber',
  'eth_call',
  'eth_chainId',
  'eth_estimateGas',
  'eth_feeHistory',
  'eth_gasPrice',
  'eth_getBalance',
  'eth_getBlockByHash',
  'eth_getBlockByNumber',
  'eth_getCode',
  'eth_getLogs',
  'eth_getStorageAt',
  'eth_getTransactionByHash',
  'eth_getTransactionCount',
  'eth_getTransactionReceipt',
  'eth_maxPriorityFeePerGas',
  'eth_syncing',
  'net_version',
])

/** A block of this many bare transfers takes about 100 ms: readers wait no longer than that. */
const MOST_PER_BLOCK = 500

/** Raw transactions that may wait for a block; more are refused, so that memory stays bounded. */
const MOST_WAITING = 20_000

/** go-ethereum's limit for one transaction, in bytes. */
const MOST_BYTES = 128 * 1024

/** First byte of a blob transaction (EIP-4844): its blobs are not kept in blocks, so a journal could not replay it. */
const BLOB_TRANSACTION = '0x03'

export const journalPath = (dataDir: string): string => join(dataDir, 'journal.db')

/**
 * Opens the chain in `dataDir`, or makes one there, and replays its journal. Every block's hash is compared with the
 * journal's; the first that differs ends the start with `JOURNAL_MISMATCH`. The caller holds the directory's lock.
 */
export async function openEmbeddedChain(options: EmbeddedChainOptions): Promise<EmbeddedChain> {
  const { dataDir, log, fatal, clock = Date.now } = options
  const { genesis, journal } = openRecords(options)
  try {
    const evm = await createEvm(genesis, dataDir)
    const genesisHash = (await headOf(evm)).hash
    const began = performance.now()
    const head = await replay(evm, journal)
    log(`replayed ${head.number} blocks in ${Math.round(performance.now() - began)} ms; head ${head.hash}`)
    settleEdrVersion(options, genesis, journal)
    return serve({ evm, journal, genesis, genesisHash, head, log, fatal, clock })
  } catch (error) {
    journal.close()
    throw error
  }
}

/** Opens `genesis.json` and the journal, makes what a first start lacks, and refuses when they do not fit together. */
function openRecords({ dataDir, chainId, acceptEdrUpgrade, clock = Date.now }: EmbeddedChainOptions) {
  makeDirectoryDurably(dataDir, 0o700)
  const path = journalPath(dataDir)
  const found = readGenesis(dataDir)
  if (found === null && existsSync(path)) {
    const what = `${genesisPath(dataDir)} is missing beside ${path}; without its key the chain cannot be rebuilt`
    throw new StartRefusal('GENESIS_MISSING', what)
  }
  if (found !== null && !existsSync(path) && existsSync(join(dataDir, 'endpoint.json'))) {
    throw new StartRefusal('JOURNAL_MISSING', `${path} is missing, though this chain has run before`)
  }
  const edrVersion = installedEdrVersion()
  const genesis = found ?? createGenesis(dataDir, { chainId, edrVersion, now: new Date(clock()) })
  const journal = openJournal(path, printOf(genesis))
  try {
    const kept = journal.genesis
    const upgraded = acceptEdrUpgrade === true ? { edrVersion: kept.edrVersion } : {}
    assertSameGenesis(kept, { ...printOf(genesis), ...upgraded }, genesisPath(dataDir))
    if (chainId !== undefined) assertSameGenesis(kept, { ...kept, chainId: String(chainId) }, 'the options')
    if (acceptEdrUpgrade !== true) {
      assertSameGenesis(
        kept,
        { ...kept, edrVersion },
        'this installation (--accept-edr-upgrade replays and compares)',
      )
    }
    return { genesis, journal }
  } catch (error) {
    journal.close()
    throw error
  }
}

/** Records the EVM that just replayed the whole journal to the same hashes. */
function settleEdrVersion({ dataDir, log }: EmbeddedChainOptions, genesis: Genesis, journal: Journal): void {
  const edrVersion = installedEdrVersion()
  if (journal.genesis.edrVersion === edrVersion && genesis.edrVersion === edrVersion) return
  log(
    `EDR ${edrVersion} gives the same blocks as EDR ${journal.genesis.edrVersion}; it takes the journal over`,
  )
  journal.saveEdrVersion(edrVersion)
  writeGenesis(dataDir, { ...genesis, edrVersion })
}

interface Head {
  number: number
  hash: string
  timestamp: number
  /** Least fee per gas of the next block, in wei. */
  nextBaseFee: bigint
  /** Hashes of the block's transactions, in order. */
  transactions: string[]
}

async function headOf(evm: Evm): Promise<Head> {
  const block = (await evm.request('eth_getBlockByNumber', ['latest', false])) as Record<string, unknown>
  return {
    number: quantityToNumber(block['number']),
    hash: block['hash'] as string,
    timestamp: quantityToNumber(block['timestamp']),
    nextBaseFee: nextBaseFee({
      baseFee: quantityToBigInt(block['baseFeePerGas']),
      gasUsed: quantityToBigInt(block['gasUsed']),
      gasLimit: quantityToBigInt(block['gasLimit']),
    }),
    transactions: block['transactions'] as string[],
  }
}

/** The base fee of a block's child, in wei (https://eips.ethereum.org/EIPS/eip-1559#specification). */
export function nextBaseFee(parent: { baseFee: bigint; gasUsed: bigint; gasLimit: bigint }): bigint {
  const { baseFee, gasUsed } = parent
  const target = parent.gasLimit / 2n
  if (gasUsed === target) return baseFee
  if (gasUsed < target) return baseFee - (baseFee * (target - gasUsed)) / target / 8n
  const rise = (baseFee * (gasUsed - target)) / target / 8n
  return baseFee + (rise > 1n ? rise : 1n)
}

async function replay(evm: Evm, journal: Journal): Promise<Head> {
  let head = await headOf(evm)
  for (const block of journal.blocks()) {
    try {
      for (const raw of block.transactions) await evm.request('eth_sendRawTransaction', [raw])
      await evm.request('evm_mine', [block.timestamp])
    } catch (error) {
      const what = `block ${block.number} cannot be replayed: ${(error as Error).message}`
      throw new StartRefusal('JOURNAL_MISMATCH', `${what}; its journaled hash is ${block.hash}`)
    }
    head = await headOf(evm)
    if (head.hash !== block.hash) {
      const what = `block ${block.number} is ${block.hash} in the journal and ${head.hash} when replayed`
      throw new StartRefusal('JOURNAL_MISMATCH', what)
    }
  }
  return head
}

interface Running {
  evm: Evm
  journal: Journal
  genesis: Genesis
  genesisHash: string
  head: Head
  log: (line: string) => void
  fatal: (error: Error) => never
  clock: () => number
}

/** A raw transaction whose sender waits for a block. */
interface Waiting {
  raw: string
  accept: (hash: string) => void
  refuse: (error: unknown) => void
  /** Settles, without failing, once the sender has an answer. */
  answered: Promise<unknown>
}

/** What EDR says of a transaction in its pool. */
interface Pooled {
  hash: string
  sender: string
  nonce: number
  maxFeePerGas: bigint
}

function serve({ evm, journal, genesis, genesisHash, head, log, fatal, clock }: Running): EmbeddedChain {
  const gate = createGate()
  const waiting: Waiting[] = []
  /** By hash, what is in EDR's pool: this batch, and what the last block had no room for. */
  const pool = new Map<string, Waiting>()
  /** Raw transactions in `waiting` or `pool`. */
  const known = new Set<string>()
  let limit = MOST_PER_BLOCK
  let working: Promise<void> | null = null
  let isStopping = false

  return {
    chainId: genesis.chainId,
    genesisHash,
    get height() {
      return head.number
    },
    call(method, params) {
      if (method === 'eth_sendRawTransaction') return send(params)
      if (method === 'web3_clientVersion')
        return Promise.resolve(`onceproof-embedded/EDR/${genesis.edrVersion}`)
      if (!READS.has(method)) return Promise.reject(refuse.methodNotFound(method))
      return read(method, params)
    },
    async stop() {
      isStopping = true
      await working
      for (const one of waiting.splice(0)) one.refuse(refuse.stopping())
      for (const one of pool.values()) one.refuse(refuse.stopping())
      journal.close()
    },
  }

  async function read(method: string, params: readonly unknown[]): Promise<unknown> {
    let asked = params
    if (params.includes('pending')) {
      // What was sent before this question counts in its answer, and by then it is in a block.
      await Promise.all([...waiting, ...pool.values()].map(one => one.answered))
      if (method === 'eth_getTransactionCount') asked = params.map(p => (p === 'pending' ? 'latest' : p))
    }
    try {
      return await gate.read(async () => {
        if (method === 'eth_estimateGas' || asked.includes('pending')) await setPendingTime()
        return evm.request(method, asked)
      })
    } catch (error) {
      throw refuse.rpcFailureOf(error)
    }
  }

  /**
   * Gas is estimated in a pending block of EDR's own time, which follows the machine's clock and may be behind the head when that was set
   * back. Deadlines, start dates and keys must look there as they will in the next block.
   */
  async function setPendingTime(): Promise<void> {
    await evm.request('evm_setNextBlockTimestamp', [nextTime()])
  }

  /** Of the next block, in seconds. A clock that was set back makes no block older than the one before. */
  function nextTime(): number {
    return Math.max(Math.floor(clock() / 1000), head.timestamp)
  }

  function send(params: readonly unknown[]): Promise<string> {
    return new Promise((accept, reject) => {
      const raw = rawOf(params)
      if (isStopping) throw refuse.stopping()
      if (known.has(raw)) throw refuse.alreadyKnown()
      if (waiting.length >= MOST_WAITING) throw refuse.tooManyWaiting()
      const answered = Promise.withResolvers<void>()
      const settle = () => {
        known.delete(raw)
        answered.resolve()
      }
      known.add(raw)
      waiting.push({
        raw,
        accept: hash => (settle(), accept(hash)),
        refuse: error => (settle(), reject(refuse.rpcFailureOf(error))),
        answered: answered.promise,
      })
      working ??= work()
    })
  }

  /** The one writer: a block after another while there is something to put into one. */
  async function work(): Promise<void> {
    try {
      // What arrives in the same turn of the event loop shares the first block.
      await new Promise(resolve => setImmediate(resolve))
      while (hasWork()) await makeBlock()
    } catch (error) {
      fatal(error instanceof Error ? error : new Error(String(error)))
    } finally {
      working = null
    }
  }

  function hasWork(): boolean {
    return !isStopping && (waiting.length > 0 || pool.size > 0)
  }

  async function makeBlock(): Promise<void> {
    await fillPool()
    await dropUnminable()
    if (pool.size > 0) await gate.write(mineAndRecord)
  }

  async function fillPool(): Promise<void> {
    for (const one of waiting.splice(0, Math.max(0, limit - pool.size))) {
      try {
        const hash = (await evm.request('eth_sendRawTransaction', [one.raw])) as string
        pool.set(hash, one)
      } catch (error) {
        one.refuse(error)
      }
    }
  }

  /**
   * Takes out of EDR's pool what it accepted but cannot put into the next block: what was replaced, what leaves a gap
   * before its nonce, and what offers too little. EDR would keep these, and one that surfaced in a later block would
   * have been answered from no journal.
   */
  async function dropUnminable(): Promise<void> {
    const found = await Promise.all([...pool.keys()].map(pooledOf))
    const bySender = Map.groupBy(
      found.filter(one => one !== null),
      one => one.sender,
    )
    for (const [sender, transactions] of bySender) {
      let next = quantityToNumber(await evm.request('eth_getTransactionCount', [sender, 'latest']))
      for (const one of transactions.sort((a, b) => a.nonce - b.nonce)) {
        if (one.nonce !== next) await drop(one.hash, refuse.nonceTooHigh(sender, next, one.nonce))
        else if (one.maxFeePerGas < head.nextBaseFee) {
          await drop(one.hash, refuse.feeTooLow(sender, one.maxFeePerGas, head.nextBaseFee))
        } else next += 1
      }
    }
  }

  async function pooledOf(hash: string): Promise<Pooled | null> {
    const found = (await evm.request('eth_getTransactionByHash', [hash])) as Record<string, unknown> | null
    if (found === null) {
      pool.get(hash)?.refuse(refuse.replaced())
      pool.delete(hash)
      return null
    }
    return {
      hash,
      sender: found['from'] as string,
      nonce: quantityToNumber(found['nonce']),
      maxFeePerGas: quantityToBigInt(found['maxFeePerGas'] ?? found['gasPrice']),
    }
  }

  async function drop(hash: string, why: Error): Promise<void> {
    await evm.request('hardhat_dropTransaction', [hash])
    pool.get(hash)?.refuse(why)
    pool.delete(hash)
  }

  async function mineAndRecord(): Promise<void> {
    const timestamp = nextTime()
    try {
      await evm.request('evm_mine', [timestamp])
    } catch (error) {
      return await retryWithFewer(error)
    }
    const mined = await headOf(evm)
    const block: JournaledBlock = { number: mined.number, timestamp, hash: mined.hash, transactions: [] }
    for (const hash of mined.transactions) {
      const one = pool.get(hash)
      if (one === undefined)
        throw new Error(`block ${mined.number} has a transaction that nobody sent: ${hash}`)
      block.transactions.push(one.raw)
    }
    if (block.number !== head.number + 1)
      throw new Error(`block ${block.number} follows block ${head.number}`)
    // The point of no return. Before it, nobody has been told of the block; after it, a replay gives the same block.
    journal.append(block)
    head = mined
    limit = Math.min(MOST_PER_BLOCK, limit * 2)

    for (const hash of mined.transactions) {
      pool.get(hash)?.accept(hash)
      pool.delete(hash)
    }
    // A block that took none of them had room for each.
    if (block.transactions.length === 0)
      for (const hash of pool.keys()) await drop(hash, refuse.neverIncluded())
  }

  /**
   * EDR makes no block at all when one transaction turns out to be unpayable (after the sender's earlier ones, say). So
   * the batch goes back to the head of the queue in halves, until the bad one is alone and is refused.
   */
  async function retryWithFewer(error: unknown): Promise<void> {
    if ((await headOf(evm)).hash !== head.hash) throw error
    const batch = [...pool]
    limit = Math.max(1, Math.floor(batch.length / 2))
    log(`EDR refused a batch of ${batch.length} transactions: ${(error as Error).message}`)
    if (batch.length === 1) {
      for (const [hash] of batch) await drop(hash, refuse.rpcFailureOf(error))
      return
    }
    for (const [hash] of batch) await evm.request('hardhat_dropTransaction', [hash])
    pool.clear()
    waiting.unshift(...batch.map(([, one]) => one))
  }
}

function rawOf(params: readonly unknown[]): string {
  const [raw] = params
  if (params.length !== 1 || typeof raw !== 'string' || !/^0x([0-9a-f]{2})+$/i.test(raw)) {
    throw refuse.invalidParams(
      'eth_sendRawTransaction takes one raw transaction, 0x and an even number of hex digits',
    )
  }
  const bytes = raw.length / 2 - 1
  if (bytes > MOST_BYTES) throw refuse.oversized(bytes, MOST_BYTES)
  if (raw.startsWith(BLOB_TRANSACTION)) throw refuse.typeNotSupported()
  return raw.toLowerCase()
}
