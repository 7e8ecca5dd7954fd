import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { TypedDataEncoder, SigningKey, computeAddress, type TypedDataField } from 'ethers'
import { demoRegion } from '../../server/catalogue/region.ts'
import { personaSub } from '../../server/identity/demo-people.ts'
import { answerOf, type OpenedGateway } from '../support/opened-gateway.ts'
import {
  closeChromium,
  closeDemo,
  demoGateway,
  faultsInEveryView,
  passkeyDevice,
  patience,
  signInOnPage,
  visit,
  type Visitor,
} from './chromium.ts'

after(async function () {
  this.timeout(patience(60_000))
  await closeChromium()
  await closeDemo()
})

const numberOf = (id: string): string =>
  demoRegion().personas.find(persona => persona.id === id)?.idNo ??
  demoRegion().organisations.find(one => one.id === id)!.uscc

interface Asked {
  id: string
  parties: { items: { identifier: string; type: string; leaf: string }[] }[]
}

describe('the wallet in a browser', function () {
  this.timeout(patience(240_000))
  let gateway: OpenedGateway
  before(async () => {
    gateway = await demoGateway()
  })

  const officer = (department: string) => gateway.as({ role: 'officer', department })

  /** A department asks somebody, as its counter does. */
  const ask = (
    department: string,
    matter: string,
    person: string,
    role: string,
    items: { type: string; required: string[]; optional: string[] }[],
  ): Promise<Asked> =>
    answerOf(
      officer(department).post('/v1/consent-requests', {
        department,
        matter,
        refusing: 'PAPER',
        term: { template: 'THIS_MATTER' },
        parties: [{ number: numberOf(person), role, items }],
      }),
      201,
    )

  const court = () =>
    ask('FY', 'M12', 'P12', 'party', [
      { type: 'RIC', required: ['name'], optional: ['idNo'] },
      { type: 'LEA', required: ['filingNo', 'termFrom'], optional: ['rent'] },
    ])

  /** Somebody with a browser of his own, signed in as himself. */
  const enter = async (
    person: string,
    path = '/app/wallet',
    prepare: (visitor: Visitor) => Promise<unknown> = () => Promise.resolve(),
  ): Promise<Visitor> => {
    const visitor = await visit(gateway, { width: 360, height: 780 })
    await prepare(visitor)
    const { page } = visitor
    await signInOnPage(visitor, personaSub(person), path)
    // Who has another role as well, or acts for somebody, chooses first.
    const own = page.getByRole('button', { name: '本人', exact: true })
    const there = page.locator('.wallet-nav')
    await own.or(there).first().waitFor()
    if ((await own.count()) > 0) {
      await own.click()
      await there.waitFor()
      await page.goto(path)
    }
    return visitor
  }

  const makePasskey = async (page: Page) => {
    await page.getByRole('button', { name: '设置通行密钥' }).click()
    await page.getByRole('heading', { name: '通行密钥', level: 2 }).waitFor()
  }

  it('shows certificates by area, masked until one asks for all of it, and lets one ask for a correction', async () => {
    const visitor = await enter('P09')
    const { page } = visitor
    await page.getByRole('heading', { name: '身份户籍' }).waitFor()
    expect(await faultsInEveryView(page, 'wallet')).to.deep.equal([])
    await page.getByLabel('搜索证照、部门或状态').fill('居民身份证')
    await page.getByText('没找到？').click()
    await page
      .getByText(/由云岭市.*签发/)
      .first()
      .waitFor()
    await page.getByRole('link', { name: /居民身份证/ }).click()

    const face = page.getByRole('region', { name: '证照内容' })
    await face.getByText('顾*', { exact: true }).waitFor()
    await face.getByRole('button', { name: '显示完整内容' }).click()
    await face.getByText('990102198812122227').waitFor()
    await face.getByRole('button', { name: '隐藏部分内容' }).click()
    expect(await face.getByText('990102198812122227').count()).to.equal(0)

    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: '下载证照文件' }).click(),
    ])
    expect(download.suggestedFilename()).to.match(/\.json$/)
    const [paper] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: '下载 PDF' }).click(),
    ])
    expect((await readFile(await paper.path())).subarray(0, 5).toString()).to.equal('%PDF-')

    await page.getByRole('button', { name: '申请更正' }).click()
    await page.getByRole('button', { name: '提交' }).click()
    await page.getByText('请写明应当是什么').waitFor()
    await page.getByLabel('哪一项有误').selectOption({ label: '住址' })
    await page.getByLabel('应当是什么').fill('云岭市临溪区溪畔花园 4 栋')
    expect(await faultsInEveryView(page, 'wallet-certificate')).to.deep.equal([])
    // Another test of the region may have asked for one too.
    const waiting = page.getByText('等待云岭市公安局答复')
    const before = await waiting.count()
    await page.getByRole('button', { name: '提交' }).click()
    await waiting.nth(before).waitFor()
    await visitor.leave()
  })

  it('consent with a passkey: in part, on the chain, used, seen, taken back in two taps, refused from then on', async () => {
    const request = await court()
    const visitor = await enter('P12', `/app/wallet/consents/${request.id}`, ({ page }) =>
      passkeyDevice(page),
    )
    const { page } = visitor
    await page.getByRole('link', { name: '去设置' }).click()
    await page.getByRole('heading', { name: '设置签名密钥' }).waitFor()
    await makePasskey(page)
    await page.getByRole('link', { name: '回到授权请求' }).click()

    // Own values stand there, and nothing that is optional is ticked.
    await page.getByText('方有房', { exact: true }).waitFor()
    expect(await page.locator('input[type=checkbox]:checked').count()).to.equal(0)
    const core = await page.locator('.wallet-core li').allInnerTexts()
    expect(core.length).to.be.at.most(7)
    expect(core.join('\n')).to.include('云岭市').and.include('司法存证').and.include('可改交纸质材料')
    await page.getByRole('button', { name: '只同意部分' }).click()
    await page.getByRole('checkbox', { name: '提供房屋租赁登记备案证明' }).uncheck()
    await page.getByRole('checkbox', { name: /公民身份号码/ }).check()
    expect(await faultsInEveryView(page, 'wallet-consent')).to.deep.equal([])
    await page.getByRole('button', { name: '同意所选的 1 张' }).click()
    await page.getByText('您已同意其中一部分').waitFor()
    await page.locator('[data-chain=final]').waitFor({ timeout: 60_000 })
    expect(await faultsInEveryView(page, 'wallet-answered')).to.deep.equal([])

    const { parties } = await answerOf<{ parties: { state: string; grant: string }[] }>(
      officer('FY').get(`/v1/consent-requests/${request.id}`),
    )
    expect(parties[0]!.state).to.equal('partly')
    const { grant } = parties[0]!
    const { identifier } = request.parties[0]!.items.find(({ type }) => type === 'RIC')!
    const read = () =>
      officer('FY').post('/v1/uses', {
        identifier,
        matter: 'M12',
        ground: 'consent',
        fields: ['name', 'idNo'],
        grant,
      })
    await answerOf(read(), 201)

    await page.goto('/app/wallet/uses')
    const entry = page.locator('li', { hasText: '司法存证' }).filter({ hasText: '您的授权' })
    await entry.filter({ hasText: '姓名、公民身份号码' }).first().waitFor()

    await page.goto('/app/wallet/grants')
    const card = page.getByRole('article').filter({ hasText: '司法存证' })
    await card.getByText('已用 1 次').waitFor()
    await card.getByRole('button', { name: '撤回' }).click()
    await page.getByText('已完成的使用不受影响。').last().waitFor()
    expect(await faultsInEveryView(page, 'wallet-grants')).to.deep.equal([])
    await card.getByRole('button', { name: '确定' }).click()
    await card.getByText('您已撤回', { exact: false }).waitFor()
    const refused = await answerOf<{ code: string }>(read(), 409)
    expect(refused.code).to.equal('GRANT_WITHDRAWN')
    const { withdrawn } = await answerOf<{ withdrawn: { by: string } }>(
      officer('FY').get(`/v1/grants/${grant}`),
    )
    expect(withdrawn.by).to.equal('signature')

    await page.goto('/app/wallet/uses')
    await page.getByText('拒绝原因：您已撤回授权').waitFor()
    await entry.first().getByRole('button', { name: '这不是我同意的' }).click()
    await page.getByLabel('请说明情况').fill('撤回以后还有人来看')
    await page.getByRole('button', { name: '提交' }).click()
    await page.getByText(/等待云岭市.*法院答复/).waitFor()
    expect(await faultsInEveryView(page, 'wallet-uses')).to.deep.equal([])
    await visitor.leave()
  })

  it('shows a request that comes while one looks, and refuses it without a key', async () => {
    const visitor = await enter('P11', '/app/wallet/consents')
    const { page } = visitor
    await page.getByRole('heading', { name: '等您答复' }).waitFor()
    const before = await page.locator('section[aria-label="等您答复"] li').count()
    await ask('JTJ', 'M11', 'P11', 'driver', [{ type: 'DRV', required: ['name'], optional: ['status'] }])
    await page.waitForFunction(
      count => document.querySelectorAll('section[aria-label="等您答复"] li').length === count + 1,
      before,
    )
    expect(await faultsInEveryView(page, 'wallet-consents')).to.deep.equal([])
    await page.locator('section[aria-label="等您答复"] a').first().click()
    await page.getByRole('button', { name: '拒绝' }).click()
    await page.getByRole('button', { name: '确定拒绝' }).click()
    await page.getByText('您已拒绝').waitFor()
    await visitor.leave()
  })

  it('presents: the code is read as digits, an officer takes it, the phone tells who looked', async () => {
    const visitor = await enter('P07', '/app/wallet/present')
    const { page } = visitor
    await page.getByRole('button', { name: '生成亮证码' }).click()
    await page.getByText('请至少选一张证照').waitFor()
    await page.getByRole('checkbox', { name: /^毕业证书/ }).check()
    await page.getByRole('radio', { name: '自选' }).check()
    for (const field of ['姓名', '学历层次', '专业']) {
      const box = page.getByRole('checkbox', { name: field, exact: true })
      if ((await box.count()) > 0) await box.check()
    }
    await page.getByLabel('谁可以查看').selectOption({ label: '云岭市教育局' })
    expect(await faultsInEveryView(page, 'wallet-present')).to.deep.equal([])
    await page.getByRole('button', { name: '生成亮证码' }).click()
    const digits = page.locator('[data-digits]')
    await digits.waitFor()
    const shown = (await digits.getAttribute('data-digits'))!
    expect(await page.getByRole('img').getAttribute('aria-label')).to.include(shown.split('').join(' '))
    expect(await page.locator('[aria-live]').filter({ hasText: '秒后' }).count()).to.equal(0)
    await page.getByRole('button', { name: '暂停更新' }).click()
    await page.getByText(/还可用 (10|9):/).waitFor()
    expect(await faultsInEveryView(page, 'wallet-presenting')).to.deep.equal([])

    const other = await answerOf<{ code: string }>(
      officer('FY').post('/v1/presentations/resolve', { code: { digits: shown } }),
      403,
    )
    expect(other.code).to.equal('PRESENTATION_OTHER_DEPARTMENT')
    const { presentation } = await answerOf<{ presentation: string }>(
      officer('JYJ').post('/v1/presentations/resolve', { code: { digits: shown } }),
      200,
    )
    await page.getByText('云岭市教育局已收码').waitFor()
    await answerOf(officer('JYJ').post(`/v1/presentations/${presentation}/reading`, {}), 201)
    await page.getByText(/已由云岭市教育局核验，.*\d\d:\d\d，查看了 \d 项/).waitFor()
    await page.getByRole('button', { name: '完成' }).click()
    await page.getByText('已核验').first().waitFor()

    // Another one is ended at once.
    await page.getByRole('checkbox', { name: /^学位证书/ }).check()
    await page.getByRole('button', { name: '生成亮证码' }).click()
    const second = (await digits.getAttribute('data-digits'))!
    await page.getByRole('button', { name: '结束亮证' }).click()
    await page.getByRole('heading', { name: '最近的亮证' }).waitFor()
    await answerOf(officer('JYJ').post('/v1/presentations/resolve', { code: { digits: second } }), 404)
    await visitor.leave()
  })

  it('signs with a wallet that somebody has, and signs nothing that differs from what was shown', async () => {
    const asked: string[] = []
    const wallet = new SigningKey(
      `0x${createHash('sha256').update('onceproof demo wallet P09').digest('hex')}`,
    )
    const account = computeAddress(wallet.publicKey).toLowerCase()
    const request = await ask('ZJJ', 'M05', 'P09', 'applicant', [
      { type: 'RIC', required: ['name', 'idNo'], optional: ['validTo'] },
    ])
    const path = `/app/wallet/consents/${request.id}`
    const visitor = await enter('P09', path, async ({ page }) => {
      await page.exposeFunction('walletOfTheTest', (method: string, text: string) => {
        asked.push(method)
        if (method === 'eth_requestAccounts') return [account]
        const { types, domain, message } = JSON.parse(text) as {
          types: Record<string, TypedDataField[]>
          domain: object
          message: Record<string, unknown>
        }
        const { EIP712Domain: _, ...others } = types
        return wallet.sign(TypedDataEncoder.hash(domain, others, message)).serialized
      })
      await page.addInitScript(() => {
        const ask = globalThis as unknown as Record<string, (method: string, text: unknown) => unknown>
        Object.assign(globalThis, {
          ethereum: {
            request: ({ method, params = [] }: { method: string; params?: unknown[] }) =>
              ask['walletOfTheTest']!(method, params[1] ?? ''),
          },
        })
      })
    })
    const { page } = visitor
    const agree = page.getByRole('button', { name: '同意', exact: true })
    await agree.waitFor()

    type Document = {
      domain: Record<string, unknown>
      message: { terms: Record<string, unknown> & { items: { fields: string[] }[] } } & Record<
        string,
        unknown
      >
    }
    const lies: [string, (document: Document) => void][] = [
      ['用证部门', ({ message }) => (message.terms['grantee'] = `0x${'ab'.repeat(32)}`)],
      ['事项', ({ message }) => (message.terms['matter'] = 'M07 住房公积金提取（租房）')],
      ['用途', ({ message }) => (message.terms['purpose'] = '金融服务')],
      ['证照或内容', ({ message }) => message.terms.items[0]!.fields.push('address')],
      ['次数', ({ message }) => (message.terms['maxUses'] = '1000')],
      ['期限', ({ message }) => (message['notAfter'] = String(Number(message['notAfter']) + 86_400))],
      ['告知书', ({ message }) => (message.terms['notice'] = `0x${'cd'.repeat(32)}`)],
      ['签名密钥', ({ message }) => (message['holder'] = `0x${'ef'.repeat(32)}`)],
      ['登记的区块链或合约', ({ domain }) => (domain['verifyingContract'] = `0x${'12'.repeat(20)}`)],
      ['文件格式', ({ message }) => (message['more'] = 'than meets the eye')],
    ]
    let given = 0
    page.on('request', sent => void (given += sent.url().endsWith('/grant') ? 1 : 0))
    for (const [line, lie] of lies) {
      await page.route('**/typed-data', async route => {
        const response = await route.fetch()
        const body = (await response.json()) as { typedData: Document }
        lie(body.typedData)
        await route.fulfill({ response, json: body })
      })
      await agree.click()
      await page.getByText(`不一致的是：${line}`).waitFor()
      await page.unroute('**/typed-data')
    }
    expect([asked, given]).to.deep.equal([[], 0])
    expect(await faultsInEveryView(page, 'wallet-differs')).to.deep.equal([])

    await agree.click()
    await page.getByText('您已同意', { exact: true }).waitFor()
    expect(asked).to.include('eth_signTypedData_v4')
    await visitor.leave()
  })

  it('acts for an organisation with one’s own key, and back; appoints an agent and dismisses him', async () => {
    const visitor = await enter('P01', '/app/wallet/family', ({ page }) => passkeyDevice(page))
    const { page } = visitor
    await page.getByText('林*安').waitFor()
    const company = page.locator('li', { hasText: '云岭市半亩食光餐饮有限公司' })
    expect(await faultsInEveryView(page, 'wallet-family')).to.deep.equal([])

    await page.getByLabel('对方的身份证号码').fill('123')
    await page.getByRole('button', { name: '确认委任' }).click()
    await page.getByText('身份证号码应为 18 位').waitFor()
    await page.getByLabel('对方的身份证号码').fill(numberOf('P12'))
    await page.getByRole('button', { name: '确认委任' }).click()
    const agent = page.locator('li', { hasText: '代办人' }).filter({ hasText: '方*房' })
    await agent.getByRole('button', { name: '终止' }).click()
    await agent.getByRole('button', { name: '确定' }).click()
    await agent.waitFor({ state: 'detached' })

    await page.goto('/app/wallet/key')
    await makePasskey(page)
    expect(await faultsInEveryView(page, 'wallet-key')).to.deep.equal([])
    await page.goto('/app/wallet/family')
    await company.getByRole('button', { name: '代其办理' }).click()
    await page.getByText('您正在代“云岭市半亩食光餐饮有限公司”办理（法定代表人）').waitFor()
    await page
      .getByRole('link', { name: /营业执照/ })
      .first()
      .waitFor()
    const request = await ask('SCJ', 'M03', 'O01', 'company', [
      { type: 'BIZ', required: ['uscc', 'name'], optional: [] },
    ])
    await page.goto(`/app/wallet/consents/${request.id}`)
    await page.getByRole('button', { name: '同意', exact: true }).click()
    await page.getByText('您已同意', { exact: true }).waitFor()
    const { parties } = await answerOf<{ parties: { holder: string; grant: string }[] }>(
      officer('SCJ').get(`/v1/consent-requests/${request.id}`),
    )
    const grant = await answerOf<{ holder: string; person: string }>(
      officer('SCJ').get(`/v1/grants/${parties[0]!.grant}`),
    )
    expect(grant.holder).to.equal(parties[0]!.holder)
    expect(grant.person).not.to.equal(grant.holder)

    await page.getByRole('button', { name: '回到本人' }).click()
    await page.getByRole('link', { name: /居民身份证/ }).waitFor()
    await visitor.leave()
  })

  it('without passkeys: a key under a passphrase, which alone opens it, here and from a backup', async () => {
    const noPasskeys = ({ page }: Visitor) =>
      page.addInitScript(() => void Reflect.deleteProperty(globalThis, 'PublicKeyCredential'))
    const request = await ask('MZJ', 'M08', 'P05', 'applicant', [
      { type: 'RIC', required: ['name'], optional: [] },
    ])
    const visitor = await enter('P05', '/app/wallet/key', noPasskeys)
    const { page } = visitor
    await page.getByText('这个浏览器不支持通行密钥').waitFor()
    const choose = page.getByLabel(/^口令（至少/)
    const again = page.getByLabel('再输入一次')
    const make = page.getByRole('button', { name: '用口令设置密钥' })
    await choose.fill('短')
    await make.click()
    await page.getByText('口令太短').waitFor()
    await choose.fill('青山 茶壶 铅笔 月台 邮差')
    await again.fill('青山 茶壶 铅笔 月台')
    await make.click()
    await page.getByText('两次输入的不一样').waitFor()
    expect(await faultsInEveryView(page, 'wallet-passphrase')).to.deep.equal([])
    const bodies: string[] = []
    page.on('request', sent => void bodies.push(sent.postData() ?? ''))
    await again.fill('青山 茶壶 铅笔 月台 邮差')
    await make.click()
    await page.getByRole('heading', { name: '口令保护的密钥', level: 2 }).waitFor()
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: '下载备份' }).click(),
    ])
    const backup = await readFile(await download.path())

    const path = `/app/wallet/consents/${request.id}`
    await page.goto(path)
    await page.getByLabel('密钥口令').fill('青山 茶壶')
    await page.getByRole('button', { name: '同意', exact: true }).click()
    await page.getByText('口令不对').waitFor()
    expect(bodies.join('\n')).not.to.include('茶壶')
    await visitor.leave()

    // In another browser the key is not there until its backup is.
    const elsewhere = await enter('P05', path, noPasskeys)
    const second = elsewhere.page
    await second.getByText('您的签名密钥不在这个浏览器里').waitFor()
    await second.getByRole('link', { name: '密钥设置' }).click()
    await second.getByLabel('从备份文件恢复').setInputFiles({
      name: 'other.json',
      mimeType: 'application/json',
      buffer: Buffer.from('{}'),
    })
    await second.getByText('这不是密钥备份文件').waitFor()
    await second.getByLabel('从备份文件恢复').setInputFiles({
      name: 'onceproof-key.json',
      mimeType: 'application/json',
      buffer: backup,
    })
    await second.getByText('已恢复').waitFor()
    await second.goto(path)
    await second.getByLabel('密钥口令').fill('青山 茶壶 铅笔 月台 邮差')
    await second.getByRole('button', { name: '同意', exact: true }).click()
    await second.getByText('您已同意', { exact: true }).waitFor()
    await elsewhere.leave()
  })
})
