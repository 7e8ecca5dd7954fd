/** Orders about one certificate that come at the same time: each is decided knowing what was decided before. */
import { expect } from 'chai'
import {
  issue,
  openGateway,
  publish,
  untilAllFinal,
  type Issued,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'

interface Order {
  id: string
  state: string
  code?: string
}

describe('orders about one certificate at once', () => {
  let gateway: OpenedGateway

  before(async () => {
    gateway = await openGateway()
    await publish(gateway, 'RIC')
  })
  after(() => gateway.close())

  const order = async ({ identifier }: Issued, action: string, key: string) => {
    const reason = action === 'revoke' ? 'HOLDER_REQUEST' : 'UNDER_REVIEW'
    const path = `/v1/certificates/${identifier}/status`
    const response = await gateway.post(path, { action, reason }, { 'idempotency-key': key })
    return { status: response.status, ...((await response.json()) as Order) }
  }

  it('accepts one of those that exclude each other, and refuses the others before anything is logged', async () => {
    const certificate = await issue(gateway, 'RIC')
    const before = gateway.rowCounts()['statements']!
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => order(certificate, 'revoke', `revoke-at-once-${n}`)),
    )
    expect(answers.filter(({ status }) => status === 200)).to.have.length(1)
    expect(answers.filter(({ code }) => code === 'STATUS_ALREADY')).to.have.length(7)
    expect(gateway.rowCounts()['statements']! - before).to.equal(1)
  })

  it('gives the same answer to everybody who asks under one key, also while the first is under way', async () => {
    const certificate = await issue(gateway, 'RIC')
    const before = gateway.rowCounts()['statements']!
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => order(certificate, 'suspend', 'suspend-under-one-key')),
    )
    expect(answers.map(({ status }) => status)).to.deep.equal(Array(8).fill(200))
    expect(new Set(answers.map(({ id }) => id)).size).to.equal(1)
    expect(gateway.rowCounts()['statements']! - before).to.equal(1)
  })

  it('lets two decide one after the other when both may be', async () => {
    const certificate = await issue(gateway, 'RIC')
    const answers = await Promise.all([
      order(certificate, 'suspend', 'suspend-and-revoke-1'),
      order(certificate, 'revoke', 'suspend-and-revoke-2'),
    ])
    await untilAllFinal(gateway)
    const revoked = answers[1]
    expect(revoked.status).to.equal(200)
    expect([200, 409]).to.include(answers[0].status)
    expect(answers[0].code ?? 'STATUS_ALREADY').to.equal('STATUS_ALREADY')
    const changes = await gateway.world.store.statusChanges(certificate.identifier)
    expect(changes.filter(({ state }) => state === 'refused')).to.deep.equal([])
  })
})
