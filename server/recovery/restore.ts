/**
 * Restoring: everything is checked before anything is written, and what is written stands beside the place until it is whole.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { equalBytes, fromHex } from '../../protocol/bytes.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { REGION_FILE } from '../catalogue/own-region.ts'
import { acquireLock } from '../chain/embedded/lock.ts'
import { StartRefusal } from '../chain/embedded/refusal.ts'
import { syncDirectory } from '../store/durable-file.ts'
import { framesOf, mergeErasures, readErasures } from '../store/mirror.ts'
import { openSqliteStore } from '../store/sqlite.ts'
import {
  assertKeysOf,
  blockHash,
  copyFile,
  DEPLOYMENT,
  filesIn,
  GENESIS,
  JOURNAL,
  KEYSTORE,
  MIRROR,
  newestBlock,
  STORE,
  storeFacts,
} from './backup.ts'
import {
  assertWhole,
  MANIFEST,
  readKeysManifest,
  readManifest,
  type KeysManifest,
  type Manifest,
} from './manifest.ts'
import { eraseAgain, RESTORED } from './take-up.ts'

export interface RestoreOptions {
  from: string
  /** Backup of the keys; null = they are put there by other means. */
  keys: string | null
  /** A folder that is not there, or empty. */
  target: string
  /** The mirror that outlived what is being restored; null = there is none. */
  mirror: string | null
  /** Leaves the embedded chain of the backup out: the gateway's chain is there still, and newer. */
  withoutChain: boolean
}

export interface Restored {
  manifest: Manifest
  /** Statements that the mirror has and the backup has not: the gateway takes them up when it starts. */
  toTakeUp: number
  /** Certificates that were erased again. */
  erased: number
}

/**
 * Restores a backup to a new data folder. When it resolves the folder is there, whole, and survives a power cut; a crash on the way leaves
 * none. What was erased since, by the ledger of either mirror, is erased in it before it is there.
 *
 * Refuses, before anything is written: BACKUP_INCOMPLETE, BACKUP_FORMAT, BACKUP_NEWER, BACKUP_DAMAGED (naming the file), BACKUP_MIXED (files of
 * two times), BACKUP_KEYS (keys of another log), RESTORE_TARGET (something is there), GATEWAY_RUNNING, and the refusals of a mirror.
 */
export async function restoreBackup(options: RestoreOptions): Promise<Restored> {
  const { from, keys: keysFrom, withoutChain } = options
  const target = resolve(options.target)
  assertFree(target)
  const manifest = readManifest(from)
  const keys = keysFrom === null ? null : readKeysManifest(keysFrom)
  await assertWhole(from, manifest.files)
  if (keys !== null) await assertWhole(keysFrom!, keys.files)
  assertNothingElse(from, manifest)
  assertOfOneTime(from, manifest, keys)
  const mirror = options.mirror ?? join(from, MIRROR)
  const toTakeUp = Math.max(0, mirroredSize(mirror, manifest) - manifest.log.sealed)

  const draft = `${target}.unfinished-${randomBytes(4).toString('hex')}`
  mkdirSync(draft, { recursive: true, mode: 0o700 })
  try {
    for (const name of [STORE, DEPLOYMENT]) copyFile(join(from, name), join(draft, name))
    if (existsSync(join(from, REGION_FILE))) copyFile(join(from, REGION_FILE), join(draft, REGION_FILE))
    copyFolder(mirror, join(draft, MIRROR))
    mergeErasures(join(draft, MIRROR), readErasures(join(from, MIRROR)))
    if (keys !== null) copyFile(join(keysFrom!, KEYSTORE), join(draft, KEYSTORE))
    if (manifest.chain !== null && !withoutChain) {
      mkdirSync(join(draft, 'chain'), { mode: 0o700 })
      copyFile(join(from, JOURNAL), join(draft, JOURNAL))
      if (keys !== null && existsSync(join(keysFrom!, GENESIS)))
        copyFile(join(keysFrom!, GENESIS), join(draft, GENESIS))
    }
    const erased = await prepareStore(draft, manifest)
    for (const folder of ['chain', MIRROR, '.']) {
      if (existsSync(join(draft, folder))) syncDirectory(join(draft, folder))
    }
    renameSync(draft, target)
    syncDirectory(dirname(target))
    return { manifest, toTakeUp, erased }
  } catch (error) {
    rmSync(draft, { recursive: true, force: true })
    throw error
  }
}

