import { expect } from 'chai'
import { personaSub } from '../../server/identity/demo-people.ts'
import { openGateway, type OpenedGateway } from '../support/opened-gateway.ts'
import { publishHousing } from '../server/grants/holders.ts'
import { closeChromium, faultsOf, patience, signInOnPage, visit } from './chromium.ts'

describe('pages under an address that takes no passkeys', function () {
  this.timeout(patience(120_000))
  let gateway: OpenedGateway

  before(async () => {
    // Known by its IP address.
    gateway = await openGateway()
    await publishHousing(gateway)
  })
  after(async () => {
    await closeChromium()
    await gateway.close()
  })

  it('say so where it is a number, and offer a key under a passphrase, which is made', async () => {
    expect(new URL(gateway.url).hostname).to.equal('127.0.0.1')
    const visitor = await visit(gateway, { width: 360, height: 780 })
    const { page } = visitor
    await signInOnPage(visitor, personaSub('P07'), '/app/wallet/key')
    await page.getByText('您是用一串数字（IP 地址）打开本页的').waitFor()
    expect(await page.getByRole('button', { name: '设置通行密钥' }).count()).to.equal(0)
    expect(await faultsOf(page, 'wallet-key-by-number')).to.deep.equal([])
    await page.getByLabel(/^口令（至少/).fill('青山 茶壶 铅笔 月台 邮差')
    await page.getByLabel('再输入一次').fill('青山 茶壶 铅笔 月台 邮差')
    await page.getByRole('button', { name: '用口令设置密钥' }).click()
    await page.getByRole('heading', { name: '口令保护的密钥', level: 2 }).waitFor()
    await visitor.leave()
  })

  it('say so where it is without https: no sign-in, no key', async () => {
    const url = 'http://zheng.yunling.example'
    const visitor = await visit({ url })
    const { page } = visitor
    await page.route(`${url}/**`, async route => {
      const there = route.request().url().replace(url, gateway.url)
      await route.fulfill({ response: await route.fetch({ url: there }) })
    })
    for (const piece of ['401', 'Cross-Origin-Opener-Policy']) visitor.expect(piece)
    await page.goto('/app/wallet/key')
    expect(await page.evaluate(() => isSecureContext)).to.equal(false)
    await page.getByText('本页不是用 https 打开的，不能登录').waitFor()
    expect(await faultsOf(page, 'signed-out-without-https')).to.deep.equal([])
    await visitor.leave()
  })
})
