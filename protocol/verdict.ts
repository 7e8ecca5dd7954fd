/**
 * From answers to one verdict (docs/formats.md §14).
 */
export type Question = 'intact' | 'anchored' | 'authorised' | 'in force' | 'not revoked'
export const QUESTIONS: readonly Question[] = ['intact', 'anchored', 'authorised', 'in force', 'not revoked']

export interface Answer {
  answer: 'yes' | 'no' | 'unknown'
  /** Stable reason code, docs/formats.md §13. */
  because: string
}

/** A forgotten question does not compile. */
export type Answers = Record<Question, Answer>

export type Verdict = keyof typeof VERDICTS

/** Exit code of the command line and tone of the page, for every verdict. Order is precedence for those that `conclude` gives. */
export const VERDICTS = {
  UNREADABLE: { exit: 11, tone: 'error' },
  TAMPERED: { exit: 10, tone: 'error' },
  ISSUER_UNKNOWN: { exit: 12, tone: 'error' },
  NOT_RECOGNISED_HERE: { exit: 13, tone: 'warning' },
  KEY_COMPROMISED: { exit: 14, tone: 'error' },
  ISSUER_KEY_REVOKED: { exit: 15, tone: 'error' },
  KEY_NOT_YET_VALID: { exit: 16, tone: 'error' },
  ISSUER_SUSPENDED: { exit: 17, tone: 'error' },
  PERMIT_NOT_IN_FORCE: { exit: 18, tone: 'error' },
  REVOKED: { exit: 19, tone: 'error' },
  CANNOT_CHECK: { exit: 5, tone: 'neutral' },
  PENDING_ANCHOR: { exit: 4, tone: 'info' },
  SUPERSEDED: { exit: 30, tone: 'warning' },
  SUSPENDED: { exit: 31, tone: 'warning' },
  EXPIRED: { exit: 32, tone: 'warning' },
  NOT_YET_VALID: { exit: 33, tone: 'warning' },
  TEST: { exit: 6, tone: 'info' },
  OFFLINE_OK: { exit: 3, tone: 'info' },
  VALID: { exit: 0, tone: 'success' },
  // Only a service gives these.
  NOT_FOUND: { exit: 20, tone: 'error' },
  CODE_EXPIRED: { exit: 40, tone: 'warning' },
  CODE_USED: { exit: 41, tone: 'warning' },
  NO_CONSENT: { exit: 42, tone: 'neutral' },
  SHARE_REFUSED: { exit: 43, tone: 'neutral' },
  WITHHELD: { exit: 44, tone: 'neutral' },
} as const

/** Reasons of an unknown answer that time alone will cure. */
const PENDING = new Set(['PROMISED', 'CHECKPOINT_NOT_ON_CHAIN', 'NOT_FINAL'])

const AUTHORISED_NO: Record<string, Verdict> = {
  KEY_NOT_REGISTERED: 'ISSUER_UNKNOWN',
  KEY_OF_ANOTHER_DEPARTMENT: 'ISSUER_UNKNOWN',
  KEY_WRONG_PURPOSE: 'ISSUER_UNKNOWN',
  REGION_NOT_RECOGNISED: 'NOT_RECOGNISED_HERE',
  TYPE_NOT_RECOGNISED: 'NOT_RECOGNISED_HERE',
  KEY_COMPROMISED: 'KEY_COMPROMISED',
  KEY_ENDED: 'ISSUER_KEY_REVOKED',
  KEY_NOT_YET_VALID: 'KEY_NOT_YET_VALID',
  DEPARTMENT_SUSPENDED: 'ISSUER_SUSPENDED',
  NO_PERMIT: 'PERMIT_NOT_IN_FORCE',
}

/** One "no" is enough to refuse, one "unknown" to withhold; only five "yes" are valid. */
export function conclude(answers: Answers, kind: 'live' | 'snapshot', use: 'live' | 'test'): Verdict {
  const all = QUESTIONS.map(question => answers[question])
  if (answers.intact.answer === 'no' || answers.anchored.answer === 'no') return 'TAMPERED'
  // An unlisted reason to refuse refuses all the same.
  if (answers.authorised.answer === 'no') return AUTHORISED_NO[answers.authorised.because] ?? 'ISSUER_UNKNOWN'
  const status = answers['not revoked']
  if (status.answer === 'no' && status.because !== 'SUPERSEDED' && status.because !== 'SUSPENDED')
    return 'REVOKED'

  const unknown = all.filter(answer => answer.answer === 'unknown')
  const pending = unknown.filter(answer => PENDING.has(answer.because))
  const waiting = unknown.every(
    answer => PENDING.has(answer.because) || answer.because === 'ANCHOR_TIME_UNKNOWN',
  )
  if (unknown.length > 0) return waiting && pending.length > 0 ? 'PENDING_ANCHOR' : 'CANNOT_CHECK'

  if (status.answer === 'no') return status.because === 'SUPERSEDED' ? 'SUPERSEDED' : 'SUSPENDED'
  const dates = answers['in force']
  if (dates.answer === 'no') return dates.because === 'NOT_YET_VALID' ? 'NOT_YET_VALID' : 'EXPIRED'
  if (!all.every(answer => answer.answer === 'yes')) return 'CANNOT_CHECK'
  if (use === 'test') return 'TEST'
  return kind === 'snapshot' ? 'OFFLINE_OK' : 'VALID'
}
