/**
 * Every fault that a chain node or the way to it can have, on every method that the gateway uses, under load. Judged by what clients were
 * told and by an honest node.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseTrust } from '../../protocol/trust.ts'
import { createRpc } from '../../server/chain/rpc.ts'
import { checkOnce } from './anchored-once.ts'
import { checkTold, untilFinal } from './check-told.ts'
import { startNode } from './controlled-node.ts'
import type { Drill, DrillContext, DrillResult } from './drill.ts'
import { FAULTS, METHODS, startFaultProxy, type Fault, type FaultProxy } from './fault-proxy.ts'
import { latestOf, watchFinal } from './final-watch.ts'
import type { RunningGateway } from './gateway-process.ts'
import { PEOPLE_MIX, startHammer } from './hammer.ts'
import { readyOf, startOnOutsideChain, untilSome, type OutsideChain } from './outside-chain.ts'
import { residentBytes } from './resources/process-memory.ts'

export const rpcFaults: Drill = {
  name: 'rpc-faults',
  title: { zh: '区块链节点答复异常', en: 'the chain node answers wrongly, or not' },
  event: 'chain',
  promise:
    'Whatever a node answers or does not answer, on whatever question: nothing is anchored or executed twice, nothing is called final that is not, nothing acknowledged is lost, and the gateway goes on by itself within 60 seconds.',
  missing: () => null,
  run,
}

const CONFIRMATIONS = 2
const BLOCK_EVERY_MS = 400
const CLIENTS = 4
const PER_SECOND = 6
/** A cell is over when so many answers were spoiled, or after this time once one was: some methods are asked seldom. */
const SPOILED = { short: 6, long: 4 }
const HELD_MS = { short: 700, long: 2_000 }
/**
 * How long the first question is waited for: on every method at once something always asks. One alone may have no reason to before the next
 * start, so then the gateway is killed and started again.
 */
const ASKED_MS = { short: 60_000, long: 6_000 }
/** In the short form too. */
export const CALLS_ALONE: readonly Fault[] = ['stale', 'empty', 'null']
const HEAL_MS = 60_000
const MEASURE_EVERY_MS = 20
/** How long an answer about readiness is waited for. */
const READY_MS = 500
/** What an answer without end may cost: several are read at once, each up to its limit. */
const MOST_GROWTH_BYTES = 200 * 1024 * 1024
const MIX = { certificate: 4, record: 3, status: 2, verify: 1, receipt: 2, ...PEOPLE_MIX }
const BATCH_ROWS = [2, 8] as const

/** Asked before the contracts are deployed, and never again. */
const AT_FIRST_ONLY: ReadonlySet<string> = new Set(['eth_getBalance'])
const LATER = METHODS.filter(method => !AT_FIRST_ONLY.has(method))

async function run(context: DrillContext): Promise<DrillResult> {
  const other = await startNode({ chainId: 4243 })
  const first = context.form === 'long' ? await firstStarts(context, other.url) : []
  let proxy: FaultProxy | undefined
  const chain = await startOnOutsideChain({
    env: { ONCEPROOF_CONFIRMATIONS: String(CONFIRMATIONS) },
    blockEveryMs: BLOCK_EVERY_MS,
    through: async node => {
      proxy = await startFaultProxy({ node: node.url, other: other.url })
      return proxy.url
    },
  })
  try {
    const result = await rehearse(context, chain, proxy!)
    const figures = { firstStarts: first.length, firstStartMaxMs: Math.round(Math.max(0, ...first)) }
    return { ...result, figures: { ...figures, ...result.figures } }
  } finally {
    proxy!.set(null)
    await chain.close()
    await proxy!.close()
    await other.close()
  }
}

/**
 * A first start under each fault on what is asked before there are contracts. Returns the milliseconds from the end of each fault until
 * the gateway has deployed them and accepts; rejects when one does not come that far.
 */
