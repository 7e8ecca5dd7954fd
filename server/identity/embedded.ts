/**
 * The demo's identity provider: a real OpenID Connect provider under /oidc of the gateway whose people need no password. Keys,
 * secret and memory live as long as the process; what the gateway itself keeps (accounts, assignments, sessions) does not hang on
 * them. Refused in production (config.ts).
 */
import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import express from 'express'
import type { Express } from 'express'
import { exportJWK, generateKeyPair } from 'jose'
import { Provider as OpenidProvider, type Configuration } from 'oidc-provider'
import { Refusal } from '../../protocol/refusal.ts'
import { embeddedIssuer } from '../config.ts'
import { assertBodyType, readBody } from '../http/body.ts'
import type { Edge } from '../http/edge.ts'
import { visitOf } from '../http/request-id.ts'
import { publicUrl, type World } from '../world.ts'
import { choicePage, errorPage, PAGE_HEADERS } from './demo-page.ts'
import { demoPeople } from './demo-people.ts'
import { providerMemory } from './memory.ts'
import { CALLBACK_PATH, type Provider } from './openid.ts'

const MOUNT = '/oidc'
const CLIENT_ID = 'onceproof-gateway'
const SESSION_NAME = 'onceproof-demo-idp'
const INTERACTION_SECONDS = 600
const LONGEST_FORM = 1_024

export interface EmbeddedProvider extends Provider {
  /** Puts the provider's own paths on the app. */
  mount(app: Express, edge: Pick<Edge, 'limiter' | 'clientOf'>): void
}

/** `port`: where the gateway listens, by which it reaches its own provider. */
export function embeddedProvider(world: World, port: number): EmbeddedProvider {
  const issuer = embeddedIssuer(publicUrl(world))
  const clientSecret = randomBytes(32).toString('base64url')
  // Making a key is asynchronous; whoever comes first waits for it.
  let made: Promise<OpenidProvider> | null = null
  const provider = () => (made ??= makeProvider(world, issuer, clientSecret))

  return {
    issuer,
    clientId: CLIENT_ID,
    clientSecret,
    fetch: async (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input)
      return fetch(`http://127.0.0.1:${port}${url.pathname}${url.search}`, init)
    },
    mount(app, edge) {
      const router = express.Router({ caseSensitive: true, strict: true })
      router.use((request, response, next) => {
        visitOf(response).route = MOUNT
        standAtPublicUrl(request, world)
        forgetPerson(request)
        next()
      })
      router.use('/interaction', (request, _response, next) => {
        edge.limiter.admit('signIn', edge.clientOf(request))
        next()
      })
      router.get('/interaction/:uid', (request, response) => showChoice(provider, request, response))
      router.post('/interaction/:uid', (request, response) => takeChoice(provider, request, response))
      router.use((request, response) => provider().then(ready => ready.callback()(request, response)))
      app.use(MOUNT, router)
    },
  }
}

type Ready = () => Promise<OpenidProvider>

async function showChoice(provider: Ready, request: IncomingMessage, response: ServerResponse) {
  const { uid } = await interactionOf(await provider(), request, response)
  response.writeHead(200, PAGE_HEADERS)
  response.end(choicePage(`${MOUNT}/interaction/${uid}`))
}

/** One click signs in. Refuses ORIGIN_WRONG, SIGN_IN_STATE and SIGN_IN_PERSON. */
async function takeChoice(provider: Ready, request: IncomingMessage, response: ServerResponse) {
  const site = request.headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin')
    throw new Refusal('ORIGIN_WRONG', 'the choice must come from the page of this provider')
  const ready = await provider()
  await interactionOf(ready, request, response)
  assertBodyType(request, ['application/x-www-form-urlencoded'])
  const form = new URLSearchParams((await readBody(request, { maxBytes: LONGEST_FORM })).toString('utf8'))
  const accountId = form.get('person') ?? ''
  if (!demoPeople().some(({ sub }) => sub === accountId))
    throw new Refusal('SIGN_IN_PERSON', 'there is no such person in this demo', { field: 'person' })
  const result = { login: { accountId, remember: false, amr: ['demo'] } }
  await ready.interactionFinished(request, response, result, { mergeWithLastSubmission: false })
}

