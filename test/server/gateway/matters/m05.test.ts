import { expect } from 'chai'
import { storyOf, type Story } from '../../../support/story-of-matter.ts'

describe('M05 公共租赁住房申请', function () {
  this.timeout(180_000)
  let story: Story

  before(async () => {
    story = await storyOf('M05')
  })

  it('takes an application with eight certificates and no visit; what she does not have is not asked for', async () => {
    await story.opens('P09', [['applicant', 'P09']])
    expect(story.symbols).to.equal('RIC ◔ HKB ✗ RES ◔ MAR ✗ DIV ◔ NOH ◔ SIP ◔ HPF ◔ LOW ✗ DIS ✗')
    await story.collects('ZJJ')
    await story.consents('P09')
    await story.collects('ZJJ')
    expect(story.symbols).to.equal('RIC ✓ HKB ✗ RES ✓ MAR ✗ DIV ✓ NOH ✓ SIP ✓ HPF ✓ LOW ✗ DIS ✗')
    // One of each group is enough, and priority is not required.
    expect(story.case.items.filter(({ lacking }) => lacking)).to.deep.equal([])
    for (const department of ['ZJJ', 'MZJ', 'ZRJ', 'ZJJ']) await story.completes(department)
    expect(story.case.state).to.equal('done')
  })
})
