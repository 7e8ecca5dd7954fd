/**
 * Drill `memory`: the gateway with a heap as small as it is documented for 512 MiB, under the hammer, while the largest batches that it
 * takes, batches of nonsense, verifications and PDFs come at once. What does not fit is refused or waits; nothing is lost or damaged, the
 * process does not die, and it stays within its limit.
 */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { MEDIA_TYPE } from '../../../protocol/file.ts'
import { demoRegion, typeIn } from '../../../server/catalogue/region.ts'
import { readEndpoint } from '../../../server/chain/embedded/endpoint.ts'
import { generateRows } from '../../generate/certificates.ts'
import { audit } from '../audit.ts'
import { checkTold } from '../check-told.ts'
import type { Drill, DrillContext, DrillResult } from '../drill.ts'
import { startGateway, type RunningGateway } from '../gateway-process.ts'
import { HAMMERED_ENV, prepareForHammer, startHammer } from '../hammer.ts'
import { residentBytes } from './process-memory.ts'

const MIB = 2 ** 20
/** As docs/production.md says for a machine or container of 512 MiB. */
const SMALL = {
  NODE_OPTIONS: '--max-old-space-size=144 --max-semi-space-size=4',
  MALLOC_ARENA_MAX: '2',
}
const MOST_BYTES = 512 * MIB
const TYPE = 'RIC'
/** The most rows that one request may have. */
const BATCH_ROWS = 10_000
/** A row that no type wants; so many of them are nearly as long as a body may be. */
const NONSENSE = 'x'.repeat(900)
const BATCHES_AT_ONCE = 3
const NONSENSE_AT_ONCE = 3
const FILES_AT_ONCE = 30
const PAPERS_AT_ONCE = 20
/** Certificates that are verified and printed. */
const KNOWN = 40
const ROUNDS = { short: 1, long: 5 }
const SAMPLE_MS = 50
const RETRY_MS = 500
/** Between the answer that a dying process does not give and its end. */
const ENDING_MS = 5_000
const PATIENCE_MS = 300_000

export const memoryDrill: Drill = {
  name: 'memory',
  title: { zh: '内存不足', en: 'Little memory' },
  event: 'resources',
  promise:
    'In 512 MiB the gateway takes the largest batches, verifications and PDFs at once: each is done, waits or is refused; nothing is lost or damaged, and the process lives',
  missing: () => (process.platform === 'linux' ? null : '/proc of Linux is needed'),
  run,
}

async function run({ form, seed, folder, isTimeUp, say }: DrillContext): Promise<DrillResult> {
  const gateway = await startGateway({ env: { ...HAMMERED_ENV, ...SMALL } })
  const memory = watchMemory(gateway)
  const answers = new Map<string, number>()
  const violations: string[] = []
  let large = 0
  try {
    await prepareForHammer(gateway)
    const file = join(folder, 'told.ndjson')
    const hammer = await startHammer({ gateway, file, seed, perSecond: 5, batchRows: [2, 8] })
    await whileAlive(gateway, hammer.acknowledge(20))
    const known = await someCertificates(gateway, seed)
    const files = await filesOf(gateway, known)
    for (let round = 1; round <= ROUNDS[form] && !isTimeUp(); round++) {
      const load = Promise.all([
        ...lanes(BATCHES_AT_ONCE, async n => {
          const outcome = await batchOf(gateway, `${seed}-${round}-${n}`)
          say(`a batch of ${BATCH_ROWS} rows: ${outcome[1].join(', ')}`)
          return outcome
        }),
        ...lanes(NONSENSE_AT_ONCE, () => nonsense(gateway)),
        ...files.map(({ contentType, body }) =>
          untilAnswered('file', () =>
            fetch(`${gateway.url}/v1/verify`, {
              method: 'POST',
              headers: { 'content-type': contentType },
              body,
            }),
          ),
        ),
        ...lanes(PAPERS_AT_ONCE, n => paperOf(gateway, known[n % known.length]!)),
      ])
      for (const [what, seen] of await whileAlive(gateway, load)) {
        for (const status of seen) answers.set(`${what}${status}`, (answers.get(`${what}${status}`) ?? 0) + 1)
        const last = seen.at(-1)
        if (what === 'batch' && last === 201) large += BATCH_ROWS
        if (!EXPECTED[what].includes(last ?? 0))
          violations.push(`round ${round}: ${what} was answered ${seen.join(', ')}`)
      }
      say(`round ${round}: at most ${Math.round(memory.most().gateway / MIB)} MiB`)
    }
    await whileAlive(gateway, hammer.finish())
    const told = await checkTold(gateway, file, { alone: false, patienceMs: PATIENCE_MS })
    const most = memory.most()
    if (most.gateway > MOST_BYTES)
      violations.push(
        `the gateway had ${Math.round(most.gateway / MIB)} MiB at most, more than ${MOST_BYTES / MIB}`,
      )
    await gateway.stop()
    violations.push(...(await audit(gateway, file)))
    return {
      figures: {
        ...Object.fromEntries([...answers].sort(([a], [b]) => a.localeCompare(b))),
        rowsOfLargeBatches: large,
        ...told.figures,
        gatewayPeakBytes: most.gateway,
        chainPeakBytes: most.chain,
        bothPeakBytes: most.both,
      },
      violations: [...violations, ...told.violations],
      rpo: told.lost,
      rtoMs: null,
    }
  } finally {
    memory.stop()
    await gateway.kill9()
    await gateway.killChain9()
  }
}

