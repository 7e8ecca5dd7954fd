/** A department's machine as it would be written with jose: its key, its assertions, its tokens. */
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { answerOf, freshKey, type OpenedGateway } from './opened-gateway.ts'

export interface Machine {
  id: string
  jwk: Record<string, unknown>
  /** A client assertion; members of `claims` replace those of a sound one, undefined ones are left out. */
  assertion(claims?: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>
  /** Asks the token endpoint. */
  ask(form?: Record<string, string>): Promise<Response>
  /** An access token. */
  token(scope?: string): Promise<string>
}

/** A key of its own, not registered yet. `now` in seconds is the gateway's. */
export async function makeMachine(
  gateway: Pick<OpenedGateway, 'url' | 'request' | 'world'>,
  alg: 'ES256' | 'EdDSA' = 'ES256',
): Promise<Machine> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
  const { kty, crv, x, y } = await exportJWK(publicKey)
  const jwk = { kty, crv, x, ...(y !== undefined && { y }) }
  const id = await calculateJwkThumbprint(jwk as never)
  const assertion: Machine['assertion'] = (claims = {}, header = {}) => {
    const now = Math.floor(gateway.world.clock() / 1000)
    const sound = { iss: id, sub: id, aud: gateway.url, iat: now, exp: now + 60, jti: freshKey() }
    return new SignJWT({ ...sound, ...claims }).setProtectedHeader({ alg, ...header }).sign(privateKey)
  }
  const ask: Machine['ask'] = async (form = {}) => {
    const body = {
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: form['client_assertion'] ?? (await assertion()),
      ...form,
    }
    return gateway.request('/oauth/token', { method: 'POST', body: new URLSearchParams(body) })
  }
  return {
    id,
    jwk,
    assertion,
    ask,
    async token(scope) {
      const answer = await answerOf<{ access_token: string }>(ask(scope === undefined ? {} : { scope }), 200)
      return answer.access_token
    },
  }
}

/** A registered machine of a department. */
export async function registerMachine(
  gateway: OpenedGateway,
  department: string,
  scopes: string[],
  alg: 'ES256' | 'EdDSA' = 'ES256',
): Promise<Machine> {
  const machine = await makeMachine(gateway, alg)
  await answerOf(gateway.post('/v1/clients', { department, jwk: machine.jwk, scopes }), 201)
  return machine
}
