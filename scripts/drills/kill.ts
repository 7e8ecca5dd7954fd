/**
 * kill -9: the gateway and its embedded chain die under the hammer, at every place where a crash could part what belongs together and at
 * moments that chance chooses; nothing that was acknowledged may be lost, done twice or done by half.
 */
import { renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { FAIL_POINTS, type FailPoint } from '../../server/store/fail-points.ts'
import { migrate, migrations } from '../../server/store/migrations.ts'
import type { Chance } from '../generate/random.ts'
import { checkTold, type ToldCheck } from './check-told.ts'
import type { Drill, DrillContext, DrillResult } from './drill.ts'
import { startGateway, type RunningGateway } from './gateway-process.ts'
import {
  DEFAULT_MIX,
  HAMMERED_ENV,
  PEOPLE_MIX,
  prepareForHammer,
  startHammer,
  type Hammer,
} from './hammer.ts'

/** How one death comes about. */
type Death = { at: FailPoint; time: number } | { at: 'random'; what: Victim; afterMs: number }
type Victim = 'gateway' | 'chain' | 'both'

export interface KillSize {
  /** Deaths at each fail point, and at moments that chance chooses. */
  perPoint: number
  random: number
  /** Operations of the hammer in a second: as many as the oracle can look through afterwards. */
  perSecond: number
}

const SIZES: Record<DrillContext['form'], KillSize> = {
  short: { perPoint: 1, random: 10, perSecond: 25 },
  // With 13 points in the course of the hammer and the migration afterwards: 500 in all.
  long: { perPoint: 10, random: 360, perSecond: 25 },
}

/** In the course of the hammer; a migration runs at a start only. */
const POINTS = FAIL_POINTS.filter(name => name !== 'mid-migration')
const MOST_TIMES = 4
const LONGEST_LIFE_MS = 600
const PATIENCE_MS = 90_000
const READY_POLL_MS = 10
/** Older schemas to begin from: what the hammer writes is in each of them. */
const MOST_STEPS_BACK = 3

export const kill: Drill = {
  name: 'kill',
  title: { zh: '突然断掉进程（kill -9）', en: 'Processes killed without warning (kill -9)' },
  event: 'crash',
  promise:
    'Whatever moment the gateway or its embedded chain dies at, nothing acknowledged is lost, anchored twice or done by half',
  missing: () =>
    process.platform === 'linux' ? null : 'it counts on /proc and on signals as Linux has them',
  run: context => killUnderHammer(context, SIZES[context.form]),
}

/** The drill with so many deaths. */
export async function killUnderHammer(
  { seed, chance, folder, isTimeUp, say }: DrillContext,
  size: KillSize,
): Promise<DrillResult> {
  const gateway = await startGateway({ env: HAMMERED_ENV })
  try {
    await prepareForHammer(gateway)
    const file = join(folder, 'told.ndjson')
    const { perSecond } = size
    const mix = { ...DEFAULT_MIX, ...PEOPLE_MIX }
    const hammer = await startHammer({ gateway, file, seed, perSecond, mix, batchRows: [2, 8] })
    const tally: Tally = { deaths: {}, recoveries: [], violations: [] }
    await dieAndComeBack(gateway, hammer, planOf(size, chance(1_000)), tally, { isTimeUp, say })
    await hammer.finish()
    await comeBackUnarmed(gateway, tally)
    const told = await checkTold(gateway, file)
    const migrated = await dieInMigrations(gateway, file, size.perPoint, chance(1_001), tally)
    return resultOf(told, migrated, tally)
  } finally {
    await gateway.kill9()
    await gateway.killChain9()
  }
}

interface Tally {
  /** By place or victim. */
  deaths: Record<string, number>
  /** Milliseconds from the start of a process until it was ready. */
  recoveries: number[]
  violations: string[]
}

function planOf({ perPoint, random }: KillSize, chance: Chance): Death[] {
  const points = POINTS.flatMap(at =>
    Array.from({ length: perPoint }, (): Death => ({ at, time: chance.integer(1, MOST_TIMES) })),
  )
  const randoms = Array.from({ length: random - 1 }, (): Death => {
    const what = chance.pick<Victim>(['gateway', 'gateway', 'gateway', 'chain', 'both'])
    return { at: 'random', what, afterMs: chance.integer(0, LONGEST_LIFE_MS) }
  })
  // The first start is armed with nothing.
  return [
    { at: 'random', what: 'gateway', afterMs: LONGEST_LIFE_MS },
    ...shuffled([...points, ...randoms], chance),
  ]
}

function shuffled<T>(items: T[], chance: Chance): T[] {
  for (let i = items.length - 1; i > 0; i--) {
    const j = chance.integer(0, i)
    ;[items[i], items[j]] = [items[j]!, items[i]!]
  }
  return items
}

/** Every death of the plan, one after the other; each restart arms the next one. */
async function dieAndComeBack(
  gateway: RunningGateway,
  hammer: Hammer,
  plan: readonly Death[],
  tally: Tally,
  { isTimeUp, say }: Pick<DrillContext, 'isTimeUp' | 'say'>,
): Promise<void> {
  for (let i = 0; i < plan.length && !isTimeUp(); i++) {
    const death = plan[i]!
    const name = death.at === 'random' ? `random ${death.what}` : death.at
    await die(gateway, hammer, death, tally)
    count(tally, name)
    if (death.at === 'random' && death.what === 'chain') {
      await untilReady(gateway, tally)
      if (plan[i + 1]?.at === 'random') continue
      await gateway.kill9()
      count(tally, 'random gateway')
    }
    // What is armed may lie on the way of the start itself: then that death has happened too.
    while (!(await comeBack(gateway, plan[i + 1], tally))) count(tally, plan[++i]!.at)
    if ((i + 1) % 10 === 0)
      say(`${i + 1} of ${plan.length} deaths, ${hammer.counts.acknowledged} acknowledged`)
  }
}

function count({ deaths }: Tally, name: string): void {
  deaths[name] = (deaths[name] ?? 0) + 1
}

const armedFor = (death: Death | undefined) => ({
  ONCEPROOF_FAIL_POINT: death === undefined || death.at === 'random' ? '' : `${death.at}:${death.time}`,
})

async function die(gateway: RunningGateway, hammer: Hammer, death: Death, tally: Tally): Promise<void> {
  if (death.at !== 'random') {
    const isGone = await within(gateway.ended(), PATIENCE_MS)
    if (!isGone) tally.violations.push(`the fail point ${death.at}:${death.time} was not reached`)
    return
  }
  // Somebody was served since the last death, so each is under load.
  if (!(await within(hammer.acknowledge(1), PATIENCE_MS)))
    throw new Error(`nothing was acknowledged in ${PATIENCE_MS} ms:\n${gateway.output().slice(-2_000)}`)
  await pause(death.afterMs)
  if (death.what !== 'chain') await gateway.kill9()
  if (death.what !== 'gateway') await gateway.killChain9()
}

/** False when it died again on the way. */
async function comeBack(gateway: RunningGateway, next: Death | undefined, tally: Tally): Promise<boolean> {
  const armed = armedFor(next)
  const began = performance.now()
  try {
    await gateway.restart(armed)
  } catch (error) {
    // Only by what was armed: a start that refuses or breaks is no death of ours.
    if (armed.ONCEPROOF_FAIL_POINT === '' || !(await within(gateway.ended(), 0))) throw error
    if (/refused to start|Error:/.test((error as Error).message)) throw error
    return false
  }
  await untilReady(gateway, tally, began)
  return true
}

async function comeBackUnarmed(gateway: RunningGateway, tally: Tally): Promise<void> {
  await comeBack(gateway, undefined, tally)
}

/** Waits until store and chain answer, or it has died again by what was armed, and notes how long that took. */
async function untilReady(gateway: RunningGateway, tally: Tally, began = performance.now()): Promise<void> {
  const isReady = async () => (await fetch(`${gateway.url}/readyz`)).ok
  while (!(await isReady().catch(() => within(gateway.ended(), 0)))) {
    if (performance.now() - began > PATIENCE_MS) throw new Error(`not ready after ${PATIENCE_MS} ms`)
    await pause(READY_POLL_MS)
  }
  tally.recoveries.push(performance.now() - began)
}

/**
 * The store as an earlier release left it, with all that clients were told in it, is opened by this release and dies in the middle of a
 * step; the next start finds the old schema or the new one, and everything is there.
 */
async function dieInMigrations(
  gateway: RunningGateway,
  file: string,
  deaths: number,
  chance: Chance,
  tally: Tally,
): Promise<ToldCheck> {
  const path = join(gateway.dataDir, 'onceproof.db')
  for (let n = 0; n < deaths; n++) {
    const back = 1 + (n % MOST_STEPS_BACK)
    const time = chance.integer(1, back)
    await gateway.stop()
    setBack(path, back)
    if (await comeBack(gateway, { at: 'mid-migration', time }, tally))
      tally.violations.push(`the fail point mid-migration:${time} was not reached from ${back} steps back`)
    const expected = migrations.length - back + time - 1
    const found = versionOf(path)
    if (found !== expected)
      tally.violations.push(`after a crash in a migration the schema is ${found}, not ${expected}`)
    count(tally, 'mid-migration')
    await comeBackUnarmed(gateway, tally)
  }
  return checkTold(gateway, file)
}

/** Makes the database anew with the schema of so many steps ago, and puts into it everything that had a place there. */
function setBack(path: string, steps: number): void {
  const draft = `${path}.older`
  const db = new Database(draft)
  db.pragma('page_size = 8192')
  db.pragma('journal_mode = WAL')
  migrate(db, migrations.slice(0, -steps))
  db.pragma('foreign_keys = OFF')
  db.prepare('ATTACH ? AS newer').run(path)
  const tables = db
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'")
    .pluck()
    .all()
  const columns = (schema: string, table: string) =>
    db
      .prepare<[string, string], string>('SELECT name FROM pragma_table_info(?, ?)')
      .pluck()
      .all(table, schema)
  for (const table of tables) {
    const kept = columns('newer', table)
    const both = columns('main', table).filter(column => kept.includes(column))
    db.exec(`DELETE FROM main.${table}`)
    db.exec(`INSERT INTO main.${table} (${both.join()}) SELECT ${both.join()} FROM newer.${table}`)
  }
  db.close()
  for (const suffix of ['-wal', '-shm']) rmSync(path + suffix, { force: true })
  renameSync(draft, path)
}

function versionOf(path: string): number {
  const db = new Database(path)
  try {
    return Number(db.pragma('user_version', { simple: true }))
  } finally {
    db.close()
  }
}

function resultOf(told: ToldCheck, migrated: ToldCheck, tally: Tally): DrillResult {
  const recoveries = tally.recoveries.toSorted((a, b) => a - b)
  const all = Object.values(tally.deaths).reduce((sum, times) => sum + times, 0)
  const random = Object.entries(tally.deaths).filter(([name]) => name.startsWith('random'))
  return {
    figures: {
      kills: all,
      atFailPoints: all - random.reduce((sum, [, times]) => sum + times, 0),
      failPoints: FAIL_POINTS.filter(name => tally.deaths[name] !== undefined).length,
      random: random.map(([name, times]) => `${name.slice('random '.length)} ${times}`).join(', '),
      ...told.figures,
      recoveryMedianMs: Math.round(recoveries[Math.floor(recoveries.length / 2)] ?? 0),
      recoveryMaxMs: Math.round(recoveries.at(-1) ?? 0),
    },
    violations: [...tally.violations, ...told.violations, ...migrated.violations],
    rpo: Math.max(told.lost, migrated.lost),
    rtoMs: recoveries.at(-1) ?? null,
  }
}

/** Whether it comes to pass in this time. */
async function within(event: Promise<unknown>, ms: number): Promise<boolean> {
  const late = new AbortController()
  const patience = pause(ms, false, { signal: late.signal }).catch(() => false)
  const hasCome = await Promise.race([event.then(() => true), patience])
  late.abort()
  return hasCome
}
