/**
 * Reorganisations of a chain on which the gateway anchors, of random depth, in random scripts. What was told final is not undone by one
 * that is less deep than the confirmations; a deeper one is found, said and made good.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseTrust } from '../../protocol/trust.ts'
import { createRpc } from '../../server/chain/rpc.ts'
import { blockAt } from '../../server/chain/view.ts'
import { checkOnce } from './anchored-once.ts'
import { checkTold, untilFinal } from './check-told.ts'
import type { Drill, DrillContext, DrillResult } from './drill.ts'
import { calledFinalBy, latestOf, watchFinal } from './final-watch.ts'
import { startHammer } from './hammer.ts'
import { readyOf, startOnOutsideChain, untilSome, type OutsideChain } from './outside-chain.ts'

export const reorg: Drill = {
  name: 'reorg',
  title: { zh: '区块链重组', en: 'the chain is reorganised' },
  event: 'chain',
  promise:
    'A reorganisation that is less deep than the confirmations undoes nothing that was called final, and everything else is anchored and executed again; a deeper one is found, said loudly and made good, and what clients are told afterwards is true.',
  missing: () => null,
  run,
}

const CONFIRMATIONS = 6
const DEEPEST = 12
const SCRIPTS = { short: 8, long: 300 }
const CLIENTS = 3
const PER_SECOND = 5
const HEAL_MS = 60_000
const FINAL_PATIENCE_MS = 3_000
const MIX = { certificate: 4, batch: 0, record: 3, status: 1, verify: 0, receipt: 0 }

async function run(context: DrillContext): Promise<DrillResult> {
  const chain = await startOnOutsideChain({
    env: { ONCEPROOF_CONFIRMATIONS: String(CONFIRMATIONS) },
    mayReorganise: true,
  })
  try {
    return await rehearse(context, chain)
  } finally {
    await chain.close()
  }
}

async function rehearse(context: DrillContext, chain: OutsideChain): Promise<DrillResult> {
  const { form, seed, folder } = context
  const { gateway, node } = chain
  const { integer, happens } = context.chance(0)
  const violations: string[] = []
  const file = join(folder, 'told.jsonl')
  const rpc = createRpc(node.url)
  // One watch for each stretch in which nothing final may be undone.
  let finals = watchFinal(gateway.url, node.url, CONFIRMATIONS)
  let calledFinal = 0
  const hammer = await startHammer({ gateway, file, seed, clients: CLIENTS, perSecond: PER_SECOND, mix: MIX })
  const heals: number[] = []
  let shallow = 0
  let deep = 0

  for (let script = 0; script < SCRIPTS[form]; script++) {
    // Every depth comes in the short form too, on either side of the confirmations.
    const depth = form === 'short' && script < 2 ? [CONFIRMATIONS - 1, DEEPEST][script]! : integer(1, DEEPEST)
    await buryAndPile(integer(0, 3), integer(0, 400))
    const isDeep = depth >= CONFIRMATIONS
    if (isDeep) {
      await finals.stop()
      violations.push(...finals.violations)
      calledFinal += finals.told.size
    }
    const told = [...finals.told]
    const lostBefore = losses(gateway.output())
    await node.reorganise(depth)
    // A second branch wins over the first before anybody has got used to it.
    if (happens(0.25) && depth < CONFIRMATIONS) await node.reorganise(integer(1, depth))
    if (!isDeep) {
      shallow++
      for (const [size, { number, hash }] of told) {
        const found = await blockAt(rpc, number).catch(() => null)
        if (found?.hash !== hash)
          violations.push(
            `checkpoint ${size} was final in block ${number}, and ${depth} blocks were replaced`,
          )
      }
    } else {
      deep++
      const isLost = (await Promise.all(told.map(async ([, block]) => isGone(block)))).some(Boolean)
      if (isLost) await untilSome(() => (losses(gateway.output()) > lostBefore ? true : undefined), HEAL_MS)
      // What became final while nobody looked may be gone too; before a new stretch begins the gateway has to have found it.
      await untilSome(async () => {
        const called = await calledFinalBy(gateway.url)
        return (await Promise.all(called.map(isGone))).some(Boolean) ? undefined : true
      }, HEAL_MS)
      finals = watchFinal(gateway.url, node.url, CONFIRMATIONS)
    }
    const healed = await healedAfter(chain)
    if (healed > HEAL_MS) violations.push(`depth ${depth}: not healed after ${HEAL_MS} ms`)
    heals.push(healed)
    context.say(
      `reorg: ${script + 1} of ${SCRIPTS[form]}, depth ${depth}: healed in ${Math.round(healed)} ms`,
    )
  }

  /** Lets something become final, so that there is something to undo, and something be on its way. */
  async function buryAndPile(blocks: number, ms: number): Promise<void> {
    const before = finals.told.size
    await untilSome(async () => {
      const latest = await latestOf(gateway.url)
      return latest?.state === 'anchored' || finals.told.size > before ? true : undefined
    })
    await node.mine(CONFIRMATIONS - 1)
    const began = performance.now()
    while (finals.told.size === before && performance.now() - began < FINAL_PATIENCE_MS) await pause(20)
    await node.mine(blocks)
    await pause(ms)
  }

  async function isGone({ number, hash }: { number: number; hash: string }): Promise<boolean> {
    const found = await blockAt(rpc, number).catch(() => null)
    return found?.hash !== hash
  }

  await hammer.finish()
  const mining = setInterval(() => void node.mine(1), 200)
  await untilFinal(gateway, HEAL_MS).finally(() => clearInterval(mining))
  // The oracle asks a snapshot, which stands that far behind the head already.
  await node.mine(2 * CONFIRMATIONS)
  const check = await checkTold(gateway, file)
  await finals.stop()
  const trust = parseTrust(readFileSync(gateway.trustPath))
  const once = await checkOnce(rpc, trust, trust.logs[0]!.origin)
  violations.push(...check.violations, ...finals.violations, ...once.violations)
  calledFinal += finals.told.size
  const sorted = heals.toSorted((a, b) => a - b)
  return {
    figures: {
      scripts: SCRIPTS[form],
      confirmations: CONFIRMATIONS,
      shallow,
      deep,
      deepFound: losses(gateway.output()),
      acknowledged: check.figures.acknowledged,
      orders: check.figures.orders,
      executedOrders: once.orders,
      checkpoints: once.checkpoints,
      calledFinal,
      healMedianMs: Math.round(sorted[sorted.length >> 1] ?? 0),
      healMaxMs: Math.round(sorted.at(-1) ?? 0),
    },
    violations,
    rpo: check.lost,
    rtoMs: sorted.at(-1) ?? null,
  }
}

/** How often the gateway has said that the chain lost what was final. */
const losses = (output: string): number => output.split('"code":"CHAIN_LOST_BLOCKS"').length - 1

/** Milliseconds until everything that had been accepted is on chain again and the gateway says that it is well. */
async function healedAfter({ gateway }: OutsideChain): Promise<number> {
  const began = performance.now()
  const accepted = await acceptedBy(gateway.url)
  await untilSome(async () => {
    if (performance.now() - began > HEAL_MS) return true
    const { checkpoints } = (await (
      await fetch(`${gateway.url}/v1/log/checkpoints?from=${Math.max(0, accepted - 1)}`)
    ).json()) as { checkpoints: { size: number; state: string }[] }
    const isThere = accepted === 0 || checkpoints.some(({ state }) => state !== 'sealed')
    const { anchoring, chainLostBlocks } = await readyOf(gateway)
    return isThere && anchoring && !chainLostBlocks ? true : undefined
  }, HEAL_MS + 10_000)
  return performance.now() - began
}

async function acceptedBy(url: string): Promise<number> {
  return ((await (await fetch(`${url}/v1/log`)).json()) as { accepted: number }).accepted
}
