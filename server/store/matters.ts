/** Matters as they were published. Verbs as in `store.ts`: each is one transaction, durable when it resolves. */
import type { Once } from './store.ts'

export interface MatterRow {
  code: string
  version: number
  /** The whole definition, exact JSON text. */
  definition: string
  /** SHA-256 of that text. */
  digest: Uint8Array
  /** Who published it: an account or a machine. */
  publishedBy: string
  createdAt: number
}

export interface MatterStore {
  /**
   * All or none; a version with the same content is left as it is. Returns the rows as they are kept. Refuses
   * MATTER_VERSION_EXISTS and IDEMPOTENCY_KEY_REUSED.
   */
  saveMatters(matters: MatterRow[], once: Once): Promise<MatterRow[]>
  /** Newest version of each, by code. */
  matters(): Promise<MatterRow[]>
  matterVersion(code: string, version: number): Promise<MatterRow | null>
}
