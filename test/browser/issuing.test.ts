import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { read, utils, write as writeBook } from '@e965/xlsx'
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { civilDateOf, daysLater } from '../../server/catalogue/civil-date.ts'
import { demoRegion } from '../../server/catalogue/region.ts'
import { signInAs, write } from '../../server/demo-client.ts'
import type { ApiClient } from '../../server/http/client.ts'
import { personaSub, staffSub } from '../../server/identity/demo-people.ts'
import { paperPathOf } from '../server/gateway/page-examples.ts'
import { answerOf, fileOf, until, type OpenedGateway } from '../support/opened-gateway.ts'
import {
  choosePerson,
  closeChromium,
  closeDemo,
  demoGateway,
  faultsInEveryView,
  patience,
  signInOnPage,
  visit,
  type Visitor,
} from './chromium.ts'
import { ask, ownRic } from './issuing-scene.ts'

after(async function () {
  this.timeout(patience(60_000))
  await closeChromium()
  await closeDemo()
})

const DEPARTMENT = 'GAJ'
const TODAY = civilDateOf(new Date().toISOString())
/** Signed in longer ago than what is grave allows; sessions live on. */
const BEYOND_STEP_UP_MS = 302_000

const HEADINGS =
  '编号,姓名,性别,公民身份号码,查询期间起,查询期间止,查询结果,用途,接收单位,出具单位,出具日期,有效期至'

const ADULTS = demoRegion().personas.filter(({ birthDate }) => birthDate < '2000')

interface Entry {
  name: string
  idNo: string
  periodTo: string
  purpose: string
}

/** A row of the template for one of the personas, on a number of our own. */
function cells(place: number, change: Partial<Entry> = {}): string[] {
  const { name, sex, idNo } = ADULTS[place % ADULTS.length]!
  const row = { name, idNo, periodTo: daysLater(TODAY, -2), purpose: '教师资格认定', ...change }
  return [
    numberOf(place),
    row.name,
    sex,
    row.idNo,
    '2015-05-19',
    row.periodTo,
    '未发现有犯罪记录',
    row.purpose,
    '云岭市教育局',
    '云岭市公安局望山分局',
    daysLater(TODAY, -1),
    daysLater(TODAY, 60),
  ]
}

const line = (place: number, change: Partial<Entry> = {}): string =>
  cells(place, change)
    .map(cell => `"${cell.replaceAll('"', '""')}"`)
    .join(',')

/** The template with rows below its headings, as a spreadsheet program saves it. */
function filled(template: Buffer, ...rows: string[][]): Buffer {
  const book = read(template)
  utils.sheet_add_aoa(book.Sheets['数据']!, rows, { origin: 'A3' })
  return writeBook(book, { type: 'buffer', bookType: 'xlsx' }) as Buffer
}

const numberOf = (place: number) =>
  `云公(望)证字〔${TODAY.slice(0, 4)}〕${String(7_001 + place).padStart(5, '0')}号`

const withOtherCheckCharacter = (idNo: string) => `${idNo.slice(0, 17)}${idNo.endsWith('0') ? '1' : '0'}`

const csv = (...lines: string[]) => ({
  name: 'rows.csv',
  mimeType: 'text/csv',
  buffer: Buffer.from([HEADINGS, ...lines].join('\r\n')),
})

const h1 = (page: Page, name: string | RegExp) => page.getByRole('heading', { level: 1, name }).waitFor()
const lastOfAddress = (page: Page) => new URL(page.url()).pathname.split('/').at(-1)!

async function saved(page: Page, button: string): Promise<Buffer> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: button }).click(),
  ])
  return readFileSync(await download.path())
}

