// What block 0 of the embedded chain is made from. Replaying the journal gives the same blocks only from the same
// inputs, so they are part of the journal's format: kept beside it, copied into it, compared at every start.

import { createECDH, randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { z } from 'zod'
import { writeFileDurably } from '../../store/durable-file.ts'
import { StartRefusal } from './refusal.ts'

const genesisFile = z.strictObject({
  format: z.literal(1),
  chainId: z.int().min(1),
  hardfork: z.literal('osaka'),
  blockGasLimit: z.int().min(1),
  /** Time of block 0, RFC 3339 in UTC, whole seconds. */
  initialDate: z.iso.datetime(),
  /** Version of the EVM that first ran the journal, or last took it over. */
  edrVersion: z.string().min(1),
  /** Secret key of the one account that has money: it pays for transactions and is trusted with nothing else. */
  relayerKey: z.string().regex(/^0x[0-9a-f]{64}$/),
})

/** The inputs of block 0, as kept in `genesis.json`. */
export type Genesis = z.infer<typeof genesisFile>

/** What the journal keeps of the inputs: all of them, with the account's address in place of its secret key. */
export type GenesisPrint = Record<
  'chainId' | 'hardfork' | 'blockGasLimit' | 'initialDate' | 'edrVersion' | 'relayer',
  string
>

/** Chain id of a local chain by convention, taken when none is asked for at the first start. */
const DEFAULT_CHAIN_ID = 31337

/** Sixty million, as on the main network when this was written. */
const BLOCK_GAS_LIMIT = 60_000_000

export const genesisPath = (dataDir: string): string => join(dataDir, 'genesis.json')

/** Reads `genesis.json`; null when there is none. Refuses a file that is not exactly what `createGenesis` writes. */
export function readGenesis(dataDir: string): Genesis | null {
  const path = genesisPath(dataDir)
  if (!existsSync(path)) return null
  try {
    return genesisFile.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error).replaceAll('\n', ' ') : 'it is not JSON'
    throw new StartRefusal('GENESIS_UNREADABLE', `${path} cannot be used: ${why}`)
  }
}

/** Decides on the inputs of a new chain, with a fresh key, and writes them. They survive a crash once it returns. */
export function createGenesis(
  dataDir: string,
  {
    chainId = DEFAULT_CHAIN_ID,
    edrVersion,
    now,
  }: { chainId?: number | undefined; edrVersion: string; now: Date },
): Genesis {
  const genesis: Genesis = {
    format: 1,
    chainId,
    hardfork: 'osaka',
    blockGasLimit: BLOCK_GAS_LIMIT,
    initialDate: `${now.toISOString().slice(0, 19)}Z`,
    edrVersion,
    relayerKey: newSecretKey(),
  }
  writeGenesis(dataDir, genesis)
  return genesis
}

/** Replaces `genesis.json`, readable by its owner only. */
export function writeGenesis(dataDir: string, genesis: Genesis): void {
  writeFileDurably(genesisPath(dataDir), `${JSON.stringify(genesis, null, 2)}\n`, 0o600)
}

/** The part of the inputs that may be shown and is kept in the journal. */
export function printOf(genesis: Genesis): GenesisPrint {
  return {
    chainId: String(genesis.chainId),
    hardfork: genesis.hardfork,
    blockGasLimit: String(genesis.blockGasLimit),
    initialDate: genesis.initialDate,
    edrVersion: genesis.edrVersion,
    relayer: addressOf(genesis.relayerKey),
  }
}

/** Refuses when an input differs from the journal's copy, naming each with both values. */
export function assertSameGenesis(kept: GenesisPrint, given: GenesisPrint, givenBy: string): void {
  const names = Object.keys(kept) as (keyof GenesisPrint)[]
  const differing = names.filter(name => kept[name] !== given[name])
  if (differing.length === 0) return
  const list = differing.map(
    name => `${name} is ${kept[name]} in the journal and ${given[name]} in ${givenBy}`,
  )
  throw new StartRefusal('GENESIS_MISMATCH', list.join('; '))
}

/** The account's address, 0x and 40 lower-case hex digits. */
export function addressOf(secretKey: string): string {
  const point = createECDH('secp256k1')
  point.setPrivateKey(secretKey.slice(2), 'hex')
  const publicKey = point.getPublicKey().subarray(1)
  return `0x${Buffer.from(keccak_256(publicKey)).subarray(12).toString('hex')}`
}

function newSecretKey(): string {
  // The curve's order is so close to 2^256 that a second draw is never seen; the loop only makes it certain.
  for (;;) {
    const secretKey = `0x${randomBytes(32).toString('hex')}`
    if (isSecretKey(secretKey)) return secretKey
  }
}

function isSecretKey(secretKey: string): boolean {
  try {
    addressOf(secretKey)
    return true
  } catch {
    return false
  }
}
