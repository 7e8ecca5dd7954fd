/**
 * A refusal: the caller's input cannot be accepted, nothing was changed. The code is stable and is the same over HTTP, on
 * the command line and on pages; `field` names what is meant, `expected` and `found` say what was wrong.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: string
  readonly details: RefusalDetails

  constructor(code: string, message: string, details: RefusalDetails = {}) {
    super(message)
    this.code = code
    this.details = details
  }
}

export interface RefusalDetails {
  field?: string
  expected?: string
  found?: string
  /** One entry for each bad row or field when there are several. */
  errors?: FieldError[]
}

export interface FieldError {
  /** 0-based row in a batch. */
  row?: number
  field: string
  code: string
  expected: string
  found: string
}

/** Broken only by a defect of ours, never by input. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${message}`)
}
