import { expect } from 'chai'
import type { CaseView } from '../../../server/cases/views.ts'
import { accountSigner } from '../../contracts/signers.ts'
import {
  admit,
  answerOf,
  freshKey,
  openGateway,
  publish,
  type Asking,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { bind, digestOf, newHolder, type Holder } from '../grants/holders.ts'
import { problemIn } from '../http/gateway.ts'
import { EXAMPLE_MATTER } from './example-matter.ts'

const [IDENTITY] = EXAMPLE_MATTER.requirements
const [APPLICANT] = EXAMPLE_MATTER.parties
const MATTER = {
  ...EXAMPLE_MATTER,
  code: 'X21',
  collaborators: ['ZJJ'],
  parties: [APPLICANT!, { ...APPLICANT!, role: 'other', min: 0 }],
  requirements: [
    IDENTITY!,
    { ...IDENTITY!, party: 'other', mode: 'consent', required: false, fields: ['address', 'name'] },
  ],
}

describe('a case at the counter', function () {
  this.timeout(120_000)
  let gateway: OpenedGateway
  let officer: Asking
  let other: Asking

  before(async () => {
    gateway = await openGateway()
    await publish(gateway, 'RIC')
    await admit(gateway, 'ZJJ')
    await answerOf(gateway.post('/v1/matters', { matters: [MATTER] }), 201)
    for (const department of ['GAJ', 'ZJJ']) {
      const basis = { department, matter: 'X21', type: 'RIC', basis: '《居民身份证法》第六条' }
      await answerOf(gateway.post('/v1/duty-bases', basis), 200)
    }
    officer = gateway.as({ role: 'officer', department: 'GAJ' })
    other = gateway.as({ role: 'officer', department: 'ZJJ' })
  })

  after(() => gateway.close())

  const open = async (holder: Holder, second?: Holder): Promise<string> => {
    const parties = [{ role: 'applicant', holder: holder.id }]
    if (second !== undefined) parties.push({ role: 'other', holder: second.id })
    const body = { matter: 'X21', channel: 'counter', parties }
    return (await answerOf<CaseView>(officer.post('/v1/cases', body), 201)).id
  }
  const look = (id: string) => answerOf<CaseView>(officer.get(`/v1/cases/${id}`), 200)
  const reads = async (asks: Asking, { certificate: { identifier } }: Holder, fields = IDENTITY!.fields) => {
    const reading = { identifier, matter: 'X21', ground: 'duty', fields }
    return (await answerOf<{ use: { id: string } }>(asks.post('/v1/uses', reading), 201)).use.id
  }
  const judge = (id: string, body: object, headers = {}) =>
    officer.post(`/v1/cases/${id}/items/0/judgement`, body, headers)
  const codeOf = async (response: Promise<Response>) => (await problemIn(await response)).code

  it('adopts what was read once the person was looked at, once and without reading it again', async () => {
    const holder = await newHolder(gateway)
    const id = await open(holder)
    const use = await reads(officer, holder)
    const before = gateway.rowCounts()['uses']
    const adopted = await answerOf<CaseView>(judge(id, { outcome: 'adopt', use }), 200)
    expect(adopted.items[0]).to.include({ state: 'have', lacking: false })
    expect(adopted.items[0]!.taken).to.include({ use, ground: 'duty', department: 'GAJ' })
    await answerOf(judge(id, { outcome: 'adopt', use }), 200)
    expect(gateway.rowCounts()['uses']).to.equal(before)
    expect((await officer.get(`/v1/cases/${id}/items/0/copy`)).status).to.equal(200)
  })

  it('writes down that it was returned and why, and adopts nothing', async () => {
    const holder = await newHolder(gateway)
    const id = await open(holder)
    const body = { outcome: 'return', use: await reads(officer, holder), reason: 'PERSON_DIFFERS' }
    const headers = { 'idempotency-key': freshKey() }
    await answerOf(judge(id, body, headers), 200)
    const returned = await answerOf<CaseView>(judge(id, body, headers), 200)
    expect(returned.items[0]).to.include({ state: 'available', taken: null })
    const events = await gateway.world.store.caseEvents(id, 0, 100)
    expect(events.filter(({ event }) => event === 'item-returned').map(({ data }) => data)).to.deep.equal([
      { item: 0, use: body.use, department: 'GAJ', reason: 'PERSON_DIFFERS' },
    ])
  })

  it('takes no reading of another department, person or matter, none without a field that is asked for, and none that was refused', async () => {
    const [holder, stranger] = [await newHolder(gateway), await newHolder(gateway)]
    const id = await open(holder)
    const foreign = [await reads(other, holder), await reads(officer, stranger), '01ARZ3NDEKTSV4RRFFQ69G5FAV']
    for (const use of foreign) {
      expect(await codeOf(judge(id, { outcome: 'adopt', use }))).to.equal('CASE_USE_OTHER')
    }
    const use = await reads(officer, holder, ['name'])
    expect(await codeOf(judge(id, { outcome: 'adopt', use }))).to.equal('FIELD_NOT_PRESENTED')
    expect((await look(id)).items[0]).to.include({ state: 'available' })
  })

  it('is a reason to ask its own parties, each as what he is in it: nobody else is asked, and nothing of another department’s', async () => {
    const [applicant, second, stranger] = [
      await newHolder(gateway),
      await newHolder(gateway),
      await newHolder(gateway),
    ]
    const id = await open(applicant, second)
    const ask = (asks: Asking, change: object, party: object) => {
      const items = [{ type: 'RIC', required: ['name'], optional: [] }]
      const parties = [{ items, ...party }]
      const body = { department: asks.caller.department, matter: 'X21', case: id, refusing: 'PAPER' }
      return asks.post('/v1/consent-requests', {
        ...body,
        term: { template: 'ONE_OFF' },
        parties,
        ...change,
      })
    }
    const before = gateway.rowCounts()['consent_requests']
    const refused = async (response: Promise<Response>) => {
      const { status, code, field } = await problemIn(await response)
      return [status, code, field]
    }
    const notOfCase = [400, 'CASE_PARTY', 'parties.0']
    expect(await refused(ask(officer, {}, { holder: stranger.id }))).to.deep.equal(notOfCase)
    expect(await refused(ask(officer, {}, { holder: second.id, role: 'applicant' }))).to.deep.equal(notOfCase)
    const none = [404, 'CASE_NOT_FOUND', 'case']
    const unknown = { case: '01ARZ3NDEKTSV4RRFFQ69G5FAV' }
    expect(await refused(ask(officer, unknown, { holder: second.id }))).to.deep.equal(none)
    await answerOf(gateway.post('/v1/matters', { matters: [{ ...MATTER, code: 'X22' }] }), 201)
    expect(await refused(ask(officer, { matter: 'X22' }, { holder: second.id }))).to.deep.equal(none)
    expect(gateway.rowCounts()['consent_requests']).to.equal(before)
    expect((await look(id)).consentRequests).to.deep.equal([])

    await answerOf(ask(officer, {}, { holder: second.id, role: 'other' }), 201)
    await answerOf(ask(other, {}, { holder: second.id }), 201)
    await answerOf(ask(officer, { case: null }, { holder: stranger.id }), 201)
    expect((await look(id)).consentRequests).to.have.length(2)
  })

  it('collects by duty without asking anybody, asks for chosen fields, and is told on its stream that the holder agreed', async () => {
    const holder = await newHolder(gateway)
    const signer = accountSigner(`holder ${holder.id}`)
    await answerOf(bind(holder, signer), 201)
    const id = await open(await newHolder(gateway), holder)
    await answerOf(officer.post(`/v1/cases/${id}/collect`, { ask: false }), 200)
    expect((await look(id)).consentRequests).to.deep.equal([])

    const asked = {
      department: 'GAJ',
      matter: 'X21',
      case: id,
      refusing: 'PAPER',
      term: { template: 'THIS_MATTER', days: 7 },
      parties: [
        {
          holder: holder.id,
          role: 'other',
          items: [{ identifier: holder.certificate.identifier, required: ['address'], optional: ['name'] }],
        },
      ],
    }
    const request = await answerOf<{ id: string }>(officer.post('/v1/consent-requests', asked), 201)
    expect((await look(id)).consentRequests).to.deep.equal([request.id])
    expect((await look(id)).items[1]).to.include({ state: 'waiting', because: null })

    const stream = await officer.request(`/v1/cases/${id}/events`)
    const path = `/v1/consent-requests/${request.id}`
    const { items } = await answerOf<{ items: { leaf: string }[] }>(holder.asks.post(`${path}/opening`, {}))
    const picked = [{ certificate: items[0]!.leaf, fields: ['address'] }]
    const { typedData } = await answerOf<{ typedData: Parameters<typeof digestOf>[0] }>(
      holder.asks.post(`${path}/typed-data`, { items: picked }),
    )
    const signature = signer.sign(digestOf(typedData))
    await answerOf(holder.asks.post(`${path}/grant`, { typedData, signature }))
    const reader = stream.body!.getReader()
    let told = ''
    while (!told.includes('event: consent-changed')) {
      const { value, done } = await reader.read()
      if (done) throw new Error(`the stream ended after: ${told}`)
      told += new TextDecoder().decode(value)
    }
    await reader.cancel()
    expect((await look(id)).items[1]).to.include({ state: 'available' })
  })
})
