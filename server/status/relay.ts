/**
 * Relaying status orders: what was accepted reaches the chain, once; the contract's state decides.
 */
import { toHex } from '../../protocol/bytes.ts'
import { INTERFACES } from '../chain/contracts.ts'
import { bringAbout } from '../chain/transactions.ts'
import { assertStillThere, blockAt, ContractRevert, contractReader } from '../chain/view.ts'
import { ChainUnreachable } from '../chain/rpc.ts'
import { statementState } from '../anchoring/receipts.ts'
import { failPoint } from '../store/fail-points.ts'
import type { StatusChangeRow } from '../store/store.ts'
import { presentTime, type World } from '../world.ts'
import { signOrderAgain } from './change.ts'

type RelayWorld = Pick<World, 'store' | 'chain' | 'logger' | 'keys' | 'clock' | 'config' | 'region'>

/** An order is signed anew when less than this is left of its time: it must still be mined within it. */
const LEAST_LEFT_SECONDS = 60

/**
 * Sends every accepted order whose time has come and settles those that were sent: executed once the contract says so, final
 * once deep enough, back to accepted after a reorganisation, refused when the contract refuses it. Orders of one certificate
 * keep their order; one that must wait for its successor holds up only its own certificate.
 */
export async function relayOrders(world: RelayWorld): Promise<void> {
  const waiting = new Set<string>()
  for (const order of await world.store.openOrders()) {
    if (order.state === 'executed') {
      await settle(world, order)
      continue
    }
    if (waiting.has(order.identifier) || !(await isDue(world, order))) {
      waiting.add(order.identifier)
      continue
    }
    await execute(world, order)
  }
}

/** A supersession waits until the successor is final on chain. */
async function isDue(world: RelayWorld, order: StatusChangeRow): Promise<boolean> {
  if (order.afterSeq === null) return true
  return (await statementState(world, order.afterSeq)).state === 'final'
}

/** Sends an order that was on a chain which has it no longer; a no-op when the chain has it. */
export async function executeAgain(world: RelayWorld, order: StatusChangeRow): Promise<void> {
  if (order.state === 'accepted') await execute(world, order)
}

async function execute(world: RelayWorld, accepted: StatusChangeRow): Promise<void> {
  const order = await inTime(world, accepted)
  const call = JSON.parse(order.order) as unknown[]
  try {
    await bringAbout(world.chain.transactions, world.chain.relayer, {
      purpose: `order:${toHex(order.orderDigest)}`,
      to: world.chain.deployment.contracts.StatusRegistry.address,
      data: INTERFACES.StatusRegistry.encodeFunctionData('execute', call),
      isDone: async () => (await usedAt(world, order)) !== 0,
    })
  } catch (error) {
    if (!(error instanceof ContractRevert)) throw error
    await assertRefusal(world, error)
    world.logger.error('status order refused by the chain', { code: error.error ?? 'REVERTED' })
    await world.store.markOrder(order.seq, 'refused', null, error.error ?? 'REVERTED')
    return
  }
  await settle(world, order)
}

/** The order, signed anew when its time for the chain is over: it was accepted, so it must not fail for having waited. */
async function inTime(world: RelayWorld, order: StatusChangeRow): Promise<StatusChangeRow> {
  const [{ deadline }] = JSON.parse(order.order) as [{ deadline: number }]
  if (deadline > (await presentTime(world)) + LEAST_LEFT_SECONDS) return order
  if ((await usedAt(world, order)) !== 0) return order
  const renewed = await signOrderAgain(world, order)
  await world.store.replaceOrder(order.seq, renewed.order, renewed.orderDigest)
  return { ...order, ...renewed }
}

async function settle(world: RelayWorld, order: StatusChangeRow): Promise<void> {
  const head = await blockAt(world.chain.rpc, 'latest')
  const time = await usedAt(world, order, head.number)
  if (time === 0) {
    await assertStillThere(world.chain.rpc, head)
    return world.store.markOrder(order.seq, 'accepted', null, null)
  }
  // Deep enough when the contract knew it already at the deepest block that is final.
  const deepest = head.number - world.chain.confirmations + 1
  const final = deepest >= 0 && (await usedAt(world, order, deepest)) !== 0
  await assertStillThere(world.chain.rpc, head)
  failPoint('before-mark')
  await world.store.markOrder(order.seq, final ? 'final' : 'executed', { ...head, time }, null)
}

/**
 * A refusal is for good, so it must be the contract's own. One without a name is none of them; OrderUsed says that it was executed, and
 * the node only did not say so a moment ago; and the contract of another chain refuses everything.
 */
async function assertRefusal({ chain }: RelayWorld, { error }: ContractRevert): Promise<void> {
  if (error === null || error === 'OrderUsed')
    throw new ChainUnreachable(`the node contradicts itself about an order: ${error ?? 'no reason'}`)
  await chain.assertSameNow()
}

/** Block time at which the order was executed; 0 = it was not. */
async function usedAt(
  world: RelayWorld,
  order: StatusChangeRow,
  at: number | 'latest' = 'latest',
): Promise<number> {
  const read = contractReader(world.chain.rpc, world.chain.deployment.contracts, at)
  const [time] = await read('StatusRegistry', 'orderUsedAt', [toHex(order.orderDigest)])
  return Number(time)
}
