import { expect } from 'chai'
import { personaSub, staffSub } from '../../server/identity/demo-people.ts'
import { signInAs } from '../../server/demo-client.ts'
import type { OpenedGateway } from '../support/opened-gateway.ts'
import { demoGateway, faultsInEveryView, patience, signInOnPage, visit } from './chromium.ts'

describe('oversight in a browser', function () {
  this.timeout(patience(180_000))
  let gateway: OpenedGateway
  before(async () => {
    gateway = await demoGateway()
  })

  it('withholds a certificate by two people and releases it by two, and nobody does both', async () => {
    const holder = await signInAs(gateway.url, personaSub('P09'))
    const { certificates } = await holder.get<{
      certificates: { identifier: string; type: { code: string } }[]
    }>('/v1/holder/certificates')
    const { identifier } = certificates.find(({ type }) => type.code === 'RIC')!
    const first = await visit(gateway)
    const second = await visit(gateway)
    await signInOnPage(first, staffSub('GAJ', 'supervisor'))
    await signInOnPage(second, staffSub('ZSJ', 'supervisor'))
    const [one, two] = [first.page, second.page]

    await one.getByLabel('证照标识').fill(identifier)
    await one.getByRole('combobox', { name: '理由' }).click()
    await one.getByTitle('疑似信息泄露').click()
    await one.getByRole('button', { name: '提议停止展示' }).click()
    await one.getByText('已提议，等待另一人确认').waitFor()
    expect(await faultsInEveryView(one, 'oversight')).to.deep.equal([])

    first.expect('403')
    await first.page.reload()
    await one.getByRole('button', { name: '确认停止展示' }).click()
    await one.getByRole('alert').first().waitFor()
    await two.reload()
    await two.getByRole('button', { name: '确认停止展示' }).click()
    await two.getByText('正在停止展示').waitFor()
    expect((await gateway.get(`/v1/certificates/${identifier}/file`)).status).to.equal(423)

    await two.getByRole('button', { name: '提议恢复展示' }).click()
    await two.getByText('已提议恢复，等待另一人确认').waitFor()
    await one.reload()
    await one.getByRole('button', { name: '确认恢复展示' }).click()
    await one.getByText('已恢复展示').waitFor()
    expect((await gateway.get(`/v1/certificates/${identifier}/file`)).status).to.equal(200)
    await first.leave()
    await second.leave()
  })

  it('shows an auditor the log and the orders, and offers him nothing to order', async () => {
    const visitor = await visit(gateway)
    await signInOnPage(visitor, staffSub('ZSJ', 'auditor'))
    const { page } = visitor
    await page.getByRole('heading', { name: '存证日志' }).waitFor()
    expect(await page.getByRole('button', { name: '提议停止展示' }).count()).to.equal(0)
    await visitor.leave()
  })
})