async function firstStarts({ say, isTimeUp }: DrillContext, other: string): Promise<number[]> {
  const heals: number[] = []
  for (const fault of FAULTS) {
    if (isTimeUp()) break
    let proxy: FaultProxy | undefined
    let looking: NodeJS.Timeout | undefined
    let ended = 0
    const chain = await startOnOutsideChain({
      through: async node => {
        const opened = (proxy = await startFaultProxy({ node: node.url, other }))
        opened.set(fault, [...AT_FIRST_ONLY])
        looking = setInterval(() => {
          if (ended > 0 || opened.spoiled < SPOILED.long) return
          opened.set(null)
          ended = performance.now()
        }, MEASURE_EVERY_MS)
        return opened.url
      },
    }).finally(() => clearInterval(looking))
    try {
      if (ended === 0) throw new Error(`the first start under ${fault} did not ask`)
      heals.push(performance.now() - ended)
      say(`rpc-faults: first start under ${fault}: well after ${Math.round(heals.at(-1)!)} ms`)
    } finally {
      await chain.close()
      await proxy!.close()
    }
  }
  return heals
}

async function rehearse(
  context: DrillContext,
  { gateway, node }: OutsideChain,
  proxy: FaultProxy,
): Promise<DrillResult> {
  const { form, seed, folder, isTimeUp } = context
  const violations: string[] = []
  const file = join(folder, 'told.jsonl')
  const finals = watchFinal(gateway.url, gateway.chainUrl, CONFIRMATIONS)
  const hammer = await startHammer({
    gateway,
    file,
    seed,
    clients: CLIENTS,
    perSecond: PER_SECOND,
    mix: MIX,
    batchRows: BATCH_ROWS,
  })
  const heals: number[] = []
  const unmet: string[] = []
  const starts = { underFault: 0, refused: 0 }
  let spoiled = 0
  let growth = 0

  const cells = shuffled(context, cellsOf(form))
  for (const [n, [fault, methods]] of cells.entries()) {
    if (isTimeUp()) break
    const name = `${fault} × ${methods.length === 1 ? methods[0] : 'every method'}`
    const rssBefore = residentBytes(gateway.pid()).now
    // A receipt is asked for of what is in no block yet: the next one comes with the others, not with the transaction.
    node.mines = methods.length > 1 || methods[0] !== 'eth_getTransactionReceipt'
    proxy.set(fault, methods)
    const began = performance.now()
    let most = 0
    let healed = 0
    const measuring = setInterval(
      () => (most = Math.max(most, residentBytes(gateway.pid()).now)),
      MEASURE_EVERY_MS,
    )
    try {
      while (
        proxy.spoiled < SPOILED[form] &&
        performance.now() - began < (proxy.spoiled === 0 ? ASKED_MS : HELD_MS)[form]
      ) {
        // As whoever watches over a gateway does; it asks its node for the head.
        await Promise.race([readyOf(gateway).catch(() => undefined), pause(READY_MS)])
        await pause(MEASURE_EVERY_MS)
      }
      const restarted = proxy.spoiled === 0 && form === 'long' ? startUnder(gateway, proxy) : null
      await restarted?.asked
      spoiled += proxy.spoiled
      if (proxy.spoiled === 0) unmet.push(name)

      proxy.set(null)
      node.mines = true
      if (restarted !== null) {
        starts.underFault++
        // A wrong answer may be a reason not to start, and never one to go on wrongly; with the right one it starts.
        if ((await restarted.refusal) !== null) {
          starts.refused++
          await gateway.restart()
        }
      }
      healed = await healedAfter(gateway)
      // An answer that was begun goes on when the fault is over.
      await proxy.written()
    } finally {
      clearInterval(measuring)
    }
    growth = Math.max(growth, most - rssBefore)
    if (fault === 'huge' && most - rssBefore > MOST_GROWTH_BYTES)
      violations.push(`${name}: memory grew by ${most - rssBefore} bytes`)
    if (healed > HEAL_MS) violations.push(`${name}: not healed after ${HEAL_MS} ms`)
    heals.push(healed)
    context.say(`rpc-faults: ${n + 1} of ${cells.length}, ${name}: healed in ${Math.round(healed)} ms`)
  }
  await hammer.finish()
  await untilFinal(gateway, HEAL_MS)
  // The oracle asks a snapshot, which stands that far behind the head already.
  await node.mine(2 * CONFIRMATIONS)
  const check = await checkTold(gateway, file)
  await finals.stop()
  const trust = parseTrust(readFileSync(gateway.trustPath))
  const once = await checkOnce(createRpc(gateway.chainUrl), trust, trust.logs[0]!.origin)
  violations.push(...check.violations, ...finals.violations, ...once.violations)
  if (unmet.length > 0) violations.push(`never asked: ${unmet.join(', ')}`)

  const sorted = heals.toSorted((a, b) => a - b)
  return {
    figures: {
      cells: heals.length,
      faults: FAULTS.length,
      methods: METHODS.length,
      spoiledAnswers: spoiled,
      cellsNeverAsked: unmet.length,
      startsUnderFault: starts.underFault,
      startsRefused: starts.refused,
      acknowledged: check.figures.acknowledged,
      orders: check.figures.orders,
      grants: check.figures.grants,
      withdrawals: check.figures.withdrawals,
      uses: check.figures.uses,
      deskBatches: check.figures.deskBatches,
      checkpoints: once.checkpoints,
      anchoredEvents: once.checkpoints,
      executedOrders: once.orders,
      calledFinal: finals.told.size,
      healMedianMs: Math.round(sorted[sorted.length >> 1] ?? 0),
      healMaxMs: Math.round(sorted.at(-1) ?? 0),
      memoryGrowthMaxBytes: growth,
    },
    violations,
    rpo: check.lost,
    rtoMs: sorted.at(-1) ?? null,
  }
}

