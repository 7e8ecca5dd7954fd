/** The public pages in a real browser: without script, with it, with its scanner, and the verifier in one file. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { toBuffer } from 'qrcode'
import {
  exampleRow,
  fileOf,
  issue,
  openGateway,
  publish,
  untilAllFinal,
  type Issued,
  type OpenedGateway,
} from '../support/opened-gateway.ts'
import { paperPathOf } from '../server/gateway/page-examples.ts'
import { videoOf } from './camera.ts'
import {
  browserWithCamera,
  closeChromium,
  faultsOf,
  overflows,
  patience,
  viewName,
  VIEWS,
  visit,
} from './chromium.ts'

const VERIFIER = 'web/dist/verify/onceproof-verify.html'

describe('verifying in a browser', function () {
  this.timeout(patience(180_000))
  let gateway: OpenedGateway
  let certificate: Issued
  let paper: string
  let folder: string

  before(async () => {
    gateway = await openGateway({ host: 'localhost' })
    await publish(gateway, 'RIC')
    certificate = await issue(gateway, 'RIC')
    await untilAllFinal(gateway)
    paper = await paperPathOf(gateway, certificate.shortCode)
    folder = mkdtempSync(join(tmpdir(), 'verify-'))
  })
  after(async () => {
    await closeChromium()
    await gateway.close()
  })

  const path = (name: string) => join(folder, name)
  const keep = (name: string, content: string | Uint8Array): string => {
    writeFileSync(path(name), content)
    return path(name)
  }
  const textOf = async (answer: Promise<Response>) => Buffer.from(await (await answer).arrayBuffer())

  it('gives its verdict without script, usable at every width, in both languages, for elders, without an axe fault', async () => {
    for (const view of VIEWS) {
      const { width, language, mode } = view
      const visitor = await visit(gateway, { width, language, javaScriptEnabled: true })
      const choice = `lang=${language === 'en' ? 'en' : 'zh'}${mode === 'elder' ? '&mode=elder' : ''}`
      const faults = []
      const always = [
        ['form', `/verify?${choice}`],
        ['paper', `${paper}&${choice}`],
      ] as const
      // The other pages have no parts of their own: they are looked at where there is least room.
      const narrow = [
        ['home', `/?${choice}`],
        ['last-four', `/v/${certificate.shortCode}?${choice}`],
        ['not-found', `${paper}x&${choice}`],
        ['report', `/verify/report?${choice}`],
        ['help', `/verify/help?${choice}`],
      ] as const
      for (const [name, address] of width < 400 && mode === 'elder' ? [...always, ...narrow] : always) {
        await visitor.page.goto(address)
        faults.push(...(await faultsOf(visitor.page, `verify-${name}-${viewName(view)}`)))
        faults.push(
          ...(await smallTargets(visitor.page, mode === 'elder' ? 60 : 44)).map(what => `${name}: ${what}`),
        )
      }
      expect(faults).to.deep.equal([])
      await visitor.leave()
    }
    const plain = await visit(gateway, { javaScriptEnabled: false, width: 320 })
    await plain.page.goto('/verify')
    await plain.page.fill('#code', certificate.shortCode)
    await plain.page.fill('#lastFour', String(exampleRow('RIC')['idNo']).slice(-4))
    await plain.page.click('form[action^="/verify"] button')
    expect(await plain.page.textContent('h1')).to.equal('证照有效')
    await plain.page.goto('/verify')
    await plain.page.setInputFiles(
      '#file',
      keep('certificate.json', await fileOf(gateway, certificate.identifier)),
    )
    await plain.page.click('form[action="/verify/file"] button')
    expect(await plain.page.textContent('h1')).to.equal('证照有效')
    await plain.leave()
  })

  it('verifies again in the browser and shows that both agree', async () => {
    const visitor = await visit(gateway)
    const { page } = visitor
    let bytes = 0
    page.on('response', response => {
      if (!response.url().endsWith('/rpc')) bytes += Number(response.headers()['content-length'] ?? 0)
    })
    await page.goto(paper)
    await page.click('#browser-start')
    await page.locator('#browser-result .agrees').waitFor()
    expect(await page.textContent('#browser-result'))
      .to.include('一致')
      .and.include('您的浏览器：证照有效')
    expect(bytes).to.be.lessThan(60_000)
    await visitor.leave()
  })

  it('says so when the browser comes to another result', async () => {
    const visitor = await visit(gateway)
    const { page } = visitor
    await page.route('**/v1/trust', async route => {
      const trust = JSON.parse(await (await gateway.request('/v1/trust')).text()) as {
        regions: { use: string }[]
      }
      for (const region of trust.regions) region.use = 'test'
      await route.fulfill({ body: JSON.stringify(trust), contentType: 'application/json' })
    })
    await page.goto(paper)
    await page.click('#browser-start')
    await page.getByText('不一致').waitFor()
    expect(await page.textContent('#browser-result'))
      .to.include('测试证照')
      .and.include('证照有效')
    await visitor.leave()
  })

  it('reads a picture of our code and goes there, refuses a foreign one with the reason and without a link', async () => {
    const visitor = await visit(gateway)
    const { page } = visitor
    await page.goto('/verify')
    for (const [number, foreign] of [
      'https://verify-yunling.example/v/7Q2K9MXA?k=AAAA',
      `${gateway.url}.evil.example/v/7Q2K9MXA`,
      `${gateway.url}/sign-in?returnTo=/app`,
      'javascript:alert(1)',
    ].entries()) {
      await page.setInputFiles(
        '#scan-picture',
        keep(`foreign-${number}.png`, await toBuffer(foreign, { margin: 4 })),
      )
      await page.locator('#scanner code', { hasText: foreign }).waitFor()
      expect(await page.textContent('#scanner'))
        .to.include('不是本网站的，没有打开')
        .and.include('仿冒')
      expect(await page.locator('#scanner a').count()).to.equal(0)
    }
    await page.setInputFiles('#scan-picture', keep('none.png', await blankPicture(page)))
    await page.getByText('没有找到二维码').waitFor()
    await page.setInputFiles(
      '#scan-picture',
      keep('own.png', await toBuffer(gateway.url + paper, { margin: 4 })),
    )
    await page.waitForURL(url => url.pathname.startsWith('/v/'))
    expect(await page.textContent('h1')).to.equal('证照有效')
    await visitor.leave()
  })

  it('reads our code through the camera and goes there, refuses a foreign one, and gives the camera back', async () => {
    const foreign = 'https://verify-yunling.example/v/7Q2K9MXA?k=AAAA'
    const video = keep('camera.y4m', videoOf(foreign))
    const browser = await browserWithCamera(video)
    try {
      const visitor = await visit(gateway, { browser, width: 360 })
      const { page } = visitor
      await page.goto('/verify')
      await page.evaluate(() => {
        const opened: MediaStream[] = []
        Object.assign(globalThis, { opened })
        const { mediaDevices } = navigator
        const open = mediaDevices.getUserMedia.bind(mediaDevices)
        mediaDevices.getUserMedia = async wanted => {
          const stream = await open(wanted)
          opened.push(stream)
          return stream
        }
      })
      /** State of every camera track that was opened. */
      const tracks = () =>
        page.evaluate(() =>
          (globalThis as unknown as { opened: MediaStream[] }).opened.flatMap(stream =>
            stream.getTracks().map(({ readyState }) => readyState),
          ),
        )
      const camera = page.getByRole('button', { name: '用摄像头扫码' })
      // By somebody impatient.
      await camera.evaluate((button: HTMLButtonElement) => {
        button.click()
        button.click()
      })
      await page.locator('#scanner code', { hasText: foreign }).waitFor()
      expect(await page.textContent('#scanner'))
        .to.include('不是本网站的，没有打开')
        .and.include('仿冒')
      expect(await page.locator('#scanner a, #scanner video').count()).to.equal(0)
      expect(new URL(page.url()).pathname).to.equal('/verify')
      expect(await tracks()).to.deep.equal(['ended'])
      expect(await camera.evaluate(button => document.activeElement === button)).to.equal(true)

      keep('camera.y4m', videoOf('没有网址'))
      await camera.click()
      await page.locator('#scanner code', { hasText: '没有网址' }).waitFor()
      keep('camera.y4m', videoOf(null))
      await camera.click()
      await page.getByText('请把二维码放到画面中间').waitFor()
      await page.getByRole('button', { name: '停止扫码' }).click()
      await page.locator('#scanner video').waitFor({ state: 'detached' })
      expect(await tracks()).to.deep.equal(['ended', 'ended', 'ended'])

      keep('camera.y4m', videoOf(gateway.url + paper))
      await camera.click()
      await page.waitForURL(url => url.pathname.startsWith('/v/'))
      expect(await page.textContent('h1')).to.equal('证照有效')
      await visitor.leave()
    } finally {
      await browser.close()
    }
  })

  it('says what else can be done where there is no camera', async () => {
    const visitor = await visit(gateway)
    await visitor.page.addInitScript(() => Reflect.deleteProperty(Navigator.prototype, 'mediaDevices'))
    await visitor.page.goto('/verify')
    await visitor.page.getByRole('button', { name: '用摄像头扫码' }).click()
    await visitor.page.getByText('只在 https 网址或本机上允许').waitFor()
    await visitor.leave()
  })

  it('takes a file that is dropped', async () => {
    const visitor = await visit(gateway)
    const { page } = visitor
    await page.goto('/verify')
    const content = Buffer.from(await fileOf(gateway, certificate.identifier)).toString()
    await page.evaluate(text => {
      const dropped = new DataTransfer()
      dropped.items.add(new File([text], 'certificate.json'))
      const zone = document.querySelector('input[name=file]')!.closest('section')!
      zone.dispatchEvent(new DragEvent('drop', { dataTransfer: dropped, bubbles: true, cancelable: true }))
    }, content)
    await page.waitForURL('**/verify/file*')
    expect(await page.textContent('h1')).to.equal('证照有效')
    await visitor.leave()
  })

  it('is used by keyboard alone', async () => {
    const visitor = await visit(gateway)
    const { page } = visitor
    await page.goto('/verify')
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.textContent)).to.equal('跳到正文')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    await page.keyboard.type(certificate.shortCode)
    await page.keyboard.press('Tab')
    await page.keyboard.type(String(exampleRow('RIC')['idNo']).slice(-4))
    await page.keyboard.press('Enter')
    await page.waitForSelector('.verdict')
    expect(await page.textContent('h1')).to.equal('证照有效')
    await visitor.leave()
  })

  it('fits on a screen of 320 px, every folded part opened', async () => {
    const visitor = await visit(gateway, { width: 320 })
    const { page } = visitor
    for (const address of [paper, `${paper}&lang=en&mode=elder`, '/verify', '/verify/help?mode=elder']) {
      await page.goto(address)
      await page.evaluate(() => {
        for (const part of document.querySelectorAll('details')) part.open = true
      })
      expect(await overflows(page), address).to.equal(false)
    }
    await visitor.leave()
  })

  describe('the verifier in one file', () => {
    const openIt = async (page: Page) => page.goto(pathToFileURL(VERIFIER).href)

    it('verifies from the disk, offline, against a trust file and a snapshot', async () => {
      const files = {
        file: keep('offline.json', await fileOf(gateway, certificate.identifier)),
        trust: keep('trust.json', await textOf(gateway.request('/v1/trust'))),
        snapshot: keep('snapshot.json', await textOf(gateway.request('/v1/snapshot'))),
      }
      const visitor = await visit(gateway)
      const { page, context } = visitor
      await context.setOffline(true)
      await openIt(page)
      for (const [id, file] of Object.entries(files)) await page.setInputFiles(`#${id}`, file)
      await page.click('form button')
      await page.locator('.verdict').waitFor()
      expect(await page.textContent('.verdict h2')).to.equal('离线核验通过（截至快照时间）')
      expect(await page.textContent('main')).to.include('林知行')
      expect(await faultsOf(page, 'standalone')).to.deep.equal([])
      await page.getByRole('button', { name: 'English' }).click()
      expect(await page.textContent('.verdict h2')).to.equal('Passed offline, as of the snapshot')
      await page.setViewportSize({ width: 320, height: 800 })
      expect(await overflows(page)).to.equal(false)

      const altered = readFileSync(files.file, 'utf8').replace(/~[^~]{30}/, tilde => `~A${tilde.slice(2)}`)
      await page.setInputFiles('#file', keep('altered.json', altered))
      await page.click('form button')
      await page.locator('.verdict.tone-error').waitFor()
      expect(await page.textContent('main')).to.not.include('林知行')
      await visitor.leave()
    })

    it('asks the node that was typed, and nobody else', async () => {
      const node = await openNode(gateway.chainUrl)
      const visitor = await visit({ url: node.url })
      const { page } = visitor
      await openIt(page)
      await page.setInputFiles('#file', keep('live.json', await fileOf(gateway, certificate.identifier)))
      await page.setInputFiles('#trust', keep('trust.json', await textOf(gateway.request('/v1/trust'))))
      await page.fill('#node', node.url)
      await page.click('form button')
      await page.locator('.verdict').waitFor()
      expect(await page.textContent('.verdict h2')).to.equal('证照有效')
      await visitor.leave()
      await node.close()
    })
  })
})

