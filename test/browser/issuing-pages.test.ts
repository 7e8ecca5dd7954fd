import { expect } from 'chai'
import type { Page } from 'playwright-core'
import { signInAs, write } from '../../server/demo-client.ts'
import { personaSub, staffSub } from '../../server/identity/demo-people.ts'
import { answerOf, type OpenedGateway } from '../support/opened-gateway.ts'
import {
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

describe('every page of the issuing desk', function () {
  // Every page in every view takes a busy machine its time.
  this.timeout(patience(900_000))
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

  it('has no fault, in any view', async () => {
    const holder = await signInAs(gateway.url, personaSub('P09'))
    const ric = await ownRic(holder)
    await ask(holder, ric, '姓名有误，请核对户口簿')
    const client = await signInAs(gateway.url, staffSub(DEPARTMENT, 'maker'))
    const before = await client.get<{ fields: object }>(`/v1/certificates/${ric}`)
    const fields = { ...before.fields, address: '示例省云岭市望山区清平路 18 号' }
    const proposal = await write<{ id: string }>(client, `/v1/certificates/${ric}/proposals`, {
      action: 'supersede',
      reason: 'HOLDER_CHANGE',
      fields,
    })
    const batchIn = async (state: string) => {
      const { batches } = await client.get<{ batches: { id: string; bad: number }[] }>(
        `/v1/batches?state=${state}`,
      )
      return (batches.find(({ bad }) => bad > 0) ?? batches[0])!.id
    }
    const certificate = await newestOf('NCR')
    const each = async (
      { page }: Visitor,
      places: readonly [name: string, path: string, prepare?: (page: Page) => Promise<void>][],
    ) => {
      const faults: string[] = []
      for (const [name, path, prepare] of places) {
        await page.goto(`/app${path}`)
        await page.getByRole('heading', { level: 1 }).waitFor()
        await prepare?.(page)
        faults.push(...(await faultsInEveryView(page, `issuing-${name}`)))
      }
      return faults
    }
    const [of1, of2] = await Promise.all([
      each(maker, [
        ['work-maker', '/issuing'],
        ['new', '/issuing/new'],
        ['new-batch', '/issuing/new/NCR'],
        [
          'draft',
          `/issuing/batches/${await batchIn('draft')}`,
          async page => {
            await page.getByRole('button', { name: '查看并修改各行' }).click()
            await page.getByRole('button', { name: '显示本行全部项目' }).first().click()
            await page.getByRole('button', { name: '预览' }).click()
            await page.getByRole('heading', { name: /第一张/ }).waitFor()
          },
        ],
        [
          'form',
          '/issuing/new/HKB/form',
          async page => {
            await page.getByRole('button', { name: '增加一项' }).click()
            await page.getByRole('button', { name: '校验并继续' }).click()
            await page.getByText('有内容需要更正').waitFor()
          },
        ],
        ['certificates', '/issuing/certificates'],
        ['change', `/issuing/certificates/${certificate}/change/suspend`],
        ['replace', `/issuing/certificates/${ric}/change/supersede`],
        ['keys', '/issuing/keys'],
      ]),
      each(checker, [
        ['work-checker', '/issuing'],
        ['check', `/issuing/batches/${await batchIn('submitted')}`],
        ['delivered', `/issuing/batches/${await batchIn('issued')}`],
        [
          'certificate',
          `/issuing/certificates/${certificate}`,
          async page => {
            await page.getByText('删除证照内容').click()
          },
        ],
        ['proposal', `/issuing/proposals/${proposal.id}`],
        ['corrections', '/issuing/corrections'],
      ]),
    ])
    expect([...of1, ...of2]).to.deep.equal([])
  })

  async function newestOf(type: string): Promise<string> {
    const { certificates } = await answerOf<{ certificates: { identifier: string }[] }>(
      gateway.get(`/v1/certificates?type=${type}&standing=ACTIVE&limit=1`),
    )
    return certificates[0]!.identifier
  }
})
