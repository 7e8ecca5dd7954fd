/**
 * Doing again what a stored transaction did, where its bytes are good no longer: the chain is another, or a time that they name has
 * passed. The verb that first did it does it again, and looks before it acts.
 */
import { Transaction } from 'ethers'
import { toHex } from '../../protocol/bytes.ts'
import { CONTRACT_NAMES, type ContractName } from '../../protocol/chain-view.ts'
import { invariant, Refusal } from '../../protocol/refusal.ts'
import { departmentId } from '../../protocol/snapshot.ts'
import { anchorCheckpoint } from '../anchoring/anchor.ts'
import { INTERFACES } from '../chain/contracts.ts'
import { ContractRevert } from '../chain/view.ts'
import { keysOnHand } from '../departments/department-keys.ts'
import {
  activateKeyOnChain,
  addKeyOnChain,
  admitOnChain,
  commitKeyOnChain,
  compromiseKeyOnChain,
  endPermitOnChain,
  grantPermitOnChain,
  openListOnChain,
  retireKeyOnChain,
  suspendOnChain,
} from '../departments/registry.ts'
import { forgetStandings } from '../departments/standing.ts'
import { executeAgain } from '../status/relay.ts'
import type { StatusChangeRow, TransactionRow } from '../store/store.ts'
import { presentTime, type World } from '../world.ts'

/** A call of a contract, read back from the bytes of the transaction that made it. */
export interface Act {
  row: TransactionRow
  contract: ContractName
  method: string
  args: readonly unknown[]
}

/** An end that has passed is set so far ahead that its transaction is mined before it. */
const AHEAD_SECONDS = 2
const LOOK_AGAIN_MS = 250

/** Reads a stored transaction; null for one that calls no contract of the deployment (a deployment, a funding). */
function actOf(world: Pick<World, 'chain'>, row: TransactionRow): Act | null {
  const { to, data, hash } = Transaction.from(row.raw)
  if (hash !== row.hash) throw new Refusal('TRANSACTION_ALTERED', 'a stored transaction has another hash')
  const contract = CONTRACT_NAMES.find(
    name => world.chain.deployment.contracts[name].address === to?.toLowerCase(),
  )
  const call = contract === undefined ? null : INTERFACES[contract].parseTransaction({ data })
  if (contract === undefined || call === null) return null
  return { row, contract, method: call.name, args: [...call.args] }
}

export interface RepeatOptions {
  /** On a new chain every time of the old one lies before the first block: what was so since then is so from now on. */
  isRenewed?: boolean
  /** Orders that are to be executed, by their digest (0x-hex). */
  orders: ReadonlyMap<string, StatusChangeRow>
}

/**
 * Does one act again; one that is done already is a no-op. What the contract refuses now it is said to have refused: the log names
 * it, and the rest goes on.
 */
export async function repeatAct(world: World, row: TransactionRow, options: RepeatOptions): Promise<void> {
  try {
    const act = actOf(world, row)
    if (act !== null) await repeat(world, act, options)
  } catch (error) {
    if (!(error instanceof ContractRevert) && !(error instanceof Refusal)) throw error
    const code = error instanceof Refusal ? error.code : (error.error ?? 'REVERTED')
    world.logger.error('an act could not be repeated on chain', {
      code,
      component: row.purpose,
      hash: row.hash,
    })
  } finally {
    await forgetStandings(world)
  }
}

