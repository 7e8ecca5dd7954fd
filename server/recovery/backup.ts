/**
 * Backing up while the gateway runs: the database by SQLite's own backup, in one read of it, never as a plain copy; then the chain, so that
 * the chain in a backup is never older than the store; then the mirror, which only grows. Keys go elsewhere.
 */
import { randomBytes } from 'node:crypto'
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import Database from 'better-sqlite3'
import { toHex } from '../../protocol/bytes.ts'
import { openCheckpoint, parseSignedCheckpoint } from '../../protocol/checkpoint.ts'
import { parseNoteKey } from '../../protocol/note.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { REGION_FILE } from '../catalogue/own-region.ts'
import { syncDirectory, syncFile, writeFileDurably } from '../store/durable-file.ts'
import { assertOurs } from '../store/migrations.ts'
import {
  BACKUP_FORMAT,
  entriesOf,
  KEYS_FORMAT,
  KEYS_MANIFEST,
  MANIFEST,
  type KeysManifest,
  type Manifest,
} from './manifest.ts'

export const STORE = 'onceproof.db'
export const JOURNAL = 'chain/journal.db'
export const GENESIS = 'chain/genesis.json'
export const DEPLOYMENT = 'deployment.json'
export const KEYSTORE = 'keystore.json'
export const MIRROR = 'mirror'

export interface BackupOptions {
  dataDir: string
  mirrorDir: string
  /** A folder that is not there yet. */
  out: string
  release: string
  now: Date
}

/**
 * Makes a backup of everything but keys, tokens and passphrases. When it resolves, the folder `out` is there, whole, readable by its owner
 * only, and survives a power cut; a crash on the way leaves no `out`. Refuses DATA_MISSING and BACKUP_TARGET (it is there already).
 */
