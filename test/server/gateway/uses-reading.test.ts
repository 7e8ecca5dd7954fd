import { expect } from 'chai'
import { toBase64url, fromHex, utf8FromBase64url } from '../../../protocol/bytes.ts'
import { openCheckpoint } from '../../../protocol/checkpoint.ts'
import { leafHash, verifyInclusion } from '../../../protocol/log.ts'
import { parseNoteKey } from '../../../protocol/note.ts'
import { parseLogProof, type Receipt } from '../../../protocol/receipt.ts'
import { isSignedBy, parseStatement } from '../../../protocol/statement.ts'
import { ensureHolder, holderId } from '../../../server/holders/holders.ts'
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
import { accountSigner } from '../../contracts/signers.ts'
import { bind, grantOf, newHolder, publishHousing } from '../grants/holders.ts'
import { problemIn } from '../http/gateway.ts'

interface UseView {
  id: string
  identifier: string
  department: string
  officer: string
  matter: string
  ground: string
  fields: string[]
  basis: string | null
  refused: string | null
  leaf: string
  index: number
}
interface Read {
  use: UseView
  copy: { requester: string; officer: string; matter: string; purpose: string; expiresAt: number }
  file: string
}

/** What a certificate file discloses. */
const disclosedIn = (file: string): Record<string, unknown> => {
  const { certificate } = JSON.parse(file) as { certificate: string }
  const parts = certificate.split('~').slice(1).filter(Boolean)
  return Object.fromEntries(
    parts.map(part => (JSON.parse(utf8FromBase64url(part)!) as [string, string, unknown]).slice(1)),
  ) as Record<string, unknown>
}

