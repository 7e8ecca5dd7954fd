import { expect } from 'chai'
import { answerOf } from '../../../support/opened-gateway.ts'
import { storyOf, type Story } from '../../../support/story-of-matter.ts'

describe('M10 教师资格认定', function () {
  this.timeout(180_000)
  let story: Story

  before(async () => {
    story = await storyOf('M10')
  })

  it('qualifies a graduate, who alone can show that she has no criminal record', async () => {
    await story.opens('P07', [['applicant', 'P07']])
    expect(story.symbols).to.equal('RIC ◔ DIP ◔ DEG ◔ HKB ✗ RES ✗ NCR ⊘')
    await story.collects('JYJ')
    await story.consents('P07')
    await story.collects('JYJ')
    expect(story.symbols).to.equal('RIC ✓ DIP ✓ DEG ✓ HKB ✗ RES ✗ NCR ⊘')
    await story.completes('JYJ')

    const clearance = story.item('NCR')
    // Nobody reads it: not by duty, whatever he says.
    const pulled = story.officer('JYJ').post('/v1/uses', {
      matter: 'M10',
      ground: 'duty',
      identifier: clearance.identifier,
      fields: ['result'],
    })
    expect(await story.refusal(pulled)).to.equal('SHARE_REFUSED')

    const graduate = await story.person('P07')
    const { presentation, code } = await answerOf<{
      presentation: { id: string }
      code: { digits: string }
    }>(
      graduate.asks.post('/v1/holder/presentations', {
        certificates: [{ identifier: clearance.identifier, fields: clearance.fields }],
        purpose: 'QUALIFICATION',
      }),
      201,
    )
    const counter = story.officer('JYJ')
    await answerOf(
      counter.post('/v1/presentations/resolve', { code: { digits: code.digits }, matter: 'M10' }),
      200,
    )
    expect(
      await story.collects('JYJ', [{ item: clearance.number, presentation: presentation.id }]),
    ).to.deep.equal({
      'NCR applicant': 'adopted',
    })
    expect(story.item('NCR').taken?.ground).to.equal('presentation')

    await story.completes('JYJ')
    await story.asksForPaper('JYJ', story.item('HKB').number)
    expect((await story.completes('JYJ')).state).to.equal('done')
  })
})
