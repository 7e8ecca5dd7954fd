/**
 * Opens the world: data folder, store, keys, chain, deployment, log. Every step looks before it acts; a start that was cut
 * short is finished by the next.
 */
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { formatNoteKey, noteKey } from '../protocol/note.ts'
import { Refusal } from '../protocol/refusal.ts'
import { startAnchorer, type Anchorer } from './anchorer.ts'
import { startKeeper } from './keeper.ts'
import { assertNotBehindChain } from './anchoring/anchor.ts'
import { indexHoldersOnce, indexNumbersOnce } from './certificates/index-holders.ts'
import { REGION_FILE, regionOf } from './catalogue/own-region.ts'
import { INTERFACES } from './chain/contracts.ts'
import type { Deployment } from './chain/deployment.ts'
import { makeDirectoryDurably, writeFileDurably } from './store/durable-file.ts'
import { acquireLock, type Lock } from './chain/embedded/lock.ts'
import { superviseEmbeddedChain, type SupervisedChain } from './chain/embedded/supervise.ts'
import { logId } from './chain/log-id.ts'
import { createRpc, untilEnd } from './chain/rpc.ts'
import { bringAbout } from './chain/transactions.ts'
import { contractReader } from './chain/view.ts'
import { embeddedIssuer, type Config } from './config.ts'
import { bringBackLostBlocks } from './continuity/lost-blocks.ts'
import { repeatHistory, type Renewed } from './continuity/renew.ts'
import { grantRoleOnChain } from './departments/registry.ts'
import { answersKey } from './recovery/mirror-log.ts'
import { takeOverAccounts, takeUpMirror, type TakenUp } from './recovery/take-up.ts'
import { assignDemoPeople } from './identity/assignments.ts'
import { createEvents } from './http/events.ts'
import type { Logger } from './http/logger.ts'
import type { Metrics } from './http/metrics.ts'
import { closeDesk } from './issuing/carry-out.ts'
import { ensureKey } from './keys/ensure.ts'
import { keyring, type Keyring } from './keys/keyring.ts'
import { createKeystore, openKeystore } from './keys/keystore.ts'
import {
  GOVERNANCE_KEY,
  LOG_KEY,
  LOOKUP_KEY,
  NOTE_KEY,
  RELAYER_KEY,
  TOKEN_KEY,
  WEBHOOK_KEY,
} from './keys/names.ts'
import { addressOf } from './keys/provider.ts'
import { openProviders } from './keys/providers.ts'
import { openMirror, type Mirror } from './store/mirror.ts'
import { openSqliteStore } from './store/sqlite.ts'
import type { Store } from './store/store.ts'
import {
  accountOf,
  assertChainIsThere,
  chainOf,
  GOVERNANCE_ROLES,
  keyAccount,
  openWhenReachable,
  renewalOf,
} from './open-chain.ts'
import type { World } from './world.ts'

export interface OpenWorld {
  world: World
  anchorer: Anchorer
  operatorToken: string
  /** Where the operator's token lies. */
  tokenPath: string
  /** Resolves once the chain is open: at once, or when one that was away at the start comes back. */
  whenOpen: Promise<void>
  /** JSON-RPC address of the chain, without credentials. */
  chainUrl: string
  /** What was done again on a new chain; null when the chain is the old one. */
  readonly renewed: Renewed | null
  /**
   * Ends the anchorer after its round, which no longer waits for the chain to mine, and for a chain that hangs not longer than a moment,
   * and closes everything; the embedded chain goes on unless `andChain`.
   */
  close: (options?: { andChain?: boolean }) => Promise<void>
}

export interface OpenOptions {
  config: Config
  /** Known once the port is. */
  publicUrl: string
  logger: Logger
  metrics: Metrics
  clock?: () => number
  /** Contracts that are on the chain already, for a folder that has no deployment yet. */
  adopt?: Deployment | null
  /** A chain that is away is refused, embedded or not: the world is opened to do something there. */
  needsChain?: boolean
  /** Tells the person at the terminal what is being done. */
  say?: (text: string) => void
  /** Puts a new chain in the place of the embedded one (`onceproof chain renew`). One that was begun is finished by every start. */
  renewsChain?: boolean
}

