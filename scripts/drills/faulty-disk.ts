/**
 * Drill `faulty-disk`: the disk of the gateway, of its embedded chain and of both becomes full, read-only and broken under the hammer, and
 * well again; nothing that was acknowledged is lost, what cannot be kept is refused with a code that says so, health says it, reading goes
 * on, and no restart is needed.
 */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { audit } from './audit.ts'
import { checkTold } from './check-told.ts'
import type { Drill, DrillContext, DrillForm, DrillResult } from './drill.ts'
import { startGateway, type RunningGateway } from './gateway-process.ts'
import { HAMMERED_ENV, prepareForHammer, startHammer } from './hammer.ts'
import { readyOf, untilSome, type Readiness } from './outside-chain.ts'
import { missingForPreload } from './preload/preload.ts'
import { compileForget, faultyDisk, type DiskFault, type FaultyDisk } from './power-cut/forget.ts'

type Disk = 'gateway' | 'chain' | 'both'

/** What a write is answered while the gateway's disk is so. */
const ANSWERED: Record<DiskFault, { status: number; code: string }> = {
  ENOSPC: { status: 507, code: 'DISK_FULL' },
  EROFS: { status: 503, code: 'STORE_UNAVAILABLE' },
  EIO: { status: 503, code: 'STORE_UNAVAILABLE' },
}
const FAULTS = Object.keys(ANSWERED) as DiskFault[]
const DISKS: readonly Disk[] = ['gateway', 'chain', 'both']
const STEPS: Record<DrillForm, readonly (readonly [Disk, DiskFault])[]> = {
  short: [...FAULTS.map(fault => ['gateway', fault] as const), ['chain', 'EROFS'], ['both', 'EIO']],
  long: DISKS.flatMap(disk => FAULTS.map(fault => [disk, fault] as const)),
}
const ROUNDS = { short: 1, long: 8 }
const PER_SECOND = 30
/** Writes that are tried while the disk is full: what is in the write-ahead log already may take the first ones. */
const MOST_TRIES = 400
/** A full disk takes what needs no room: then a refusal is followed by a write that is taken, and health says so in between. */
const MOST_LOOKS = 40
const PATIENCE_MS = 60_000
/** A journal that has room in its files goes on for a while on a full disk, and that is well. */
const NOTICED_MS: Record<DiskFault, number> = { ENOSPC: 10_000, EROFS: PATIENCE_MS, EIO: PATIENCE_MS }
const RETRY_MS = 50

export const faultyDiskDrill: Drill = {
  name: 'faulty-disk',
  title: { zh: '磁盘写满、只读、故障', en: 'Disk full, read-only, broken' },
  event: 'disk',
  promise:
    'While the disk takes nothing, writes are refused with a code that says so, health says it and reading goes on; afterwards everything goes on by itself, and nothing is lost or damaged',
  missing: missingForPreload,
  run,
}

