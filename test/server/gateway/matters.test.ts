import { expect } from 'chai'
import { generateMatters } from '../../../scripts/generate/matters.ts'
import { demoRegion } from '../../../server/catalogue/region.ts'
import { demoMatters } from '../../../server/matters/demo.ts'
import {
  admit,
  answerOf,
  freshKey,
  publish,
  sharedGateway,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { problemIn } from '../http/gateway.ts'

interface Listed {
  code: string
  version: number
  certificates: string[]
}

describe('the catalogue of matters', function () {
  this.timeout(120_000)
  let gateway: OpenedGateway

  before(async () => {
    gateway = await sharedGateway()
    await admit(gateway, ...demoRegion().departments.map(({ code }) => code))
    await publish(gateway, ...demoRegion().certificateTypes.map(({ code }) => code))
  })

  it('imports a hundred matters at once, and each lists its certificates', async () => {
    const generated = generateMatters('s01', 100)
    const matters = [...demoMatters().matters, ...generated]
    const key = freshKey()
    const headers = { 'idempotency-key': key }
    const { matters: published } = await answerOf<{ matters: Listed[] }>(
      gateway.post('/v1/matters', { matters }, headers),
      201,
    )
    expect(published).to.have.length(112)

    const list = await answerOf<{ matters: Listed[] }>(gateway.request('/v1/matters'), 200)
    for (const one of generated as { code: string; requirements: { cert: string }[] }[]) {
      const found = list.matters.find(({ code }) => code === one.code)
      expect(found?.certificates, one.code).to.deep.equal([
        ...new Set(one.requirements.map(({ cert }) => cert)),
      ])
    }

    const before = gateway.rowCounts()
    const again = await answerOf(gateway.post('/v1/matters', { matters }, headers), 201)
    expect(again).to.deep.equal({ matters: published })
    expect(gateway.rowCounts()).to.deep.equal(before)
  })

  it('tells everybody what a matter asks for, and on which ground', async () => {
    const { definition } = await answerOf<{ definition: { requirements: { cert: string; mode: string }[] } }>(
      gateway.request('/v1/matters/M10'),
      200,
    )
    expect(definition.requirements.find(({ cert }) => cert === 'NCR')?.mode).to.equal('present')
    const unknown = await gateway.request('/v1/matters/NONE1')
    expect((await problemIn(unknown)).code).to.equal('MATTER_NOT_FOUND')
    expect(unknown.status).to.equal(404)
  })

  it('publishes none of an import with one bad matter, and names it', async () => {
    const before = gateway.rowCounts()
    const [first, second] = generateMatters('bad', 2)
    const matters = [
      { ...first, code: 'B01' },
      { ...second, code: 'B02', leadDept: 'XYZ' },
    ]
    const refused = await gateway.post('/v1/matters', { matters })
    expect(refused.status).to.equal(422)
    const problem = await problemIn(refused)
    expect(problem.code).to.equal('MATTER_DEFINITION')
    expect(problem.errors?.[0]).to.include({ row: 1, field: 'leadDept', code: 'MATTER_DEPARTMENT' })
    expect(gateway.rowCounts()).to.deep.equal(before)
  })

  it('never changes a version, and takes a new one', async () => {
    const [one] = generateMatters('versions', 1)
    const version1 = { ...one, code: 'V01' }
    await answerOf(gateway.post('/v1/matters', { matters: [version1] }), 201)
    const refused = await gateway.post('/v1/matters', { matters: [{ ...version1, promisedWorkdays: 30 }] })
    expect(refused.status).to.equal(409)
    expect((await problemIn(refused)).code).to.equal('MATTER_VERSION_EXISTS')
    await answerOf(gateway.post('/v1/matters', { matters: [{ ...version1, version: 2 }] }), 201)
    expect((await answerOf<Listed>(gateway.get('/v1/matters/V01'))).version).to.equal(2)
  })

  it('is not published by departments or holders', async () => {
    for (const role of ['maker', 'checker', 'officer', 'supervisor', 'holder', 'auditor'] as const) {
      const caller = gateway.as({ role, department: 'GAJ', holder: 'x' })
      const refused = await caller.post('/v1/matters', { matters: demoMatters().matters })
      expect((await problemIn(refused)).code, role).to.equal('ACCESS_DENIED')
    }
  })
})