/**
 * Opens or creates everything under `config.dataDir`, and takes up from the mirror what the store does not have. A store that is older
 * than the chain's log after that opens in quarantine: it is read and nothing is written, by nobody. Somebody else's chain may be away: it
 * is opened when it comes. Refuses DATA_DIR_IN_USE when another
 * gateway holds the folder, a chain of another id, genesis or contract code, CONTRACTS_NOT_OURS for adopted contracts that do not know us as
 * their administrator, and a mirror that cannot be believed or written.
 */
export async function openWorld(options: OpenOptions): Promise<OpenWorld> {
  const {
    config,
    logger,
    metrics,
    publicUrl,
    clock = Date.now,
    adopt = null,
    say = () => undefined,
  } = options
  makeDirectoryDurably(config.dataDir, 0o700)
  const lock = lockFolder(config.dataDir)
  const opened: Opened = {}
  try {
    const catalogue = regionOf(config)
    const keys = (opened.keys = await openKeys(config, say, clock))
    const store = (opened.store = await openSqliteStore(join(config.dataDir, 'onceproof.db'), { clock }))
    const { token, path: tokenPath } = openToken(config, say)

    const renewal = await renewalOf({ config, keys, store, clock }, options.renewsChain === true)
    if (config.chainRpcUrl === null) {
      if (renewal === null) assertChainIsThere(config.dataDir)
      say('starting the embedded chain')
      opened.embedded = await superviseEmbeddedChain({
        dataDir: join(config.dataDir, 'chain'),
        port: config.chainPort,
        log: () => logger.info('embedded chain', { component: 'chain' }),
      })
    }
    const hungUp = new AbortController()
    const rpc = untilEnd(createRpc(config.chainRpcUrl ?? opened.embedded!.url), hungUp.signal)
    const relayer = opened.embedded
      ? accountOf(opened.embedded.relayerKey)
      : await keyAccount(keys, RELAYER_KEY)
    const closing = new AbortController()
    // Nobody knows when a slow chain mines what we sent. It is on file, so the next start takes it up.
    const sleep = (ms: number) => pause(ms, undefined, { signal: closing.signal })
    const log = await openLog({ store, keys, config, publicUrl })
    const opening = Promise.withResolvers<void>()
    let takenUp: TakenUp | null = null
    let renewed: Renewed | null = null
    const onDoubt = () => world.wake()
    const parts = { config, store, keys, rpc, relayer, clock, sleep, adopt, say, onDoubt, renewal }
    const chain = await chainOf(parts, async () => {
      if (renewal === null) await bringBackLostBlocks(world, say)
      await registerLog(world)
      if (renewal !== null) renewed = await repeatHistory(world, renewal, say)
      await compareWithChain(await takeUpOnce())
      opening.resolve()
    })
    const mirror = (opened.mirror = await openMirror(config.mirrorDir, log.origin))
    const world: World = {
      config: { ...config, publicUrl },
      store,
      mirror,
      quarantine: null,
      keys,
      chain,
      log,
      region: catalogue.region.code,
      catalogue,
      clock,
      logger,
      metrics,
      events: createEvents(),
      wake: () => anchorer.wake(),
    }
    // In quarantine nothing is sealed or sent.
    let anchorer: Anchorer = {
      wake: () => undefined,
      stop: async () => undefined,
      health: () => ({ chainReachable: true, lastError: world.quarantine?.code ?? null }),
    }
    if (options.needsChain === true) await chain.open()
    else await openWhenReachable(world, say)
    // With nothing to take up it asks nothing of the chain; a store that is older must have been compared before it writes.
    await takeUpOnce()
    if (world.quarantine !== null) return running(async () => undefined)
    await indexHoldersOnce(world)
    await indexNumbersOnce(world)
    if (config.profile === 'demo' && config.openidIssuer === null)
      await assignDemoPeople(world, embeddedIssuer(publicUrl))
    anchorer = startAnchorer(world)
    const keeper = startKeeper(world)
    return running(async () => {
      await keeper.stop()
      await anchorer.stop()
      await closeDesk(world)
    })

    async function takeUpOnce(): Promise<TakenUp> {
      if (takenUp !== null) return takenUp
      takenUp = await takeUpMirror(world, await answersKey(keys))
      if (takenUp.statements > 0)
        say(`taken up from the mirror: ${takenUp.statements} statements, now ${takenUp.size}`)
      if (takenUp.erasures > 0) say(`erased again: ${takenUp.erasures} certificates`)
      return takenUp
    }

    /** What a store that was older than its mirror, or is older than the chain's log, asks for. */
    async function compareWithChain(taken: TakenUp): Promise<void> {
      world.quarantine = await findQuarantine(world)
      if (world.quarantine === null) {
        for (const name of ['deployment.json', REGION_FILE]) {
          const path = join(config.dataDir, name)
          if (existsSync(path)) mirror.saveFile(name, readFileSync(path, 'utf8'))
        }
        if (taken.wasOlder) await takeOverAccounts(world)
        return
      }
      say(`QUARANTINE: ${world.quarantine.message} [${world.quarantine.code}]. ${WHAT_TO_DO}`)
      logger.error('quarantine: nothing is written', { code: world.quarantine.code })
    }

    function running(stop: () => Promise<void>): OpenWorld {
      return {
        world,
        anchorer,
        operatorToken: token,
        tokenPath,
        chainUrl: rpc.node,
        whenOpen: opening.promise,
        get renewed() {
          return renewed
        },
        close: async ({ andChain = false } = {}) => {
          closing.abort()
          const patience = setTimeout(() => hungUp.abort(), CHAIN_PATIENCE_MS)
          await stop()
          clearTimeout(patience)
          await closeAll(opened, lock, andChain)
        },
      }
    }
  } catch (error) {
    await closeAll(opened, lock, false)
    throw error
  }
}

