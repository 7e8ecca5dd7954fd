/**
 * Records: any file's fingerprint, notarized. The notary says *received*, not *true*.
 */
import { toBase64url } from '../../protocol/bytes.ts'
import { formatFile } from '../../protocol/file.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { evidenceOf } from '../anchoring/receipts.ts'
import { notaryOf } from '../departments/admit.ts'
import { RECORD_TYPE } from '../departments/registry.ts'
import { signStatement } from '../departments/sign.ts'
import { assertMayIssue } from '../departments/standing.ts'
import type { Once, RecordRow } from '../store/store.ts'
import type { World } from '../world.ts'

export interface RecordRequest {
  /** SHA-256 of the file, 32 bytes. */
  digest: Uint8Array
  size: number | null
  mediaType: string | null
  name: string | null
}

/**
 * Notarizes a digest. When this returns, the statement is signed, has its place in the log and survives a power cut; it is
 * evidence before a stranger once it is anchored. The same digest may be notarized again: each has its own time.
 * Refuses NOTARY_MISSING and what `assertMayIssue` refuses.
 */
export async function notarize(world: World, request: RecordRequest, once: Once | null): Promise<RecordRow> {
  const before = once === null ? null : await world.store.answered(once)
  if (before !== null) return recordBySeq(world, before.accepted[0]!.seq)

  const notary = await notaryOf(world)
  const standing = await assertMayIssue(world, notary, RECORD_TYPE)
  const record = await signStatement(world, 'record', standing, {
    record: {
      digest: toBase64url(request.digest),
      size: request.size ?? undefined,
      mediaType: request.mediaType ?? undefined,
      name: request.name ?? undefined,
    },
  })
  const { accepted } = await world.store.acceptRecord(record, once)
  return recordBySeq(world, accepted[0]!.seq)
}

/** Refuses RECORD_NOT_FOUND. */
export async function recordOf(world: Pick<World, 'store'>, id: string): Promise<RecordRow> {
  const record = await world.store.recordById(id)
  if (record === null) throw new Refusal('RECORD_NOT_FOUND', 'there is no such record', { field: 'id' })
  return record
}

/** The record file: the statement with its receipt, or with the promise until it is final. */
export async function recordFile(world: World, record: RecordRow): Promise<string> {
  return formatFile({ record: record.statement }, await evidenceOf(world, record))
}

async function recordBySeq(world: Pick<World, 'store'>, seq: number): Promise<RecordRow> {
  const { statement } = (await world.store.statementBySeq(seq))!
  const payload = JSON.parse(Buffer.from(statement.split('.')[1]!, 'base64url').toString()) as { jti: string }
  return recordOf(world, payload.jti.slice('urn:onceproof:record:'.length))
}
