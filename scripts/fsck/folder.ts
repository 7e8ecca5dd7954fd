/**
 * A data folder opened for looking only: one view of the database for all that follows, whatever a running gateway writes
 * meanwhile; the chain; and the keystore, when its passphrase is at hand.
 */
import Database from 'better-sqlite3'
import { createHash, type KeyObject } from 'node:crypto'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { formatNoteKey, noteKey, parseNoteKey, type NoteKey } from '../../protocol/note.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { parseSnapshot } from '../../protocol/snapshot.ts'
import type { Trust } from '../../protocol/trust.ts'
import { readDeployment, type Deployment } from '../../server/chain/deployment.ts'
import { readEndpoint } from '../../server/chain/embedded/endpoint.ts'
import { journalPath } from '../../server/chain/embedded/chain.ts'
import { ChainUnreachable, createRpc, RpcFailure, type Rpc } from '../../server/chain/rpc.ts'
import { openKeystore, type Keystore } from '../../server/keys/keystore.ts'
import { NOTE_KEY } from '../../server/keys/names.ts'
import { assertOurs } from '../../server/store/migrations.ts'
import { assertSameContracts, chainOfNode, chainOfSnapshot, persistent, type ChainInView } from './chain.ts'
import type { Findings } from './finding.ts'
import { checkJournal } from './journal.ts'
import { openScratch, type Scratch } from './scratch.ts'

export type Db = Database.Database

/** What an audit looks at, and where it writes down what it finds. */
export interface Audited {
  dataDir: string
  db: Db
  origin: string | null
  chain: ChainInView | null
  /** Deepness from which a block is final. */
  confirmations: number
  noteKey: NoteKey | null
  /** A department's key for documents; null when there is none, or no passphrase. */
  kek: (uscc: string) => Promise<KeyObject | null>
  hasKeystore: boolean
  findings: Findings
  scratch: Scratch
}

export interface FolderOptions {
  dataDir: string
  trust: Trust | null
  /** A node in place of the folder's own chain. */
  rpc: Rpc | null
  snapshot: Uint8Array | null
  passphrase: string | null
  /** The keystore, opened before: opening one is made slow on purpose. */
  keystore?: Keystore
  confirmations: number
}

/**
 * Opens the folder. Refuses DATA_MISSING, STORE_FORMAT, STORE_NEWER and STORE_DAMAGED when there is no database to look at, and
 * WRONG_CHAIN when node, snapshot or trust file speak of another chain than the folder; anything less becomes a finding.
 */
export async function openFolder(options: FolderOptions, findings: Findings): Promise<Audited> {
  const { dataDir, trust } = options
  // The chain's block is fixed before the database's view: what is anchored by then, the database must hold.
  const chain = await openChain(options, findings)
  const db = openDatabase(join(dataDir, 'onceproof.db'))
  const origin =
    db.prepare<[], string>("SELECT value FROM settings WHERE name = 'log.origin'").pluck().get() ?? null
  const keys = await openKeys(options, findings)
  const trusted = trust?.logs.find(log => log.origin === origin)?.noteKey
  const own = keys === null || origin === null ? null : await ownNoteKey(keys, origin)
  if (trusted !== undefined && own !== null && trusted !== own)
    findings.violation(
      'KEYSTORE_DAMAGED',
      { file: 'keystore.json', key: NOTE_KEY },
      { expected: trusted, found: own },
    )
  const key = trusted ?? own
  if (key === null && origin !== null) findings.unchecked('I3', 'signatures of notes', 'NO_NOTE_KEY')
  return {
    dataDir,
    db,
    origin,
    chain,
    confirmations: trust?.chain.confirmations ?? options.confirmations,
    noteKey: key === null ? null : parseNoteKey(key),
    kek: async uscc => {
      if (keys === null) return null
      try {
        return await keys.kek(uscc)
      } catch {
        return null
      }
    },
    hasKeystore: keys !== null,
    findings,
    scratch: openScratch(),
  }
}

function openDatabase(path: string): Db {
  if (!existsSync(path))
    throw new Refusal('DATA_MISSING', `there is no ${path}`, { field: '--data', found: path })
  try {
    const db = new Database(path, { readonly: true, fileMustExist: true })
    assertOurs(db)
    db.pragma('cell_size_check = ON')
    // What is sorted goes to disk: a log of any size is looked at in the same memory.
    db.pragma('temp_store = FILE')
    db.exec('BEGIN')
    db.prepare('SELECT count(*) FROM sqlite_schema').get()
    return db
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error
    throw new Refusal('STORE_DAMAGED', `${path} cannot be read: ${error.code}`, {
      field: path,
      found: error.code,
    })
  }
}

// ---- chain

