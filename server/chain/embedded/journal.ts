// The embedded chain's disk: every block's raw transactions, time and hash, in SQLite. The EVM beside it forgets all
// at its end and is rebuilt from here.

import Database from 'better-sqlite3'
import type { GenesisPrint } from './genesis.ts'
import { StartRefusal } from './refusal.ts'

export interface JournaledBlock {
  number: number
  /** Seconds since 1970. */
  timestamp: number
  /** Block hash, 0x and 64 hex digits. */
  hash: string
  /** Raw signed transactions, 0x-hex, in the block's order. */
  transactions: string[]
}

export interface Journal {
  /** The inputs of block 0 that were recorded when the journal was made. */
  readonly genesis: GenesisPrint
  /** Records that another version of the EVM now runs this journal. Durable on return. */
  saveEdrVersion(version: string): void
  /** All blocks from 1 on, in order. Refuses with `JOURNAL_DAMAGED` where one is missing. */
  blocks(): Iterable<JournaledBlock>
  /**
   * Adds the next block. When it returns, the block survives a power cut; when it throws, the journal is as it was
   * and the caller's EVM is ahead of it.
   */
  append(block: JournaledBlock): void
  close(): void
}

/** SQLite before 3.51.3 can lose committed WAL pages in a race of checkpoints (https://sqlite.org/wal.html#walresetbug). */
const OLDEST_SQLITE = [3, 51, 3] as const

/** ASCII "OPCJ": marks the file as a journal of ours (https://sqlite.org/pragma.html#pragma_application_id). */
const APPLICATION_ID = 0x4f50434a

const FORMAT = 1

/** Blocks read at once in a replay: few enough to stay small in memory. */
const PAGE = 256

/**
 * Opens the journal at `path`, or makes it with `genesis` when there is none. Refuses a SQLite that is too old, a file
 * that is no journal of this format, and settings that would not survive a power cut. The caller holds the chain's
 * lock.
 */
export function openJournal(path: string, genesis: GenesisPrint): Journal {
  const file = new Database(path)
  try {
    assertSqliteIsSound(file)
    configure(file)
    return journalIn(file, path, genesis)
  } catch (error) {
    file.close()
    throw refusalOf(error, path)
  }
}

function journalIn(file: Database.Database, path: string, genesis: GenesisPrint): Journal {
  prepareTables(file, path, genesis)

  const pageOfBlocks = file.prepare<[number, number], BlockRow>(
    'SELECT number, timestamp, hash FROM block WHERE number > ? ORDER BY number LIMIT ?',
  )
  const rawsOf = file
    .prepare<[number], Buffer>('SELECT raw FROM block_transaction WHERE block = ? ORDER BY position')
    .pluck()
  const insertBlock = file.prepare<[number, number, Buffer]>(
    'INSERT INTO block (number, timestamp, hash) VALUES (?, ?, ?)',
  )
  const insertRaw = file.prepare<[number, number, Buffer]>(
    'INSERT INTO block_transaction (block, position, raw) VALUES (?, ?, ?)',
  )
  const insert = file.transaction(({ number, timestamp, hash, transactions }: JournaledBlock) => {
    insertBlock.run(number, timestamp, bytesOf(hash))
    for (const [position, raw] of transactions.entries()) insertRaw.run(number, position, bytesOf(raw))
  })

  return {
    genesis: readPrint(file, path),
    saveEdrVersion(version) {
      file.prepare("UPDATE genesis SET value = ? WHERE name = 'edrVersion'").run(version)
    },
    *blocks() {
      let last = 0
      for (;;) {
        const rows = reading(path, () => pageOfBlocks.all(last, PAGE))
        if (rows.length === 0) return
        for (const { number, timestamp, hash } of rows) {
          if (number !== last + 1)
            throw damaged(path, `block ${last + 1} is missing, block ${number} follows`)
          const raws = reading(path, () => rawsOf.all(number))
          yield { number, timestamp, hash: hexOf(hash), transactions: raws.map(hexOf) }
          last = number
        }
      }
    },
    append: block => insert(block),
    close: () => void file.close(),
  }
}

