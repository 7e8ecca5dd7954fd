/**
 * What this browser keeps of somebody's keys: where a passkey is found, or a key encrypted under a passphrase. Also the chain and contract
 * for which it was made: a gateway that later names others gets no signature.
 */
import type { GrantDomain } from '../../../../protocol/grant.ts'
import type { WrappedKey } from './passphrase.ts'
import { KeyTrouble } from './trouble.ts'

export type KeptKey = {
  format: typeof FORMAT
  /** 0x-hex. */
  signer: string
  domain: GrantDomain
} & (
  { kind: 'passkey'; credential: string } | { kind: 'passphrase'; wrapped: WrappedKey } | { kind: 'external' }
)

type NewKey = KeptKey extends infer Key ? (Key extends KeptKey ? Omit<Key, 'format'> : never) : never

const FORMAT = 'onceproof-key/1'
const STORE = 'onceproof-wallet-keys'

export function keptKey(signer: string): KeptKey | null {
  return all().find(key => key.signer === signer) ?? null
}

export function keepKey(key: NewKey): void {
  const others = all().filter(({ signer }) => signer !== key.signer)
  localStorage.setItem(STORE, JSON.stringify([...others, { ...key, format: FORMAT }]))
}

export function forgetKey(signer: string): void {
  localStorage.setItem(STORE, JSON.stringify(all().filter(key => key.signer !== signer)))
}

/** The encrypted key as a file for another browser; worth nothing without the passphrase. */
export function backupOf(key: KeptKey): Blob {
  return new Blob([JSON.stringify(key, null, 2)], { type: 'application/json' })
}

/** Takes a backup of this very key. Throws KeyTrouble `backup` for anything else, and `other-key` for another one's. */
export function restoreBackup(text: string, signer: string): void {
  const key = parsed(text)
  if (!isKept(key) || key.kind !== 'passphrase') throw new KeyTrouble('backup')
  if (key.signer !== signer) throw new KeyTrouble('other-key')
  keepKey(key)
}

function all(): KeptKey[] {
  const found = parsed(localStorage.getItem(STORE) ?? '[]')
  return Array.isArray(found) ? found.filter(isKept) : []
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}

function isKept(value: unknown): value is KeptKey {
  if (typeof value !== 'object' || value === null) return false
  const { format, signer, domain, kind, wrapped, credential } = value as Record<string, unknown>
  const isOfKind =
    kind === 'external' ||
    (kind === 'passkey' && typeof credential === 'string') ||
    (kind === 'passphrase' && isWrapped(wrapped))
  return (
    format === FORMAT &&
    typeof signer === 'string' &&
    typeof domain === 'object' &&
    domain !== null &&
    isOfKind
  )
}

function isWrapped(value: unknown): value is WrappedKey {
  const { kdf, cipher } = (value ?? {}) as Partial<WrappedKey>
  return (
    kdf?.name === 'PBKDF2-SHA-256' &&
    Number.isInteger(kdf.rounds) &&
    typeof kdf.salt === 'string' &&
    cipher?.name === 'AES-256-GCM' &&
    typeof cipher.iv === 'string' &&
    typeof cipher.text === 'string'
  )
}
