/** Holders and their certificates in SQLite. */
import type { CertificateRow } from '../store.ts'
import type { HolderKind, HolderRow, HolderStore } from '../holders.ts'
import type { Context } from './context.ts'
import { bytes } from './context.ts'

interface HolderRecord {
  id: Buffer
  kind: HolderKind
  lookup: Buffer
  created_at: number
}

export function holderVerbs(
  { db, write }: Context,
  certificateBySeq: (seq: number) => CertificateRow | null,
): HolderStore {
  const insert = db.prepare<[Uint8Array, string, Uint8Array, number]>(
    'INSERT INTO holders VALUES (?, ?, ?, ?) ON CONFLICT (lookup) DO NOTHING',
  )
  const byId = db.prepare<[Uint8Array], HolderRecord>('SELECT * FROM holders WHERE id = ?')
  const byLookup = db.prepare<[Uint8Array], HolderRecord>('SELECT * FROM holders WHERE lookup = ?')
  const seqsOf = db
    .prepare<[Uint8Array, number, number], number>(
      'SELECT seq FROM certificate_holders WHERE lookup = ? AND seq < ? ORDER BY seq DESC LIMIT ?',
    )
    .pluck()
  const lookupsOf = db
    .prepare<[number], Buffer>('SELECT lookup FROM certificate_holders WHERE seq = ? ORDER BY lookup')
    .pluck()
  const insertIndex = db.prepare<[Uint8Array, number]>(
    'INSERT INTO certificate_holders VALUES (?, ?) ON CONFLICT DO NOTHING',
  )

  return {
    ensureHolder: holder =>
      write(() => {
        insert.run(holder.id, holder.kind, holder.lookup, holder.createdAt)
        return toHolder(byLookup.get(holder.lookup)!)
      }),
    async holderById(id) {
      const record = byId.get(id)
      return record === undefined ? null : toHolder(record)
    },
    async holderByLookup(lookup) {
      const record = byLookup.get(lookup)
      return record === undefined ? null : toHolder(record)
    },
    async certificatesOfHolder(lookup, { before, limit }) {
      const seqs = seqsOf.all(lookup, before ?? Number.MAX_SAFE_INTEGER, limit)
      return seqs.flatMap(seq => certificateBySeq(seq) ?? [])
    },
    async holdersOfCertificate(seq) {
      return lookupsOf.all(seq).map(bytes)
    },
    indexHolders: (seq, lookups) =>
      write(() => {
        for (const lookup of lookups) insertIndex.run(lookup, seq)
      }),
  }
}

function toHolder({ id, kind, lookup, created_at: createdAt }: HolderRecord): HolderRow {
  return { id: bytes(id), kind, lookup: bytes(lookup), createdAt }
}
