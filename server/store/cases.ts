/**
 * Cases: one application for one matter, from its opening to its last step. Verbs as in `store.ts`: each is one transaction,
 * durable when it resolves, and what it tells (the case's events, the deliveries of webhooks) is written in the same one.
 */
import type { Once, Sealed, StatusAction } from './store.ts'

export type CaseState = 'open' | 'done' | 'closed'
export type Channel = 'online' | 'counter' | 'phone' | 'paper'
export type CaseGround = 'duty' | 'consent' | 'presentation'

export interface CaseParty {
  /** Counts the parties of a case from 0. */
  number: number
  role: string
  /** Holder id, 32 bytes. */
  holder: Uint8Array
}

export interface NewCase {
  /** ULID. */
  id: string
  /** What people say, type and print: 事项-年月日-8 characters. */
  number: string
  matter: string
  version: number
  channel: Channel
  /** Codes of every department that takes part, the lead first. */
  departments: string[]
  conditions: Record<string, boolean>
  /** Who helped at the counter; null = nobody did. */
  assistedBy: string | null
  openedBy: string
  parties: CaseParty[]
  /** The certificates it asks for: requirement of the matter and party of the case. */
  items: { requirement: number; party: number }[]
  /** Department of each step. */
  steps: string[]
}

/** A copy that a department took of a certificate: a file with exactly the fields that it may see. */
export interface Adoption {
  identifier: string
  ground: CaseGround
  /** Id of the use. */
  use: string
  department: string
  by: string
  copy: Sealed
  copyExpiresAt: number
}

export interface CaseItemRow {
  number: number
  requirement: number
  party: number
  adopted: (Omit<Adoption, 'copy'> & { copy: Sealed | null; at: number }) | null
  /** The certificate's status changed while the case was open. */
  flagged: { action: StatusAction; at: number } | null
  /** Asked for on paper: `reason` when it could have been pulled (an override of 免提交). */
  paper: { reason: string | null; by: string; department: string; at: number } | null
}

export type StepState = 'pending' | 'issuing' | 'done' | 'returned'

export interface CaseStepRow {
  number: number
  department: string
  state: StepState
  by: string | null
  reason: string | null
  at: number | null
}

export type Replacing = 'revoke' | 'supersede'

export interface NewOutput {
  /** Place in the matter's outputs. */
  output: number
  cert: string
  /** The fields, sealed under the department's key; null for a record. */
  request: Sealed | null
  /** Certificate that this one stands for from now on. */
  replaces: { identifier: string; how: Replacing; reason: string } | null
  /** Id of a notarized record that is the output. */
  record: string | null
}

export interface CaseOutputRow extends NewOutput {
  number: number
  step: number
  /** `given-up`: it was written down and will not be issued; another may take its place. */
  state: 'intended' | 'issued' | 'given-up'
  identifier: string | null
}

export interface CaseRow extends Omit<NewCase, 'items' | 'steps'> {
  state: CaseState
  openedAt: number
  closedAt: number | null
  closedReason: string | null
  items: CaseItemRow[]
  steps: CaseStepRow[]
  outputs: CaseOutputRow[]
  /** Groups for which a declaration stands. */
  declarations: { group: string; by: string; at: number }[]
  /** ULIDs of the requests for consent, oldest first. */
  consentRequests: string[]
}

export type CaseEventName =
  | 'case-opened'
  | 'consent-asked'
  | 'item-adopted'
  | 'item-returned'
  | 'paper-asked'
  | 'declared'
  | 'step-issuing'
  | 'step-done'
  | 'step-returned'
  | 'step-given-up'
  | 'output-issued'
  | 'certificate-changed'
  | 'case-done'
  | 'case-closed'

export interface CaseEventRow {
  seq: number
  case: string
  at: number
  event: CaseEventName
  /** Ids, codes and numbers; no value of anybody. */
  data: Record<string, unknown>
}

export interface StepEnd {
  outcome: 'done' | 'returned' | 'given-up'
  by: string
  reason: string | null
}

/** Open ones of a department, of a holder, or by number. */
export type CaseFilter = { department: string } | { holder: Uint8Array } | { all: true }

export interface CaseStore {
  /** Refuses CASE_NUMBER_TAKEN (draw another) and IDEMPOTENCY_KEY_REUSED. The same `once` again gives the first one. */
  openCase(opened: NewCase, once: Once): Promise<CaseRow>
  caseById(id: string): Promise<CaseRow | null>
  caseByNumber(number: string): Promise<CaseRow | null>
  /** Newest first; `before` is a ULID. */
  cases(filter: CaseFilter, before: string | null, limit: number): Promise<CaseRow[]>
  /** Keeps a copy for an item. A no-op when it has one that is not flagged. Refuses CASE_NOT_OPEN. */
  adoptItem(id: string, item: number, adoption: Adoption): Promise<void>
  /** Notes that what was read for an item was not adopted. Refuses CASE_NOT_OPEN. */
  noteReturn(
    id: string,
    item: number,
    returned: { use: string; department: string; reason: string },
  ): Promise<void>
  /** The same again is a no-op. */
  noteConsentRequest(id: string, request: string): Promise<void>
  /** Refuses CASE_NOT_OPEN. */
  askPaper(
    id: string,
    item: number,
    paper: { reason: string | null; by: string; department: string },
    once: Once,
  ): Promise<void>
  /** Refuses CASE_NOT_OPEN. */
  declare(id: string, group: string, by: string, once: Once): Promise<void>
  /**
   * Writes down what a step will issue, before it does; a no-op when that is written already. Refuses CASE_NOT_OPEN,
   * CASE_STEP_NOT_NEXT and CASE_FLAGGED (a copy that was taken is of a certificate that has changed since).
   */
  intendOutputs(id: string, step: number, by: string, outputs: NewOutput[]): Promise<void>
  finishOutput(id: string, output: number, identifier: string | null): Promise<void>
  /**
   * Ends a step; one that is done already stays as it is. Done: the next may begin, and after the last the case is done. Returned: it waits, and the one before has to be
   * done again. Given up: it is judged again. What the step would have issued and has not is given up in both, its fields with it, and
   * what was issued stays. Refuses CASE_NOT_OPEN, CASE_STEP_NOT_NEXT, CASE_STEP_NOT_ISSUING (giving up) and, for the last one,
   * CASE_FLAGGED.
   */
  endStep(id: string, step: number, end: StepEnd, once: Once | null): Promise<void>
  /** Refuses CASE_NOT_OPEN. */
  closeCase(id: string, reason: string, by: string, once: Once): Promise<void>
  /** Cases with a step that began to issue at this second or before and has not ended. */
  issuingCases(since: number): Promise<{ id: string; step: number }[]>
  /**
   * Flags every open case that took a copy of a certificate whose status has changed since the last call, except by the case
   * itself. Returns the cases that it flagged. Changes are looked at once each, also across crashes.
   */
  flagChangedCertificates(): Promise<{ id: string; departments: string[] }[]>
  caseEvents(id: string, after: number, limit: number): Promise<CaseEventRow[]>
  /** Overrides of 免提交, by department. */
  paperOverrides(): Promise<{ department: string; count: number }[]>
  /** Destroys copies whose time is over; returns how many. */
  destroyExpiredCopies(now: number): Promise<number>
}
