/**
 * The world: everything that a verb may use, made once by `openWorld` (server/open-world.ts) and given as the first argument.
 */
import type { ChainView } from '../protocol/chain-view.ts'
import type { Config } from './config.ts'
import { invariant } from '../protocol/refusal.ts'
import type { Deployment } from './chain/deployment.ts'
import type { Rpc } from './chain/rpc.ts'
import type { Account, TransactionContext } from './chain/transactions.ts'
import type { ChainWatch } from './chain/watch.ts'
import type { Events } from './http/events.ts'
import type { Logger } from './http/logger.ts'
import type { Message } from './http/messages.ts'
import type { Metrics } from './http/metrics.ts'
import type { Keyring } from './keys/keyring.ts'
import type { Mirror } from './store/mirror.ts'
import type { Refusal } from '../protocol/refusal.ts'
import type { Store } from './store/store.ts'

export interface World {
  config: Config
  store: Store
  /** The second place of the log, outside the database. */
  mirror: Mirror
  /** Why nothing is written while this gateway runs: its store is older than the chain's log. Null = it writes. */
  quarantine: Refusal | null
  /** The built-in keystore, and for some departments a provider of theirs. */
  keys: Keyring
  chain: Chain
  log: LogIdentity
  /** Six digits; certificates of this gateway are issued in it. */
  region: string
  /** What the data folder's region is called, and its words for reasons. */
  catalogue: RegionCatalogue
  /** Milliseconds since 1970. */
  clock: () => number
  logger: Logger
  metrics: Metrics
  events: Events
  /** Tells the anchorer that somebody waits for what was just accepted. */
  wake: () => void
}

/** What a gateway knows of its region beside departments, types and matters, which the store has. */
export interface RegionCatalogue {
  /** Everybody and everything in it is invented. */
  synthetic: boolean
  region: {
    code: string
    province: Message
    city: Message
    districts: readonly (Message & { code: string })[]
    partnerRegions: readonly (Message & { code: string; recognised: readonly string[] })[]
  }
  revocationReasons: readonly (Message & { code: string })[]
  suspensionReasons: readonly (Message & { code: string })[]
}

export interface Chain {
  rpc: Rpc
  /** Throws `ChainUnreachable` until the contracts are deployed or adopted: a first start while the chain is away. */
  readonly deployment: Deployment
  /** Whether the contracts are there, with the log and the roles on them; known also while the chain is away. */
  isDeployed: () => boolean
  /**
   * Deploys what is missing, registers the log and looks whether this store can go on with the chain's; once that is done, nothing.
   * Rejects with `ChainUnreachable` while the chain cannot be asked, and refuses what `openWorld` refuses of a chain.
   */
  open: () => Promise<void>
  isOpen: () => boolean
  /** Blocks from the one asked about to the head, both counted, that make it final. */
  confirmations: number
  /** A view at the present head. Who the chain is gets asked again every few seconds, not for each view. */
  view: () => ChainView
  /** Refuses CHAIN_ID_WRONG, CHAIN_GENESIS_WRONG or CHAIN_CODE_WRONG when the node has become another chain. */
  assertSame: () => Promise<void>
  /** The same, asked anew: before something is concluded for good. */
  assertSameNow: () => Promise<void>
  transactions: TransactionContext
  /** Pays; has no authority. */
  relayer: Account
  /** Holds the registry's roles. */
  governance: Account
  /** The embedded chain: one node, no reorganisations. */
  isEmbedded: boolean
  /** Closes the way to a chain that lost blocks until they are there again. */
  watch: ChainWatch
  /** The same chain asked as it is, for who brings back what it lost. */
  unwatched: Chain
}

export interface LogIdentity {
  origin: string
  /** Verifier key of the notes, `<name>+<key id>+<base64>`. */
  noteKey: string
}

export const nowSeconds = (world: Pick<World, 'clock'>): number => Math.floor(world.clock() / 1000)

/** The address that others know, once the gateway listens. */
export function publicUrl(world: Pick<World, 'config'>): string {
  invariant(world.config.publicUrl !== null, 'the public URL is known once the gateway listens')
  return world.config.publicUrl
}

/**
 * Later than the chain's head and than our clock, whichever runs behind: a chain on which nothing happens makes no blocks, and an end
 * of a key or permit comes all the same.
 */
export async function presentTime(world: Pick<World, 'chain' | 'clock'>): Promise<number> {
  return Math.max((await world.chain.view().head()).time, nowSeconds(world))
}

/**
 * Where a page asked for under another name of this machine stands: cookies belong to one name, and the identity provider sends people back
 * to the public one. Null when it was asked for under that.
 */
export function atPublicUrl(
  world: Pick<World, 'config'>,
  host: string | undefined,
  path: string,
): string | null {
  const known = new URL(publicUrl(world))
  const isLoopback = /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?$/
  const isOther = host !== known.host && isLoopback.test(host ?? '') && isLoopback.test(known.host)
  return isOther ? known.origin + path : null
}
