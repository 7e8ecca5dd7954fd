import { createHmac } from 'node:crypto'
import { expect } from 'chai'
import {
  createLocalJWKSet,
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  jwtVerify,
  SignJWT,
} from 'jose'
import * as openid from 'openid-client'
import { makeMachine, registerMachine, type Machine } from '../../support/machine-client.ts'
import {
  answerOf,
  exampleRow,
  freshKey,
  issue,
  openGateway,
  publish,
  untilAllFinal,
  type OpenedGateway,
} from '../../support/opened-gateway.ts'
import { problemIn } from '../http/gateway.ts'

describe('a department’s machine', () => {
  let gateway: OpenedGateway
  let machine: Machine
  const SCOPES = ['issue:GAJ:RIC', 'status:GAJ:*', 'notarize:GAJ:*']

  before(async () => {
    gateway = await openGateway()
    await publish(gateway, 'RIC', 'HKB', 'MAR')
    machine = await registerMachine(gateway, 'GAJ', SCOPES)
  })
  after(() => gateway.close())

  const by = (token: string, path: string, body?: unknown, key = freshKey()) =>
    gateway.request(path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        ...(body !== undefined && { 'content-type': 'application/json', 'idempotency-key': key }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
  const issuing = (type: string) => ({ type, fields: exampleRow(type) })
  const oauthCode = async (response: Promise<Response>, status: number) => {
    const { error, code } = await answerOf<{ error: string; code: string }>(response, status)
    return `${error} ${code}`
  }

  it('gets a token of five minutes for its signature, and issues with it', async () => {
    const answer = await answerOf<Record<string, unknown>>(machine.ask(), 200)
    expect(answer).to.include({ token_type: 'Bearer', expires_in: 300, scope: [...SCOPES].sort().join(' ') })
    const token = String(answer['access_token'])
    expect(decodeProtectedHeader(token)).to.include({ typ: 'at+jwt', alg: 'ES256' })
    const { iat = 0, exp = 0, sub } = decodeJwt(token)
    expect(exp - iat).to.equal(300)
    expect(sub).to.equal(machine.id)
    const keys = await answerOf<never>(gateway.request('/oauth/jwks.json'), 200)
    await jwtVerify(token, createLocalJWKSet(keys), { typ: 'at+jwt', audience: `${gateway.url}/v1` })
    expect((await by(token, '/v1/certificates', issuing('RIC'))).status).to.equal(201)
  })

  it('is understood by a client library that only knows the standards', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
    const { kty, crv, x, y } = await exportJWK(publicKey)
    const { id } = await answerOf<{ id: string }>(
      gateway.post('/v1/clients', { department: 'GAJ', jwk: { kty, crv, x, y }, scopes: ['issue:GAJ:RIC'] }),
      201,
    )
    const configuration = await openid.discovery(
      new URL(gateway.url),
      id,
      undefined,
      openid.PrivateKeyJwt(privateKey),
      { algorithm: 'oauth2', execute: [openid.allowInsecureRequests] },
    )
    const tokens = await openid.clientCredentialsGrant(configuration, { scope: 'issue:GAJ:RIC' })
    expect((await by(tokens.access_token, '/v1/certificates', issuing('RIC'))).status).to.equal(201)
  })

  it('may also sign with Ed25519', async () => {
    const other = await registerMachine(gateway, 'GAJ', ['issue:GAJ:*'], 'EdDSA')
    expect((await by(await other.token(), '/v1/certificates', issuing('HKB'))).status).to.equal(201)
  })

  it('does nothing outside its scopes: another action, another type, another department', async () => {
    const token = await machine.token('issue:GAJ:RIC')
    const foreign = await issue(gateway, 'MAR')
    await untilAllFinal(gateway)
    const before = gateway.rowCounts()
    for (const [path, body, code] of [
      ['/v1/certificates', issuing('HKB'), 'SCOPE_MISSING'],
      ['/v1/certificates', issuing('MAR'), 'ACCESS_NOT_OWN'],
      [`/v1/certificates/${foreign.identifier}`, undefined, 'ACCESS_NOT_OWN'],
      [`/v1/certificates/${foreign.identifier}/file`, undefined, 'ACCESS_NOT_OWN'],
      [
        `/v1/certificates/${foreign.identifier}/status`,
        { action: 'revoke', reason: 'ISSUED_IN_ERROR' },
        'SCOPE_MISSING',
      ],
      ['/v1/records', { sha256: 'a'.repeat(64) }, 'SCOPE_MISSING'],
      ['/v1/types', { definition: {} }, 'ACCESS_DENIED'],
      ['/v1/clients', { department: 'GAJ', jwk: machine.jwk, scopes: ['issue:GAJ:*'] }, 'ACCESS_DENIED'],
    ] as const) {
      const response = await by(token, path, body)
      expect(response.status, path).to.equal(403)
      expect((await problemIn(response)).code, path).to.equal(code)
    }
    const status = await machine.token('status:GAJ:*')
    const order = { action: 'revoke', reason: 'ISSUED_IN_ERROR' }
    const response = await by(status, `/v1/certificates/${foreign.identifier}/status`, order)
    expect((await problemIn(response)).code).to.equal('ACCESS_NOT_OWN')
    expect(gateway.rowCounts()).to.deep.equal({
      ...before,
      client_assertions: before['client_assertions']! + 1,
    })
  })

  it('sees in a list only what its department issued', async () => {
    const mar = await registerMachine(gateway, 'MZJ', ['issue:MZJ:MAR'])
    await issue(gateway, 'MAR')
    const list = await answerOf<{ certificates: { department: string }[] }>(
      by(await mar.token(), '/v1/certificates?department=11990100MB9Y010004'),
    )
    expect(list.certificates.length).to.be.greaterThan(0)
    expect(new Set(list.certificates.map(({ department }) => department)).size).to.equal(1)
    expect(list.certificates[0]!.department).to.not.equal('11990100MB9Y010004')
  })

  it('is refused an assertion that is forged, of another time, for another, or shown twice', async () => {
    const stranger = await makeMachine(gateway)
    const now = Math.floor(gateway.world.clock() / 1000)
    const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const claims = {
      iss: machine.id,
      sub: machine.id,
      aud: gateway.url,
      iat: now,
      exp: now + 60,
      jti: freshKey(),
    }
    const bySecret = (header: object, secret: string) => {
      const input = `${base64(header)}.${base64(claims)}`
      return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
    }
    const shown = await machine.assertion()
    await answerOf(machine.ask({ client_assertion: shown }), 200)
    const sound = await machine.assertion()
    const cut = sound.split('.')
    await untilAllFinal(gateway)
    const before = gateway.rowCounts()
    const forged: [what: string, assertion: string, status: number, code: string][] = [
      ['no text of a JWT', 'x', 401, 'invalid_client ASSERTION_SHAPE'],
      ['two parts', cut.slice(0, 2).join('.'), 401, 'invalid_client ASSERTION_SHAPE'],
      [
        'alg none',
        `${base64({ alg: 'none' })}.${base64(claims)}.`,
        401,
        'invalid_client ASSERTION_ALGORITHM',
      ],
      [
        'alg None',
        `${base64({ alg: 'None' })}.${base64(claims)}.x`,
        401,
        'invalid_client ASSERTION_ALGORITHM',
      ],
      [
        'HS256 under the public key',
        bySecret({ alg: 'HS256' }, JSON.stringify(machine.jwk)),
        401,
        'invalid_client ASSERTION_ALGORITHM',
      ],
      ['RS256', bySecret({ alg: 'RS256' }, 'x'), 401, 'invalid_client ASSERTION_ALGORITHM'],
      [
        'the other suite',
        `${base64({ alg: 'EdDSA' })}.${base64(claims)}.${cut[2]}`,
        401,
        'invalid_client CLIENT_NOT_AUTHENTICATED',
      ],
      [
        'a key in the header',
        await machine.assertion({}, { jwk: machine.jwk }),
        401,
        'invalid_client ASSERTION_SHAPE',
      ],
      [
        'a key by address',
        await machine.assertion({}, { jku: 'https://evil.example/keys' }),
        401,
        'invalid_client ASSERTION_SHAPE',
      ],
      [
        'a certificate by address',
        await machine.assertion({}, { x5u: 'https://evil.example' }),
        401,
        'invalid_client ASSERTION_SHAPE',
      ],
      [
        'the type of an access token',
        await machine.assertion({}, { typ: 'at+jwt' }),
        401,
        'invalid_client ASSERTION_SHAPE',
      ],
      [
        'another kid',
        await machine.assertion({}, { kid: stranger.id }),
        401,
        'invalid_client CLIENT_NOT_AUTHENTICATED',
      ],
      [
        'signed by another key',
        await stranger.assertion({ iss: machine.id, sub: machine.id }),
        401,
        'invalid_client CLIENT_NOT_AUTHENTICATED',
      ],
      ['of an unknown client', await stranger.assertion(), 401, 'invalid_client CLIENT_NOT_AUTHENTICATED'],
      [
        'issuer and subject differ',
        await machine.assertion({ sub: stranger.id }),
        401,
        'invalid_client CLIENT_NOT_AUTHENTICATED',
      ],
      [
        'no issuer',
        await machine.assertion({ iss: undefined }),
        401,
        'invalid_client CLIENT_NOT_AUTHENTICATED',
      ],
      [
        'payload exchanged',
        [cut[0], base64({ ...claims, jti: freshKey() }), cut[2]].join('.'),
        401,
        'invalid_client CLIENT_NOT_AUTHENTICATED',
      ],
      ['signature cut', sound.slice(0, -4), 401, 'invalid_client CLIENT_NOT_AUTHENTICATED'],
      [
        'for another server',
        await machine.assertion({ aud: 'https://other.example' }),
        401,
        'invalid_client ASSERTION_AUDIENCE',
      ],
      [
        'for the API',
        await machine.assertion({ aud: `${gateway.url}/v1` }),
        401,
        'invalid_client ASSERTION_AUDIENCE',
      ],
      [
        'without audience',
        await machine.assertion({ aud: undefined }),
        401,
        'invalid_client ASSERTION_AUDIENCE',
      ],
      [
        'expired',
        await machine.assertion({ iat: now - 200, exp: now - 60 }),
        401,
        'invalid_client ASSERTION_EXPIRED',
      ],
      [
        'of the future',
        await machine.assertion({ iat: now + 120, exp: now + 180 }),
        401,
        'invalid_client ASSERTION_EXPIRED',
      ],
      [
        'not before later',
        await machine.assertion({ nbf: now + 120 }),
        401,
        'invalid_client ASSERTION_EXPIRED',
      ],
      [
        'good for a day',
        await machine.assertion({ exp: now + 86_400 }),
        401,
        'invalid_client ASSERTION_EXPIRED',
      ],
      [
        'old, but with a late end',
        await machine.assertion({ iat: now - 3_600, exp: now + 60 }),
        401,
        'invalid_client ASSERTION_EXPIRED',
      ],
      ['without end', await machine.assertion({ exp: undefined }), 401, 'invalid_client ASSERTION_SHAPE'],
      ['without iat', await machine.assertion({ iat: undefined }), 401, 'invalid_client ASSERTION_SHAPE'],
      ['without jti', await machine.assertion({ jti: undefined }), 401, 'invalid_client ASSERTION_SHAPE'],
      ['shown before', shown, 401, 'invalid_client ASSERTION_REPLAYED'],
    ]
    for (const [what, assertion, status, code] of forged) {
      expect(await oauthCode(machine.ask({ client_assertion: assertion }), status), what).to.equal(code)
    }
    expect(gateway.rowCounts()).to.deep.equal(before)
  })

  it('is refused scopes that it was not registered for, other grant types, and a request that is no form', async () => {
    for (const scope of [
      'issue:GAJ:HKB',
      'issue:GAJ:*',
      'issue:MZJ:MAR',
      'admin',
      `${SCOPES[0]}  ${SCOPES[1]}`,
    ]) {
      expect(await oauthCode(machine.ask({ scope }), 400), scope).to.equal('invalid_scope SCOPE_INVALID')
    }
    expect(await oauthCode(machine.ask({ grant_type: 'password' }), 400)).to.equal(
      'unsupported_grant_type GRANT_TYPE',
    )
    const asJson = await gateway.request('/oauth/token', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    })
    expect((await problemIn(asJson)).code).to.equal('BODY_TYPE')
    const twice = await gateway.request('/oauth/token', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'grant_type=client_credentials&grant_type=client_credentials',
    })
    expect((await problemIn(twice)).code).to.equal('INPUT_INVALID')
    const other = await registerMachine(gateway, 'GAJ', ['issue:GAJ:RIC'])
    expect(await oauthCode(machine.ask({ client_id: other.id }), 401)).to.equal(
      'invalid_client CLIENT_NOT_AUTHENTICATED',
    )
  })

  it('opens nothing with a token that is forged, expired or of another kind', async () => {
    const token = await machine.token()
    const [head = '', body = '', signature = ''] = token.split('.')
    const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const { privateKey } = await generateKeyPair('ES256')
    const header = decodeProtectedHeader(token)
    const claims = decodeJwt(token)
    const wider = { ...claims, scope: 'issue:GAJ:*' }
    const resign = (payload: object, more: object = {}) =>
      new SignJWT(payload as never).setProtectedHeader({ ...header, ...more } as never).sign(privateKey)
    await untilAllFinal(gateway)
    const before = gateway.rowCounts()
    for (const [what, forged] of [
      ['alg none', `${base64({ ...header, alg: 'none' })}.${body}.`],
      ['wider scope', `${head}.${base64(wider)}.${signature}`],
      ['signed by another', await resign(claims)],
      ['signed by another with a wider scope', await resign(wider)],
      ['with a key of its own', await resign(claims, { jwk: machine.jwk })],
      ['a flipped bit', `${head}.${body}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`],
      ['the assertion itself', await machine.assertion()],
      ['typ JWT', `${base64({ ...header, typ: 'JWT' })}.${body}.${signature}`],
    ] as const) {
      const response = await by(forged, '/v1/certificates', issuing('RIC'))
      expect(response.status, what).to.equal(401)
      const { code } = await problemIn(response)
      expect(code, what).to.equal('TOKEN_WRONG')
      expect(response.headers.get('www-authenticate'), what).to.include('Bearer')
    }
    expect(gateway.rowCounts()).to.deep.equal(before)

    gateway.advanceClock(301_000)
    const late = await by(token, '/v1/certificates', issuing('RIC'))
    expect((await problemIn(late)).code).to.equal('TOKEN_EXPIRED')
  })

  it('is shut out at once when it is disabled, also with a token that it has', async () => {
    const lost = await registerMachine(gateway, 'GAJ', ['issue:GAJ:RIC'])
    const token = await lost.token()
    const { disabledAt } = await answerOf<{ disabledAt: number }>(
      gateway.request(`/v1/clients/${lost.id}/disable`, {
        method: 'POST',
        headers: { authorization: `Bearer ${gateway.token}`, 'idempotency-key': freshKey() },
      }),
      200,
    )
    expect(disabledAt).to.be.a('number')
    expect((await problemIn(await by(token, '/v1/certificates', issuing('RIC')))).code).to.equal(
      'TOKEN_WRONG',
    )
    expect(await oauthCode(lost.ask(), 401)).to.equal('invalid_client CLIENT_NOT_AUTHENTICATED')
  })

  it('is registered once, whoever asks twice; a key that is none and a scope of another department are refused', async () => {
    const body = { department: 'GAJ', jwk: machine.jwk, scopes: SCOPES }
    expect(await answerOf(gateway.post('/v1/clients', body), 201)).to.include({ id: machine.id })
    await untilAllFinal(gateway)
    const before = gateway.rowCounts()
    const codeOf = async (change: object) =>
      (await problemIn(await gateway.post('/v1/clients', { ...body, ...change }))).code
    expect(await codeOf({ scopes: ['issue:GAJ:*'] })).to.equal('CLIENT_EXISTS')
    expect(await codeOf({ scopes: ['issue:MZJ:MAR'] })).to.equal('SCOPE_INVALID')
    expect(await codeOf({ scopes: ['everything'] })).to.equal('SCOPE_INVALID')
    expect(await codeOf({ jwk: { ...machine.jwk, y: machine.jwk['x'] } })).to.equal('CLIENT_KEY')
    expect(await codeOf({ jwk: { ...machine.jwk, d: machine.jwk['x'] } })).to.equal('INPUT_INVALID')
    expect(await codeOf({ department: 'NONE' })).to.equal('DEPARTMENT_NOT_FOUND')
    expect(gateway.rowCounts()).to.deep.equal(before)
  })

  it('does not become good again by a restart: what was shown stays shown', async () => {
    const shown = await machine.assertion()
    await answerOf(machine.ask({ client_assertion: shown }), 200)
    await untilAllFinal(gateway)
    await gateway.close({ andChain: false })
    gateway = await openGateway({ after: gateway })
    // The clock of the one before had been moved.
    gateway.advanceClock(301_000)
    expect(await oauthCode(machine.ask({ client_assertion: shown }), 401)).to.equal(
      'invalid_client ASSERTION_REPLAYED',
    )
  })
})
