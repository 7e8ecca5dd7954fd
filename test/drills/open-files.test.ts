import { expect } from 'chai'
import { openFilesDrill } from '../../scripts/drills/resources/open-files.ts'
import { runDrill } from '../../scripts/drills/run.ts'

const missing = openFilesDrill.missing()

describe('a gateway that can open no more files', () => {
  it(
    missing === null ? 'lets wait who is too many, and loses nothing' : `is not run: ${missing}`,
    async () => {
      const { outcome, reason, result } = await runDrill(openFilesDrill, { form: 'short', seed: 'npm-test' })
      expect([outcome, reason]).to.deep.equal([missing === null ? 'passed' : 'not run', missing])
      if (missing !== null) return
      expect(result?.violations).to.deep.equal([])
      expect(result?.figures).to.include({ rounds: 1, unanswered: 1 })
      expect(result!.figures['acknowledged']).to.be.greaterThan(20)
    },
  )
})
