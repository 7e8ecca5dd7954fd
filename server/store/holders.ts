/** Holders and the index by which their certificates are found. No name and no number is kept, only keyed hashes. */
import type { CertificateRow, Page } from './store.ts'

export type HolderKind = 'natural' | 'legal'

export interface HolderRow {
  /** 32 random bytes: what others know a holder by. */
  id: Uint8Array
  kind: HolderKind
  /** HMAC of kind and number under the gateway's look-up key, 32 bytes. */
  lookup: Uint8Array
  createdAt: number
}

export interface HolderStore {
  /** The holder with this look-up value; writes this row when there is none. */
  ensureHolder(holder: HolderRow): Promise<HolderRow>
  holderById(id: Uint8Array): Promise<HolderRow | null>
  holderByLookup(lookup: Uint8Array): Promise<HolderRow | null>
  /** Certificates of the holder with this look-up value, newest first. */
  certificatesOfHolder(lookup: Uint8Array, page: Page): Promise<CertificateRow[]>
  /** Look-up values of the holders of the certificate with this number. */
  holdersOfCertificate(seq: number): Promise<Uint8Array[]>
  /** Notes the holders of a certificate that was accepted without them; those noted already stay. */
  indexHolders(seq: number, lookups: Uint8Array[]): Promise<void>
}
