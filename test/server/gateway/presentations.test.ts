import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { sha256 } from '#crypto'
import { fromBase64url, toUtf8, utf8FromBase64url } from '../../../protocol/bytes.ts'
import { formatUlid } from '../../../protocol/identifiers.ts'
import { parseStatement } from '../../../protocol/statement.ts'
import { eraseCertificate } from '../../../server/oversight/erasure.ts'
import {
  confirmRelease,
  confirmWithholding,
  proposeRelease,
  proposeWithholding,
} from '../../../server/oversight/withholding.ts'
import type { Ground } from '../../../server/store/uses.ts'
import {
  admit,
  answerOf,
  exampleRow,
  freshKey,
  issue,
  openGateway,
  untilAllFinal,
  type Asking,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { publishMatter } from '../../support/matters.ts'
import { newHolder, type Holder } from '../grants/holders.ts'
import { problemIn } from '../http/gateway.ts'
import { present, presentBody, tokenOf, type Code, type Presented } from './presentation-examples.ts'

interface View {
  id: string
  state: string
  codeExpiresAt: number
  renewableUntil: number
  isHeld: boolean
  verifier: string | null
  certificates: { identifier: string; fields: string[]; readAt: number | null; readFields: number }[]
  reader: { department: string; zh: string; matter: string; takenAt: number; fields: number } | null
}
interface Taken {
  presentation: string
  matter: string
  readUntil: number
  certificates: { identifier: string; type: string; fields: string[] }[]
}
interface ReadOne {
  identifier: string
  file?: string
  refused?: string
  use?: {
    id: string
    ground: Ground
    matter: string
    fields: string[]
    officer: string
    refused: string | null
  }
}
interface Shown {
  verdict: string
  certificates?: { type: { code: string }; verdict: string; fields: [string, unknown][] }[]
}

const disclosedIn = (file: string): Record<string, unknown> => {
  const { certificate } = JSON.parse(file) as { certificate: string }
  const parts = certificate.split('~').slice(1).filter(Boolean)
  return Object.fromEntries(
    parts.map(part => (JSON.parse(utf8FromBase64url(part)!) as [string, string, unknown]).slice(1)),
  ) as Record<string, unknown>
}

describe('presenting a certificate', function () {
  this.timeout(120_000)
  let gateway: OpenedGateway
  let holder: Holder
  let officer: Asking
  let colleague: Asking
  let stranger: Asking

  before(async () => {
    gateway = await openGateway()
    await admit(gateway, 'ZSJ', 'MZJ', 'ZJJ')
    await publishMatter(gateway, 'M10')
    holder = await newHolder(gateway)
    officer = gateway.as({ role: 'officer', department: 'MZJ' })
    colleague = gateway.as({ role: 'officer', department: 'MZJ' })
    stranger = gateway.as({ role: 'officer', department: 'ZJJ' })
    gateway.holdClock(true)
  })
  after(() => gateway.close())

  const path = '/v1/holder/presentations'
  const seconds = (count: number) => gateway.advanceClock(count * 1_000)
  const view = (id: string, by = holder) => answerOf<View>(by.asks.get(`${path}/${id}`), 200)
  const act = (id: string, what: string, by: Pick<Asking, 'request'> = holder.asks) =>
    by.request(`${path}/${id}/${what}`, { method: 'POST', headers: { 'idempotency-key': freshKey() } })
  const renew = (id: string, by?: Asking) => answerOf<Presented>(act(id, 'renewal', by), 200)
  const end = (id: string, by = holder) => answerOf<View>(act(id, 'cancellation', by.asks), 200)
  const take = (code: object, by = officer, more: object = {}) =>
    by.post('/v1/presentations/resolve', { code, ...more })
  const taken = (code: object, by?: Asking, more?: object) => answerOf<Taken>(take(code, by, more), 200)
  const byToken = (code: Code) => ({ token: tokenOf(code) })
  const byDigits = ({ digits }: Code) => ({ digits })
  const read = (id: string, by = officer, body: object = {}) =>
    by.post(`/v1/presentations/${id}/reading`, body)
  const readings = async (response: Promise<Response>) =>
    (await answerOf<{ certificates: ReadOne[] }>(response, 201)).certificates
  const codeIn = async (response: Response | Promise<Response>) => (await problemIn(await response)).code
  const uses = async () => gateway.world.store.uses({}, { before: null, limit: 200 })
  const show = async ({ url }: Code) => answerOf<Shown>(gateway.request(new URL(url).pathname), 200)

  describe('at a counter', () => {
    it('shows by eight digits what was chosen, gives exactly that, once, and tells the holder who read it', async () => {
      const { presentation, code } = await present(holder)
      expect(presentation.state).to.equal('waiting')
      expect(code.digits).to.match(/^\d{8}$/)
      expect(code.url).to.match(/^http:\/\/127\.0\.0\.1:\d+\/p\/[\w-]{22}$/)
      expect(code.url.length).to.be.at.most(60)

      const { id } = presentation
      const wakes: unknown[] = []
      const stop = gateway.world.events.subscribe(`holder:${holder.id}`, data => wakes.push(data))
      const shown = await taken(byDigits(code))
      const { identifier } = holder.certificate
      expect(shown.presentation).to.equal(id)
      expect(shown.certificates).to.deep.equal([
        { identifier, type: 'RIC', fields: ['name', 'validTo'], readAt: null },
      ])
      expect(JSON.stringify(shown)).to.not.include('石有证')
      expect((await view(id)).state).to.equal('taken')

      seconds(3)
      const [one] = await readings(read(id))
      expect(disclosedIn(one!.file!)).to.deep.equal({ name: '石有证', validTo: exampleRow('RIC')['validTo'] })
      expect(one!.use).to.include({ ground: 'presentation', matter: 'PRESENT', refused: null })
      const receipt = await answerOf<{ statement: string }>(officer.get(`/v1/uses/${one!.use!.id}/receipt`))
      expect(parseStatement(receipt.statement).payload).to.include({
        ground: 'presentation',
        department: 'MZJ',
        officer: officer.caller.subject,
        matter: 'PRESENT',
      })

      const after = await view(id)
      expect(after.state).to.equal('used')
      expect(after.reader).to.include({ department: 'MZJ', zh: '云岭市民政局', matter: 'PRESENT', fields: 2 })
      expect(after.certificates[0]!.readAt).to.equal(after.reader!.takenAt + 3)
      expect(wakes).to.deep.include({ presentation: id })
      stop()
    })

    it('is taken by what the scanner read, and never from a code of another site', async () => {
      const { presentation, code } = await present(holder)
      const token = tokenOf(code)
      for (const url of [
        `https://onceproof.example/p/${token}`,
        code.url.replace('127.0.0.1', '127.0.0.1.example'),
        `${code.url}/`,
        `${code.url}?next=1`,
        code.url.replace('http:', 'javascript:'),
        `http://a@${code.url.slice(7)}`,
      ]) {
        const problem = await problemIn(await take({ url }))
        expect(problem.code, url).to.equal('PRESENTATION_FOREIGN')
        expect(JSON.stringify(problem)).to.not.include(token)
      }
      expect((await taken({ url: code.url })).presentation).to.equal(presentation.id)
    })

    it('gives the same certificate no second time, in no way', async () => {
      const { presentation, code } = await present(holder)
      await taken(byToken(code))
      await readings(read(presentation.id))
      const before = (await uses()).length
      expect(await codeIn(read(presentation.id))).to.equal('CODE_USED')
      expect(await codeIn(read(presentation.id, colleague))).to.equal('CODE_USED')
      expect(await codeIn(take(byToken(code)))).to.equal('CODE_USED')
      expect(await codeIn(take(byDigits(code), gateway.as({ role: 'officer', department: 'MZJ' })))).to.equal(
        'PRESENTATION_UNKNOWN',
      )
      // Refused attempts to read are in the log, by name of the refusal.
      const all = await uses()
      expect(all.length).to.equal(before + 2)
      expect(all.slice(0, 2).map(({ refused }) => refused)).to.deep.equal(['CODE_USED', 'CODE_USED'])
      expect(await codeIn(act(presentation.id, 'renewal'))).to.equal('CODE_USED')
      expect(await codeIn(act(presentation.id, 'cancellation'))).to.equal('CODE_USED')
    })

    it('answers a repeated request with what it answered, and reads nothing twice', async () => {
      const { presentation, code } = await present(holder)
      const headers = { 'idempotency-key': freshKey() }
      const body = { code: byDigits(code) }
      const [first, again] = [
        await answerOf<Taken>(officer.post('/v1/presentations/resolve', body, headers), 200),
        await answerOf<Taken>(officer.post('/v1/presentations/resolve', body, headers), 200),
      ]
      expect(again).to.deep.equal(first)
      const reading = { 'idempotency-key': freshKey() }
      const url = `/v1/presentations/${presentation.id}/reading`
      const [one] = await readings(officer.post(url, {}, reading))
      const [same] = await readings(officer.post(url, {}, reading))
      expect(same!.use!.id).to.equal(one!.use!.id)
      // Somebody else's repetition is no repetition.
      expect(await codeIn(colleague.post('/v1/presentations/resolve', body, headers))).to.equal(
        'IDEMPOTENCY_KEY_REUSED',
      )
    })

    it('goes to exactly one of two departments, and to one of two colleagues, who act at once', async () => {
      const first = await present(holder)
      const answers = await Promise.all([take(byToken(first.code)), take(byToken(first.code), stranger)])
      expect(answers.map(({ status }) => status)).to.have.members([200, 409])
      const loser = answers.find(({ status }) => status === 409)!
      expect(await codeIn(loser)).to.equal('CODE_USED')

      const second = await present(holder)
      await taken(byToken(second.code))
      const both = await Promise.all([read(second.presentation.id), read(second.presentation.id, colleague)])
      expect(both.map(({ status }) => status)).to.have.members([201, 409])
      const made = (await uses()).filter(({ refused }) => refused === null)
      expect(made.filter(({ identifier }) => identifier === holder.certificate.identifier)).to.have.length(4)
    })

    it('is not for another department, another certificate or another field', async () => {
      const bound = await present(holder, { verifier: 'ZJJ' })
      expect(await codeIn(take(byToken(bound.code)))).to.equal('PRESENTATION_OTHER_DEPARTMENT')
      const { id } = bound.presentation
      expect(await codeIn(read(id))).to.equal('PRESENTATION_UNKNOWN')
      await taken(byToken(bound.code), stranger)
      expect(await codeIn(read(id))).to.equal('PRESENTATION_OTHER_DEPARTMENT')
      const { identifier } = holder.certificate
      const more = { certificates: [{ identifier, fields: ['name', 'idNo'] }] }
      expect(await codeIn(read(id, stranger, more))).to.equal('FIELD_NOT_IN_MATTER')
      const another = await newHolder(gateway, '欧阳无关')
      const other = { certificates: [{ identifier: another.certificate.identifier }] }
      expect(await codeIn(read(id, stranger, other))).to.equal('FIELD_NOT_PRESENTED')
      // What was refused took nothing away.
      await readings(read(id, stranger, { certificates: [{ identifier, fields: ['name'] }] }))
      expect((await view(id)).reader).to.include({ department: 'ZJJ', fields: 1 })
    })

    it('shows several certificates, and each of them is read by itself', async () => {
      const { idNo } = await ownFields(holder)
      const ncr = await issue(gateway, 'NCR', recentRecord(idNo))
      const body = presentBody(holder, {
        certificates: [
          { identifier: holder.certificate.identifier, fields: 'nameAndValidity' },
          { identifier: ncr.identifier, fields: 'all' },
        ],
      })
      const { presentation, code } = await answerOf<Presented>(holder.asks.post(path, body), 201)
      const shown = await taken(byToken(code))
      expect(shown.certificates[0]!.fields).to.have.members(['name', 'validFrom', 'validTo'])
      expect(shown.certificates[1]!.fields).to.include.members(['result', 'idNo'])
      const only = { certificates: [{ identifier: ncr.identifier }] }
      expect(await readings(read(presentation.id, officer, only))).to.have.length(1)
      const both = await readings(read(presentation.id))
      expect(both.map(({ refused = null }) => refused)).to.deep.equal([null, 'CODE_USED'])
    })

    it('is the only way to a certificate that is not shared, within its matter and to its departments', async () => {
      const { idNo } = await ownFields(holder)
      const { identifier } = await issue(gateway, 'NCR', recentRecord(idNo))
      const school = gateway.as({ role: 'officer', department: 'JYJ' })
      const fields = ['result', 'validTo']
      const use = { identifier, matter: 'M10', fields }
      expect(await codeIn(school.post('/v1/uses', { ...use, ground: 'duty' }))).to.equal('SHARE_REFUSED')
      const open = async () =>
        answerOf<Presented>(
          holder.asks.post(path, presentBody(holder, { certificates: [{ identifier, fields }] })),
          201,
        )
      const first = await open()
      await taken(byToken(first.code), officer, { matter: 'M10' })
      expect(await codeIn(read(first.presentation.id))).to.equal('READER_NOT_IN_MATTER')
      const second = await open()
      expect((await taken(byToken(second.code), school, { matter: 'M10' })).matter).to.equal('M10')
      const [one] = await readings(read(second.presentation.id, school))
      expect(one!.use).to.include({ ground: 'presentation', matter: 'M10' })
      expect(Object.keys(disclosedIn(one!.file!))).to.have.members(fields)
    })

    it('is not read when the certificate has been revoked since', async () => {
      const someone = await newHolder(gateway)
      const { presentation, code } = await present(someone)
      await taken(byToken(code))
      const { identifier } = someone.certificate
      await untilAllFinal(gateway)
      await answerOf(
        gateway.post(`/v1/certificates/${identifier}/status`, {
          action: 'revoke',
          reason: 'ISSUED_IN_ERROR',
        }),
      )
      expect(await codeIn(read(presentation.id))).to.equal('CERTIFICATE_NOT_IN_FORCE')
    })
  })

  describe('when the certificate is withheld or erased', () => {
    const once = () => ({ key: freshKey(), request: sha256(toUtf8(freshKey())) })

    it('gives nothing while an order withholds it, and what was presented when the order ends', async () => {
      const someone = await newHolder(gateway)
      const { identifier } = someone.certificate
      const open = await present(someone)
      const shown = await present(someone)
      await taken(byToken(open.code))
      const { world } = gateway
      const target = { identifier, department: null }
      const { id } = await proposeWithholding(world, target, 'LAW_ENFORCEMENT', 'supervisor-a', once())
      await confirmWithholding(world, id, 'supervisor-b', once())
      expect(await codeIn(read(open.presentation.id))).to.equal('WITHHELD')
      const [one] = (await show(shown.code)).certificates!
      expect([one!.verdict, one!.fields]).to.deep.equal(['WITHHELD', []])
      expect(await codeIn(someone.asks.post(path, presentBody(someone)))).to.equal('WITHHELD')
      await proposeRelease(world, id, 'CLEARED', 'supervisor-a', once())
      await confirmRelease(world, id, 'supervisor-b', once())
      await readings(read(open.presentation.id))
    })

    it('shows and gives nothing of one that was erased after it was presented', async () => {
      const someone = await newHolder(gateway)
      const before = gateway.rowCounts()['presentation_items']
      const open = await present(someone)
      const shown = await present(someone)
      await taken(byToken(open.code))
      const { identifier } = someone.certificate
      const { seq, leaf } = (await gateway.world.store.certificateByIdentifier(identifier))!
      await eraseCertificate(gateway.world, identifier, 'ordered', 'supervisor-a', once())
      expect(await codeIn(read(open.presentation.id))).to.equal('CERTIFICATE_ERASED')
      expect((await show(shown.code)).certificates).to.equal(undefined)
      expect((await view(shown.presentation.id, someone)).certificates).to.deep.equal([])
      expect((await end(shown.presentation.id, someone)).state).to.equal('cancelled')
      expect(gateway.rowCounts()['presentation_items']).to.equal(before)
      // Nor can one that was on its way when the certificate was erased.
      const late = gateway.world.store.openPresentation(
        {
          id: formatUlid(gateway.world.clock(), randomBytes(10)),
          holder: fromBase64url(someone.id)!,
          person: fromBase64url(someone.id)!,
          verifier: null,
          purpose: 'SERVICE',
          items: [{ certificateSeq: seq, leaf, identifier, type: 'RIC', fields: ['name'] }],
          code: { token: randomBytes(32), digits: randomBytes(32), expiresAt: 4_000_000_000 },
        },
        5,
        null,
      )
      const code = await late.then(
        () => null,
        (error: { code: string }) => error.code,
      )
      expect(code).to.equal('CERTIFICATE_ERASED')
    })
  })

  describe('by machines and by the demonstration’s own token', () => {
    it('is read within the scopes of a machine: department and type', async () => {
      const machine = (...scopes: string[]) => gateway.as({ role: 'client', department: 'MZJ', scopes })
      const { presentation, code } = await present(holder)
      expect(await codeIn(take(byToken(code), machine('issue:MZJ:*')))).to.equal('SCOPE_MISSING')
      expect(await codeIn(take(byToken(code), machine('read:ZJJ:*')))).to.equal('SCOPE_MISSING')
      await taken(byToken(code), machine('read:MZJ:DIP'))
      const before = (await uses()).length
      expect(await codeIn(read(presentation.id, machine('read:MZJ:DIP')))).to.equal('SCOPE_MISSING')
      expect((await uses()).length).to.equal(before)
      await readings(read(presentation.id, machine('read:MZJ:RIC')))
    })

    it('needs to be told for which department when the caller acts for all', async () => {
      const { presentation, code } = await present(holder)
      const root = { post: gateway.post } as Asking
      expect(await codeIn(take(byToken(code), root))).to.equal('INPUT_INVALID')
      expect(await codeIn(take(byToken(code), root, { department: 'NOBODY' }))).to.equal(
        'DEPARTMENT_NOT_FOUND',
      )
      await taken(byToken(code), root, { department: 'ZJJ' })
      const [one] = await readings(read(presentation.id, root, { department: 'ZJJ' }))
      expect(one!.use!.officer).to.equal('root')
    })

    it('is taken for no other department than the officer’s own', async () => {
      const { presentation, code } = await present(holder)
      expect(await codeIn(take(byToken(code), officer, { department: 'ZJJ' }))).to.equal('ACCESS_NOT_OWN')
      await end(presentation.id)
    })
  })

  describe('by the clock', () => {
    it('has a code that is alive for 59 seconds and dead after 60, and dead as soon as it is renewed', async () => {
      const { presentation, code } = await present(holder)
      const { id } = presentation
      seconds(59)
      expect((await view(id)).state).to.equal('waiting')
      const renewed = await renew(id)
      expect(renewed.code.digits).to.not.equal(code.digits)
      expect(renewed.code.url).to.not.equal(code.url)
      expect(await codeIn(take(byToken(code)))).to.equal('PRESENTATION_UNKNOWN')
      seconds(60)
      expect((await view(id)).state).to.equal('expired')
      expect(await codeIn(take(byToken(renewed.code)))).to.equal('CODE_EXPIRED')
      const third = await renew(id)
      seconds(59)
      expect((await taken(byToken(third.code))).presentation).to.equal(id)
      // The counter has ten minutes to read, from when it took the code.
      seconds(600)
      expect((await view(id)).state).to.equal('expired')
      expect(await codeIn(read(id))).to.equal('CODE_EXPIRED')
    })

    it('holds one code for ten minutes when the holder says so', async () => {
      const { presentation, code } = await present(holder)
      const { id } = presentation
      seconds(30)
      expect((await answerOf<View>(act(id, 'pause'), 200)).isHeld).to.equal(true)
      seconds(300)
      // Once more does not make it longer.
      const { codeExpiresAt } = await answerOf<View>(act(id, 'pause'), 200)
      seconds(299)
      expect((await view(id)).state).to.equal('waiting')
      expect((await show(code)).verdict).to.equal('SHOWN')
      seconds(1)
      expect(Math.floor(gateway.world.clock() / 1_000)).to.equal(codeExpiresAt)
      expect((await view(id)).state).to.equal('expired')
      expect(await codeIn(act(id, 'pause'))).to.equal('CODE_EXPIRED')
      expect((await renew(id)).presentation.state).to.equal('waiting')
      expect((await view(id)).isHeld).to.equal(false)
      await end(id)
    })

    it('renews for half an hour, and then asks who is there', async () => {
      const tired = gateway.as({ ...holder.who, signedIn: null })
      expect(await codeIn(tired.post(path, presentBody(holder)))).to.equal('STEP_UP_REQUIRED')
      const { presentation } = await present(holder)
      const { id } = presentation
      seconds(1_790)
      // Not beyond the half hour, renewed or held.
      const { code } = await renew(id, tired)
      expect(code.expiresAt - Math.floor(gateway.world.clock() / 1_000)).to.equal(10)
      expect((await answerOf<View>(act(id, 'pause', tired), 200)).codeExpiresAt).to.equal(code.expiresAt)
      seconds(10)
      expect(await codeIn(act(id, 'renewal', tired))).to.equal('STEP_UP_REQUIRED')
      expect((await view(id)).state).to.equal('expired')
      await renew(id)
      seconds(1_700)
      await renew(id, tired)
      await end(id)
    })

    it('ends at once when the holder ends it, also for a counter that has the code', async () => {
      const waiting = await present(holder)
      await end(waiting.presentation.id)
      expect(await codeIn(take(byToken(waiting.code)))).to.equal('PRESENTATION_CANCELLED')
      expect(await codeIn(act(waiting.presentation.id, 'renewal'))).to.equal('PRESENTATION_CANCELLED')
      const shown = await present(holder)
      await taken(byToken(shown.code))
      expect((await end(shown.presentation.id)).state).to.equal('cancelled')
      expect(await codeIn(read(shown.presentation.id))).to.equal('PRESENTATION_CANCELLED')
    })
  })

  describe('by its holder only', () => {
    it('is opened of one’s own certificates, and another’s is as if it were not there', async () => {
      const other = await newHolder(gateway)
      await untilAllFinal(gateway)
      const before = gateway.rowCounts()
      const foreign = presentBody(other)
      expect(await codeIn(holder.asks.post(path, foreign))).to.equal('CERTIFICATE_NOT_FOUND')
      const unknown = presentBody({
        certificate: {
          ...other.certificate,
          identifier: other.certificate.identifier.replace(/.{6}$/, '001.00'),
        },
      })
      expect((await problemIn(await holder.asks.post(path, unknown))).status).to.be.within(404, 422)
      for (const certificates of [
        [],
        [{ identifier: holder.certificate.identifier, fields: ['noSuchField'] }],
        [{ identifier: holder.certificate.identifier, fields: [] }],
        [1, 2].map(() => ({ identifier: holder.certificate.identifier, fields: 'all' })),
      ]) {
        const response = await holder.asks.post(path, presentBody(holder, { certificates }))
        expect(response.status, JSON.stringify(certificates)).to.be.within(400, 422)
      }
      expect(await codeIn(holder.asks.post(path, presentBody(holder, { verifier: 'NOBODY' })))).to.equal(
        'DEPARTMENT_NOT_FOUND',
      )
      expect(await codeIn(holder.asks.post(path, presentBody(holder, { purpose: '给王五看' })))).to.equal(
        'INPUT_INVALID',
      )
      expect(gateway.rowCounts()).to.deep.equal(before)
    })

    it('is seen, renewed and ended by nobody else', async () => {
      const other = await newHolder(gateway)
      seconds(1)
      const { presentation } = await present(holder)
      const { id } = presentation
      expect(await codeIn(other.asks.get(`${path}/${id}`))).to.equal('PRESENTATION_UNKNOWN')
      for (const what of ['renewal', 'pause', 'cancellation']) {
        expect(await codeIn(act(id, what, other.asks))).to.equal('PRESENTATION_UNKNOWN')
        expect(await codeIn(act(id, what, officer))).to.equal('ACCESS_DENIED')
      }
      const list = await answerOf<{ presentations: View[] }>(other.asks.get(path))
      expect(list.presentations).to.deep.equal([])
      const own = await answerOf<{ presentations: View[] }>(holder.asks.get(`${path}?limit=1`))
      expect(own.presentations.map(one => one.id)).to.deep.equal([id])
      await end(id)
    })

    it('has at most five codes alive, and a repeated opening opens no second one', async () => {
      const someone = await newHolder(gateway)
      const headers = { 'idempotency-key': freshKey() }
      const first = await answerOf<Presented>(someone.asks.post(path, presentBody(someone), headers), 201)
      const again = await answerOf<Presented>(someone.asks.post(path, presentBody(someone), headers), 201)
      expect(again.presentation.id).to.equal(first.presentation.id)
      expect(await codeIn(take(byToken(first.code)))).to.equal('PRESENTATION_UNKNOWN')
      for (let n = 0; n < 4; n++) await present(someone)
      expect(await codeIn(someone.asks.post(path, presentBody(someone)))).to.equal('PRESENTATIONS_TOO_MANY')
    })
  })

  describe('to a stranger with a phone', () => {
    it('shows the verdict and masked values, as often as it is looked at, and takes nothing away', async () => {
      const { presentation, code } = await present(holder, {
        certificates: [{ identifier: holder.certificate.identifier, fields: ['name', 'idNo', 'validTo'] }],
      })
      await untilAllFinal(gateway)
      const before = gateway.rowCounts()
      const first = await show(code)
      expect(await show(code)).to.deep.equal(first)
      const [one] = first.certificates!
      const { idNo } = await ownFields(holder)
      expect(one!.type.code).to.equal('RIC')
      expect(one!.verdict).to.equal('VALID')
      expect(Object.fromEntries(one!.fields)).to.deep.equal({
        name: '石*证',
        idNo: `${idNo.slice(0, 3)}${'*'.repeat(13)}${idNo.slice(-2)}`,
        validTo: exampleRow('RIC')['validTo'],
      })
      expect(gateway.rowCounts()).to.deep.equal(before)
      await taken(byToken(code))
      expect(await show(code)).to.deep.equal({ verdict: 'NOT_FOUND' })
      await readings(read(presentation.id))
    })

    it('answers unknown, malformed, expired, ended, used and bound codes all alike', async () => {
      const expired = await present(holder)
      seconds(60)
      const ended = await present(holder)
      await end(ended.presentation.id)
      const bound = await present(holder, { verifier: 'MZJ' })
      const paths = [
        ...[expired, ended, bound].map(({ code }) => new URL(code.url).pathname),
        `/p/${'A'.repeat(22)}`,
        '/p/x',
        `/p/${'7'.repeat(150)}`,
      ]
      const answers = await Promise.all(
        paths.map(async one => {
          const response = await gateway.request(one)
          return [response.status, response.headers.get('cache-control'), await response.text()]
        }),
      )
      for (const answer of answers) expect(answer).to.deep.equal([200, 'no-store', '{"verdict":"NOT_FOUND"}'])
      await end(bound.presentation.id)
    })
  })

  describe('to one who guesses', () => {
    it('stops an officer after ten wrong codes and a department after fifty, and tells nothing', async () => {
      const target = await present(holder)
      await answerOf(act(target.presentation.id, 'pause'), 200)
      const guess = async (by: Asking, n: number) => {
        // Never the real one.
        const digits = String((Number(target.code.digits) + 1 + n) % 10 ** 8).padStart(8, '0')
        const response = await take({ digits }, by)
        const wait = response.headers.get('retry-after')
        return { ...(await problemIn(response)), wait }
      }
      const tally: Record<string, number> = {}
      let tries = 0
      for (let n = 0; n < 50; n++) {
        const guesser = gateway.as({ role: 'officer', department: 'ZSJ' })
        for (let each = 0; each < 20; each++) {
          const { code, wait } = await guess(guesser, tries++)
          tally[code] = (tally[code] ?? 0) + 1
          if (code === 'CODE_GUESSING') expect(Number(wait)).to.be.within(1, 600)
        }
      }
      expect(tries).to.equal(1_000)
      expect(tally).to.deep.equal({ PRESENTATION_UNKNOWN: 50, CODE_GUESSING: 950 })
      // The right ones too, until the pause is over; by scanning, and elsewhere, work goes on.
      const late = gateway.as({ role: 'officer', department: 'ZSJ' })
      expect(await codeIn(take(byDigits(target.code), late))).to.equal('CODE_GUESSING')
      seconds(598)
      expect(await codeIn(take(byDigits(target.code), late))).to.equal('CODE_GUESSING')
      const { code } = await renew(target.presentation.id)
      seconds(2)
      expect((await taken(byDigits(code), late)).presentation).to.equal(target.presentation.id)
    })

    it('reads nothing with the digits, token or id of somebody else’s', async () => {
      const { presentation } = await present(holder)
      const { identifier } = holder.certificate
      const before = (await uses()).length
      for (const id of [presentation.id, '01ARZ3NDEKTSV4RRFFQ69G5FAV']) {
        const body = { certificates: [{ identifier }] }
        expect(await codeIn(read(id, stranger, body))).to.equal('PRESENTATION_UNKNOWN')
      }
      expect((await uses()).length).to.equal(before + 1)
      await end(presentation.id)
    })
  })

  describe('at rest', () => {
    it('keeps neither token nor digits, in no file and no line of the log', async () => {
      const codes = await Promise.all([present(holder), present(holder)])
      for (const { code } of codes) {
        await show(code)
        await taken(byToken(code))
      }
      await gateway.world.store.saveSetting('flushed', 'yes')
      const files = ['onceproof.db', 'onceproof.db-wal'].map(name =>
        readFileSync(join(gateway.dataDir, name)),
      )
      const lines = gateway.log.join('')
      expect(lines).to.include('/p/{token}')
      for (const { code } of codes) {
        const secrets = [tokenOf(code), code.digits, Buffer.from(sha256(toUtf8(code.digits)))]
        for (const secret of secrets) {
          for (const file of files) expect(file.includes(secret)).to.equal(false)
          expect(lines.includes(secret.toString())).to.equal(false)
        }
        expect(lines.includes(code.url)).to.equal(false)
      }
    })

    it('outlives a restart between showing and reading, and so does what was guessed', async () => {
      const { presentation, code } = await present(holder)
      const shown = await present(holder)
      await taken(byToken(shown.code))
      const guesser = { role: 'officer', department: 'ZJJ', subject: '01ARZ3NDEKTSV4RRFFQ69G5FAW' } as const
      for (let n = 0; n < 10; n++) await take({ digits: `0000000${n}` }, gateway.as(guesser))
      const ahead = gateway.world.clock() - Date.now()
      await gateway.close({ andChain: false })
      gateway = await openGateway({ after: gateway })
      gateway.advanceClock(ahead)
      expect(await codeIn(take(byDigits(code), gateway.as(guesser)))).to.equal('CODE_GUESSING')
      const same = gateway.as({ role: 'officer', department: 'MZJ', subject: officer.caller.subject })
      expect((await taken(byDigits(code), same)).presentation).to.equal(presentation.id)
      for (const { id } of [presentation, shown.presentation]) {
        const [one] = await readings(read(id, same))
        expect(disclosedIn(one!.file!)).to.include({ name: '石有证' })
      }
    })
  })

  /** A record of no crimes is good for three months. */
  function recentRecord(idNo: string): Record<string, unknown> {
    const day = (ahead: number) =>
      new Date(gateway.world.clock() + ahead * 86_400_000).toISOString().slice(0, 10)
    return { ...exampleRow('NCR'), idNo, issueDate: day(-2), validTo: day(80) }
  }

  async function ownFields({ certificate }: Holder): Promise<{ idNo: string }> {
    const file = await gateway.get(`/v1/certificates/${certificate.identifier}/file`)
    return disclosedIn(await file.text()) as { idNo: string }
  }
})

describe('a code behind spoofed addresses', function () {
  let gateway: OpenedGateway

  before(async () => {
    // Nobody in front of it is trusted to say where a request comes from.
    gateway = await openGateway({ env: { ONCEPROOF_TRUSTED_PROXIES: '' } })
    gateway.holdClock(true)
  })
  after(() => gateway.close())

  it('is looked at from one address, whatever a thousand requests say of theirs', async () => {
    const statuses: Record<number, number> = {}
    for (let n = 0; n < 1_000; n++) {
      const address = n % 2 === 0 ? `10.0.${n >> 8}.${n & 255}` : `2001:db8:${n.toString(16)}::1`
      const response = await gateway.request(`/p/${'A'.repeat(22)}`, {
        headers: { 'x-forwarded-for': address },
      })
      await response.arrayBuffer()
      statuses[response.status] = (statuses[response.status] ?? 0) + 1
    }
    expect(statuses).to.deep.equal({ 200: 60, 429: 940 })
  })
})
