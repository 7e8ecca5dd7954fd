/**
 * `test/vectors/invalid`: files whose bytes are not sound. None of them may ever be accepted.
 */
import { sha256Base64url } from '#crypto'
import {
  fromBase64url,
  toBase64,
  toBase64url,
  toHex,
  toUtf8,
  utf8FromBase64url,
  utf8ToBase64url,
} from '../../protocol/bytes.ts'
import {
  formatCertificateIdentifier,
  mod3736,
  type CertificateIdentifier,
} from '../../protocol/identifiers.ts'
import type { JsonObject, JsonValue } from '../../protocol/json.ts'
import { leafHash } from '../../protocol/log.ts'
import { formatLogProof, parseLogProof, type LogProof, type Receipt } from '../../protocol/receipt.ts'
import {
  bytesCase,
  certificateCase,
  promised,
  recordCase,
  refused,
  unreadable,
  type Case,
  type Circumstances,
  type ExpectedAnswers,
} from './case.ts'
import { ed25519InvalidCases } from './ed25519-cases.ts'
import { addOrder } from './ed25519-edges.ts'
import { seedOf, twin } from './keys.ts'
import {
  append,
  checkpointOf,
  civilAffairs,
  contractDigest,
  drop,
  edits,
  FIELDS,
  housing,
  keys,
  leavesAt,
  makeCertificate,
  makeRecord,
  notary,
  noteKeys,
  NOW,
  origins,
  promiseOf,
  receiptWith,
  regions,
  relatedResource,
  set,
  sign,
  statusIndexes,
  types,
  ulidOf,
  usccWithWrongOrganisation,
  type CertificateOptions,
  type Edit,
} from './scene.ts'

const noTime = { authorised: 'unknown ANCHOR_TIME_UNKNOWN' } as const

/** The file cannot be read. */
const unread = (name: string, why: string, code: string, circumstances: Circumstances): Case =>
  certificateCase(name, why, 'UNREADABLE', unreadable(code), {}, circumstances)

/** The certificate was really signed, logged and anchored, but is refused by its own rules. */
const badCertificate = (
  name: string,
  why: string,
  code: string,
  options: Partial<CertificateOptions>,
  circumstances: Circumstances = {},
): Case => certificateCase(name, why, 'TAMPERED', refused(code), options, circumstances)

const badClaim = (name: string, why: string, payload: Edit, options: Partial<CertificateOptions> = {}) =>
  badCertificate(name, why, 'CERTIFICATE_CLAIM', { ...options, payload })

const badDisclosure = (name: string, why: string, code: string, json: string) =>
  badCertificate(name, why, code, { extra: [utf8ToBase64url(json)] })

/** The certificate is sound, its receipt or promise is not. */
const badEvidence = (
  name: string,
  why: string,
  code: string,
  circumstances: Circumstances,
  answers: Partial<ExpectedAnswers> = {},
): Case =>
  certificateCase(name, why, 'TAMPERED', { anchored: `no ${code}`, ...noTime, ...answers }, {}, circumstances)

const proofText = (edit: (proof: string) => string) => (receipt: Receipt) => ({
  ...receipt,
  proof: edit(receipt.proof),
})
const proofParts = (edit: (proof: LogProof) => LogProof) =>
  proofText(text => formatLogProof(edit(parseLogProof(text))))
const anchorWith = (edit: Edit): Circumstances => ({ file: f => ({ ...f, receipt: editReceipt(f, edit) }) })
const editReceipt = (file: JsonObject, edit: Edit): JsonValue => edit(file['receipt'] as JsonObject)

/** Signs these lines as the main log would sign a checkpoint or promise. */
const noteOf = (text: string) =>
  `${text}\n— ${origins.main} ${toBase64(Uint8Array.of(...noteKeys.main.id, ...noteKeys.main.sign(toUtf8(text))))}\n`

/** The receipt with its checkpoint's text changed and signed again by the log. */
const checkpointText = (edit: (text: string) => string) =>
  proofParts(proof => {
    const gap = proof.signedCheckpoint.lastIndexOf('\n\n')
    return { ...proof, signedCheckpoint: noteOf(edit(proof.signedCheckpoint.slice(0, gap + 1))) }
  })

function flipped(text: string): string {
  const bytes = fromBase64url(text)!
  bytes[bytes.length - 1]! ^= 1
  return toBase64url(bytes)
}

/** The certificate as handed out, with one part of its statement changed. */
const statementParts =
  (edit: (parts: [string, string, string]) => string[]) =>
  (text: string): string => {
    const end = text.indexOf('~')
    return edit(text.slice(0, end).split('.') as [string, string, string]).join('.') + text.slice(end)
  }

const salt = 'AAAAAAAAAAAAAAAAAAAAAA'

export function invalidCases(): Case[] {
  return [
    ...fileCases(),
    ...statementCases(),
    ...claimCases(),
    ...disclosureCases(),
    ...evidenceCases(),
    ...recordCases(),
    ...ed25519InvalidCases(),
  ]
}

function fileCases(): Case[] {
  const text = (name: string, why: string, code: string, bytes: Uint8Array | string) =>
    bytesCase(name, why, 'UNREADABLE', unreadable(code), typeof bytes === 'string' ? toUtf8(bytes) : bytes)
  return [
    text('file_empty', 'There is nothing.', 'JSON_SYNTAX', ''),
    text(
      'file_is_a_pdf',
      'A PDF is not a certificate file.',
      'JSON_NOT_UTF8',
      Uint8Array.of(...toUtf8('%PDF-1.7\n%'), 0xe2, 0xe3, 0xcf, 0xd3),
    ),
    text(
      'file_is_a_bare_certificate',
      'The SD-JWT alone has no receipt.',
      'JSON_SYNTAX',
      `${makeCertificate({ name: 'bare' }).statement}~`,
    ),
    text('file_is_an_array', 'A file is one object.', 'FILE_SYNTAX', '[]'),
    text('file_is_null', 'A file is one object.', 'FILE_SYNTAX', 'null'),
    unread('file_with_byte_order_mark', 'JSON has no byte order mark.', 'JSON_NOT_UTF8', {
      fileText: t => `\ufeff${t}`,
    }),
    unread('file_in_utf_16', 'JSON is UTF-8.', 'JSON_NOT_UTF8', {
      fileBytes: bytes => Uint8Array.from([0xff, 0xfe, ...Array.from(bytes).flatMap(byte => [byte, 0])]),
    }),
    unread('file_with_trailing_bytes', 'Something stands after the object.', 'JSON_SYNTAX', {
      fileText: t => `${t}{}`,
    }),
    unread('file_with_trailing_nul', 'A NUL stands after the object.', 'JSON_SYNTAX', {
      fileText: t => `${t}\0`,
    }),
    unread('file_truncated', 'The last byte is missing.', 'JSON_SYNTAX', { fileText: t => t.slice(0, -1) }),
    unread('file_with_two_certificates', 'Two readers could see two certificates.', 'JSON_DUPLICATE_KEY', {
      fileText: t => t.replace('"certificate":', '"certificate":"x","certificate":'),
    }),
    unread(
      'file_with_two_receipts_by_an_escape',
      'The same member, once written with an escape.',
      'JSON_DUPLICATE_KEY',
      { fileText: t => t.replace('"receipt":', String.raw`"\u0072eceipt":{},"receipt":`) },
    ),
    unread('file_with_a_lone_surrogate', 'Not text.', 'JSON_LONE_SURROGATE', {
      fileText: t => t.replace('tlog-proof', String.raw`\ud800`),
    }),
    unread('file_with_a_number_not_shortest', 'Numbers are in their shortest form.', 'JSON_NUMBER', {
      fileText: t => t.replace('"blockNumber":200', '"blockNumber":2e2'),
    }),
    unread('file_with_an_unsafe_integer', 'Readers would disagree about the number.', 'JSON_NUMBER', {
      fileText: t => t.replace('"blockNumber":200', '"blockNumber":9007199254740993'),
    }),
    unread('file_too_deep', 'Nested deeper than 32.', 'JSON_TOO_DEEP', {
      fileText: t => t.replace('"blockNumber":200', `"blockNumber":${'['.repeat(31)}${']'.repeat(31)}`),
    }),
    unread('file_too_large', 'One byte more than 2,097,152.', 'FILE_TOO_LARGE', { padTo: 2_097_153 }),
    unread('file_with_unknown_member', 'A member that no reader knows.', 'FILE_SYNTAX', {
      file: set('trust', {}),
    }),
    unread('file_of_a_later_version', 'This reader knows version 1.', 'FILE_SYNTAX', {
      file: set('format', 'onceproof-certificate/2'),
    }),
    unread('file_without_format', 'A file says what it is.', 'FILE_SYNTAX', { file: drop('format') }),
    unread('file_with_receipt_and_promise', 'Either, not both.', 'FILE_SYNTAX', {
      file: set('promise', 'x'),
    }),
    unread('file_without_receipt_and_promise', 'Either must be there.', 'FILE_SYNTAX', {
      file: drop('receipt'),
    }),
    unread('file_with_a_null_receipt', 'A receipt is an object.', 'FILE_SYNTAX', {
      file: set('receipt', null),
    }),
    unread('file_with_a_receipt_as_text', 'A receipt is an object.', 'FILE_SYNTAX', {
      file: f => ({ ...f, receipt: JSON.stringify(f['receipt']) }),
    }),
    unread('file_with_a_promise_as_object', 'A promise is a text.', 'FILE_SYNTAX', {
      file: edits(drop('receipt'), set('promise', {})),
    }),
    unread('file_with_a_certificate_as_object', 'A certificate is a text.', 'FILE_SYNTAX', {
      file: set('certificate', {}),
    }),
    unread('file_without_certificate', 'There is nothing to verify.', 'FILE_SYNTAX', {
      file: drop('certificate'),
    }),
    unread('record_format_around_a_certificate', 'A record file has a record.', 'FILE_SYNTAX', {
      file: set('format', 'onceproof-record/1'),
    }),
    unread('file_with_certificate_and_record', 'One file, one statement.', 'FILE_SYNTAX', {
      file: set('record', 'x'),
    }),
    unread(
      'file_with_proto_member',
      'A member named like an internal of a language is unknown too.',
      'FILE_SYNTAX',
      { fileText: t => t.replace('{', '{"__proto__":{},') },
    ),
  ]
}

