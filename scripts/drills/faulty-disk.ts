/**
 * Drill `faulty-disk`: the gateway's disk becomes full, read-only and broken under the hammer, and well again; nothing that was acknowledged is
 * lost, what cannot be kept is refused with a code that says so, reading goes on, and no restart is needed.
 */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { checkTold } from './check-told.ts'
import type { Drill, DrillContext, DrillResult } from './drill.ts'
import { startGateway, type RunningGateway } from './gateway-process.ts'
import { HAMMERED_ENV, prepareForHammer, startHammer } from './hammer.ts'
import { compileForget, faultyDisk, missingForPowerCut, type FaultyDisk } from './power-cut/forget.ts'

type Fault = Exclude<Parameters<FaultyDisk['fail']>[0], null>

/** What a write is answered while the disk is so. */
const ANSWERED: Record<Fault, { status: number; code: string }> = {
  ENOSPC: { status: 507, code: 'DISK_FULL' },
  EROFS: { status: 503, code: 'STORE_UNAVAILABLE' },
  EIO: { status: 503, code: 'STORE_UNAVAILABLE' },
}
const ROUNDS = { short: 1, long: 30 }
const PER_SECOND = 30
/** Writes that are tried while the disk is full: what is in the write-ahead log already may take the first ones. */
const MOST_TRIES = 400
const PATIENCE_MS = 60_000
const RETRY_MS = 50

export const faultyDiskDrill: Drill = {
  name: 'faulty-disk',
  title: { zh: '磁盘写满、只读、故障', en: 'Disk full, read-only, broken' },
  event: 'disk',
  promise:
    'While the disk takes nothing, writes are refused with a code that says so and reading goes on; afterwards everything goes on by itself, and nothing is lost or damaged',
  missing: missingForPowerCut,
  run,
}

async function run({ form, seed, chance, folder, say }: DrillContext): Promise<DrillResult> {
  const library = compileForget(folder)
  if (library === null) throw new Error('no C compiler')
  let disk: FaultyDisk | null = null
  const beforeStart = async (dataDir: string) => {
    disk = faultyDisk(library, dataDir, join(folder, 'control'))
    return disk.env
  }
  const gateway = await startGateway({ env: HAMMERED_ENV, beforeStart })
  const fail = (how: Fault | null) => disk?.fail(how)
  const violations: string[] = []
  const recoveries: number[] = []
  const refusals: Record<string, number> = {}
  try {
    await prepareForHammer(gateway)
    const file = join(folder, 'told.ndjson')
    const hammer = await startHammer({ gateway, file, seed, perSecond: PER_SECOND, batchRows: [2, 8] })
    const chances = chance(1_000)
    for (let round = 1; round <= ROUNDS[form]; round++) {
      for (const fault of Object.keys(ANSWERED) as Fault[]) {
        await hammer.acknowledge(chances.integer(1, 20))
        fail(fault)
        const what = await firstRefusal(gateway)
        refusals[fault] = (refusals[fault] ?? 0) + 1
        const { status, code } = ANSWERED[fault]
        if (what.status !== status || what.code !== code)
          violations.push(`${fault}: a write is answered ${what.status} ${what.code}, not ${status} ${code}`)
        for (const path of ['/healthz', '/v1/log', '/v1/trust'])
          if (!(await gateway.get(path)).ok) violations.push(`${fault}: ${path} is not answered`)
        if (!(await gateway.get('/metrics').then(answer => answer.text())).includes(`code="${code}"`))
          violations.push(`${fault}: no metric says ${code}`)
        fail(null)
        recoveries.push(await untilWritten(gateway))
      }
      if (round % 10 === 0) say(`${round} rounds, ${hammer.counts.acknowledged} acknowledged`)
    }
    await hammer.finish()
    // The drill's own writes are in the log too.
    const told = await checkTold(gateway, file, { alone: false })
    await gateway.stop()
    violations.push(...integrityOf(join(gateway.dataDir, 'onceproof.db')))
    if (/\n {4}at /.test(gateway.output())) violations.push('the service log has a stack trace')
    return {
      figures: {
        ...Object.fromEntries(
          Object.entries(refusals).map(([fault, times]) => [`refusedFor${fault}`, times]),
        ),
        ...told.figures,
        recoveryMaxMs: Math.round(Math.max(...recoveries)),
      },
      violations: [...violations, ...told.violations],
      rpo: told.lost,
      rtoMs: Math.max(...recoveries),
    }
  } finally {
    fail(null)
    await gateway.kill9()
    await gateway.killChain9()
  }
}

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

function integrityOf(path: string): string[] {
  const db = new Database(path, { readonly: true })
  try {
    const found = db.prepare<[], string>('PRAGMA integrity_check').pluck().all()
    return found.filter(line => line !== 'ok').map(line => `integrity_check: ${line}`)
  } finally {
    db.close()
  }
}
