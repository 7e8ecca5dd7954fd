import { closeSync, fstatSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { parseTrust } from '../../protocol/trust.ts'
import type { CheckedGateway } from '../../scripts/drills/asking.ts'
import { checkConsent } from '../../scripts/drills/check-consent.ts'
import { checkDesk } from '../../scripts/drills/check-desk.ts'
import { checkTold, type ToldCheck } from '../../scripts/drills/check-told.ts'
import { HAMMERED_ENV, prepareForHammer, startHammer, type Hammer } from '../../scripts/drills/hammer.ts'
import { readTold, type Told } from '../../scripts/drills/told.ts'
import { createRpc } from '../../server/chain/rpc.ts'
import { openGateway, temporaryFolder, type OpenedGateway } from '../support/opened-gateway.ts'

/** Grants that somebody withdrew. */
const ended = (lines: readonly Told[]) =>
  new Set(lines.filter(({ what }) => what === 'withdrawal').map(({ grant }) => grant))

describe('the hammer and its oracle', function () {
  this.timeout(600_000)
  let gateway: OpenedGateway
  let checked: CheckedGateway
  let file: string
  let told: Told[]
  let hammer: Hammer

  before(async () => {
    gateway = await openGateway({ env: { ...HAMMERED_ENV, ONCEPROOF_SEAL_AFTER_MS: '50' } })
    const folder = temporaryFolder()
    file = join(folder, 'told.ndjson')
    const trustPath = join(folder, 'trust.json')
    writeFileSync(trustPath, await (await gateway.request('/v1/trust')).text())
    checked = { url: gateway.url, token: gateway.token, chainUrl: gateway.chainUrl, trustPath }
    await prepareForHammer(gateway)
    await prepareForHammer(gateway)
    const people = { grant: 3, use: 3, withdrawal: 1, desk: 1 }
    const mix = { certificate: 2, batch: 1, record: 2, status: 4, verify: 2, receipt: 2, ...people }
    hammer = await startHammer({ gateway, file, seed: 'told', mix, batchRows: [2, 6] })
    const kinds = ['accepted', 'revoked', 'final', 'verdict'] as const
    const done = ['key', 'use', 'withdrawal', 'approval'] as const
    const isWhole = () => {
      const lines = readTold(file)
      return (
        kinds.every(kind => lines.some(line => line.told === kind)) &&
        done.every(what => lines.some(line => line.what === what && line.told !== 'lost')) &&
        lines.some(line => line.what === 'use' && line.told === 'refused') &&
        lines.some(
          ({ what, told: kind, grant }) => what === 'use' && kind === 'accepted' && !ended(lines).has(grant),
        )
      )
    }
    do await hammer.acknowledge(120)
    while (!isWhole())
    await hammer.finish()
    told = readTold(file)
  })
  after(() => gateway.close())

  type Change = (line: Told) => Told | readonly Told[]
  const PATIENCE_MS = 10_000
  const deskSays = async (change: Change) =>
    (await checkDesk(checked, told.flatMap(change), PATIENCE_MS)).violations
  const consentSays = async (change: Change) => {
    const facts = { rpc: createRpc(checked.chainUrl), trust: parseTrust(readFileSync(checked.trustPath)) }
    const lines = told.flatMap(change)
    return (await checkConsent(checked, { ...facts, lines, patienceMs: PATIENCE_MS })).violations
  }

  /** What the oracle says when clients had been told this instead. */
  async function judgement(change: Change): Promise<ToldCheck> {
    const planted = `${file}.planted`
    const lines = told.flatMap(change)
    writeFileSync(planted, lines.map(line => `${JSON.stringify(line)}\n`).join(''))
    return checkTold(checked, planted)
  }
  const judged = async (change: Change) => (await judgement(change)).violations

  const first = (is: (line: Told) => boolean): Told => {
    const line = told.find(is)
    if (line === undefined) throw new Error(`nobody was told: ${is.toString()}`)
    return line
  }
  const isAbout = (line: Told) => (other: Told) => other.key === line.key && other.row === line.row

  it('finds everything as clients were told it', async () => {
    const { violations, figures, lost } = await checkTold(checked, file)
    expect(violations).to.deep.equal([])
    expect(lost).to.equal(0)
    expect(figures.acknowledged).to.be.at.least(120)
    expect(figures.certificates).to.be.greaterThan(0)
    expect(figures.records).to.be.greaterThan(0)
    expect(figures.orders).to.be.greaterThan(0)
    expect(figures.batches).to.be.greaterThan(0)
    expect(figures.grants).to.be.greaterThan(0)
    expect(figures.uses).to.be.greaterThan(0)
    expect(figures.withdrawals).to.be.greaterThan(0)
    expect(figures.deskBatches).to.be.greaterThan(0)
    expect(figures.final).to.be.greaterThan(0)
    expect(figures.verdicts).to.be.greaterThan(0)
  })

  it('notes each answer as one line, in the order in which clients went on', () => {
    const whole = readFileSync(file, 'utf8').split('\n')
    expect(whole.at(-1)).to.equal('')
    expect(told).to.have.length(whole.length - 1)
    expect(told[0]).to.include({ told: 'started', what: 'log' })
    for (const { asked, at } of told) expect(asked).to.be.at.most(at)
  })

  it('closes its file once, however often it is ended, and never what has got the number since', async () => {
    const since = Array.from({ length: 64 }, () => openSync(file, 'r'))
    try {
      expect(await hammer.abandon()).to.equal(await hammer.finish())
      for (const other of since) expect(() => fstatSync(other)).not.to.throw()
    } finally {
      for (const other of since) closeSync(other)
    }
  })

  it('names an acknowledged record that the gateway does not have', async () => {
    const record = first(({ what }) => what === 'record')
    const lost = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
    const check = await judgement(line => (isAbout(record)(line) ? { ...line, id: lost } : line))
    expect(check.violations.join('\n')).to.contain(`record ${lost}`).and.to.contain('does not have it')
    expect(check.lost).to.equal(1)
  })

  it('names a statement that stands at another index than was told', async () => {
    const one = first(({ what }) => what === 'certificate')
    const violations = await judged(line => (isAbout(one)(line) ? { ...line, index: 9_999 } : line))
    expect(violations.join('\n')).to.contain(one.identifier).and.to.contain('told index 9999')
  })

  it('names a certificate that says something else than it was asked to say', async () => {
    const one = first(({ what }) => what === 'certificate')
    const row = first(({ what }) => what === 'batch')
    const check = await judgement(line => (isAbout(one)(line) ? { ...line, content: row.content! } : line))
    expect(check.violations).to.deep.equal([
      `certificate ${one.identifier} (key ${one.key}, leaf ${one.leaf}): it does not say what it was asked to say`,
    ])
    expect(check.lost).to.equal(1)
  })

  it('names the rows of a batch of the issuing desk that were issued in the place of each other', async () => {
    const approval = first(({ what, told: kind }) => what === 'approval' && kind === 'stored')
    const swapped = (contents: string[]) => [contents[1]!, contents[0]!, ...contents.slice(2)]
    const violations = await judged(line =>
      line.id === approval.id && line.contents !== undefined
        ? { ...line, contents: swapped(line.contents) }
        : line,
    )
    expect(violations).to.have.length(2)
    for (const violation of violations)
      expect(violation).to.contain(`desk ${approval.id}`).and.to.contain('does not say what it was asked')
  })

  it('names a certificate whose status is not as it was told', async () => {
    const order = first(line => line.told === 'revoked')
    const violations = await judged(line => (isAbout(order)(line) ? [] : line))
    expect(violations.join('\n')).to.contain(`${order.identifier}`).and.to.contain('the chain says REVOKED')
  })

  it('names what is in the log without anybody having been told', async () => {
    const record = first(({ what }) => what === 'record')
    const violations = await judged(line => (isAbout(record)(line) ? [] : line))
    expect(violations).to.deep.equal([`nobody was told of the statements at ${record.index} (1 in all)`])
  })

  it('names a key that had two effects', async () => {
    const [one, two] = told.filter(({ what }) => what === 'record')
    const violations = await judged(line => (isAbout(two!)(line) ? { ...line, key: one!.key } : line))
    expect(violations.join('\n')).to.contain(`the key ${one!.key} had two effects`)
  })

  it('names half a batch', async () => {
    const batch = first(({ what }) => what === 'batch')
    const violations = await judged(line =>
      line.key === batch.key ? { ...line, rows: (line.rows ?? 0) + 1 } : line,
    )
    expect(violations.join('\n')).to.contain('half a batch').and.to.contain(batch.id)
  })

  it('names half a batch of the issuing desk', async () => {
    const { id, rows } = first(line => line.what === 'approval' && line.told === 'stored')
    const violations = await deskSays(line => (line.id === id ? { ...line, rows: rows! + 1 } : line))
    expect(violations).to.include(`half a batch of the desk: ${id}, ${rows} of ${rows! + 1} rows`)
  })

  it('names a batch of the issuing desk that nobody approved', async () => {
    const { id } = first(line => line.what === 'approval' && line.told === 'stored')
    const violations = await deskSays(line => (line.id === id && line.what === 'approval' ? [] : line))
    expect(violations).to.include(`batch ${id} of the desk: nobody approved it, and it is issued`)
  })

  it('names an acknowledged grant that the gateway does not have', async () => {
    const given = first(line => line.what === 'grant' && line.told === 'stored')
    const lost = `0x${'00'.repeat(32)}`
    const violations = await consentSays(line => (isAbout(given)(line) ? { ...line, grant: lost } : line))
    expect(violations).to.include(`grant ${lost}: the gateway does not have it`)
  })

  it('names a withdrawal that had no effect, and the use that came after it', async () => {
    const use = first(line => line.what === 'use' && line.told === 'accepted' && !ended(told).has(line.grant))
    const { grant } = use as Required<Told>
    const withdrawal: Told = { told: 'stored', what: 'withdrawal', key: 'k', asked: 1, at: 2, grant }
    const violations = await consentSays(line => (line === use ? [withdrawal, use] : line))
    expect(violations).to.include(`grant ${grant}: its withdrawal was acknowledged, and it is not withdrawn`)
    expect(violations).to.include(`use ${use.id} (key ${use.key}): the grant ${grant} was withdrawn before`)
  })

  it('names a use that is not in the trail, and one that nobody was told of', async () => {
    const use = first(line => line.what === 'use' && line.told === 'accepted')
    const lost = '01ARZ3NDEKTSV4RRFFQ69G5FAV'
    const violations = await consentSays(line => (isAbout(use)(line) ? { ...line, id: lost } : line))
    expect(violations).to.include(`use ${lost} (key ${use.key}): the trail has it 0 times`)
    expect(violations).to.include(`nobody was told of the use ${use.id} of the grant ${use.grant}`)
  })

  it('names a use that was refused though nobody had withdrawn its grant', async () => {
    const refused = first(line => line.what === 'use' && line.told === 'refused')
    const violations = await consentSays(line =>
      line.what === 'withdrawal' && line.grant === refused.grant ? [] : line,
    )
    expect(violations).to.include(
      `use of the grant ${refused.grant} (key ${refused.key}) was refused: GRANT_WITHDRAWN`,
    )
  })

  it('names what was called final and is so no more', async () => {
    const final = first(line => line.told === 'final')
    const block = { ...final.block!, hash: `0x${'00'.repeat(32)}` }
    const violations = await judged(line => (line === final ? { ...line, block } : line))
    expect(violations).to.deep.equal([
      `the leaf ${final.leaf} was told final in block ${block.number}, and is so no more`,
    ])
  })

  it('names a verdict that came after the revocation and says valid', async () => {
    const order = first(line => line.told === 'revoked')
    const verdict = first(line => line.told === 'verdict')
    const late = { asked: order.at + 1, at: order.at + 2, identifier: order.identifier!, verdict: 'VALID' }
    const violations = await judged(line => (line === verdict ? { ...line, ...late } : line))
    expect(violations.join()).to.contain(`${order.identifier}: revoked`).and.to.contain('says VALID')
  })

  it('names a good write that was refused', async () => {
    const record = first(({ what }) => what === 'record')
    const refusal: Told = { told: 'refused', what: 'record', key: 'k', asked: 1, at: 2, code: 'INTERNAL' }
    const violations = await judged(line => (isAbout(record)(line) ? refusal : line))
    expect(violations.join('\n')).to.contain('(key k) was refused: INTERNAL')
  })
})
