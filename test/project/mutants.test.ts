import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { mutants } from '../../scripts/mutants/list.ts'
import { inapplicable } from '../../scripts/mutants/mutant.ts'

const root = join(import.meta.dirname, '../..')

/** `npm run test:mutants` takes a quarter of an hour; that its list still fits the source is seen here at once. */
describe('the list of mutants', () => {
  it('fits the source: each text to replace stands there exactly once, and each test file is there', () => {
    const wrong = mutants.flatMap(mutant => {
      const problem = inapplicable(root, mutant)
      const missing = mutant.tests.filter(entry => !existsSync(join(root, entry.split(' › ')[0]!)))
      return [...(problem === null ? [] : [problem]), ...missing.map(entry => `there is no ${entry}`)].map(
        what => `${mutant.name}: ${what}`,
      )
    })
    expect(wrong, 'the source has changed: change scripts/mutants too').to.deep.equal([])
  })

  it('names each mutant once and says in a sentence what it would let through', () => {
    expect(mutants.length).to.be.at.least(50)
    expect(new Set(mutants.map(({ name }) => name)).size).to.equal(mutants.length)
    for (const { name, why, tests } of mutants) {
      expect(name).to.match(/^[a-z0-9]+(-[a-z0-9]+)+$/)
      expect(why, name).to.match(/^\S.{20,160}\.$/u)
      expect(tests, name).to.not.have.lengthOf(0)
    }
  })
})
