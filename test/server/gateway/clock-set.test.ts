import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'chai'
import {
  admit,
  answerOf,
  exampleRow,
  freshKey,
  publish,
  sharedGateway,
  until,
  untilAllFinal,
  type Issued,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { problemIn } from '../http/gateway.ts'

const DAY = 86_400_000

describe('a gateway whose clock is set a day forward and back', () => {
  let gateway: OpenedGateway
  /** Milliseconds by which the clock is off. */
  let off = 0

  before(async () => {
    gateway = await sharedGateway()
    await admit(gateway, 'GAJ')
    await publish(gateway, 'RIC')
  })
  after(() => setTo(0))

  function setTo(wanted: number): void {
    gateway.advanceClock(wanted - off)
    off = wanted
  }

  /** As a client does that is told to come again. */
  async function issueUntilTaken(key: string): Promise<{ issued: Issued; refusals: string[] }> {
    const refusals: string[] = []
    for (;;) {
      const body = { type: 'RIC', fields: exampleRow('RIC') }
      const response = await gateway.post('/v1/certificates', body, { 'idempotency-key': key })
      if (response.status === 201) return { issued: (await response.json()) as Issued, refusals }
      refusals.push((await problemIn(response)).code)
      await pause(20)
    }
  }
  const stateOf = ({ identifier }: Issued) =>
    answerOf<{ standing: string; statement: { state: string; index: number } }>(
      gateway.get(`/v1/certificates/${identifier}/state`),
    )

  it('goes on issuing, anchoring and revoking, repeats nothing and undoes nothing', async () => {
    const places: number[] = []
    const revoked: Issued[] = []
    for (const at of [0, DAY, 0, -DAY, 0]) {
      setTo(at)
      const key = freshKey()
      const { issued, refusals } = await issueUntilTaken(key)
      // What waits for a block looks a day old until it is in one.
      expect(refusals.filter(code => code !== 'CHAIN_DOWN_TOO_LONG')).to.deep.equal([])
      const again = await issueUntilTaken(key)
      expect(again.issued.identifier).to.equal(issued.identifier)
      await untilAllFinal(gateway)
      const order = { action: 'revoke', reason: 'HOLDER_REQUEST' }
      await answerOf(gateway.post(`/v1/certificates/${issued.identifier}/status`, order), 200)
      revoked.push(issued)
      await until(async () => (await stateOf(issued)).standing === 'REVOKED')
      places.push((await stateOf(issued)).statement.index)
    }
    await untilAllFinal(gateway)
    expect(places).to.deep.equal(places.toSorted((a, b) => a - b))
    for (const issued of revoked) {
      const { standing, statement } = await stateOf(issued)
      expect([standing, statement.state]).to.deep.equal(['REVOKED', 'final'])
    }
  })
})
