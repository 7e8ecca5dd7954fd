/**
 * Statements on their way to the mirror and back, in SQLite. `beside` holds what of a row its statement does not say:
 *
 *     certificate   short (code), batch             use          identifier, issuer, department (codes)
 *     status        identifier, order, digest, after    withholding  id, department (code)
 *     catalogue     type (the whole definition)
 */
import { fromBase64url, fromHex, toBase64url, utf8FromBase64url } from '../../../protocol/bytes.ts'
import { parseCertificateIdentifier } from '../../../protocol/identifiers.ts'
import { parseInstant } from '../../../protocol/instant.ts'
import { STATUS_LIST_CAPACITY } from '../../../protocol/certificate.ts'
import { invariant, Refusal } from '../../../protocol/refusal.ts'
import { STATEMENT_TYP } from '../../../protocol/statement.ts'
import type { AnswerRow, FrameToImport, ImportStore } from '../imports.ts'
import type { MirroredStatement } from '../mirror.ts'
import type { NewCheckpoint, NewStatusChange, StatementKind, StatusAction } from '../store.ts'
import { KIND_NUMBER, type Appender } from './appending.ts'
import { shortCodeText, ulidBytes } from './compact.ts'
import type { Context } from './context.ts'
import { bytes } from './context.ts'
import type { UnsealedCertificate } from './statements.ts'

/** How other verbs write their rows, inside the transaction of an import. */
export interface RowWriters {
  appendCertificate: (seq: number, certificate: UnsealedCertificate, acceptedAt: number) => void
  /** The rows alone: the statement is there already. */
  appendRecord: (seq: number, record: { id: string }) => void
  appendStatusChange: (seq: number, change: NewStatusChange) => void
  seal: (checkpoint: NewCheckpoint) => void
  /** Forgets what was remembered of the catalogue. */
  forgetCatalogue: () => void
}

interface StatementRecord {
  seq: number
  kind: number
  accepted_at: number
  statement: string
  leaf: Buffer
  beside: string | null
}

interface AnswerRecord {
  key: string
  request: Buffer
  first_seq: number
  count: number
  accepted_at: number
  batch: string | null
}

/** Scalar subqueries, for the reason given in `statements.ts`. */
const MIRROR_ROW = `
  SELECT s.*, (SELECT leaf FROM leaves WHERE seq = s.seq) AS leaf, CASE s.kind
    WHEN ${KIND_NUMBER.certificate} THEN (
      SELECT json_object('short', c.short_code, 'batch', (
        SELECT CASE WHEN b.last_seq >= c.seq THEN b.batch END FROM batches b WHERE b.first_seq <= c.seq
        ORDER BY b.first_seq DESC LIMIT 1)) FROM certificates c WHERE c.seq = s.seq)
    WHEN ${KIND_NUMBER.status} THEN (
      SELECT json_object('identifier', identifier, 'order', order_json, 'digest', hex(order_digest), 'after', after_seq)
      FROM status_changes WHERE seq = s.seq)
    WHEN ${KIND_NUMBER.use} THEN (
      SELECT json_object('identifier', identifier, 'issuer', issuer, 'department', department) FROM uses WHERE seq = s.seq)
    WHEN ${KIND_NUMBER.catalogue} THEN (
      SELECT json_object('code', t.code, 'version', t.version, 'typeCode', t.type_code, 'department', t.department,
        'definition', t.definition, 'createdAt', t.created_at)
      FROM type_publications p JOIN types t ON t.code = p.code AND t.version = p.version WHERE p.seq = s.seq)
    WHEN ${KIND_NUMBER.withholding} THEN (
      SELECT json_object('id', id, 'department', department) FROM withholdings WHERE order_seq = s.seq OR release_seq = s.seq)
    END AS beside
  FROM statements s WHERE seq > ? ORDER BY seq LIMIT ?`

