/**
 * Statements: everything that enters the log is a compact JWS of one of these kinds (docs/formats.md §3).
 *
 * Bytes in, a Refusal or a value out. The bytes are kept: nothing here is ever serialised again. The key is never taken from
 * the statement; `kid` only names it. https://www.rfc-editor.org/rfc/rfc7515#section-7.1
 */
import { fromBase64url, toUtf8, utf8ToBase64url } from './bytes.ts'
import { parseInstant } from './instant.ts'
import { isObject, parseJson, type JsonObject } from './json.ts'
import { verifySignature, type SignatureAlgorithm } from './key.ts'
import { Refusal } from './refusal.ts'
import {
  base64urlBytes,
  distinct,
  hex,
  integer,
  list,
  literal,
  object,
  string,
  text,
  type Shape,
} from './shape.ts'

export type StatementKind =
  'certificate' | 'record' | 'status' | 'use' | 'catalogue' | 'holder-key' | 'endorsement' | 'withholding'

/** The `typ` of each kind; its inverse is how a statement's kind is read. */
export const STATEMENT_TYP: Record<StatementKind, string> = {
  certificate: 'vc+sd-jwt',
  record: 'onceproof-record+jwt',
  status: 'onceproof-status+jwt',
  use: 'onceproof-use+jwt',
  catalogue: 'onceproof-catalogue+jwt',
  'holder-key': 'onceproof-holder-key+jwt',
  endorsement: 'onceproof-endorsement+jwt',
  withholding: 'onceproof-withholding+jwt',
}

export interface Statement {
  kind: StatementKind
  alg: SignatureAlgorithm
  /** DID of the signer, the part of `kid` before `#`. */
  did: string
  /** RFC 7638 thumbprint of the signing key, base64url, the part of `kid` after `#`. */
  thumbprint: string
  payload: JsonObject
  signature: Uint8Array
  /** The exact statement. */
  text: string
}

const MAX_STATEMENT_BYTES = 131_072
const MAX_HEADER_BYTES = 1_024
const KID = /^(did:[a-z0-9]+:[A-Za-z0-9.:%_-]{1,200})#([A-Za-z0-9_-]{43})$/

const kindOfTyp = new Map(Object.entries(STATEMENT_TYP).map(([kind, typ]) => [typ, kind as StatementKind]))
// Headers repeat: a department signs all its certificates under one. Bounded, so that strangers' files cannot fill it.
const knownHeaders = new Map<string, ReturnType<typeof readHeader>>()
const MAX_KNOWN_HEADERS = 256

/**
 * Reads a statement of any kind. Refuses with the codes of docs/formats.md §3; certificates' claims are checked by
 * `parseCertificate`, those of every other kind here. Does not check the signature: that needs a registered key.
 */
export function parseStatement(jws: string): Statement {
  if (jws.length > MAX_STATEMENT_BYTES) {
    throw new Refusal('STATEMENT_TOO_LARGE', `a statement has at most ${MAX_STATEMENT_BYTES} bytes`)
  }
  const parts = jws.split('.')
  const [header64, payload64, signature64] = parts
  if (parts.length !== 3 || !header64 || !payload64 || !signature64) {
    throw new Refusal('STATEMENT_SHAPE', 'a statement has three parts', { found: `${parts.length} parts` })
  }
  const payloadBytes = fromBase64url(payload64)
  const signature = fromBase64url(signature64)
  if (payloadBytes === null || signature === null) throw badBase64()
  if (signature.length !== 64) {
    throw new Refusal('STATEMENT_SHAPE', 'a signature has 64 bytes', { found: `${signature.length} bytes` })
  }
  const header = headerOf(header64)
  const payload = parseJson(payloadBytes)
  if (!isObject(payload))
    throw new Refusal('STATEMENT_CLAIM', 'a payload is a JSON object', { field: 'payload' })
  if (header.kind !== 'certificate') checkClaims(header.kind, header.did, payload)
  return { ...header, payload, signature, text: jws }
}

/** `base64url(header).base64url(payload)`: what is signed. `payload` is the exact JSON text. */
export function signingInput(header64: string, payload: string): string {
  return `${header64}.${utf8ToBase64url(payload)}`
}

/** The base64url header of statements of one kind under one key. */
export function statementHeader(
  kind: StatementKind,
  alg: SignatureAlgorithm,
  did: string,
  thumbprint: string,
): string {
  return utf8ToBase64url(JSON.stringify({ alg, typ: STATEMENT_TYP[kind], kid: `${did}#${thumbprint}` }))
}

/** True when the statement was signed under this raw public key (x‖y or Ed25519). */
export function isSignedBy(statement: Statement, publicKey: Uint8Array): boolean {
  const input = statement.text.slice(0, statement.text.lastIndexOf('.'))
  return verifySignature(statement.alg, publicKey, toUtf8(input), statement.signature)
}

function headerOf(header64: string): ReturnType<typeof readHeader> {
  const known = knownHeaders.get(header64)
  if (known !== undefined) return known
  const header = readHeader(header64)
  if (knownHeaders.size >= MAX_KNOWN_HEADERS) knownHeaders.clear()
  knownHeaders.set(header64, header)
  return header
}

