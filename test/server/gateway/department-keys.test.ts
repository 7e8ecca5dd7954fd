import { setTimeout as pause } from 'node:timers/promises'
import { expect } from 'chai'
import {
  answerOf,
  exampleRow,
  fileOf,
  freshKey,
  issue,
  endSoon,
  openGateway,
  publish,
  untilAllFinal,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { problemIn } from '../http/gateway.ts'

interface Registration {
  keys: {
    keyId: string
    purpose: string
    generation: number
    state: string
    signUntil: number
    anchorUntil: number
    compromisedSince: number
  }[]
  permits: { type: string; from: number; until: number }[]
  suspensions: { from: number; until: number }[]
}

describe('the keys and permits of a department', () => {
  let gateway: OpenedGateway

  before(async () => {
    gateway = await openGateway()
    await publish(gateway, 'RIC', 'MAR', 'BIZ', 'TAX')
  })
  after(() => gateway.close())

  const registrationOf = (code: string) =>
    answerOf<Registration>(gateway.request(`/v1/departments/${code}/registration`), 200)
  const ask = (code: string, rest: string, body?: unknown, key = freshKey()) =>
    gateway.request(`/v1/departments/${code}/${rest}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${gateway.token}`,
        'idempotency-key': key,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  const change = (code: string, rest: string, body?: unknown, key?: string) =>
    answerOf<Registration>(ask(code, rest, body, key), 200)
  const refusal = async (code: string, rest: string, body?: unknown) =>
    (await problemIn(await ask(code, rest, body))).code
  const statesOf = ({ keys }: Registration, purpose: string) =>
    keys.filter(key => key.purpose === purpose).map(({ generation, state }) => `${generation} ${state}`)

  const finalFile = async (type: string) => {
    const { identifier } = await issue(gateway, type)
    await untilAllFinal(gateway)
    return fileOf(gateway, identifier)
  }
  const verdictOf = async (file: Uint8Array) => {
    const { verdict, answers } = await answerOf<{
      verdict: string
      answers: { authorised: { because: string } }
    }>(
      gateway.request('/v1/verify', {
        method: 'POST',
        headers: { 'content-type': 'application/vnd.onceproof+json' },
        body: new Uint8Array(file),
      }),
    )
    return `${verdict} ${answers.authorised.because}`
  }
  const kidOf = (file: Uint8Array) => {
    const { certificate } = JSON.parse(Buffer.from(file).toString()) as { certificate: string }
    const header = Buffer.from(certificate.split('.')[0]!, 'base64url').toString()
    return (JSON.parse(header) as { kid: string }).kid
  }
  const GOOD = 'VALID KEY_AND_PERMIT_IN_FORCE'

  it('rotate: the next generation signs, what the old one signed stays valid, and a repetition changes nothing', async () => {
    const before = await finalFile('RIC')
    const body = { purpose: 'issuing', generation: 2, overlapSeconds: 3_600 }
    const key = freshKey()
    const rotated = await change('GAJ', 'keys', body, key)
    expect(statesOf(rotated, 'issuing')).to.deep.equal(['2 current', '1 in force'])
    const [, old] = rotated.keys.filter(({ purpose }) => purpose === 'issuing')
    expect(old!.anchorUntil - old!.signUntil).to.equal(gateway.world.config.maxDelaySeconds)
    expect(await change('GAJ', 'keys', body, key)).to.deep.equal(rotated)
    expect(await change('GAJ', 'keys', body)).to.deep.equal(rotated)

    const after = await finalFile('RIC')
    expect(kidOf(after)).to.not.equal(kidOf(before))
    expect(await verdictOf(before)).to.equal(GOOD)
    expect(await verdictOf(after)).to.equal(GOOD)
    const { verificationMethod } = await answerOf<{ verificationMethod: { id: string }[] }>(
      gateway.request('/v1/departments/GAJ/did.json'),
    )
    expect(verificationMethod.map(({ id }) => id)).to.deep.equal([kidOf(after), kidOf(before)])
  })

  it('rotate: orders are signed by the new authority key, and old certificates obey it', async () => {
    const { identifier } = await issue(gateway, 'RIC')
    const rotated = await change('GAJ', 'keys', { purpose: 'authority', generation: 2 })
    expect(statesOf(rotated, 'authority')).to.deep.equal(['2 current', '1 in force'])
    await answerOf(
      gateway.post(`/v1/certificates/${identifier}/status`, { action: 'revoke', reason: 'ISSUED_IN_ERROR' }),
      200,
    )
    await untilAllFinal(gateway)
    expect(await verdictOf(await fileOf(gateway, identifier))).to.match(/^REVOKED/)
  })

  it('commit a next key before it is needed; rotating then activates exactly that one', async () => {
    const committed = await change('GAJ', 'keys/next', { purpose: 'issuing', generation: 3 })
    expect(statesOf(committed, 'issuing')).to.deep.equal(['3 committed', '2 current', '1 in force'])
    const next = committed.keys.find(({ state }) => state === 'committed')!
    const activated = await change('GAJ', 'keys', { purpose: 'issuing', generation: 3 })
    expect(statesOf(activated, 'issuing')[0]).to.equal('3 current')
    expect(activated.keys.find(({ state }) => state === 'current')!.keyId).to.equal(next.keyId)
    expect(await verdictOf(await finalFile('RIC'))).to.equal(GOOD)
  })

  it('end: a key that has ended signs nothing more, and what it signed in time stays valid', async () => {
    const file = await finalFile('MAR')
    const [{ keyId } = { keyId: '' }] = (await registrationOf('MZJ')).keys
    await endSoon(end => ask('MZJ', `keys/${keyId}/retire`, { signUntil: end, anchorUntil: end }))
    // The chain's time is that of its newest block.
    await change('GAJ', 'suspend')
    await change('GAJ', 'resume')
    gateway.advanceClock(6_000)
    const problem = await problemIn(
      await gateway.post('/v1/certificates', { type: 'MAR', fields: exampleRow('MAR') }),
    )
    expect(problem.code).to.equal('KEY_NOT_IN_FORCE')
    expect(await verdictOf(file)).to.equal(GOOD)
    await change('MZJ', 'keys', { purpose: 'issuing', generation: 2 })
    expect(await verdictOf(await finalFile('MAR'))).to.equal(GOOD)
  })

  it('compromise: what was anchored before stays valid, what was anchored since has its own verdict', async () => {
    const before = await finalFile('BIZ')
    const blockTime = (file: Uint8Array) =>
      (JSON.parse(Buffer.from(file).toString()) as { receipt: { anchor: { blockTime: number } } }).receipt
        .anchor.blockTime
    while (Math.floor(Date.now() / 1000) <= blockTime(before)) await pause(50)
    const after = await finalFile('BIZ')
    expect(blockTime(after)).to.be.greaterThan(blockTime(before))
    const { keys } = await registrationOf('SCJ')
    const { keyId } = keys.find(({ purpose }) => purpose === 'issuing')!
    const declared = await change('SCJ', `keys/${keyId}/compromise`, { since: blockTime(after) })
    expect(statesOf(declared, 'issuing')).to.deep.equal(['1 compromised'])
    expect(await verdictOf(before)).to.equal(GOOD)
    expect(await verdictOf(after)).to.equal('KEY_COMPROMISED KEY_COMPROMISED')
    const problem = await problemIn(
      await gateway.post('/v1/certificates', { type: 'BIZ', fields: exampleRow('BIZ') }),
    )
    expect(problem.code).to.equal('KEY_NOT_IN_FORCE')
    await change('SCJ', 'keys', { purpose: 'issuing', generation: 2 })
    expect(await verdictOf(await finalFile('BIZ'))).to.equal(GOOD)
    // It can only ever move earlier: a later time changes nothing.
    const state = await registrationOf('SCJ')
    expect(await change('SCJ', `keys/${keyId}/compromise`, { since: 4_000_000_000 })).to.deep.equal(state)
    const current = state.keys.find(key => key.state === 'current')!
    const future = { since: 4_000_000_000 }
    expect(await refusal('SCJ', `keys/${current.keyId}/compromise`, future)).to.equal('REGISTRY_REFUSED')
  })

  it('suspend: nothing is signed from then on; a late repetition does not undo the resumption', async () => {
    const file = await finalFile('TAX')
    // What is anchored in the very second of a suspension does not count.
    await pause(1_005 - (Date.now() % 1_000))
    const key = freshKey()
    const suspended = await change('SWJ', 'suspend', undefined, key)
    expect(suspended.suspensions.at(-1)!.until).to.equal(0)
    const problem = await problemIn(
      await gateway.post('/v1/certificates', { type: 'TAX', fields: exampleRow('TAX') }),
    )
    expect(problem.code).to.equal('DEPARTMENT_SUSPENDED')
    expect(await verdictOf(file)).to.equal(GOOD)
    await change('SWJ', 'resume')
    expect((await change('SWJ', 'suspend', undefined, key)).suspensions.at(-1)!.until).to.be.greaterThan(0)
    await pause(1_005 - (Date.now() % 1_000))
    expect(await verdictOf(await finalFile('TAX'))).to.equal(GOOD)
  })

  it('hold a permit alone: a second holder is refused by the contract itself, until the first one’s has ended', async () => {
    expect(await refusal('MZJ', 'permits', { type: 'TAX' })).to.equal('PERMIT_HELD')
    expect(await refusal('MZJ', 'permits/TAX/end', { until: 9_999_999_999 })).to.equal('PERMIT_NOT_HELD')
    await endSoon(end => ask('SWJ', 'permits/TAX/end', { until: end }))
    const given = await change('MZJ', 'permits', { type: 'TAX' })
    expect(given.permits.find(({ type }) => type === 'TAX')).to.include({ until: 0 })
    const problem = await problemIn(
      await gateway.post('/v1/certificates', { type: 'TAX', fields: exampleRow('TAX') }),
    )
    expect(problem.code).to.equal('PERMIT_NOT_HELD')
    expect(await change('MZJ', 'permits', { type: 'TAX' })).to.deep.equal(given)
  })

  it('refuse what cannot be: a skipped generation, an end in the past, another department’s key, an unknown type', async () => {
    const { keys } = await registrationOf('GAJ')
    const own = keys.find(({ state }) => state === 'current')!
    for (const [code, rest, body, refused] of [
      ['GAJ', 'keys', { purpose: 'issuing', generation: 9 }, 'KEY_GENERATION'],
      ['GAJ', 'keys', { purpose: 'issuing', generation: 2 }, 'KEY_GENERATION'],
      ['GAJ', 'keys/next', { purpose: 'issuing', generation: 3 }, 'KEY_GENERATION'],
      ['GAJ', 'keys', { purpose: 'relayer', generation: 4 }, 'INPUT_INVALID'],
      ['GAJ', `keys/${own.keyId}/retire`, { signUntil: 1_000, anchorUntil: 2_000 }, 'REGISTRY_REFUSED'],
      [
        'GAJ',
        `keys/${own.keyId}/retire`,
        { signUntil: 9_999_999_999, anchorUntil: 9_999_999_998 },
        'REGISTRY_REFUSED',
      ],
      [
        'MZJ',
        `keys/${own.keyId}/retire`,
        { signUntil: 9_999_999_999, anchorUntil: 9_999_999_999 },
        'KEY_UNKNOWN',
      ],
      ['MZJ', `keys/${own.keyId}/compromise`, { since: 1 }, 'KEY_UNKNOWN'],
      ['GAJ', `keys/0x${'ab'.repeat(32)}/compromise`, { since: 1 }, 'KEY_UNKNOWN'],
      ['GAJ', 'permits', { type: 'NONE' }, 'TYPE_NOT_FOUND'],
      ['NONE', 'suspend', undefined, 'DEPARTMENT_NOT_FOUND'],
      ['GAJ', 'resume', undefined, null],
    ] as const) {
      const before = await registrationOf('GAJ')
      const response = await ask(code, rest, body)
      // Resuming who is not suspended is a no-op.
      if (refused === null) expect(response.status).to.equal(200)
      else expect((await problemIn(response)).code, `${code} ${rest}`).to.equal(refused)
      expect(await registrationOf('GAJ')).to.deep.equal(before)
    }
  })

  it('are there again after a restart', async () => {
    const before = await registrationOf('GAJ')
    await gateway.close({ andChain: false })
    gateway = await openGateway({ after: gateway })
    expect(await registrationOf('GAJ')).to.deep.equal(before)
    expect(await verdictOf(await finalFile('RIC'))).to.equal(GOOD)
  })
})
