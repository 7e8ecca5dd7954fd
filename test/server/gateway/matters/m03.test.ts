import { expect } from 'chai'
import { exampleRow } from '../../../support/opened-gateway.ts'
import { storyOf, type Story } from '../../../support/story-of-matter.ts'

describe('M03 开办餐饮店一件事', function () {
  this.timeout(180_000)
  let story: Story

  before(async () => {
    story = await storyOf('M03')
  })

  it('licenses a restaurant: the licence by duty, the owner by consent, the lease on paper for want of a certificate', async () => {
    await story.opens('SCJ', [
      ['company', 'O01'],
      ['legalRep', 'P01'],
    ])
    expect(story.symbols).to.equal('BIZ ✓ RIC ◔ REA ✗ LEA ✗')
    expect(await story.collects('SCJ')).to.deep.equal({
      'BIZ company': 'adopted',
      'RIC legalRep': 'asked',
    })
    await story.consents('P01')
    await story.collects('SCJ')

    await story.completes('SCJ', [{ cert: 'FOO', fields: exampleRow('FOO') }])
    await story.completes('WJW', [{ cert: 'HYG', fields: exampleRow('HYG') }])
    const last = story.officer('ZJJ').post(`${story.path}/steps/3`, { outcome: 'complete' })
    expect(await story.refusal(last)).to.equal('CASE_NOT_READY')

    await story.asksForPaper('SCJ', story.item('LEA').number)
    expect(story.item('LEA').symbol).to.equal('✓')
    expect((await story.completes('ZJJ')).state).to.equal('done')
    expect(story.case.outputs.map(({ cert, state }) => `${cert} ${state}`)).to.deep.equal([
      'FOO issued',
      'HYG issued',
    ])
  })
})
