/**
 * Which fields of a certificate a department gets on which ground: these, exactly, or a refusal with its code (docs/policy.md).
 * Pure: every fact is an argument. What is not known to be allowed is refused.
 */
import type { Standing } from '../certificates/read.ts'

/** 依职能, 授权, 亮证. */
export type Ground = 'duty' | 'consent' | 'presentation'
export type UseMode = 'duty' | 'consent' | 'present'
export type ShareClass = 'unconditional' | 'conditional' | 'none'

export type PolicyCode =
  | 'READER_SUSPENDED'
  | 'READER_NOT_IN_MATTER'
  | 'OFFICER_MISSING'
  | 'REQUIREMENT_NONE'
  | 'WITHHELD'
  | 'SHARE_REFUSED'
  | 'GROUND_NOT_ALLOWED'
  | 'FIELD_NOT_IN_MATTER'
  | 'BASIS_MISSING'
  | 'NO_CONSENT'
  | 'FIELD_NOT_GRANTED'
  | 'FIELD_NOT_PRESENTED'
  | 'CERTIFICATE_NOT_IN_FORCE'

export interface PolicyFacts {
  /** Of the certificate's type. */
  shareClass: ShareClass
  useModes: readonly UseMode[]
  ground: Ground
  /** `takesPart`: leads the matter, works on it with others, or acts one of its steps. */
  reader: { department: string; takesPart: boolean; suspended: boolean }
  /** The matter's line for this type and party; null when it asks for no such certificate. */
  requirement: { modes: readonly UseMode[]; fields: readonly string[] } | null
  requested: readonly string[]
  /** Legal basis of a use on duty, as it is recorded. */
  basis: string | null
  officer: string | null
  consent: { given: boolean; fields: readonly string[] } | null
  presented: { fields: readonly string[] } | null
  standing: Standing
  withheld: boolean
}

export type Decision = { fields: string[] } | { refused: PolicyCode }

const MODE_OF: Readonly<Record<Ground, UseMode>> = {
  duty: 'duty',
  consent: 'consent',
  presentation: 'present',
}

/**
 * The questions in the order in which a reader would ask them. Who may not read learns nothing of the certificate: whether it is
 * in force is said last.
 */
export function decide(facts: PolicyFacts): Decision {
  const { reader, requirement, ground, requested } = facts
  if (!is(reader.suspended, false)) return refused('READER_SUSPENDED')
  if (!is(reader.takesPart, true)) return refused('READER_NOT_IN_MATTER')
  if (isBlank(facts.officer)) return refused('OFFICER_MISSING')
  if (requirement === null) return refused('REQUIREMENT_NONE')

  const notAllowed = refusalOfGround(facts, requirement.modes)
  if (notAllowed !== null) return refused(notAllowed)
  if (!is(facts.withheld, false)) return refused('WITHHELD')
  if (requested.length === 0 || !isWithin(requested, requirement.fields))
    return refused('FIELD_NOT_IN_MATTER')

  const noGround = refusalOfEvidence(facts)
  if (noGround !== null) return refused(noGround)
  if (facts.standing !== 'ACTIVE') return refused('CERTIFICATE_NOT_IN_FORCE')
  return { fields: [...new Set(requested)] }

  function refusalOfEvidence({ basis, consent, presented }: PolicyFacts): PolicyCode | null {
    if (ground === 'duty') return isBlank(basis) ? 'BASIS_MISSING' : null
    if (ground === 'consent') {
      if (consent?.given !== true) return 'NO_CONSENT'
      return isWithin(requested, consent.fields) ? null : 'FIELD_NOT_GRANTED'
    }
    return presented !== null && isWithin(requested, presented.fields) ? null : 'FIELD_NOT_PRESENTED'
  }
}

/**
 * 不予共享 only by presentation. 有条件共享 on the grounds that the matter names. 无条件共享 on duty or consent whichever of them the
 * matter names. The holder may always show what the matter asks for, where the type can be shown.
 */
function refusalOfGround(
  { shareClass, useModes, ground }: PolicyFacts,
  modes: readonly UseMode[],
): PolicyCode | null {
  const mode = Object.hasOwn(MODE_OF, ground) ? MODE_OF[ground] : undefined
  if (mode === undefined) return 'GROUND_NOT_ALLOWED'
  switch (shareClass) {
    case 'none':
      if (mode !== 'present') return 'SHARE_REFUSED'
      break
    case 'conditional':
      if (mode !== 'present' && !modes.includes(mode)) return 'GROUND_NOT_ALLOWED'
      break
    case 'unconditional':
      if (mode !== 'present' && !modes.some(named => named !== 'present')) return 'GROUND_NOT_ALLOWED'
      break
    default:
      return 'SHARE_REFUSED'
  }
  return useModes.includes(mode) ? null : 'GROUND_NOT_ALLOWED'
}

const refused = (code: PolicyCode): Decision => ({ refused: code })

/** A fact that is neither true nor false is not known, and counts as neither. */
const is = (fact: unknown, expected: boolean): boolean => fact === expected

const isBlank = (text: string | null): boolean => typeof text !== 'string' || text.trim() === ''

const isWithin = (fields: readonly string[], allowed: readonly string[]): boolean =>
  fields.every(field => allowed.includes(field))
