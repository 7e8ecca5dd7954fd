/** Statements, certificates and changes for the store's tests: well formed for the store, made from a counter, never signed. */
import { leafHash } from '../../../protocol/log.ts'
import type {
  NewCertificate,
  NewCheckpoint,
  NewRecord,
  NewStatusChange,
  NewTransaction,
  Once,
  Store,
} from '../../../server/store/store.ts'

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
export const TYPE_CODE = '11990100MB0000001X001'
export const OTHER_TYPE_CODE = '11990100MB0000001X002'
export const ISSUER = '11990100MB0000001X'

export function base32(number: number, length: number): string {
  let text = ''
  for (let rest = number; text.length < length; rest = Math.floor(rest / 32))
    text = CROCKFORD[rest % 32] + text
  return text
}

export function ulid(n: number): string {
  return base32(1_700_000_000_000 + n, 10) + base32(n * 7919, 16)
}

export function identifier(n: number, typeCode = TYPE_CODE): string {
  return `1.2.156.3005.2.${typeCode}.${ISSUER}.${ulid(n)}.001.${CROCKFORD[n % 32]}`
}

export function certificate(n: number, changed: Partial<NewCertificate> = {}): NewCertificate {
  const statement = `eyJhbGciOiJFUzI1NiJ9.${base32(n, 12)}.c2lnbmF0dXJl`
  return {
    kind: 'certificate',
    statement,
    leaf: leafHash(statement),
    identifier: identifier(n, changed.typeCode),
    department: 'PSB',
    typeCode: TYPE_CODE,
    shortCode: base32(n * 104_729, 8),
    statusList: 1,
    statusIndex: n % 131_072,
    validFrom: 1_700_000_000,
    validUntil: n % 2 === 0 ? null : 1_900_000_000,
    sealed: { keySalt: new Uint8Array(32).fill(n), ciphertext: new Uint8Array(100).fill(n + 1) },
    ...changed,
  }
}

export function certificates(from: number, count: number): NewCertificate[] {
  return Array.from({ length: count }, (_, i) => certificate(from + i))
}

export function record(n: number): NewRecord {
  const statement = `eyJ0eXAiOiJyZWNvcmQifQ.${base32(n, 12)}.c2lnbmF0dXJl`
  return { kind: 'record', id: ulid(n), statement, leaf: leafHash(statement) }
}

export function statusChange(n: number, changed: Partial<NewStatusChange> = {}): NewStatusChange {
  const statement = `eyJ0eXAiOiJzdGF0dXMifQ.${base32(n, 12)}.c2lnbmF0dXJl`
  return {
    kind: 'status',
    id: ulid(n),
    statement,
    leaf: leafHash(statement),
    identifier: identifier(n),
    action: 'revoke',
    reason: 'LOST',
    order: `{"indices":["${n}"]}`,
    orderDigest: new Uint8Array(32).fill(n),
    afterSeq: null,
    ...changed,
  }
}

export function once(key: string, request = 1): Once {
  return { key, request: new Uint8Array(32).fill(request) }
}

export function transaction(purpose: string, nonce: number, attempt = 0): NewTransaction {
  const hash = `0x${purpose.length}${nonce}${attempt}`.padEnd(66, '0')
  const account = `0x${'ab'.repeat(20)}`
  return { purpose, from: account, nonce, raw: `0x02${attempt}`, hash, to: null, createdAt: 1_700_000_000 }
}

export async function checkpointOf(store: Store, size: number): Promise<NewCheckpoint> {
  return {
    size,
    root: await store.rootAt(size),
    note: `origin\n${size}\n`,
    signature: new Uint8Array(65).fill(size % 251),
    sealedAt: 1_700_000_100,
  }
}

/** Accepts `count` records; they share one commit. */
export async function acceptRecords(store: Store, from: number, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, (_, i) => store.acceptRecord(record(from + i), null)))
}
