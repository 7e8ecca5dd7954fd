/**
 * Statements for `test/vectors/statements.json`: each with its kind, or with the code that refuses it (docs/formats.md §3).
 */
import { toBase64url, toHex, utf8ToBase64url } from '../../protocol/bytes.ts'
import type { JsonObject } from '../../protocol/json.ts'
import { leafHash } from '../../protocol/log.ts'
import { STATEMENT_TYP, type StatementKind } from '../../protocol/statement.ts'
import { jws, seedOf } from './keys.ts'
import {
  civilAffairs,
  commonClaims,
  drop,
  edits,
  keys,
  makeCertificate,
  makeRecord,
  notary,
  publicSecurity,
  set,
  sign,
  types,
  ulidOf,
  VALID_FROM,
  type Edit,
} from './scene.ts'

export type StatementVector = { name: string; why: string; text: string } & (
  { kind: StatementKind; leaf: string } | { refused: string }
)

const leaf = toBase64url(leafHash('a certificate'))

/** Claims of each kind beside the common ones. */
const CLAIMS: Record<Exclude<StatementKind, 'certificate' | 'record'>, JsonObject> = {
  status: {
    certificate: leaf,
    action: 'revoke',
    reason: 'HOLDER_REQUEST',
    effective: '2026-03-01T00:00:00Z',
  },
  use: {
    certificate: leaf,
    department: 'did:web:housing.gov.example',
    officer: 'officer-17',
    matter: '公租房申请',
    ground: 'consent',
    fields: ['holderName', 'registeredOn'],
  },
  catalogue: { catalogue: { type: types.marriage, version: 1, digest: toBase64url(seedOf('catalogue')) } },
  'holder-key': {
    holder: toBase64url(seedOf('holder')),
    signer: toHex(seedOf('signer').slice(0, 20)),
    epoch: 0,
  },
  endorsement: { endorses: [leaf, toBase64url(leafHash('another certificate'))] },
  withholding: {
    certificate: leaf,
    action: 'withhold',
    reason: 'COURT_ORDER',
    orderedBy: ['officer-3', 'officer-9'],
  },
}

type ClaimedKind = keyof typeof CLAIMS

function claimed(kind: ClaimedKind, payload?: Edit): string {
  const [who, key] =
    kind === 'use' || kind === 'catalogue' || kind === 'withholding'
      ? [notary, keys.notary]
      : [civilAffairs, keys.civilAffairs]
  const claims = { ...commonClaims(kind, kind, who), ...CLAIMS[kind] }
  return sign(kind, who, key, claims, payload === undefined ? {} : { payload })
}

