import { expect } from 'chai'
import {
  admit,
  exampleRow,
  freshKey,
  publish,
  sharedGateway,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'

interface Answer {
  certificates: { index: number }[]
  leftOut?: { rows: number[]; errors: { row: number; field: string; code: string }[] }
}

describe('a batch with bad rows', () => {
  let gateway: OpenedGateway

  before(async () => {
    gateway = await sharedGateway()
    await admit(gateway, 'GAJ')
    await publish(gateway, 'RIC')
  })

  /** What a batch could add; checkpoints come by themselves. */
  const issued = () => {
    const { certificates, statements, answers } = gateway.rowCounts()
    return { certificates, statements, answers }
  }

  const send = async (body: unknown, key: string) => {
    const response = await gateway.post('/v1/certificates/batch', body, { 'idempotency-key': key })
    return { status: response.status, body: (await response.json()) as Answer & { code?: string } }
  }

  it('issues the good rows and names the others, when the request says so; once, however often it is sent', async () => {
    const rows = [exampleRow('RIC'), { ...exampleRow('RIC'), sex: 'X' }, exampleRow('RIC')]
    const key = freshKey()
    const { status, body } = await send({ type: 'RIC', rows, badRows: 'leaveOut' }, key)
    expect(status).to.equal(201)
    expect(body.certificates).to.have.lengthOf(2)
    expect(body.leftOut!.rows).to.deep.equal([0, 2])
    expect(body.leftOut!.errors.map(({ row, field, code }) => [row, field, code])).to.deep.equal([
      [1, 'sex', 'FIELD_ENUM'],
    ])

    const counts = issued()
    expect((await send({ type: 'RIC', rows, badRows: 'leaveOut' }, key)).body).to.deep.equal(body)
    expect(issued()).to.deep.equal(counts)
  })

  it('is refused whole by default, and when no row is good', async () => {
    const bad = { ...exampleRow('RIC'), sex: 'X' }
    const counts = issued()
    expect((await send({ type: 'RIC', rows: [exampleRow('RIC'), bad] }, freshKey())).body.code).to.equal(
      'ROWS_INVALID',
    )
    expect((await send({ type: 'RIC', rows: [bad], badRows: 'leaveOut' }, freshKey())).body.code).to.equal(
      'ROWS_INVALID',
    )
    expect(issued()).to.deep.equal(counts)
  })
})
