import { expect } from 'chai'
import { exampleRow, issue } from '../../../support/opened-gateway.ts'
import { storyOf, type Story } from '../../../support/story-of-matter.ts'

describe('M09 残疾人服务一件事', function () {
  this.timeout(180_000)
  let story: Story

  before(async () => {
    story = await storyOf('M09')
  })

  it('serves a disabled man at four bureaus: category and level by duty, his account by consent', async () => {
    await story.opens('CLH', [['applicant', 'P08']])
    // His social security card is suspended, so it counts as none.
    expect(story.symbols).to.equal('RIC ◔ DIS ✓ HKB ◔ LOW ✓ SSC ✗')
    expect(story.item('SSC').because).to.equal('NOT_IN_FORCE')
    expect(await story.collects('CLH')).to.deep.equal({
      'RIC applicant': 'asked',
      'DIS applicant': 'adopted',
      'HKB applicant': 'asked',
      'LOW applicant': 'adopted',
    })
    await story.consents('P08')
    await story.collects('CLH')
    await story.completes('CLH')

    const { number } = await story.person('P08')
    await issue(story.gateway, 'SSC', {
      ...exampleRow('SSC'),
      socialSecurityNo: number,
      issueDate: story.today,
    })
    await story.collects('CLH')
    await story.consents('P08')
    await story.collects('CLH')
    expect(story.symbols).to.equal('RIC ✓ DIS ✓ HKB ✓ LOW ✓ SSC ✓')
    for (const department of ['MZJ', 'YBJ', 'JTJ']) await story.completes(department)
    expect(story.case.state).to.equal('done')
  })
})
