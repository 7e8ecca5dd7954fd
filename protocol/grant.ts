/**
 * Grants: a holder's consent to the reuse of certificates, as the EIP-712 message that a wallet shows and `GrantRegistry`
 * checks (docs/formats.md §16, https://eips.ethereum.org/EIPS/eip-712).
 *
 * What is signed is read strictly, member by member: encoders skip a member that the types do not name, and a wallet might
 * show it. Signatures are never an identity; the digest names a grant.
 */
import { keccak256 } from '#crypto'
import { concat, fromHex, toHex, toUtf8 } from './bytes.ts'
import type { JsonObject, JsonValue } from './json.ts'
import { Refusal, invariant } from './refusal.ts'
import { hex, list, literal, object, string, type Shape } from './shape.ts'

/** One certificate and the fields of it that may be read. */
export interface Item {
  /** Leaf hash of the certificate, 0x-hex. */
  certificate: string
  fields: string[]
}

export interface Terms {
  items: Item[]
  /** Department id: keccak256 of its USCC, 0x-hex. */
  grantee: string
  matter: string
  purpose: string
  maxUses: number
  /** keccak256 of the UTF-8 text that the holder was shown, 0x-hex. */
  notice: string
  /** 32 random bytes, 0x-hex: nobody can guess the terms from their hash. */
  salt: string
}

export interface ReuseGrant {
  /** keccak256 of the signer, 0x-hex. */
  holder: string
  terms: Terms
  /** Seconds: first and last of its validity. */
  notBefore: number
  notAfter: number
  /** The holder's epoch at `GrantRegistry`. */
  epoch: bigint
}

/** Where a message counts: one contract on one chain. */
export interface GrantDomain {
  chainId: number
  /** Address of `GrantRegistry`, 0x-hex in lower case. */
  verifyingContract: string
}

const NAME = 'onceproof GrantRegistry'
/** Another name than the contract's: what shows that somebody has a key can stand for nothing at the contract. */
const KEY_NAME = 'onceproof HolderKey'
const VERSION = '1'

/** Members of each struct, in the order in which they are hashed. */
const STRUCTS = {
  EIP712Domain: [
    ['name', 'string'],
    ['version', 'string'],
    ['chainId', 'uint256'],
    ['verifyingContract', 'address'],
  ],
  ReuseGrant: [
    ['holder', 'bytes32'],
    ['terms', 'Terms'],
    ['notBefore', 'uint48'],
    ['notAfter', 'uint48'],
    ['epoch', 'uint64'],
  ],
  Terms: [
    ['items', 'Item[]'],
    ['grantee', 'bytes32'],
    ['matter', 'string'],
    ['purpose', 'string'],
    ['maxUses', 'uint32'],
    ['notice', 'bytes32'],
    ['salt', 'bytes32'],
  ],
  Item: [
    ['certificate', 'bytes32'],
    ['fields', 'string[]'],
  ],
  Withdrawal: [
    ['holder', 'bytes32'],
    ['grant', 'bytes32'],
  ],
  WithdrawAll: [
    ['holder', 'bytes32'],
    ['epoch', 'uint64'],
  ],
  HolderKey: [
    ['holder', 'bytes32'],
    ['nonce', 'bytes32'],
    ['deadline', 'uint48'],
  ],
} as const

type Struct = keyof typeof STRUCTS
export type GrantMessage = 'ReuseGrant' | 'Withdrawal' | 'WithdrawAll' | 'HolderKey'

/** The structs that a struct refers to, in the order in which EIP-712 writes them after it: by name. */
const REFERRED: Record<Struct, Struct[]> = {
  EIP712Domain: [],
  ReuseGrant: ['Item', 'Terms'],
  Terms: ['Item'],
  Item: [],
  Withdrawal: [],
  WithdrawAll: [],
  HolderKey: [],
}

/** `encodeType` of EIP-712. */
function typeText(struct: Struct): string {
  const one = (name: Struct) =>
    `${name}(${STRUCTS[name].map(([member, type]) => `${type} ${member}`).join(',')})`
  return [struct, ...REFERRED[struct]].map(one).join('')
}

