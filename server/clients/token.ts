/**
 * Access tokens of machine clients: OAuth 2 client credentials (RFC 6749 §4.4) with private_key_jwt (RFC 7523 §2.2), answered by an
 * access token in the JWT profile of RFC 9068. A token lives five minutes and is looked at together with the client's present
 * registration, so disabling a client ends its tokens at once.
 */
import { createPublicKey, randomBytes } from 'node:crypto'
import {
  decodeJwt,
  decodeProtectedHeader,
  errors,
  importJWK,
  jwtVerify,
  type JWK,
  type JWTPayload,
} from 'jose'
import { toBase64url, toUtf8, utf8ToBase64url } from '../../protocol/bytes.ts'
import { thumbprint } from '../../protocol/key.ts'
import { Refusal } from '../../protocol/refusal.ts'
import type { Authenticator, Caller } from '../http/auth.ts'
import { HttpRefusal } from '../http/problem.ts'
import { TOKEN_KEY } from '../keys/names.ts'
import type { ClientRow } from '../store/clients.ts'
import { nowSeconds, publicUrl, type World } from '../world.ts'
import { algorithmOf, parseScope } from './register.ts'

export const TOKEN_PATH = '/oauth/token'
export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
export const TOKEN_SECONDS = 300
/** Longest life of an assertion, and how far clocks may be apart. */
const ASSERTION_SECONDS = 300
const CLOCK_TOLERANCE_SECONDS = 10
const TOKEN_TYP = 'at+jwt'

type TokenWorld = Pick<World, 'store' | 'keys' | 'clock' | 'config'>

/** Whom access tokens are for: this gateway's API. */
export const audienceOf = (world: Pick<World, 'config'>): string => `${publicUrl(world)}/v1`

/**
 * An access token for the client that signed the assertion. The assertion is noted as shown before the token is given. Refuses
 * ASSERTION_SHAPE, ASSERTION_ALGORITHM, ASSERTION_AUDIENCE, ASSERTION_EXPIRED, ASSERTION_REPLAYED, CLIENT_NOT_AUTHENTICATED (unknown,
 * disabled, another key: one answer for all) and SCOPE_INVALID.
 */
export async function issueToken(
  world: TokenWorld,
  request: { assertion: string; scope: string | null; clientId: string | null },
): Promise<{ token: string; scope: string }> {
  const client = await clientOfAssertion(world, request.assertion, request.clientId)
  const scopes = request.scope === null ? client.scopes : request.scope.split(' ')
  for (const scope of scopes) {
    if (!client.scopes.includes(scope)) {
      throw new Refusal('SCOPE_INVALID', 'the client is not registered for this scope', {
        field: 'scope',
        expected: client.scopes.join(' '),
        found: scope.slice(0, 60),
      })
    }
  }
  const scope = [...new Set(scopes)].join(' ')
  const now = nowSeconds(world)
  // https://www.rfc-editor.org/rfc/rfc9068#section-2.2
  const payload = {
    iss: publicUrl(world),
    aud: audienceOf(world),
    sub: client.id,
    client_id: client.id,
    iat: now,
    exp: now + TOKEN_SECONDS,
    jti: toBase64url(randomBytes(16)),
    scope,
  }
  const header = { alg: 'ES256', typ: TOKEN_TYP, kid: (await tokenKey(world)).kid }
  const input = `${utf8ToBase64url(JSON.stringify(header))}.${utf8ToBase64url(JSON.stringify(payload))}`
  return { token: `${input}.${toBase64url(await world.keys.sign(TOKEN_KEY, toUtf8(input)))}`, scope }
}

/** The key that checks access tokens, as a JWK with its thumbprint as `kid`. */
export async function tokenKey(world: Pick<World, 'keys'>): Promise<JWK & { kid: string }> {
  const key = await world.keys.publicKey(TOKEN_KEY)
  return {
    kty: 'EC',
    crv: 'P-256',
    x: toBase64url(key.subarray(0, 32)),
    y: toBase64url(key.subarray(32)),
    alg: 'ES256',
    use: 'sig',
    kid: thumbprint(key)!,
  }
}

/** Knows callers by an access token of ours. Refuses TOKEN_WRONG and TOKEN_EXPIRED for what looks like a JWT and is none of ours. */
export function authenticateClient(world: TokenWorld): Authenticator {
  return async ({ bearer }) => {
    if (bearer === null || bearer.split('.').length !== 3) return null
    const { sub, scope } = await claimsOf(world, bearer)
    const client = typeof sub === 'string' ? await world.store.clientById(sub) : null
    if (client === null || client.disabledAt !== null || typeof scope !== 'string') throw wrongToken()
    return callerOf(client, scope.split(' '))
  }
}

function callerOf(client: ClientRow, granted: string[]): Caller {
  return {
    role: 'client',
    subject: client.id,
    department: client.department,
    holder: null,
    person: null,
    // What was taken from the registration since is gone from the token too.
    scopes: granted.filter(scope => client.scopes.includes(scope)).flatMap(scope => parseScope(scope) ?? []),
    authenticatedAt: null,
  }
}