export function importVerbs({ db, write }: Context, { append }: Appender, rows: RowWriters): ImportStore {
  const mirrorRows = db.prepare<[number, number], StatementRecord>(MIRROR_ROW)
  const answers = db.prepare<[number, number], AnswerRecord>(
    'SELECT * FROM answers WHERE first_seq > 0 AND first_seq > ? AND first_seq <= ? ORDER BY first_seq',
  )
  const insertAnswer = db.prepare<[string, Uint8Array, number, number, number, string | null]>(
    'INSERT INTO answers VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  )
  const lastSeq = db.prepare<[], number>('SELECT coalesce(max(seq), 0) FROM statements').pluck()
  const leafOf = db.prepare<[number], Buffer>('SELECT leaf FROM leaves WHERE seq = ?').pluck()
  const seqOfLeaf = db
    .prepare<[Uint8Array, Uint8Array], number>(
      'SELECT seq FROM leaves WHERE substr(leaf, 1, 6) = ? AND leaf = ? ORDER BY seq LIMIT 1',
    )
    .pluck()
  const insertBatch = db.prepare<[number, number, string]>('INSERT INTO batches VALUES (?, ?, ?)')
  const insertType = db.prepare<[string, number, string, string, string, Uint8Array, number]>(
    'INSERT INTO types VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
  )
  const insertPublication = db.prepare<[string, number, number]>(
    'INSERT INTO type_publications VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
  )
  const insertUse = db.prepare<
    [number, Uint8Array, number, string, string, string, string, string, string, string | null]
  >('INSERT INTO uses VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
  const countUse = db.prepare<[Uint8Array]>(
    'UPDATE grants SET used = min(used + 1, max_uses) WHERE digest = ?',
  )
  const insertOrder = db.prepare<
    [string, number | null, string | null, string, string, string, number, string, number, number]
  >(
    `INSERT INTO withholdings (id, certificate_seq, identifier, department, reason, proposed_by, proposed_at, confirmed_by,
       effective_at, order_seq) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET confirmed_by = excluded.confirmed_by, effective_at = excluded.effective_at,
       order_seq = excluded.order_seq`,
  )
  const releaseOrder = db.prepare<[string, string, number, string, number, number, string]>(
    `UPDATE withholdings SET release_reason = ?, release_proposed_by = ?, release_proposed_at = ?, release_confirmed_by = ?,
       released_at = ?, release_seq = ? WHERE id = ?`,
  )
  const closeList = db.prepare<[string, number, number, number]>(
    `INSERT INTO status_lists (department, number, used, capacity) VALUES (?, ?, ?, ?)
     ON CONFLICT DO UPDATE SET used = capacity`,
  )
  const endSessions = db.prepare('DELETE FROM sessions')

  function takeUp({ statements, checkpoint, answers: given }: FrameToImport): number {
    const had = lastSeq.get() ?? 0
    let imported = 0
    let run: { first: number; last: number; batch: string } | null = null
    for (const one of statements) {
      const seq = one.index + 1
      if (seq <= had) {
        assertSame(one)
        continue
      }
      const batch = takeUpOne(seq, one)
      if (run !== null && batch === run.batch) run.last = seq
      else {
        if (run !== null) insertBatch.run(run.first, run.last, run.batch)
        run = batch === null ? null : { first: seq, last: seq, batch }
      }
      imported++
    }
    if (run !== null) insertBatch.run(run.first, run.last, run.batch)
    for (const { key, request, firstSeq, count, acceptedAt, batch } of given)
      insertAnswer.run(key, request, firstSeq, count, acceptedAt, batch)
    rows.seal(checkpoint)
    rows.forgetCatalogue()
    return imported
  }

  function assertSame({ index, leaf }: MirroredStatement): void {
    const here = leafOf.get(index + 1)
    if (here !== undefined && Buffer.compare(here, leaf) === 0) return
    throw new Refusal('MIRROR_CONFLICT', `the mirror has another statement at ${index} than this database`, {
      expected: toBase64url(leaf),
      found: here === undefined ? 'nothing' : toBase64url(here),
    })
  }

  /** The batch of a certificate; null for all else. */
  function takeUpOne(seq: number, { statement, leaf, acceptedAt, beside }: MirroredStatement): string | null {
    const { kind, payload } = readStatement(statement)
    const text = (name: string): string => {
      const value = beside?.[name]
      invariant(typeof value === 'string', `the mirror says the ${name} of statement ${seq - 1}`)
      return value
    }
    if (kind === 'certificate') {
      const short = beside?.['short']
      invariant(typeof short === 'number', `the mirror says the short code of statement ${seq - 1}`)
      rows.appendCertificate(seq, certificateOf(statement, leaf, payload, shortCodeText(short)), acceptedAt)
      const batch = beside?.['batch']
      return typeof batch === 'string' ? batch : null
    }
    append(seq, { kind, statement, leaf }, acceptedAt)
    if (kind === 'record') rows.appendRecord(seq, { id: ulidIn(payload) })
    if (kind === 'status') {
      const after = beside?.['after']
      rows.appendStatusChange(seq, {
        kind,
        statement,
        leaf,
        id: ulidIn(payload),
        identifier: text('identifier'),
        action: payload['action'] as StatusAction,
        reason: payload['reason'] as string,
        order: text('order'),
        orderDigest: Buffer.from(text('digest'), 'hex'),
        afterSeq: typeof after === 'number' ? after : null,
      })
    }
    if (kind === 'use') takeUpUse(seq, payload, text)
    if (kind === 'catalogue') {
      const [code, version] = [text('code'), Number(beside?.['version'])]
      const { digest } = payload['catalogue'] as { digest: string }
      insertType.run(
        code,
        version,
        text('typeCode'),
        text('department'),
        text('definition'),
        fromBase64url(digest)!,
        Number(beside?.['createdAt']),
      )
      insertPublication.run(code, version, seq)
    }
    if (kind === 'withholding') takeUpOrder(seq, payload, acceptedAt, text)
    return null
  }

  function takeUpUse(seq: number, payload: Payload, text: (name: string) => string): void {
    const { certificate, officer, matter, ground, refused, grant } = payload as Record<
      string,
      string | undefined
    >
    const leaf = fromBase64url(certificate!)!
    const certificateSeq = seqOfLeaf.get(leaf.subarray(0, 6), leaf)
    invariant(certificateSeq !== undefined, `the certificate of use ${seq - 1} is in the log`)
    insertUse.run(
      seq,
      ulidBytes(ulidIn(payload))!,
      certificateSeq,
      text('identifier'),
      text('issuer'),
      text('department'),
      officer!,
      matter!,
      ground!,
      refused ?? null,
    )
    // A grant that was used up must not be good for more again.
    if (grant !== undefined && refused === undefined) countUse.run(fromHex(grant)!)
  }

  function takeUpOrder(seq: number, payload: Payload, at: number, text: (name: string) => string): void {
    const [proposedBy, confirmedBy] = payload['orderedBy'] as [string, string]
    const reason = payload['reason'] as string
    if (payload['action'] === 'release') {
      releaseOrder.run(reason, proposedBy, at, confirmedBy, at, seq, text('id'))
      return
    }
    const leaf = typeof payload['certificate'] === 'string' ? fromBase64url(payload['certificate']) : null
    const certificateSeq = leaf === null ? null : (seqOfLeaf.get(leaf.subarray(0, 6), leaf) ?? null)
    const identifier = certificateSeq === null ? null : identifierAt(certificateSeq)
    insertOrder.run(
      text('id'),
      certificateSeq,
      identifier,
      text('department'),
      reason,
      proposedBy,
      at,
      confirmedBy,
      at,
      seq,
    )
  }

  const statementAt = db.prepare<[number], string>('SELECT statement FROM statements WHERE seq = ?').pluck()
  const identifierAt = (seq: number) => identifierIn(readStatement(statementAt.get(seq)!).payload)

  return {
    async mirrorRows(from, max) {
      return mirrorRows.all(from, max).map(toMirrored)
    },
    async answersFor(from, to) {
      return answers.all(from, to).map(toAnswer)
    },
    importFrame: frame => write(() => takeUp(frame)),
    closeStatusLists: lists =>
      write(() => {
        for (const { department, number } of lists)
          closeList.run(department, number, STATUS_LIST_CAPACITY, STATUS_LIST_CAPACITY)
      }),
    endSessions: () => write(() => void endSessions.run()),
  }
}

function toMirrored({
  seq,
  accepted_at: acceptedAt,
  statement,
  leaf,
  beside,
}: StatementRecord): MirroredStatement {
  return {
    index: seq - 1,
    acceptedAt,
    statement,
    leaf: bytes(leaf),
    beside: beside === null ? null : (JSON.parse(beside) as Record<string, unknown>),
  }
}

function toAnswer({
  first_seq: firstSeq,
  accepted_at: acceptedAt,
  request,
  ...rest
}: AnswerRecord): AnswerRow {
  return { ...rest, request: bytes(request), firstSeq, acceptedAt }
}

type Payload = Record<string, unknown>

const KIND_OF_TYP = new Map(Object.entries(STATEMENT_TYP).map(([kind, typ]) => [typ, kind as StatementKind]))

/** What was accepted once, read without doubting it again: its root is the log's. */
function readStatement(statement: string): { kind: StatementKind; payload: Payload } {
  const [header = '', payload = ''] = statement.split('.')
  const { typ } = JSON.parse(utf8FromBase64url(header)!) as { typ: string }
  const kind = KIND_OF_TYP.get(typ)
  invariant(kind !== undefined, `a statement of the kind ${typ}`)
  return { kind, payload: JSON.parse(utf8FromBase64url(payload)!) as Payload }
}

const identifierIn = (payload: Payload) =>
  (payload['id'] as string).slice('urn:onceproof:certificate:'.length)
const ulidIn = (payload: Payload) => (payload['jti'] as string).split(':').at(-1)!

function certificateOf(
  statement: string,
  leaf: Uint8Array,
  payload: Payload,
  shortCode: string,
): UnsealedCertificate {
  const identifier = identifierIn(payload)
  const { issuer, type } = parseCertificateIdentifier(identifier)
  const [entry] = payload['credentialStatus'] as [{ statusListIndex: string; statusListCredential: string }]
  return {
    kind: 'certificate',
    statement,
    leaf,
    identifier,
    department: issuer,
    typeCode: type,
    shortCode,
    statusList: Number(entry.statusListCredential.split('/').at(-2)),
    statusIndex: Number(entry.statusListIndex),
    validFrom: parseInstant(payload['validFrom'] as string)!,
    validUntil: payload['validUntil'] === undefined ? null : parseInstant(payload['validUntil'] as string)!,
    sealed: null,
  }
}
