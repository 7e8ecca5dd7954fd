/**
 * Drill `clock`: the clock of the gateway and of its embedded chain is set a day forward and back under the hammer, again and again, also
 * while they are started; nothing that was acknowledged is lost or done twice, nothing final is undone, and the chain's times never go back.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseTrust } from '../../../protocol/trust.ts'
import { takeSnapshot } from '../../../server/chain/export.ts'
import { createRpc, quantityToNumber, toQuantity } from '../../../server/chain/rpc.ts'
import { audit } from '../audit.ts'
import { checkTold } from '../check-told.ts'
import type { Drill, DrillContext, DrillForm, DrillResult } from '../drill.ts'
import { startGateway, type RunningGateway } from '../gateway-process.ts'
import { HAMMERED_ENV, prepareForHammer, startHammer, type Hammer } from '../hammer.ts'
import { readyOf, untilSome } from '../outside-chain.ts'
import { missingForPreload } from '../preload/preload.ts'
import { shiftedClock } from './shift.ts'

const DAY_MS = 86_400_000
/** Where the clock is set in each round, relative to the machine's; in the long form chance says which comes next. */
const PLACES = [DAY_MS, 0, -DAY_MS, 0] as const
const ROUNDS = { short: 1, long: 10 }
const PER_SECOND = 30
/** Acknowledged statements at each place of the clock, least and most. */
const LIFE: Record<DrillForm, readonly [number, number]> = { short: [10, 10], long: [10, 60] }
/** Of the jumps in the long form: the gateway is killed, or its chain, and started with the new time. */
const RESTARTS = 0.25
const PATIENCE_MS = 60_000
/** Between what a busy gateway said and now. */
const MOST_OFF_MS = 30_000

export const clockDrill: Drill = {
  name: 'clock',
  title: { zh: '时钟跳变', en: 'The clock jumps' },
  event: 'clock',
  promise:
    'A clock that is set a day forward or back loses nothing, does nothing twice and undoes nothing final; accepting, anchoring and status orders go on at once',
  missing: missingForPreload,
  run,
}

async function run({ form, seed, chance, folder, isTimeUp, say }: DrillContext): Promise<DrillResult> {
  const clock = shiftedClock(folder)
  if (clock === null) throw new Error('no C compiler')
  const gateway = await startGateway({ env: HAMMERED_ENV, beforeStart: async () => clock.env })
  const violations: string[] = []
  const waits: number[] = []
  let jumps = 0
  let restarts = 0
  try {
    await prepareForHammer(gateway)
    const file = join(folder, 'told.ndjson')
    const hammer = await startHammer({ gateway, file, seed, perSecond: PER_SECOND, batchRows: [2, 8] })
    const chances = chance(1_000)
    for (let round = 1; round <= ROUNDS[form] && !isTimeUp(); round++) {
      for (const next of PLACES) {
        const place = form === 'short' ? next : chances.pick(PLACES)
        await hammer.acknowledge(chances.integer(...LIFE[form]))
        clock.set(place)
        jumps++
        const began = performance.now()
        await untilSetTo(gateway, place)
        if (form === 'long' && chances.happens(RESTARTS)) {
          restarts++
          await restart(gateway, chances.happens(0.5))
        }
        await goesOn(gateway, hammer, `${place / DAY_MS} days`)
        waits.push(performance.now() - began)
      }
      say(`round ${round}, ${hammer.counts.acknowledged} acknowledged`)
    }
    clock.set(0)
    await hammer.finish()
    const told = await checkTold(gateway, file)
    violations.push(...(await backwardsOnChain(gateway)))
    await gateway.stop()
    violations.push(...(await audit(gateway, file)))
    if (/\n {4}at /.test(gateway.output())) violations.push('the service log has a stack trace')
    return {
      figures: { jumps, restarts, ...told.figures, goesOnMaxMs: Math.round(Math.max(...waits)) },
      violations: [...violations, ...told.violations],
      rpo: told.lost,
      rtoMs: Math.max(...waits),
    }
  } finally {
    await gateway.kill9()
    await gateway.killChain9()
  }
}

/** What the gateway takes for now is in every answer, a second old at most. */
async function untilSetTo(gateway: RunningGateway, place: number): Promise<void> {
  await untilSome(async () => {
    const { headers } = await gateway.get('/healthz')
    const isOff = Date.parse(headers.get('date') ?? '') - (Date.now() + place)
    return Math.abs(isOff) < MOST_OFF_MS || undefined
  }, PATIENCE_MS)
}

async function restart(gateway: RunningGateway, isChain: boolean): Promise<void> {
  if (isChain) return gateway.killChain9()
  await gateway.kill9()
  await gateway.restart()
}

/** Something new is accepted, and all that was accepted before it comes into a block. */
async function goesOn(gateway: RunningGateway, hammer: Hammer, at: string): Promise<void> {
  await hammer.acknowledge(1)
  const { accepted } = await logOf(gateway)
  await untilSome(async () => {
    const { latest } = await logOf(gateway)
    const { ready, anchoring, chain } = await readyOf(gateway)
    const isAnchored = latest !== null && latest.size >= accepted && latest.state !== 'sealed'
    return (isAnchored && ready && anchoring && chain) || undefined
  }, PATIENCE_MS).catch(() => {
    throw new Error(
      `the clock at ${at}: what was accepted is not anchored:\n${gateway.output().slice(-2_000)}`,
    )
  })
}

async function logOf(gateway: RunningGateway) {
  return (await (await gateway.get('/v1/log')).json()) as {
    accepted: number
    latest: { size: number; state: string } | null
  }
}

/** Blocks and checkpoints whose time is before that of the one before. */
async function backwardsOnChain(gateway: RunningGateway): Promise<string[]> {
  const rpc = createRpc(gateway.chainUrl)
  const head = quantityToNumber(await rpc.call('eth_blockNumber'))
  const violations: string[] = []
  let before = 0
  for (let number = 0; number <= head; number++) {
    const block = await rpc.call<{ timestamp: string }>('eth_getBlockByNumber', [toQuantity(number), false])
    const time = quantityToNumber(block.timestamp)
    if (time < before) violations.push(`block ${number} is of ${time}, the one before of ${before}`)
    before = time
  }
  const { logs } = await takeSnapshot(rpc, parseTrust(readFileSync(gateway.trustPath)))
  const checkpoints = logs[0]?.checkpoints ?? []
  for (const [i, { size, time }] of checkpoints.entries()) {
    const earlier = checkpoints[i - 1]
    if (earlier !== undefined && time < earlier.time)
      violations.push(`checkpoint ${size} is of ${time}, checkpoint ${earlier.size} of ${earlier.time}`)
  }
  return violations
}
