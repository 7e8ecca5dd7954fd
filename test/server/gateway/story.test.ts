/** The story that stays true for ever: what a fresh clone does, from the first department to a verdict without the gateway. */
import { expect } from 'chai'
import { strFromU8, unzipSync } from 'fflate'
import { fromUtf8, toHex } from '../../../protocol/bytes.ts'
import { leafHash, verifyInclusion } from '../../../protocol/log.ts'
import { openPromise } from '../../../protocol/promise.ts'
import { parseNoteKey } from '../../../protocol/note.ts'
import { parseLogProof, readReceipt } from '../../../protocol/receipt.ts'
import { openCheckpoint } from '../../../protocol/checkpoint.ts'
import { formatSnapshot, parseSnapshot, snapshotView } from '../../../protocol/snapshot.ts'
import { parseTrust, type Trust } from '../../../protocol/trust.ts'
import { verify, type VerifyOptions } from '../../../protocol/verify.ts'
import { takeSnapshot } from '../../../server/chain/export.ts'
import { createRpc, toQuantity } from '../../../server/chain/rpc.ts'
import { liveView } from '../../../server/chain/view.ts'
import { startGateway, type RunningGateway } from '../../../scripts/drills/gateway-process.ts'
import {
  admit,
  answerOf,
  exampleRow,
  fileOf,
  freshKey,
  issue,
  publish,
  until,
  type Issued,
} from '../../support/opened-gateway.ts'
import { sha256Hex } from './examples.ts'

interface Report {
  verdict: string
  exit: number
  answers: Record<string, { answer: string; because: string }>
  successor: string | null
}

