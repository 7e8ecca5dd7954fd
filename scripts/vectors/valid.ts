/**
 * `test/vectors/valid`: files whose bytes are sound. Some are pending, expired, revoked, or not for this verifier to accept.
 */
import { fromBase64url, toBase64, toBase64url } from '../../protocol/bytes.ts'
import { leafHash } from '../../protocol/log.ts'
import type { Receipt } from '../../protocol/receipt.ts'
import { certificateCase, promised, recordCase, type Case } from './case.ts'
import { ed25519ValidCases } from './ed25519-cases.ts'
import { twin } from './keys.ts'
import {
  append,
  checkpointOf,
  housing,
  keys,
  leavesAt,
  makeCertificate,
  makeRecord,
  noteKeys,
  NOW,
  otherLogs,
  promiseOf,
  publicSecurity,
  receiptWith,
  regions,
  relatedResource,
  set,
  STRETCHES,
  statusIndexes,
  statusLists,
  types,
  VALID_FROM,
  VALID_UNTIL,
  type Stretch,
} from './scene.ts'

const otherChain = 'trust-other-chain.json'
const otherCode = 'trust-other-code.json'
const noTime = { authorised: 'unknown ANCHOR_TIME_UNKNOWN' } as const
const cannotAsk = (because: string) =>
  ({
    intact: `unknown ${because}`,
    anchored: `unknown ${because}`,
    authorised: `unknown ${because}`,
    'not revoked': `unknown ${because}`,
  }) as const

/** Another signature line, of a witness that the verifier does not know. */
const withWitness = (receipt: Receipt): Receipt => ({
  ...receipt,
  proof: `${receipt.proof}— ${noteKeys.witness.name} ${toBase64(
    Uint8Array.of(...noteKeys.witness.id, ...noteKeys.witness.sign(new Uint8Array(1))),
  )}\n`,
})

function replaceSignature(statement: string, edit: (signature: Uint8Array) => Uint8Array): string {
  const dot = statement.lastIndexOf('.')
  return `${statement.slice(0, dot)}.${toBase64url(edit(fromBase64url(statement.slice(dot + 1))!))}`
}

