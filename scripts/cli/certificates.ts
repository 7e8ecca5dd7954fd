/**
 * Certificates over HTTP: issue, show, status, supersede, lookup.
 */
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { Refusal } from '../../protocol/refusal.ts'
import { parseInstant } from '../../protocol/instant.ts'
import { VERDICTS, type Answers, type Verdict } from '../../protocol/verdict.ts'
import { compileType } from '../../server/catalogue/check-rows.ts'
import { civilDateOf } from '../../server/catalogue/civil-date.ts'
import { demoRegion } from '../../server/catalogue/region.ts'
import { parseTypeDefinition } from '../../server/catalogue/type-definition.ts'
import type { ApiClient } from '../../server/http/client.ts'
import { generateRows } from '../generate/certificates.ts'
import { assertWritable, makeFolder, readFields, readRows, unreadable, writeOutput } from './files.ts'
import { operatorClient, publicClient, waitUntil, writeOnce, type GatewayOptions } from './gateway.ts'
import { both, labels } from './messages.ts'
import { instantText, line, printable, usage, withProgress, type Outcome } from './terminal.ts'
import { answerLines, verdictLines } from './verdict-lines.ts'

interface Issued {
  identifier: string
  shortCode: string
  leaf: string
  index: number
  acceptedAt: number
  promise: string
}

interface Change {
  id: string
  action: string
  reason: string
  state: 'accepted' | 'sent' | 'executed' | 'final' | 'refused'
  orderDigest: string
  leaf: string
  acceptedAt: number
  block: { number: number; time: number } | null
  refusal: string | null
}

interface Summary {
  identifier: string
  department: string
  typeCode: string
  leaf: string
  validFrom: number
  validUntil: number | null
  acceptedAt: number
  standing: string
  statement: StatementState
  changes: Change[]
}

interface StatementState {
  state: 'accepted' | 'logged' | 'anchored' | 'final'
  index: number | null
  block: { number: number; hash: string; time: number } | null
}

interface Waiting {
  out?: string
  wait?: boolean
}

export interface IssueOptions extends GatewayOptions, Waiting {
  fields?: string
  rows?: string
  example?: boolean
  original?: string
  mediaType?: string
}

/** Rows that are tried until one is in force today. */
const EXAMPLES_TRIED = 200
/** Files fetched at the same time. */
const AT_ONCE = 8

/** Issues one certificate, or one for each row (all or none). Nothing is sent before every local file was read. */
export async function issue(type: string, options: IssueOptions): Promise<Outcome> {
  const sources = [options.fields, options.rows, options.example].filter(source => source !== undefined)
  if (sources.length !== 1) throw usage('exactly one of --fields, --rows and --example is needed')
  if (options.rows !== undefined) {
    if (options.original !== undefined) throw usage('--original goes with one certificate, not with --rows')
    return issueBatch(type, options.rows, options)
  }
  if (options.out !== undefined) assertWritable(options.out)
  const given = options.fields === undefined ? null : await readFields(options.fields)
  const originalFile =
    options.original === undefined ? undefined : await originalOf(options.original, options.mediaType)
  const client = await operatorClient(options)
  // A repetition under the same key asks for the same example.
  const fields =
    given ?? (await exampleOf(client, type, options.idempotencyKey ?? randomBytes(8).toString('hex')))
  const issued = await writeOnce(options, key =>
    client.post<Issued>('/v1/certificates', { type, fields, ...(originalFile && { originalFile }) }, key),
  )
  const state = options.wait === true ? await finalState(client, issued.identifier) : null
  const saved = await saveFile(client, issued.identifier, options.out)
  return {
    data: { ...issued, ...(state && { statement: state.statement }), ...saved?.data },
    lines: [
      both(labels.issued),
      ...issuedLines(issued),
      ...(state ? stateLines(state.statement) : []),
      ...(saved?.lines ?? []),
    ],
  }
}

