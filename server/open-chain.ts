/**
 * Opens the chain of a data folder: deploys what is missing, or takes up what is there. A start that was cut short is finished by the
 * next; a chain of somebody else's that is away is opened when it comes back.
 */
import { join } from 'node:path'
import { computeAddress, getBytes, id, SigningKey, ZeroHash } from 'ethers'
import type { ChainIdentity } from '../protocol/chain-view.ts'
import { Refusal } from '../protocol/refusal.ts'
import {
  assertSameChain,
  deploy,
  readDeployment,
  writeDeployment,
  type Deployment,
} from './chain/deployment.ts'
import { bytesOf, ChainUnreachable, quantityToBigInt, quantityToNumber, type Rpc } from './chain/rpc.ts'
import { bringAbout, sendLostAgain, type Account, type TransactionContext } from './chain/transactions.ts'
import { blockAt, chainIdentity, contractReader, liveView } from './chain/view.ts'
import { watchChain } from './chain/watch.ts'
import { readGenesis } from './chain/embedded/genesis.ts'
import type { Config } from './config.ts'
import {
  assertSameAddresses,
  beginRenewal,
  pendingRenewal,
  reachFirstNonce,
  type Renewal,
} from './continuity/renew.ts'
import type { Keyring } from './keys/keyring.ts'
import { GOVERNANCE_KEY } from './keys/names.ts'
import { addressOf } from './keys/provider.ts'
import type { Store } from './store/store.ts'
import type { Chain, World } from './world.ts'

/** How long we believe that a node is still the chain that it was. */
const IDENTITY_MS = 10_000
const FUNDS = 10n ** 21n

export function accountOf(secretKey: string): Account {
  const key = new SigningKey(secretKey)
  return {
    address: computeAddress(key.publicKey).toLowerCase(),
    signDigest: async digest => getBytes(key.sign(digest).serialized),
  }
}

export async function keyAccount(keys: Keyring, name: string): Promise<Account> {
  return {
    address: addressOf(await keys.publicKey(name)),
    signDigest: digest => keys.signDigest(name, digest),
  }
}

export interface ChainParts {
  config: Config
  store: Store
  keys: Keyring
  rpc: Rpc
  relayer: Account
  clock: () => number
  sleep: (ms: number) => Promise<void>
  /** Contracts that are there already, for a folder without a deployment. */
  adopt: Deployment | null
  say: (text: string) => void
  /** Called when a head went back. */
  onDoubt: () => void
  /** The chain takes the place of one that is gone; null = it is the old one. */
  renewal: Renewal | null
}

