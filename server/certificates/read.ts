/**
 * Reading certificates: what is kept, decrypted for those who may, and where it stands.
 */
import { utf8FromBase64url } from '../../protocol/bytes.ts'
import { assembleCertificate } from '../../protocol/certificate.ts'
import { formatFile } from '../../protocol/file.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { evidenceOf, statementState, type StatementState } from '../anchoring/receipts.ts'
import { openDocument } from '../keys/sealing.ts'
import type { CertificateRow, Sealed, StatusChangeRow } from '../store/store.ts'
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

/** Refuses WITHHELD while an order withholds the certificate (docs/uses.md). */
export async function assertNotWithheld(
  world: Pick<World, 'store'>,
  { seq }: Pick<CertificateRow, 'seq'>,
): Promise<void> {
  if ((await world.store.withheldBy(seq)) !== null)
    throw new Refusal('WITHHELD', 'the certificate is withheld by an order')
}

/**
 * All disclosures of a certificate, decrypted. Every way to a value comes through here, so this is where an order to withhold
 * takes effect. Refuses WITHHELD and CERTIFICATE_ERASED.
 */
export async function disclosuresOf(
  world: Pick<World, 'keys' | 'store'>,
  row: CertificateRow,
): Promise<string[]> {
  await assertNotWithheld(world, row)
  return openDisclosures(world, row)
}

/** The same without asking whether it is withheld, for comparing only. */
async function openDisclosures(world: Pick<World, 'keys'>, row: CertificateRow): Promise<string[]> {
  if (row.sealed === null) throw valuesGone(row)
  return parseContent(await openSealed(world, row, row.sealed)).disclosures
}

/** A department's key for documents that is lost, or was made anew after that, opens nothing: what it sealed is missing. */
async function openSealed(
  { keys }: Pick<World, 'keys'>,
  { department, identifier }: CertificateRow,
  sealed: Sealed,
): Promise<Uint8Array> {
  try {
    return openDocument(await keys.kek(department), { department, id: identifier }, sealed)
  } catch (error) {
    const isLost =
      error instanceof Refusal && (error.code === 'KEY_UNKNOWN' || error.code === 'DOCUMENT_UNREADABLE')
    throw isLost ? valuesGone({ valuesMissing: true }) : error
  }
}

/**
 * Why a certificate has no values here: somebody erased them, or the database was brought back from the log alone, or the key that they
 * were sealed under is lost.
 */
export function valuesGone({ valuesMissing }: Pick<CertificateRow, 'valuesMissing'>): Refusal {
  return valuesMissing
    ? new Refusal('CERTIFICATE_VALUES_MISSING', 'nothing here opens to the values of this certificate')
    : new Refusal('CERTIFICATE_ERASED', 'the values of this certificate have been erased')
}

/** Names of the fields that a certificate has. Refuses as `disclosuresOf`. */
export async function disclosedNames(
  world: Pick<World, 'keys' | 'store'>,
  row: CertificateRow,
): Promise<string[]> {
  return (await disclosuresOf(world, row)).map(disclosedName).filter(name => name !== 'relatedResource')
}

/** Name and value of every field; null with the reason where there are none. Refuses WITHHELD. */
export async function fieldsOrNone(
  world: Pick<World, 'keys' | 'store'>,
  row: CertificateRow,
): Promise<{ fields: Record<string, unknown> | null; noValues: 'erased' | 'missing' | null }> {
  try {
    return { fields: await fieldsOf(world, row), noValues: null }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    if (error.code === 'CERTIFICATE_ERASED') return { fields: null, noValues: 'erased' }
    if (error.code === 'CERTIFICATE_VALUES_MISSING') return { fields: null, noValues: 'missing' }
    throw error
  }
}

/** Name and value of every field. */
export async function fieldsOf(
  world: Pick<World, 'keys' | 'store'>,
  row: CertificateRow,
): Promise<Record<string, unknown>> {
  return namedValues(await disclosuresOf(world, row))
}

/**
 * Name and value of every field, also while the certificate is withheld: for comparing with what somebody knows, never for showing.
 * Refuses CERTIFICATE_ERASED.
 */
export async function fieldsToCompare(
  world: Pick<World, 'keys'>,
  row: CertificateRow,
): Promise<Record<string, unknown>> {
  return namedValues(await openDisclosures(world, row))
}

function namedValues(disclosures: string[]): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const disclosure of disclosures) {
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

/** Whether the accepted orders, dates aside, leave a certificate in force. */
export function isInForce(changes: StatusChangeRow[]): boolean {
  const isEnded = changes.some(
    ({ action, state }) => state !== 'refused' && (action === 'revoke' || action === 'supersede'),
  )
  return !isEnded && openSuspension(changes) === null
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
