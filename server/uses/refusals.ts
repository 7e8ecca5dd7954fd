import { Refusal } from '../../protocol/refusal.ts'

/** What each refusal of a reading says; its code is also what the statement says. */
const WORDS: Readonly<Record<string, string>> = {
  WITHHELD: 'the certificate is withheld by an order',
  READER_SUSPENDED: 'the department that reads is suspended',
  READER_NOT_IN_MATTER: 'the department takes no part in this matter',
  SHARE_REFUSED: 'certificates of this type are shown by their holders only',
  GROUND_NOT_ALLOWED: 'the matter or the type does not allow this ground',
  FIELD_NOT_IN_MATTER: 'the matter does not need one of these fields',
  BASIS_MISSING: 'no law is on record by which this department may read this in this matter',
  OFFICER_MISSING: 'it is not said who reads',
  NO_CONSENT: 'the holder has not consented',
  FIELD_NOT_GRANTED: 'the consent does not cover one of these fields',
  FIELD_NOT_PRESENTED: 'one of these fields was not presented',
  PRESENTATION_UNKNOWN: 'there is no such presentation, or its code was shown to nobody',
  PRESENTATION_OTHER_DEPARTMENT: 'the holder shows this to another department',
  PRESENTATION_CANCELLED: 'the holder ended this presentation',
  CODE_EXPIRED: 'it was not read in time',
  CODE_USED: 'what was presented was read already',
  CERTIFICATE_NOT_IN_FORCE: 'the certificate is not in force',
  REQUIREMENT_NONE: 'the matter does not need a certificate of this type',
  CERTIFICATE_ERASED: 'the values of this certificate have been erased',
  CERTIFICATE_VALUES_MISSING: 'nothing here opens to the values of this certificate',
  FIELD_UNKNOWN: 'the certificate has none of these fields',
}

/** The refusal of a reading with this code. */
export const useRefusal = (code: string): Refusal =>
  new Refusal(code, WORDS[code] ?? 'the certificate may not be read')