/** What the load comes to. Rejects with the gateway's last words when its process ends first: then a request fails a moment earlier. */
async function whileAlive<T>(gateway: RunningGateway, load: Promise<T>): Promise<T> {
  const ended = gateway.ended().then(() => {
    throw new Error(`the gateway's process ended:\n${gateway.output().slice(-3_000)}`)
  })
  const failed = load.catch(async (reason: unknown) => {
    await pause(ENDING_MS)
    throw reason
  })
  return Promise.race([ended, failed])
}

type Load = 'batch' | 'nonsense' | 'file' | 'paper'

/** How each must end, however often it was told to come again. */
const EXPECTED: Record<Load, readonly number[]> = {
  batch: [201],
  nonsense: [422],
  file: [200],
  paper: [200],
}

const lanes = <T>(count: number, work: (n: number) => Promise<T>): Promise<T>[] =>
  Array.from({ length: count }, (_, n) => work(n))

/** The statuses that it was answered with, until it was not told to come again. 0 = the answer was lost; it is asked for again. */
async function untilAnswered(what: Load, ask: () => Promise<Response>): Promise<[Load, number[]]> {
  const seen: number[] = []
  const began = performance.now()
  for (;;) {
    const status = await ask().then(
      answer => answer.arrayBuffer().then(() => answer.status),
      () => 0,
    )
    seen.push(status)
    const isBusy = [0, 429, 503].includes(status)
    if (!isBusy || performance.now() - began > PATIENCE_MS) return [what, seen]
    await pause(RETRY_MS)
  }
}

function batchOf(gateway: RunningGateway, seed: string): Promise<[Load, number[]]> {
  const rows = [...generateRows(typeIn(demoRegion(), TYPE), BATCH_ROWS, seed)]
  const body = { type: TYPE, rows }
  const key = { 'idempotency-key': `memory-${seed}` }
  return untilAnswered('batch', () => gateway.post('/v1/certificates/batch', body, key))
}

function nonsense(gateway: RunningGateway): Promise<[Load, number[]]> {
  const body = { type: TYPE, rows: Array.from({ length: BATCH_ROWS }, (_, n) => ({ [`n${n}`]: NONSENSE })) }
  return untilAnswered('nonsense', () => gateway.post('/v1/certificates/batch', body))
}

/** What is verified: certificates by turns as a file and as a PDF. */
async function filesOf(gateway: RunningGateway, known: readonly string[]) {
  const files: { contentType: string; body: ArrayBuffer }[] = []
  for (const identifier of known.slice(0, FILES_AT_ONCE)) {
    const asPdf = files.length % 2 === 0
    const answer = await gateway.get(`/v1/certificates/${identifier}/${asPdf ? 'paper' : 'file'}`)
    if (!answer.ok) throw new Error(`no file of ${identifier}: ${answer.status}`)
    files.push({ contentType: asPdf ? 'application/pdf' : MEDIA_TYPE, body: await answer.arrayBuffer() })
  }
  return files
}

const paperOf = (gateway: RunningGateway, identifier: string): Promise<[Load, number[]]> =>
  untilAnswered('paper', () => gateway.get(`/v1/certificates/${identifier}/paper?language=en`))

/** Certificates that nobody changes: of one that is suspended no paper is printed. */
async function someCertificates(gateway: RunningGateway, seed: string): Promise<string[]> {
  const rows = [...generateRows(typeIn(demoRegion(), TYPE), KNOWN, `${seed} known`)]
  const answer = await gateway.post('/v1/certificates/batch', { type: TYPE, rows })
  const { certificates } = (await answer.json()) as { certificates: { identifier: string }[] }
  return certificates.map(({ identifier }) => identifier)
}

/** The most that was resident: of each by the system's own count, of both at once by looking often. */
function watchMemory(gateway: RunningGateway) {
  const most = { gateway: 0, chain: 0, both: 0 }
  const look = () => {
    const own = residentBytes(gateway.pid())
    const chain = residentBytes(readEndpoint(join(gateway.dataDir, 'chain'))?.pid ?? 0)
    most.gateway = Math.max(most.gateway, own.peak)
    most.chain = Math.max(most.chain, chain.peak)
    most.both = Math.max(most.both, own.now + chain.now)
  }
  const looking = setInterval(look, SAMPLE_MS)
  return { most: () => (look(), most), stop: () => clearInterval(looking) }
}
