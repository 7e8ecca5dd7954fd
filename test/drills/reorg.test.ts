import { expect } from 'chai'
import { reorg } from '../../scripts/drills/reorg.ts'
import { runDrill } from '../../scripts/drills/run.ts'

describe('drill reorg', () => {
  it('undoes nothing that was final, and brings everything else back', async function () {
    this.timeout(300_000)
    const { result } = await runDrill(reorg, { form: 'short', seed: 'fixed' })
    expect(result?.violations).to.deep.equal([])
    expect(result?.figures['scripts']).to.equal(8)
    expect(result?.figures['shallow']).to.be.greaterThan(0)
    const { deep, deepFound, finalsTaken, wholeAgain } = result!.figures as Record<string, number>
    expect(deep).to.be.greaterThan(0)
    expect(finalsTaken).to.be.at.least(deep!)
    // Each deep one was said, as CHAIN_LOST_BLOCKS, and made good, as CHAIN_WHOLE_AGAIN.
    expect(deepFound).to.be.at.least(deep!)
    expect(wholeAgain).to.be.at.least(deep!)
    expect(result?.figures['calledFinal']).to.be.greaterThan(0)
    expect(result?.figures['acknowledged']).to.be.greaterThan(20)
  })
})
