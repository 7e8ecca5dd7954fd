import { expect } from 'chai'
import { onceOf } from '../../../server/issuing/carry-out.ts'
import { proposalOf } from '../../../server/issuing/proposals.ts'
import { changeStatus } from '../../../server/status/change.ts'
import { certificateOf } from '../../../server/certificates/read.ts'
import {
  answerOf,
  exampleRow,
  freshKey,
  issue,
  openGateway,
  publish,
  until,
  untilAllFinal,
  type Asking,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { problemIn } from '../http/gateway.ts'

interface Proposal {
  id: string
  state: string
  digest: string
  problem: string | null
  remark: string | null
  successor: string | null
  changes: { field: string; before: unknown; after: unknown }[]
}

describe('a change of one certificate, by two people of its department', () => {
  let gateway: OpenedGateway
  let maker: Asking
  let checker: Asking
  const signIn = () => {
    maker = gateway.as({ role: 'maker', department: 'GAJ' })
    checker = gateway.as({ role: 'checker', department: 'GAJ' })
  }

  before(async () => {
    gateway = await openGateway()
    await publish(gateway, 'RIC', 'MAR')
    signIn()
  })
  after(() => gateway.close())

  const codeOf = async (response: Response | Promise<Response>) => (await problemIn(await response)).code
  const ask = (identifier: string, body: unknown, who = maker) =>
    who.post(`/v1/certificates/${identifier}/proposals`, body)
  const propose = (identifier: string, body: unknown) => answerOf<Proposal>(ask(identifier, body), 201)
  const proposal = (id: string) => answerOf<Proposal>(checker.get(`/v1/proposals/${id}`), 200)
  const approve = ({ id, digest }: Pick<Proposal, 'id' | 'digest'>, who = checker) =>
    who.post(`/v1/proposals/${id}/approve`, { digest })
  const untilDone = (id: string) => until(async () => (await proposal(id)).state === 'done')
  const stateOf = (identifier: string) =>
    answerOf<{ standing: string; changes: { action: string; reason: string }[] }>(
      gateway.get(`/v1/certificates/${identifier}/state`),
    )

  it('is proposed by one and approved by another: suspended, resumed, revoked', async () => {
    const { identifier } = await issue(gateway, 'RIC')
    for (const [action, reason, standing] of [
      ['suspend', 'REPORTED_LOST', 'SUSPENDED'],
      ['resume', 'REPORTED_LOST', 'ACTIVE'],
      ['revoke', 'HOLDER_REQUEST', 'REVOKED'],
    ]) {
      const made = await propose(identifier, { action, reason, effective: '2026-03-01T00:00:00Z' })
      expect(made.state).to.equal('proposed')
      await answerOf(approve(made), 202)
      await untilDone(made.id)
      await untilAllFinal(gateway)
      expect((await stateOf(identifier)).standing).to.equal(standing)
    }
    const { changes } = await stateOf(identifier)
    expect(changes.map(({ action }) => action)).to.deep.equal(['suspend', 'resume', 'revoke'])
    const { proposals } = await answerOf<{ proposals: { identifier: string }[] }>(
      gateway
        .as({ role: 'supervisor', department: 'GAJ' })
        .get(`/v1/proposals?identifier=${identifier}&state=done`),
    )
    expect(proposals.map(one => one.identifier)).to.deep.equal([identifier, identifier, identifier])
    const listed = async (standing: string, limit: number) =>
      answerOf<{ certificates: { identifier: string; standing: string }[]; before: number | null }>(
        maker.get(`/v1/certificates?standing=${standing}&limit=${limit}`),
      )
    const revoked = await listed('REVOKED', 1)
    expect(revoked.certificates.map(one => one.identifier)).to.deep.equal([identifier])
    expect(revoked.before).to.be.a('number')
    expect((await listed('SUSPENDED', 10)).certificates).to.deep.equal([])
    expect(await codeOf(ask(identifier, { action: 'suspend', reason: 'UNDER_REVIEW' }))).to.equal(
      'STATUS_ALREADY',
    )
  })

  it('replaces a certificate by its next version, after the checker has seen what differs', async () => {
    const { identifier } = await issue(gateway, 'RIC')
    const fields = { ...exampleRow('RIC'), address: '云岭市望山区二路2号' }
    const made = await propose(identifier, { action: 'supersede', reason: 'HOLDER_CHANGE', fields })
    const { changes } = await proposal(made.id)
    expect(changes).to.deep.equal([
      { field: 'address', before: exampleRow('RIC')['address'], after: '云岭市望山区二路2号' },
    ])
    await answerOf(approve(made), 202)
    await untilDone(made.id)
    const { successor } = await proposal(made.id)
    expect(successor).to.match(/\.002\.[0-9A-Z]$/)
    await untilAllFinal(gateway)
    expect((await stateOf(identifier)).standing).to.equal('SUPERSEDED')
    expect((await stateOf(successor!)).standing).to.equal('ACTIVE')
  })

  it('refuses the proposer, an old sign-in, another department, and another digest', async () => {
    const { identifier } = await issue(gateway, 'RIC')
    const made = await propose(identifier, { action: 'revoke', reason: 'ISSUED_IN_ERROR' })
    const as = (who: Parameters<OpenedGateway['as']>[0]) => codeOf(approve(made, gateway.as(who)))
    const { subject } = maker.caller
    expect(await as({ role: 'checker', department: 'GAJ', subject })).to.equal('PROPOSAL_OWN_APPROVAL')
    expect(await as({ role: 'checker', department: 'GAJ', signedIn: null })).to.equal('STEP_UP_REQUIRED')
    expect(await as({ role: 'checker', department: 'MZJ' })).to.equal('ACCESS_NOT_OWN')
    expect(await as({ role: 'maker', department: 'GAJ' })).to.equal('ACCESS_DENIED')
    const other = { ...made, digest: `0x${'1'.repeat(64)}` }
    expect(await codeOf(approve(other))).to.equal('PROPOSAL_DIGEST_DIFFERS')
    expect((await stateOf(identifier)).changes).to.deep.equal([])
    expect((await proposal(made.id)).state).to.equal('proposed')
  })

  it('refuses reasons that the catalogue does not have, and a second proposal while one is open', async () => {
    const { identifier } = await issue(gateway, 'RIC')
    await untilAllFinal(gateway)
    const before = gateway.rowCounts()
    expect(await codeOf(ask(identifier, { action: 'revoke', reason: 'REPORTED_LOST' }))).to.equal(
      'STATUS_REASON',
    )
    expect(await codeOf(ask(identifier, { action: 'suspend', reason: 'BECAUSE' }))).to.equal('STATUS_REASON')
    expect(await codeOf(ask(identifier, { action: 'resume', reason: 'UNDER_REVIEW' }))).to.equal(
      'STATUS_NOT_SUSPENDED',
    )
    const bad = { action: 'supersede', reason: 'HOLDER_CHANGE', fields: { ...exampleRow('RIC'), sex: '？' } }
    expect(await codeOf(ask(identifier, bad))).to.equal('ROWS_INVALID')
    expect(await codeOf(ask(identifier, { action: 'supersede', reason: 'HOLDER_CHANGE' }))).to.equal(
      'INPUT_INVALID',
    )
    const stranger = gateway.as({ role: 'maker', department: 'MZJ' })
    expect(await codeOf(ask(identifier, { action: 'revoke', reason: 'HOLDER_REQUEST' }, stranger))).to.equal(
      'ACCESS_NOT_OWN',
    )
    expect(gateway.rowCounts()).to.deep.equal(before)

    const made = await propose(identifier, { action: 'suspend', reason: 'UNDER_REVIEW' })
    expect(await codeOf(ask(identifier, { action: 'revoke', reason: 'HOLDER_REQUEST' }))).to.equal(
      'PROPOSAL_OPEN',
    )
    await answerOf(checker.post(`/v1/proposals/${made.id}/reject`, { reason: '尚无依据' }), 200)
    const { state, remark } = await proposal(made.id)
    expect([state, remark]).to.deep.equal(['rejected', '尚无依据'])
    expect(await codeOf(approve(made))).to.equal('PROPOSAL_STATE')
    const again = await propose(identifier, { action: 'revoke', reason: 'HOLDER_REQUEST' })
    await answerOf(
      maker.request(`/v1/proposals/${again.id}/withdraw`, {
        method: 'POST',
        headers: { 'idempotency-key': freshKey() },
      }),
      200,
    )
    expect(await codeOf(approve(again))).to.equal('PROPOSAL_STATE')
  })

  it('is carried out once when the gateway ends after the approval, or after the order was accepted', async () => {
    const made: { id: string; identifier: string }[] = []
    for (let i = 0; i < 2; i++) {
      const { identifier } = await issue(gateway, 'RIC')
      const { id } = await propose(identifier, { action: 'suspend', reason: 'UNDER_REVIEW' })
      made.push({ id, identifier })
    }
    const [early, late] = made as [(typeof made)[0], (typeof made)[0]]
    const { world } = gateway
    await world.store.approveProposal(early.id, 'a checker', (await proposalOf(world, early.id)).digest, null)
    // The order is accepted, but the proposal does not know it.
    const request = { action: 'suspend' as const, reason: 'UNDER_REVIEW', effective: null }
    await changeStatus(
      world,
      await certificateOf(world, late.identifier),
      request,
      onceOf('proposal', late.id),
    )
    await world.store.approveProposal(late.id, 'a checker', (await proposalOf(world, late.id)).digest, null)
    await gateway.close({ andChain: false })
    gateway = await openGateway({ after: gateway })
    signIn()
    for (const { id, identifier } of made) {
      await untilDone(id)
      expect((await stateOf(identifier)).changes).to.have.lengthOf(1)
    }
  })

  it('that became impossible meanwhile goes back with the reason, and nothing is done', async () => {
    const { identifier } = await issue(gateway, 'RIC')
    const made = await propose(identifier, { action: 'suspend', reason: 'UNDER_REVIEW' })
    await answerOf(
      gateway.post(`/v1/certificates/${identifier}/status`, { action: 'revoke', reason: 'LAW_ENFORCEMENT' }),
    )
    await answerOf(approve(made), 202)
    await until(async () => (await proposal(made.id)).state === 'rejected')
    expect((await proposal(made.id)).problem).to.equal('STATUS_ALREADY')
    expect((await stateOf(identifier)).changes.map(({ action }) => action)).to.deep.equal(['revoke'])
  })

  it('is listed for its department only', async () => {
    const list = async (who: Asking) =>
      (await answerOf<{ proposals: Proposal[] }>(who.get('/v1/proposals?limit=100'))).proposals.length
    expect(await list(maker)).to.be.greaterThan(3)
    expect(await list(gateway.as({ role: 'checker', department: 'MZJ' }))).to.equal(0)
  })
})
