/**
 * Every failure that leaves the gateway, as RFC 9457 problem details (https://www.rfc-editor.org/rfc/rfc9457).
 *
 * A failure has an owner. The caller's is a `Refusal`: its code decides the status and everything about it is told. An outage
 * of something we need is `Unavailable`: come again later. All else is ours: 500, a request id, and the cause only in the log.
 */
import type { ServerResponse } from 'node:http'
import { Refusal } from '../../protocol/refusal.ts'
import type { FieldError, RefusalDetails } from '../../protocol/refusal.ts'
import { storageFaultOf } from '../store/storage-fault.ts'
import { messageOf } from './messages.ts'
import type { Language } from './messages.ts'

/** Pages load only from here; no inline script or style, no frame, no form to elsewhere. */
export const PAGE_POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

export interface Problem {
  /** `urn:onceproof:problem:<code>` */
  type: string
  title: string
  status: number
  code: string
  requestId: string
  detail?: string
  field?: string
  expected?: string
  found?: string
  errors?: FieldError[]
}

/** A refusal that HTTP wants to accompany with headers (`Allow`, `WWW-Authenticate`). */
export class HttpRefusal extends Refusal {
  readonly headers: Readonly<Record<string, string>>

  constructor(
    code: string,
    message: string,
    headers: Readonly<Record<string, string>>,
    details: RefusalDetails = {},
  ) {
    super(code, message, details)
    this.headers = headers
  }
}

