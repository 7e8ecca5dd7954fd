import { expect } from 'chai'
import { exampleRow, issue } from '../../../support/opened-gateway.ts'
import { storyOf, type Story } from '../../../support/story-of-matter.ts'

describe('M08 社会救助（最低生活保障）申请', function () {
  this.timeout(180_000)
  let story: Story

  before(async () => {
    story = await storyOf('M08')
  })

  it('renews support for a man whom community staff help at the counter', async () => {
    const { number: idNo } = await story.person('P08')
    const { today } = story
    await issue(story.gateway, 'NOH', { ...exampleRow('NOH'), idNo, queriedAt: `${today}T00:00:01+08:00` })
    await issue(story.gateway, 'SIP', { ...exampleRow('SIP'), idNo, asOf: today })

    await story.opens('MZJ', [['applicant', 'P08']], {}, { assisted: true })
    expect(story.case.assistedBy).to.equal(story.officer('MZJ').caller.subject)
    expect(story.symbols).to.equal('RIC ◔ HKB ◔ NOH ◔ VEH ✗ SIP ◔ HPF ✗ DIS ◔')
    await story.collects('MZJ')
    // He does not want his disability looked at, and need not.
    await story.consents('P08', { only: ['RIC', 'HKB', 'NOH', 'SIP'] })
    await story.collects('MZJ')
    expect(story.symbols).to.equal('RIC ✓ HKB ✓ NOH ✓ VEH ✗ SIP ✓ HPF ✗ DIS ✗')
    expect(story.case.ready).to.equal(true)

    await story.completes('MZJ')
    await story.completes('MZJ')
    const support = { ...exampleRow('LOW'), headIdNo: idNo }
    expect((await story.completes('MZJ', [{ cert: 'LOW', fields: support }])).state).to.equal('done')
    expect(await story.certificatesOf(idNo)).to.include(story.issued('LOW'))
  })
})
