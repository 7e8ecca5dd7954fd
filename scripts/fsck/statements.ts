/**
 * I2, I3 and what hangs on each statement (I10): one pass over all statements in log order, a page at a time. Every leaf is hashed
 * anew from its statement, every row compared with the statement that it stands for, and what is sealed beside it opened.
 */
import { createHash, createPublicKey, hash, verify, type KeyObject } from 'node:crypto'
import type { AnchoredCheckpoint } from '../../protocol/chain-view.ts'
import { auditLog, type AuditedLog, type Difference, type Leaves } from '../cli/audit.ts'
import { leafOf } from '../cli/tree.ts'
import { checkpointRows } from './checkpoints.ts'
import { wasClockSet } from './clock-set.ts'
import type { ViolationCode } from './finding.ts'
import type { Audited } from './folder.ts'
import { openSealed } from './sealed.ts'
import { checkTiles } from './tiles.ts'

const ROWS_AT_A_TIME = 1_000
const HASH_BYTES = 32

/** Numbers of the kinds, as the schema fixes them. */
const KINDS: Readonly<Record<number, { typ: string; table: string | null; jti: string }>> = {
  1: { typ: 'vc+sd-jwt', table: 'certificates', jti: 'certificate' },
  2: { typ: 'onceproof-record+jwt', table: 'records', jti: 'record' },
  3: { typ: 'onceproof-status+jwt', table: 'status_changes', jti: 'status' },
  4: { typ: 'onceproof-use+jwt', table: null, jti: 'use' },
  5: { typ: 'onceproof-catalogue+jwt', table: 'type_publications', jti: 'catalogue' },
  6: { typ: 'onceproof-holder-key+jwt', table: 'holder_keys', jti: 'holder-key' },
  7: { typ: 'onceproof-endorsement+jwt', table: null, jti: 'endorsement' },
  8: { typ: 'onceproof-withholding+jwt', table: 'withholdings', jti: 'withholding' },
}

interface StatementRecord {
  seq: number
  kind: number
  accepted_at: number
  statement: string
  leaf: Buffer | null
}

interface Parsed {
  header: { alg: string; typ: string; kid: string }
  claims: Record<string, unknown>
}

/** A statement is signed some time before it is accepted: a batch of thousands takes minutes, a remote signer longer. */
const LONGEST_SIGNING_SECONDS = 3_600
/** The clocks of the two moments are one clock, read in whole seconds. */
const CLOCK_STEP_SECONDS = 2

/** The pass. Tells how far it is by statements. */
export async function checkStatements(
  audited: Audited,
  onProgress: (done: number, all: number) => void,
): Promise<{
  leaves: number
  root: string
  checkpoints: { onChain: number; signed: number; pending: number }
}> {
  const { db, findings, chain, origin } = audited
  const size = db.prepare<[], number>('SELECT coalesce(max(seq), 0) FROM statements').pluck().get() ?? 0
  const sealed = db.prepare<[], number>('SELECT coalesce(max(size), 0) FROM checkpoints').pluck().get() ?? 0
  const tiles = checkTiles(audited, sealed)
  const log: AuditedLog = {
    origin: origin ?? '',
    size,
    leaves: () => leaves(audited, tiles),
    checkpoints: () => checkpointRows(audited),
    close: () => undefined,
  }
  const nothing = {
    asOf: { number: -1, hash: '', time: 0 },
    // eslint-disable-next-line require-yield
    async *checkpoints(): AsyncIterable<AnchoredCheckpoint> {
      await Promise.resolve()
    },
  }
  if (chain === null) findings.unchecked('I3', 'roots on chain', 'NO_CHAIN')
  const result = await auditLog(
    log,
    chain === null || origin === null ? nothing : chain.log(origin),
    audited.noteKey,
    onProgress,
  )
  tiles.end()
  for (const difference of result.differences) {
    const { code, index, size: of, agreedTo, expected, found } = difference
    findings.violation(
      codeOf(code),
      {
        ...(index === undefined ? {} : { index }),
        ...(of === undefined ? {} : { size: of }),
        ...(agreedTo === undefined ? {} : { agreedTo }),
      },
      { expected, found },
    )
  }
  for (const [code, count] of Object.entries(result.counts))
    findings.uncounted(
      codeOf(code as Difference['code']),
      count - result.differences.filter(one => one.code === code).length,
    )
  checkStrays(audited)
  return { leaves: result.leaves, root: result.root, checkpoints: result.checkpoints }
}