export async function makeBackup({
  dataDir,
  mirrorDir,
  out,
  release,
  now,
}: BackupOptions): Promise<Manifest> {
  for (const name of [STORE, DEPLOYMENT]) assertThere(join(dataDir, name))
  return whole(out, async draft => {
    await copyDatabase(join(dataDir, STORE), join(draft, STORE))
    const facts = storeFacts(join(draft, STORE))
    let chain: Manifest['chain'] = null
    if (existsSync(join(dataDir, JOURNAL))) {
      mkdirSync(join(draft, 'chain'), { mode: 0o700 })
      await copyDatabase(join(dataDir, JOURNAL), join(draft, JOURNAL))
      chain = chainHead(join(draft, JOURNAL))
    }
    copyFile(join(dataDir, DEPLOYMENT), join(draft, DEPLOYMENT))
    if (existsSync(join(dataDir, REGION_FILE))) copyFile(join(dataDir, REGION_FILE), join(draft, REGION_FILE))
    mkdirSync(join(draft, MIRROR), { mode: 0o700 })
    for (const name of existsSync(mirrorDir) ? readdirSync(mirrorDir).sort() : []) {
      if (!name.endsWith('.new')) copyFile(join(mirrorDir, name), join(draft, MIRROR, name))
    }
    const { schema, origin, ...log } = facts
    const manifest: Manifest = {
      format: BACKUP_FORMAT,
      release,
      schema,
      createdAt: now.toISOString(),
      origin,
      log,
      chain,
      files: await entriesOf(draft, filesIn(draft)),
    }
    writeFileDurably(join(draft, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, 0o600)
    return manifest
  })
}

/**
 * Copies the keys to a folder of their own: the keystore, encrypted as it is, and the embedded chain's genesis with the key that pays. Never
 * a passphrase or a token. Refuses DATA_MISSING, BACKUP_TARGET, and BACKUP_KEYS when these keys did not sign this store's log.
 */
export async function makeKeysBackup(
  { dataDir, out, now }: Pick<BackupOptions, 'dataDir' | 'out' | 'now'>,
  store: Pick<Manifest, 'origin' | 'log'>,
  noteKey: string,
): Promise<KeysManifest> {
  assertThere(join(dataDir, KEYSTORE))
  assertKeysOf(store, { origin: store.origin, noteKey })
  return whole(out, async draft => {
    copyFile(join(dataDir, KEYSTORE), join(draft, KEYSTORE))
    if (existsSync(join(dataDir, GENESIS))) {
      mkdirSync(join(draft, 'chain'), { mode: 0o700 })
      copyFile(join(dataDir, GENESIS), join(draft, GENESIS))
    }
    const manifest: KeysManifest = {
      format: KEYS_FORMAT,
      createdAt: now.toISOString(),
      origin: store.origin,
      noteKey,
      files: await entriesOf(draft, filesIn(draft)),
    }
    writeFileDurably(join(draft, KEYS_MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`, 0o600)
    return manifest
  })
}

/** Refuses BACKUP_KEYS when the newest checkpoint of a store is not signed by this key. */
export function assertKeysOf(
  { origin, log }: Pick<Manifest, 'origin' | 'log'>,
  keys: Pick<KeysManifest, 'origin' | 'noteKey'>,
): void {
  const wrong = (found: string) =>
    new Refusal('BACKUP_KEYS', 'these keys are not those of the log in this store', {
      expected: origin,
      found,
    })
  if (keys.origin !== origin) throw wrong(keys.origin)
  if (log.note === null) return
  try {
    openCheckpoint(log.note, parseNoteKey(keys.noteKey))
  } catch {
    throw wrong(keys.noteKey)
  }
}

/** What a database that nobody has open says of itself. Refuses STORE_FORMAT, STORE_NEWER and LOG_EMPTY. */
export function storeFacts(path: string): Manifest['log'] & Pick<Manifest, 'schema' | 'origin'> {
  return reading(path, db => {
    assertOurs(db)
    const origin = db
      .prepare<[], string>("SELECT value FROM settings WHERE name = 'log.origin'")
      .pluck()
      .get()
    if (origin === undefined) throw new Refusal('LOG_EMPTY', `${path} holds no log yet`, { found: path })
    const note = db
      .prepare<[], string>('SELECT note FROM checkpoints ORDER BY size DESC LIMIT 1')
      .pluck()
      .get()
    const checkpoint = note === undefined ? null : parseSignedCheckpoint(note).checkpoint
    return {
      schema: Number(db.pragma('user_version', { simple: true })),
      origin,
      accepted: db.prepare<[], number>('SELECT coalesce(max(seq), 0) FROM statements').pluck().get() ?? 0,
      sealed: checkpoint?.size ?? 0,
      root: checkpoint === null ? null : toHex(checkpoint.root).slice(2),
      note: note ?? null,
    }
  })
}

/** The newest block in which something of the store stands; null = nothing does. */
export function newestBlock(path: string): { number: number; hash: string } | null {
  return reading(
    path,
    db =>
      db
        .prepare<[], { number: number; hash: string }>(
          `SELECT block_number AS number, block_hash AS hash FROM checkpoints WHERE block_number IS NOT NULL
           ORDER BY size DESC LIMIT 1`,
        )
        .get() ?? null,
  )
}

/** The last block of a journal. */
export function chainHead(path: string): { block: number; hash: string | null } {
  return reading(path, db => {
    const head = db
      .prepare<[], { number: number; hash: Buffer }>(
        'SELECT number, hash FROM block ORDER BY number DESC LIMIT 1',
      )
      .get()
    return head === undefined
      ? { block: 0, hash: null }
      : { block: head.number, hash: `0x${head.hash.toString('hex')}` }
  })
}

/** Hash of one block of a journal; null = it does not have it. */
export function blockHash(path: string, number: number): string | null {
  return reading(path, db => {
    const hash = db.prepare<[number], Buffer>('SELECT hash FROM block WHERE number = ?').pluck().get(number)
    return hash === undefined ? null : `0x${hash.toString('hex')}`
  })
}

/** Refuses BACKUP_DAMAGED for a file that SQLite cannot read. */
function reading<T>(path: string, read: (db: Database.Database) => T): T {
  let db: Database.Database | undefined
  try {
    db = new Database(path, { readonly: true, fileMustExist: true })
    return read(db)
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error
    throw new Refusal('BACKUP_DAMAGED', `${path} cannot be read: ${error.code}`, {
      field: path,
      found: error.code,
    })
  } finally {
    db?.close()
  }
}

/** More pages than there are: all are copied under one read lock, so a writer beside us can neither tear the copy nor hold it up. */
const ALL_PAGES = 0x7fff_ffff

async function copyDatabase(from: string, to: string): Promise<void> {
  const source = new Database(from, { readonly: true, fileMustExist: true })
  try {
    await source.backup(to, { progress: () => ALL_PAGES })
  } finally {
    source.close()
  }
  // One file, that anybody can read without making another beside it.
  const copy = new Database(to)
  copy.pragma('journal_mode = DELETE')
  copy.close()
  chmodSync(to, 0o600)
  syncFile(to)
}

/** Copies a file for its owner only; durable when it returns, its name not yet. */
export function copyFile(from: string, to: string): void {
  copyFileSync(from, to)
  chmodSync(to, 0o600)
  syncFile(to)
}

/** Files below a folder, one folder deep, in order. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort()
}

/** Makes a folder whole or not at all: under another name first. */
async function whole<T>(out: string, make: (draft: string) => Promise<T>): Promise<T> {
  const target = resolve(out)
  if (existsSync(target)) {
    throw new Refusal('BACKUP_TARGET', `${target} is there already`, {
      expected: 'a new folder',
      found: target,
    })
  }
  mkdirSync(dirname(target), { recursive: true })
  const draft = `${target}.unfinished-${randomBytes(4).toString('hex')}`
  mkdirSync(draft, { mode: 0o700 })
  try {
    const made = await make(draft)
    for (const folder of ['chain', MIRROR, '.']) {
      if (existsSync(join(draft, folder))) syncDirectory(join(draft, folder))
    }
    renameSync(draft, target)
    syncDirectory(dirname(target))
    return made
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    throw error
  }
}

function assertThere(path: string): void {
  if (existsSync(path)) return
  throw new Refusal('DATA_MISSING', `there is no ${path}`, { field: '--data', found: path })
}
