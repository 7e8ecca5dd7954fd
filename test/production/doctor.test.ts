import { chmodSync, copyFileSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect } from 'chai'
import { ADVICE, type Finding } from '../../scripts/doctor/finding.ts'
import { examine, type Patient } from '../../scripts/doctor/doctor.ts'
import { runCommandLine } from '../../scripts/cli/program.ts'
import { saveRegion } from '../../server/catalogue/own-region.ts'
import { demoRegion } from '../../server/catalogue/region.ts'
import { openSqliteStore } from '../../server/store/sqlite.ts'
import { temporaryFolder } from '../support/opened-gateway.ts'
import { productionRegion } from '../support/production-region.ts'

const TLS = join(import.meta.dirname, '../support/tls')
/** Nobody listens there. */
const NOWHERE = 'http://127.0.0.1:1'

/** A folder and an environment in which only what needs a chain and a running gateway is wrong. */
function healthy() {
  const folder = temporaryFolder()
  const at = (name: string) => join(folder, name)
  for (const name of ['data', 'backups']) mkdirSync(at(name), { mode: 0o700 })
  saveRegion(at('data'), productionRegion())
  writeFileSync(at('backups/one'), 'x')
  for (const name of ['first.crt', 'first.key']) copyFileSync(join(TLS, name), at(name))
  for (const name of ['passphrase', 'openid.secret']) writeFileSync(at(name), 'secret\n')
  for (const name of ['passphrase', 'openid.secret', 'first.key']) chmodSync(at(name), 0o600)
  const env: Record<string, string> = {
    PROFILE: 'production',
    DATA_DIR: at('data'),
    CHAIN_RPC_URL: NOWHERE,
    PUBLIC_URL: 'https://localhost:1',
    KEYSTORE_PASSPHRASE_FILE: at('passphrase'),
    OPENID_ISSUER: 'https://id.example',
    OPENID_CLIENT_ID: 'onceproof',
    OPENID_CLIENT_SECRET_FILE: at('openid.secret'),
    ONCEPROOF_TLS_CERT_FILE: at('first.crt'),
    ONCEPROOF_TLS_KEY_FILE: at('first.key'),
  }
  const patient: Patient = {
    env,
    cwd: folder,
    backups: at('backups'),
    now: Date.now,
    isClockHeld: () => true,
    statfs: () => disk(),
    nodeVersion: process.versions.node,
    user: process.getuid?.() ?? null,
  }
  return { at, env, patient }
}

/** What is so in any of these folders: no chain, nothing deployed, one disk, no gateway. */
const ALWAYS = ['MIRROR_SAME_DISK', 'NOT_DEPLOYED', 'CHAIN_UNREACHABLE', 'GATEWAY_DOWN']

/** Half of 4 TiB free, ext4 (https://man7.org/linux/man-pages/man2/statfs.2.html). */
const disk = (about: Partial<ReturnType<Patient['statfs']>> = {}) => ({
  type: 0xef53,
  bsize: 4096,
  blocks: 2 ** 30,
  bavail: 2 ** 29,
  ...about,
})

async function codesFor(patient: Patient): Promise<string[]> {
  const findings = await examine(patient)
  return findings.map(({ code }) => code).filter(code => !ALWAYS.includes(code))
}