/** Published tiles are not read here, so none of them can have a wrong length. */
const codeOf = (code: Difference['code']): ViolationCode => (code === 'TILE_WRONG' ? 'TILE_DIFFERS' : code)

async function* leaves(audited: Audited, tiles: ReturnType<typeof checkTiles>): AsyncIterable<Leaves> {
  const { db, findings } = audited
  const page = db.prepare<[number, number], StatementRecord>(
    `SELECT seq, kind, accepted_at, statement, (SELECT leaf FROM leaves WHERE seq = statements.seq) AS leaf
     FROM statements WHERE seq > ? ORDER BY seq LIMIT ?`,
  )
  const rows = rowChecks(audited)
  const signatures = signatureCheck(audited)
  for (let seq = 0; ;) {
    const records = page.all(seq, ROWS_AT_A_TIME)
    if (records.length === 0) return
    const flat = new Uint8Array(records.length * HASH_BYTES)
    rows.begin(records[0]!.seq, records.at(-1)!.seq)
    for (const [i, record] of records.entries()) {
      const index = record.seq - 1
      if (record.seq !== seq + 1)
        findings.violation(
          'STATEMENT_MISSING',
          { index: seq, seq: seq + 1 },
          { found: `${record.seq - seq - 1}` },
        )
      seq = record.seq
      const hashed = leafOf(record.statement)
      flat.set(hashed, i * HASH_BYTES)
      tiles.add(hashed)
      const parsed = parse(record.statement)
      const at = { index, seq, ...nameOf(parsed) }
      if (record.leaf === null || !hashed.equals(record.leaf))
        findings.violation('LEAF_DIFFERS', at, { expected: record.leaf, found: hashed })
      if (parsed === null) {
        findings.violation('STATEMENT_UNREADABLE', at)
        continue
      }
      if (KINDS[record.kind]?.typ !== parsed.header.typ) {
        findings.violation('STATEMENT_KIND', at, { expected: parsed.header.typ, found: record.kind })
        continue
      }
      await signatures(record.statement, parsed, at)
      await rows.check(record, parsed, hashed, at)
    }
    yield { flat }
  }
}

/** What a statement is called: the identifier of its certificate, or its own id. */
function nameOf(parsed: Parsed | null): Record<string, string> {
  const name = parsed?.claims['id'] ?? parsed?.claims['jti']
  if (typeof name !== 'string') return {}
  return { identifier: name.replace(/^urn:onceproof:(?:certificate:)?/, '') }
}

/** The auditor's own reading of a compact JWS. Null when it is none. */
function parse(statement: string): Parsed | null {
  const parts = statement.split('.')
  if (parts.length !== 3 || !/^[A-Za-z0-9_.-]*$/.test(statement)) return null
  try {
    const header = JSON.parse(Buffer.from(parts[0]!, 'base64url').toString()) as Parsed['header']
    const claims = JSON.parse(Buffer.from(parts[1]!, 'base64url').toString()) as Parsed['claims']
    return typeof header.kid === 'string' && typeof claims === 'object' && claims !== null
      ? { header, claims }
      : null
  } catch {
    return null
  }
}

// ---- signatures

