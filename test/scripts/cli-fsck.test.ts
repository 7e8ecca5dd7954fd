import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect } from 'chai'
import { formatTrust } from '../../protocol/trust.ts'
import { runCommandLine } from '../../scripts/cli/program.ts'
import { CODES, INVARIANTS } from '../../scripts/fsck/finding.ts'
import { remembering } from '../../scripts/fsck/chain.ts'
import { fsck, type FsckReport } from '../../scripts/fsck/fsck.ts'
import { ChainUnreachable, createRpc, type Rpc } from '../../server/chain/rpc.ts'
import { openKeystore, type Keystore } from '../../server/keys/keystore.ts'
import { trustOf } from '../../server/verification/verify.ts'
import { accountSigner } from '../contracts/signers.ts'
import { bind, grantOf, newHolder, publishHousing } from '../server/grants/holders.ts'
import { answerOf, issue, openGateway, untilAllFinal, type OpenedGateway } from '../support/opened-gateway.ts'

/** Deployed beside the contracts: those of P-256 keys and of passkeys. */
const VERIFIERS = 2

/** The command line in this process: exit code, what was printed, and the document of `--json`. */
async function run(...args: string[]): Promise<{ exit: number; data: FsckReport; text: string }> {
  let text = ''
  const exit = await runCommandLine(args, {
    out: async more => void (text += more),
    err: async () => undefined,
  })
  return { exit, data: (args.includes('--json') ? JSON.parse(text) : null) as FsckReport, text }
}

