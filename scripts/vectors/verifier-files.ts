/**
 * `test/vectors/trust-files.json` and `snapshots.json`: what a verifier brings itself, read or refused (docs/formats.md §11, §12).
 */
import { sha256 } from '#crypto'
import { concat, toBase64, toHex, toUtf8 } from '../../protocol/bytes.ts'
import type { JsonObject, JsonValue } from '../../protocol/json.ts'
import { formatSnapshot, statusListId, type Snapshot } from '../../protocol/snapshot.ts'
import { formatTrust } from '../../protocol/trust.ts'
import {
  civilAffairs,
  drop,
  edgeLogKeys,
  edits,
  keys,
  noteKeys,
  NOW,
  set,
  trust,
  types,
  VALID_FROM,
  type Edit,
} from './scene.ts'

export type VerifierFileVector = {
  name: string
  why: string
  textBase64: string
  /** Spaces (0x20) to append to the text before reading it. */
  padding?: number
} & (
  | {
      /** SHA-256 of all bytes, hex in groups of four. Of trust files only. */
      fingerprint?: string
    }
  /** One of these codes is given. */
  | { refused: string[] }
)

const MAX_TRUST_BYTES = 4_194_304
const word = (byte: string) => `0x${byte.repeat(32)}`

export function trustFileVectors(): VerifierFileVector[] {
  const object = JSON.parse(formatTrust(trust)) as JsonObject
  const text = JSON.stringify(object)
  const readText = (name: string, why: string, json: string, padding = 0): VerifierFileVector => ({
    ...vector(name, why, json, padding),
    fingerprint: fingerprintOf(json, padding),
  })
  const read = (name: string, why: string, edit: Edit) => readText(name, why, JSON.stringify(edit(object)))
  const wrong = (name: string, why: string, edit: Edit) =>
    refused(name, why, JSON.stringify(edit(object)), 'TRUST_SYNTAX')
  const unread = (name: string, why: string, json: string, code: string, padding = 0) =>
    refused(name, why, json, code, padding)

  return [
    readText('as_written', 'As the service writes it, indented.', formatTrust(trust)),
    readText('without_white_space', 'The same with another fingerprint.', text),
    readText('of_exactly_4194304_bytes', 'The largest trust file.', text, MAX_TRUST_BYTES - text.length),
    read('members_in_another_order', 'Members have no order.', o =>
      Object.fromEntries(Object.entries(o).reverse()),
    ),
    read('one_confirmation', 'The least.', set('chain.confirmations', 1)),
    read('a_million_confirmations', 'The most.', set('chain.confirmations', 1_000_000)),
    read('largest_chain_id', '2^53 − 1.', set('chain.chainId', Number.MAX_SAFE_INTEGER)),
    read('no_types', 'A region of which no type is recognised.', set('regions.0.types', [])),
    read('records_only', 'RECORD is a type.', set('regions.0.types', ['RECORD'])),
    read('type_of_64_characters', 'A type has 1-64 characters.', set('regions.0.types', ['T'.repeat(64)])),
    read('type_twice', 'That a type stands twice says nothing new.', set('regions.0.types', ['T', 'T'])),
    read('origin_of_200_characters', 'The longest.', set('logs', [logNamed('o'.repeat(200))])),
    read(
      'origin_of_every_kind_of_character',
      'U+0021-U+007E but the plus sign.',
      set('logs', [logNamed('!"#$%&\'()*,-./09:;<=>?@AZ[\\]^_`az{|}~')]),
    ),
    read(
      'one_note_key_for_two_logs',
      'The name is part of the key ID; the public key may be the same.',
      set('logs', [logNamed('a'), logNamed('b')]),
    ),
    read(
      'note_key_of_small_order',
      'It is read; no signature holds under it.',
      set('logs', [{ origin: edgeLogKeys['order_1']!.name, noteKey: edgeLogKeys['order_1']!.text }]),
    ),

    unread('empty', 'There is nothing.', '', 'JSON_SYNTAX'),
    unread('truncated', 'The last byte is missing.', text.slice(0, -1), 'JSON_SYNTAX'),
    unread('trailing_bytes', 'Something stands after the object.', `${text}{}`, 'JSON_SYNTAX'),
    unread('byte_order_mark', 'JSON has no byte order mark.', `\ufeff${text}`, 'JSON_NOT_UTF8'),
    unread(
      'two_logs_members',
      'Two readers could trust two lists.',
      text.replace('"logs":', '"logs":[],"logs":'),
      'JSON_DUPLICATE_KEY',
    ),
    unread(
      'two_addresses',
      'At any depth.',
      text.replace('"address":', `"address":"0x00","address":`),
      'JSON_DUPLICATE_KEY',
    ),
    unread(
      'number_not_shortest',
      'Numbers are in their shortest form.',
      text.replace('"confirmations":2', '"confirmations":2.0'),
      'JSON_NUMBER',
    ),
    unread(
      'larger_than_4194304_bytes',
      'One byte too many.',
      text,
      'JSON_TOO_LARGE',
      MAX_TRUST_BYTES + 1 - text.length,
    ),
    refused('an_array', 'An object.', `[${text}]`, 'TRUST_SYNTAX'),
    wrong('of_a_later_version', 'This reader knows version 1.', set('format', 'onceproof-trust/2')),
    wrong('without_format', 'A file says what it is.', drop('format')),
    wrong('a_snapshot', 'A snapshot is no trust file.', set('format', 'onceproof-snapshot/1')),
    wrong('unknown_member', 'A member that no reader knows.', set('comment', 'x')),
    wrong('unknown_member_of_a_log', 'At any depth.', set('logs.0.url', 'x')),
    wrong('unknown_member_of_a_region', 'At any depth.', set('regions.0.name', 'x')),
    wrong('chain_id_zero', 'From 1.', set('chain.chainId', 0)),
    wrong('chain_id_a_text', 'A number.', set('chain.chainId', '31337')),
    wrong('genesis_in_upper_case', 'Hex is lower-case.', set('chain.genesis', word('AB'))),
    wrong('genesis_of_31_bytes', 'A hash has 32 bytes.', set('chain.genesis', `0x${'ab'.repeat(31)}`)),
    wrong('no_confirmation', 'From 1: a block is at least there.', set('chain.confirmations', 0)),
    wrong('a_fraction_of_a_confirmation', 'Whole.', set('chain.confirmations', 1.5)),
    wrong('too_many_confirmations', 'At most a million.', set('chain.confirmations', 1_000_001)),
    wrong('a_contract_less', 'All four.', drop('contracts.GrantRegistry')),
    wrong('a_contract_more', 'Exactly four.', set('contracts.Other', { address: '0x', codeHash: '0x' })),
    wrong(
      'address_with_checksum_case',
      'Hex is lower-case.',
      set('contracts.AnchorLog.address', `0x${'aB'.repeat(20)}`),
    ),
    wrong('code_hash_missing', 'What is deployed there counts.', drop('contracts.AnchorLog.codeHash')),
    wrong('no_logs', 'At least one.', set('logs', [])),
    wrong('origin_twice', 'Which key would count?', set('logs', [logNamed('a'), logNamed('a')])),
    wrong(
      'note_key_of_another_name',
      'The name of the key is the origin.',
      set('logs.0.noteKey', noteKeys.second.text),
    ),
    wrong(
      'note_key_with_another_id',
      'The key ID is computed.',
      set('logs.0.noteKey', noteKeys.main.text.replace(/\+[0-9a-f]{8}\+/, '+00000000+')),
    ),
    wrong(
      'note_key_of_another_algorithm',
      'Type byte 0x01 only.',
      set(
        'logs.0.noteKey',
        noteKeys.main.text.replace(/\+[^+]*$/, `+${toBase64(new Uint8Array(33).fill(4))}`),
      ),
    ),
    wrong('note_key_empty', 'There is nothing.', set('logs.0.noteKey', '')),
    wrong('origin_with_a_space', 'U+0021-U+007E.', set('logs', [logNamed('log example')])),
    wrong(
      'origin_with_a_plus_sign',
      'It separates the parts of a note key.',
      set('logs', [logNamed('log+example')]),
    ),
    wrong('origin_beyond_ascii', 'U+0021-U+007E.', set('logs', [logNamed('日志.example')])),
    wrong('origin_of_201_characters', 'At most 200.', set('logs', [logNamed('o'.repeat(201))])),
    wrong('no_regions', 'At least one.', set('regions', [])),
    wrong(
      'region_twice',
      'Live or test?',
      set(
        'regions',
        ['live', 'test'].map(use => ({ code: '990100', types: '*', use })),
      ),
    ),
    wrong('region_of_five_digits', '6 digits.', set('regions.0.code', '99010')),
    wrong('region_with_other_digits', 'ASCII.', set('regions.0.code', '٩٩٠١٠٠')),
    wrong('region_a_number', 'A text.', set('regions.0.code', 990_100)),
    wrong('types_a_text', '"*" or an array.', set('regions.0.types', 'RECORD')),
    wrong('type_empty', '1-64 characters.', set('regions.0.types', [''])),
    wrong('type_of_65_characters', '1-64 characters.', set('regions.0.types', ['T'.repeat(65)])),
    wrong('another_use', 'live or test.', set('regions.0.use', 'demo')),
  ]
}

