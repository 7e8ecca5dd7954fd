import { expect } from 'chai'
import { faultyDiskDrill } from '../../scripts/drills/faulty-disk.ts'
import { runDrill } from '../../scripts/drills/run.ts'

const missing = faultyDiskDrill.missing()

describe('a disk that is full, read-only or broken', function () {
  this.timeout(600_000)

  it(
    missing === null ? 'is refused with its code, and loses nothing' : `is not run: ${missing}`,
    async () => {
      const { outcome, reason, result } = await runDrill(faultyDiskDrill, { form: 'short', seed: 'npm-test' })
      expect([outcome, reason]).to.deep.equal([missing === null ? 'passed' : 'not run', missing])
      if (missing !== null) return
      expect(result?.violations).to.deep.equal([])
      expect(result?.figures).to.include({
        gatewayENOSPC: 1,
        gatewayEROFS: 1,
        gatewayEIO: 1,
        chainEROFS: 1,
        bothEIO: 1,
      })
    },
  )
})
