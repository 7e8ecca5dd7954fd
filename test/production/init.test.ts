import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import Database from 'better-sqlite3'
import { expect } from 'chai'
import { id } from 'ethers'
import type { Refusal } from '../../protocol/refusal.ts'
import { planOf, type Answers } from '../../scripts/init/answers.ts'
import { askForAnswers } from '../../scripts/init/ask.ts'
import { examine, type Patient } from '../../scripts/doctor/doctor.ts'
import { runCommandLine } from '../../scripts/cli/program.ts'
import { carryOut, type Installed } from '../../scripts/init/carry-out.ts'
import { readEnvironment } from '../../scripts/init/environment-file.ts'
import { INTERFACES } from '../../server/chain/contracts.ts'
import { configFromEnv } from '../../server/config.ts'
import { temporaryFolder } from '../support/opened-gateway.ts'
import { prepareAnswers, type Prepared } from '../support/production-answers.ts'
import { startNode, type ControlledNode } from '../../scripts/drills/controlled-node.ts'
import { refusalOf } from '../server/catalogue/refusals.ts'

const RICH = '0x56bc75e2d63100000'

describe('onceproof init', () => {
  let node: ControlledNode
  let prepared: Prepared
  let installed: Installed
  const said: string[] = []

  before(async () => {
    node = await startNode()
    prepared = prepareAnswers(node.url)
  })
  after(() => node.close())

  const run = (change: Partial<Answers> = {}, { folder, answers } = prepared) =>
    carryOut(planOf({ ...answers, ...change }, folder), text => said.push(text))
  const refusedRun = (change: Partial<Answers> = {}, of = prepared): Promise<Refusal> =>
    run(change, of).then(
      () => expect.fail('nothing was refused'),
      (error: unknown) => error as Refusal,
    )

  /** Sends to the account that a refusal names. */
  const fund = async ({ code, details }: Refusal) => {
    expect(code).to.equal('RELAYER_UNFUNDED')
    await node.request('hardhat_setBalance', [accountIn(details.expected), RICH])
  }
  /** The administrator of the contracts gives the roles that a refusal says are missing. */
  const letGovern = async ({ code, details }: Refusal) => {
    expect(code).to.equal('CONTRACTS_NOT_OURS')
    await node.request('hardhat_impersonateAccount', [installed.governance])
    for (const name of ['DepartmentRegistry', 'AnchorLog', 'StatusRegistry'] as const) {
      for (const role of ['REGISTRAR_ROLE', 'GUARDIAN_ROLE', 'LOG_ADMIN_ROLE', 'LIST_ADMIN_ROLE']) {
        const data = INTERFACES[name].encodeFunctionData('grantRole', [id(role), accountIn(details.expected)])
        const to = installed.deployment.contracts[name].address
        await node.request('eth_sendTransaction', [{ from: installed.governance, to, data }])
        await node.mine(1)
      }
    }
  }

  it('says which account needs funds when the chain has fees', async () => {
    await fund(await refusedRun())
  })

  it('that was cut short at any step is finished by the same command', async () => {
    let sends = 0
    for (const least of [2, 16]) {
      // The node goes away in the middle of the deployment, then of the departments.
      node.onRequest = method => {
        if (method === 'eth_sendRawTransaction') sends += 1
        return sends > least ? 'lost after' : undefined
      }
      sends = 0
      expect((await refusedRun()).name, String(least)).to.equal('ChainUnreachable')
      node.onRequest = () => undefined
    }
    installed = await run()
    expect(installed).to.include({ departments: 6, types: 4, matters: 1, administrators: 2 })
    expect(installed.logOrigin).to.equal('zz.example/log')
  })

  it('writes an environment that the gateway accepts as it is, without a secret', () => {
    const path = join(prepared.folder, 'etc/onceproof.env')
    const environment = readEnvironment(path)
    const config = configFromEnv(environment, { cwd: '/' })
    expect(config).to.include({
      profile: 'production',
      demo: false,
      dataDir: join(prepared.folder, 'data'),
      publicUrl: 'https://zz.example',
      openidIssuer: 'https://id.example',
    })
    expect(config.trustedProxies).to.deep.equal(['127.0.0.1'])
    const passphraseFile = join(prepared.folder, 'etc/passphrase')
    expect(environment['KEYSTORE_PASSPHRASE_FILE']).to.equal(passphraseFile)
    expect(statSync(passphraseFile).mode & 0o777).to.equal(0o600)
    const text = readFileSync(path, 'utf8')
    expect(text).to.not.include(readFileSync(passphraseFile, 'utf8').trim())
    expect(text).to.not.include('the secret of a client')
  })

  it('makes two administrators and loads no demo data', () => {
    const db = new Database(join(prepared.folder, 'data/onceproof.db'), { readonly: true })
    const rows = db.prepare('SELECT role, department, assigned_by AS by FROM assignments').all()
    const certificates = db.prepare('SELECT count(*) FROM certificates').pluck().get()
    db.close()
    expect(rows).to.deep.equal([1, 2].map(() => ({ role: 'operator', department: null, by: 'init' })))
    expect(certificates).to.equal(0)
  })

  it('a second time changes nothing', async () => {
    // What the log still had to anchor is anchored by whoever opens it.
    do await run()
    while (hasToAnchor(join(prepared.folder, 'data')))
    const before = stateOf(join(prepared.folder, 'data'), prepared.folder)
    const sent = node.received.length
    expect(await run()).to.deep.equal(installed)
    expect(stateOf(join(prepared.folder, 'data'), prepared.folder)).to.deep.equal(before)
    expect(node.received.length).to.equal(sent)
  })

  it('refuses other answers than those of the first time, naming them', async () => {
    const differing: [Partial<Answers>, string, string][] = [
      [{ publicUrl: 'https://other.example' }, 'INIT_DIFFERS', 'PUBLIC_URL'],
      [{ administrators: ['zhang', 'wang'] }, 'INIT_DIFFERS', 'administrators'],
    ]
    for (const [change, code, field] of differing) {
      const refusal = await refusedRun(change)
      expect([refusal.code, refusal.details.field]).to.deep.equal([code, field])
    }
    const environment = join(prepared.folder, 'etc/onceproof.env')
    const kept = readFileSync(environment)
    rmSync(environment)
    const city = { zh: '另一市', en: 'Other' }
    const region = { code: '410100', province: city, city }
    expect((await refusedRun({ region })).code).to.equal('REGION_DIFFERS')
    writeFileSync(environment, kept)
  })

  it('never makes a new passphrase for a keystore that is there', async () => {
    const path = join(prepared.folder, 'etc/passphrase')
    const kept = readFileSync(path)
    rmSync(path)
    expect((await refusedRun()).code).to.equal('PASSPHRASE_LOST')
    writeFileSync(path, kept)
  })

  it('leaves a folder whose chain the doctor finds in order, and names what is not', async () => {
    const env = readEnvironment(join(prepared.folder, 'etc/onceproof.env'))
    const visit = async (change: Partial<Patient> = {}) => {
      const findings = await examine({
        env,
        cwd: '/',
        backups: null,
        now: Date.now,
        isClockHeld: () => true,
        statfs: () => ({ type: 0xef53, bsize: 4096, blocks: 2 ** 30, bavail: 2 ** 29 }),
        nodeVersion: process.versions.node,
        user: process.getuid?.() ?? null,
        ...change,
      })
      return findings
        .map(({ code, at }) => (code === 'BALANCE_LOW' ? `${code} ${at}` : code))
        .filter(code => /CHAIN|BALANCE|CLOCK|DEPLOYED/.test(code))
    }
    expect(await visit()).to.deep.equal([])
    expect(await visit({ now: () => Date.now() - 3_600_000 })).to.deep.equal(['CLOCK_OFF'])
    await node.request('hardhat_setBalance', [installed.relayer, '0x1'])
    expect(await visit()).to.deep.equal([`BALANCE_LOW ${installed.relayer}`])
    await node.request('hardhat_setBalance', [installed.relayer, RICH])
    const other = join(prepared.folder, 'etc/other-passphrase')
    writeFileSync(other, 'another one\n', { mode: 0o600 })
    // Without the keystore nobody knows which accounts pay.
    expect(await visit({ env: { ...env, KEYSTORE_PASSPHRASE_FILE: other } })).to.deep.equal([
      'BALANCE_UNKNOWN',
    ])
    node.isAway = true
    expect(await visit()).to.deep.equal(['CHAIN_UNREACHABLE'])
    node.isAway = false
    const strange = await startNode({ chainId: 77 })
    expect(await visit({ env: { ...env, CHAIN_RPC_URL: strange.url } })).to.deep.equal(['CHAIN_WRONG'])
    await strange.close()
  })

  it('adopts contracts that are there once their administrator lets it, by file or by addresses', async () => {
    const { contracts, verifiers } = installed.deployment
    const addresses = {
      ...(Object.fromEntries(
        Object.entries(contracts).map(([name, { address }]) => [name, address]),
      ) as Record<keyof typeof contracts, string>),
      ...verifiers,
    }
    const other = prepareAnswers(node.url, {
      publicUrl: 'https://other.example',
      region: {
        code: '410200',
        province: { zh: '试验省', en: 'Trial Province' },
        city: { zh: '另一市', en: 'Other City' },
      },
      types: [],
      matters: [],
      contracts: addresses,
    })
    await fund(await refusedRun({}, other))
    await letGovern(await refusedRun({}, other))
    const adopted = await run({}, other)
    expect(adopted.deployment).to.deep.equal(installed.deployment)
    expect(adopted.logOrigin).to.equal('other.example/log')

    const byFile = { contracts: join(prepared.folder, 'data/deployment.json') }
    const third = prepareAnswers(node.url, {
      publicUrl: 'https://third.example',
      region: {
        code: '410300',
        province: { zh: '试验省', en: 'Trial Province' },
        city: { zh: '第三市', en: 'Third City' },
      },
      types: [],
      matters: [],
      ...byFile,
    })
    const none = await refusedRun({ contracts: join(third.folder, 'none.json') }, third)
    expect([none.code, none.details.field]).to.deep.equal(['FILE_MISSING', 'contracts'])
    await fund(await refusedRun({}, third))
    await letGovern(await refusedRun({}, third))
    const taken = await run({}, third)
    expect(taken.deployment).to.deep.equal(installed.deployment)
    expect(readFileSync(join(third.folder, 'data/deployment.json'), 'utf8')).to.equal(
      readFileSync(byFile.contracts, 'utf8'),
    )
    expect(taken.logOrigin).to.equal('third.example/log')
  })

  it('after a rebuild finds the region that the mirror kept, and does again what does not come back', async () => {
    const { config, passphraseFile } = planOf(prepared.answers, prepared.folder)
    const { dataDir } = config
    const region = readFileSync(join(dataDir, 'region.json'), 'utf8')
    const trust = join(prepared.folder, 'trust.json')
    const command = async (...argv: string[]) => {
      let told = ''
      const tell = async (text: string) => void (told += text)
      const all = [...argv, '--data', dataDir, '--passphrase-file', passphraseFile]
      expect(await runCommandLine(all, { out: tell, err: tell }), told).to.equal(0)
    }
    await command('trust', 'export', '--out', trust)
    // Nothing but keys and mirror is left.
    for (const name of readdirSync(dataDir))
      if (!['keystore.json', 'mirror'].includes(name)) rmSync(join(dataDir, name), { recursive: true })
    await command('rebuild', '--trust', trust, '--rpc', node.url)
    expect(readFileSync(join(dataDir, 'region.json'), 'utf8')).to.equal(region)
    expect(await run()).to.deep.equal(installed)
  })
})

