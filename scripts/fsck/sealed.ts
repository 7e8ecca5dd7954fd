/**
 * I10: whatever is sealed under a department's key opens, under the name that it was sealed with. The auditor's own reading of
 * server/keys/sealing.ts: a document opens under its department, name and salt, and no others.
 */
import { createDecipheriv, createHmac, createSecretKey, type KeyObject } from 'node:crypto'
import type { Place } from './finding.ts'
import type { Audited } from './folder.ts'
import { sha256 } from './statements.ts'

export interface SealedDocument {
  /** USCC. */
  department: string
  id: string
  salt: Buffer | null
  ciphertext: Buffer | null
}

/** The plaintext; null when it cannot be opened, which is a finding unless no key is at hand. */
export async function openSealed(
  audited: Audited,
  { department, id, salt, ciphertext }: SealedDocument,
  at: Place,
): Promise<Buffer | null> {
  if (!audited.hasKeystore) return null
  const unreadable = (found: string): null => {
    audited.findings.violation('DOCUMENT_UNREADABLE', at, { found })
    return null
  }
  if (salt === null || ciphertext === null) return unreadable('half of it is missing')
  const kek = await kekOf(audited, department)
  if (kek === null) return unreadable(`no key of ${department}`)
  if (salt.length !== 32 || ciphertext.length < 17 || ciphertext[0] !== 1) return unreadable('another format')
  const name = Buffer.from(id)
  const info = [
    Buffer.from('00000001', 'hex'),
    Buffer.from('onceproof document\0'),
    salt,
    name,
    Buffer.from('00000100', 'hex'),
  ]
  const key = createHmac('sha256', kek).update(Buffer.concat(info)).digest()
  const length = Buffer.byteLength(department)
  const bound = Buffer.concat([Buffer.from([1, length >> 8, length & 255]), Buffer.from(department), name])
  const decipher = createDecipheriv('aes-256-gcm', createSecretKey(key), Buffer.alloc(12), {
    authTagLength: 16,
  })
  decipher.setAAD(bound)
  decipher.setAuthTag(ciphertext.subarray(-16))
  try {
    return Buffer.concat([decipher.update(ciphertext.subarray(1, -16)), decipher.final()])
  } catch {
    return unreadable('altered, or of another document')
  }
}

const known = new WeakMap<Audited, Map<string, KeyObject | null>>()

async function kekOf(audited: Audited, department: string): Promise<KeyObject | null> {
  const keys = known.get(audited) ?? new Map<string, KeyObject | null>()
  known.set(audited, keys)
  const found = keys.get(department)
  if (found !== undefined) return found
  const key = await audited.kek(department)
  keys.set(department, key)
  return key
}

/** Where else than beside certificates something is sealed: SQL that gives uscc, name, salt, ciphertext and the row's key. */
const PLACES: readonly { table: string; column: string; sql: string }[] = [
  {
    table: 'copies',
    column: 'ciphertext',
    sql: `SELECT d.uscc, 'copy:' || hex(u.id) AS id, c.key_salt AS salt, c.ciphertext AS sealed, c.use_seq AS row
          FROM copies c JOIN uses u ON u.seq = c.use_seq LEFT JOIN departments d ON d.code = u.department`,
  },
  {
    table: 'batch_drafts',
    column: 'head',
    sql: `SELECT d.uscc, 'batch/' || b.id AS id, b.head_salt AS salt, b.head AS sealed, b.id AS row
          FROM batch_drafts b LEFT JOIN departments d ON d.code = b.department`,
  },
  {
    table: 'batch_drafts',
    column: 'remark',
    sql: `SELECT d.uscc, 'batch/' || b.id || '/remark' AS id, b.remark_salt AS salt, b.remark AS sealed, b.id AS row
          FROM batch_drafts b LEFT JOIN departments d ON d.code = b.department`,
  },
  {
    table: 'batch_rows',
    column: 'ciphertext',
    sql: `SELECT d.uscc, 'batch/' || r.batch || '/' || r.n AS id, r.key_salt AS salt, r.ciphertext AS sealed, r.batch || ' ' || r.n AS row
          FROM batch_rows r LEFT JOIN batch_drafts b ON b.id = r.batch LEFT JOIN departments d ON d.code = b.department`,
  },
  {
    table: 'proposals',
    column: 'content',
    sql: `SELECT d.uscc, 'proposal/' || p.id AS id, p.content_salt AS salt, p.content AS sealed, p.id AS row
          FROM proposals p LEFT JOIN departments d ON d.code = p.department`,
  },
  {
    table: 'proposals',
    column: 'remark',
    sql: `SELECT d.uscc, 'proposal/' || p.id || '/remark' AS id, p.remark_salt AS salt, p.remark AS sealed, p.id AS row
          FROM proposals p LEFT JOIN departments d ON d.code = p.department`,
  },
  {
    table: 'case_items',
    column: 'copy',
    sql: `SELECT d.uscc, 'case ' || i.case_id || ' item ' || i.number AS id, i.copy_salt AS salt, i.copy AS sealed,
            i.case_id || ' ' || i.number AS row
          FROM case_items i LEFT JOIN departments d ON d.code = i.department`,
  },
  {
    table: 'case_outputs',
    column: 'request',
    sql: `SELECT d.uscc, 'case ' || o.case_id || ' output ' || o.number AS id, o.request_salt AS salt, o.request AS sealed,
            o.case_id || ' ' || o.number AS row
          FROM case_outputs o LEFT JOIN case_steps s ON s.case_id = o.case_id AND s.number = o.step
          LEFT JOIN departments d ON d.code = s.department`,
  },
  ...['objections', 'corrections'].flatMap(table =>
    ['says', 'answer'].map(column => ({
      table,
      column,
      sql: `SELECT d.uscc, '${table.slice(0, -1)}:' || hex(q.id) || ':${column}' AS id, q.${column}_salt AS salt,
              q.${column} AS sealed, hex(q.id) AS row
            FROM ${table} q LEFT JOIN departments d ON d.code = q.department`,
    })),
  ),
]

