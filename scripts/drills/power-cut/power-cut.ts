/**
 * Drill `power-cut`: the power goes under the hammer, again and again, also while everything is starting. What the gateway and its embedded
 * chain had not synced is gone each time, in whole or in torn pieces; nothing that was acknowledged may be.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Chance } from '../../generate/random.ts'
import { audit } from '../audit.ts'
import { checkTold, type ToldCheck } from '../check-told.ts'
import type { Drill, DrillContext, DrillResult } from '../drill.ts'
import { startGateway, type RunningGateway } from '../gateway-process.ts'
import {
  DEFAULT_MIX,
  HAMMERED_ENV,
  PEOPLE_MIX,
  prepareForHammer,
  startHammer,
  type Hammer,
} from '../hammer.ts'
import { missingForPreload } from '../preload/preload.ts'
import { compileForget, forgetfulFolder, type ForgetfulFolder, type Forgotten } from './forget.ts'

const CUTS = { short: 4, long: 100 }
/** Operations in a second: as many as the oracle can look through afterwards. */
const PER_SECOND = 30
/** Acknowledged statements between two cuts, least and most. */
const LIFE = [1, 40] as const
/** The power goes in the middle of one of the next syncs: that is when most is not synced. */
const MOST_SYNCS = 12
/** Of the cuts: another one while everything is starting, or right after. */
const AT_START = 0.25
const PATIENCE_MS = 120_000
const CHAIN = join(import.meta.dirname, '../../../server/chain/embedded/main.ts')

export const powerCut: Drill = {
  name: 'power-cut',
  title: { zh: '断电', en: 'Power cut' },
  event: 'power',
  promise: 'Whenever the power goes, nothing acknowledged is lost, and every file is whole',
  missing: missingForPreload,
  run,
}

async function run(context: DrillContext): Promise<DrillResult> {
  const { form, seed, chance, folder, isTimeUp, say } = context
  const machine = await startMachine(folder)
  const { gateway } = machine
  const file = join(folder, 'told.ndjson')
  let hammer: Hammer | null = null
  try {
    await prepareForHammer(gateway)
    const mix = { ...DEFAULT_MIX, ...PEOPLE_MIX }
    hammer = await startHammer({ gateway, file, seed, mix, perSecond: PER_SECOND, batchRows: [2, 8] })
    const tally: Tally = { cuts: 0, atStart: 0, forgotten: [], recoveries: [], violations: [] }
    const chances = chance(1_000)
    const whole = filesOf(gateway.dataDir)
    for (let n = 1; n <= CUTS[form] && !isTimeUp(); n++) {
      await cutOnce(machine, hammer, tally, chances)
      const now = filesOf(gateway.dataDir)
      for (const [name, text] of Object.entries(whole))
        if (now[name] !== text) tally.violations.push(`after cut ${tally.cuts} ${name} is not as it was`)
      if (n % 10 === 0) say(`${n} cuts, ${hammer.counts.acknowledged} acknowledged`)
    }
    await hammer.finish()
    hammer = null
    const told = await checkTold(gateway, file)
    const audited = await audit(gateway, file)
    return resultOf(told, [...tally.violations, ...audited], tally)
  } finally {
    await hammer?.abandon().catch(() => undefined)
    await machine.powerOff()
  }
}

/**
 * The same with a disk that says that it synced the database's write-ahead log and does not, which is what `synchronous=NORMAL` would make
 * of a good one: one cut of a store whose last statements are neither sealed nor mirrored. Shows that the drill can fail.
 */
export async function cutWithoutSync(folder: string, seed: string): Promise<ToldCheck> {
  const never = { ONCEPROOF_SEAL_AFTER_MS: '600000' }
  const machine = await startMachine(folder, { env: never, deaf: '.db-wal' })
  try {
    await prepareForHammer(machine.gateway)
    // Its end copies the log into the database, which is synced.
    await machine.gateway.restart()
    const file = join(folder, 'told.ndjson')
    const mix = { certificate: 1, record: 1 }
    const hammer = await startHammer({ gateway: machine.gateway, file, seed, mix, perSecond: PER_SECOND })
    await hammer.acknowledge(12)
    await machine.powerOff()
    await hammer.abandon()
    machine.forget()
    await machine.powerOn({ env: { ONCEPROOF_SEAL_AFTER_MS: '50' } })
    return await checkTold(machine.gateway, file)
  } finally {
    await machine.powerOff()
  }
}

interface Tally {
  cuts: number
  atStart: number
  forgotten: Forgotten[]
  /** Milliseconds from power on until the gateway is ready. */
  recoveries: number[]
  violations: string[]
}

/** Under load for a while, then dark in the middle of a sync, then back; sometimes dark again on the way back. */
async function cutOnce(machine: Machine, hammer: Hammer, tally: Tally, chance: Chance): Promise<void> {
  const { gateway } = machine
  await within(hammer.acknowledge(chance.integer(...LIFE)), 'nothing was acknowledged', gateway)
  machine.powerOffAtSync(chance.integer(1, MOST_SYNCS))
  await within(gateway.ended(), 'nothing was synced', gateway)
  await machine.powerOff()
  forget(machine, tally, chance)
  while (chance.happens(AT_START)) {
    const isUp = await machine.powerOn({ untilSync: chance.integer(1, MOST_SYNCS) }).then(
      () => true,
      () => false,
    )
    // When it came up first, the hammer's writes are synced next.
    if (isUp) await within(gateway.ended(), 'nothing was synced', gateway)
    else tally.atStart++
    await machine.powerOff()
    forget(machine, tally, chance)
  }
  const began = performance.now()
  await machine.powerOn()
  tally.recoveries.push(performance.now() - began)
}

