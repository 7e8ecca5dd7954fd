/**
 * What the mirror takes out of the store, and how statements come back in: into a database that is older than the log, or an empty one.
 */
import type { MirroredCheckpoint, MirroredStatement } from './mirror.ts'

/** An answer under an Idempotency-Key that stands for statements. */
export interface AnswerRow {
  key: string
  request: Uint8Array
  firstSeq: number
  count: number
  acceptedAt: number
  batch: string | null
}

export interface FrameToImport {
  /** In the order of the log, each with its own leaf. */
  statements: Iterable<MirroredStatement>
  checkpoint: Omit<MirroredCheckpoint, 'answers'>
  answers: readonly AnswerRow[]
}

export interface ImportStore {
  /** Statements from index `from` on, at most `max`, each with what of its row it does not say. */
  mirrorRows(from: number, max: number): Promise<MirroredStatement[]>
  /** Answers that stand for statements of the indices `from` (inclusive) to `to` (exclusive). */
  answersFor(from: number, to: number): Promise<AnswerRow[]>
  /**
   * Takes up a checkpoint and its statements in one transaction, with the rows that make them findable; what of them is here already is
   * compared and left. A certificate comes without its values. Returns how many were new. Refuses MIRROR_CONFLICT when another statement
   * has a place, and rejects (an invariant, nothing written) when the root is not that of the statements.
   */
  importFrame(frame: FrameToImport): Promise<number>
  /**
   * Closes these status lists, those that are not here yet too, so that no place of them is given again: who has lost the newest rows
   * cannot know which are taken. The next certificate opens a list with a number above them.
   */
  closeStatusLists(lists: readonly { department: string; number: number }[]): Promise<void>
  /** Ends every session: who was signed out since would be signed in again. */
  endSessions(): Promise<void>
}
