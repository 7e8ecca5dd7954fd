/**
 * Certificates: W3C Verifiable Credentials 2.0 secured as SD-JWT (docs/formats.md §4, §5).
 * https://www.w3.org/TR/vc-data-model-2.0/ · https://www.rfc-editor.org/rfc/rfc9901 · https://www.w3.org/TR/vc-jose-cose/
 *
 * `certificatePayload` writes what is signed; `parseCertificate` reads what was handed out: text in, Refusal or value out.
 */
import { sha256Base64url } from '#crypto'
import { fromBase64, fromBase64url, utf8FromBase64url } from './bytes.ts'
import { parseCertificateIdentifier, type CertificateIdentifier } from './identifiers.ts'
import { formatInstant, parseInstant } from './instant.ts'
import { isObject, parseJson, parseJsonText, type JsonObject, type JsonValue } from './json.ts'
import { Refusal } from './refusal.ts'
import { parseStatement, type Statement } from './statement.ts'

export const CONTEXT = [
  'https://www.w3.org/ns/credentials/v2',
  'https://www.w3.org/ns/credentials/undefined-terms/v2',
] as const
export const STATUS_PURPOSES = ['revocation', 'suspension', 'refresh'] as const
export const STATUS_LIST_CAPACITY = 131_072
const ID_PREFIX = 'urn:onceproof:certificate:'
const MAX_CERTIFICATE_BYTES = 1_048_576
const MAX_DISCLOSURES = 500
const MAX_PLAIN_CHARACTERS = 65_536

export interface CertificateDraft {
  /** 证照标识 with its check character. */
  identifier: string
  /** 证照标识 of the version before; null for version 001. */
  associated: string | null
  region: string
  /** 21 characters, as inside the identifier. */
  typeCode: string
  issuer: string
  /** Seconds; null = without end. */
  validFrom: number
  validUntil: number | null
  schema: { id: string; digestSRI: string }
  status: { urlPrefix: string; uscc: string; list: number; index: number }
  /** Sorted base64url digests, decoys among them. */
  subjectDigests: string[]
  topDigest: string
}

export interface FileReference {
  id: string
  mediaType: string
  digestSRI: string
}

export interface Certificate {
  statement: Statement
  /** 证照标识. */
  identifier: string
  /** USCC of the issuer, inside the identifier. */
  uscc: string
  version: number
  /** 证照标识 of the version before. */
  associated: string | null
  region: string
  typeCode: string
  issuer: string
  validFrom: number
  validUntil: number | null
  schema: { id: string; digestSRI: string }
  status: { uscc: string; list: number; index: number }
  /** Disclosed fields in the order of the file. */
  fields: Map<string, JsonValue>
  relatedResource: FileReference | null
  /** Number of digests of the subject, decoys among them. */
  subjectDigestCount: number
}

/** The exact JSON text that is signed. Shapes are the caller's duty; `parseCertificate` would refuse what is wrong. */
export function certificatePayload(draft: CertificateDraft): string {
  const { uscc, list, index, urlPrefix } = draft.status
  return JSON.stringify({
    '@context': CONTEXT,
    id: ID_PREFIX + draft.identifier,
    type: ['VerifiableCredential', `urn:onceproof:type:${draft.region}:${draft.typeCode}`],
    issuer: draft.issuer,
    validFrom: formatInstant(draft.validFrom),
    validUntil: draft.validUntil === null ? undefined : formatInstant(draft.validUntil),
    associated: draft.associated === null ? undefined : ID_PREFIX + draft.associated,
    credentialStatus: STATUS_PURPOSES.map(statusPurpose => ({
      type: 'BitstringStatusListEntry',
      statusPurpose,
      statusListIndex: String(index),
      statusListCredential: statusListUrl(urlPrefix, uscc, list, statusPurpose),
    })),
    credentialSchema: { id: draft.schema.id, type: 'JsonSchema', digestSRI: draft.schema.digestSRI },
    credentialSubject: { _sd: draft.subjectDigests },
    _sd_alg: 'sha-256',
    _sd: [draft.topDigest],
  })
}

export function statusListUrl(prefix: string, uscc: string, list: number, purpose: string): string {
  return `${prefix}/status-lists/${uscc}/${list}/${purpose}`
}

/** `statement~disclosure~…~`. */
export function assembleCertificate(statement: string, disclosures: string[]): string {
  return `${[statement, ...disclosures].join('~')}~`
}