function readHeader(header64: string): Pick<Statement, 'kind' | 'alg' | 'did' | 'thumbprint'> {
  const bytes = fromBase64url(header64)
  if (bytes === null) throw badBase64()
  const header = parseJson(bytes, { maxBytes: MAX_HEADER_BYTES })
  if (!isObject(header)) throw new Refusal('STATEMENT_HEADER', 'a header is a JSON object')
  if ('crit' in header)
    throw new Refusal('STATEMENT_CRIT', 'no critical extension is known', { field: 'crit' })
  for (const name of Object.keys(header)) {
    if (name !== 'alg' && name !== 'typ' && name !== 'kid') {
      throw new Refusal('STATEMENT_HEADER', 'a header has exactly alg, typ, kid', {
        field: name.slice(0, 40),
      })
    }
  }
  const { alg, typ, kid } = header
  if (alg !== 'ES256' && alg !== 'EdDSA') {
    throw new Refusal('STATEMENT_ALG', 'unknown signature suite', {
      field: 'alg',
      expected: 'ES256 or EdDSA',
    })
  }
  const kind = typeof typ === 'string' ? kindOfTyp.get(typ) : undefined
  if (kind === undefined) throw new Refusal('STATEMENT_TYP', 'unknown kind of statement', { field: 'typ' })
  const match = typeof kid === 'string' ? KID.exec(kid) : null
  if (match === null || fromBase64url(match[2]!) === null) {
    throw new Refusal('STATEMENT_KID', 'kid is a DID, # and a thumbprint', { field: 'kid' })
  }
  return { kind, alg, did: match[1]!, thumbprint: match[2]! }
}

const ULID = '[0-7][0-9A-HJKMNP-TV-Z]{25}'
const leaf = base64urlBytes(32)
const instant: Shape = value => (typeof value === 'string' && parseInstant(value) !== null ? null : '')

type ClaimedKind = Exclude<StatementKind, 'certificate'>

/** Claims of each kind beside the common ones, exactly as the table in docs/formats.md §3. */
const CLAIMS: Record<ClaimedKind, { required: Record<string, Shape>; optional?: Record<string, Shape> }> = {
  record: {
    required: {
      record: object(
        { digest: base64urlBytes(32) },
        { size: integer(0), mediaType: string(/^[\w.+-]{1,100}\/[\w.+-]{1,100}$/), name: text(255) },
      ),
    },
  },
  status: {
    required: {
      certificate: leaf,
      action: literal('revoke', 'suspend', 'resume', 'supersede'),
      reason: string(/^[A-Z_]{2,40}$/),
    },
    optional: { successor: leaf, lifts: hex(32), effective: instant },
  },
  use: {
    required: {
      certificate: leaf,
      department: text(100),
      officer: text(100),
      matter: text(100),
      ground: literal('duty', 'consent', 'presentation'),
      fields: distinct(list(text(100), 1, 500)),
    },
    optional: {
      case: string(new RegExp(`^${ULID}$`)),
      grant: hex(32),
      basis: text(200),
      refused: string(/^[A-Z_]{2,40}$/),
    },
  },
  catalogue: {
    required: { catalogue: object({ type: text(100), version: integer(1), digest: base64urlBytes(32) }) },
  },
  'holder-key': { required: { holder: base64urlBytes(32), signer: hex(20, 400), epoch: integer(0) } },
  endorsement: { required: { endorses: distinct(list(leaf, 1, 1000)) } },
  withholding: {
    required: {
      action: literal('withhold', 'release'),
      reason: string(/^[A-Z_]{2,40}$/),
      orderedBy: distinct(list(text(100), 2, 2)),
    },
    optional: { certificate: leaf, department: text(100) },
  },
}

function checkClaims(kind: ClaimedKind, did: string, payload: JsonObject): void {
  const common: Record<string, Shape> = {
    iss: literal(did),
    iat: integer(0),
    jti: string(new RegExp(`^urn:onceproof:${kind}:${ULID}$`)),
    region: string(/^\d{6}$/),
    salt: base64urlBytes(16),
  }
  const { required, optional } = CLAIMS[kind]
  const wrong = object({ ...common, ...required }, optional)(payload) ?? inconsistent(kind, payload)
  if (wrong !== null) {
    throw new Refusal('STATEMENT_CLAIM', `claim is missing, unknown or wrong in a ${kind} statement`, {
      field: wrong,
    })
  }
}

/** A successor exactly when superseding, a lifted order exactly when resuming; one certificate or one department withheld. */
function inconsistent(kind: StatementKind, payload: JsonObject): string | null {
  if (kind === 'withholding')
    return 'certificate' in payload === 'department' in payload ? 'certificate' : null
  if (kind !== 'status') return null
  if ('successor' in payload !== (payload['action'] === 'supersede')) return 'successor'
  return 'lifts' in payload !== (payload['action'] === 'resume') ? 'lifts' : null
}

const badBase64 = () => new Refusal('STATEMENT_BASE64', 'a part is not canonical base64url')
