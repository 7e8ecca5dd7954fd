/**
 * What a proof costs from the stored tiles of a smaller and a larger log.
 *
 * The logs are filled on a road of their own: leaves of random bytes are written straight into the table of leaves, without
 * statements but for the last, and without the index by hash, which proofs do not read; the tiles are then built by the store's own
 * `sealCheckpoint`. Issuing ten million certificates would take half an hour and leave the same tiles.
 */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { HASH_BYTES } from '../../protocol/log.ts'
import { inclusionProofOf } from '../../server/anchoring/proofs.ts'
import { openConnection } from '../../server/store/sqlite/connection.ts'
import { openSqliteStore } from '../../server/store/sqlite.ts'
import type { Store } from '../../server/store/store.ts'
import { chanceOf } from '../generate/random.ts'
import { compare } from './measure.ts'
import { noDearerThan, type Row } from './rows.ts'

const LEAVES_AT_A_TIME = 500_000

export interface ProofOptions {
  sizes: readonly [small: number, large: number]
  proofs: number
  rounds: number
  folder: string
  say: (text: string) => void
}

export async function measureProofs({ sizes, proofs, rounds, folder, say }: ProofOptions): Promise<Row[]> {
  const [small, large] = sizes
  const smallStore = await filledStore(join(folder, 'small.db'), small, say)
  const largeStore = await filledStore(join(folder, 'large.db'), large, say)
  const side = (store: Store, size: number) => ({
    operations: proofs,
    run: async (round: number) => {
      const chance = chanceOf('proofs', round)
      for (let i = 0; i < proofs; i++) await inclusionProofOf(store, chance.integer(0, size - 1), size)
    },
  })
  const costs = await compare({ small: side(smallStore, small), large: side(largeStore, large) }, { rounds })
  await smallStore.close()
  await largeStore.close()
  return [
    noDearerThan(
      {
        name: `inclusion proof at ${large.toLocaleString('en')} leaves, against ${small.toLocaleString('en')}`,
        ours: costs.large.cpu,
        baseline: costs.small.cpu,
        unit: 'µs CPU a proof',
        note: 'read from the tiles at random places and checked against the root, which is derived again each time',
      },
      1.3,
    ),
  ]
}

async function filledStore(path: string, size: number, say: (text: string) => void): Promise<Store> {
  say(`filling a log with ${size.toLocaleString('en')} leaves`)
  const store = await openSqliteStore(path, { clock: Date.now })
  const db = openConnection(path)
  db.exec('DROP INDEX leaves_by_hash')
  const insert = db.prepare<[number, Uint8Array]>('INSERT INTO leaves VALUES (?, ?)')
  const insertStatement = db.prepare<[number]>("INSERT INTO statements VALUES (?, 1, 0, 'a.b.c')")
  for (let filled = 0; filled < size;) {
    const end = Math.min(size, filled + LEAVES_AT_A_TIME)
    const hashes = randomBytes((end - filled) * HASH_BYTES)
    const first = filled
    db.transaction(() => {
      for (let seq = first + 1; seq <= end; seq++) {
        insert.run(seq, hashes.subarray((seq - first - 1) * HASH_BYTES, (seq - first) * HASH_BYTES))
      }
      insertStatement.run(end)
    })()
    const root = await store.rootAt(end)
    await store.sealCheckpoint({ size: end, root, note: '', signature: new Uint8Array(0), sealedAt: 0 })
    filled = end
  }
  db.close()
  return store
}
