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
    expect(result?.figures['deep']).to.be.greaterThan(0)
    expect(result?.figures['calledFinal']).to.be.greaterThan(0)
    expect(result?.figures['acknowledged']).to.be.greaterThan(20)
  })
})
