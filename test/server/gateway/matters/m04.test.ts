import { expect } from 'chai'
import { exampleRow, issue } from '../../../support/opened-gateway.ts'
import { storyOf, type Story } from '../../../support/story-of-matter.ts'

describe('M04 二手房转移登记一件事', function () {
  this.timeout(180_000)
  let story: Story

  before(async () => {
    story = await storyOf('M04')
  })

  it('transfers a home through three bureaus, the old title revoked and the new one issued in one step', async () => {
    const [seller, wife, buyer] = [
      await story.person('P11'),
      await story.person('P05'),
      await story.person('P04'),
    ]
    const title = { ...exampleRow('REA'), certNo: '示(2022)云岭市不动产权第0099001号' }
    const owners = [
      { name: '石卫国', idNo: seller.number, share: '50%' },
      { name: '阿依努尔·示例江', idNo: wife.number, share: '50%' },
    ]
    const old = await issue(story.gateway, 'REA', { ...title, obligees: owners, coOwnership: '按份共有' })

    await story.opens('ZRJ', [
      ['seller', 'P11'],
      ['seller', 'P05'],
      ['buyer', 'P04'],
    ])
    expect(story.symbols).to.equal('RIC ◔ RIC ◔ RIC ◔ REA ◔ REA ◔ MAR ✗ DIV ✗ HKB ◔ TAX ✗')
    await story.collects('ZRJ')
    for (const party of ['P11', 'P05', 'P04']) await story.consents(party)
    await story.collects('ZRJ')
    // A widower: no certificate says it, so he declares it.
    await story.declares('P04', 'marital')
    expect(story.symbols).to.equal('RIC ✓ RIC ✓ RIC ✓ REA ✓ REA ✓ MAR ✓ DIV ✓ HKB ✓ TAX ✗')

    await story.completes('ZJJ')
    const tax = { ...exampleRow('TAX'), taxpayerId: buyer.number, issueDate: story.today }
    await story.completes('SWJ', [{ cert: 'TAX', fields: tax }])
    await story.looks()
    await story.collects('ZRJ')
    expect(story.case.ready).to.equal(true)

    const bought = {
      ...title,
      certNo: '示(2026)云岭市不动产权第0099002号',
      obligees: [{ name: '周守福', idNo: buyer.number, share: '100%' }],
    }
    const output = {
      cert: 'REA',
      fields: bought,
      replaces: { identifier: old.identifier, how: 'revoke', reason: 'HOLDER_CHANGE' },
    }
    expect((await story.completes('ZRJ', [output])).state).to.equal('done')
    expect(await story.standing(old.identifier)).to.equal('REVOKED')
    expect(await story.standing(story.issued('REA'))).to.equal('ACTIVE')
    // One transaction accepted both, and the chain will not revoke the old before it has the new one.
    const { store } = story.gateway.world
    const issued = (await store.certificateByIdentifier(story.issued('REA')))!
    const [order] = await store.statusChanges(old.identifier)
    expect(order).to.include({ action: 'revoke', seq: issued.seq + 1, afterSeq: issued.seq })
  })
})