export function statementVectors(): StatementVector[] {
  const good = (name: string, why: string, kind: StatementKind, text: string): StatementVector => ({
    name,
    why,
    text,
    kind,
    leaf: toHex(leafHash(text)),
  })
  const bad = (name: string, why: string, refused: string, text: string): StatementVector => ({
    name,
    why,
    text,
    refused,
  })
  const record = makeRecord('statement')
  const [header, payload, signature] = record.split('.') as [string, string, string]
  const bytes = (edit: (b: Uint8Array) => Uint8Array) =>
    toBase64url(edit(keys.notary.sign(`${header}.${payload}`)))
  const headed = (edit: Edit) => makeRecord('statement', keys.notary, { header: edit })
  const headText = (headerText: (text: string) => string) =>
    makeRecord('statement', keys.notary, { headerText })
  const paid = (edit: Edit) => makeRecord('statement', keys.notary, { payload: edit })
  const paidText = (payloadText: (text: string) => string) =>
    makeRecord('statement', keys.notary, { payloadText })
  const underDid = (did: string) =>
    makeRecord('statement', keys.notary, {
      header: set('kid', `${did}#${keys.notary.thumbprint}`),
      payload: set('iss', did),
    })
  const kid = `${notary.did}#${keys.notary.thumbprint}`
  const headerJson = JSON.stringify({ alg: 'EdDSA', typ: STATEMENT_TYP.record, kid })
  const claim = (name: string, why: string, text: string) => bad(name, why, 'STATEMENT_CLAIM', text)

  return [
    good(
      'certificate',
      'A certificate of an ES256 key.',
      'certificate',
      makeCertificate({ name: 'statement' }).statement,
    ),
    good(
      'certificate_eddsa',
      'A certificate of an EdDSA key.',
      'certificate',
      makeCertificate({ name: 'statement', key: keys.civilAffairsEdDSA }).statement,
    ),
    good('record', 'A record of the notary.', 'record', record),
    good(
      'record_with_digest_only',
      'Size, media type and name may be absent.',
      'record',
      paid(edits(drop('record.size'), drop('record.mediaType'), drop('record.name'))),
    ),
    good('status_revoke', 'A certificate is revoked.', 'status', claimed('status')),
    good(
      'status_suspend',
      'A certificate is suspended.',
      'status',
      claimed('status', set('action', 'suspend')),
    ),
    good(
      'status_resume',
      'Resuming names the order that it lifts.',
      'status',
      claimed('status', edits(set('action', 'resume'), set('lifts', toHex(seedOf('order'))))),
    ),
    good(
      'status_supersede',
      'Superseding names the successor.',
      'status',
      claimed('status', edits(set('action', 'supersede'), set('successor', leaf))),
    ),
    good('use', 'A department used a certificate with consent.', 'use', claimed('use')),
    good(
      'use_with_every_claim',
      'A use in a case, under a grant, that was refused.',
      'use',
      claimed(
        'use',
        edits(
          set('case', '01KGACGP0001T7X5A2WM28M8WQ'),
          set('grant', toHex(seedOf('grant'))),
          set('basis', '城市居民最低生活保障条例第七条'),
          set('refused', 'GRANT_WITHDRAWN'),
        ),
      ),
    ),
    good('withholding', 'Two officers withheld a certificate.', 'withholding', claimed('withholding')),
    good(
      'withholding_of_a_department',
      'Everything of a department is shown again.',
      'withholding',
      claimed(
        'withholding',
        edits(drop('certificate'), set('department', '11990100MB9Y010004'), set('action', 'release')),
      ),
    ),
    good('catalogue', 'A version of a certificate type is published.', 'catalogue', claimed('catalogue')),
    good(
      'holder_key',
      'The identity authority binds a holder to a signer.',
      'holder-key',
      sign('holder-key', publicSecurity, keys.publicSecurity, {
        ...commonClaims('holder-key', 'holder-key', publicSecurity),
        ...CLAIMS['holder-key'],
      }),
    ),
    good('endorsement', 'A department stands by certificates again.', 'endorsement', claimed('endorsement')),
    good(
      'header_members_in_another_order',
      'Members of an object have no order.',
      'record',
      headText(() => JSON.stringify({ kid, typ: STATEMENT_TYP.record, alg: 'EdDSA' })),
    ),
    good(
      'payload_with_white_space',
      'White space between tokens is allowed.',
      'record',
      paidText(text => JSON.stringify(JSON.parse(text), null, 2)),
    ),
    good(
      'name_of_255_characters',
      'A file name may have 255 characters.',
      'record',
      paid(set('record.name', '名'.repeat(255))),
    ),

    good(
      'name_of_255_utf_16_units',
      'Characters beyond the basic plane count twice: 127 of them and one.',
      'record',
      paid(set('record.name', `${'😀'.repeat(127)}a`)),
    ),
    good(
      'name_of_255_characters_with_combining_marks',
      'Nothing is normalised: a mark counts.',
      'record',
      paid(set('record.name', `e${'\u0301'.repeat(254)}`)),
    ),
    good(
      'use_matter_of_100_utf_16_units',
      'Fifty characters beyond the basic plane.',
      'use',
      claimed('use', set('matter', '𠀀'.repeat(50))),
    ),
    good(
      'use_of_500_fields',
      'At most 500 fields.',
      'use',
      claimed('use', set('fields', numbered('field', 500))),
    ),
    good(
      'holder_key_signer_of_400_bytes',
      'A signer has at most 400 bytes.',
      'holder-key',
      claimed('holder-key', set('signer', `0x${'ab'.repeat(400)}`)),
    ),
    good(
      'endorsement_of_1000',
      'At most 1,000 certificates.',
      'endorsement',
      claimed('endorsement', set('endorses', leavesOf(1000))),
    ),
    good('did_of_200_characters', 'After the method up to 200 characters.', 'record', underDid(didOf(200))),
    good(
      'record_media_type_of_100_and_100',
      'Type and subtype have up to 100 characters.',
      'record',
      paid(set('record.mediaType', `${'a'.repeat(100)}/${'b'.repeat(100)}`)),
    ),

    bad('empty', 'There is nothing.', 'STATEMENT_SHAPE', ''),
    bad('two_parts', 'The signature part is missing.', 'STATEMENT_SHAPE', `${header}.${payload}`),
    bad('four_parts', 'There is a part too many.', 'STATEMENT_SHAPE', `${record}.${signature}`),
    bad(
      'empty_signature',
      'An unsecured JWS has an empty signature.',
      'STATEMENT_SHAPE',
      `${header}.${payload}.`,
    ),
    bad('empty_payload', 'A detached payload is refused.', 'STATEMENT_SHAPE', `${header}..${signature}`),
    bad(
      'signature_of_63_bytes',
      'A signature has 64 bytes.',
      'STATEMENT_SHAPE',
      `${header}.${payload}.${bytes(b => b.slice(1))}`,
    ),
    bad(
      'signature_of_65_bytes',
      'A signature has 64 bytes.',
      'STATEMENT_SHAPE',
      `${header}.${payload}.${bytes(b => Uint8Array.of(0, ...b))}`,
    ),
    bad(
      'signature_in_der',
      'JWS wants r‖s, not ASN.1.',
      'STATEMENT_SHAPE',
      `${header}.${payload}.${bytes(b => Uint8Array.of(0x30, 68, 2, 32, ...b.slice(0, 32), 2, 32, ...b.slice(32)))}`,
    ),
    bad(
      'padding',
      'base64url of a JWS has no padding.',
      'STATEMENT_BASE64',
      `${header}.${payload}.${signature}==`,
    ),
    bad(
      'standard_alphabet',
      'Plus and slash are not in the alphabet.',
      'STATEMENT_BASE64',
      `${header}.${payload}.${signature.slice(0, -2)}+/`,
    ),
    bad('line_feed_at_the_end', 'No character outside the alphabet.', 'STATEMENT_BASE64', `${record}\n`),
    bad(
      'space_in_the_payload',
      'No character outside the alphabet.',
      'STATEMENT_BASE64',
      `${header}.${payload.slice(0, 9)} ${payload.slice(9)}.${signature}`,
    ),
    bad(
      'unused_bits_set_in_the_signature',
      'The low bits of the last character are not zero: another text for the same bytes.',
      'STATEMENT_BASE64',
      `${header}.${payload}.${withUnusedBit(signature)}`,
    ),
    bad(
      'unused_bits_set_in_the_header',
      'The low bits of the last character are not zero.',
      'STATEMENT_BASE64',
      `${withUnusedBit(utf8ToBase64url(`${headerJson}${' '.repeat((4 - (headerJson.length % 3)) % 3)}`))}.${payload}.${signature}`,
    ),
    bad(
      'larger_than_131072_bytes',
      'A statement has at most 131,072 bytes.',
      'STATEMENT_TOO_LARGE',
      `${header}.${'A'.repeat(131_072 - header.length - signature.length - 1)}.${signature}`,
    ),

    bad('alg_none', 'Who signs nothing proves nothing.', 'STATEMENT_ALG', headed(set('alg', 'none'))),
    bad('alg_hs256', 'A public key is not a shared secret.', 'STATEMENT_ALG', headed(set('alg', 'HS256'))),
    bad('alg_es384', 'A suite that is not of this version.', 'STATEMENT_ALG', headed(set('alg', 'ES384'))),
    bad(
      'alg_in_lower_case',
      'Names of suites are case-sensitive.',
      'STATEMENT_ALG',
      headed(set('alg', 'eddsa')),
    ),
    bad('alg_missing', 'The suite must be named.', 'STATEMENT_ALG', headed(drop('alg'))),
    bad('alg_not_a_text', 'alg is a text.', 'STATEMENT_ALG', headed(set('alg', ['EdDSA']))),
    bad('typ_unknown', 'Another kind of token.', 'STATEMENT_TYP', headed(set('typ', 'JWT'))),
    bad(
      'typ_sd_jwt_vc',
      'An SD-JWT VC of the IETF is another format.',
      'STATEMENT_TYP',
      headed(set('typ', 'dc+sd-jwt')),
    ),
    bad(
      'typ_with_prefix',
      'The media type is written without application/.',
      'STATEMENT_TYP',
      headed(set('typ', 'application/onceproof-record+jwt')),
    ),
    bad(
      'typ_missing',
      'Without typ one kind could be read as another.',
      'STATEMENT_TYP',
      headed(drop('typ')),
    ),
    bad(
      'typ_named_like_a_builtin',
      'Not a kind of statement.',
      'STATEMENT_TYP',
      headed(set('typ', 'constructor')),
    ),
    bad('kid_missing', 'The key must be named.', 'STATEMENT_KID', headed(drop('kid'))),
    bad(
      'kid_without_fragment',
      'kid has a thumbprint after #.',
      'STATEMENT_KID',
      headed(set('kid', notary.did)),
    ),
    bad(
      'kid_short_thumbprint',
      'A thumbprint has 43 characters.',
      'STATEMENT_KID',
      headed(set('kid', kid.slice(0, -1))),
    ),
    bad(
      'kid_not_a_did',
      'The signer is named by a DID.',
      'STATEMENT_KID',
      headed(set('kid', `https://notary.gov.example#${keys.notary.thumbprint}`)),
    ),
    bad(
      'did_of_201_characters',
      'After the method up to 200 characters.',
      'STATEMENT_KID',
      underDid(didOf(201)),
    ),
    bad(
      'did_method_in_upper_case',
      'The name of a method is in lower case.',
      'STATEMENT_KID',
      underDid('did:WEB:notary.gov.example'),
    ),
    bad(
      'kid_thumbprint_not_canonical',
      'The low bits of the last character are not zero.',
      'STATEMENT_KID',
      headed(set('kid', withUnusedBit(kid))),
    ),
    bad('crit', 'No critical extension is known.', 'STATEMENT_CRIT', headed(set('crit', ['b64']))),
    bad('crit_empty', 'An empty crit is an extension too.', 'STATEMENT_CRIT', headed(set('crit', []))),
    bad(
      'header_brings_a_key',
      'A file never brings the key.',
      'STATEMENT_HEADER',
      headed(set('jwk', { kty: 'OKP', crv: 'Ed25519', x: toBase64url(keys.notary.publicKey) })),
    ),
    bad(
      'header_brings_an_address',
      'A file never says where to look.',
      'STATEMENT_HEADER',
      headed(set('jku', 'https://evil.example/jwks.json')),
    ),
    bad(
      'header_brings_a_certificate_chain',
      'A file never brings the key.',
      'STATEMENT_HEADER',
      headed(set('x5c', [])),
    ),
    bad(
      'header_proto',
      'A member named like an internal of a language is unknown too.',
      'STATEMENT_HEADER',
      headText(text => `${text.slice(0, -1)},"__proto__":{}}`),
    ),
    bad(
      'header_not_an_object',
      'A header is an object.',
      'STATEMENT_HEADER',
      headText(() => '["EdDSA"]'),
    ),
    bad(
      'header_duplicate_alg',
      'Two readers could see two suites.',
      'JSON_DUPLICATE_KEY',
      headText(text => `{"alg":"none",${text.slice(1)}`),
    ),
    bad(
      'header_not_json',
      'A header is JSON.',
      'JSON_SYNTAX',
      headText(() => 'EdDSA'),
    ),
    bad(
      'header_with_byte_order_mark',
      'JSON has no byte order mark.',
      'JSON_NOT_UTF8',
      headText(text => `\ufeff${text}`),
    ),
    bad(
      'header_larger_than_1024_bytes',
      'A header has at most 1,024 bytes.',
      'JSON_TOO_LARGE',
      headText(text => text.padEnd(1025)),
    ),

    bad(
      'payload_not_json',
      'A payload is JSON.',
      'JSON_SYNTAX',
      paidText(text => text.slice(0, -1)),
    ),
    bad(
      'payload_duplicate_member',
      'Two readers could see two digests.',
      'JSON_DUPLICATE_KEY',
      paidText(text => text.replace('"record":{', `"record":{"digest":"${leaf}",`)),
    ),
    bad(
      'payload_lone_surrogate',
      'Not text.',
      'JSON_LONE_SURROGATE',
      paidText(text => text.replace('租赁', String.raw`\ud83d`)),
    ),
    bad(
      'payload_number_not_shortest',
      'Numbers are in their shortest form.',
      'JSON_NUMBER',
      paidText(text => text.replace(`"iat":${VALID_FROM}`, `"iat":${VALID_FROM}.0`)),
    ),
    bad(
      'payload_not_utf8',
      'JSON is UTF-8.',
      'JSON_NOT_UTF8',
      jws(headerJson, Uint8Array.of(0x22, 0xff, 0x22), keys.notary.sign),
    ),
    bad(
      'payload_larger_than_65536_bytes',
      'A payload has at most 65,536 bytes.',
      'JSON_TOO_LARGE',
      paidText(text => text.padEnd(65_537)),
    ),
    bad(
      'payload_too_deep',
      'At most 32 levels.',
      'JSON_TOO_DEEP',
      paidText(text => text.replace('"record":{', `"record":{"x":${'['.repeat(31)}${']'.repeat(31)},`)),
    ),
    claim(
      'payload_an_array',
      'A payload is an object.',
      paidText(text => `[${text}]`),
    ),
    claim('unknown_claim', 'A claim that no reader knows.', paid(set('note', 'x'))),
    claim(
      'unknown_member_in_record',
      'A member that no reader knows.',
      paid(set('record.algorithm', 'sha-1')),
    ),
    claim('iss_missing', 'A common claim is missing.', paid(drop('iss'))),
    claim('iss_another_than_in_kid', 'The signer speaks for another.', paid(set('iss', civilAffairs.did))),
    claim('iat_missing', 'A common claim is missing.', paid(drop('iat'))),
    claim('iat_a_text', 'Seconds are a number.', paid(set('iat', String(VALID_FROM)))),
    claim('iat_negative', 'Seconds are not negative.', paid(set('iat', -1))),
    claim('iat_a_fraction', 'Seconds are whole.', paid(set('iat', 1.5))),
    claim('jti_missing', 'A common claim is missing.', paid(drop('jti'))),
    claim(
      'jti_of_another_kind',
      'jti names the kind.',
      paid(set('jti', `urn:onceproof:use:${ulidOf('statement')}`)),
    ),
    claim('jti_not_a_ulid', 'A ULID has 26 characters.', paid(set('jti', 'urn:onceproof:record:1'))),
    claim('region_missing', 'A common claim is missing.', paid(drop('region'))),
    claim('region_of_five_digits', 'A region has 6 digits.', paid(set('region', '99010'))),
    claim('salt_missing', 'Without salt the leaf could be guessed.', paid(drop('salt'))),
    claim('salt_of_15_bytes', 'A salt has 16 bytes.', paid(set('salt', toBase64url(new Uint8Array(15))))),
    claim('record_missing', 'A record says of what.', paid(drop('record'))),
    claim(
      'record_digest_of_31_bytes',
      'A SHA-256 has 32 bytes.',
      paid(set('record.digest', toBase64url(new Uint8Array(31)))),
    ),
    claim('record_size_negative', 'A size is not negative.', paid(set('record.size', -1))),
    claim('record_media_type_wrong', 'type/subtype.', paid(set('record.mediaType', 'pdf'))),
    claim('record_name_empty', 'A name has at least a character.', paid(set('record.name', ''))),
    claim(
      'record_name_of_256_characters',
      'A name has at most 255 characters.',
      paid(set('record.name', '名'.repeat(256))),
    ),
    claim(
      'record_name_of_256_utf_16_units',
      'Only 128 characters, but beyond the basic plane each counts twice.',
      paid(set('record.name', '😀'.repeat(128))),
    ),
    claim(
      'use_matter_of_101_utf_16_units',
      'At most 100: characters beyond the basic plane count twice.',
      claimed('use', set('matter', `${'𠀀'.repeat(50)}a`)),
    ),
    claim('use_of_501_fields', 'At most 500 fields.', claimed('use', set('fields', numbered('field', 501)))),
    claim(
      'holder_key_signer_of_401_bytes',
      'A signer has at most 400 bytes.',
      claimed('holder-key', set('signer', `0x${'ab'.repeat(401)}`)),
    ),
    claim(
      'holder_key_signer_of_19_bytes',
      'A signer has at least 20 bytes.',
      claimed('holder-key', set('signer', `0x${'ab'.repeat(19)}`)),
    ),
    claim(
      'endorsement_of_1001',
      'At most 1,000 certificates.',
      claimed('endorsement', set('endorses', leavesOf(1001))),
    ),
    ...(
      [
        ['with_a_dollar_sign', 'text/a$b'],
        ['with_a_parameter', 'text/plain; charset=utf-8'],
        ['of_101_characters', `${'a'.repeat(101)}/b`],
        ['with_other_digits', 'text/\u0661'],
      ] as const
    ).map(([what, mediaType]) =>
      claim(
        `record_media_type_${what}`,
        'A-Z, a-z, 0-9, _ . + - only, up to 100 on each side.',
        paid(set('record.mediaType', mediaType)),
      ),
    ),
    claim('status_action_unknown', 'There is no such action.', claimed('status', set('action', 'delete'))),
    claim('status_reason_in_lower_case', 'A reason is a code.', claimed('status', set('reason', 'lost'))),
    claim('status_certificate_missing', 'Which certificate?', claimed('status', drop('certificate'))),
    claim(
      'status_effective_not_an_instant',
      '30 February does not exist.',
      claimed('status', set('effective', '2026-02-30T00:00:00Z')),
    ),
    claim(
      'supersede_without_successor',
      'Superseding names the successor.',
      claimed('status', set('action', 'supersede')),
    ),
    claim(
      'revoke_with_successor',
      'Only superseding has a successor.',
      claimed('status', set('successor', leaf)),
    ),
    claim(
      'resume_without_lifts',
      'Resuming names what it lifts.',
      claimed('status', set('action', 'resume')),
    ),
    claim(
      'suspend_with_lifts',
      'Only resuming lifts.',
      claimed('status', edits(set('action', 'suspend'), set('lifts', toHex(seedOf('order'))))),
    ),
    claim('use_ground_unknown', 'There is no such ground.', claimed('use', set('ground', 'curiosity'))),
    claim('use_fields_empty', 'A use read at least one field.', claimed('use', set('fields', []))),
    claim(
      'use_fields_repeat',
      'Field names are distinct.',
      claimed('use', set('fields', ['holderName', 'holderName'])),
    ),
    claim('use_case_not_a_ulid', 'A case is a ULID.', claimed('use', set('case', 'case-1'))),
    claim(
      'use_grant_of_31_bytes',
      'A digest has 32 bytes.',
      claimed('use', set('grant', `0x${'ab'.repeat(31)}`)),
    ),
    claim(
      'use_basis_of_201_characters',
      'At most 200 characters.',
      claimed('use', set('basis', '法'.repeat(201))),
    ),
    claim(
      'use_refused_in_lower_case',
      'A code is in capitals.',
      claimed('use', set('refused', 'no_consent')),
    ),
    claim(
      'withholding_by_one_officer',
      'It takes two.',
      claimed('withholding', set('orderedBy', ['officer-3'])),
    ),
    claim(
      'withholding_by_one_officer_twice',
      'It takes two different ones.',
      claimed('withholding', set('orderedBy', ['officer-3', 'officer-3'])),
    ),
    claim('withholding_of_nothing', 'What is withheld?', claimed('withholding', drop('certificate'))),
    claim(
      'withholding_of_both',
      'A certificate or a department, not both.',
      claimed('withholding', set('department', '11990100MB9Y010004')),
    ),
    claim(
      'withholding_action_unknown',
      'There is no such action.',
      claimed('withholding', set('action', 'hide')),
    ),
    claim('use_officer_missing', 'Who read it?', claimed('use', drop('officer'))),
    claim(
      'use_matter_of_101_characters',
      'At most 100 characters.',
      claimed('use', set('matter', 'm'.repeat(101))),
    ),
    claim(
      'catalogue_version_zero',
      'Versions begin at 1.',
      claimed('catalogue', set('catalogue.version', 0)),
    ),
    claim(
      'catalogue_digest_missing',
      'The digest fixes the type.',
      claimed('catalogue', drop('catalogue.digest')),
    ),
    claim(
      'holder_key_signer_in_upper_case',
      'Hex is lower-case.',
      claimed('holder-key', set('signer', `0x${'AB'.repeat(20)}`)),
    ),
    claim('holder_key_epoch_missing', 'Which epoch?', claimed('holder-key', drop('epoch'))),
    claim('endorsement_of_nothing', 'At least one certificate.', claimed('endorsement', set('endorses', []))),
    claim(
      'endorsement_repeats',
      'Leaves are distinct.',
      claimed('endorsement', set('endorses', [leaf, leaf])),
    ),
    claim(
      'claims_of_another_kind',
      'A use is not a status change.',
      sign('status', notary, keys.notary, {
        ...commonClaims('status', 'mixed', notary),
        ...CLAIMS.use,
      }),
    ),
  ]
}

const didOf = (length: number) => `did:web:${'d'.repeat(length - '.example'.length)}.example`
const numbered = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name}${i}`)
const leavesOf = (count: number) => numbered('endorsed', count).map(name => toBase64url(leafHash(name)))

/** Sets the lowest bit of the last character, which carries no data in a text whose length mod 4 is 2 or 3. */
function withUnusedBit(base64url: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  return base64url.slice(0, -1) + alphabet.charAt(alphabet.indexOf(base64url.slice(-1)) | 1)
}
