/**
 * What was read of certificates, by whom and why; what was handed out for it; and what the law makes of it: legal bases, objections,
 * corrections, withholding, erasure. A use is a statement in the log; its row only makes it findable, and an audit compares both.
 */
import type { AcceptResult, NewStatement, Once, Page, Sealed, StatusChangeRow } from './store.ts'

export type Ground = 'duty' | 'consent' | 'presentation'

/** A reading, or with `refused` an attempt that was refused. */
export interface NewUse extends NewStatement {
  kind: 'use'
  /** ULID inside the statement's jti. */
  id: string
  certificateSeq: number
  identifier: string
  /** Code of the department that issued the certificate. */
  issuer: string
  /** Code of the department that reads. */
  department: string
  officer: string
  matter: string
  ground: Ground
  /** Code of the refusal; null = the values were handed out. */
  refused: string | null
  /** Seconds until when what was handed out may be kept; null for a refused attempt. */
  copyExpiresAt: number | null
}

export interface UseRow extends NewUse {
  seq: number
  acceptedAt: number
  /** Names, never values. */
  fields: string[]
  case: string | null
  /** Digest of the grant, 0x-hex. */
  grant: string | null
  basis: string | null
  copy: CopyState | null
}

/** `kept`: the gateway itself keeps the copy, sealed, until it expires. */
export interface CopyState {
  expiresAt: number
  kept: boolean
  destroyedAt: number | null
  why: 'expired' | 'erased' | null
}

/** What must still hold when the use is written; all of it is asked again inside the transaction. */
export interface UseCheck {
  certificateSeq: number
  leaf: Uint8Array
  identifier: string
  /** How many status changes the decision knew of. */
  changes: number
  department: string
  matter: string
  fields: string[]
  /** Seconds. */
  now: number
  /** Digest of the grant to count a use of. */
  grant: string | null
  /** Presentation to consume. */
  presentation: string | null
}

/** `refused`: what no longer holds, nothing was written. `changed`: the facts are others now, decide again; nothing was written. */
export type UseOutcome = { result: AcceptResult } | { refused: string } | { changed: true }

export interface UseFilter {
  certificateSeq?: number
  /** Look-up value of a holder of the certificate. */
  holder?: Uint8Array
  issuer?: string
  department?: string
  officer?: string
  ground?: Ground
  refused?: boolean
}

export interface DutyBasis {
  department: string
  matter: string
  type: string
  /** The law, as it will stand in every use on this ground. */
  basis: string
  recordedBy: string
  recordedAt: number
}

export interface WithholdingRow {
  id: string
  /** One certificate, or with null every certificate of `department`. */
  certificateSeq: number | null
  identifier: string | null
  /** Code of the department that issued. */
  department: string
  reason: string
  proposedBy: string
  proposedAt: number
  confirmedBy: string | null
  effectiveAt: number | null
  releaseReason: string | null
  releaseProposedBy: string | null
  releaseProposedAt: number | null
  releaseConfirmedBy: string | null
  releasedAt: number | null
  /** Numbers of the statements. */
  orderSeq: number | null
  releaseSeq: number | null
}

export type NewWithholding = Pick<
  WithholdingRow,
  'id' | 'certificateSeq' | 'identifier' | 'department' | 'reason' | 'proposedBy'
>

export interface ObjectionRow {
  id: string
  useSeq: number
  useId: string
  /** Who objects, base64url. */
  holder: string
  /** Department that read. */
  department: string
  says: Sealed | null
  createdAt: number
  dueAt: number
  outcome: 'upheld' | 'explained' | null
  answer: Sealed | null
  answeredBy: string | null
  answeredAt: number | null
}

export interface CorrectionRow {
  id: string
  certificateSeq: number
  identifier: string
  /** Department that issued. */
  department: string
  holder: string
  field: string
  says: Sealed | null
  createdAt: number
  dueAt: number
  outcome: 'corrected' | 'refused' | null
  /** The version that corrects it. */
  successor: string | null
  answer: Sealed | null
  answeredBy: string | null
  answeredAt: number | null
}

type Answered = 'outcome' | 'answer' | 'answeredBy' | 'answeredAt'
export type NewObjection = Omit<ObjectionRow, Answered | 'useId'> & { says: Sealed }
export type NewCorrection = Omit<CorrectionRow, Answered | 'successor'> & { says: Sealed }

export interface QueueFilter {
  department?: string
  holder?: string
  open?: boolean
}

