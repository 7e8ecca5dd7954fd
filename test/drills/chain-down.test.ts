import { expect } from 'chai'
import { chainDown } from '../../scripts/drills/chain-down.ts'
import { runDrill } from '../../scripts/drills/run.ts'

describe('drill chain-down', () => {
  it('loses nothing that was accepted without a chain, also over a crash, and anchors it oldest first', async function () {
    this.timeout(300_000)
    const { result } = await runDrill(chainDown, { form: 'short', seed: 'fixed' })
    expect(result?.violations).to.deep.equal([])
    expect(result?.figures['backlog']).to.be.greaterThan(20)
    expect(result?.figures['acknowledged']).to.be.greaterThan(40)
  })
})
