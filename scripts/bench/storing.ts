/**
 * The row stage: accepting finished certificates through the store, against prepared inserts of the same rows into the same schema with
 * the same settings, in one transaction.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { NewCertificate, Store } from '../../server/store/store.ts'
import { openConnection, type Db } from '../../server/store/sqlite/connection.ts'
import { IDENTIFIER_KEY_BYTES, shortCodeNumber, splitIdentifier } from '../../server/store/sqlite/compact.ts'
import { openSqliteStore } from '../../server/store/sqlite.ts'
import { compare } from './measure.ts'
import { fasterThan, type Row } from './rows.ts'

type Bound = [
  statement: [number, number, number, string],
  leaf: [number, Uint8Array],
  certificate: [
    number,
    number,
    Uint8Array,
    string,
    number,
    number,
    number,
    number,
    number | null,
    ...Uint8Array[],
  ],
]

/** Every run writes into a new, empty file. */
export async function measureStoring(
  certificates: NewCertificate[],
  rounds: number,
  folder: string,
): Promise<Row[]> {
  const bound = certificates.map(boundValues)
  const path = (side: string, round: number) => join(folder, `${side}-${round}.db`)
  let store: Store | null = null
  let db: Db | null = null
  const costs = await compare(
    {
      ours: {
        operations: certificates.length,
        prepare: async round => {
          await store?.close()
          store = await openSqliteStore(path('ours', round), { clock: Date.now })
        },
        run: () => store!.acceptCertificates(certificates, null, null),
      },
      raw: {
        operations: certificates.length,
        prepare: round => {
          db?.close()
          db = openConnection(path('raw', round))
        },
        run: () => insertAll(db!, bound),
      },
    },
    { rounds },
  )
  await (store as Store | null)?.close()
  ;(db as Db | null)?.close()
  for (let round = -1; round < rounds; round++) {
    for (const side of ['ours', 'raw']) rmSync(path(side, round), { force: true })
  }
  return [
    fasterThan(
      {
        name: 'rows of certificates, against raw better-sqlite3',
        ours: costs.ours.cpu,
        baseline: costs.raw.cpu,
        unit: 'µs CPU a certificate',
        note: 'the store’s verb against three prepared inserts with values bound beforehand, one transaction each',
      },
      0.8,
    ),
  ]
}

function insertAll(db: Db, bound: Bound[]): void {
  const statement = db.prepare('INSERT INTO statements VALUES (?, ?, ?, ?)')
  const leaf = db.prepare('INSERT INTO leaves VALUES (?, ?)')
  const certificate = db.prepare('INSERT INTO certificates VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  db.transaction(() => {
    for (const [a, b, c] of bound) {
      statement.run(...a)
      leaf.run(...b)
      certificate.run(...c)
    }
  }).immediate()
}

function boundValues(certificate: NewCertificate, place: number): Bound {
  const seq = place + 1
  const key = new Uint8Array(IDENTIFIER_KEY_BYTES)
  const { checkCharacter } = splitIdentifier(certificate.identifier, key)!
  return [
    [seq, 1, 0, certificate.statement],
    [seq, certificate.leaf],
    [
      seq,
      1,
      key,
      checkCharacter,
      shortCodeNumber(certificate.shortCode)!,
      certificate.statusList,
      certificate.statusIndex,
      certificate.validFrom,
      certificate.validUntil,
      certificate.sealed.keySalt,
      certificate.sealed.ciphertext,
    ],
  ]
}
