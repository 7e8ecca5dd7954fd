import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect } from 'chai'
import { runCommandLine } from '../../../scripts/cli/program.ts'
import { parseTrust } from '../../../protocol/trust.ts'
import { fsck } from '../../../scripts/fsck/fsck.ts'
import { createRpc } from '../../../server/chain/rpc.ts'
import {
  answerOf,
  fileOf,
  issue,
  openGateway,
  publish,
  untilAllFinal,
  type Issued,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'

/** The renewal under way, as the database has it. */
function renewalIn(dataDir: string): { startedAt: number; stage: string; cursor: number } {
  const db = new Database(join(dataDir, 'onceproof.db'), { readonly: true })
  try {
    const text = db.prepare("SELECT value FROM settings WHERE name = 'chain.renewal'").pluck().get()
    return JSON.parse(String(text)) as ReturnType<typeof renewalIn>
  } finally {
    db.close()
  }
}

describe('an embedded chain that is gone for good', function () {
  this.timeout(120_000)
  let gateway: OpenedGateway
  let ofOldKey: Issued
  let ofStolenKey: Issued
  let ofNewKey: Issued
  let revoked: Issued
  let suspended: Issued
  let oldFile: Uint8Array
  let oldTrust: { chain: { genesis: string }; contracts: unknown }

  const verify = async (file: Uint8Array) =>
    answerOf<{ verdict: string; answers: Record<string, { answer: string; because: string }> }>(
      gateway.request('/v1/verify', {
        method: 'POST',
        headers: { 'content-type': 'application/vnd.onceproof+json' },
        body: new Uint8Array(file),
      }),
    )
  const because = async ({ identifier }: Issued, question: string) =>
    (await verify(await fileOf(gateway, identifier))).answers[question]?.because
  const order = (issued: Issued, action: string, reason: string) =>
    answerOf(gateway.post(`/v1/certificates/${issued.identifier}/status`, { action, reason }), 200)
  const keys = async () =>
    (
      await answerOf<{ keys: { keyId: string; generation: number; purpose: string; state: string }[] }>(
        gateway.get('/v1/departments/GAJ/registration'),
      )
    ).keys
  const trustOf = async () => answerOf<typeof oldTrust>(gateway.request('/v1/trust'))
  const issued = async () => {
    const one = await issue(gateway, 'RIC')
    await untilAllFinal(gateway)
    return one
  }

  before(async () => {
    gateway = await openGateway()
    await publish(gateway, 'RIC')
    ofOldKey = await issued()
    revoked = await issued()
    suspended = await issued()
    await order(revoked, 'revoke', 'HOLDER_REQUEST')
    await order(suspended, 'suspend', 'UNDER_REVIEW')
    await order(suspended, 'resume', 'UNDER_REVIEW')
    await order(suspended, 'suspend', 'UNDER_REVIEW')
    // The first key is found to have been stolen two seconds before its last certificate.
    await new Promise(resolve => setTimeout(resolve, 1_100))
    const since = Math.floor(Date.now() / 1000)
    await new Promise(resolve => setTimeout(resolve, 1_100))
    ofStolenKey = await issued()
    const [stolen] = (await keys()).filter(({ purpose }) => purpose === 'issuing')
    await answerOf(gateway.post(`/v1/departments/GAJ/keys/${stolen!.keyId}/compromise`, { since }))
    await answerOf(gateway.post('/v1/departments/GAJ/keys', { purpose: 'issuing', generation: 2 }))
    await answerOf(gateway.post('/v1/departments/ZSJ/suspend', undefined))
    await answerOf(gateway.post('/v1/departments/ZSJ/resume', undefined))
    ofNewKey = await issued()
    oldFile = await fileOf(gateway, ofNewKey.identifier)
    oldTrust = await trustOf()
  })
  after(() => gateway.close())

  /** `onceproof chain renew` in a process of its own that is killed at a fail point; the signal that ended it. */
  async function renewAndDie(failPoint: string): Promise<string | null> {
    const file = (name: string) => JSON.stringify(new URL(`../../../${name}`, import.meta.url).href)
    const program = `
      const { armFailPoint, readFailPoint } = await import(${file('server/store/fail-points.ts')})
      const { renewChain } = await import(${file('scripts/cli/renew.ts')})
      armFailPoint(readFailPoint('${failPoint}'), () => process.kill(process.pid, 'SIGKILL'))
      await renewChain({ data: ${JSON.stringify(gateway.dataDir)}, yes: true })`
    const child = spawn(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', program],
      {
        env: { PATH: process.env['PATH'], PORT: new URL(gateway.url).port, ONCEPROOF_CHAIN_PORT: '0' },
        stdio: 'ignore',
      },
    )
    const [, signal] = (await once(child, 'close')) as [number | null, string | null]
    return signal
  }

  it('is not replaced by a mere start', async () => {
    expect(await because(ofOldKey, 'authorised')).to.equal('KEY_AND_PERMIT_IN_FORCE')
    expect(await because(ofStolenKey, 'authorised')).to.equal('KEY_COMPROMISED')
    await gateway.close({ andChain: true })
    rmSync(join(gateway.dataDir, 'chain'), { recursive: true })
    let code: unknown
    try {
      await openGateway({ after: gateway })
    } catch (error) {
      code = (error as { code?: unknown }).code
    }
    expect(code).to.equal('CHAIN_STATE_LOST')
    expect(readdirSync(gateway.dataDir)).not.to.include('chain')
  })

  it('is not replaced by a command that was not confirmed', async () => {
    let said = ''
    const say = async (text: string) => void (said += text)
    const exit = await runCommandLine(['chain', 'renew', '--data', gateway.dataDir, '--json'], {
      out: say,
      err: say,
    })
    expect(exit).to.equal(1)
    expect(said).to.include('RENEWAL_UNCONFIRMED')
    expect(readdirSync(gateway.dataDir)).to.include('deployment.json')
  })

  it('is being replaced when the process is killed, twice, and each time the next goes on where it ended', async () => {
    expect(await renewAndDie('after-send:2')).to.equal('SIGKILL')
    const deploying = renewalIn(gateway.dataDir)
    expect(deploying).to.include({ stage: 'repeating', cursor: 0 })
    expect(readdirSync(gateway.dataDir)).not.to.include('deployment.json')

    expect(await renewAndDie('after-mined:18')).to.equal('SIGKILL')
    const repeating = renewalIn(gateway.dataDir)
    expect(repeating).to.include({ startedAt: deploying.startedAt, stage: 'repeating' })
    expect(repeating.cursor).to.be.greaterThan(0)
  })

  it('is replaced, at the next start, by one with the same contracts, on which everything is done again in its order', async () => {
    const names = readdirSync(gateway.dataDir)
    expect(names.filter(name => /^deployment-before-.*\.json$/.test(name))).to.have.length(1)

    gateway = await openGateway({ after: gateway })
    expect(await gateway.world.store.setting('chain.renewal')).to.equal('')
    const trust = await trustOf()
    expect(trust.contracts).to.deep.equal(oldTrust.contracts)
    expect(trust.chain.genesis).not.to.equal(oldTrust.chain.genesis)

    expect(await because(ofOldKey, 'authorised')).to.equal('KEY_AND_PERMIT_IN_FORCE')
    expect(await because(ofOldKey, 'anchored')).to.equal('FINAL')
    expect(await because(ofStolenKey, 'authorised')).to.equal('KEY_COMPROMISED')
    expect(await because(ofNewKey, 'authorised')).to.equal('KEY_AND_PERMIT_IN_FORCE')
    expect(await because(revoked, 'not revoked')).to.equal('REVOKED')
    expect(await because(suspended, 'not revoked')).to.equal('SUSPENDED')
    const [newest] = (await keys()).filter(
      ({ purpose, generation }) => purpose === 'issuing' && generation === 2,
    )
    expect(newest?.state).to.equal('current')
  })

  it('says of an old receipt that it names another block, and takes what comes', async () => {
    expect((await verify(oldFile)).answers['anchored']?.because).to.equal('RECEIPT_ANCHOR_DIFFERS')
    await order(suspended, 'resume', 'UNDER_REVIEW')
    expect(await because(suspended, 'not revoked')).to.equal('STATUS_CLEAR')
    const next = await issued()
    expect((await verify(await fileOf(gateway, next.identifier))).answers['authorised']?.answer).to.equal(
      'yes',
    )
    expect(JSON.parse(readFileSync(join(gateway.dataDir, 'deployment.json'), 'utf8'))).to.have.property(
      'contracts',
    )
  })

  it('is in order for the auditor', async () => {
    await untilAllFinal(gateway)
    const trust = await (await gateway.request('/v1/trust')).arrayBuffer()
    const report = await fsck({
      dataDir: gateway.dataDir,
      trust: parseTrust(new Uint8Array(trust)),
      rpc: createRpc(gateway.chainUrl),
      snapshot: null,
      passphrase: readFileSync(join(gateway.dataDir, 'keystore.passphrase'), 'utf8').trim(),
      confirmations: 1,
      clientLog: null,
      canaries: null,
    })
    expect(report.violations).to.deep.equal([])
  })
})
