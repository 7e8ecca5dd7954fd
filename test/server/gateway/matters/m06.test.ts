import { expect } from 'chai'
import { storyOf, type Story } from '../../../support/story-of-matter.ts'

describe('M06 义务教育入学报名一件事', function () {
  this.timeout(180_000)
  let story: Story

  before(async () => {
    story = await storyOf('M06')
  })

  it('enrols a child of a tenant: the mother consents for herself and, as guardian, for him', async () => {
    await story.records('guardian', 'P09', 'P10')
    await story.opens(
      'P09',
      [
        ['child', 'P10'],
        ['guardian', 'P09'],
      ],
      { non_local: true },
    )
    expect(story.symbols).to.equal('HKB ✗ RES ◔ RIC ◔ BIR ◔ REA ✗ LEA ◔ SIP ◔')
    await story.collects('JYJ')
    await story.consents('P09')
    await story.consents('P10', { by: 'P09' })
    await story.collects('JYJ')
    expect(story.symbols).to.equal('HKB ✗ RES ✓ RIC ✓ BIR ✓ REA ✗ LEA ✓ SIP ✓')
    for (const department of ['JYJ', 'GAJ', 'ZRJ', 'JYJ']) await story.completes(department)
    expect(story.case.state).to.equal('done')
  })
})