export function snapshotVectors(): VerifierFileVector[] {
  const object = JSON.parse(formatSnapshot(smallSnapshot())) as JsonObject
  const text = JSON.stringify(object)
  const read = (name: string, why: string, edit: Edit = o => o): VerifierFileVector =>
    vector(name, why, JSON.stringify(edit(object)))
  const wrong = (name: string, why: string, edit: Edit) =>
    refused(name, why, JSON.stringify(edit(object)), 'SNAPSHOT_SYNTAX')
  const again =
    (list: string, edit: Edit = o => o): Edit =>
    o => {
      const items = o[list] as JsonObject[]
      return { ...o, [list]: [...items, edit(items[0]!)] }
    }
  const checkpoint = (size: number): JsonValue => ({
    size,
    root: toBase64(new Uint8Array(32)),
    time: 1,
    blockNumber: 1,
  })
  const checkpoints = (...sizes: number[]) => set('logs.0.checkpoints', sizes.map(checkpoint))
  const superseded = (...indexes: number[]) =>
    set(
      'statusLists.0.superseded',
      indexes.map(index => ({ index, successor: word('00') })),
    )
  const noLists = Object.fromEntries(
    ['departments', 'keys', 'permits', 'logs', 'statusLists'].map(name => [name, []]),
  )

  return [
    read('as_written', 'As the service writes it.'),
    vector('with_white_space', 'The text may be indented.', JSON.stringify(object, null, 2)),
    read('of_an_empty_chain', 'Nothing is registered yet.', o => ({ ...o, ...noLists })),
    read('of_the_first_block', 'Block 0 at second 0.', edits(set('block.number', 0), set('block.time', 0))),
    read(
      'id_of_a_key_that_is_not_its_thumbprint',
      'Ids are not recomputed: verification does.',
      set('keys.0.id', word('11')),
    ),
    read(
      'id_of_a_department_that_is_not_its_hash',
      'Ids are not recomputed.',
      set('departments.0.id', word('11')),
    ),
    read(
      'key_of_33_bytes',
      'The length of a key is not compared with its algorithm.',
      set('keys.0.publicKey', `0x${'02'.repeat(33)}`),
    ),
    read('key_of_20_bytes', 'The shortest.', set('keys.0.publicKey', `0x${'02'.repeat(20)}`)),
    read('key_of_2000_bytes', 'The longest.', set('keys.0.publicKey', `0x${'02'.repeat(2000)}`)),
    read('key_of_an_unknown_purpose', '1-255.', set('keys.0.purpose', 255)),
    read('key_of_an_unknown_algorithm', '1-255.', set('keys.0.algorithm', 255)),
    read(
      'key_of_small_order',
      'It is read; no signature holds under it.',
      again('keys', key => ({
        ...key,
        id: word('12'),
        algorithm: 2,
        publicKey: `0x01${'00'.repeat(31)}`,
      })),
    ),
    read('uscc_whose_check_is_wrong', 'Only its form is asked.', set('departments.0.uscc', '0'.repeat(18))),
    read('same_type_in_two_regions', 'The pair counts.', again('permits', set('region', '990777'))),
    read(
      'same_checkpoints_in_two_logs',
      'Each log for itself.',
      again('logs', set('origin', 'another.example')),
    ),
    read('indexes_0_and_131071', 'First and last.', set('statusLists.0.revoked', [0, 131_071])),
    read(
      'revoked_and_suspended',
      'An index may stand in several arrays.',
      edits(set('statusLists.0.revoked', [5]), set('statusLists.0.suspended', [5]), superseded(5)),
    ),
    read(
      'blocks_that_descend',
      'Only sizes ascend.',
      edits(checkpoints(1, 2), set('logs.0.checkpoints.1.blockNumber', 0)),
    ),

    refused('truncated', 'The last byte is missing.', text.slice(0, -1), 'JSON_SYNTAX'),
    refused('empty', 'There is nothing.', '', 'JSON_SYNTAX'),
    refused(
      'two_keys_members',
      'Two readers could see two lists.',
      text.replace('"keys":', '"keys":[],"keys":'),
      'JSON_DUPLICATE_KEY',
    ),
    refused(
      'number_with_exponent',
      'Numbers are in their shortest form.',
      text.replace(/"addedAt":\d+/, '"addedAt":1e9'),
      'JSON_NUMBER',
    ),
    refused('an_array', 'An object.', '[]', 'SNAPSHOT_SYNTAX'),
    wrong('of_a_later_version', 'This reader knows version 1.', set('format', 'onceproof-snapshot/2')),
    wrong('a_trust_file', 'A trust file is no snapshot.', () => JSON.parse(formatTrust(trust)) as JsonObject),
    wrong('unknown_member', 'A member that no reader knows.', set('comment', 'x')),
    wrong('unknown_member_of_a_key', 'At any depth.', set('keys.0.name', 'x')),
    wrong('confirmations', 'Belong to the trust file.', set('chain.confirmations', 1)),
    wrong('without_block', 'As of when?', drop('block')),
    wrong('block_number_negative', 'From 0.', set('block.number', -1)),
    wrong('block_time_a_fraction', 'Whole seconds.', set('block.time', 1.5)),
    wrong('block_hash_of_31_bytes', '32 bytes.', set('block.hash', `0x${'ab'.repeat(31)}`)),
    wrong('a_contract_less', 'All four.', drop('contracts.GrantRegistry')),
    wrong('department_twice', 'Which one counts?', again('departments', set('did', 'did:web:other.example'))),
    wrong('uscc_of_17_characters', '18 of 0-9A-Z.', set('departments.0.uscc', '0'.repeat(17))),
    wrong('uscc_in_lower_case', '18 of 0-9A-Z.', set('departments.0.uscc', 'a'.repeat(18))),
    wrong('did_of_257_characters', '1-256 characters.', set('departments.0.did', 'd'.repeat(257))),
    wrong('suspension_without_until', '0 means open.', set('departments.0.suspensions', [{ from: 1 }])),
    wrong(
      'suspension_until_null',
      '0 means open.',
      set('departments.0.suspensions', [{ from: 1, until: null }]),
    ),
    wrong('key_twice', 'Which one counts?', again('keys', set('compromisedSince', 1))),
    wrong('key_without_compromised_since', '0 means none.', drop('keys.0.compromisedSince')),
    wrong('key_of_purpose_zero', '1-255.', set('keys.0.purpose', 0)),
    wrong('key_of_algorithm_256', '1-255.', set('keys.0.algorithm', 256)),
    wrong('key_of_19_bytes', '20-2,000 bytes.', set('keys.0.publicKey', `0x${'02'.repeat(19)}`)),
    wrong('key_of_2001_bytes', '20-2,000 bytes.', set('keys.0.publicKey', `0x${'02'.repeat(2001)}`)),
    wrong('key_in_upper_case', 'Hex is lower-case.', set('keys.0.publicKey', `0x${'AB'.repeat(32)}`)),
    wrong('key_in_base64url', 'Hex.', set('keys.0.publicKey', keys.civilAffairs.thumbprint)),
    wrong('permit_twice', 'Which periods count?', again('permits', set('periods', []))),
    wrong('period_without_department', 'Whose?', drop('permits.0.periods.0.department')),
    wrong('log_twice', 'Which checkpoints count?', again('logs', set('checkpoints', []))),
    wrong('origin_with_a_plus_sign', 'As in a trust file.', set('logs.0.origin', 'a+b')),
    wrong('checkpoints_that_descend', 'Sizes ascend.', checkpoints(2, 1)),
    wrong('checkpoint_size_twice', 'Sizes ascend.', checkpoints(1, 1)),
    wrong('checkpoint_of_size_zero', 'The empty tree is not anchored.', checkpoints(0)),
    wrong(
      'root_in_hexadecimal',
      'base64.',
      edits(checkpoints(1), set('logs.0.checkpoints.0.root', word('00'))),
    ),
    wrong(
      'root_of_31_bytes',
      '32 bytes.',
      edits(checkpoints(1), set('logs.0.checkpoints.0.root', toBase64(new Uint8Array(31)))),
    ),
    wrong('list_twice', 'Which status counts?', again('statusLists', set('revoked', []))),
    wrong('list_number_negative', 'From 0.', set('statusLists.0.number', -1)),
    wrong('indexes_that_descend', 'Index arrays ascend.', set('statusLists.0.revoked', [8, 7])),
    wrong('index_twice', 'Index arrays ascend.', set('statusLists.0.suspended', [7, 7])),
    wrong('index_131072', '131071 is the last.', set('statusLists.0.revoked', [131_072])),
    wrong('index_negative', 'From 0.', set('statusLists.0.revoked', [-1])),
    wrong('superseded_that_descend', 'Index arrays ascend.', superseded(2, 1)),
    wrong('superseded_twice', 'By which successor?', superseded(2, 2)),
    wrong(
      'successor_of_31_bytes',
      '32 bytes.',
      edits(superseded(2), set('statusLists.0.superseded.0.successor', `0x${'00'.repeat(31)}`)),
    ),
  ]
}

