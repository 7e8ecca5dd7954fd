import { expect } from 'chai'
import { Refusal } from '../../protocol/refusal.ts'
import { generateNdjson, generateRows } from '../../scripts/generate/certificates.ts'
import { chanceOf } from '../../scripts/generate/random.ts'
import { compileType } from '../../server/catalogue/check-rows.ts'
import { demoCertificates } from '../../server/catalogue/demo-certificates.ts'
import { foodLicenceNo } from '../../server/catalogue/food-licence.ts'
import { demoRegion, typeIn } from '../../server/catalogue/region.ts'
import { holderNameOf } from '../../server/catalogue/type-definition.ts'

const region = demoRegion()

async function linesOf(...arguments_: Parameters<typeof generateNdjson>): Promise<string[]> {
  const lines: string[] = []
  for await (const line of generateNdjson(...arguments_)) lines.push(line)
  return lines
}

describe('generated rows', () => {
  for (const type of region.certificateTypes) {
    it(`of ${type.code} pass every check and are numbered without repeats`, () => {
      const { check } = compileType(type)
      const numbers = new Set<unknown>()
      let row = 0
      for (const seed of [1, 'another']) {
        for (const generated of generateRows(type, 50, seed)) {
          const result = check(generated, row++)
          if (Array.isArray(result)) expect.fail(`${JSON.stringify(result)} ${JSON.stringify(generated)}`)
          numbers.add(`${seed}${String(generated[type.numberField])}`)
        }
      }
      expect(row).to.equal(100)
      expect(numbers.size).to.equal(100)
    })
  }

  it('are the same for the same seed, others for another, and a longer batch begins with the shorter', () => {
    const type = typeIn(region, 'HKB')
    const rows = (count: number, seed: number): string => JSON.stringify([...generateRows(type, count, seed)])
    expect(rows(20, 7)).to.equal(rows(20, 7))
    expect(rows(20, 7)).not.to.equal(rows(20, 8))
    expect(rows(50, 7).startsWith(rows(20, 7).slice(0, -1))).to.equal(true)
  })

  it('hold rare characters and interpuncts now and then, and mostly neither', () => {
    const type = typeIn(region, 'RIC')
    const names = [...generateRows(type, 1_000, 1)].map(row => holderNameOf(type, row))
    const share = (pattern: RegExp): number => names.filter(name => pattern.test(name)).length / names.length
    expect(share(/·/)).to.be.within(0.005, 0.05)
    expect(share(/[\u3400-\u4dbf\u{20000}-\u{2ffff}]/u)).to.be.within(0.005, 0.05)
    expect(new Set(names).size).to.be.greaterThan(700)
  })

  it('belong to nobody: every ID number is of region 990', () => {
    for (const type of region.certificateTypes) {
      const text = JSON.stringify([...generateRows(type, 20, 3)])
      for (const [, code] of text.matchAll(/"[^"]*[iI]dNo":"(\d{6})/g)) expect(code).to.match(/^990/)
    }
  })

  it('come as one line of JSON each', async () => {
    const lines = await linesOf('RIC', 3, 5)
    const rows = [...generateRows(typeIn(region, 'RIC'), 3, 5)]
    expect(lines.map(line => JSON.parse(line) as unknown)).to.deep.equal(rows)
    expect(lines.every(line => line.indexOf('\n') === line.length - 1)).to.equal(true)
    expect(await linesOf('RIC', 0, 5)).to.deep.equal([])
    expect(await linesOf('RIC', 2_500, 5)).to.have.length(2_500)
  })

  it('are refused for a type that is not known and a count that is none', async () => {
    const codeOf = (attempt: Promise<unknown>): Promise<unknown> =>
      attempt.then(
        () => 'accepted',
        (error: unknown) => (error instanceof Refusal ? error.code : error),
      )
    expect(await codeOf(linesOf('XYZ', 1, 1))).to.equal('TYPE_NOT_FOUND')
    expect(await codeOf(linesOf('RIC', -1, 1))).to.equal('GENERATOR_COUNT')
    expect(await codeOf(linesOf('RIC', 1.5, 1))).to.equal('GENERATOR_COUNT')
    const foreign = { ...typeIn(region, 'RIC'), code: 'XYZ' }
    expect(() => generateRows(foreign, 1, 1).next())
      .to.throw(Refusal)
      .with.property('code', 'GENERATOR_TYPE')
  })

  it('give food licences the check digit of their thirteen digits', () => {
    expect(foodLicenceNo(2, '990102', '000123')).to.equal('JY29901020001233')
  })
})

