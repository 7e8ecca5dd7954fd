import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { strFromU8, unzipSync } from 'fflate'
import type { Page } from 'playwright-core'
import { personaSub, staffSub } from '../../server/identity/demo-people.ts'
import type { OpenedGateway } from '../support/opened-gateway.ts'
import {
  closeChromium,
  closeDemo,
  demoGateway,
  faultsInEveryView,
  patience,
  signInOnPage,
  visit,
} from './chromium.ts'

after(async function () {
  this.timeout(patience(60_000))
  await closeChromium()
  await closeDemo()
})

const SIZE = 40 * 1024 * 1024

describe('the records desk in a browser', function () {
  this.timeout(patience(180_000))
  let gateway: OpenedGateway
  let folder: string
  let file: string
  let digest: string
  /** What stands in the file and must be nowhere else. */
  const mark = `MARK-${randomBytes(12).toString('hex')}`

  before(async () => {
    gateway = await demoGateway()
    folder = mkdtempSync(join(tmpdir(), 'records-'))
    file = join(folder, '合同 2026.bin')
    const bytes = Buffer.alloc(SIZE, mark)
    writeFileSync(file, bytes)
    digest = createHash('sha256').update(bytes).digest('hex')
  })

  after(() => rmSync(folder, { recursive: true, force: true }))

  const choose = async (page: Page, path: string) => {
    const chooser = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: '选择文件' }).click()
    await (await chooser).setFiles(path)
  }

  it('notarizes a file whose bytes never leave, follows it to the chain, and verifies it and an altered one', async () => {
    const visitor = await visit(gateway)
    const { page } = visitor
    await signInOnPage(visitor, staffSub('FY', 'officer'), '/app/records')
    const sent: string[] = []
    page.on('request', request => {
      if (request.method() !== 'GET') sent.push(`${request.url()} ${request.postData() ?? ''}`)
    })
    const percents = await watchedProgress(page)
    await choose(page, file)
    await page.getByText('指纹已算好，文件没有离开本机。').waitFor()
    const seen = await percents()
    expect(seen.length, 'steps of the progress bar').to.be.greaterThan(2)
    expect([...seen].sort((a, b) => a - b)).to.deep.equal(seen)
    expect(await page.locator('main').innerText()).to.include('41.9')
    expect(sent, 'nothing is sent before it is asked for').to.deep.equal([])

    await page.getByRole('button', { name: '登记指纹' }).click()
    await page.getByRole('heading', { level: 1, name: '存证记录' }).waitFor()
    expect(sent).to.have.length(1)
    expect(sent[0]).to.include(digest).and.to.not.include(mark).and.to.not.include('合同')
    await page.locator('[data-state="final"]').waitFor()
    const id = page.url().split('/').at(-1)!
    expect(await faultsInEveryView(page, 'records-record')).to.deep.equal([])

    const saved = page.waitForEvent('download')
    await page.getByRole('button', { name: '下载证据包' }).click()
    const files = unzipSync(readFileSync(await (await saved).path()))
    expect(strFromU8(files['digest.txt']!).trim()).to.equal(digest)
    expect(Object.keys(files)).to.include.members(['record.json', 'statement.jws', 'block-header.json'])
    const paper = page.waitForEvent('download')
    await page.getByRole('button', { name: '下载存证证书' }).click()
    expect(
      readFileSync(await (await paper).path())
        .subarray(0, 5)
        .toString(),
    ).to.equal('%PDF-')

    await page.getByRole('link', { name: '核对文件' }).click()
    expect(await page.getByLabel('存证编号').inputValue()).to.equal(id)
    await choose(page, file)
    await page.getByText('指纹已算好').waitFor()
    await page.getByRole('button', { name: '核对', exact: true }).click()
    await page.locator('[data-verdict="VALID"]').waitFor()
    await page.getByText('上链前的内容由提供者负责').waitFor()

    const altered = join(folder, 'altered.bin')
    const bytes = readFileSync(file)
    bytes[SIZE - 1]! ^= 1
    writeFileSync(altered, bytes)
    await choose(page, altered)
    await page.getByText('指纹已算好').waitFor()
    await page.getByRole('button', { name: '核对', exact: true }).click()
    await page.getByText('手中的文件与这个编号的存证对不上').waitFor()
    expect(await page.locator('[data-verdict="NOT_FOUND"]').count()).to.equal(1)
    expect(await faultsInEveryView(page, 'records-altered')).to.deep.equal([])

    await page.getByLabel('存证编号').fill('123')
    await page.getByRole('button', { name: '核对', exact: true }).click()
    await page.getByText('编号有误').waitFor()
    expect(sent.join()).to.not.include(mark)

    await page.goto('/app/records')
    await page.getByRole('link', { name: '合同 2026.bin' }).waitFor()
    expect(await faultsInEveryView(page, 'records-home')).to.deep.equal([])
    await page.getByRole('button', { name: '清除这份清单' }).click()
    await page.getByText('还没有。').waitFor()
    await visitor.leave()
  })

  it('stops computing when it is cancelled, and serves a holder too', async () => {
    const visitor = await visit(gateway)
    const { page } = visitor
    await signInOnPage(visitor, personaSub('P01'), '/app/records')
    await page.getByRole('heading', { level: 1 }).waitFor()
    if ((await page.getByRole('heading', { name: '此页面需要另一个身份' }).count()) > 0) {
      await page.getByRole('button', { name: /^本人/ }).click()
      await page.goto('/app/records')
    }
    await page.getByRole('button', { name: '选择文件' }).waitFor()
    // Pressed as soon as it is there, before the last slice is read.
    await page.evaluate(() => {
      new MutationObserver((_, observer) => {
        const button = [...document.querySelectorAll('button')].find(one => one.textContent === '取消')
        if (button === undefined) return
        observer.disconnect()
        button.click()
      }).observe(document.body, { childList: true, subtree: true })
    })
    await choose(page, file)
    await page.getByText('合同 2026.bin').waitFor({ state: 'detached' })
    await page.getByRole('button', { name: '登记指纹' }).waitFor({ state: 'detached' })
    await visitor.leave()
  })

  /** Every percentage that the bar shows from now on. */
  async function watchedProgress(page: Page): Promise<() => Promise<number[]>> {
    await page.evaluate(() => {
      const seen: number[] = []
      Object.assign(globalThis, { seenPercents: seen })
      new MutationObserver(() => {
        const bar = document.querySelector('[role="progressbar"]')
        const now = Number(bar?.getAttribute('aria-valuenow') ?? Number.NaN)
        if (Number.isFinite(now) && seen.at(-1) !== now) seen.push(now)
      }).observe(document.body, { childList: true, subtree: true, attributes: true })
    })
    return () => page.evaluate(() => (globalThis as unknown as { seenPercents: number[] }).seenPercents)
  }
})