describe('the answers of onceproof init', () => {
  const { folder, answers } = prepareAnswers('http://127.0.0.1:1')
  const refusal = (change: object) => {
    const { code, details } = refusalOf(() => planOf({ ...answers, ...change }, folder))
    return `${code} ${details.field ?? ''}`
  }

  it('are refused by the readers that the gateway uses', () => {
    expect(refusal({ publicUrl: 'http://zz.example' })).to.equal('CONFIG_INVALID PUBLIC_URL')
    expect(refusal({ chainRpcUrl: 'node' })).to.equal('CONFIG_INVALID CHAIN_RPC_URL')
    expect(refusal({ passphraseFile: 'data/passphrase' })).to.equal('CONFIG_INVALID KEYSTORE_PASSPHRASE_FILE')
    expect(refusal({ openid: { ...answers.openid, issuer: 'http://id.example' } })).to.equal(
      'CONFIG_INVALID OPENID_ISSUER',
    )
    expect(refusal({ openid: { ...answers.openid, issuer: 'https://zz.example/oidc' } })).to.equal(
      'CONFIG_INVALID OPENID_ISSUER',
    )
  })

  it('are refused when they say nothing that can be done', () => {
    expect(refusal({ administrators: ['zhang'] })).to.equal('INIT_ANSWERS administrators')
    expect(refusal({ administrators: ['zhang', 'zhang'] })).to.equal('INIT_ANSWERS administrators')
    expect(refusal({ environment: { DATA_DIR: '/x' } })).to.equal('INIT_ANSWERS environment.DATA_DIR')
    expect(refusal({ environment: { LD_PRELOAD: '/x' } })).to.equal('INIT_ANSWERS environment.LD_PRELOAD')
    expect(refusal({ region: 'none.json' })).to.match(/^FILE_UNREADABLE /)
    expect(refusal({ matters: ['openid.secret'] })).to.match(/^JSON_SYNTAX /)
    expect(refusal({ more: 1 })).to.match(/^INIT_ANSWERS/)
    const name = { zh: '某', en: 'Some' }
    expect(refusal({ region: { code: '990100', province: name, city: name } })).to.equal(
      'REGION_INVENTED region.code',
    )
  })

  it('can be given at the terminal, where a wrong one is asked for again', async () => {
    const at = temporaryFolder()
    mkdirSync(join(at, 'etc'))
    writeFileSync(join(at, 'etc/secret'), 'x\n')
    const lines = [
      'data etc/env - 990100 410100 省 Province 市 City',
      'http://zz.example https://zz.example _ 10.0.0.1 http://node.example:8545 12 -',
      'https://id.example onceproof etc/none etc/secret - etc/passphrase zhang li _ _',
    ].flatMap(answers => answers.split(' ').map(answer => answer.replace('_', '')))
    let shown = ''
    const screen = new Writable({
      write(piece, _encoding, done) {
        shown += String(piece)
        done()
      },
    })
    const asked = await askForAnswers(Readable.from([`${lines.join('\n')}\n`]), screen, at)
    const plan = planOf(asked, at)
    expect(plan.config).to.include({ publicUrl: 'https://zz.example', confirmations: 12, port: 8787 })
    expect(plan.region.region.city).to.deep.equal({ zh: '市', en: 'City' })
    expect(shown.match(/✘/g)).to.have.length(3)
    const cut = await askForAnswers(Readable.from(['data\n']), screen, at).catch((error: unknown) => error)
    expect((cut as Refusal).code).to.equal('INIT_CUT_SHORT')
    expect(readdirSync(at)).to.deep.equal(['etc'])
  })
})