/** What we need cannot be reached or is full: nothing was changed, the same request may succeed later. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
  readonly code: string
  readonly retryAfterSeconds: number

  constructor(
    code: string,
    retryAfterSeconds: number,
    message = 'not available now',
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.code = code
    this.retryAfterSeconds = retryAfterSeconds
  }
}

/** The status of each code that is not a plain 400 (an `Unavailable` that is not here: 503). */
export const httpStatus: Readonly<Record<string, number>> = {
  TOKEN_MISSING: 401,
  TOKEN_WRONG: 401,
  TOKEN_EXPIRED: 401,
  CLIENT_NOT_AUTHENTICATED: 401,
  ASSERTION_ALGORITHM: 401,
  ASSERTION_AUDIENCE: 401,
  ASSERTION_EXPIRED: 401,
  ASSERTION_REPLAYED: 401,
  ASSERTION_SHAPE: 401,
  CLIENT_NOT_FOUND: 404,
  CLIENT_EXISTS: 409,
  SESSION_ENDED: 401,
  ORIGIN_WRONG: 403,
  ROLE_NOT_HELD: 403,
  ASSIGNMENT_OWN: 403,
  STEP_UP_NOT_FRESH: 403,
  SIGN_IN_OFF: 404,
  ACCOUNT_NOT_FOUND: 404,
  ASSIGNMENT_NOT_FOUND: 404,
  ASSIGNMENT_EXISTS: 409,
  BATCH_OWN_APPROVAL: 403,
  PROPOSAL_OWN_APPROVAL: 403,
  ACCESS_DENIED: 403,
  ACCESS_NOT_OWN: 403,
  SCOPE_MISSING: 403,
  STEP_UP_REQUIRED: 403,
  NO_SUCH_PATH: 404,
  NOT_FOUND: 404,
  CERTIFICATE_NOT_FOUND: 404,
  RECORD_NOT_FOUND: 404,
  DEPARTMENT_NOT_FOUND: 404,
  TYPE_NOT_FOUND: 404,
  MATTER_NOT_FOUND: 404,
  HOLDER_NOT_FOUND: 404,
  KEY_UNKNOWN: 404,
  BATCH_NOT_FOUND: 404,
  BATCH_ROW_NOT_FOUND: 404,
  PROPOSAL_NOT_FOUND: 404,
  STATUS_LIST_NOT_FOUND: 404,
  TILE_NOT_FOUND: 404,
  LOG_EMPTY: 404,
  METHOD_NOT_ALLOWED: 405,
  NOT_ACCEPTABLE: 406,
  REQUEST_TIMEOUT: 408,
  DEPARTMENT_EXISTS: 409,
  DEPARTMENT_SUSPENDED: 409,
  DEPARTMENT_NOT_ISSUER: 409,
  TYPE_VERSION_EXISTS: 409,
  MATTER_VERSION_EXISTS: 409,
  CASE_NOT_FOUND: 404,
  CASE_STEP_UNKNOWN: 404,
  CASE_ITEM_UNKNOWN: 404,
  CASE_COPY_NONE: 404,
  WEBHOOK_NOT_FOUND: 404,
  DELIVERY_NOT_FOUND: 404,
  DELIVERY_STATE: 409,
  CASE_NUMBER_TAKEN: 409,
  CASE_NOT_OPEN: 409,
  CASE_STEP_NOT_NEXT: 409,
  CASE_STEP_NOT_ISSUING: 409,
  CASE_NOT_READY: 409,
  CASE_FLAGGED: 409,
  CASE_USE_OTHER: 409,
  MATERIAL_AVAILABLE: 409,
  CASE_PARTY_SELF: 403,
  STATUS_ALREADY: 409,
  STATUS_CHANGED: 409,
  STATUS_NOT_SUSPENDED: 409,
  STATUS_ORDER_REFUSED: 409,
  STATUS_LIST_MISSING: 409,
  KEY_NOT_IN_FORCE: 409,
  KEY_GENERATION: 409,
  PERMIT_HELD: 409,
  REGISTRY_REFUSED: 409,
  PERMIT_NOT_HELD: 409,
  SIGNER_KEY: 409,
  SIGNER_ISSUER: 409,
  SIGNER_DIGESTS: 409,
  SIGNER_TYPE: 409,
  SIGNER_VALIDITY: 409,
  SIGNER_KIND: 409,
  SIGNER_ORDER: 409,
  REMOTE_SIGNER_UNREACHABLE: 503,
  NOTARY_MISSING: 409,
  NOT_FINAL_YET: 409,
  BATCH_STATE: 409,
  BATCH_CHANGED: 409,
  BATCH_DIGEST_DIFFERS: 409,
  BATCH_ROWS_ALTERED: 409,
  BATCH_TYPE_CHANGED: 409,
  PROPOSAL_OPEN: 409,
  PROPOSAL_STATE: 409,
  PROPOSAL_DIGEST_DIFFERS: 409,
  CERTIFICATE_OF_ANOTHER_DEPARTMENT: 409,
  CONSENT_REQUEST_NOT_FOUND: 404,
  GRANT_NOT_FOUND: 404,
  HOLDER_KEY_MISSING: 409,
  HOLDER_KEY_EXISTS: 409,
  HOLDER_KEY_WAITING: 409,
  HOLDER_KEY_NOT_WAITING: 409,
  HOLDER_KEY_TAKEN: 409,
  HOLDER_KEY_NOT_ACTIVE: 409,
  IDENTITY_AUTHORITY_MISSING: 409,
  CONSENT_REQUEST_EXPIRED: 409,
  CONSENT_REQUEST_WITHDRAWN: 409,
  CONSENT_ANSWERED: 409,
  NOTICE_NOT_SHOWN: 409,
  GRANT_WITHDRAWN: 409,
  GRANT_EXPIRED: 409,
  GRANT_NOT_YET: 409,
  GRANT_USED_UP: 409,
  GRANT_NOT_ON_CHAIN: 409,
  NOT_REPRESENTED: 403,
  APPOINTMENT_NOT_ALLOWED: 403,
  APPOINTMENT_TOO_WIDE: 403,
  MANAGERS_TOO_MANY: 409,
  REPRESENTATION_EXISTS: 409,
  REPRESENTATION_NOT_FOUND: 404,
  GRANT_UNKNOWN: 403,
  GRANT_OTHER_MATTER: 403,
  GRANT_OTHER_DEPARTMENT: 403,
  GRANT_OTHER_CERTIFICATE: 403,
  FIELD_NOT_GRANTED: 403,
  EPOCH_WRONG: 409,
  READER_SUSPENDED: 403,
  READER_NOT_IN_MATTER: 403,
  SHARE_REFUSED: 403,
  GROUND_NOT_ALLOWED: 403,
  FIELD_NOT_IN_MATTER: 403,
  BASIS_MISSING: 403,
  OFFICER_MISSING: 403,
  NO_CONSENT: 403,
  FIELD_NOT_PRESENTED: 403,
  REQUIREMENT_NONE: 403,
  TWO_PERSONS: 403,
  USE_NOT_FOUND: 404,
  WITHHOLDING_NOT_FOUND: 404,
  REPORT_NOT_FOUND: 404,
  REPORT_ANSWERED: 409,
  RPC_METHOD: 403,
  RPC_ADDRESS: 403,
  OBJECTION_NOT_FOUND: 404,
  CORRECTION_NOT_FOUND: 404,
  CERTIFICATE_NOT_IN_FORCE: 409,
  GLYPH_MISSING: 409,
  WITHHOLDING_STATE: 409,
  OBJECTION_EXISTS: 409,
  OBJECTION_ANSWERED: 409,
  CORRECTION_ANSWERED: 409,
  CORRECTION_SUCCESSOR: 409,
  COPY_GONE: 410,
  WITHHELD: 423,
  PRESENTATION_UNKNOWN: 404,
  CODE_EXPIRED: 409,
  CODE_USED: 409,
  CODE_GUESSING: 429,
  PRESENTATION_OTHER_DEPARTMENT: 403,
  PRESENTATION_CANCELLED: 409,
  PRESENTATIONS_TOO_MANY: 409,
  PRESENTATION_NOT_ALLOWED: 403,
  CERTIFICATE_ERASED: 410,
  CERTIFICATE_VALUES_MISSING: 410,
  SHEET_TOO_LARGE: 413,
  BODY_TOO_LARGE: 413,
  JSON_TOO_LARGE: 413,
  FILE_TOO_LARGE: 413,
  STATEMENT_TOO_LARGE: 413,
  CERTIFICATE_TOO_LARGE: 413,
  BODY_TYPE: 415,
  BODY_ENCODING: 415,
  RANGE_NOT_SATISFIABLE: 416,
  INPUT_INVALID: 422,
  ROWS_INVALID: 422,
  BATCH_BAD_ROWS: 422,
  BATCH_EMPTY: 422,
  STATUS_REASON: 422,
  TYPE_DEFINITION: 422,
  MATTER_DEFINITION: 422,
  IDEMPOTENCY_KEY_REUSED: 422,
  RATE_LIMITED: 429,
  HEADERS_TOO_LARGE: 431,
  STORE_UNAVAILABLE: 503,
  DISK_FULL: 507,
  INTERNAL: 500,
}

