/**
 * Identifiers with their check characters: 电子证照标识, unified social credit code, organisation code, citizen number, short
 * code, ULID (formats.md §15). Checking says that an identifier is well made, never that it belongs to anybody.
 */
import { Refusal } from './refusal.ts'

export interface CertificateIdentifier {
  /** 21 characters: the USCC of the authority that defined the type, and three digits. */
  type: string
  /** USCC of the issuing department. */
  issuer: string
  /** 7 to 32 of `[0-9A-Z]`; ours is a ULID. */
  serial: string
  /** 1 to 999. */
  version: number
}

export interface ReadCertificateIdentifier extends CertificateIdentifier {
  /** `ISSUER_NOT_USCC`, `TYPE_NOT_USCC`: found in use elsewhere, readable, never issued. */
  warnings: ('ISSUER_NOT_USCC' | 'TYPE_NOT_USCC')[]
}

/** The arc of electronic certificates. GB/T 36904-2018. */
const CERTIFICATE_OID = '1.2.156.3005.2'

/**
 * The 电子证照标识 with its check character. Refuses `IDENTIFIER` when a part is not as in `CertificateIdentifier`, or
 * the issuer or the type's authority is no USCC.
 */
export function formatCertificateIdentifier(identifier: CertificateIdentifier): string {
  const { type, issuer, serial, version } = identifier
  if (!Number.isInteger(version) || version < 1 || version > 999)
    throw refusal('version', '1 to 999', String(version))
  const digits = String(version).padStart(3, '0')
  const check = mod3736(type + issuer + serial + digits)
  const text = `${CERTIFICATE_OID}.${type}.${issuer}.${serial}.${digits}.${check}`
  if (!IDENTIFIER.test(text)) throw refusal('identifier', IDENTIFIER_FORM, text)
  if (!isUscc(issuer) || !isTypeCode(type))
    throw refusal('identifier', 'an issuer and a type authority that are USCCs', text)
  return text
}

/** Reads a 电子证照标识. Refuses `IDENTIFIER`: another form, a wrong check character. An issuer that is no USCC is a warning. */
export function parseCertificateIdentifier(text: string): ReadCertificateIdentifier {
  const parts = IDENTIFIER.exec(text)
  if (parts === null) throw refusal('identifier', IDENTIFIER_FORM, text)
  const [, type = '', issuer = '', serial = '', digits = '', check = ''] = parts
  const version = Number(digits)
  if (version === 0) throw refusal('version', '001 to 999', digits)
  const computed = mod3736(type + issuer + serial + digits)
  if (check !== computed) throw refusal('identifier', `check character ${computed}`, check)

  const warnings: ReadCertificateIdentifier['warnings'] = []
  if (!isUscc(issuer)) warnings.push('ISSUER_NOT_USCC')
  if (!isUscc(type.slice(0, 18))) warnings.push('TYPE_NOT_USCC')
  return { type, issuer, serial, version, warnings }
}

/** Type 21 characters, issuer 18 (6 to 18 where it is no USCC), serial 7 to 32. */
const IDENTIFIER =
  /^1\.2\.156\.3005\.2\.([0-9A-Z]{18}\d{3})\.([0-9A-Z]{6,18})\.([0-9A-Z]{7,32})\.(\d{3})\.([0-9A-Z])$/

const IDENTIFIER_FORM = `${CERTIFICATE_OID}.<type>.<issuer>.<serial>.<version>.<check>`

/** Whether a text is the code of a certificate type: a USCC and three digits. */
export function isTypeCode(text: string): boolean {
  return /^[0-9A-Z]{18}\d{3}$/.test(text) && isUscc(text.slice(0, 18))
}

/** Check character of ISO/IEC 7064 MOD 37,36 (GB/T 17710) over `[0-9A-Z]`. */
export function mod3736(text: string): string {
  let p = 36
  for (let i = 0; i < text.length; i++) {
    const value = VALUE_OF_36[text.charCodeAt(i)] ?? -1
    if (value < 0) throw refusal('text', 'digits and capital letters', text)
    p = (p + value) % 36
    // The standard's residue runs from 1 to 36.
    if (p === 0) p = 36
    p = (2 * p) % 37
  }
  return BASE36.charAt((37 - p) % 36)
}

const BASE36 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'
/** Value of each character by its code; −1 = none. */
const VALUE_OF_36 = Array.from({ length: 128 }, (_, code) => BASE36.indexOf(String.fromCharCode(code)))

/** Whether a text is a 统一社会信用代码 (GB 32100-2015) with both its check characters right. */
export function isUscc(text: string): boolean {
  if (!/^[0-9A-HJ-NPQRTUWXY]{18}$/.test(text)) return false
  const sum = weighted(text, USCC_ALPHABET, USCC_WEIGHTS)
  return (
    USCC_ALPHABET.charAt((31 - (sum % 31)) % 31) === text.charAt(17) && isOrganisationCode(text.slice(8, 17))
  )
}

