import { expect } from 'chai'
import { zipSync } from 'fflate'
import { toHex } from '../../../protocol/bytes.ts'
import { generateRows } from '../../../scripts/generate/certificates.ts'
import { demoRegion, typeIn } from '../../../server/catalogue/region.ts'
import { createClient } from '../../../server/http/client.ts'
import { certificatesOfHolder, ensureHolder, holderId } from '../../../server/holders/holders.ts'
import { issueCertificates } from '../../../server/certificates/issue.ts'
import { onceOf } from '../../../server/issuing/carry-out.ts'
import { demoBatches } from '../../../server/issuing/demo-batches.ts'
import { batchOf, whatWillBeSigned } from '../../../server/issuing/drafts.ts'
import {
  answerOf,
  freshKey,
  openGateway,
  publish,
  until,
  untilAllFinal,
  type Asking,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { CSV, csvText, NDJSON, workbook, XLSX, type Row } from '../../support/sheets.ts'
import { problemIn } from '../http/gateway.ts'

interface Batch {
  id: string
  state: string
  revision: number
  rows: number
  bad: number
  name: string | null
  maker: string
  checker: string | null
  remark: string | null
  problem: string | null
  progress: Record<string, { done: number; all: number }>
}
interface Sample {
  n: number
  fields: Row
}
interface Summary {
  digest: string
  rows: number
  leftOut: number
  samples: Sample[]
}

const definition = typeIn(demoRegion(), 'RIC')
const MAKER = '01KGACGP0001T7X5A2WM28M8WQ'
const CHECKER = '01KGACGP0002T7X5A2WM28M8WQ'

let seeds = 0
/** Rows that no other test has. */
const freshRows = (count: number): Row[] => [...generateRows(definition, count, `desk ${++seeds}`)]
const json = (rows: unknown) => new Uint8Array(Buffer.from(JSON.stringify(rows)))

describe('the issuing desk', () => {
  let gateway: OpenedGateway
  let maker: Asking
  let checker: Asking

  const signIn = () => {
    maker = gateway.as({ role: 'maker', department: 'GAJ', subject: MAKER })
    checker = gateway.as({ role: 'checker', department: 'GAJ', subject: CHECKER })
  }
  const restart = async () => {
    await gateway.close({ andChain: false })
    gateway = await openGateway({ after: gateway })
    signIn()
  }

  before(async () => {
    gateway = await openGateway()
    await publish(gateway, 'RIC', 'MAR', 'HKB', 'DIP')
    signIn()
  })
  after(() => gateway.close())

  const send = (
    who: Asking,
    content: Uint8Array,
    mediaType: string,
    type = 'RIC',
    path = '/v1/batches',
    key = freshKey(),
  ) =>
    who.request(`${path}?type=${type}`, {
      method: 'POST',
      headers: { 'content-type': mediaType, ...(path === '/v1/batches' && { 'idempotency-key': key }) },
      body: new Uint8Array(content),
    })
  const upload = (rows: unknown[]) => answerOf<Batch>(send(maker, json(rows), 'application/json'), 201)
  const put = (who: Asking, path: string, body: unknown) =>
    who.request(path, {
      method: 'PUT',
      headers: { 'content-type': 'application/json', 'idempotency-key': freshKey() },
      body: JSON.stringify(body),
    })
  const remove = (who: Asking, path: string) =>
    who.request(path, { method: 'DELETE', headers: { 'idempotency-key': freshKey() } })
  const act = (who: Asking, path: string) =>
    who.request(path, { method: 'POST', headers: { 'idempotency-key': freshKey() } })
  const batch = (id: string) => answerOf<Batch>(maker.get(`/v1/batches/${id}`), 200)
  const root = () => gateway.as({ role: 'root', subject: 'root' })
  const summary = (id: string) => answerOf<Summary>(checker.get(`/v1/batches/${id}/summary`), 200)
  const submit = (id: string, body = {}) => answerOf<Batch>(maker.post(`/v1/batches/${id}/submit`, body), 200)
  const approve = async (id: string, who = checker) =>
    who.post(`/v1/batches/${id}/approve`, { digest: (await summary(id)).digest })
  const untilState = (id: string, state: string) => until(async () => (await batch(id)).state === state)
  const untilDelivered = (id: string) =>
    until(async () => {
      const { progress } = await batch(id)
      return progress['delivered']!.done > 0
    })
  const certificatesOf = async (id: string) => {
    const { certificates } = await answerOf<{
      certificates: { identifier: string; statement: { state: string } }[]
    }>(maker.get(`/v1/certificates?batch=${id}&limit=200`))
    return certificates
  }
  const fieldsOf = async (identifier: string) =>
    (await answerOf<{ fields: Row }>(maker.get(`/v1/certificates/${identifier}`))).fields
  const codeOf = async (response: Response | Promise<Response>) => (await problemIn(await response)).code

  it('brings a file to its holders by two people, with a restart between every two steps', async () => {
    const rows = freshRows(12)
    const uploaded = await answerOf<Batch>(send(maker, workbook(definition, rows), XLSX), 201)
    expect([uploaded.state, uploaded.rows, uploaded.bad]).to.deep.equal(['draft', 12, 0])
    const { id } = uploaded
    await restart()

    const { samples } = await answerOf<{ samples: Sample[] }>(maker.get(`/v1/batches/${id}/preview`))
    for (const { n, fields } of samples) expect(fields).to.deep.equal(rows[n])
    expect((await submit(id)).state).to.equal('submitted')
    await restart()

    const seen = await summary(id)
    expect([seen.rows, seen.leftOut]).to.deep.equal([12, 0])
    expect(seen.samples[0]!.fields).to.deep.equal(rows[0])
    const approved = await answerOf<Batch>(
      checker.post(`/v1/batches/${id}/approve`, { digest: seen.digest }),
      202,
    )
    expect([approved.checker, approved.maker]).to.deep.equal([CHECKER, MAKER])
    await restart()
    await untilState(id, 'issued')
    await restart()
    await untilDelivered(id)

    const certificates = await certificatesOf(id)
    expect(certificates).to.have.lengthOf(12)
    expect(new Set(certificates.map(({ statement }) => statement.state))).to.deep.equal(new Set(['final']))
    const issued = await Promise.all(certificates.map(({ identifier }) => fieldsOf(identifier)))
    expect(issued.reverse()).to.deep.equal(rows)
    const { progress } = await batch(id)
    for (const [stage, { done, all }] of Object.entries(progress))
      expect([done, all], stage).to.deep.equal([12, 12])
  })

  it('issues the same field values whichever way the rows came', async () => {
    const rows = freshRows(5)
    const ways: [Uint8Array, string][] = [
      [json(rows), 'application/json'],
      [Buffer.from(rows.map(row => JSON.stringify(row)).join('\n')), NDJSON],
      [Buffer.from(csvText(definition, rows)), CSV],
      [workbook(definition, rows), XLSX],
    ]
    for (const [content, mediaType] of ways) {
      const { id } = await answerOf<Batch>(send(maker, content, mediaType), 201)
      await submit(id)
      await answerOf(approve(id), 202)
      await untilState(id, 'issued')
      const issued = await Promise.all(
        (await certificatesOf(id)).map(({ identifier }) => fieldsOf(identifier)),
      )
      expect(issued.reverse(), mediaType).to.deep.equal(rows)
    }
  })

  it('has a name that its maker gave it, which is no place for numbers of people', async () => {
    const named = (name: string) =>
      send(maker, json(freshRows(1)), 'application/json', `RIC&name=${encodeURIComponent(name)}`)
    const { id, name } = await answerOf<Batch>(named(' 九月新办，第二批 '), 201)
    expect(name).to.equal('九月新办，第二批')
    await submit(id)
    await answerOf(approve(id), 202)
    await untilState(id, 'issued')
    expect((await batch(id)).name).to.equal('九月新办，第二批')
    expect((await upload(freshRows(1))).name).to.equal(null)
    for (const wrong of ['补办 990102198803124818', '长'.repeat(41), ' '])
      expect(await codeOf(named(wrong)), wrong).to.equal('INPUT_INVALID')
  })

  it('checks a file without keeping anything', async () => {
    const rows = freshRows(3)
    rows[1] = { ...rows[1]!, idNo: '990102198811227773' }
    await untilAllFinal(gateway)
    const before = gateway.rowCounts()
    const report = await answerOf<{ rows: number; bad: number; errors: unknown[] }>(
      send(maker, Buffer.from(csvText(definition, rows)), CSV, 'RIC', '/v1/batches/check'),
      200,
    )
    expect([report.rows, report.bad]).to.deep.equal([3, 1])
    expect(report.errors).to.deep.equal([
      {
        row: 1,
        field: 'idNo',
        code: 'FIELD_CHECK_DIGIT',
        expected: 'a number whose date and check digit are right',
        found: '18 characters',
      },
    ])
    expect(gateway.rowCounts()).to.deep.equal(before)
  })

  it('keeps a bad row with its errors; corrected, or taken out, the batch goes on', async () => {
    const rows = freshRows(4)
    const bad = rows.map((row, n) => (n === 1 || n === 2 ? { ...row, sex: '？' } : row))
    bad[3] = { ...rows[3]!, idNo: rows[0]!['idNo'] }
    const { id } = await upload(bad)
    const list = async () =>
      (
        await answerOf<{ rows: { n: number; errors: { field: string; code: string }[] }[] }>(
          maker.get(`/v1/batches/${id}/rows?only=bad`),
        )
      ).rows.map(({ n, errors }) => [n, ...errors.map(({ field, code }) => `${field} ${code}`)])
    expect(await list()).to.deep.equal([
      [1, 'sex FIELD_ENUM'],
      [2, 'sex FIELD_ENUM'],
      [3, 'idNo ROW_DUPLICATE'],
    ])
    expect(await codeOf(maker.post(`/v1/batches/${id}/submit`, {}))).to.equal('BATCH_BAD_ROWS')

    await answerOf(put(maker, `/v1/batches/${id}/rows/1`, { fields: rows[1] }), 200)
    // The first row goes, and with it what made the fourth a duplicate.
    await answerOf(remove(maker, `/v1/batches/${id}/rows/0`), 200)
    expect(await list()).to.deep.equal([[2, 'sex FIELD_ENUM']])
    expect(await codeOf(put(maker, `/v1/batches/${id}/rows/0`, { fields: rows[0] }))).to.equal(
      'BATCH_ROW_NOT_FOUND',
    )
    const stale = { fields: rows[2], revision: 1 }
    expect(await codeOf(put(maker, `/v1/batches/${id}/rows/2`, stale))).to.equal('BATCH_CHANGED')

    await submit(id, { leaveOut: true })
    expect([(await summary(id)).rows, (await summary(id)).leftOut]).to.deep.equal([2, 1])
    await answerOf(approve(id), 202)
    await untilState(id, 'issued')
    const issued = await Promise.all((await certificatesOf(id)).map(({ identifier }) => fieldsOf(identifier)))
    expect(issued.reverse()).to.deep.equal([rows[1], bad[3]])
  })

  it('hands bad rows out as CSV that no spreadsheet runs and that can be uploaded again', async () => {
    const [row] = freshRows(1) as [Row]
    const { id } = await upload([{ ...row, sex: '？', address: '=HYPERLINK("http://127.0.0.1")' }])
    const text = Buffer.from(
      await (await maker.get(`/v1/batches/${id}/bad-rows.csv`)).arrayBuffer(),
    ).toString()
    expect(text).to.include(`"'=HYPERLINK(""http://127.0.0.1"")"`)
    expect(text).to.include('sex FIELD_ENUM')
    const corrected = text.replace(/"'=HYPERLINK[^,]*"/, '示例路1号').replace('？', String(row['sex']))
    const again = await answerOf<Batch>(send(maker, Buffer.from(corrected), CSV), 201)
    expect([again.rows, again.bad]).to.deep.equal([1, 0])
  })

  it('refuses the approval of whoever had a hand in the batch, in every role', async () => {
    const { id } = await upload(freshRows(1))
    const another = gateway.as({ role: 'maker', department: 'GAJ' })
    await answerOf(another.post(`/v1/batches/${id}/submit`, {}), 200)
    for (const subject of [MAKER, another.caller.subject]) {
      const self = gateway.as({ role: 'checker', department: 'GAJ', subject })
      const response = await approve(id, self)
      expect(response.status).to.equal(403)
      expect(await codeOf(response)).to.equal('BATCH_OWN_APPROVAL')
      expect(await codeOf(self.post(`/v1/batches/${id}/reject`, { reason: '不' }))).to.equal(
        'BATCH_OWN_APPROVAL',
      )
    }
    // Whoever holds the data folder's token is one account too.
    const own = await answerOf<Batch>(
      gateway.request('/v1/batches?type=RIC', {
        method: 'POST',
        headers: {
          authorization: `Bearer ${gateway.token}`,
          'content-type': 'application/json',
          'idempotency-key': freshKey(),
        },
        body: json(freshRows(1)),
      }),
      201,
    )
    await answerOf(gateway.post(`/v1/batches/${own.id}/submit`, {}), 200)
    const { digest } = await summary(own.id)
    expect(await codeOf(gateway.post(`/v1/batches/${own.id}/approve`, { digest }))).to.equal(
      'BATCH_OWN_APPROVAL',
    )
    expect((await batch(id)).state).to.equal('submitted')
  })

  it('asks the checker for a fresh sign-in, and nobody but a checker of the department', async () => {
    const { id } = await upload(freshRows(1))
    await submit(id)
    const { digest } = await summary(id)
    const as = (who: Parameters<OpenedGateway['as']>[0]) =>
      codeOf(gateway.as(who).post(`/v1/batches/${id}/approve`, { digest }))
    expect(await as({ role: 'checker', department: 'GAJ', signedIn: null })).to.equal('STEP_UP_REQUIRED')
    expect(await as({ role: 'checker', department: 'MZJ' })).to.equal('ACCESS_NOT_OWN')
    expect(await as({ role: 'maker', department: 'GAJ' })).to.equal('ACCESS_DENIED')
    expect(await as({ role: 'supervisor', department: 'GAJ' })).to.equal('ACCESS_DENIED')
    expect(await as({ role: 'client', department: 'GAJ', scopes: ['issue:GAJ:*'] })).to.equal('ACCESS_DENIED')
    expect((await batch(id)).state).to.equal('submitted')
  })

  it('keeps a batch to its department: who makes, looks at, lists or watches it', async () => {
    const { id } = await upload(freshRows(1))
    const stranger = gateway.as({ role: 'maker', department: 'MZJ' })
    expect(await codeOf(send(stranger, json(freshRows(1)), 'application/json'))).to.equal('ACCESS_NOT_OWN')
    for (const path of ['', '/rows', '/preview', '/summary', '/bad-rows.csv', '/events']) {
      expect(await codeOf(stranger.get(`/v1/batches/${id}${path}`)), path).to.equal('ACCESS_NOT_OWN')
    }
    expect(await codeOf(stranger.post(`/v1/batches/${id}/submit`, {}))).to.equal('ACCESS_NOT_OWN')
    expect(await codeOf(act(stranger, `/v1/batches/${id}/withdraw`))).to.equal('ACCESS_NOT_OWN')
    const listed = async (who: Asking) =>
      (await answerOf<{ batches: Batch[] }>(who.get('/v1/batches?limit=100'))).batches.map(one => one.id)
    expect(await listed(maker)).to.include(id)
    expect(await listed(stranger)).to.deep.equal([])
    const machine = gateway.as({ role: 'client', department: 'GAJ', scopes: ['issue:GAJ:HKB'] })
    expect(await codeOf(machine.get(`/v1/batches/${id}`))).to.equal('SCOPE_MISSING')
    expect(await listed(machine)).to.deep.equal([])
    const holder = gateway.as({ role: 'holder', holder: 'A'.repeat(43) })
    expect(await codeOf(holder.get(`/v1/batches/${id}`))).to.equal('ACCESS_DENIED')
  })

  it('refuses an approval of something else than what is there now', async () => {
    const rows = freshRows(2)
    const { id } = await upload(rows)
    await submit(id)
    const { digest } = await summary(id)
    await answerOf(checker.post(`/v1/batches/${id}/reject`, { reason: '第二行住址不全' }), 200)
    expect((await batch(id)).remark).to.equal('第二行住址不全')
    await answerOf(
      put(maker, `/v1/batches/${id}/rows/1`, { fields: { ...rows[1], address: '云岭市望山区一路1号' } }),
      200,
    )
    await submit(id)
    expect(await codeOf(checker.post(`/v1/batches/${id}/approve`, { digest }))).to.equal(
      'BATCH_DIGEST_DIFFERS',
    )
    const zero = { digest: `0x${'0'.repeat(64)}` }
    expect(await codeOf(checker.post(`/v1/batches/${id}/approve`, zero))).to.equal('BATCH_DIGEST_DIFFERS')
    expect((await batch(id)).state).to.equal('submitted')
    await answerOf(approve(id), 202)
    await untilState(id, 'issued')
  })

  it('does every step once, however often it is asked for', async () => {
    const key = freshKey()
    const content = json(freshRows(3))
    const [first, second] = await Promise.all([
      answerOf<Batch>(send(maker, content, 'application/json', 'RIC', '/v1/batches', key), 201),
      answerOf<Batch>(send(maker, content, 'application/json', 'RIC', '/v1/batches', key), 201),
    ])
    expect(second.id).to.equal(first.id)
    const { id } = first
    const other = send(maker, json(freshRows(1)), 'application/json', 'RIC', '/v1/batches', key)
    expect(await codeOf(other)).to.equal('IDEMPOTENCY_KEY_REUSED')

    const once = { 'idempotency-key': freshKey() }
    await answerOf(maker.post(`/v1/batches/${id}/submit`, {}, once), 200)
    await answerOf(maker.post(`/v1/batches/${id}/submit`, {}, once), 200)
    expect(await codeOf(maker.post(`/v1/batches/${id}/submit`, {}))).to.equal('BATCH_STATE')

    const { digest } = await summary(id)
    const approval = () => checker.post(`/v1/batches/${id}/approve`, { digest })
    await Promise.all([answerOf(approval(), 202), answerOf(approval(), 202)])
    await untilState(id, 'issued')
    await answerOf(approval(), 202)
    const third = gateway.as({ role: 'checker', department: 'GAJ' })
    expect(await codeOf(third.post(`/v1/batches/${id}/approve`, { digest }))).to.equal('BATCH_STATE')
    expect(await certificatesOf(id)).to.have.lengthOf(3)
  })

  it('approves nothing that was withdrawn, and keeps none of its rows', async () => {
    const { id } = await upload(freshRows(2))
    await submit(id)
    const { digest } = await summary(id)
    await answerOf(act(maker, `/v1/batches/${id}/withdraw`), 200)
    expect(await codeOf(checker.post(`/v1/batches/${id}/approve`, { digest }))).to.equal('BATCH_STATE')
    expect(await codeOf(act(maker, `/v1/batches/${id}/withdraw`))).to.equal('BATCH_STATE')
    const { rows } = await answerOf<{ rows: unknown[] }>(maker.get(`/v1/batches/${id}/rows`))
    expect(rows).to.deep.equal([])
    expect(await gateway.world.store.batchRows(id, 0, 10, false)).to.deep.equal([])
  })

  describe('an approved batch that cannot be issued', () => {
    const supervisor = () => gateway.as({ role: 'supervisor', department: 'GAJ' })
    const recall = (who: Asking, id: string, headers = {}) =>
      who.post(`/v1/batches/${id}/recall`, { reason: '许可已到期，不再签发' }, headers)
    const stuck = async () => {
      const { id } = await upload(freshRows(3))
      await submit(id)
      await answerOf(approve(id), 202)
      await until(async () => (await batch(id)).problem !== null)
      return id
    }
    before(() => answerOf(act(root(), '/v1/departments/GAJ/suspend'), 200))
    after(() => answerOf(act(root(), '/v1/departments/GAJ/resume'), 200))

    it('is recalled with a reason by a checker or supervisor of its department, once for a key', async () => {
      for (const who of [checker, supervisor()]) {
        const id = await stuck()
        expect((await batch(id)).problem).to.equal('DEPARTMENT_SUSPENDED')
        expect(await codeOf(act(maker, `/v1/batches/${id}/withdraw`))).to.equal('BATCH_STATE')
        expect(await codeOf(recall(maker, id))).to.equal('ACCESS_DENIED')
        const stranger = gateway.as({ role: 'checker', department: 'MZJ' })
        expect(await codeOf(recall(stranger, id))).to.equal('ACCESS_NOT_OWN')
        const key = { 'idempotency-key': freshKey() }
        const first = await answerOf<Batch>(recall(who, id, key), 200)
        expect([first.state, first.remark]).to.deep.equal(['withdrawn', '许可已到期，不再签发'])
        expect(await answerOf<Batch>(recall(who, id, key), 200)).to.deep.equal(first)
        expect(await codeOf(recall(who, id))).to.equal('BATCH_STATE')
        expect(await gateway.world.store.batchRows(id, 0, 10, false)).to.deep.equal([])
      }
    })

    it('is recalled or issued, and never both', async () => {
      const [recalled, issued] = [await stuck(), await stuck()]
      await answerOf(act(root(), '/v1/departments/GAJ/resume'), 200)
      const signAndAccept = async (id: string) => {
        const { rows } = await whatWillBeSigned(gateway.world, await batchOf(gateway.world, id))
        const values = rows.map(({ checked }) => Object.fromEntries(checked.values))
        return {
          accept: () =>
            issueCertificates(gateway.world, { type: 'RIC', batch: id, rows: values }, onceOf('batch', id)),
        }
      }
      const late = await signAndAccept(recalled)
      await answerOf(recall(checker, recalled), 200)
      expect(await late.accept()).to.deep.equal([])
      expect(await certificatesOf(recalled)).to.deep.equal([])

      // Accepted, but the batch does not know it yet.
      await (await signAndAccept(issued)).accept()
      expect(await codeOf(recall(checker, issued))).to.equal('BATCH_STATE')
      gateway.advanceClock(11_000)
      await untilState(issued, 'issued')
      expect(await certificatesOf(issued)).to.have.lengthOf(3)
      expect((await batch(recalled)).state).to.equal('withdrawn')
    })
  })

  it('issues an approved batch once when the gateway ends right after the approval, or right after the signing', async () => {
    const ids: string[] = []
    for (let i = 0; i < 2; i++) {
      const { id } = await upload(freshRows(4))
      await submit(id)
      ids.push(id)
    }
    const [early, late] = ids as [string, string]
    const digestOf = async (id: string) => (await batchOf(gateway.world, id)).digest!
    // Approved, and nothing more.
    await gateway.world.store.approveBatch(early, CHECKER, await digestOf(early), null)
    await gateway.close({ andChain: false })
    gateway = await openGateway({ after: gateway })
    signIn()
    await untilState(early, 'issued')
    expect(await certificatesOf(early)).to.have.lengthOf(4)

    // Signed and accepted, but the batch does not know it.
    const found = await batchOf(gateway.world, late)
    const { rows } = await whatWillBeSigned(gateway.world, found)
    await issueCertificates(
      gateway.world,
      { type: 'RIC', batch: late, rows: rows.map(({ checked }) => Object.fromEntries(checked.values)) },
      onceOf('batch', late),
    )
    await gateway.world.store.approveBatch(late, CHECKER, found.digest!, null)
    await restart()
    await untilState(late, 'issued')
    expect(await certificatesOf(late)).to.have.lengthOf(4)
  })

  it('issues nothing when the rows are not those that were approved', async () => {
    const { id } = await upload(freshRows(2))
    await submit(id)
    const { digest } = await summary(id)
    // Somebody with the database and the keys puts another row in its place.
    const [mine] = await gateway.world.store.batchRows(id, 0, 1, false)
    await gateway.close({ andChain: false })
    const Database = (await import('better-sqlite3')).default
    const db = new Database(`${gateway.dataDir}/onceproof.db`)
    db.prepare('DELETE FROM batch_rows WHERE batch = ? AND n = 1').run(id)
    db.close()
    gateway = await openGateway({ after: gateway })
    signIn()
    expect(mine!.n).to.equal(0)
    await answerOf(checker.post(`/v1/batches/${id}/approve`, { digest }), 202)
    await untilState(id, 'rejected')
    expect((await batch(id)).problem).to.equal('BATCH_ROWS_ALTERED')
    expect(await certificatesOf(id)).to.deep.equal([])
  })

  it('tells progress in order, and again from where a watcher left off', async () => {
    const { id } = await upload(freshRows(3))
    await submit(id)
    const watching = maker.request(`/v1/batches/${id}/events`, { headers: { accept: 'text/event-stream' } })
    await answerOf(approve(id), 202)
    const stream = await watching
    expect(stream.headers.get('content-type')).to.equal('text/event-stream; charset=utf-8')
    const events = eventsIn(await stream.text())
    const stages = events.map(({ event }) => event).filter(event => event !== 'state')
    const firsts = stages.filter((stage, place) => stages.indexOf(stage) === place)
    expect(firsts).to.deep.equal(['checked', 'signed', 'logged', 'anchored', 'delivered'])
    expect(events.at(-1)).to.deep.include({ event: 'delivered', data: { done: 3, all: 3 } })
    expect(events.filter(({ event }) => event === 'state').map(({ data }) => data['state'])).to.include(
      'issued',
    )

    const from = async (lastId: string) =>
      eventsIn(
        await (
          await maker.request(`/v1/batches/${id}/events`, { headers: { 'last-event-id': lastId } })
        ).text(),
      )
    const logged = events.findLast(({ event }) => event === 'logged')!
    expect((await from(logged.id)).map(({ event }) => event)).to.include.members(['delivered'])
    expect((await from(logged.id)).map(({ event }) => event)).to.not.include('signed')
    expect(await from(events.at(-1)!.id)).to.deep.equal([])
    expect((await from('0-0-0-0-0-0')).map(({ event }) => event)).to.deep.equal([
      'state',
      'checked',
      'signed',
      'logged',
      'anchored',
      'delivered',
    ])
    const wrong = await maker.request(`/v1/batches/${id}/events`, { headers: { 'last-event-id': 'x' } })
    expect(await codeOf(wrong)).to.equal('INPUT_INVALID')
  })

  it('reports one bad row among 10,000, issues nothing before it is settled, and then all in the background', async function () {
    this.timeout(180_000)
    const rows = freshRows(10_000)
    const bad = rows.map((row, n) => (n === 5_000 ? { ...row, birthDate: '2001-02-29' } : row))
    const { id, bad: found } = await answerOf<Batch>(
      send(maker, Buffer.from(csvText(definition, bad)), CSV),
      201,
    )
    expect(found).to.equal(1)
    expect(await codeOf(maker.post(`/v1/batches/${id}/submit`, {}))).to.equal('BATCH_BAD_ROWS')
    await answerOf(put(maker, `/v1/batches/${id}/rows/5000`, { fields: rows[5_000] }), 200)
    await submit(id)
    await answerOf(approve(id), 202)
    await until(async () => (await batch(id)).progress['delivered']!.done === 10_000, 150_000)
    expect(await gateway.world.store.batchRows(id, 0, 10, false)).to.deep.equal([])
  })

  it('refuses every kind of bad upload, and keeps nothing of it', async () => {
    const rows = freshRows(2)
    const sound = workbook(definition, rows)
    const bomb = zipSync({
      '[Content_Types].xml': new Uint8Array(1),
      'xl/workbook.xml': new Uint8Array(100_000_000),
    })
    const bytes = (text: string) => Buffer.from(text)
    await untilAllFinal(gateway)
    const before = gateway.rowCounts()
    const cases: [string, Uint8Array, string, number, string][] = [
      ['a bomb', bomb, XLSX, 413, 'SHEET_TOO_LARGE'],
      ['a truncated workbook', sound.subarray(0, 1_000), XLSX, 400, 'SHEET_FORMAT'],
      ['another zip', zipSync({ 'a.txt': bytes('a') }), XLSX, 400, 'SHEET_FORMAT'],
      ['macros', zipSync({ 'xl/vbaProject.bin': bytes('a') }), XLSX, 400, 'SHEET_MACRO'],
      ['garbage', Uint8Array.of(0x81, 0x0a, 0xff), CSV, 400, 'SHEET_ENCODING'],
      ['two equal headings', bytes('name,name\n1,2\n'), CSV, 400, 'SHEET_HEADING_DUPLICATE'],
      ['an unknown heading', bytes('name,工资\n1,2\n'), CSV, 400, 'SHEET_HEADING_UNKNOWN'],
      ['nothing', bytes(''), CSV, 400, 'SHEET_EMPTY'],
      ['no array', bytes('{}'), 'application/json', 400, 'SHEET_SYNTAX'],
      ['too many rows', bytes(`[${'1,'.repeat(10_000)}1]`), 'application/json', 400, 'SHEET_TOO_MANY_ROWS'],
      ['another media type', sound, 'application/vnd.ms-excel', 415, 'BODY_TYPE'],
    ]
    for (const [name, content, mediaType, status, code] of cases) {
      const response = await send(maker, content, mediaType)
      expect(response.status, name).to.equal(status)
      expect(await codeOf(response), name).to.equal(code)
    }
    expect(await codeOf(send(maker, json(rows), 'application/json', 'ZZZ'))).to.equal('TYPE_NOT_FOUND')
    expect(await codeOf(send(maker, json(rows), 'application/json', 'MAR'))).to.equal('ACCESS_NOT_OWN')
    expect(gateway.rowCounts()).to.deep.equal(before)
    // Rows of another type are rows of this one with every field wrong.
    const { bad, id } = await upload([...generateRows(typeIn(demoRegion(), 'MAR'), 2, 1)])
    expect(bad).to.equal(2)
    expect(await codeOf(maker.post(`/v1/batches/${id}/submit`, { leaveOut: true }))).to.equal('BATCH_EMPTY')
  })

  it('keeps no value of a draft in the clear, neither in its files nor in its log', async () => {
    const [row] = freshRows(1) as [Row]
    const secrets = [String(row['name']), String(row['idNo']), String(row['address'])]
    const { id } = await upload([row, { ...row, sex: secrets[1] }])
    await answerOf(maker.get(`/v1/batches/${id}/rows`))
    const { readFileSync } = await import('node:fs')
    for (const file of ['onceproof.db', 'onceproof.db-wal']) {
      const kept = readFileSync(`${gateway.dataDir}/${file}`)
      for (const secret of secrets) expect(kept.includes(secret), file).to.equal(false)
    }
    for (const secret of secrets) expect(gateway.log.join('').includes(secret)).to.equal(false)
  })

  it('tells the holders of a batch once its certificates are final', async () => {
    const [row] = freshRows(1) as [Row]
    const holder = holderId(await ensureHolder(gateway.world, String(row['idNo'])))
    const told: unknown[] = []
    const end = gateway.world.events.subscribe(`holder:${holder}`, data => void told.push(data))
    const { id } = await upload([row])
    await submit(id)
    await answerOf(approve(id), 202)
    await untilDelivered(id)
    end()
    expect(told).to.deep.include({ delivered: id })
    const [certificate] = await certificatesOf(id)
    const owned = await certificatesOfHolder(gateway.world, holder, { before: null, limit: 10 })
    expect(owned.map(({ identifier }) => identifier)).to.include(certificate!.identifier)
  })

  it('finds the holder by the number beside a row whose fields name none', async () => {
    const { idNo } = demoRegion().personas[0]!
    const dip = typeIn(demoRegion(), 'DIP')
    const [row] = [...generateRows(dip, 1, 'desk')] as [Row]
    const school = gateway.as({ role: 'maker', department: 'GXX' })
    const content = Buffer.from(csvText(dip, [{ ...row, '#holders': idNo }]))
    const { id, bad } = await answerOf<Batch>(send(school, content, CSV, 'DIP'), 201)
    expect(bad).to.equal(0)
    await answerOf(school.post(`/v1/batches/${id}/submit`, {}), 200)
    const another = gateway.as({ role: 'checker', department: 'GXX' })
    const { digest } = await answerOf<Summary>(another.get(`/v1/batches/${id}/summary`))
    await answerOf(another.post(`/v1/batches/${id}/approve`, { digest }), 202)
    const holder = holderId(await ensureHolder(gateway.world, idNo))
    await until(async () => {
      const owned = await certificatesOfHolder(gateway.world, holder, { before: null, limit: 10 })
      return owned.some(({ batch: of }) => of === id)
    })
    const wrong = Buffer.from(csvText(dip, [{ ...row, '#holders': `${idNo.slice(0, 17)}Y` }]))
    expect((await answerOf<Batch>(send(school, wrong, CSV, 'DIP'), 201)).bad).to.equal(1)
  })

  it('takes a machine’s batches within its scopes, and leaves the decision to a person', async () => {
    const machine = gateway.as({ role: 'client', department: 'GAJ', scopes: ['issue:GAJ:RIC'] })
    const content = json(freshRows(2))
    const { id } = await answerOf<Batch>(send(machine, content, 'application/json'), 201)
    await answerOf(machine.post(`/v1/batches/${id}/submit`, {}), 200)
    const { digest } = await summary(id)
    expect(await codeOf(machine.post(`/v1/batches/${id}/approve`, { digest }))).to.equal('ACCESS_DENIED')
    await answerOf(approve(id), 202)
    await untilState(id, 'issued')
    for (const scopes of [['issue:GAJ:HKB'], ['status:GAJ:RIC'], []]) {
      const other = gateway.as({ role: 'client', department: 'GAJ', scopes })
      expect(await codeOf(send(other, content, 'application/json')), scopes.join()).to.equal('SCOPE_MISSING')
    }
  })

  it('is checked against the version of the type that will be issued, or has to be uploaded again', async () => {
    await publish(gateway, 'HYG')
    const first = typeIn(demoRegion(), 'HYG')
    const health = gateway.as({ role: 'maker', department: first.issuer })
    const rows = [...generateRows(first, 2, 'desk')]
    const made = async () =>
      (await answerOf<Batch>(send(health, json(rows), 'application/json', 'HYG'), 201)).id
    const [early, late] = [await made(), await made()]
    await answerOf(health.post(`/v1/batches/${early}/submit`, {}), 200)
    await answerOf(gateway.post('/v1/types', { definition: { ...first, version: 2 } }), 201)
    expect(await codeOf(health.post(`/v1/batches/${late}/submit`, {}))).to.equal('BATCH_TYPE_CHANGED')
    // What was submitted is issued under the version that it was submitted under.
    const another = gateway.as({ role: 'checker', department: first.issuer })
    const { digest } = await answerOf<Summary>(another.get(`/v1/batches/${early}/summary`))
    await answerOf(another.post(`/v1/batches/${early}/approve`, { digest }), 202)
    await until(async () => (await answerOf<Batch>(another.get(`/v1/batches/${early}`))).state === 'issued')
    const { certificates } = await answerOf<{ certificates: { identifier: string }[] }>(
      another.get(`/v1/certificates?batch=${early}`),
    )
    const row = await gateway.world.store.certificateByIdentifier(certificates[0]!.identifier)
    expect(Buffer.from(row!.statement.split('.')[1]!, 'base64url').toString()).to.include(':HYG:1"')
  })

  it('waits while its department is suspended, says why, and goes on by itself', async () => {
    const { id } = await upload(freshRows(2))
    await submit(id)
    await answerOf(act(root(), '/v1/departments/GAJ/suspend'))
    await answerOf(approve(id), 202)
    await until(async () => (await batch(id)).problem === 'DEPARTMENT_SUSPENDED')
    expect((await batch(id)).state).to.equal('approved')
    await answerOf(act(root(), '/v1/departments/GAJ/resume'))
    await until(async () => {
      gateway.advanceClock(11_000)
      return (await batch(id)).state === 'issued'
    })
    expect((await batch(id)).problem).to.equal(null)
    expect(await certificatesOf(id)).to.have.lengthOf(2)
  })

  it('hands out templates that are filled in and uploaded again', async () => {
    const response = await maker.get('/v1/types/RIC/template.csv')
    expect(response.headers.get('content-disposition')).to.equal('attachment; filename="RIC.csv"')
    const template = Buffer.from(await response.arrayBuffer()).toString()
    const line = csvText(definition, freshRows(1)).split('\r\n')[1]
    const { rows, bad } = await answerOf<Batch>(send(maker, Buffer.from(`${template}${line}\r\n`), CSV), 201)
    expect([rows, bad]).to.deep.equal([1, 0])
    const sheet = new Uint8Array(await (await maker.get('/v1/types/RIC/template.xlsx')).arrayBuffer())
    expect(await codeOf(send(maker, sheet, XLSX))).to.equal('SHEET_EMPTY')
  })

  it('loads the batches of the demonstration, and changes nothing when they are loaded again', async () => {
    await publish(gateway, 'NCR')
    const client = (who: Asking) =>
      createClient({
        url: gateway.url,
        token: null,
        fetch: async (url, init) => who.request((url as string).slice(gateway.url.length), init),
      })
    const clients = { maker: client(maker), checker: client(checker) }
    const first = await demoBatches(clients, '2026-06-01')
    await untilState(first.issued, 'issued')
    expect((await batch(first.submitted)).state).to.equal('submitted')
    const { state, rows, bad } = await batch(first.withBadRow)
    expect([state, rows, bad]).to.deep.equal(['draft', 3, 1])
    expect(await demoBatches(clients, '2026-06-01')).to.deep.equal(first)
    expect(await certificatesOf(first.issued)).to.have.lengthOf(3)
  })

  it('has a digest that nobody can guess from the row', async () => {
    const rows = freshRows(1)
    const digests = []
    for (let i = 0; i < 2; i++) {
      const { id } = await upload(rows)
      await submit(id)
      digests.push((await summary(id)).digest)
      expect(digests[i]).to.equal(toHex((await batchOf(gateway.world, id)).digest!))
    }
    expect(digests[0]).to.not.equal(digests[1])
  })
})

interface Seen {
  id: string
  event: string
  data: Record<string, unknown>
}

function eventsIn(text: string): Seen[] {
  return [...text.matchAll(/^id: (.*)\nevent: (.*)\ndata: (.*)$/gm)].map(([, id, event, data]) => ({
    id: id!,
    event: event!,
    data: JSON.parse(data!) as Record<string, unknown>,
  }))
}
