import { execFileSync, spawn } from 'node:child_process'
import { once as onceEvent } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import Database from 'better-sqlite3'
import { expect } from 'chai'
import { Refusal } from '../../../protocol/refusal.ts'
import { migrate, migrations } from '../../../server/store/migrations.ts'
import { openSqliteStore } from '../../../server/store/sqlite.ts'
import { assertSafeSqlite } from '../../../server/store/sqlite/connection.ts'
import { shuffledIndices } from '../../../server/store/sqlite/status-lists.ts'
import type { Store } from '../../../server/store/store.ts'
import { describeStore, failureOf, refusalOf } from './behaviour.ts'
import { acceptRecords, certificate, certificates, checkpointOf, identifier, record } from './samples.ts'

const clock = () => Date.UTC(2026, 0, 1)
const child = join(import.meta.dirname, 'accepting-child.ts')

describeStore('SQLite', async clock => {
  const folder = mkdtempSync(join(tmpdir(), 'onceproof-store-'))
  const path = join(folder, 'store.db')
  let store = await openSqliteStore(path, { clock })
  return {
    store,
    async reopen() {
      await store.close()
      store = await openSqliteStore(path, { clock })
      return store
    },
    async discard() {
      await store.close()
      rmSync(folder, { recursive: true })
    },
  }
})

