/**
 * Who is asking. One operator token guards every route that is not public; people and departments with rights of their own
 * come through the same seam: a route receives a `Caller` and never looks at headers.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import { invariant } from '../../protocol/refusal.ts'
import { HttpRefusal } from './problem.ts'

export type Caller = { readonly kind: 'anyone' } | { readonly kind: 'operator' }

/** Who shows this `Authorization` header. Refuses TOKEN_MISSING and TOKEN_WRONG, both 401. */
export type Authenticate = (authorization: string | undefined) => Caller

export const ANYONE: Caller = { kind: 'anyone' }
const OPERATOR: Caller = { kind: 'operator' }

/** Fewer characters than this could be guessed. */
const SHORTEST_TOKEN = 32

/** Bearer token as in RFC 6750 §2.1 (https://www.rfc-editor.org/rfc/rfc6750#section-2.1). */
const BEARER = /^bearer +([A-Za-z0-9._~+/-]+=*) *$/i

/**
 * Accepts exactly one token. Digests are compared, in constant time, so neither the token's characters nor its length can be
 * measured; the token itself is not kept.
 */
export function authenticateOperator(token: string): Authenticate {
  invariant(token.length >= SHORTEST_TOKEN, `the operator token needs ${SHORTEST_TOKEN} characters`)
  const expected = digestOf(token)
  return authorization => {
    const found = authorization === undefined ? undefined : BEARER.exec(authorization)?.[1]
    if (found === undefined) {
      throw new HttpRefusal('TOKEN_MISSING', 'this needs an operator token', {
        'WWW-Authenticate': 'Bearer realm="onceproof"',
      })
    }
    if (!timingSafeEqual(digestOf(found), expected)) {
      throw new HttpRefusal('TOKEN_WRONG', 'the token is not the operator token', {
        'WWW-Authenticate': 'Bearer realm="onceproof", error="invalid_token"',
      })
    }
    return OPERATOR
  }
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