/** Kills the gateway and starts it while the fault lasts. `asked`: the start asked, or is over; `refusal`: why it did not become ready. */
function startUnder(
  gateway: RunningGateway,
  proxy: FaultProxy,
): { asked: Promise<void>; refusal: Promise<Error | null> } {
  const start = { isOver: false }
  const refusal = gateway
    .kill9()
    .then(() => gateway.restart())
    .then(
      () => null,
      (error: Error) => error,
    )
    .finally(() => (start.isOver = true))
  const asked = async () => {
    while (proxy.spoiled === 0 && !start.isOver) await pause(MEASURE_EVERY_MS)
    const began = performance.now()
    while (!start.isOver && proxy.spoiled < SPOILED.long && performance.now() - began < HELD_MS.long)
      await pause(MEASURE_EVERY_MS)
  }
  return { asked: asked(), refusal }
}

/**
 * In the short form one cell for each fault, on every method at once, and some on calls of contracts alone, where the blocks around them
 * are told truly; in the long form each fault on each method besides.
 */
function cellsOf(form: DrillContext['form']): [Fault, readonly string[]][] {
  const everywhere = FAULTS.map((fault): [Fault, readonly string[]] => [fault, METHODS])
  const alone =
    form === 'short'
      ? CALLS_ALONE.map((fault): [Fault, readonly string[]] => [fault, ['eth_call']])
      : FAULTS.flatMap(fault => LATER.map((method): [Fault, readonly string[]] => [fault, [method]]))
  return [...everywhere, ...alone]
}

function shuffled<T>({ chance }: DrillContext, values: T[]): T[] {
  const { integer } = chance(0)
  return values
    .map((value): [number, T] => [integer(0, 2 ** 30), value])
    .sort(([a], [b]) => a - b)
    .map(([, value]) => value)
}

/** Milliseconds until everything that had been accepted is final and the gateway says that it is well. */
async function healedAfter(gateway: RunningGateway): Promise<number> {
  const began = performance.now()
  const { accepted } = (await (await fetch(`${gateway.url}/v1/log`)).json()) as { accepted: number }
  await untilSome(async () => {
    const latest = await latestOf(gateway.url)
    const isFinal = latest !== null && latest.size >= accepted && latest.state === 'final'
    if (performance.now() - began > HEAL_MS) return true
    // The newest checkpoint may not be final yet while the one that covers these is: the next look finds it.
    return (isFinal || (await isCovered(gateway, accepted))) && (await readyOf(gateway)).anchoring
      ? true
      : undefined
  }, HEAL_MS + 10_000)
  return performance.now() - began
}

async function isCovered({ url }: RunningGateway, size: number): Promise<boolean> {
  if (size === 0) return true
  const response = await fetch(`${url}/v1/log/checkpoints?from=${size - 1}`)
  if (!response.ok) return false
  const { checkpoints } = (await response.json()) as { checkpoints: { size: number; state: string }[] }
  return checkpoints.some(checkpoint => checkpoint.size >= size && checkpoint.state === 'final')
}