describe('the story of a certificate and of a record', () => {
  let gateway: RunningGateway
  let trust: Trust
  let certificate: Issued
  let file: Uint8Array
  /** Files by what they should still say after a restart. */
  const kept: { name: string; file: Uint8Array; verdict: string; digest?: string }[] = []

  before(async () => {
    gateway = await startGateway()
  })
  after(() => gateway.stop({ andChain: true }))

  const now = () => Math.floor(Date.now() / 1000)

  async function verdictByGateway(bytes: Uint8Array, digest?: string): Promise<Report> {
    const query = digest === undefined ? '' : `?sha256=${digest}`
    const headers = { 'content-type': 'application/vnd.onceproof+json' }
    const body = new Uint8Array(bytes)
    return answerOf<Report>(fetch(`${gateway.url}/v1/verify${query}`, { method: 'POST', headers, body }), 200)
  }

  /** By a stranger who has the trust file and a node of the chain, and nothing of the gateway. */
  async function verdictByStranger(bytes: Uint8Array, options: VerifyOptions = {}): Promise<string> {
    const view = liveView(createRpc(gateway.chainUrl), trust.contracts)
    return (await verify(bytes, trust, view, now(), options)).verdict
  }

  const stateOf = (identifier: string) =>
    answerOf<{
      standing: string
      statement: { state: string; index: number | null }
      changes: { action: string; state: string }[]
    }>(gateway.get(`/v1/certificates/${identifier}/state`))

  const untilFinal = (identifier: string) =>
    until(async () => {
      const { statement, changes } = await stateOf(identifier)
      return statement.state === 'final' && changes.every(({ state }) => state === 'final')
    })

  const order = (identifier: string, action: string, reason: string) =>
    answerOf<{ state: string; block: { number: number } | null }>(
      gateway.post(`/v1/certificates/${identifier}/status`, { action, reason }),
      200,
    )

  it('a department is admitted, with its keys on chain, and a type is published, with its permit on chain', async () => {
    await admit(gateway, 'GAJ', 'ZSJ')
    await publish(gateway, 'RIC')
    trust = parseTrust(new Uint8Array(await (await fetch(`${gateway.url}/v1/trust`)).arrayBuffer()))
    const { types } = await answerOf<{ types: { code: string; department: string }[] }>(
      fetch(`${gateway.url}/v1/types`),
    )
    expect(types.map(({ code, department }) => [code, department])).to.deep.equal([['RIC', 'GAJ']])
    const view = liveView(createRpc(gateway.chainUrl), trust.contracts)
    const permits = await view.permitsOf('11990100MB9Y01166J001', trust.regions[0]!.code)
    expect(permits).to.have.lengthOf(1)
  })

  it('a certificate is issued: accepted at once with a signed promise, then final', async () => {
    certificate = await issue(gateway, 'RIC')
    expect(certificate.shortCode).to.match(/^[0-9A-HJKMNP-TV-Z]{8}$/)
    const [log] = trust.logs
    const promise = openPromise(certificate.promise, parseNoteKey(log!.noteKey))
    expect(toHex(promise.leaf)).to.equal(certificate.leaf)
    expect(promise.acceptedAt).to.equal(certificate.acceptedAt)
    await untilFinal(certificate.identifier)
    expect((await stateOf(certificate.identifier)).standing).to.equal('ACTIVE')
  })

  it('a batch is issued whole, under one number', async () => {
    const rows = Array.from({ length: 70 }, () => exampleRow('RIC'))
    const { batch, certificates } = await answerOf<{ batch: string; certificates: Issued[] }>(
      gateway.post('/v1/certificates/batch', { type: 'RIC', rows }),
      201,
    )
    expect(new Set(certificates.map(({ identifier }) => identifier)).size).to.equal(70)
    expect(new Set(certificates.map(({ shortCode }) => shortCode)).size).to.equal(70)
    const listed = await answerOf<{ certificates: { identifier: string; batch: string }[] }>(
      gateway.get(`/v1/certificates?batch=${batch}&limit=200`),
    )
    expect(listed.certificates.map(({ identifier }) => identifier)).to.have.members(
      certificates.map(({ identifier }) => identifier),
    )
    const last = certificates.at(-1)!
    await untilFinal(last.identifier)
    kept.push({ name: 'of the batch', file: await fileOf(gateway, last.identifier), verdict: 'VALID' })
  })

  it('its receipt is complete, and asked by leaf hash the same for everybody', async () => {
    const { receipt } = await answerOf<{ receipt: { proof: string } }>(
      gateway.get(`/v1/certificates/${certificate.identifier}/receipt`),
    )
    const asked = await answerOf<{ receipt: unknown; statement: { state: string } }>(
      fetch(`${gateway.url}/v1/receipts/${certificate.leaf}`),
    )
    expect(asked.receipt).to.deep.equal(receipt)
    expect(asked.statement.state).to.equal('final')
    const { index, hashes, checkpoint, anchor } = readReceipt(receipt)
    expect(index).to.equal(certificate.index)
    expect(anchor.contract).to.equal(trust.contracts.AnchorLog.address)
    file = await fileOf(gateway, certificate.identifier)
    const { certificate: sdJwt } = JSON.parse(fromUtf8(file)!) as { certificate: string }
    const leaf = leafHash(sdJwt.slice(0, sdJwt.indexOf('~')))
    expect(toHex(leaf)).to.equal(certificate.leaf)
    const { size, root } = checkpoint
    expect(verifyInclusion({ leaf, index, size, proof: hashes, root })).to.equal(true)
  })

  it('the gateway verifies its file, with all fields and with some', async () => {
    const report = await verdictByGateway(file)
    expect([report.verdict, report.exit]).to.deep.equal(['VALID', 0])
    expect(Object.values(report.answers).map(({ answer }) => answer)).to.deep.equal(Array(5).fill('yes'))
    const some = await fileOf(gateway, certificate.identifier, '?fields=name')
    expect((await verdictByGateway(some)).verdict).to.equal('VALID')
    expect(fromUtf8(some)).to.have.length.lessThan(fromUtf8(file)!.length)
  })

  it('a stranger verifies it with the gateway closed, by the chain’s node alone', async () => {
    await gateway.stop()
    expect(await fetch(gateway.url).catch(() => 'closed')).to.equal('closed')
    expect(await verdictByStranger(file)).to.equal('VALID')
  })

  it('then by a snapshot, as of its block', async () => {
    const snapshot = formatSnapshot(await takeSnapshot(createRpc(gateway.chainUrl), trust))
    const view = snapshotView(parseSnapshot(Buffer.from(snapshot)))
    const { verdict, asOf } = await verify(file, trust, view, now())
    expect(verdict).to.equal('OFFLINE_OK')
    expect(asOf?.number).to.be.greaterThan(0)
  })

  it('a file with one byte flipped is never accepted, whichever byte it is', async () => {
    const verdicts = new Map<string, number>()
    // A step that divides neither the file nor base64 reaches header, payload, signature, disclosures, proof and note.
    for (let at = 1; at < file.length; at += 197) {
      const flipped = new Uint8Array(file)
      flipped[at]! ^= 1
      const verdict = await verdictByStranger(flipped)
      verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1)
    }
    expect([...verdicts.keys()]).to.not.include('VALID')
    expect(verdicts.get('TAMPERED')).to.be.greaterThan(10)
    await gateway.restart()
    const flipped = new Uint8Array(file)
    flipped[file.length >> 2]! ^= 1
    expect((await verdictByGateway(flipped)).verdict).to.equal('TAMPERED')
  })

  it('suspended, it reads SUSPENDED in every verification that begins after the answer; resumed, VALID', async () => {
    for (let round = 0; round < 2; round++) {
      expect((await order(certificate.identifier, 'suspend', 'REPORTED_LOST')).block).to.not.equal(null)
      expect(
        await Promise.all([verdictByStranger(file), verdictByGateway(file).then(r => r.verdict)]),
      ).to.deep.equal(['SUSPENDED', 'SUSPENDED'])
      await order(certificate.identifier, 'resume', 'REPORTED_LOST')
      expect(
        await Promise.all([verdictByStranger(file), verdictByGateway(file).then(r => r.verdict)]),
      ).to.deep.equal(['VALID', 'VALID'])
    }
    expect((await stateOf(certificate.identifier)).standing).to.equal('ACTIVE')
  })

  it('replaced, the old version names the new one, which is valid', async () => {
    const { certificate: successor } = await answerOf<{ certificate: Issued }>(
      gateway.post(`/v1/certificates/${certificate.identifier}/successor`, {
        fields: { ...exampleRow('RIC'), address: '示例省云岭市临溪区新路1号' },
        reason: 'HOLDER_CHANGE',
      }),
      201,
    )
    await untilFinal(certificate.identifier)
    const report = await verdictByGateway(file)
    expect(report.verdict).to.equal('SUPERSEDED')
    expect(report.successor).to.equal(successor.leaf)
    expect(await verdictByStranger(file)).to.equal('SUPERSEDED')
    const next = await fileOf(gateway, successor.identifier)
    expect(await verdictByStranger(next)).to.equal('VALID')
    kept.push(
      { name: 'the old version', file, verdict: 'SUPERSEDED' },
      { name: 'the new version', file: next, verdict: 'VALID' },
    )
    expect(successor.identifier.split('.').slice(5, 8)).to.deep.equal(
      certificate.identifier.split('.').slice(5, 8),
    )
    expect(successor.identifier.split('.')[8]).to.equal('002')
  })

  it('revoked, it reads REVOKED for good', async () => {
    const one = await issue(gateway, 'RIC')
    await untilFinal(one.identifier)
    const itsFile = await fileOf(gateway, one.identifier)
    expect(await verdictByStranger(itsFile)).to.equal('VALID')
    await order(one.identifier, 'revoke', 'ISSUED_IN_ERROR')
    expect(await verdictByStranger(itsFile)).to.equal('REVOKED')
    const report = await verdictByGateway(itsFile)
    expect([report.verdict, report.exit]).to.deep.equal(['REVOKED', 19])
    kept.push({ name: 'the revoked one', file: itsFile, verdict: 'REVOKED' })
  })

  it('its file before it is final carries the promise and reads PENDING_ANCHOR', async () => {
    const { certificate: sdJwt } = JSON.parse(fromUtf8(kept[0]!.file)!) as { certificate: string }
    const one = await issue(gateway, 'RIC')
    const bytes = await fileOf(gateway, one.identifier)
    const text = fromUtf8(bytes)!
    // Sealing may have been quicker than the question: then it is final already.
    expect(await verdictByStranger(bytes)).to.equal(text.includes('"promise"') ? 'PENDING_ANCHOR' : 'VALID')
    const asPromised = { format: 'onceproof-certificate/1', certificate: sdJwt, promise: one.promise }
    expect(await verdictByStranger(Buffer.from(JSON.stringify(asPromised)))).to.equal('TAMPERED')
  })

  it('short code and last four tell its state and masked values; unknown and wrong are answered byte for byte alike', async () => {
    const one = await issue(gateway, 'RIC')
    await untilFinal(one.identifier)
    const lastFour = String(exampleRow('RIC')['idNo']).slice(-4)
    const lookUp = async (body: object) => {
      const response = await fetch(`${gateway.url}/v1/verify/lookup`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      })
      const headers = [...response.headers].filter(([name]) => name !== 'date' && name !== 'x-request-id')
      return { status: response.status, headers, text: await response.text() }
    }
    const found = JSON.parse((await lookUp({ shortCode: one.shortCode, lastFour })).text) as {
      verdict: string
      type: { code: string }
      fields: [string, unknown][]
    }
    expect([found.verdict, found.type.code]).to.deep.equal(['VALID', 'RIC'])
    expect(Object.fromEntries(found.fields)).to.include({ name: '林*行' })
    const typed = { shortCode: one.shortCode.toLowerCase().replace(/(....)/, '$1-'), lastFour }
    expect((await lookUp(typed)).text).to.include('"verdict":"VALID"')

    const alike = [
      await lookUp({ shortCode: one.shortCode, lastFour: '0000' }),
      await lookUp({ shortCode: '00000000', lastFour }),
      await lookUp({ shortCode: 'not a code', lastFour }),
      await lookUp({ shortCode: one.shortCode, lastFour: lastFour.slice(1) }),
      await lookUp({ shortCode: one.shortCode, lastFour, identifier: certificate.identifier }),
    ]
    for (const answer of alike) expect(answer).to.deep.equal(alike[0])
    expect(alike[0]).to.include({ status: 200, text: '{"verdict":"NOT_FOUND"}' })
  })

  it('a record is notarized by its digest and by its streamed file', async () => {
    const content = 'minutes of a meeting\n'.repeat(5_000)
    const sha256 = sha256Hex(content)
    const byDigest = await answerOf<{ id: string; promise: string }>(
      gateway.post('/v1/records', { sha256, name: '会议纪要.txt' }),
      201,
    )
    const headers = {
      authorization: `Bearer ${gateway.token}`,
      'content-type': 'application/octet-stream',
      'idempotency-key': freshKey(),
    }
    const byFile = await answerOf<{ id: string }>(
      fetch(`${gateway.url}/v1/records/file?name=minutes.txt`, { method: 'POST', headers, body: content }),
      201,
    )
    for (const { id } of [byDigest, byFile]) {
      const path = `/v1/records/${id}`
      await until(async () => {
        const { statement } = await answerOf<{ statement: { state: string } }>(gateway.get(path))
        return statement.state === 'final'
      })
      const recordFile = new Uint8Array(await (await gateway.get(`${path}/file`)).arrayBuffer())
      const digest = new Uint8Array(Buffer.from(sha256, 'hex'))
      expect((await verdictByGateway(recordFile, sha256)).verdict).to.equal('VALID')
      expect(await verdictByStranger(recordFile, { digest })).to.equal('VALID')
      expect(await verdictByStranger(recordFile)).to.equal('CANNOT_CHECK')
      expect(await verdictByStranger(recordFile, { digest: new Uint8Array(32) })).to.equal('TAMPERED')
      kept.push({ name: 'the record', file: recordFile, verdict: 'VALID', digest: sha256 })

      const ask = async (body: object) =>
        (
          await fetch(`${gateway.url}/v1/verify/record`, {
            method: 'POST',
            headers: { 'content-type': 'application/json' },
            body: JSON.stringify(body),
          })
        ).text()
      expect(await ask({ id, sha256 })).to.include('"verdict":"VALID"')
      const unknown = await ask({ id: '01ARZ3NDEKTSV4RRFFQ69G5FAV', sha256 })
      expect(await ask({ id, sha256: sha256Hex('another') })).to.equal(unknown)
    }
  })

  it('its evidence package is complete, and what is in it verifies without the gateway', async () => {
    const { file: recordFile, digest } = kept.at(-1)!
    const { record } = JSON.parse(fromUtf8(recordFile)!) as { record: string }
    const { jti } = JSON.parse(Buffer.from(record.split('.')[1]!, 'base64url').toString()) as { jti: string }
    const path = `/v1/records/${jti.split(':').at(-1)}/evidence`
    const [zip, again] = [await (await gateway.get(path)).bytes(), await (await gateway.get(path)).bytes()]
    expect(Buffer.compare(zip, again), 'the same bytes each time').to.equal(0)

    const entries = unzipSync(zip)
    expect(Object.keys(entries)).to.have.members([
      'record.json',
      'digest.txt',
      'statement.jws',
      'receipt.tlog-proof',
      'block-header.json',
      'trust.json',
      'README.txt',
    ])
    const text = (name: string) => strFromU8(entries[name]!)
    expect(text('digest.txt').trim()).to.equal(digest)
    expect(text('statement.jws').trim()).to.equal(record)
    const itsTrust = parseTrust(entries['trust.json']!)
    expect(itsTrust).to.deep.equal(trust)
    const rpc = createRpc(gateway.chainUrl)
    const options = { digest: new Uint8Array(Buffer.from(digest!, 'hex')) }
    const view = liveView(rpc, itsTrust.contracts)
    const { verdict, anchor } = await verify(entries['record.json']!, itsTrust, view, now(), options)
    expect(verdict).to.equal('VALID')

    const { index, hashes, signedCheckpoint } = parseLogProof(text('receipt.tlog-proof'))
    const { size, root } = openCheckpoint(signedCheckpoint, parseNoteKey(itsTrust.logs[0]!.noteKey))
    expect(verifyInclusion({ leaf: leafHash(record), index, size, proof: hashes, root })).to.equal(true)
    const header = JSON.parse(text('block-header.json')) as {
      number: string
      hash: string
      timestamp: string
    }
    expect(header).to.deep.equal(
      await rpc.call('eth_getBlockByNumber', [toQuantity(anchor!.blockNumber), false]),
    )
    expect(Number(header.timestamp)).to.equal(anchor!.blockTime)
    expect(text('README.txt')).to.include(digest).and.to.include('npx onceproof verify record.json')
  })

  it('after a restart of gateway and chain everything says what it said', async () => {
    expect(kept.map(({ verdict }) => verdict)).to.include.members(['VALID', 'SUPERSEDED', 'REVOKED'])
    await gateway.stop({ andChain: true })
    await gateway.restart()
    for (const { name, file: bytes, verdict, digest } of kept) {
      expect((await verdictByGateway(bytes, digest)).verdict, name).to.equal(verdict)
      const options = digest === undefined ? {} : { digest: new Uint8Array(Buffer.from(digest, 'hex')) }
      expect(await verdictByStranger(bytes, options), name).to.equal(verdict)
    }
    expect((await fetch(`${gateway.url}/readyz`)).status).to.equal(200)
    await issue(gateway, 'RIC')
  })
})
