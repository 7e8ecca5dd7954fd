/** The second place of the log: what it holds, and how a database that is old, or gone, is brought to the end of it. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect } from 'chai'
import { freePort } from '../../../scripts/drills/gateway-process.ts'
import type { Refusal } from '../../../protocol/refusal.ts'
import { framesOf, segmentsOf, statementsOf, type Frame } from '../../../server/store/mirror.ts'
import {
  admit,
  answerOf,
  exampleRow,
  fileOf,
  freshKey,
  issue,
  openGateway,
  publish,
  temporaryFolder,
  untilAllFinal,
  type Issued,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { problemIn } from '../http/gateway.ts'
import { startNode, type ControlledNode } from '../../../scripts/drills/controlled-node.ts'

describe('the mirror of the log', function () {
  this.timeout(120_000)
  let node: ControlledNode
  let gateway: OpenedGateway
  let env: Record<string, string>
  /** The data folder as it was before most of what follows. */
  let old: string
  let url: string
  let whole: string
  /** The one that was brought to the end, and went on. */
  let newest: string

  const early: Issued[] = []
  const late: Issued[] = []
  let erased: Issued
  let batchKey: string
  let batchAnswer: unknown
  let recordId: string
  let listsBefore: Awaited<ReturnType<OpenedGateway['world']['store']['statusLists']>>
  let rowsBefore: Record<string, unknown[]>

  const REASON = { reason: 'HOLDER_REQUEST' }
  const codeIn = async (response: Promise<Response>) => {
    const answered = await response
    return answered.ok ? answered.status : (await problemIn(answered)).code
  }
  const batchBody = () => ({ type: 'RIC', rows: [exampleRow('RIC'), exampleRow('RIC')] })

  before(async () => {
    node = await startNode()
    env = { CHAIN_RPC_URL: node.url, ONCEPROOF_CONFIRMATIONS: '1' }
    const place = { dataDir: temporaryFolder(), url: `http://127.0.0.1:${await freePort()}` }
    const unfunded = await openGateway({ env, after: place }).catch((error: Refusal) => error)
    const account = /0x[0-9a-f]{40}/.exec((unfunded as Refusal).message)![0]
    await node.request('hardhat_setBalance', [account, '0x56bc75e2d63100000'])
    gateway = await openGateway({ env, after: place })
    ;({ url } = place)
    await publish(gateway, 'RIC')
    early.push(await issue(gateway, 'RIC'), await issue(gateway, 'RIC'))
    erased = await issue(gateway, 'RIC')
    await untilAllFinal(gateway)
    old = imageOf(gateway.dataDir)

    // Everything that a statement can say, after the copy was made.
    await publish(gateway, 'DIS')
    late.push(await issue(gateway, 'RIC'), await issue(gateway, 'DIS'))
    batchKey = freshKey()
    const batch = await gateway.post('/v1/certificates/batch', batchBody(), { 'idempotency-key': batchKey })
    batchAnswer = await answerOf(batch)
    await admit(gateway, 'ZSJ')
    const digest = 'ab'.repeat(32)
    recordId = (await answerOf<{ id: string }>(gateway.post('/v1/records', { sha256: digest }), 201)).id
    const status = `/v1/certificates/${early[0]!.identifier}/status`
    await answerOf(gateway.post(status, { action: 'suspend', reason: 'UNDER_REVIEW' }), 200)
    const revoke = `/v1/certificates/${late[0]!.identifier}/status`
    await answerOf(gateway.post(revoke, { action: 'revoke', reason: 'ISSUED_IN_ERROR' }), 200)
    await answerOf(gateway.post(`/v1/certificates/${erased.identifier}/erasure`, REASON), 200)
    await untilAllFinal(gateway)
    listsBefore = await gateway.world.store.statusLists()
    rowsBefore = rowsOf(gateway.dataDir)
    whole = gateway.dataDir
    await gateway.close()
  })
  after(async () => {
    await gateway.close().catch(() => undefined)
    await node.close()
  })

  const reopen = async (dataDir: string, more: Record<string, string> = {}) => {
    gateway = await openGateway({ env: { ...env, ...more }, after: { dataDir, url } })
  }
  const verdictOf = async ({ identifier }: Issued): Promise<string> => {
    const { verdict } = await answerOf<{ verdict: string }>(
      gateway.request('/v1/verify', {
        method: 'POST',
        headers: { 'content-type': 'application/vnd.onceproof+json' },
        body: new Uint8Array(await fileOf(gateway, identifier)),
      }),
    )
    return verdict
  }

  it('holds every statement that was anchored, for its owner only', async () => {
    const mirror = join(whole, 'mirror')
    const held = [...framesOf(mirror, `${new URL(url).host}/log`)].flatMap(frame => [...statementsOf(frame)])
    const db = new Database(join(whole, 'onceproof.db'), { readonly: true })
    const kept = db.prepare<[], string>('SELECT statement FROM statements ORDER BY seq').pluck().all()
    db.close()
    expect(held.map(({ statement }) => statement)).to.deep.equal(kept)
    for (const name of readdirSync(mirror))
      expect(statSync(join(mirror, name)).mode & 0o077, name).to.equal(0)
  })

  it('without it an old database is read and verified, and nothing is written to log or chain', async () => {
    const folder = imageOf(old)
    const sent = node.received.length
    await reopen(folder)
    try {
      expect(gateway.world.quarantine?.code).to.equal('LOG_BEHIND_CHAIN')
      const { seq } = (await gateway.world.store.certificateByIdentifier(early[1]!.identifier))!
      expect(seq).to.be.greaterThan(0)
      expect(await verdictOf(early[1]!)).to.equal('VALID')
      // The chain says so, although this database never heard of it.
      expect(await verdictOf(early[0]!)).to.equal('SUSPENDED')
      const before = await gateway.world.store.logSize()
      expect(
        await codeIn(gateway.post('/v1/certificates', { type: 'RIC', fields: exampleRow('RIC') })),
      ).to.equal('LOG_BEHIND_CHAIN')
      expect(await codeIn(gateway.post('/v1/records', { sha256: 'cd'.repeat(32) }))).to.equal(
        'LOG_BEHIND_CHAIN',
      )
      expect(await gateway.world.store.logSize()).to.deep.equal(before)
      expect(node.received.length).to.equal(sent)
    } finally {
      await gateway.close()
    }
  })

  describe('brings an old database to its end', () => {
    before(async () => {
      const folder = imageOf(old)
      // Keys that were made since are in no database: they come from their own backup.
      copyFileSync(join(whole, 'keystore.json'), join(folder, 'keystore.json'))
      cpSync(join(whole, 'mirror'), join(folder, 'mirror'), { recursive: true })
      await reopen(folder)
    })
    after(async () => {
      newest = gateway.dataDir
      await gateway.close()
    })

    it('with every row that a statement tells', async () => {
      expect(gateway.world.quarantine).to.equal(null)
      await untilAllFinal(gateway)
      for (const [table, rows] of Object.entries(rowsOf(gateway.dataDir)))
        expect(rows, table).to.deep.equal(rowsBefore[table])
      expect(await gateway.world.store.checkIntegrity()).to.deep.equal([])
      expect(await codeIn(gateway.get(`/v1/records/${recordId}`))).to.equal(200)
    })

    it('and says of values that came back with nothing that nobody erased them', async () => {
      const path = `/v1/certificates/${late[0]!.identifier}`
      const shown = await answerOf<{ fields: unknown; noValues: string; standing: string }>(gateway.get(path))
      expect(shown).to.include({ fields: null, noValues: 'missing', standing: 'REVOKED' })
      expect(await codeIn(gateway.get(`${path}/file`))).to.equal('CERTIFICATE_VALUES_MISSING')
      expect(await verdictOf(early[1]!)).to.equal('VALID')
    })

    it('and what was erased stays erased', async () => {
      const path = `/v1/certificates/${erased.identifier}`
      expect(await answerOf(gateway.get(path))).to.include({ fields: null, noValues: 'erased' })
      expect(await codeIn(gateway.get(`${path}/file`))).to.equal('CERTIFICATE_ERASED')
    })

    it('and a request that was answered before gets the same answer, not a second certificate', async () => {
      const { accepted } = await gateway.world.store.logSize()
      const again = await gateway.post('/v1/certificates/batch', batchBody(), { 'idempotency-key': batchKey })
      expect(await answerOf(again)).to.deep.equal(batchAnswer)
      expect((await gateway.world.store.logSize()).accepted).to.equal(accepted)
    })

    it('and no place of a status list is given again', async () => {
      const { store } = gateway.world
      const lists = await store.statusLists()
      for (const { department, number } of listsBefore) {
        const now = lists.find(list => list.department === department && list.number === number)
        expect(now?.used, `${department} ${number}`).to.equal(now?.capacity)
      }
      for (const type of ['RIC', 'DIS']) {
        const { statusList, department } = (await store.certificateByIdentifier(
          (await issue(gateway, type)).identifier,
        ))!
        const before = listsBefore.filter(list => list.department === department)
        expect(statusList).to.be.greaterThan(Math.max(...before.map(({ number }) => number)))
      }
      await untilAllFinal(gateway)
    })
  })

  it('is refused when a statement in it was changed, and the place is named', async () => {
    const folder = imageOf(old)
    const mirror = imageOf(join(whole, 'mirror'))
    const [segment] = segmentsOf(mirror)
    const { index, statement } = [
      ...statementsOf([...framesOf(mirror, `${new URL(url).host}/log`)].at(-1)!),
    ][0]!
    const text = readFileSync(segment!.path, 'utf8')
    const flipped = `${statement.slice(0, -3)}${statement.at(-3) === 'A' ? 'B' : 'A'}${statement.slice(-2)}`
    writeFileSync(segment!.path, text.replace(statement, flipped))
    const error = await openGateway({
      env: { ...env, ONCEPROOF_MIRROR_DIR: mirror },
      after: { dataDir: folder, url },
    }).then(
      () => null,
      (reason: { code: string; message: string }) => reason,
    )
    expect(error?.code).to.equal('MIRROR_DAMAGED')
    expect(error?.message).to.include(`statement ${index} differs from its leaf`)
  })

  it('is refused when it is that of another log, or of the same log gone another way', async () => {
    const another = imageOf(join(whole, 'mirror'))
    for (const { path } of segmentsOf(another))
      writeFileSync(
        path,
        readFileSync(path, 'utf8').replace(/"origin":"[^"]+"/, '"origin":"elsewhere.example/log"'),
      )
    const opening = (folder: string, mirrorDir: string) =>
      openGateway({
        env: { ...env, ONCEPROOF_MIRROR_DIR: mirrorDir },
        after: { dataDir: folder, url },
      }).then(
        () => null,
        (reason: { code: string }) => reason.code,
      )
    expect(await opening(imageOf(old), another)).to.equal('MIRROR_OTHER_LOG')

    // The same copy that wrote something else where the mirror goes on.
    const gone = imageOf(old)
    const db = new Database(join(gone, 'onceproof.db'))
    db.exec(`INSERT INTO statements SELECT seq + 1, kind, accepted_at, statement FROM statements ORDER BY seq DESC LIMIT 1;
      INSERT INTO leaves SELECT seq + 1, leaf FROM leaves ORDER BY seq DESC LIMIT 1`)
    db.close()
    expect(await opening(gone, imageOf(join(whole, 'mirror')))).to.equal('MIRROR_CONFLICT')
  })

  // Last: it adds to the chain's log.
  describe('after a crash', () => {
    const origin = () => `${new URL(url).host}/log`
    /** What a crash leaves of the newest checkpoint and its statements: a power cut keeps any sectors of what was not synced. */
    const torn: Record<string, (text: Buffer, frame: Frame) => Buffer> = {
      'the beginning': (text, { offset }) => text.subarray(0, offset + 100),
      'the end': (text, { offset }) => Buffer.from(text).fill(0, offset, offset + 100),
      'the ends': (text, { end }) => Buffer.from(text).fill(0, end + 40, text.length - 10),
    }

    for (const [what, left] of Object.entries(torn)) {
      it(`loses nothing of itself when a crash leaves ${what} of what was being written`, async () => {
        const mirror = join(newest, 'mirror')
        const [segment] = segmentsOf(mirror)
        const frames = [...framesOf(mirror, origin())]
        const held = (of: Frame[]) => of.flatMap(frame => [...statementsOf(frame)])
        const whatWas = held(frames)
        writeFileSync(segment!.path, left(readFileSync(segment!.path), frames.at(-1)!))
        await reopen(newest)
        await issue(gateway, 'RIC')
        await untilAllFinal(gateway)
        await gateway.close()
        const again = [...framesOf(mirror, origin())]
        expect(again.at(-1)!.checkpoint.size).to.equal(frames.at(-1)!.checkpoint.size + 1)
        expect(held(again).slice(0, -1)).to.deep.equal(whatWas)
      })
    }
  })
})

