/**
 * Sessions of people. The cookie holds 256 random bits; the store holds their digest, pseudonyms and times, and what is personal
 * sealed under a key that only the cookie gives. So whoever reads the database neither takes up a session nor reads a name.
 */
import { Refusal } from '../../protocol/refusal.ts'
import type { Authenticator, Caller } from '../http/auth.ts'
import { HttpRefusal } from '../http/problem.ts'
import type { SessionRow, TakenRole } from '../store/identity.ts'
import { nowSeconds, publicUrl, type World } from '../world.ts'
import { cookieOf, SESSION_COOKIE } from './cookies.ts'
import { digestOfSecret, freshSecret, openContent, sealContent } from './content.ts'
import { GUEST, mayTake, roleOptions, type ActingFor } from './roles.ts'

export const IDLE_SECONDS = 30 * 60
export const LONGEST_SECONDS = 12 * 3600
/** Use is noted once a minute, not with every request; a session may end so much before it was idle for the whole time. */
const NOTE_USE_SECONDS = 60

export interface NewSession extends TakenRole {
  account: string
  person: string | null
  authenticatedAt: number
  /** As the provider tells it. */
  name: string | null
}

/** Begins a session under a fresh secret, which it returns, and ends the one that it replaces. Survives a power cut. */
export async function beginSession(
  world: Pick<World, 'store' | 'clock'>,
  { name, ...session }: NewSession,
  replaces: string | null,
): Promise<string> {
  const secret = freshSecret()
  const now = nowSeconds(world)
  await world.store.beginSession(
    {
      ...session,
      digest: digestOfSecret(secret),
      createdAt: now,
      usedAt: now,
      expiresAt: now + LONGEST_SECONDS,
      sealed: sealContent(secret, { name }),
    },
    replaces === null ? null : digestOfSecret(replaces),
    now - IDLE_SECONDS,
  )
  return secret
}

/** The session of a cookie; null when there is none or its time is over. */
export async function sessionOf(
  world: Pick<World, 'store' | 'clock'>,
  secret: string,
): Promise<SessionRow | null> {
  const session = await world.store.sessionByDigest(digestOfSecret(secret))
  if (session === null) return null
  const now = nowSeconds(world)
  if (now >= session.expiresAt || now - session.usedAt >= IDLE_SECONDS) {
    await world.store.endSession(session.digest)
    return null
  }
  return session
}

/** The name that the provider told; null when it told none. */
export function nameIn({ sealed }: SessionRow, secret: string): string | null {
  const content = openContent(secret, sealed) as { name: string | null } | null
  return content?.name ?? null
}

/**
 * Knows people by their session. Refuses ORIGIN_WRONG for a write that does not come from this gateway's own pages, and
 * SESSION_ENDED. A role that the person no longer has leaves him a guest.
 */
export function sessionAuthenticator(world: World, actingFor: ActingFor): Authenticator {
  return async ({ bearer, request }) => {
    if (bearer !== null) return null
    const secret = cookieOf(request, SESSION_COOKIE)
    if (secret === null) return null
    assertOwnOrigin(world, request.method ?? '', request.headers)
    const session = await sessionOf(world, secret)
    if (session === null) {
      throw new HttpRefusal('SESSION_ENDED', 'the session has ended', {
        'WWW-Authenticate': 'Bearer realm="onceproof"',
      })
    }
    const now = nowSeconds(world)
    if (now - session.usedAt >= NOTE_USE_SECONDS) await world.store.touchSession(session.digest, now)
    return callerOf(world, session, actingFor)
  }
}

export async function callerOf(world: World, session: SessionRow, actingFor: ActingFor): Promise<Caller> {
  const taken = mayTake(await roleOptions(world, session, actingFor), session) ? session : GUEST
  return {
    role: taken.role,
    subject: session.account,
    department: taken.department,
    holder: taken.holder,
    person: taken.role === 'holder' ? session.person : null,
    scopes: [],
    authenticatedAt: session.authenticatedAt,
  }
}

/**
 * A cookie comes with requests that a foreign page caused. Browsers say in `Origin` whose page it was; one that says nothing is
 * not believed. https://cheatsheetseries.owasp.org/cheatsheets/Cross-Site_Request_Forgery_Prevention_Cheat_Sheet.html
 */
export function assertOwnOrigin(
  world: Pick<World, 'config'>,
  method: string,
  headers: Readonly<Record<string, string | string[] | undefined>>,
): void {
  if (method === 'GET' || method === 'HEAD') return
  const { origin } = headers
  const site = headers['sec-fetch-site']
  const own = new URL(publicUrl(world)).origin
  if (origin === own && (site === undefined || site === 'same-origin')) return
  throw new Refusal('ORIGIN_WRONG', 'a write by session must come from a page of this gateway', {
    field: 'header.origin',
    expected: own,
  })
}
