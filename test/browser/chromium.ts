/**
 * A real Chromium for tests of pages: the system's, else the one that comes as a package. Whatever a page complains of, asks a
 * stranger for, or shows that people should not have to read, is collected and fails the test.
 */
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { AxeBuilder } from '@axe-core/playwright'
import packaged from '@sparticuz/chromium'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { loadDemo } from '../../server/demo.ts'
import { openGateway, untilAllFinal, type OpenedGateway } from '../support/opened-gateway.ts'

const SYSTEM = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--lang=zh-CN',
]
export const SCREENS = 'test-screens'

let launched: Promise<Browser> | undefined

/** One browser for all tests of a process. */
export function chromiumBrowser(): Promise<Browser> {
  launched ??= launch()
  return launched
}

/** One more browser, with a camera that everybody may use and that sees what is in a video file (Y4M) whenever it is opened. */
export function browserWithCamera(video: string): Promise<Browser> {
  return launch(
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
    `--use-file-for-fake-video-capture=${video}`,
  )
}

async function launch(...more: string[]): Promise<Browser> {
  const system = SYSTEM.find(path => existsSync(path))
  const executablePath = system ?? (await packaged.executablePath())
  const own = [...ARGUMENTS, ...more]
  const args = system === undefined ? [...packaged.args, ...own] : own
  return chromium.launch({ executablePath, args, headless: true })
}

export async function closeChromium(): Promise<void> {
  const browser = launched
  launched = undefined
  await (await browser)?.close()
}

let demo: Promise<OpenedGateway> | undefined

/** A gateway with the whole demonstration region, at an address that passkeys accept; one for all tests of a process. */
export function demoGateway(): Promise<OpenedGateway> {
  demo ??= openDemo()
  return demo
}

async function openDemo(): Promise<OpenedGateway> {
  const gateway = await openGateway({ host: 'localhost' })
  await loadDemo({ url: gateway.url, token: gateway.token, lives: true })
  await untilAllFinal(gateway)
  return gateway
}

export async function closeDemo(): Promise<void> {
  const opened = demo
  demo = undefined
  await (await opened)?.close()
}

export type Mode = 'normal' | 'elder'
export type Language = 'zh-CN' | 'en'

export interface Visitor {
  readonly page: Page
  readonly context: BrowserContext
  /** Problems so far: complaints of the console, failures of scripts, requests to strangers. */
  readonly complaints: string[]
  /** Expected ones, by a piece of their text: what a test provokes on purpose. */
  expect(piece: string): void
  /** Closes the page, and throws when it complained of anything unexpected. */
  leave(): Promise<void>
}

export interface VisitorOptions {
  width?: number
  height?: number
  language?: Language
  mode?: Mode
  javaScriptEnabled?: boolean
  /** Default: the one for all tests. */
  browser?: Browser
}

/** Somebody with a browser of his own: no cookies, nothing kept. */
export async function visit(
  gateway: Pick<OpenedGateway, 'url'>,
  options: VisitorOptions = {},
): Promise<Visitor> {
  const {
    width = 1280,
    height = 900,
    language = 'zh-CN',
    mode = 'normal',
    javaScriptEnabled = true,
    browser = await chromiumBrowser(),
  } = options
  const context = await browser.newContext({
    viewport: { width, height },
    locale: language,
    timezoneId: 'Asia/Shanghai',
    javaScriptEnabled,
    acceptDownloads: true,
    baseURL: gateway.url,
  })
  if (javaScriptEnabled) {
    await context.addInitScript(
      choice => {
        if (location.origin === 'null') return
        for (const [name, value] of Object.entries(choice)) {
          if (localStorage.getItem(name) === null) localStorage.setItem(name, value)
        }
      },
      { 'onceproof-language': language, 'onceproof-mode': mode },
    )
  }
  const page = await context.newPage()
  const complaints: string[] = []
  const expected: string[] = []
  context.on('page', other => listen(other, gateway.url, complaints))
  listen(page, gateway.url, complaints)
  return {
    page,
    context,
    complaints,
    expect: piece => void expected.push(piece),
    async leave() {
      await context.close()
      const left = complaints.filter(text => !expected.some(piece => text.includes(piece)))
      if (left.length > 0) throw new Error(`the page complained:\n${left.join('\n')}`)
    },
  }
}

function listen(page: Page, own: string, complaints: string[]): void {
  page.on('console', message => {
    if (message.type() === 'error') complaints.push(`console: ${message.text()} (${message.location().url})`)
  })
  page.on('pageerror', error => complaints.push(`script: ${error.message}`))
  page.on('request', request => {
    const { protocol, origin } = new URL(request.url())
    if (/^https?:$/.test(protocol) && origin !== new URL(own).origin)
      complaints.push(`stranger: ${request.url()}`)
  })
}

/** Signs in through the pages of the demo's provider, as a person would, and arrives at `path`. */
export async function signInOnPage(
  { page }: Pick<Visitor, 'page'>,
  sub: string,
  path = '/app',
): Promise<void> {
  await page.goto(`/sign-in?returnTo=${encodeURIComponent(path)}`)
  await choosePerson(page, sub)
  await page.waitForURL(url => !url.pathname.startsWith('/oidc') && !url.pathname.startsWith('/sign-in'))
}

/** On the provider's page: opens the group in which the person is, and clicks. */
export async function choosePerson(page: Page, sub: string): Promise<void> {
  const button = page.locator(`button[value="${sub}"]`)
  const group = page.locator('details', { has: button })
  if ((await group.getAttribute('open')) === null) await group.locator('summary').click()
  await button.click()
}

