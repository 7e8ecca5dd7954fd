import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect } from 'chai'
import { openConnection, type Db } from '../../../server/store/sqlite/connection.ts'
import { groupCommit, type GroupCommit } from '../../../server/store/sqlite/group-commit.ts'
import { failureOf } from './behaviour.ts'

const READ_ONLY = 'attempt to write a readonly database'

const FULL = 'database or disk is full'

/** The database on a disk without room: what a transaction changed cannot be committed, and one that changed nothing can. */
function onDiskThat(db: Db, disk: { isFull: boolean }): Db {
  const changes = db.prepare<[], number>('SELECT total_changes()').pluck()
  let before = 0
  const prepare = (sql: string) => {
    const statement = db.prepare(sql)
    if (sql === 'BEGIN IMMEDIATE') {
      return { run: () => ((before = changes.get()!), statement.run()) }
    }
    if (sql !== 'COMMIT') return statement
    return {
      run() {
        if (disk.isFull && changes.get()! > before) throw new Database.SqliteError(FULL, 'SQLITE_FULL')
        return statement.run()
      },
    }
  }
  return Object.create(db, { prepare: { value: prepare } }) as Db
}

describe('a store whose disk takes no writes', () => {
  let folder: string
  let db: Db
  let commits: GroupCommit

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'onceproof-store-'))
    db = openConnection(join(folder, 'store.db'))
    commits = groupCommit(db, () => undefined)
  })
  afterEach(() => {
    db.close()
    rmSync(folder, { recursive: true })
  })

  /** SQLite then refuses every change as it does on a read-only disk. */
  const takesWrites = (does: boolean) => db.pragma(`query_only = ${does ? 'OFF' : 'ON'}`)
  const save = (name: string) =>
    commits.write(() => db.prepare('INSERT INTO settings VALUES (?, 1)').run(name).changes)
  const saved = () => db.prepare<[], string>('SELECT name FROM settings ORDER BY name').pluck().all()

  it('can be written until a write fails, and again from the first that is taken', async () => {
    expect(commits.isWritable()).to.equal(true)
    await save('first')
    takesWrites(false)
    expect(commits.isWritable(), 'nobody has tried').to.equal(true)
    expect(await failureOf(save('second'))).to.equal(READ_ONLY)
    expect(commits.isWritable()).to.equal(false)
    takesWrites(true)
    expect(commits.isWritable(), 'nobody has tried again').to.equal(false)
    await save('third')
    expect(commits.isWritable()).to.equal(true)
    expect(saved()).to.deep.equal(['first', 'third'])
  })

  it('finds out by a write of its own that the disk is well again, and leaves nothing behind', async () => {
    takesWrites(false)
    await failureOf(save('first'))
    expect(await commits.canWrite()).to.equal(false)
    takesWrites(true)
    expect(await commits.canWrite()).to.equal(true)
    expect(commits.isWritable()).to.equal(true)
    expect(saved()).to.deep.equal([])
  })

  it('believes no commit that changed nothing', async () => {
    takesWrites(false)
    await failureOf(save('first'))
    expect(await failureOf(commits.write(() => 'only read'))).to.equal(READ_ONLY)
    expect(commits.isWritable()).to.equal(false)
  })

  it('believes no commit that changed nothing on a disk that is full, where such a commit succeeds', async () => {
    const disk = { isFull: true }
    const full = groupCommit(onDiskThat(db, disk), () => undefined)
    const saving = (name: string) =>
      full.write(() => db.prepare('INSERT INTO settings VALUES (?, 1)').run(name).changes)
    expect(await failureOf(saving('first'))).to.equal(FULL)
    expect(full.isWritable()).to.equal(false)
    expect(await failureOf(full.write(() => 'only read'))).to.equal(FULL)
    expect([full.isWritable(), await full.canWrite()]).to.deep.equal([false, false])
    disk.isFull = false
    expect(await full.write(() => 'only read')).to.equal('only read')
    expect(full.isWritable()).to.equal(true)
    await saving('second')
    expect(saved()).to.deep.equal(['second'])
  })

  it('is not doubted for what was wrong with a write itself', async () => {
    await save('first')
    expect(await failureOf(save('first'))).to.match(/UNIQUE/)
    expect(await failureOf(commits.write(() => expect.fail('refused')))).to.equal('refused')
    expect(commits.isWritable()).to.equal(true)
  })

  it('cannot be written once it is closed while it was in doubt', async () => {
    takesWrites(false)
    await failureOf(save('first'))
    commits.close()
    expect(await commits.canWrite()).to.equal(false)
  })
})
