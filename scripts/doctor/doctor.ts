/**
 * Looks at an environment and its data folder, and at the chain and the gateway when they answer, and names everything that is not fit
 * for production. It only reads.
 */
import { X509Certificate } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, type StatsFs } from 'node:fs'
import { isIP } from 'node:net'
import { dirname, isAbsolute, join, relative } from 'node:path'
import Database from 'better-sqlite3'
import { Refusal } from '../../protocol/refusal.ts'
import { assertRealRegion, readRegion } from '../../server/catalogue/own-region.ts'
import { assertSameChain, readDeployment } from '../../server/chain/deployment.ts'
import { ChainUnreachable, createRpc, quantityToBigInt, type Rpc } from '../../server/chain/rpc.ts'
import { blockAt, chainIdentity } from '../../server/chain/view.ts'
import { configFromEnv, embeddedIssuer, type Config } from '../../server/config.ts'
import { readCredentials } from '../../server/http/certificate-files.ts'
import { openKeystore } from '../../server/keys/keystore.ts'
import { GOVERNANCE_KEY, RELAYER_KEY } from '../../server/keys/names.ts'
import { addressOf } from '../../server/keys/provider.ts'
import { assertOurs, migrations } from '../../server/store/migrations.ts'
import type { Finding, FindingCode, Level } from './finding.ts'

export interface Patient {
  env: Readonly<Record<string, string | undefined>>
  cwd: string
  /** Where backups are put; null when nobody said. */
  backups: string | null
  /** Milliseconds since 1970. */
  now: () => number
  /** null: nobody can tell. */
  isClockHeld: () => boolean | null
  /** Of the file system that a path is on. */
  statfs: (path: string) => Pick<StatsFs, 'type' | 'bavail' | 'bsize' | 'blocks'>
  /** Of the process, e.g. `24.21.0`. */
  nodeVersion: string
  /** null where there are no users. */
  user: number | null
}

type Find = (code: FindingCode, about?: { at?: string; found?: string; level?: Level }) => void

/** Patience with a node or a gateway that does not answer. */
const PATIENCE_MS = 5_000
const CLOCK_TOLERANCE_SECONDS = 30
const DAY_MS = 86_400_000
const TLS_NOTICE_MS = 14 * DAY_MS
const LEAST_FREE_BYTES = 2 * 1024 ** 3
const LEAST_FREE_SHARE = 0.05
/** NFS, SMB, CIFS, SMB2. https://man7.org/linux/man-pages/man2/statfs.2.html */
const NETWORK_FILE_SYSTEMS = new Set([0x6969, 0x517b, 0xff53_4d42, 0xfe53_4d42])
/** Anchoring a checkpoint costs about 100,000. */
const GAS_OF_A_TRANSACTION = 200_000n
const TRANSACTIONS_AHEAD = 1_000n

/** Everything found, in the order of a visit: configuration, secrets, folder, store, chain, gateway. Never throws for what it finds. */
export async function examine(patient: Patient): Promise<Finding[]> {
  const findings: Finding[] = []
  const find: Find = (code, { level = 'unfit', ...about } = {}) =>
    void findings.push({ code, level, ...about })
  const config = examineConfig(patient, find)
  if (config === null) return findings
  examineProcess(patient, config, find)
  examineSecrets(config, find)
  examineTls(patient, config, find)
  if (!existsSync(config.dataDir)) {
    find('DATA_DIR_MISSING', { at: config.dataDir })
    return findings
  }
  examineFolder(patient, config, find)
  examineRegion(config, find)
  examineStore(config, find)
  examineBackups(patient, find)
  await examineChain(patient, config, find)
  await examineGateway(config, find)
  return findings
}

/** What the gateway would make of the environment; where it refuses, what a demo would, so that the rest is looked at too. */
function examineConfig({ env, cwd }: Patient, find: Find): Config | null {
  let config: Config | null = null
  try {
    config = configFromEnv(env, { cwd })
  } catch (error) {
    find('CONFIG_REFUSED', refusalOf(error))
    const { ONCEPROOF_TLS_CERT_FILE: _cert, ONCEPROOF_TLS_KEY_FILE: _key, ...rest } = env
    try {
      config = configFromEnv({ ...rest, PROFILE: 'demo' }, { cwd })
    } catch {
      return null
    }
  }
  if (env['PROFILE'] !== 'production') find('PROFILE_DEMO', { at: 'PROFILE' })
  if (config.failPoint !== null)
    find('FAIL_POINT_ARMED', { at: 'ONCEPROOF_FAIL_POINT', found: config.failPoint.name })
  if (config.publicUrl?.startsWith('https:') !== true)
    find('PUBLIC_URL_HTTP', { at: 'PUBLIC_URL', found: config.publicUrl ?? '' })
  if (config.chainRpcUrl === null) find('EMBEDDED_CHAIN', { at: 'CHAIN_RPC_URL' })
  const { openidIssuer, profile, publicUrl } = config
  const isDemos =
    openidIssuer === null ? profile === 'demo' : openidIssuer === embeddedIssuer(publicUrl ?? '')
  if (isDemos) find('DEMO_PROVIDER', { at: 'OPENID_ISSUER' })
  else if (openidIssuer === null) find('NO_PROVIDER', { at: 'OPENID_ISSUER' })
  return config
}