/**
 * What axe finds against WCAG 2.2 A and AA, as lines that say where. In one go in the page itself, not in a second, blank page, and what is in
 * order is not listed: a third of the time, and the same faults where there are no frames.
 */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
  const { violations } = await new AxeBuilder({ page })
    .options({ resultTypes: ['violations'] })
    .withTags(tags)
    .setLegacyMode(true)
    .analyze()
  return violations.flatMap(({ id, help, nodes }) =>
    nodes.map(
      ({ target, failureSummary }) => `${id}: ${help} at ${target.join(' ')}: ${failureSummary ?? ''}`,
    ),
  )
}

const NOT_FOR_PEOPLE: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['a raw code', /\b[A-Z][A-Z0-9]+_[A-Z0-9_]+\b/],
  ['a hash', /\b(?:0x)?[0-9a-f]{32,}\b/i],
  ['an ISO time', /\d{4}-\d\d-\d\dT\d\d:\d\d/],
  ['a word that is missing', /⟦[^⟧]*⟧|\bundefined\b|\bNaN\b|\[object /],
  ['a word that was not filled in', /\{\{\w+\}\}/],
]

/** What lay people should not have to read, in what is visible outside folded technical parts. */
export async function unreadableText(page: Page): Promise<string[]> {
  const text = await page.evaluate(() => {
    const skip = (element: Element) =>
      element.closest('code, .technical, [data-technical], script, style, noscript') !== null
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const pieces: string[] = []
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const parent = node.parentElement
      if (parent !== null && !skip(parent) && parent.checkVisibility()) pieces.push(node.textContent ?? '')
    }
    return pieces.join('\n')
  })
  return NOT_FOR_PEOPLE.flatMap(([name, pattern]) => {
    const found = pattern.exec(text)
    return found === null ? [] : [`${name}: ${found[0]}`]
  })
}

/** Whether the page can be scrolled sideways: then something does not fit. */
export async function overflows(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth)
}

/** What holds for a finished page, whoever sees it; a picture of it is kept. */
export async function faultsOf(page: Page, name: string): Promise<string[]> {
  await page.waitForFunction(() => document.querySelector('[aria-busy="true"]') === null)
  await keepScreen(page, name)
  const faults = [...(await accessibilityFaults(page)), ...(await unreadableText(page))]
  if (await overflows(page)) faults.push('the page is wider than the screen')
  if (page.frames().length > 1) faults.push('the page has a frame, which nothing here looks into')
  return faults.map(fault => `${name}: ${fault}`)
}

/**
 * The same for the page as it stands in every language, size of letters and width, one after the other, without loading it again;
 * leaves it as it was.
 */
export async function faultsInEveryView(page: Page, name: string): Promise<string[]> {
  const before = page.viewportSize() ?? { width: 1280, height: 900 }
  const faults: string[] = []
  for (const view of VIEWS) {
    await page.setViewportSize({ width: view.width, height: before.height })
    await chooseView(page, view)
    faults.push(...(await faultsOf(page, `${name}-${viewName(view)}`)))
  }
  await page.setViewportSize(before)
  await chooseView(page, { language: 'zh-CN', mode: 'normal' })
  return faults
}

/** As if it had been chosen in another window of the same browser: the page follows. */
async function chooseView(page: Page, view: { language: Language; mode: Mode }): Promise<void> {
  await page.evaluate(({ language, mode }) => {
    localStorage.setItem('onceproof-language', language)
    localStorage.setItem('onceproof-mode', mode)
    dispatchEvent(new StorageEvent('storage', { key: 'onceproof-language' }))
  }, view)
  await page.waitForFunction(
    ({ language, mode }) =>
      document.documentElement.lang === language && document.documentElement.dataset['mode'] === mode,
    view,
  )
}

export async function keepScreen(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENS, { recursive: true })
  await page.screenshot({ path: join(SCREENS, `${name}.png`), fullPage: true })
}

/** A passkey device that answers at once and has verified its owner. */
export async function passkeyDevice(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('WebAuthn.enable')
  await session.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
}

interface View {
  width: number
  language: Language
  mode: Mode
}

/**
 * In `npm test` each two of width, language and size of letters meet once, the narrow Chinese page with large letters among them, which is the
 * hardest; the deep tests see all that there are.
 */
const SHORT: readonly View[] = [
  { width: 360, language: 'zh-CN', mode: 'elder' },
  { width: 360, language: 'en', mode: 'normal' },
  { width: 1440, language: 'zh-CN', mode: 'normal' },
  { width: 1440, language: 'en', mode: 'elder' },
]
const ALL: readonly View[] = [320, 360, 768, 1440].flatMap(width =>
  (['zh-CN', 'en'] as const).flatMap(language =>
    (['normal', 'elder'] as const).map(mode => ({ width, language, mode })),
  ),
)

const IS_DEEP = process.env['ONCEPROOF_TEST_DEEP'] === '1'

/** How a page has to hold. */
export const VIEWS = IS_DEEP ? ALL : SHORT
/** How long a story may take, in milliseconds, with so many more views to look at. */
export const patience = (shortMs: number): number => (IS_DEEP ? shortMs * 8 : shortMs)
export const viewName = ({ width, language, mode }: (typeof VIEWS)[number]) => `${width}-${language}-${mode}`
