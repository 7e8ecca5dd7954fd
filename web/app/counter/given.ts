/** What somebody at a counter typed, scanned or dropped, and what it was taken for. */
import { normaliseShortCode, parseCertificateIdentifier } from '../../../protocol/identifiers.ts'

export type Given =
  /** Eight digits, or the address in a QR code of this gateway. */
  | { kind: 'presentation'; code: { digits: string } | { url: string } }
  /** Of a printed certificate; `key` only when its QR code was scanned. */
  | { kind: 'paper'; shortCode: string; lastFour: string | null; key: string | null }
  | { kind: 'certificate'; identifier: string; typeCode: string }
  | { kind: 'case'; number: string }
  | { kind: 'file'; file: File }
  /** An address of another site: it is neither opened nor shown. */
  | { kind: 'foreign' }
  | { kind: 'unknown' }

const DIGITS = /^\d{8}$/
const CASE_NUMBER = /^[A-Z][A-Z0-9]{1,11}-\d{6}-[0-9A-Z]{8}$/
const TOKEN_PATH = /^\/p\/[\w-]{22}$/
const PAPER_PATH = /^\/v\/([^/]+)$/
const LAST_FOUR = /^[0-9A-Z]{4}$/
/** A scheme, or a name of a host with a path: `weixin://…`, `www.example.com/p/…`. */
const ADDRESS = /^[a-z][a-z0-9+.-]*:|^\/\/|^[\w-]+(?:\.[\w-]+)+\//i

/** `origin`: that of this gateway. A scan gun behind a Chinese input method types full-width characters; they count as what they stand for. */
export function recognise(typed: string, origin: string): Given {
  const text = typed.normalize('NFKC').trim()
  if (ADDRESS.test(text)) return recogniseAddress(text, origin)
  const joined = text.replaceAll(/[\s-]/g, '')
  if (DIGITS.test(joined)) return { kind: 'presentation', code: { digits: joined } }
  if (CASE_NUMBER.test(text.toUpperCase())) return { kind: 'case', number: text.toUpperCase() }
  const identifier = recogniseIdentifier(text.toUpperCase())
  return identifier ?? recogniseShortCode(text.toUpperCase()) ?? { kind: 'unknown' }
}

function recogniseAddress(text: string, origin: string): Given {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || url.origin !== origin || url.username !== '' || url.password !== '')
    return { kind: 'foreign' }
  if (TOKEN_PATH.test(url.pathname)) return { kind: 'presentation', code: { url: text } }
  const shortCode = normaliseShortCode(PAPER_PATH.exec(url.pathname)?.[1] ?? '')
  if (shortCode !== null) return { kind: 'paper', shortCode, lastFour: null, key: url.searchParams.get('k') }
  return { kind: 'unknown' }
}

function recogniseIdentifier(text: string): Given | null {
  try {
    return { kind: 'certificate', identifier: text, typeCode: parseCertificateIdentifier(text).type }
  } catch {
    return null
  }
}

/** `7Q2K 9MXA`, with the last four of the number behind it or without. */
function recogniseShortCode(text: string): Given | null {
  const shortCode = normaliseShortCode(text)
  if (shortCode !== null) return { kind: 'paper', shortCode, lastFour: null, key: null }
  const lastFour = text.slice(-4)
  const before = normaliseShortCode(text.slice(0, -4))
  if (before === null || !LAST_FOUR.test(lastFour)) return null
  return { kind: 'paper', shortCode: before, lastFour, key: null }
}
