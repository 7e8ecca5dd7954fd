/**
 * Presentations 亮证, in the words of their domain: what a holder shows by a short-lived code. Verbs as in `store.ts`: each is one
 * transaction, durable when it resolves. Neither a token nor digits are kept, only what they are found by.
 */
import type { Once } from './store.ts'

/** What a code is found by; the next code of the same presentation takes its place. */
export interface PresentationCode {
  /** SHA-256 of the token, which is too random to be guessed. */
  token: Uint8Array
  /** Keyed hash of the digits, which are not. */
  digits: Uint8Array
  /** Seconds; from then on the code is dead. */
  expiresAt: number
}

export interface PresentedItem {
  certificateSeq: number
  leaf: Uint8Array
  identifier: string
  /** Short code of the type. */
  type: string
  /** Names, never values. */
  fields: string[]
}

export interface PresentedItemRow extends PresentedItem {
  /** When it was read; it can be read once. */
  usedAt: number | null
  /** How many of the fields were read then. */
  usedFields: number
}

export interface NewPresentation {
  /** ULID. */
  id: string
  /** Whose certificates they are, and who shows them. */
  holder: Uint8Array
  person: Uint8Array
  /** Code of the only department that may read it; null = whoever is shown the code. */
  verifier: string | null
  /** A code, so that nothing personal can stand in it. */
  purpose: string
  items: PresentedItem[]
  code: PresentationCode
}

/** Who was shown the code first. */
export interface PresentationReader {
  department: string
  officer: string
  matter: string | null
}

export interface PresentationRow extends Omit<NewPresentation, 'items' | 'code'> {
  /** Without those of certificates that were erased. */
  items: PresentedItemRow[]
  openedAt: number
  /** When the person last showed who he is for it. */
  steppedUpAt: number
  codeExpiresAt: number
  /** Since when the code is held. */
  pausedAt: number | null
  cancelledAt: number | null
  /** null: nobody was shown the code yet. */
  reader: PresentationReader | null
  resolvedAt: number | null
  /** From then on the reader can read no more of it. */
  readUntil: number | null
}

/** How many wrong digits within so many seconds are borne. */
export interface GuessLimits {
  windowSeconds: number
  ofOfficer: number
  ofDepartment: number
}

/** `guessing`: too many wrong digits; seconds until the next try. All but a found one leaves the presentation as it was. */
export type Resolution = { found: PresentationRow } | { refused: string } | { guessing: number }

/** What a reading is asked against a presentation for. */
export interface PresentationCheck {
  id: string
  leaf: Uint8Array
  department: string
  fields: string[]
  now: number
}

/**
 * Takes one certificate of a presentation as read and answers null, or answers why it may not be read and changes nothing. To be
 * called inside the transaction that writes the use. PRESENTATION_UNKNOWN (none such, or its code was shown to nobody),
 * PRESENTATION_OTHER_DEPARTMENT, PRESENTATION_CANCELLED, CODE_EXPIRED (not read in time), CODE_USED (this certificate was read),
 * FIELD_NOT_PRESENTED (this certificate or one of the fields is not shown).
 */
export type ConsumePresentation = (check: PresentationCheck) => string | null

export interface PresentationStore {
  /**
   * Opens a presentation with its first code. The same `once` again changes nothing and gives the first one's row. Refuses
   * DIGITS_TAKEN (the caller draws others), CERTIFICATE_ERASED and PRESENTATIONS_TOO_MANY (`most` of this holder's have a living code).
   */
  openPresentation(
    presentation: NewPresentation,
    most: number,
    once: Once | null,
  ): Promise<{ row: PresentationRow; repeated: boolean }>
  /**
   * A new code in the place of the last one, which is dead from then on. `steppedUpAt` when the person showed again who he is.
   * Refuses DIGITS_TAKEN, CODE_USED and PRESENTATION_CANCELLED.
   */
  renewPresentation(id: string, code: PresentationCode, steppedUpAt: number | null): Promise<PresentationRow>
  /** Holds the present code until `expiresAt`; a no-op while it is held. Refuses CODE_EXPIRED, CODE_USED, PRESENTATION_CANCELLED. */
  pausePresentation(id: string, expiresAt: number): Promise<PresentationRow>
  /** Ends it at once, also for a reader who has not read yet. Again is a no-op. Refuses CODE_USED when all of it was read. */
  cancelPresentation(id: string): Promise<PresentationRow>
  /**
   * Ends the code and binds the presentation to this reader until `readUntil`; of several who are shown one code exactly one gets
   * it. Wrong digits are counted, and too many of them stop this officer and department for a while. By digits it tells
   * PRESENTATION_UNKNOWN whatever is wrong, by a token also CODE_EXPIRED, CODE_USED and PRESENTATION_CANCELLED; by both
   * PRESENTATION_OTHER_DEPARTMENT. The same `once` of the same officer gives the same again.
   */
  resolvePresentation(
    code: { token: Uint8Array } | { digits: Uint8Array },
    reader: PresentationReader,
    readUntil: number,
    limits: GuessLimits,
    once: Once | null,
  ): Promise<Resolution>
  presentation(id: string): Promise<PresentationRow | null>
  /** The one whose last code has this token, dead or alive. */
  presentationByToken(token: Uint8Array): Promise<PresentationRow | null>
  /** Newest first; `before` is a ULID. */
  presentations(holder: Uint8Array, before: string | null, limit: number): Promise<PresentationRow[]>
}
