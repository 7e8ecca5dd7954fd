/**
 * People who sign in: their accounts, what they were assigned to, and their sessions. An account is found by a keyed hash of
 * what the identity provider calls the person; no name, no number and no name of a provider's is kept in the clear.
 */

export interface AccountRow {
  /** ULID; what records call the person. */
  id: string
  /** HMAC of issuer and subject under the gateway's look-up key, 32 bytes. */
  lookup: Uint8Array
  createdAt: number
}

export const STAFF_ROLES = ['maker', 'checker', 'officer', 'supervisor', 'operator', 'auditor'] as const
export type StaffRole = (typeof STAFF_ROLES)[number]

export interface AssignmentRow {
  /** ULID. */
  id: string
  account: string
  role: StaffRole
  /** null for roles that are of no department. */
  department: string | null
  /** Seconds. */
  from: number
  /** Seconds, exclusive; null = until it is ended. */
  until: number | null
  /** Subject of the caller who assigned. */
  by: string
  createdAt: number
  endedAt: number | null
  endedBy: string | null
}

export type SessionRole = StaffRole | 'holder' | 'guest'

/** As what somebody acts in a session. */
export interface TakenRole {
  role: SessionRole
  department: string | null
  /** Of role `holder`: as whom, base64url of 32 bytes. */
  holder: string | null
}

export interface SessionRow extends TakenRole {
  /** SHA-256 of the cookie's value, 32 bytes: whoever reads the database cannot take up a session. */
  digest: Uint8Array
  account: string
  /** Id of the holder that the person is; null when the provider gave no number. */
  person: string | null
  /** Seconds; when the provider last saw the person's credentials. */
  authenticatedAt: number
  createdAt: number
  usedAt: number
  expiresAt: number
  /** Personal content, under a key that only the cookie gives. */
  sealed: Uint8Array
}

export interface IdentityStore {
  /** The accounts with these look-up values, in their order; writes those that are new. */
  ensureAccounts(accounts: AccountRow[]): Promise<AccountRow[]>
  accountById(id: string): Promise<AccountRow | null>
  /**
   * Writes assignments, all or none. One that is open with the same account, role, department and dates stands for it; refuses
   * ASSIGNMENT_EXISTS when its dates are others, and ACCOUNT_NOT_FOUND.
   */
  assign(assignments: AssignmentRow[]): Promise<AssignmentRow[]>
  assignmentById(id: string): Promise<AssignmentRow | null>
  /** Newest first; `before` is an id, exclusive. */
  assignments(
    filter: { account?: string; department?: string },
    page: { before: string | null; limit: number },
  ): Promise<AssignmentRow[]>
  /** What the account is assigned to at this second. */
  assignmentsOf(account: string, at: number): Promise<AssignmentRow[]>
  /** Refuses ASSIGNMENT_NOT_FOUND; one that has ended stays as it is. */
  endAssignment(id: string, at: number, by: string): Promise<AssignmentRow>
  /** Begins a session and ends the one that it replaces; forgets all that were not used since `idleSince`. */
  beginSession(session: SessionRow, replaces: Uint8Array | null, idleSince: number): Promise<void>
  sessionByDigest(digest: Uint8Array): Promise<SessionRow | null>
  touchSession(digest: Uint8Array, usedAt: number): Promise<void>
  /** Refuses SESSION_ENDED. */
  takeRole(digest: Uint8Array, taken: TakenRole): Promise<SessionRow>
  /** A no-op when there is none. */
  endSession(digest: Uint8Array): Promise<void>
}
