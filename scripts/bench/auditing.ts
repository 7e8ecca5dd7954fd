/**
 * `npm run bench:audit -- [--json FILE] [--sizes 10000,100000,1000000]`: the auditor over one data folder as it grows: time, and the most
 * memory that it held, each against the same at the first size in the same run. The gateway is stopped meanwhile, the chain goes on.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { issueInBulk } from '../drills/bulk.ts'
import { untilFinal } from '../drills/check-told.ts'
import { startGateway, type RunningGateway } from '../drills/gateway-process.ts'
import { HAMMERED_ENV, prepareForHammer, startHammer } from '../drills/hammer.ts'
import { residentBytes } from '../drills/resources/process-memory.ts'
import { machineOf } from './machine.ts'
import { formatTable, noDearerThan, type Report, type Row } from './rows.ts'

interface Audited {
  statements: number
  databaseBytes: number
  seconds: number
  cpuSeconds: number
  /** Most that the process ever held. */
  peakBytes: number
}

/** Not the command that starts it, which is a process of its own. */
const CLI = join(import.meta.dirname, '../cli/main.ts')
const ANCHOR_PATIENCE_MS = 1_800_000
/** Ordinary traffic beside the many: records, orders, batches. */
const HAMMERED = 200
const LOOK_EVERY_MS = 50
const TICKS_PER_SECOND = 100

const { values } = parseArgs({
  options: { json: { type: 'string' }, sizes: { type: 'string', default: '10000,100000,1000000' } },
})
const sizes = values.sizes.split(',').map(Number)
const began = performance.now()
const machine = machineOf()
const audits = await measure(sizes)
const report: Report = { date: new Date().toISOString(), machine, rows: rowsOf(audits) }
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
process.stdout.write(`${formatTable(report.rows)}\n`)
process.exit(0)

async function measure(sizes: number[]): Promise<Audited[]> {
  const gateway = await startGateway({ env: HAMMERED_ENV })
  await prepareForHammer(gateway)
  const file = join(gateway.scratch, 'told.ndjson')
  const hammer = await startHammer({ gateway, file, seed: 'audit' })
  await hammer.acknowledge(HAMMERED)
  await hammer.finish()
  const audits: Audited[] = []
  for (const size of sizes) {
    if (gateway.pid() === 0) await gateway.restart()
    const there = await untilFinal(gateway, ANCHOR_PATIENCE_MS)
    await issueInBulk(gateway, {
      count: Math.max(0, size - there),
      name: `${size}`,
      say: done => done % 50_000 === 0 && say(`issued ${done} of ${size - there}`),
    })
    await untilFinal(gateway, ANCHOR_PATIENCE_MS)
    await gateway.stop()
    const audit = await auditOnce(gateway, file)
    say(`${audit.statements} statements: ${audit.seconds.toFixed(1)} s, ${mebibytes(audit.peakBytes)} MiB`)
    audits.push(audit)
  }
  await gateway.killChain9()
  return audits
}

async function auditOnce(gateway: RunningGateway, clientLog: string): Promise<Audited> {
  const start = performance.now()
  const args = [
    'fsck',
    '--data',
    gateway.dataDir,
    '--trust',
    gateway.trustPath,
    '--client-log',
    clientLog,
    '--json',
  ]
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', CLI, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  const ended = once(child, 'close') as Promise<[number]>
  let last = { peakBytes: 0, cpuSeconds: 0 }
  while (child.exitCode === null && child.signalCode === null) {
    last = usageOf(child.pid!) ?? last
    await pause(LOOK_EVERY_MS)
  }
  const [code] = await ended
  const { outcome, statements } = JSON.parse(output) as { outcome: string; statements: number }
  if (code !== 0 || outcome !== 'clean') throw new Error(`fsck ended with ${code}: ${output.slice(0, 2_000)}`)
  const databaseBytes = statSync(join(gateway.dataDir, 'onceproof.db')).size
  return { statements, databaseBytes, seconds: (performance.now() - start) / 1000, ...last }
}

/** What the system counts of a process so far; null when it is gone. */
function usageOf(pid: number): { peakBytes: number; cpuSeconds: number } | null {
  try {
    const { peak } = residentBytes(pid)
    if (peak === 0) return null
    // proc(5): after the name in brackets, fields 14 and 15 are the ticks in user and kernel mode.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    const ticks = Number(fields[11]) + Number(fields[12])
    return { peakBytes: peak, cpuSeconds: ticks / TICKS_PER_SECOND }
  } catch {
    return null
  }
}

function rowsOf(audits: Audited[]): Row[] {
  const first = audits[0]!
  return audits.flatMap(audit => {
    const { statements, databaseBytes } = audit
    const note = `${statements} statements, a database of ${mebibytes(databaseBytes)} MiB; the baseline is ${first.statements} statements`
    const each = (seconds: number, of: Audited) => (seconds * 1e6) / of.statements
    return [
      noDearerThan(
        {
          name: `fsck, most memory, ${statements}`,
          ours: mebibytes(audit.peakBytes),
          baseline: mebibytes(first.peakBytes),
          unit: 'MiB',
          note,
        },
        null,
      ),
      noDearerThan(
        {
          name: `fsck, time, ${statements}`,
          ours: each(audit.seconds, audit),
          baseline: each(first.seconds, first),
          unit: 'µs wall a statement',
          note,
        },
        null,
      ),
      noDearerThan(
        {
          name: `fsck, CPU, ${statements}`,
          ours: each(audit.cpuSeconds, audit),
          baseline: each(first.cpuSeconds, first),
          unit: 'µs CPU a statement',
          note,
        },
        null,
      ),
    ]
  })
}

function mebibytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20)
}

function say(text: string): void {
  process.stderr.write(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${text}\n`)
}
