import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { Wallet, type TransactionRequest } from 'ethers'
import { journalPath, openEmbeddedChain, type EmbeddedChain } from '../../../server/chain/embedded/chain.ts'
import { genesisPath, readGenesis } from '../../../server/chain/embedded/genesis.ts'
import { StartRefusal } from '../../../server/chain/embedded/refusal.ts'
import { RpcFailure } from '../../../server/chain/rpc.ts'

/** An empty directory, and what removes it. */
export function scratchDirectory(): { dataDir: string; remove: () => void } {
  const dataDir = mkdtempSync(join(tmpdir(), 'embedded-chain-'))
  return { dataDir, remove: () => rmSync(dataDir, { recursive: true, force: true }) }
}

/** Opens the chain in this process, without its lock and port. */
export function openChain(
  dataDir: string,
  options: { chainId?: number; acceptEdrUpgrade?: boolean; clock?: () => number } = {},
): Promise<EmbeddedChain> {
  const fatal = (error: Error): never => {
    throw error
  }
  return openEmbeddedChain({ dataDir, log: () => {}, fatal, ...options })
}

export function relayerOf(dataDir: string): Wallet {
  const genesis = readGenesis(dataDir)
  if (genesis === null) throw new Error(`no genesis in ${dataDir}`)
  return new Wallet(genesis.relayerKey)
}

/** A signed transfer of one wei from the wallet to itself, or whatever `more` makes of it. */
export function signTransfer(wallet: Wallet, nonce: number, more: TransactionRequest = {}): Promise<string> {
  return wallet.signTransaction({
    type: 2,
    chainId: 31337,
    nonce,
    to: wallet.address,
    value: 1,
    gasLimit: 21_000,
    maxFeePerGas: 10n ** 10n,
    maxPriorityFeePerGas: 1n,
    ...more,
  })
}

export function signTransfers(wallet: Wallet, from: number, count: number): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, (_, i) => signTransfer(wallet, from + i)))
}

export const send = (chain: EmbeddedChain, raw: string) => chain.call('eth_sendRawTransaction', [raw])

/** The refusal that `work` ends with; anything else is a failed test. */
export async function startRefusalOf(work: Promise<unknown>): Promise<StartRefusal> {
  const error = await errorOf(work)
  if (error instanceof StartRefusal) return error
  throw new Error('expected a StartRefusal', { cause: error })
}

export async function rpcFailureOf(work: Promise<unknown>): Promise<RpcFailure> {
  const error = await errorOf(work)
  if (error instanceof RpcFailure) return error
  throw new Error('expected an RpcFailure', { cause: error })
}

async function errorOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work
  } catch (error) {
    return error
  }
  throw new Error('expected a refusal, and there was none')
}

export function editGenesis(dataDir: string, change: Record<string, unknown>): void {
  const kept = JSON.parse(readFileSync(genesisPath(dataDir), 'utf8')) as Record<string, unknown>
  writeFileSync(genesisPath(dataDir), JSON.stringify({ ...kept, ...change }))
}

/** Runs SQL on the journal of a chain that does not run. */
export function editJournal(dataDir: string, sql: string): void {
  const file = new Database(journalPath(dataDir))
  file.exec(sql)
  file.close()
}

/** Flips the lowest bit of the byte at `offset` from where `bytes` stands in the journal file. */
export function flipInJournal(dataDir: string, bytes: string, offset: number): void {
  const path = journalPath(dataDir)
  const file = readFileSync(path)
  const at = file.indexOf(Buffer.from(bytes.slice(2), 'hex'))
  if (at < 0) throw new Error('the journal file does not hold these bytes')
  file.writeUInt8(file.readUInt8(at + offset) ^ 1, at + offset)
  writeFileSync(path, file)
}
