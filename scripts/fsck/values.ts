/**
 * The database as a file, and what the invariants do not reach: settings, references, columns that can hold only some values.
 */
import { readDeployment } from '../../server/chain/deployment.ts'
import { join } from 'node:path'
import { alteredRows, defineRowSum } from '../../server/store/sqlite/row-sums.ts'
import type { Audited } from './folder.ts'

/** SQLite's own look at every page and index, and at every reference. */
export function checkDatabase({ db, findings }: Audited): void {
  for (const line of db.prepare<[], string>('PRAGMA integrity_check').pluck().iterate()) {
    if (line !== 'ok') findings.violation('DATABASE_DAMAGED', { file: 'onceproof.db' }, { found: line })
  }
  const dangling = db.prepare<[], { table: string; rowid: number | null; parent: string }>(
    'PRAGMA foreign_key_check',
  )
  for (const { table, rowid, parent } of dangling.iterate())
    findings.violation('REFERENCE_DANGLING', { table, row: rowid ?? 'unknown', parent })
}

/** SQL that finds rows which cannot be: `row` names each, `column` says what is wrong with it. */
const IMPOSSIBLE: readonly { table: string; column: string; sql: string }[] = [
  {
    table: 'departments',
    column: 'roles',
    sql: "SELECT code AS row FROM departments WHERE NOT json_valid(roles) OR json_type(roles) <> 'array'",
  },
  {
    table: 'status_lists',
    column: 'department',
    sql: 'SELECT id AS row FROM status_lists l WHERE capacity <> 131072 OR NOT EXISTS (SELECT 1 FROM departments d WHERE d.uscc = l.department)',
  },
  {
    table: 'series',
    column: 'department',
    sql: 'SELECT id AS row FROM series s WHERE department <> issuer OR NOT EXISTS (SELECT 1 FROM certificates c WHERE c.series = s.id)',
  },
  {
    table: 'batches',
    column: 'last_seq',
    sql: `SELECT first_seq AS row FROM batches b WHERE last_seq < first_seq OR batch = '' OR (
            SELECT count(*) FROM certificates c WHERE c.seq BETWEEN b.first_seq AND b.last_seq) <> last_seq - first_seq + 1
          OR EXISTS (SELECT 1 FROM batches o WHERE o.first_seq > b.first_seq AND o.first_seq <= b.last_seq)`,
  },
  {
    table: 'answers',
    column: 'first_seq',
    sql: `SELECT key AS row FROM answers WHERE length(request) <> 32 OR first_seq < 0 OR count < 0
            OR (first_seq = 0) <> (count = 0) OR first_seq + count - 1 > (SELECT max(seq) FROM statements)`,
  },
  {
    table: 'statements',
    column: 'accepted_at',
    sql: `SELECT s.seq AS row FROM answers a JOIN statements s ON s.seq BETWEEN a.first_seq AND a.first_seq + a.count - 1
          WHERE a.first_seq > 0 AND s.accepted_at <> a.accepted_at`,
  },
  {
    table: 'certificates',
    column: 'key_salt',
    // An empty ciphertext without a salt: the certificate came back from the mirror, which holds no values.
    sql: "SELECT seq AS row FROM certificates WHERE (key_salt IS NULL) <> (ciphertext IS NULL OR ciphertext = x'')",
  },
  {
    table: 'certificates',
    column: 'status_index',
    sql: `SELECT c.seq AS row FROM certificates c JOIN series s ON s.id = c.series
          GROUP BY s.department, c.status_list, c.status_index HAVING count(*) > 1`,
  },
  {
    table: 'holder_keys',
    column: 'state',
    sql: `SELECT id AS row FROM holder_keys WHERE state NOT IN ('active', 'waiting', 'replaced', 'cancelled')
            OR (leaf IS NULL) <> (state IN ('waiting', 'cancelled')) OR (ended_at IS NULL) <> (state IN ('active', 'waiting'))`,
  },
  {
    table: 'consent_parties',
    column: 'state',
    sql: `SELECT request || ' ' || number AS row FROM consent_parties WHERE state NOT IN ('waiting', 'agreed', 'corrected', 'refused', 'changed')
            AND digest IS NULL AND answered_at IS NULL`,
  },
  {
    table: 'consent_parties',
    column: 'digest',
    sql: `SELECT request || ' ' || number AS row FROM consent_parties p
          WHERE digest IS NOT NULL AND NOT EXISTS (SELECT 1 FROM grants g WHERE g.digest = p.digest)`,
  },
  {
    table: 'copies',
    column: 'destroyed_at',
    sql: `SELECT use_seq AS row FROM copies WHERE (destroyed_at IS NULL) <> (why IS NULL) OR (key_salt IS NULL) <> (ciphertext IS NULL)
            OR (destroyed_at IS NOT NULL AND key_salt IS NOT NULL) OR why NOT IN ('expired', 'erased')`,
  },
]

