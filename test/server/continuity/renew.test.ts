import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { runCommandLine } from '../../../scripts/cli/program.ts'
import { openWorld } from '../../../server/open-world.ts'
import { configFromEnv } from '../../../server/config.ts'
import { createLogger } from '../../../server/http/logger.ts'
import { createMetrics } from '../../../server/http/metrics.ts'
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

  it('is replaced by a new one with the same contracts, on which everything is done again in its order', async () => {
    const opened = await openWorld({
      config: configFromEnv(
        { DATA_DIR: gateway.dataDir, ONCEPROOF_CHAIN_PORT: '0', PORT: new URL(gateway.url).port },
        { cwd: gateway.dataDir },
      ),
      publicUrl: gateway.url,
      logger: createLogger({ level: 'warn', write: () => undefined, clock: Date.now }),
      metrics: createMetrics(),
      renewsChain: true,
    })
    expect(opened.renewed?.transactions).to.be.greaterThan(20)
    await opened.close({ andChain: true })
    const names = readdirSync(gateway.dataDir)
    expect(names.filter(name => /^deployment-before-.*\.json$/.test(name))).to.have.length(1)

    gateway = await openGateway({ after: gateway })
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
})
