import { once } from 'node:events'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import Database from 'better-sqlite3'
import { expect } from 'chai'
import { strFromU8, unzipSync } from 'fflate'
import type { Page } from 'playwright-core'
import { parseCertificateIdentifier } from '../../protocol/identifiers.ts'
import { sealCopy } from '../../server/cases/collect.ts'
import { personaSub, staffSub } from '../../server/identity/demo-people.ts'
import { paperAddress } from '../../server/verification/paper-address.ts'
import { demoMatters } from '../../server/matters/demo.ts'
import { untilAllFinal, type OpenedGateway } from '../support/opened-gateway.ts'
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
import {
  agrees,
  fileOf,
  issueFor,
  notarized,
  openedCase,
  paperOf,
  personaNumber,
  presents,
  refuses,
  revoke,
  strangersNumber,
  tabTo,
  verdictOn,
} from './counter-region.ts'

after(async function () {
  this.timeout(patience(60_000))
  await closeChromium()
  await closeDemo()
})

const CLEARANCE = (
  demoMatters().matters as { code: string; requirements: { cert: string; fields: string[] }[] }[]
)
  .find(({ code }) => code === 'M10')!
  .requirements.find(({ cert }) => cert === 'NCR')!.fields

/** An item of the open case, by its type. */
const item = (page: Page, cert: string) => page.locator(`[data-item="${cert}"]`)
const isState = (page: Page, cert: string, state: string) =>
  page.locator(`[data-item="${cert}"][data-state="${state}"]`).waitFor()