/** The chain of this data folder, nothing of it asked yet. `afterwards` is what else belongs to opening it. */
export async function chainOf(parts: ChainParts, afterwards: () => Promise<void>): Promise<Chain> {
  const { config, store, keys, rpc, relayer, clock, sleep, adopt, say, onDoubt, renewal } = parts
  const governance = await keyAccount(keys, GOVERNANCE_KEY)
  const path = join(config.dataDir, 'deployment.json')
  const isEmbedded = config.chainRpcUrl === null
  let deployment = readDeployment(path)
  const wasDeployed = deployment !== null
  let chainId = deployment?.chain.chainId ?? null
  let isOpen = false
  let wasAway = false
  let told = ''
  const known = <T>(value: T | null): T => {
    if (value === null) throw new ChainUnreachable('the chain has not been reached yet: nothing is deployed')
    return value
  }
  const { rpc: watched, watch } = watchChain(rpc, { headStays: isEmbedded, clock, onDoubt })

  async function deployed(): Promise<Deployment> {
    chainId = quantityToNumber(await rpc.call('eth_chainId', []))
    say(adopt === null ? 'deploying the contracts' : 'adopting the contracts that are there')
    const { transactions } = unwatched
    await fundGovernance(rpc, transactions, relayer, governance)
    if (adopt !== null) {
      assertSameChain(await chainIdentity(rpc, adopt.contracts), adopt)
      await assertGoverns(rpc, adopt, governance)
      writeDeployment(path, adopt)
      return adopt
    }
    if (renewal !== null) await reachFirstNonce(transactions, governance, renewal)
    return deploy({ ...transactions, store }, governance, governance.address, path)
  }

  async function open(): Promise<void> {
    if (isOpen) return
    try {
      deployment ??= await deployed()
      if (renewal !== null) assertSameAddresses(renewal, deployment)
      if (isEmbedded && (await hasLostDeployment(rpc, deployment))) {
        say('WARNING: the chain has lost the contracts themselves; every transaction on file is sent again')
        await sendLostAgain(unwatched.transactions, [governance, relayer], deployment.contracts)
      }
      await unwatched.assertSame()
      await afterwards()
      isOpen = true
      if (wasAway) say('the chain can be reached')
    } catch (error) {
      if (error instanceof ChainUnreachable) wasAway = true
      // A refusal at the start ends it; of a later one nobody would know, since the log has no texts.
      else if (wasAway && error instanceof Refusal && error.message !== told) {
        told = error.message
        say(`WARNING: ${error.message} [${error.code}]`)
      }
      throw error
    }
  }

  const through = (asked: Rpc): Omit<Chain, 'unwatched'> => {
    const ask = () => chainIdentity(asked, known(deployment).contracts)
    // What is another chain for a moment is asked again at once.
    const identity = rememberFor(IDENTITY_MS, clock, ask, found => isSameChain(found, known(deployment)))
    const transactions: TransactionContext = {
      rpc: asked,
      store,
      get chainId() {
        return known(chainId)
      },
      clock,
      sleep,
    }
    return {
      rpc: asked,
      get deployment() {
        return known(deployment)
      },
      // Contracts of just now are of use to nobody before the log and the roles are on them too.
      isDeployed: () => deployment !== null && (wasDeployed || isOpen),
      open,
      isOpen: () => isOpen,
      confirmations: config.confirmations,
      view: () => liveView(asked, known(deployment).contracts, { identity }),
      assertSame: async () => assertSameChain(await identity(), known(deployment)),
      assertSameNow: async () => assertSameChain(await ask(), known(deployment)),
      transactions,
      relayer,
      governance,
      isEmbedded,
      watch,
    }
  }
  const unwatched = through(rpc) as Chain
  unwatched.unwatched = unwatched
  return Object.assign(through(watched), { unwatched })
}

/**
 * Opens the chain, or goes on without it when somebody else's cannot be reached: the anchorer opens it as soon as it can. An embedded
 * chain that does not answer is ours to mend, and everything that is wrong with a chain that answers stops the start.
 */
export async function openWhenReachable(
  { chain, config }: Pick<World, 'chain' | 'config'>,
  say: (text: string) => void,
): Promise<void> {
  try {
    await chain.open()
  } catch (error) {
    if (!(error instanceof ChainUnreachable) || config.chainRpcUrl === null) throw error
    say(
      chain.isDeployed()
        ? `WARNING: ${error.message}; statements are accepted and anchored when the chain is back`
        : `WARNING: ${error.message}; nothing is deployed yet, so nothing is accepted until the chain can be reached`,
    )
  }
}

/** The renewal that was asked for or begun. Refuses RENEWAL_NOT_EMBEDDED. */
export async function renewalOf(
  { config, keys, store, clock }: Pick<ChainParts, 'config' | 'keys' | 'store' | 'clock'>,
  isAsked: boolean,
): Promise<Renewal | null> {
  if (!isAsked && (await pendingRenewal(store)) === null) return null
  if (config.chainRpcUrl !== null) {
    throw new Refusal('RENEWAL_NOT_EMBEDDED', 'only the embedded chain can be renewed', {
      field: 'CHAIN_RPC_URL',
      found: 'a chain of others',
    })
  }
  const { address: governance } = await keyAccount(keys, GOVERNANCE_KEY)
  return beginRenewal(store, { dataDir: config.dataDir, governance, clock })
}