/** Erases again, and notes that this is a copy: the gateway gives out nothing that may have been given since. */
async function prepareStore(folder: string, { createdAt }: Manifest): Promise<number> {
  const store = await openSqliteStore(join(folder, STORE), { clock: Date.now })
  try {
    await store.saveSetting(RESTORED, createdAt)
    return await eraseAgain({ store, mirror: { folder: join(folder, MIRROR) } })
  } finally {
    await store.close()
  }
}

function assertFree(target: string): void {
  if (!existsSync(target)) return
  const lock = join(target, 'gateway.lock')
  if (existsSync(lock)) {
    try {
      acquireLock(lock).release()
    } catch (error) {
      if (!(error instanceof StartRefusal)) throw error
      throw new Refusal('GATEWAY_RUNNING', `a gateway is running on ${target}`, { found: target })
    }
  }
  if (readdirSync(target).length === 0) return
  throw new Refusal('RESTORE_TARGET', `${target} is not empty; a restore overwrites nothing`, {
    field: '--data',
    expected: 'a new folder',
    found: target,
  })
}

/** What stands beside the files of a backup came there later. */
function assertNothingElse(from: string, { files }: Manifest): void {
  const named = new Set([...files.map(({ path }) => path), MANIFEST])
  const other = filesIn(from).find(path => !named.has(path))
  if (other === undefined) return
  throw new Refusal('BACKUP_MIXED', `${from} holds a file that its manifest does not name`, {
    expected: 'nothing else',
    found: other,
  })
}

/** The files may each be whole and yet be of two backups. */
function assertOfOneTime(from: string, manifest: Manifest, keys: KeysManifest | null): void {
  const mixed = (what: string, expected: string, found: string) =>
    new Refusal('BACKUP_MIXED', `${from} is mixed from two times: ${what}`, { expected, found })
  const { schema, origin, ...log } = storeFacts(join(from, STORE))
  const said = JSON.stringify([manifest.schema, manifest.origin, manifest.log])
  const found = JSON.stringify([schema, origin, log])
  if (said !== found) throw mixed('the database is not the one of the manifest', said, found)
  if (keys !== null) assertKeysOf(manifest, keys)
  if (manifest.chain === null) return
  const block = newestBlock(join(from, STORE))
  if (block === null) return
  const hash = blockHash(join(from, JOURNAL), block.number)
  if (hash !== block.hash)
    throw mixed(
      `block ${block.number} of the chain is not the one in the database`,
      block.hash,
      hash ?? 'no block',
    )
}

/** Size of the mirror's newest checkpoint, after its checkpoint of the backup's size was compared with the backup's. */
function mirroredSize(mirror: string, { origin, log }: Manifest): number {
  let size = 0
  for (const { checkpoint } of framesOf(mirror, origin)) {
    ;({ size } = checkpoint)
    if (size === log.sealed && log.root !== null && !equalBytes(checkpoint.root, fromHex(`0x${log.root}`)!)) {
      throw new Refusal(
        'MIRROR_CONFLICT',
        `the mirror has another checkpoint of size ${size} than the backup`,
        {
          expected: log.root,
          found: Buffer.from(checkpoint.root).toString('hex'),
        },
      )
    }
  }
  return size
}

function copyFolder(from: string, to: string): void {
  mkdirSync(to, { mode: 0o700 })
  if (!existsSync(from)) return
  for (const name of filesIn(from)) if (!name.endsWith('.new')) copyFile(join(from, name), join(to, name))
}