describe('the SQLite file', () => {
  let folder: string
  let path: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'onceproof-store-'))
    path = join(folder, 'store.db')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const open = () => openSqliteStore(path, { clock })
  const edit = (change: (db: Database.Database) => void) => {
    const db = new Database(path)
    change(db)
    db.close()
  }

  describe('when it is opened', () => {
    it('belongs to its owner only', async () => {
      const store = await open()
      await store.acceptRecord(record(1), null)
      for (const end of ['', '-wal', '-shm']) expect(statSync(path + end).mode & 0o777).to.equal(0o600)
      await store.close()
    })

    it('is made durable again when somebody left it in another mode', async () => {
      await (await open()).close()
      edit(db => db.pragma('journal_mode = DELETE'))
      const store = await open()
      expect(await store.checkIntegrity()).to.deep.equal([])
      await store.close()
    })

    it('is refused when a later release wrote it, and stays as it was', async () => {
      await (await open()).close()
      edit(db => db.pragma('user_version = 999'))
      const before = readFileSync(path)
      expect((await refusalOf(open())).code).to.equal('STORE_NEWER')
      expect(readFileSync(path).equals(before)).to.equal(true)
    })

    it('is refused when it is not ours, and stays as it was', async () => {
      edit(db => db.exec('CREATE TABLE other (x)'))
      const before = readFileSync(path)
      expect((await refusalOf(open())).code).to.equal('STORE_FORMAT')
      expect(readFileSync(path).equals(before)).to.equal(true)
      writeFileSync(path, 'certificates, one per line\n'.repeat(100))
      expect((await refusalOf(open())).code).to.equal('STORE_FORMAT')
    })

    it('is refused by an engine that is known to corrupt files', () => {
      for (const version of ['3.51.3', '3.51.10', '3.52.0', '4.0.0']) assertSafeSqlite(version)
      for (const version of ['3.51.2', '3.50.9', '3.7.17', '2.9']) {
        expect(() => assertSafeSqlite(version))
          .to.throw(Refusal)
          .with.property('code', 'SQLITE_TOO_OLD')
      }
    })

    it('is refused when its pages have another size than promised', async () => {
      edit(db => {
        db.pragma('page_size = 4096')
        db.pragma('journal_mode = WAL')
      })
      expect((await refusalOf(open())).code).to.equal('STORE_UNSAFE')
    })
  })

  describe('when the schema changes', () => {
    it('takes each step once, and a step that fails leaves nothing', async () => {
      await (await open()).close()
      const newest = migrations.at(-1)!.version
      const next = {
        version: newest + 1,
        name: 'next',
        sql: 'CREATE TABLE next (x); INSERT INTO next VALUES (1)',
      }
      const broken = { version: newest + 2, name: 'broken', sql: 'CREATE TABLE half (x); SELECT nonsense' }
      edit(db => {
        expect(() => migrate(db, [...migrations, next, broken])).to.throw('nonsense')
        expect(db.pragma('user_version', { simple: true })).to.equal(newest + 1)
        expect(db.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'half'").pluck().get()).to.equal(0)
        migrate(db, [...migrations, next])
        expect(db.prepare('SELECT count(*) FROM next').pluck().get()).to.equal(1)
      })
    })

    it('numbers its steps upward from 1', () => {
      const numbers = migrations.map(step => step.version)
      expect(numbers[0]).to.equal(1)
      expect(numbers).to.deep.equal([...new Set(numbers)].sort((a, b) => a - b))
    })
  })

  describe('when bytes in it were altered', () => {
    const size = 300
    const flips = [
      { what: 'the last leaf', tile: 1, byte: 43 * 32 },
      { what: 'an inner hash', tile: 1, byte: (256 + 3) * 32 + 7 },
      { what: 'a high inner hash', tile: 1, byte: (256 + 128 + 64 + 32 + 16) * 32 },
      { what: 'a hash of the upper tile', tile: 2 ** 46, byte: 0 },
    ]
    for (const { what, tile, byte } of flips) {
      it(`refuses to seal on top of ${what} with a flipped bit`, async () => {
        const store = await open()
        await acceptRecords(store, 1, size + 5)
        const right = await checkpointOf(store, size + 5)
        await store.sealCheckpoint(await checkpointOf(store, size))
        await store.close()
        edit(db => flip(db, tile, byte))
        const altered = await open()
        await failureOf(altered.rootAt(size + 5))
        await failureOf(altered.sealCheckpoint(right))
        expect((await altered.logSize()).sealed).to.equal(size)
        expect((await altered.checkIntegrity()).join()).to.contain('differs')
        await altered.close()
      })
    }

    it('finds a flipped bit deep in the sealed log, in a leaf and in a statement', async () => {
      const store = await open()
      await acceptRecords(store, 1, 300)
      await store.sealCheckpoint(await checkpointOf(store, 300))
      await store.close()
      edit(db => flip(db, 0, 5))
      const altered = await open()
      expect(await altered.checkIntegrity()).to.deep.equal(['tile 0/0 differs'])
      await altered.close()
      edit(db => {
        flip(db, 0, 5)
        db.prepare("UPDATE statements SET statement = statement || 'x' WHERE seq = 9").run()
      })
      const other = await open()
      expect(await other.checkIntegrity()).to.deep.equal(['statement 9 differs from its leaf'])
      await other.close()
    })

    it('finds a missing statement', async () => {
      const store = await open()
      await acceptRecords(store, 1, 9)
      await store.close()
      edit(db => {
        db.pragma('foreign_keys = OFF')
        db.exec('DELETE FROM statements WHERE seq = 4')
      })
      const altered = await open()
      expect((await altered.checkIntegrity()).join()).to.contain('statement 4 is missing')
      await altered.close()
    })
  })

  describe('after an erasure', () => {
    it('holds neither the key salt nor the ciphertext any more, in none of its files', async () => {
      const keySalt = Buffer.from('the salt of one certificate only')
      const ciphertext = Buffer.from('what was encrypted for one certificate '.repeat(20))
      const store = await open()
      await store.acceptCertificates(certificates(1, 20), null, null)
      await store.acceptCertificates([certificate(21, { sealed: { keySalt, ciphertext } })], null, null)
      const holds = () => ['', '-wal'].some(end => readFileSync(path + end).includes(keySalt))
      expect(holds()).to.equal(true)
      await store.eraseCertificate(identifier(21))
      expect(holds()).to.equal(false)
      expect(readFileSync(path).includes(ciphertext.subarray(0, 39))).to.equal(false)
      await store.close()
    })
  })

  describe('when power or disk fail', () => {
    it('has every certificate that was acknowledged before a kill, and only whole batches', async function () {
      const acknowledged = new Map<number, string>()
      for (let round = 0; round < 4; round++) {
        const gateway = spawn(process.execPath, [child, path, String(round)], {
          stdio: ['ignore', 'pipe', 'inherit'],
        })
        const ended = onceEvent(gateway, 'exit')
        let lines = 0
        // Lines that are already on their way when the process is killed count too.
        for await (const line of createInterface({ input: gateway.stdout })) {
          const [seq, leaf] = line.split(' ')
          acknowledged.set(Number(seq), leaf ?? '')
          if (++lines === 150 + 70 * round) gateway.kill('SIGKILL')
        }
        expect((await ended)[1]).to.equal('SIGKILL')

        const store = await open()
        for (const [seq, leaf] of acknowledged) {
          const kept = await store.certificateBySeq(seq)
          expect(Buffer.from(kept?.leaf ?? []).toString('hex')).to.equal(leaf)
        }
        await expectWholeBatches(store)
        expect(await store.checkIntegrity()).to.deep.equal([])
        await store.close()
      }
      expect(acknowledged.size).to.be.greaterThan(500)
    })

    it('rejects everything of a commit that the disk does not take, and has nothing of it', async function () {
      await (await open()).close()
      // ulimit counts KiB here; writes beyond it fail as on a full disk.
      const output = execFileSync(
        'bash',
        ['-c', 'ulimit -f 700; exec "$0" "$@"', process.execPath, child, path, 'full'],
        {
          encoding: 'utf8',
        },
      )
      const { kept, failed, after } = JSON.parse(output) as { kept: number; failed: string[]; after: number }
      expect(kept).to.equal(10)
      expect(failed).to.deep.equal(['rejected', 'rejected', 'rejected'])
      expect(after).to.equal(10)
      const store = await open()
      expect((await store.logSize()).accepted).to.equal(10)
      expect(await store.checkIntegrity()).to.deep.equal([])
      await store.acceptCertificates(certificates(1000, 5), null, null)
      expect((await store.logSize()).accepted).to.equal(15)
      await store.close()
    })
  })
})

