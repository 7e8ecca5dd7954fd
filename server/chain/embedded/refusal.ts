/** Why the embedded chain does not start. Codes are stable: they are never renamed or reused. */
export type StartRefusalCode =
  | 'LOCK_HELD'
  | 'SQLITE_TOO_OLD'
  | 'GENESIS_MISSING'
  | 'GENESIS_UNREADABLE'
  | 'GENESIS_MISMATCH'
  | 'JOURNAL_MISSING'
  | 'JOURNAL_DAMAGED'
  | 'JOURNAL_MISMATCH'
  | 'PORT_TAKEN'
  | 'NOT_STARTED'

/** A start that would put the chain's history at risk, or cannot be done as asked. Nothing was changed. */
export class StartRefusal extends Error {
  readonly code: StartRefusalCode
  override readonly name = 'StartRefusal'

  constructor(code: StartRefusalCode, message: string) {
    super(message)
    this.code = code
  }
}
