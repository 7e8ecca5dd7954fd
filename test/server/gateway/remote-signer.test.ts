/**
 * A whole gateway one of whose departments keeps its keys in a signer of its own: what it issues and orders by it, what happens while
 * the signer is away, and what the signer refuses.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { expect } from 'chai'
import { fromBase64url, toHex } from '../../../protocol/bytes.ts'
import { thumbprint } from '../../../protocol/key.ts'
import { generateRows } from '../../../scripts/generate/certificates.ts'
import { demoRegion, typeIn } from '../../../server/catalogue/region.ts'
import { openKeystore } from '../../../server/keys/keystore.ts'
import { issuingKey, kekName } from '../../../server/keys/names.ts'
import { remoteSigner } from '../../../server/keys/remote.ts'
import { freePort } from '../../../scripts/drills/gateway-process.ts'
import {
  answerOf,
  applicationOf,
  exampleRow,
  fileOf,
  freshKey,
  issue,
  openGateway,
  publish,
  temporaryFolder,
  until,
  untilAllFinal,
  type Asking,
  type Issued,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import {
  initSigner,
  signerLog,
  standBetween,
  startSigner,
  type SignerProcess,
} from '../../support/signer-process.ts'
import { problemIn } from '../http/gateway.ts'

interface Batch {
  id: string
  state: string
  problem: string | null
  progress: Record<string, { done: number; all: number }>
}

const { uscc, did } = applicationOf('GAJ')
const RIC = typeIn(demoRegion(), 'RIC')
const UNREACHABLE = '503 REMOTE_SIGNER_UNREACHABLE'
/** The gateway tries again after ten seconds what could not be signed. */
const PATIENCE_MS = 45_000

