import { demoRegion, type Region } from '../../server/catalogue/region.ts'

/** A region that production accepts: departments and types of the demonstration, under the code and the names of another place. */
export function productionRegion(): Region {
  const demo = demoRegion()
  return {
    ...demo,
    synthetic: false,
    region: {
      code: '410100',
      province: { zh: '试验省', en: 'Trial Province' },
      city: { zh: '试验市', en: 'Trial City' },
      districts: [],
      partnerRegions: [],
    },
    personas: [],
    organisations: [],
  }
}
