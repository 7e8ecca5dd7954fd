import { expect } from 'chai'
import { exampleRow, issue } from '../../../support/opened-gateway.ts'
import { storyOf, type Story } from '../../../support/story-of-matter.ts'

describe('M11 货运车辆营运一件事', function () {
  this.timeout(180_000)
  let story: Story

  before(async () => {
    story = await storyOf('M11')
  })

  it('puts a truck into service: its company consents by its legal representative', async () => {
    const company = await story.person('O02')
    const truck = { ...exampleRow('VEH'), useNature: '货运', plateNo: '示AD9911' }
    await story.issues('VEH', truck, [company.number])
    await issue(story.gateway, 'TAX', { ...exampleRow('TAX'), taxpayerId: company.number })
    await story.records('legal-representative', 'P11', 'O02')

    await story.opens('JTJ', [
      ['company', 'O02'],
      ['driver', 'P11'],
    ])
    expect(story.symbols).to.equal('BIZ ✓ VEH ◔ DRV ◔ TAX ✓')
    await story.collects('JTJ')
    await story.consents('P11')
    await story.consents('O02', { by: 'P11' })
    await story.collects('JTJ')
    expect(story.symbols).to.equal('BIZ ✓ VEH ✓ DRV ✓ TAX ✓')

    await story.completes('JTJ')
    await story.completes('JJZD')
    const licence = { ...exampleRow('RTC'), plateNo: '示AD9911' }
    expect((await story.completes('JTJ', [{ cert: 'RTC', fields: licence }])).state).to.equal('done')
    expect(await story.certificatesOf(company.number)).to.include(story.issued('RTC'))
  })
})
