/**
 * Reorganisations of a chain on which the gateway anchors, of random depth, in random scripts. What was told final is not undone by one
 * that is less deep than the confirmations; a deeper one is found, said and made good.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseTrust } from '../../protocol/trust.ts'
import { createRpc } from '../../server/chain/rpc.ts'
import { blockAt } from '../../server/chain/view.ts'
import { checkOnce } from './anchored-once.ts'
import { checkTold, untilFinal } from './check-told.ts'
import type { Drill, DrillContext, DrillResult } from './drill.ts'
import { calledFinalBy, latestOf, watchFinal, type FinalWatch } from './final-watch.ts'
import { PEOPLE_MIX, startHammer, type Hammer } from './hammer.ts'
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
const MIX = { certificate: 4, record: 3, status: 1, ...PEOPLE_MIX }
const BATCH_ROWS = [2, 8] as const

async function run(context: DrillContext): Promise<DrillResult> {
  const chain = await startOnOutsideChain({
    env: { ONCEPROOF_CONFIRMATIONS: String(CONFIRMATIONS) },
    mayReorganise: true,
  })
  try {
    return await rehearse(context, chain)
  } finally {
    // For whoever looks into a failure.
    writeFileSync(join(context.folder, 'gateway.log'), chain.gateway.output())
    await chain.close()
  }
}

async function rehearse(context: DrillContext, chain: OutsideChain): Promise<DrillResult> {
  const { seed, folder } = context
  const { gateway } = chain
  const file = join(folder, 'told.jsonl')
  const hammer = await startHammer({
    gateway,
    file,
    seed,
    clients: CLIENTS,
    perSecond: PER_SECOND,
    mix: MIX,
    batchRows: BATCH_ROWS,
  })
  // One watch for each stretch in which nothing final may be undone.
  const watch = { finals: watchFinal(gateway.url, chain.node.url, CONFIRMATIONS) }
  try {
    return await reorganiseAll(context, chain, { hammer, file, watch })
  } finally {
    await Promise.allSettled([hammer.abandon(), watch.finals.stop()])
  }
}

interface Load {
  hammer: Hammer
  file: string
  watch: { finals: FinalWatch }
}

async function reorganiseAll(
  context: DrillContext,
  chain: OutsideChain,
  { hammer, file, watch }: Load,
): Promise<DrillResult> {
  const { form, isTimeUp } = context
  const { gateway, node } = chain
  const { integer, happens } = context.chance(0)
  const violations: string[] = []
  const rpc = createRpc(node.url)
  let calledFinal = 0
  const heals: number[] = []
  let shallow = 0
  let deep = 0
  let finalsTaken = 0

  for (let script = 0; script < SCRIPTS[form] && !isTimeUp(); script++) {
    const depth = form === 'short' ? shortDepth(script) : integer(1, DEEPEST)
    const isDeep = depth >= CONFIRMATIONS
    const [more, ms] = [integer(0, 3), integer(0, 400)]
    if (isDeep) await holdWithin(depth, more)
    else await buryAndPile(more, ms)
    if (isDeep) {
      await watch.finals.stop()
      violations.push(...watch.finals.violations)
      calledFinal += watch.finals.told.size
    }
    const told = [...watch.finals.told]
    const lostBefore = losses(gateway.output())
    await node.reorganise(depth)
    node.mines = true
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
      const gone = await Promise.all(told.map(async ([, block]) => isGone(block)))
      if (!gone.includes(true)) violations.push(`depth ${depth}: nothing final was taken along`)
      else if (!(await isLossSaid(lostBefore)))
        violations.push(`depth ${depth}: what was final is gone, and the gateway has not said so`)
      finalsTaken += gone.filter(Boolean).length
      // What became final while nobody looked may be gone too; before a new stretch begins the gateway has to have found it.
      await untilSome(async () => {
        const called = await calledFinalBy(gateway.url)
        return (await Promise.all(called.map(isGone))).some(Boolean) ? undefined : true
      }, HEAL_MS)
      watch.finals = watchFinal(gateway.url, node.url, CONFIRMATIONS)
    }
    const healed = await healedAfter(chain)
    if (healed > HEAL_MS) violations.push(`depth ${depth}: not healed after ${HEAL_MS} ms`)
    heals.push(healed)
    context.say(
      `reorg: ${script + 1} of ${SCRIPTS[form]}, depth ${depth}: healed in ${Math.round(healed)} ms`,
    )
  }

  /** In the short form one on each side of the confirmations in turn, beginning with those that differ least and most from them. */
  function shortDepth(script: number): number {
    if (script < 2) return [CONFIRMATIONS - 1, DEEPEST][script]!
    return script % 2 === 0 ? integer(1, CONFIRMATIONS - 1) : integer(CONFIRMATIONS, DEEPEST)
  }

  /** Lets something become final, so that there is something to undo, and something be on its way. */
  async function buryAndPile(blocks: number, ms: number): Promise<void> {
    const before = watch.finals.told.size
    await untilSome(async () => {
      const latest = await latestOf(gateway.url)
      return latest?.state === 'anchored' || watch.finals.told.size > before ? true : undefined
    })
    await node.mine(CONFIRMATIONS - 1)
    const began = performance.now()
    while (watch.finals.told.size === before && performance.now() - began < FINAL_PATIENCE_MS) await pause(20)
    await node.mine(blocks)
    await pause(ms)
  }

  /**
   * Holds the chain in a moment in which something that was called final is no deeper than this, so that a reorganisation of that depth
   * takes it along, and puts at most so many blocks on top as leave it so.
   */
  async function holdWithin(depth: number, more: number): Promise<void> {
    const roomAbove = async () => {
      const { number: head } = await blockAt(rpc, 'latest')
      return depth - (head - newestFinal() + 1)
    }
    const room = await untilSome(async () => {
      if ((await roomAbove()) < 0) return undefined
      node.mines = false
      await node.settled()
      const left = await roomAbove()
      if (left >= 0) return left
      node.mines = true
      // What came meanwhile waits for a block.
      await node.mine(1)
      return undefined
    }, HEAL_MS)
    await node.mine(Math.min(more, room))
  }

  function isLossSaid(before: number): Promise<boolean> {
    return untilSome(() => (losses(gateway.output()) > before ? true : undefined), HEAL_MS).catch(() => false)
  }

  function newestFinal(): number {
    return Math.max(-Infinity, ...[...watch.finals.told.values()].map(({ number }) => number))
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
  await watch.finals.stop()
  const trust = parseTrust(readFileSync(gateway.trustPath))
  const once = await checkOnce(rpc, trust, trust.logs[0]!.origin)
  violations.push(...check.violations, ...watch.finals.violations, ...once.violations)
  calledFinal += watch.finals.told.size
  const sorted = heals.toSorted((a, b) => a - b)
  return {
    figures: {
      scripts: shallow + deep,
      confirmations: CONFIRMATIONS,
      shallow,
      deep,
      deepFound: losses(gateway.output()),
      finalsTaken,
      wholeAgain: said(gateway.output(), 'CHAIN_WHOLE_AGAIN'),
      acknowledged: check.figures.acknowledged,
      orders: check.figures.orders,
      executedOrders: once.orders,
      grants: check.figures.grants,
      withdrawals: check.figures.withdrawals,
      uses: check.figures.uses,
      deskBatches: check.figures.deskBatches,
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

const said = (output: string, code: string): number => output.split(`"code":"${code}"`).length - 1
/** How often the gateway has said that the chain lost what was final. */
const losses = (output: string): number => said(output, 'CHAIN_LOST_BLOCKS')

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