/** Reads a certificate as handed out, disclosures checked against the signed digests. The signature is not checked here. */
export function parseCertificate(text: string): Certificate {
  if (text.length > MAX_CERTIFICATE_BYTES) {
    throw new Refusal('CERTIFICATE_TOO_LARGE', `a certificate has at most ${MAX_CERTIFICATE_BYTES} bytes`)
  }
  const [statementText, ...disclosures] = text.split('~')
  if (disclosures.pop() !== '' || disclosures.includes('')) {
    throw new Refusal(
      'CERTIFICATE_SHAPE',
      'a certificate ends with ~, carries no key-binding part and no empty disclosure',
    )
  }
  if (disclosures.length > MAX_DISCLOSURES) {
    throw new Refusal('CERTIFICATE_TOO_LARGE', `a certificate has at most ${MAX_DISCLOSURES} disclosures`)
  }
  const statement = parseStatement(statementText!)
  if (statement.kind !== 'certificate') {
    throw new Refusal('STATEMENT_TYP', 'not a certificate', { field: 'typ', expected: 'vc+sd-jwt' })
  }
  const { subjectDigests, topDigest, ...claims } = readPayload(statement)
  return {
    statement,
    ...claims,
    subjectDigestCount: subjectDigests.size,
    ...openDisclosures(disclosures, subjectDigests, topDigest),
  }
}

function readPayload(statement: Statement) {
  const { payload } = statement
  for (const name of Object.keys(payload)) {
    if (!MEMBERS.has(name)) throw wrongClaim(name.slice(0, 40), 'a member of docs/formats.md §4')
  }
  const [w3c, terms, ...more] = asArray(payload['@context'], '@context')
  if (w3c !== CONTEXT[0] || terms !== CONTEXT[1] || more.length > 0)
    throw wrongClaim('@context', CONTEXT.join(' '))

  const identifier = readIdentifier(payload['id'], 'id')
  const [vc, typeUrn, ...moreTypes] = asArray(payload['type'], 'type')
  const type =
    typeof typeUrn === 'string' ? /^urn:onceproof:type:(\d{6}):([0-9A-Z]{21})$/.exec(typeUrn) : null
  if (vc !== 'VerifiableCredential' || type === null || moreTypes.length > 0 || type[2] !== identifier.type) {
    throw wrongClaim('type', 'VerifiableCredential and the type named in id')
  }
  if (payload['issuer'] !== statement.did) throw wrongClaim('issuer', 'the DID in kid')

  const validFrom = readInstant(payload['validFrom'], 'validFrom')
  const validUntil = 'validUntil' in payload ? readInstant(payload['validUntil'], 'validUntil') : null
  if (validUntil !== null && validUntil < validFrom) throw wrongClaim('validUntil', 'not before validFrom')

  const associated = 'associated' in payload ? readIdentifier(payload['associated'], 'associated') : null
  if (!follows(identifier, associated))
    throw wrongClaim('associated', 'the id of the version before, from version 002 on')

  if (payload['_sd_alg'] !== 'sha-256') throw wrongClaim('_sd_alg', 'sha-256')
  const subject = asObject(payload['credentialSubject'], 'credentialSubject', ['_sd'])
  const subjectDigests = readDigests(subject['_sd'], 'credentialSubject._sd')
  const [topDigest, ...moreTop] = readDigests(payload['_sd'], '_sd')
  if (topDigest === undefined || moreTop.length > 0) throw wrongClaim('_sd', 'exactly one digest')
  if (subjectDigests.has(topDigest)) throw wrongClaim('_sd', 'no digest twice')

  return {
    identifier: identifier.text,
    uscc: identifier.issuer,
    version: identifier.version,
    associated: associated?.text ?? null,
    region: type[1]!,
    typeCode: type[2],
    issuer: statement.did,
    validFrom,
    validUntil,
    schema: readSchema(payload['credentialSchema'], type[1]!),
    status: readStatus(payload['credentialStatus'], identifier.issuer),
    subjectDigests,
    topDigest,
  }
}

const MEMBERS = new Set([
  '@context',
  'id',
  'type',
  'issuer',
  'validFrom',
  'validUntil',
  'associated',
  'credentialStatus',
  'credentialSchema',
  'credentialSubject',
  '_sd_alg',
  '_sd',
])

function readIdentifier(value: JsonValue | undefined, field: string) {
  const wrong = () => wrongClaim(field, `${ID_PREFIX} and a 证照标识 whose issuer is a USCC`)
  if (typeof value !== 'string' || !value.startsWith(ID_PREFIX)) throw wrong()
  const text = value.slice(ID_PREFIX.length)
  try {
    const identifier = parseCertificateIdentifier(text)
    if (identifier.warnings.includes('ISSUER_NOT_USCC')) throw wrong()
    return { ...identifier, text }
  } catch (error) {
    if (error instanceof Refusal) throw wrong()
    throw error
  }
}

