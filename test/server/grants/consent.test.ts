import { expect } from 'chai'
import { id as keccakOf } from 'ethers'
import { noticeHash } from '../../../protocol/grant.ts'
import { accountSigner } from '../../contracts/signers.ts'
import {
  admit,
  answerOf,
  freshKey,
  issue,
  openGateway,
  untilAllFinal,
  type Asking,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { problemIn } from '../http/gateway.ts'
import {
  ask,
  bind,
  closeSenders,
  give,
  grantOf,
  newHolder,
  newNumber,
  partyOf,
  prepare,
  publishHousing,
  read,
  signersOfEveryKind,
  type AskedRequest,
  type GivenGrant,
  type Holder,
} from './holders.ts'

interface Opened {
  request: AskedRequest
  notice: { version: number; text: string; hash: string; shownAt: number }
  items: { type: string; required: string[]; optional: string[]; values: Record<string, unknown> }[]
}

const DAY = 86_400

describe('asking for consent', () => {
  let gateway: OpenedGateway
  let keys = 0

  before(async () => {
    gateway = await openGateway()
    await publishHousing(gateway)
    await admit(gateway, 'MZJ')
  })
  after(async () => {
    closeSenders()
    await gateway.close()
  })

  const codeOf = async (response: Promise<Response>) => (await problemIn(await response)).code
  const open = ({ asks }: Holder, request: string) =>
    answerOf<Opened>(asks.post(`/v1/consent-requests/${request}/opening`, {}), 200)
  const requestOf = (request: string) =>
    answerOf<AskedRequest>(
      gateway.as({ role: 'officer', department: 'ZJJ' }).get(`/v1/consent-requests/${request}`),
      200,
    )
  async function signing(name?: string) {
    const holder = await newHolder(gateway, name)
    const signer = accountSigner(`consenting ${++keys}`)
    await answerOf(bind(holder, signer), 201)
    return { holder, signer }
  }
  /** Refused with this code, and nothing is written of it. */
  async function refusedBy(code: string, act: () => Promise<Response>) {
    await untilAllFinal(gateway)
    const before = gateway.rowCounts()
    expect(await codeOf(act())).to.equal(code)
    expect(gateway.rowCounts(), code).to.deep.equal(before)
  }

  it('puts a request into the inbox of the holder, and of nobody else', async () => {
    const [holder, other] = [await newHolder(gateway), await newHolder(gateway)]
    const { id } = await ask(gateway, [holder])
    const inbox = async ({ asks }: Holder) =>
      (await answerOf<{ requests: AskedRequest[] }>(asks.get('/v1/consent-requests'), 200)).requests
    expect((await inbox(holder)).map(request => request.id)).to.deep.equal([id])
    expect(await inbox(other)).to.deep.equal([])
    expect(await codeOf(other.asks.get(`/v1/consent-requests/${id}`))).to.equal('ACCESS_NOT_OWN')
    expect(await codeOf(other.asks.post(`/v1/consent-requests/${id}/opening`, {}))).to.equal('ACCESS_NOT_OWN')
    const stranger = gateway.as({ role: 'officer', department: 'MZJ' })
    expect(await codeOf(stranger.get(`/v1/consent-requests/${id}`))).to.equal('ACCESS_NOT_OWN')
  })

  it('shows the holder who asks, why, how long, what refusing means, and his own values; the officer sees no value', async () => {
    const holder = await newHolder(gateway, '钱识字')
    const { id } = await ask(gateway, [holder])
    const { notice, items, request } = await open(holder, id)
    const lines = notice.text.trimEnd().split('\n')
    expect(lines).to.have.length(7)
    for (const [line, words] of [
      [1, '市住房和城乡建设局'],
      [2, 'X05 公共租赁住房申请'],
      [3, '居民身份证'],
      [4, '60 天'],
      [4, '3 次'],
      [5, '可改交纸质材料'],
      [6, '随时可撤回'],
    ] as const) {
      expect(lines[line]).to.include(words)
    }
    expect(notice.hash).to.equal(noticeHash(notice.text))
    expect(notice.hash).to.equal(keccakOf(notice.text))
    expect(items[0]!.values['name']).to.equal('钱识字')
    expect(Object.keys(items[0]!.values)).to.have.members(['name', 'idNo', 'address'])
    expect(request.parties[0]!.shownAt).to.equal(notice.shownAt)
    expect(JSON.stringify(await requestOf(id))).to.not.include('钱识字')
    expect(notice.text).to.not.include('钱识字')
  })

  it('takes no consent before the notice was opened', async () => {
    const { holder, signer } = await signing()
    const { id } = await ask(gateway, [holder])
    const items = [{ certificate: holder.certificate.leaf, fields: ['name', 'idNo'] }]
    const { typedData, digest } = await answerOf<{ typedData: unknown; digest: string }>(
      holder.asks.post(`/v1/consent-requests/${id}/typed-data`, { items }),
      200,
    )
    await refusedBy('NOTICE_NOT_SHOWN', () => give(holder, id, typedData, signer.sign(digest)))
    await open(holder, id)
    await answerOf(give(holder, id, typedData, signer.sign(digest)), 201)
  })

  it('takes a grant signed by a key of every kind; it is good at once and becomes final on chain', async () => {
    for (const [kind, signer] of Object.entries(await signersOfEveryKind(gateway))) {
      const holder = await newHolder(gateway)
      await answerOf(bind(holder, signer), 201)
      const given = await grantOf(gateway, holder, signer)
      expect(given.chain.state, kind).to.equal('accepted')
      const reading = await answerOf<{ file: string }>(read(gateway, holder, given.digest), 201)
      expect(JSON.parse(reading.file), kind).to.have.property('certificate')
      await untilAllFinal(gateway)
      const after = await answerOf<GivenGrant>(holder.asks.get(`/v1/grants/${given.digest}`), 200)
      expect([after.state, after.chain.state, after.used], kind).to.deep.equal(['final', 'final', 1])
      const registry = gateway.world.chain.deployment.contracts.GrantRegistry.address
      expect(JSON.stringify(after.typedData)).to.include(registry)
    }
  })

  it('takes a part: only some certificates, only some optional fields; but what is required of one goes with it', async () => {
    const { holder, signer } = await signing()
    const second = await issue(gateway, 'RIC', await rowOf(holder))
    const both = [holder.certificate.identifier, second.identifier]
    const items = both.map(identifier => ({ identifier, required: ['name', 'idNo'], optional: ['address'] }))
    const { id } = await ask(gateway, [holder], { parties: [{ ...partyOf(holder), items }] })
    await open(holder, id)
    const pick = (fields: string[], certificate = holder.certificate.leaf) =>
      holder.asks.post(`/v1/consent-requests/${id}/typed-data`, { items: [{ certificate, fields }] })
    expect(await codeOf(pick(['name']))).to.equal('REQUIRED_FIELD_MISSING')
    expect(await codeOf(pick(['name', 'idNo', 'sex']))).to.equal('FIELD_NOT_REQUESTED')
    expect(await codeOf(pick(['name', 'idNo'], `0x${'ab'.repeat(32)}`))).to.equal('CERTIFICATE_NOT_OF_HOLDER')
    const { typedData, digest } = await answerOf<{ typedData: unknown; digest: string }>(
      pick(['idNo', 'name', 'address']),
    )
    const given = await answerOf<GivenGrant>(give(holder, id, typedData, signer.sign(digest)), 201)
    expect(given.items).to.deep.equal([
      { certificate: holder.certificate.leaf, fields: ['idNo', 'name', 'address'] },
    ])
    const { state, parties } = await requestOf(id)
    expect([state, parties[0]!.state, parties[0]!.grant]).to.deep.equal(['incomplete', 'partly', digest])
    expect(await codeOf(read(gateway, { ...holder, certificate: second }, digest))).to.equal(
      'GRANT_OTHER_CERTIFICATE',
    )
  })

  it('takes a refusal, which stays one', async () => {
    const { holder, signer } = await signing()
    const { id } = await ask(gateway, [holder])
    const { typedData, digest } = await prepare(holder, id)
    const refuse = () => holder.asks.post(`/v1/consent-requests/${id}/refusal`, {})
    expect((await answerOf<AskedRequest>(refuse(), 200)).parties[0]!.state).to.equal('refused')
    await answerOf(refuse(), 200)
    await refusedBy('CONSENT_ANSWERED', () => give(holder, id, typedData, signer.sign(digest)))
    expect((await requestOf(id)).state).to.equal('incomplete')
  })

  it('waits for everybody who is needed: each signs his own', async () => {
    const [mother, father] = [await signing('母甲'), await signing('父乙')]
    const { id, needed, agreed } = await ask(gateway, [mother.holder, father.holder])
    expect([agreed, needed]).to.deep.equal([0, 2])
    for (const [count, { holder, signer }] of [mother, father].entries()) {
      const { typedData, digest } = await prepare(holder, id)
      await answerOf(give(holder, id, typedData, signer.sign(digest)), 201)
      const request = await requestOf(id)
      expect([request.agreed, request.state]).to.deep.equal([count + 1, count === 0 ? 'waiting' : 'complete'])
      expect(await codeOf(read(gateway, count === 0 ? father.holder : mother.holder, digest))).to.equal(
        'GRANT_OTHER_CERTIFICATE',
      )
    }
    // Neither sees what is asked of the other.
    const seen = await answerOf<AskedRequest>(mother.holder.asks.get(`/v1/consent-requests/${id}`))
    expect(seen.parties.map(({ items }) => items === null)).to.deep.equal([false, true])
  })

  it('takes a guardian’s signature for a child, while he is its guardian; and nobody’s where the matter wants oneself', async () => {
    const { holder: mother, signer } = await signing('母丙')
    const child = await newHolder(gateway, '子丁', newNumber(2020))
    const asChild = gateway.as({ role: 'holder', holder: child.id, person: mother.id })
    const forChild = { ...child, asks: asChild }
    const parties = [{ ...partyOf(child), role: 'coapplicant' }]
    const asked = async () => (await ask(gateway, [], { parties })).id
    const first = await asked()
    await refusedBy('NOT_REPRESENTED', () => asChild.post(`/v1/consent-requests/${first}/opening`, {}))

    const register = gateway.as({ role: 'officer', department: 'GAJ' })
    const body = { capacity: 'guardian', person: mother.idNo, holder: child.idNo }
    const { id: representation } = await answerOf<{ id: string }>(
      register.post('/v1/representations', body),
      201,
    )
    const { typedData, digest } = await prepare(forChild, first)
    const given = await answerOf<GivenGrant>(give(forChild, first, typedData, signer.sign(digest)), 201)
    expect([given.holder, given.person, given.signer]).to.deep.equal([child.id, mother.id, signer.signer])
    await answerOf(read(gateway, child, digest), 201)

    // As an applicant one consents oneself.
    const { id: own } = await ask(gateway, [child])
    await refusedBy('NOT_REPRESENTED', () => asChild.post(`/v1/consent-requests/${own}/opening`, {}))

    const late = await asked()
    const prepared = await prepare(forChild, late)
    await answerOf(
      register.request(`/v1/representations/${representation}/end`, {
        method: 'POST',
        headers: { 'idempotency-key': freshKey() },
      }),
    )
    await refusedBy('NOT_REPRESENTED', () =>
      give(forChild, late, prepared.typedData, signer.sign(prepared.digest)),
    )
  })

  it('allows terms within the matter’s limits: once within a day, a counter code of ten minutes, dates', async () => {
    const { holder, signer } = await signing()
    const now = Math.floor(gateway.world.clock() / 1000)
    const message = async (term: object) => {
      const { id } = await ask(gateway, [holder], { term })
      const { typedData } = await prepare(holder, id)
      const { notBefore, notAfter, terms } = typedData.message
      return [Number(notAfter) - Number(notBefore), terms['maxUses']]
    }
    expect(await message({ template: 'ONE_OFF' })).to.deep.equal([DAY, '1'])
    expect(await message({ template: 'SHORT_CODE' })).to.deep.equal([600, '1'])
    expect(await message({ template: 'THIS_MATTER' })).to.deep.equal([60 * DAY, '10'])
    expect(await message({ template: 'THIS_MATTER', days: 7, maxUses: 2 })).to.deep.equal([7 * DAY, '2'])
    const dated = { template: 'DATED', from: now + DAY, until: now + 3 * DAY, maxUses: 2 }
    expect(await message(dated)).to.deep.equal([2 * DAY, '2'])

    const { id: request } = await ask(gateway, [holder], { term: dated })
    const { typedData, digest } = await prepare(holder, request)
    const given = await answerOf<GivenGrant>(give(holder, request, typedData, signer.sign(digest)), 201)
    expect(await codeOf(read(gateway, holder, given.digest))).to.equal('GRANT_NOT_YET')
  })

  it('refuses to ask beyond the matter: other fields, terms, departments, holders, certificates', async () => {
    const [holder, other] = [await newHolder(gateway), await newHolder(gateway)]
    const now = Math.floor(gateway.world.clock() / 1000)
    const sound = {
      department: 'ZJJ',
      matter: 'X05',
      refusing: 'PAPER',
      term: { template: 'ONE_OFF' },
      parties: [partyOf(holder)],
    }
    const officer = gateway.as({ role: 'officer', department: 'ZJJ' })
    const post = (changed: object) => () => officer.post('/v1/consent-requests', { ...sound, ...changed })
    const [item] = partyOf(holder).items
    const withItem = (changed: object) => ({
      parties: [{ ...partyOf(holder), items: [{ ...item, ...changed }] }],
    })
    const wrong: [object, string][] = [
      [withItem({ required: ['name', 'sex'] }), 'FIELD_NOT_IN_MATTER'],
      [withItem({ optional: ['birthDate'] }), 'FIELD_NOT_IN_MATTER'],
      [{ parties: [{ ...partyOf(holder), role: 'spouse' }] }, 'FIELD_NOT_IN_MATTER'],
      [{ parties: [{ ...partyOf(other), items: [item] }] }, 'CERTIFICATE_NOT_OF_HOLDER'],
      [{ parties: [{ ...partyOf(holder), holder: 'A'.repeat(43) }] }, 'HOLDER_NOT_FOUND'],
      [{ parties: [partyOf(holder), partyOf(holder)] }, 'CONSENT_PARTY_TWICE'],
      [{ parties: [{ ...partyOf(holder), number: newNumber() }] }, 'INPUT_INVALID'],
      [
        { parties: [{ ...partyOf(holder), holder: undefined, number: '990102199001010011' }] },
        'HOLDER_NUMBER',
      ],
      [{ parties: [] }, 'INPUT_INVALID'],
      [{ matter: 'X99' }, 'MATTER_NOT_FOUND'],
      [{ refusing: '随便' }, 'INPUT_INVALID'],
      [{ term: { template: 'THIS_MATTER', days: 61 } }, 'TERM_TOO_LONG'],
      [{ term: { template: 'THIS_MATTER', maxUses: 11 } }, 'TERM_TOO_LONG'],
      [{ term: { template: 'DATED', from: now, until: now + 61 * DAY, maxUses: 1 } }, 'TERM_TOO_LONG'],
      [
        { term: { template: 'DATED', from: now + 60 * DAY, until: now + 61 * DAY, maxUses: 1 } },
        'TERM_TOO_LONG',
      ],
      [{ term: { template: 'DATED', from: now - 9, until: now - 5, maxUses: 1 } }, 'TERM_TOO_LONG'],
      [{ term: { template: 'FOR_EVER' } }, 'INPUT_INVALID'],
      [{ department: 'MZJ' }, 'ACCESS_NOT_OWN'],
    ]
    for (const [changed, code] of wrong) await refusedBy(code, post(changed))
    const foreign = gateway.as({ role: 'officer', department: 'MZJ' })
    await refusedBy('READER_NOT_IN_MATTER', () =>
      foreign.post('/v1/consent-requests', { ...sound, department: 'MZJ' }),
    )
    await refusedBy('ACCESS_DENIED', () => holder.asks.post('/v1/consent-requests', sound))
  })

  it('can be asked by type: the holder’s newest certificate of it that is in force', async () => {
    const holder = await newHolder(gateway)
    const newer = await issue(gateway, 'RIC', await rowOf(holder))
    const newest = await issue(gateway, 'RIC', await rowOf(holder))
    await answerOf(
      gateway.post(`/v1/certificates/${newest.identifier}/status`, {
        action: 'suspend',
        reason: 'LAW_ENFORCEMENT',
      }),
    )
    const items = [{ type: 'RIC', required: ['name'], optional: [] }]
    const { idNo } = await rowOf(holder)
    for (const who of [{ holder: holder.id }, { number: idNo }]) {
      const { parties } = await ask(gateway, [], { parties: [{ ...who, role: 'applicant', items }] })
      const [item] = parties[0]!.items as { identifier: string }[]
      expect([parties[0]!.holder, item!.identifier]).to.deep.equal([holder.id, newer.identifier])
    }
  })

  it('asks once for one Idempotency-Key, and is answered in time or not at all', async () => {
    const { holder, signer } = await signing()
    const officer = gateway.as({ role: 'officer', department: 'ZJJ' })
    const body = {
      department: 'ZJJ',
      matter: 'X05',
      refusing: 'PAPER',
      term: { template: 'SHORT_CODE' },
      parties: [partyOf(holder)],
    }
    const once = { 'idempotency-key': 'one-request-at-the-counter' }
    const first = await answerOf<AskedRequest>(officer.post('/v1/consent-requests', body, once), 201)
    const again = await answerOf<AskedRequest>(officer.post('/v1/consent-requests', body, once), 201)
    expect(again.id).to.equal(first.id)
    const { typedData, digest } = await prepare(holder, first.id)
    gateway.advanceClock(601_000)
    expect((await requestOf(first.id)).state).to.equal('expired')
    expect(await codeOf(give(holder, first.id, typedData, signer.sign(digest)))).to.be.oneOf([
      'CONSENT_REQUEST_EXPIRED',
      'GRANT_EXPIRED',
    ])
  })

  it('is taken back by its department, once and for all, by whoever has not answered yet', async () => {
    const [first, second] = [await signing(), await signing()]
    const officer = gateway.as({ role: 'officer', department: 'ZJJ' })
    const { id } = await ask(gateway, [first.holder, second.holder])
    const path = `/v1/consent-requests/${id}`
    const given = await prepare(first.holder, id)
    const grant = await answerOf<GivenGrant>(
      give(first.holder, id, given.typedData, first.signer.sign(given.digest)),
      201,
    )
    const late = await prepare(second.holder, id)
    const end = (by: Asking, headers = {}) => by.post(`${path}/withdrawal`, {}, headers)
    for (const [who, code] of [
      [{ role: 'officer', department: 'MZJ' }, 'ACCESS_NOT_OWN'],
      [{ role: 'auditor' }, 'ACCESS_DENIED'],
      [first.holder.who, 'ACCESS_DENIED'],
    ] as const) {
      expect(await codeOf(end(gateway.as(who))), who.role).to.equal(code)
    }
    const key = { 'idempotency-key': freshKey() }
    const withdrawn = await answerOf<AskedRequest>(end(officer, key), 200)
    expect(withdrawn.state).to.equal('withdrawn')
    expect(await answerOf<AskedRequest>(end(officer, key), 200)).to.deep.equal(withdrawn)
    expect(await answerOf<AskedRequest>(end(officer), 200)).to.deep.equal(withdrawn)

    const seen = await answerOf<AskedRequest>(second.holder.asks.get(path), 200)
    expect(seen.state).to.equal('withdrawn')
    const signature = second.signer.sign(late.digest)
    const refused = 'CONSENT_REQUEST_WITHDRAWN'
    await refusedBy(refused, () => give(second.holder, id, late.typedData, signature))
    await refusedBy(refused, () => second.holder.asks.post(`${path}/refusal`, {}))
    await refusedBy(refused, () => second.holder.asks.post(`${path}/opening`, {}))
    // Also when the withdrawal comes between the look and the transaction.
    const waiting = gateway.world.store.refuseConsent(id, 1)
    const code = await waiting.then(
      () => null,
      (error: { code: string }) => error.code,
    )
    expect(code).to.equal(refused)
    // What was granted stands, and handing it in again is still a repetition.
    await answerOf(read(gateway, first.holder, grant.digest), 201)
    await answerOf(give(first.holder, id, given.typedData, first.signer.sign(given.digest)), 201)

    const { id: answered } = await ask(gateway, [second.holder])
    await answerOf(second.holder.asks.post(`/v1/consent-requests/${answered}/refusal`, {}), 200)
    const over = () => officer.post(`/v1/consent-requests/${answered}/withdrawal`, {})
    await refusedBy('CONSENT_ANSWERED', over)
  })

  it('takes a consent only from somebody who has just shown who he is', async () => {
    const { holder, signer } = await signing()
    const { id } = await ask(gateway, [holder])
    const { typedData, digest } = await prepare(holder, id)
    const stale = gateway.as({ ...holder.who, signedIn: null })
    const body = { typedData, signature: signer.sign(digest) }
    await refusedBy('STEP_UP_REQUIRED', () => stale.post(`/v1/consent-requests/${id}/grant`, body))
  })

  /** The fields of another certificate of the same holder. */
  async function rowOf({ certificate }: Holder): Promise<Record<string, unknown>> {
    const path = `/v1/certificates/${certificate.identifier}`
    return (await answerOf<{ fields: Record<string, unknown> }>(gateway.get(path), 200)).fields
  }
})
