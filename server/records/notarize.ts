/**
 * Records: any file's fingerprint, notarized. The notary says *received*, not *true*.
 */
import { randomBytes } from 'node:crypto'
import { toBase64url, toUtf8 } from '../../protocol/bytes.ts'
import { formatFile } from '../../protocol/file.ts'
import { formatUlid } from '../../protocol/identifiers.ts'
import { leafHash } from '../../protocol/log.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { signingInput, statementHeader } from '../../protocol/statement.ts'
import { evidenceOf } from '../anchoring/receipts.ts'
import { notaryOf } from '../departments/admit.ts'
import { RECORD_TYPE } from '../departments/registry.ts'
import { assertMayIssue } from '../departments/standing.ts'
import type { Once, RecordRow } from '../store/store.ts'
import { nowSeconds, type World } from '../world.ts'

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
  const id = formatUlid(world.clock(), randomBytes(10))
  const payload = JSON.stringify({
    iss: standing.did,
    iat: nowSeconds(world),
    jti: `urn:onceproof:record:${id}`,
    region: world.region,
    salt: toBase64url(randomBytes(16)),
    record: {
      digest: toBase64url(request.digest),
      size: request.size ?? undefined,
      mediaType: request.mediaType ?? undefined,
      name: request.name ?? undefined,
    },
  })
  const input = signingInput(statementHeader('record', 'ES256', standing.did, standing.thumbprint), payload)
  const statement = `${input}.${toBase64url(await world.keys.sign(standing.keyName, toUtf8(input)))}`
  const record = { kind: 'record' as const, statement, leaf: leafHash(statement), id }
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