async function issueBatch(type: string, path: string, options: IssueOptions): Promise<Outcome> {
  const rows = await readRows(path)
  if (options.out !== undefined) await makeFolder(options.out)
  const client = await operatorClient(options)
  const { batch, certificates } = await writeOnce(options, key =>
    client.post<{ batch: string | null; certificates: Issued[] }>(
      '/v1/certificates/batch',
      { type, rows },
      key,
    ),
  )
  // The log is in order: when the last is final, all are.
  const state = options.wait === true ? await finalState(client, certificates.at(-1)!.identifier) : null
  const { out } = options
  if (out !== undefined) {
    await withProgress(labels.saving, async progress => {
      for (let i = 0; i < certificates.length; i += AT_ONCE) {
        const some = certificates.slice(i, i + AT_ONCE)
        await Promise.all(
          some.map(({ identifier }) => saveFile(client, identifier, join(out, `${identifier}.json`))),
        )
        progress.to(i + some.length, certificates.length)
      }
    })
  }
  return {
    data: {
      batch,
      certificates,
      ...(state && { statement: state.statement }),
      ...(out !== undefined && { out }),
    },
    lines: [
      both(labels.batchIssued),
      ...(batch === null ? [] : [line(labels.batch, batch)]),
      line(labels.count, certificates.length),
      ...certificates.slice(0, 5).map(one => line(labels.identifier, `${one.identifier}  ${one.shortCode}`)),
      ...(certificates.length > 5 ? ['  …'] : []),
      ...(state ? stateLines(state.statement) : []),
      ...(out === undefined ? [] : [line(labels.written, out)]),
    ],
  }
}

/** An invented row of this type that is in force today. Refuses EXAMPLE_MISSING, and TYPE_NOT_FOUND from the gateway. */
async function exampleOf(client: ApiClient, type: string, seed: string): Promise<Record<string, unknown>> {
  const { definition } = await client.get<{ definition: unknown }>(`/v1/types/${encodeURIComponent(type)}`)
  const { check } = compileType(parseTypeDefinition(definition))
  const known = demoRegion().certificateTypes.filter(({ code }) => code === type)
  const now = Math.floor(Date.now() / 1000)
  const today = civilDateOf(new Date().toISOString())
  for (const ours of known) {
    for (const row of generateRows(ours, EXAMPLES_TRIED, seed, today)) {
      const checked = check(row, 0)
      if (Array.isArray(checked)) continue
      const until = checked.validUntil === null ? Infinity : parseInstant(checked.validUntil)!
      if (parseInstant(checked.validFrom)! <= now && now < until) return row
    }
  }
  throw new Refusal('EXAMPLE_MISSING', `there is no example of the type ${type}`, {
    field: 'type',
    expected: demoRegion()
      .certificateTypes.map(({ code }) => code)
      .join(', '),
    found: type,
  })
}

async function originalOf(
  path: string,
  mediaType: string | undefined,
): Promise<{ sha256: string; mediaType: string }> {
  const { sha256 } = await digestOfFile(path)
  return { sha256: sha256.toString('hex'), mediaType: mediaType ?? 'application/octet-stream' }
}

/** SHA-256 and size of a file of any size. Refuses FILE_MISSING and FILE_UNREADABLE. */
export async function digestOfFile(path: string): Promise<{ sha256: Buffer; size: number }> {
  const hash = createHash('sha256')
  let size = 0
  try {
    for await (const piece of createReadStream(path) as AsyncIterable<Uint8Array>) {
      hash.update(piece)
      size += piece.length
    }
  } catch (error) {
    throw unreadable(path, error)
  }
  return { sha256: hash.digest(), size }
}

export interface ShowOptions extends GatewayOptions, Waiting {}