/** Controls of a page that are lower than they should be; links inside a sentence are as high as the sentence. */
async function smallTargets(page: Page, least: number): Promise<string[]> {
  return page.evaluate(
    lowest =>
      [...document.querySelectorAll('button, .button, input, textarea, summary, header a, footer a')]
        .filter(one => one.checkVisibility() && one.getBoundingClientRect().height < lowest - 0.5)
        .map(one => `${one.tagName} ${one.textContent} is ${one.getBoundingClientRect().height} high`),
    least,
  )
}

async function blankPicture(page: Page): Promise<Buffer> {
  const data = await page.evaluate(() => {
    const canvas = document.createElement('canvas')
    canvas.width = canvas.height = 120
    canvas.getContext('2d')!.fillRect(0, 0, 60, 60)
    return canvas.toDataURL('image/png')
  })
  return Buffer.from(data.split(',')[1]!, 'base64')
}

/** The node as a consortium would offer it to pages: it lets every page ask. */
async function openNode(chainUrl: string) {
  const server = createServer((request, response) => {
    const allow = { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'content-type' }
    const pieces: Buffer[] = []
    request.on('data', (piece: Buffer) => void pieces.push(piece))
    request.on('end', () => {
      if (request.method === 'OPTIONS') return response.writeHead(204, allow).end()
      const asked = {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: Buffer.concat(pieces),
      }
      return void fetch(chainUrl, asked)
        .then(async answer =>
          response.writeHead(200, { ...allow, 'content-type': 'application/json' }).end(await answer.text()),
        )
        .catch(() => response.writeHead(502, allow).end())
    })
  })
  await new Promise<void>(resolve => void server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise<void>(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
