/**
 * What a verifier takes home: the trust file and a snapshot; and what the keystore holds.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { computeAddress } from 'ethers'
import { toHex } from '../../protocol/bytes.ts'
import { thumbprint } from '../../protocol/key.ts'
import { formatNoteKey, noteKey } from '../../protocol/note.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { formatSnapshot } from '../../protocol/snapshot.ts'
import { fingerprint, formatTrust, parseTrust } from '../../protocol/trust.ts'
import { readRegion } from '../../server/catalogue/own-region.ts'
import { demoRegion } from '../../server/catalogue/region.ts'
import { readDeployment } from '../../server/chain/deployment.ts'
import { takeSnapshot } from '../../server/chain/export.ts'
import { openKeystore, type Keystore } from '../../server/keys/keystore.ts'
import { NOTE_KEY } from '../../server/keys/names.ts'
import { assertOurs } from '../../server/store/migrations.ts'
import { assertWritable, readSecret, writeOutput } from './files.ts'
import { dataDirOf, publicClient, type GatewayOptions } from './gateway.ts'
import { both, labels } from './messages.ts'
import { line, printable, usage, withProgress, type Outcome } from './terminal.ts'
import { nodeAt, readTrust } from './verify.ts'

export interface TrustOptions extends GatewayOptions {
  data?: string
  passphraseFile?: string
  out?: string
}

/**
 * The gateway's trust file: from the gateway, or made from the data folder (`data`, or when no address was given and no gateway
 * answers). The fingerprint goes to whoever compares it with one from elsewhere.
 */
export async function exportTrust(options: TrustOptions): Promise<Outcome> {
  if (options.url !== undefined && options.data !== undefined) throw usage('--url or --data, not both')
  if (options.out !== undefined) assertWritable(options.out)
  const bytes = options.data === undefined ? await trustFromGateway(options) : await trustFromData(options)
  const trust = parseTrust(bytes)
  const shown = fingerprint(bytes)
  const { out } = options
  if (out === undefined) {
    return {
      data: { fingerprint: shown, trust },
      lines: [Buffer.from(bytes).toString('utf8').trimEnd()],
      notes: [`${both(labels.fingerprint)}: ${shown}`],
    }
  }
  await writeOutput(out, bytes)
  return {
    data: { fingerprint: shown, trust, out },
    lines: [line(labels.written, out), line(labels.fingerprint, shown)],
  }
}

async function trustFromGateway(options: TrustOptions): Promise<Uint8Array> {
  try {
    return await publicClient(options).getBytes('/v1/trust')
  } catch (error) {
    const isDown = error instanceof Refusal && error.code === 'GATEWAY_UNREACHABLE'
    const dataDir = dataDirOf(undefined)
    if (!isDown || options.url !== undefined || !existsSync(join(dataDir, 'deployment.json'))) throw error
    return trustFromData({ ...options, data: dataDir })
  }
}

async function trustFromData(options: TrustOptions): Promise<Uint8Array> {
  const dataDir = dataDirOf(options.data)
  const deployment = readDeployment(join(dataDir, 'deployment.json'))
  if (deployment === null) {
    throw new Refusal('DATA_MISSING', `there is no deployment.json in ${dataDir}`, {
      field: '--data',
      found: dataDir,
    })
  }
  const origin = originIn(dataDir)
  const keystore = await keystoreIn(dataDir, options.passphraseFile)
  const confirmations = Number(process.env['ONCEPROOF_CONFIRMATIONS'] || '1')
  const text = formatTrust({
    chain: { ...deployment.chain, confirmations },
    contracts: deployment.contracts,
    logs: [{ origin, noteKey: formatNoteKey(noteKey(origin, await keystore.publicKey(NOTE_KEY))) }],
    regions: [{ code: (readRegion(dataDir) ?? demoRegion()).region.code, types: '*', use: 'live' }],
  })
  return new TextEncoder().encode(text)
}