const TYPE_HASH = Object.fromEntries(
  (Object.keys(STRUCTS) as Struct[]).map(name => [name, keccak256(toUtf8(typeText(name)))]),
) as Record<Struct, Uint8Array>

// ---- hashes

/** Id of a holder at `GrantRegistry`: keccak256 of the key (0x-hex) that signs. */
export function chainHolder(signer: string): string {
  return toHex(keccak256(bytesOf(signer)))
}

/** What `Terms.notice` says of the text that the holder was shown. */
export function noticeHash(text: string): string {
  return toHex(keccak256(toUtf8(text)))
}

/** `hashStruct(terms)`: all that the chain learns of the terms, 0x-hex. */
export function termsHash(terms: Terms): string {
  return toHex(hashOfTerms(terms))
}

/** The digest that the holder signs, and that names the grant from then on; 0x-hex. */
export function grantDigest(domain: GrantDomain, grant: ReuseGrant): string {
  return digestOf(
    domain,
    keccak256(
      concat(
        TYPE_HASH.ReuseGrant,
        bytesOf(grant.holder),
        hashOfTerms(grant.terms),
        word(grant.notBefore),
        word(grant.notAfter),
        word(grant.epoch),
      ),
    ),
  )
}

/** What the holder signs to withdraw one grant; 0x-hex. */
export function withdrawalDigest(domain: GrantDomain, holder: string, grant: string): string {
  return digestOf(domain, keccak256(concat(TYPE_HASH.Withdrawal, bytesOf(holder), bytesOf(grant))))
}

/** What the holder signs to withdraw every grant of an epoch; 0x-hex. */
export function withdrawAllDigest(domain: GrantDomain, holder: string, epoch: bigint): string {
  return digestOf(domain, keccak256(concat(TYPE_HASH.WithdrawAll, bytesOf(holder), word(epoch))))
}

/** What somebody signs to show that he has a key: the gateway's id of the holder, a nonce of its choice; 0x-hex. */
export function holderKeyDigest(
  domain: GrantDomain,
  challenge: { holder: string; nonce: string; deadline: number },
): string {
  const { holder, nonce, deadline } = challenge
  return digestOf(
    domain,
    keccak256(concat(TYPE_HASH.HolderKey, bytesOf(holder), bytesOf(nonce), word(deadline))),
    KEY_NAME,
  )
}

function digestOf(
  { chainId, verifyingContract }: GrantDomain,
  structHash: Uint8Array,
  name: string = NAME,
): string {
  const separator = keccak256(
    concat(
      TYPE_HASH.EIP712Domain,
      keccak256(toUtf8(name)),
      keccak256(toUtf8(VERSION)),
      word(chainId),
      concat(new Uint8Array(12), bytesOf(verifyingContract)),
    ),
  )
  return toHex(keccak256(concat(Uint8Array.of(0x19, 0x01), separator, structHash)))
}

function hashOfTerms(terms: Terms): Uint8Array {
  const items = terms.items.map(({ certificate, fields }) =>
    keccak256(
      concat(
        TYPE_HASH.Item,
        bytesOf(certificate),
        keccak256(concat(...fields.map(field => keccak256(toUtf8(field))))),
      ),
    ),
  )
  return keccak256(
    concat(
      TYPE_HASH.Terms,
      keccak256(concat(...items)),
      bytesOf(terms.grantee),
      keccak256(toUtf8(terms.matter)),
      keccak256(toUtf8(terms.purpose)),
      word(terms.maxUses),
      bytesOf(terms.notice),
      bytesOf(terms.salt),
    ),
  )
}

function word(value: number | bigint): Uint8Array {
  return bytesOf(`0x${value.toString(16).padStart(64, '0')}`)
}

function bytesOf(text: string): Uint8Array {
  const bytes = fromHex(text)
  invariant(bytes !== null, 'hashes, keys and addresses are lower-case hex')
  return bytes
}

// ---- typed data, as a wallet shows it

