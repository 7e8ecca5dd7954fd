import { expect } from 'chai'
import { flood } from '../../scripts/drills/flood.ts'
import { runDrill } from '../../scripts/drills/run.ts'

describe('a flood', function () {
  this.timeout(300_000)

  it('is told to wait or cut off, and every request of the others is answered', async () => {
    const { result } = await runDrill(flood, { form: 'short', seed: 'fixed' })
    expect(result?.violations).to.deep.equal([])
    expect(result?.figures).to.include({ honestWithoutAnswer: 0, askedByMany: 200 })
    expect(result!.figures['answeredRateLimited']).to.be.greaterThan(0)
    expect(result!.figures['acknowledged']).to.be.greaterThan(19)
  })
})