async function run({ form, seed, chance, folder, isTimeUp, say }: DrillContext): Promise<DrillResult> {
  const library = compileForget(folder)
  if (library === null) throw new Error('no C compiler')
  let made: FaultyDisk | null = null
  const beforeStart = async (dataDir: string) => {
    made = faultyDisk(library, dataDir, join(folder, 'control'))
    return made.env
  }
  const gateway = await startGateway({ env: HAMMERED_ENV, beforeStart })
  const disk = made as FaultyDisk | null
  if (disk === null) throw new Error('the gateway was started without a disk that can fail')
  const violations: string[] = []
  const recoveries: number[] = []
  const chainBack: number[] = []
  const faults: Record<string, number> = {}
  let chainAway = 0
  try {
    await prepareForHammer(gateway)
    const file = join(folder, 'told.ndjson')
    const hammer = await startHammer({ gateway, file, seed, perSecond: PER_SECOND, batchRows: [2, 8] })
    const chances = chance(1_000)
    for (let round = 1; round <= ROUNDS[form] && !isTimeUp(); round++) {
      for (const [where, fault] of STEPS[form]) {
        const at = `${fault} of ${where}`
        await hammer.acknowledge(chances.integer(1, 20))
        if (where !== 'gateway') {
          disk.failChildren(fault)
          const isNoticed = await isSoon(gateway, ({ chain }) => !chain, NOTICED_MS[fault])
          if (isNoticed) chainAway++
          else if (fault !== 'ENOSPC') violations.push(`${at}: health does not say that the chain is away`)
          const { status } = await write(gateway)
          if (status !== 201)
            violations.push(`${at}: a write is answered ${status} while only the chain's disk fails`)
        }
        if (where !== 'chain') {
          disk.fail(fault)
          violations.push(...(await whileNothingIsTaken(gateway, fault)).map(what => `${at}: ${what}`))
        }
        faults[`${where}${fault}`] = (faults[`${where}${fault}`] ?? 0) + 1
        const began = performance.now()
        disk.fail(null)
        disk.failChildren(null)
        if (where !== 'chain') recoveries.push(await untilWritten(gateway))
        const isWell = ({ ready, storeWritable, chain }: Readiness) => ready && storeWritable && chain
        if (!(await isSoon(gateway, isWell, PATIENCE_MS)))
          throw new Error(`${at}: health does not say that all is well:\n${gateway.output().slice(-2_000)}`)
        if (where !== 'gateway') chainBack.push(performance.now() - began)
      }
      say(`round ${round}, ${hammer.counts.acknowledged} acknowledged`)
    }
    await hammer.finish()
    // The drill's own writes are in the log too.
    const told = await checkTold(gateway, file, { alone: false })
    await gateway.stop()
    violations.push(...(await audit(gateway, file)))
    if (/\n {4}at /.test(gateway.output())) violations.push('the service log has a stack trace')
    return {
      figures: {
        ...faults,
        chainAway,
        ...told.figures,
        recoveryMaxMs: Math.round(Math.max(...recoveries)),
        chainBackMaxMs: Math.round(Math.max(...chainBack)),
      },
      violations: [...violations, ...told.violations],
      rpo: told.lost,
      rtoMs: Math.max(...recoveries, ...chainBack),
    }
  } finally {
    disk.fail(null)
    disk.failChildren(null)
    await gateway.kill9()
    await gateway.killChain9()
  }
}

/** What is not as promised while the gateway's disk takes nothing. */
async function whileNothingIsTaken(gateway: RunningGateway, fault: DiskFault): Promise<string[]> {
  const wrong: string[] = []
  const what = await firstRefusal(gateway)
  const { status, code } = ANSWERED[fault]
  if (what.status !== status || what.code !== code)
    wrong.push(`a write is answered ${what.status} ${what.code}, not ${status} ${code}`)
  if (!(await saysSo(gateway))) wrong.push('health does not say that the store cannot be written')
  for (const path of ['/healthz', '/v1/log', '/v1/trust'])
    if (!(await gateway.get(path)).ok) wrong.push(`${path} is not answered`)
  const metrics = await (await gateway.get('/metrics')).text()
  if (!metrics.includes(`code="${code}"`)) wrong.push(`no metric says ${code}`)
  return wrong
}

/** Whether readiness and metric say that the store cannot be written, right after a refusal. */
async function saysSo(gateway: RunningGateway): Promise<boolean> {
  for (let look = 0; look < MOST_LOOKS; look++) {
    await firstRefusal(gateway)
    const metrics = await (await gateway.get('/metrics')).text()
    const { ready, storeWritable } = await readyOf(gateway)
    if (/^onceproof_store_writable 0$/m.test(metrics) && !storeWritable && !ready) return true
  }
  return false
}

const isSoon = (
  gateway: RunningGateway,
  isSo: (ready: Readiness) => boolean,
  patienceMs: number,
): Promise<boolean> =>
  untilSome(async () => isSo(await readyOf(gateway)) || undefined, patienceMs).catch(() => false)

let records = 0

/** A record that nobody else notarizes. */
async function write(gateway: RunningGateway): Promise<{ status: number; code: string }> {
  const sha256 = (++records).toString(16).padStart(64, 'f')
  const answer = await gateway.post('/v1/records', { sha256 })
  const body = (await answer.json()) as { code?: string }
  return { status: answer.status, code: body.code ?? '' }
}

async function firstRefusal(gateway: RunningGateway): Promise<{ status: number; code: string }> {
  for (let n = 0; n < MOST_TRIES; n++) {
    const answer = await write(gateway)
    if (answer.status >= 400) return answer
  }
  throw new Error(`${MOST_TRIES} writes were accepted by a disk that takes nothing`)
}

/** Milliseconds until a write is accepted again. */
async function untilWritten(gateway: RunningGateway): Promise<number> {
  const began = performance.now()
  while ((await write(gateway)).status !== 201) {
    if (performance.now() - began > PATIENCE_MS)
      throw new Error('nothing is accepted though the disk is well')
    await pause(RETRY_MS)
  }
  return performance.now() - began
}