/** `eth_signTypedData_v4` of a grant: integers as decimal text, which every wallet reads alike. */
export function grantTypedData(domain: GrantDomain, grant: ReuseGrant): JsonObject {
  const { holder, terms, notBefore, notAfter, epoch } = grant
  return typedData(domain, 'ReuseGrant', {
    holder,
    terms: {
      items: terms.items.map(({ certificate, fields }) => ({ certificate, fields })),
      grantee: terms.grantee,
      matter: terms.matter,
      purpose: terms.purpose,
      maxUses: String(terms.maxUses),
      notice: terms.notice,
      salt: terms.salt,
    },
    notBefore: String(notBefore),
    notAfter: String(notAfter),
    epoch: String(epoch),
  })
}

/** `eth_signTypedData_v4` of the withdrawal of one grant. */
export function withdrawalTypedData(domain: GrantDomain, holder: string, grant: string): JsonObject {
  return typedData(domain, 'Withdrawal', { holder, grant })
}

/** `eth_signTypedData_v4` of the withdrawal of everything granted in an epoch. */
export function withdrawAllTypedData(domain: GrantDomain, holder: string, epoch: bigint): JsonObject {
  return typedData(domain, 'WithdrawAll', { holder, epoch: String(epoch) })
}

/** `eth_signTypedData_v4` of what shows that somebody has a key. */
export function holderKeyTypedData(
  domain: GrantDomain,
  { holder, nonce, deadline }: { holder: string; nonce: string; deadline: number },
): JsonObject {
  return typedData(domain, 'HolderKey', { holder, nonce, deadline: String(deadline) })
}

function typedData(domain: GrantDomain, primaryType: GrantMessage, message: JsonObject): JsonObject {
  return {
    types: typesFor(primaryType),
    primaryType,
    domain: {
      name: primaryType === 'HolderKey' ? KEY_NAME : NAME,
      version: VERSION,
      chainId: domain.chainId,
      verifyingContract: domain.verifyingContract,
    },
    message,
  }
}

function typesFor(primaryType: GrantMessage): JsonObject {
  const names: Struct[] = ['EIP712Domain', primaryType, ...REFERRED[primaryType]]
  return Object.fromEntries(
    names.map(name => [name, STRUCTS[name].map(([member, type]) => ({ name: member, type }))]),
  )
}

/** Most certificates in one grant, and most fields of one of them. */
const MAX_ITEMS = 32
const MAX_FIELDS = 200

const word32 = hex(32)
const decimal = (most: bigint): Shape => {
  const digits = string(/^(?:0|[1-9]\d{0,19})$/)
  return value => digits(value) ?? (BigInt(value as string) <= most ? null : '')
}
/** Without control characters and lone surrogates: what is signed must be what is read. */
const plainText: Shape = value =>
  typeof value === 'string' &&
  value.length >= 1 &&
  value.length <= 200 &&
  !/[\p{Cc}\p{Cs}\p{Cf}]/u.test(value)
    ? null
    : ''
const distinctTexts: Shape = value =>
  list(plainText, 1, MAX_FIELDS)(value) ??
  (new Set(value as string[]).size === (value as string[]).length ? null : '')
const distinctItems: Shape = value => {
  const wrong = list(object({ certificate: word32, fields: distinctTexts }), 1, MAX_ITEMS)(value)
  if (wrong !== null) return wrong
  const items = value as { certificate: string }[]
  return new Set(items.map(({ certificate }) => certificate)).size === items.length ? null : ''
}
const uint32 = decimal(2n ** 32n - 1n)
const uint48 = decimal(2n ** 48n - 1n)
const uint64 = decimal(2n ** 64n - 1n)

const GRANT_MESSAGE = object({
  holder: word32,
  terms: object({
    items: distinctItems,
    grantee: word32,
    matter: plainText,
    purpose: plainText,
    maxUses: uint32,
    notice: word32,
    salt: word32,
  }),
  notBefore: uint48,
  notAfter: uint48,
  epoch: uint64,
})

/**
 * Reads the typed data of a grant as `grantTypedData` writes it, for this contract on this chain. Refuses TYPED_DATA_SHAPE (a
 * member missing, unknown or out of range, also one that no type names), TYPED_DATA_TYPES (other types or another message)
 * and TYPED_DATA_DOMAIN (another name, version, chain or contract).
 */
