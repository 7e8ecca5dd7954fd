/**
 * How the demonstration speaks to the gateway: through the API alone, its people in sessions of their own, begun at the demo's identity
 * provider as a browser would.
 */
import { createHash } from 'node:crypto'
import { Refusal } from '../protocol/refusal.ts'
import { createClient, type ApiClient } from './http/client.ts'
import { SESSION_COOKIE } from './identity/cookies.ts'

/** Redirects in a sign-in, there and back, are fewer. */
const MOST_STEPS = 12
const SIGN_IN = '/sign-in'

export interface DemoSession {
  /** Where its cookie belongs: the gateway may be known by another name of the same machine. */
  url: string
  /** What every request of the session carries. */
  headers: { cookie: string; origin: string }
}

/** A client of the API in this person's session. Refuses GATEWAY_ANSWER when the gateway has another identity provider. */
export async function signInAs(url: string, sub: string): Promise<ApiClient> {
  return createClient({ ...(await beginDemoSession(url, sub)), token: null })
}

/** Signs in at the demo's provider, each request with these headers too. Refuses GATEWAY_ANSWER as `signInAs` does. */
export async function beginDemoSession(
  url: string,
  sub: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<DemoSession> {
  const cookies = new Map<string, string>()
  // Whoever comes by another name of the same machine is led to the one that cookies belong to.
  let base = url
  let path = SIGN_IN
  let form: URLSearchParams | null = null
  for (let step = 0; step < MOST_STEPS && !cookies.has(SESSION_COOKIE); step++) {
    const response: Response = await fetch(base + path, {
      redirect: 'manual',
      headers: { ...headers, cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form !== null && { method: 'POST', body: form }),
    })
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';')
      const equals = pair.indexOf('=')
      cookies.set(pair.slice(0, equals), pair.slice(equals + 1))
    }
    const location = response.headers.get('location')
    const action =
      location === null ? /<form method="post" action="([^"]+)"/.exec(await response.text()) : null
    form = action === null ? null : new URLSearchParams({ person: sub })
    const next = location ?? action?.[1]
    if (next === undefined) throw notOurs(url)
    // The gateway may be known to others by another address than the one that we reach it by.
    const target = new URL(next, base + path)
    if (target.pathname === SIGN_IN) base = target.origin
    path = target.pathname + target.search
  }
  const session = cookies.get(SESSION_COOKIE)
  if (session === undefined) throw notOurs(url)
  const metadata = await fetch(`${url}/.well-known/oauth-authorization-server`)
  const { issuer } = (await metadata.json()) as { issuer: string }
  return {
    url: base,
    headers: { cookie: `${SESSION_COOKIE}=${session}`, origin: new URL(issuer).origin },
  }
}

const notOurs = (url: string) =>
  new Refusal('GATEWAY_ANSWER', `${url} does not sign in with the demo's identity provider`, { found: url })

/** A write whose key is the digest of what it asks for: the same ask is the same write. */
export function write<Answer>(client: ApiClient, path: string, body: unknown): Promise<Answer> {
  const digest = createHash('sha256')
    .update(`${path}\n${JSON.stringify(body)}`)
    .digest('base64url')
  return client.post<Answer>(path, body, `demo-${digest}`)
}
