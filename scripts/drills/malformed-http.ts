/**
 * Drill `malformed-http`: nothing that a client sends breaks the gateway, makes it tell its insides, or lets its memory grow.
 */
import type { OpenApiDocument } from '../../server/http/openapi.ts'
import type { Drill, DrillContext, DrillResult } from './drill.ts'
import { startGateway, type RunningGateway } from './gateway-process.ts'
import { malformedRequests, RAW_CASES } from './malformed-requests.ts'
import { rawClient, type NoAnswer, type RawAnswer, type RawClient } from './raw-http.ts'
import { inspector, type Collected } from './resources/live-memory.ts'

const REQUESTS = { short: 50_000, long: 1_000_000 }
/** Each raw case so often. */
const RAW_ROUNDS = { short: 4, long: 200 }
const AT_ONCE = 24
/** Memory is looked at so many times on the way, after the garbage is gone; what a running gateway needs anyway is reached at the second. */
const LOOKS = 20
const WARM_AFTER = 2
const MOST_GROWTH = 0.1
const MOST_LISTED = 20

/** What only our insides would say. */
const INSIDES =
  /\n\s+at |\.ts:\d|node_modules|node:internal|SqliteError|(?:Type|Range|Reference)Error|SQLITE_/

export const malformedHttp: Drill = {
  name: 'malformed-http',
  title: { zh: '畸形 HTTP 请求', en: 'Malformed HTTP' },
  event: 'attack',
  promise:
    'No malformed request is answered with 5xx or with our insides, or makes memory grow by more than a tenth.',
  missing: () => null,
  run: drill,
}

async function drill({ form, chance, isTimeUp, say }: DrillContext): Promise<DrillResult> {
  const inside = await inspector()
  const gateway = await startGateway({ env: { ONCEPROOF_TRUSTED_PROXIES: '127.0.0.1', ...inside.env } })
  const client = rawClient(Number(new URL(gateway.url).port))
  try {
    const words = await vocabularyOf(gateway)
    const document = (await (await gateway.get('/openapi.json')).json()) as OpenApiDocument
    const requests = malformedRequests(document, { token: gateway.token, words })
    const findings = collector()

    const all = REQUESTS[form]
    const looks: Collected[] = []
    const statuses = new Map<string, number>()
    const operations = new Set<string>()
    let sent = 0
    const one = async () => {
      const n = sent++
      const request = requests.next(chance(n))
      operations.add(request.operation)
      const answer = await client.send(request.bytes, request.hasBody)
      const status = typeof answer === 'string' ? answer : `${Math.floor(answer.status / 100)}xx`
      statuses.set(status, (statuses.get(status) ?? 0) + 1)
      const what = wrongWith(answer)
      if (what !== null)
        findings.add(`request ${n} (${request.operation}; ${request.faults.join(', ')}): ${what}`)
    }
    for (let look = 1; look <= LOOKS && !isTimeUp(); look++) {
      const until = Math.floor((all * look) / LOOKS)
      await inParallel(AT_ONCE, () => sent < until, one)
      looks.push(await inside.collected(gateway.pid()))
      say(`${sent} of ${all}, ${JSON.stringify(looks.at(-1))}`)
    }

    const raw = await sendRaw(client, RAW_ROUNDS[form], chance(all), findings)
    looks.push(await inside.collected(gateway.pid()))
    const warm = looks[Math.min(WARM_AFTER, looks.length) - 1]!
    const grown = (name: keyof Collected) => looks.at(-1)![name] / warm[name] - 1
    for (const name of ['heapBytes', 'residentBytes'] as const)
      if (form === 'long' && grown(name) > MOST_GROWTH)
        findings.add(`${name} grew by ${percent(grown(name))} % of ${Math.round(warm[name] / 2 ** 20)} MiB`)
    if (!(await gateway.get('/v1/log')).ok) findings.add('afterwards the gateway does not answer')
    if (/"level":"error"/.test(gateway.output())) findings.add('the service log has errors of ours')
    return {
      figures: {
        requests: sent,
        operations: operations.size,
        operationsDescribed: requests.operations.length,
        rawConnections: raw,
        ...Object.fromEntries(
          [...statuses].sort(byName).map(([status, count]) => [`answered ${status}`, count]),
        ),
        heapAfterWarmUpBytes: warm.heapBytes,
        heapGrowthPercent: percent(grown('heapBytes')),
        residentAfterWarmUpBytes: warm.residentBytes,
        residentGrowthPercent: percent(grown('residentBytes')),
      },
      violations: findings.all(),
      rpo: null,
      rtoMs: null,
    }
  } finally {
    client.close()
    inside.close()
    await gateway.stop({ andChain: true })
  }
}

/** Null when the answer is one that a malformed request may get. */
export function wrongWith(answer: RawAnswer | NoAnswer): string | null {
  if (typeof answer === 'string') return `no answer: ${answer}`
  const { status, headers } = answer
  const body = answer.body.toString('latin1')
  if (status >= 500) return `${status} ${body.slice(0, 300)}`
  const insides = INSIDES.exec(body)
  if (status >= 400 && insides !== null) return `${status} tells our insides: ${insides[0]}`
  if (status < 400 || answer.length === 0) return null
  const type = headers.get('content-type') ?? ''
  return /^(application\/problem\+json|text\/html)/.test(type) ? null : `${status} as ${type || 'nothing'}`
}

async function sendRaw(
  client: RawClient,
  rounds: number,
  chance: ReturnType<DrillContext['chance']>,
  findings: ReturnType<typeof collector>,
): Promise<number> {
  const cases = Array.from({ length: rounds }, () => RAW_CASES).flat()
  const all = cases.length
  await inParallel(
    AT_ONCE,
    () => cases.length > 0,
    async () => {
      const [name, bytes] = cases.pop()!
      const answer = await client.sendAlone(bytes(chance))
      // Who speaks no HTTP may be left without an answer; one that comes has to be a refusal.
      const what = typeof answer === 'string' ? (answer === 'not http' ? answer : null) : wrongWith(answer)
      if (what !== null) findings.add(`raw: ${name}: ${what}`)
    },
  )
  return all
}

async function vocabularyOf(gateway: RunningGateway): Promise<string[]> {
  const written = await gateway.post('/v1/records', { sha256: 'ab'.repeat(32), name: 'x.txt' })
  const words = ['GAJ', 'ZSJ', 'MZJ', 'RIC', 'BIZ', 'MAR', '1', '0', '4096', '990100', 'zh', 'en', 'revoke']
  const record = (await written.json()) as { id?: string }
  return [...words, record.id ?? '01ARZ3NDEKTSV4RRFFQ69G5FAV', '01ARZ3NDEKTSV4RRFFQ69G5FAV', '23456789ABCD']
}

/** So many workers, each doing one after the other while there is more to do. */
async function inParallel(workers: number, more: () => boolean, work: () => Promise<void>): Promise<void> {
  await Promise.all(
    Array.from({ length: workers }, async () => {
      while (more()) await work()
    }),
  )
}

const percent = (share: number): number => Math.round(share * 1_000) / 10

const byName = ([a]: [string, number], [b]: [string, number]): number => (a < b ? -1 : 1)

function collector() {
  const listed: string[] = []
  let count = 0
  return {
    add(finding: string) {
      count++
      if (listed.length < MOST_LISTED) listed.push(finding)
    },
    all: () => (count > listed.length ? [...listed, `and ${count - listed.length} more`] : listed),
  }
}