interface BlockRow {
  number: number
  timestamp: number
  hash: Buffer
}

function assertSqliteIsSound(file: Database.Database): void {
  const version = String(file.prepare('SELECT sqlite_version()').pluck().get())
  const parts = version.split('.').map(Number)
  for (const [i, oldest] of OLDEST_SQLITE.entries()) {
    const part = parts[i] ?? 0
    if (part > oldest) return
    if (part < oldest) {
      const needed = OLDEST_SQLITE.join('.')
      throw new StartRefusal(
        'SQLITE_TOO_OLD',
        `SQLite ${version} can lose blocks; ${needed} or newer is needed`,
      )
    }
  }
}

/** Sets what durability rests on, and reads it back: SQLite ignores a setting that it cannot honour. */
function configure(file: Database.Database): void {
  const set = (setting: string, value: string, answer: unknown) => {
    file.pragma(`${setting} = ${value}`)
    const found = file.pragma(setting, { simple: true })
    if (found !== answer) throw new Error(`${setting} is ${String(found)} after it was set to ${value}`)
  }
  set('journal_mode', 'WAL', 'wal')
  set('synchronous', 'FULL', 2)
  set('cell_size_check', 'ON', 1)
}

function prepareTables(file: Database.Database, path: string, genesis: GenesisPrint): void {
  const id = file.pragma('application_id', { simple: true })
  const format = file.pragma('user_version', { simple: true })
  if (id === APPLICATION_ID && format === FORMAT) return
  if (id !== 0 || format !== 0) {
    throw damaged(
      path,
      `it is no chain journal of format ${FORMAT} (application id ${String(id)}, format ${String(format)})`,
    )
  }
  file.transaction(() => {
    file.exec(`
      CREATE TABLE genesis (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
      CREATE TABLE block (number INTEGER PRIMARY KEY, timestamp INTEGER NOT NULL, hash BLOB NOT NULL) STRICT;
      CREATE TABLE block_transaction (
        block INTEGER NOT NULL, position INTEGER NOT NULL, raw BLOB NOT NULL, PRIMARY KEY (block, position)
      ) STRICT;
    `)
    const insert = file.prepare('INSERT INTO genesis (name, value) VALUES (?, ?)')
    for (const [name, value] of Object.entries(genesis)) insert.run(name, value)
    file.pragma(`application_id = ${APPLICATION_ID}`)
    file.pragma(`user_version = ${FORMAT}`)
  })()
}

function readPrint(file: Database.Database, path: string): GenesisPrint {
  const rows = file.prepare<[], { name: string; value: string }>('SELECT name, value FROM genesis').all()
  const valueOf = (name: keyof GenesisPrint): string => {
    const value = rows.find(row => row.name === name)?.value
    if (value === undefined) throw damaged(path, `it does not say the ${name} of its block 0`)
    return value
  }
  return {
    chainId: valueOf('chainId'),
    hardfork: valueOf('hardfork'),
    blockGasLimit: valueOf('blockGasLimit'),
    initialDate: valueOf('initialDate'),
    edrVersion: valueOf('edrVersion'),
    relayer: valueOf('relayer'),
  }
}

function reading<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw refusalOf(error, path)
  }
}

/** SQLite's own finding that the file is damaged, as a refusal; every other error as it is. */
function refusalOf(error: unknown, path: string): unknown {
  const code = error instanceof Database.SqliteError ? error.code : ''
  return /^SQLITE_(CORRUPT|NOTADB)/.test(code) ? damaged(path, (error as Error).message) : error
}

const damaged = (path: string, what: string) => new StartRefusal('JOURNAL_DAMAGED', `${path}: ${what}`)

const bytesOf = (hex: string): Buffer => Buffer.from(hex.slice(2), 'hex')

const hexOf = (bytes: Buffer): string => `0x${bytes.toString('hex')}`