/** The version before, of the same series; none for version 001. */
function follows(identifier: CertificateIdentifier, associated: CertificateIdentifier | null): boolean {
  if (associated === null) return identifier.version === 1
  const { type, issuer, serial, version } = associated
  return (
    type === identifier.type &&
    issuer === identifier.issuer &&
    serial === identifier.serial &&
    version === identifier.version - 1
  )
}

function readInstant(value: JsonValue | undefined, field: string): number {
  const seconds = typeof value === 'string' ? parseInstant(value) : null
  if (seconds === null) throw wrongClaim(field, 'YYYY-MM-DDTHH:MM:SSZ')
  return seconds
}

function readSchema(value: JsonValue | undefined, region: string): Certificate['schema'] {
  const { id, type, digestSRI } = asObject(value, 'credentialSchema', ['id', 'type', 'digestSRI'])
  const idRight =
    typeof id === 'string' && /^urn:onceproof:schema:\d{6}:[A-Z0-9]{2,12}:[1-9]\d{0,5}$/.test(id)
  if (
    !idRight ||
    !id.startsWith(`urn:onceproof:schema:${region}:`) ||
    type !== 'JsonSchema' ||
    !isSri(digestSRI)
  ) {
    throw wrongClaim('credentialSchema', 'id of this region, type JsonSchema, digestSRI')
  }
  return { id, digestSRI }
}

const STATUS_URL =
  /^(https?:\/\/[!#-[\]-~]{1,300})\/status-lists\/([0-9A-Z]{18})\/(0|[1-9]\d{0,9})\/(revocation|suspension|refresh)$/

function readStatus(value: JsonValue | undefined, uscc: string): Certificate['status'] {
  const wrong = () =>
    wrongClaim('credentialStatus', 'three entries of one list and index, issued by the issuer')
  const entries = asArray(value, 'credentialStatus')
  if (entries.length !== STATUS_PURPOSES.length) throw wrong()
  const first = asObject(entries[0], 'credentialStatus', STATUS_MEMBERS)
  const index = first['statusListIndex']
  const url =
    typeof first['statusListCredential'] === 'string' ? STATUS_URL.exec(first['statusListCredential']) : null
  if (url === null || url[2] !== uscc || typeof index !== 'string' || !/^(0|[1-9]\d{0,5})$/.test(index))
    throw wrong()
  if (Number(index) >= STATUS_LIST_CAPACITY) throw wrong()
  for (const [position, purpose] of STATUS_PURPOSES.entries()) {
    const entry = asObject(entries[position], 'credentialStatus', STATUS_MEMBERS)
    const same =
      entry['type'] === 'BitstringStatusListEntry' &&
      entry['statusPurpose'] === purpose &&
      entry['statusListIndex'] === index &&
      entry['statusListCredential'] === `${url[1]}/status-lists/${uscc}/${url[3]}/${purpose}`
    if (!same) throw wrong()
  }
  return { uscc, list: Number(url[3]), index: Number(index) }
}

const STATUS_MEMBERS = ['type', 'statusPurpose', 'statusListIndex', 'statusListCredential']

/** Base64url digests of 32 bytes, ascending, so no repeats. */
function readDigests(value: JsonValue | undefined, field: string): Set<string> {
  const digests = asArray(value, field)
  let previous = ''
  for (const digest of digests) {
    if (typeof digest !== 'string' || digest <= previous || !isDigest(digest)) {
      throw wrongClaim(field, 'ascending base64url digests of 32 bytes')
    }
    previous = digest
  }
  return new Set(digests as string[])
}

// 32 bytes are 43 characters whose last carries two unused bits, which must be zero.
const DIGEST = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/
const isDigest = (text: string) => DIGEST.test(text)

/** RFC 9901 §7.1 steps 3-4, for the two places where this profile allows digests. */
function openDisclosures(
  disclosures: string[],
  subjectDigests: Set<string>,
  topDigest: string,
): Pick<Certificate, 'fields' | 'relatedResource'> {
  const fields = new Map<string, JsonValue>()
  const seen = new Set<string>()
  let relatedResource: FileReference | null = null
  for (const disclosure of disclosures) {
    const digest = sha256Base64url(disclosure)
    if (seen.has(digest)) throw new Refusal('DISCLOSURE_DUPLICATE', 'the same disclosure stands twice')
    seen.add(digest)
    if (digest === topDigest) {
      const [name, value] = readDisclosure(disclosure)
      if (name !== 'relatedResource') throw forbidden(name)
      relatedResource = readFileReference(value)
    } else if (subjectDigests.has(digest)) {
      const [name, value] = readDisclosure(disclosure)
      if (!FIELD_NAME.test(name) || name === 'id' || name === 'type') throw forbidden(name)
      if (fields.has(name))
        throw new Refusal('DISCLOSURE_DUPLICATE', 'a field is disclosed twice', { field: name })
      fields.set(name, value)
    } else {
      // Told apart, so that garbage is called garbage.
      readDisclosure(disclosure)
      throw new Refusal('DISCLOSURE_UNREFERENCED', 'a disclosure belongs to no signed digest')
    }
  }
  return { fields, relatedResource }
}

const FIELD_NAME = /^[A-Za-z][A-Za-z0-9]{0,63}$/

/**
 * Salt, name and a text without escapes: most fields are of this form, and what is can be read no other way. It is not read as
 * JSON, which would cost more than everything else that a field needs.
 */
const PLAIN_DISCLOSURE = /^\["[A-Za-z0-9_-]{21}[AQgw]","([A-Za-z][A-Za-z0-9]{0,63})","([^"\\\p{Cc}]*)"\]$/u

function readDisclosure(disclosure: string): [name: string, value: JsonValue] {
  // Text that is so long, or not UTF-8, is for `parseJson` to refuse.
  const text = disclosure.length <= MAX_PLAIN_CHARACTERS ? utf8FromBase64url(disclosure) : null
  const plain = text === null ? null : PLAIN_DISCLOSURE.exec(text)
  if (plain !== null) return [plain[1]!, plain[2]!]

  const parts = text === null ? parseJson(disclosureBytes(disclosure)) : parseJsonText(text)
  if (!Array.isArray(parts) || parts.length !== 3) throw wrongDisclosure()
  const [salt, name, value] = parts
  // 16 bytes are 22 characters whose last carries four unused bits, which must be zero.
  if (typeof salt !== 'string' || !/^[A-Za-z0-9_-]{21}[AQgw]$/.test(salt) || typeof name !== 'string') {
    throw wrongDisclosure()
  }
  if (holdsDigests(value!)) throw forbidden(name)
  return [name, value!]
}

function disclosureBytes(disclosure: string): Uint8Array {
  const bytes = fromBase64url(disclosure)
  if (bytes !== null) return bytes
  throw new Refusal('DISCLOSURE_BASE64', 'a disclosure is not canonical base64url')
}

/** Nested digests (`_sd`, `...`) are not part of this profile. */
function holdsDigests(value: JsonValue): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some(holdsDigests)
  return Object.entries(value).some(
    ([name, member]) => name === '_sd' || name === '...' || holdsDigests(member),
  )
}