/** A start must not put a new chain in the place of one that is gone. Refuses CHAIN_STATE_LOST. */
export function assertChainIsThere(dataDir: string): void {
  if (readDeployment(join(dataDir, 'deployment.json')) === null) return
  if (readGenesis(join(dataDir, 'chain')) !== null) return
  throw new Refusal(
    'CHAIN_STATE_LOST',
    `the embedded chain in ${join(dataDir, 'chain')} is gone: bring its folder back from a backup, or renew it with npx onceproof chain renew`,
    { field: 'DATA_DIR', expected: 'genesis.json and journal.db of the chain', found: 'none' },
  )
}

/** The very chain of the deployment, without the contracts: it lost its blocks from the first on. */
async function hasLostDeployment(rpc: Rpc, { chain, contracts }: Deployment): Promise<boolean> {
  if ((await blockAt(rpc, 0)).hash !== chain.genesis) return false
  return bytesOf(await rpc.call('eth_getCode', [contracts.AnchorLog.address, 'latest'])) === '0x'
}

function isSameChain(found: ChainIdentity, deployment: Deployment): boolean {
  try {
    assertSameChain(found, deployment)
    return true
  } catch {
    return false
  }
}

/** The last answer for so many milliseconds; neither a failure nor an answer that is not good is remembered. */
function rememberFor<T>(
  ms: number,
  clock: () => number,
  ask: () => Promise<T>,
  isGood: (answer: T) => boolean,
): () => Promise<T> {
  let last: { at: number; answer: T } | null = null
  return async () => {
    if (last !== null && Math.abs(clock() - last.at) <= ms) return last.answer
    const answer = await ask()
    last = isGood(answer) ? { at: clock(), answer } : null
    return answer
  }
}

/** What the governing account has to be on chain. */
export const GOVERNANCE_ROLES = [
  ['DepartmentRegistry', 'REGISTRAR_ROLE'],
  ['DepartmentRegistry', 'GUARDIAN_ROLE'],
  ['AnchorLog', 'LOG_ADMIN_ROLE'],
  ['StatusRegistry', 'LIST_ADMIN_ROLE'],
] as const

/** Contracts of somebody else serve only those whom their administrator lets. Refuses CONTRACTS_NOT_OURS. */
async function assertGoverns(rpc: Rpc, { contracts }: Deployment, governance: Account): Promise<void> {
  const read = contractReader(rpc, contracts, 'latest')
  for (const [contract, role] of GOVERNANCE_ROLES) {
    const [has] = await read(contract, 'hasRole', [id(role), governance.address])
    const [administers] = await read(contract, 'hasRole', [ZeroHash, governance.address])
    if (has === true || administers === true) continue
    throw new Refusal(
      'CONTRACTS_NOT_OURS',
      `${contract} at ${contracts[contract].address} gives ${governance.address} no ${role}; its administrator has to`,
      { field: contract, expected: `${role} for ${governance.address}`, found: 'no such role' },
    )
  }
}

/** On a chain where transactions cost something, the relayer shares what it has. Refuses RELAYER_UNFUNDED. */
async function fundGovernance(
  rpc: Rpc,
  transactions: TransactionContext,
  relayer: Account,
  governance: Account,
): Promise<void> {
  const balance = async (account: Account) =>
    quantityToBigInt(await rpc.call('eth_getBalance', [account.address, 'latest']))
  const price = quantityToBigInt(await rpc.call('eth_gasPrice', []))
  if (price === 0n || (await balance(governance)) > 0n) return
  const owned = await balance(relayer)
  if (owned === 0n) {
    throw new Refusal(
      'RELAYER_UNFUNDED',
      `the account that pays has nothing on this chain: ${relayer.address}`,
      {
        field: 'CHAIN_RPC_URL',
        expected: `funds at ${relayer.address}`,
        found: '0',
      },
    )
  }
  await bringAbout(transactions, relayer, {
    purpose: `fund:${governance.address}`,
    to: governance.address,
    data: '0x',
    value: owned / 2n < FUNDS ? owned / 2n : FUNDS,
    isDone: async () => (await balance(governance)) > 0n,
  })
}
