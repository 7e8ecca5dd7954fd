/** Signed transactions in SQLite: what is stored here is all that may ever be sent. */
import { Refusal } from '../../../protocol/refusal.ts'
import type { NewTransaction, Store, TransactionRow } from '../store.ts'
import type { Context } from './context.ts'

export interface TransactionRecord {
  id: number
  purpose: string
  sender: string
  nonce: number
  raw: string
  hash: string
  recipient: string | null
  created_at: number
  state: TransactionRow['state']
}

type TransactionVerbs = Pick<
  Store,
  'storeTransaction' | 'openTransactions' | 'transactionsFrom' | 'settleTransactions' | 'highestNonce'
>

export function transactionVerbs({ db, write }: Context): TransactionVerbs {
  const open = db.prepare<[], TransactionRecord>(
    "SELECT * FROM transactions WHERE state = 'stored' ORDER BY sender, nonce, id",
  )
  const kept = db.prepare<[string, number], TransactionRecord>(
    `SELECT * FROM transactions WHERE state <> 'abandoned' AND state <> 'former' AND sender = ? AND nonce >= ?
     ORDER BY nonce, id`,
  )
  const insert = db.prepare<[string, string, number, string, string, string | null, number]>(
    `INSERT INTO transactions (purpose, sender, nonce, raw, hash, recipient, created_at, state)
     VALUES (?, ?, ?, ?, ?, ?, ?, 'stored')`,
  )
  const settle = db.prepare<[string, string]>(
    "UPDATE transactions SET state = ? WHERE state = 'stored' AND purpose = ?",
  )
  const highest = db
    .prepare<[string], number | null>(
      "SELECT max(nonce) FROM transactions WHERE state <> 'abandoned' AND state <> 'former' AND sender = ?",
    )
    .pluck()

  function storeOne(transaction: NewTransaction): TransactionRow {
    const { purpose, from, nonce, raw, hash, to, createdAt } = transaction
    for (const other of open.all()) {
      if (other.hash === hash && other.purpose === purpose) return toTransaction(other)
      if (other.sender === from && other.nonce === nonce && other.purpose !== purpose) {
        throw new Refusal('NONCE_TAKEN', `nonce ${nonce} of ${from} is taken by ${other.purpose}`, {
          field: 'nonce',
          found: String(nonce),
        })
      }
      if (other.purpose === purpose && (other.nonce !== nonce || other.sender !== from)) {
        throw new Refusal(
          'PURPOSE_UNSETTLED',
          `${purpose} has an unsettled transaction with nonce ${other.nonce}`,
          {
            field: 'purpose',
            expected: `nonce ${other.nonce}`,
            found: `nonce ${nonce}`,
          },
        )
      }
    }
    const { lastInsertRowid } = insert.run(purpose, from, nonce, raw, hash, to, createdAt)
    return { ...transaction, id: Number(lastInsertRowid), state: 'stored' }
  }

  return {
    storeTransaction: transaction => write(() => storeOne(transaction)),
    async openTransactions() {
      return open.all().map(toTransaction)
    },
    async transactionsFrom(from, nonce) {
      return kept.all(from, nonce).map(toTransaction)
    },
    settleTransactions: (purpose, state) => write(() => void settle.run(state, purpose)),
    async highestNonce(from) {
      return highest.get(from) ?? null
    },
  }
}

export function toTransaction({
  sender: from,
  recipient: to,
  created_at: createdAt,
  ...rest
}: TransactionRecord): TransactionRow {
  return { ...rest, from, to, createdAt }
}