function signatureCheck({ chain, findings }: Audited) {
  const keys = new Map<string, KeyObject | null>()
  if (chain === null) findings.unchecked('I2', 'signatures of statements', 'NO_CHAIN')

  async function keyOf(kid: string): Promise<KeyObject | null> {
    const known = keys.get(kid)
    if (known !== undefined) return known
    const thumbprint = Buffer.from(kid.split('#')[1] ?? '', 'base64url')
    const registered =
      thumbprint.length === 32 ? await chain!.view.keyOf(`0x${thumbprint.toString('hex')}`) : null
    const key = registered === null ? null : publicKeyOf(Buffer.from(registered.publicKey))
    keys.set(kid, key)
    return key
  }

  return async (
    statement: string,
    { header }: Parsed,
    at: Record<string, string | number>,
  ): Promise<void> => {
    if (chain === null) return
    const key = await keyOf(header.kid)
    if (key === null) {
      // A snapshot is older than what was signed under a newer key.
      if (chain.node === null) findings.unchecked('I2', `signatures under ${header.kid}`, 'KEY_UNKNOWN')
      else findings.violation('STATEMENT_SIGNATURE', at, { expected: 'a registered key', found: header.kid })
      return
    }
    const end = statement.lastIndexOf('.')
    const input = Buffer.from(statement.slice(0, end), 'latin1')
    const signature = Buffer.from(statement.slice(end + 1), 'base64url')
    const holds =
      header.alg === 'ES256'
        ? verify('sha256', input, { key, dsaEncoding: 'ieee-p1363' }, signature)
        : verify(null, input, key, signature)
    if (!holds) findings.violation('STATEMENT_SIGNATURE', at, { found: header.kid })
  }
}

function publicKeyOf(raw: Buffer): KeyObject {
  const jwk =
    raw.length === 64
      ? {
          kty: 'EC',
          crv: 'P-256',
          x: raw.subarray(0, 32).toString('base64url'),
          y: raw.subarray(32).toString('base64url'),
        }
      : { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }
  return createPublicKey({ key: jwk, format: 'jwk' })
}

// ---- rows

interface CertificateRow {
  seq: number
  department: string
  type_code: string
  issuer: string
  identifier_key: Buffer
  check_character: string
  short_code: number
  status_list: number
  status_index: number
  valid_from: number
  valid_until: number | null
  key_salt: Buffer | null
  ciphertext: Buffer | null
}

type Row = Record<string, unknown>

