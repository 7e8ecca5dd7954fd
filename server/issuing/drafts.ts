/**
 * Batches on their way to an approval. What a maker uploads is kept sealed under the department's key until it is issued or
 * given up; nobody but its department sees a value.
 */
import { randomBytes, randomInt } from 'node:crypto'
import { formatUlid } from '../../protocol/identifiers.ts'
import { Refusal, type FieldError } from '../../protocol/refusal.ts'
import type { CheckedRow } from '../catalogue/check-rows.ts'
import { typeOf, typeVersionOf, type PublishedType } from '../catalogue/publish.ts'
import { holderNameOf } from '../catalogue/type-definition.ts'
import { departmentOf } from '../departments/admit.ts'
import { openDocument, sealDocument } from '../keys/sealing.ts'
import type { BatchRow, BatchRowRow } from '../store/batches.ts'
import type { Once, Sealed } from '../store/store.ts'
import type { World } from '../world.ts'
import { assessRows, batchDigest, checkedRow, type AssessedRow } from './assess.ts'
import { readUpload, type UploadKind } from './read-upload.ts'
import { sheetLayout } from './sheet-layout.ts'
import { MAX_ROWS } from './sheet-rows.ts'
import { asksHolders } from './template.ts'

export type DraftWorld = Pick<World, 'store' | 'keys' | 'clock' | 'region' | 'events'>

export interface Upload {
  /** Short code of the type. */
  type: string
  kind: UploadKind
  bytes: Uint8Array
  /** What its maker calls it, to tell it from others of its type. */
  name?: string | undefined
}

/** A row that will be signed, as it will be signed. */
export interface GoodRow {
  n: number
  checked: CheckedRow
  holders: string[]
}

const SALT_BYTES = 32

/** Every row of an upload with its errors; nothing is written. Refuses as `readUpload` does, and TYPE_NOT_FOUND. */
export async function checkUpload(
  world: Pick<World, 'store' | 'region'>,
  { type: code, kind, bytes }: Upload,
): Promise<{ type: PublishedType; rows: AssessedRow[] }> {
  const type = await typeOf(world, code)
  const { definition } = type
  const rows = await readUpload(kind, bytes, sheetLayout(definition, asksHolders(definition)))
  return { type, rows: assessRows(type, rows) }
}

/**
 * Stores an upload as a draft, good rows and bad ones; returns its id. When this returns the draft survives a power cut; a
 * repetition with the same `once` stores nothing and returns the same id. Refuses as `checkUpload`.
 */
export async function uploadBatch(
  world: DraftWorld,
  maker: string,
  upload: Upload,
  once: Once | null,
): Promise<string> {
  const before = once === null ? null : await world.store.answered(once)
  if (before?.batch != null) return before.batch
  const { type, rows } = await checkUpload(world, upload)
  const department = await departmentOf(world, type.definition.issuer)
  const id = formatUlid(world.clock(), randomBytes(10))
  const seal = await sealer(world, department.code)
  const batch = {
    id,
    department: department.code,
    type: type.row.code,
    version: type.row.version,
    source: upload.kind,
    maker,
    head: seal(headName(id), Buffer.concat([randomBytes(SALT_BYTES), Buffer.from(upload.name ?? '')])),
  }
  return world.store.createBatch(
    batch,
    rows.map(row => sealRow(seal, id, row)),
    once,
  )
}

/** Refuses BATCH_NOT_FOUND. */
export async function batchOf(world: Pick<World, 'store'>, id: string): Promise<BatchRow> {
  const batch = await world.store.batchById(id)
  if (batch === null)
    throw new Refusal('BATCH_NOT_FOUND', 'there is no such batch', { field: 'id', found: id })
  return batch
}

/** The rows that are kept of a batch: none once it is issued or withdrawn. */
export async function rowsOfBatch(
  world: Pick<World, 'store' | 'keys'>,
  batch: BatchRow,
  { from = 0, limit = MAX_ROWS, onlyBad = false } = {},
): Promise<AssessedRow[]> {
  const open = await opener(world, batch.department)
  const rows = await world.store.batchRows(batch.id, from, limit, onlyBad)
  return rows.map(row => openRow(open, batch.id, row))
}

/**
 * Gives a row other fields and checks it again, and with it whether others repeat its number. Refuses BATCH_ROW_NOT_FOUND,
 * BATCH_STATE, and BATCH_CHANGED when somebody else was quicker.
 */