async function claimsOf(world: TokenWorld, token: string): Promise<JWTPayload> {
  try {
    const { kid, ...jwk } = await tokenKey(world)
    const header = decodeProtectedHeader(token)
    if (header.kid !== kid || Object.keys(header).some(name => !TOKEN_HEADER.has(name))) throw wrongToken()
    const { payload } = await jwtVerify(token, createPublicKey({ key: jwk, format: 'jwk' }), {
      algorithms: ['ES256'],
      typ: TOKEN_TYP,
      issuer: publicUrl(world),
      audience: audienceOf(world),
      currentDate: new Date(world.clock()),
      requiredClaims: ['exp', 'iat', 'sub', 'jti', 'scope', 'client_id'],
    })
    return payload
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw wrongToken('TOKEN_EXPIRED', 'the access token has expired')
    if (error instanceof errors.JOSEError || error instanceof TypeError) throw wrongToken()
    throw error
  }
}

const TOKEN_HEADER = new Set(['alg', 'typ', 'kid'])
/** `jku`, `jwk`, `x5u`, `x5c`, `crit` and what else could bring a key or a rule are not among them. */
const ASSERTION_HEADER = new Set(['alg', 'typ', 'kid'])
/** RFC 7519 §5.1, and https://datatracker.ietf.org/doc/draft-ietf-oauth-rfc7523bis/ for the second. */
const ASSERTION_TYPES = new Set([undefined, 'JWT', 'client-authentication+jwt'])

async function clientOfAssertion(
  world: TokenWorld,
  assertion: string,
  clientId: string | null,
): Promise<ClientRow> {
  const { header, claims } = readAssertion(assertion)
  if (header.alg !== 'ES256' && header.alg !== 'EdDSA') {
    throw new Refusal('ASSERTION_ALGORITHM', 'assertions are signed with ES256 or EdDSA', {
      field: 'client_assertion',
      expected: 'ES256 or EdDSA',
      found: String(header.alg).slice(0, 20),
    })
  }
  const id = typeof claims.iss === 'string' && claims.iss === claims.sub ? claims.iss : ''
  const client = await world.store.clientById(id)
  if (client === null || client.disabledAt !== null) throw notAuthenticated()
  if (clientId !== null && clientId !== client.id) throw notAuthenticated()
  const jwk = JSON.parse(client.jwk) as JWK
  if (header.kid !== undefined && header.kid !== client.id) throw notAuthenticated()
  if (header.alg !== algorithmOf(jwk)) throw notAuthenticated()

  const verified = await verifyAssertion(world, assertion, jwk, client.id)
  const { jti = '', exp = 0, iat = 0 } = verified
  if (jti === '' || jti.length > 128) throw shape('jti', 'a text of 1 to 128 characters')
  if (exp - iat > ASSERTION_SECONDS) {
    throw new Refusal('ASSERTION_EXPIRED', 'the assertion lives too long', {
      field: 'client_assertion',
      expected: `at most ${ASSERTION_SECONDS} seconds from iat to exp`,
    })
  }
  if (!(await world.store.noteAssertion(client.id, jti, exp + CLOCK_TOLERANCE_SECONDS))) {
    throw new Refusal('ASSERTION_REPLAYED', 'an assertion is good once', { field: 'client_assertion' })
  }
  return client
}

function readAssertion(assertion: string): {
  header: ReturnType<typeof decodeProtectedHeader>
  claims: JWTPayload
} {
  let header
  let claims
  try {
    header = decodeProtectedHeader(assertion)
    claims = decodeJwt(assertion)
  } catch {
    throw shape('client_assertion', 'a signed JWT')
  }
  const unknown = Object.keys(header).find(name => !ASSERTION_HEADER.has(name))
  if (unknown !== undefined) throw shape('client_assertion', 'a header of alg, typ and kid alone')
  if (!ASSERTION_TYPES.has(header.typ))
    throw shape('client_assertion', 'typ JWT or client-authentication+jwt')
  return { header, claims }
}

async function verifyAssertion(
  world: TokenWorld,
  assertion: string,
  jwk: JWK,
  client: string,
): Promise<JWTPayload> {
  try {
    const { payload } = await jwtVerify(assertion, await importJWK(jwk, algorithmOf(jwk)), {
      algorithms: [algorithmOf(jwk)],
      issuer: client,
      subject: client,
      audience: [publicUrl(world), `${publicUrl(world)}${TOKEN_PATH}`],
      currentDate: new Date(world.clock()),
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      maxTokenAge: ASSERTION_SECONDS,
      requiredClaims: ['exp', 'iat', 'jti'],
    })
    return payload
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw outOfTime()
    if (error instanceof errors.JWTClaimValidationFailed) {
      if (error.claim === 'aud') {
        throw new Refusal('ASSERTION_AUDIENCE', 'the assertion is for somebody else', {
          field: 'client_assertion',
          expected: publicUrl(world),
        })
      }
      throw error.reason === 'check_failed' ? outOfTime() : shape(error.claim, 'as RFC 7523 asks')
    }
    if (error instanceof errors.JOSEError) throw notAuthenticated()
    throw error
  }
}

const shape = (field: string, expected: string) =>
  new Refusal('ASSERTION_SHAPE', 'the assertion is not well formed', { field, expected })
const outOfTime = () =>
  new Refusal('ASSERTION_EXPIRED', 'the assertion is not in its time', {
    field: 'client_assertion',
    expected: `iat and exp around now, at most ${ASSERTION_SECONDS} seconds apart`,
  })
const notAuthenticated = () =>
  new Refusal('CLIENT_NOT_AUTHENTICATED', 'no registered client signed this assertion', {
    field: 'client_assertion',
  })
const wrongToken = (code = 'TOKEN_WRONG', message = 'the token is not one of this gateway') =>
  new HttpRefusal(code, message, { 'WWW-Authenticate': 'Bearer realm="onceproof", error="invalid_token"' })