describe('a department with a signer of its own', function () {
  this.timeout(120_000)
  let gateway: OpenedGateway
  let signer: SignerProcess | null = null
  let between: Server | null = null
  let maker: Asking
  let checker: Asking
  let env: Record<string, string>
  let port: number
  let secret: string
  const home = temporaryFolder()
  const folder = join(home, 'signer')

  const signIn = () => {
    maker = gateway.as({ role: 'maker', department: 'GAJ' })
    checker = gateway.as({ role: 'checker', department: 'GAJ' })
  }
  const restart = async () => {
    await gateway.close({ andChain: false })
    gateway = await openGateway({ after: gateway, env })
    signIn()
  }
  const stopSigner = async () => {
    await signer?.stop()
    signer = null
  }
  const startAgain = async () => void (signer = await startSigner(folder, port))
  /** The signer listens elsewhere, and somebody else where the gateway looks for it. */
  const comeBetween = async (change: (path: string, body: string) => string, known: string | null) => {
    await stopSigner()
    const behind = await freePort()
    signer = await startSigner(folder, behind)
    between = await standBetween(port, behind, change, known)
  }
  const goAway = async () => {
    between?.closeAllConnections()
    between?.close()
    between = null
    await stopSigner()
    await startAgain()
  }

  before(async () => {
    // A department makes its signer by the trust file of the gateway that it will work with.
    gateway = await openGateway()
    const trust = join(home, 'trust.json')
    writeFileSync(trust, Buffer.from(await (await gateway.request('/v1/trust')).arrayBuffer()))
    await initSigner({ folder, uscc, did, region: gateway.world.region, trust })
    secret = readFileSync(join(folder, 'secret'), 'utf8').trim()
    port = await freePort()
    await startAgain()
    const providers = join(home, 'providers.json')
    const there = { kind: 'remote', uscc, url: `http://127.0.0.1:${port}`, secretFile: 'signer/secret' }
    writeFileSync(providers, JSON.stringify({ GAJ: there }))
    env = { ONCEPROOF_KEY_PROVIDERS: providers }
    await restart()
    await publish(gateway, 'RIC')
  })
  after(async () => {
    between?.closeAllConnections()
    between?.close()
    await gateway.close()
    await stopSigner()
  })

  const askToIssue = (key = freshKey()) =>
    gateway.post('/v1/certificates', { type: 'RIC', fields: exampleRow('RIC') }, { 'idempotency-key': key })
  const order = (identifier: string, action: string, reason: string, key = freshKey()) =>
    gateway.post(
      `/v1/certificates/${identifier}/status`,
      { action, reason },
      {
        'idempotency-key': key,
      },
    )
  const refusalOf = async (asked: Promise<Response>) => {
    const response = await asked
    const { code } = await problemIn(response)
    if (response.status === 503) expect(Number(response.headers.get('retry-after'))).to.be.greaterThan(0)
    return `${response.status} ${code}`
  }
  const verdictOf = async (identifier: string) => {
    await untilAllFinal(gateway)
    const { verdict, answers } = await answerOf<{
      verdict: string
      answers: { authorised: { because: string } }
    }>(
      gateway.request('/v1/verify', {
        method: 'POST',
        headers: { 'content-type': 'application/vnd.onceproof+json' },
        body: new Uint8Array(await fileOf(gateway, identifier)),
      }),
    )
    return `${verdict} ${answers.authorised.because}`
  }
  const GOOD = 'VALID KEY_AND_PERMIT_IN_FORCE'

  let seeds = 0
  const batch = (id: string) => answerOf<Batch>(maker.get(`/v1/batches/${id}`), 200)
  const untilState = (id: string, state: string) =>
    until(async () => (await batch(id)).state === state, PATIENCE_MS)
  const untilProblem = (id: string, problem: string) =>
    until(async () => (await batch(id)).problem === problem, PATIENCE_MS)
  const submitted = async (rows: number) => {
    const { id } = await answerOf<Batch>(
      maker.post('/v1/batches?type=RIC', [...generateRows(RIC, rows, `signer ${++seeds}`)]),
      201,
    )
    await answerOf(maker.post(`/v1/batches/${id}/submit`, {}), 200)
    return id
  }
  const approve = async (id: string) => {
    const { digest } = await answerOf<{ digest: string }>(checker.get(`/v1/batches/${id}/summary`), 200)
    return answerOf<Batch>(checker.post(`/v1/batches/${id}/approve`, { digest }), 202)
  }
  const certificatesOf = async (id: string) =>
    (
      await answerOf<{ certificates: Issued[] }>(maker.get(`/v1/certificates?batch=${id}&limit=200`))
    ).certificates.map(({ identifier }) => identifier)
  const leafOf = (identifier: string) =>
    gateway.world.store.certificateByIdentifier(identifier).then(certificate => toHex(certificate!.leaf))

  it('is admitted with the keys that lie there, and the gateway has none of them', async () => {
    const { keys } = await answerOf<{ keys: { keyId: string; purpose: string; state: string }[] }>(
      gateway.request('/v1/departments/GAJ/registration'),
    )
    expect(keys.map(({ purpose, state }) => `${purpose} ${state}`)).to.deep.equal([
      'issuing current',
      'authority current',
    ])
    const there = remoteSigner({ department: uscc, url: `http://127.0.0.1:${port}`, secret })
    const key = await there.publicKey(issuingKey(uscc, 1))
    expect(keys[0]!.keyId).to.equal(toHex(fromBase64url(thumbprint(key)!)!))
    const passphrase = readFileSync(join(gateway.dataDir, 'keystore.passphrase'), 'utf8').trim()
    const own = await openKeystore({ path: join(gateway.dataDir, 'keystore.json'), passphrase })
    expect((await own.list(uscc)).map(({ name }) => name)).to.deep.equal([kekName(uscc)])
  })

  it('issues a certificate and a batch of two people; strangers find both valid, and its log has each once', async () => {
    const { identifier } = await issue(gateway, 'RIC')
    const id = await submitted(70)
    await approve(id)
    await untilState(id, 'issued')
    const all = [identifier, ...(await certificatesOf(id))]
    expect(all).to.have.lengthOf(71)
    for (const one of [all[0]!, all[1]!, all.at(-1)!]) expect(await verdictOf(one)).to.equal(GOOD)
    const signed = (await signerLog(folder)).filter(({ kind }) => kind === 'certificate')
    expect(signed.map(({ leaf }) => leaf).toSorted()).to.deep.equal(
      (await Promise.all(all.map(leafOf))).toSorted(),
    )
    expect(signed.map(({ about }) => about).toSorted()).to.deep.equal(all.toSorted())
  })

  it('orders a certificate suspended, resumed and revoked', async () => {
    const { identifier } = await issue(gateway, 'RIC')
    await untilAllFinal(gateway)
    await answerOf(order(identifier, 'suspend', 'REPORTED_LOST'), 200)
    expect(await verdictOf(identifier)).to.match(/^SUSPENDED/)
    await answerOf(order(identifier, 'resume', 'REPORTED_LOST'), 200)
    expect(await verdictOf(identifier)).to.equal(GOOD)
    await answerOf(order(identifier, 'revoke', 'ISSUED_IN_ERROR'), 200)
    expect(await verdictOf(identifier)).to.match(/^REVOKED/)
    const kinds = (await signerLog(folder)).slice(-6).map(({ kind, action }) => `${kind} ${action ?? ''}`)
    expect(kinds).to.deep.equal([
      'status suspend',
      'order ',
      'status resume',
      'order ',
      'status revoke',
      'order ',
    ])
  })

  describe('while the signer is away', () => {
    it('is told so and nothing is written; the same requests succeed once when it is back', async () => {
      const { identifier } = await issue(gateway, 'RIC')
      await untilAllFinal(gateway)
      const signed = (await signerLog(folder)).length
      await stopSigner()
      const before = gateway.rowCounts()
      const [single, many, suspend] = [freshKey(), freshKey(), freshKey()]
      const rows = [exampleRow('RIC'), exampleRow('RIC')]
      const askMany = () =>
        gateway.post('/v1/certificates/batch', { type: 'RIC', rows }, { 'idempotency-key': many })
      const askSuspend = () => order(identifier, 'suspend', 'REPORTED_LOST', suspend)
      expect(await refusalOf(askToIssue(single))).to.equal(UNREACHABLE)
      expect(await refusalOf(askMany())).to.equal(UNREACHABLE)
      expect(await refusalOf(askSuspend())).to.equal(UNREACHABLE)
      expect(gateway.rowCounts()).to.deep.equal(before)
      expect(await verdictOf(identifier), 'verifying needs no signer').to.equal(GOOD)

      await startAgain()
      const issued = await answerOf<Issued>(askToIssue(single), 201)
      expect(await answerOf(askToIssue(single))).to.deep.equal(issued)
      await answerOf(askMany(), 201)
      await answerOf(askMany())
      await answerOf(askSuspend())
      await answerOf(askSuspend())
      await untilAllFinal(gateway)
      const { certificates, status_changes: changes } = gateway.rowCounts()
      expect(certificates).to.equal(before['certificates']! + 3)
      expect(changes).to.equal(before['status_changes']! + 1)
      expect(await verdictOf(issued.identifier)).to.equal(GOOD)
      expect(await verdictOf(identifier)).to.match(/^SUSPENDED/)
      expect((await signerLog(folder)).length).to.equal(signed + 5)
    })

    it('everybody else goes on: other departments issue, and strangers read what the chain says of this one', async () => {
      await publish(gateway, 'MAR')
      const identity = await (await gateway.request('/v1/departments/GAJ/did.json')).text()
      await stopSigner()
      await restart()
      const { identifier } = await issue(gateway, 'MAR')
      expect(await verdictOf(identifier)).to.equal(GOOD)
      expect(await (await gateway.request('/v1/departments/GAJ/did.json')).text()).to.equal(identity)
      const { keys } = await answerOf<{ keys: unknown[] }>(
        gateway.request('/v1/departments/GAJ/registration'),
      )
      expect(keys).to.have.lengthOf(2)
      await startAgain()
    })

    it('keeps what two people approved, over a restart too, and carries it out by itself when it is back', async () => {
      const { identifier } = await issue(gateway, 'RIC')
      await untilAllFinal(gateway)
      const id = await submitted(3)
      const { id: proposal, digest } = await answerOf<{ id: string; digest: string }>(
        maker.post(`/v1/certificates/${identifier}/proposals`, {
          action: 'revoke',
          reason: 'ISSUED_IN_ERROR',
        }),
        201,
      )
      await stopSigner()
      const before = gateway.rowCounts()
      await approve(id)
      await answerOf(checker.post(`/v1/proposals/${proposal}/approve`, { digest }), 202)
      await untilProblem(id, 'REMOTE_SIGNER_UNREACHABLE')
      await restart()
      const { state, problem } = await batch(id)
      expect([state, problem]).to.deep.equal(['approved', 'REMOTE_SIGNER_UNREACHABLE'])
      const { certificates, statements } = gateway.rowCounts()
      expect([certificates, statements]).to.deep.equal([before['certificates'], before['statements']])

      await startAgain()
      await untilState(id, 'issued')
      const [first] = await certificatesOf(id)
      expect(await verdictOf(first!)).to.equal(GOOD)
      await until(
        async () =>
          (await answerOf<{ state: string }>(checker.get(`/v1/proposals/${proposal}`), 200)).state === 'done',
        PATIENCE_MS,
      )
      expect(await verdictOf(identifier)).to.match(/^REVOKED/)
      expect(gateway.rowCounts()['certificates']).to.equal(before['certificates']! + 3)
    })

    it('does not get to see rows that were changed after their approval: the gateway finds out first', async () => {
      const id = await submitted(3)
      await stopSigner()
      await approve(id)
      await untilProblem(id, 'REMOTE_SIGNER_UNREACHABLE')
      await gateway.close({ andChain: false })
      const db = new Database(join(gateway.dataDir, 'onceproof.db'))
      db.prepare('DELETE FROM batch_rows WHERE batch = ? AND n = 1').run(id)
      db.close()
      await startAgain()
      const signed = (await signerLog(folder)).length
      gateway = await openGateway({ after: gateway, env })
      signIn()
      await untilState(id, 'rejected')
      expect((await batch(id)).problem).to.equal('BATCH_ROWS_ALTERED')
      expect((await signerLog(folder)).length).to.equal(signed)
    })
  })

  describe('is not taken in', () => {
    /** Another name in the rows that are shown, under the digests of those that were approved. */
    const otherValue = (path: string, body: string) => {
      if (path !== '/v1/sign') return body
      const request = JSON.parse(body) as { items: { context: { values?: [string, unknown][] } }[] }
      for (const { context } of request.items)
        if (context.values !== undefined) context.values[0]![1] = '李四'
      return JSON.stringify(request)
    }
    const otherAction = (path: string, body: string) =>
      path === '/v1/sign-order' ? body.replace(/"action":\d/, '"action":1') : body

    it('by a row that was changed on the line: without the secret that is no request of its gateway', async () => {
      const signed = (await signerLog(folder)).length
      const before = gateway.rowCounts()
      await comeBetween(otherValue, null)
      expect(await refusalOf(askToIssue())).to.equal(UNREACHABLE)
      expect((await signerLog(folder)).length).to.equal(signed)
      await goAway()
      expect(gateway.rowCounts()).to.deep.equal(before)
    })

    it('by a row that its gateway itself changed: it refuses, nothing is written, and the true row goes on', async () => {
      const id = await submitted(2)
      const signed = (await signerLog(folder)).length
      const key = freshKey()
      await comeBetween(otherValue, secret)
      const before = gateway.rowCounts()
      expect(await refusalOf(askToIssue(key))).to.equal('409 SIGNER_DIGESTS')
      expect(gateway.rowCounts()).to.deep.equal(before)
      await approve(id)
      await untilProblem(id, 'SIGNER_DIGESTS')
      const { certificates, statements } = gateway.rowCounts()
      expect([certificates, statements]).to.deep.equal([before['certificates'], before['statements']])
      expect((await signerLog(folder)).length).to.equal(signed)

      await goAway()
      const issued = await answerOf<Issued>(askToIssue(key), 201)
      expect(await verdictOf(issued.identifier)).to.equal(GOOD)
      await untilState(id, 'issued')
      expect((await signerLog(folder)).length).to.equal(signed + 3)
    })

    it('by an order that says something else than the statement before it', async () => {
      const { identifier } = await issue(gateway, 'RIC')
      await untilAllFinal(gateway)
      await comeBetween(otherAction, secret)
      const before = gateway.rowCounts()
      expect(await refusalOf(order(identifier, 'suspend', 'REPORTED_LOST'))).to.equal('409 SIGNER_ORDER')
      expect(gateway.rowCounts()).to.deep.equal(before)
      await goAway()
      expect(await verdictOf(identifier)).to.equal(GOOD)
    })
  })

  describe('whose folder is lost', () => {
    it('goes on with a new one: admitted again, its lost keys ended', async () => {
      const { identifier } = await issue(gateway, 'RIC')
      expect(await verdictOf(identifier)).to.equal(GOOD)
      await stopSigner()
      renameSync(folder, `${folder}-lost`)
      const trust = join(home, 'trust.json')
      await initSigner({ folder, uscc, did, region: gateway.world.region, trust })
      await startAgain()
      await restart()
      expect(await refusalOf(askToIssue())).to.equal('409 KEY_NOT_IN_FORCE')

      await answerOf(gateway.post('/v1/departments', applicationOf('GAJ')), 201)
      const path = '/v1/departments/GAJ'
      const { keysElsewhere } = await answerOf<{ keysElsewhere: { keyId: string; purpose: string }[] }>(
        gateway.get(`${path}/registration`),
      )
      expect(keysElsewhere.map(({ purpose }) => purpose)).to.deep.equal(['issuing', 'authority'])
      const soon = Math.floor(Date.now() / 1000) + 60
      for (const { keyId } of keysElsewhere)
        await answerOf(gateway.post(`${path}/keys/${keyId}/retire`, { signUntil: soon, anchorUntil: soon }))

      const next = await issue(gateway, 'RIC')
      expect(await verdictOf(next.identifier)).to.equal(GOOD)
      expect(await verdictOf(identifier)).to.equal(GOOD)
      await answerOf(order(identifier, 'revoke', 'ISSUED_IN_ERROR'), 200)
      expect(await verdictOf(identifier)).to.match(/^REVOKED/)
    })
  })
})
