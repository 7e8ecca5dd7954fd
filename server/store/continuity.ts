/**
 * What a chain that lost blocks asks of the store, in the words of its domain. Verbs as in `store.ts`: each is one transaction,
 * durable when it resolves.
 */
import type { CheckpointRow, TransactionRow } from './store.ts'

/** How many of each were taken back. */
export interface Reopened {
  checkpoints: number
  orders: number
  grants: number
  withdrawals: number
}

export interface ContinuityStore {
  /** The newest checkpoint that was noted as final. */
  newestFinal(): Promise<CheckpointRow | null>
  /** Highest nonce of this sender whose purpose was noted as done or refused by the chain. */
  highestSettledNonce(from: string): Promise<number | null>
  /** Size of the first checkpoint whose block's time is this second or later; null = none. */
  firstAnchoredSince(time: number): Promise<number | null>
  /**
   * Takes back what was noted of blocks from this number on: checkpoints are sealed, status orders and grants that still count are
   * accepted, so that each is brought about again and has its new block noted. Withdrawals have no block: all are taken back. What
   * the contract refused stays refused.
   */
  reopenFrom(block: number): Promise<Reopened>
  /** Puts an order that was signed anew in the place of one whose time for the chain is over. */
  replaceOrder(seq: number, order: string, orderDigest: Uint8Array): Promise<void>
  /**
   * Ends what belongs to a chain that is no more: what came through there becomes `former` and is never sent again as it is, what did
   * not is given up. `setting` is noted in the same transaction.
   */
  endChain(setting: { name: string; value: string }): Promise<void>
  /** Former transactions with `afterId` < id, oldest first. */
  formerTransactions(afterId: number, max: number): Promise<TransactionRow[]>
}
