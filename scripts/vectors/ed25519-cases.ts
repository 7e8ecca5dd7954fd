/**
 * Certificates and checkpoints under Ed25519 keys and signatures about which libraries differ (docs/formats.md §3, §7).
 */
import { toUtf8 } from '../../protocol/bytes.ts'
import { leafHash } from '../../protocol/log.ts'
import { certificateCase, type Case } from './case.ts'
import {
  addOrder,
  mixedOrderKey,
  NOT_CANONICAL,
  signWithCrookedR,
  signWithIdentity,
  SMALL_ORDER,
} from './ed25519-edges.ts'
import type { LogKey } from './keys.ts'
import { checkpointOf, edgeKeys, edgeLogKeys, keys, noteKeys, receiptWith } from './scene.ts'

const TRUST = 'trust-edge-note-keys.json'
const { secret } = keys.civilAffairsEdDSA
const underIdentity = (encodedR: Uint8Array) => (input: string) =>
  signWithIdentity(secret, encodedR, toUtf8(input))

/** Signatures that hold, although some readers refuse them. */
export function ed25519ValidCases(): Case[] {
  return [
    certificateCase(
      'eddsa_key_of_mixed_order',
      'A key with a part of small order is none of small order; this signature holds without cofactor.',
      'VALID',
      {},
      { key: mixedOrderKey },
    ),
  ]
}

/** Signatures that do not hold, although some readers accept them. */
export function ed25519InvalidCases(): Case[] {
  const wrong = (name: string, why: string, options: Parameters<typeof certificateCase>[4]): Case =>
    certificateCase(name, why, 'TAMPERED', { intact: 'no SIGNATURE_WRONG' }, options)
  const eddsa = (name: string, why: string, sign: (input: string) => Uint8Array) =>
    wrong(name, why, { key: keys.civilAffairsEdDSA, sign })
  const wrongNote = (name: string, why: string, key: LogKey, trust?: string): Case =>
    certificateCase(
      name,
      why,
      'TAMPERED',
      { anchored: 'no NOTE_SIGNATURE', authorised: 'unknown ANCHOR_TIME_UNKNOWN' },
      {},
      {
        ...(trust === undefined ? {} : { trust }),
        receipt: (_, statement) =>
          receiptWith([leafHash(statement)], 0, checkpointOf(key, [leafHash(statement)])),
      },
    )
  const signedBy = (sign: LogKey['sign']): LogKey => ({ ...noteKeys.main, sign })

  return [
    ...Object.keys(SMALL_ORDER).map(name =>
      wrong(
        `eddsa_key_of_small_${name}`,
        'Under a key of small order anybody can sign: this one has no secret.',
        { key: edgeKeys[name]! },
      ),
    ),
    ...Object.keys(NOT_CANONICAL).map(name =>
      wrong(
        `eddsa_key_not_canonical_${name}`,
        'A point of small order in another encoding: anybody can sign.',
        { key: edgeKeys[name]! },
      ),
    ),
    wrong(
      'eddsa_key_of_mixed_order_with_cofactor_only',
      'Holds only for readers that multiply by the cofactor.',
      { key: mixedOrderKey, sign: mixedOrderKey.signForCofactor },
    ),
    eddsa(
      'eddsa_r_with_a_part_of_small_order',
      'Holds only for readers that multiply by the cofactor.',
      input => signWithCrookedR(secret, toUtf8(input)),
    ),
    eddsa(
      'eddsa_r_of_small_order',
      'R is the identity, canonically encoded: the equation holds, some libraries accept it, some refuse it.',
      underIdentity(SMALL_ORDER['order_1']!),
    ),
    ...['order_1_y_above_p', 'order_1_y_above_p_signed', 'order_1_signed'].map(name =>
      eddsa(
        `eddsa_r_not_canonical_${name}`,
        'R is the identity in another encoding: holds for readers that compare points, not bytes.',
        underIdentity(NOT_CANONICAL[name]!),
      ),
    ),

    ...Object.keys({ ...SMALL_ORDER, ...NOT_CANONICAL }).map(name =>
      wrongNote(
        `note_key_of_small_${name}`,
        'The trust file lists a note key of small order. It is read, but no signature holds under it.',
        edgeLogKeys[name]!,
        TRUST,
      ),
    ),
    wrongNote(
      'note_signature_with_s_above_the_order',
      'S + L instead of S: refused by RFC 8032.',
      signedBy(data => addOrder(noteKeys.main.sign(data))),
    ),
    wrongNote(
      'note_signature_with_r_not_canonical',
      'R is the identity in another encoding.',
      signedBy(data => signWithIdentity(noteKeys.main.secret, NOT_CANONICAL['order_1_y_above_p']!, data)),
    ),
    wrongNote(
      'note_signature_with_r_of_small_order',
      'R is the identity, canonically encoded.',
      signedBy(data => signWithIdentity(noteKeys.main.secret, SMALL_ORDER['order_1']!, data)),
    ),
    wrongNote(
      'note_signature_with_cofactor_only',
      'Holds only for readers that multiply by the cofactor.',
      signedBy(data => signWithCrookedR(noteKeys.main.secret, data)),
    ),
  ]
}