/** Reads the rows of a page of statements beside them, and compares. */
function rowChecks(audited: Audited) {
  const { db, findings } = audited
  const certificates = db.prepare<[number, number], CertificateRow>(
    `SELECT c.*, s.department, s.type_code, s.issuer FROM certificates c LEFT JOIN series s ON s.id = c.series
     WHERE c.seq BETWEEN ? AND ?`,
  )
  const records = db.prepare<[number, number], Row>('SELECT * FROM records WHERE seq BETWEEN ? AND ?')
  const changes = db.prepare<[number, number], Row>('SELECT * FROM status_changes WHERE seq BETWEEN ? AND ?')
  const publications = db.prepare<[number], Row>(
    `SELECT p.*, t.digest FROM type_publications p LEFT JOIN types t ON t.code = p.code AND t.version = p.version
     WHERE p.seq = ?`,
  )
  const holderKeys = db.prepare<[Buffer], Row>('SELECT * FROM holder_keys WHERE leaf = ?')
  const withholdings = db.prepare<[number, number], Row>(
    `SELECT w.*, d.uscc, (SELECT leaf FROM leaves WHERE seq = w.certificate_seq) AS leaf
     FROM withholdings w LEFT JOIN departments d ON d.code = w.department WHERE w.order_seq = ? OR w.release_seq = ?`,
  )
  const leafAt = db.prepare<[number], Buffer>('SELECT leaf FROM leaves WHERE seq = ?').pluck()
  const certificate = db
    .prepare<[Buffer, Buffer], string>(
      'SELECT s.statement FROM leaves l JOIN statements s ON s.seq = l.seq WHERE substr(l.leaf, 1, 6) = ? AND l.leaf = ?',
    )
    .pluck()
  const types = new Map<string, Buffer>()
  for (const { code, version, digest } of db
    .prepare<[], { code: string; version: number; digest: Buffer }>('SELECT code, version, digest FROM types')
    .iterate())
    types.set(`${code}:${version}`, digest)

  let certificateAt = new Map<number, CertificateRow>()
  let recordAt = new Map<number, Row>()
  let changeAt = new Map<number, Row>()
  /** Ids of the few kinds without an index of their own. */
  const ids = audited.scratch.notes<true>('ids')

  return {
    begin(first: number, last: number): void {
      certificateAt = new Map(certificates.all(first, last).map(row => [row.seq, row]))
      recordAt = new Map(records.all(first, last).map(row => [row['seq'] as number, row]))
      changeAt = new Map(changes.all(first, last).map(row => [row['seq'] as number, row]))
    },
    async check(record: StatementRecord, parsed: Parsed, leaf: Buffer, at: Record<string, string | number>) {
      const { claims } = parsed
      const kind = KINDS[record.kind]!
      const { table } = kind
      const row = rowOf(record, leaf)
      if (table !== null && row === undefined) {
        // A key that was cancelled, or a second release, leaves its statement alone.
        findings.violation('ROW_MISSING', { ...at, table })
        return
      }
      const compare = (column: string, found: unknown, expected: unknown) => {
        if (same(found, expected)) return
        findings.violation(
          'ROW_DIFFERS',
          { ...at, table: table ?? 'statements', column },
          { expected, found },
        )
      }
      compareTime(db, record, claims, compare)
      if (record.kind === 1)
        return checkCertificate(audited, types, row as CertificateRow, claims, compare, at)
      const jti = typeof claims['jti'] === 'string' ? claims['jti'] : ''
      const [, , word = '', id = ''] = jti.split(':')
      if (word !== kind.jti) compare('jti', jti, `urn:onceproof:${kind.jti}:…`)
      if (record.kind === 2) compare('id', (row as Row)['id'], ulidOf(id))
      else if (record.kind === 3) checkChange(row as Row, claims, id, compare)
      else if (record.kind >= 5) {
        if (ids.get(jti) === true) findings.violation('STATEMENT_TWICE', at)
        ids.set(jti, true)
        if (record.kind === 5) checkPublication(row as Row, claims, compare)
        else if (record.kind === 6) checkHolderKey(row as Row, claims, compare)
        else if (record.kind === 8) checkWithholding(row as Row, record.seq, claims, compare)
      }
    },
  }

  function rowOf({ kind, seq }: StatementRecord, leaf: Buffer): unknown {
    if (kind === 1) return certificateAt.get(seq)
    if (kind === 2) return recordAt.get(seq)
    if (kind === 3) return changeAt.get(seq)
    if (kind === 5) return publications.get(seq)
    if (kind === 6) return holderKeys.get(leaf)
    if (kind === 8) return withholdings.get(seq, seq)
    return null
  }

  function checkChange(row: Row, claims: Parsed['claims'], id: string, compare: Compare): void {
    compare('id', row['id'], ulidOf(id))
    compare('action', row['action'], claims['action'])
    compare('reason', row['reason'], claims['reason'])
    const leaf = Buffer.from(String(claims['certificate']), 'base64url')
    const of = parse(certificate.get(leaf.subarray(0, 6), leaf) ?? '')
    // Who lost the database may have revoked what it held: then there is no certificate to compare with.
    if (of !== null)
      compare('identifier', `urn:onceproof:certificate:${String(row['identifier'])}`, of.claims['id'])
    const successor = claims['successor']
    if (typeof successor === 'string')
      compare('after_seq', leafAt.get(Number(row['after_seq'])), Buffer.from(successor, 'base64url'))
    else if (claims['action'] !== 'revoke') compare('after_seq', row['after_seq'], null)
    else if (row['after_seq'] !== null && Number(row['after_seq']) !== Number(row['seq']) - 1)
      compare('after_seq', row['after_seq'], Number(row['seq']) - 1)
  }
}