describe('the auditor', function () {
  this.timeout(240_000)
  let gateway: OpenedGateway
  let trust: string
  let copies = 0
  let revoked: string
  let grant: string

  before(async () => {
    gateway = await openGateway()
    await publishHousing(gateway)
    const { identifier } = await issue(gateway, 'RIC')
    revoked = identifier
    await answerOf(
      gateway.post(`/v1/certificates/${identifier}/status`, { action: 'revoke', reason: 'ISSUED_IN_ERROR' }),
    )
    await answerOf(gateway.post('/v1/records', { sha256: '5a'.repeat(32) }), 201)
    const holder = await newHolder(gateway)
    const signer = accountSigner('a key for the auditor')
    await answerOf(bind(holder, signer), 201)
    grant = (await grantOf(gateway, holder, signer, { matter: 'X05' })).digest
    const reading = {
      identifier: holder.certificate.identifier,
      matter: 'X05',
      ground: 'consent',
      fields: ['name'],
      grant,
    }
    await answerOf(gateway.as({ role: 'officer', department: 'ZJJ' }).post('/v1/uses', reading), 201)
    await untilAllFinal(gateway)
    trust = join(gateway.dataDir, 'audit-trust.json')
    writeFileSync(trust, formatTrust(trustOf(gateway.world)))
  })
  after(() => gateway.close())

  /** A copy of the data folder, changed behind everybody's back; the chain is the running one. */
  function changed(change: (db: Database.Database, folder: string) => void): string {
    const folder = join(gateway.dataDir, `changed-${++copies}`)
    mkdirSync(folder)
    for (const file of ['deployment.json', 'keystore.json', 'keystore.passphrase'])
      cpSync(join(gateway.dataDir, file), join(folder, file))
    const original = new Database(join(gateway.dataDir, 'onceproof.db'), { readonly: true })
    original.prepare('VACUUM INTO ?').run(join(folder, 'onceproof.db'))
    original.close()
    const db = new Database(join(folder, 'onceproof.db'))
    db.pragma('foreign_keys = OFF')
    change(db, folder)
    db.close()
    return folder
  }

  const audit = (folder: string, ...more: string[]) =>
    run('fsck', '--data', folder, '--rpc', gateway.chainUrl, '--trust', trust, '--json', ...more)

  /** Without the command around it: the keystore is opened once, and the chain, which stands still, asked once. */
  let node: Rpc | undefined
  let keystore: Keystore | undefined
  function auditOnce(dataDir: string): Promise<FsckReport> {
    node ??= remembering(gateway.world.chain.rpc)
    return auditOver(dataDir, node)
  }
  async function auditOver(dataDir: string, rpc: Rpc): Promise<FsckReport> {
    const passphrase = readFileSync(join(gateway.dataDir, 'keystore.passphrase'), 'utf8').trim()
    keystore ??= await openKeystore({ path: join(gateway.dataDir, 'keystore.json'), passphrase })
    const own = { trust: trustOf(gateway.world), rpc, snapshot: null, passphrase: null, keystore }
    return fsck({ ...own, dataDir, confirmations: 1, clientLog: null, canaries: null })
  }

  it('finds nothing wrong with a folder that a gateway is running on, its chain’s journal too', async () => {
    const { exit, data } = await run('fsck', '--data', gateway.dataDir, '--json')
    expect(data.violations).to.deep.equal([])
    expect(data.outcome).to.equal('clean')
    expect(exit).to.equal(0)
    expect(data.chain?.source).to.equal('node')
    const { I1, I12, ...others } = data.invariants
    expect([I1, I12]).to.deep.equal(['undetermined', 'undetermined'])
    expect(new Set(Object.values(others))).to.deep.equal(new Set(['holds']))
  })

  it('leaves open what it cannot look at, and says so: without a chain, and without a passphrase', async () => {
    const alone = await run(
      'fsck',
      '--data',
      changed(() => undefined),
      '--json',
    )
    expect(alone.exit).to.equal(5)
    expect(alone.data.outcome).to.equal('undetermined')
    expect(alone.data.violations).to.deep.equal([])
    for (const invariant of ['I4', 'I5', 'I6', 'I7', 'I8'] as const)
      expect(alone.data.invariants[invariant], invariant).to.equal('undetermined')

    const locked = await audit(changed((_, folder) => rmSync(join(folder, 'keystore.passphrase'))))
    expect(locked.exit).to.equal(5)
    expect(locked.data.unchecked).to.deep.include({
      invariant: 'I10',
      what: 'sealed content',
      why: 'NO_PASSPHRASE',
    })
  })

  it('leaves open what it could not ask any more, wherever the node goes away in the middle', async () => {
    const folder = changed(() => undefined)
    const auditWith = async (answers: number) => {
      const node = createRpc(gateway.chainUrl)
      let asked = 0
      const rpc: Rpc = {
        node: node.node,
        call: async <Result>(method: string, params?: readonly unknown[]) => {
          if (++asked > answers) throw new ChainUnreachable('nobody is there any more')
          return node.call<Result>(method, params)
        },
      }
      return { report: await auditOver(folder, rpc), asked: () => asked }
    }
    const whole = await auditWith(Infinity)
    expect([whole.report.outcome, whole.report.violations]).to.deep.equal(['clean', []])
    for (let share = 0; share < 8; share++) {
      const { report } = await auditWith(Math.floor((whole.asked() * share) / 8))
      expect([share, report.violations, report.outcome]).to.deep.equal([share, [], 'undetermined'])
      expect(report.unchecked.map(({ why }) => why)).to.include('NO_CHAIN')
    }
  })

  it('holds the store to what clients were told', async () => {
    const { leaf, index, identifier } = await issue(gateway, 'RIC')
    await untilAllFinal(gateway)
    const told = join(gateway.dataDir, 'told.ndjson')
    const lines = [
      { told: 'started', what: 'log', accepted: 0 },
      { told: 'accepted', what: 'certificate', identifier, leaf, index },
      { told: 'accepted', what: 'certificate', identifier, leaf: `0x${'ab'.repeat(32)}`, index: 3 },
      { told: 'accepted', what: 'certificate', identifier, leaf, index: index + 1 },
      { told: 'accepted', what: 'certificate', identifier: revoked, leaf, index },
      { told: 'lost', what: 'certificate' },
    ]
    writeFileSync(told, [...lines.map(line => JSON.stringify(line)), '{"told":'].join('\n'))
    const { exit, data } = await audit(
      changed(() => undefined),
      '--client-log',
      told,
    )
    expect(exit).to.equal(1)
    expect(data.told).to.equal(4)
    expect(data.violations.map(({ code, at }) => `${code} ${at['line']}`)).to.deep.equal([
      'TOLD_MISSING 3',
      'TOLD_DIFFERS 4',
      'TOLD_DIFFERS 5',
      'CLIENT_LOG_LINE 7',
    ])
  })

  it('finds a canary in any file, in another encoding too', async () => {
    const list = join(gateway.dataDir, 'canaries.txt')
    const value = '金丝雀路一千零一号院二单元'
    writeFileSync(list, `${value}\n`)
    const folder = changed((_, place) =>
      writeFileSync(join(place, 'notes.txt'), `x${Buffer.from(value).toString('base64url')}`),
    )
    const { exit, data } = await audit(folder, '--canaries', list)
    expect(exit).to.equal(1)
    expect(data.violations.map(({ code, at }) => `${code} ${at['file']}`)).to.deep.equal([
      'CANARY_FOUND notes.txt',
    ])
  })

  const damages: [code: string, what: string, change: (db: Database.Database) => void][] = [
    ['STATEMENT_MISSING', 'a statement is gone', db => db.exec('DELETE FROM statements WHERE seq = 3')],
    ['LEAVES_MISSING', 'the last statements are gone', db => db.exec('DELETE FROM statements WHERE seq > 3')],
    [
      'LEAF_DIFFERS',
      'a leaf was changed',
      db => db.exec('UPDATE leaves SET leaf = zeroblob(32) WHERE seq = 2'),
    ],
    [
      'ROOT_DIFFERS',
      'statement and leaf were changed together',
      db => {
        db.exec(
          'UPDATE statements SET statement = (SELECT statement FROM statements WHERE seq = 1) WHERE seq = 2',
        )
        db.exec('UPDATE leaves SET leaf = (SELECT leaf FROM leaves WHERE seq = 1) WHERE seq = 2')
      },
    ],
    [
      'LEAF_TWICE',
      'a leaf stands at two places',
      db => db.exec('UPDATE leaves SET leaf = (SELECT leaf FROM leaves WHERE seq = 1) WHERE seq = 2'),
    ],
    [
      'TILE_DIFFERS',
      'a tile was changed',
      db => db.exec('UPDATE tiles SET hashes = zeroblob(16320) WHERE id = 0'),
    ],
    [
      'NOTE_WRONG',
      'a note was signed by somebody else',
      db =>
        db.exec("UPDATE checkpoints SET note = substr(note, 1, length(note) - 9) || 'AAAAAAA=' || char(10)"),
    ],
    [
      'SIGNATURE_WRONG',
      'a signature was changed',
      db => db.exec('UPDATE checkpoints SET signature = zeroblob(65)'),
    ],
    [
      'NOTE_MISSING',
      'a checkpoint is gone',
      db => db.exec('DELETE FROM checkpoints WHERE size = (SELECT max(size) FROM checkpoints)'),
    ],
    [
      'FINAL_BLOCK_DIFFERS',
      'another block is called final',
      db => db.exec("UPDATE checkpoints SET block_hash = '0x' || hex(zeroblob(32))"),
    ],
    ['NONCE_GAP', 'a transaction is gone', db => db.exec('DELETE FROM transactions WHERE nonce = 4')],
    [
      'NONCE_GAP',
      'the last transactions are gone',
      db => db.exec('DELETE FROM transactions WHERE nonce > 4'),
    ],
    [
      'TRANSACTION_DIFFERS',
      'another sender is written beside a transaction',
      db => db.exec("UPDATE transactions SET sender = '0x' || hex(zeroblob(20)) WHERE id = 5"),
    ],
    [
      'TRANSACTION_PURPOSE',
      'a transaction is said to do something else',
      db => db.exec("UPDATE transactions SET purpose = 'anchor:1' WHERE purpose LIKE 'order:%'"),
    ],
    [
      'STATUS_DIFFERS',
      'a revocation is gone',
      db => {
        db.exec('DELETE FROM status_changes')
      },
    ],
    ['ORDER_UNKNOWN', 'an order is gone', db => db.exec('DELETE FROM status_changes')],
    [
      'ORDER_SIGNATURE',
      'an order was signed by somebody else',
      db =>
        db.exec(
          "UPDATE status_changes SET order_json = substr(order_json, 1, length(order_json) - 8) || '1c1c1b\"]'",
        ),
    ],
    [
      'ORDER_REFUSED_ON_CHAIN',
      'an executed order is called refused',
      db =>
        db.exec(
          "UPDATE status_changes SET state = 'refused', refusal = 'X', block_number = NULL, block_time = NULL",
        ),
    ],
    [
      'GRANT_DIFFERS',
      'a grant is made longer than was signed',
      db => db.exec('UPDATE grants SET not_after = not_after + 86400'),
    ],
    [
      'GRANT_DIFFERS',
      'a grant covers another field',
      db => db.exec(`UPDATE grant_items SET fields = '["address"]'`),
    ],
    ['GRANT_COUNT', 'a use of a grant is not there', db => db.exec('UPDATE grants SET used = 0')],
    [
      'GRANT_NOT_IN_FORCE',
      'a grant was used after it was withdrawn',
      db =>
        db.exec(
          "INSERT INTO withdrawn_grants SELECT chain_holder, digest, not_before - 1, 'session' FROM grants",
        ),
    ],
    ['GRANT_MISSING', 'the grant of a use is gone', db => db.exec('DELETE FROM grants')],
    ['USE_MISSING', 'the row of a use is gone', db => db.exec('DELETE FROM uses')],
    ['USE_DIFFERS', 'another officer stands in the trail', db => db.exec("UPDATE uses SET officer = 'X'")],
    [
      'GRANT_NOT_ON_CHAIN',
      'a grant is called refused that the chain has',
      db =>
        db.exec("UPDATE grants SET state = 'refused', refusal = 'X', block_number = NULL, block_time = NULL"),
    ],
    [
      'DOCUMENT_UNREADABLE',
      'sealed content was exchanged',
      db =>
        db.exec(
          'UPDATE certificates SET ciphertext = (SELECT ciphertext FROM certificates ORDER BY seq DESC LIMIT 1) WHERE seq = (SELECT min(seq) FROM certificates)',
        ),
    ],
    [
      'DEFINITION_DIFFERS',
      'the definition of a type was changed',
      db =>
        db.exec(`UPDATE types SET definition = replace(definition, '"required":true', '"required":false')`),
    ],
    [
      'PERSONAL_NUMBER',
      'a citizen’s number was written into a plain column',
      db => db.exec("UPDATE departments SET en = 'see 110101199003070038' WHERE code = 'ZSJ'"),
    ],
    [
      'ROW_ALTERED',
      'a row that no statement stands for was edited',
      db => db.exec("UPDATE departments SET en = 'another name' WHERE code = 'ZSJ'"),
    ],
    [
      'SETTING_DIFFERS',
      'a setting names another contract',
      db => db.exec("UPDATE settings SET value = '0x' WHERE name = 'deployed:AnchorLog'"),
    ],
    [
      'SETTING_DIFFERS',
      'the log has a name that the chain does not know',
      db => db.exec("UPDATE settings SET value = 'another.example/log' WHERE name = 'log.origin'"),
    ],
    ['ROW_DIFFERS', 'a record has another id', db => db.exec('UPDATE records SET id = zeroblob(16)')],
    [
      'ROW_MISSING',
      'a certificate has no row',
      db => db.exec('DELETE FROM certificates WHERE seq = (SELECT min(seq) FROM certificates)'),
    ],
  ]
  for (const [code, what, change] of damages) {
    it(`says ${code} when ${what}`, async () => {
      const data = await auditOnce(changed(change))
      expect(data.outcome).to.equal('violations')
      expect(data.violations.map(violation => violation.code)).to.include(code)
      expect(data.invariants[CODES[code as keyof typeof CODES].invariant]).to.equal('broken')
    })
  }

  it('names a sender and a hash that are no such thing, and looks at everything else all the same', async () => {
    const deployed = Object.keys(gateway.world.chain.deployment.contracts).length + VERIFIERS
    for (const [column, value] of [
      ['sender', `0x${'v'.repeat(40)}`],
      ['hash', '0xno hash'],
    ] as const) {
      const { violations, unchecked } = await auditOnce(
        changed(db =>
          db.prepare(`UPDATE transactions SET ${column} = ? WHERE purpose LIKE 'deploy:%'`).run(value),
        ),
      )
      const found = violations.filter(
        ({ code, at }) => code === 'TRANSACTION_DIFFERS' && at['column'] === column,
      )
      expect(found.map(({ at }) => at['purpose'])).to.have.length(deployed)
      expect(violations.map(({ code }) => code)).to.include('ROW_ALTERED')
      expect(unchecked.filter(({ why }) => why === 'NO_CHAIN' || why === 'DAMAGED')).to.deep.equal([])
    }
  })

  it('goes on after a value that nobody could have written, and calls that part undetermined', async () => {
    const { violations, unchecked, invariants } = await auditOnce(
      changed(db => db.prepare("INSERT INTO settings VALUES ('nonces.elsewhere', 'no JSON')").run()),
    )
    // Its row is named by its check sum; that the check broke off accuses nobody.
    expect(violations.map(({ code, at }) => [code, at['row']])).to.deep.equal([
      ['ROW_ALTERED', '["nonces.elsewhere"]'],
    ])
    expect(unchecked).to.deep.include({
      invariant: 'I6',
      what: 'transactions (SyntaxError)',
      why: 'BROKE_OFF',
    })
    expect([invariants.I6, invariants.I8, invariants.I9]).to.deep.equal(['undetermined', 'holds', 'holds'])
  })

  it('names the grant and the certificate concerned', async () => {
    const longer = await auditOnce(changed(db => db.exec('UPDATE grants SET not_after = not_after + 86400')))
    expect(longer.violations.map(({ at }) => at['grant'])).to.include(grant)
    const other = await auditOnce(changed(db => db.exec("UPDATE status_changes SET reason = 'OTHER'")))
    expect(other.violations.map(({ at }) => at['identifier'])).to.satisfy((names: (string | undefined)[]) =>
      names.some(name => name?.startsWith('status:')),
    )
  })

  it('prints the page that a supervisor signs, and agrees only to 0/0/0', async () => {
    type Page = { missing: number; modified: number; duplicated: number; accepted: number; anchored: number }
    const good = await run(
      'reconcile',
      '--data',
      changed(() => undefined),
      '--rpc',
      gateway.chainUrl,
      '--trust',
      trust,
      '--json',
    )
    expect(good.exit).to.equal(0)
    const { missing, modified, duplicated, accepted, anchored } = good.data as unknown as Page
    expect([missing, modified, duplicated]).to.deep.equal([0, 0, 0])
    expect(accepted).to.equal(anchored)
    const folder = changed(db => db.exec('UPDATE leaves SET leaf = zeroblob(32) WHERE seq = 2'))
    const page = join(gateway.dataDir, 'page.txt')
    const bad = await run(
      'reconcile',
      '--data',
      folder,
      '--rpc',
      gateway.chainUrl,
      '--trust',
      trust,
      '--out',
      page,
    )
    expect(bad.exit).to.equal(1)
    expect(bad.text).to.match(/改动 modified: [1-9]/)
    expect(readFileSync(page, 'utf8')).to.equal(bad.text)
    const open = await run(
      'reconcile',
      '--data',
      changed(() => undefined),
    )
    expect(open.exit).to.equal(5)
  })

  it('is described code by code', () => {
    const page = readFileSync('docs/fsck.md', 'utf8')
    for (const [code, { invariant, en }] of Object.entries(CODES)) {
      const row = page.split('\n').find(line => line.startsWith(`| ${invariant} |`)) ?? ''
      expect(row, code).to.include(`\`${code}\` ${en}`)
    }
    for (const [invariant, { en }] of Object.entries(INVARIANTS))
      expect(page).to.include(`| ${invariant} | ${en} |`)
  })
})
