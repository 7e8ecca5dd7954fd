/**
 * The embedded chain's journal: every block is there, in order, and is the chain's. With a node, each block is compared with the
 * node's; without one, the journal is replayed into a fresh EVM, whose blocks come out bit for bit alike or not at all.
 */
import Database from 'better-sqlite3'
import { createEvm } from '../../server/chain/embedded/evm.ts'
import { journalPath } from '../../server/chain/embedded/chain.ts'
import { printOf, readGenesis } from '../../server/chain/embedded/genesis.ts'
import { StartRefusal } from '../../server/chain/embedded/refusal.ts'
import { ChainUnreachable, toQuantity, type Rpc } from '../../server/chain/rpc.ts'
import { rpcOfEvm } from './chain.ts'
import type { Findings } from './finding.ts'
import { keccakHex } from './recovered.ts'

interface Block {
  number: number
  timestamp: number
  /** 0x-hex. */
  hash: string
  raws: Buffer[]
}

interface NodeBlock {
  hash: string
  timestamp: string
  transactions: string[]
}

/**
 * Checks the journal in a chain's folder. Returns the chain that it gives when replayed; null with a node (which is the chain then),
 * and when it cannot be replayed.
 */
export async function checkJournal(
  chainDir: string,
  node: Rpc | null,
  findings: Findings,
): Promise<Rpc | null> {
  const at = { file: 'chain/journal.db' }
  let genesis: ReturnType<typeof readGenesis> = null
  try {
    genesis = readGenesis(chainDir)
  } catch (error) {
    if (!(error instanceof StartRefusal)) throw error
  }
  if (genesis === null) {
    findings.violation('FILE_DAMAGED', { file: 'chain/genesis.json' })
    if (node === null) return null
  }
  let db: Database.Database
  let head = 0
  try {
    // Before the journal's view is fixed: a block is in the journal before anybody is told of it.
    head = node === null ? 0 : Number(await node.call('eth_blockNumber', []))
    db = new Database(journalPath(chainDir), { readonly: true, fileMustExist: true })
    db.exec('BEGIN')
    for (const line of db.prepare<[], string>('PRAGMA integrity_check').pluck().all()) {
      if (line !== 'ok') findings.violation('JOURNAL_DAMAGED', at, { found: line })
    }
    if (genesis !== null) comparePrint(db, printOf(genesis), findings)
  } catch (error) {
    return damaged(error)
  }
  try {
    return node === null && genesis !== null
      ? await replay(db, genesis, chainDir, findings)
      : await compareWithNode(db, node!, head, findings)
  } catch (error) {
    return damaged(error)
  } finally {
    db.close()
  }

  function damaged(error: unknown): null {
    if (error instanceof ChainUnreachable) {
      findings.unchecked('files', 'journal of the embedded chain', 'NO_CHAIN')
      return null
    }
    if (!(error instanceof Database.SqliteError)) throw error
    findings.violation('JOURNAL_DAMAGED', at, { found: error.code })
    return null
  }
}

function comparePrint(db: Database.Database, print: Record<string, string>, findings: Findings): void {
  const kept = new Map(
    db
      .prepare<[], { name: string; value: string }>('SELECT name, value FROM genesis')
      .all()
      .map(({ name, value }) => [name, value]),
  )
  for (const [name, expected] of Object.entries(print)) {
    const found = kept.get(name)
    if (found !== expected)
      findings.violation(
        'JOURNAL_DIFFERS',
        { file: 'chain/genesis.json', what: name },
        { expected: found, found: expected },
      )
  }
}

async function compareWithNode(
  db: Database.Database,
  node: Rpc,
  head: number,
  findings: Findings,
): Promise<null> {
  let last = 0
  for (const block of blocks(db, findings)) {
    compareBlock(
      block,
      await node.call<NodeBlock | null>('eth_getBlockByNumber', [toQuantity(block.number), false]),
      findings,
    )
    last = block.number
  }
  if (last < head)
    findings.violation(
      'JOURNAL_DIFFERS',
      { block: last + 1 },
      { expected: `blocks up to ${head}`, found: `${last}` },
    )
  return null
}

async function replay(
  db: Database.Database,
  genesis: NonNullable<ReturnType<typeof readGenesis>>,
  chainDir: string,
  findings: Findings,
): Promise<Rpc | null> {
  const evm = await createEvm(genesis, chainDir)
  for (const block of blocks(db, findings)) {
    try {
      for (const raw of block.raws) await evm.request('eth_sendRawTransaction', [`0x${raw.toString('hex')}`])
      await evm.request('evm_mine', [block.timestamp])
    } catch (error) {
      findings.violation('JOURNAL_DIFFERS', { block: block.number }, { found: (error as Error).message })
      return null
    }
    const found = (await evm.request('eth_getBlockByNumber', ['latest', false])) as NodeBlock
    if (!compareBlock(block, found, findings)) return null
  }
  return rpcOfEvm(evm)
}

/** All blocks from 1 on; names the first that is missing. */
function* blocks(db: Database.Database, findings: Findings): Iterable<Block> {
  const rows = db.prepare<[number], { number: number; timestamp: number; hash: Buffer }>(
    'SELECT number, timestamp, hash FROM block WHERE number > ? ORDER BY number LIMIT 500',
  )
  const raws = db
    .prepare<[number], Buffer>('SELECT raw FROM block_transaction WHERE block = ? ORDER BY position')
    .pluck()
  const gaps = db
    .prepare<[], number>(
      `SELECT DISTINCT block FROM block_transaction t WHERE NOT EXISTS (SELECT 1 FROM block b WHERE b.number = t.block)
       OR position >= (SELECT count(*) FROM block_transaction s WHERE s.block = t.block) OR position < 0`,
    )
    .pluck()
  for (const block of gaps.all())
    findings.violation('JOURNAL_DAMAGED', { block }, { found: 'a stray transaction' })
  for (let last = 0; ;) {
    const page = rows.all(last)
    if (page.length === 0) return
    for (const { number, timestamp, hash } of page) {
      if (number !== last + 1) {
        findings.violation('JOURNAL_DAMAGED', { block: last + 1 }, { found: `block ${number}` })
        if (number <= last) return
      }
      yield { number, timestamp, hash: `0x${hash.toString('hex')}`, raws: raws.all(number) }
      last = number
    }
  }
}

function compareBlock(block: Block, found: NodeBlock | null, findings: Findings): boolean {
  const hashes = block.raws.map(keccakHex)
  const differs = (expected: unknown, value: unknown, what: string) => {
    findings.violation('JOURNAL_DIFFERS', { block: block.number, what }, { expected, found: value })
    return false
  }
  if (found === null) return differs(block.hash, null, 'hash')
  if (found.hash !== block.hash) return differs(found.hash, block.hash, 'hash')
  if (Number(found.timestamp) !== block.timestamp)
    return differs(Number(found.timestamp), block.timestamp, 'timestamp')
  if (found.transactions.join() !== hashes.join())
    return differs(found.transactions.join(), hashes.join(), 'transactions')
  return true
}
