import { expect } from 'chai'
import { flippedBits, UNNOTICED } from '../../scripts/drills/flipped-bits.ts'
import { runDrill } from '../../scripts/drills/run.ts'

describe('a bit that flips in a data folder', function () {
  this.timeout(1_800_000)

  it('is found and named by the auditor, wherever it is', async () => {
    const { result, outcome } = await runDrill(flippedBits, { form: 'short', seed: 'fixed' })
    expect(result?.violations).to.deep.equal([])
    expect(outcome).to.equal('passed')
    const { flips, found, named, allowed, ofFiles, ofRows } = result!.figures as Record<string, number>
    expect(flips).to.equal(40)
    expect(ofFiles! + ofRows!).to.equal(flips)
    expect(ofFiles).to.equal(5)
    expect(found! + allowed!).to.equal(flips)
    expect(named).to.equal(found)
  })

  it('may go unnoticed where the list says so and why, and nowhere else', () => {
    for (const [place, reason] of Object.entries(UNNOTICED)) {
      expect(place).to.match(/^(?:file \S+|[a-z_]+\.[a-z_]+)$/)
      expect(reason, place).to.match(/\w{2,} .{20,}/)
    }
    expect(Object.keys(UNNOTICED).filter(place => !place.startsWith('file '))).to.have.lengthOf.at.most(2)
  })
})