/** By turns nothing is left that was not synced, and what chance leaves. */
function forget(machine: Machine, tally: Tally, chance: Chance): void {
  tally.cuts++
  const forgotten = machine.forget(tally.cuts % 2 === 1 ? undefined : chance)
  tally.forgotten.push(forgotten)
  for (const what of forgotten.notModelled) tally.violations.push(`cut ${tally.cuts} does not model ${what}`)
}

export interface Machine {
  gateway: RunningGateway
  /** Ends the gateway and the chain as when the power goes. */
  powerOff: () => Promise<void>
  /** The same by itself, in the middle of the n-th sync from now. */
  powerOffAtSync: (n: number) => void
  /** Takes away what was not synced since it was last switched on. */
  forget: (chance?: Chance) => Forgotten
  /** Starts the chain and the gateway; resolves when it is ready. `untilSync`: the power goes in the middle of that sync. */
  powerOn: (options?: { env?: Record<string, string>; untilSync?: number }) => Promise<void>
}

export interface MachineOptions {
  env?: Record<string, string>
  /** Ends of the names of the gateway's files that its disk never syncs, though it says so. */
  deaf?: string
}

/** A gateway and a chain on a folder of their own, none of which was there before, and every change of it noted in `folder`. */
export async function startMachine(
  folder: string,
  { env = {}, deaf }: MachineOptions = {},
): Promise<Machine> {
  const library = compileForget(folder)
  if (library === null) throw new Error('no C compiler')
  let chain: ChildProcess | null = null
  let notes: ForgetfulFolder | null = null
  let starts = 0
  let untilSync = 0

  const beforeStart = async (dataDir: string) => {
    // A gateway that was only stopped finds its chain running.
    if (notes === null || chain === null) {
      const journal = join(folder, `notes-${++starts}`)
      notes = forgetfulFolder({ library, root: dirname(dataDir), journal })
      notes.endAtSync(untilSync)
      chain = await startChain(join(dataDir, 'chain'), notes.env)
    }
    return deaf === undefined ? notes.env : { ...notes.env, FORGET_DEAF: deaf }
  }
  process.once('exit', () => chain?.kill('SIGKILL'))
  const gateway = await startGateway({ env: { ...HAMMERED_ENV, ...env }, beforeStart })
  return {
    gateway,
    async powerOff() {
      const ended = [gateway.kill9()]
      if (chain !== null) ended.push(killed(chain))
      chain = null
      await Promise.all(ended)
    },
    forget(chance) {
      if (notes === null) throw new Error('nothing was noted')
      return notes.cut(chance)
    },
    powerOffAtSync: n => notes?.endAtSync(n),
    async powerOn({ env: more = {}, untilSync: until = 0 } = {}) {
      untilSync = until
      await gateway.restart(more)
    },
  }
}

/** The embedded chain as the gateway would start it; the gateway finds it running. Rejects when it ends instead. */
async function startChain(dir: string, env: Record<string, string>): Promise<ChildProcess> {
  const args = ['--disable-warning=ExperimentalWarning', CHAIN, '--data', dir, '--port', '0']
  const { PATH = '' } = process.env
  const child = spawn(process.execPath, args, { env: { PATH, ...env }, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  await new Promise<void>((resolve, reject) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
      if (/ serving http/.test(text)) resolve()
    })
    child.once('close', () => reject(new Error(`the chain ended:\n${said}`)))
  })
  return child
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'close')
  child.kill('SIGKILL')
  await ended
}

/** What is made once and never again: were it lost or half, the gateway would be another one. */
function filesOf(dataDir: string): Record<string, string | null> {
  const names = [
    'keystore.json',
    'keystore.passphrase',
    'operator.token',
    'deployment.json',
    'chain/genesis.json',
  ]
  const read = (name: string) => {
    try {
      return readFileSync(join(dataDir, name), 'utf8')
    } catch {
      return null
    }
  }
  return Object.fromEntries(names.map(name => [name, read(name)]))
}

/** Resolves with the event; rejects with what the gateway said when it does not come. */
async function within(event: Promise<void>, otherwise: string, gateway: RunningGateway): Promise<void> {
  const late = new AbortController()
  const patience = pause(PATIENCE_MS, true, { signal: late.signal }).catch(() => false)
  const isLate = await Promise.race([event.then(() => false), patience])
  late.abort()
  if (isLate) throw new Error(`${otherwise} in ${PATIENCE_MS} ms:\n${gateway.output().slice(-2_000)}`)
}

function resultOf(told: ToldCheck, violations: string[], tally: Tally): DrillResult {
  const { cuts, atStart, forgotten } = tally
  const recoveries = tally.recoveries.toSorted((a, b) => a - b)
  const sum = (count: (one: Forgotten) => number) => forgotten.reduce((all, one) => all + count(one), 0)
  return {
    figures: {
      cuts,
      atStart,
      changes: sum(one => one.changes),
      unsynced: sum(one => one.unsynced),
      undone: sum(one => one.undone),
      ...told.figures,
      recoveryMedianMs: Math.round(recoveries[Math.floor(recoveries.length / 2)] ?? 0),
      recoveryMaxMs: Math.round(recoveries.at(-1) ?? 0),
    },
    violations: [...violations, ...told.violations],
    rpo: told.lost,
    rtoMs: recoveries.at(-1) ?? null,
  }
}
