import { expect } from 'chai'
import { toBase64url, fromHex } from '../../../protocol/bytes.ts'
import { parseStatement } from '../../../protocol/statement.ts'
import { verify } from '../../../protocol/verify.ts'
import { ensureHolder, holderId } from '../../../server/holders/holders.ts'
import { keepCopy, openCopy } from '../../../server/uses/copies.ts'
import { trustOf } from '../../../server/verification/verify.ts'
import { publishMatter } from '../../support/matters.ts'
import {
  admit,
  answerOf,
  exampleRow,
  fileOf,
  freshKey,
  issue,
  openGateway,
  untilAllFinal,
  type Asking,
  type Issued,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { accountSigner } from '../../contracts/signers.ts'
import { ask, bind, grantOf, newHolder, publishHousing, read } from '../grants/holders.ts'
import { problemIn } from '../http/gateway.ts'
import { present, presentBody, tokenOf } from './presentation-examples.ts'

interface Order {
  id: string
  state: string
  identifier: string | null
  department: string
  index: number | null
  releaseIndex: number | null
}

describe('an order to withhold', function () {
  this.timeout(120_000)
  let gateway: OpenedGateway
  let first: Asking
  let second: Asking
  const REASON = { reason: 'LAW_ENFORCEMENT' }
  const LINE = { matter: 'M09', ground: 'duty', fields: ['category', 'level'] }

  before(async () => {
    gateway = await openGateway()
    await admit(gateway, 'ZSJ')
    await publishMatter(gateway, 'M09')
    await answerOf(
      gateway.post('/v1/duty-bases', {
        department: 'MZJ',
        matter: 'M09',
        type: 'DIS',
        basis: '《残疾人保障法》',
      }),
      200,
    )
    first = gateway.as({ role: 'supervisor', department: 'CLH' })
    second = gateway.as({ role: 'supervisor', department: 'ZSJ' })
  })
  after(() => gateway.close())

  const propose = (body: Record<string, unknown>, by = first) =>
    answerOf<Order>(by.post('/v1/withholdings', { ...body, ...REASON }), 201)
  const confirm = (id: string, by = second) =>
    answerOf<Order>(by.post(`/v1/withholdings/${id}/confirmation`, undefined), 200)
  const release = async (id: string) => {
    await answerOf(first.post(`/v1/withholdings/${id}/release`, { reason: 'CLEARED' }), 200)
    return answerOf<Order>(second.post(`/v1/withholdings/${id}/release/confirmation`, undefined), 200)
  }
  const codeOf = async (response: Promise<Response>) => {
    const answered = await response
    return answered.ok ? answered.status : (await problemIn(answered)).code
  }
  const claimsAt = async (index: number | null) => {
    const row = await gateway.world.store.statementBySeq(index! + 1)
    return parseStatement(row!.statement)
  }

  /** Every way on which a value, or the gateway's own word on a certificate, comes out: what each answers. */
  async function readPaths({ identifier, shortCode }: Issued, file: Uint8Array<ArrayBuffer>) {
    const path = `/v1/certificates/${identifier}`
    const number = exampleRow('DIS')['certNo'] as string
    const owner = exampleRow('DIS')['certNo'] as string
    const holder = gateway.as({
      role: 'holder',
      holder: holderId(await ensureHolder(gateway.world, owner.slice(0, 18))),
    })
    const officer = gateway.as({ role: 'officer', department: 'MZJ' })
    const own = `/v1/holder/certificates/${identifier}`
    const verdict = async (response: Promise<Response>) =>
      (await answerOf<{ verdict: string }>(response, 200)).verdict
    return {
      values: await codeOf(gateway.as({ role: 'checker', department: 'CLH' }).get(path)),
      file: await codeOf(gateway.as({ role: 'checker', department: 'CLH' }).get(`${path}/file`)),
      receipt: await codeOf(gateway.get(`${path}/receipt`)),
      'operator of a demo': await codeOf(gateway.get(path)),
      reading: await codeOf(officer.post('/v1/uses', { identifier, ...LINE })),
      'holder’s masked view': await codeOf(holder.get(own)),
      'holder’s values': await codeOf(holder.get(`${own}/values`)),
      'holder’s file': await codeOf(holder.get(`${own}/file`)),
      'public look-up': await verdict(
        gateway.request('/v1/verify/lookup', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ shortCode, lastFour: number.slice(-4) }),
        }),
      ),
      'public verification': await verdict(
        gateway.request('/v1/verify', {
          method: 'POST',
          headers: { 'content-type': 'application/vnd.onceproof+json' },
          body: file,
        }),
      ),
    }
  }

  const OPEN = {
    values: 200,
    file: 200,
    receipt: 200,
    'operator of a demo': 200,
    reading: 201,
    'holder’s masked view': 200,
    'holder’s values': 200,
    'holder’s file': 200,
    'public look-up': 'VALID',
    'public verification': 'VALID',
  }
  const CLOSED = Object.fromEntries(Object.keys(OPEN).map(name => [name, 'WITHHELD']))

  it('closes every way to a value at once, opens them again, and is itself in the log', async () => {
    const certificate = await issue(gateway, 'DIS')
    await untilAllFinal(gateway)
    const file = new Uint8Array(await fileOf(gateway, certificate.identifier))
    const officer = gateway.as({ role: 'officer', department: 'MZJ' })
    const key = { 'idempotency-key': freshKey() }
    const body = { identifier: certificate.identifier, ...LINE }
    const { use } = await answerOf<{ use: { id: string } }>(officer.post('/v1/uses', body, key), 201)
    const row = (await gateway.world.store.useById(use.id))!
    await keepCopy(gateway.world, row, Buffer.from('adopted'), row.copyExpiresAt!)
    expect(await readPaths(certificate, file)).to.deep.equal(OPEN)

    const { id } = await propose({ identifier: certificate.identifier })
    expect(await readPaths(certificate, file), 'only proposed').to.deep.equal(OPEN)
    const order = await confirm(id)
    expect(order.state).to.equal('in force')
    expect(await readPaths(certificate, file)).to.deep.equal(CLOSED)
    // Neither an answer that was given before nor a copy that is kept is a way around.
    expect(await codeOf(officer.post('/v1/uses', body, key))).to.equal('WITHHELD')
    const refusal = await openCopy(gateway.world, row).then(
      () => null,
      (error: { code: string }) => error.code,
    )
    expect(refusal).to.equal('WITHHELD')
    const [attempt] = await gateway.world.store.uses({ department: 'MZJ' }, { before: null, limit: 1 })
    expect(attempt).to.include({ refused: 'WITHHELD', identifier: certificate.identifier })

    // Its holder is told so, and sees no value.
    const owner = (exampleRow('DIS')['certNo'] as string).slice(0, 18)
    const holder = holderId(await ensureHolder(gateway.world, owner))
    const { certificates } = await answerOf<{ certificates: { identifier: string; withheld: boolean }[] }>(
      gateway.as({ role: 'holder', holder }).get('/v1/holder/certificates'),
    )
    expect(certificates.find(one => one.identifier === certificate.identifier)?.withheld).to.equal(true)

    // The chain is untouched: whoever asks a node of his own gets the same verdict as before.
    await untilAllFinal(gateway)
    const own = await verify(
      file,
      trustOf(gateway.world),
      gateway.world.chain.view(),
      Math.floor(Date.now() / 1000),
    )
    expect(own.verdict).to.equal('VALID')

    const statement = await claimsAt(order.index)
    expect(statement.kind).to.equal('withholding')
    expect(statement.payload).to.deep.include({
      action: 'withhold',
      reason: 'LAW_ENFORCEMENT',
      orderedBy: [first.caller.subject, second.caller.subject],
      certificate: toBase64url(fromHex(certificate.leaf)!),
    })

    const released = await release(id)
    expect(released.state).to.equal('released')
    expect(await readPaths(certificate, file)).to.deep.equal(OPEN)
    expect((await claimsAt(released.releaseIndex)).payload).to.include({
      action: 'release',
      reason: 'CLEARED',
    })
  })

  it('closes what was granted and what is being shown, and counts no use of the grant', async () => {
    await publishHousing(gateway)
    const holder = await newHolder(gateway)
    const { identifier } = holder.certificate
    const signer = accountSigner('a key under an order')
    await answerOf(bind(holder, signer), 201)
    const grant = await grantOf(gateway, holder, signer)
    const request = await ask(gateway, [holder])
    const { presentation, code } = await present(holder)
    const officer = gateway.as({ role: 'officer', department: 'ZJJ' })
    const resolved = await officer.post('/v1/presentations/resolve', { code: { token: tokenOf(code) } })
    expect(resolved.status).to.equal(200)
    const scanned = new URL((await present(holder)).code.url).pathname
    const shown = async () => {
      const { certificates } = await answerOf<{ certificates: { verdict: string }[] }>(
        gateway.request(scanned),
      )
      return certificates[0]?.verdict
    }
    const walk = async () => [
      await codeOf(holder.asks.post(`/v1/consent-requests/${request.id}/opening`, {})),
      await codeOf(read(gateway, holder, grant.digest)),
      await codeOf(officer.post(`/v1/presentations/${presentation.id}/reading`, {})),
      await shown(),
      await codeOf(holder.asks.post('/v1/holder/presentations', presentBody(holder))),
    ]

    const { id } = await propose({ identifier }, gateway.as({ role: 'supervisor', department: 'GAJ' }))
    await confirm(id)
    expect(await walk()).to.deep.equal(Array.from({ length: 5 }, () => 'WITHHELD'))
    const used = async () => (await gateway.world.store.grantByDigest(fromHex(grant.digest)!))!.used
    expect(await used()).to.equal(0)
    await answerOf(second.post(`/v1/withholdings/${id}/release`, { reason: 'CLEARED' }), 200)
    const other = gateway.as({ role: 'supervisor', department: 'GAJ' })
    await answerOf(other.post(`/v1/withholdings/${id}/release/confirmation`, undefined), 200)
    await untilAllFinal(gateway)
    expect(await walk()).to.deep.equal([200, 201, 201, 'VALID', 201])
    expect(await used()).to.equal(1)
  })

  it('of a department closes all of its certificates, those that come later too, and no others', async () => {
    const one = await issue(gateway, 'DIS')
    const other = await issue(gateway, 'LOW')
    const { id } = await propose({ department: 'CLH' })
    const order = await confirm(id)
    const later = await issue(gateway, 'DIS')
    const read = ({ identifier }: Issued) => codeOf(gateway.get(`/v1/certificates/${identifier}`))
    expect([await read(one), await read(later), await read(other)]).to.deep.equal([
      'WITHHELD',
      'WITHHELD',
      200,
    ])
    const { uscc } = (await gateway.world.store.departments()).find(({ code }) => code === 'CLH')!
    expect((await claimsAt(order.index)).payload).to.include({ department: uscc })
    await release(id)
    expect([await read(one), await read(later)]).to.deep.equal([200, 200])
  })

  it('takes two different persons, present, of the department or of the one that supervises all', async () => {
    const { identifier } = await issue(gateway, 'DIS')
    const { id } = await propose({ identifier })
    const path = `/v1/withholdings/${id}/confirmation`
    const before = gateway.rowCounts()
    expect(await codeOf(first.post(path, undefined))).to.equal('TWO_PERSONS')
    for (const [who, code] of [
      [{ role: 'supervisor', department: 'MZJ' }, 'ACCESS_NOT_OWN'],
      [{ role: 'supervisor', department: 'CLH', signedIn: null }, 'STEP_UP_REQUIRED'],
      [{ role: 'checker', department: 'CLH' }, 'ACCESS_DENIED'],
      [{ role: 'auditor' }, 'ACCESS_DENIED'],
    ] as const) {
      expect(await codeOf(gateway.as(who).post(path, undefined)), who.role).to.equal(code)
    }
    const counts = gateway.rowCounts()
    expect(counts['withholdings']).to.equal(before['withholdings'])
    expect((await gateway.world.store.withholding(id))!.effectiveAt).to.equal(null)
    expect(await codeOf(gateway.get(`/v1/certificates/${identifier}`))).to.equal(200)
  })

  it('is done once, however often and by how many at once it is confirmed', async () => {
    const { identifier } = await issue(gateway, 'DIS')
    const { id } = await propose({ identifier })
    const path = `/v1/withholdings/${id}/confirmation`
    const key = { 'idempotency-key': freshKey() }
    const again = await Promise.all(
      [1, 2, 3].map(() => answerOf<Order>(second.post(path, undefined, key), 200)),
    )
    expect(new Set(again.map(({ index }) => index)).size).to.equal(1)
    const others = await Promise.all(
      [1, 2, 3].map(() => codeOf(gateway.as({ role: 'operator' }).post(path, undefined))),
    )
    expect(new Set(others)).to.deep.equal(new Set(['WITHHOLDING_STATE']))
    const unknown = `/v1/withholdings/${'0'.repeat(26)}`
    expect(await codeOf(gateway.post(`${unknown}/confirmation`, undefined))).to.equal('WITHHOLDING_NOT_FOUND')
    expect(await codeOf(gateway.post(`${unknown}/release`, { reason: 'CLEARED' }))).to.equal(
      'WITHHOLDING_NOT_FOUND',
    )
    await release(id)
    expect(await codeOf(first.post(`/v1/withholdings/${id}/release`, { reason: 'CLEARED' }))).to.equal(
      'WITHHOLDING_STATE',
    )
  })
})
