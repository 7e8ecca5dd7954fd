import { expect } from 'chai'
import { personaSub, staffSub } from '../../server/identity/demo-people.ts'
import type { OpenedGateway } from '../support/opened-gateway.ts'
import {
  closeChromium,
  closeDemo,
  demoGateway,
  faultsInEveryView,
  faultsOf,
  patience,
  signInOnPage,
  visit,
} from './chromium.ts'

after(async function () {
  this.timeout(patience(60_000))
  await closeChromium()
  await closeDemo()
})

describe('the application in a browser', function () {
  this.timeout(patience(180_000))
  let gateway: OpenedGateway
  before(async () => {
    gateway = await demoGateway()
  })

  it('is looked at by eyes that see a fault', async () => {
    const visitor = await visit(gateway, { width: 360 })
    const { page } = visitor
    await page.goto('/sign-in?returnTo=/app')
    expect(await faultsOf(page, 'planted-none')).to.deep.equal([])
    const planted = {
      label: '<input type="text" id="planted">',
      'role-img-alt': '<div role="img">▲</div>',
      'color-contrast': '<p data-planted="color:#bbb;background:#fff">浅色的字</p>',
      'a raw code': '<p>CHAIN_UNREACHABLE</p>',
      'a hash': `<p>${'ab'.repeat(32)}</p>`,
      'an ISO time': '<p>2026-12-01T00:00</p>',
      'wider than the screen': '<div data-planted="width:900px">宽</div>',
      'has a frame': '<iframe title="frame" srcdoc="<p>x</p>"></iframe>',
    }
    for (const [name, html] of Object.entries(planted)) {
      await page.evaluate(html => {
        const place = document.createElement('div')
        place.id = 'planted-place'
        place.setHTMLUnsafe(html)
        // The policy of the page forbids style in the markup.
        for (const styled of place.querySelectorAll<HTMLElement>('[data-planted]'))
          styled.style.cssText = styled.dataset['planted']!
        document.querySelector('main')!.append(place)
      }, html)
      const faults = await faultsOf(page, `planted-${name.replaceAll(' ', '-')}`)
      expect(faults.join('\n')).to.contain(name)
      await page.evaluate(() => document.querySelector('#planted-place')!.remove())
    }
    await visitor.leave()
  })

  it('greets who is not signed in', async () => {
    const visitor = await visit(gateway)
    visitor.expect('401')
    await visitor.page.goto('/app')
    await visitor.page.getByRole('heading', { level: 1, name: '请先登录' }).waitFor()
    expect(await faultsInEveryView(visitor.page, 'signed-out')).to.deep.equal([])
    // The public pages are told the language by their address.
    for (const name of ['核验证照', '举报假证', '核验能证明什么']) {
      await visitor.page.getByRole('contentinfo').getByRole('link', { name, exact: true }).click()
      await visitor.page.getByRole('heading', { level: 1, name }).waitFor()
      await visitor.page.goBack()
    }
    await visitor.leave()
  })

  it('offers its invented people on a page that everybody can use', async () => {
    for (const width of [360, 1440]) {
      const visitor = await visit(gateway, { width })
      await visitor.page.goto('/sign-in?returnTo=/app')
      await visitor.page.evaluate(() => {
        for (const group of document.querySelectorAll('details')) group.open = true
      })
      expect(await faultsOf(visitor.page, `demo-sign-in-${width}`)).to.deep.equal([])
      await visitor.leave()
    }
  })

  it('signs in through the identity service and lets one person change roles without signing in again', async () => {
    const visitor = await visit(gateway)
    await signInOnPage(visitor, personaSub('P02'))
    const { page } = visitor
    await page.getByRole('heading', { name: '请选择身份' }).waitFor()
    expect(await faultsInEveryView(page, 'role-choice')).to.deep.equal([])
    await visitor.leave()
  })

  it('forgets what somebody began to fill in once he signs out', async () => {
    const visitor = await visit(gateway)
    await signInOnPage(visitor, personaSub('P01'), '/app/wallet/family')
    const { page } = visitor
    await page.getByRole('heading', { level: 1, name: '家人与单位' }).waitFor()
    const drafts = () => page.evaluate(() => Object.keys(sessionStorage).filter(key => key.includes('draft')))
    await page.getByLabel('对方的身份证号码').fill('990102')
    expect(await drafts()).to.have.length(1)
    await page.getByRole('button', { name: /林知行/ }).click()
    await page.getByRole('button', { name: '退出登录' }).click()
    await page.waitForURL(url => !url.pathname.startsWith('/app'))
    expect(await drafts()).to.deep.equal([])
    await visitor.leave()
  })

  it('leads who came by another name of this machine to the one that sign-in and passkeys know', async () => {
    const other = gateway.url.replace('localhost', '127.0.0.1')
    for (const path of ['/app/wallet?lang=en', '/sign-in?returnTo=%2Fapp']) {
      const response = await fetch(other + path, { redirect: 'manual' })
      expect(response.headers.get('location')).to.equal(gateway.url + path)
    }
  })

  it('says in plain words that a page needs another role', async () => {
    const visitor = await visit(gateway)
    await signInOnPage(visitor, staffSub('GAJ', 'maker'), '/app/nowhere')
    await visitor.page.getByRole('heading', { name: '没有这个页面' }).waitFor()
    await visitor.leave()
  })
})