describe('onceproof doctor', () => {
  it('finds nothing but what is not there yet in a folder that is set up well', async () => {
    const { patient } = healthy()
    const codes = (await examine(patient)).map(({ code }) => code)
    expect(codes).to.have.members(ALWAYS)
  })

  const ills: [code: string, make: (scene: ReturnType<typeof healthy>) => Partial<Patient> | void][] = [
    ['PASSPHRASE_INSIDE', ({ env, at }) => void (env['KEYSTORE_PASSPHRASE_FILE'] = at('data/passphrase'))],
    ['PUBLIC_URL_HTTP', ({ env }) => void (env['PUBLIC_URL'] = 'http://localhost:1')],
    ['DEMO_PROVIDER', ({ env }) => void (env['OPENID_ISSUER'] = 'https://localhost:1/oidc')],
    ['FAIL_POINT_ARMED', ({ env }) => void (env['ONCEPROOF_FAIL_POINT'] = 'after-send')],
    ['EMBEDDED_CHAIN', ({ env }) => void (env['CHAIN_RPC_URL'] = '')],
    ['PROFILE_DEMO', ({ env }) => void (env['PROFILE'] = 'demo')],
    ['CONFIG_REFUSED', ({ env }) => void (env['ONCEPROOF_TYPO'] = '1')],
    [
      'NO_PROVIDER',
      ({ env }) => {
        for (const name of Object.keys(env).filter(known => known.startsWith('OPENID_'))) env[name] = ''
      },
    ],
    [
      'NO_TLS',
      ({ env }) => {
        env['ONCEPROOF_TLS_CERT_FILE'] = ''
        env['ONCEPROOF_TLS_KEY_FILE'] = ''
      },
    ],
    ['TLS_FILES', ({ at }) => writeFileSync(at('first.key'), 'no key')],
    ['TLS_NAME', ({ env }) => void (env['PUBLIC_URL'] = 'https://zz.invalid')],
    ['TLS_EXPIRES', () => ({ now: () => Date.parse('2200-01-01') })],
    ['SECRET_READABLE', ({ at }) => chmodSync(at('passphrase'), 0o644)],
    ['SECRET_MISSING', ({ env, at }) => void (env['OPENID_CLIENT_SECRET_FILE'] = at('none'))],
    ['DATA_DIR_OPEN', ({ at }) => chmodSync(at('data'), 0o755)],
    ['DATA_DIR_OWNER', () => ({ user: 4_294_967 })],
    ['DATA_DIR_MISSING', ({ env, at }) => void (env['DATA_DIR'] = at('none'))],
    ['REGION_MISSING', ({ env, at }) => mkdirSync((env['DATA_DIR'] = at('new')), { mode: 0o700 })],
    [
      'REGION_INVENTED',
      ({ env, at }) => {
        mkdirSync((env['DATA_DIR'] = at('invented')), { mode: 0o700 })
        saveRegion(at('invented'), demoRegion())
      },
    ],
    ['NODE_VERSION', () => ({ nodeVersion: '20.19.0' })],
    ['CLOCK_OFF', () => ({ isClockHeld: () => false })],
    ['CLOCK_UNKNOWN', () => ({ isClockHeld: () => null })],
    // 1 GiB of a small disk; 100 GiB, but of 4 TiB.
    ['DISK_LOW', () => ({ statfs: () => disk({ blocks: 2 ** 20, bavail: 2 ** 18 }) })],
    ['DISK_LOW', () => ({ statfs: () => disk({ bavail: 25 * 2 ** 20 }) })],
    ['NETWORK_DISK', () => ({ statfs: () => disk({ type: 0x6969 }) })],
    ['NETWORK_DISK', () => ({ statfs: () => disk({ type: 0xff53_4d42 }) })],
    ['BACKUP_OLD', ({ at }) => utimesSync(at('backups/one'), 1_000_000_000, 1_000_000_000)],
    ['BACKUP_UNKNOWN', () => ({ backups: null })],
    [
      'STORE_UNREADABLE',
      ({ at }) => writeFileSync(at('data/onceproof.db'), 'no database at all', { mode: 0o600 }),
    ],
  ]
  for (const [code, make] of ills) {
    it(`names ${code}`, async () => {
      const scene = healthy()
      const changed = make(scene) ?? {}
      const codes = await codesFor({ ...scene.patient, ...changed })
      expect(codes).to.include(code)
      // What the gateway itself refuses is said too, since the start would say it.
      const others = codes.filter(found => found !== code && found !== 'CONFIG_REFUSED')
      const expected: Record<string, string[]> = {
        EMBEDDED_CHAIN: [],
        PASSPHRASE_INSIDE: ['SECRET_MISSING'],
        TLS_EXPIRES: ['BACKUP_OLD'],
        PROFILE_DEMO: [],
        DATA_DIR_MISSING: [],
      }
      // Where the configuration is refused, TLS is not looked at.
      expect(others.filter(found => found !== 'NO_TLS')).to.deep.equal(expected[code] ?? [])
    })
  }

  it('tells a gateway that is up and not ready from one that is down', async () => {
    const { env, patient } = healthy()
    let status = 503
    const gateway = createServer((request, response) => {
      response.statusCode = request.url === '/readyz' ? status : 404
      response.setHeader('Connection', 'close')
      response.end('{"anchoring":false}')
    }).listen(0, '127.0.0.1')
    await once(gateway, 'listening')
    env['PUBLIC_URL'] = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`
    const ofGateway = async () => (await examine(patient)).filter(({ code }) => code.startsWith('GATEWAY_'))
    expect(await ofGateway()).to.deep.equal([
      { code: 'GATEWAY_NOT_READY', level: 'unfit', at: env['PUBLIC_URL'], found: '{"anchoring":false}' },
    ])
    status = 200
    expect(await ofGateway()).to.deep.equal([])
    gateway.close()
    await once(gateway, 'close')
    expect(await ofGateway()).to.deep.equal([
      { code: 'GATEWAY_DOWN', level: 'unknown', at: env['PUBLIC_URL'], found: 'ECONNREFUSED' },
    ])
  })

  it('names keys that the gateway holds, demo data, an older store and one that is not durable', async () => {
    const { patient, at } = healthy()
    const path = at('data/onceproof.db')
    const store = await openSqliteStore(path, { clock: Date.now })
    await store.saveDepartment({
      code: 'GAJ',
      uscc: '11990100MB9Y010004',
      did: 'did:web:gaj.example',
      zh: '公安局',
      en: 'Police',
      roles: ['issuer'],
      createdAt: 1,
    })
    await store.saveSetting('demo.region', 'loaded')
    await store.close()
    expect(await codesFor(patient)).to.deep.equal(['DEMO_DATA', 'KEYS_AT_GATEWAY'])
    const db = new Database(path)
    db.pragma('user_version = 14')
    db.pragma('journal_mode = DELETE')
    db.close()
    expect(await codesFor(patient)).to.include.members(['STORE_OLDER', 'STORE_NOT_DURABLE'])
  })

  it('says all of it on the command line, in Chinese and English, and ends with 1', async () => {
    const { env, at } = healthy()
    writeFileSync(
      at('env'),
      Object.entries({ ...env, PUBLIC_URL: 'http://localhost:1' })
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    )
    let out = ''
    const run = (...argv: string[]) => {
      out = ''
      return runCommandLine(argv, { out: async text => void (out += text), err: async () => undefined })
    }
    expect(await run('doctor', '--env', at('env'))).to.equal(1)
    expect(out).to.include('对外网址不是 https The public URL is not https [PUBLIC_URL_HTTP]')
    expect(out).to.include('→ 将 PUBLIC_URL 设为 https 网址 Set PUBLIC_URL to an https address')
    expect(await run('doctor', '--env', at('env'), '--json')).to.equal(1)
    const { fit, findings } = JSON.parse(out) as { fit: boolean; findings: Finding[] }
    expect(fit).to.equal(false)
    const unfit = findings.filter(({ level }) => level === 'unfit').map(({ code }) => code)
    expect(await run('doctor', '--env', at('env'), '--accept', unfit.join(','))).to.equal(0)
    expect(await run('doctor', '--accept', 'NOTHING')).to.equal(2)
  })

  it('has advice in both languages for everything', () => {
    for (const [code, { what, todo }] of Object.entries(ADVICE)) {
      for (const { zh, en } of [what, todo]) {
        expect(zh, code).to.match(/\p{Script=Han}|chmod/u)
        expect(en, code).to.not.match(/\p{Script=Han}/u)
      }
    }
  })
})