export function readGrantTypedData(value: JsonValue, domain: GrantDomain): ReuseGrant {
  const wrong = object({ types: anything, primaryType: anything, domain: anything, message: anything })(value)
  if (wrong !== null) throw shapeRefusal(wrong)
  const { types, primaryType, domain: found, message } = value as Record<string, JsonValue>
  if (primaryType !== 'ReuseGrant' || !sameJson(types!, typesFor('ReuseGrant'))) {
    throw new Refusal('TYPED_DATA_TYPES', 'the types are not those of a ReuseGrant', { field: 'types' })
  }
  const misplaced = object({
    name: literal(NAME),
    version: literal(VERSION),
    chainId: literal(domain.chainId),
    verifyingContract: literal(domain.verifyingContract),
  })(found!)
  if (misplaced !== null) {
    throw new Refusal('TYPED_DATA_DOMAIN', 'signed for another contract or chain', {
      field: `domain.${misplaced}`,
    })
  }
  const bad = GRANT_MESSAGE(message!)
  if (bad !== null) throw shapeRefusal(`message.${bad}`)
  return grantOf(message as unknown as SignedMessage)
}

interface SignedMessage {
  holder: string
  terms: Omit<Terms, 'maxUses'> & { maxUses: string }
  notBefore: string
  notAfter: string
  epoch: string
}

function grantOf({ holder, terms, notBefore, notAfter, epoch }: SignedMessage): ReuseGrant {
  return {
    holder,
    terms: { ...terms, maxUses: Number(terms.maxUses) },
    notBefore: Number(notBefore),
    notAfter: Number(notAfter),
    epoch: BigInt(epoch),
  }
}

const anything: Shape = () => null
const shapeRefusal = (field: string) =>
  new Refusal('TYPED_DATA_SHAPE', 'a member of the typed data is missing, unknown or wrong', { field })

function sameJson(a: JsonValue, b: JsonValue): boolean {
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((one, i) => sameJson(one, b[i]!))
    )
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return a === b
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every(name => Object.hasOwn(b, name) && sameJson(a[name]!, b[name]!))
  )
}

// ---- signatures of accounts

/** Order of secp256k1. https://www.secg.org/sec2-v2.pdf §2.4.1 */
const ORDER =
  0xff_ff_ff_ff_ff_ff_ff_ff_ff_ff_ff_ff_ff_ff_ff_fe_ba_ae_dc_e6_af_48_a0_3b_bf_d2_5e_8c_d0_36_41_41n

/**
 * r ‖ s ‖ v with v 27 or 28, the one form that contracts take, of a secp256k1 signature in any form that wallets give: v as 0,
 * 1, 27 or 28, or compact (https://eips.ethereum.org/EIPS/eip-2098). Refuses SIGNATURE_FORM for other lengths and v, r or s out
 * of range, and a high s, which would be a second signature of the same message.
 */
export function accountSignature(signature: Uint8Array): Uint8Array {
  const form = (found: string) =>
    new Refusal('SIGNATURE_FORM', 'not a signature of an account', {
      field: 'signature',
      expected: '65 bytes with v 0, 1, 27 or 28, or 64 compact bytes (EIP-2098); low s',
      found,
    })
  if (signature.length !== 64 && signature.length !== 65) throw form(`${signature.length} bytes`)
  const normal = new Uint8Array(65)
  normal.set(signature)
  if (signature.length === 64) {
    normal[64] = 27 + (normal[32]! >> 7)
    normal[32]! &= 0x7f
  } else if (normal[64]! < 2) normal[64]! += 27
  if (normal[64] !== 27 && normal[64] !== 28) throw form(`v ${normal[64]}`)
  const r = BigInt(toHex(normal.subarray(0, 32)))
  const s = BigInt(toHex(normal.subarray(32, 64)))
  if (r === 0n || r >= ORDER || s === 0n) throw form('r or s out of range')
  if (s > ORDER / 2n) throw form('high s')
  return normal
}