export async function correctRow(
  world: DraftWorld,
  batch: BatchRow,
  correction: { n: number; value: unknown; holders: string[] },
  by: string,
  once: Once | null,
): Promise<void> {
  if (await isAnswered(world, once)) return
  const rows = await rowsToChange(world, batch, correction.n)
  const changed = rows.map(row => (row.n === correction.n ? { ...row, ...correction, faults: [] } : row))
  await saveRows(world, batch, { before: rows, after: changed, remove: [] }, by, once)
}

/** Takes a row out of a batch. Refuses as `correctRow`. */
export async function removeRow(
  world: DraftWorld,
  batch: BatchRow,
  n: number,
  by: string,
  once: Once | null,
): Promise<void> {
  if (await isAnswered(world, once)) return
  const rows = await rowsToChange(world, batch, n)
  await saveRows(
    world,
    batch,
    { before: rows, after: rows.filter(row => row.n !== n), remove: [n] },
    by,
    once,
  )
}

/**
 * Submits a batch for approval, its bad rows left out if the maker says so. Refuses BATCH_BAD_ROWS, BATCH_EMPTY,
 * BATCH_STATE, BATCH_CHANGED, and BATCH_TYPE_CHANGED when the type has a newer version than the rows were checked against.
 */
export async function submitBatch(
  world: DraftWorld,
  batch: BatchRow,
  leaveOut: boolean,
  by: string,
  once: Once | null,
): Promise<void> {
  if (await isAnswered(world, once)) return
  const newest = await typeOf(world, batch.type)
  if (newest.row.version !== batch.version) {
    throw new Refusal('BATCH_TYPE_CHANGED', 'the type has a newer version', {
      field: 'type',
      expected: String(newest.row.version),
      found: String(batch.version),
    })
  }
  const { digest } = await whatWillBeSigned(world, { ...batch, leaveOut })
  await world.store.submitBatch(batch.id, { revision: batch.revision, by, digest, leaveOut }, once)
  changed(world, batch.id)
}

/** The rows that will be signed and the digest that an approval is bound to. */
export async function whatWillBeSigned(
  world: Pick<World, 'store' | 'keys' | 'region'>,
  batch: BatchRow,
): Promise<{ type: PublishedType; rows: GoodRow[]; digest: Uint8Array }> {
  const type = await typeVersionOf(world, batch.type, batch.version)
  const rows: GoodRow[] = []
  for (const row of await rowsOfBatch(world, batch)) {
    const checked = row.errors.length > 0 ? null : checkedRow(type, row)
    if (checked !== null) rows.push({ n: row.n, checked, holders: row.holders })
  }
  const { salt } = await headOf(world, batch)
  const leftOut = batch.leaveOut ? batch.bad : 0
  const { id, department } = batch
  return { type, rows, digest: batchDigest(type, { id, department, salt, leftOut }, rows) }
}

/** What its maker calls a batch; null when he gave it no name. */
export async function nameOfBatch(
  world: Pick<World, 'store' | 'keys'>,
  batch: BatchRow,
): Promise<string | null> {
  const { name } = await headOf(world, batch)
  return name === '' ? null : name
}

/** The salt of its digest, and after it the name: sealed, since a name may say more than it should. */
async function headOf(world: Pick<World, 'store' | 'keys'>, { id, department, head }: BatchRow) {
  const bytes = (await opener(world, department))(headName(id), head)
  return { salt: bytes.subarray(0, SALT_BYTES), name: textOf(bytes.subarray(SALT_BYTES)) }
}

/** Places of the rows that a person looks at: the first, some that nobody could foresee, the one with the longest name. */
export function samplePlaces(type: PublishedType, rows: readonly GoodRow[], random: number): number[] {
  if (rows.length === 0) return []
  const lengths = rows.map(
    ({ checked }) => holderNameOf(type.definition, Object.fromEntries(checked.values)).length,
  )
  const longest = lengths.indexOf(Math.max(...lengths))
  const drawn = Array.from({ length: Math.min(random, rows.length) }, () => randomInt(rows.length))
  return [...new Set([0, ...drawn, longest])].sort((a, b) => a - b)
}

/** Gives a submitted batch back to its makers with a reason. Refuses BATCH_STATE and BATCH_OWN_APPROVAL. */
export async function rejectBatch(
  world: DraftWorld,
  batch: BatchRow,
  reason: string,
  by: string,
  once: Once | null,
): Promise<void> {
  const seal = await sealer(world, batch.department)
  await world.store.rejectBatch(batch.id, by, seal(remarkName(batch.id), Buffer.from(reason)), once)
  changed(world, batch.id)
}

