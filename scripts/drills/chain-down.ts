/**
 * The chain is away while the gateway works at full rate: from its first boot, for minutes in the middle, and over a restart. Afterwards
 * everything that was accepted is anchored, oldest first, many times faster than it came.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fromHex, toHex } from '../../protocol/bytes.ts'
import { parseTrust } from '../../protocol/trust.ts'
import { createRpc } from '../../server/chain/rpc.ts'
import { checkOnce } from './anchored-once.ts'
import { checkTold } from './check-told.ts'
import type { Drill, DrillContext, DrillResult } from './drill.ts'
import { startHammer } from './hammer.ts'
import { isAllFinal, readyOf, startOnOutsideChain, untilSome, type OutsideChain } from './outside-chain.ts'
import { readTold, toldClock, type Told } from './told.ts'

export const chainDown: Drill = {
  name: 'chain-down',
  title: { zh: '区块链中断', en: 'the chain is away' },
  event: 'chain',
  promise:
    'While the chain is away the gateway starts, reads, and accepts at full rate; verification says undetermined; afterwards everything accepted is anchored, oldest first, at least ten times as fast as it came.',
  missing: () => null,
  run,
}

const AWAY_MS = { short: 4_000, long: 600_000 }
const CLIENTS = { short: 4, long: 8 }
const ASKED_MS = 8_000
const DRAIN_TIMES = 10
/** One certificate at a time, records, now and then an order or a batch at the issuing desk. */
const MIX = { certificate: 60, record: 36, status: 1, verify: 2, receipt: 1, desk: 1 }
const BATCH_ROWS = [2, 8] as const
/** Citizens who sign, withdraw and are read by consent; what they cannot do without a chain they try until there is one. */
const PEOPLE = { clients: 2, perSecond: 10, mix: { grant: 2, use: 3, withdrawal: 1 } }
/** Their keys and certificates, and some uses, so that there is something to go on with. */
const PEOPLE_BEFORE = 8

async function run(context: DrillContext): Promise<DrillResult> {
  // Started while its chain is away.
  const chain = await startOnOutsideChain()
  try {
    return await rehearse(context, chain)
  } finally {
    await chain.close()
  }
}