describe('chance', () => {
  it('is even, repeatable and other in each stream', () => {
    const chance = chanceOf(1, 0)
    const drawn = Array.from({ length: 6_000 }, () => chance.integer(1, 6))
    for (const face of [1, 2, 3, 4, 5, 6]) {
      expect(drawn.filter(one => one === face).length).to.be.within(900, 1_100)
    }
    expect(chanceOf(1, 0).digits(12)).to.equal(chanceOf(1, 0).digits(12))
    const streams = Array.from({ length: 1_000 }, (_, stream) => chanceOf(1, stream).digits(12))
    expect(new Set(streams).size).to.equal(1_000)
  })
})

describe('the demonstration certificates', () => {
  const TODAY = '2026-11-23'
  const all = demoCertificates(TODAY)

  it('cover all 24 types, 12 people and 5 bodies, each issued by the department of its type', () => {
    expect(new Set(all.map(one => one.type)).size).to.equal(24)
    expect(new Set(all.map(one => one.holder)).size).to.equal(17)
    for (const { type, department } of all) expect(department).to.equal(typeIn(region, type).issuer)
    const cards = all.filter(one => one.type === 'RIC').map(one => one.holder)
    expect(cards).to.deep.equal(region.personas.map(persona => persona.id))
  })

  it('pass every check, and so do the versions that replace them', () => {
    for (const [index, { type, row, afterwards }] of all.entries()) {
      const { check } = compileType(typeIn(region, type))
      const versions = afterwards?.action === 'supersede' ? [row, { ...row, ...afterwards.changes }] : [row]
      for (const version of versions) {
        const result = check(version, index)
        if (Array.isArray(result)) expect.fail(`${type} ${JSON.stringify(result)}`)
      }
    }
  })

  it('replace something by something else', () => {
    for (const { type, row, afterwards } of all) {
      if (afterwards?.action !== 'supersede') continue
      expect({ ...row, ...afterwards.changes }, type).not.to.deep.equal(row)
    }
  })

  it('show every state: suspended, revoked, superseded, expired, in force', () => {
    const actions = all.map(one => one.afterwards?.action)
    for (const action of ['suspend', 'revoke', 'supersede']) {
      expect(actions.filter(one => one === action).length, action).to.be.greaterThan(2)
    }
    const expired = all.filter(({ type, row }) => {
      const result = compileType(typeIn(region, type)).check(row, 0)
      return !Array.isArray(result) && result.validUntil !== null && result.validUntil < TODAY
    })
    expect(expired.map(one => one.type)).to.have.members(['DIS', 'HPF', 'RES', 'NCR', 'HYG'])
  })

  it('give only reasons that the region has words for', () => {
    const revoking = region.revocationReasons.map(reason => reason.code)
    const suspending = region.suspensionReasons.map(reason => reason.code)
    for (const { afterwards } of all) {
      if (afterwards === undefined) continue
      expect(afterwards.action === 'suspend' ? suspending : revoking).to.include(afterwards.reason)
    }
  })

  it('are numbered once, but for the copies of a couple', () => {
    const numbers = all.map(({ type, row }) => `${type} ${String(row[typeIn(region, type).numberField])}`)
    const repeated = numbers.filter((number, index) => numbers.indexOf(number) !== index)
    expect(repeated).to.deep.equal(['MAR J990102-2019-001314', 'DIV L990103-2022-000617'])
  })

  it('are the same for the same day', () => {
    expect(demoCertificates(TODAY)).to.deep.equal(all)
    for (const day of ['2026-01-01', '2028-02-29']) {
      for (const { type, row } of demoCertificates(day)) {
        const result = compileType(typeIn(region, type)).check(row, 0)
        if (Array.isArray(result)) expect.fail(`${day} ${type} ${JSON.stringify(result)}`)
      }
    }
  })
})
