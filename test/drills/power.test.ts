import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { GenesisPrint } from '../../server/chain/embedded/genesis.ts'
import {
  compileForget,
  faultyDisk,
  forgetfulFolder,
  type Forgotten,
} from '../../scripts/drills/power-cut/forget.ts'
import { missingForPreload } from '../../scripts/drills/preload/preload.ts'
import { cutWithoutSync, powerCut } from '../../scripts/drills/power-cut/power-cut.ts'
import { runDrill } from '../../scripts/drills/run.ts'
import { chanceOf } from '../../scripts/generate/random.ts'
import { temporaryFolder } from '../support/opened-gateway.ts'

const missing = missingForPreload()

describe('the power cut itself', function () {
  this.timeout(120_000)
  if (missing !== null) {
    it(`is not run on this machine: ${missing}`, async () => {
      const { outcome, reason } = await runDrill(powerCut, { form: 'short', seed: 'npm-test' })
      expect({ outcome, reason }).to.deep.equal({ outcome: 'not run', reason: missing })
    })
    return
  }

  const place = realpathSync(temporaryFolder())
  const library = compileForget(place)!
  let rounds = 0

  /** Runs the script in a process that kills itself at its end, cuts the power, and says what is left. */
  function cutAfter(
    script: string,
    { deaf, seed }: { deaf?: string; seed?: string } = {},
  ): Forgotten & { root: string } {
    const root = join(place, `root-${++rounds}`)
    mkdirSync(root)
    writeFileSync(join(root, 'old'), 'old content')
    const folder = forgetfulFolder({
      library,
      root,
      journal: `${root}-journal`,
      ...(deaf !== undefined && { deaf }),
    })
    const helpers = `
      import fs, { openSync, writeSync, fsyncSync, fdatasyncSync, closeSync, renameSync, unlinkSync, mkdirSync, rmSync, writeFileSync,
        appendFileSync, ftruncateSync, truncateSync, linkSync, symlinkSync } from 'node:fs'
      import Database from ${JSON.stringify(import.meta.resolve('better-sqlite3'))}
      const at = name => ${JSON.stringify(`${root}/`)} + name
      const sync = name => { const file = openSync(at(name), 'r'); fsyncSync(file); closeSync(file) }
      const put = (name, text) => writeFileSync(at(name), text)
    `
    const end = 'process.kill(process.pid, "SIGKILL")'
    const ran = spawnSync(process.execPath, ['--input-type=module', '-e', `${helpers}${script}\n${end}`], {
      env: { PATH: process.env['PATH'], ...folder.env },
      encoding: 'utf8',
    })
    expect([ran.signal, ran.stderr]).to.deep.equal(['SIGKILL', ''])
    return { root, ...folder.cut(seed === undefined ? undefined : chanceOf(seed, rounds)) }
  }
  const left = ({ root }: { root: string }) =>
    Object.fromEntries(
      readdirSync(root, { withFileTypes: true }).map(entry => [
        entry.name,
        entry.isDirectory()
          ? readdirSync(join(root, entry.name))
          : readFileSync(join(root, entry.name), 'utf8'),
      ]),
    )

  it('takes a new file away unless its directory was synced, and its content unless it was synced itself', () => {
    const after = cutAfter(`
      mkdirSync(at('in')); sync('.')
      put('a', 'nothing synced')
      put('b', 'only the file'); sync('b')
      put('in/c', 'only the entry'); sync('in')
      put('in/d', 'entry and file'); sync('in/d'); sync('in')
    `)
    expect(left(after)).to.deep.equal({ old: 'old content', in: ['c', 'd'] })
    expect(readFileSync(join(after.root, 'in', 'c'), 'utf8')).to.equal('')
    expect(readFileSync(join(after.root, 'in', 'd'), 'utf8')).to.equal('entry and file')
    expect(after.notModelled).to.deep.equal([])
  })

  it('puts back what was overwritten, cut off, appended to, renamed and removed', () => {
    const overwritten = `const file = openSync(at('old'), 'r+'); writeSync(file, 'OLD', 0); writeSync(file, ' and longer', 11)`
    for (const [script, expected] of [
      [overwritten, 'old content'],
      [`${overwritten}; fdatasyncSync(file); writeSync(file, 'more', 0)`, 'OLD content and longer'],
      [`put('old', 'short')`, 'old content'],
      [`truncateSync(at('old'), 3); appendFileSync(at('old'), '!')`, 'old content'],
      [`appendFileSync(at('old'), '!'); sync('old'); appendFileSync(at('old'), '?')`, 'old content!'],
      [`unlinkSync(at('old'))`, 'old content'],
      [`unlinkSync(at('old')); put('old', 'another file'); sync('old')`, 'old content'],
      [`linkSync(at('old'), at('second'))`, 'old content'],
      [`put('new', 'new content'); sync('new'); renameSync(at('new'), at('old'))`, 'old content'],
      [`put('new', 'new content'); sync('new'); renameSync(at('new'), at('old')); sync('.')`, 'new content'],
      [`put('new', 'new content'); renameSync(at('new'), at('old')); sync('.')`, ''],
    ] as const) {
      expect(left(cutAfter(script)), script).to.deep.equal({ old: expected })
    }
    expect(left(cutAfter(`unlinkSync(at('old')); sync('.')`))).to.deep.equal({})
  })

  it('keeps of what was not synced what chance keeps, in sectors, and everything that was synced', () => {
    const seen = new Set<string>()
    for (let n = 0; n < 12; n++) {
      const { old } = left(
        cutAfter(`appendFileSync(at('old'), '!'); sync('old'); appendFileSync(at('old'), 'x'.repeat(2000))`, {
          seed: 'some',
        }),
      ) as { old: string }
      expect(old.slice(0, 12)).to.equal('old content!')
      expect(old.slice(12)).to.match(/^[x\0]*$/)
      seen.add(old.length === 12 ? 'gone' : old.includes('\0') || old.length < 2012 ? 'torn' : 'whole')
    }
    expect([...seen].sort()).to.deep.equal(['gone', 'torn', 'whole'])
  })

  it('takes from SQLite what was committed with synchronous=NORMAL, or with a deaf disk, and nothing with FULL', () => {
    const commits = (level: string) => `
      const db = new Database(at('db'))
      db.pragma('journal_mode = WAL'); db.pragma('synchronous = ${level}')
      db.exec('CREATE TABLE t (n INTEGER)')
      for (let n = 0; n < 20; n++) db.prepare('INSERT INTO t VALUES (?)').run(n)
    `
    const rows = (after: { root: string }) =>
      Number(
        spawnSync(
          process.execPath,
          [
            '--input-type=module',
            '-e',
            `import Database from ${JSON.stringify(import.meta.resolve('better-sqlite3'))}
             const db = new Database(${JSON.stringify(join(after.root, 'db'))})
             if (db.pragma('integrity_check', { simple: true }) !== 'ok') throw new Error('damaged')
             const has = db.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 't'").pluck().get()
             console.log(has === 0 ? 0 : db.prepare('SELECT count(*) FROM t').pluck().get())`,
          ],
          { encoding: 'utf8' },
        ).stdout,
      )
    expect(rows(cutAfter(commits('FULL')))).to.equal(20)
    expect(rows(cutAfter(commits('FULL'), { seed: 'sqlite' }))).to.equal(20)
    expect(rows(cutAfter(commits('NORMAL')))).to.equal(0)
    expect(rows(cutAfter(commits('FULL'), { deaf: '-wal' }))).to.equal(0)
  })

  it('takes no block of the embedded chain whose journal said that it has it', () => {
    const journal = JSON.stringify(import.meta.resolve('../../server/chain/embedded/journal.ts'))
    const print: GenesisPrint = {
      chainId: '4242',
      hardfork: 'osaka',
      blockGasLimit: '60000000',
      initialDate: '2026-12-01T00:00:00Z',
      edrVersion: 'any',
      relayer: `0x${'1'.repeat(40)}`,
    }
    const open = `const { openJournal } = await import(${journal})
      const journal = openJournal(at('journal.db'), ${JSON.stringify(print)})`
    const append = `for (const number of [1, 2, 3])
      journal.append({ number, timestamp: number, hash: '0x' + String(number).repeat(64), transactions: ['0x' + String(number).repeat(8)] })`
    const blocks = (after: { root: string }) =>
      spawnSync(
        process.execPath,
        [
          '--disable-warning=ExperimentalWarning',
          '--input-type=module',
          '-e',
          `const at = name => ${JSON.stringify(`${after.root}/`)} + name
           ${open}
           console.log(JSON.stringify([...journal.blocks()].map(({ number }) => number)))`,
        ],
        { encoding: 'utf8' },
      )
    const { stdout, stderr } = blocks(cutAfter(`${open}; ${append}`))
    expect([stdout, stderr]).to.deep.equal(['[1,2,3]\n', ''])
    expect(blocks(cutAfter(`${open}; ${append}`, { seed: 'journal' })).stdout).to.equal('[1,2,3]\n')
  })

  it('says what it does not model, and does not know', () => {
    expect(cutAfter(`symlinkSync(at('old'), at('second'))`).notModelled).to.deep.equal(['symlink'])
    expect(existsSync(join(place, 'root-1-journal'))).to.equal(false)
  })

  it('makes a disk full, read-only or broken while a process works on it', () => {
    const root = join(place, 'faulty')
    mkdirSync(root)
    writeFileSync(join(root, 'old'), 'old content')
    const disk = faultyDisk(library, root, join(place, 'switch'))
    const attempts = `
      import { openSync, writeSync, fsyncSync } from 'node:fs'
      const tried = work => { try { work(); return 'done' } catch (error) { return error.code } }
      const old = ${JSON.stringify(join(root, 'old'))}
      console.log([
        tried(() => writeSync(openSync(old, 'r+'), 'OLD', 0)),
        tried(() => writeSync(openSync(old, 'a'), 'more')),
        tried(() => openSync(old + '.new', 'w')),
        tried(() => fsyncSync(openSync(old, 'r'))),
      ].join(' '))`
    const tried = (how: Parameters<typeof disk.fail>[0]) => {
      disk.fail(how)
      const env = { PATH: process.env['PATH'], ...disk.env }
      return spawnSync(process.execPath, ['--input-type=module', '-e', attempts], {
        env,
        encoding: 'utf8',
      }).stdout.trim()
    }
    expect(tried('ENOSPC')).to.equal('done ENOSPC ENOSPC done')
    expect(tried('EROFS')).to.equal('EROFS EROFS EROFS done')
    expect(tried('EIO')).to.equal('EIO EIO EIO EIO')
    expect(tried(null)).to.equal('done done done done')
  })
})

if (missing === null) {
  describe('the drill power-cut', function () {
    this.timeout(600_000)

    it('loses nothing that was acknowledged, and leaves every file whole', async () => {
      const { result } = await runDrill(powerCut, { form: 'short', seed: 'npm-test' })
      expect(result?.violations).to.deep.equal([])
      expect(result?.rpo).to.equal(0)
      expect(result?.figures['cuts']).to.be.at.least(4)
      for (const name of ['acknowledged', 'undone']) expect(result?.figures[name], name).to.be.greaterThan(0)
    })

    it('is noticed when what is committed is not synced: every statement since the last sync is named as lost', async () => {
      const { violations, lost, figures } = await cutWithoutSync(temporaryFolder(), 'npm-test')
      expect(figures.acknowledged).to.be.at.least(12)
      expect(lost).to.equal(figures.acknowledged)
      expect(violations.join('\n')).to.match(/certificate \d+/)
    })
  })
}