type Compare = (column: string, found: unknown, expected: unknown) => void

/** The time of acceptance lies after the time that the signed bytes name, and not long, unless the clock was set in between. */
function compareTime(
  db: Audited['db'],
  { seq, accepted_at: accepted, kind }: StatementRecord,
  claims: Parsed['claims'],
  compare: Compare,
): void {
  const signed = kind === 1 ? issuedAt(claims) : claims['iat']
  if (typeof signed !== 'number') return
  const isNear = accepted >= signed - CLOCK_STEP_SECONDS && accepted <= signed + LONGEST_SIGNING_SECONDS
  if (isNear || wasClockSet(db, { seq, accepted, signed, slackSeconds: LONGEST_SIGNING_SECONDS })) return
  compare('accepted_at', accepted, `from ${signed} on`)
}

/** Of a first version, by the time in its serial; a later version keeps the serial. */
function issuedAt(claims: Parsed['claims']): number | null {
  const parts = String(claims['id']).split('.')
  const [serial = '', version] = parts.slice(-3)
  if (version !== '001') return null
  const bytes = ulidOf(serial)
  return bytes === null ? null : Math.floor(bytes.readUIntBE(0, 6) / 1000)
}

async function checkCertificate(
  audited: Audited,
  types: ReadonlyMap<string, Buffer>,
  row: CertificateRow,
  claims: Parsed['claims'],
  compare: Compare,
  at: Record<string, string | number>,
): Promise<void> {
  const id = String(claims['id']).replace('urn:onceproof:certificate:', '')
  const [type, issuer, serial = '', version, check] = id.split('.').slice(5)
  compare('series.type_code', row.type_code, type)
  compare('series.issuer', row.issuer, issuer)
  compare('series.department', row.department, issuer)
  compare('identifier_key', row.identifier_key.subarray(0, 16), ulidOf(serial))
  compare('identifier_key', row.identifier_key.subarray(16), versionBytes(version))
  compare('check_character', row.check_character, check)
  if (!(row.short_code >= 0 && row.short_code < 2 ** 40)) compare('short_code', row.short_code, '40 bits')
  const [status] = claims['credentialStatus'] as { statusListIndex: string; statusListCredential: string }[]
  compare('status_index', String(row.status_index), status?.statusListIndex)
  compare('status_list', String(row.status_list), status?.statusListCredential.split('/').at(-2))
  compare('valid_from', row.valid_from, secondsOf(claims['validFrom']))
  compare('valid_until', row.valid_until, secondsOf(claims['validUntil']))
  const schema = claims['credentialSchema'] as { id: string; digestSRI: string }
  const [code, of] = schema.id.split(':').slice(-2)
  const digest = types.get(`${code}:${of}`)
  compare(
    'credentialSchema',
    digest === undefined ? null : `sha256-${digest.toString('base64')}`,
    schema.digestSRI,
  )

  // Erased, or come back from the mirror without its values.
  if (row.key_salt === null && (row.ciphertext === null || row.ciphertext.length === 0)) return
  const sealed = { department: row.department, id, salt: row.key_salt, ciphertext: row.ciphertext }
  const content = await openSealed(audited, sealed, { ...at, table: 'certificates' })
  if (content === null) return
  const subject = (claims['credentialSubject'] as { _sd: string[] })._sd
  const signed = new Set([...subject, ...(claims['_sd'] as string[])])
  const text = content.subarray(32).toString('latin1')
  for (const disclosure of text === '' ? [] : text.split('~')) {
    if (!signed.has(hash('sha256', disclosure, 'base64url')))
      audited.findings.violation('DISCLOSURE_DIFFERS', { ...at, table: 'certificates' })
  }
}