async function repeat(
  world: World,
  { row, method, args }: Act,
  { isRenewed = false, orders }: RepeatOptions,
): Promise<void> {
  switch (method) {
    case 'admitDepartment':
      return admitOnChain(world, { uscc: String(args[0]), did: String(args[1]) })
    case 'addKey':
    case 'activateNextKey': {
      const key = {
        uscc: await usccOf(world, args[0]),
        purpose: Number(args[1]),
        algorithm: Number(args[2]),
        publicKey: Buffer.from(String(args[3]).slice(2), 'hex'),
        keyId: row.purpose.replace(/^key:/, ''),
      }
      return method === 'addKey' ? addKeyOnChain(world, key) : activateKeyOnChain(world, key)
    }
    case 'commitNextKey': {
      if ((await world.chain.view().keyOf(String(args[2]))) !== null) return
      const uscc = await usccOf(world, args[0])
      return commitKeyOnChain(world, { uscc, purpose: Number(args[1]), keyId: String(args[2]) })
    }
    case 'retireKey':
      return retire(world, String(args[0]), Number(args[1]), Number(args[2]))
    case 'declareCompromised':
      return compromise(world, String(args[0]), Number(args[1]), isRenewed)
    case 'suspendDepartment':
    case 'resumeDepartment':
      return suspendOnChain(world, await usccOf(world, args[0]), method === 'suspendDepartment')
    case 'grantPermit':
      return grantPermitOnChain(world, await usccOf(world, args[0]), String(args[1]), String(args[2]))
    case 'endPermit':
      return endTenure(world, String(args[0]), String(args[1]), Number(args[2]))
    case 'openList': {
      const uscc = await usccOf(world, args[0])
      return openListOnChain(world, uscc, Number(args[1]), await authorityNamed(world, uscc, String(args[2])))
    }
    case 'execute': {
      const order = orders.get(row.purpose.replace(/^order:/, ''))
      return order === undefined ? undefined : executeAgain(world, order)
    }
    case 'anchor': {
      const checkpoint = await world.store.checkpointOfSize(Number(args[1]))
      invariant(checkpoint !== null, `what was anchored, size ${String(args[1])}, is in the store`)
      return anchorCheckpoint(world, checkpoint)
    }
    default:
      // Roles and the log are registered at every start; grants and withdrawals are relayed from their own rows.
      return
  }
}

/** Ends a key then, or as soon as can be when then has passed; one that has an end keeps it. */
async function retire(world: World, keyId: string, signUntil: number, anchorUntil: number): Promise<void> {
  const key = await world.chain.view().keyOf(keyId)
  if (key === null || key.signUntil !== 0) return
  const soon = (await presentTime(world)) + AHEAD_SECONDS
  const signEnd = Math.max(signUntil, soon)
  const anchorEnd = anchorUntil === 0 ? 0 : Math.max(anchorUntil, signEnd)
  await retireKeyOnChain(world, { keyId, signUntil: signEnd, anchorUntil: anchorEnd })
  if (signUntil < soon) await waitUntil(world, signEnd)
}

/** The orders that wait for the chain, by their digest. */
export async function ordersByDigest(store: World['store']): Promise<Map<string, StatusChangeRow>> {
  return new Map((await store.openOrders()).map(order => [toHex(order.orderDigest), order]))
}

/** What was anchored before it stays good: the order in which things came is that of before. */
async function compromise(world: World, keyId: string, since: number, isRenewed: boolean): Promise<void> {
  if (!isRenewed) return compromiseKeyOnChain(world, keyId, since)
  const { compromisedSince = 0 } = (await world.chain.view().keyOf(keyId)) ?? {}
  if (compromisedSince !== 0) return
  const now = (await presentTime(world)) + 1
  await waitUntil(world, now)
  await compromiseKeyOnChain(world, keyId, now)
}

async function endTenure(world: World, typeCode: string, region: string, until: number): Promise<void> {
  const last = (await world.chain.view().permitsOf(typeCode, region)).at(-1)
  if (last === undefined || last.until !== 0) return
  const soon = (await presentTime(world)) + AHEAD_SECONDS
  await endPermitOnChain(world, { typeCode, region, until: Math.max(until, soon) })
  // What follows must not fall into the time that has ended.
  if (until < soon) await waitUntil(world, soon)
}

/** Returns once the next block can only be later than this second. */
export async function waitUntil(world: World, seconds: number): Promise<void> {
  while (world.clock() / 1000 <= seconds) await world.chain.transactions.sleep(LOOK_AGAIN_MS)
}

async function usccOf(world: Pick<World, 'store'>, id: unknown): Promise<string> {
  const department = (await world.store.departments()).find(({ uscc }) => departmentId(uscc) === id)
  invariant(department !== undefined, `department ${String(id)} is in the store`)
  return department.uscc
}

/** The name of the authority key that this signer is. */
async function authorityNamed(world: Pick<World, 'keys'>, uscc: string, signer: string): Promise<string> {
  const keys = await keysOnHand(world, uscc, 'authority')
  const key = keys.find(({ publicKey }) => toHex(publicKey) === signer.toLowerCase()) ?? keys[0]
  if (key !== undefined) return key.name
  throw new Refusal('KEY_UNKNOWN', 'the department has no authority key on hand', { found: uscc })
}
