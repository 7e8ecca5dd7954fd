/**
 * Batches before they are certificates: drafts with sealed rows, who had a hand in them, what was approved, and how far an approved
 * one has come; and proposals of a change of one certificate's status, which two people make in the same way.
 */
import type { Once, Sealed, StatusAction } from './store.ts'

/** *draft*, *rejected*: its makers may change it · *approved*: will be issued whatever crashes · *withdrawn*: its rows are erased. */
export type BatchState = 'draft' | 'submitted' | 'rejected' | 'approved' | 'issued' | 'withdrawn'

export interface NewBatch {
  /** ULID. */
  id: string
  /** Code of the department. */
  department: string
  /** Short code and version of the type, which are what will be issued. */
  type: string
  version: number
  source: 'json' | 'ndjson' | 'csv' | 'xlsx'
  /** Subject of whoever uploaded it. */
  maker: string
  /** The salt of its digest, and its name. */
  head: Sealed
}

export interface BatchRow extends NewBatch {
  state: BatchState
  /** Grows with every change, so that nobody changes what he has not seen. */
  revision: number
  rows: number
  /** How many of them have errors. */
  bad: number
  /** Whether bad rows are left out; said when it is submitted. */
  leaveOut: boolean
  /** Salted SHA-256 of what was submitted, 32 bytes. */
  digest: Uint8Array | null
  checker: string | null
  /** The checker's reason for rejecting. */
  remark: Sealed | null
  /** Code of what keeps an approved batch from being issued. */
  problem: string | null
  createdAt: number
  submittedAt: number | null
  decidedAt: number | null
  issuedAt: number | null
  /** The certificates: `issued` statements from this one on. */
  firstSeq: number | null
  issued: number
  deliveredAt: number | null
}

export interface BatchRowRow {
  n: number
  line: number
  bad: boolean
  /** Fields, holders and errors of the row. */
  sealed: Sealed
}

/** How many statements, in log order, are in a sealed checkpoint, and in one that is final on chain. */
export interface LogReach {
  sealed: number
  final: number
}

export type ProposalState = 'proposed' | 'approved' | 'done' | 'rejected' | 'withdrawn'

export interface NewProposal {
  id: string
  /** 证照标识. */
  identifier: string
  department: string
  action: StatusAction
  reason: string
  effective: string | null
  maker: string
  /** Salted SHA-256 of what is proposed, 32 bytes. */
  digest: Uint8Array
  /** Salt, and the new fields when it replaces the certificate. */
  content: Sealed
}

export interface ProposalRow extends Omit<NewProposal, 'content'> {
  state: ProposalState
  checker: string | null
  remark: Sealed | null
  problem: string | null
  /** null once it is done or given up. */
  content: Sealed | null
  createdAt: number
  decidedAt: number | null
  /** The statement of its order, and of the successor. */
  changeSeq: number | null
  successorSeq: number | null
}

/** Verbs with `once` write nothing when it was answered before. All refuse BATCH_NOT_FOUND or PROPOSAL_NOT_FOUND. */
export interface BatchStore {
  /** Stores a draft with its rows; returns its id, or the id of the first time. Refuses IDEMPOTENCY_KEY_REUSED. */
  createBatch(batch: NewBatch, rows: BatchRowRow[], once: Once | null): Promise<string>
  batchById(id: string): Promise<BatchRow | null>
  /** Newest first; `department` null = all. */
  listBatches(
    filter: { department: string | null; state: BatchState | null },
    page: { before: string | null; limit: number },
  ): Promise<BatchRow[]>
  /** In order, from number `from` on. */
  batchRows(id: string, from: number, limit: number, onlyBad: boolean): Promise<BatchRowRow[]>
  /** Refuses BATCH_STATE unless it may be changed, and BATCH_CHANGED when it is not at this revision. */
  changeBatchRows(
    id: string,
    change: { revision: number; by: string; put: BatchRowRow[]; remove: number[] },
    once: Once | null,
  ): Promise<void>
  /** Refuses BATCH_STATE, BATCH_CHANGED, BATCH_BAD_ROWS, BATCH_EMPTY. */
  submitBatch(
    id: string,
    submission: { revision: number; by: string; digest: Uint8Array; leaveOut: boolean },
    once: Once | null,
  ): Promise<void>
  /**
   * Approves what was submitted. Again by the same person with the same digest is a no-op. Refuses BATCH_STATE, BATCH_OWN_APPROVAL
   * (he had a hand in it) and BATCH_DIGEST_DIFFERS, in the same transaction.
   */
  approveBatch(id: string, by: string, digest: Uint8Array, once: Once | null): Promise<void>
  /** Gives it back to its makers. Refuses BATCH_STATE and BATCH_OWN_APPROVAL. */
  rejectBatch(id: string, by: string, remark: Sealed, once: Once | null): Promise<void>
  /** Gives it up and erases its rows. Refuses BATCH_STATE once it is approved. */
  withdrawBatch(id: string, by: string, once: Once | null): Promise<void>
  /**
   * Gives an approved batch up and erases its rows; `issuing` is what its issuing stands under, and nothing is issued under it any
   * more, also not what is being signed. Refuses BATCH_STATE when it is not approved or its certificates were accepted.
   */
  recallBatch(id: string, by: string, remark: Sealed, issuing: Once, once: Once | null): Promise<void>
  /** Approved and not issued, oldest first. */
  batchesToIssue(): Promise<BatchRow[]>
  /** Issued and not delivered, oldest first. */
  batchesToDeliver(): Promise<BatchRow[]>
  /** Why an approved batch is not issued yet; `isFinal`: it goes back to its makers. */
  noteBatchProblem(id: string, problem: string, isFinal: boolean): Promise<void>
  /** Says where the certificates are, and erases the rows. A no-op when it is issued already. */
  markBatchIssued(id: string, firstSeq: number, issued: number): Promise<void>
  markBatchDelivered(id: string): Promise<void>
  logReach(): Promise<LogReach>

  /** Refuses PROPOSAL_OPEN when the certificate has one that is not decided. Returns the id, or that of the first time. */
  createProposal(proposal: NewProposal, once: Once | null): Promise<string>
  proposalById(id: string): Promise<ProposalRow | null>
  /** Newest first; null = all. */
  listProposals(
    filter: { department: string | null; state: ProposalState | null; identifier: string | null },
    page: { before: string | null; limit: number },
  ): Promise<ProposalRow[]>
  /** As `approveBatch`: PROPOSAL_STATE, PROPOSAL_OWN_APPROVAL, PROPOSAL_DIGEST_DIFFERS. */
  approveProposal(id: string, by: string, digest: Uint8Array, once: Once | null): Promise<void>
  rejectProposal(id: string, by: string, remark: Sealed, once: Once | null): Promise<void>
  withdrawProposal(id: string, by: string, once: Once | null): Promise<void>
  proposalsToCarryOut(): Promise<ProposalRow[]>
  /** `isFinal`: it cannot be carried out any more and counts as rejected. */
  noteProposalProblem(id: string, problem: string, isFinal: boolean): Promise<void>
  /** Erases what was proposed: it is in the log now. */
  markProposalDone(id: string, changeSeq: number, successorSeq: number | null): Promise<void>
}