function readFileReference(value: JsonValue): FileReference {
  if (!isObject(value) || Object.keys(value).length !== 3) throw wrongDisclosure()
  const { id, mediaType, digestSRI } = value
  const right =
    typeof id === 'string' &&
    /^urn:onceproof:file:[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(id) &&
    typeof mediaType === 'string' &&
    /^[\w.+-]{1,100}\/[\w.+-]{1,100}$/.test(mediaType) &&
    isSri(digestSRI)
  if (!right) throw wrongDisclosure()
  return { id, mediaType, digestSRI }
}

function isSri(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value.startsWith('sha256-') && fromBase64(value.slice(7))?.length === 32
}

function asArray(value: JsonValue | undefined, field: string): JsonValue[] {
  if (!Array.isArray(value)) throw wrongClaim(field, 'an array')
  return value
}

function asObject(value: JsonValue | undefined, field: string, members: string[]): JsonObject {
  const right =
    isObject(value) &&
    Object.keys(value).length === members.length &&
    members.every(name => Object.hasOwn(value, name))
  if (!right) throw wrongClaim(field, `an object with ${members.join(', ')}`)
  return value
}

const wrongClaim = (field: string, expected: string) =>
  new Refusal('CERTIFICATE_CLAIM', `member ${field} of the certificate is missing or wrong`, {
    field,
    expected,
  })
const wrongDisclosure = () =>
  new Refusal('DISCLOSURE_SHAPE', 'a disclosure is [salt of 16 bytes, name, value]')
const forbidden = (name: string) =>
  new Refusal('DISCLOSURE_FORBIDDEN', 'this claim may not be selectively disclosed', {
    field: name.slice(0, 64),
  })
