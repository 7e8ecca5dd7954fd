/**
 * A type goes from one department to another: the certificates of the first stay the first's to suspend and revoke, new ones are the
 * second's to issue, and nothing is done half.
 */
import { expect } from 'chai'
import { demoRegion, typeIn } from '../../../server/catalogue/region.ts'
import {
  admit,
  answerOf,
  exampleRow,
  fileOf,
  issue,
  endSoon,
  openGateway,
  publish,
  until,
  untilAllFinal,
  type Asking,
  type Issued,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { problemIn } from '../http/gateway.ts'

interface Proposal {
  id: string
  digest: string
  state: string
  problem: string | null
}

const OLD = 'MZJ'
const NEW = 'GAJ'
const first = typeIn(demoRegion(), 'LOW')
const second = {
  ...first,
  version: 2,
  issuer: NEW,
  fields: [
    ...first.fields,
    {
      key: 'handedOver',
      zh: '移交说明',
      en: 'Handover',
      type: 'string',
      required: true,
      level: 'controlled',
      mask: 'name',
      example: '移交',
    },
  ],
}
const OTHER = 'CERTIFICATE_OF_ANOTHER_DEPARTMENT'

describe('a type that goes to another department', function () {
  let gateway: OpenedGateway
  let oldMaker: Asking
  let oldChecker: Asking
  let newMaker: Asking
  let newChecker: Asking
  const old: Issued[] = []
  /** Proposed before, under the version that was the newest then. */
  let early: Proposal
  const fields = exampleRow('LOW')
  const newFields = { ...fields, handedOver: '移交' }

  before(async () => {
    gateway = await openGateway()
    await publish(gateway, 'LOW')
    await admit(gateway, NEW)
    oldMaker = gateway.as({ role: 'maker', department: OLD })
    oldChecker = gateway.as({ role: 'checker', department: OLD })
    newMaker = gateway.as({ role: 'maker', department: NEW })
    newChecker = gateway.as({ role: 'checker', department: NEW })
    for (let n = 0; n < 6; n++) old.push(await issue(gateway, 'LOW'))
    await untilAllFinal(gateway)
    early = await propose(old[5]!, { action: 'supersede', reason: 'HOLDER_CHANGE', fields })
  })
  after(() => gateway.close())

  const refusalOf = async (asked: Promise<Response>) => {
    const response = await asked
    return `${response.status} ${(await problemIn(response)).code}`
  }
  const propose = ({ identifier }: Issued, body: unknown, who = oldMaker) =>
    answerOf<Proposal>(who.post(`/v1/certificates/${identifier}/proposals`, body), 201)
  const approve = ({ id, digest }: Proposal, who = oldChecker) =>
    who.post(`/v1/proposals/${id}/approve`, { digest })
  const proposal = ({ id }: Proposal, who = oldChecker) =>
    answerOf<Proposal>(who.get(`/v1/proposals/${id}`), 200)
  const order = ({ identifier }: Issued, action: string, reason: string) =>
    answerOf(gateway.post(`/v1/certificates/${identifier}/status`, { action, reason }), 200)
  const verdictOf = async ({ identifier }: Issued) => {
    await untilAllFinal(gateway)
    const { verdict } = await answerOf<{ verdict: string }>(
      gateway.request('/v1/verify', {
        method: 'POST',
        headers: { 'content-type': 'application/vnd.onceproof+json' },
        body: new Uint8Array(await fileOf(gateway, identifier)),
      }),
    )
    return verdict
  }
  const supersede = ({ identifier }: Issued, row: unknown) =>
    gateway.post(`/v1/certificates/${identifier}/successor`, { fields: row, reason: 'HOLDER_CHANGE' })

  it('goes there in two steps: its permit ends, and a version of the other department is published', async () => {
    expect(await refusalOf(gateway.post('/v1/types', { definition: second }))).to.equal('409 PERMIT_HELD')
    await endSoon(until => gateway.post(`/v1/departments/${OLD}/permits/LOW/end`, { until }))
    const before = gateway.rowCounts()
    expect(await refusalOf(gateway.post('/v1/certificates', { type: 'LOW', fields }))).to.equal(
      '409 PERMIT_NOT_HELD',
    )
    expect(await refusalOf(supersede(old[0]!, fields))).to.equal('409 PERMIT_NOT_HELD')
    expect(gateway.rowCounts(), 'between the two nobody issues').to.deep.equal(before)
    await answerOf(gateway.post('/v1/types', { definition: second }), 201)
  })

  it('is issued by the other one from then on, and what was issued before stays valid', async () => {
    const issued = await answerOf<Issued>(
      gateway.post('/v1/certificates', { type: 'LOW', fields: newFields }),
      201,
    )
    expect(await verdictOf(issued)).to.equal('VALID')
    expect(await verdictOf(old[0]!)).to.equal('VALID')
  })

  it('leaves old certificates to the one that issued them: suspended, resumed and revoked by its order', async () => {
    await order(old[0]!, 'suspend', 'REPORTED_LOST')
    expect(await verdictOf(old[0]!)).to.equal('SUSPENDED')
    await order(old[0]!, 'resume', 'REPORTED_LOST')
    expect(await verdictOf(old[0]!)).to.equal('VALID')
    await order(old[0]!, 'revoke', 'ISSUED_IN_ERROR')
    expect(await verdictOf(old[0]!)).to.equal('REVOKED')
  })

  it('leaves them to its two people too; those of the other one cannot order them', async () => {
    const revoke = { action: 'revoke', reason: 'ISSUED_IN_ERROR' }
    const foreign = newMaker.post(`/v1/certificates/${old[1]!.identifier}/proposals`, revoke)
    expect(await refusalOf(foreign)).to.equal('403 ACCESS_NOT_OWN')
    const made = await propose(old[1]!, revoke)
    expect(await refusalOf(approve(made, newChecker))).to.equal('403 ACCESS_NOT_OWN')
    await answerOf(approve(made), 202)
    await until(async () => (await proposal(made)).state === 'done')
    expect(await verdictOf(old[1]!)).to.equal('REVOKED')
  })

  it('is not replaced across the two: refused with who issues it now, and nothing is written', async () => {
    const before = gateway.rowCounts()
    // Under whichever version the fields are given, and whatever is wrong with them.
    for (const row of [fields, newFields, {}]) {
      const problem = await problemIn(await supersede(old[2]!, row))
      expect([problem.status, problem.code, problem.expected, problem.found]).to.deep.equal([
        409,
        OTHER,
        NEW,
        OLD,
      ])
    }
    const proposed = oldMaker.post(`/v1/certificates/${old[2]!.identifier}/proposals`, {
      action: 'supersede',
      reason: 'HOLDER_CHANGE',
      fields: newFields,
    })
    expect(await refusalOf(proposed)).to.equal(`409 ${OTHER}`)
    expect(gateway.rowCounts()).to.deep.equal(before)
    expect(await verdictOf(old[2]!)).to.equal('VALID')
  })

  it('is not replaced by a proposal from before either: it goes back to its makers', async () => {
    const { certificates, statements } = gateway.rowCounts()
    await answerOf(approve(early), 202)
    await until(async () => (await proposal(early)).problem !== null)
    const { state, problem } = await proposal(early)
    expect([state, problem]).to.deep.equal(['rejected', OTHER])
    const after = gateway.rowCounts()
    expect([after['certificates'], after['statements']]).to.deep.equal([certificates, statements])
    expect(await verdictOf(old[5]!)).to.equal('VALID')
  })

  it('is replaced as the refusal says: the new one issues, then the old one revokes', async () => {
    const issued = await answerOf<Issued>(
      gateway.post('/v1/certificates', { type: 'LOW', fields: newFields }),
      201,
    )
    await order(old[2]!, 'revoke', 'HOLDER_CHANGE')
    expect([await verdictOf(issued), await verdictOf(old[2]!)]).to.deep.equal(['VALID', 'REVOKED'])
  })

  it('is superseded by the new one among its own, under the newest version', async () => {
    const issued = await answerOf<Issued>(
      gateway.post('/v1/certificates', { type: 'LOW', fields: newFields }),
      201,
    )
    await untilAllFinal(gateway)
    expect(await refusalOf(supersede(issued, { ...newFields, headName: 7 }))).to.equal('422 ROWS_INVALID')
    const { certificate } = await answerOf<{ certificate: Issued }>(supersede(issued, newFields), 201)
    expect([await verdictOf(certificate), await verdictOf(issued)]).to.deep.equal(['VALID', 'SUPERSEDED'])
  })
})
