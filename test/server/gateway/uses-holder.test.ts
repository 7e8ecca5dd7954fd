import { expect } from 'chai'
import { openCheckpoint } from '../../../protocol/checkpoint.ts'
import { leafHash, verifyInclusion } from '../../../protocol/log.ts'
import { parseNoteKey } from '../../../protocol/note.ts'
import { parseLogProof, type Receipt } from '../../../protocol/receipt.ts'
import { parseStatement } from '../../../protocol/statement.ts'
import { demoRegion } from '../../../server/catalogue/region.ts'
import { ensureHolder, holderId } from '../../../server/holders/holders.ts'
import { publishMatter } from '../../support/matters.ts'
import {
  admit,
  answerOf,
  exampleRow,
  freshKey,
  openGateway,
  publish,
  untilAllFinal,
  type Asking,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { problemIn } from '../http/gateway.ts'

interface Use {
  id: string
  identifier: string
  department: string
  matter: string
  ground: string
  fields: string[]
  refused: string | null
}
interface Queued {
  id: string
  dueAt: number
  overdue: boolean
  outcome: string | null
  answer: string | null
  successor?: string | null
  says: unknown
}

describe('what a holder sees of his own certificates', function () {
  this.timeout(120_000)
  let gateway: OpenedGateway
  let holder: Asking
  let stranger: Asking
  let officer: Asking
  /** Of five departments, by type. */
  const own: Record<string, string> = {}
  const LINE = { matter: 'M09', ground: 'duty', fields: ['category', 'level'] }
  const [person, other] = demoRegion().personas.slice(-2)

  before(async () => {
    gateway = await openGateway()
    await admit(gateway, 'ZSJ')
    await publishMatter(gateway, 'M09')
    await publish(gateway, 'MAR', 'DIP')
    await answerOf(
      gateway.post('/v1/duty-bases', {
        department: 'MZJ',
        matter: 'M09',
        type: 'DIS',
        basis: '《残疾人保障法》第四十六条',
      }),
      200,
    )
    const as = async (number: string) =>
      gateway.as({ role: 'holder', holder: holderId(await ensureHolder(gateway.world, number)) })
    holder = await as(person!.idNo)
    stranger = await as(other!.idNo)
    officer = gateway.as({ role: 'officer', department: 'MZJ' })
    for (const type of ['RIC', 'MAR', 'DIS', 'DIP', 'SSC']) {
      const body = { type, fields: exampleRow(type), holders: [person!.idNo] }
      const { identifier } = await answerOf<{ identifier: string }>(
        gateway.post('/v1/certificates', body),
        201,
      )
      own[type] = identifier
    }
  })
  after(() => gateway.close())

  const codeOf = async (response: Promise<Response>) => {
    const answered = await response
    return answered.ok ? answered.status : (await problemIn(answered)).code
  }
  const usesOf = async (by: Asking, query = '') =>
    (await answerOf<{ uses: Use[] }>(by.get(`/v1/holder/uses${query}`), 200)).uses
  const read = async () =>
    (await answerOf<{ use: Use }>(officer.post('/v1/uses', { identifier: own['DIS'], ...LINE }), 201)).use

  it('are the certificates of five departments in one list, page by page, and nobody else’s', async () => {
    interface List {
      certificates: { identifier: string; type: { code: string }; department: { code: string } }[]
      before: number | null
    }
    const all = await answerOf<List>(holder.get('/v1/holder/certificates'), 200)
    expect(all.certificates.map(({ identifier }) => identifier)).to.deep.equal(
      Object.values(own).toReversed(),
    )
    expect(new Set(all.certificates.map(({ department }) => department.code)).size).to.equal(5)
    const first = await answerOf<List>(holder.get('/v1/holder/certificates?limit=3'), 200)
    const rest = await answerOf<List>(
      holder.get(`/v1/holder/certificates?limit=3&before=${first.before}`),
      200,
    )
    expect([...first.certificates, ...rest.certificates]).to.deep.equal(all.certificates)
    const none = await answerOf<List>(stranger.get('/v1/holder/certificates'), 200)
    expect(none.certificates).to.deep.equal([])
  })

  it('of one type are told apart by the name under its mask and the end of the number, others tell nothing', async () => {
    const row = exampleRow('RIC')
    const body = { type: 'RIC', fields: { ...row, name: '林知行' }, holders: [person!.idNo] }
    const second = await answerOf<{ identifier: string }>(gateway.post('/v1/certificates', body), 201)
    const { certificates } = await answerOf<{
      certificates: { identifier: string; apart: { name: string; numberEnd: string } | null }[]
    }>(holder.get('/v1/holder/certificates'), 200)
    const apart = Object.fromEntries(certificates.map(one => [one.identifier, one.apart]))
    const numberEnd = String(row['idNo']).slice(-4)
    expect(apart[second.identifier]).to.deep.equal({ name: '林*行', numberEnd })
    expect(apart[own['RIC']!]?.name).to.include('*')
    expect(apart[own['DIS']!]).to.equal(null)
  })

  it('are masked, and shown in full only to a holder who has just shown who he is', async () => {
    const path = `/v1/holder/certificates/${own['RIC']}`
    const row = exampleRow('RIC')
    const masked = await answerOf<{ fields: Record<string, unknown> }>(holder.get(path), 200)
    expect(Object.keys(masked.fields)).to.have.members(Object.keys(row))
    for (const key of ['name', 'idNo', 'address']) expect(masked.fields[key]).to.include('*')
    expect(JSON.stringify(masked)).to.not.include(row['idNo'])
    const full = await answerOf<{ fields: unknown }>(holder.get(`${path}/values`), 200)
    expect(full.fields).to.deep.equal(row)
    const file = await (await holder.get(`${path}/file?fields=name`)).text()
    expect(JSON.parse(file)).to.include({ format: 'onceproof-certificate/1' })

    const away = gateway.as({ role: 'holder', holder: holder.caller.holder!, signedIn: null })
    expect(await codeOf(away.get(path))).to.equal(200)
    expect(await codeOf(away.get(`${path}/values`))).to.equal('STEP_UP_REQUIRED')
    expect(await codeOf(away.get(`${path}/file`))).to.equal('STEP_UP_REQUIRED')
    for (const rest of ['', '/values', '/file']) {
      expect(await codeOf(stranger.get(path + rest)), rest).to.equal('ACCESS_NOT_OWN')
      expect(await codeOf(officer.get(path + rest)), rest).to.equal('ACCESS_DENIED')
    }
  })

  it('come with who used them, when, for what and on which ground, refused attempts too', async () => {
    const use = await read()
    await codeOf(officer.post('/v1/uses', { identifier: own['DIS'], ...LINE, fields: ['guardianName'] }))
    const [refused, latest] = await usesOf(holder)
    expect(latest).to.deep.equal(use)
    expect(refused).to.include({ refused: 'FIELD_NOT_IN_MATTER', identifier: own['DIS'] })
    expect((await usesOf(holder, '?refused=true')).every(one => one.refused !== null)).to.equal(true)
    expect((await usesOf(holder, '?department=RSJ')).length).to.equal(0)
    expect((await usesOf(holder, `?certificate=${own['RIC']}`)).length).to.equal(0)
    expect((await usesOf(holder, `?certificate=${own['DIS']}&ground=duty`)).length).to.be.greaterThan(1)
    expect(await usesOf(stranger)).to.deep.equal([])
    expect(await usesOf(stranger, `?certificate=${own['DIS']}`)).to.deep.equal([])
    expect(await codeOf(officer.get('/v1/holder/uses'))).to.equal('ACCESS_DENIED')
  })

  it('can be taken away with proofs that a stranger verifies', async () => {
    await read()
    await untilAllFinal(gateway)
    interface Line {
      use: Use
      statement: string
      receipt: Receipt
    }
    const response = await holder.get('/v1/holder/uses/export')
    expect(response.headers.get('content-type')).to.match(/^application\/x-ndjson/)
    const text = await response.text()
    const lines = text
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as Line)
    expect(lines.map(({ use }) => use)).to.deep.equal(await usesOf(holder))
    for (const { use, statement, receipt } of lines) {
      const { payload } = parseStatement(statement)
      expect(payload).to.include({ department: use.department, matter: use.matter })
      const { index, hashes, signedCheckpoint } = parseLogProof(receipt.proof)
      const { size, root } = openCheckpoint(signedCheckpoint, parseNoteKey(gateway.world.log.noteKey))
      expect(verifyInclusion({ leaf: leafHash(statement), index, size, proof: hashes, root })).to.equal(true)
    }
    const array = await answerOf<Line[]>(holder.get('/v1/holder/uses/export.json'), 200)
    expect(array).to.deep.equal(lines)
    expect(await answerOf(stranger.get('/v1/holder/uses/export.json'), 200)).to.deep.equal([])
  })

  describe('“这不是我同意的”', () => {
    it('goes to the department that read, is answered, and the holder is told', async () => {
      const { id } = await read()
      const key = { 'idempotency-key': freshKey() }
      const path = `/v1/holder/uses/${id}/objection`
      const says = { says: '我没有同意，也没有去办过这件事' }
      const objection = await answerOf<Queued>(holder.post(path, says, key), 201)
      expect(await answerOf<Queued>(holder.post(path, says, key), 201)).to.deep.equal(objection)
      expect(await codeOf(holder.post(path, says))).to.equal('OBJECTION_EXISTS')
      expect(await codeOf(stranger.post(path, says))).to.equal('ACCESS_NOT_OWN')
      expect(await codeOf(holder.post(`/v1/holder/uses/${'0'.repeat(26)}/objection`, says))).to.equal(
        'USE_NOT_FOUND',
      )

      const supervisor = gateway.as({ role: 'supervisor', department: 'MZJ' })
      const queue = async (query = '') =>
        (
          await answerOf<{ objections: Queued[] }>(
            supervisor.get(`/v1/departments/MZJ/objections${query}`),
            200,
          )
        ).objections
      expect((await queue('?open=true')).find(one => one.id === objection.id)?.says).to.equal(says.says)
      const answer = { outcome: 'explained', answer: '依职能核对残疾等级，依据见使用记录' }
      expect(
        await codeOf(
          gateway
            .as({ role: 'supervisor', department: 'RSJ' })
            .post(`/v1/objections/${objection.id}/answer`, answer),
        ),
      ).to.equal('ACCESS_NOT_OWN')
      await answerOf(supervisor.post(`/v1/objections/${objection.id}/answer`, answer), 200)
      expect(await codeOf(supervisor.post(`/v1/objections/${objection.id}/answer`, answer))).to.equal(
        'OBJECTION_ANSWERED',
      )
      const { objections } = await answerOf<{ objections: Queued[] }>(
        holder.get('/v1/holder/objections'),
        200,
      )
      expect(objections.find(one => one.id === objection.id)).to.include({
        outcome: 'explained',
        answer: answer.answer,
        overdue: false,
      })
      expect((await queue('?open=true')).some(one => one.id === objection.id)).to.equal(false)
    })

    it('is overdue after five working days, to the second', async () => {
      const { id } = await read()
      gateway.holdClock(true)
      try {
        const { id: asked, dueAt } = await answerOf<Queued>(
          holder.post(`/v1/holder/uses/${id}/objection`, { says: '不是我' }),
          201,
        )
        const now = Math.floor(gateway.world.clock() / 1000)
        const overdue = async () =>
          (
            await answerOf<{ objections: Queued[] }>(holder.get('/v1/holder/objections'), 200)
          ).objections.find(one => one.id === asked)?.overdue
        expect(dueAt - now).to.be.greaterThan(5 * 86_400)
        gateway.advanceClock((dueAt - now) * 1000)
        expect(await overdue()).to.equal(false)
        gateway.advanceClock(1000)
        expect(await overdue()).to.equal(true)
        gateway.advanceClock(-(dueAt - now + 1) * 1000)
      } finally {
        gateway.holdClock(false)
      }
    })
  })

  describe('“这里有误”', () => {
    const path = (type: string) => `/v1/holder/certificates/${own[type]}/corrections`
    const request = { field: 'level', says: '等级应为二级', evidence: '评定书第 3 页' }

    it('goes to the department that issued, which corrects it by a new version', async () => {
      const asked = await answerOf<Queued>(holder.post(path('DIS'), request), 201)
      const checker = gateway.as({ role: 'checker', department: 'CLH' })
      const { corrections } = await answerOf<{ corrections: Queued[] }>(
        checker.get('/v1/departments/CLH/corrections?open=true'),
        200,
      )
      expect(corrections[0]).to.deep.include({ id: asked.id, outcome: null })
      expect(corrections[0]!.says).to.deep.equal({ says: request.says, evidence: request.evidence })

      const answer = `/v1/corrections/${asked.id}/answer`
      const wrong = { outcome: 'corrected', successor: own['RIC'], answer: '已更正' }
      expect(await codeOf(checker.post(answer, wrong))).to.equal('CORRECTION_SUCCESSOR')
      const same = { outcome: 'corrected', successor: own['DIS'], answer: '已更正' }
      expect(await codeOf(checker.post(answer, same))).to.equal('CORRECTION_SUCCESSOR')
      const { certificate } = await answerOf<{ certificate: { identifier: string } }>(
        gateway.post(`/v1/certificates/${own['DIS']}/successor`, {
          fields: exampleRow('DIS'),
          reason: 'ISSUED_IN_ERROR',
        }),
        201,
      )
      const right = { outcome: 'corrected', successor: certificate.identifier, answer: '已更正' }
      await answerOf(checker.post(answer, right), 200)
      const told = await answerOf<{ corrections: Queued[] }>(holder.get('/v1/holder/corrections'), 200)
      expect(told.corrections.find(one => one.id === asked.id)).to.include({
        outcome: 'corrected',
        successor: certificate.identifier,
        answer: '已更正',
      })
    })

    it('is refused with the reason, in time or overdue, and only by who issued', async () => {
      const asked = await answerOf<Queued>(holder.post(path('RIC'), { ...request, field: 'address' }), 201)
      const refusal = { outcome: 'refused', answer: '与户籍登记一致' }
      const answer = `/v1/corrections/${asked.id}/answer`
      const elsewhere = gateway.as({ role: 'checker', department: 'MZJ' })
      expect(await codeOf(elsewhere.post(answer, refusal))).to.equal('ACCESS_NOT_OWN')
      const checker = gateway.as({ role: 'checker', department: 'GAJ' })
      await answerOf(checker.post(answer, refusal), 200)
      expect(await codeOf(checker.post(answer, refusal))).to.equal('CORRECTION_ANSWERED')
    })

    it('is not taken for a field that is none, or for somebody else’s certificate', async () => {
      await untilAllFinal(gateway)
      const before = gateway.rowCounts()
      expect(await codeOf(holder.post(path('RIC'), { ...request, field: 'shoeSize' }))).to.equal(
        'FIELD_UNKNOWN',
      )
      expect(await codeOf(stranger.post(path('RIC'), { ...request, field: 'address' }))).to.equal(
        'ACCESS_NOT_OWN',
      )
      expect(gateway.rowCounts()).to.deep.equal(before)
    })
  })
})