async function rehearse(context: DrillContext, { node, gateway }: OutsideChain): Promise<DrillResult> {
  const { form, seed, folder, say } = context
  const violations: string[] = []
  const file = join(folder, 'told.jsonl')
  const hammer = await startHammer({
    gateway,
    file,
    seed,
    clients: CLIENTS[form],
    mix: MIX,
    batchRows: BATCH_ROWS,
  })
  const people = await startHammer({ gateway, file, seed: `${seed}-people`, ...PEOPLE })
  await Promise.all([hammer.acknowledge(20), people.acknowledge(PEOPLE_BEFORE)])
  // Until then the chain has been asked about every department and type.
  await pause(ASKED_MS)

  node.isAway = true
  const before = await acceptedBy(gateway.url)
  const [began, wentAwayAt] = [performance.now(), toldClock()]
  await pause(AWAY_MS[form] / 2)
  // Half-way through it is killed and started again, and still there is no chain.
  await gateway.kill9()
  await gateway.restart()
  const ready = await readyOf(gateway)
  if (ready.chain || !ready.accepting)
    violations.push(`while the chain is away it says ${JSON.stringify(ready)}`)
  await pause(AWAY_MS[form] / 2)
  await hammer.finish()
  const awayMs = performance.now() - began
  const backlog = (await acceptedBy(gateway.url)) - before
  const inflow = backlog / (awayMs / 1000)
  say(`chain-down: ${backlog} statements in ${Math.round(awayMs)} ms without a chain`)

  const meanwhile = readTold(file).filter(({ at }) => at > wentAwayAt)
  node.isAway = false
  const returned = performance.now()
  const consents = people.finish()
  await untilSome(async () => ((await sealedState(gateway.url)) ? true : undefined), 300_000)
  const drainMs = performance.now() - returned
  await untilSome(async () => ((await isAllFinal(gateway)) ? true : undefined), 300_000)
  const allMs = performance.now() - returned
  await consents
  const drain = backlog / (drainMs / 1000)
  // A few statements are anchored in the time of a round, whatever their number: only a backlog of some size tells a rate.
  if (form === 'long' && drain < DRAIN_TIMES * inflow)
    violations.push(`drained ${drain.toFixed(0)} a second, which came at ${inflow.toFixed(0)} a second`)

  const check = await checkTold(gateway, file)
  const trust = parseTrust(readFileSync(gateway.trustPath))
  const once = await checkOnce(createRpc(node.url), trust, trust.logs[0]!.origin)
  violations.push(
    ...check.violations,
    ...once.violations,
    ...(await outOfOrder(gateway.url, file, once.executed)),
  )
  const undetermined = readTold(file).filter(({ verdict }) => verdict === 'CANNOT_CHECK').length
  return {
    figures: {
      awaySeconds: Math.round(awayMs / 1000),
      clients: CLIENTS[form],
      acknowledged: check.figures.acknowledged,
      backlog,
      inflowPerSecond: Math.round(inflow),
      drainPerSecond: Math.round(drain),
      drainMs: Math.round(drainMs),
      ordersToo: Math.round(allMs),
      times: (drain / inflow).toFixed(1),
      orders: check.figures.orders,
      deskBatches: check.figures.deskBatches,
      grants: check.figures.grants,
      withdrawals: check.figures.withdrawals,
      uses: check.figures.uses,
      ...consentIn(meanwhile),
      executedOrders: once.orders,
      checkpoints: once.checkpoints,
      undetermined,
    },
    violations,
    rpo: check.lost,
    rtoMs: drainMs,
  }
}

/** What of consent was acknowledged there, and how often there was no answer about it. */
function consentIn(lines: readonly Told[]) {
  const count = (...whats: Told['what'][]) =>
    lines.filter(({ told, what }) => (told === 'stored' || told === 'accepted') && whats.includes(what))
      .length
  return {
    grantsMeanwhile: count('grant'),
    withdrawalsMeanwhile: count('withdrawal'),
    usesMeanwhile: count('use'),
    consentNotNow: lines.filter(
      ({ told, what }) => told === 'lost' && ['key', 'request', 'grant', 'withdrawal', 'use'].includes(what),
    ).length,
  }
}

async function acceptedBy(url: string): Promise<number> {
  return ((await (await fetch(`${url}/v1/log`)).json()) as { accepted: number }).accepted
}

/** Everything is in a block. */
async function sealedState(url: string): Promise<boolean> {
  const { accepted, sealed, latest } = (await (await fetch(`${url}/v1/log`)).json()) as {
    accepted: number
    sealed: number
    latest: { state: string } | null
  }
  return accepted === sealed && latest !== null && latest.state !== 'sealed'
}

/** Orders of this told file that were executed before one that was accepted earlier. Statements have the order of their places by the log itself. */
export async function outOfOrder(url: string, file: string, executed: readonly string[]): Promise<string[]> {
  const orders = new Set(
    readTold(file).flatMap(({ told, what, leaf }) =>
      what === 'revoke' || what === 'suspend' || what === 'resume'
        ? told === 'refused'
          ? []
          : [leaf ?? '']
        : [],
    ),
  )
  const places: { leaf: string; index: number }[] = []
  for (const leaf of executed) {
    if (!orders.has(leaf)) continue
    const { statement } = (await (await fetch(`${url}/v1/receipts/${toHex(fromHex(leaf)!)}`)).json()) as {
      statement: { index: number }
    }
    places.push({ leaf, index: statement.index })
  }
  return places
    .filter(({ index }, i) => i > 0 && index < places[i - 1]!.index)
    .map(({ leaf }) => `order ${leaf} was executed after a later one`)
}