/** Rows that follow from statements, without what an import cannot know. */
function rowsOf(dataDir: string): Record<string, unknown[]> {
  const db = new Database(join(dataDir, 'onceproof.db'), { readonly: true })
  try {
    const all = (sql: string) => db.prepare(sql).all()
    return {
      statements: all('SELECT * FROM statements ORDER BY seq'),
      leaves: all('SELECT * FROM leaves ORDER BY seq'),
      tiles: all('SELECT * FROM tiles ORDER BY id'),
      certificates: all(
        `SELECT c.seq, hex(identifier_key), check_character, short_code, status_list, status_index, valid_from, valid_until,
           s.department, s.type_code, s.issuer FROM certificates c JOIN series s ON s.id = c.series ORDER BY c.seq`,
      ),
      batches: all('SELECT * FROM batches ORDER BY first_seq'),
      records: all('SELECT * FROM records ORDER BY seq'),
      changes: all(
        'SELECT seq, id, identifier, action, reason, order_json, order_digest, after_seq, state FROM status_changes',
      ),
      departments: all('SELECT * FROM departments ORDER BY code'),
      types: all('SELECT * FROM types ORDER BY code, version'),
      publications: all('SELECT * FROM type_publications ORDER BY seq'),
      erasures: all('SELECT * FROM erasures ORDER BY certificate_seq'),
      checkpoints: all(
        'SELECT size, root, note, signature, state, block_number, block_time FROM checkpoints',
      ),
      answers: all('SELECT * FROM answers WHERE first_seq > 0 ORDER BY first_seq'),
    }
  } finally {
    db.close()
  }
}

/** Copied by another process: closing a database file that this process has open elsewhere would drop its locks. */
function imageOf(dataDir: string): string {
  const image = temporaryFolder()
  const names = readdirSync(dataDir).filter(name => !name.endsWith('.lock') && !name.endsWith('-shm'))
  execFileSync('cp', ['-r', ...names.map(name => join(dataDir, name)), image])
  return image
}
