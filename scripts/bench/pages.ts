/**
 * `npm run bench:pages -- [--json FILE]`: what pages weigh on the wire, and how long a stranger waits for the verdict, in a real
 * Chromium with nothing cached, each against a page of words of the same gateway in the same run. Time is from the request to the
 * moment that what the page is for can be seen.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { personaSub, staffSub } from '../../server/identity/demo-people.ts'
import { paperAddress } from '../../server/verification/paper-address.ts'
import { closeChromium, closeDemo, demoGateway, signInOnPage, visit } from '../../test/browser/chromium.ts'
import type { OpenedGateway } from '../../test/support/opened-gateway.ts'
import { machineOf } from './machine.ts'
import { median } from './measure.ts'
import { atMost, formatTable, noDearerThan, type Report, type Row } from './rows.ts'

interface Sight {
  name: string
  path: string
  /** What somebody came for. */
  seen: string
  /** Who is signed in. */
  sub?: string
  /** Bytes; null: for information. */
  most: number | null
}

interface Loaded {
  bytes: number
  milliseconds: number
}

const WORDS = '/verify/help'
const PUBLIC_PAGE_BYTES = 60_000

const { values } = parseArgs({
  options: { json: { type: 'string' }, rounds: { type: 'string', default: '7' } },
})
const gateway = await demoGateway()
const rows = await measurePages(gateway, Number(values.rounds))
await closeChromium()
await closeDemo()
const report: Report = { date: new Date().toISOString(), machine: machineOf(), rows }
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`)
process.stdout.write(`${formatTable(rows)}\n`)
process.exit(0)

async function measurePages(gateway: OpenedGateway, rounds: number): Promise<Row[]> {
  const sights = await sightsOf(gateway)
  const loads = new Map<string, Loaded[]>()
  const words: Sight = { name: 'words', path: WORDS, seen: 'h1', most: null }
  for (let round = -1; round < rounds; round++) {
    for (const sight of [words, ...sights]) {
      const loaded = await load(gateway, sight)
      if (round >= 0) loads.set(sight.name, [...(loads.get(sight.name) ?? []), loaded])
    }
  }
  const of = (name: string, pick: keyof Loaded) => median((loads.get(name) ?? []).map(one => one[pick]))
  return sights.flatMap(({ name, path, most }) => {
    const note = `median of ${rounds} loads with nothing cached; the baseline is ${WORDS}`
    const bytes = {
      name: `${name}: weight`,
      ours: of(name, 'bytes'),
      baseline: of('words', 'bytes'),
      unit: 'bytes on the wire',
      note: `${path.split('?')[0]?.replace(/\/v\/.*/, '/v/…')}; ${note}`,
    }
    const time = {
      name: `${name}: until it is seen`,
      ours: of(name, 'milliseconds'),
      baseline: of('words', 'milliseconds'),
      unit: 'ms',
      note,
    }
    return [most === null ? noDearerThan(bytes, null) : atMost(bytes, most), noDearerThan(time, null)]
  })
}

async function sightsOf(gateway: OpenedGateway): Promise<Sight[]> {
  const [certificate] = await gateway.world.store.certificates({}, { limit: 1, before: null })
  if (certificate === undefined) throw new Error('the demonstration region has no certificates')
  const paper = new URL(await paperAddress(gateway.world, certificate.shortCode))
  return [
    { name: 'home', path: '/', seen: 'h1', most: PUBLIC_PAGE_BYTES },
    { name: 'verify form', path: '/verify', seen: 'h1', most: PUBLIC_PAGE_BYTES },
    {
      name: 'verdict of a printed code',
      path: paper.pathname + paper.search,
      seen: 'h1',
      most: PUBLIC_PAGE_BYTES,
    },
    { name: 'wallet', path: '/app/wallet', seen: 'h1', sub: personaSub('P09'), most: null },
    { name: 'issuing desk', path: '/app/issuing', seen: 'h1', sub: staffSub('GAJ', 'maker'), most: null },
    { name: 'counter', path: '/app/counter', seen: 'h1', sub: staffSub('ZJJ', 'officer'), most: null },
  ]
}

async function load(gateway: OpenedGateway, { path, seen, sub }: Sight): Promise<Loaded> {
  const visitor = await visit(gateway, { width: 412, height: 900 })
  if (sub !== undefined) {
    await signInOnPage(visitor, sub)
    await visitor.page.waitForLoadState('networkidle')
  }
  // A page of its own: what came before is not counted, and nothing of it is in the cache.
  const page = await visitor.context.newPage()
  const session = await visitor.context.newCDPSession(page)
  await session.send('Network.enable')
  await session.send('Network.setCacheDisabled', { cacheDisabled: true })
  let bytes = 0
  session.on('Network.loadingFinished', event => void (bytes += event.encodedDataLength))
  const began = performance.now()
  await page.goto(path, { waitUntil: 'commit' })
  await page.locator(seen).first().waitFor({ state: 'visible' })
  const milliseconds = performance.now() - began
  await page.waitForLoadState('networkidle')
  await visitor.context.close()
  return { bytes, milliseconds }
}