function examineProcess({ nodeVersion, isClockHeld }: Patient, _config: Config, find: Find): void {
  if (Number(nodeVersion.split('.')[0]) < 24) find('NODE_VERSION', { found: nodeVersion })
  const held = isClockHeld()
  if (held === null) find('CLOCK_UNKNOWN', { level: 'unknown' })
  else if (!held) find('CLOCK_OFF', { at: 'NTP' })
}

function examineSecrets(config: Config, find: Find): void {
  const { dataDir, keystorePassphraseFile, openidClientSecretFile, tlsKeyFile } = config
  const inside = join(dataDir, 'keystore.passphrase')
  if (keystorePassphraseFile === null || isInside(dataDir, keystorePassphraseFile))
    find('PASSPHRASE_INSIDE', { at: keystorePassphraseFile ?? inside })
  for (const path of [keystorePassphraseFile, openidClientSecretFile, tlsKeyFile]) {
    if (path === null) continue
    const mode = modeOf(path)
    if (mode === null) find('SECRET_MISSING', { at: path })
    else if ((mode & 0o007) !== 0) find('SECRET_READABLE', { at: path, found: octal(mode) })
  }
}

function examineTls({ now }: Patient, config: Config, find: Find): void {
  const { tlsCertFile: certFile, tlsKeyFile: keyFile, publicUrl, trustedProxies } = config
  if (certFile === null || keyFile === null) {
    if (trustedProxies.length === 0) find('NO_TLS')
    return
  }
  try {
    const certificate = new X509Certificate(readCredentials({ certFile, keyFile }).cert)
    const { hostname } = new URL(publicUrl ?? '')
    const isForHost = isIP(hostname) === 0 ? certificate.checkHost(hostname) : certificate.checkIP(hostname)
    if (isForHost === undefined) find('TLS_NAME', { at: certFile, found: certificate.subjectAltName ?? '' })
    if (Date.parse(certificate.validTo) - now() < TLS_NOTICE_MS)
      find('TLS_EXPIRES', { at: certFile, found: certificate.validTo })
  } catch (error) {
    find('TLS_FILES', refusalOf(error))
  }
}

function examineFolder({ user, statfs }: Patient, { dataDir, mirrorDir }: Config, find: Find): void {
  const { mode, uid } = statSync(dataDir)
  if ((mode & 0o077) !== 0) find('DATA_DIR_OPEN', { at: dataDir, found: octal(mode) })
  for (const name of ['keystore.json', 'operator.token', 'onceproof.db', 'keystore.passphrase']) {
    const path = join(dataDir, name)
    const own = modeOf(path)
    if (own !== null && (own & 0o077) !== 0) find('DATA_DIR_OPEN', { at: path, found: octal(own) })
  }
  if (user !== null && uid !== user) find('DATA_DIR_OWNER', { at: dataDir, found: `uid ${uid}` })
  const { type, bavail, bsize, blocks } = statfs(dataDir)
  if (NETWORK_FILE_SYSTEMS.has(type)) find('NETWORK_DISK', { at: dataDir, found: `0x${type.toString(16)}` })
  const free = bavail * bsize
  if (free < LEAST_FREE_BYTES || bavail / blocks < LEAST_FREE_SHARE)
    find('DISK_LOW', { at: dataDir, found: `${Math.floor(free / 1024 ** 2)} MiB` })
  const beside = existsSync(mirrorDir) ? mirrorDir : dirname(mirrorDir)
  if (existsSync(beside) && statSync(beside).dev === statSync(dataDir).dev)
    find('MIRROR_SAME_DISK', { at: mirrorDir })
}

function examineRegion({ dataDir }: Config, find: Find): void {
  try {
    const region = readRegion(dataDir)
    if (region === null) return find('REGION_MISSING', { at: join(dataDir, 'region.json') })
    assertRealRegion(region)
  } catch (error) {
    find('REGION_INVENTED', refusalOf(error))
  }
}

function examineStore({ dataDir, keyProvidersFile }: Config, find: Find): void {
  const path = join(dataDir, 'onceproof.db')
  if (!existsSync(path)) return
  let db: Database.Database | undefined
  try {
    db = new Database(path, { readonly: true, fileMustExist: true })
    assertOurs(db)
    const version = Number(db.pragma('user_version', { simple: true }))
    if (version < (migrations.at(-1)?.version ?? 0)) find('STORE_OLDER', { at: path, found: String(version) })
    const mode = String(db.pragma('journal_mode', { simple: true }))
    if (mode !== 'wal') find('STORE_NOT_DURABLE', { at: path, found: mode })
    const demo = db.prepare("SELECT 1 FROM settings WHERE name = 'demo.region'").get()
    if (demo !== undefined) find('DEMO_DATA', { at: path })
    const elsewhere = providersIn(keyProvidersFile)
    const departments = db
      .prepare<[], { code: string; uscc: string }>('SELECT code, uscc FROM departments ORDER BY code')
      .all()
    const here = departments.filter(({ uscc }) => !elsewhere.has(uscc)).map(({ code }) => code)
    if (here.length > 0) find('KEYS_AT_GATEWAY', { at: here.join(', ') })
  } catch (error) {
    find('STORE_UNREADABLE', { at: path, ...foundOf(error) })
  } finally {
    db?.close()
  }
}