export function checkValues(audited: Audited): void {
  const { db, findings } = audited
  for (const { table, column, sql } of IMPOSSIBLE) {
    for (const { row } of db.prepare<[], { row: string | number }>(sql).iterate())
      findings.violation('VALUE_IMPOSSIBLE', { table, row, column })
  }
  checkSettings(audited)
  checkSlots(audited)
  checkSums(audited)
}

/** Rows that nothing else stands for, by their check sums. */
function checkSums({ db, findings }: Audited): void {
  const isKept = db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'row_sums'").get() !== undefined
  if (!isKept) {
    findings.unchecked('files', 'check sums of rows', 'EARLIER_RELEASE')
    return
  }
  defineRowSum(db)
  for (const { table, row } of alteredRows(db)) findings.violation('ROW_ALTERED', { table, row })
}

/** Addresses of the contracts, as the deployment file has them. */
function checkSettings({ db, dataDir, findings, chain }: Audited): void {
  const settings = new Map(
    db
      .prepare<[], { name: string; value: string }>('SELECT name, value FROM settings')
      .all()
      .map(({ name, value }) => [name, value]),
  )
  let deployment: ReturnType<typeof readDeployment> = null
  try {
    deployment = readDeployment(join(dataDir, 'deployment.json'))
  } catch {
    // Told where the file is opened.
  }
  if (!settings.has('log.origin'))
    findings.violation('SETTING_DIFFERS', { setting: 'log.origin' }, { found: 'nothing' })
  if (deployment === null) return
  const expected: Record<string, string> = {
    'deployed:ERC7913P256Verifier': deployment.verifiers.p256,
    'deployed:ERC7913WebAuthnVerifier': deployment.verifiers.webAuthn,
  }
  for (const [name, { address }] of Object.entries(chain?.addresses ?? deployment.contracts))
    expected[`deployed:${name}`] = address
  const isOwn = [...settings.keys()].some(name => name.startsWith('deployed:'))
  // A folder that adopted contracts which others deployed notes none.
  if (!isOwn) return
  for (const [name, address] of Object.entries(expected)) {
    if (settings.get(name) !== address)
      findings.violation(
        'SETTING_DIFFERS',
        { setting: name },
        { expected: address, found: settings.get(name) ?? 'nothing' },
      )
  }
  for (const name of settings.keys()) {
    if (name.startsWith('deployed:') && expected[name] === undefined)
      findings.violation('SETTING_DIFFERS', { setting: name }, { expected: 'a contract of ours' })
  }
}

const CAPACITY = 131_072
const INDICES_OF_A_CHUNK = 2_048

/** The order in which a list hands out its indices: each index once; what was handed out stands before `used`. */
function checkSlots({ db, findings }: Audited): void {
  const lists = db
    .prepare<[], { id: number; department: string; number: number; used: number }>(
      'SELECT * FROM status_lists',
    )
    .all()
  const chunks = db.prepare<[number], { chunk: number; indices: Buffer }>(
    'SELECT chunk, indices FROM status_order WHERE list = ? ORDER BY chunk',
  )
  const given = db
    .prepare<[string, number], number>(
      `SELECT c.status_index FROM certificates c JOIN series s ON s.id = c.series WHERE s.department = ? AND c.status_list = ?`,
    )
    .pluck()
  for (const { id, department, number, used } of lists) {
    const at = { table: 'status_order', list: `${department}/${number}` }
    const place = new Int32Array(CAPACITY).fill(-1)
    let count = 0
    for (const { chunk, indices } of chunks.iterate(id)) {
      if (indices.length !== INDICES_OF_A_CHUNK * 4 || chunk * INDICES_OF_A_CHUNK !== count) {
        findings.violation('VALUE_IMPOSSIBLE', { ...at, row: chunk, column: 'indices' })
        break
      }
      // Little-endian, as they are kept, and so is every machine that runs Node.
      for (const index of new Uint32Array(Uint8Array.from(indices).buffer)) {
        if (index >= CAPACITY || place[index] !== -1)
          findings.violation(
            'VALUE_IMPOSSIBLE',
            { ...at, row: chunk, column: 'indices' },
            { found: `${index} twice or out of range` },
          )
        else place[index] = count
        count++
      }
    }
    // Closed when an older copy of the database was taken up: it was opened in the one that is gone, and its order with it.
    if (count === 0 && used === CAPACITY) continue
    if (count !== CAPACITY)
      findings.violation('VALUE_IMPOSSIBLE', { ...at, column: 'chunk' }, { expected: CAPACITY, found: count })
    for (const index of given.iterate(department, number)) {
      if (place[index] === undefined || place[index] === -1 || place[index] >= used)
        findings.violation(
          'VALUE_IMPOSSIBLE',
          { table: 'status_lists', list: `${department}/${number}`, column: 'used', index },
          { found: used },
        )
    }
  }
}
