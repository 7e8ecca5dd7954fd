import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import Database from 'better-sqlite3'
import { expect } from 'chai'
import { auditLog, nodeCheckpoints, noteKeyOf, storedLog } from '../../../scripts/cli/audit.ts'
import { leafHash } from '../../../protocol/log.ts'
import { formatTrust } from '../../../protocol/trust.ts'
import { openSqliteStore } from '../../../server/store/sqlite.ts'
import { trustOf } from '../../../server/verification/verify.ts'
import { publishMatter } from '../../support/matters.ts'
import {
  admit,
  answerOf,
  issue,
  openGateway,
  untilAllFinal,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'

describe('the trail of uses under an auditor’s eyes', function () {
  this.timeout(120_000)
  let gateway: OpenedGateway
  /** Numbers of the statements: a reading, a refused attempt, a reading. */
  let seqs: number[]
  let copies = 0

  before(async () => {
    gateway = await openGateway()
    await admit(gateway, 'ZSJ')
    await publishMatter(gateway, 'M09')
    const basis = { department: 'MZJ', matter: 'M09', type: 'DIS', basis: '《残疾人保障法》' }
    await answerOf(gateway.post('/v1/duty-bases', basis), 200)
    const { identifier } = await issue(gateway, 'DIS')
    await issue(gateway, 'DIS')
    const officer = gateway.as({ role: 'officer', department: 'MZJ' })
    for (const fields of [['category'], ['guardianName'], ['level']]) {
      await officer.post('/v1/uses', { identifier, matter: 'M09', ground: 'duty', fields })
    }
    await untilAllFinal(gateway)
    const uses = await gateway.world.store.uses({}, { before: null, limit: 10 })
    expect(uses.map(({ refused }) => refused)).to.deep.equal([null, 'FIELD_NOT_IN_MATTER', null])
    seqs = uses.map(({ seq }) => seq).toReversed()
  })
  after(() => gateway.close())

  /** A data folder with the same database, changed behind everybody's back. */
  function changed(change: (db: Database.Database) => void): string {
    const folder = join(gateway.dataDir, `changed-${++copies}`)
    mkdirSync(folder)
    const original = new Database(join(gateway.dataDir, 'onceproof.db'), { readonly: true })
    original.prepare('VACUUM INTO ?').run(join(folder, 'onceproof.db'))
    original.close()
    const db = new Database(join(folder, 'onceproof.db'))
    db.pragma('foreign_keys = OFF')
    change(db)
    db.close()
    return folder
  }

  async function audit(folder: string) {
    const trust = trustOf(gateway.world)
    const chain = await nodeCheckpoints(gateway.world.chain.rpc, trust, gateway.world.chain.view())
    const log = storedLog(folder)
    try {
      const found = await auditLog(log, chain(log.origin), noteKeyOf(trust, log.origin), () => undefined)
      return found.differences.map(({ code, index }) => (index === undefined ? code : `${code} ${index}`))
    } finally {
      log.close()
    }
  }

  it('agrees with the chain when nobody touched it', async () => {
    expect(await audit(changed(() => undefined))).to.deep.equal([])
  })

  const edits: [what: string, sql: string, place: number][] = [
    ['the officer of a use', "UPDATE uses SET officer = 'somebody else' WHERE seq = ?", 0],
    ['the department of a use', "UPDATE uses SET department = 'RSJ' WHERE seq = ?", 0],
    ['the matter of a use', "UPDATE uses SET matter = 'M05' WHERE seq = ?", 0],
    ['the ground of a use', "UPDATE uses SET ground = 'consent' WHERE seq = ?", 2],
    ['a refused attempt, made a reading', 'UPDATE uses SET refused = NULL WHERE seq = ?', 1],
    ['a reading, made a refused attempt', "UPDATE uses SET refused = 'NO_CONSENT' WHERE seq = ?", 0],
    [
      'a use, moved to another certificate',
      `UPDATE uses SET certificate_seq =
         (SELECT max(seq) FROM certificates WHERE seq <> uses.certificate_seq) WHERE seq = ?`,
      2,
    ],
    [
      'a use, shown under another identifier',
      "UPDATE uses SET identifier = replace(identifier, '.001.', '.002.') WHERE seq = ?",
      0,
    ],
    ['a use, hidden from the department that issued', "UPDATE uses SET issuer = 'GAJ' WHERE seq = ?", 0],
  ]
  for (const [what, sql, place] of edits) {
    it(`names ${what}`, async () => {
      const seq = seqs[place]!
      const folder = changed(db => expect(db.prepare(sql).run(seq).changes).to.equal(1))
      expect(await audit(folder)).to.deep.equal([`USE_DIFFERS ${seq - 1}`])
      const store = await openSqliteStore(join(folder, 'onceproof.db'), { clock: Date.now })
      expect(await store.checkIntegrity()).to.deep.equal([`use ${seq} differs from its statement`])
      await store.close()
    })
  }

  it('names a use whose row is gone', async () => {
    const seq = seqs[0]!
    const folder = changed(db => {
      db.prepare('DELETE FROM copies WHERE use_seq = ?').run(seq)
      db.prepare('DELETE FROM uses WHERE seq = ?').run(seq)
    })
    expect(await audit(folder)).to.deep.equal([`USE_MISSING ${seq - 1}`])
    const store = await openSqliteStore(join(folder, 'onceproof.db'), { clock: Date.now })
    expect(await store.checkIntegrity()).to.deep.equal([`use ${seq} has no row`])
    await store.close()
  })

  it('names a use of which row, statement and leaf are gone', async () => {
    const seq = seqs[1]!
    const folder = changed(db => {
      for (const table of ['uses', 'statements', 'leaves'])
        db.prepare(`DELETE FROM ${table} WHERE seq = ?`).run(seq)
    })
    const found = await audit(folder)
    expect(found).to.include(`STATEMENT_MISSING ${seq - 1}`)
    // By the next checkpoint on chain, which counted one more leaf or had another root.
    expect(found.filter(code => code === 'ROOT_DIFFERS' || code === 'LEAVES_MISSING')).to.not.deep.equal([])
  })

  /** The statement with another list of fields, as a forger without the notary's key would write it. */
  const forged = (statement: string): string => {
    const [header, payload, signature] = statement.split('.')
    const claims = JSON.parse(Buffer.from(payload!, 'base64url').toString()) as { fields: string[] }
    const text = JSON.stringify({ ...claims, fields: ['aidType'] })
    return [header, Buffer.from(text).toString('base64url'), signature].join('.')
  }
  const statementOf = (db: Database.Database, seq: number) =>
    db.prepare<[number], string>('SELECT statement FROM statements WHERE seq = ?').pluck().get(seq)!

  it('names a statement in which the fields were changed', async () => {
    const seq = seqs[0]!
    const folder = changed(db => {
      db.prepare('UPDATE statements SET statement = ? WHERE seq = ?').run(forged(statementOf(db, seq)), seq)
    })
    expect(await audit(folder)).to.include(`LEAF_DIFFERS ${seq - 1}`)
  })

  it('is contradicted by the chain when statement and leaf were changed alike', async () => {
    const seq = seqs[0]!
    const folder = changed(db => {
      const statement = forged(statementOf(db, seq))
      db.prepare('UPDATE statements SET statement = ? WHERE seq = ?').run(statement, seq)
      db.prepare('UPDATE leaves SET leaf = ? WHERE seq = ?').run(leafHash(statement), seq)
    })
    const found = await audit(folder)
    expect(found).to.include('ROOT_DIFFERS')
  })

  it('is named by the command too, with the exit code of a difference', async () => {
    const seq = seqs[2]!
    const folder = changed(db => db.prepare("UPDATE uses SET matter = 'M05' WHERE seq = ?").run(seq))
    const trustPath = join(folder, 'trust.json')
    writeFileSync(trustPath, formatTrust(trustOf(gateway.world)))
    const args = ['log', 'audit', '--data', folder, '--trust', trustPath, '--rpc', gateway.chainUrl]
    const main = join(import.meta.dirname, '../../../scripts/cli/main.ts')
    const failed = (await promisify(execFile)(process.execPath, [main, ...args]).then(
      () => null,
      (error: unknown) => error,
    )) as { code: number; stdout: string } | null
    expect(failed?.code).to.equal(1)
    expect(failed?.stdout).to.match(new RegExp(`\\[USE_DIFFERS\\] index ${seq - 1}\\b`))
  })
})
