import { createHash } from 'node:crypto'
import { expect } from 'chai'
import { answerOf, untilAllFinal } from '../../../support/opened-gateway.ts'
import { storyOf, type Story } from '../../../support/story-of-matter.ts'

describe('M12 司法存证与电子证据核验', function () {
  this.timeout(180_000)
  let story: Story

  before(async () => {
    story = await storyOf('M12')
  })

  it('notarizes a contract, and the court computes for itself that it has not changed since', async () => {
    await story.opens('FY', [['party', 'P12']])
    expect(story.symbols).to.equal('RIC ◔ REA ✗ LEA ◔')
    await story.collects('FY')
    await story.consents('P12')
    await story.collects('FY')

    const contract = Buffer.from('房屋租赁合同（示例）')
    const sha256 = createHash('sha256').update(contract).digest('hex')
    const { id } = await answerOf<{ id: string }>(
      story.officer('ZSJ').post('/v1/records', { sha256, name: '租赁合同.pdf' }),
      201,
    )
    await story.completes('ZSJ')
    await story.completes('ZSJ', [{ cert: 'EVI', record: id }])
    expect(story.case.outputs[0]).to.include({ cert: 'EVI', state: 'issued', record: id })

    await untilAllFinal(story.gateway)
    const verdictOf = (digest: string) =>
      answerOf<{ verdict: string }>(
        story.officer('FY').post('/v1/verify/record', { id, sha256: digest }),
        200,
      )
    expect((await verdictOf(sha256)).verdict).to.equal('VALID')
    const other = createHash('sha256').update('another contract').digest('hex')
    expect((await verdictOf(other)).verdict).to.equal('NOT_FOUND')
    expect((await story.completes('FY')).state).to.equal('done')
  })
})