/** A certificate by its identifier, or a record by its id: values, state, changes. With `out` its file too. */
export async function show(id: string, options: ShowOptions): Promise<Outcome> {
  const kind = kindOfId(id)
  if (options.out !== undefined) assertWritable(options.out)
  const client = await operatorClient(options)
  if (kind === 'record') return showRecord(client, id, options)
  if (options.wait === true) await finalState(client, id)
  const found = await client.get<Summary & { shortCode: string; fields: Record<string, unknown> | null }>(
    `/v1/certificates/${id}`,
  )
  const saved = await saveFile(client, id, options.out)
  return {
    data: { ...found, ...saved?.data },
    lines: [
      `${printable(found.identifier)}  ${printable(found.standing)}`,
      line(labels.department, found.department),
      line(labels.type, found.typeCode),
      line(labels.shortCode, found.shortCode),
      line(labels.leaf, found.leaf),
      line(labels.acceptedAt, instantText(found.acceptedAt)),
      line(labels.validFrom, instantText(found.validFrom)),
      line(
        labels.validUntil,
        found.validUntil === null ? both(labels.withoutEnd) : instantText(found.validUntil),
      ),
      ...stateLines(found.statement),
      ...found.changes.map(changeLine),
      `  ${both(labels.values)}:`,
      ...Object.entries(found.fields ?? {}).map(
        ([name, value]) => `    ${printable(name)}: ${printable(value)}`,
      ),
      ...(saved?.lines ?? []),
    ],
  }
}

async function showRecord(client: ApiClient, id: string, options: ShowOptions): Promise<Outcome> {
  const ask = () => client.get<RecordView>(`/v1/records/${id}`)
  const found = options.wait === true ? await waitUntil(ask, isFinal) : await ask()
  const saved = await saveFile(client, id, options.out, 'records')
  return { data: { ...found, ...saved?.data }, lines: [...recordLines(found), ...(saved?.lines ?? [])] }
}

export interface RecordView {
  id: string
  leaf: string
  index: number
  acceptedAt: number
  statement: StatementState
  promise: string
}

export const isFinal = ({ statement }: { statement: StatementState }): boolean => statement.state === 'final'

export function recordLines(record: RecordView): string[] {
  return [
    line(labels.record, record.id),
    line(labels.leaf, record.leaf),
    line(labels.index, record.index),
    line(labels.acceptedAt, instantText(record.acceptedAt)),
    ...stateLines(record.statement),
  ]
}

/** Which of the two an id names. */
export function kindOfId(id: string): 'certificate' | 'record' {
  if (/^1\.2\.156\.3005\.2\.[0-9A-Z.]{52,80}$/.test(id)) return 'certificate'
  if (/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(id)) return 'record'
  throw usage('neither the identifier of a certificate nor the id of a record', {
    field: 'id',
    expected: '1.2.156.3005.2.… / 26 characters',
    found: id.slice(0, 100),
  })
}

function certificateId(id: string): string {
  if (kindOfId(id) === 'certificate') return id
  throw usage('not the identifier of a certificate', { field: 'identifier', found: id })
}

export interface StatusOptions extends GatewayOptions {
  reason: string
  effective?: string
  wait?: boolean
}

/** Revokes, suspends or resumes. The answer waits for the chain a while; `wait` until the order is final there. */
export async function status(id: string, action: string, options: StatusOptions): Promise<Outcome> {
  certificateId(id)
  const client = await operatorClient(options)
  const body = {
    action,
    reason: options.reason,
    ...(options.effective !== undefined && { effective: options.effective }),
  }
  const ordered = await writeOnce(options, key =>
    client.post<Change>(`/v1/certificates/${id}/status`, body, key),
  )
  const change = options.wait === true ? await finalChange(client, id, ordered) : ordered
  return { data: change, lines: [both(labels.ordered), changeLine(change)] }
}

export interface SupersedeOptions extends GatewayOptions, Waiting {
  fields: string
  reason: string
}