/** One of everything. */
function smallSnapshot(): Snapshot {
  const { chainId, genesis } = trust.chain
  const { id: department, uscc, did } = civilAffairs
  const { id, publicKey } = keys.civilAffairs
  return {
    chain: { chainId, genesis },
    contracts: trust.contracts,
    block: { number: 10, hash: word('0a'), time: NOW },
    departments: [
      { id: department, uscc, did, admittedAt: VALID_FROM, suspensions: [{ from: VALID_FROM, until: 0 }] },
    ],
    keys: [
      {
        id,
        department,
        purpose: 1,
        algorithm: 1,
        addedAt: VALID_FROM,
        signUntil: 0,
        anchorUntil: 0,
        compromisedSince: 0,
        publicKey: toHex(publicKey),
      },
    ],
    permits: [
      { type: types.marriage, region: '990100', periods: [{ department, from: VALID_FROM, until: 0 }] },
    ],
    logs: [
      {
        origin: noteKeys.main.name,
        checkpoints: [{ size: 3, root: toBase64(new Uint8Array(32)), time: NOW, blockNumber: 9 }],
      },
    ],
    statusLists: [
      { id: statusListId(uscc, 1), department, number: 1, revoked: [7], suspended: [], superseded: [] },
    ],
  }
}

/** A log with the main log's public key under this name, be it one that no note can carry. */
function logNamed(origin: string): JsonObject {
  const encoded = concat(Uint8Array.of(1), noteKeys.main.publicKey)
  const id = sha256(concat(toUtf8(`${origin}\n`), encoded)).slice(0, 4)
  return { origin, noteKey: `${origin}+${toHex(id).slice(2)}+${toBase64(encoded)}` }
}

function vector(name: string, why: string, text: string, padding = 0): VerifierFileVector {
  return { name, why, textBase64: toBase64(toUtf8(text)), ...(padding === 0 ? {} : { padding }) }
}

function refused(name: string, why: string, text: string, code: string, padding = 0): VerifierFileVector {
  return { ...vector(name, why, text, padding), refused: [code] }
}

function fingerprintOf(text: string, padding: number): string {
  const bytes = concat(toUtf8(text), new Uint8Array(padding).fill(0x20))
  return toHex(sha256(bytes))
    .slice(2)
    .replaceAll(/.{4}(?=.)/g, '$& ')
}