function checkPublication(row: Row, claims: Parsed['claims'], compare: Compare): void {
  const { type, version, digest } = claims['catalogue'] as { type: string; version: number; digest: string }
  compare('code', row['code'], type)
  compare('version', row['version'], version)
  compare('digest', row['digest'], Buffer.from(digest, 'base64url'))
}

function checkHolderKey(row: Row, claims: Parsed['claims'], compare: Compare): void {
  compare('person', row['person'], Buffer.from(String(claims['holder']), 'base64url'))
  compare('signer', row['signer'], Buffer.from(String(claims['signer']).slice(2), 'hex'))
  compare('epoch', row['epoch'], claims['epoch'])
}

function checkWithholding(row: Row, seq: number, claims: Parsed['claims'], compare: Compare): void {
  const releases = row['release_seq'] === seq
  compare('action', releases ? 'release' : 'withhold', claims['action'])
  const name = (column: string) => row[releases ? `release_${column}` : column]
  compare(releases ? 'release_reason' : 'reason', name('reason'), claims['reason'])
  compare(
    releases ? 'release_proposed_by' : 'proposed_by',
    [name('proposed_by'), name('confirmed_by')].join(),
    (claims['orderedBy'] as string[]).join(),
  )
  if (row['certificate_seq'] === null) compare('department', row['uscc'], claims['department'])
  else compare('certificate_seq', row['leaf'], Buffer.from(String(claims['certificate']), 'base64url'))
}

/** Rows, leaves and ids that no statement stands for, or two. */
function checkStrays({ db, findings }: Audited): void {
  const strays: [table: string, kinds: string][] = [
    ['certificates', '1'],
    ['records', '2'],
    ['status_changes', '3'],
    ['type_publications', '5'],
  ]
  for (const [table, kinds] of strays) {
    const rows = db
      .prepare<[], number>(
        `SELECT seq FROM ${table} t WHERE NOT EXISTS (SELECT 1 FROM statements s WHERE s.seq = t.seq AND s.kind IN (${kinds}))`,
      )
      .pluck()
    for (const seq of rows.iterate()) findings.violation('ROW_STRAY', { seq, index: seq - 1, table })
  }
  const leafless = db
    .prepare<[], number>(
      'SELECT seq FROM leaves l WHERE NOT EXISTS (SELECT 1 FROM statements s WHERE s.seq = l.seq)',
    )
    .pluck()
  for (const seq of leafless.iterate()) findings.violation('LEAF_STRAY', { seq, index: seq - 1 })
  const twice = db.prepare<[], { first: number; last: number }>(
    'SELECT min(seq) AS first, max(seq) AS last FROM leaves GROUP BY leaf HAVING count(*) > 1',
  )
  for (const { first, last } of twice.iterate())
    findings.violation('LEAF_TWICE', { index: last - 1, first: first - 1 })
}

// ---- small parts

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** The 16 bytes of a ULID, by arithmetic on one large number. */
export function ulidOf(text: string): Buffer | null {
  if (!/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(text)) return null
  let value = 0n
  for (const character of text) value = value * 32n + BigInt(CROCKFORD.indexOf(character))
  return Buffer.from(value.toString(16).padStart(32, '0'), 'hex')
}

function versionBytes(version: string | undefined): Buffer {
  const number = Number(version)
  return Buffer.from([number >> 8, number & 255])
}

const secondsOf = (instant: unknown): number | null =>
  typeof instant === 'string' ? Date.parse(instant) / 1000 : null

function same(found: unknown, expected: unknown): boolean {
  if (found instanceof Uint8Array && expected instanceof Uint8Array)
    return Buffer.compare(found, expected) === 0
  return (found ?? null) === (expected ?? null)
}

/** SHA-256 of a text, for digests of definitions. */
export const sha256 = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest()

/** Claims of a statement; none when something else stands there. */
export const claimsOf = (statement: string): Record<string, unknown> => parse(statement)?.claims ?? {}