/** Issues the next version with these fields (all of them, not only those that change). */
export async function supersede(id: string, options: SupersedeOptions): Promise<Outcome> {
  certificateId(id)
  if (options.out !== undefined) assertWritable(options.out)
  const fields = await readFields(options.fields)
  const client = await operatorClient(options)
  const { certificate, change } = await writeOnce(options, key =>
    client.post<{ certificate: Issued; change: Change }>(
      `/v1/certificates/${id}/successor`,
      { fields, reason: options.reason },
      key,
    ),
  )
  const settled = options.wait === true ? await finalChange(client, id, change) : change
  const saved = await saveFile(client, certificate.identifier, options.out)
  return {
    data: { certificate, change: settled, ...saved?.data },
    lines: [
      both(labels.superseded),
      ...issuedLines(certificate),
      changeLine(settled),
      ...(saved?.lines ?? []),
    ],
  }
}

/** Waits until the order is final on chain. Refuses ORDER_REFUSED when the chain refused it. */
async function finalChange(client: ApiClient, id: string, { id: order }: Change): Promise<Change> {
  const change = await waitUntil(
    async () => {
      const { changes } = await client.get<Summary>(`/v1/certificates/${id}/state`)
      return changes.find(one => one.id === order)
    },
    found => found === undefined || found.state === 'final' || found.state === 'refused',
  )
  if (change?.state === 'final') return change
  throw new Refusal('ORDER_REFUSED', 'the chain refused the status order', {
    field: 'change',
    expected: 'final',
    found: change?.refusal ?? 'refused',
  })
}

const finalState = (client: ApiClient, id: string): Promise<Summary> =>
  waitUntil(() => client.get<Summary>(`/v1/certificates/${id}/state`), isFinal)

/** Writes the certificate or record file, with the receipt when there is one already. */
export async function saveFile(
  client: ApiClient,
  id: string,
  out: string | undefined,
  collection: 'certificates' | 'records' = 'certificates',
): Promise<{ data: { out: string; evidence: 'receipt' | 'promise' }; lines: string[] } | null> {
  if (out === undefined) return null
  const bytes = await client.getBytes(`/v1/${collection}/${id}/file`)
  await writeOutput(out, bytes)
  const file = JSON.parse(Buffer.from(bytes).toString('utf8')) as { receipt?: unknown }
  const evidence = file.receipt === undefined ? 'promise' : 'receipt'
  return {
    data: { out, evidence },
    lines: [line(labels.written, out), line(labels.evidence, both(labels[evidence]))],
  }
}

export interface LookupOptions extends GatewayOptions {
  identifier?: string
}

/** What anybody with a printout may know. Needs no token; the exit code is the verdict's. */
export async function lookup(shortCode: string, lastFour: string, options: LookupOptions): Promise<Outcome> {
  const body = {
    shortCode,
    lastFour,
    ...(options.identifier !== undefined && { identifier: options.identifier }),
  }
  const found = await publicClient(options).ask<{
    verdict: Verdict
    answers?: Answers
    type?: { code: string; zh: string; en: string }
    fields?: [string, unknown][]
  }>('/v1/verify/lookup', body)
  const { exit } = VERDICTS[found.verdict]
  return {
    exit,
    data: { ...found, exit },
    lines: [
      ...verdictLines(found.verdict),
      ...(found.answers === undefined ? [] : answerLines(found.answers)),
      ...(found.type === undefined ? [] : [line(labels.type, both(found.type))]),
      ...(found.fields ?? []).map(([name, value]) => `    ${printable(name)}: ${printable(value)}`),
    ],
  }
}

const issuedLines = (issued: Issued): string[] => [
  line(labels.identifier, issued.identifier),
  line(labels.shortCode, issued.shortCode),
  line(labels.leaf, issued.leaf),
  line(labels.index, issued.index),
  line(labels.acceptedAt, instantText(issued.acceptedAt)),
]

function stateLines({ state, block }: StatementState): string[] {
  const at = block === null ? '' : `  (${both(labels.block)} ${block.number}, ${instantText(block.time)})`
  return [line(labels.statement, state) + at]
}

function changeLine({ action, reason, state, block, refusal }: Change): string {
  const at = block === null ? '' : `  (${both(labels.block)} ${block.number}, ${instantText(block.time)})`
  return line(labels.change, `${action} ${reason} ${state}${refusal === null ? '' : ` ${refusal}`}`) + at
}
