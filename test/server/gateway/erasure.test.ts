import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect } from 'chai'
import { openCheckpoint } from '../../../protocol/checkpoint.ts'
import { leafHash, verifyInclusion } from '../../../protocol/log.ts'
import { parseNoteKey } from '../../../protocol/note.ts'
import { parseLogProof, type Receipt } from '../../../protocol/receipt.ts'
import { ensureHolder, holderId } from '../../../server/holders/holders.ts'
import { keepCopy, openCopy } from '../../../server/uses/copies.ts'
import { publishMatter } from '../../support/matters.ts'
import {
  admit,
  answerOf,
  exampleRow,
  freshKey,
  issue,
  openGateway,
  until,
  untilAllFinal,
  type Asking,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { problemIn } from '../http/gateway.ts'

describe('what is kept of a certificate and of its copies', function () {
  this.timeout(120_000)
  let gateway: OpenedGateway
  let officer: Asking
  let checker: Asking
  let holder: Asking
  const LINE = { matter: 'M09', ground: 'duty', fields: ['category', 'level'] }

  before(async () => {
    gateway = await openGateway()
    await admit(gateway, 'ZSJ')
    await publishMatter(gateway, 'M09')
    const basis = { department: 'MZJ', matter: 'M09', type: 'DIS', basis: '《残疾人保障法》' }
    await answerOf(gateway.post('/v1/duty-bases', basis), 200)
    officer = gateway.as({ role: 'officer', department: 'MZJ' })
    checker = gateway.as({ role: 'checker', department: 'CLH' })
    const number = (exampleRow('DIS')['certNo'] as string).slice(0, 18)
    holder = gateway.as({ role: 'holder', holder: holderId(await ensureHolder(gateway.world, number)) })
  })
  after(() => gateway.close())

  const codeOf = async (response: Promise<Response>) => {
    const answered = await response
    return answered.ok ? answered.status : (await problemIn(answered)).code
  }
  const read = async (identifier: string) => {
    const { use } = await answerOf<{ use: { id: string } }>(
      officer.post('/v1/uses', { identifier, ...LINE }),
      201,
    )
    return (await gateway.world.store.useById(use.id))!
  }
  const filesHold = (bytes: Buffer) =>
    readdirSync(gateway.dataDir)
      .map(name => join(gateway.dataDir, name))
      .filter(path => statSync(path).isFile() && readFileSync(path).includes(bytes))
  /** One blob of the database, as another process reads it. */
  const blob = (sql: string, seq: number) => {
    const db = new Database(join(gateway.dataDir, 'onceproof.db'), { readonly: true })
    try {
      return db.prepare<[number], Buffer | null>(sql).pluck().get(seq) ?? null
    } finally {
      db.close()
    }
  }

  it('a copy that a case adopted opens until its day, and is destroyed and noted after it', async () => {
    const { identifier } = await issue(gateway, 'DIS')
    const use = await read(identifier)
    const now = Math.floor(gateway.world.clock() / 1000)
    await keepCopy(gateway.world, use, Buffer.from('the adopted copy'), now + 3_600)
    expect(Buffer.from((await openCopy(gateway.world, use))!).toString()).to.equal('the adopted copy')
    const salt = blob('SELECT key_salt FROM copies WHERE use_seq = ?', use.seq)!
    expect(filesHold(salt)).to.not.deep.equal([])
    // Nobody gets it back by looking: the database holds neither the text nor a key to it alone.
    expect(filesHold(Buffer.from('the adopted copy'))).to.deep.equal([])

    gateway.advanceClock(3_601_000)
    try {
      await until(async () => (await openCopy(gateway.world, use)) === null)
      const { copy } = (await gateway.world.store.useById(use.id))!
      expect(copy).to.include({ kept: false, why: 'expired' })
      expect(copy!.destroyedAt).to.be.at.least(now + 3_600)
      expect(filesHold(salt)).to.deep.equal([])
    } finally {
      gateway.advanceClock(-3_601_000)
    }
    const again = await keepCopy(gateway.world, use, Buffer.from('again'), now + 7_200).then(
      () => null,
      (error: { code: string }) => error.code,
    )
    expect(again).to.equal('COPY_GONE')
  })

  describe('a certificate that is erased', () => {
    let identifier: string
    let leaf: string
    const REASON = { reason: 'HOLDER_REQUEST' }

    it('is so by a checker of its department who is present, and by nobody else', async () => {
      ;({ identifier, leaf } = await issue(gateway, 'DIS'))
      const path = `/v1/certificates/${identifier}/erasure`
      for (const [who, code] of [
        [{ role: 'checker', department: 'MZJ' }, 'ACCESS_NOT_OWN'],
        [{ role: 'checker', department: 'CLH', signedIn: null }, 'STEP_UP_REQUIRED'],
        [{ role: 'maker', department: 'CLH' }, 'ACCESS_DENIED'],
        [{ role: 'operator' }, 'ACCESS_DENIED'],
      ] as const) {
        expect(await codeOf(gateway.as(who).post(path, REASON)), who.role).to.equal(code)
      }
      expect(await codeOf(gateway.get(`/v1/certificates/${identifier}`))).to.equal(200)
    })

    it('can be recovered from nothing that is kept, and its copies and look-up go with it', async () => {
      const use = await read(identifier)
      await keepCopy(gateway.world, use, Buffer.from('the adopted copy'), use.copyExpiresAt!)
      const request = { field: 'level', says: '等级应为二级' }
      await answerOf(holder.post(`/v1/holder/certificates/${identifier}/corrections`, request), 201)
      const { seq } = (await gateway.world.store.certificateByIdentifier(identifier))!
      const keys = [
        blob('SELECT key_salt FROM certificates WHERE seq = ?', seq),
        blob('SELECT ciphertext FROM certificates WHERE seq = ?', seq),
        blob('SELECT key_salt FROM copies WHERE use_seq = ?', use.seq),
        blob('SELECT says_salt FROM corrections WHERE certificate_seq = ?', seq),
      ]
      expect(blob('SELECT lookup FROM certificate_numbers WHERE seq = ?', seq)).to.not.equal(null)
      for (const key of keys) expect(filesHold(key!)).to.not.deep.equal([])

      const key = { 'idempotency-key': freshKey() }
      const path = `/v1/certificates/${identifier}/erasure`
      const first = await answerOf(checker.post(path, REASON, key), 200)
      expect(await answerOf(checker.post(path, REASON, key), 200)).to.deep.equal(first)
      expect(await codeOf(checker.post(path, REASON))).to.equal('CERTIFICATE_ERASED')

      for (const gone of keys) expect(filesHold(gone!)).to.deep.equal([])
      expect(await gateway.world.store.holdersOfCertificate(seq)).to.deep.equal([])
      expect(blob('SELECT lookup FROM certificate_numbers WHERE seq = ?', seq)).to.equal(null)
      expect((await gateway.world.store.useById(use.id))!.copy).to.include({ kept: false, why: 'erased' })
      expect(await codeOf(checker.get(`/v1/certificates/${identifier}/file`))).to.equal('CERTIFICATE_ERASED')
      expect(await codeOf(holder.get(`/v1/holder/certificates/${identifier}`))).to.equal('ACCESS_NOT_OWN')
      const { certificates } = await answerOf<{ certificates: { identifier: string }[] }>(
        holder.get('/v1/holder/certificates'),
      )
      expect(certificates.some(one => one.identifier === identifier)).to.equal(false)
    })

    it('cannot be read any more, and the attempt is written down', async () => {
      expect(await codeOf(officer.post('/v1/uses', { identifier, ...LINE }))).to.equal('CERTIFICATE_ERASED')
      const [attempt] = await gateway.world.store.uses({ department: 'MZJ' }, { before: null, limit: 1 })
      expect(attempt).to.include({ identifier, refused: 'CERTIFICATE_ERASED' })
    })

    it('stays provable by its leaf', async () => {
      await untilAllFinal(gateway)
      const { receipt } = await answerOf<{ receipt: Receipt }>(gateway.request(`/v1/receipts/${leaf}`))
      const { index, hashes, signedCheckpoint } = parseLogProof(receipt.proof)
      const { size, root } = openCheckpoint(signedCheckpoint, parseNoteKey(gateway.world.log.noteKey))
      const { statement } = (await gateway.world.store.certificateByIdentifier(identifier))!
      expect(`0x${Buffer.from(leafHash(statement)).toString('hex')}`).to.equal(leaf)
      expect(verifyInclusion({ leaf: leafHash(statement), index, size, proof: hashes, root })).to.equal(true)
      expect(await gateway.world.store.checkIntegrity()).to.deep.equal([])
    })
  })
})