export interface ProblemAnswer {
  status: number
  headers: Readonly<Record<string, string>>
  problem: Problem
  /** True when the failure is ours, so that its cause belongs in the log. */
  ours: boolean
}

/** The status that a refusal with this code is answered with. */
export function statusOf(code: string, fallback = 400): number {
  return Object.hasOwn(httpStatus, code) ? (httpStatus[code] ?? fallback) : fallback
}

/** What to answer to whatever was thrown. Never tells more of an error of ours than that there was one. */
export function problemFor(error: unknown, language: Language, requestId: string): ProblemAnswer {
  const build = (code: string, status: number, details: Partial<Problem>, headers = {}, ours = false) => ({
    status,
    headers,
    ours,
    problem: {
      type: `urn:onceproof:problem:${code}`,
      title: messageOf(code, language) ?? titleOfStatus(status, language),
      status,
      code,
      requestId,
      ...details,
    },
  })

  if (error instanceof Refusal) {
    const headers = error instanceof HttpRefusal ? error.headers : {}
    return build(error.code, statusOf(error.code), { detail: error.message, ...error.details }, headers)
  }
  if (error instanceof Unavailable) {
    const status = statusOf(error.code, 503)
    const retryAfter = String(Math.max(1, Math.ceil(error.retryAfterSeconds)))
    return build(error.code, status, {}, { 'Retry-After': retryAfter }, status >= 500)
  }
  const storage = storageFaultOf(error)
  if (storage !== null) return build(storage, statusOf(storage), {}, { 'Retry-After': '30' }, true)
  if (isChainUnreachable(error)) return build(error.code, 503, {}, { 'Retry-After': '5' }, true)
  if (error instanceof URIError) return build('URL_INVALID', 400, {})
  const code = codeOfClientError(error)
  if (code !== null) return build(code, statusOf(code), {})
  return build('INTERNAL', 500, {}, {}, true)
}