/** The provider makes its addresses of what the request says of itself; the gateway says it, whatever the client claimed. */
function standAtPublicUrl(request: IncomingMessage, world: World): void {
  const { host, protocol } = new URL(publicUrl(world))
  request.headers['x-forwarded-host'] = host
  request.headers['x-forwarded-proto'] = protocol.slice(0, -1)
}

/** In a demo one person after the other signs in, so whoever signed in before is never taken up silently. */
function forgetPerson({ headers }: IncomingMessage): void {
  if (headers.cookie === undefined) return
  const pairs = headers.cookie.split(';').map(pair => pair.trim())
  headers.cookie = pairs
    .filter(pair => !pair.startsWith(`${SESSION_NAME}=`) && !pair.startsWith(`${SESSION_NAME}.sig=`))
    .join('; ')
}

/** Refuses SIGN_IN_STATE for a page that was opened without a sign-in of this browser, or too late. */
async function interactionOf(provider: OpenidProvider, request: IncomingMessage, response: ServerResponse) {
  try {
    return await provider.interactionDetails(request, response)
  } catch {
    throw new Refusal('SIGN_IN_STATE', 'no sign-in of this browser is under way here')
  }
}

async function makeProvider(world: World, issuer: string, clientSecret: string): Promise<OpenidProvider> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true })
  const key = { ...(await exportJWK(privateKey)), alg: 'ES256', use: 'sig', kid: 'demo-1' }
  const claim = world.config.openidNumberClaim
  const people = new Map(demoPeople().map(person => [person.sub, person]))
  const configuration: Configuration = {
    adapter: providerMemory(),
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: clientSecret,
        redirect_uris: [publicUrl(world) + CALLBACK_PATH],
        response_types: ['code'],
        grant_types: ['authorization_code'],
        token_endpoint_auth_method: 'client_secret_basic',
        id_token_signed_response_alg: 'ES256',
      },
    ],
    jwks: { keys: [key] },
    cookies: {
      keys: [randomBytes(32).toString('base64url')],
      names: {
        session: SESSION_NAME,
        interaction: 'onceproof-demo-idp-choice',
        resume: 'onceproof-demo-idp-resume',
      },
    },
    claims: { openid: ['sub'], profile: ['name', claim] },
    conformIdTokenClaims: true,
    pkce: { required: () => true },
    scopes: ['openid', 'profile'],
    responseTypes: ['code'],
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      userinfo: { enabled: true },
    },
    interactions: { url: (_ctx, { uid }) => `${MOUNT}/interaction/${uid}` },
    ttl: {
      AccessToken: 60,
      AuthorizationCode: 60,
      Grant: INTERACTION_SECONDS,
      IdToken: 300,
      Interaction: INTERACTION_SECONDS,
      Session: INTERACTION_SECONDS,
    },
    findAccount: (_ctx, sub) => {
      const person = people.get(sub)
      if (person === undefined) return undefined
      const { name, number } = person
      return {
        accountId: sub,
        claims: () => ({ sub, name, ...(number !== null && { [claim]: number }) }),
      }
    },
    // The gateway itself is the only client: whoever signs in agrees to be known to it.
    loadExistingGrant: async ctx => {
      const { client, session, params } = ctx.oidc
      const grant = new ctx.oidc.provider.Grant({
        accountId: session?.accountId ?? '',
        clientId: client?.clientId ?? '',
      })
      grant.addOIDCScope(typeof params?.['scope'] === 'string' ? params['scope'] : 'openid')
      await grant.save()
      return grant
    },
    renderError: (ctx, out) => {
      for (const [name, value] of Object.entries(PAGE_HEADERS)) ctx.set(name, value)
      ctx.body = errorPage(out.error)
    },
  }
  const provider = new OpenidProvider(issuer, configuration)
  provider.proxy = true
  provider.on('server_error', (_ctx, error) => world.logger.error('demo_provider_failed', { error }))
  return provider
}