/** How long an end waits for the chain: what was on its way is on file, and the next start takes it up. */
const CHAIN_PATIENCE_MS = 3_000

const WHAT_TO_DO =
  'Reads and verification go on; writes are refused. Bring the mirror that reaches further (ONCEPROOF_MIRROR_DIR) and start again: docs/operations.md'

/** An old copy of the store would give the same places in the log away again. */
async function findQuarantine(world: World): Promise<Refusal | null> {
  try {
    await assertNotBehindChain(world, world.chain.view())
    return null
  } catch (error) {
    if (error instanceof Refusal && error.code === 'LOG_BEHIND_CHAIN') return error
    throw error
  }
}

interface Opened {
  store?: Store
  mirror?: Mirror
  embedded?: SupervisedChain
  keys?: Keyring
}

function lockFolder(dataDir: string): Lock {
  try {
    return acquireLock(join(dataDir, 'gateway.lock'))
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'LOCK_HELD') throw error
    throw new Refusal('DATA_DIR_IN_USE', `another gateway is running on ${dataDir}`, {
      field: 'DATA_DIR',
      found: dataDir,
    })
  }
}

async function closeAll(
  { store, mirror, embedded, keys }: Opened,
  lock: Lock,
  andChain: boolean,
): Promise<void> {
  await mirror?.close()
  await store?.close()
  keys?.close()
  if (andChain) await embedded?.stop()
  else embedded?.leave()
  lock.release()
}

// ---- secrets

/**
 * Reads or makes the keystore and its own keys; a passphrase that nobody gave is generated beside it, with a warning. New keys for old data
 * would open nothing and could anchor nothing, so one that is gone is not made anew: refuses KEYSTORE_LOST and PASSPHRASE_LOST.
 */
async function openKeys(config: Config, say: (text: string) => void, clock: () => number): Promise<Keyring> {
  const path = join(config.dataDir, 'keystore.json')
  const beside = join(config.dataDir, 'keystore.passphrase')
  const passphrasePath = config.keystorePassphraseFile ?? beside
  assertKeysAreThere(config.dataDir, path, passphrasePath)
  if (config.keystorePassphraseFile === null && !existsSync(beside)) {
    writeFileDurably(beside, `${randomBytes(32).toString('base64url')}\n`, 0o600)
    say(`WARNING: demo secrets. The passphrase of the keystore was generated beside it, in ${beside}`)
  }
  const passphrase = readSecret(passphrasePath, 'KEYSTORE_PASSPHRASE_FILE')
  const own = existsSync(path)
    ? await openKeystore({ path, passphrase })
    : await createKeystore({ path, passphrase })
  const keys = keyring(own, await openProviders(config.keyProvidersFile, { dataDir: config.dataDir, clock }))
  const gateways = { department: null }
  await ensureKey(keys, { name: NOTE_KEY, purpose: 'note', algorithm: 'EdDSA', ...gateways })
  await ensureKey(keys, { name: LOG_KEY, purpose: 'log', algorithm: 'secp256k1', ...gateways })
  await ensureKey(keys, { name: GOVERNANCE_KEY, purpose: 'governance', algorithm: 'secp256k1', ...gateways })
  await ensureKey(keys, { name: RELAYER_KEY, purpose: 'relayer', algorithm: 'secp256k1', ...gateways })
  await ensureKey(keys, { name: TOKEN_KEY, purpose: 'token', algorithm: 'ES256', ...gateways })
  await ensureKey(keys, { name: LOOKUP_KEY, purpose: 'lookup', algorithm: 'secret', ...gateways })
  await ensureKey(keys, { name: WEBHOOK_KEY, purpose: 'lookup', algorithm: 'secret', ...gateways })
  return keys
}

