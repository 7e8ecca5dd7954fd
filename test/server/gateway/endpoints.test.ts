import { expect } from 'chai'
import { freshKey, sharedGateway, untilAllFinal, type OpenedGateway } from '../../support/opened-gateway.ts'
import { problemIn } from '../http/gateway.ts'
import {
  bodyOf,
  CANARY,
  EXAMPLES,
  headersOf,
  makeScene,
  operationsOf,
  type Example,
  type Operation,
  type Scene,
} from './examples.ts'

describe('the endpoints of the gateway', () => {
  let gateway: OpenedGateway
  let scene: Scene
  let operations: Operation[]

  before(async () => {
    gateway = await sharedGateway()
    scene = await makeScene(gateway)
    operations = await operationsOf(gateway)
  })

  const exampleOf = async ({ operationId }: Operation): Promise<Example> => {
    const make = EXAMPLES[operationId]
    if (make === undefined) throw new Error(`the operation ${operationId} has no example in examples.ts`)
    return make(scene)
  }

  const call = (
    example: Example,
    token: string | null,
    key: string | null = freshKey(),
    session: Record<string, string> = {},
  ) => {
    const body = bodyOf(example)
    return gateway.request(example.path, {
      method: example.method,
      redirect: 'manual',
      headers: { ...headersOf(example, token, key), ...session },
      ...(body && { body }),
    })
  }

  it('answers every operation of the API description as the description says', async () => {
    expect(operations.length).to.be.greaterThan(40)
    expect(Object.keys(EXAMPLES)).to.have.members(operations.map(({ operationId }) => operationId))
    for (const operation of operations) {
      const example = await exampleOf(operation)
      expect(example.method, operation.operationId).to.equal(operation.method)
      const token = example.as === undefined ? gateway.token : gateway.as(example.as).token
      const isWithout = operation.isPublic || example.session !== undefined
      const response = await call(example, isWithout ? null : token, freshKey(), example.session)
      const text = await response.text()
      // The gateway checks its own answers here: one that is not as described is a 500.
      expect(response.status, `${operation.operationId}: ${text.slice(0, 500)}`).to.equal(example.status)
      expect(text.length > 0, operation.operationId).to.equal(example.status !== 303)
      if (!operation.path.startsWith('/docs')) {
        expect(response.headers.get('content-security-policy'), operation.operationId).to.include(
          "default-src 'none'",
        )
      }
      if (!response.headers.get('cache-control')?.includes('immutable')) {
        expect(response.headers.get('cache-control'), operation.operationId).to.equal('no-store')
      }
    }
  })

  it('keeps every write, and every read that could disclose a value, behind the operator token', async () => {
    const guarded = operations.filter(({ isPublic }) => !isPublic).map(({ operationId }) => operationId)
    const writes = operations
      .filter(({ parameters }) => parameters.some(({ name }) => name === 'Idempotency-Key'))
      .map(({ operationId }) => operationId)
    expect(guarded).to.include.members(writes)
    expect(writes).to.have.length.greaterThan(7)
    expect(guarded).to.include.members([
      'getCertificate',
      'getCertificateFile',
      'getCertificateState',
      'listCertificates',
      'checkRows',
      'getRecord',
      'getRecordFile',
      'getEvidencePackage',
    ])
  })

  it('answers 401 without the token and with a wrong one, and writes nothing', async () => {
    const guarded = operations.filter(({ isPublic }) => !isPublic)
    const examples = []
    for (const operation of guarded) examples.push({ operation, example: await exampleOf(operation) })
    await untilAllFinal(gateway)
    const before = gateway.rowCounts()
    const almost = `${gateway.token.slice(0, -1)}${gateway.token.endsWith('A') ? 'B' : 'A'}`
    for (const { operation, example } of examples) {
      for (const [token, code] of [
        [null, 'TOKEN_MISSING'],
        ['wrong', 'TOKEN_WRONG'],
        [almost, 'TOKEN_WRONG'],
        [`${gateway.token}x`, 'TOKEN_WRONG'],
      ] as const) {
        const response = await call(example, token)
        expect(response.status, `${operation.operationId} with ${token}`).to.equal(401)
        expect((await problemIn(response)).code, operation.operationId).to.equal(code)
        expect(response.headers.get('www-authenticate')).to.match(/^Bearer realm="onceproof"/)
      }
    }
    expect(gateway.rowCounts()).to.deep.equal(before)
  })

  it('takes the token from no other place than the Authorization header', async () => {
    const path = `/v1/certificates/${scene.certificate.identifier}`
    for (const headers of [
      { cookie: `token=${gateway.token}` },
      { 'x-api-key': gateway.token },
      { authorization: `Basic ${Buffer.from(`operator:${gateway.token}`).toString('base64')}` },
      { authorization: gateway.token },
    ]) {
      expect((await gateway.request(path, { headers: { ...headers } })).status).to.equal(401)
    }
    const inQuery = await gateway.request(`${path}?access_token=${gateway.token}`)
    expect(inQuery.status).to.equal(401)
  })

  it('tells no value of a certificate in any public answer, in a refusal or in the service log', async () => {
    const answers = new Map<string, string>()
    for (const operation of operations.filter(({ isPublic }) => isPublic)) {
      const response = await call(await exampleOf(operation), null)
      answers.set(operation.operationId, await response.text())
    }
    expect(answers.get('verifyFile')).to.include('"verdict":"VALID"')
    expect(answers.get('lookUp')).to.include('"verdict":"VALID"')

    const path = '/v1/certificates'
    const wrongPlace = { ...CANARY, sex: CANARY.idNo, validFrom: CANARY.address, [CANARY.idNo]: CANARY.name }
    answers.set('refusal', await (await gateway.post(path, { type: 'RIC', fields: wrongPlace })).text())
    answers.set('unknown type', await (await gateway.post(path, { type: 'ZZZ', fields: CANARY })).text())
    expect(answers.get('refusal')).to.include('FIELD_')
    answers.set('log', gateway.log.join(''))
    expect(answers.get('log')).to.include('"event":"request"')

    for (const [name, answer] of answers) {
      for (const secret of scene.secrets) {
        expect(answer.includes(secret), `${name} tells ${secret.slice(0, 40)}`).to.equal(false)
      }
    }
    // The identifier is no secret, but the log of requests has no use for it.
    expect(answers.get('log')).to.not.include(scene.certificate.identifier)
  })

  it('shows masked values, and only those of the public level, to whoever knows short code and last four', async () => {
    const response = await call(await exampleOf({ operationId: 'lookUp' } as Operation), null)
    const { fields } = (await response.json()) as { fields: [string, unknown][] }
    expect(Object.fromEntries(fields)).to.deep.equal({
      name: '金**甲',
      issuingAuthority: CANARY['issuingAuthority' as keyof typeof CANARY],
      validFrom: '2020-05-01',
      validTo: '2040-05-01',
    })
  })
})