/** GB 32100-2015: no I, O, S, V, Z. */
const USCC_ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY'
const USCC_WEIGHTS = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]

/** Whether nine characters, without hyphen, are an organisation code (GB 11714-1997) with the check character right. */
export function isOrganisationCode(text: string): boolean {
  if (!/^[0-9A-Z]{8}[0-9X]$/.test(text)) return false
  const check = 11 - (weighted(text, BASE36, ORGANISATION_WEIGHTS) % 11)
  return text.charAt(8) === (check === 10 ? 'X' : check === 11 ? '0' : String(check))
}

const ORGANISATION_WEIGHTS = [3, 7, 9, 10, 5, 8, 4, 2]

/** Whether a text is a 公民身份号码 (GB 11643-1999): 18 characters, a birth date that exists, check character right, X a capital. */
export function isCitizenNumber(text: string): boolean {
  if (!/^[1-9]\d{16}[\dX]$/.test(text)) return false
  if (!isDate(Number(text.slice(6, 10)), Number(text.slice(10, 12)), Number(text.slice(12, 14)))) return false
  return '10X98765432'.charAt(weighted(text, BASE36, CITIZEN_WEIGHTS) % 11) === text.charAt(17)
}

const CITIZEN_WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]

function isDate(year: number, month: number, day: number): boolean {
  const date = new Date(Date.UTC(year, month - 1, day))
  // Date turns 31 April into 1 May, and a year below 100 into one of the 20th century.
  return (
    date.getUTCFullYear() === year &&
    date.getUTCMonth() === month - 1 &&
    date.getUTCDate() === day &&
    year >= 1800
  )
}

function weighted(text: string, alphabet: string, weights: readonly number[]): number {
  let sum = 0
  for (const [i, weight] of weights.entries()) sum += weight * alphabet.indexOf(text.charAt(i))
  return sum
}

/** Crockford's base32: no I, L, O, U. https://www.crockford.com/base32.html */
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** The short code of 5 random bytes: 8 characters. */
export function formatShortCode(random: Uint8Array): string {
  if (random.length !== 5) throw refusal('short code', '5 random bytes', `${random.length} bytes`)
  return crockford(random)
}

/** What somebody typed as a short code, as we write it: capitals, `I L` as 1, `O` as 0, without hyphens and spaces. Null when it is none. */
export function normaliseShortCode(typed: string): string | null {
  const code = typed.replaceAll(/[\s-]/g, '').toUpperCase().replaceAll(/[IL]/g, '1').replaceAll('O', '0')
  return /^[0-9A-HJKMNP-TV-Z]{8}$/.test(code) ? code : null
}

/** The ULID of a time in milliseconds (48 bits) and 10 random bytes: 26 characters that sort by time. https://github.com/ulid/spec */
export function formatUlid(milliseconds: number, random: Uint8Array): string {
  if (!Number.isInteger(milliseconds) || milliseconds < 0 || milliseconds >= 2 ** 48) {
    throw refusal('ulid', 'a time in milliseconds below 2^48', String(milliseconds))
  }
  if (random.length !== 10) throw refusal('ulid', '10 random bytes', `${random.length} bytes`)
  let time = ''
  for (let rest = milliseconds, i = 0; i < 10; i++, rest = Math.floor(rest / 32))
    time = CROCKFORD.charAt(rest % 32) + time
  return time + crockford(random)
}

/** Time and random bytes of a ULID in capitals; null when it is none. */
export function parseUlid(text: string): { milliseconds: number; random: Uint8Array } | null {
  // 26 characters hold 130 bits; a first character above 7 would need more than 128.
  if (!/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(text)) return null
  let value = 0n
  for (const character of text) value = value * 32n + BigInt(CROCKFORD.indexOf(character))
  const random = Uint8Array.from({ length: 10 }, (_, i) => Number((value >> BigInt(8 * (9 - i))) & 255n))
  return { milliseconds: Number(value >> 80n), random }
}

/** A whole number of characters: 5 bytes give 8. */
function crockford(bytes: Uint8Array): string {
  let text = ''
  let held = 0
  let bits = 0
  for (const byte of bytes) {
    held = (held << 8) | byte
    for (bits += 8; bits >= 5; bits -= 5) text += CROCKFORD.charAt((held >> (bits - 5)) & 31)
    held &= 31
  }
  return text
}

function refusal(field: string, expected: string, found: string): Refusal {
  return new Refusal('IDENTIFIER', `${field}: expected ${expected}, found ${found.slice(0, 100)}`, {
    field,
    expected,
    found: found.slice(0, 100),
  })
}
