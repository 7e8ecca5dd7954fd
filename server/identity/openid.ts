/**
 * The gateway as a relying party of an OpenID Connect provider: authorization code with PKCE, state and nonce
 * (https://openid.net/specs/openid-connect-core-1_0.html, https://www.rfc-editor.org/rfc/rfc9700).
 */
import * as openid from 'openid-client'
import { Refusal } from '../../protocol/refusal.ts'
import { Unavailable } from '../http/problem.ts'
import { publicUrl, type World } from '../world.ts'
import { LONGEST_SECONDS } from './sessions.ts'

export interface Provider {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
  /** How the provider is reached, when it is not by the issuer's own address. */
  readonly fetch: typeof fetch | null
}

/** What the gateway remembers of a sign-in while the person is with the provider. */
export interface SignInUnderWay {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
  readonly returnTo: string
  readonly stepUp: boolean
  /** Seconds. */
  readonly startedAt: number
}

/** What the provider says of a person. */
export interface Identified {
  readonly issuer: string
  readonly sub: string
  readonly name: string | null
  readonly number: string | null
  /** Seconds; when the provider saw the person's credentials. */
  readonly authenticatedAt: number
}

export interface RelyingParty {
  /** Where to send the person. Refuses SIGN_IN_UNAVAILABLE. */
  authorizationUrl(underWay: SignInUnderWay): Promise<string>
  /**
   * Whom the answer to a sign-in names. Refuses SIGN_IN_REFUSED (the provider or the person said no), SIGN_IN_FAILED (a code,
   * token or claim that is not right), STEP_UP_NOT_FRESH, SIGN_IN_UNAVAILABLE.
   */
  identify(answer: URL, underWay: SignInUnderWay): Promise<Identified>
  /** Where to send a person who also wants to sign out with the provider; null when there is no such place. */
  endSessionUrl(): Promise<string | null>
}

export const CALLBACK_PATH = '/sign-in/callback'
const TIMEOUT_SECONDS = 10
/** Of a person's name, which is shown and nothing else. */
const LONGEST_NAME = 100

export function relyingParty(world: World, provider: Provider): RelyingParty {
  const { issuer } = provider
  let known: openid.Configuration | null = null

  /** Asked once; a failure is asked again. */
  async function configuration(): Promise<openid.Configuration> {
    known ??= await reach(() =>
      openid.discovery(
        new URL(issuer),
        provider.clientId,
        undefined,
        openid.ClientSecretBasic(provider.clientSecret),
        {
          timeout: TIMEOUT_SECONDS,
          // Only for a provider that was configured with http, which production refuses.
          execute: issuer.startsWith('http:') ? [openid.allowInsecureRequests] : [],
          ...(provider.fetch && { [openid.customFetch]: provider.fetch as openid.CustomFetch }),
        },
      ),
    )
    return known
  }

  async function reach<T>(ask: () => Promise<T>): Promise<T> {
    try {
      return await ask()
    } catch (error) {
      world.logger.warn('sign_in_failed', { code: codeOf(error) })
      if (isOutage(error)) throw new Unavailable('SIGN_IN_UNAVAILABLE', 5)
      if (error instanceof openid.AuthorizationResponseError)
        throw new Refusal('SIGN_IN_REFUSED', 'the identity provider did not sign the person in')
      throw new Refusal('SIGN_IN_FAILED', 'what the identity provider answered is not right')
    }
  }

  return {
    async authorizationUrl({ state, nonce, verifier, stepUp }) {
      const url = openid.buildAuthorizationUrl(await configuration(), {
        redirect_uri: publicUrl(world) + CALLBACK_PATH,
        scope: world.config.openidScope,
        state,
        nonce,
        code_challenge: await openid.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        // Makes the provider tell when it saw the person.
        max_age: String(stepUp ? 0 : LONGEST_SECONDS),
        ...(stepUp && { prompt: 'login' }),
      })
      return url.href
    },
    async identify(answer, { state, nonce, verifier, stepUp, startedAt }) {
      const config = await configuration()
      const tokens = await reach(() =>
        openid.authorizationCodeGrant(config, answer, {
          expectedState: state,
          expectedNonce: nonce,
          pkceCodeVerifier: verifier,
          ...(!stepUp && { maxAge: LONGEST_SECONDS }),
        }),
      )
      const claims = tokens.claims()
      const authenticatedAt = claims?.auth_time
      if (claims === undefined || authenticatedAt === undefined)
        throw new Refusal('SIGN_IN_FAILED', 'the identity provider does not tell when it saw the person')
      // Seen before he was sent there: the provider took an old sign-in for a fresh one.
      if (stepUp && authenticatedAt < startedAt - CLOCKS_DIFFER_SECONDS) throw notFresh()
      const { openidNumberClaim } = world.config
      const isComplete = typeof claims[openidNumberClaim] === 'string' && typeof claims['name'] === 'string'
      const more =
        isComplete || config.serverMetadata().userinfo_endpoint === undefined
          ? {}
          : await reach(() => openid.fetchUserInfo(config, tokens.access_token, claims.sub))
      const told: Record<string, unknown> = { ...more, ...claims }
      return {
        issuer,
        sub: claims.sub,
        name: textOf(told['name'], LONGEST_NAME),
        number: textOf(told[openidNumberClaim], 18),
        authenticatedAt,
      }
    },
    async endSessionUrl() {
      const config = await configuration()
      if (config.serverMetadata().end_session_endpoint === undefined) return null
      return openid.buildEndSessionUrl(config, { post_logout_redirect_uri: `${publicUrl(world)}/` }).href
    },
  }
}

const CLOCKS_DIFFER_SECONDS = 30

const notFresh = () =>
  new Refusal('STEP_UP_NOT_FRESH', 'the identity provider did not ask the person again', {
    expected: 'a sign-in after it was asked for',
  })

function textOf(value: unknown, longest: number): string | null {
  return typeof value === 'string' && value.length > 0 && value.length <= longest ? value : null
}

/** Never a message: it may hold what the provider said of somebody. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'UNKNOWN'
  return 'code' in error && typeof error.code === 'string' ? error.code.slice(0, 60) : error.name
}

function isOutage(error: unknown): boolean {
  if (error instanceof openid.ResponseBodyError) return error.status >= 500
  return ['OAUTH_TIMEOUT', 'TypeError'].includes(codeOf(error)) || isOutageCause(error)
}

/** What `fetch` throws when nobody answers, and an answer of another kind than it should be. */
function isOutageCause(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return cause instanceof Response ? cause.status >= 500 : cause instanceof TypeError
}
