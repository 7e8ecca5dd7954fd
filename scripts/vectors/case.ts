/**
 * One vector of `test/vectors/valid` or `invalid`: a file, who looks at it and when, and what the verification must answer.
 *
 * What is expected is written by hand, after docs/formats.md §13 and §14; nothing of the verifier is asked here.
 */
import { toBase64, toUtf8 } from '../../protocol/bytes.ts'
import type { JsonObject } from '../../protocol/json.ts'
import type { Receipt } from '../../protocol/receipt.ts'
import {
  append,
  certificateText,
  contractDigest,
  makeCertificate,
  makeRecord,
  NOW,
  promiseOf,
  receiptOf,
  type CertificateOptions,
  type Edit,
  type Made,
  type Stretch,
} from './scene.ts'

export type Answer = `${'yes' | 'no' | 'unknown'} ${string}`
export interface ExpectedAnswers {
  intact: Answer
  anchored: Answer
  authorised: Answer
  'in force': Answer
  'not revoked': Answer
}

/** docs/formats.md §14. */
const EXIT = {
  UNREADABLE: 11,
  TAMPERED: 10,
  ISSUER_UNKNOWN: 12,
  NOT_RECOGNISED_HERE: 13,
  KEY_COMPROMISED: 14,
  ISSUER_KEY_REVOKED: 15,
  KEY_NOT_YET_VALID: 16,
  ISSUER_SUSPENDED: 17,
  PERMIT_NOT_IN_FORCE: 18,
  REVOKED: 19,
  CANNOT_CHECK: 5,
  PENDING_ANCHOR: 4,
  SUPERSEDED: 30,
  SUSPENDED: 31,
  EXPIRED: 32,
  NOT_YET_VALID: 33,
  TEST: 6,
  OFFLINE_OK: 3,
  VALID: 0,
}
export type Verdict = keyof typeof EXIT

export interface FileVector {
  name: string
  why: string
  now: number
  view: 'live' | 'snapshot' | 'unreachable'
  trust?: string
  fileBase64: string
  padding?: number
  digest?: string
  expected: {
    verdict: Verdict
    exit: number
    answers: Record<string, { answer: string; because: string }>
  }
}

/** How the file is put together and looked at. */
export interface Circumstances {
  now?: number
  view?: FileVector['view']
  trust?: string
  /** Spaces are appended until the file has so many bytes. */
  padTo?: number
  /** Which checkpoint the receipt has; that of the statement's own stretch unless told. */
  checkpoint?: Stretch
  receipt?: (receipt: Receipt, statement: string) => unknown
  /** A promise instead of a receipt. */
  promise?: (statement: string) => string
  disclose?: (disclosures: string[]) => string[]
  certificate?: (text: string) => string
  file?: Edit
  fileText?: (text: string) => string
  fileBytes?: (bytes: Uint8Array) => Uint8Array
  /** Records: digest of the file in hand; null = none given. */
  digest?: string | null
}

export interface Case {
  name: string
  why: string
  vector: () => FileVector
}

const CERTIFICATE: ExpectedAnswers = {
  intact: 'yes UNCHANGED',
  anchored: 'yes FINAL',
  authorised: 'yes KEY_AND_PERMIT_IN_FORCE',
  'in force': 'yes WITHIN_DATES',
  'not revoked': 'yes STATUS_CLEAR',
}
const RECORD: ExpectedAnswers = {
  ...CERTIFICATE,
  'in force': 'yes WITHOUT_END',
  'not revoked': 'yes NO_STATUS',
}

const allAre = (answer: Answer): ExpectedAnswers => ({
  intact: answer,
  anchored: answer,
  authorised: answer,
  'in force': answer,
  'not revoked': answer,
})
/** The certificate or record itself is refused. */
export const refused = (code: string): ExpectedAnswers => ({
  ...allAre('unknown NOT_ASKED'),
  intact: `no ${code}`,
})
export const unreadable = (code: string): ExpectedAnswers => allAre(`unknown ${code}`)

