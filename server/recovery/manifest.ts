/**
 * What a backup says of itself: `manifest.json`, written last, and `keys.json` beside the keys. Formats: docs/operations.md.
 */
import { createHash } from 'node:crypto'
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { Refusal } from '../../protocol/refusal.ts'
import { migrations } from '../store/migrations.ts'

export const BACKUP_FORMAT = 'onceproof-backup/1'
export const KEYS_FORMAT = 'onceproof-keys/1'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const files = z.array(
  z.strictObject({
    /** Below the folder, with `/`. */
    path: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*(?:\/[A-Za-z0-9][A-Za-z0-9._-]*)?$/),
    bytes: z.int().min(0),
    sha256,
  }),
)

const manifest = z.strictObject({
  format: z.literal(BACKUP_FORMAT),
  /** Version of the program that made it. */
  release: z.string(),
  /** Schema of the database. */
  schema: z.int().min(1),
  /** RFC 3339, UTC. */
  createdAt: z.iso.datetime(),
  origin: z.string(),
  /** Of the database in this backup. */
  log: z.strictObject({
    accepted: z.int().min(0),
    sealed: z.int().min(0),
    root: sha256.nullable(),
    note: z.string().nullable(),
  }),
  /** Last block of the embedded chain in this backup; null = the chain is elsewhere. */
  chain: z.strictObject({ block: z.int().min(0), hash: z.string().nullable() }).nullable(),
  files,
})

const keysManifest = z.strictObject({
  format: z.literal(KEYS_FORMAT),
  createdAt: z.iso.datetime(),
  origin: z.string(),
  /** Verifier key of the log's notes: by it keys and store are known to belong together. */
  noteKey: z.string(),
  files,
})

export type Manifest = z.infer<typeof manifest>
export type KeysManifest = z.infer<typeof keysManifest>
export type FileEntry = Manifest['files'][number]

export const MANIFEST = 'manifest.json'
export const KEYS_MANIFEST = 'keys.json'

/**
 * Reads the manifest of a backup. Refuses BACKUP_INCOMPLETE (none: it was cut short), BACKUP_NEWER (format or schema of a later release) and
 * BACKUP_FORMAT.
 */
export function readManifest(folder: string): Manifest {
  const found = readJson(folder, MANIFEST, 'onceproof-backup/', BACKUP_FORMAT)
  const read = manifest.safeParse(found)
  if (!read.success) throw wrongFormat(join(folder, MANIFEST), read.error)
  const newest = migrations.at(-1)!.version
  if (read.data.schema > newest) {
    throw new Refusal('BACKUP_NEWER', `the database of ${folder} was written by a later release`, {
      expected: `schema ${newest} at most`,
      found: `schema ${read.data.schema}`,
    })
  }
  return read.data
}

/** Reads the manifest of a backup of keys. Refuses as `readManifest`. */
export function readKeysManifest(folder: string): KeysManifest {
  const found = readJson(folder, KEYS_MANIFEST, 'onceproof-keys/', KEYS_FORMAT)
  const read = keysManifest.safeParse(found)
  if (!read.success) throw wrongFormat(join(folder, KEYS_MANIFEST), read.error)
  return read.data
}

function readJson(folder: string, name: string, family: string, known: string): unknown {
  const path = join(folder, name)
  if (!existsSync(path)) {
    throw new Refusal('BACKUP_INCOMPLETE', `there is no ${name} in ${folder}: it is no whole backup`, {
      expected: path,
      found: 'nothing',
    })
  }
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    throw new Refusal('BACKUP_FORMAT', `${path} is not JSON`, { field: path })
  }
  const format = (value as { format?: unknown } | null)?.format
  if (typeof format === 'string' && format.startsWith(family) && format !== known) {
    throw new Refusal('BACKUP_NEWER', `${path} is of another release`, { expected: known, found: format })
  }
  return value
}

const wrongFormat = (path: string, error: z.ZodError) =>
  new Refusal('BACKUP_FORMAT', `${path} is not what a backup has there`, {
    field: path,
    found: z.prettifyError(error).slice(0, 200),
  })

/** Names, sizes and digests of these files of a folder. */
export async function entriesOf(folder: string, paths: readonly string[]): Promise<FileEntry[]> {
  const entries: FileEntry[] = []
  for (const path of paths) {
    const at = join(folder, path)
    entries.push({ path, bytes: statSync(at).size, sha256: await digestOf(at) })
  }
  return entries
}

/** Refuses BACKUP_DAMAGED, naming the file, when one is missing, cut or another than it was. */
export async function assertWhole(folder: string, entries: readonly FileEntry[]): Promise<void> {
  for (const { path, bytes, sha256 } of entries) {
    const at = join(folder, path)
    const size = existsSync(at) ? statSync(at).size : null
    if (size !== bytes) throw damaged(at, `${bytes} bytes`, size === null ? 'no such file' : `${size} bytes`)
    const found = await digestOf(at)
    if (found !== sha256) throw damaged(at, sha256, found)
  }
}

const damaged = (path: string, expected: string, found: string) =>
  new Refusal('BACKUP_DAMAGED', `${path} is not the file that was backed up`, {
    field: path,
    expected,
    found,
  })

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const piece of createReadStream(path) as AsyncIterable<Buffer>) hash.update(piece)
  return hash.digest('hex')
}