/** Credit codes of the departments whose keys are elsewhere; a file that cannot be read is the gateway's to refuse. */
function providersIn(file: string | null): Set<unknown> {
  if (file === null) return new Set()
  try {
    const providers = JSON.parse(readFileSync(file, 'utf8')) as Record<
      string,
      { kind: string; uscc?: string }
    >
    return new Set(
      Object.values(providers)
        .filter(({ kind }) => kind !== 'keystore')
        .map(({ uscc }) => uscc),
    )
  } catch {
    return new Set()
  }
}

function examineBackups({ backups, now }: Patient, find: Find): void {
  if (backups === null) return find('BACKUP_UNKNOWN', { level: 'unknown' })
  const times = existsSync(backups)
    ? readdirSync(backups).map(name => statSync(join(backups, name)).mtimeMs)
    : []
  const newest = Math.max(...times, 0)
  if (now() - newest > DAY_MS)
    find('BACKUP_OLD', { at: backups, ...(newest > 0 && { found: new Date(newest).toISOString() }) })
}

async function examineChain(patient: Patient, config: Config, find: Find): Promise<void> {
  const { chainRpcUrl, dataDir } = config
  if (chainRpcUrl === null) return
  const rpc = createRpc(chainRpcUrl, { timeoutMs: PATIENCE_MS })
  try {
    const deployment = readDeployment(join(dataDir, 'deployment.json'))
    if (deployment === null) find('NOT_DEPLOYED', { at: join(dataDir, 'deployment.json') })
    else assertSameChain(await chainIdentity(rpc, deployment.contracts), deployment)
    // A chain on which nothing happens makes no blocks, so a head that is behind says nothing.
    const ahead = (await blockAt(rpc, 'latest')).time - Math.floor(patient.now() / 1000)
    if (ahead > CLOCK_TOLERANCE_SECONDS) find('CLOCK_OFF', { at: rpc.node, found: `${ahead} s` })
    await examineBalances(rpc, config, find)
  } catch (error) {
    if (error instanceof ChainUnreachable) find('CHAIN_UNREACHABLE', { at: rpc.node })
    else find('CHAIN_WRONG', { at: rpc.node, ...foundOf(error) })
  }
}

async function examineBalances(
  rpc: Rpc,
  { dataDir, keystorePassphraseFile }: Config,
  find: Find,
): Promise<void> {
  const price = quantityToBigInt(await rpc.call('eth_gasPrice', []))
  if (price === 0n) return
  let accounts: string[]
  try {
    const passphrase = readFileSync(keystorePassphraseFile ?? '', 'utf8').trim()
    const keystore = await openKeystore({ path: join(dataDir, 'keystore.json'), passphrase })
    accounts = [
      addressOf(await keystore.publicKey(RELAYER_KEY)),
      addressOf(await keystore.publicKey(GOVERNANCE_KEY)),
    ]
  } catch {
    return find('BALANCE_UNKNOWN', { level: 'unknown' })
  }
  for (const account of accounts) {
    const balance = quantityToBigInt(await rpc.call('eth_getBalance', [account, 'latest']))
    const payable = balance / (price * GAS_OF_A_TRANSACTION)
    if (payable < TRANSACTIONS_AHEAD) find('BALANCE_LOW', { at: account, found: String(payable) })
  }
}

async function examineGateway({ publicUrl }: Config, find: Find): Promise<void> {
  if (publicUrl === null) return find('GATEWAY_DOWN', { level: 'unknown' })
  try {
    const response = await fetch(`${publicUrl}/readyz`, { signal: AbortSignal.timeout(PATIENCE_MS) })
    const text = await response.text()
    if (response.status !== 200) find('GATEWAY_NOT_READY', { at: publicUrl, found: text.slice(0, 200) })
  } catch (error) {
    const cause = (error as { cause?: { code?: unknown } }).cause?.code
    const found = typeof cause === 'string' ? { found: cause } : {}
    find('GATEWAY_DOWN', { level: 'unknown', at: publicUrl, ...found })
  }
}

const refusalOf = (error: unknown): { at?: string; found?: string } => {
  if (!(error instanceof Refusal)) return foundOf(error)
  const { field } = error.details
  return { ...(field !== undefined && { at: field }), found: `${error.message} [${error.code}]` }
}

const foundOf = (error: unknown) => ({ found: error instanceof Error ? error.message : String(error) })

function modeOf(path: string): number | null {
  return statSync(path, { throwIfNoEntry: false })?.mode ?? null
}

const octal = (mode: number) => (mode & 0o777).toString(8)

function isInside(directory: string, path: string): boolean {
  const way = relative(directory, path)
  return !/^\.\.(?:[/\\]|$)/.test(way) && !isAbsolute(way)
}
