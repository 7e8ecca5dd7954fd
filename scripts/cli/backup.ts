/**
 * `backup`, `restore`, `rebuild`: what the operator does before and after a disk is gone (docs/operations.md).
 */
import { existsSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { formatNoteKey, noteKey } from '../../protocol/note.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { keyring } from '../../server/keys/keyring.ts'
import { NOTE_KEY } from '../../server/keys/names.ts'
import { makeBackup, makeKeysBackup } from '../../server/recovery/backup.ts'
import { answersKey } from '../../server/recovery/mirror-log.ts'
import { rebuildStore } from '../../server/recovery/rebuild.ts'
import { restoreBackup } from '../../server/recovery/restore.ts'
import { keystoreIn, passphrasePath } from './exports.ts'
import { dataDirOf } from './gateway.ts'
import { both, labels } from './messages.ts'
import { line, usage, withProgress, type Outcome } from './terminal.ts'
import { nodeAt, readTrust } from './verify.ts'

export interface BackupCommandOptions {
  out: string
  data?: string
  mirror?: string
  keysOut?: string
  passphraseFile?: string
}

const mirrorOf = (dataDir: string, given: string | undefined): string =>
  resolve(given ?? (process.env['ONCEPROOF_MIRROR_DIR'] || join(dataDir, 'mirror')))

/** Backs a data folder up, whether or not its gateway runs. With `keysOut` the keys too, into a folder that is not part of the backup. */
export async function backup(options: BackupCommandOptions): Promise<Outcome> {
  const dataDir = dataDirOf(options.data)
  const out = resolve(options.out)
  const keysOut = options.keysOut === undefined ? null : resolve(options.keysOut)
  if (keysOut !== null && (isWithin(out, keysOut) || isWithin(keysOut, out))) {
    throw usage('--keys-out is a folder apart from --out', {
      field: '--keys-out',
      expected: 'a folder elsewhere',
      found: keysOut,
    })
  }
  // Opened first: a backup of keys that nobody can open is worth nothing.
  const keystore = keysOut === null ? null : await keystoreIn(dataDir, options.passphraseFile)
  const now = new Date()
  const release = releaseHere()
  const manifest = await makeBackup({
    dataDir,
    mirrorDir: mirrorOf(dataDir, options.mirror),
    out,
    release,
    now,
  })
  if (keysOut !== null && keystore !== null) {
    const key = formatNoteKey(noteKey(manifest.origin, await keystore.publicKey(NOTE_KEY)))
    await makeKeysBackup({ dataDir, out: keysOut, now }, manifest, key)
  }
  return {
    data: { out, keysOut, manifest },
    lines: [
      line(labels.backedUp, out),
      line(labels.asOfBackup, manifest.createdAt),
      line(labels.inStore, manifest.log.accepted),
      line(labels.root, manifest.log.root ?? '—'),
      keysOut === null ? `  ${both(labels.keysNotBackedUp)}` : line(labels.keysBackedUp, keysOut),
    ],
  }
}

/** Version of this program. */
function releaseHere(): string {
  const text = readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

const isWithin = (folder: string, path: string): boolean => !/^\.\.(?:[/\\]|$)/.test(relative(folder, path))

export interface RestoreCommandOptions {
  from: string
  data: string
  keys?: string
  mirror?: string
  withoutMirror?: true
  withoutChain?: true
}

/**
 * Restores a backup to a new data folder. Refuses RESTORE_MIRROR_NEEDED unless it is said where the mirror is that outlived the old one, or
 * that there is none: without it nobody can know what was erased, or accepted, since.
 */
export async function restore(options: RestoreCommandOptions): Promise<Outcome> {
  const { from, keys, mirror, withoutMirror = false, withoutChain = false } = options
  if (mirror !== undefined && withoutMirror) throw usage('--mirror or --without-mirror, not both')
  if (mirror === undefined && !withoutMirror) {
    throw new Refusal(
      'RESTORE_MIRROR_NEEDED',
      'what was erased or accepted since the backup is in the mirror',
      {
        expected: '--mirror FOLDER, or --without-mirror',
        found: 'neither',
      },
    )
  }
  if (mirror !== undefined && !existsSync(mirror)) {
    throw new Refusal('MIRROR_MISSING', `there is no folder ${mirror}`, { field: '--mirror', found: mirror })
  }
  const target = resolve(options.data)
  const { manifest, toTakeUp, erased } = await restoreBackup({
    from: resolve(from),
    keys: keys === undefined ? null : resolve(keys),
    target,
    mirror: mirror === undefined ? null : resolve(mirror),
    withoutChain,
  })
  return {
    data: { data: target, log: manifest.log, createdAt: manifest.createdAt, toTakeUp, erased },
    lines: [
      line(labels.restored, target),
      line(labels.asOfBackup, manifest.createdAt),
      line(labels.inStore, manifest.log.accepted),
      line(labels.toTakeUp, toTakeUp),
      line(labels.erasedAgain, erased),
    ],
    notes: [
      ...(withoutMirror ? [both(labels.erasedAfter)] : []),
      ...(keys === undefined ? [both(labels.keysNeeded)] : []),
    ],
  }
}

export interface RebuildCommandOptions {
  trust: string
  rpc: string
  data?: string
  mirror?: string
  passphraseFile?: string
}

/** Makes the database of a data folder again, from the chain and the mirror. */
export async function rebuild(options: RebuildCommandOptions): Promise<Outcome> {
  const dataDir = dataDirOf(options.data)
  const hasKeys =
    existsSync(join(dataDir, 'keystore.json')) &&
    (options.passphraseFile !== undefined || existsSync(passphrasePath(dataDir, options.passphraseFile)))
  const keys = hasKeys ? keyring(await keystoreIn(dataDir, options.passphraseFile), []) : null
  const trust = await readTrust(options.trust)
  const began = performance.now()
  const rebuilt = await withProgress(labels.rebuilding, async progress =>
    rebuildStore({
      dataDir,
      mirrorDir: mirrorOf(dataDir, options.mirror),
      rpc: nodeAt(options.rpc),
      trust,
      answers: keys === null ? null : await answersKey(keys),
      progress: progress.to,
    }),
  )
  const seconds = (performance.now() - began) / 1000
  return {
    data: { data: dataDir, ...rebuilt, seconds, answers: keys !== null },
    lines: [
      line(labels.rebuilt, dataDir),
      line(labels.inStore, rebuilt.size),
      line(labels.erasedAgain, rebuilt.erasures),
      `  ${both(labels.valuesNotRebuilt)}`,
    ],
  }
}
