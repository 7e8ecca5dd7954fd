/** Why a reading was refused, for the one whose certificate it was. */
const WORDS = {
  WITHHELD: 'refusal_withheld',
  READER_SUSPENDED: 'refusal_reader',
  READER_NOT_IN_MATTER: 'refusal_reader',
  SHARE_REFUSED: 'refusal_share',
  GROUND_NOT_ALLOWED: 'refusal_ground',
  REQUIREMENT_NONE: 'refusal_matter',
  FIELD_NOT_IN_MATTER: 'refusal_matter',
  BASIS_MISSING: 'refusal_basis',
  NO_CONSENT: 'refusal_consent',
  FIELD_NOT_GRANTED: 'refusal_consent',
  GRANT_WITHDRAWN: 'refusal_withdrawn',
  GRANT_EXPIRED: 'refusal_expired',
  GRANT_USED_UP: 'refusal_expired',
  FIELD_NOT_PRESENTED: 'refusal_presented',
  PRESENTATION_CANCELLED: 'refusal_presented',
  PRESENTATION_OTHER_DEPARTMENT: 'refusal_presented',
  CODE_EXPIRED: 'refusal_presented',
  CODE_USED: 'refusal_presented',
  CERTIFICATE_NOT_IN_FORCE: 'refusal_force',
} as const

type Word = (typeof WORDS)[keyof typeof WORDS] | 'refusal_other'

/** The word for a stable code; codes of grants that are not listed are all about consent. */
export function refusalWord(code: string): Word {
  if (code in WORDS) return WORDS[code as keyof typeof WORDS]
  return code.startsWith('GRANT_') ? 'refusal_consent' : 'refusal_other'
}
