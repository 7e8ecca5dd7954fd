import { expect } from 'chai'
import { isCitizenNumber, isUscc } from '../../../protocol/identifiers.ts'
import { compileType } from '../../../server/catalogue/check-rows.ts'
import { demoRegion, parseRegion, typeIn } from '../../../server/catalogue/region.ts'
import { CATALOGUE_COLUMNS, holderNameOf } from '../../../server/catalogue/type-definition.ts'
import { refusalOf } from './refusals.ts'

describe('the demonstration region', () => {
  const region = demoRegion()

  it('has 18 departments and 24 certificate types, each type with its own ordinal under the defining authority', () => {
    expect(region.departments).to.have.length(18)
    expect(region.certificateTypes.map(type => type.typeCode)).to.deep.equal(
      Array.from({ length: 24 }, (_, i) => `11990100MB9Y01166J${String(i + 1).padStart(3, '0')}`),
    )
  })

  it('fills the eight catalogue columns of every type in both languages', () => {
    expect(region.catalogueColumns.map(column => column.code)).to.deep.equal([...CATALOGUE_COLUMNS])
    for (const { catalogue, code } of region.certificateTypes) {
      for (const column of CATALOGUE_COLUMNS) {
        const value = catalogue[column]
        const texts = typeof value === 'string' ? [value] : [value.zh, value.en]
        for (const text of texts) expect(text, `${code} ${column}`).to.match(/\S{2}/)
      }
    }
  })

  it('shares every type but one, which names its law and is only presented by the holder', () => {
    const kept = region.certificateTypes.filter(type => type.catalogue.shareClass === 'none')
    expect(kept.map(type => type.code)).to.deep.equal(['NCR'])
    expect(kept[0]?.catalogue.legalGround?.zh).to.include('法')
    expect(kept[0]?.useModes).to.deep.equal(['present'])
  })

  it('gives each type a number field that carries the number and a name field that carries the holder', () => {
    for (const type of region.certificateTypes) {
      const field = type.fields.find(one => one.key === type.numberField)
      expect(field?.example, type.code).to.equal(type.number.example)
      const example = Object.fromEntries(type.fields.map(one => [one.key, one.example]))
      expect(holderNameOf(type, example), type.code).to.match(/^[\p{Script=Han}（）]{2,}$/u)
    }
  })

  it('accepts the example of every type', () => {
    for (const type of region.certificateTypes) {
      const example = Object.fromEntries(type.fields.map(field => [field.key, field.example]))
      const checked = compileType(type).check(example, 0)
      if (Array.isArray(checked)) expect.fail(`${type.code}: ${JSON.stringify(checked)}`)
      expect(checked.values.map(([name]) => name)).to.deep.equal(type.fields.map(field => field.key))
    }
  })

  it('numbers its departments, bodies and people so that every check digit holds and nobody is meant', () => {
    for (const { uscc } of [...region.departments, ...region.organisations]) {
      expect(isUscc(uscc), uscc).to.equal(true)
      expect(uscc.slice(2, 5)).to.equal('990')
    }
    for (const { idNo, sex, birthDate } of region.personas) {
      expect(isCitizenNumber(idNo), idNo).to.equal(true)
      expect(idNo.slice(0, 3)).to.equal('990')
      expect(idNo.slice(6, 14)).to.equal(birthDate.replaceAll('-', ''))
      expect(Number(idNo[16]) % 2 === 1 ? '男' : '女').to.equal(sex)
    }
  })

  it('is refused with two types of one code, or a type of a department that does not issue', () => {
    const twice = { ...region, certificateTypes: [...region.certificateTypes, region.certificateTypes[0]] }
    expect(refusalOf(() => parseRegion(twice))).to.include({ code: 'REGION_INVALID' })
    const byTheAuditor = { ...region, certificateTypes: [{ ...typeIn(region, 'RIC'), issuer: 'SJJ' }] }
    expect(refusalOf(() => parseRegion(byTheAuditor)).message).to.include('SJJ')
    expect(refusalOf(() => typeIn(region, 'XYZ'))).to.include({ code: 'TYPE_NOT_FOUND' })
  })
})