function statementCases(): Case[] {
  const header = (name: string, why: string, code: string, edit: Edit) =>
    badCertificate(name, why, code, { header: edit })
  const changed = (name: string, why: string, code: string, edit: Parameters<typeof statementParts>[0]) =>
    badCertificate(name, why, code, {}, { certificate: statementParts(edit) })
  const signatureWrong = { intact: 'no SIGNATURE_WRONG' } as const

  return [
    header('alg_none', 'Who signs nothing proves nothing.', 'STATEMENT_ALG', set('alg', 'none')),
    header('alg_hs256', 'A public key is not a shared secret.', 'STATEMENT_ALG', set('alg', 'HS256')),
    header(
      'typ_of_another_token',
      'Any JWT of this key could pass for a certificate.',
      'STATEMENT_TYP',
      set('typ', 'JWT'),
    ),
    header('crit', 'No critical extension is known.', 'STATEMENT_CRIT', set('crit', ['exp'])),
    header(
      'header_brings_its_key',
      'A file never brings the key.',
      'STATEMENT_HEADER',
      set('jwk', { kty: 'EC' }),
    ),
    header('kid_without_thumbprint', 'The key must be named.', 'STATEMENT_KID', set('kid', civilAffairs.did)),
    badCertificate(
      'header_with_duplicate_member',
      'Two readers could see two suites.',
      'JSON_DUPLICATE_KEY',
      { headerText: t => t.replace('{', '{"alg":"none",') },
    ),
    badCertificate(
      'payload_with_duplicate_member',
      'Two readers could see two dates.',
      'JSON_DUPLICATE_KEY',
      { payloadText: t => t.replace('"validUntil":', '"validUntil":"2099-12-31T00:00:00Z","validUntil":') },
    ),
    badCertificate('payload_with_lone_surrogate', 'Not text.', 'JSON_LONE_SURROGATE', {
      payloadText: t => t.replace('VerifiableCredential', String.raw`\udead`),
    }),
    badCertificate('payload_with_byte_order_mark', 'JSON has no byte order mark.', 'JSON_NOT_UTF8', {
      payloadText: t => `\ufeff${t}`,
    }),
    badCertificate('payload_with_trailing_bytes', 'Something stands after the object.', 'JSON_SYNTAX', {
      payloadText: t => `${t},`,
    }),
    badCertificate('payload_too_large', 'More than 65,536 bytes.', 'JSON_TOO_LARGE', {
      payloadText: t => t.padEnd(65_537),
    }),
    badCertificate('payload_is_an_array', 'A payload is an object.', 'STATEMENT_CLAIM', {
      payloadText: t => `[${t}]`,
    }),

    changed('signature_missing', 'A statement has three parts.', 'STATEMENT_SHAPE', ([h, p]) => [h, p]),
    changed('signature_empty', 'An unsecured JWS.', 'STATEMENT_SHAPE', ([h, p]) => [h, p, '']),
    changed('signature_of_63_bytes', 'A signature has 64 bytes.', 'STATEMENT_SHAPE', ([h, p, s]) => [
      h,
      p,
      toBase64url(fromBase64url(s)!.slice(1)),
    ]),
    changed('four_parts', 'A statement has three parts.', 'STATEMENT_SHAPE', ([h, p, s]) => [h, p, s, s]),
    changed(
      'payload_in_base64_with_padding',
      'base64url has no padding.',
      'STATEMENT_BASE64',
      ([h, p, s]) => [h, `${p}=`, s],
    ),
    changed(
      'signature_in_another_writing',
      'Unused bits of the last character are set: the same bytes, another text.',
      'STATEMENT_BASE64',
      ([h, p, s]) => [h, p, s.slice(0, -1) + nextCharacter(s.slice(-1))],
    ),
    changed(
      'line_feed_in_the_statement',
      'No character outside the alphabet.',
      'STATEMENT_BASE64',
      ([h, p, s]) => [h, p, `${s}\n`],
    ),

    certificateCase(
      'signature_bit_flipped',
      'One bit of the signature differs.',
      'TAMPERED',
      { ...signatureWrong, anchored: 'no PROOF_WRONG', ...noTime },
      {},
      { certificate: statementParts(([h, p, s]) => [h, p, flipped(s)]) },
    ),
    certificateCase(
      'payload_changed',
      'A later end was written into the payload.',
      'TAMPERED',
      { ...signatureWrong, anchored: 'no PROOF_WRONG', ...noTime },
      {},
      {
        certificate: statementParts(([h, p, s]) => [
          h,
          utf8ToBase64url(decode(p).replace('2036-01-31', '2046-01-31')),
          s,
        ]),
      },
    ),
    certificateCase(
      'digest_exchanged',
      'A digest for another value was put into the payload.',
      'TAMPERED',
      { ...signatureWrong, anchored: 'no PROOF_WRONG', ...noTime },
      {},
      {
        certificate: statementParts(([h, p, s]) => [
          h,
          utf8ToBase64url(decode(p).replace(/"_sd":\["[\w-]{43}"/, `"_sd":["${'-'.repeat(42)}A"`)),
          s,
        ]),
      },
    ),
    certificateCase(
      'twin_signature',
      'The signature (r, n − s) holds, but the statement has another leaf.',
      'TAMPERED',
      { anchored: 'no PROOF_WRONG', ...noTime },
      {},
      {
        certificate: statementParts(([h, p, s]) => [h, p, toBase64url(twin(fromBase64url(s)!))]),
      },
    ),
    certificateCase(
      'signature_of_another_key',
      'Signed with a key other than the one in kid; logged and anchored all the same.',
      'TAMPERED',
      signatureWrong,
      { sign: keys.unregistered.sign },
    ),
    certificateCase(
      'signature_over_another_text',
      'Signed over something else; logged and anchored all the same.',
      'TAMPERED',
      signatureWrong,
      { sign: input => keys.civilAffairs.sign(`${input} `) },
    ),
    certificateCase('signature_of_zeros', 'r and s are zero.', 'TAMPERED', signatureWrong, {
      sign: () => new Uint8Array(64),
    }),
    certificateCase('signature_r_is_the_group_order', 'r = n is out of range.', 'TAMPERED', signatureWrong, {
      sign: input => {
        const signature = keys.civilAffairs.sign(input)
        signature.set(P256_ORDER)
        return signature
      },
    }),
    certificateCase(
      'eddsa_signature_with_s_above_the_order',
      'S + L instead of S: refused by RFC 8032.',
      'TAMPERED',
      signatureWrong,
      { key: keys.civilAffairsEdDSA, sign: input => addOrder(keys.civilAffairsEdDSA.sign(input)) },
    ),
    certificateCase(
      'eddsa_announced_for_an_es256_key',
      'alg is not that of the registered key.',
      'TAMPERED',
      { intact: 'no ALGORITHM_WRONG' },
      { header: set('alg', 'EdDSA') },
    ),
    certificateCase(
      'es256_announced_for_an_eddsa_key',
      'alg is not that of the registered key.',
      'TAMPERED',
      { intact: 'no ALGORITHM_WRONG' },
      { key: keys.civilAffairsEdDSA, header: set('alg', 'ES256') },
    ),
    certificateCase(
      'key_registered_with_another_algorithm',
      'The registry lists this P-256 key as EdDSA.',
      'TAMPERED',
      { intact: 'no ALGORITHM_WRONG' },
      { key: keys.otherAlgorithm },
    ),
    certificateCase(
      'key_registered_under_another_thumbprint',
      'The registry lists another public key under this thumbprint.',
      'TAMPERED',
      { intact: 'no THUMBPRINT_WRONG' },
      { key: keys.misregistered },
    ),
    certificateCase(
      'signature_wrong_and_revoked',
      'Tampered comes before revoked.',
      'TAMPERED',
      { ...signatureWrong, 'not revoked': 'no REVOKED' },
      { sign: keys.unregistered.sign, status: { index: statusIndexes.revoked } },
    ),
    certificateCase(
      'signature_wrong_region_not_recognised',
      'Tampered comes before not recognised.',
      'TAMPERED',
      { ...signatureWrong, authorised: 'no REGION_NOT_RECOGNISED' },
      { sign: keys.unregistered.sign, region: regions.unknown },
    ),
    certificateCase(
      'proof_wrong_chain_unreachable',
      'A proof that does not hold needs no chain to be refused.',
      'TAMPERED',
      {
        intact: 'unknown CHAIN_UNREACHABLE',
        anchored: 'no PROOF_WRONG',
        authorised: 'unknown CHAIN_UNREACHABLE',
        'not revoked': 'unknown CHAIN_UNREACHABLE',
      },
      {},
      { view: 'unreachable', receipt: proofParts(p => ({ ...p, hashes: [...p.hashes].reverse() })) },
    ),

    badCertificate(
      'no_tilde_at_the_end',
      'A certificate ends with ~.',
      'CERTIFICATE_SHAPE',
      {},
      { certificate: t => t.slice(0, -1) },
    ),
    badCertificate(
      'no_tilde_at_all',
      'A bare JWS is not a certificate.',
      'CERTIFICATE_SHAPE',
      {},
      { disclose: () => [], certificate: t => t.slice(0, -1) },
    ),
    badCertificate(
      'key_binding_part',
      'Key binding is not part of this version.',
      'CERTIFICATE_SHAPE',
      {},
      { certificate: t => `${t}${t.split('~')[0]}` },
    ),
    badCertificate(
      'empty_disclosure',
      'Two ~ stand side by side.',
      'CERTIFICATE_SHAPE',
      {},
      { certificate: t => `${t}~` },
    ),
    badCertificate(
      'empty_disclosure_first',
      'Two ~ stand side by side after the statement.',
      'CERTIFICATE_SHAPE',
      {},
      { certificate: t => t.replace('~', '~~') },
    ),
    badCertificate(
      'certificate_empty',
      'There is nothing.',
      'CERTIFICATE_SHAPE',
      {},
      { certificate: () => '' },
    ),
    badCertificate(
      'certificate_is_only_a_tilde',
      'There is no statement.',
      'STATEMENT_SHAPE',
      {},
      { certificate: () => '~' },
    ),
    badCertificate('disclosures_501', 'At most 500 disclosures.', 'CERTIFICATE_TOO_LARGE', {
      fields: Array.from({ length: 501 }, (_, i) => [`f${i}`, 0]),
    }),
    badCertificate(
      'record_in_a_certificate',
      'A record is not a certificate.',
      'STATEMENT_TYP',
      {},
      { certificate: () => `${makeRecord('record_in_a_certificate')}~` },
    ),
    badCertificate(
      'json_serialization',
      'Only the compact serialization is known.',
      'STATEMENT_SHAPE',
      {},
      { certificate: t => `${JSON.stringify({ payload: t.split('.')[1] })}~` },
    ),
  ]
}

function claimCases(): Case[] {
  const claim = badClaim
  const entries = 'credentialStatus'
  const statusUrl =
    (from: string, to: string): Edit =>
    p =>
      JSON.parse(JSON.stringify(p).replaceAll(from, to)) as JsonObject
  return [
    claim('unknown_member', 'A member that no reader knows.', set('evidence', [])),
    claim(
      'subject_in_clear',
      'Fields about the holder are disclosures, never in clear.',
      set('credentialSubject.holderName', '张三'),
    ),
    claim('iat_beside_the_payload', 'A member of a JWT is unknown here.', set('iat', 1)),
    claim('cnf_beside_the_payload', 'Key binding is not part of this version.', set('cnf', {})),
    claim('context_missing', '@context must be there.', drop('@context')),
    claim(
      'context_of_version_1',
      'Data model 2.0 only.',
      set('@context.0', 'https://www.w3.org/2018/credentials/v1'),
    ),
    claim('context_with_a_third_entry', 'Exactly two.', set('@context.2', 'https://evil.example/v1')),
    claim('context_a_text', 'An array of two.', set('@context', 'https://www.w3.org/ns/credentials/v2')),
    claim('id_missing', 'id must be there.', drop('id')),
    claim('id_without_prefix', 'id is a URN.', p => ({ ...p, id: (p['id'] as string).slice(26) })),
    claim('id_check_character_wrong', 'The check character does not fit.', p => ({
      ...p,
      id: (p['id'] as string).replace(/.$/, c => (c === '0' ? '1' : '0')),
    })),
    claim('id_of_another_arc', 'Not the arc of electronic certificates.', p => ({
      ...p,
      id: (p['id'] as string).replace('3005', '3006'),
    })),
    claim('id_characters_exchanged', 'Two characters of the serial changed places.', p => ({
      ...p,
      id: exchangedInSerial(p['id'] as string),
    })),
    claim('id_version_000', 'Versions begin at 001.', p => ({
      ...p,
      id: (p['id'] as string).replace('.001.', '.000.'),
    })),
    claim('id_without_issuer_uscc', 'The issuer inside id is no USCC.', p => ({
      ...p,
      id: otherIssuerIdentifier(p['id'] as string),
    })),
    claim(
      'id_with_issuer_whose_inner_code_is_wrong',
      'Of the issuer only the organisation code inside the USCC does not check.',
      issuedBy(usccWithWrongOrganisation(civilAffairs.uscc)),
    ),
    claim('type_missing', 'type must be there.', drop('type')),
    claim(
      'type_of_another_certificate',
      'The type is not the one inside id.',
      set('type.1', `urn:onceproof:type:990100:${types.fromTurn}`),
    ),
    claim('type_in_another_order', 'VerifiableCredential stands first.', p => ({
      ...p,
      type: [...(p['type'] as string[])].reverse(),
    })),
    claim(
      'type_region_of_five_digits',
      'A region has 6 digits.',
      set('type.1', `urn:onceproof:type:99010:${types.marriage}`),
    ),
    claim('type_with_a_third_entry', 'Exactly two.', set('type.2', 'Diploma')),
    claim('issuer_missing', 'issuer must be there.', drop('issuer')),
    claim('issuer_another_than_in_kid', 'The signer speaks for another.', set('issuer', housing.did)),
    claim('issuer_an_object', 'issuer is a text here.', set('issuer', { id: civilAffairs.did })),
    claim('valid_from_missing', 'validFrom must be there.', drop('validFrom')),
    claim('valid_from_with_offset', 'Instants are UTC.', set('validFrom', '2026-02-01T00:00:00+08:00')),
    claim(
      'valid_from_with_fraction',
      'Instants have whole seconds.',
      set('validFrom', '2026-02-01T00:00:00.000Z'),
    ),
    claim('valid_from_that_does_not_exist', '31 April.', set('validFrom', '2026-04-31T00:00:00Z')),
    claim(
      'valid_from_leap_second',
      'Second 60 is not an instant here.',
      set('validFrom', '2016-12-31T23:59:60Z'),
    ),
    claim('valid_from_hour_24', 'Hours end at 23.', set('validFrom', '2026-02-01T24:00:00Z')),
    claim('valid_from_in_1899', 'Years begin at 1900.', set('validFrom', '1899-12-31T23:59:59Z')),
    claim('valid_from_a_number', 'An instant is a text.', set('validFrom', 1_769_875_200)),
    claim('valid_until_null', 'Without end means absent.', set('validUntil', null)),
    claim(
      'valid_until_before_valid_from',
      'It ends before it begins.',
      set('validUntil', '2026-01-31T15:59:59Z'),
    ),
    claim('associated_in_version_001', 'There is no version before the first.', p => ({
      ...p,
      associated: p['id']!,
    })),
    claim('associated_missing_in_version_002', 'The version before must be named.', drop('associated'), {
      version: 2,
    }),
    claim(
      'associated_not_an_identifier',
      'associated is the id of the version before.',
      set('associated', 'urn:onceproof:certificate:1'),
      { version: 2 },
    ),
    ...(
      [
        ['another_serial', { serial: ulidOf('another serial') }],
        ['another_type', { type: types.fromTurn }],
        ['another_issuer', { issuer: housing.uscc }],
        ['itself', { version: 2 }],
        ['a_later_version', { version: 3 }],
      ] as const
    ).map(([what, change]) =>
      claim(
        `associated_with_${what}`,
        'associated is the version before of the same series.',
        set('associated', beforeOf(`associated_with_${what}`, change)),
        { version: 2 },
      ),
    ),
    claim(
      'associated_skips_a_version',
      '003 follows 002, not 001.',
      set('associated', beforeOf('associated_skips_a_version', { version: 1 })),
      { version: 3 },
    ),
    claim(
      'associated_check_character_wrong',
      'The check character does not fit.',
      p => ({ ...p, associated: (p['associated'] as string).replace(/.$/, c => (c === '0' ? '1' : '0')) }),
      { version: 2 },
    ),
    claim('status_missing', 'credentialStatus must be there.', drop(entries)),
    claim('status_an_object', 'Three entries.', p => ({
      ...p,
      credentialStatus: (p[entries] as JsonValue[])[0]!,
    })),
    claim('status_without_refresh', 'Three entries.', drop(`${entries}.2`)),
    claim('status_purposes_in_another_order', 'revocation, suspension, refresh.', p => ({
      ...p,
      credentialStatus: [...(p[entries] as JsonValue[])].reverse(),
    })),
    claim(
      'status_purpose_unknown',
      'revocation, suspension, refresh.',
      set(`${entries}.1.statusPurpose`, 'message'),
    ),
    claim(
      'status_type_unknown',
      'BitstringStatusListEntry.',
      set(`${entries}.0.type`, 'StatusList2021Entry'),
    ),
    claim(
      'status_with_an_unknown_member',
      'A member that no reader knows.',
      set(`${entries}.0.statusSize`, 2),
    ),
    claim('status_indexes_differ', 'One index for all three.', set(`${entries}.1.statusListIndex`, '43')),
    claim('status_index_a_number', 'The index is a text.', set(`${entries}.0.statusListIndex`, 42)),
    claim(
      'status_index_with_leading_zero',
      'Decimal without leading zeros.',
      statusUrl('"statusListIndex":"42"', '"statusListIndex":"042"'),
    ),
    claim(
      'status_index_beyond_the_list',
      '131071 is the last.',
      statusUrl('"statusListIndex":"42"', '"statusListIndex":"131072"'),
    ),
    claim(
      'status_list_of_another_issuer',
      "An issuer cannot use another's list.",
      statusUrl(`/status-lists/${civilAffairs.uscc}/`, `/status-lists/${housing.uscc}/`),
    ),
    claim('status_lists_differ', 'One list for all three.', p => ({
      ...p,
      credentialStatus: (p[entries] as JsonObject[]).map((e, k) =>
        k === 1
          ? { ...e, statusListCredential: (e['statusListCredential'] as string).replace('/1/', '/2/') }
          : e,
      ),
    })),
    claim(
      'status_prefixes_differ',
      'One prefix for all three.',
      set(
        `${entries}.2.statusListCredential`,
        `https://elsewhere.example/status-lists/${civilAffairs.uscc}/1/refresh`,
      ),
    ),
    claim(
      'status_list_of_eleven_digits',
      "A list's number has at most ten digits.",
      statusUrl('/1/', '/10000000000/'),
    ),
    ...(
      [
        ['of_another_scheme', 'ftp://proof.onceproof.example'],
        ['without_host', 'https://'],
        ['of_301_characters', `https://${'p'.repeat(301)}`],
        ['with_a_space', 'https://proof.onceproof.example/a b'],
        ['with_a_letter_beyond_ascii', 'https://proof.onceproof.example/é'],
        ['with_a_delete_character', 'https://proof.onceproof.example/\u007f'],
        ['with_an_ideographic_space', 'https://proof.onceproof.example/a\u3000b'],
        ['with_a_quotation_mark', 'https://proof.onceproof.example/\\"'],
        ['with_a_backslash', 'https://proof.onceproof.example/\\\\'],
      ] as const
    ).map(([what, prefix]) =>
      claim(
        `status_prefix_${what}`,
        'http:// or https://, then 1-300 characters U+0021-U+007E but quotation mark and backslash.',
        statusUrl('https://proof.onceproof.example', prefix),
      ),
    ),
    claim('status_list_with_leading_zero', 'Decimal without leading zeros.', statusUrl('/1/', '/01/')),
    claim(
      'status_list_of_another_purpose',
      'The URL names the purpose.',
      set(
        `${entries}.0.statusListCredential`,
        `https://proof.onceproof.example/status-lists/${civilAffairs.uscc}/1/suspension`,
      ),
    ),
    claim('schema_missing', 'credentialSchema must be there.', drop('credentialSchema')),
    claim(
      'schema_of_another_region',
      "The schema is of the certificate's region.",
      set('credentialSchema.id', 'urn:onceproof:schema:990200:JHZ:1'),
    ),
    ...(
      [
        ['short_type_in_lower_case', 'jhz:1'],
        ['short_type_of_one_character', 'J:1'],
        ['short_type_of_13_characters', `${'J'.repeat(13)}:1`],
        ['version_zero', 'JHZ:0'],
        ['version_with_leading_zero', 'JHZ:01'],
        ['version_of_seven_digits', 'JHZ:1000000'],
      ] as const
    ).map(([what, end]) =>
      claim(
        `schema_${what}`,
        'Short type: 2-12 of A-Z and 0-9; version: 1 to 999999.',
        set('credentialSchema.id', `urn:onceproof:schema:990100:${end}`),
      ),
    ),
    claim('schema_of_another_type', 'JsonSchema.', set('credentialSchema.type', 'JsonSchemaCredential')),
    claim('schema_without_digest', 'The digest fixes the schema.', drop('credentialSchema.digestSRI')),
    claim(
      'schema_digest_of_sha512',
      'sha256 only.',
      set('credentialSchema.digestSRI', `sha512-${toBase64(new Uint8Array(64))}`),
    ),
    claim(
      'schema_digest_of_31_bytes',
      'A SHA-256 has 32 bytes.',
      set('credentialSchema.digestSRI', `sha256-${toBase64(new Uint8Array(31))}`),
    ),
    claim(
      'schema_with_an_unknown_member',
      'A member that no reader knows.',
      set('credentialSchema.url', 'x'),
    ),
    claim('subject_missing', 'credentialSubject must be there.', drop('credentialSubject')),
    claim('subject_an_array', 'One subject.', p => ({ ...p, credentialSubject: [p['credentialSubject']!] })),
    claim('sd_alg_missing', '_sd_alg must be there.', drop('_sd_alg')),
    claim('sd_alg_sha_512', 'sha-256 only.', set('_sd_alg', 'sha-512')),
    claim('digests_not_sorted', 'Their order could tell which are decoys.', p => ({
      ...p,
      credentialSubject: { _sd: [...digestsOf(p)].reverse() },
    })),
    claim('digest_twice', 'No digest twice.', p => ({
      ...p,
      credentialSubject: { _sd: [digestsOf(p)[0]!, ...digestsOf(p)] },
    })),
    claim('digest_not_canonical', 'Unused bits are set.', p => ({
      ...p,
      credentialSubject: {
        _sd: digestsOf(p).map((d, k) => (k === 3 ? d.slice(0, -1) + nextCharacter(d.slice(-1)) : d)),
      },
    })),
    claim('digest_of_31_bytes', 'A SHA-256 has 32 bytes.', p => ({
      ...p,
      credentialSubject: { _sd: ['', ...digestsOf(p)] },
    })),
    claim('digest_a_number', 'A digest is a text.', p => ({
      ...p,
      credentialSubject: { _sd: [0, ...digestsOf(p)] },
    })),
    claim('digest_in_both_places', 'No digest twice in the payload.', p => ({
      ...p,
      _sd: [digestsOf(p)[0]!],
    })),
    claim('top_digest_missing', 'Exactly one digest in the top _sd.', set('_sd', [])),
    claim('two_top_digests', 'Exactly one digest in the top _sd.', p => ({
      ...p,
      _sd: [...(p['_sd'] as string[]), toBase64url(seedOf('another'))].sort(),
    })),
    claim('sd_in_the_status', 'Digests stand in two places only.', set(`${entries}.0._sd`, [])),
    claim('dots_in_the_payload', 'No array digests.', p => ({ ...p, '...': 'x' })),
  ]
}

function disclosureCases(): Case[] {
  const bad = badDisclosure
  const shape = (name: string, why: string, json: string) => bad(name, why, 'DISCLOSURE_SHAPE', json)
  const forbidden = (name: string, why: string, json: string) => bad(name, why, 'DISCLOSURE_FORBIDDEN', json)
  const resource = (name: string, why: string, edit: Edit) =>
    badCertificate(name, why, 'DISCLOSURE_SHAPE', { relatedResource: edit(relatedResource(name)) })
  return [
    badCertificate(
      'disclosure_of_nobody',
      'Its digest is not signed.',
      'DISCLOSURE_UNREFERENCED',
      {},
      { disclose: all => [...all, utf8ToBase64url(JSON.stringify([salt, 'degree', '博士']))] },
    ),
    badCertificate(
      'disclosure_with_another_value',
      'The value was changed, so the digest is another.',
      'DISCLOSURE_UNREFERENCED',
      {},
      { disclose: all => all.map(d => utf8ToBase64url(decode(d).replace('张三', '李四'))) },
    ),
    badCertificate(
      'disclosure_with_another_name',
      'The name was changed, so the digest is another.',
      'DISCLOSURE_UNREFERENCED',
      {},
      { disclose: all => all.map(d => utf8ToBase64url(decode(d).replace('holderName', 'spouseName'))) },
    ),
    badCertificate(
      'disclosure_with_another_salt',
      'The salt was changed, so the digest is another.',
      'DISCLOSURE_UNREFERENCED',
      {},
      {
        disclose: all =>
          all.map((d, i) => (i === 0 ? utf8ToBase64url(decode(d).replace(/\["[\w-]{22}/, `["${salt}`)) : d)),
      },
    ),
    badCertificate(
      'disclosure_written_again',
      'The same values with a space: other bytes, another digest.',
      'DISCLOSURE_UNREFERENCED',
      {},
      { disclose: all => all.map(d => utf8ToBase64url(decode(d).replaceAll('","', '", "'))) },
    ),
    badCertificate(
      'disclosure_of_another_certificate',
      'A field of somebody else.',
      'DISCLOSURE_UNREFERENCED',
      {},
      { disclose: all => [...all, makeCertificate({ name: 'somebody else' }).disclosures[0]!] },
    ),
    badCertificate(
      'disclosure_twice',
      'The same disclosure stands twice.',
      'DISCLOSURE_DUPLICATE',
      {},
      { disclose: all => [...all, all[0]!] },
    ),
    badCertificate(
      'field_twice',
      'The issuer signed the same name with two values.',
      'DISCLOSURE_DUPLICATE',
      { fields: [...FIELDS, ['holderName', '李四']] },
    ),
    badCertificate('disclosure_not_canonical', 'Unused bits are set, and signed so.', 'DISCLOSURE_BASE64', {
      extra: [unusedBits(utf8ToBase64url(JSON.stringify([salt, 'a', 'xx'])))],
    }),
    badCertificate(
      'disclosure_with_padding',
      'base64url has no padding.',
      'DISCLOSURE_BASE64',
      {},
      { disclose: all => [`${all[0]}=`] },
    ),
    badCertificate(
      'disclosure_not_base64',
      'No character outside the alphabet.',
      'DISCLOSURE_BASE64',
      {},
      { disclose: () => ['disclosure 1'] },
    ),
    bad('disclosure_not_json', 'A disclosure is JSON.', 'JSON_SYNTAX', `["${salt}","a",1`),
    bad(
      'disclosure_with_trailing_bytes',
      'Something stands after the array.',
      'JSON_SYNTAX',
      `["${salt}","a",1]]`,
    ),
    bad(
      'disclosure_with_duplicate_member',
      'Two readers could see two values.',
      'JSON_DUPLICATE_KEY',
      `["${salt}","a",{"x":1,"x":2}]`,
    ),
    bad(
      'disclosure_with_lone_surrogate',
      'Not text.',
      'JSON_LONE_SURROGATE',
      String.raw`["AAAAAAAAAAAAAAAAAAAAAA","a","\ud800"]`,
    ),
    bad(
      'disclosure_with_number_not_shortest',
      'Numbers are in their shortest form.',
      'JSON_NUMBER',
      `["${salt}","a",1.0]`,
    ),
    bad(
      'disclosure_with_byte_order_mark',
      'JSON has no byte order mark.',
      'JSON_NOT_UTF8',
      `\ufeff["${salt}","a",1]`,
    ),
    bad(
      'disclosure_too_deep',
      'Nested deeper than 32.',
      'JSON_TOO_DEEP',
      `["${salt}","a",${'['.repeat(32)}${']'.repeat(32)}]`,
    ),
    shape(
      'disclosure_of_two_elements',
      'An array digest has two elements; it is not part of this format.',
      `["${salt}","a"]`,
    ),
    shape('disclosure_of_four_elements', 'Exactly three.', `["${salt}","a",1,2]`),
    shape('disclosure_an_object', 'An array.', `{"salt":"${salt}","a":1}`),
    shape('disclosure_null', 'An array.', 'null'),
    shape('disclosure_salt_of_15_bytes', '16 bytes.', `["${toBase64url(new Uint8Array(15))}","a",1]`),
    shape('disclosure_salt_of_17_bytes', '16 bytes.', `["${toBase64url(new Uint8Array(17))}","a",1]`),
    shape('disclosure_salt_not_canonical', 'Unused bits are set.', `["${salt.slice(0, -1)}B","a",1]`),
    shape('disclosure_salt_a_number', 'A salt is a text.', '[0,"a",1]'),
    shape('disclosure_name_a_number', 'A name is a text.', `["${salt}",1,1]`),
    forbidden('field_named_id', 'id may not be selectively disclosed.', `["${salt}","id","did:example:1"]`),
    forbidden('field_named_type', 'type may not be selectively disclosed.', `["${salt}","type","Person"]`),
    forbidden('field_named_sd', '_sd is no field.', `["${salt}","_sd",[]]`),
    forbidden('field_named_dots', '... is no field.', `["${salt}","...","x"]`),
    forbidden('field_with_empty_name', 'A name has at least a letter.', `["${salt}","",1]`),
    forbidden('field_beginning_with_a_digit', 'A name begins with a letter.', `["${salt}","1a",1]`),
    forbidden(
      'field_in_chinese',
      'Names are ASCII; what people read comes from the catalogue.',
      `["${salt}","姓名",1]`,
    ),
    forbidden(
      'field_of_65_characters',
      'A name has at most 64 characters.',
      `["${salt}","${'a'.repeat(65)}",1]`,
    ),
    forbidden(
      'digest_inside_a_value',
      'Nested digests are not part of this format.',
      `["${salt}","a",{"_sd":[]}]`,
    ),
    forbidden(
      'array_digest_inside_a_value',
      'Nested digests are not part of this format.',
      `["${salt}","a",[{"...":"${toBase64url(seedOf('element'))}"}]]`,
    ),
    badCertificate(
      'date_disclosed_at_the_top',
      'Only relatedResource may be disclosed there.',
      'DISCLOSURE_FORBIDDEN',
      ...atTheTop('validUntil', '2099-12-31T00:00:00Z'),
    ),
    badCertificate(
      'field_disclosed_at_the_top',
      'Only relatedResource may be disclosed there.',
      'DISCLOSURE_FORBIDDEN',
      ...atTheTop('holderName', '张三'),
    ),
    resource('related_resource_without_digest', 'The digest fixes the file.', drop('digestSRI')),
    resource(
      'related_resource_with_unknown_member',
      'A member that no reader knows.',
      set('url', 'https://files.example/1'),
    ),
    resource('related_resource_with_another_id', 'A URN of a file.', set('id', 'https://files.example/1')),
    resource('related_resource_with_media_type_wrong', 'type/subtype.', set('mediaType', 'pdf')),
    resource(
      'related_resource_with_digest_of_sha1',
      'sha256 only.',
      set('digestSRI', `sha1-${toBase64(new Uint8Array(20))}`),
    ),
    badCertificate('related_resource_a_text', 'An object.', 'DISCLOSURE_SHAPE', { relatedResource: 'file' }),
  ]
}

function evidenceCases(): Case[] {
  const syntax = (name: string, why: string, receipt: Circumstances['receipt']) =>
    badEvidence(name, why, 'RECEIPT_SYNTAX', receipt === undefined ? {} : { receipt })
  const proof = (name: string, why: string, edit: (proof: LogProof) => LogProof) =>
    badEvidence(name, why, 'PROOF_WRONG', { receipt: proofParts(edit) })
  const note = (name: string, why: string, code: string, edit: (signed: string) => string) =>
    badEvidence(name, why, code, {
      receipt: proofParts(p => ({ ...p, signedCheckpoint: edit(p.signedCheckpoint) })),
    })
  const promise = (name: string, why: string, code: string, edit: (statement: string) => string) =>
    badEvidence(name, why, code, { promise: edit })
  const resigned = (name: string, why: string, edit: (text: string) => string) =>
    syntax(name, why, checkpointText(edit))

  const bystander = append('late', makeRecord('bystander'))

  return [
    syntax('receipt_with_unknown_member', 'A member that no reader knows.', r => ({ ...r, note: 'x' })),
    syntax('receipt_without_anchor', 'anchor must be there.', r => ({ proof: r.proof })),
    syntax('receipt_without_proof', 'proof must be there.', r => ({ anchor: r.anchor })),
    syntax('receipt_empty', 'Nothing is there.', () => ({})),
    syntax('receipt_proof_a_number', 'proof is a text.', r => ({ ...r, proof: 1 })),
    badEvidence(
      'anchor_with_unknown_member',
      'A member that no reader knows.',
      'RECEIPT_SYNTAX',
      anchorWith(set('anchor.transaction', '0x')),
    ),
    badEvidence(
      'anchor_without_block_time',
      'blockTime must be there.',
      'RECEIPT_SYNTAX',
      anchorWith(drop('anchor.blockTime')),
    ),
    badEvidence(
      'anchor_contract_in_upper_case',
      'Addresses are lower-case.',
      'RECEIPT_SYNTAX',
      anchorWith(set('anchor.contract', `0x${'AB'.repeat(20)}`)),
    ),
    badEvidence(
      'anchor_block_negative',
      'A block number is not negative.',
      'RECEIPT_SYNTAX',
      anchorWith(set('anchor.blockNumber', -1)),
    ),
    badEvidence(
      'anchor_block_a_text',
      'A block number is a number.',
      'RECEIPT_SYNTAX',
      anchorWith(set('anchor.blockNumber', '200')),
    ),
    badEvidence(
      'anchor_chain_a_fraction',
      'A chain id is whole.',
      'RECEIPT_SYNTAX',
      anchorWith(set('anchor.chainId', 0.5)),
    ),
    syntax(
      'proof_of_another_version',
      'This reader knows version 1.',
      proofText(t => t.replace('@v1', '@v2')),
    ),
    syntax(
      'proof_with_an_extra_line',
      'extra lines are not part of this format.',
      proofText(t => t.replace('\nindex', '\nextra AA==\nindex')),
    ),
    syntax(
      'proof_index_with_leading_zero',
      'Decimal without leading zeros.',
      proofText(t => t.replace('index ', 'index 0')),
    ),
    syntax(
      'proof_index_in_hexadecimal',
      'Decimal.',
      proofText(t => t.replace(/index \d+/, 'index 0x1')),
    ),
    syntax(
      'proof_index_beyond_2_to_the_53',
      'Below 2^53.',
      proofText(t => t.replace(/index \d+/, 'index 9007199254740992')),
    ),
    syntax(
      'proof_index_equal_to_the_size',
      'An index is below the size.',
      proofParts(p => ({ ...p, index: Number(p.signedCheckpoint.split('\n')[1]) })),
    ),
    syntax(
      'proof_with_carriage_returns',
      'Lines end in a line feed alone.',
      proofText(t => t.replaceAll('\n', '\r\n')),
    ),
    syntax(
      'proof_hash_of_31_bytes',
      'A hash has 32 bytes.',
      proofParts(p => ({ ...p, hashes: p.hashes.map(h => h.slice(1)) })),
    ),
    syntax(
      'proof_hash_in_hexadecimal',
      'Hashes are base64.',
      proofText(t => t.replace(/^[\w+/]{43}=$/m, toHex(new Uint8Array(32)))),
    ),
    syntax(
      'proof_hash_not_canonical',
      'Unused bits are set.',
      proofText(t =>
        t.replace(
          /^([\w+/]{42})([\w+/])=$/m,
          (_, start: string, last: string) => `${start}${nextCharacter(last, STANDARD)}=`,
        ),
      ),
    ),
    syntax(
      'proof_of_54_hashes',
      'More hashes than any log has.',
      proofParts(p => ({ ...p, hashes: Array.from({ length: 54 }, () => new Uint8Array(32)) })),
    ),
    syntax(
      'proof_without_checkpoint',
      'A checkpoint must follow.',
      proofText(t => t.slice(0, t.indexOf('\n\n') + 2)),
    ),
    syntax(
      'checkpoint_without_signature',
      'A note is signed.',
      proofText(t => t.slice(0, t.lastIndexOf('\n\n') + 1)),
    ),
    syntax(
      'checkpoint_with_seventeen_signatures',
      'At most 16 signature lines.',
      proofText(t => t + `${t.trimEnd().split('\n').at(-1)}\n`.repeat(16)),
    ),
    syntax(
      'checkpoint_with_hyphen_instead_of_dash',
      'A signature line begins with U+2014.',
      proofText(t => t.replace('—', '-')),
    ),
    syntax(
      'checkpoint_cut_before_its_last_line_feed',
      'Every line ends in a line feed.',
      proofText(t => t.slice(0, -1)),
    ),
    resigned('checkpoint_with_an_extension_line', 'Exactly three lines.', t => `${t}extension\n`),
    resigned('checkpoint_size_with_leading_zero', 'Decimal without leading zeros.', t =>
      t.replace(/\n(\d+)\n/, '\n0$1\n'),
    ),
    resigned('checkpoint_size_negative', 'A size is not negative.', t => t.replace(/\n(\d+)\n/, '\n-$1\n')),
    resigned('checkpoint_root_of_31_bytes', 'A root has 32 bytes.', t =>
      t.replace(/[^\n]+\n$/, `${toBase64(new Uint8Array(31))}\n`),
    ),
    resigned('promise_as_a_checkpoint', 'A promise is no checkpoint.', t => `onceproof-promise/v1 ${t}`),

    proof('proof_with_a_neighbour_index', 'Another index.', p => ({
      ...p,
      index: p.index === 0 ? 1 : p.index - 1,
    })),
    proof('proof_one_hash_short', 'The first hash is missing.', p => ({ ...p, hashes: p.hashes.slice(1) })),
    proof('proof_without_its_last_hash', 'The last hash is missing.', p => ({
      ...p,
      hashes: p.hashes.slice(0, -1),
    })),
    proof('proof_one_hash_long', 'A hash too many.', p => ({
      ...p,
      hashes: [...p.hashes, new Uint8Array(32)],
    })),
    proof('proof_with_a_hash_twice', 'A hash stands twice.', p => ({
      ...p,
      hashes: [p.hashes[0]!, ...p.hashes],
    })),
    proof('proof_in_reverse', 'Hashes in another order.', p => ({ ...p, hashes: [...p.hashes].reverse() })),
    proof('proof_bit_flipped', 'One bit of a hash differs.', p => ({
      ...p,
      hashes: p.hashes.map((h, i) => (i === 0 ? h.map((b, k) => (k === 0 ? b ^ 1 : b)) : h)),
    })),
    proof('proof_from_an_inner_node', 'The proof of the node above: an inner node is no leaf.', p => ({
      ...p,
      index: Math.floor(p.index / 2),
      hashes: p.hashes.slice(1),
    })),
    proof('proof_empty', 'No hash at all in a log of many.', p => ({ ...p, hashes: [] })),
    badEvidence('proof_of_another_statement', 'A receipt of somebody else.', 'PROOF_WRONG', {
      receipt: () =>
        receiptWith(
          leavesAt('late'),
          leavesAt('late').findIndex(l => toBase64(l) === toBase64(leafHash(bystander))),
          checkpointOf(noteKeys.main, leavesAt('late')),
        ),
    }),
    badEvidence('proof_for_another_size', 'The proof is for the log at another size.', 'PROOF_WRONG', {
      receipt: (receipt, statement) => {
        const later = leavesAt('head')
        const own = parseLogProof(receipt.proof)
        const at = later.findIndex(l => toBase64(l) === toBase64(leafHash(statement)))
        return {
          ...receipt,
          proof: formatLogProof({
            ...own,
            index: at,
            signedCheckpoint: checkpointOf(noteKeys.main, leavesAt('before').concat(later.slice(0, at + 1))),
          }),
        }
      },
    }),

    note('checkpoint_signature_bit_flipped', "One bit of the log's signature differs.", 'NOTE_SIGNATURE', s =>
      resign(s, b => b.with(40, b[40]! ^ 1)),
    ),
    note('checkpoint_size_changed', 'The signature is for another size.', 'NOTE_SIGNATURE', s =>
      s.replace(/\n(\d+)\n/, (_, size: string) => `\n${Number(size) + 1}\n`),
    ),
    note('checkpoint_root_changed', 'The signature is for another root.', 'NOTE_SIGNATURE', s =>
      s.replace(/\n[\w+/]{43}=\n/, `\n${toBase64(seedOf('root'))}\n`),
    ),
    note(
      'checkpoint_with_a_good_and_a_bad_signature',
      'Every signature of the known key must hold.',
      'NOTE_SIGNATURE',
      s =>
        s +
        resign(s, b => b.with(10, b[10]! ^ 1))
          .trimEnd()
          .split('\n')
          .at(-1)! +
        '\n',
    ),
    note('checkpoint_signature_of_63_bytes', 'An Ed25519 signature has 64 bytes.', 'NOTE_SIGNATURE', s =>
      resign(s, b => b.slice(0, -1)),
    ),
    badEvidence(
      'checkpoint_signed_by_an_unknown_key',
      "The log's name, but another key.",
      'NOTE_NO_KNOWN_KEY',
      {
        receipt: (_, statement) =>
          receiptWith([leafHash(statement)], 0, checkpointOf(noteKeys.impostor, [leafHash(statement)])),
      },
    ),
    note('checkpoint_signed_only_by_a_witness', 'A witness alone is not the log.', 'NOTE_NO_KNOWN_KEY', s => {
      const text = s.slice(0, s.lastIndexOf('\n\n') + 1)
      return `${text}\n— ${noteKeys.witness.name} ${toBase64(Uint8Array.of(...noteKeys.witness.id, ...noteKeys.witness.sign(toUtf8(text))))}\n`
    }),
    note('checkpoint_key_id_changed', "The key ID is not the log's.", 'NOTE_NO_KNOWN_KEY', s =>
      resign(s, b => b.with(0, b[0]! ^ 1)),
    ),
    badEvidence(
      'checkpoint_of_one_log_signed_by_another',
      'Both logs are trusted, but each only for itself.',
      'NOTE_NO_KNOWN_KEY',
      {
        receipt: (_, statement) => receiptWith([leafHash(statement)], 0, checkpointOfOther(statement)),
      },
    ),
    badEvidence(
      'checkpoint_of_a_forked_log',
      'The log signed another tree of the same size: the chain has another root.',
      'ROOT_DIFFERS',
      {
        receipt: (receipt, statement) => {
          const { index } = parseLogProof(receipt.proof)
          const fork = leavesAt('late').map((l, i) =>
            i === (index === 0 ? 1 : 0) ? leafHash(`fork ${statement.length}`) : l,
          )
          return { ...receipt, proof: receiptWith(fork, index, checkpointOf(noteKeys.main, fork)).proof }
        },
      },
    ),

    promise('promise_for_another_statement', 'The promise is for another leaf.', 'PROMISE_FOR_ANOTHER', () =>
      promiseOf(bystander),
    ),
    promise(
      'promise_for_another_statement_overdue',
      'For another leaf comes before overdue.',
      'PROMISE_FOR_ANOTHER',
      () => promiseOf(bystander, NOW - 7200),
    ),
    promise('promise_signature_wrong', 'Accepted time was changed.', 'NOTE_SIGNATURE', s =>
      promiseOf(s).replace(String(NOW - 60), String(NOW - 59)),
    ),
    promise('promise_signed_by_an_unknown_key', "The log's name, but another key.", 'NOTE_NO_KNOWN_KEY', s =>
      promiseOf(s, NOW - 60, noteKeys.impostor),
    ),
    promise('promise_not_a_note', 'A promise is a signed note.', 'NOTE_SYNTAX', () => 'we promise'),
    promise('promise_empty', 'There is nothing.', 'NOTE_SYNTAX', () => ''),
    promise('checkpoint_as_a_promise', 'A checkpoint is no promise.', 'PROMISE_SYNTAX', s =>
      checkpointOf(noteKeys.main, [leafHash(s)]),
    ),
    promise('promise_of_another_version', 'This reader knows version 1.', 'PROMISE_SYNTAX', s =>
      noteOf(`onceproof-promise/v2 ${origins.main}\n${toBase64(leafHash(s))}\n${NOW}\n1\n`),
    ),
    promise('promise_without_delay', 'Four lines.', 'PROMISE_SYNTAX', s =>
      noteOf(`onceproof-promise/v1 ${origins.main}\n${toBase64(leafHash(s))}\n${NOW}\n`),
    ),
    promise('promise_time_with_leading_zero', 'Decimal without leading zeros.', 'PROMISE_SYNTAX', s =>
      noteOf(`onceproof-promise/v1 ${origins.main}\n${toBase64(leafHash(s))}\n0${NOW}\n1\n`),
    ),
    certificateCase(
      'promise_for_another_from_a_snapshot',
      'Also refused offline.',
      'TAMPERED',
      { anchored: 'no PROMISE_FOR_ANOTHER', ...noTime },
      {},
      { promise: () => promiseOf(bystander), view: 'snapshot' },
    ),
    certificateCase(
      'promise_broken_and_key_not_registered',
      'Tampered comes before an unknown issuer.',
      'TAMPERED',
      {
        intact: 'unknown KEY_NOT_REGISTERED',
        anchored: 'no PROMISE_FOR_ANOTHER',
        authorised: 'no KEY_NOT_REGISTERED',
      },
      { key: keys.unregistered },
      { promise: () => promiseOf(bystander) },
    ),
  ]
}

function recordCases(): Case[] {
  const refusedRecord = (name: string, why: string, code: string, record: string) =>
    recordCase(name, why, 'TAMPERED', refused(code), record)
  const record = makeRecord('record_certificate')
  return [
    recordCase(
      'record_with_another_file',
      'The file in hand is not the one that was notarized.',
      'TAMPERED',
      { intact: 'no DIGEST_DIFFERS' },
      undefined,
      { digest: toBase64url(seedOf('another file')) },
    ),
    recordCase(
      'record_with_another_file_and_a_promise',
      'The file in hand is another; that it is pending does not matter.',
      'TAMPERED',
      { intact: 'no DIGEST_DIFFERS', anchored: 'unknown PROMISED', ...noTime },
      undefined,
      { digest: toBase64url(seedOf('another file')), promise: promised() },
    ),
    recordCase(
      'record_with_another_file_of_an_unregistered_notary',
      'That it is another file needs no key.',
      'TAMPERED',
      { intact: 'no DIGEST_DIFFERS', authorised: 'no KEY_NOT_REGISTERED' },
      makeRecord('record_with_another_file_of_an_unregistered_notary', keys.unregistered),
      { digest: toBase64url(seedOf('another file')) },
    ),
    recordCase(
      'record_with_another_file_signature_wrong',
      'That it is another file is told first.',
      'TAMPERED',
      { intact: 'no DIGEST_DIFFERS' },
      makeRecord('record_with_another_file_signature_wrong', keys.notary, { sign: keys.publicSecurity.sign }),
      { digest: toBase64url(seedOf('another file')) },
    ),
    recordCase(
      'record_with_another_file_chain_unreachable',
      'That it is another file needs no chain.',
      'TAMPERED',
      {
        intact: 'no DIGEST_DIFFERS',
        anchored: 'unknown CHAIN_UNREACHABLE',
        authorised: 'unknown CHAIN_UNREACHABLE',
      },
      undefined,
      { digest: toBase64url(seedOf('another file')), view: 'unreachable' },
    ),
    recordCase(
      'record_with_another_file_on_another_chain',
      'That it is another file needs no chain.',
      'TAMPERED',
      {
        intact: 'no DIGEST_DIFFERS',
        anchored: 'unknown WRONG_CHAIN',
        authorised: 'unknown WRONG_CHAIN',
      },
      undefined,
      { digest: toBase64url(seedOf('another file')), trust: 'trust-other-chain.json' },
    ),
    recordCase(
      'record_signature_wrong',
      'Signed over something else.',
      'TAMPERED',
      { intact: 'no SIGNATURE_WRONG' },
      makeRecord('record_signature_wrong', keys.notary, { sign: keys.publicSecurity.sign }),
    ),
    refusedRecord('record_with_a_tilde', 'A record has no disclosures.', 'STATEMENT_BASE64', `${record}~`),
    refusedRecord(
      'certificate_in_a_record',
      'A certificate is not a record.',
      'STATEMENT_TYP',
      makeCertificate({ name: 'certificate_in_a_record' }).statement,
    ),
    refusedRecord('use_in_a_record', 'A use is not a record.', 'STATEMENT_TYP', useStatement()),
    refusedRecord(
      'record_with_unknown_claim',
      'A claim that no reader knows.',
      'STATEMENT_CLAIM',
      makeRecord('record_with_unknown_claim', keys.notary, { payload: set('verified', true) }),
    ),
    refusedRecord(
      'record_in_the_name_of_another',
      'iss is not the DID in kid.',
      'STATEMENT_CLAIM',
      makeRecord('record_in_the_name_of_another', keys.notary, { payload: set('iss', civilAffairs.did) }),
    ),
    refusedRecord(
      'record_digest_in_hexadecimal',
      'A digest is base64url.',
      'STATEMENT_CLAIM',
      makeRecord('record_digest_in_hexadecimal', keys.notary, {
        payload: set('record.digest', toHex(fromBase64url(contractDigest)!)),
      }),
    ),
    certificateCase(
      'record_in_a_certificate_file',
      "A record file's statement under the name of a certificate.",
      'UNREADABLE',
      unreadable('FILE_SYNTAX'),
      {},
      { file: edits(drop('certificate'), set('record', record)) },
    ),
  ]
}

// ---- small parts

const URL_SAFE = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const STANDARD = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'
/** The character with the lowest bit set: where it is unused, another text for the same bytes. */
const nextCharacter = (character: string, alphabet = URL_SAFE) =>
  alphabet.charAt(alphabet.indexOf(character) | 1)

function unusedBits(text: string): string {
  if (text.length % 4 === 0) throw new Error('this text has no unused bits')
  return text.slice(0, -1) + nextCharacter(text.slice(-1))
}

const decode = (base64url: string) => utf8FromBase64url(base64url)!
const digestsOf = (payload: JsonObject) => (payload['credentialSubject'] as { _sd: string[] })._sd

/** n of P-256. https://csrc.nist.gov/pubs/sp/800/186/final */
const P256_ORDER = Uint8Array.from(
  'ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551'.match(/../g)!,
  pair => Number.parseInt(pair, 16),
)

/** Changes key ID and signature (68 bytes) of the only signature line. */
function resign(note: string, edit: (bytes: Uint8Array) => Uint8Array): string {
  const space = note.lastIndexOf(' ')
  const bytes = Uint8Array.from(atob(note.slice(space + 1).trim()), character => character.charCodeAt(0))
  return `${note.slice(0, space + 1)}${toBase64(edit(bytes))}\n`
}

/** A checkpoint that names the main log, signed only under the second log's name and key. */
function checkpointOfOther(statement: string): string {
  const own = checkpointOf(noteKeys.main, [leafHash(statement)])
  const text = own.slice(0, own.lastIndexOf('\n\n') + 1)
  const { name, id } = noteKeys.second
  return `${text}\n— ${name} ${toBase64(Uint8Array.of(...id, ...noteKeys.second.sign(toUtf8(text))))}\n`
}

/** Options and circumstances of a certificate whose top `_sd` holds the digest of this disclosure. */
function atTheTop(name: string, value: JsonValue): [Partial<CertificateOptions>, Circumstances] {
  const disclosure = utf8ToBase64url(JSON.stringify([salt, name, value]))
  return [{ payload: set('_sd', [sha256Base64url(disclosure)]) }, { disclose: all => [...all, disclosure] }]
}

function useStatement(): string {
  return sign('use', notary, keys.notary, {
    iss: notary.did,
    iat: NOW,
    jti: 'urn:onceproof:use:01KG8M0000000000000000000A',
    region: regions.live,
    salt,
    certificate: contractDigest,
    department: housing.did,
    officer: 'officer-17',
    matter: '公租房申请',
    ground: 'duty',
    fields: ['holderName'],
  })
}

/** The id of version 001 of civil affairs' certificate of this name, changed in some parts. */
const beforeOf = (name: string, change: Partial<CertificateIdentifier>) =>
  `urn:onceproof:certificate:${formatCertificateIdentifier({
    type: types.marriage,
    issuer: civilAffairs.uscc,
    serial: ulidOf(name),
    version: 1,
    ...change,
  })}`

/** The first two neighbours in the serial that differ change places. */
function exchangedInSerial(id: string): string {
  const parts = id.split('.')
  parts[7] = parts[7]!.replace(/(.)(?!\1)(.)/, '$2$1')
  return parts.join('.')
}

/** Another issuer in the identifier and in the status lists. */
const issuedBy =
  (uscc: string): Edit =>
  p => ({
    ...(JSON.parse(
      JSON.stringify(p).replaceAll(`/status-lists/${civilAffairs.uscc}/`, `/status-lists/${uscc}/`),
    ) as JsonObject),
    id: otherIssuerIdentifier(p['id'] as string, uscc),
  })

/** The same identifier with an issuer that is no USCC, its check character right. */
function otherIssuerIdentifier(id: string, issuer = 'WINDOW07'): string {
  const parts = id.split('.')
  parts[6] = issuer
  parts[9] = mod3736(parts[5]! + parts[6] + parts[7]! + parts[8]!)
  return parts.join('.')
}