describe('the order of a status list', () => {
  it('is a permutation in which every index stands anywhere alike', () => {
    const count = 6
    const seen = Array.from({ length: count }, () => Array.from({ length: count }, () => 0))
    const rounds = 6000
    for (let round = 0; round < rounds; round++) {
      const order = shuffledIndices(count)
      expect([...order].toSorted((a, b) => a - b)).to.deep.equal([0, 1, 2, 3, 4, 5])
      order.forEach((index, place) => {
        const places = seen[index] ?? []
        places[place] = (places[place] ?? 0) + 1
      })
    }
    // 1,000 expected, deviation 29: eight deviations away happens once in 10^15 runs.
    for (const times of seen.flat()) expect(times).to.be.within(770, 1230)
  })
})

function flip(db: Database.Database, tile: number, byte: number): void {
  const hashes = db.prepare<[number], Buffer>('SELECT hashes FROM tiles WHERE id = ?').pluck().get(tile)
  if (hashes === undefined) throw new Error(`no tile ${tile}`)
  hashes[byte] = (hashes[byte] ?? 0) ^ 1
  db.prepare('UPDATE tiles SET hashes = ? WHERE id = ?').run(hashes, tile)
}

/** The child accepts by threes under one batch name each. */
async function expectWholeBatches(store: Store): Promise<void> {
  const { accepted } = await store.logSize()
  const batches = new Map<string, number>()
  for (const row of await store.certificates({}, { before: null, limit: accepted })) {
    if (row.batch !== null) batches.set(row.batch, (batches.get(row.batch) ?? 0) + 1)
  }
  expect([...batches.values()].every(count => count === 3)).to.equal(true)
}