export interface ErasureRow {
  certificateSeq: number
  identifier: string
  reason: string
  erasedBy: string
  erasedAt: number
}

export interface UseStore {
  /**
   * Writes a use with its statement, after asking again what `check` says and counting a use of grant or presentation: all in one
   * transaction. A refused attempt (`refused` set) is written without any check. A repetition writes and counts nothing.
   */
  recordUse(use: NewUse, check: UseCheck | null, once: Once | null): Promise<UseOutcome>
  useById(id: string): Promise<UseRow | null>
  useBySeq(seq: number): Promise<UseRow | null>
  /** Newest first. */
  uses(filter: UseFilter, page: Page): Promise<UseRow[]>
  /** How often each officer of a department read and was refused. */
  useCounts(department: string): Promise<{ officer: string; used: number; refused: number }[]>

  /**
   * Keeps what was handed out for a use, sealed, until the use's copy expires or earlier, at `expiresAt`. Refuses COPY_GONE when that
   * is past, the certificate was erased, or a copy is kept already.
   */
  keepCopy(useId: string, sealed: Sealed, expiresAt: number): Promise<void>
  /** null when it is not kept, or no longer. */
  copyOf(useId: string): Promise<Sealed | null>
  /** Destroys every kept copy whose time is over, and notes it; tells how many there were. */
  destroyExpiredCopies(now: number): Promise<number>

  /** Records the law by which a department reads a type of certificate in a matter; `basis` null takes it back. */
  saveDutyBasis(basis: Omit<DutyBasis, 'basis' | 'recordedAt'> & { basis: string | null }): Promise<void>
  dutyBasis(department: string, matter: string, type: string): Promise<DutyBasis | null>
  dutyBases(department: string | null): Promise<DutyBasis[]>

  /** Id of the order that withholds a certificate; null = none. */
  withheldBy(certificateSeq: number): Promise<string | null>
  withheldLeaf(leaf: Uint8Array): Promise<string | null>
  proposeWithholding(proposal: NewWithholding, once: Once | null): Promise<WithholdingRow>
  /** In force when this resolves. Refuses TWO_PERSONS and WITHHOLDING_STATE. */
  confirmWithholding(
    id: string,
    by: string,
    statement: NewStatement,
    once: Once | null,
  ): Promise<WithholdingRow>
  proposeRelease(id: string, by: string, reason: string, once: Once | null): Promise<WithholdingRow>
  confirmRelease(id: string, by: string, statement: NewStatement, once: Once | null): Promise<WithholdingRow>
  withholding(id: string): Promise<WithholdingRow | null>
  /** Newest first. */
  withholdings(): Promise<WithholdingRow[]>

  /** Refuses OBJECTION_EXISTS when this holder objected to this use before. */
  saveObjection(objection: NewObjection, once: Once | null): Promise<ObjectionRow>
  /** Refuses OBJECTION_ANSWERED. */
  answerObjection(
    id: string,
    answer: { outcome: 'upheld' | 'explained'; answer: Sealed; by: string },
    once: Once | null,
  ): Promise<ObjectionRow>
  objection(id: string): Promise<ObjectionRow | null>
  /** Oldest deadline first. */
  objections(filter: QueueFilter): Promise<ObjectionRow[]>

  saveCorrection(correction: NewCorrection, once: Once | null): Promise<CorrectionRow>
  /** Refuses CORRECTION_ANSWERED. */
  answerCorrection(
    id: string,
    answer: { outcome: 'corrected' | 'refused'; successor: string | null; answer: Sealed; by: string },
    once: Once | null,
  ): Promise<CorrectionRow>
  correction(id: string): Promise<CorrectionRow | null>
  corrections(filter: QueueFilter): Promise<CorrectionRow[]>

  /**
   * Erases a certificate: seed and values, its rows in the index of holders, copies that are kept of it, and what was asked to be
   * corrected in it, in one transaction. Statement and leaf stay. A repetition returns the first erasure. `erasedAt` is now, unless it
   * was erased before in a database that is gone.
   */
  erase(erasure: Omit<ErasureRow, 'erasedAt'> & { erasedAt?: number }, once: Once | null): Promise<ErasureRow>
  erasureOf(certificateSeq: number): Promise<ErasureRow | null>
}

/** What the status changes of a certificate are counted by. */
export const countedChanges = (changes: readonly StatusChangeRow[]): number =>
  changes.filter(change => change.state !== 'refused').length