function assertKeysAreThere(dataDir: string, path: string, passphrasePath: string): void {
  if (existsSync(path)) {
    if (existsSync(passphrasePath)) return
    throw new Refusal('PASSPHRASE_LOST', `there is a keystore, but no passphrase in ${passphrasePath}`, {
      field: 'KEYSTORE_PASSPHRASE_FILE',
      expected: 'the file with the passphrase of the keystore that is there',
      found: passphrasePath,
    })
  }
  // The database is made after the keystore.
  if (!existsSync(join(dataDir, 'onceproof.db'))) return
  throw new Refusal(
    'KEYSTORE_LOST',
    `there is a database in ${dataDir} and no keystore: bring keystore.json back from the backup of the keys`,
    { field: 'DATA_DIR', expected: 'keystore.json', found: 'none' },
  )
}

function openToken(config: Config, say: (text: string) => void): { token: string; path: string } {
  const path = join(config.dataDir, 'operator.token')
  if (!existsSync(path)) {
    writeFileDurably(path, `${randomBytes(32).toString('base64url')}\n`, 0o600)
    say(`WARNING: one operator token guards everything; it was generated in ${path}`)
  }
  return { token: readSecret(path, 'DATA_DIR'), path }
}

function readSecret(path: string, field: string): string {
  try {
    const text = readFileSync(path, 'utf8').trim()
    if (text !== '') return text
  } catch {
    // Told below, without the system's own words.
  }
  throw new Refusal('CONFIG_INVALID', `${field}: ${path} cannot be read or is empty`, {
    field,
    expected: 'a file with one line',
    found: path,
  })
}

// ---- log

async function openLog(parts: {
  store: Store
  keys: Keyring
  config: Config
  publicUrl: string
}): Promise<{ origin: string; noteKey: string }> {
  const { store, keys, config, publicUrl } = parts
  const saved = await store.setting('log.origin')
  const origin = saved ?? config.logOrigin ?? `${new URL(publicUrl).host}/log`
  if (config.logOrigin !== null && config.logOrigin !== origin) {
    throw new Refusal('CONFIG_INVALID', `ONCEPROOF_LOG_ORIGIN: this data folder's log is ${origin}`, {
      field: 'ONCEPROOF_LOG_ORIGIN',
      expected: origin,
      found: config.logOrigin,
    })
  }
  if (saved === null) await store.saveSetting('log.origin', origin)
  return { origin, noteKey: formatNoteKey(noteKey(origin, await keys.publicKey(NOTE_KEY))) }
}

/**
 * Registers the log with its key, and governance's roles, on chain; no-ops when they are there. Refuses LOG_KEY_DIFFERS: what another
 * keystore signs would never be anchored.
 */
async function registerLog(world: World): Promise<void> {
  const { governance, deployment, rpc, transactions } = world.chain
  const { origin } = world.log
  const read = contractReader(rpc, deployment.contracts, 'latest')
  const logKey = addressOf(await world.keys.publicKey(LOG_KEY))
  const isRegistered = async () => {
    const [count] = await read('AnchorLog', 'logCount', [])
    for (let i = 0; i < Number(count); i++) {
      const [log] = await read('AnchorLog', 'logAt', [i])
      if (log === logId(origin)) return true
    }
    return false
  }
  if (await isRegistered()) {
    const [, registered] = await read('AnchorLog', 'logOf', [logId(origin)])
    if (registered !== logKey) {
      throw new Refusal('LOG_KEY_DIFFERS', `the chain knows the log ${origin} by another key`, {
        field: 'keystore.json',
        expected: String(registered),
        found: logKey,
      })
    }
  }
  for (const [contract, role] of GOVERNANCE_ROLES) {
    await grantRoleOnChain(world, contract, role, governance.address)
  }
  await bringAbout(transactions, governance, {
    purpose: `log:${logId(origin)}`,
    to: deployment.contracts.AnchorLog.address,
    data: INTERFACES.AnchorLog.encodeFunctionData('registerLog', [origin, logKey]),
    isDone: isRegistered,
  })
}
