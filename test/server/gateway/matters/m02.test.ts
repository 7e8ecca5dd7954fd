import { expect } from 'chai'
import { exampleRow } from '../../../support/opened-gateway.ts'
import { storyOf, type Story } from '../../../support/story-of-matter.ts'

describe('M02 企业开办一件事', function () {
  this.timeout(180_000)
  let story: Story

  before(async () => {
    story = await storyOf('M02')
  })

  it('starts a company in one case: licence, seals, tax, insurance and provident fund', async () => {
    const parties: [string, string][] = [
      ['legalRep', 'P06'],
      ['investor', 'P06'],
      ['premisesOwner', 'P12'],
    ]
    await story.opens('P06', parties)
    // The landlord has let a home: its filing is there, the title was sold.
    expect(story.symbols).to.equal('RIC ◔ RIC ◔ REA ✗ LEA ◔')
    await story.collects('SCJ')
    expect(story.case.consentRequests).to.have.length(2)
    await story.consents('P06')
    await story.consents('P12')
    await story.collects('SCJ')
    expect(story.case.ready).to.equal(true)

    await story.completes('SCJ', [{ cert: 'BIZ', fields: exampleRow('BIZ') }])
    for (const department of ['GAJ', 'SWJ', 'RSJ']) await story.completes(department)
    expect((await story.completes('GJJ')).state).to.equal('done')
    expect(await story.standing(story.issued('BIZ'))).to.equal('ACTIVE')
  })
})
