/** What a chain that lost blocks asks of the store, in SQLite. */
import { invariant } from '../../../protocol/refusal.ts'
import type { ContinuityStore } from '../continuity.ts'
import type { Context } from './context.ts'
import { toCheckpoint, type CheckpointRecord } from './log.ts'
import { toTransaction, type TransactionRecord } from './transactions.ts'

export function continuityVerbs({ db, write, now }: Context): ContinuityStore {
  const newestFinal = db.prepare<[], CheckpointRecord>(
    "SELECT * FROM checkpoints WHERE state = 'final' ORDER BY size DESC LIMIT 1",
  )
  const highestSettled = db
    .prepare<[string], number | null>(
      "SELECT max(nonce) FROM transactions WHERE state <> 'abandoned' AND state = 'settled' AND sender = ?",
    )
    .pluck()
  const anchoredSince = db
    .prepare<[number], number | null>('SELECT min(size) FROM checkpoints WHERE block_time >= ?')
    .pluck()
  const reopenCheckpoints = db.prepare<[number]>(
    `UPDATE checkpoints SET state = 'sealed', block_number = NULL, block_hash = NULL, block_time = NULL, reanchored = 1
     WHERE state <> 'sealed' AND block_number >= ?`,
  )
  const reopenOrders = db.prepare<[number]>(
    `UPDATE status_changes SET state = 'accepted', block_number = NULL, block_time = NULL
     WHERE state IN ('sent', 'executed', 'final') AND block_number >= ?`,
  )
  // A grant that has ended needs no chain any more, and the contract would refuse it.
  const reopenGrants = db.prepare<[number, number]>(
    `UPDATE grants SET state = 'accepted', block_number = NULL, block_time = NULL
     WHERE state IN ('granted', 'final') AND block_number >= ? AND not_after >= ?
       AND NOT EXISTS (SELECT 1 FROM withdrawn_grants w WHERE w.chain_holder = grants.chain_holder AND w.digest = grants.digest)
       AND NOT EXISTS (SELECT 1 FROM ended_epochs e WHERE e.chain_holder = grants.chain_holder AND e.epoch >= grants.epoch)`,
  )
  const reopenWithdrawals = db.prepare<[]>(
    "UPDATE withdrawals SET state = 'accepted' WHERE state IN ('executed', 'final')",
  )
  const replace = db.prepare<[string, Uint8Array, number]>(
    'UPDATE status_changes SET order_json = ?, order_digest = ? WHERE seq = ?',
  )
  const makeFormer = db.prepare<[]>("UPDATE transactions SET state = 'former' WHERE state = 'settled'")
  const giveUp = db.prepare<[]>("UPDATE transactions SET state = 'abandoned' WHERE state = 'stored'")
  const saveSetting = db.prepare<[string, string]>(
    'INSERT INTO settings VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value',
  )
  const former = db.prepare<[number, number], TransactionRecord>(
    "SELECT * FROM transactions WHERE state = 'former' AND id > ? ORDER BY id LIMIT ?",
  )

  return {
    async newestFinal() {
      const record = newestFinal.get()
      return record === undefined ? null : toCheckpoint(record)
    },
    async highestSettledNonce(from) {
      return highestSettled.get(from) ?? null
    },
    async firstAnchoredSince(time) {
      return anchoredSince.get(time) ?? null
    },
    reopenFrom: block =>
      write(() => ({
        checkpoints: reopenCheckpoints.run(block).changes,
        orders: reopenOrders.run(block).changes,
        grants: reopenGrants.run(block, now()).changes,
        withdrawals: reopenWithdrawals.run().changes,
      })),
    replaceOrder: (seq, order, orderDigest) =>
      write(() => {
        const { changes } = replace.run(order, orderDigest, seq)
        invariant(changes === 1, `no status change ${seq}`)
      }),
    endChain: ({ name, value }) =>
      write(() => {
        makeFormer.run()
        giveUp.run()
        saveSetting.run(name, value)
      }),
    async formerTransactions(afterId, max) {
      return former.all(afterId, max).map(toTransaction)
    },
  }
}
