/**
 * What the API says of certificates and of changes of their status: shapes and how they are made.
 */
import { z } from 'zod'
import { toHex } from '../../protocol/bytes.ts'
import { promiseFor } from '../anchoring/receipts.ts'
import { typeOfCertificate } from '../catalogue/publish.ts'
import { certificateIdentifier, hex32, json, seconds, statementState, ulid } from '../http/schemas.ts'
import type { CertificateRow, StatusChangeRow } from '../store/store.ts'
import type { World } from '../world.ts'
import { certificateState } from './read.ts'

export const issued = z.strictObject({
  identifier: certificateIdentifier,
  shortCode: z.string(),
  leaf: hex32,
  index: z.int().describe('Index that it has in the log'),
  acceptedAt: seconds,
  promise: z.string().describe('Signed promise that it will be anchored (docs/formats.md §7)'),
})
export const standing = z.enum(['NOT_YET_VALID', 'ACTIVE', 'EXPIRED', 'SUSPENDED', 'SUPERSEDED', 'REVOKED'])
export const change = z.strictObject({
  id: ulid,
  action: z.enum(['revoke', 'suspend', 'resume', 'supersede']),
  reason: z.string(),
  state: z.enum(['accepted', 'sent', 'executed', 'final', 'refused']),
  orderDigest: hex32,
  leaf: hex32,
  acceptedAt: seconds,
  block: z.strictObject({ number: z.int(), time: seconds }).nullable(),
  refusal: z.string().nullable(),
})
export const summary = z.strictObject({
  identifier: certificateIdentifier,
  department: z.string(),
  typeCode: z.string(),
  typeVersion: z.int().describe('Of its type, under which it was issued: names and order of its fields'),
  batch: ulid.nullable(),
  leaf: hex32,
  validFrom: seconds,
  validUntil: seconds.nullable(),
  acceptedAt: seconds,
  standing,
  statement: statementState,
  changes: z.array(change),
})
/** Fields of a certificate by name. */
export const fieldRow = z.record(z.string(), json)
export const identifierParams = z.strictObject({ identifier: certificateIdentifier })

/** What is answered for a certificate that was just issued. */
export async function issuedView(world: World, certificate: CertificateRow) {
  return {
    identifier: certificate.identifier,
    shortCode: certificate.shortCode,
    leaf: toHex(certificate.leaf),
    index: certificate.seq - 1,
    acceptedAt: certificate.acceptedAt,
    promise: await promiseFor(world, certificate.leaf, certificate.acceptedAt),
  }
}

export function changeView(row: StatusChangeRow): z.infer<typeof change> {
  return {
    id: row.id,
    action: row.action,
    reason: row.reason,
    state: row.state,
    orderDigest: toHex(row.orderDigest),
    leaf: toHex(row.leaf),
    acceptedAt: row.acceptedAt,
    block: row.blockNumber === null ? null : { number: row.blockNumber, time: row.blockTime! },
    refusal: row.refusal,
  }
}

/** A certificate without its values. */
export async function summaryView(
  world: World,
  certificate: CertificateRow,
): Promise<z.infer<typeof summary>> {
  const { row: type } = await typeOfCertificate(world, certificate)
  const { statement, standing: now, changes } = await certificateState(world, certificate)
  return {
    identifier: certificate.identifier,
    department: certificate.department,
    typeCode: certificate.typeCode,
    typeVersion: type.version,
    batch: certificate.batch,
    leaf: toHex(certificate.leaf),
    validFrom: certificate.validFrom,
    validUntil: certificate.validUntil,
    acceptedAt: certificate.acceptedAt,
    standing: now,
    statement,
    changes: changes.map(changeView),
  }
}
