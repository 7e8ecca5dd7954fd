/**
 * How gateway and signer know each other (docs/keys.md): both hold one secret, and every request and every answer carries a
 * code over all of it. A request is good once and for a minute; an answer belongs to its request.
 *
 *     request   HMAC-SHA256(secret, "onceproof-signer/1 request\n" method "\n" path "\n" time "\n" nonce "\n" sha256(body))
 *     answer    HMAC-SHA256(secret, "onceproof-signer/1 answer\n" nonce "\n" status "\n" sha256(body))
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

export const TIME_HEADER = 'onceproof-time'
export const NONCE_HEADER = 'onceproof-nonce'
export const CODE_HEADER = 'onceproof-code'
/** How far the two clocks may be apart. */
export const MOST_SECONDS_APART = 60

export interface SignedRequest {
  method: string
  path: string
  /** Seconds since 1970, as text. */
  time: string
  /** 16 random bytes, base64url. */
  nonce: string
}

export function requestCode(secret: string, request: SignedRequest, body: string): string {
  const { method, path, time, nonce } = request
  return codeOf(secret, ['onceproof-signer/1 request', method, path, time, nonce, digestOf(body)])
}

export function answerCode(secret: string, nonce: string, status: number, body: string): string {
  return codeOf(secret, ['onceproof-signer/1 answer', nonce, String(status), digestOf(body)])
}

/** In constant time. */
export function sameCode(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

const digestOf = (body: string) => createHash('sha256').update(body).digest('hex')
const codeOf = (secret: string, lines: string[]) =>
  createHmac('sha256', secret).update(lines.join('\n')).digest('base64url')
