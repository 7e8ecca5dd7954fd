import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { readRegion, regionOf, saveRegion } from '../../../server/catalogue/own-region.ts'
import { demoRegion } from '../../../server/catalogue/region.ts'
import { temporaryFolder } from '../../support/opened-gateway.ts'
import { productionRegion } from '../../support/production-region.ts'
import { refusalOf } from './refusals.ts'

describe('the region of a data folder', () => {
  it('is the demonstration region in a demo whose folder says nothing, and missing in production', () => {
    const dataDir = temporaryFolder()
    expect(regionOf({ dataDir, profile: 'demo' })).to.equal(demoRegion())
    expect(refusalOf(() => regionOf({ dataDir, profile: 'production' })).code).to.equal('REGION_MISSING')
  })

  it('is kept, without departments, types and people, and a second time changes nothing', () => {
    const dataDir = temporaryFolder()
    saveRegion(dataDir, productionRegion())
    const text = readFileSync(join(dataDir, 'region.json'), 'utf8')
    saveRegion(dataDir, productionRegion())
    expect(readFileSync(join(dataDir, 'region.json'), 'utf8')).to.equal(text)
    const { region, departments, certificateTypes, revocationReasons } = regionOf({
      dataDir,
      profile: 'production',
    })
    expect(region).to.deep.equal(productionRegion().region)
    expect([departments, certificateTypes]).to.deep.equal([[], []])
    expect(revocationReasons).to.deep.equal(demoRegion().revocationReasons)
  })

  it('does not become another one', () => {
    const dataDir = temporaryFolder()
    saveRegion(dataDir, productionRegion())
    const other = productionRegion()
    other.region.code = '410200'
    const { code, details } = refusalOf(() => saveRegion(dataDir, other))
    expect([code, details.field]).to.deep.equal(['REGION_DIFFERS', 'region'])
    expect(readRegion(dataDir)?.region.code).to.equal('410100')
  })

  it('that is invented is refused in production, by its code and by what it says of itself', () => {
    for (const change of [
      { synthetic: true },
      { region: { ...productionRegion().region, code: '990100' } },
    ]) {
      const dataDir = temporaryFolder()
      saveRegion(dataDir, { ...productionRegion(), ...change })
      expect(refusalOf(() => regionOf({ dataDir, profile: 'production' })).code).to.equal('REGION_INVENTED')
      expect(regionOf({ dataDir, profile: 'demo' }).departments).to.deep.equal([])
    }
  })

  it('whose file is not a region is refused', () => {
    const dataDir = temporaryFolder()
    writeFileSync(join(dataDir, 'region.json'), '{"format":"onceproof-region/1"}')
    expect(refusalOf(() => readRegion(dataDir)).code).to.equal('REGION_INVALID')
  })
})
