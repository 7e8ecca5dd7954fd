import { createHmac, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect } from 'chai'
import { strFromU8, unzipSync } from 'fflate'
import { utf8FromBase64url } from '../../../protocol/bytes.ts'
import { actStep } from '../../../server/cases/act.ts'
import { finishCutShort } from '../../../server/cases/keep.ts'
import { demoRegion, typeIn } from '../../../server/catalogue/region.ts'
import type { CaseView } from '../../../server/cases/views.ts'
import { eraseCertificate } from '../../../server/oversight/erasure.ts'
import type { Store } from '../../../server/store/store.ts'
import { publishMatter } from '../../support/matters.ts'
import {
  answerOf,
  exampleRow,
  freshKey,
  issue,
  endSoon,
  openGateway,
  until,
  type Asking,
  type Issued,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { newHolder, type Holder } from '../grants/holders.ts'
import { problemIn } from '../http/gateway.ts'
import { EXAMPLE_MATTER } from './example-matter.ts'

/** Identity by duty, read by the department that issues a social certificate in the second of two steps. */
const MATTER = {
  ...EXAMPLE_MATTER,
  code: 'X11',
  collaborators: ['MZJ'],
  requirements: [
    EXAMPLE_MATTER.requirements[0],
    {
      ...EXAMPLE_MATTER.requirements[0]!,
      cert: 'HKB',
      required: false,
      mode: 'consent',
      fields: ['address'],
      maxAgeDays: 3650,
    },
  ],
  outputs: [{ cert: 'LOW', dept: 'MZJ', party: 'applicant' }],
  steps: [
    { dept: 'GAJ', zh: '受理', en: 'Accept' },
    { dept: 'MZJ', zh: '发证', en: 'Issue' },
  ],
}

const LOW = () => ({ ...exampleRow('LOW') })

describe('cases', function () {
  this.timeout(120_000)
  let gateway: OpenedGateway
  let officer: Asking
  let issuer: Asking

  before(async () => {
    gateway = await openGateway()
    await publishMatter(gateway, 'M08')
    await answerOf(gateway.post('/v1/matters', { matters: [MATTER] }), 201)
    const basis = { department: 'GAJ', matter: 'X11', type: 'RIC', basis: '《居民身份证法》第六条' }
    await answerOf(gateway.post('/v1/duty-bases', basis), 200)
    officer = gateway.as({ role: 'officer', department: 'GAJ' })
    issuer = gateway.as({ role: 'officer', department: 'MZJ' })
  })

  after(() => gateway.close())

  const open = (holder: Holder, asks: Asking = officer) =>
    answerOf<CaseView>(
      asks.post('/v1/cases', {
        matter: 'X11',
        channel: 'counter',
        parties: [{ role: 'applicant', holder: holder.id }],
      }),
      201,
    )
  const opened = async () => {
    const holder = await newHolder(gateway)
    return { holder, ...(await open(holder)) }
  }
  const collected = async () => {
    const { id, number, holder } = await opened()
    await answerOf(officer.post(`/v1/cases/${id}/collect`, {}), 200)
    return { id, number, holder }
  }
  const look = (id: string, asks: Asking = officer) => answerOf<CaseView>(asks.get(`/v1/cases/${id}`), 200)
  const step = (asks: Asking, id: string, number: number, body: object = {}, headers = {}) =>
    asks.post(`/v1/cases/${id}/steps/${number}`, { outcome: 'complete', ...body }, headers)
  const codeOf = async (response: Promise<Response>) => (await problemIn(await response)).code
  const revoke = ({ identifier }: Issued) =>
    answerOf(
      gateway.post(`/v1/certificates/${identifier}/status`, {
        action: 'revoke',
        reason: 'ISSUED_IN_ERROR',
      }),
    )

  it('keep one number over phone, counter and paper, and open once for one key', async () => {
    const holder = await newHolder(gateway)
    const body = {
      matter: 'X11',
      channel: 'phone',
      parties: [{ role: 'applicant', holder: holder.id }],
    }
    const headers = { 'idempotency-key': freshKey() }
    const first = await answerOf<CaseView>(officer.post('/v1/cases', body, headers), 201)
    const again = await answerOf<CaseView>(officer.post('/v1/cases', body, headers), 201)
    expect(again.number).to.equal(first.number)
    expect((await look(first.number, issuer)).id).to.equal(first.id)
    expect((await look(first.number, holder.asks)).id).to.equal(first.id)
  })

  it('are seen by their departments and parties only', async () => {
    const { id } = await opened()
    const stranger = await newHolder(gateway)
    expect(await codeOf(stranger.asks.get(`/v1/cases/${id}`))).to.equal('ACCESS_NOT_OWN')
    const other = gateway.as({ role: 'officer', department: 'RSJ' })
    for (const path of ['', '/archive', '/events', '/items/0/copy'])
      expect(await codeOf(other.get(`/v1/cases/${id}${path}`)), path).to.equal('ACCESS_NOT_OWN')
    expect(await codeOf(officer.get('/v1/cases/X11-261125-00000000'))).to.equal('CASE_NOT_FOUND')
    const { cases } = await answerOf<{ cases: { id: string }[] }>(other.get('/v1/cases'), 200)
    expect(cases).to.deep.equal([])
  })

  it('refuse parties and conditions that the matter does not have, and write nothing', async () => {
    const holder = await newHolder(gateway)
    const party = { role: 'applicant', holder: holder.id }
    const before = gateway.rowCounts()
    const attempt = (body: object) =>
      codeOf(officer.post('/v1/cases', { matter: 'X11', channel: 'counter', parties: [party], ...body }))
    expect(await attempt({ parties: [party, party] })).to.equal('CASE_PARTIES')
    expect(await attempt({ parties: [party, { ...party, role: 'witness' }] })).to.equal('CASE_PARTY')
    expect(await attempt({ parties: [{ role: 'applicant' }] })).to.equal('CASE_PARTY')
    expect(await attempt({ conditions: { rainy: true } })).to.equal('CASE_CONDITION')
    expect(await attempt({ parties: [{ role: 'applicant', number: '990102198811227773' }] })).to.equal(
      'HOLDER_NUMBER',
    )
    const other = await newHolder(gateway)
    const counts = gateway.rowCounts()
    expect(
      await codeOf(other.asks.post('/v1/cases', { matter: 'X11', channel: 'online', parties: [party] })),
    ).to.equal('CASE_PARTY_SELF')
    expect(gateway.rowCounts()).to.deep.equal(counts)
    expect(counts['cases']).to.equal(before['cases'])
  })

  it('give the department a copy with exactly the matter’s fields, and read it once for one key', async () => {
    const { id } = await opened()
    const headers = { 'idempotency-key': freshKey() }
    await answerOf(officer.post(`/v1/cases/${id}/collect`, {}, headers), 200)
    const counts = gateway.rowCounts()
    await answerOf(officer.post(`/v1/cases/${id}/collect`, {}, headers), 200)
    await answerOf(officer.post(`/v1/cases/${id}/collect`, {}), 200)
    expect(gateway.rowCounts()['uses']).to.equal(counts['uses'])
    const file = await answerOf<{ certificate: string }>(officer.get(`/v1/cases/${id}/items/0/copy`), 200)
    const names = file.certificate
      .split('~')
      .slice(1)
      .filter(Boolean)
      .map(part => (JSON.parse(utf8FromBase64url(part)!) as string[])[1])
    expect(names).to.have.members(['name', 'validTo'])
    expect(await codeOf(issuer.get(`/v1/cases/${id}/items/0/copy`))).to.equal('CASE_COPY_NONE')
  })

  it('ask for no paper that can be obtained, unless an officer overrides it with a reason, which is counted', async () => {
    const { id } = await opened()
    const ask = (body: object) => officer.post(`/v1/cases/${id}/items/0/paper`, body)
    expect(await codeOf(ask({}))).to.equal('MATERIAL_AVAILABLE')
    expect(await codeOf(ask({ override: true }))).to.equal('CASE_REASON_MISSING')
    const { items } = await answerOf<CaseView>(ask({ override: true, reason: '专线中断' }), 200)
    expect(items[0]).to.deep.include({ state: 'paper', symbol: '✓' })
    expect(items[0]?.paper?.reason).to.equal('专线中断')
    const { overrides } = await answerOf<{ overrides: unknown }>(officer.get('/v1/cases'), 200)
    expect(overrides).to.deep.equal([{ department: 'GAJ', count: 1 }])
  })

  it('are acted step by step, each by its own department, and returned with a reason', async () => {
    const { id } = await collected()
    expect(await codeOf(step(issuer, id, 1))).to.equal('ACCESS_NOT_OWN')
    expect(await codeOf(step(issuer, id, 2))).to.equal('CASE_STEP_NOT_NEXT')
    await answerOf(step(officer, id, 1), 200)
    expect(await codeOf(step(officer, id, 1))).to.equal('CASE_STEP_NOT_NEXT')
    expect(await codeOf(step(issuer, id, 2, { outcome: 'return' }))).to.equal('CASE_REASON_MISSING')
    const returned = await answerOf<CaseView>(
      step(issuer, id, 2, { outcome: 'return', reason: '缺少入户记录' }),
      200,
    )
    expect(returned.steps.map(({ state }) => state)).to.deep.equal(['pending', 'returned'])
    expect(await codeOf(step(issuer, id, 2))).to.equal('CASE_STEP_NOT_NEXT')
    await answerOf(step(officer, id, 1), 200)
    expect((await answerOf<CaseView>(step(issuer, id, 2), 200)).state).to.equal('done')
    expect(await codeOf(officer.post(`/v1/cases/${id}/collect`, {}))).to.equal('CASE_NOT_OPEN')
  })

  it('need a fresh sign-in for a step', async () => {
    const { id } = await collected()
    const stale = gateway.as({ role: 'officer', department: 'GAJ', signedIn: null })
    expect(await codeOf(step(stale, id, 1))).to.equal('STEP_UP_REQUIRED')
  })

  it('end only when everything required is there', async () => {
    const { id } = await opened()
    await answerOf(step(officer, id, 1), 200)
    expect(await codeOf(step(issuer, id, 2))).to.equal('CASE_NOT_READY')
  })

  it('issue an output once, though the step is asked for twice', async () => {
    const { id } = await collected()
    await answerOf(step(officer, id, 1), 200)
    const headers = { 'idempotency-key': freshKey() }
    const outputs = [{ cert: 'LOW', fields: LOW() }]
    const first = await answerOf<CaseView>(step(issuer, id, 2, { outputs }, headers), 200)
    const counts = gateway.rowCounts()
    const again = await answerOf<CaseView>(step(issuer, id, 2, { outputs }, headers), 200)
    expect(again.outputs).to.deep.equal(first.outputs)
    expect(gateway.rowCounts()).to.deep.equal(counts)
  })

  it('refuse outputs of another step, bad fields, and to replace somebody else’s certificate', async () => {
    const { id } = await collected()
    const foreign = await issue(gateway, 'LOW')
    const fields = LOW()
    expect(await codeOf(step(officer, id, 1, { outputs: [{ cert: 'LOW', fields }] }))).to.equal('CASE_OUTPUT')
    await answerOf(step(officer, id, 1), 200)
    const counts = gateway.rowCounts()
    const attempt = (output: object) => codeOf(step(issuer, id, 2, { outputs: [output] }))
    expect(await attempt({ cert: 'LOW' })).to.equal('CASE_OUTPUT')
    expect(await attempt({ cert: 'LOW', fields: { ...fields, headIdNo: '1' } })).to.equal('ROWS_INVALID')
    const replaces = { identifier: foreign.identifier, how: 'revoke', reason: 'HOLDER_CHANGE' }
    const unknown = { ...replaces, reason: 'UNDER_REVIEW' }
    expect(await attempt({ cert: 'LOW', fields, replaces: unknown })).to.equal('STATUS_REASON')
    expect(await attempt({ cert: 'LOW', fields, replaces })).to.equal('CASE_REPLACES_OTHER')
    expect(gateway.rowCounts()).to.deep.equal(counts)
  })

  /** The second step as it issues, until the power goes at the first of these verbs. */
  async function cutShort(id: string, verbs: (keyof Store)[]): Promise<void> {
    const { world } = gateway
    const gone = () => Promise.reject(new Error('the power went'))
    const store = Object.assign(
      Object.create(world.store) as Store,
      Object.fromEntries(verbs.map(verb => [verb, gone])),
    )
    const failed = await actStep(
      { ...world, store },
      id,
      2,
      { department: 'MZJ', officer: 'somebody' },
      { outcome: 'complete', reason: null, outputs: [{ cert: 'LOW', fields: LOW() }] },
      { key: freshKey(), request: new Uint8Array(32) },
    ).catch((error: unknown) => error)
    expect(String(failed)).to.equal('Error: the power went')
  }

  it('finish a step that a crash cut short after it was written down, and issue once', async () => {
    const { id } = await collected()
    await answerOf(step(officer, id, 1), 200)
    const { world } = gateway
    await cutShort(id, ['endStep', 'finishOutput'])
    expect((await look(id)).steps[1]?.state).to.equal('issuing')
    const certificates = gateway.rowCounts()['certificates']!

    gateway.advanceClock(10_000)
    await finishCutShort(world)
    const after = await look(id)
    expect(after.state).to.equal('done')
    expect(after.outputs[0]?.state).to.equal('issued')
    expect(gateway.rowCounts()['certificates']).to.equal(certificates)
  })

  it('are flagged when a certificate that was taken is revoked, told by events, and cannot end until it is collected again', async () => {
    const { id, holder } = await collected()
    const stream = await officer.request(`/v1/cases/${id}/events`)
    await revoke(holder.certificate)
    const reader = stream.body!.getReader()
    let told = ''
    while (!told.includes('certificate-changed')) {
      const { value } = await reader.read()
      told += new TextDecoder().decode(value)
    }
    await reader.cancel()
    expect(told).to.include('event: case-opened').and.include('"action":"revoke"')

    const flagged = await look(id)
    expect(flagged.items[0]).to.include({ state: 'flagged', symbol: '!', lacking: true })
    await answerOf(step(officer, id, 1), 409)
    // A new card: the case takes it in place of the old.
    await answerOf(
      gateway.post('/v1/certificates', {
        type: 'RIC',
        fields: exampleRow('RIC'),
        holders: [await numberOf(holder)],
      }),
      201,
    )
    await answerOf(officer.post(`/v1/cases/${id}/collect`, {}), 200)
    expect((await look(id)).items[0]).to.include({ state: 'have', flagged: null })
    await answerOf(step(officer, id, 1), 200)
  })

  /** The number on the card of a test's holder. */
  async function numberOf({ certificate }: Holder): Promise<string> {
    const { fields } = await answerOf<{ fields: { idNo: string } }>(
      gateway.get(`/v1/certificates/${certificate.identifier}`),
      200,
    )
    return fields.idNo
  }

  it('go by the version of the matter that they began with, and others by the newest', async () => {
    const [identity, household] = MATTER.requirements
    const matter = { ...MATTER, code: 'X12' }
    const basis = { department: 'GAJ', matter: 'X12', type: 'RIC', basis: '《居民身份证法》第六条' }
    const begin = (holder: Holder) =>
      answerOf<CaseView>(
        officer.post('/v1/cases', {
          matter: 'X12',
          channel: 'counter',
          parties: [{ role: 'applicant', holder: holder.id }],
        }),
        201,
      )
    const askedFor = async ({ id }: CaseView) => {
      await answerOf(officer.post(`/v1/cases/${id}/collect`, {}), 200)
      const { items } = (await gateway.world.store.caseById(id))!
      const use = (await gateway.world.store.useById(items[0]!.adopted!.use))!
      return use.fields
    }
    await answerOf(gateway.post('/v1/matters', { matters: [matter] }), 201)
    await answerOf(gateway.post('/v1/duty-bases', basis), 200)
    const holder = await newHolder(gateway)
    const old = await begin(holder)
    const requirements = [{ ...identity!, fields: ['name', 'idNo'] }, household]
    await answerOf(gateway.post('/v1/matters', { matters: [{ ...matter, version: 2, requirements }] }), 201)
    const young = await begin(holder)
    expect(await askedFor(old)).to.have.members(['name', 'validTo'])
    expect(await askedFor(young)).to.have.members(['name', 'idNo'])
    // Outside of it the old case gives nothing.
    const { identifier } = holder.certificate
    const line = { identifier, matter: 'X12', ground: 'duty', fields: ['validTo'] }
    expect(await codeOf(officer.post('/v1/uses', line))).to.equal('FIELD_NOT_IN_MATTER')

    const wanting = (department: string, caseId: string | null) =>
      gateway.post('/v1/consent-requests', {
        department,
        matter: 'X12',
        case: caseId,
        refusing: 'PAPER',
        term: { template: 'ONE_OFF' },
        parties: [{ holder: holder.id, items: [{ identifier, required: ['validTo'], optional: [] }] }],
      })
    await answerOf(wanting('GAJ', old.id), 201)
    for (const other of [null, young.id]) {
      expect(await codeOf(wanting('GAJ', other))).to.equal('FIELD_NOT_IN_MATTER')
    }
  })

  it('lose their copy with the erasure of the certificate, and take none that comes late', async () => {
    const { id, holder } = await collected()
    await answerOf(officer.get(`/v1/cases/${id}/items/0/copy`), 200)
    const kept = (await gateway.world.store.caseById(id))!.items[0]!.adopted!
    const { keySalt, ciphertext } = kept.copy!
    const files = () =>
      readdirSync(gateway.dataDir)
        .map(name => join(gateway.dataDir, name))
        .filter(path => statSync(path).isFile())
        .filter(path => [keySalt, ciphertext].some(bytes => readFileSync(path).includes(Buffer.from(bytes))))
    expect(files()).to.not.deep.equal([])
    const once = { key: freshKey(), request: randomBytes(32) }
    await eraseCertificate(gateway.world, holder.certificate.identifier, 'ordered', 'supervisor-a', once)
    expect(await codeOf(officer.get(`/v1/cases/${id}/items/0/copy`))).to.equal('CASE_COPY_NONE')
    expect(files()).to.deep.equal([])

    const other = await open(holder)
    const late = gateway.world.store.adoptItem(other.id, 0, { ...kept, copy: kept.copy! })
    const code = await late.then(
      () => null,
      (error: { code: string }) => error.code,
    )
    expect(code).to.equal('CERTIFICATE_ERASED')
    expect(files()).to.deep.equal([])
  })

  it('are archived with statements, steps and the department’s own copies', async () => {
    const { id } = await collected()
    const archive = async (asks: Asking) => {
      const response = await asks.get(`/v1/cases/${id}/archive`)
      expect(response.status).to.equal(200)
      return unzipSync(new Uint8Array(await response.arrayBuffer()))
    }
    const own = await archive(officer)
    expect(Object.keys(own)).to.include.members(['case.json', 'events.json', 'certificates/0.json'])
    expect(Object.keys(own).some(name => /^uses\/0-.*\.jws$/.test(name))).to.equal(true)
    expect((JSON.parse(strFromU8(own['case.json']!)) as CaseView).id).to.equal(id)
    expect(Object.keys(await archive(issuer))).to.not.include('certificates/0.json')
  })

  describe('told by webhook', () => {
    interface Call {
      headers: Record<string, string>
      body: string
    }
    let server: Server
    let calls: Call[]
    let status: number
    let secret: string
    let webhook: string

    before(async () => {
      calls = []
      status = 200
      server = createServer((request, response) => {
        let body = ''
        request.setEncoding('utf8')
        request.on('data', (part: string) => (body += part))
        request.on('end', () => {
          calls.push({ headers: request.headers as Record<string, string>, body })
          response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {})
          response.end()
        })
      })
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/told`
      const supervisor = gateway.as({ role: 'supervisor', department: 'GAJ' })
      const created = await answerOf<{ id: string; secret: string; state: string }>(
        supervisor.post('/v1/webhooks', {
          department: 'GAJ',
          url,
          events: ['case-closed', 'certificate-changed'],
        }),
        201,
      )
      expect(created.state).to.equal('pending')
      webhook = created.id
      secret = created.secret
      expect(await codeOf(supervisor.post(`/v1/webhooks/${webhook}/state`, { state: 'approved' }))).to.equal(
        'ACCESS_DENIED',
      )
    })

    after(() => {
      server.closeAllConnections()
      server.close()
    })

    const close = async () => {
      const { id } = await opened()
      await answerOf(officer.post(`/v1/cases/${id}/close`, { reason: '申请人撤回' }), 200)
      return id
    }
    const deliveries = async (state = '') =>
      (
        await answerOf<{ deliveries: { state: string; attempts: number; lastError: string | null }[] }>(
          gateway.get(`/v1/webhooks/${webhook}/deliveries${state}`),
          200,
        )
      ).deliveries

    it('only once the operator approved it', async () => {
      await close()
      expect(await deliveries()).to.deep.equal([])
      const operator = gateway.as({ role: 'operator' })
      await answerOf(operator.post(`/v1/webhooks/${webhook}/state`, { state: 'approved' }), 200)
    })

    it('with a signature over id, time and body, and without anybody’s values', async () => {
      const id = await close()
      await until(() => calls.length > 0)
      const { headers, body } = calls[0]!
      const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`
      const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
      const expected = createHmac('sha256', key).update(signed).digest('base64')
      expect(headers['webhook-signature']).to.equal(`v1,${expected}`)
      const event = JSON.parse(body) as { type: string; data: { case: string } }
      expect(event.type).to.equal('case-closed')
      expect(event.data.case).to.equal(id)
      expect(body).to.not.include('石有证')
    })

    it('again after a failure, with the same id and growing pauses; a redirect is a failure', async () => {
      calls.length = 0
      status = 302
      await close()
      await until(async () => (await deliveries('?state=waiting'))[0]?.attempts === 1)
      status = 500
      gateway.advanceClock(6_000)
      await until(async () => (await deliveries('?state=waiting'))[0]?.attempts === 2)
      status = 200
      gateway.advanceClock(11_000)
      await until(async () => (await deliveries('?state=waiting')).length === 0)
      expect(calls).to.have.length(3)
      expect(new Set(calls.map(({ headers }) => headers['webhook-id'])).size).to.equal(1)
    })

    it('within seconds when a certificate of an open case is revoked', async () => {
      calls.length = 0
      const { id, holder } = await collected()
      await revoke(holder.certificate)
      await until(() => calls.some(({ body }) => body.includes(id)))
      expect(JSON.parse(calls[0]!.body)).to.have.nested.property('data.action', 'revoke')
    })

    it('until it is given up, and listed then', async () => {
      status = 503
      await close()
      const attempts = async () => (await deliveries())[0]!
      for (let n = 1; n <= 16; n++) {
        await until(async () => (await attempts()).attempts === n)
        gateway.advanceClock(6 * 3_600_000 + 1_000)
      }
      expect(await deliveries('?state=dead')).to.have.length(1)
    })

    it('again when its department or the operator asks for what was given up, with the same id', async () => {
      const [dead] = await gateway.world.store.deliveries(webhook, 'dead', null, 1)
      const path = `/v1/webhooks/${webhook}/deliveries/${dead!.id}/again`
      const supervisor = gateway.as({ role: 'supervisor', department: 'GAJ' })
      const stranger = gateway.as({ role: 'supervisor', department: 'MZJ' })
      expect(await codeOf(stranger.post(path, {}))).to.equal('ACCESS_NOT_OWN')
      expect(await codeOf(officer.post(path, {}))).to.equal('ACCESS_DENIED')
      expect(await codeOf(supervisor.post(`/v1/webhooks/${webhook}/deliveries/999999/again`, {}))).to.equal(
        'DELIVERY_NOT_FOUND',
      )
      const before = calls.length
      status = 200
      const key = { 'idempotency-key': freshKey() }
      const revived = await answerOf<{ state: string; attempts: number }>(supervisor.post(path, {}, key), 200)
      expect(revived).to.include({ state: 'waiting', attempts: 0 })
      await until(async () => (await deliveries('?state=dead')).length === 0 && calls.length > before)
      await until(async () => (await deliveries())[0]!.state === 'delivered')
      expect(calls.slice(before).map(({ headers }) => headers['webhook-id'])).to.deep.equal([dead!.event])
      await answerOf(supervisor.post(path, {}, key), 200)
      expect(await codeOf(gateway.as({ role: 'operator' }).post(path, {}))).to.equal('DELIVERY_STATE')
      expect(calls).to.have.length(before + 1)
    })
  })

  describe('whose output’s type has gone to another department', () => {
    /** Began to issue before the type went, the one as the power went before, the other after it was issued. */
    let unissued: string
    let issued: string

    before(async () => {
      // Otherwise the keeper finishes what was cut short.
      gateway.holdClock(true)
      for (const verbs of [['acceptCertificates'], ['finishOutput']] as const) {
        const { id } = await collected()
        await answerOf(step(officer, id, 1), 200)
        await cutShort(id, [...verbs])
        if (verbs[0] === 'finishOutput') issued = id
        else unissued = id
      }
      await endSoon(end => gateway.post('/v1/departments/MZJ/permits/LOW/end', { until: end }))
      const definition = { ...typeIn(demoRegion(), 'LOW'), version: 2, issuer: 'GAJ' }
      await answerOf(gateway.post('/v1/types', { definition }), 201)
    })

    after(() => gateway.holdClock(false))

    const giveUp = (id: string, body: object = { reason: '此证照已改由公安局签发' }, headers = {}) =>
      step(issuer, id, 2, { outcome: 'give-up', ...body }, headers)
    const otherCounts = () => {
      const { certificates, statements, orders } = gateway.rowCounts()
      return { certificates, statements, orders }
    }

    it('issue nothing in its name, and leave the old certificate to who issued it', async () => {
      const { id } = await collected()
      await answerOf(step(officer, id, 1), 200)
      const counts = gateway.rowCounts()
      const outputs = [{ cert: 'LOW', fields: LOW() }]
      expect(await codeOf(step(issuer, id, 2, { outputs }))).to.equal('CERTIFICATE_OF_ANOTHER_DEPARTMENT')
      expect(gateway.rowCounts()).to.deep.equal(counts)
      expect(await codeOf(giveUp(id)), 'it issues nothing').to.equal('CASE_STEP_NOT_ISSUING')
    })

    it('give up what they began to issue, by whose step it is and with a reason, and are judged again', async () => {
      const id = unissued
      const before = otherCounts()
      expect(await codeOf(step(issuer, id, 2))).to.equal('CERTIFICATE_OF_ANOTHER_DEPARTMENT')
      const close = { reason: '申请人撤回' }
      expect(await codeOf(officer.post(`/v1/cases/${id}/close`, close))).to.equal('CASE_STEP_NOT_NEXT')
      expect(await codeOf(giveUp(id, {}))).to.equal('CASE_REASON_MISSING')
      const foreign = step(officer, id, 2, { outcome: 'give-up', reason: '不再签发' })
      expect(await codeOf(foreign)).to.equal('ACCESS_NOT_OWN')
      expect((await look(id)).steps[1]).to.include({ state: 'issuing', reason: null })

      const headers = { 'idempotency-key': freshKey() }
      const given = await answerOf<CaseView>(giveUp(id, undefined, headers), 200)
      expect(given.state).to.equal('open')
      expect(given.steps[1]).to.include({ state: 'pending', reason: '此证照已改由公安局签发' })
      expect(given.outputs).to.deep.equal([
        { cert: 'LOW', step: 2, state: 'given-up', identifier: null, record: null, replaces: null },
      ])
      expect(await answerOf(giveUp(id, undefined, headers), 200)).to.deep.equal(given)
      const { store } = gateway.world
      expect((await store.caseById(id))!.outputs[0]!.request, 'what was filled in').to.equal(null)
      const told = (await store.caseEvents(id, 0, 100)).filter(({ event }) => event === 'step-given-up')
      expect(told.map(({ data }) => data)).to.deep.equal([{ step: 2, department: 'MZJ' }])
      expect(await codeOf(giveUp(id))).to.equal('CASE_STEP_NOT_ISSUING')

      const again = step(issuer, id, 2, { outputs: [{ cert: 'LOW', fields: LOW() }] })
      expect(await codeOf(again), 'judged again').to.equal('CERTIFICATE_OF_ANOTHER_DEPARTMENT')
      expect((await answerOf<CaseView>(step(issuer, id, 2), 200)).state).to.equal('done')
      expect(otherCounts()).to.deep.equal(before)
    })

    it('lose nothing that was issued before: it is an output of the case, and is not issued again', async () => {
      const before = otherCounts()
      const given = await answerOf<CaseView>(giveUp(issued), 200)
      const [output] = given.outputs
      expect(output).to.include({ cert: 'LOW', state: 'issued' })
      const { status } = await gateway.get(`/v1/certificates/${output!.identifier}`)
      expect(status).to.equal(200)
      expect(given.steps[1]).to.include({ state: 'pending' })
      const outputs = [{ cert: 'LOW', fields: LOW() }]
      expect(await codeOf(step(issuer, issued, 2, { outputs }))).to.equal('CASE_OUTPUT')
      expect((await answerOf<CaseView>(step(issuer, issued, 2), 200)).state).to.equal('done')
      expect(otherCounts()).to.deep.equal(before)
    })
  })
})
