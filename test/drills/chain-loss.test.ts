import { expect } from 'chai'
import { chainLoss } from '../../scripts/drills/chain-loss.ts'
import { runDrill } from '../../scripts/drills/run.ts'

describe('drill chain-loss', function () {
  this.timeout(600_000)

  it('brings back what an embedded chain lost under load, and says nothing false meanwhile', async () => {
    const { outcome, result } = await runDrill(chainLoss, { form: 'short', seed: 'fixed' })
    expect(result?.violations).to.deep.equal([])
    expect(outcome).to.equal('passed')
    const { losses, renewals, blocksLost, acknowledged, orders, probesOfRevoked } = result!.figures
    expect(losses).to.equal(2)
    expect(renewals).to.equal(1)
    expect(blocksLost).to.be.greaterThan(0)
    expect(acknowledged).to.be.greaterThan(60)
    expect(orders).to.be.greaterThan(5)
    expect(probesOfRevoked).to.be.greaterThan(0)
  })
})
