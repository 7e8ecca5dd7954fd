import type { Db } from './connection.ts'
import type { GroupCommit } from './group-commit.ts'

/** What every group of verbs works with. */
export interface Context {
  db: Db
  write: GroupCommit['write']
  /** `write`, for what somebody is told of as accepted. */
  accept: GroupCommit['write']
  /** Seconds since 1970. */
  now: () => number
  /** Registers what to forget when a transaction was undone. */
  onUndo: (forget: () => void) => void
}

/** A blob as plain bytes: a Buffer's `slice` shares memory, which a caller would not expect of the interface's type. */
export function bytes(blob: Buffer): Uint8Array {
  return new Uint8Array(blob.buffer, blob.byteOffset, blob.length)
}

/** Lets requests that wait have their turn in a long audit. */
export function turnOfTheLoop(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve))
}
