import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect } from 'chai'
import { demoRegion } from '../../server/catalogue/region.ts'
import { ChainUnreachable } from '../../server/chain/rpc.ts'
import { ensureHolder, holderId } from '../../server/holders/holders.ts'
import { personaSub } from '../../server/identity/demo-people.ts'
import {
  answerOf,
  exampleRow,
  issue,
  openGateway,
  untilAllFinal,
  type OpenedGateway,
} from '../support/opened-gateway.ts'
import { ask, newHolder, publishHousing, type Holder } from '../server/grants/holders.ts'
import {
  choosePerson,
  closeChromium,
  faultsOf,
  passkeyDevice,
  patience,
  signInOnPage,
  visit,
  type Visitor,
} from './chromium.ts'

/** Not 72 hours: the demo’s identity service goes by the machine’s clock, and half a minute is what the gateway allows between them. */
const WAIT_SECONDS = 20

describe('the wallet when time passes', function () {
  this.timeout(patience(180_000))
  let gateway: OpenedGateway
  let visitor: Visitor
  let holder: Holder
  const { id, name, idNo } = demoRegion().personas.find(persona => persona.id === 'P07')!

  before(async () => {
    // A gateway of its own, since its clock is moved.
    gateway = await openGateway({ host: 'localhost', env: { ONCEPROOF_KEY_WAIT_S: String(WAIT_SECONDS) } })
    await publishHousing(gateway)
    const person = holderId(await ensureHolder(gateway.world, idNo))
    const certificate = await issue(gateway, 'RIC', { ...exampleRow('RIC'), idNo, name })
    const who = { role: 'holder', holder: person } as const
    holder = { id: person, idNo, who, asks: gateway.as(who), certificate }
    visitor = await visit(gateway, { width: 360, height: 780 })
    await passkeyDevice(visitor.page)
  })
  after(async () => {
    await closeChromium()
    await gateway.close()
  })

  /** As if everybody who is signed in had been so for longer. */
  const age = (seconds: number) => {
    const db = new Database(join(gateway.dataDir, 'onceproof.db'))
    db.prepare('UPDATE sessions SET authenticated_at = authenticated_at - ?').run(seconds)
    db.close()
  }

  /** For the gateway and for the person’s device alike. */
  const pass = async (milliseconds: number) => {
    gateway.advanceClock(milliseconds)
    await visitor.page.clock.fastForward(milliseconds)
  }

  const enter = (path: string) => signInOnPage(visitor, personaSub(id), path)

  it('keeps what was chosen on the way to show again who one is, and goes on by one press', async () => {
    const { page } = visitor
    const request = await ask(gateway, [holder])
    await enter('/app/wallet/key')
    await page.getByRole('button', { name: '设置通行密钥' }).click()
    await page.getByRole('heading', { name: '通行密钥', level: 2 }).waitFor()
    age(301)
    await page.goto(`/app/wallet/consents/${request.id}`)
    await page.getByRole('checkbox', { name: /住址/ }).check()
    let typed = 0
    page.on('request', sent => void (typed += sent.url().endsWith('/typed-data') ? 1 : 0))
    await page.getByRole('button', { name: '同意', exact: true }).click()
    await page.getByText('请再次确认身份').waitFor()
    expect(typed, 'nobody is asked to sign what would be refused').to.equal(0)
    await page.getByRole('link', { name: '去确认身份' }).click()
    await choosePerson(page, personaSub(id))
    await page.getByRole('checkbox', { name: /住址/ }).waitFor()
    expect(await page.getByRole('checkbox', { name: /住址/ }).isChecked()).to.equal(true)
    await page.getByRole('button', { name: '同意', exact: true }).click()
    await page.getByText('您已同意', { exact: true }).waitFor()
    const { grants } = await answerOf<{ grants: { items: { fields: string[] }[] }[] }>(
      holder.asks.get('/v1/grants'),
    )
    expect(grants[0]!.items[0]!.fields).to.deep.equal(['name', 'idNo', 'address'])
  })

  it('replaces a lost key after the waiting time, during which it can be cancelled; what the old one signed ends', async () => {
    const { page } = visitor
    await page.goto('/app/wallet/key')
    await page.getByRole('button', { name: '更换密钥' }).click()
    await page.getByRole('button', { name: '设置通行密钥' }).click()
    await page.getByRole('heading', { name: '正在更换密钥' }).waitFor()
    await page.getByRole('button', { name: '取消更换' }).click()
    await page.getByText('以前的密钥').waitFor()

    await page.getByRole('button', { name: '更换密钥' }).click()
    await page.getByRole('button', { name: '设置通行密钥' }).click()
    await page.getByRole('heading', { name: '正在更换密钥' }).waitFor()
    gateway.advanceClock(WAIT_SECONDS * 1_000)
    await page.goto('/app/wallet/grants')
    await page.getByText('更换密钥时终止').waitFor()

    // The new one signs.
    const request = await ask(gateway, [holder])
    await page.goto(`/app/wallet/consents/${request.id}`)
    await page.getByRole('button', { name: '同意', exact: true }).click()
    await page.getByText('您已同意', { exact: true }).waitFor()
    await page.goto('/app/wallet/key')
    await page.getByText('以前的密钥').click()
    await page
      .getByText(/已更换/)
      .first()
      .waitFor()
  })

  it('says how many of several have agreed, and takes back everything that the key signed', async () => {
    const { page } = visitor
    const request = await ask(gateway, [holder, await newHolder(gateway, '石有伴')])
    await page.goto(`/app/wallet/consents/${request.id}`)
    await page.getByText('0/2 人已同意').waitFor()
    await page.getByRole('button', { name: '同意', exact: true }).click()
    await page.getByText('1/2 人已同意').waitFor()
    await page.getByText('这件事还需要其他人同意').waitFor()
    expect(await faultsOf(page, 'wallet-consent-of-two')).to.deep.equal([])

    await page.goto('/app/wallet/grants')
    await page.getByRole('button', { name: '撤回全部授权' }).click()
    await page.getByRole('button', { name: '确定全部撤回' }).click()
    await page.getByText('没有有效的授权').waitFor()
    const { grants } = await answerOf<{ grants: { withdrawn: { by: string } | null }[] }>(
      holder.asks.get('/v1/grants'),
    )
    expect(grants.map(({ withdrawn }) => withdrawn?.by)).to.deep.equal(['epoch', 'epoch', 'key'])
    await untilAllFinal(gateway)

    // The key goes on: what it signs from now on counts.
    const agree = async () => {
      const next = await ask(gateway, [holder])
      await page.goto(`/app/wallet/consents/${next.id}`)
      await page.getByRole('button', { name: '同意', exact: true }).click()
      await page.getByText('您已同意', { exact: true }).waitFor()
    }
    // While the chain is away nobody can tell whether the key signed; without it, it ends at once all the same.
    await agree()
    await untilAllFinal(gateway)
    const { rpc } = gateway.world.chain
    const { call } = rpc
    Object.assign(rpc, { call: () => Promise.reject(new ChainUnreachable('nobody is there')) })
    await page.getByRole('button', { name: '撤回' }).click()
    await page.getByRole('button', { name: '确定撤回' }).click()
    await page.getByText('暂时无法连接区块链').waitFor()
    visitor.expect('503')
    for (const width of [360, 1280]) {
      await page.setViewportSize({ width, height: 900 })
      expect(await faultsOf(page, `wallet-withdraw-without-chain-${width}`)).to.deep.equal([])
    }
    await page.getByRole('button', { name: '不用密钥' }).click()
    await page.getByText('您已撤回（仅在本系统生效）').waitFor()
    Object.assign(rpc, { call })

    await agree()
    // Without the key it can be taken back too, at this gateway only.
    await page.evaluate(() => localStorage.removeItem('onceproof-wallet-keys'))
    // The browser asks and asks: what is wrong is said at once, and nobody has to wait.
    await page.evaluate(() => {
      navigator.credentials.get = options =>
        new Promise((_, reject) =>
          options?.signal?.addEventListener('abort', () => reject(new DOMException('no', 'AbortError'))),
        )
    })
    await page.getByRole('button', { name: '撤回' }).click()
    await page.getByText('没有在这个浏览器里用过').waitFor()
    await page.getByRole('button', { name: '用通行密钥撤回' }).click()
    await page.getByText('不必等待').waitFor()
    await page.getByRole('button', { name: '不用密钥' }).click()
    await page.getByText('您已撤回（仅在本系统生效）').waitFor()
  })

  it('renews the code of a presentation before it dies, and after half an hour asks again who one is', async () => {
    const { page } = visitor
    await page.clock.install()
    await enter('/app/wallet/present')
    await page.getByRole('checkbox', { name: /^居民身份证/ }).check()
    await page.getByRole('button', { name: '生成亮证码' }).click()
    const digits = page.locator('[data-digits]')
    const renewed = async (seconds: number) => {
      const before = await digits.getAttribute('data-digits')
      await pass(seconds * 1_000)
      await page.waitForFunction(
        last => (document.querySelector('[data-digits]')?.getAttribute('data-digits') ?? last) !== last,
        before,
      )
    }
    await renewed(58)
    // In two steps, so that the session is not ended for want of use.
    await renewed(900)
    await pass(900_000)
    await page.getByText('请再次确认身份').waitFor()
    expect(await digits.count()).to.equal(0)
    visitor.expect('403')
    await visitor.leave()
  })
})