describe('the counter in a browser', function () {
  this.timeout(patience(180_000))
  let gateway: OpenedGateway
  before(async () => {
    gateway = await demoGateway()
  })

  const officer = async (department: string, path: string): Promise<Visitor> => {
    const visitor = await visit(gateway)
    await signInOnPage(visitor, staffSub(department, 'officer'), path)
    return visitor
  }

  /** As if everybody's last sign-in had been ten minutes ago. */
  const someMinutesLater = () => {
    const db = new Database(join(gateway.dataDir, 'onceproof.db'))
    db.prepare('UPDATE sessions SET authenticated_at = authenticated_at - 600').run()
    db.close()
  }

  it('opens a case of a matter, collects by duty, asks the holder and sees the answer without loading again, acts with a fresh sign-in and files it', async () => {
    const visitor = await officer('CLH', '/app/counter/cases/new')
    const { page } = visitor
    await page.getByLabel('事项', { exact: true }).selectOption({ label: '残疾人服务一件事' })
    await page.getByRole('button', { name: '立案' }).click()
    await page.getByText('请填写证件号码').waitFor()
    const number = personaNumber('P08')
    await page.getByLabel('残疾人的居民身份证号码').fill(`${number.slice(0, -1)}0`)
    await page.getByText('号码有误').waitFor()
    expect(await faultsInEveryView(page, 'counter-new')).to.deep.equal([])
    await page.getByLabel('残疾人的居民身份证号码').fill(number)
    await page.getByRole('button', { name: '立案' }).click()

    await page.getByRole('heading', { name: '所需材料' }).waitFor()
    expect(page.url()).to.not.include(number)
    await isState(page, 'DIS', 'available')
    await isState(page, 'RIC', 'waiting')
    await page.getByRole('button', { name: '归集能取用的材料' }).click()
    await isState(page, 'DIS', 'have')
    await page.getByText('本次取用 2 项').waitFor()
    // Nobody was asked by that.
    await item(page, 'RIC').getByText('可请求授权').waitFor()

    await page.getByRole('button', { name: '请求授权' }).click()
    await page.getByLabel('户号').selectOption('optional')
    await page.getByLabel('天数').fill('20')
    expect(await faultsInEveryView(page, 'counter-consent-form')).to.deep.equal([])
    await page.getByRole('button', { name: '发出请求' }).click()
    await page.getByRole('img', { name: '二维码：打开授权请求页面' }).waitFor()
    await page.getByText('0/1 人已同意').waitFor()
    await item(page, 'RIC').getByText('等待本人授权').waitFor()
    expect(await faultsInEveryView(page, 'counter-case-waiting')).to.deep.equal([])

    await agrees(gateway, 'P08')
    await page.getByText('已全部同意').waitFor()
    await isState(page, 'RIC', 'available')
    await page.getByRole('button', { name: '归集能取用的材料' }).click()
    await isState(page, 'RIC', 'have')
    await isState(page, 'HKB', 'have')
    await page.getByRole('button', { name: '查看居民身份证副本' }).click()
    await item(page, 'RIC').locator('[data-field="name"]', { hasText: '周禾' }).waitFor()

    // The card is not in force, so nothing can be had without paper, and no reason is asked for.
    await page.getByRole('button', { name: '社会保障卡改收纸质' }).click()
    await item(page, 'SSC').getByRole('button', { name: '改收纸质', exact: true }).click()
    await isState(page, 'SSC', 'paper')
    await page.getByText('材料齐备').waitFor()

    someMinutesLater()
    visitor.expect('403')
    await page.getByRole('button', { name: '办结这一步' }).click()
    await page.getByText('请再次确认身份').waitFor()
    const back = new URL(page.url()).pathname
    await page.getByRole('link', { name: '去确认身份' }).click()
    await choosePerson(page, staffSub('CLH', 'officer'))
    await page.waitForURL(url => url.pathname === back)
    await page.getByRole('button', { name: '办结这一步' }).click()
    await page.getByText('当前由云岭市民政局办理').waitFor()

    const saved = page.waitForEvent('download')
    await page.getByRole('button', { name: '下载归档包' }).click()
    const files = unzipSync(readFileSync(await (await saved).path()))
    const names = Object.keys(files)
    expect(names).to.include.members(['case.json', 'events.json', 'certificates/0.json'])
    expect(names.filter(name => name.startsWith('consents/'))).to.have.length(1)
    expect(strFromU8(files['events.json']!)).to.include('step-done')
    await visitor.leave()
  })

  it('lets the department whose turn it is return a case with a reason, kept while it shows again who it is', async () => {
    const visitor = await officer('MZJ', '/app/counter/cases')
    const { page } = visitor
    await page.getByRole('link', { name: '残疾人服务一件事' }).first().click()
    await page.getByRole('heading', { name: '轮到本部门办理' }).waitFor()
    await page.getByRole('button', { name: '退回上一步' }).click()
    await page.getByLabel('退回理由').fill('请补充监护人的联系方式')
    someMinutesLater()
    visitor.expect('403')
    await page.getByRole('button', { name: '退回上一步' }).click()
    await page.getByRole('link', { name: '去确认身份' }).click()
    await choosePerson(page, staffSub('MZJ', 'officer'))
    await page.getByLabel('退回理由').waitFor()
    expect(await page.getByLabel('退回理由').inputValue()).to.equal('请补充监护人的联系方式')
    await page.getByRole('button', { name: '退回上一步' }).click()
    await page.getByText('理由：请补充监护人的联系方式').waitFor()
    await page.getByText('当前由云岭市残疾人联合会办理').waitFor()
    await visitor.leave()
  })

  it('takes a request back, asks again, and says of a consent to a part and of a refusal what is missing and what to do', async () => {
    const asked = { matter: 'M09', role: 'applicant', number: personaNumber('P08') }
    const counter = staffSub('CLH', 'officer')
    const visitor = await officer('CLH', await openedCase(gateway, counter, asked))
    const { page } = visitor
    const asks = async () => {
      await page.getByRole('button', { name: '请求授权' }).click()
      await page.getByRole('button', { name: '发出请求' }).click()
      await page.locator('[data-request="waiting"]').waitFor()
    }
    const lacking = page.locator('.lacking')
    await asks()
    await lacking.getByText('居民身份证，已请求，等待本人答复').waitFor()
    await page.getByRole('button', { name: '撤回请求' }).click()
    await page.locator('[data-request="withdrawn"]').getByText('请求已撤回').waitFor()
    await item(page, 'RIC').getByText('可请求授权').waitFor()
    await lacking.getByText('居民身份证，请在“本人授权”中请求授权').waitFor()

    // What the holder then finds, who needs not answer.
    const holder = await visit(gateway, { width: 360, height: 780 })
    await signInOnPage(holder, personaSub('P08'), '/app/wallet/consents')
    const before = holder.page.getByRole('region', { name: '以前的请求' })
    await before.getByRole('link').first().getByText('部门已撤回').waitFor()
    await before.getByRole('link').first().click()
    await holder.page.getByText('部门已撤回这份请求，无须答复').waitFor()
    expect(await holder.page.getByRole('button', { name: '同意' }).count()).to.equal(0)
    await holder.leave()

    await asks()
    await agrees(gateway, 'P08', ['RIC'])
    await page.locator('[data-request="incomplete"]').getByText('部分同意').waitFor()
    await isState(page, 'RIC', 'available')
    await isState(page, 'HKB', 'refused')
    await lacking.getByText('居民身份证，点“归集能取用的材料”即可取得').waitFor()
    await lacking.getByText('居民户口簿，本人未同意，请改收纸质').waitFor()
    expect(await faultsInEveryView(page, 'counter-partly')).to.deep.equal([])
    await page.getByRole('button', { name: '归集能取用的材料' }).click()
    await isState(page, 'RIC', 'have')
    // It cannot be had without the holder, so paper takes no reason.
    await page.getByRole('button', { name: '居民户口簿改收纸质' }).click()
    await item(page, 'HKB').getByRole('button', { name: '改收纸质', exact: true }).click()
    await isState(page, 'HKB', 'paper')

    await page.goto(await openedCase(gateway, counter, asked))
    await asks()
    await refuses(gateway, 'P08')
    await page.locator('[data-request="incomplete"]').getByText('不同意').waitFor()
    await page.getByText('0/1 人已同意').waitFor()
    await isState(page, 'RIC', 'refused')
    await lacking.getByText('居民身份证，本人未同意，请改收纸质').waitFor()
    await visitor.leave()
  })

  it('reads a presentation that was scanned and one that was typed for an open case: returns the one, adopts the other', async () => {
    const asked = { matter: 'M10', role: 'applicant', number: personaNumber('P07') }
    const visitor = await officer('JYJ', await openedCase(gateway, staffSub('JYJ', 'officer'), asked))
    const { page } = visitor
    await isState(page, 'NCR', 'notShared')
    await page.getByRole('link', { name: '为本办件扫码收证' }).click()
    await page.locator('#box:focus').waitFor()
    await page
      .getByLabel('用于')
      .locator('option:checked', { hasText: '教师资格认定' })
      .waitFor({ state: 'attached' })

    // As a scan gun does it: everything, then Enter.
    await page.keyboard.type((await presents(gateway, 'P07', 'NCR', CLEARANCE)).url)
    await page.keyboard.press('Enter')
    await page.getByText('识别为：持证人的亮证码').waitFor()
    await page.getByRole('heading', { name: '对方出示了' }).waitFor()
    expect(await page.locator('[data-field]').count(), 'nothing is shown before it is read').to.equal(0)
    await page.keyboard.press('Enter')
    await page.locator('[data-verdict="VALID"]').waitFor()
    await page.getByText('亮证', { exact: true }).waitFor()
    await page.locator('[data-field="result"]').waitFor()
    expect(await page.locator('[data-question][data-answer="yes"]').count()).to.equal(5)
    expect(await page.getByRole('button', { name: '采用到' }).isDisabled()).to.equal(true)
    await page.getByLabel('否，不一致').check()
    await page.getByRole('button', { name: '确认退回' }).click()
    await page.getByText('已退回，未采用：人证不一致').waitFor()
    await page.keyboard.press('Alt+KeyN')
    await page.locator('#box:focus').waitFor()

    const { digits } = await presents(gateway, 'P07', 'NCR', CLEARANCE)
    await page.keyboard.type(`${digits.slice(0, 4)} ${digits.slice(4)}`)
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { name: '对方出示了' }).waitFor()
    await page.keyboard.press('Enter')
    await page.locator('[data-verdict="VALID"]').waitFor()
    await page.getByLabel('是，人证一致').check()
    expect(await faultsInEveryView(page, 'counter-read')).to.deep.equal([])
    await page.getByRole('button', { name: '采用到' }).click()
    await page.getByText('已采用，副本已归入办件').waitFor()
    await page.getByRole('link', { name: '打开办件' }).click()
    await isState(page, 'NCR', 'have')
    await item(page, 'NCR').getByText('亮证取用').waitFor()
    await visitor.leave()
  })

  it('says what it took a thing for: case numbers, certificate numbers, short codes, files, and wrong digits', async () => {
    const number = strangersNumber('a person with a card')
    const card = await issueFor(gateway, 'RIC', { idNo: number, name: '石有证' }, number)
    const visitor = await officer('JYJ', '/app/counter')
    const { page } = visitor
    const gives = async (text: string) => {
      await page.locator('#box').fill(text)
      await page.keyboard.press('Enter')
    }
    await gives('12345678')
    visitor.expect('404')
    await page.getByRole('alert').waitFor()

    // Full-width, as behind an input method.
    await gives(
      `${card.shortCode}　${number.slice(-4)}`.replaceAll(/[0-9A-Z]/g, c =>
        String.fromCharCode(c.charCodeAt(0) + 0xfee0),
      ),
    )
    await page.getByText('识别为：纸质证照的短码').waitFor()
    await page.locator('[data-verdict]').waitFor()
    await page.getByText('登记的内容（已脱敏）').waitFor()
    expect(await page.locator('[data-field="name"]').innerText()).to.not.include('石有证')

    await gives(card.identifier)
    await page.getByText('识别为：证照编号').waitFor()
    await page.getByRole('heading', { name: '居民身份证' }).waitFor()
    await page.getByLabel('为哪个事项读取').selectOption({ label: '教师资格认定' })
    await page.getByText('该事项不依职能读取此类证照').waitFor()

    const file = await fileOf(gateway, card.identifier)
    const choose = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: '选择证照文件' }).click()
    await (await choose).setFiles({ name: 'card.json', mimeType: 'application/json', buffer: file })
    await page.getByText('识别为：证照文件').waitFor()
    await page.locator('[data-field="name"]', { hasText: '石有证' }).waitFor()
    await page.getByText('没有记为用证').waitFor()

    const pdf = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: '选择证照文件' }).click()
    const paper = await paperOf(gateway, card.identifier)
    await (await pdf).setFiles({ name: 'card.pdf', mimeType: 'application/pdf', buffer: paper })
    await page.locator('[data-field="address"]').waitFor()
    await page.keyboard.press('Alt+KeyN')
    await gives(await paperAddress(gateway.world, card.shortCode))
    await page.getByText('登记的内容（已脱敏）').waitFor()

    await page.keyboard.press('Alt+KeyN')
    await gives('gibberish')
    await page.getByText('没有识别出来').waitFor()
    await page.goto('/app/counter/cases')
    const text = await page.locator('[translate="no"]').first().innerText()
    await page.goto('/app/counter')
    await gives(text.toLowerCase())
    await page.getByRole('heading', { name: '所需材料' }).waitFor()
    await visitor.leave()
  })

  it('refuses a code of another site: says why, asks nobody and shows it nowhere', async () => {
    const asked: string[] = []
    const server = createServer((request, response) => {
      asked.push(request.url ?? '')
      response.end()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const visitor = await officer('JYJ', '/app/counter')
    const { page } = visitor
    const sent: string[] = []
    page.on('request', request => sent.push(request.url() + (request.postData() ?? '')))
    for (const address of [
      `http://127.0.0.1:${port}/p/AAAAAAAAAAAAAAAAAAAAAA`,
      `${gateway.url}@127.0.0.1:${port}/p/AAAAAAAAAAAAAAAAAAAAAA`,
      'weixin://pay?x=1',
      'www.yunling-gov.example/p/AAAAAAAAAAAAAAAAAAAAAA',
    ]) {
      await page.locator('#box').fill(address)
      await page.keyboard.press('Enter')
      await page.getByText('不是本系统的二维码，没有打开').waitFor()
      expect(await page.locator('main').innerText()).to.not.include(address)
      expect(await page.locator('#box').inputValue()).to.equal('')
      await page.keyboard.press('Alt+KeyN')
      await page.getByText('没有打开').waitFor({ state: 'detached' })
    }
    expect(asked).to.deep.equal([])
    expect(sent.filter(text => /AAAAAA|weixin/.test(text))).to.deep.equal([])
    await page.locator('#box').fill('https://other.example/p/x')
    await page.keyboard.press('Enter')
    expect(await faultsInEveryView(page, 'counter-desk-foreign')).to.deep.equal([])
    await visitor.leave()
    server.close()
  })

  it('flags an open case before the officer’s eyes when a certificate that was taken is revoked', async () => {
    const number = strangersNumber('a disabled person')
    const card = await issueFor(gateway, 'DIS', {}, number)
    const visitor = await officer('CLH', '/app/counter')
    const { page } = visitor
    await page.locator('#box').fill(card.identifier)
    await page.keyboard.press('Enter')
    await page.getByLabel('为哪个事项读取').selectOption({ label: '残疾人服务一件事' })
    await page.getByRole('button', { name: '依职能读取' }).click()
    await page.getByText('依职能', { exact: true }).waitFor()
    await page.locator('[data-field="level"]').waitFor()

    const asked = { matter: 'M09', role: 'applicant', number }
    await page.goto(await openedCase(gateway, staffSub('CLH', 'officer'), asked))
    await page.getByRole('button', { name: '归集能取用的材料' }).click()
    await isState(page, 'DIS', 'have')
    await revoke(gateway, card.identifier)
    await page.getByRole('alert').getByText('已取用的残疾人证刚被注销').waitFor()
    await isState(page, 'DIS', 'flagged')
    expect(await faultsInEveryView(page, 'counter-flagged')).to.deep.equal([])
    await page.getByRole('button', { name: '终止办件' }).click()
    await page.getByLabel('终止理由').fill('证照已注销')
    await page.getByRole('button', { name: '终止办件' }).click()
    await page.getByText('终止理由：证照已注销').waitFor()
    await visitor.leave()
  })

  it('issues what a step issues, with what was filled in, and takes a declaration where nothing else can be had', async () => {
    const number = strangersNumber('a household in need')
    const asked = { matter: 'M08', role: 'applicant', number }
    const visitor = await officer('MZJ', await openedCase(gateway, staffSub('MZJ', 'officer'), asked))
    const { page } = visitor
    await page.getByRole('button', { name: '办结并签发最低生活保障证' }).click()
    await page.getByLabel('证号', { exact: true }).fill('YLDB990103000999')
    await page.getByLabel('户主姓名').fill('万家灯')
    await page.getByLabel('户主身份证号').fill(`${number.slice(0, -1)}?`)
    await page.getByLabel('家庭住址').fill('云岭市临溪区石桥巷9号')
    await page.getByLabel('保障类型').selectOption('城市低保')
    await page.getByLabel('保障人数').fill('3')
    await page.getByLabel('月保障金额').fill('1890.50')
    await page.getByLabel('批准日期').fill('2026-01-05')
    await page.getByLabel('下次复核日期').fill('2030-01-05')
    await page.getByLabel('审批机关').fill('云岭市临溪区民政局')
    visitor.expect('422')
    await page.getByRole('button', { name: '签发并办结这一步' }).click()
    await page.locator('[aria-invalid="true"]').waitFor()
    expect(await faultsInEveryView(page, 'counter-output')).to.deep.equal([])
    await page.getByLabel('户主身份证号').fill(number)
    await page.getByRole('button', { name: '签发并办结这一步' }).click()
    await page.getByRole('heading', { name: '办理结果' }).waitFor()
    await page.locator('li', { hasText: '已签发' }).getByText('最低生活保障证').waitFor()
    await visitor.leave()

    const housing = { matter: 'M05', role: 'applicant', number }
    const builder = await officer('ZJJ', await openedCase(gateway, staffSub('ZJJ', 'officer'), housing))
    await builder.page.getByRole('button', { name: '收到声明：未婚' }).click()
    await isState(builder.page, 'MAR', 'declared')
    await isState(builder.page, 'DIV', 'declared')
    await builder.leave()
  })

  it('issues in the place of an older certificate, which is superseded, and a record as what came of a case', async () => {
    const [number, mother] = ['a newborn', 'a mother'].map(strangersNumber) as [string, string]
    const parents = { motherIdNo: mother, fatherIdNo: strangersNumber('a father') }
    const old = await issueFor(gateway, 'BIR', parents, number)
    const asked = { matter: 'M01', role: 'newborn', number, others: [{ role: 'mother', number: mother }] }
    const visitor = await officer('WJW', await openedCase(gateway, staffSub('WJW', 'officer'), asked))
    const { page } = visitor
    await page.getByRole('button', { name: '办结并签发出生医学证明' }).click()
    for (const [label, value] of [
      ['编号', 'Y990000999'],
      ['新生儿姓名', '林念平'],
      ['出生时间', '2026-01-05T08:18'],
      ['出生地', '示例省云岭市望山区'],
      ['出生孕周', '39+2'],
      ['出生体重', '3250'],
      ['出生身长', '50'],
      ['母亲姓名', '苏小满'],
      ['母亲年龄', '31'],
      ['母亲证件号码', mother],
      ['医疗机构名称', '云岭市妇幼保健院'],
      ['签发日期', '2026-01-06'],
    ] as const) {
      await page.getByLabel(new RegExp(`^${label}( \\(.*\\))?$`)).fill(value)
    }
    await page.getByLabel('性别').selectOption('女')

    // One that the case does not know is typed; one that it knows is chosen.
    await page.getByLabel('替换哪一张').selectOption({ label: '其他旧证，输入证照编号' })
    await page.getByLabel('旧证的证照编号').fill(`${old.identifier.slice(0, -1)}?`)
    await page.getByLabel('替换理由').selectOption({ label: '信息变更换发' })
    await page.getByRole('button', { name: '签发并办结这一步' }).click()
    await page.getByText('编号有误，请对照旧证核对').waitFor()
    expect(await faultsInEveryView(page, 'counter-replaces')).to.deep.equal([])
    const tail = parseCertificateIdentifier(old.identifier).serial.slice(-6)
    await page.getByLabel('替换哪一张').selectOption({ label: `新生儿的旧证，编号尾号 ${tail}` })
    expect(await page.getByLabel('旧证怎样处理').inputValue()).to.equal('supersede')
    await page.getByRole('button', { name: '签发并办结这一步' }).click()
    await page.locator('li', { hasText: '已签发' }).getByText('换发旧证').waitFor()
    await visitor.leave()
    await untilAllFinal(gateway)
    expect(await verdictOn(gateway, await fileOf(gateway, old.identifier))).to.equal('SUPERSEDED')

    const evidence = { matter: 'M12', role: 'party', number: mother }
    const notary = await officer('ZSJ', await openedCase(gateway, staffSub('FY', 'officer'), evidence))
    const issue = notary.page.getByRole('button', { name: '签发并办结这一步' })
    await notary.page.getByRole('button', { name: '办结并签发存证' }).click()
    await notary.page.getByLabel('存证编号').fill('01ARZ3NDEKTSV4RRFFQ69G5FAV')
    notary.expect('404')
    await issue.click()
    await notary.page.getByText('没有这条存证').waitFor()
    await notary.page.getByLabel('存证编号').fill(await notarized(gateway))
    await issue.click()
    await notary.page.locator('li', { hasText: '已签发' }).getByText('存证').waitFor()
    await notary.leave()
  })

  it('gives up what cannot be issued, with a reason, and goes on without it', async () => {
    const asked = { matter: 'M08', role: 'applicant', number: strangersNumber('an applicant') }
    const path = await openedCase(gateway, staffSub('MZJ', 'officer'), asked)
    const id = path.split('/').at(-1)!
    // As if the type had got other fields since it was written down.
    const request = await sealCopy(gateway.world, 'MZJ', `case ${id} output 0`, '{}')
    const output = { output: 0, cert: 'LOW', request, replaces: null, record: null }
    await gateway.world.store.intendOutputs(id, 1, 'somebody', [output])
    const visitor = await officer('MZJ', path)
    const { page } = visitor
    await page.getByText('这一步已开始签发，尚未完成').waitFor()
    visitor.expect('422')
    await page.getByRole('button', { name: '现在再试一次' }).click()
    await page.getByText('有的行填写有误').waitFor()
    await page.getByRole('button', { name: '放弃签发，重新办理' }).click()
    await page.getByLabel('放弃签发的理由').fill('证照项目已经调整')
    expect(await faultsInEveryView(page, 'counter-issuing')).to.deep.equal([])
    await page.getByRole('button', { name: '放弃签发，重新办理' }).click()
    await page.getByText('理由：证照项目已经调整').waitFor()
    await page.locator('li', { hasText: '已放弃签发' }).getByText('最低生活保障证').waitFor()
    await page.getByRole('button', { name: '办结并签发最低生活保障证' }).waitFor()
    await page.getByRole('button', { name: '办结这一步', exact: true }).click()
    await page.locator('.steps li', { hasText: '已办结' }).first().waitFor()
    await visitor.leave()
  })

  it('takes a whole case from its opening to its end by keyboard alone, with an override of 免提交 and its reason', async () => {
    const number = strangersNumber('a teacher to be')
    await issueFor(gateway, 'RIC', { idNo: number, name: '何以教' }, number)
    const visitor = await officer('JYJ', '/app/counter')
    const { page } = visitor
    const { keyboard } = page
    await page.locator('#box:focus').waitFor()
    await tabTo(page, '按事项立案', { role: 'link' })
    await keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: '按事项立案' }).waitFor()
    await tabTo(page, '事项', { role: 'combobox' })
    for (let step = 0; step < 6; step++) {
      if ((await page.getByLabel('事项', { exact: true }).inputValue()) === 'M10') break
      await keyboard.press('ArrowDown')
    }
    await tabTo(page, '申请人的居民身份证号码', { role: 'textbox' })
    await keyboard.type(number)
    await keyboard.press('Enter')
    await page.getByRole('heading', { name: '所需材料' }).waitFor()

    // What can be had: only with a reason.
    await tabTo(page, '居民身份证改收纸质')
    await keyboard.press('Enter')
    await page.getByText('此项可以免提交').waitFor()
    await page.locator('textarea:focus').waitFor()
    await keyboard.type('太短')
    await tabTo(page, '仍要求纸质')
    await keyboard.press('Enter')
    await page.getByText('理由至少 4 个字').waitFor()
    await page.locator('textarea:focus').waitFor()
    await keyboard.type('，且授权系统正在维护')
    await tabTo(page, '仍要求纸质')
    await keyboard.press('Enter')
    await isState(page, 'RIC', 'paper')
    await item(page, 'RIC').getByText('理由：太短，且授权系统正在维护').waitFor()

    for (const [type, cert] of [
      ['毕业证书', 'DIP'],
      ['居民户口簿', 'HKB'],
      ['无犯罪记录证明', 'NCR'],
    ] as const) {
      await tabTo(page, `${type}改收纸质`)
      await keyboard.press('Enter')
      await item(page, cert).getByText('此项目前无法在线取得').waitFor()
      await tabTo(page, '改收纸质')
      await keyboard.press('Enter')
      await isState(page, cert, 'paper')
      await page.locator(`[data-item="${cert}"]:focus`).waitFor()
    }
    await page.getByText('材料齐备').waitFor()
    for (let step = 1; step <= 3; step++) {
      await tabTo(page, '办结这一步')
      await keyboard.press('Enter')
      await page
        .locator('.steps li', { hasText: '已办结' })
        .nth(step - 1)
        .waitFor()
    }
    await page.getByText('已办结', { exact: true }).first().waitFor()
    await tabTo(page, '办件', { role: 'link' })
    await keyboard.press('Enter')
    await page.getByText(/本部门能免提交却要求纸质：[1-9]\d* 次/).waitFor()
    expect(await faultsInEveryView(page, 'counter-cases')).to.deep.equal([])
    await visitor.leave()
  })

  it('opens a case for somebody who showed who he is, and lists what the department has read', async () => {
    const visitor = await officer('CLH', '/app/counter')
    const { page } = visitor
    await page.locator('#box').fill((await presents(gateway, 'P08', 'RIC', ['name', 'idNo'])).digits)
    await page.keyboard.press('Enter')
    await page.getByText('未选择办件：只核对').waitFor()
    await page.keyboard.press('Enter')
    await page.locator('[data-field="name"]', { hasText: '周禾' }).waitFor()
    await page.getByLabel('是，人证一致').check()
    await page.getByRole('button', { name: '以此人立案' }).click()
    await page.getByLabel('事项', { exact: true }).selectOption({ label: '残疾人服务一件事' })
    expect(await page.getByLabel('残疾人的居民身份证号码').inputValue()).to.equal(personaNumber('P08'))
    await page.getByRole('link', { name: '用证记录' }).click()
    await page.getByText('只核对身份').first().waitFor()
    expect(await page.locator('main').innerText()).to.not.include('周禾')
    await page.getByLabel('依据').selectOption('duty')
    await page.getByText('法律依据：').first().waitFor()
    expect(await faultsInEveryView(page, 'counter-uses')).to.deep.equal([])
    await visitor.leave()
  })
})