async function openChain(options: FolderOptions, findings: Findings): Promise<ChainInView | null> {
  const { dataDir, trust, snapshot } = options
  const deployment = deploymentOf(dataDir, findings)
  const contracts = trust?.contracts ?? deployment?.contracts
  const chainDir = join(dataDir, 'chain')
  const hasJournal = existsSync(journalPath(chainDir))
  if (snapshot !== null) {
    const chain = chainOfSnapshot(parseSnapshot(snapshot))
    if (contracts !== undefined) assertSameContracts(chain.addresses, contracts)
    if (hasJournal) await checkJournal(chainDir, null, findings)
    checkDeployment(deployment, chain, findings)
    return chain
  }
  const rpc = options.rpc ?? (await runningChain(chainDir))
  if (contracts === undefined) {
    if (hasJournal) await checkJournal(chainDir, rpc, findings)
    return null
  }
  // Without a node, the journal is the chain: replayed in memory, block by block.
  const replayed = hasJournal ? await checkJournal(chainDir, rpc, findings) : null
  const node = rpc ?? replayed
  if (node === null) return null
  try {
    const chain = await chainOfNode(persistent(node), contracts, rpc === null ? 'journal' : 'node')
    await assertTrusted(chain, trust)
    await checkCode(deployment, chain, findings)
    return chain
  } catch (error) {
    if (error instanceof ChainUnreachable || error instanceof RpcFailure) return null
    throw error
  }
}

/** The embedded chain of the folder, when it answers. */
async function runningChain(chainDir: string): Promise<Rpc | null> {
  const endpoint = readEndpoint(chainDir)
  if (endpoint === null) return null
  const rpc = createRpc(endpoint.url)
  try {
    const genesis = await rpc.call<{ hash?: unknown } | null>('eth_getBlockByNumber', ['0x0', false])
    return genesis?.hash === endpoint.genesisHash ? rpc : null
  } catch {
    return null
  }
}

async function assertTrusted(chain: ChainInView, trust: Trust | null): Promise<void> {
  if (trust === null) return
  const { chainId, genesis } = await chain.view.identity()
  if (chainId === trust.chain.chainId && genesis === trust.chain.genesis) return
  throw new Refusal('WRONG_CHAIN', 'this is not the chain of the trust file', {
    expected: `chain ${trust.chain.chainId}, genesis ${trust.chain.genesis}`,
    found: `chain ${chainId}, genesis ${genesis}`,
  })
}

function deploymentOf(dataDir: string, findings: Findings): Deployment | null {
  const path = join(dataDir, 'deployment.json')
  try {
    const deployment = readDeployment(path)
    if (deployment === null)
      findings.violation('FILE_DAMAGED', { file: 'deployment.json' }, { found: 'nothing' })
    return deployment
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    findings.violation('FILE_DAMAGED', { file: 'deployment.json' }, { found: error.code })
    return null
  }
}

async function checkCode(
  deployment: Deployment | null,
  chain: ChainInView,
  findings: Findings,
): Promise<void> {
  checkDeployment(deployment, { ...chain, addresses: (await chain.view.identity()).contracts }, findings)
}

/** The deployment file says what the chain says: id, genesis, addresses, code. */
function checkDeployment(
  deployment: Deployment | null,
  chain: Pick<ChainInView, 'chainId' | 'genesis' | 'addresses'>,
  findings: Findings,
): void {
  if (deployment === null) return
  const at = { file: 'deployment.json' }
  const compare = (what: string, found: unknown, expected: unknown) => {
    if (found !== expected) findings.violation('DEPLOYMENT_DIFFERS', { ...at, what }, { expected, found })
  }
  compare('chainId', deployment.chain.chainId, chain.chainId)
  compare('genesis', deployment.chain.genesis, chain.genesis)
  const onChain = chain.addresses as Record<string, { address: string; codeHash?: string }>
  for (const [name, { address, codeHash }] of Object.entries(deployment.contracts)) {
    compare(`${name} address`, address, onChain[name]?.address)
    compare(`${name} code`, codeHash, onChain[name]?.codeHash)
  }
}

// ---- keystore

/** Without a passphrase the file's own digest still tells whether it is the file that was written. */
async function openKeys(
  { dataDir, passphrase, keystore }: FolderOptions,
  findings: Findings,
): Promise<Keystore | null> {
  const path = join(dataDir, 'keystore.json')
  const damaged = (found: string) =>
    findings.violation('KEYSTORE_DAMAGED', { file: 'keystore.json' }, { found })
  if (!existsSync(path)) {
    damaged('nothing')
    return null
  }
  if (!isWhole(readFileSync(path, 'utf8'))) damaged('another digest than its last line')
  if (keystore !== undefined) return keystore
  if (passphrase === null) {
    findings.unchecked('I10', 'sealed content', 'NO_PASSPHRASE')
    return null
  }
  try {
    return await openKeystore({ path: realpathSync(path), passphrase })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    damaged(error.code)
    findings.unchecked('I10', 'sealed content', 'NO_PASSPHRASE')
    return null
  }
}

function isWhole(text: string): boolean {
  const [format, body, last, end, ...more] = text.split('\n')
  const digest = createHash('sha256').update(`${format}\n${body}\n`).digest('hex')
  return last === `sha256 ${digest}` && end === '' && more.length === 0
}

async function ownNoteKey(keys: Keystore, origin: string): Promise<string | null> {
  try {
    return formatNoteKey(noteKey(origin, await keys.publicKey(NOTE_KEY)))
  } catch (error) {
    if (error instanceof Refusal) return null
    throw error
  }
}
