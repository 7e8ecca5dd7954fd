import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer, request as httpRequest, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { expect } from 'chai'
import { unzipSync } from 'fflate'
import { fingerprint, parseTrust } from '../../protocol/trust.ts'
import { auditLog, nodeCheckpoints, noteKeyOf, storedLog, type Audit } from '../../scripts/cli/audit.ts'
import { runCommandLine } from '../../scripts/cli/program.ts'
import { createRpc } from '../../server/chain/rpc.ts'
import { liveView } from '../../server/chain/view.ts'
import { openSqliteStore } from '../../server/store/sqlite.ts'
import { assertNoInsides } from '../server/http/gateway.ts'
import { startGateway, type RunningGateway } from '../../scripts/drills/gateway-process.ts'

const LAUNCHER = join(import.meta.dirname, '../../scripts/onceproof.mjs')
/** A port on which nobody answers: the discard service is not offered on machines that run tests. */
const NOBODY = 'http://127.0.0.1:9'

interface Ran {
  exit: number | null
  stdout: string
  stderr: string
}

interface RefusalData {
  code: string
  message: string
  field: string | null
  expected: string | null
  found: string | null
  errors: { row?: number; field: string; code: string }[] | null
}

describe('command line', () => {
  let gateway: RunningGateway
  const home = process.cwd()
  const at = (name: string) => join(gateway.scratch, name)

  async function run(args: string[], { input = '' } = {}) {
    const child = spawn(process.execPath, [LAUNCHER, ...args], {
      cwd: gateway.scratch,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: process.env['HOME'] ?? '',
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'] ?? '',
        DATA_DIR: gateway.dataDir,
        PUBLIC_URL: gateway.url,
      },
    })
    const ran: Ran = { exit: null, stdout: '', stderr: '' }
    child.stdout.setEncoding('utf8').on('data', (text: string) => (ran.stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (ran.stderr += text))
    child.stdin.on('error', () => undefined).end(input)
    const [exit] = (await once(child, 'close')) as [number | null]
    ran.exit = exit
    assertNoInsides(ran.stdout + ran.stderr)
    return ran
  }

  /** Runs with `--json`, expects this exit code and exactly one document. */
  async function data<T = Record<string, unknown>>(
    exit: number,
    args: string[],
    { input = '' } = {},
  ): Promise<T> {
    const ran = await run([...args, '--json'], { input })
    expect(ran.exit, `${args.join(' ')}\n${ran.stdout}${ran.stderr}`).to.equal(exit)
    return JSON.parse(ran.stdout) as T
  }

  /** The same in this process: for tables, where two processes for each case would take most of the time. */
  async function dataHere<T = Record<string, unknown>>(exit: number, args: string[]): Promise<T> {
    let stdout = ''
    let stderr = ''
    const ended = await runCommandLine([...args, '--json'], {
      out: async text => void (stdout += text),
      err: async text => void (stderr += text),
    })
    assertNoInsides(stdout + stderr)
    expect(ended, `${args.join(' ')}\n${stdout}${stderr}`).to.equal(exit)
    return JSON.parse(stdout) as T
  }

  const exitHere = (args: string[]) =>
    runCommandLine(args, { out: async () => undefined, err: async () => undefined })

  const refusal = async (exit: number, args: string[]): Promise<RefusalData> => {
    const found = await dataHere<RefusalData>(exit, args)
    expect(found).to.have.all.keys('code', 'message', 'field', 'expected', 'found', 'errors')
    return found
  }

  const online = () => ['--trust', gateway.trustPath, '--rpc', gateway.chainUrl]

  const sizeOfLog = async () =>
    ((await (await gateway.get('/v1/log')).json()) as { accepted: number }).accepted

  before(async () => {
    gateway = await startGateway({ demo: false })
    process.env['DATA_DIR'] = gateway.dataDir
    process.env['PUBLIC_URL'] = gateway.url
    process.chdir(gateway.scratch)
  })
  after(async () => {
    delete process.env['DATA_DIR']
    delete process.env['PUBLIC_URL']
    process.chdir(home)
    await gateway.stop({ andChain: true })
  })

  describe('the demonstration region', () => {
    it('is loaded completely and once, although the first load was cut by kill -9', async () => {
      const loading = run(['demo'])
      while ((await sizeOfLog()) < 10) await pause(20)
      await gateway.kill9()
      expect((await loading).exit).to.equal(1)

      // A gateway whose own first load was cut finds this mark at its next start.
      const store = await openSqliteStore(join(gateway.dataDir, 'onceproof.db'), { clock: Date.now })
      await store.saveSetting('demo.region', 'loading')
      await store.close()
      await gateway.restart({ ONCEPROOF_DEMO: 'true' })

      const types = (await (await gateway.get('/v1/types')).json()) as { types: unknown[] }
      const departments = (await (await gateway.get('/v1/departments')).json()) as { departments: unknown[] }
      const list = (await (await gateway.get('/v1/certificates?limit=200')).json()) as {
        certificates: { standing: string }[]
      }
      expect(departments.departments).to.have.length(18)
      expect(types.types).to.have.length(24)
      // 64 certificates, the new versions of five, and three of a batch.
      expect(list.certificates).to.have.length(72)
      const standings = list.certificates.map(({ standing }) => standing)
      expect(standings.filter(standing => standing === 'SUPERSEDED')).to.have.length(5)
      expect(standings.filter(standing => standing === 'REVOKED')).to.have.length(5)
      expect(standings.filter(standing => standing === 'SUSPENDED')).to.have.length(3)
    })

    it('does not change when it is loaded again', async () => {
      const before = await sizeOfLog()
      expect(await data(0, ['demo'])).to.deep.equal({
        departments: 18,
        types: 24,
        certificates: 64,
        suspended: 3,
        revoked: 5,
        superseded: 5,
      })
      expect(await sizeOfLog()).to.equal(before)
    })
  })

  describe('issue', () => {
    it('writes a certificate file with its receipt, readable by its owner only', async () => {
      const issued = await data<{
        identifier: string
        out: string
        evidence: string
        statement: { state: string }
      }>(0, ['issue', 'RIC', '--example', '--out', 'card.json', '--wait'])
      expect(issued).to.include({ out: 'card.json', evidence: 'receipt' })
      expect(issued.statement.state).to.equal('final')
      expect(statSync(at('card.json')).mode & 0o777).to.equal(0o600)
      expect(JSON.parse(readFileSync(at('card.json'), 'utf8'))).to.have.all.keys(
        'format',
        'certificate',
        'receipt',
      )
    })

    it('takes the fields from a file or from standard input, and says in both languages what was issued', async () => {
      const { stdout } = await run(['generate', '--type', 'RIC', '--count', '1', '--seed', 'fields'])
      writeFileSync(at('fields.json'), stdout)
      const fromFile = await run(['issue', 'RIC', '--fields', 'fields.json', '--wait'])
      expect(fromFile.exit, fromFile.stderr).to.equal(0)
      expect(fromFile.stdout).to.match(/^已签发 Issued\n {2}证照标识 identifier: 1\.2\.156\.3005\.2\./)
      expect(await data(0, ['issue', 'RIC', '--fields', '-'], { input: stdout })).to.include.keys(
        'identifier',
        'shortCode',
        'promise',
      )
    })

    it('issues a batch from NDJSON, all rows or none, with one file for each', async () => {
      const { stdout } = await run(['generate', '--type', 'RIC', '--count', '3', '--seed', 'batch'])
      writeFileSync(at('rows.ndjson'), stdout)
      const { batch, certificates } = await data<{ batch: string; certificates: { identifier: string }[] }>(
        0,
        ['issue', 'RIC', '--rows', 'rows.ndjson', '--out', 'batch', '--wait'],
      )
      expect(batch).to.match(/^[0-9A-Z]{26}$/)
      expect(readdirSync(at('batch')).sort()).to.deep.equal(
        certificates.map(({ identifier }) => `${identifier}.json`).sort(),
      )

      const bad = stdout.replace(/"idNo":"\d{3}/, '"idNo":"111')
      writeFileSync(at('bad.ndjson'), bad)
      const before = await sizeOfLog()
      const found = await refusal(1, ['issue', 'RIC', '--rows', 'bad.ndjson'])
      expect(found.code).to.equal('ROWS_INVALID')
      expect(found.errors).to.have.length(1)
      expect(found.errors![0]).to.include({ row: 0, field: 'idNo' })
      expect(await sizeOfLog()).to.equal(before)
    })

    it('has one effect when the answer got lost, and when it is repeated under the same key', async () => {
      const before = await sizeOfLog()
      const lossy = await proxy(gateway.url, { dropFirstAnswer: true })
      const { stdout } = await run(['generate', '--type', 'RIC', '--count', '1', '--seed', 'lost'])
      const args = ['issue', 'RIC', '--fields', '-', '--url', lossy.url, '--idempotency-key', 'a-key-of-mine']
      const first = await data(0, args, { input: stdout })
      expect(lossy.dropped()).to.equal(1)
      lossy.server.close()
      const again = await data(
        0,
        args.map(part => (part === lossy.url ? gateway.url : part)),
        { input: stdout },
      )
      expect(again['identifier']).to.equal(first['identifier'])
      expect(await sizeOfLog()).to.equal(before + 1)

      const other = await refusal(1, ['issue', 'RIC', '--example', '--idempotency-key', 'a-key-of-mine'])
      expect(other.code).to.equal('IDEMPOTENCY_KEY_REUSED')
    })

    it('refuses bad input with a stable code and writes nothing', async () => {
      const before = await sizeOfLog()
      const files: Record<string, string | Uint8Array> = {
        'empty.json': '',
        'broken.json': '{"name":',
        'twice.json': '{"name":"a","name":"b"}',
        'array.json': '[1]',
        'gbk.json': Uint8Array.from([0x7b, 0x22, 0x61, 0x22, 0x3a, 0x22, 0xd6, 0xd0, 0x22, 0x7d]),
        'bom.json': '\ufeff{}',
        'surrogate.json': '{"a":"\\ud800"}',
        'deep.json': `${'['.repeat(40)}${']'.repeat(40)}`,
        'none.ndjson': '\n\n',
        'line.ndjson': '{"a":1}\n{"a":\n',
        'object.json': '{}',
      }
      for (const [name, content] of Object.entries(files)) writeFileSync(at(name), content)
      writeFileSync(at('huge.json'), Buffer.alloc(65 * 1024 * 1024, ' '))
      mkdirSync(at('folder'))
      const cases: [exit: number, code: string, args: string[]][] = [
        [1, 'JSON_SYNTAX', ['RIC', '--fields', 'empty.json']],
        [1, 'JSON_SYNTAX', ['RIC', '--fields', 'broken.json']],
        [1, 'JSON_DUPLICATE_KEY', ['RIC', '--fields', 'twice.json']],
        [1, 'FIELDS_SHAPE', ['RIC', '--fields', 'array.json']],
        [1, 'JSON_NOT_UTF8', ['RIC', '--fields', 'gbk.json']],
        [1, 'JSON_NOT_UTF8', ['RIC', '--fields', 'bom.json']],
        [1, 'JSON_LONE_SURROGATE', ['RIC', '--fields', 'surrogate.json']],
        [1, 'JSON_TOO_DEEP', ['RIC', '--rows', 'deep.json']],
        [1, 'INPUT_TOO_LARGE', ['RIC', '--fields', 'huge.json']],
        [1, 'FILE_MISSING', ['RIC', '--fields', 'absent.json']],
        [1, 'FILE_UNREADABLE', ['RIC', '--fields', 'folder']],
        [1, 'ROWS_SHAPE', ['RIC', '--rows', 'none.ndjson']],
        [1, 'ROWS_SHAPE', ['RIC', '--rows', 'object.json']],
        [1, 'JSON_SYNTAX', ['RIC', '--rows', 'line.ndjson']],
        [1, 'ROWS_INVALID', ['RIC', '--fields', 'object.json']],
        [1, 'TYPE_NOT_FOUND', ['NOSUCH', '--fields', 'object.json']],
        [1, 'TYPE_NOT_FOUND', ['NOSUCH', '--example']],
        [1, 'INPUT_INVALID', ['no such type', '--fields', 'object.json']],
        [1, 'FILE_NOT_WRITTEN', ['RIC', '--example', '--out', 'no/such/folder/file.json']],
        [1, 'FILE_NOT_WRITTEN', ['RIC', '--example', '--out', 'folder']],
        [1, 'TOKEN_FILE', ['RIC', '--example', '--token-file', 'empty.json']],
        [1, 'TOKEN_WRONG', ['RIC', '--example', '--token-file', gateway.trustPath]],
        [1, 'GATEWAY_UNREACHABLE', ['RIC', '--example', '--url', NOBODY]],
        [1, 'GATEWAY_URL', ['RIC', '--example', '--url', 'ftp://somewhere']],
        [1, 'GATEWAY_ANSWER', ['RIC', '--example', '--url', gateway.chainUrl]],
        [1, 'GATEWAY_ANSWER', ['RIC', '--fields', 'object.json', '--url', gateway.chainUrl]],
        [2, 'USAGE', ['RIC']],
        [2, 'USAGE', ['RIC', '--example', '--fields', 'object.json']],
        [2, 'USAGE', []],
        [2, 'USAGE', ['RIC', '--example', '--no-such-option']],
      ]
      writeFileSync(at('wrong.token'), 'not-the-operators-token-but-long-enough')
      await eachAtOnce(cases, async ([exit, code, args]) => {
        const swapped = args.map(part => (part === gateway.trustPath ? 'wrong.token' : part))
        const found = await refusal(exit, ['issue', ...swapped])
        expect(found.code, swapped.join(' ')).to.equal(code)
      })
      expect((await refusal(1, ['issue', 'RIC', '--rows', 'line.ndjson'])).field).to.equal('line 2')
      expect(await sizeOfLog()).to.equal(before)
    })
  })

  describe('records', () => {
    it('are notarized by digest, verified with the file in hand, and come with evidence', async () => {
      writeFileSync(at('contract.txt'), 'the contract')
      writeFileSync(at('other.txt'), 'another contract')
      const { id, sha256 } = await data<{ id: string; sha256: string }>(0, [
        'notarize',
        'contract.txt',
        '--out',
        'record.json',
        '--wait',
      ])
      expect(sha256).to.equal(createHash('sha256').update('the contract').digest('hex'))
      const [mine, others, none, shown, packed] = await Promise.all([
        run(['verify', 'record.json', ...online(), '--original', 'contract.txt']),
        run(['verify', 'record.json', ...online(), '--original', 'other.txt']),
        run(['verify', 'record.json', ...online()]),
        data(0, ['show', id]),
        data(0, ['evidence', id, '--out', 'evidence.zip']),
      ])
      expect([mine.exit, others.exit, none.exit]).to.deep.equal([0, 10, 5])
      expect(shown).to.include({ id })
      expect(packed).to.include({ id, out: 'evidence.zip' })
      expect(Object.keys(unzipSync(readFileSync(at('evidence.zip'))))).to.not.be.empty
    })

    it('can be uploaded, also empty ones', async () => {
      writeFileSync(at('nothing.bin'), '')
      const { sha256, size } = await data(0, ['notarize', 'nothing.bin', '--upload', '--name', '空.bin'])
      expect({ sha256, size }).to.deep.equal({
        sha256: 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
        size: 0,
      })
    })

    it('are refused for what is no file, and unknown ones are not found', async () => {
      const unknown = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
      await eachAtOnce(
        [
          [1, 'FILE_MISSING', ['notarize', 'absent.bin']],
          [1, 'FILE_UNREADABLE', ['notarize', 'folder']],
          [1, 'RECORD_NOT_FOUND', ['show', unknown]],
          [1, 'RECORD_NOT_FOUND', ['evidence', unknown, '--out', 'x.zip']],
          [2, 'USAGE', ['show', 'neither']],
          [2, 'USAGE', ['evidence', unknown]],
        ] as [number, string, string[]][],
        async ([exit, code, args]) => expect((await refusal(exit, args)).code).to.equal(code),
      )
      expect(existsSync(at('x.zip'))).to.equal(false)
    })
  })

  describe('status', () => {
    it('is suspended, resumed, revoked and superseded, and verification follows each time', async () => {
      const { certificates } = await data<{ certificates: { identifier: string; shortCode: string }[] }>(0, [
        'issue',
        'RIC',
        '--rows',
        'rows.ndjson',
        '--out',
        'changing',
        '--wait',
      ])
      const [first, second] = certificates.map(({ identifier }) => identifier) as [string, string]
      const exitOf = (id: string) => exitHere(['verify', `changing/${id}.json`, ...online()])
      const order = (id: string, action: string, reason: string) =>
        dataHere(0, ['status', id, action, '--reason', reason, '--wait'])

      expect(await order(first, 'suspend', 'REPORTED_LOST')).to.include({ action: 'suspend', state: 'final' })
      expect(await exitOf(first)).to.equal(31)
      await order(first, 'resume', 'REPORTED_LOST')
      expect(await exitOf(first)).to.equal(0)
      await order(first, 'revoke', 'ISSUED_IN_ERROR')
      expect(await exitOf(first)).to.equal(19)
      expect((await refusal(1, ['status', first, 'suspend', '--reason', 'REPORTED_LOST'])).code).to.equal(
        'STATUS_ALREADY',
      )

      const [, row] = readFileSync(at('rows.ndjson'), 'utf8').split('\n')
      writeFileSync(at('next.json'), row!)
      const { certificate } = await data<{ certificate: { identifier: string } }>(0, [
        'supersede',
        second,
        '--fields',
        'next.json',
        '--reason',
        'HOLDER_CHANGE',
        '--out',
        'next-file.json',
        '--wait',
      ])
      expect(certificate.identifier).to.match(/\.002\.[0-9A-Z]$/)
      expect(await exitOf(second)).to.equal(30)
      const shown = await data<{ standing: string; changes: unknown[] }>(0, ['show', second])
      expect(shown.standing).to.equal('SUPERSEDED')
      expect(shown.changes).to.have.length(1)
    })

    it('is refused for unknown certificates and unknown actions', async () => {
      const unknown =
        '1.2.156.3005.2.11990100MB9Y01166J001.11990100MB9Y010004.01ARZ3NDEKTSV4RRFFQ69G5FAV.001.R'
      await eachAtOnce(
        [
          [1, 'CERTIFICATE_NOT_FOUND', ['status', unknown, 'revoke', '--reason', 'ISSUED_IN_ERROR']],
          [1, 'CERTIFICATE_NOT_FOUND', ['show', unknown]],
          [
            1,
            'CERTIFICATE_NOT_FOUND',
            ['supersede', unknown, '--fields', 'next.json', '--reason', 'HOLDER_CHANGE'],
          ],
          [1, 'INPUT_INVALID', ['status', unknown, 'revoke', '--reason', 'no reason']],
          [
            1,
            'INPUT_INVALID',
            ['status', unknown, 'revoke', '--reason', 'ISSUED_IN_ERROR', '--effective', 'today'],
          ],
          [2, 'USAGE', ['status', unknown, 'destroy', '--reason', 'ISSUED_IN_ERROR']],
          [2, 'USAGE', ['status', unknown, 'revoke']],
          [2, 'USAGE', ['status', 'neither', 'revoke', '--reason', 'ISSUED_IN_ERROR']],
        ] as [number, string, string[]][],
        async ([exit, code, args]) => expect((await refusal(exit, args)).code, args.join(' ')).to.equal(code),
      )
    })
  })

  describe('lookup', () => {
    it('tells state and masked fields without a token; unknown and wrong are answered alike', async () => {
      const { stdout } = await run(['generate', '--type', 'RIC', '--count', '1', '--seed', 'lookup'])
      const { shortCode } = await data<{ shortCode: string }>(
        0,
        ['issue', 'RIC', '--fields', '-', '--wait'],
        { input: stdout },
      )
      const { idNo, name } = JSON.parse(stdout) as { idNo: string; name: string }
      const args = ['lookup', shortCode.toLowerCase(), idNo.slice(-4)]
      const found = await data<{ verdict: string; fields: [string, string][] }>(0, args)
      expect(found.verdict).to.equal('VALID')
      expect(JSON.stringify(found.fields)).to.not.include(idNo).and.not.include(name)
      const wrong = await data(20, ['lookup', shortCode, '000A'])
      expect(wrong).to.deep.equal({ verdict: 'NOT_FOUND', exit: 20 })
      expect(await data(20, ['lookup', '00000000', idNo.slice(-4)])).to.deep.equal(wrong)
    })
  })

  describe('generate', () => {
    it('writes NDJSON, or one JSON array, the same for the same seed', async () => {
      const args = ['generate', '--type', 'BIZ', '--count', '4', '--seed', '7']
      const [lines, again, document] = await Promise.all([run(args), run(args), data<unknown[]>(0, args)])
      expect(lines.stdout).to.equal(again.stdout)
      expect(
        lines.stdout
          .trimEnd()
          .split('\n')
          .map(row => JSON.parse(row) as unknown),
      ).to.deep.equal(document)
      expect(document).to.have.length(4)
      expect(await data(0, ['generate', '--type', 'BIZ', '--count', '0'])).to.deep.equal([])
    })

    it('refuses unknown types and counts', async () => {
      expect((await refusal(1, ['generate', '--type', 'NOSUCH'])).code).to.equal('TYPE_NOT_FOUND')
      expect((await refusal(2, ['generate', '--type', 'RIC', '--count', '-1'])).code).to.equal('USAGE')
      expect((await refusal(2, ['generate', '--type', 'RIC', '--today', '2026-02-30'])).code).to.equal(
        'USAGE',
      )
    })
  })

  describe('used wrongly', () => {
    it('says so with exit code 2, in words or as one document', async () => {
      await eachAtOnce([[], ['nonsense'], ['log'], ['chain', 'dance'], ['verify', 'card.json']], async args =>
        expect((await refusal(2, args)).code, args.join(' ')).to.equal('USAGE'),
      )
      const said = await run(['nonsense'])
      expect(said).to.include({ exit: 2, stdout: '' })
      expect(said.stderr).to.match(/^用法有误 used wrongly: .*\[USAGE\]/)
      const help = await run(['--help'])
      expect(help).to.include({ exit: 0, stderr: '' })
      expect(help.stdout).to.include('verify').and.include('log')
    })
  })

  describe('with the gateway stopped', () => {
    before(async () => {
      await run(['snapshot', 'export', ...online(), '--out', 'snapshot.json'])
      await gateway.stop()
    })
    after(() => gateway.restart())

    it('a file is verified through the chain’s node alone, in the catalogue’s words', async () => {
      const { exit, stdout } = await run(['verify', 'card.json', ...online()])
      expect(exit).to.equal(0)
      expect(stdout).to.match(/^证照有效 This certificate is valid \[VALID\]\n/)
      expect(stdout.match(/^ {2}✔ /gm)).to.have.length(5)
      const report = await data<{ answers: object; issuer: { uscc: string } }>(0, [
        'verify',
        'card.json',
        ...online(),
      ])
      expect(Object.keys(report.answers)).to.have.length(5)
      expect(report.issuer.uscc).to.equal('11990100MB9Y010004')
    })

    it('a file is verified from a snapshot, genuine as of its block', async () => {
      const report = await data(3, [
        'verify',
        'card.json',
        '--trust',
        gateway.trustPath,
        '--snapshot',
        'snapshot.json',
      ])
      expect(report['verdict']).to.equal('OFFLINE_OK')
    })

    it('each verdict has its exit code', async () => {
      const card = JSON.parse(readFileSync(at('card.json'), 'utf8')) as {
        certificate: string
        receipt: { proof: string }
      }
      const trust = JSON.parse(readFileSync(gateway.trustPath, 'utf8')) as {
        chain: { genesis: string }
        regions: { code: string; use: string }[]
      }
      const last = card.certificate.indexOf('~') - 40
      const other = card.certificate[last] === 'A' ? 'B' : 'A'
      const write = (name: string, value: unknown) => writeFileSync(at(name), JSON.stringify(value))
      write('signature.json', {
        ...card,
        certificate: card.certificate.slice(0, last) + other + card.certificate.slice(last + 1),
      })
      write('without-disclosure.json', {
        ...card,
        certificate: card.certificate.split('~').toSpliced(1, 1).join('~'),
      })
      write('foreign-disclosure.json', { ...card, certificate: `${card.certificate}WyJhIiwiYiIsImMiXQ~` })
      write('proof.json', {
        ...card,
        receipt: { ...card.receipt, proof: card.receipt.proof.replace(/^index \d+/m, 'index 0') },
      })
      write('test-region.json', {
        ...trust,
        regions: trust.regions.map(region => ({ ...region, use: 'test' })),
      })
      write('other-region.json', { ...trust, regions: [{ ...trust.regions[0], code: '110000' }] })
      write('other-chain.json', { ...trust, chain: { ...trust.chain, genesis: `0x${'0'.repeat(64)}` } })
      writeFileSync(at('cut.json'), readFileSync(at('card.json')).subarray(0, 500))
      writeFileSync(at('big.json'), Buffer.alloc(2_097_153, '{'))
      const node = ['--rpc', gateway.chainUrl]
      const mine = ['--trust', gateway.trustPath]

      const cases: [exit: number, verdict: string, args: string[]][] = [
        [0, 'VALID', ['without-disclosure.json', ...online()]],
        [10, 'TAMPERED', ['signature.json', ...online()]],
        [10, 'TAMPERED', ['foreign-disclosure.json', ...online()]],
        [10, 'TAMPERED', ['proof.json', ...online()]],
        [11, 'UNREADABLE', ['cut.json', ...online()]],
        [11, 'UNREADABLE', ['empty.json', ...online()]],
        [11, 'UNREADABLE', ['gbk.json', ...online()]],
        [11, 'UNREADABLE', ['big.json', ...online()]],
        [11, 'UNREADABLE', [gateway.trustPath, ...online()]],
        [13, 'NOT_RECOGNISED_HERE', ['card.json', '--trust', 'other-region.json', ...node]],
        [6, 'TEST', ['card.json', '--trust', 'test-region.json', ...node]],
        [5, 'CANNOT_CHECK', ['card.json', '--trust', 'other-chain.json', ...node]],
        [5, 'CANNOT_CHECK', ['card.json', ...mine, '--rpc', NOBODY]],
        [33, 'NOT_YET_VALID', ['card.json', ...online(), '--at', '1950-01-01T00:00:00Z']],
      ]
      await eachAtOnce(cases, async ([exit, verdict, args]) => {
        const report = await dataHere(exit, ['verify', ...args])
        expect(report['verdict'], args.join(' ')).to.equal(verdict)
        expect(report['exit']).to.equal(exit)
      })
    })

    it('the verifier’s own files are refused when they are not what they should be', async () => {
      const mine = ['--trust', gateway.trustPath]
      await eachAtOnce(
        [
          [1, 'FILE_MISSING', ['absent.json', ...online()]],
          [1, 'FILE_MISSING', ['card.json', '--trust', 'absent.json', '--rpc', gateway.chainUrl]],
          [1, 'TRUST_SYNTAX', ['card.json', '--trust', 'card.json', '--rpc', gateway.chainUrl]],
          [1, 'SNAPSHOT_SYNTAX', ['card.json', ...mine, '--snapshot', 'card.json']],
          [1, 'JSON_SYNTAX', ['card.json', ...mine, '--snapshot', 'empty.json']],
          [2, 'USAGE', ['card.json', ...mine]],
          [2, 'USAGE', ['card.json', ...online(), '--snapshot', 'snapshot.json']],
          [2, 'USAGE', ['card.json', ...mine, '--rpc', 'nonsense']],
          [2, 'USAGE', ['card.json', ...online(), '--at', 'yesterday']],
          [2, 'USAGE', ['card.json', '--rpc', gateway.chainUrl]],
        ] as [number, string, string[]][],
        async ([exit, code, args]) =>
          expect((await refusal(exit, ['verify', ...args])).code, args.join(' ')).to.equal(code),
      )
    })

    it('the trust file is made from the data folder, byte for byte the gateway’s', async () => {
      const { fingerprint: shown } = await data<{ fingerprint: string }>(0, [
        'trust',
        'export',
        '--out',
        'trust.json',
      ])
      const bytes = readFileSync(gateway.trustPath)
      expect(readFileSync(at('trust.json'))).to.deep.equal(bytes)
      expect(shown).to.equal(fingerprint(bytes))
      expect((await refusal(1, ['trust', 'export', '--url', gateway.url])).code).to.equal(
        'GATEWAY_UNREACHABLE',
      )
      expect((await refusal(1, ['trust', 'export', '--data', 'folder'])).code).to.equal('DATA_MISSING')
    })

    it('the keystore is listed by names and public keys, and needs its passphrase', async () => {
      const { keys } = await data<{ keys: Record<string, unknown>[] }>(0, ['keys', 'list'])
      expect(keys.map(({ name }) => name)).to.include.members(['log/note', 'log/anchor', 'governance'])
      for (const key of keys) {
        expect(key).to.have.all.keys(
          'name',
          'purpose',
          'algorithm',
          'department',
          'createdAt',
          'publicKey',
          'thumbprint',
          'address',
        )
      }
      const wrong = await refusal(1, ['keys', 'list', '--passphrase-file', 'wrong.token'])
      expect(wrong.code).to.equal('KEYSTORE_PASSPHRASE_WRONG')
      expect((await refusal(1, ['keys', 'list', '--passphrase-file', 'absent'])).code).to.equal(
        'PASSPHRASE_FILE',
      )
    })

    it('the log in the data folder agrees with every checkpoint on chain, by node or by snapshot', async () => {
      const found = await data<Audit>(0, [
        'log',
        'audit',
        '--data',
        gateway.dataDir,
        '--trust',
        gateway.trustPath,
      ])
      expect(found.agrees).to.equal(true)
      expect(found.differences).to.deep.equal([])
      expect(found.leaves).to.be.greaterThan(80)
      expect(found.checkpoints.onChain).to.be.greaterThan(3)
      expect(found.checkpoints.signed).to.equal(found.checkpoints.onChain)
      const offline = await data<Audit>(0, [
        'log',
        'audit',
        '--data',
        gateway.dataDir,
        '--trust',
        gateway.trustPath,
        '--snapshot',
        'snapshot.json',
      ])
      expect(offline.agrees).to.equal(true)
    })

    /** The same as the command does, without a process for each. */
    async function auditOf(folder: string): Promise<Audit> {
      const trust = parseTrust(readFileSync(gateway.trustPath))
      const rpc = createRpc(gateway.chainUrl)
      const chain = await nodeCheckpoints(rpc, trust, liveView(rpc, trust.contracts))
      const log = storedLog(folder)
      try {
        return await auditLog(log, chain(log.origin), noteKeyOf(trust, log.origin), () => undefined)
      } finally {
        log.close()
      }
    }

    it('an audit names what was changed, and its exit code says that something was', async () => {
      cpSync(gateway.dataDir, at('changed'), { recursive: true })
      const db = new Database(join(at('changed'), 'onceproof.db'))
      db.exec("UPDATE statements SET statement = replace(statement, 'e', 'f') WHERE seq = 20")
      db.close()
      const args = ['log', 'audit', '--data', 'changed', '--trust', gateway.trustPath]
      const { exit, stdout } = await run(args)
      expect(exit).to.equal(1)
      expect(stdout).to.match(/^发现不一致 There are differences: /)
      expect(stdout).to.match(/^ {2}✘ .*\[LEAF_DIFFERS\] index 19 /m)
      expect(stdout).to.match(/^ {2}✘ .*\[ROOT_DIFFERS\] size \d+, index ≥ \d+ /m)
    })

    const altered: [what: string, change: (db: Database.Database) => void, code: string, place: object][] = [
      [
        'one bit of a statement',
        db => {
          const statement = db
            .prepare<[], string>('SELECT statement FROM statements WHERE seq = 6')
            .pluck()
            .get()!
          const flipped = String.fromCharCode(statement.charCodeAt(100) ^ 1)
          db.prepare('UPDATE statements SET statement = ? WHERE seq = 6').run(
            statement.slice(0, 100) + flipped + statement.slice(101),
          )
        },
        'LEAF_DIFFERS',
        { index: 5 },
      ],
      [
        'one bit of a leaf',
        db => {
          const leaf = db.prepare<[], Buffer>('SELECT leaf FROM leaves WHERE seq = 3').pluck().get()!
          leaf[31]! ^= 1
          db.prepare('UPDATE leaves SET leaf = ? WHERE seq = 3').run(leaf)
        },
        'LEAF_DIFFERS',
        { index: 2 },
      ],
      [
        'the order of two statements',
        db => {
          const [a, b] = db
            .prepare<[], string>('SELECT statement FROM statements WHERE seq IN (8, 9)')
            .pluck()
            .all()
          const set = db.prepare('UPDATE statements SET statement = ? WHERE seq = ?')
          set.run(b, 8)
          set.run(a, 9)
        },
        'ROOT_DIFFERS',
        {},
      ],
      [
        'the last statement, which is gone',
        db => {
          db.pragma('foreign_keys = OFF')
          db.exec('DELETE FROM statements WHERE seq = (SELECT max(seq) FROM statements)')
        },
        'LEAVES_MISSING',
        {},
      ],
      [
        'one statement in the middle, which is gone',
        db => {
          db.pragma('foreign_keys = OFF')
          db.exec('DELETE FROM statements WHERE seq = 12')
        },
        'STATEMENT_MISSING',
        { index: 11 },
      ],
      [
        'a checkpoint, which is gone',
        db => void db.exec('DELETE FROM checkpoints WHERE size = (SELECT min(size) FROM checkpoints)'),
        'NOTE_MISSING',
        {},
      ],
      [
        'a signed checkpoint',
        db => {
          const [note, size] = db
            .prepare<[], [string, number]>('SELECT note, size FROM checkpoints ORDER BY size LIMIT 1')
            .raw()
            .get()!
          db.prepare('UPDATE checkpoints SET note = ? WHERE size = ?').run(
            note.replace(`\n${size}\n`, `\n${size + 1}\n`),
            size,
          )
        },
        'NOTE_WRONG',
        {},
      ],
      [
        'an anchor that the chain does not know',
        db =>
          void db.exec(
            `INSERT INTO checkpoints SELECT size - 1, root, note, signature, sealed_at, 'final', 1, block_hash, block_time, 0
             FROM checkpoints ORDER BY size LIMIT 1`,
          ),
        'NOT_ON_CHAIN',
        {},
      ],
    ]
    for (const [what, change, code, place] of altered) {
      it(`an audit finds: ${what}`, async () => {
        const folder = at('copy')
        cpSync(gateway.dataDir, folder, { recursive: true, force: true })
        const db = new Database(join(folder, 'onceproof.db'))
        change(db)
        db.close()
        const { agrees, differences } = await auditOf(folder)
        expect(agrees).to.equal(false)
        const found = differences.find(difference => difference.code === code)
        expect(found, JSON.stringify(differences)).to.include({ code, ...place })
      })
    }

    it('an audit refuses what is no database, no data folder, or another chain', async () => {
      cpSync(gateway.dataDir, at('junk'), { recursive: true })
      writeFileSync(
        at('junk/onceproof.db'),
        'this is not a database, although it has its name and more than a page'.repeat(200),
      )
      const trust = ['--trust', gateway.trustPath]
      await eachAtOnce(
        [
          [1, 'STORE_DAMAGED', ['--data', 'junk', ...trust]],
          [1, 'DATA_MISSING', ['--data', 'folder', ...online()]],
          [1, 'WRONG_CHAIN', ['--data', gateway.dataDir, '--trust', 'other-chain.json']],
          [1, 'CHAIN_UNREACHABLE', ['--data', gateway.dataDir, ...trust, '--rpc', NOBODY]],
          [2, 'USAGE', ['--data', 'folder', ...trust]],
          [2, 'USAGE', [...online()]],
        ] as [number, string, string[]][],
        async ([exit, code, args]) =>
          expect((await refusal(exit, ['log', 'audit', ...args])).code, args.join(' ')).to.equal(code),
      )
    })

    it('the embedded chain is stopped, and started again where it was', async () => {
      const { blockNumber, url } = await data(0, ['chain', 'status'])
      expect(await data(0, ['chain', 'stop'])).to.deep.equal({ running: false })
      expect((await run(['verify', 'card.json', ...online()])).exit).to.equal(5)
      expect(await data(0, ['chain', 'status'])).to.deep.equal({ running: false })
      const port = new URL(String(url)).port
      expect(await data(0, ['chain', 'start', '--port', port])).to.include({
        running: true,
        url,
        blockNumber,
      })
      expect((await run(['verify', 'card.json', ...online()])).exit).to.equal(0)
      expect((await refusal(2, ['chain', 'start', '--port', 'x'])).code).to.equal('USAGE')
    })
  })

  describe('with the gateway running', () => {
    it('the published tiles agree with every checkpoint on chain', async () => {
      const found = await data<Audit>(0, ['log', 'audit', '--url', gateway.url, ...online()])
      expect(found).to.include({ agrees: true })
      expect(found.leaves).to.equal(await sizeOfLog())
    })

    it('an audit finds one altered bit in a tile, and after which checkpoint', async () => {
      const lying = await proxy(gateway.url, {
        alter: (path, body) => {
          if (path.startsWith('/log/tile/0/')) body[32 * 40]! ^= 1
        },
      })
      const { differences } = await data<Audit>(1, ['log', 'audit', '--url', lying.url, ...online()])
      lying.server.close()
      const first = differences.find(({ code }) => code === 'ROOT_DIFFERS')!
      expect(first.agreedTo).to.be.at.most(40)
      expect(first.size).to.be.greaterThan(40)
    })

    it('shows control characters of a hostile file as their codes', async () => {
      const forged = JSON.parse(readFileSync(at('card.json'), 'utf8')) as { certificate: string }
      const evil = Buffer.from(JSON.stringify(['\u001b[2J', 'name', '\u202e'])).toString('base64url')
      writeFileSync(
        at('evil.json'),
        JSON.stringify({ ...forged, certificate: `${forged.certificate}${evil}~` }),
      )
      const { exit, stdout } = await run(['verify', 'evil.json', ...online()])
      expect(exit).to.equal(10)
      // eslint-disable-next-line no-control-regex
      expect(stdout).to.not.match(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
    })

    it('the chain is not stopped under it', async () => {
      expect((await refusal(1, ['chain', 'stop'])).code).to.equal('GATEWAY_RUNNING')
    })

    it('the trust file comes from it; the fingerprint stays out of the document', async () => {
      const { stdout, stderr } = await run(['trust', 'export'])
      expect(stdout).to.equal(readFileSync(gateway.trustPath, 'utf8'))
      expect(stderr).to.match(/^指纹 fingerprint: ([0-9a-f]{4} ){15}[0-9a-f]{4}\n$/)
    })
  })
})

/** A server between the command line and the gateway that loses the first answer to a write, or alters answers. */
async function proxy(
  target: string,
  {
    dropFirstAnswer = false,
    alter,
  }: { dropFirstAnswer?: boolean; alter?: (path: string, body: Buffer) => void },
): Promise<{ url: string; server: Server; dropped: () => number }> {
  let dropped = 0
  const server = createServer((request, response) => {
    const { method, url = '/', headers } = request
    const onward = httpRequest(target + url, { method, headers }, answer => {
      const pieces: Buffer[] = []
      answer.on('data', (piece: Buffer) => pieces.push(piece))
      answer.on('end', () => {
        if (dropFirstAnswer && method === 'POST' && dropped === 0) {
          dropped++
          response.destroy()
          return
        }
        const body = Buffer.concat(pieces)
        alter?.(url, body)
        response.writeHead(answer.statusCode ?? 500, answer.headers).end(body)
      })
    })
    request.pipe(onward)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server, dropped: () => dropped }
}

/** A few at a time: a command is two processes. */
async function eachAtOnce<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  let next = 0
  const worker = async () => {
    for (let i = next++; i < items.length; i = next++) await work(items[i]!)
  }
  await Promise.all([worker(), worker(), worker()])
}
