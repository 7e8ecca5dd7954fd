import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { demoRegion } from '../../../server/catalogue/region.ts'
import { ensureHolder, holderId } from '../../../server/holders/holders.ts'
import { actingFor, represents, type About } from '../../../server/representations/represents.ts'
import { nowSeconds } from '../../../server/world.ts'
import {
  answerOf,
  exampleRow,
  freshKey,
  issue,
  openGateway,
  publish,
  type Asking,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { ask, newHolder, newNumber, partyOf, publishHousing, type Holder } from '../grants/holders.ts'
import { problemIn } from '../http/gateway.ts'

const DAY = 86_400

interface Representation {
  id: string
  capacity: string
  person: string
  holder: string
  since: number
  until: number | null
  department: string | null
  state: string
}

describe('representation: who may act for whom', () => {
  let gateway: OpenedGateway
  let identity: Asking
  let register: Asking

  before(async () => {
    gateway = await openGateway()
    identity = gateway.as({ role: 'officer', department: 'GAJ' })
    register = gateway.as({ role: 'officer', department: 'SCJ' })
  })
  after(() => gateway.close())

  interface Known {
    number: string
    id: string
  }
  const known = async (number = newNumber()): Promise<Known> => ({
    number,
    id: holderId(await ensureHolder(gateway.world, number)),
  })
  const organisation = (index: number) => known(demoRegion().organisations[index]!.uscc)
  const acting = (person: Known, holder: Known = person) =>
    gateway.as({ role: 'holder', holder: holder.id, person: person.id })
  const capacity = async (person: Known, holder: Known, about?: About) =>
    (await represents(gateway.world, person.id, holder.id, nowSeconds(gateway.world), about))?.capacity ??
    null

  const record = (by: Asking, kind: string, person: Known, holder: Known, more: object = {}) =>
    by.post('/v1/representations', {
      capacity: kind,
      person: person.number,
      holder: holder.number,
      ...more,
    })
  const appoint = (by: Asking, kind: string, person: Known, more: object = {}) =>
    by.post('/v1/representations/appointments', { capacity: kind, person: person.number, ...more })
  const end = (by: Asking, { id }: { id: string }) =>
    by.request(`/v1/representations/${id}/end`, {
      method: 'POST',
      headers: { 'idempotency-key': freshKey() },
    })
  const made = (response: Promise<Response>) => answerOf<Representation>(response, 201)
  const listed = async (by: Asking, query = '') =>
    (await answerOf<{ representations: Representation[] }>(by.get(`/v1/representations${query}`), 200))
      .representations

  const refused = async (response: Promise<Response>, status: number, code: string) => {
    const before = gateway.rowCounts()
    const answered = await response
    expect((await problemIn(answered)).code).to.equal(code)
    expect(answered.status, code).to.equal(status)
    // People who were only named may have become known; who may act for whom is as it was.
    expect(gateway.rowCounts()['representations']).to.equal(before['representations'])
  }

  /** An organisation of the demonstration region with a legal representative. */
  const withRepresentative = async (index: number) => {
    const body = await organisation(index)
    const chief = await known()
    const recorded = await made(record(register, 'legal-representative', chief, body))
    return { body, chief, recorded, asChief: acting(chief, body) }
  }

  it('is told with the other side’s name, masked, as his own certificates have it; without one, by none', async () => {
    await publish(gateway, 'RIC', 'BIZ')
    const [guardian, ward, nobody] = [
      await newHolder(gateway, '林知行'),
      await newHolder(gateway, '林念安'),
      await known(),
    ]
    const company = await organisation(4)
    const of = ({ id, idNo }: Holder): Known => ({ id, number: idNo })
    await issue(gateway, 'BIZ', { ...exampleRow('BIZ'), uscc: company.number, name: '云岭师范学院' })
    const until = nowSeconds(gateway.world) + DAY
    await answerOf(record(identity, 'guardian', of(guardian), of(ward), { until }), 201)
    await answerOf(record(identity, 'agent', nobody, of(ward)), 201)
    await answerOf(record(register, 'legal-representative', of(guardian), company), 201)
    const others = async (asks: Asking, side: string) => {
      const list = await answerOf<{ representations: { other: object }[] }>(
        asks.get(`/v1/representations?side=${side}`),
      )
      return list.representations.map(({ other }) => other)
    }
    expect(await others(guardian.asks, 'representing')).to.deep.equal([
      { kind: 'legal', name: '云岭师范学院' },
      { kind: 'natural', name: '林*安' },
    ])
    expect(await others(ward.asks, 'represented')).to.deep.equal([
      { kind: 'natural', name: null },
      { kind: 'natural', name: '林*行' },
    ])
    // Nobody else is told a name.
    expect(await others(identity, 'represented'))
      .to.include(null)
      .and.not.to.include('林*安')
  })

  it('lets parents act for their child until the day it is of age, and not an hour longer', async () => {
    const [mother, father, child] = [await known(), await known(), await known('990102202406061122')]
    const recorded = await made(record(identity, 'guardian', mother, child))
    await made(record(identity, 'guardian', father, child))
    expect(recorded).to.deep.include({ department: 'GAJ', state: 'in-force', person: mother.id })
    expect(new Date(recorded.until! * 1000).toISOString()).to.equal('2042-06-05T16:00:00.000Z')
    expect(await capacity(mother, child)).to.equal('guardian')
    expect(await capacity(child, mother)).to.equal(null)
    const at = (time: number) => represents(gateway.world, mother.id, child.id, time)
    expect(await at(recorded.until! - 1)).to.not.equal(null)
    expect(await at(recorded.until!)).to.equal(null)
    await refused(
      record(identity, 'guardian', await known(), child, { until: recorded.until! + 1 }),
      400,
      'REPRESENTATION_TERM',
    )
  })

  it('takes the guardian of an adult only with the end that was decided', async () => {
    const [guardian, adult] = [await known(), await known()]
    await refused(record(identity, 'guardian', guardian, adult), 400, 'REPRESENTATION_TERM')
    const until = nowSeconds(gateway.world) + 1_000 * DAY
    expect(await made(record(identity, 'guardian', guardian, adult, { until }))).to.deep.include({ until })
  })

  it('takes registered facts only from the department that keeps the register', async () => {
    const [person, child, body] = [await known(), await known('990103201710011332'), await organisation(2)]
    await refused(record(register, 'guardian', person, child), 403, 'ACCESS_NOT_OWN')
    await refused(record(identity, 'legal-representative', person, body), 403, 'ACCESS_NOT_OWN')
    for (const role of ['maker', 'checker', 'supervisor', 'operator', 'auditor'] as const) {
      const other = gateway.as({ role, department: 'GAJ' })
      await refused(record(other, 'guardian', person, child), 403, 'ACCESS_DENIED')
    }
    const tired = gateway.as({ role: 'officer', department: 'GAJ', signedIn: null })
    await refused(record(tired, 'guardian', person, child), 403, 'STEP_UP_REQUIRED')
    await refused(record(acting(person), 'guardian', person, child), 403, 'ACCESS_DENIED')
  })

  it('lets an elder appoint a relative himself, for 30 days unless he says otherwise', async () => {
    const [elder, son] = [await known(), await known()]
    const agent = await made(appoint(acting(elder), 'agent', son))
    expect(agent).to.deep.include({ department: null, until: agent.since + 30 * DAY })
    expect(await capacity(son, elder)).to.equal('agent')
    await refused(appoint(acting(son, elder), 'agent', await known()), 403, 'APPOINTMENT_NOT_ALLOWED')
    await answerOf(end(acting(elder), agent), 200)
    expect(await capacity(son, elder)).to.equal(null)
  })

  it('gives an organisation five managers and refuses the sixth', async () => {
    const { body, asChief } = await withRepresentative(0)
    const managers = []
    for (let i = 0; i < 5; i++) managers.push(await made(appoint(asChief, 'manager', await known())))
    await refused(appoint(asChief, 'manager', await known()), 409, 'MANAGERS_TOO_MANY')
    await answerOf(end(asChief, managers[0]!), 200)
    const sixth = await known()
    await made(appoint(asChief, 'manager', sixth))
    expect(await capacity(sixth, body)).to.equal('manager')
    expect((await listed(asChief)).filter(({ state }) => state === 'in-force')).to.have.length(6)
  })

  it('appoints five managers and no more when ten come at once', async () => {
    const { asChief } = await withRepresentative(1)
    const people = await Promise.all(Array.from({ length: 10 }, () => known()))
    const answers = await Promise.all(people.map(person => appoint(asChief, 'manager', person)))
    expect(answers.map(({ status }) => status).sort((a, b) => a - b)).to.deep.equal([
      ...Array<number>(5).fill(201),
      ...Array<number>(5).fill(409),
    ])
  })

  it('lets a manager appoint operators for what he may do himself, for at most a year', async () => {
    await publishHousing(gateway)
    const { body, asChief } = await withRepresentative(3)
    const [manager, operator, narrow] = [await known(), await known(), await known()]
    await made(appoint(asChief, 'manager', manager, { types: ['RIC'] }))
    const asManager = acting(manager, body)
    await refused(appoint(asManager, 'operator', operator), 403, 'APPOINTMENT_TOO_WIDE')
    const tooLong = nowSeconds(gateway.world) + 400 * DAY
    await refused(
      appoint(asManager, 'operator', operator, { types: ['RIC'], until: tooLong }),
      400,
      'REPRESENTATION_TERM',
    )
    const appointed = await made(appoint(asManager, 'operator', operator, { types: ['RIC'] }))
    expect(appointed.until).to.equal(appointed.since + 30 * DAY)
    await made(appoint(asManager, 'operator', narrow, { types: ['RIC'], matters: ['X05'] }))

    expect(await capacity(operator, body, { matter: 'X05', types: ['RIC'] })).to.equal('operator')
    expect(await capacity(operator, body, { types: ['RIC', 'BIZ'] })).to.equal(null)
    expect(await capacity(narrow, body, { matter: 'M08' })).to.equal(null)
    await refused(appoint(acting(operator, body), 'operator', await known()), 403, 'APPOINTMENT_NOT_ALLOWED')
    await refused(appoint(asManager, 'manager', await known()), 403, 'APPOINTMENT_NOT_ALLOWED')
    await refused(
      appoint(acting(await known(), body), 'operator', await known()),
      403,
      'APPOINTMENT_NOT_ALLOWED',
    )
  })

  it('ends with a manager the operators whom he appointed, and no others', async () => {
    const { body, asChief } = await withRepresentative(3)
    const [manager, his, hers] = [await known(), await known(), await known()]
    const managing = await made(appoint(asChief, 'manager', manager))
    await made(appoint(acting(manager, body), 'operator', his))
    await made(appoint(asChief, 'operator', hers))
    await answerOf(end(asChief, managing), 200)
    expect([
      await capacity(manager, body),
      await capacity(his, body),
      await capacity(hers, body),
    ]).to.deep.equal([null, null, 'operator'])
    // Again changes nothing.
    const again = await answerOf<Representation>(end(asChief, managing), 200)
    expect(again.state).to.equal('ended')
  })

  it('voids everybody when the legal representative changes', async () => {
    const { body, chief, asChief } = await withRepresentative(3)
    const [manager, operator, successor] = [await known(), await known(), await known()]
    await made(appoint(asChief, 'manager', manager))
    await made(appoint(acting(manager, body), 'operator', operator))
    await made(record(register, 'legal-representative', successor, body))
    for (const person of [chief, manager, operator]) expect(await capacity(person, body)).to.equal(null)
    expect(await capacity(successor, body)).to.equal('legal-representative')
    await refused(appoint(asChief, 'manager', await known()), 403, 'APPOINTMENT_NOT_ALLOWED')
    await refused(appoint(acting(manager, body), 'operator', operator), 403, 'APPOINTMENT_NOT_ALLOWED')
  })

  it('lets operators resign, but nobody lay down what a register says of him', async () => {
    const { body, chief, recorded, asChief } = await withRepresentative(3)
    const operator = await known()
    const appointed = await made(appoint(asChief, 'operator', operator))
    await refused(end(acting(await known()), appointed), 403, 'ACCESS_NOT_OWN')
    await answerOf(end(acting(operator), appointed), 200)
    await refused(end(acting(chief), recorded), 403, 'APPOINTMENT_NOT_ALLOWED')
    await refused(end(identity, recorded), 403, 'ACCESS_NOT_OWN')
    await answerOf(end(register, recorded), 200)
    expect(await capacity(chief, body)).to.equal(null)
    await refused(end(register, { id: '01ARZ3NDEKTSV4RRFFQ69G5FAV' }), 404, 'REPRESENTATION_NOT_FOUND')
  })

  it('ends by itself on its day', async () => {
    const [elder, son] = [await known(), await known()]
    await made(appoint(acting(elder), 'agent', son, { until: nowSeconds(gateway.world) + 2 * DAY }))
    const of = async () => (await actingFor(gateway.world, son.id, nowSeconds(gateway.world))).length
    expect(await of()).to.equal(2)
    gateway.advanceClock(2 * DAY * 1_000)
    expect(await of()).to.equal(1)
    expect((await listed(acting(elder))).map(({ state }) => state)).to.deep.equal(['expired'])
    await made(appoint(acting(elder), 'agent', son))
    expect(await of()).to.equal(2)
  })

  it('consents for a child through its guardian, and no longer when the guardianship has ended', async () => {
    await publishHousing(gateway)
    const child = await newHolder(gateway)
    const guardian = await known()
    const asGuardian = gateway.as({ role: 'holder', holder: child.id, person: guardian.id })
    // A co-applicant's guardian may answer for him; an applicant answers himself.
    const { id } = await ask(gateway, [], { parties: [{ ...partyOf(child), role: 'coapplicant' }] })
    const path = `/v1/consent-requests/${id}`
    await refused(asGuardian.post(`${path}/opening`, {}), 403, 'NOT_REPRESENTED')

    // `newHolder` keeps its number to itself.
    const row = {
      id: '01JD8Z0000000000000000TEST',
      capacity: 'guardian' as const,
      person: new Uint8Array(Buffer.from(guardian.id, 'base64url')),
      holder: new Uint8Array(Buffer.from(child.id, 'base64url')),
      matters: null,
      types: null,
      since: nowSeconds(gateway.world),
      until: null,
      department: 'GAJ',
      appointedBy: 'root',
      under: null,
    }
    await gateway.world.store.addRepresentation(row, 5, { key: freshKey(), request: new Uint8Array(32) })
    await answerOf(asGuardian.post(`${path}/opening`, {}), 200)
    await answerOf(end(identity, row), 200)
    await refused(asGuardian.post(`${path}/refusal`, {}), 403, 'NOT_REPRESENTED')
  })

  it('answers a repeated request as the first time, and refuses another one under its key', async () => {
    const [elder, son] = [await known(), await known()]
    const headers = { 'idempotency-key': freshKey() }
    const body = { capacity: 'agent', person: son.number }
    const asElder = acting(elder)
    const path = '/v1/representations/appointments'
    const first = await made(asElder.post(path, body, headers))
    expect(await made(asElder.post(path, body, headers))).to.deep.equal(first)
    const other = { ...body, person: newNumber() }
    await refused(asElder.post(path, other, headers), 422, 'IDEMPOTENCY_KEY_REUSED')
    await refused(asElder.post(path, body), 409, 'REPRESENTATION_EXISTS')
  })

  it('refuses what cannot be', async () => {
    const [person, body] = [await known(), await organisation(4)]
    const child = await known('990102202406061122')
    await refused(record(identity, 'guardian', person, body), 400, 'REPRESENTATION_KIND')
    await refused(record(identity, 'guardian', body, child), 400, 'REPRESENTATION_KIND')
    await refused(record(register, 'legal-representative', person, child), 400, 'REPRESENTATION_KIND')
    await refused(record(identity, 'guardian', child, child), 400, 'REPRESENTS_SELF')
    const wrong = { ...person, number: '990102202406061123' }
    await refused(record(identity, 'guardian', wrong, child), 400, 'HOLDER_NUMBER')
    await refused(record(identity, 'agent', person, child, { types: ['ZZZ'] }), 404, 'TYPE_NOT_FOUND')
    await refused(record(identity, 'agent', person, child, { matters: ['Z99'] }), 404, 'MATTER_NOT_FOUND')
    await refused(record(identity, 'agent', person, child, { until: 1 }), 400, 'REPRESENTATION_TERM')
    await refused(record(identity, 'manager', person, body), 422, 'INPUT_INVALID')
    await refused(record(identity, 'agent', person, child, { name: '张三' }), 422, 'INPUT_INVALID')
  })

  it('shows each his own: a department what it recorded, a person both of his sides', async () => {
    const [elder, son] = [await known(), await known()]
    const agent = await made(record(identity, 'agent', son, elder))
    expect((await listed(acting(elder))).map(({ id }) => id)).to.deep.equal([agent.id])
    expect((await listed(acting(son), '?side=representing')).map(({ id }) => id)).to.deep.equal([agent.id])
    expect(await listed(acting(await known()))).to.deep.equal([])
    expect((await listed(identity, '?limit=1')).map(({ id }) => id)).to.deep.equal([agent.id])
    const ofRegister = await listed(gateway.as({ role: 'supervisor', department: 'SCJ' }), '?limit=200')
    expect(new Set(ofRegister.map(({ department }) => department))).to.deep.equal(new Set(['SCJ']))
    const all = await listed(gateway.as({ role: 'auditor' }), '?limit=200')
    expect(all.length).to.be.greaterThan(ofRegister.length)
    expect(all).to.have.length(gateway.rowCounts()['representations']!)
  })

  it('keeps no number of anybody', async () => {
    const [elder, son] = [await known(), await known()]
    await made(record(identity, 'agent', son, elder))
    const files = ['onceproof.db', 'onceproof.db-wal'].map(name => readFileSync(join(gateway.dataDir, name)))
    for (const { number } of [elder, son]) {
      for (const file of files) expect(file.includes(number)).to.equal(false)
      expect(gateway.log.join('')).to.not.include(number)
    }
  })
})
