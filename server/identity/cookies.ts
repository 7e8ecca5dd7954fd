/**
 * Cookies of the gateway. The prefix `__Host-` makes browsers hold them to this host, this scheme and the whole path, so no
 * neighbour can plant one. https://www.rfc-editor.org/rfc/rfc6265#section-4.1
 */
import type { IncomingMessage } from 'node:http'

export const SESSION_COOKIE = '__Host-onceproof-session'
export const PENDING_COOKIE = '__Host-onceproof-signin'

/** The value of the cookie; null when there is none, or more than one of the name (which one counts would be a guess). */
export function cookieIn(header: string | undefined, name: string): string | null {
  const values = (header ?? '').split(';').flatMap(pair => {
    const equals = pair.indexOf('=')
    return equals > 0 && pair.slice(0, equals).trim() === name ? [pair.slice(equals + 1).trim()] : []
  })
  return values.length === 1 ? (values[0] ?? null) : null
}

export const cookieOf = (request: IncomingMessage, name: string): string | null =>
  cookieIn(request.headers.cookie, name)

/** A line of `Set-Cookie`. */
export function cookieLine(name: string, value: string, maxAgeSeconds: number): string {
  return `${name}=${value}; Path=/; Max-Age=${maxAgeSeconds}; Secure; HttpOnly; SameSite=Lax`
}

export const forgetLine = (name: string): string => cookieLine(name, '', 0)
