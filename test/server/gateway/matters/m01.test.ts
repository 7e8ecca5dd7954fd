import { expect } from 'chai'
import { exampleRow } from '../../../support/opened-gateway.ts'
import { storyOf, type Story } from '../../../support/story-of-matter.ts'
import { newNumber } from '../../grants/holders.ts'

describe('M01 新生儿出生一件事', function () {
  this.timeout(180_000)
  let story: Story

  before(async () => {
    story = await storyOf('M01')
  })

  it('registers a child at four bureaus in one case, and what the first issues the others reuse', async () => {
    const child = newNumber()
    const [mother, father] = [await story.person('P02'), await story.person('P01')]
    const parties: [string, string][] = [
      ['mother', 'P02'],
      ['father', 'P01'],
      ['newborn', child],
    ]
    await story.opens('P02', parties, { father_named: true, born_in_marriage: true })
    expect(story.symbols).to.equal('RIC ◔ RIC ◔ MAR ◔ HKB ◔ HKB ◔ BIR ✗')

    await story.collects('WJW')
    await story.consents('P02')
    expect(story.item('RIC', 'mother').state).to.equal('available')
    expect(story.item('RIC', 'father').state).to.equal('waiting')
    await story.consents('P01')
    await story.collects('WJW')
    expect(story.symbols).to.equal('RIC ✓ RIC ✓ MAR ✓ HKB ✓ HKB ✓ BIR ✗')

    const birth = {
      ...exampleRow('BIR'),
      newbornName: '林示例',
      motherIdNo: mother.number,
      fatherIdNo: father.number,
    }
    await story.completes('WJW', [{ cert: 'BIR', fields: birth }])
    await story.looks()
    expect(story.item('BIR').symbol).to.equal('✓')
    expect(await story.collects('WJW')).to.deep.equal({ 'BIR newborn': 'adopted' })

    const household = story.item('HKB', 'mother').identifier!
    const register = await story.fields(household)
    const joined = {
      ...(register['members'] as Record<string, unknown>[])[0]!,
      name: '林示例',
      relationToHead: '子',
      idNo: child,
    }
    await story.completes('GAJ', [
      {
        cert: 'HKB',
        fields: { ...register, members: [...(register['members'] as unknown[]), joined] },
        replaces: { identifier: household, how: 'supersede', reason: 'HOLDER_CHANGE' },
      },
    ])
    expect(await story.standing(household)).to.equal('SUPERSEDED')
    expect(await story.standing(story.issued('HKB'))).to.equal('ACTIVE')
    expect(story.case.items.every(({ flagged }) => flagged === null)).to.equal(true)

    await story.completes('YBJ')
    const card = { ...exampleRow('SSC'), name: '林示例', socialSecurityNo: child }
    expect((await story.completes('RSJ', [{ cert: 'SSC', fields: card }])).state).to.equal('done')
    expect(await story.certificatesOf(child)).to.have.members([
      story.issued('BIR'),
      story.issued('HKB'),
      story.issued('SSC'),
    ])
  })
})
