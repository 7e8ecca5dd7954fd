import { expect } from 'chai'
import { generateMatters } from '../../../scripts/generate/matters.ts'
import { demoRegion } from '../../../server/catalogue/region.ts'
import {
  departmentsOf,
  parseMatter,
  parseMatters,
  type Catalogue,
} from '../../../server/matters/definition.ts'
import { demoMatters } from '../../../server/matters/demo.ts'
import { errorsOf, refusalOf } from '../catalogue/refusals.ts'

type Json = Record<string, unknown>

const region = demoRegion()
const catalogue: Catalogue = {
  types: new Map(region.certificateTypes.map(type => [type.code, type])),
  departments: new Set(region.departments.map(({ code }) => code)),
}
const M04 = demoMatters().matters.find(one => (one as Json)['code'] === 'M04') as Json

/** A copy in which one member, named by its path, is another; undefined removes it. */
function changed(path: string, value: unknown, matter: Json = M04): Json {
  const copy = structuredClone(matter)
  const keys = path.split('.')
  const last = keys.pop() ?? ''
  let at = copy
  for (const key of keys) at = at[key] as Json
  if (value === undefined) delete at[last]
  else at[last] = value
  return copy
}
const refused = (path: string, value: unknown) => errorsOf(() => parseMatter(changed(path, value), catalogue))

describe('defining a matter', () => {
  it('keeps the twelve matters of the demonstration region as they are', () => {
    const { matters } = demoMatters()
    expect(matters).to.have.length(12)
    for (const matter of matters) expect(parseMatter(matter, catalogue)).to.deep.equal(matter)
  })

  it('has templates of consent and a purpose for each matter', () => {
    const { consentTemplates, purposes, matters } = demoMatters()
    expect(consentTemplates.map(({ code }) => code)).to.include.members(['ONE_OFF', 'THIS_MATTER'])
    const known = purposes.map(({ code }) => code)
    for (const matter of parseMatters(matters, catalogue)) expect(known).to.include(matter.purpose)
  })

  it('names each department that takes part once, the lead first', () => {
    expect(departmentsOf(parseMatter(M04, catalogue))).to.deep.equal(['ZRJ', 'SWJ', 'ZJJ', 'MZJ', 'GAJ'])
  })

  it('refuses what is missing or unknown, by its path', () => {
    expect(refused('leadDept', undefined)).to.deep.equal(['leadDept MATTER_MEMBER'])
    expect(refused('requirements.2.fields', [])).to.deep.equal(['requirements.2.fields MATTER_MEMBER'])
    expect(refused('requirements.2.note', 'x')).to.deep.equal(['requirements.2.note MATTER_MEMBER'])
    expect(refused('parties.0.min', 21)).to.include('parties.0.min MATTER_MEMBER')
    expect(errorsOf(() => parseMatter('M04', catalogue))).to.deep.equal(['. MATTER_MEMBER'])
    expect(refused('version', 0)).to.deep.equal(['version MATTER_MEMBER'])
  })

  it('refuses certificates, fields and uses that no type has', () => {
    expect(refused('requirements.2.cert', 'XXX')).to.deep.equal(['requirements.2.cert MATTER_TYPE'])
    expect(refused('requirements.2.fields', ['certNo', 'price', 'certNo'])).to.deep.equal([
      'requirements.2.fields.1 MATTER_FIELD',
      'requirements.2.fields.2 MATTER_FIELD',
    ])
    expect(
      errorsOf(() =>
        parseMatter(
          changed('requirements.2', {
            ...((M04['requirements'] as Json[])[2] as object),
            cert: 'NCR',
            fields: ['result'],
          }),
          catalogue,
        ),
      ),
      '不予共享 is presented, never asked for by consent',
    ).to.deep.equal(['requirements.2.mode MATTER_MODE'])
  })

  it('refuses departments that are not admitted or take no part', () => {
    expect(refused('leadDept', 'XYZ')).to.include('leadDept MATTER_DEPARTMENT')
    expect(refused('collaborators.0', 'XYZ')).to.include('collaborators.0 MATTER_DEPARTMENT')
    expect(refused('steps.0.dept', 'FY')).to.include('steps.0.dept MATTER_DEPARTMENT')
    expect(refused('outputs.1.dept', 'GAJ')).to.have.members([
      'outputs.1.dept MATTER_DEPARTMENT',
      'outputs.1.cert MATTER_TYPE',
    ])
  })

  it('refuses parties, conditions and groups that are not there', () => {
    expect(refused('requirements.2.party', 'witness')).to.deep.equal(['requirements.2.party MATTER_PARTY'])
    expect(refused('requirements.2.when', 'rainy')).to.deep.equal(['requirements.2.when MATTER_CONDITION'])
    expect(refused('fallbacks.0.group', 'home')).to.deep.equal(['fallbacks.0.group MATTER_GROUP'])
    expect(refused('requirements.2.oneOf', 'alone')).to.deep.equal(['requirements.2.oneOf MATTER_GROUP'])
    expect(refused('outputs.0.party', 'witness')).to.deep.equal(['outputs.0.party MATTER_PARTY'])
  })

  it('refuses what is there twice', () => {
    expect(refused('requirements.1.party', 'seller')).to.deep.equal(['requirements.1.cert MATTER_DUPLICATE'])
    const twice = refusalOf(() => parseMatters([M04, M04], catalogue))
    expect(twice.details.errors).to.deep.equal([
      { row: 1, field: 'code', code: 'MATTER_DUPLICATE', expected: 'each version once', found: 'M04 1' },
    ])
  })

  it('refuses the code that stands for no matter at all', () => {
    expect(refused('code', 'PRESENT')).to.deep.equal(['code MATTER_RESERVED'])
    expect(() => parseMatter(changed('code', 'PRESENTS'), catalogue)).to.not.throw()
  })

  it('names the row of each error of an import', () => {
    const { errors } = refusalOf(() => parseMatters([M04, changed('leadDept', 'XYZ'), 7], catalogue)).details
    expect(errors?.map(({ row, code }) => `${row} ${code}`)).to.include.members([
      '1 MATTER_DEPARTMENT',
      '2 MATTER_MEMBER',
    ])
  })

  it('takes a hundred generated matters, the same ones each time', () => {
    const matters = generateMatters('s01', 100)
    expect(matters).to.deep.equal(generateMatters('s01', 100))
    expect(matters).to.not.deep.equal(generateMatters('s02', 100))
    const parsed = parseMatters(matters, catalogue)
    expect(new Set(parsed.map(({ code }) => code)).size).to.equal(100)
    expect(parsed.every(({ requirements }) => requirements.length > 0)).to.equal(true)
  })
})