/** A certificate of the scene, appended to a stretch of the log. */
export function certificateCase(
  name: string,
  why: string,
  verdict: Verdict,
  answers: Partial<ExpectedAnswers> = {},
  options: Partial<CertificateOptions> & { stretch?: Stretch } = {},
  circumstances: Circumstances = {},
): Case {
  const { stretch = 'late', ...rest } = options
  const made = makeCertificate({ name, ...rest })
  append(stretch, made.statement)
  return caseOf(name, why, verdict, { ...CERTIFICATE, ...answers }, circumstances, made.statement, () =>
    certificateObject(made, circumstances),
  )
}

export function recordCase(
  name: string,
  why: string,
  verdict: Verdict,
  answers: Partial<ExpectedAnswers> = {},
  record: string = makeRecord(name),
  circumstances: Circumstances & { stretch?: Stretch } = {},
): Case {
  append(circumstances.stretch ?? 'late', record)
  return caseOf(
    name,
    why,
    verdict,
    { ...RECORD, ...answers },
    { digest: contractDigest, ...circumstances },
    record,
    () => ({ format: 'onceproof-record/1', record }),
  )
}

function certificateObject(made: Made, { disclose, certificate }: Circumstances): JsonObject {
  const disclosures = disclose === undefined ? made.disclosures : disclose(made.disclosures)
  const text = certificateText({ statement: made.statement, disclosures })
  return {
    format: 'onceproof-certificate/1',
    certificate: certificate === undefined ? text : certificate(text),
  }
}

/** A file that is not made of a statement of the scene. */
export function bytesCase(
  name: string,
  why: string,
  verdict: Verdict,
  answers: ExpectedAnswers,
  bytes: Uint8Array,
  circumstances: Circumstances = {},
): Case {
  return {
    name,
    why,
    vector: () => vectorOf(name, why, verdict, answers, circumstances, bytes),
  }
}

function caseOf(
  name: string,
  why: string,
  verdict: Verdict,
  answers: ExpectedAnswers,
  circumstances: Circumstances,
  statement: string,
  subject: () => JsonObject,
): Case {
  const { checkpoint, receipt, promise, file, fileText, fileBytes } = circumstances
  const evidence = () => {
    if (promise !== undefined) return { promise: promise(statement) }
    const own = receiptOf(statement, checkpoint)
    return { receipt: receipt === undefined ? own : receipt(own, statement) }
  }
  return {
    name,
    why,
    vector: () => {
      const object = { ...subject(), ...evidence() } as JsonObject
      const text = JSON.stringify(file === undefined ? object : file(object))
      const bytes = toUtf8(fileText === undefined ? text : fileText(text))
      return vectorOf(
        name,
        why,
        verdict,
        answers,
        circumstances,
        fileBytes === undefined ? bytes : fileBytes(bytes),
      )
    },
  }
}

function vectorOf(
  name: string,
  why: string,
  verdict: Verdict,
  answers: ExpectedAnswers,
  { now = NOW, view = 'live', trust, padTo, digest }: Circumstances,
  bytes: Uint8Array,
): FileVector {
  return {
    name,
    why,
    now,
    view,
    ...(trust === undefined ? {} : { trust }),
    fileBase64: toBase64(bytes),
    ...(padTo === undefined ? {} : { padding: padTo - bytes.length }),
    ...(digest === undefined || digest === null ? {} : { digest }),
    expected: {
      verdict,
      exit: EXIT[verdict],
      answers: Object.fromEntries(
        Object.entries(answers).map(([question, text]) => {
          const [answer = '', because = ''] = (text as Answer).split(' ')
          return [question, { answer, because }]
        }),
      ),
    },
  }
}

export const promised = (acceptedAt?: number) => (statement: string) => promiseOf(statement, acceptedAt)
