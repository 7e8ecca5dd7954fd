import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { demoRegion } from '../../../server/catalogue/region.ts'
import { certificatesOfHolder, ensureHolder, holderId } from '../../../server/holders/holders.ts'
import {
  answerOf,
  exampleRow,
  issue,
  publish,
  sharedGateway,
  untilAllFinal,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { problemIn } from '../http/gateway.ts'

describe('the index of holders', () => {
  let gateway: OpenedGateway
  // Numbers that are no example in the definition of any type.
  const examples = JSON.stringify(demoRegion().certificateTypes)
  const [person, other] = demoRegion().personas.filter(({ idNo }) => !examples.includes(idNo))
  const own = async (number: string) => {
    const id = holderId(await ensureHolder(gateway.world, number))
    const rows = await certificatesOfHolder(gateway.world, id, { before: null, limit: 100 })
    return rows.map(({ identifier }) => identifier)
  }

  before(async () => {
    gateway = await sharedGateway()
    await publish(gateway, 'RIC', 'VEH')
  })

  it('finds a certificate by the number in its fields', async () => {
    const before = await own(person!.idNo)
    const { identifier } = await issue(gateway, 'RIC', { ...exampleRow('RIC'), idNo: person!.idNo })
    expect(await own(person!.idNo)).to.deep.equal([identifier, ...before])
    expect(await own(other!.idNo)).to.not.include(identifier)
  })

  it('finds a certificate whose fields name no number by the number that was given beside them', async () => {
    const body = { type: 'VEH', fields: exampleRow('VEH'), holders: [other!.idNo] }
    const { identifier } = await answerOf<{ identifier: string }>(gateway.post('/v1/certificates', body), 201)
    expect(await own(other!.idNo)).to.include(identifier)
  })

  it('knows one holder once, by a random id', async () => {
    const ids = await Promise.all(
      [1, 2, 3].map(async () => holderId(await ensureHolder(gateway.world, person!.idNo))),
    )
    expect(new Set(ids).size).to.equal(1)
    expect(ids[0]).to.match(/^[\w-]{43}$/)
  })

  it('keeps the holder when a certificate is replaced', async () => {
    const body = { type: 'VEH', fields: exampleRow('VEH'), holders: [person!.idNo] }
    const { identifier } = await answerOf<{ identifier: string }>(gateway.post('/v1/certificates', body), 201)
    const { certificate } = await answerOf<{ certificate: { identifier: string } }>(
      gateway.post(`/v1/certificates/${identifier}/successor`, {
        fields: exampleRow('VEH'),
        reason: 'HOLDER_CHANGE',
      }),
      201,
    )
    expect(await own(person!.idNo)).to.include(certificate.identifier)
  })

  it('lets a maker find what his department issued by anything on the paper, and nothing of another department', async () => {
    const fields = { ...exampleRow('VEH'), plateNo: '示A7F3Q9' }
    const body = { type: 'VEH', fields, holders: [other!.idNo] }
    const issued = await answerOf<{ identifier: string; shortCode: string }>(
      gateway.post('/v1/certificates', body),
      201,
    )
    const find = async (text: string, department = 'JJZD', role: 'maker' | 'supervisor' = 'maker') => {
      const who = gateway.as({ role, department })
      const { certificates } = await answerOf<{ certificates: { identifier: string }[] }>(
        who.request('/v1/certificates/find', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ text }),
        }),
      )
      return certificates.map(({ identifier }) => identifier)
    }
    const { identifier, shortCode } = issued
    for (const text of [identifier, shortCode, '示A7F3Q9', ' 示ａ-7f3q9 ']) {
      expect(await find(text), text).to.deep.equal([identifier])
      expect(await find(text, 'GAJ'), text).to.deep.equal([])
    }
    expect(await find(other!.idNo)).to.include(identifier)
    expect(await find('7F3Q9')).to.deep.equal([])
    const refused = await gateway
      .as({ role: 'supervisor', department: 'JJZD' })
      .post('/v1/certificates/find', {
        text: other!.idNo,
      })
    expect(refused.status).to.equal(403)
  })

  it('refuses a number whose check digit is wrong, without repeating it, and writes nothing', async () => {
    const wrong = `${person!.idNo.slice(0, 17)}${person!.idNo.endsWith('0') ? '1' : '0'}`
    await untilAllFinal(gateway)
    const before = gateway.rowCounts()
    const body = { type: 'VEH', fields: exampleRow('VEH'), holders: [wrong] }
    const problem = await problemIn(await gateway.post('/v1/certificates', body))
    expect(problem.code).to.equal('ROWS_INVALID')
    expect(problem.errors).to.deep.include({
      row: 0,
      field: 'holders',
      code: 'HOLDER_NUMBER',
      expected: 'citizen numbers or unified social credit codes',
      found: 'another text',
    })
    expect(JSON.stringify(problem)).to.not.include(wrong)
    expect(gateway.rowCounts()).to.deep.equal(before)
  })

  it('keeps no number in the clear', () => {
    for (const file of ['onceproof.db', 'onceproof.db-wal']) {
      const bytes = readFileSync(join(gateway.dataDir, file))
      for (const number of [person!.idNo, other!.idNo]) expect(bytes.includes(number)).to.equal(false)
    }
  })
})
