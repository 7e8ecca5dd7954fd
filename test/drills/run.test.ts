import { existsSync, readFileSync, rmSync } from 'node:fs'
import { expect } from 'chai'
import type { Drill } from '../../scripts/drills/drill.ts'
import { drills } from '../../scripts/drills/list.ts'
import { runDrill } from '../../scripts/drills/run.ts'

const good: Drill = {
  name: 'good',
  title: { zh: '好', en: 'good' },
  event: 'audit',
  promise: 'nothing',
  missing: () => null,
  run: async ({ chance }) => ({
    figures: { drawn: chance(1).digits(12) },
    violations: [],
    rpo: 0,
    rtoMs: null,
  }),
}

describe('drills', () => {
  it('makes the same decisions again from the same seed, and others from another', async () => {
    const drawn = async (seed: string) =>
      (await runDrill(good, { form: 'short', seed })).result?.figures['drawn']
    expect(await drawn('a')).to.equal(await drawn('a'))
    expect(await drawn('a')).not.to.equal(await drawn('b'))
  })

  it('fails when a promise was broken or the drill broke off, keeps the folder and says where', async () => {
    const broken = await runDrill(
      {
        ...good,
        run: async () => ({ figures: {}, violations: ['certificate X is lost'], rpo: 1, rtoMs: null }),
      },
      { form: 'short' },
    )
    expect(broken.outcome).to.equal('failed')
    expect(broken.kept !== null && existsSync(broken.kept)).to.equal(true)
    const thrown = await runDrill(
      { ...good, run: () => Promise.reject(new Error('no gateway')) },
      { form: 'short' },
    )
    expect(thrown.outcome).to.equal('failed')
    for (const { kept } of [broken, thrown]) rmSync(kept!, { recursive: true })
    expect(thrown.result?.violations.join()).to.match(/broke off: Error: no gateway/)
  })

  it('begins no further round when its time is up', async () => {
    const rounds = async (minutes?: number) => {
      const run: Drill['run'] = async ({ isTimeUp }) => {
        let round = 0
        while (round < 3 && !isTimeUp()) round++
        return { figures: { round }, violations: [], rpo: null, rtoMs: null }
      }
      return (await runDrill({ ...good, run }, { form: 'long', minutes })).result?.figures['round']
    }
    expect(await rounds()).to.equal(3)
    expect(await rounds(0)).to.equal(0)
  })

  it('says why it was not run, and does not count that as passed', async () => {
    const report = await runDrill(
      { ...good, missing: () => 'no C compiler is here' },
      { form: 'long', seed: 's' },
    )
    expect(report).to.include({ outcome: 'not run', reason: 'no C compiler is here', result: null })
  })

  it('rehearses every kind of event, and the runbook of the event says with which drill', () => {
    const runbooks = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8')
    for (const event of ['power', 'crash', 'chain', 'disk', 'keys', 'flood', 'attack', 'restore', 'audit']) {
      const names = drills.filter(drill => drill.event === event).map(({ name }) => name)
      const named = names.filter(name => new RegExp(`\`${name}\`|drill ${name}\\b`).test(runbooks))
      expect(named, event).to.not.deep.equal([])
    }
  })

  it('has one name for each drill', () => {
    const names = drills.map(({ name }) => name)
    expect(new Set(names).size).to.equal(names.length)
    for (const name of names) expect(name).to.match(/^[a-z]+(-[a-z]+)*$/)
  })
})