export function validCases(): Case[] {
  const inWindow = (
    name: string,
    why: string,
    options: Parameters<typeof certificateCase>[4],
    stretch: Stretch,
  ) => certificateCase(name, why, 'VALID', {}, { ...options, stretch })

  const single = makeCertificate({ name: 'only_statement_of_its_log' })
  const singleLeaves = [leafHash(single.statement)]
  otherLogs.push({ key: noteKeys.single, leaves: singleLeaves })
  const second = makeCertificate({ name: 'certificate_in_another_trusted_log' })
  const secondLeaves = ['a', 'b', second.statement].map(leafHash)
  otherLogs.push({ key: noteKeys.second, leaves: secondLeaves })

  const twinOf = makeCertificate({ name: 'twin_signature_logged_by_itself' })
  const twinStatement = replaceSignature(twinOf.statement, twin)
  append('late', twinStatement)

  return [
    // ---- VALID
    certificateCase('certificate_es256', 'Every question is answered yes.', 'VALID'),
    certificateCase(
      'certificate_eddsa',
      'The same under an EdDSA key.',
      'VALID',
      {},
      { key: keys.civilAffairsEdDSA },
    ),
    certificateCase(
      'certificate_without_end',
      'It has no validUntil.',
      'VALID',
      { 'in force': 'yes WITHOUT_END' },
      { validUntil: null },
    ),
    certificateCase(
      'certificate_with_related_resource',
      'The original file is named and its reference disclosed.',
      'VALID',
      {},
      { relatedResource: relatedResource('original') },
    ),
    certificateCase(
      'certificate_with_hidden_related_resource',
      'The reference to the original file is not disclosed.',
      'VALID',
      {},
      { relatedResource: relatedResource('original') },
      { disclose: all => all.slice(0, -1) },
    ),
    certificateCase(
      'one_field_disclosed',
      'A holder shows one field and hides the others.',
      'VALID',
      {},
      {},
      { disclose: all => all.slice(1, 2) },
    ),
    certificateCase(
      'no_field_disclosed',
      'A holder hides every field: that the certificate exists is all that is shown.',
      'VALID',
      {},
      {},
      { disclose: () => [] },
    ),
    certificateCase(
      'fields_disclosed_in_another_order',
      'Disclosures have no order.',
      'VALID',
      {},
      {},
      { disclose: all => [...all].reverse() },
    ),
    certificateCase(
      'certificate_without_fields',
      'A certificate may have no field at all, only decoys.',
      'VALID',
      {},
      { fields: [] },
    ),
    certificateCase(
      'fields_of_every_json_type',
      'A value may be any JSON.',
      'VALID',
      {},
      {
        fields: [
          ['text', '证照 😀 "\\\n'],
          ['number', 0.25],
          ['truth', true],
          ['nothing', null],
          ['list', [1, 'b', [null]]],
          ['object', { a: { b: [] }, 'with space': 1 }],
          ['a'.repeat(64), ''],
        ],
      },
    ),
    certificateCase(
      'disclosure_in_another_json_writing',
      "White space and escapes in a disclosure are the issuer's affair.",
      'VALID',
      {},
      { extra: [disclosureOf(String.raw`[ "AAAAAAAAAAAAAAAAAAAAAA" , "spaced" , "\u8bc1" ]`)] },
    ),
    certificateCase(
      'sixteen_fields',
      'Digests are filled up beyond eight.',
      'VALID',
      {},
      { fields: Array.from({ length: 16 }, (_, i) => [`field${i}`, i]) },
    ),
    certificateCase(
      'version_002_with_associated',
      'A version above 001 names the one before.',
      'VALID',
      {},
      { version: 2 },
    ),
    certificateCase(
      'payload_with_white_space',
      'Signed JSON may have white space: its exact bytes are signed.',
      'VALID',
      {},
      { payloadText: text => JSON.stringify(JSON.parse(text), null, 2) },
    ),
    certificateCase(
      'payload_members_in_another_order',
      'Members have no order.',
      'VALID',
      {},
      { payload: p => Object.fromEntries(Object.entries(p).reverse()) },
    ),
    certificateCase(
      'file_with_white_space',
      'The file may be indented.',
      'VALID',
      {},
      {},
      { fileText: text => `${JSON.stringify(JSON.parse(text), null, 2)}\n` },
    ),
    certificateCase(
      'file_members_in_another_order',
      'Members of the file have no order.',
      'VALID',
      {},
      {},
      { file: f => Object.fromEntries(Object.entries(f).reverse()) },
    ),
    certificateCase(
      'file_padded_to_exactly_2097152_bytes',
      'The largest file that is read (padding: spaces appended).',
      'VALID',
      {},
      {},
      { padTo: 2_097_152 },
    ),
    certificateCase(
      'last_index_of_a_status_list',
      'Index 131071 is the last of a list.',
      'VALID',
      {},
      { status: { index: statusIndexes.last } },
    ),
    certificateCase(
      'status_index_zero',
      'Index 0 is the first of a list.',
      'VALID',
      {},
      { status: { index: 0 } },
    ),
    certificateCase(
      'status_list_zero',
      'Numbers of lists may begin at 0.',
      'VALID',
      {},
      { status: { list: statusLists.first } },
    ),
    certificateCase(
      'status_list_of_ten_digits',
      "A list's number has up to ten digits: more than 32 bits.",
      'VALID',
      {},
      { status: { list: statusLists.tenDigits } },
    ),
    certificateCase(
      'prefix_of_300_characters',
      'After https:// up to 300 characters.',
      'VALID',
      {},
      {
        payload: p =>
          JSON.parse(
            JSON.stringify(p).replaceAll('https://proof.onceproof.example', `https://${'p'.repeat(300)}`),
          ) as typeof p,
      },
    ),
    certificateCase(
      'schema_with_the_longest_names',
      'Short type of 12 characters, version of 6 digits.',
      'VALID',
      {},
      { payload: set('credentialSchema.id', `urn:onceproof:schema:990100:${'J9'.repeat(6)}:999999`) },
    ),
    certificateCase(
      'prefix_of_status_list_is_never_visited',
      'Where the list is published does not matter: the registry answers.',
      'VALID',
      {},
      {
        payload: p =>
          JSON.parse(
            JSON.stringify(p).replaceAll('https://proof.onceproof.example', 'http://127.0.0.1:1/nobody'),
          ) as typeof p,
      },
    ),
    certificateCase(
      'twin_signature_logged_by_itself',
      'An ES256 signature (r, n − s) holds too; this one is logged under its own leaf.',
      'VALID',
      {},
      {},
      {
        certificate: text => text.replace(twinOf.statement, twinStatement),
        receipt: () =>
          receiptWith(
            leavesAt('late'),
            indexOf(leavesAt('late'), twinStatement),
            checkpointOf(noteKeys.main, leavesAt('late')),
          ),
      },
    ),
    certificateCase(
      'key_no_longer_signs',
      "signUntil is the issuer's own promise; what is anchored counts.",
      'VALID',
      {},
      { key: keys.signingEnded, stretch: 'late' },
    ),
    certificateCase(
      'issued_by_another_department',
      'Public security issues its own type, after its suspension ended.',
      'VALID',
      {},
      { issuer: publicSecurity, key: keys.publicSecurity, type: types.residence },
    ),

    // ---- receipts
    certificateCase(
      'receipt_of_a_later_checkpoint',
      'The proof may lead to a later checkpoint; the first that covers the statement dates it.',
      'VALID',
      {},
      { stretch: 'before' },
      { checkpoint: 'late' },
    ),
    certificateCase('first_leaf_of_the_log', 'Index 0.', 'VALID', {}, { stretch: 'before' }),
    certificateCase(
      'checkpoint_with_a_witness_line',
      'A signature line of an unknown key is ignored.',
      'VALID',
      {},
      {},
      { receipt: withWitness },
    ),
    certificateCase(
      'checkpoint_just_final',
      'The block has exactly as many confirmations as the verifier asks.',
      'VALID',
      {},
      { stretch: 'justFinal' },
    ),
    certificateCase(
      'only_statement_of_its_log',
      'A log of one statement: the leaf is the root and the proof is empty.',
      'VALID',
      {},
      {},
      {
        receipt: () => receiptWith(singleLeaves, 0, checkpointOf(noteKeys.single, singleLeaves)),
      },
    ),
    certificateCase(
      'certificate_in_another_trusted_log',
      'A verifier may trust several logs.',
      'VALID',
      {},
      {},
      {
        receipt: () => receiptWith(secondLeaves, 2, checkpointOf(noteKeys.second, secondLeaves)),
      },
    ),
    certificateCase(
      'checkpoint_in_a_block_that_is_not_final',
      'One confirmation, two are asked.',
      'PENDING_ANCHOR',
      { anchored: 'unknown NOT_FINAL', ...noTime },
      { stretch: 'head' },
    ),
    certificateCase(
      'receipt_of_a_checkpoint_that_is_not_final',
      "The receipt's own checkpoint is not final, but the first that covers the statement is.",
      'VALID',
      {},
      { stretch: 'before' },
      { checkpoint: 'head' },
    ),
    certificateCase(
      'newest_block_of_a_snapshot',
      'A snapshot is of a final block: all in it is final, whatever the verifier asks of a live chain.',
      'OFFLINE_OK',
      {},
      { stretch: 'head' },
      { view: 'snapshot' },
    ),
    certificateCase(
      'newest_block_of_a_snapshot_with_102_confirmations_asked',
      'A snapshot is of a final block.',
      'OFFLINE_OK',
      {},
      { stretch: 'head' },
      { view: 'snapshot', trust: 'trust-deeper.json' },
    ),
    certificateCase(
      'exactly_101_confirmations_asked',
      'The block has exactly as many confirmations as this verifier asks.',
      'VALID',
      {},
      { stretch: 'late' },
      { trust: 'trust-deep.json' },
    ),
    certificateCase(
      'one_confirmation_less_than_the_102_asked',
      'The same block is not deep enough for a verifier who asks one more.',
      'PENDING_ANCHOR',
      { anchored: 'unknown NOT_FINAL', ...noTime },
      { stretch: 'late' },
      { trust: 'trust-deeper.json' },
    ),
    certificateCase(
      'checkpoint_not_on_chain_yet',
      'The log has signed it, the chain does not know it.',
      'PENDING_ANCHOR',
      { anchored: 'unknown CHECKPOINT_NOT_ON_CHAIN', ...noTime },
      { stretch: 'unanchored' },
    ),
    certificateCase(
      'checkpoint_not_in_the_snapshot',
      'The snapshot is older than the checkpoint: it cannot answer.',
      'CANNOT_CHECK',
      { anchored: 'unknown NOT_IN_SNAPSHOT', ...noTime },
      { stretch: 'unanchored' },
      { view: 'snapshot' },
    ),
    certificateCase(
      'checkpoint_of_a_log_that_is_not_trusted',
      'Signed by a log that is in no trust file.',
      'CANNOT_CHECK',
      { anchored: 'unknown LOG_NOT_TRUSTED', ...noTime },
      {},
      {
        receipt: (_, statement) =>
          receiptWith([leafHash(statement)], 0, checkpointOf(noteKeys.untrusted, [leafHash(statement)])),
      },
    ),
    ...(
      [
        ['block_number', set('receipt.anchor.blockNumber', 199)],
        ['block_time', set('receipt.anchor.blockTime', NOW)],
        ['chain', set('receipt.anchor.chainId', 1)],
        ['contract', set('receipt.anchor.contract', `0x${'00'.repeat(20)}`)],
      ] as const
    ).map(([what, file]) =>
      certificateCase(
        `anchor_hint_with_another_${what}`,
        "The hint is not what the chain says; the anchored time is the chain's.",
        'CANNOT_CHECK',
        { anchored: 'unknown RECEIPT_ANCHOR_DIFFERS' },
        {},
        { file },
      ),
    ),
    certificateCase(
      'anchor_hint_of_the_later_checkpoint',
      'The hint must name the first checkpoint that covers the statement.',
      'CANNOT_CHECK',
      { anchored: 'unknown RECEIPT_ANCHOR_DIFFERS' },
      { stretch: 'before' },
      {
        checkpoint: 'late',
        file: f =>
          set('receipt.anchor.blockTime', STRETCHES.late.time)(set('receipt.anchor.blockNumber', 200)(f)),
      },
    ),

    // ---- promises
    certificateCase(
      'promise',
      'Accepted, not yet in the log.',
      'PENDING_ANCHOR',
      { anchored: 'unknown PROMISED', ...noTime },
      {},
      { promise: promised() },
    ),
    certificateCase(
      'promise_at_its_last_second',
      'The delay ends exactly now.',
      'PENDING_ANCHOR',
      { anchored: 'unknown PROMISED', ...noTime },
      {},
      { promise: promised(NOW - 3600) },
    ),
    certificateCase(
      'promise_overdue_by_one_second',
      'The delay ended one second ago.',
      'CANNOT_CHECK',
      { anchored: 'unknown PROMISE_OVERDUE', ...noTime },
      {},
      { promise: promised(NOW - 3601) },
    ),
    certificateCase(
      'promise_seen_from_a_snapshot',
      'A promise is pending from a snapshot too.',
      'PENDING_ANCHOR',
      { anchored: 'unknown PROMISED', ...noTime },
      {},
      { promise: promised(), view: 'snapshot' },
    ),
    certificateCase(
      'promise_of_a_log_that_is_not_trusted',
      'Promised by a log in no trust file.',
      'CANNOT_CHECK',
      { anchored: 'unknown LOG_NOT_TRUSTED', ...noTime },
      {},
      { promise: statement => promiseOf(statement, NOW - 60, noteKeys.untrusted) },
    ),
    certificateCase(
      'promise_of_a_revoked_certificate',
      'Revoked before it was anchored: revoked comes first.',
      'REVOKED',
      { anchored: 'unknown PROMISED', ...noTime, 'not revoked': 'no REVOKED' },
      { status: { index: statusIndexes.revoked } },
      { promise: promised() },
    ),
    certificateCase(
      'promise_of_an_expired_certificate',
      'Pending comes before expired.',
      'PENDING_ANCHOR',
      { anchored: 'unknown PROMISED', ...noTime, 'in force': 'no EXPIRED' },
      { validUntil: NOW - 1 },
      { promise: promised() },
    ),
    certificateCase(
      'promise_under_a_key_that_is_not_registered',
      'The live registry knows no such key.',
      'ISSUER_UNKNOWN',
      {
        intact: 'unknown KEY_NOT_REGISTERED',
        anchored: 'unknown PROMISED',
        authorised: 'no KEY_NOT_REGISTERED',
      },
      { key: keys.unregistered },
      { promise: promised() },
    ),
    certificateCase(
      'promise_under_a_key_that_is_not_in_the_snapshot',
      'The key may be newer than the snapshot.',
      'CANNOT_CHECK',
      {
        intact: 'unknown KEY_NOT_REGISTERED',
        anchored: 'unknown PROMISED',
        authorised: 'unknown NOT_IN_SNAPSHOT',
      },
      { key: keys.unregistered },
      { promise: promised(), view: 'snapshot' },
    ),

    // ---- views
    certificateCase(
      'seen_from_a_snapshot',
      'The same file, asked of a snapshot: genuine as of its block time.',
      'OFFLINE_OK',
      {},
      {},
      { view: 'snapshot' },
    ),
    certificateCase(
      'chain_unreachable',
      'Nobody can be asked; the dates are known all the same.',
      'CANNOT_CHECK',
      cannotAsk('CHAIN_UNREACHABLE'),
      {},
      { view: 'unreachable' },
    ),
    certificateCase(
      'chain_unreachable_and_expired',
      'What cannot be checked comes before expired.',
      'CANNOT_CHECK',
      { ...cannotAsk('CHAIN_UNREACHABLE'), 'in force': 'no EXPIRED' },
      { validUntil: NOW - 1 },
      { view: 'unreachable' },
    ),
    certificateCase(
      'chain_unreachable_region_not_recognised',
      'The trust file alone says that this region does not count.',
      'NOT_RECOGNISED_HERE',
      { ...cannotAsk('CHAIN_UNREACHABLE'), authorised: 'no REGION_NOT_RECOGNISED' },
      { region: regions.unknown },
      { view: 'unreachable' },
    ),
    certificateCase(
      'chain_unreachable_with_a_promise',
      'The promise can be read without a chain.',
      'CANNOT_CHECK',
      { ...cannotAsk('CHAIN_UNREACHABLE'), anchored: 'unknown PROMISED' },
      {},
      { view: 'unreachable', promise: promised() },
    ),
    certificateCase(
      'another_chain',
      "The view's genesis is not that of the trust file.",
      'CANNOT_CHECK',
      cannotAsk('WRONG_CHAIN'),
      {},
      { trust: otherChain },
    ),
    certificateCase(
      'another_contract_code',
      "The view's AnchorLog has other code than the trust file says.",
      'CANNOT_CHECK',
      cannotAsk('WRONG_CHAIN'),
      {},
      { trust: otherCode },
    ),
    certificateCase(
      'another_chain_by_snapshot',
      'A snapshot of another chain.',
      'CANNOT_CHECK',
      cannotAsk('WRONG_CHAIN'),
      {},
      { trust: otherChain, view: 'snapshot' },
    ),
    recordCase(
      'record_chain_unreachable',
      'A record has no dates and no status; the rest cannot be asked.',
      'CANNOT_CHECK',
      { ...cannotAsk('CHAIN_UNREACHABLE'), 'not revoked': 'yes NO_STATUS' },
      undefined,
      { view: 'unreachable' },
    ),

    // ---- regions
    certificateCase(
      'test_region',
      'Five yes, but the region is for tests.',
      'TEST',
      {},
      { region: regions.test },
    ),
    certificateCase(
      'test_region_from_a_snapshot',
      'Test comes before offline.',
      'TEST',
      {},
      { region: regions.test },
      { view: 'snapshot' },
    ),
    certificateCase(
      'type_recognised_in_its_region',
      'The trust file lists the type for this region.',
      'VALID',
      {},
      { region: regions.someTypes },
    ),
    certificateCase(
      'type_not_recognised_in_its_region',
      'The trust file lists other types for this region.',
      'NOT_RECOGNISED_HERE',
      { authorised: 'no TYPE_NOT_RECOGNISED' },
      { region: regions.someTypes, type: types.fromTurn },
    ),
    certificateCase(
      'region_not_recognised',
      'The region is in no trust file.',
      'NOT_RECOGNISED_HERE',
      { authorised: 'no REGION_NOT_RECOGNISED' },
      { region: regions.unknown },
    ),
    certificateCase(
      'type_without_permit_in_its_region',
      'The permit is for another region.',
      'PERMIT_NOT_IN_FORCE',
      { authorised: 'no NO_PERMIT' },
      { region: regions.test, type: types.fromTurn },
    ),

    // ---- the key
    certificateCase(
      'key_not_registered',
      'The registry knows no such key.',
      'ISSUER_UNKNOWN',
      { intact: 'unknown KEY_NOT_REGISTERED', authorised: 'no KEY_NOT_REGISTERED' },
      { key: keys.unregistered },
    ),
    certificateCase(
      'key_not_registered_in_the_snapshot',
      'Anchored within the snapshot, so the key would have to be in it.',
      'ISSUER_UNKNOWN',
      { intact: 'unknown KEY_NOT_REGISTERED', authorised: 'no KEY_NOT_REGISTERED' },
      { key: keys.unregistered },
      { view: 'snapshot' },
    ),
    certificateCase(
      'key_not_registered_newer_than_the_snapshot',
      'Not anchored within the snapshot: the key may be newer.',
      'CANNOT_CHECK',
      {
        intact: 'unknown KEY_NOT_REGISTERED',
        anchored: 'unknown NOT_IN_SNAPSHOT',
        authorised: 'unknown NOT_IN_SNAPSHOT',
      },
      { key: keys.unregistered, stretch: 'unanchored' },
      { view: 'snapshot' },
    ),
    certificateCase(
      'key_of_another_department',
      "Housing's key signs in the name of civil affairs.",
      'ISSUER_UNKNOWN',
      { authorised: 'no KEY_OF_ANOTHER_DEPARTMENT' },
      { key: keys.housing },
    ),
    certificateCase(
      'identifier_of_another_department',
      "The DID is housing's own, but the identifier names civil affairs.",
      'ISSUER_UNKNOWN',
      { authorised: 'no KEY_OF_ANOTHER_DEPARTMENT' },
      {
        key: keys.housing,
        header: h => ({ ...h, kid: `${housing.did}#${keys.housing.thumbprint}` }),
        payload: set('issuer', housing.did),
      },
    ),
    certificateCase(
      'key_of_a_department_that_was_never_admitted',
      'The registry has the key, but no such department.',
      'ISSUER_UNKNOWN',
      { authorised: 'no KEY_OF_ANOTHER_DEPARTMENT' },
      { key: keys.orphan },
    ),
    certificateCase(
      'key_for_another_purpose',
      'An authority key signs a certificate.',
      'ISSUER_UNKNOWN',
      { authorised: 'no KEY_WRONG_PURPOSE' },
      { key: keys.authority },
    ),
    certificateCase(
      'anchored_one_second_before_the_key_was_added',
      'A key counts from the second in which it was added.',
      'KEY_NOT_YET_VALID',
      { authorised: 'no KEY_NOT_YET_VALID' },
      { key: keys.added, stretch: 'before' },
    ),
    inWindow(
      'anchored_in_the_second_the_key_was_added',
      'A key counts from the second in which it was added.',
      { key: keys.added },
      'turn',
    ),
    inWindow(
      'anchored_one_second_before_the_key_ended',
      'anchorUntil is exclusive.',
      { key: keys.ended },
      'before',
    ),
    certificateCase(
      'anchored_in_the_second_the_key_ended',
      'anchorUntil is exclusive.',
      'ISSUER_KEY_REVOKED',
      { authorised: 'no KEY_ENDED' },
      { key: keys.ended, stretch: 'turn' },
    ),
    certificateCase(
      'anchored_after_the_key_ended',
      'The key had ended.',
      'ISSUER_KEY_REVOKED',
      { authorised: 'no KEY_ENDED' },
      { key: keys.ended, stretch: 'late' },
    ),
    inWindow(
      'anchored_one_second_before_the_key_was_compromised',
      'What was anchored before stays good.',
      { key: keys.compromised },
      'before',
    ),
    certificateCase(
      'anchored_in_the_second_the_key_was_compromised',
      'compromisedSince is inclusive.',
      'KEY_COMPROMISED',
      { authorised: 'no KEY_COMPROMISED' },
      { key: keys.compromised, stretch: 'turn' },
    ),
    certificateCase(
      'anchored_after_the_key_was_compromised',
      'A thief may have signed it.',
      'KEY_COMPROMISED',
      { authorised: 'no KEY_COMPROMISED' },
      { key: keys.compromised, stretch: 'late' },
    ),
    certificateCase(
      'key_compromised_and_ended',
      'Compromised comes before ended.',
      'KEY_COMPROMISED',
      { authorised: 'no KEY_COMPROMISED' },
      { key: keys.compromisedAndEnded, stretch: 'turn' },
    ),
    certificateCase(
      'key_compromised_receipt_of_a_later_checkpoint',
      'Anchored before the theft; a later checkpoint in the receipt changes nothing.',
      'VALID',
      {},
      { key: keys.compromised, stretch: 'before' },
      { checkpoint: 'late' },
    ),
    certificateCase(
      'key_compromised_and_pending',
      'Without an anchored time nothing can be said about the key.',
      'PENDING_ANCHOR',
      { anchored: 'unknown PROMISED', ...noTime },
      { key: keys.compromised },
      { promise: promised() },
    ),

    // ---- the department
    certificateCase(
      'anchored_one_second_before_the_suspension',
      'Not yet suspended.',
      'VALID',
      {},
      { issuer: publicSecurity, key: keys.publicSecurity, type: types.residence, stretch: 'before' },
    ),
    certificateCase(
      'anchored_in_the_first_second_of_the_suspension',
      'from is inclusive.',
      'ISSUER_SUSPENDED',
      { authorised: 'no DEPARTMENT_SUSPENDED' },
      { issuer: publicSecurity, key: keys.publicSecurity, type: types.residence, stretch: 'turn' },
    ),
    certificateCase(
      'anchored_in_the_second_the_suspension_ended',
      'until is exclusive.',
      'VALID',
      {},
      { issuer: publicSecurity, key: keys.publicSecurity, type: types.residence, stretch: 'after' },
    ),
    certificateCase(
      'anchored_in_an_open_suspension',
      'Suspended since then, without end.',
      'ISSUER_SUSPENDED',
      { authorised: 'no DEPARTMENT_SUSPENDED' },
      { issuer: publicSecurity, key: keys.publicSecurity, type: types.residence, stretch: 'justFinal' },
    ),

    // ---- the permit
    certificateCase(
      'anchored_one_second_before_the_permit',
      'The permit had not begun.',
      'PERMIT_NOT_IN_FORCE',
      { authorised: 'no NO_PERMIT' },
      { type: types.fromTurn, stretch: 'before' },
    ),
    inWindow(
      'anchored_in_the_first_second_of_the_permit',
      'from is inclusive.',
      { type: types.fromTurn },
      'turn',
    ),
    inWindow(
      'anchored_in_the_last_second_of_the_permit',
      'until is exclusive.',
      { type: types.untilTurn },
      'before',
    ),
    certificateCase(
      'anchored_in_the_second_the_permit_ended',
      'until is exclusive.',
      'PERMIT_NOT_IN_FORCE',
      { authorised: 'no NO_PERMIT' },
      { type: types.untilTurn, stretch: 'turn' },
    ),
    certificateCase(
      'permit_never_given',
      'Nobody may issue this type.',
      'PERMIT_NOT_IN_FORCE',
      { authorised: 'no NO_PERMIT' },
      { type: types.neverPermitted },
    ),
    certificateCase(
      'permit_held_by_another_department',
      "One permit holder at a time: it was still housing's.",
      'PERMIT_NOT_IN_FORCE',
      { authorised: 'no NO_PERMIT' },
      { type: types.handedOver, stretch: 'before' },
    ),
    inWindow(
      'permit_handed_over_in_that_second',
      "From this second it is civil affairs'.",
      { type: types.handedOver },
      'turn',
    ),
    certificateCase(
      'permit_handed_away',
      'Housing had handed the permit over.',
      'PERMIT_NOT_IN_FORCE',
      { authorised: 'no NO_PERMIT' },
      { issuer: housing, key: keys.housing, type: types.handedOver, stretch: 'turn' },
    ),
    inWindow(
      'permit_not_yet_handed_away',
      'Housing still had the permit.',
      { issuer: housing, key: keys.housing, type: types.handedOver },
      'before',
    ),

    // ---- dates
    certificateCase(
      'certificate_expires_at_exactly_now',
      'validUntil is the last second in force.',
      'VALID',
      {},
      { validUntil: NOW },
    ),
    certificateCase(
      'certificate_expired_one_second_ago',
      'validUntil has passed.',
      'EXPIRED',
      { 'in force': 'no EXPIRED' },
      { validUntil: NOW - 1 },
    ),
    certificateCase(
      'certificate_begins_at_exactly_now',
      'validFrom is the first second in force.',
      'VALID',
      {},
      {},
      { now: VALID_FROM },
    ),
    certificateCase(
      'certificate_begins_in_one_second',
      'validFrom is still to come.',
      'NOT_YET_VALID',
      { 'in force': 'no NOT_YET_VALID' },
      {},
      { now: VALID_FROM - 1 },
    ),
    certificateCase(
      'certificate_of_one_second',
      'validUntil may equal validFrom.',
      'VALID',
      {},
      { validUntil: VALID_FROM },
      { now: VALID_FROM },
    ),
    certificateCase(
      'certificate_expired_ten_years_later',
      'The same file long after its end.',
      'EXPIRED',
      { 'in force': 'no EXPIRED' },
      {},
      { now: VALID_UNTIL + 1 },
    ),
    certificateCase(
      'certificate_expired_seen_from_a_snapshot',
      "Dates are judged by the verifier's clock.",
      'EXPIRED',
      { 'in force': 'no EXPIRED' },
      { validUntil: NOW - 1 },
      { view: 'snapshot' },
    ),

    // ---- status
    certificateCase(
      'revoked',
      'The department revoked it on chain.',
      'REVOKED',
      { 'not revoked': 'no REVOKED' },
      { status: { index: statusIndexes.revoked } },
    ),
    certificateCase(
      'suspended',
      'The department suspended it on chain.',
      'SUSPENDED',
      { 'not revoked': 'no SUSPENDED' },
      { status: { index: statusIndexes.suspended } },
    ),
    certificateCase(
      'superseded',
      'A successor was issued.',
      'SUPERSEDED',
      { 'not revoked': 'no SUPERSEDED' },
      { status: { index: statusIndexes.superseded } },
    ),
    certificateCase(
      'revoked_and_superseded',
      'Revoked comes before superseded.',
      'REVOKED',
      { 'not revoked': 'no REVOKED' },
      { status: { index: statusIndexes.revokedAndSuperseded } },
    ),
    certificateCase(
      'superseded_and_suspended',
      'Superseded comes before suspended.',
      'SUPERSEDED',
      { 'not revoked': 'no SUPERSEDED' },
      { status: { index: statusIndexes.supersededAndSuspended } },
    ),
    certificateCase(
      'superseded_and_expired',
      'Superseded comes before expired.',
      'SUPERSEDED',
      { 'in force': 'no EXPIRED', 'not revoked': 'no SUPERSEDED' },
      { validUntil: NOW - 1, status: { index: statusIndexes.superseded } },
    ),
    certificateCase(
      'suspended_and_not_yet_valid',
      'Suspended comes before the dates.',
      'SUSPENDED',
      { 'in force': 'no NOT_YET_VALID', 'not revoked': 'no SUSPENDED' },
      { validFrom: NOW + 1, status: { index: statusIndexes.suspended } },
    ),
    certificateCase(
      'revoked_under_a_key_that_ended',
      'What the issuer was not allowed to do comes before revoked.',
      'ISSUER_KEY_REVOKED',
      { authorised: 'no KEY_ENDED', 'not revoked': 'no REVOKED' },
      { key: keys.ended, stretch: 'turn', status: { index: statusIndexes.revoked } },
    ),
    certificateCase(
      'revoked_in_a_list_of_ten_digits',
      'Revoked in this list, not in list 1.',
      'REVOKED',
      { 'not revoked': 'no REVOKED' },
      { status: { list: statusLists.tenDigits, index: statusIndexes.revoked } },
    ),
    certificateCase(
      'status_list_that_nobody_opened',
      'The registry has no such list.',
      'CANNOT_CHECK',
      { 'not revoked': 'unknown STATUS_LIST_UNKNOWN' },
      { status: { list: 2 } },
    ),
    certificateCase(
      'status_index_of_another_list',
      'The same index in a list that nobody opened says nothing.',
      'CANNOT_CHECK',
      { 'not revoked': 'unknown STATUS_LIST_UNKNOWN' },
      { status: { list: 9_999_999_999, index: statusIndexes.revoked } },
    ),

    // ---- records
    recordCase('record_with_its_file', 'The file in hand is the one that was notarized.', 'VALID'),
    recordCase(
      'record_without_its_file',
      'Without the file nobody can say that it is unchanged.',
      'CANNOT_CHECK',
      { intact: 'unknown FILE_NOT_GIVEN' },
      undefined,
      { digest: null },
    ),
    recordCase('record_seen_from_a_snapshot', 'Genuine as of the snapshot.', 'OFFLINE_OK', {}, undefined, {
      view: 'snapshot',
    }),
    recordCase(
      'record_with_a_promise',
      'Received, not yet in the log.',
      'PENDING_ANCHOR',
      { anchored: 'unknown PROMISED', ...noTime },
      undefined,
      { promise: promised() },
    ),
    recordCase(
      'record_not_final',
      'Its block is not deep enough.',
      'PENDING_ANCHOR',
      { anchored: 'unknown NOT_FINAL', ...noTime },
      undefined,
      { stretch: 'head' },
    ),
    recordCase(
      'record_of_an_unregistered_notary',
      'The registry knows no such key.',
      'ISSUER_UNKNOWN',
      { intact: 'unknown KEY_NOT_REGISTERED', authorised: 'no KEY_NOT_REGISTERED' },
      makeRecord('record_of_an_unregistered_notary', keys.unregistered),
    ),
    recordCase(
      'record_signed_by_a_key_of_another_department',
      "Civil affairs' key signs in the name of the notary.",
      'ISSUER_UNKNOWN',
      { authorised: 'no KEY_OF_ANOTHER_DEPARTMENT' },
      makeRecord('record_signed_by_a_key_of_another_department', keys.civilAffairs),
    ),
    recordCase(
      'record_of_a_region_that_is_not_recognised',
      'The region is in no trust file.',
      'NOT_RECOGNISED_HERE',
      { authorised: 'no REGION_NOT_RECOGNISED' },
      makeRecord('record_of_a_region_that_is_not_recognised', keys.notary, {
        payload: set('region', regions.unknown),
      }),
    ),
    recordCase(
      'record_where_only_certificates_are_recognised',
      'Records are of type RECORD, which this region does not list.',
      'NOT_RECOGNISED_HERE',
      { authorised: 'no TYPE_NOT_RECOGNISED' },
      makeRecord('record_where_only_certificates_are_recognised', keys.notary, {
        payload: set('region', regions.someTypes),
      }),
    ),
    recordCase(
      'record_of_a_test_region_without_permit',
      'The notary has no permit there.',
      'PERMIT_NOT_IN_FORCE',
      { authorised: 'no NO_PERMIT' },
      makeRecord('record_of_a_test_region_without_permit', keys.notary, {
        payload: set('region', regions.test),
      }),
    ),
    ...ed25519ValidCases(),
  ]
}

const disclosureOf = (text: string) => toBase64url(new TextEncoder().encode(text))
const indexOf = (leaves: Uint8Array[], statement: string) => {
  const leaf = toBase64(leafHash(statement))
  return leaves.findIndex(candidate => toBase64(candidate) === leaf)
}
