/**
 * Who is asking. A route receives a `Caller` and never looks at headers; what the caller may do is said by one table
 * (access.ts). How a caller shows who he is are authenticators, asked in order: the data folder's token here, machine
 * clients' tokens and people's sessions in their own folder.
 */
import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { invariant } from '../../protocol/refusal.ts'
import { HttpRefusal } from './problem.ts'

/**
 * - `anyone`: nobody asked · `guest`: signed in, has taken no role
 * - `root`: whoever holds the token in the data folder of a demo; acts for every department, whose keys lie in the same folder
 * - `operator`: runs the gateway and admits departments, reads no certificate · `auditor`: counts, hashes and proofs of all
 * - `client`: a department's machine, within its scopes · `maker`, `checker`, `officer`, `supervisor`: a department's people
 * - `holder`: whom certificates are about, or who may act for him
 */
export const ROLES = [
  'anyone',
  'guest',
  'root',
  'operator',
  'auditor',
  'client',
  'maker',
  'checker',
  'officer',
  'supervisor',
  'holder',
] as const
export type Role = (typeof ROLES)[number]

/** What a machine client may do, for which department, with which type (`*` = each). */
export interface Scope {
  readonly action: string
  readonly department: string
  readonly type: string
}

export interface Caller {
  readonly role: Role
  /** Stands for the caller in records: a client's id, an account's ULID. Never a name or an ID number. */
  readonly subject: string
  /** Code of the department that he acts for. */
  readonly department: string | null
  /** Of role `holder`: as whom he acts, base64url of 32 random bytes. */
  readonly holder: string | null
  /** Of role `holder`: who he is himself; another one than `holder` when he acts for a child or an organisation. */
  readonly person: string | null
  /** Of role `client`. */
  readonly scopes: readonly Scope[]
  /** Seconds; when a person last showed who he is. */
  readonly authenticatedAt: number | null
}

/** Who shows this request's credentials; null when they are not of its kind. Refuses what is of its kind and wrong. */
export type Authenticator = (credentials: Credentials) => Promise<Caller | null>

export interface Credentials {
  /** Of `Authorization: Bearer …` (RFC 6750 §2.1 https://www.rfc-editor.org/rfc/rfc6750#section-2.1). */
  readonly bearer: string | null
  readonly request: IncomingMessage
}

export type Authenticate = (request: IncomingMessage) => Promise<Caller>

/** A caller of this role with nothing else. */
export const plainCaller = (role: Role): Caller => ({
  role,
  subject: role,
  department: null,
  holder: null,
  person: null,
  scopes: [],
  authenticatedAt: null,
})

export const ANYONE: Caller = plainCaller('anyone')

/** Fewer characters than this could be guessed. */
const SHORTEST_TOKEN = 32
const BEARER = /^bearer +([A-Za-z0-9._~+/-]+=*) *$/i

/** The first authenticator that knows the credentials decides. Refuses TOKEN_MISSING and TOKEN_WRONG, both 401. */
export function authenticateBy(authenticators: readonly Authenticator[]): Authenticate {
  return async request => {
    const { authorization } = request.headers
    const bearer = authorization === undefined ? null : (BEARER.exec(authorization)?.[1] ?? null)
    for (const authenticator of authenticators) {
      const caller = await authenticator({ bearer, request })
      if (caller !== null) return caller
    }
    if (bearer === null) {
      throw new HttpRefusal('TOKEN_MISSING', 'this needs an access token or a session', {
        'WWW-Authenticate': 'Bearer realm="onceproof"',
      })
    }
    throw new HttpRefusal('TOKEN_WRONG', 'the token is not one of this gateway', {
      'WWW-Authenticate': 'Bearer realm="onceproof", error="invalid_token"',
    })
  }
}

/**
 * Accepts exactly one token. Digests are compared, in constant time, so neither the token's characters nor its length can be
 * measured; the token itself is not kept.
 */
export function authenticateToken(token: string, role: 'root' | 'operator'): Authenticator {
  invariant(token.length >= SHORTEST_TOKEN, `the operator token needs ${SHORTEST_TOKEN} characters`)
  const expected = digestOf(token)
  const caller = plainCaller(role)
  return async ({ bearer }) =>
    bearer !== null && timingSafeEqual(digestOf(bearer), expected) ? caller : null
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