/** Sends the problem, or the page that says it. Does nothing when the answer has begun already, except to cut it off. */
export function sendProblem(
  response: ServerResponse,
  answer: ProblemAnswer,
  language: Language,
  page: Buffer | null = null,
): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  for (const name of response.getHeaderNames()) if (DESCRIBES_A_BODY.has(name)) response.removeHeader(name)
  const body = page ?? JSON.stringify(answer.problem)
  response.writeHead(answer.status, {
    'Content-Type': page === null ? 'application/problem+json' : 'text/html; charset=utf-8',
    ...(page !== null && { 'Content-Security-Policy': PAGE_POLICY }),
    'Content-Length': Buffer.byteLength(body),
    'Content-Language': language,
    Vary: 'Accept, Accept-Language',
    'Cache-Control': 'no-store',
    ...answer.headers,
  })
  response.end(body)
}

/** Chinese unless the client prefers English (RFC 9110 §12.5.4 https://www.rfc-editor.org/rfc/rfc9110#section-12.5.4). */
export function languageFor(acceptLanguage: string | undefined): Language {
  if (acceptLanguage === undefined) return 'zh-CN'
  let best: Language = 'zh-CN'
  let highest = 0
  for (const range of acceptLanguage.split(',')) {
    const [tag = '', ...parameters] = range.split(';').map(part => part.trim().toLowerCase())
    const language = languageOfTag(tag)
    const quality = qualityOf(parameters)
    if (language !== null && quality > highest) {
      best = language
      highest = quality
    }
  }
  return best
}

const DESCRIBES_A_BODY = new Set(['content-type', 'content-length', 'content-disposition', 'etag'])

function languageOfTag(tag: string): Language | null {
  if (tag === '*' || tag === 'zh' || tag.startsWith('zh-')) return 'zh-CN'
  return tag === 'en' || tag.startsWith('en-') ? 'en' : null
}

function qualityOf(parameters: readonly string[]): number {
  const weight = parameters.find(parameter => parameter.startsWith('q='))
  if (weight === undefined) return 1
  return /^q=(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(weight) ? Number(weight.slice(2)) : 0
}

// Recognised by its code, so that the HTTP edge needs no chain to be loaded.
function isChainUnreachable(error: unknown): error is Error & { code: 'CHAIN_UNREACHABLE' } {
  return error instanceof Error && 'code' in error && error.code === 'CHAIN_UNREACHABLE'
}

/** Express and its file server report what a client did wrong as errors with a 4xx status. */
function codeOfClientError(error: unknown): string | null {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return null
  if (error.status < 400 || error.status > 499) return null
  if (error.status === 403 || error.status === 404) return 'NO_SUCH_PATH'
  if (error.status === 413) return 'BODY_TOO_LARGE'
  return error.status === 416 ? 'RANGE_NOT_SATISFIABLE' : 'URL_INVALID'
}

function titleOfStatus(status: number, language: Language): string {
  const [zh, en] = STATUS_TITLES[status] ?? (status >= 500 ? UNAVAILABLE_TITLE : REFUSED_TITLE)
  return language === 'en' ? en : zh
}

const REFUSED_TITLE: readonly [string, string] = ['请求未被接受', 'The request is refused']
const UNAVAILABLE_TITLE: readonly [string, string] = [
  '服务暂不可用，请稍后再试',
  'The service is not available now, please try again later',
]
const STATUS_TITLES: Readonly<Record<number, readonly [string, string]>> = {
  401: ['未通过身份验证', 'It is not clear who is asking'],
  403: ['无权进行此操作', 'This is not allowed'],
  404: ['未找到', 'Not found'],
  409: ['与当前状态冲突', 'This conflicts with the present state'],
  410: ['已不再提供', 'This is gone'],
  413: ['内容过大', 'The content is too large'],
  422: ['内容有误', 'The content is not valid'],
}
