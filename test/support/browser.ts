/**
 * A browser without pages: keeps cookies, follows redirects one by one, clicks what a page offers. (Cookies are `Secure`; on
 * loopback browsers send them over http too, and so does this.)
 */
import type { OpenedGateway } from './opened-gateway.ts'

export interface Browser {
  /** By name. */
  readonly cookies: Map<string, string>
  /** One request with the cookies, without following a redirect; keeps what the answer sets. */
  send(path: string, init?: RequestInit): Promise<Response>
  /** A write by a script of the gateway's own page. */
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>
  /** Goes to the provider; the page on which a person is chosen. */
  openSignIn(query?: string): Promise<{ action: string; html: string }>
  /** Chooses; the path of the callback, which was not called yet. */
  choose(action: string, sub: string): Promise<string>
  /** The whole sign-in; the answer of the callback. */
  signIn(sub: string, query?: string): Promise<Response>
}

export const SESSION = '__Host-onceproof-session'
export const PENDING = '__Host-onceproof-signin'

export function openBrowser(gateway: Pick<OpenedGateway, 'url' | 'request'>): Browser {
  const cookies = new Map<string, string>()
  const own = { origin: gateway.url, 'sec-fetch-site': 'same-origin' }

  const send: Browser['send'] = async (path, init = {}) => {
    const headers = new Headers(init.headers)
    if (cookies.size > 0 && !headers.has('cookie'))
      headers.set('cookie', [...cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    const response = await gateway.request(path, { ...init, headers, redirect: 'manual' })
    for (const line of response.headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split('; ')
      const equals = pair.indexOf('=')
      const [name, value] = [pair.slice(0, equals), pair.slice(equals + 1)]
      const isGone = value === '' || attributes.includes('Max-Age=0')
      if (isGone) cookies.delete(name)
      else cookies.set(name, value)
    }
    return response
  }
  /** Where a redirect leads, as a path of this gateway. */
  const next = async (response: Response): Promise<string> => {
    const location = response.headers.get('location')
    if (location === null) throw new Error(`no redirect: ${response.status} ${await response.text()}`)
    const url = new URL(location, gateway.url)
    if (url.origin !== gateway.url) throw new Error(`a redirect to elsewhere: ${url.origin}`)
    return url.pathname + url.search
  }
  const openSignIn: Browser['openSignIn'] = async (query = '') => {
    const toProvider = await next(await send(`/sign-in${query}`))
    const page = await send(await next(await send(toProvider)))
    const html = await page.text()
    const action = /action="([^"]+)"/.exec(html)?.[1]
    if (page.status !== 200 || action === undefined) throw new Error(`no page: ${page.status} ${html}`)
    return { action, html }
  }
  const choose: Browser['choose'] = async (action, sub) => {
    const chosen = await send(action, { method: 'POST', body: new URLSearchParams({ person: sub }) })
    return next(await send(await next(chosen)))
  }
  return {
    cookies,
    send,
    post: (path, body, headers = own) =>
      send(path, {
        method: 'POST',
        headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      }),
    openSignIn,
    choose,
    signIn: async (sub, query) => send(await choose((await openSignIn(query)).action, sub)),
  }
}
