import { expect } from 'chai'
import { keyLost } from '../../scripts/drills/key-lost.ts'
import { runDrill } from '../../scripts/drills/run.ts'

describe('keys that are lost', function () {
  this.timeout(300_000)

  it('are not made anew in silence; what they signed stays good, and their departments go on', async () => {
    const { result } = await runDrill(keyLost, { form: 'short', seed: 'fixed' })
    expect(result?.violations).to.deep.equal([])
    expect(result?.figures).to.include({ keysLost: 5, lost: 0 })
    expect(result!.figures['acknowledged']).to.be.greaterThan(19)
  })
})