describe('the issuing desk in a browser', function () {
  this.timeout(patience(180_000))
  let gateway: OpenedGateway
  let maker: Visitor
  let checker: Visitor

  before(async () => {
    gateway = await demoGateway()
    maker = await visit(gateway)
    checker = await visit(gateway)
    await signInOnPage(maker, staffSub(DEPARTMENT, 'maker'), '/app/issuing')
    await signInOnPage(checker, staffSub(DEPARTMENT, 'checker'), '/app/issuing')
  })
  after(async () => {
    await maker.leave()
    await checker.leave()
  })

  /** Approves what is open, with what has to be ticked first. */
  async function approve(page: Page, button: string): Promise<void> {
    await page.getByRole('checkbox').check()
    await page.getByRole('button', { name: button }).click()
  }

  describe('a batch', () => {
    let batch: string

    it('begins with the template of a type', async () => {
      const { page } = maker
      await h1(page, '签发工作台')
      await page.getByRole('button', { name: '新建批次' }).click()
      await h1(page, '签发哪一种证照？')
      await page.getByRole('link', { name: /无犯罪记录证明/ }).click()
      await h1(page, '签发：无犯罪记录证明')
      const book = read(await saved(page, '下载 Excel 模板'))
      const [headings] = utils.sheet_to_json<string[]>(book.Sheets['数据']!, { header: 1 })
      expect(headings?.map(heading => heading.replace(' *', ''))).to.deep.equal(HEADINGS.split(','))
    })

    it('shows what is wrong with its rows, to be corrected where it stands or taken out', async () => {
      const { page } = maker
      const idNo = withOtherCheckCharacter(ADULTS[3]!.idNo)
      const file = csv(line(0), line(1), line(2), line(3, { idNo }), line(4, { periodTo: '2026/5/31' }))
      await page.getByLabel('选择文件').setInputFiles(file)
      await page.getByText('已选择：rows.csv').waitFor()
      await page.getByRole('button', { name: '上传并校验' }).click()
      await page.getByRole('heading', { name: '校验结果：2 行需要更正' }).waitFor()
      batch = lastOfAddress(page)
      const first = page.getByRole('form', { name: /第 4 行/ })
      expect(await first.getByText('校验位不对').isVisible()).to.equal(true)
      const second = page.getByRole('form', { name: /第 5 行/ })
      expect(await second.getByLabel('查询期间止').inputValue()).to.equal('2026/5/31')
      expect(await page.getByRole('button', { name: '提交 3 行' }).isDisabled()).to.equal(true)
      expect((await saved(page, '下载不合格的行')).toString()).to.contain('FIELD_CHECK_DIGIT')

      // By the keyboard alone: what is wrong in another way, then what is right.
      const field = first.getByLabel('公民身份号码')
      await field.focus()
      await field.press('ControlOrMeta+a')
      await page.keyboard.type('123')
      await page.keyboard.press('Enter')
      await first.getByText('已保存，但还有需要更正的项目').waitFor()
      await first.getByText('写法不对').waitFor()
      await field.press('ControlOrMeta+a')
      await page.keyboard.type(ADULTS[3]!.idNo)
      await page.keyboard.press('Enter')
      await page.getByText('第 4 行已合格。').waitFor()
      await page.getByRole('heading', { name: '校验结果：1 行需要更正' }).waitFor()
      expect(await first.count()).to.equal(0)
      expect(await page.evaluate(() => document.activeElement?.id)).to.equal('rows')

      await second.getByRole('button', { name: '移除这一行' }).click()
      await page.getByText('第 5 行已移除。').waitFor()
      await page.getByRole('heading', { name: '校验通过：4 行全部合格' }).waitFor()
    })

    it('is previewed by its first row, one at random and the longest name, and submitted', async () => {
      const { page } = maker
      await page.getByRole('button', { name: '预览' }).click()
      await page.getByRole('heading', { name: /第一张/ }).waitFor()
      await page.getByRole('heading', { name: /姓名最长/ }).waitFor()
      expect(await page.getByText('预览，未签章').count()).to.be.within(1, 3)
      await page.getByRole('button', { name: '提交 4 行' }).click()
      await page.getByText('等待另一人复核').waitFor()
      // A maker is not even shown how to approve.
      expect(await page.getByRole('button', { name: /审核通过/ }).count()).to.equal(0)
    })

    it('is approved by another person, who shows who he is and comes back to what he had ticked', async () => {
      const { page } = checker
      await page.goto('/app/issuing')
      await page.locator(`a[href$="${batch}"]`, { hasText: '核对并决定' }).first().click()
      await page.getByRole('heading', { name: '将要签章的内容' }).waitFor()
      const button = page.getByRole('button', { name: '审核通过，签发 4 张' })
      expect(await button.isDisabled()).to.equal(true)
      await page.getByRole('checkbox').check()
      await page.getByLabel('如需退回，请写明原因').fill('这句话还在')
      checker.expect('403')
      gateway.advanceClock(BEYOND_STEP_UP_MS)
      await button.click()
      await page.getByText('请再次确认身份').waitFor()
      gateway.advanceClock(-BEYOND_STEP_UP_MS)
      await page.getByRole('link', { name: '去确认身份' }).click()
      await choosePerson(page, staffSub(DEPARTMENT, 'checker'))
      await page.getByRole('heading', { name: '您的决定' }).waitFor()
      expect(lastOfAddress(page)).to.equal(batch)
      expect(await page.getByRole('checkbox').isChecked()).to.equal(true)
      expect(await page.getByLabel('如需退回，请写明原因').inputValue()).to.equal('这句话还在')
      await button.click()
      await page.getByRole('heading', { name: '签发进度' }).waitFor()
    })

    it('goes on until it is delivered, though everybody leaves the page and comes back', async () => {
      const { page } = checker
      await page.getByRole('link', { name: '工作台', exact: true }).click()
      await h1(page, '签发工作台')
      await page.goBack()
      await page.locator('[data-stage="delivered"][data-state="done"]').waitFor()
      expect(await page.locator('[data-stage="delivered"]').textContent()).to.contain('4 / 4')
      await page
        .getByText(/区块 \d+/)
        .first()
        .waitFor()
      await maker.page.goto(`/app/issuing/batches/${batch}`)
      const list = await saved(maker.page, '下载证照清单')
      expect(list.toString().match(/1\.2\.156\.3005\.2/g)).to.have.length(4)
    })

    it('becomes certificates that anybody can verify', async () => {
      const { page } = maker
      await page.getByRole('button', { name: '查看这些证照' }).click()
      await h1(page, '本部门证照')
      const links = page.getByRole('link', { name: /无犯罪记录证明（尾号/ })
      await links.first().waitFor()
      expect(await links.count()).to.equal(4)
      await links.first().click()
      await page.getByText('核验短码').waitFor()
      expect(await verdictOf(await saved(page, '下载证照文件'))).to.equal('VALID')
    })

    it('is shown to whoever had a hand in it without a way to approve it', async () => {
      const sub = staffSub('MZJ', 'maker')
      const { issuer } = await answerOf<{ issuer: string }>(
        gateway.request('/oidc/.well-known/openid-configuration'),
      )
      const client = await signInAs(gateway.url, sub)
      const row = Object.fromEntries(
        demoRegion()
          .certificateTypes.find(({ code }) => code === 'DIV')!
          .fields.map(({ key, example }) => [key, example]),
      )
      const content = new Blob([JSON.stringify([row])])
      const { id } = await client.send<{ id: string }>(
        '/v1/batches?type=DIV',
        content,
        'application/json',
        'issuing-own-hand-upload',
      )
      await client.post(`/v1/batches/${id}/submit`, {}, 'issuing-own-hand-submit')
      const both = { issuer, sub, role: 'checker', department: 'MZJ' }
      await answerOf(gateway.post('/v1/assignments', both), 201)
      const visitor = await visit(gateway)
      await signInOnPage(visitor, sub)
      await visitor.page.getByRole('button', { name: /复核/ }).click()
      await h1(visitor.page, '签发工作台')
      await visitor.page.goto(`/app/issuing/batches/${id}`)
      await visitor.page.getByText('您经手过这一项，不能由您审核').waitFor()
      expect(await visitor.page.getByRole('button', { name: /审核通过/ }).count()).to.equal(0)
      await visitor.leave()
    })

    it('shows formulas and markup of a hostile file as text, and runs neither', async () => {
      const { page } = maker
      const name = '<img src=x onerror=alert(1)><script>alert(2)</script>'
      let dialogs = 0
      page.on('dialog', dialog => {
        dialogs++
        void dialog.dismiss()
      })
      await page.goto('/app/issuing/new/NCR')
      await page
        .getByLabel('选择文件')
        .setInputFiles(csv(line(5, { name, purpose: '=HYPERLINK("https://evil.example","x")' })))
      await page.getByRole('button', { name: '上传并校验' }).click()
      const row = page.getByRole('form', { name: /第 1 行/ })
      await row.getByRole('heading', { name }).waitFor()
      await row.getByText('单元格里是公式').waitFor()
      await row.getByLabel('用途').fill('教师资格认定')
      await row.getByRole('button', { name: '保存并重新校验' }).click()
      await page.getByRole('heading', { name: '校验通过：1 行全部合格' }).waitFor()
      await page.getByRole('button', { name: '预览' }).click()
      await page.getByText(name).first().waitFor()
      expect(dialogs).to.equal(0)
      await page.getByRole('button', { name: '查看并修改各行' }).click()
      await row.getByRole('button', { name: '显示本行全部项目' }).click()
      await row.getByLabel('用途').fill('还没有保存')
      expect(await page.evaluate(() => JSON.stringify(sessionStorage))).to.contain('还没有保存')
      await page.getByRole('button', { name: '撤回批次' }).click()
      await page.getByRole('dialog').getByRole('button', { name: '撤回批次' }).click()
      await page.getByText('此批次已撤回').waitFor()
      expect(await page.evaluate(() => JSON.stringify(sessionStorage))).to.not.contain('还没有保存')
    })

    it('of ten thousand bad rows stands on the page ten rows at a time', async () => {
      const { page } = maker
      const client = await signInAs(gateway.url, staffSub(DEPARTMENT, 'maker'))
      const rows = Array.from({ length: 10_000 }, (_, place) =>
        JSON.stringify({ certNo: numberOf(place), name: `示例${place}` }),
      )
      const { id } = await client.send<{ id: string }>(
        '/v1/batches?type=NCR',
        new Blob([rows.join('\n')]),
        'application/x-ndjson',
        'issuing-ten-thousand',
      )
      await page.goto(`/app/issuing/batches/${id}`)
      await page.getByRole('heading', { name: '校验结果：10000 行需要更正' }).waitFor()
      await page.getByRole('form', { name: /^第 10 行/ }).waitFor()
      expect(await page.getByRole('form').count()).to.equal(10)
      await page.getByRole('button', { name: '下一页' }).click()
      await page.getByRole('form', { name: /^第 11 行/ }).waitFor()
      expect(await page.getByRole('form').count()).to.equal(10)
      await client.post(`/v1/batches/${id}/withdraw`, undefined, 'issuing-ten-thousand-withdrawn')
    })
  })

  describe('one certificate', () => {
    it('is entered by a form that the type makes, checked before it is kept', async () => {
      const { page } = maker
      await page.goto('/app/issuing/new/NCR/form')
      await page.getByLabel('姓名').fill(ADULTS[0]!.name)
      await page.getByRole('button', { name: '校验并继续' }).click()
      await page.getByText('有内容需要更正').waitFor()
      expect(await page.getByText('必填，请填写').count()).to.be.greaterThan(9)
      const values: readonly [string, string][] = [
        ['编号', numberOf(90)],
        ['公民身份号码', ADULTS[0]!.idNo],
        ['查询期间起', '2015-05-19'],
        ['查询期间止', daysLater(TODAY, -2)],
        ['用途', '教师资格认定'],
        ['接收单位', '云岭市教育局'],
        ['出具单位', '云岭市公安局望山分局'],
        ['出具日期', daysLater(TODAY, -1)],
        ['有效期至', daysLater(TODAY, 60)],
      ]
      for (const [label, value] of values) await page.getByLabel(label, { exact: true }).fill(value)
      await page.getByLabel('性别').selectOption(ADULTS[0]!.sex)
      await page.getByLabel('查询结果').selectOption('未发现有犯罪记录')
      await page.getByRole('button', { name: '校验并继续' }).click()
      await page.getByRole('heading', { name: '校验通过：1 行全部合格' }).waitFor()
    })

    it('is revoked when one person proposes it and another approves', async () => {
      const identifier = await newestOf('NCR')
      const { page } = maker
      await page.goto(`/app/issuing/certificates/${identifier}`)
      await page.getByRole('button', { name: '注销' }).click()
      await h1(page, /^注销：/)
      await page.getByLabel('原因').selectOption({ label: '签发有误' })
      await page.getByRole('button', { name: '提交复核' }).click()
      await page.getByText('等待另一人复核').waitFor()
      const proposal = lastOfAddress(page)
      await checker.page.goto('/app/issuing')
      await checker.page.locator(`a[href$="${proposal}"]`).first().click()
      await approve(checker.page, '审核通过：注销')
      await checker.page.getByText('变更已完成').waitFor()
      await page.getByText('变更已完成').waitFor()
      await page
        .getByRole('link', { name: /无犯罪记录证明/ })
        .first()
        .click()
      await page.getByText('已注销').first().waitFor()
      await page.getByText(/已上链生效/).waitFor()
      expect(await page.getByRole('button', { name: '暂停' }).count()).to.equal(0)
      const file = await signInAs(gateway.url, staffSub(DEPARTMENT, 'maker')).then(client =>
        client.get(`/v1/certificates/${identifier}/file`),
      )
      await until(async () => (await verdictOf(Buffer.from(JSON.stringify(file)))) === 'REVOKED')
    })
  })

  describe('what people ask', () => {
    it('to be corrected stands in the queue with its clock, and is answered by a new version', async () => {
      const tenant = await signInAs(gateway.url, personaSub('P07'))
      const identifier = await ownRic(tenant)
      await ask(tenant, identifier, '住址门牌应为 9 号')
      const { page } = maker
      await page.goto('/app/issuing/corrections')
      const card = page.getByRole('article', { name: '更正申请：住址' }).filter({ hasText: '门牌应为 9 号' })
      await card.getByText('还剩 5 个工作日').waitFor()
      await card.getByRole('button', { name: '提出更正后的新版本' }).click()
      await page.getByText('持证人认为“住址”有误').waitFor()
      const address = page.getByLabel('住址')
      const before = await address.inputValue()
      await address.fill(`${before}（9 号）`)
      await page.getByRole('button', { name: '提交复核' }).click()
      await page.getByRole('heading', { name: '新旧对比' }).waitFor()
      const proposal = lastOfAddress(page)

      await checker.page.goto(`/app/issuing/proposals/${proposal}`)
      await checker.page.getByText(`${before}（9 号）`).waitFor()
      await approve(checker.page, '审核通过：换发')
      await checker.page.getByText('变更已完成').waitFor()
      await checker.page.goto('/app/issuing/corrections')
      const asked = checker.page.getByRole('article').filter({ hasText: '门牌应为 9 号' })
      await asked.getByLabel('已更正').check()
      await asked.getByLabel('给申请人的话').fill('已核实并更正。')
      await asked.getByRole('button', { name: '答复' }).click()
      await asked.waitFor({ state: 'detached' })

      const { corrections } = await tenant.get<{
        corrections: { outcome: string; answer: string; successor: string }[]
      }>('/v1/holder/corrections')
      expect(corrections[0]).to.include({ outcome: 'corrected', answer: '已核实并更正。' })
      const old = await answerOf<{ standing: string }>(gateway.get(`/v1/certificates/${identifier}/state`))
      expect(old.standing).to.equal('SUPERSEDED')
    })

    it('about a reading that they did not agree to comes to the supervisor of who read', async () => {
      const tenant = await signInAs(gateway.url, personaSub('P09'))
      const { uses } = await tenant.get<{ uses: { id: string; department: string; ground: string }[] }>(
        '/v1/holder/uses',
      )
      const use = uses.find(({ department, ground }) => department === 'GJJ' && ground === 'consent')!
      await write(tenant, `/v1/holder/uses/${use.id}/objection`, { says: '这不是我同意的' })
      const visitor = await visit(gateway)
      await signInOnPage(visitor, staffSub('GJJ', 'supervisor'), '/app/issuing/corrections')
      const card = visitor.page.getByRole('article', { name: /异议/ })
      await card.getByText('还剩 5 个工作日').waitFor()
      await card.getByText('授权用证').waitFor()
      expect(await faultsInEveryView(visitor.page, 'issuing-objections')).to.deep.equal([])
      await card.getByLabel('用证合规，说明理由').check()
      await card.getByLabel('给申请人的话').fill('您在 12 月 1 日签署了授权。')
      await card.getByRole('button', { name: '答复' }).click()
      await card.waitFor({ state: 'detached' })
      const { objections } = await tenant.get<{ objections: { outcome: string }[] }>('/v1/holder/objections')
      expect(objections[0]?.outcome).to.equal('explained')
      await visitor.leave()
    })
  })

  describe('a workbook', () => {
    const REASON = '第 1 行的用途应为“律师执业”'
    let folder: string
    let batch: string
    let template: Buffer
    /** The maker's, beside the page. */
    let client: ApiClient

    before(async () => {
      client = await signInAs(gateway.url, staffSub(DEPARTMENT, 'maker'))
      folder = mkdtempSync(join(tmpdir(), 'issuing-'))
      // The step that shows who he is lasts five minutes.
      await signInOnPage(checker, staffSub(DEPARTMENT, 'checker'), '/app/issuing')
    })
    after(() => rmSync(folder, { recursive: true, force: true }))

    const keep = (name: string, ...rows: string[][]) => {
      const path = join(folder, name)
      writeFileSync(path, filled(template, ...rows))
      return path
    }
    const upload = (page: Page) => page.getByRole('button', { name: '上传并校验' }).click()

    it('that is the filled template is chosen, again once it was changed, and corrected where it stands', async () => {
      const { page } = maker
      await page.goto('/app/issuing/new/NCR')
      template = await saved(page, '下载 Excel 模板')
      const choose = async (path: string) => {
        const chooser = page.waitForEvent('filechooser')
        await page.getByText('选择文件', { exact: true }).click()
        await (await chooser).setFiles(path)
        await page.getByText(`已选择：${basename(path)}`).waitFor()
      }
      await choose(keep('rows.xlsx', cells(10)))
      const right = cells(11)[3]!
      const wrong = { idNo: withOtherCheckCharacter(right) }
      const path = keep('rows.xlsx', cells(10), cells(11, wrong))
      await upload(page)
      await page.getByText('请保存并关闭文件，再选择一次').waitFor()
      await choose(path)
      await upload(page)
      await page.getByRole('heading', { name: '校验结果：1 行需要更正' }).waitFor()
      const row = page.getByRole('form', { name: /第 2 行（文件中第 4 行）/ })
      await row.getByText('校验位不对').waitFor()
      await row.getByLabel('公民身份号码').fill(right)
      await row.getByRole('button', { name: '保存并重新校验' }).click()
      await page.getByRole('heading', { name: '校验通过：2 行全部合格' }).waitFor()
      await page.getByText('Excel 工作簿').waitFor()
      await client.post(`/v1/batches/${lastOfAddress(page)}/withdraw`, undefined, 'issuing-workbook')
    })

    it('is dropped on the page, and becomes one draft although the first answer was lost', async () => {
      const { page, context } = maker
      const before = await draftsOf()
      await page.goto('/app/issuing/new/NCR')
      await h1(page, '签发：无犯罪记录证明')
      const content = filled(template, cells(10), cells(11, { periodTo: '2026/5/31' })).toString('base64')
      await page.evaluate(text => {
        const dropped = new DataTransfer()
        const bytes = Uint8Array.from(atob(text), character => character.charCodeAt(0))
        dropped.items.add(new File([bytes], 'dropped.xlsx'))
        const init = { dataTransfer: dropped, bubbles: true, cancelable: true }
        const place = document.querySelector('h1')!
        // Not to be taken would mean that the browser leaves the page for the file.
        const isTaken = (type: string) => !place.dispatchEvent(new DragEvent(type, init))
        if (!isTaken('dragover') || !isTaken('drop')) throw new Error('the page does not take it')
      }, content)
      await page.getByText('已选择：dropped.xlsx').waitFor()
      const wire = await context.newCDPSession(page)
      await wire.send('Fetch.enable', {
        patterns: [{ urlPattern: '*/v1/batches?*', requestStage: 'Response' }],
      })
      wire.once(
        'Fetch.requestPaused',
        ({ requestId }) => void wire.send('Fetch.failRequest', { requestId, errorReason: 'ConnectionReset' }),
      )
      maker.expect('ERR_CONNECTION_RESET')
      await upload(page)
      await page.getByText('不会重复办理').waitFor()
      await wire.detach()
      await upload(page)
      await page.getByRole('heading', { name: '校验结果：1 行需要更正' }).waitFor()
      batch = lastOfAddress(page)
      expect(await draftsOf()).to.have.members([...before, batch])
    })

    it('is taken up again where it was, after the page was loaded anew and from the desk', async () => {
      const { page } = maker
      const row = page.getByRole('form', { name: /第 2 行/ })
      const day = row.getByLabel('查询期间止')
      expect(await day.inputValue()).to.equal('2026/5/31')
      await day.fill('2026-5-31')
      await page.reload()
      await day.waitFor()
      // Typed, and not saved yet.
      expect(await day.inputValue()).to.equal('2026-5-31')
      await page.goto('/app/issuing')
      await page.locator(`a[href$="${batch}"]`, { hasText: '更正 1 行' }).first().click()
      await day.fill(daysLater(TODAY, -2))
      await row.getByRole('button', { name: '保存并重新校验' }).click()
      await page.getByRole('heading', { name: '校验通过：2 行全部合格' }).waitFor()
      await page.getByRole('button', { name: '提交 2 行' }).click()
      await page.getByText('等待另一人复核').waitFor()
    })

    it('is given back with a reason, which its maker sees, and comes again with another row', async () => {
      const second = checker.page
      await second.goto(`/app/issuing/batches/${batch}`)
      const button = second.getByRole('button', { name: '退回' })
      await button.waitFor()
      expect(await button.isDisabled()).to.equal(true)
      await second.getByLabel('如需退回，请写明原因').fill(REASON)
      await button.click()
      await second.getByText('经办人正在更正，尚未提交').waitFor()

      const { page } = maker
      await page.getByText('已退回，请更正后重新提交').waitFor()
      await page.getByText(REASON).waitFor()
      // Nothing that a rule could find is wrong with it.
      await page.getByRole('button', { name: '查看并修改各行' }).click()
      const row = page.getByRole('form', { name: /第 1 行/ })
      await row.getByRole('button', { name: '显示本行全部项目' }).click()
      await row.getByLabel('用途').fill('律师执业')
      await row.getByRole('button', { name: '保存并重新校验' }).click()
      await page.getByText('第 1 行已合格。').waitFor()
      await page.getByRole('button', { name: '提交 2 行' }).click()
      await page.getByText('等待另一人复核').waitFor()

      await second.goto(`/app/issuing/batches/${batch}`)
      await second.getByText('律师执业').first().waitFor()
      expect(await second.getByLabel('如需退回，请写明原因').inputValue()).to.equal('')
    })

    it('is followed through a connection that was cut, and no stage is missed', async () => {
      const { page, context } = checker
      const stage = (name: string) => page.locator(`[data-stage="${name}"]`)
      const lost = page.getByText('与系统的连接中断')
      const { store } = gateway.world
      const { batchesToDeliver } = store
      // It asks nothing while connections are cut.
      await maker.page.goto('about:blank')
      // Nothing is delivered, nor told of the chain, until the connection is gone.
      Object.assign(store, { batchesToDeliver: async () => [] })
      try {
        await approve(page, '审核通过，签发 2 张')
        await page.locator('[data-stage="signed"][data-state="done"]').waitFor()
        checker.expect('net::ERR_')
        await context.setOffline(true)
        gateway.cutConnections()
        await lost.waitFor()
      } finally {
        Object.assign(store, { batchesToDeliver })
      }
      await until(async () => (await store.batchById(batch))!.deliveredAt !== null)
      expect(await stage('delivered').textContent()).to.contain('0 / 2')
      await context.setOffline(false)
      await page.locator('[data-stage="delivered"][data-state="done"]').waitFor()
      for (const name of ['checked', 'signed', 'logged', 'anchored', 'delivered'])
        expect(await stage(name).textContent(), name).to.contain('2 / 2')
      expect(await lost.count()).to.equal(0)
      await page.getByText('已送达').first().waitFor()
    })

    it('has one of its certificates erased: nobody sees the contents again, what was handed out stays provable', async () => {
      const { certificates } = await client.get<{ certificates: { identifier: string; leaf: string }[] }>(
        `/v1/certificates?batch=${batch}`,
      )
      const { identifier, leaf } = certificates[0]!
      const { fields, shortCode } = await client.get<{ fields: { name: string }; shortCode: string }>(
        `/v1/certificates/${identifier}`,
      )
      const file = await fileOf(gateway, identifier)
      const anybody = await visit(gateway)
      const paper = await paperPathOf(gateway, shortCode)
      await anybody.page.goto(paper)
      await anybody.page.getByRole('heading', { level: 1, name: '证照有效' }).waitFor()

      const { page } = checker
      await page.goto(`/app/issuing/certificates/${identifier}`)
      await page.getByText(fields.name).first().waitFor()
      await page.getByText('删除证照内容').click()
      const button = page.getByRole('button', { name: '永久删除内容' })
      await page.getByLabel('原因').selectOption({ label: '持证主体申请' })
      expect(await button.isDisabled()).to.equal(true)
      await page.getByLabel('我明白删除后不能恢复').check()
      checker.expect('403')
      gateway.advanceClock(BEYOND_STEP_UP_MS)
      await button.click()
      await page.getByText('请再次确认身份').waitFor()
      gateway.advanceClock(-BEYOND_STEP_UP_MS)
      await page.getByRole('link', { name: '去确认身份' }).click()
      await choosePerson(page, staffSub(DEPARTMENT, 'checker'))
      await h1(page, /无犯罪记录证明（尾号/)
      expect(await page.getByLabel('我明白删除后不能恢复').isChecked()).to.equal(true)
      await button.click()
      await page.getByRole('status').filter({ hasText: '内容已删除' }).waitFor()
      await page.getByText('内容不可恢复').waitFor()
      const isGone = async () => {
        expect(await page.locator('main').innerText()).to.not.contain(fields.name)
        // No offer of what can only be refused.
        expect(await page.getByRole('button', { name: '下载证照文件' }).count()).to.equal(0)
      }
      await isGone()
      await page.reload()
      await page.getByText('内容不可恢复').waitFor()
      await isGone()
      expect(await page.getByText('删除证照内容').count()).to.equal(0)
      const receipt = JSON.parse((await saved(page, '下载回执')).toString()) as { receipt: unknown }
      expect(receipt.receipt).to.be.an('object')

      await maker.page.goto(`/app/issuing/certificates/${identifier}`)
      await maker.page.getByText('内容不可恢复').waitFor()
      expect(await maker.page.getByRole('button', { name: '注销' }).count()).to.equal(1)
      expect(await maker.page.getByRole('button', { name: '换发' }).count()).to.equal(0)

      anybody.expect('404')
      await anybody.page.goto(paper)
      expect(await anybody.page.locator('main').innerText()).to.not.contain(fields.name)
      expect(await anybody.page.textContent('h1')).to.equal('未查到此证照')
      await anybody.leave()
      expect(await verdictOf(Buffer.from(file))).to.equal('VALID')
      expect((await gateway.request(`/v1/receipts/${leaf}`)).status).to.equal(200)
    })

    const draftsOf = async () => {
      const { batches } = await client.get<{ batches: { id: string }[] }>('/v1/batches?state=draft&limit=100')
      return batches.map(({ id }) => id)
    }
  })

  async function verdictOf(file: Buffer): Promise<string> {
    const { verdict } = await answerOf<{ verdict: string }>(
      gateway.request('/v1/verify', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: new Uint8Array(file),
      }),
      200,
    )
    return verdict
  }

  async function newestOf(type: string): Promise<string> {
    const { certificates } = await answerOf<{ certificates: { identifier: string }[] }>(
      gateway.get(`/v1/certificates?type=${type}&standing=ACTIVE&limit=1`),
    )
    return certificates[0]!.identifier
  }
})