interface PlaceRow {
  uscc: string | null
  id: string
  salt: Buffer | null
  sealed: Buffer | null
  row: string | number
}

const TABLES_WITH_ULIDS = new Set(['copies', 'objections', 'corrections'])

/** Opens everything that is sealed beside certificates, and compares every definition with its digest. */
export async function checkDocuments(audited: Audited): Promise<void> {
  const { db, findings } = audited
  for (const { table, column, sql } of PLACES) {
    for (const { uscc, id, salt, sealed, row } of db.prepare<[], PlaceRow>(sql).iterate()) {
      if (salt === null && sealed === null) continue
      const name = TABLES_WITH_ULIDS.has(table) ? id.replace(/[0-9A-F]{32}/, ulidText) : id
      await openSealed(
        audited,
        { department: uscc ?? '', id: name, salt, ciphertext: sealed },
        { table, row, column },
      )
    }
  }
  for (const table of ['types', 'matters']) {
    const rows = db.prepare<[], DefinitionRow>(`SELECT * FROM ${table}`)
    for (const row of rows.iterate()) {
      const { code, version, definition, digest } = row
      const at = { table, row: `${code} ${version}` }
      if (!sha256(definition).equals(digest))
        findings.violation('DEFINITION_DIFFERS', at, { expected: digest, found: sha256(definition) })
      compareDefinition(audited, table, row)
    }
  }
  const undone = db.prepare<[], { identifier: string }>(
    `SELECT e.identifier FROM erasures e JOIN certificates c ON c.seq = e.certificate_seq
     WHERE c.key_salt IS NOT NULL OR c.ciphertext IS NOT NULL`,
  )
  for (const { identifier } of undone.iterate()) findings.violation('ERASURE_UNDONE', { identifier })
}

interface DefinitionRow extends Record<string, unknown> {
  code: string
  version: number
  definition: string
  digest: Buffer
}

/** The columns beside a definition say what stands in it. */
function compareDefinition({ findings }: Audited, table: string, row: DefinitionRow): void {
  const { code, version } = row
  let definition: Record<string, unknown>
  try {
    definition = JSON.parse(row.definition) as Record<string, unknown>
  } catch {
    return
  }
  const pairs: [column: string, member: string][] =
    table === 'types'
      ? [
          ['code', 'code'],
          ['version', 'version'],
          ['type_code', 'typeCode'],
          ['department', 'issuer'],
        ]
      : [
          ['code', 'code'],
          ['version', 'version'],
        ]
  for (const [column, member] of pairs) {
    if (row[column] !== definition[member])
      findings.violation(
        'ROW_DIFFERS',
        { table, row: `${code} ${version}`, column },
        { expected: definition[member], found: row[column] },
      )
  }
}

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** 32 hex digits as the ULID that they are. */
export function ulidText(hex: string): string {
  let value = BigInt(`0x${hex}`)
  let text = ''
  for (let i = 0; i < 26; i++, value /= 32n) text = CROCKFORD[Number(value % 32n)]! + text
  return text
}