const accountIn = (text = ''): string => /0x[0-9a-f]{40}/.exec(text)![0]

function hasToAnchor(dataDir: string): boolean {
  const db = new Database(join(dataDir, 'onceproof.db'), { readonly: true })
  const unsealed = '(SELECT count(*) FROM statements) > (SELECT coalesce(max(size), 0) FROM checkpoints)'
  const waits = db
    .prepare(`SELECT ${unsealed} OR EXISTS (SELECT 1 FROM checkpoints WHERE state = 'sealed')`)
    .pluck()
    .get()
  db.close()
  return waits === 1
}

/** What a second run must not touch: every row but the times of loops, and every file but the database's own. */
function stateOf(dataDir: string, folder: string) {
  const db = new Database(join(dataDir, 'onceproof.db'), { readonly: true })
  const tables = db.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all()
  const counts = Object.fromEntries(
    tables.map(name => {
      // What the chain last said of a department is noted by a loop, sooner or later, and so is its sum.
      const ofLoops: Record<string, string> = {
        settings: "WHERE name NOT LIKE 'standing:%'",
        row_sums: "WHERE name <> 'settings' OR key NOT LIKE '%standing:%'",
      }
      const ofInit = ofLoops[name] ?? ''
      return [name, db.prepare(`SELECT count(*) FROM "${name}" ${ofInit}`).pluck().get()]
    }),
  )
  db.close()
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && !/onceproof\.db|gateway\.lock/.test(entry.name))
    .map(entry => join(entry.parentPath, entry.name))
    .sort()
  return { counts, files: files.map(path => [path, readFileSync(path, 'utf8')]) }
}
