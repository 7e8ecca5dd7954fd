import { expect } from 'chai'
import { kill } from '../../scripts/drills/kill.ts'
import { runDrill } from '../../scripts/drills/run.ts'
import { FAIL_POINTS } from '../../server/store/fail-points.ts'

describe('kill -9 of the gateway and its chain', () => {
  const missing = kill.missing()
  if (missing !== null) {
    it(`is not run on this machine: ${missing}`, async () => {
      const { outcome, reason } = await runDrill(kill, { form: 'short', seed: 'fixed' })
      expect({ outcome, reason }).to.deep.equal({ outcome: 'not run', reason: missing })
    })
    return
  }

  it('loses nothing that was acknowledged, at every fail point and at ten moments of chance', async () => {
    const { result } = await runDrill(kill, { form: 'short', seed: 'fixed' })
    expect(result?.violations).to.deep.equal([])
    expect(result?.rpo).to.equal(0)
    const { kills, failPoints, acknowledged, lostAnswers } = result!.figures as Record<string, number>
    expect(failPoints).to.equal(FAIL_POINTS.length)
    expect(kills).to.be.at.least(FAIL_POINTS.length + 10)
    expect(acknowledged).to.be.greaterThan(50)
    for (const name of ['grants', 'uses', 'withdrawals', 'deskBatches'])
      expect(result!.figures[name], name).to.be.greaterThan(0)
    expect(lostAnswers).to.be.greaterThan(0)
  }).timeout(1_800_000)
})
