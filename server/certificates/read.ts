/**
 * Reading certificates: what is kept, decrypted for those who may, and where it stands.
 */
import { utf8FromBase64url } from '../../protocol/bytes.ts'
import { assembleCertificate } from '../../protocol/certificate.ts'
import { formatFile } from '../../protocol/file.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { evidenceOf, statementState, type StatementState } from '../anchoring/receipts.ts'
import { openDocument } from '../keys/sealing.ts'
import type { CertificateRow, StatusChangeRow } from '../store/store.ts'
import { nowSeconds, type World } from '../world.ts'
import { disclosedName, parseContent } from './build.ts'

/** Refuses CERTIFICATE_NOT_FOUND. */
export async function certificateOf(
  world: Pick<World, 'store'>,
  identifier: string,
): Promise<CertificateRow> {
  const row = await world.store.certificateByIdentifier(identifier)
  if (row === null) throw notFound()
  return row
}

/** All disclosures of a certificate, decrypted. Refuses CERTIFICATE_ERASED. */
export async function disclosuresOf(world: Pick<World, 'keys'>, row: CertificateRow): Promise<string[]> {
  if (row.sealed === null)
    throw new Refusal('CERTIFICATE_ERASED', 'the values of this certificate have been erased')
  const kek = await world.keys.kek(row.department)
  return parseContent(openDocument(kek, { department: row.department, id: row.identifier }, row.sealed))
    .disclosures
}

/** Name and value of every field. */
export async function fieldsOf(
  world: Pick<World, 'keys'>,
  row: CertificateRow,
): Promise<Record<string, unknown>> {
  const fields: Record<string, unknown> = {}
  for (const disclosure of await disclosuresOf(world, row)) {
    const [, name, value] = JSON.parse(utf8FromBase64url(disclosure)!) as [string, string, unknown]
    if (name !== 'relatedResource') fields[name] = value
  }
  return fields
}

/**
 * The certificate file: with these fields disclosed (null = all). It carries the receipt once the certificate is final, the
 * promise before. Refuses FIELD_UNKNOWN for a field that the certificate does not have.
 */
export async function certificateFile(
  world: World,
  row: CertificateRow,
  fields: string[] | null,
): Promise<string> {
  const all = await disclosuresOf(world, row)
  const named = new Map(all.map(disclosure => [disclosedName(disclosure), disclosure]))
  for (const field of fields ?? []) {
    if (!named.has(field))
      throw new Refusal('FIELD_UNKNOWN', 'the certificate has no such field', { field: field.slice(0, 64) })
  }
  const shown = fields === null ? all : fields.map(field => named.get(field)!)
  return formatFile({ certificate: assembleCertificate(row.statement, shown) }, await evidenceOf(world, row))
}

export type Standing = 'NOT_YET_VALID' | 'ACTIVE' | 'EXPIRED' | 'SUSPENDED' | 'SUPERSEDED' | 'REVOKED'

export interface CertificateState {
  statement: StatementState
  /** By the orders that this gateway accepted and its clock: the chain's word is what `verify` tells. */
  standing: Standing
  changes: StatusChangeRow[]
}

export async function certificateState(
  world: Pick<World, 'store' | 'clock'>,
  row: CertificateRow,
): Promise<CertificateState> {
  const changes = await world.store.statusChanges(row.identifier)
  return {
    statement: await statementState(world, row.seq),
    standing: standingOf(row, changes, nowSeconds(world)),
    changes,
  }
}

/** Where the accepted orders and the dates leave a certificate. */
export function standingOf(row: CertificateRow, changes: StatusChangeRow[], now: number): Standing {
  const counted = changes.filter(change => change.state !== 'refused')
  const has = (action: StatusChangeRow['action']) => counted.some(change => change.action === action)
  if (has('revoke')) return 'REVOKED'
  if (has('supersede')) return 'SUPERSEDED'
  if (openSuspension(counted) !== null) return 'SUSPENDED'
  if (row.validUntil !== null && now > row.validUntil) return 'EXPIRED'
  return now < row.validFrom ? 'NOT_YET_VALID' : 'ACTIVE'
}

/** The suspension that has not been lifted; null = none. */
export function openSuspension(changes: StatusChangeRow[]): StatusChangeRow | null {
  let open: StatusChangeRow | null = null
  for (const change of changes) {
    if (change.state === 'refused') continue
    if (change.action === 'suspend') open = change
    else if (change.action === 'resume') open = null
  }
  return open
}

export const notFound = () =>
  new Refusal('CERTIFICATE_NOT_FOUND', 'there is no such certificate', { field: 'identifier' })
