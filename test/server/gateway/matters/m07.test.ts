import { expect } from 'chai'
import { storyOf, type Story } from '../../../support/story-of-matter.ts'

describe('M07 住房公积金提取（租房）', function () {
  this.timeout(120_000)
  let story: Story

  before(async () => {
    story = await storyOf('M07')
  })

  it('lets a tenant withdraw her provident fund at home, with nothing handed in', async () => {
    await story.opens('P09', [['applicant', 'P09']], { with_spouse: false, above_standard_amount: true })
    expect(story.case.number).to.match(/^M07-\d{6}-[0-9A-Z]{8}$/)
    expect(story.symbols).to.equal('RIC ◔ NOH ◔ LEA ◔ MAR – HPF ✓')

    expect(await story.collects('GJJ')).to.deep.equal({
      'RIC applicant': 'asked',
      'NOH applicant': 'asked',
      'LEA applicant': 'asked',
      'HPF applicant': 'adopted',
    })
    await story.consents('P09')
    expect(await story.collects('GJJ')).to.deep.equal({
      'RIC applicant': 'adopted',
      'NOH applicant': 'adopted',
      'LEA applicant': 'adopted',
    })
    expect(story.symbols).to.equal('RIC ✓ NOH ✓ LEA ✓ MAR – HPF ✓')
    expect(story.case.ready).to.equal(true)

    await story.completes('GJJ')
    await story.completes('ZRJ')
    const done = await story.completes('GJJ')
    expect(done.state).to.equal('done')
    expect(done.items.every(({ paper }) => paper === null)).to.equal(true)
  })
})