describe('reading a certificate', function () {
  this.timeout(120_000)
  let gateway: OpenedGateway
  let officer: Asking
  let identifier: string
  const LAW = '《残疾人保障法》第四十六条'
  const LINE = { matter: 'M09', ground: 'duty', fields: ['category', 'level'] }

  before(async () => {
    gateway = await openGateway()
    await admit(gateway, 'ZSJ')
    await publishMatter(gateway, 'M09')
    await publishMatter(gateway, 'M10')
    officer = gateway.as({ role: 'officer', department: 'MZJ' })
    identifier = (await issue(gateway, 'DIS')).identifier
    const supervisor = gateway.as({ role: 'supervisor', department: 'MZJ' })
    const basis = { department: 'MZJ', matter: 'M09', type: 'DIS', basis: LAW }
    await answerOf(supervisor.post('/v1/duty-bases', basis), 200)
  })
  after(() => gateway.close())

  const usesOf = async (of = identifier): Promise<UseView[]> => {
    const { uses } = await answerOf<{ uses: UseView[] }>(
      gateway.get('/v1/departments/CLH/uses?side=issued&limit=200'),
    )
    return uses.filter(one => one.identifier === of)
  }
  const housing = async () =>
    (await answerOf<{ definition: Record<string, unknown> }>(gateway.get('/v1/matters/X05'))).definition
  const claimsOf = async (id: string) => {
    const { statement } = await answerOf<{ statement: string }>(gateway.get(`/v1/uses/${id}/receipt`))
    return parseStatement(statement).payload
  }
  /** The refusal, after checking that it alone was written down. */
  const refusedAttempt = async (
    by: Asking,
    body: Record<string, unknown>,
    code: string,
    status = 403,
  ): Promise<UseView> => {
    const before = await gateway.world.store.uses({}, { before: null, limit: 200 })
    const problem = await problemIn(await by.post('/v1/uses', body))
    expect([problem.code, problem.status]).to.deep.equal([code, status])
    const after = await gateway.world.store.uses({}, { before: null, limit: 200 })
    expect(after.length, 'one attempt more in the log').to.equal(before.length + 1)
    expect(after[0]).to.include({ refused: code, copy: null, officer: by.caller.subject })
    const claims = await claimsOf(after[0]!.id)
    expect(claims).to.include({ refused: code, matter: body['matter'] })
    expect(claims['fields']).to.deep.equal(body['fields'])
    return after[0] as unknown as UseView
  }

  describe('by duty', () => {
    it('hands out exactly the fields asked for, with what a copy must say, and writes it down', async () => {
      const read = await answerOf<Read>(officer.post('/v1/uses', { identifier, ...LINE }), 201)
      const row = exampleRow('DIS')
      expect(disclosedIn(read.file)).to.deep.equal({ category: row['category'], level: row['level'] })
      const facts = { department: 'MZJ', officer: officer.caller.subject, matter: 'M09', ground: 'duty' }
      expect(read.use).to.include({ ...facts, identifier, basis: LAW, refused: null })
      expect(read.copy).to.include({ requester: 'MZJ', officer: officer.caller.subject, matter: 'M09' })
      expect(read.copy.purpose).to.equal('残疾人服务一件事')
      const claims = await claimsOf(read.use.id)
      expect(claims).to.include({ ...facts, basis: LAW })
      expect(claims['fields']).to.deep.equal(LINE.fields)
      expect(claims).to.not.have.property('refused')
      // Names, never values.
      expect(JSON.stringify(claims)).to.not.include(row['level'])
    })

    it('is refused without a law on record, and again once it was taken back', async () => {
      const { identifier: card } = await issue(gateway, 'LOW')
      const body = { identifier: card, matter: 'M09', ground: 'duty', fields: ['certNo'] }
      await refusedAttempt(officer, body, 'BASIS_MISSING')
      const basis = { department: 'MZJ', matter: 'M09', type: 'LOW' }
      await answerOf(gateway.post('/v1/duty-bases', { ...basis, basis: LAW }), 200)
      expect((await officer.post('/v1/uses', body)).status).to.equal(201)
      await answerOf(gateway.post('/v1/duty-bases', { ...basis, basis: null }), 200)
      await refusedAttempt(officer, body, 'BASIS_MISSING')
    })

    it('gives nothing beyond the fields of the matter', async () => {
      const fields = ['category', 'guardianName']
      expect(exampleRow('DIS')).to.have.property('guardianName')
      await refusedAttempt(officer, { identifier, ...LINE, fields }, 'FIELD_NOT_IN_MATTER')
    })

    it('takes no name that the type does not have into the log', async () => {
      await untilAllFinal(gateway)
      const before = gateway.rowCounts()
      const body = { identifier, ...LINE, fields: ['category', 'zhangSan'] }
      expect((await problemIn(await officer.post('/v1/uses', body))).code).to.equal('FIELD_UNKNOWN')
      const number = await problemIn(
        await officer.post('/v1/uses', { ...body, fields: ['990102198811227772'] }),
      )
      expect(number.code).to.equal('INPUT_INVALID')
      expect(JSON.stringify(number)).to.not.include('990102198811227772')
      expect(gateway.rowCounts()).to.deep.equal(before)
    })

    it('is refused to a department that takes no part in the matter, even with a law on record', async () => {
      const stranger = gateway.as({ role: 'officer', department: 'JTJ' })
      await answerOf(
        gateway.post('/v1/duty-bases', { department: 'JTJ', matter: 'M10', type: 'RIC', basis: LAW }),
        200,
      )
      const { identifier: card } = await issue(gateway, 'RIC')
      const body = { identifier: card, matter: 'M10', ground: 'duty', fields: ['name'] }
      await refusedAttempt(stranger, body, 'READER_NOT_IN_MATTER')
    })

    it('is refused for a type that the matter does not need, and for one that is never shared', async () => {
      const { identifier: none } = await issue(gateway, 'NCR')
      const jyj = gateway.as({ role: 'officer', department: 'JYJ' })
      await refusedAttempt(jyj, { identifier, ...LINE, matter: 'M10' }, 'REQUIREMENT_NONE')
      const body = { identifier: none, matter: 'M10', ground: 'duty', fields: ['result'] }
      await refusedAttempt(jyj, body, 'SHARE_REFUSED')
    })

    it('is refused where the matter asks for consent', async () => {
      const { identifier: card } = await issue(gateway, 'RIC')
      const body = { identifier: card, matter: 'M09', ground: 'duty', fields: ['name'] }
      await refusedAttempt(officer, body, 'GROUND_NOT_ALLOWED')
    })

    it('is refused for a certificate that is revoked, suspended, expired or erased', async () => {
      const revoked = (await issue(gateway, 'DIS')).identifier
      const order = (id: string, action: string, reason: string) =>
        answerOf(gateway.post(`/v1/certificates/${id}/status`, { action, reason }), 200)
      await order(revoked, 'revoke', 'HOLDER_REQUEST')
      await refusedAttempt(officer, { identifier: revoked, ...LINE }, 'CERTIFICATE_NOT_IN_FORCE', 409)
      const suspended = (await issue(gateway, 'DIS')).identifier
      await order(suspended, 'suspend', 'LAW_ENFORCEMENT')
      await refusedAttempt(officer, { identifier: suspended, ...LINE }, 'CERTIFICATE_NOT_IN_FORCE', 409)
      const row = { ...exampleRow('DIS'), issueDate: '2010-11-20', validTo: '2020-11-19' }
      const expired = (await issue(gateway, 'DIS', row)).identifier
      await refusedAttempt(officer, { identifier: expired, ...LINE }, 'CERTIFICATE_NOT_IN_FORCE', 409)
      const erased = (await issue(gateway, 'DIS')).identifier
      await gateway.world.store.eraseCertificate(erased)
      await refusedAttempt(officer, { identifier: erased, ...LINE }, 'CERTIFICATE_ERASED', 410)
    })

    it('does not exist for a certificate or a matter that does not', async () => {
      const unknown = `${identifier.slice(0, 56)}00000000000000000000000000.001.0`
      const code = async (body: unknown) => (await problemIn(await officer.post('/v1/uses', body))).code
      expect(await code({ ...LINE, identifier: unknown })).to.equal('CERTIFICATE_NOT_FOUND')
      expect(await code({ ...LINE, identifier, matter: 'M99' })).to.equal('MATTER_NOT_FOUND')
    })
  })

  it('is refused to a department that is suspended, until it is not any more', async () => {
    const body = { identifier, ...LINE }
    await answerOf(gateway.post('/v1/departments/MZJ/suspend', undefined))
    await refusedAttempt(officer, body, 'READER_SUSPENDED')
    await answerOf(gateway.post('/v1/departments/MZJ/resume', undefined))
    expect((await officer.post('/v1/uses', body)).status).to.equal(201)
  })

  describe('by consent', () => {
    it('counts one use however often it is asked again, and is of no use to another department of the matter', async () => {
      await publishHousing(gateway)
      const shared = { ...(await housing()), code: 'X06', collaborators: ['MZJ'] }
      await answerOf(gateway.post('/v1/matters', { matters: [shared] }), 201)
      const holder = await newHolder(gateway)
      const signer = accountSigner('a key of who consents once')
      await answerOf(bind(holder, signer), 201)
      const grant = await grantOf(gateway, holder, signer, { matter: 'X06' })
      const used = async () => (await gateway.world.store.grantByDigest(fromHex(grant.digest)!))!.used
      const { identifier: card } = holder.certificate
      const line = { identifier: card, ground: 'consent', fields: ['name'], grant: grant.digest }
      // MZJ takes part in the matter, but it is not whom the holder consented to.
      await refusedAttempt(officer, { ...line, matter: 'X06' }, 'GRANT_OTHER_DEPARTMENT')
      const meant = gateway.as({ role: 'officer', department: 'ZJJ' })
      await refusedAttempt(meant, { ...line, matter: 'X05' }, 'GRANT_OTHER_MATTER')
      await refusedAttempt(meant, { ...line, matter: 'X06', fields: ['address'] }, 'FIELD_NOT_GRANTED')
      expect(await used()).to.equal(0)

      const key = { 'idempotency-key': freshKey() }
      const again = await Promise.all(
        Array.from({ length: 20 }, () =>
          answerOf<Read>(meant.post('/v1/uses', { ...line, matter: 'X06' }, key), 201),
        ),
      )
      expect(new Set(again.map(({ use }) => use.id)).size).to.equal(1)
      expect(await used()).to.equal(1)
      expect(await claimsOf(again[0]!.use.id)).to.include({ grant: grant.digest, ground: 'consent' })
      expect(again[0]!.copy.expiresAt).to.be.at.most(
        (await gateway.world.store.grantByDigest(fromHex(grant.digest)!))!.notAfter,
      )
    })
  })

  describe('asked again', () => {
    it('with the same key gives the same use and the same file, and counts nothing', async () => {
      const key = { 'idempotency-key': freshKey() }
      const before = (await usesOf()).length
      const first = await answerOf<Read>(officer.post('/v1/uses', { identifier, ...LINE }, key), 201)
      await untilAllFinal(gateway)
      const second = await answerOf<Read>(officer.post('/v1/uses', { identifier, ...LINE }, key), 201)
      expect(second.use).to.deep.equal(first.use)
      expect(disclosedIn(second.file)).to.deep.equal(disclosedIn(first.file))
      expect((await usesOf()).length).to.equal(before + 1)
    })

    it('twenty times at once is one use', async () => {
      const key = { 'idempotency-key': freshKey() }
      const before = (await usesOf()).length
      const reads = await Promise.all(
        Array.from({ length: 20 }, () =>
          answerOf<Read>(officer.post('/v1/uses', { identifier, ...LINE }, key), 201),
        ),
      )
      expect(new Set(reads.map(({ use }) => use.id)).size).to.equal(1)
      expect((await usesOf()).length).to.equal(before + 1)
      const apart = await Promise.all(
        Array.from({ length: 20 }, () =>
          answerOf<Read>(officer.post('/v1/uses', { identifier, ...LINE }), 201),
        ),
      )
      expect(new Set(apart.map(({ use }) => use.id)).size).to.equal(20)
    })

    it('after a refusal with the same key is refused the same, and is written once', async () => {
      const key = { 'idempotency-key': freshKey() }
      const body = { identifier, ...LINE, fields: ['guardianName'] }
      const before = (await usesOf()).length
      for (let i = 0; i < 2; i++) {
        const problem = await problemIn(await officer.post('/v1/uses', body, key))
        expect(problem.code).to.equal('FIELD_NOT_IN_MATTER')
      }
      expect((await usesOf()).length).to.equal(before + 1)
    })

    it("with somebody else's key gets nothing of his", async () => {
      const key = { 'idempotency-key': freshKey() }
      const body = { identifier, ...LINE }
      await answerOf<Read>(officer.post('/v1/uses', body, key), 201)
      for (const other of [
        gateway.as({ role: 'officer', department: 'MZJ' }),
        gateway.as({ role: 'officer', department: 'JTJ', subject: officer.caller.subject }),
      ]) {
        const problem = await problemIn(await other.post('/v1/uses', body, key))
        expect(problem.code).to.equal('IDEMPOTENCY_KEY_REUSED')
      }
    })

    it('once the copy has expired gives nothing', async () => {
      const key = { 'idempotency-key': freshKey() }
      const { copy } = await answerOf<Read>(officer.post('/v1/uses', { identifier, ...LINE }, key), 201)
      const now = Math.floor(gateway.world.clock() / 1000)
      expect(copy.expiresAt).to.be.greaterThan(now)
      gateway.advanceClock((copy.expiresAt - now + 1) * 1000)
      try {
        const problem = await problemIn(await officer.post('/v1/uses', { identifier, ...LINE }, key))
        expect([problem.code, problem.status]).to.deep.equal(['COPY_GONE', 410])
      } finally {
        gateway.advanceClock(-(copy.expiresAt - now + 1) * 1000)
      }
    })
  })

  describe('by somebody who may not', () => {
    it('stays within the own department, whatever the request says', async () => {
      const other = gateway.as({ role: 'officer', department: 'RSJ' })
      const problem = await problemIn(
        await other.post('/v1/uses', { identifier, ...LINE, department: 'MZJ' }),
      )
      expect([problem.code, problem.status]).to.deep.equal(['ACCESS_NOT_OWN', 403])
    })

    it('is refused to makers, checkers, supervisors, auditors, operators and holders', async () => {
      const holder = holderId(await ensureHolder(gateway.world, exampleRow('RIC')['idNo'] as string))
      for (const who of [
        { role: 'maker', department: 'MZJ' },
        { role: 'checker', department: 'MZJ' },
        { role: 'supervisor', department: 'MZJ' },
        { role: 'auditor' },
        { role: 'operator' },
        { role: 'holder', holder },
        { role: 'guest' },
      ] as const) {
        const problem = await problemIn(await gateway.as(who).post('/v1/uses', { identifier, ...LINE }))
        expect(problem.code, who.role).to.equal('ACCESS_DENIED')
      }
    })

    it('lets a machine read within its scopes only', async () => {
      const client = (...scopes: string[]) => gateway.as({ role: 'client', department: 'MZJ', scopes })
      const code = async (by: Asking) =>
        ((await (await by.post('/v1/uses', { identifier, ...LINE })).json()) as { code?: string }).code
      expect(await code(client('read:MZJ:DIS'))).to.equal(undefined)
      expect(await code(client('read:MZJ:*'))).to.equal(undefined)
      expect(await code(client('read:MZJ:LOW'))).to.equal('SCOPE_MISSING')
      expect(await code(client('issue:MZJ:DIS'))).to.equal('SCOPE_MISSING')
      expect(await code(client('read:CLH:DIS'))).to.equal('SCOPE_MISSING')
    })

    it('shows the trail to those it concerns only', async () => {
      const path = '/v1/departments/MZJ/uses?side=read'
      expect((await officer.get(path)).status).to.equal(200)
      expect((await gateway.as({ role: 'auditor' }).get(path)).status).to.equal(200)
      expect((await gateway.as({ role: 'officer', department: 'RSJ' }).get(path)).status).to.equal(403)
      const [use] = await usesOf()
      const receipt = `/v1/uses/${use!.id}/receipt`
      expect((await gateway.as({ role: 'checker', department: 'CLH' }).get(receipt)).status).to.equal(200)
      expect((await gateway.as({ role: 'officer', department: 'RSJ' }).get(receipt)).status).to.equal(403)
      const stranger = holderId(await ensureHolder(gateway.world, '990102198811227772'))
      expect((await gateway.as({ role: 'holder', holder: stranger }).get(receipt)).status).to.equal(403)
    })
  })

  describe('afterwards', () => {
    it('counts for a supervisor how often each officer read and was refused', async () => {
      const supervisor = gateway.as({ role: 'supervisor', department: 'MZJ' })
      const { officers } = await answerOf<{ officers: { officer: string; used: number; refused: number }[] }>(
        supervisor.get('/v1/departments/MZJ/uses/counts'),
      )
      const own = officers.find(one => one.officer === officer.caller.subject)!
      const all = await gateway.world.store.uses(
        { department: 'MZJ', officer: officer.caller.subject },
        { before: null, limit: 200 },
      )
      expect(own.used).to.equal(all.filter(one => one.refused === null).length)
      expect(own.refused).to.equal(all.filter(one => one.refused !== null).length)
    })

    it('leaves a receipt by which a stranger sees later why the certificate was recognised', async () => {
      const { use } = await answerOf<Read>(officer.post('/v1/uses', { identifier, ...LINE }), 201)
      await untilAllFinal(gateway)
      const shown = await answerOf<{
        statement: string
        certificate: string
        state: { state: string }
        receipt: Receipt
      }>(officer.get(`/v1/uses/${use.id}/receipt`))
      expect(shown.state.state).to.equal('final')

      // From here on nothing is asked of the gateway but its chain.
      const statement = parseStatement(shown.statement)
      expect(statement.kind).to.equal('use')
      expect(statement.payload['certificate']).to.equal(toBase64url(fromHex(shown.certificate)!))
      const view = gateway.world.chain.view()
      const key = await view.keyOf(`0x${Buffer.from(statement.thumbprint, 'base64url').toString('hex')}`)
      expect(isSignedBy(statement, key!.publicKey)).to.equal(true)
      const { index, hashes, signedCheckpoint } = parseLogProof(shown.receipt.proof)
      const { origin, size, root } = openCheckpoint(signedCheckpoint, parseNoteKey(gateway.world.log.noteKey))
      const leaf = leafHash(shown.statement)
      expect(verifyInclusion({ leaf, index, size, proof: hashes, root })).to.equal(true)
      const anchored = await view.checkpointOfSize(origin, size)
      expect(Buffer.from(anchored!.root).equals(root)).to.equal(true)
    })

    it('is said in the log by statements and rows that agree', async () => {
      await untilAllFinal(gateway)
      expect(await gateway.world.store.checkIntegrity()).to.deep.equal([])
    })
  })
})