/** The reason for rejecting or recalling. */
export async function remarkOf(
  world: Pick<World, 'store' | 'keys'>,
  batch: BatchRow,
): Promise<string | null> {
  if (batch.remark === null) return null
  return textOf((await opener(world, batch.department))(remarkName(batch.id), batch.remark))
}

/** Gives a batch up; its rows are erased. Refuses BATCH_STATE once it is approved. */
export async function withdrawBatch(
  world: DraftWorld,
  { id }: BatchRow,
  by: string,
  once: Once | null,
): Promise<void> {
  await world.store.withdrawBatch(id, by, once)
  changed(world, id)
}

/**
 * Gives up an approved batch that cannot be issued, with a reason; its rows are erased. When this returns nothing of it is issued
 * any more, whatever is being signed. Refuses BATCH_STATE when its certificates were accepted.
 */
export async function recallBatch(
  world: DraftWorld,
  batch: BatchRow,
  { reason, by, issuing }: { reason: string; by: string; issuing: Once },
  once: Once | null,
): Promise<void> {
  const seal = await sealer(world, batch.department)
  const remark = seal(remarkName(batch.id), Buffer.from(reason))
  await world.store.recallBatch(batch.id, by, remark, issuing, once)
  changed(world, batch.id)
}

export const changed = ({ events }: Pick<World, 'events'>, id: string): void => events.publish(`batch:${id}`)

/** A later state must not make a refusal of what was answered well before. */
export const isAnswered = async ({ store }: Pick<World, 'store'>, once: Once | null): Promise<boolean> =>
  once !== null && (await store.answered(once)) !== null

async function rowsToChange(world: DraftWorld, batch: BatchRow, n: number): Promise<AssessedRow[]> {
  const rows = await rowsOfBatch(world, batch)
  if (!rows.some(row => row.n === n)) {
    throw new Refusal('BATCH_ROW_NOT_FOUND', 'the batch has no such row', { field: 'n', found: String(n) })
  }
  return rows
}

async function saveRows(
  world: DraftWorld,
  batch: BatchRow,
  rows: { before: AssessedRow[]; after: AssessedRow[]; remove: number[] },
  by: string,
  once: Once | null,
): Promise<void> {
  const type = await typeVersionOf(world, batch.type, batch.version)
  const seal = await sealer(world, batch.department)
  const known = new Map(rows.before.map(row => [row.n, JSON.stringify(row)]))
  const put = assessRows(type, rows.after)
    .filter(row => known.get(row.n) !== JSON.stringify(row))
    .map(row => sealRow(seal, batch.id, row))
  await world.store.changeBatchRows(
    batch.id,
    { revision: batch.revision, by, put, remove: rows.remove },
    once,
  )
  changed(world, batch.id)
}

// ---- at rest

type Seal = (id: string, plaintext: Uint8Array) => Sealed
type Open = (id: string, sealed: Sealed) => Uint8Array

const headName = (id: string) => `batch/${id}`
const remarkName = (id: string) => `batch/${id}/remark`
const rowName = (id: string, n: number) => `batch/${id}/${n}`
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString()

export async function sealer(world: Pick<World, 'store' | 'keys'>, code: string): Promise<Seal> {
  const { uscc } = await departmentOf(world, code)
  const kek = await world.keys.kek(uscc)
  return (id, plaintext) => sealDocument(kek, { department: uscc, id }, plaintext)
}

export async function opener(world: Pick<World, 'store' | 'keys'>, code: string): Promise<Open> {
  const { uscc } = await departmentOf(world, code)
  const kek = await world.keys.kek(uscc)
  return (id, sealed) => openDocument(kek, { department: uscc, id }, sealed)
}

interface KeptRow {
  value: unknown
  holders: string[]
  faults: FieldError[]
  errors: FieldError[]
}

function sealRow(seal: Seal, id: string, { n, line, ...kept }: AssessedRow): BatchRowRow {
  const { value, holders, faults, errors } = kept
  const text = JSON.stringify({ value, holders, faults, errors } satisfies KeptRow)
  return { n, line, bad: errors.length > 0, sealed: seal(rowName(id, n), Buffer.from(text)) }
}

function openRow(open: Open, id: string, { n, line, sealed }: BatchRowRow): AssessedRow {
  const { value, holders, faults, errors } = JSON.parse(textOf(open(rowName(id, n), sealed))) as KeptRow
  return { n, line, value, holders, faults, errors }
}