function originIn(dataDir: string): string {
  const path = join(dataDir, 'onceproof.db')
  if (!existsSync(path))
    throw new Refusal('DATA_MISSING', `there is no ${path}`, { field: '--data', found: path })
  let db: Database.Database | undefined
  try {
    db = new Database(path, { readonly: true, fileMustExist: true })
    assertOurs(db)
    const origin = db
      .prepare<[], string>("SELECT value FROM settings WHERE name = 'log.origin'")
      .pluck()
      .get()
    if (origin !== undefined) return origin
    throw new Refusal('LOG_EMPTY', `${path} holds no log yet`, { found: path })
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) throw error
    throw new Refusal('STORE_DAMAGED', `${path} cannot be read: ${error.code}`, {
      field: path,
      found: error.code,
    })
  } finally {
    db?.close()
  }
}

/** Where the keystore's passphrase lies: as asked, as configured, or beside it. */
export const passphrasePath = (dataDir: string, given: string | undefined): string =>
  given ?? (process.env['KEYSTORE_PASSPHRASE_FILE'] || join(dataDir, 'keystore.passphrase'))

export async function keystoreIn(dataDir: string, passphraseFile: string | undefined): Promise<Keystore> {
  const from = passphrasePath(dataDir, passphraseFile)
  const passphrase = await readSecret(from, 'PASSPHRASE_FILE')
  return openKeystore({ path: join(dataDir, 'keystore.json'), passphrase })
}

export interface SnapshotOptions {
  trust: string
  rpc: string
  out?: string
}

/** A snapshot that the verifier makes, from the node that the verifier trusts. Refuses WRONG_CHAIN. */
export async function exportSnapshot({ trust: trustPath, rpc, out }: SnapshotOptions): Promise<Outcome> {
  if (out !== undefined) assertWritable(out)
  const trust = await readTrust(trustPath)
  const snapshot = await withProgress(labels.readingChain, progress =>
    takeSnapshot(nodeAt(rpc), trust, progress.to),
  )
  const text = formatSnapshot(snapshot)
  const { block, departments, keys, permits } = snapshot
  const summary = {
    block,
    departments: departments.length,
    keys: keys.length,
    permits: permits.length,
    checkpoints: snapshot.logs.reduce((sum, log) => sum + log.checkpoints.length, 0),
  }
  if (out === undefined) return { data: { format: 'onceproof-snapshot/1', ...snapshot }, lines: [text] }
  await writeOutput(out, text)
  return {
    data: { ...summary, out },
    lines: [
      line(labels.written, out),
      line(labels.asOf, `${block.number} ${block.hash}`),
      line(labels.departments, summary.departments),
      line(labels.checkpointsOnChain, summary.checkpoints),
    ],
  }
}

export interface KeysOptions {
  data?: string
  passphraseFile?: string
}

/** Names and public halves of the keys in the keystore; never a secret. */
export async function listKeys(options: KeysOptions): Promise<Outcome> {
  const keystore = await keystoreIn(dataDirOf(options.data), options.passphraseFile)
  const keys = []
  for (const { name, purpose, algorithm, department, createdAt } of await keystore.list()) {
    const publicKey = algorithm === 'secret' ? null : await keystore.publicKey(name)
    keys.push({
      name,
      purpose,
      algorithm,
      department,
      createdAt,
      publicKey: publicKey === null ? null : toHex(publicKey),
      thumbprint: publicKey === null || algorithm === 'secp256k1' ? null : thumbprint(publicKey),
      address:
        publicKey === null || algorithm !== 'secp256k1'
          ? null
          : computeAddress(`0x04${toHex(publicKey).slice(2)}`).toLowerCase(),
    })
  }
  return {
    data: { keys },
    lines:
      keys.length === 0
        ? [both(labels.noKeys)]
        : keys.map(({ name, algorithm, thumbprint: print, address, publicKey }) =>
            printable(`${name}  ${algorithm}  ${print ?? address ?? '—'}  ${publicKey ?? '—'}`),
          ),
  }
}
