/**
 * Writes the pictures of `docs/screens` from the running pages, so that what the documents show is what people see: a gateway with the
 * demonstration region, a real Chromium, and the people of the region.
 */
import { mkdirSync } from 'node:fs'
import { personaSub, staffSub } from '../server/identity/demo-people.ts'
import { paperAddress } from '../server/verification/paper-address.ts'
import { closeChromium, closeDemo, demoGateway, signInOnPage, visit } from '../test/browser/chromium.ts'
import type { OpenedGateway } from '../test/support/opened-gateway.ts'

interface Screen {
  name: string
  path: string
  sub?: string
  width: number
  height?: number
  language?: 'zh-CN' | 'en'
  mode?: 'normal' | 'elder'
}

const FOLDER = 'docs/screens'
const PHONE = 412
const DESK = 1280

const gateway = await demoGateway()
mkdirSync(FOLDER, { recursive: true })
for (const screen of await screensOf(gateway)) await take(gateway, screen)
await closeChromium()
await closeDemo()
process.exit(0)

async function screensOf({ world }: OpenedGateway): Promise<Screen[]> {
  const [certificate] = await world.store.certificates({}, { limit: 1, before: null })
  if (certificate === undefined) throw new Error('the demonstration region has no certificates')
  const paper = new URL(await paperAddress(world, certificate.shortCode))
  const citizen = personaSub('P09')
  return [
    { name: 'verify', path: '/verify', width: PHONE },
    { name: 'verdict', path: paper.pathname + paper.search, width: PHONE },
    { name: 'verdict-en', path: `${paper.pathname}${paper.search}&lang=en`, width: DESK, language: 'en' },
    { name: 'wallet', path: '/app/wallet', sub: citizen, width: PHONE },
    { name: 'wallet-elder', path: '/app/wallet', sub: personaSub('P04'), width: PHONE, mode: 'elder' },
    { name: 'consents', path: '/app/wallet/consents', sub: citizen, width: PHONE },
    { name: 'uses', path: '/app/wallet/uses', sub: citizen, width: PHONE },
    { name: 'issuing', path: '/app/issuing', sub: staffSub('GAJ', 'maker'), width: DESK },
    { name: 'counter', path: '/app/counter', sub: staffSub('ZJJ', 'officer'), width: DESK },
    { name: 'cases', path: '/app/counter/cases', sub: staffSub('ZJJ', 'officer'), width: DESK },
    {
      name: 'oversight',
      path: '/app/oversight',
      sub: staffSub('ZSJ', 'supervisor'),
      width: DESK,
      language: 'en',
    },
  ]
}

async function take(gateway: OpenedGateway, screen: Screen): Promise<void> {
  const { name, path, sub, width, height = 900, language = 'zh-CN', mode = 'normal' } = screen
  const visitor = await visit(gateway, { width, height, language, mode })
  if (sub !== undefined) await signInOnPage(visitor, sub)
  await visitor.page.goto(path)
  await visitor.page.locator('h1').first().waitFor()
  await visitor.page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null)
  await visitor.page.waitForLoadState('networkidle')
  await visitor.page.screenshot({ path: `${FOLDER}/${name}.png` })
  await visitor.context.close()
  process.stdout.write(`${name}\n`)
}
