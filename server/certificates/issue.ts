/**
 * Issuing certificates.
 */
import { randomBytes } from 'node:crypto'
import { formatUlid, formatShortCode, parseCertificateIdentifier } from '../../protocol/identifiers.ts'
import { Refusal, type FieldError } from '../../protocol/refusal.ts'
import { statementHeader } from '../../protocol/statement.ts'
import type { CheckedRow } from '../catalogue/check-rows.ts'
import { typeOf, typeOfCode, typeVersionOf, type PublishedType } from '../catalogue/publish.ts'
import { holderNumbersOf } from '../catalogue/type-definition.ts'
import { departmentOf, issuingDepartment } from '../departments/admit.ts'
import { assertMayIssue } from '../departments/standing.ts'
import { kindOfNumber, lookupOf } from '../holders/holders.ts'
import { failPoint } from '../store/fail-points.ts'
import type { AcceptResult, CertificateRow, NewCertificate, NewStatusChange, Once } from '../store/store.ts'
import { publicUrl, type World } from '../world.ts'
import type { Draft, Issuer, OriginalFile } from './build.ts'
import { numberToIndex } from './find.ts'
import { buildInWorkers } from './workers.ts'
import { takeSlots } from './status-slots.ts'

export interface IssueRequest {
  type: string
  rows: unknown[]
  /** One for each row, or none. */
  originalFiles?: (OriginalFile | null)[]
  /** Numbers of holders that the fields of the type do not tell; one list for each row, or none. Kept as keyed hashes only. */
  holders?: string[][]
  /** Of the type; default: the newest. */
  version?: number
  /** Code of the department that has decided to issue; default: whoever issues the type. */
  by?: string
  /** The batch's name; default: a new one for several rows, none for one. */
  batch?: string
}

/** Errors past this are counted, not listed. */
const MAX_LISTED_ERRORS = 1_000

export interface SortedRows {
  checked: CheckedRow[]
  /** Places of the good rows in the request, in the order of `checked`. */
  good: number[]
  /** Every error of the others, as far as they are listed. */
  errors: FieldError[]
}

/** Which rows are as their type wants them, and what is wrong with the others. Writes nothing. */
export function sortRows(type: PublishedType, rows: unknown[]): SortedRows {
  const sorted: SortedRows = { checked: [], good: [], errors: [] }
  for (const [number, row] of rows.entries()) {
    const result = type.check(row, number)
    if (!Array.isArray(result)) {
      sorted.checked.push(result)
      sorted.good.push(number)
    } else if (sorted.errors.length < MAX_LISTED_ERRORS) sorted.errors.push(...result)
  }
  sorted.errors.length = Math.min(sorted.errors.length, MAX_LISTED_ERRORS)
  return sorted
}

/**
 * Checks rows against their type without issuing. Returns the checked rows, or refuses ROWS_INVALID with every error by row,
 * field, code, expected and found; nothing is written either way.
 */
export function checkRows(type: PublishedType, rows: unknown[]): CheckedRow[] {
  const { checked, errors } = sortRows(type, rows)
  const bad = rows.length - checked.length
  if (bad === 0) return checked
  throw new Refusal(
    'ROWS_INVALID',
    `${bad} of ${rows.length} rows are not as the type ${type.row.code} wants them`,
    { found: `${bad} bad rows`, errors },
  )
}

/**
 * Issues one certificate for each row, all or none.
 *
 * When this returns, every certificate is signed and encrypted, has its place in the log and survives a power cut, but it is
 * not on chain yet: the anchorer takes it from there. A repetition with the same `once` changes nothing and returns the same.
 * Refuses ROWS_INVALID, TYPE_NOT_FOUND, CERTIFICATE_OF_ANOTHER_DEPARTMENT, what `assertMayIssue` refuses, and IDEMPOTENCY_KEY_REUSED.
 */
export async function issueCertificates(
  world: World,
  request: IssueRequest,
  once: Once | null,
): Promise<CertificateRow[]> {
  const before = once === null ? null : await world.store.answered(once)
  if (before !== null) return rowsOf(world, before)

  const { version } = request
  const type = await (version === undefined
    ? typeOf(world, request.type)
    : typeVersionOf(world, request.type, version))
  if (request.by !== undefined) assertIssuedBy(type, request.by)
  const checked = checkRows(type, request.rows)
  const holders = await lookupsOfRows(world, type, checked, request.holders)
  const issuer = await issuerOf(world, type)
  const slots = await takeSlots(world, issuer.uscc, checked.length)
  failPoint('after-slots-taken')
  const drafts: Draft[] = checked.map((row, i) => ({
    ...row,
    slot: slots[i]!,
    follows: null,
    originalFile: request.originalFiles?.[i] ?? null,
  }))
  const certificates = await buildInWorkers(world, issuer, drafts)
  for (const [i, certificate] of certificates.entries()) {
    certificate.holders = holders[i]!
    await nameNumber(world, type, certificate, checked[i]!)
  }

  const batch =
    request.batch ?? (certificates.length === 1 ? null : formatUlid(world.clock(), randomBytes(10)))
  const result = await withFreshShortCodes(certificates, () =>
    world.store.acceptCertificates(certificates, batch, once),
  )
  if (result.repeated) return rowsOf(world, result)
  // What was just written is not read back: that would cost as much as writing it.
  return certificates.map((certificate, i) => ({
    ...certificate,
    ...result.accepted[i]!,
    batch,
    valuesMissing: false,
  }))
}

/**
 * The newest version of a certificate's type, for what takes its place in one request: this department must issue the type still.
 * A new certificate is issued by who holds the permit, an order is the old issuer's, and nobody does both for two departments
 * (ARCHITECTURE.md, decision 52). Refuses CERTIFICATE_OF_ANOTHER_DEPARTMENT, naming who issues the type now.
 */
export async function typeToReplace(
  world: Pick<World, 'store' | 'region'>,
  certificate: CertificateRow,
): Promise<PublishedType> {
  const type = await typeOfCode(world, certificate.typeCode)
  const { code } = await issuingDepartment(world, certificate)
  assertIssuedBy(type, code)
  return type
}

/** Refuses CERTIFICATE_OF_ANOTHER_DEPARTMENT when another department than this one issues the type now. */
export function assertIssuedBy({ definition }: PublishedType, department: string): void {
  const { code, issuer } = definition
  if (issuer === department) return
  throw new Refusal(
    'CERTIFICATE_OF_ANOTHER_DEPARTMENT',
    `${issuer} issues the type ${code} now and not ${department}: ${issuer} issues the new certificate, ${department} then orders the old one revoked`,
    { field: 'department', expected: issuer, found: department },
  )
}

/**
 * Issues the next version of a certificate and orders the one before superseded, both or neither. `makeChange` gives the
 * status change once the successor's leaf is known. Refuses as `typeToReplace` and as issuing does.
 */
export async function issueSuccessor(
  world: World,
  predecessor: CertificateRow,
  row: unknown,
  makeChange: (successor: NewCertificate) => Promise<NewStatusChange>,
  once: Once | null,
): Promise<AcceptResult> {
  const type = await typeToReplace(world, predecessor)
  const [checked] = checkRows(type, [row])
  const issuer = await issuerOf(world, type)
  const [slot] = await takeSlots(world, issuer.uscc, 1)
  const { serial, version } = parseCertificateIdentifier(predecessor.identifier)
  const follows = { identifier: predecessor.identifier, serial, version }
  const certificates = await buildInWorkers(world, issuer, [
    { ...checked!, slot: slot!, follows, originalFile: null },
  ])
  // Who held the one before holds this one, and whom the new fields name.
  const named = await lookupsOfRows(world, type, [checked!], undefined)
  certificates[0]!.holders = [...(await world.store.holdersOfCertificate(predecessor.seq)), ...named[0]!]
  await nameNumber(world, type, certificates[0]!, checked!)
  const change = await makeChange(certificates[0]!)
  const result = await withFreshShortCodes(certificates, () =>
    world.store.acceptSuccessor(certificates[0]!, change, once),
  )
  world.wake()
  return result
}

/**
 * Issues a certificate of a row and accepts a status change of another one of its type in the same transaction, both or neither.
 * The order goes to the chain once the new certificate is final there. Refuses as `typeToReplace` and as issuing does.
 */
export async function issueInPlaceOf(
  world: World,
  old: CertificateRow,
  row: unknown,
  makeChange: (issued: NewCertificate) => Promise<NewStatusChange>,
  once: Once | null,
): Promise<AcceptResult> {
  const type = await typeToReplace(world, old)
  const checked = checkRows(type, [row])
  const [holders] = await lookupsOfRows(world, type, checked, undefined)
  const issuer = await issuerOf(world, type)
  const [slot] = await takeSlots(world, issuer.uscc, 1)
  const certificates = await buildInWorkers(world, issuer, [
    { ...checked[0]!, slot: slot!, follows: null, originalFile: null },
  ])
  certificates[0]!.holders = holders!
  await nameNumber(world, type, certificates[0]!, checked[0]!)
  const change = await makeChange(certificates[0]!)
  const result = await withFreshShortCodes(certificates, () =>
    world.store.acceptSuccessor(certificates[0]!, change, once),
  )
  world.wake()
  return result
}

/** For the index by which it is found by the number on it. */
async function nameNumber(
  world: Pick<World, 'keys'>,
  { definition }: PublishedType,
  certificate: NewCertificate,
  { values }: Pick<CheckedRow, 'values'>,
): Promise<void> {
  const number = await numberToIndex(world, definition, Object.fromEntries(values))
  if (number !== undefined) certificate.number = number
}

/**
 * Look-up values of each row's holders: whom its fields name, and who is named beside them. Refuses ROWS_INVALID with HOLDER_NUMBER
 * when a number beside a row does not hold.
 */
export async function lookupsOfRows(
  world: Pick<World, 'keys'>,
  type: PublishedType,
  rows: Pick<CheckedRow, 'values'>[],
  beside: string[][] | undefined,
): Promise<Uint8Array[][]> {
  const errors: FieldError[] = []
  const lookups: Uint8Array[][] = []
  for (const [row, { values }] of rows.entries()) {
    const given = beside?.[row] ?? []
    if (given.some(number => kindOfNumber(number) === null)) {
      errors.push({
        row,
        field: 'holders',
        code: 'HOLDER_NUMBER',
        expected: 'citizen numbers or unified social credit codes',
        found: 'another text',
      })
      continue
    }
    const numbers = new Set([...holderNumbersOf(type.definition, Object.fromEntries(values)), ...given])
    lookups.push(await Promise.all([...numbers].map(number => lookupOf(world, number))))
  }
  if (errors.length > 0) {
    throw new Refusal('ROWS_INVALID', `${errors.length} rows name a holder that cannot be`, { errors })
  }
  return lookups
}

async function issuerOf(world: World, type: PublishedType): Promise<Issuer & { keyName: string }> {
  const department = await departmentOf(world, type.definition.issuer)
  const { keyName, did, uscc, thumbprint } = await assertMayIssue(world, department, type.row.typeCode)
  return {
    keyName,
    header64: statementHeader('certificate', 'ES256', did, thumbprint),
    did,
    uscc,
    region: world.region,
    typeCode: type.row.typeCode,
    schema: type.schema,
    publicUrl: publicUrl(world),
    sign: (data, context) => world.keys.sign(keyName, data, context),
    signMany: world.keys.isHere(keyName) ? undefined : items => world.keys.signMany(keyName, items),
    kek: await world.keys.kek(uscc),
  }
}

/** Short codes are not signed: one that is taken is drawn again. */
async function withFreshShortCodes<T>(certificates: NewCertificate[], accept: () => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await accept()
    } catch (error) {
      const taken = error instanceof Refusal && error.code === 'SHORT_CODE_TAKEN'
      if (!taken || attempt >= 100) throw error
      const clashing = certificates.filter(({ shortCode }) => shortCode === error.details.found)
      for (const certificate of clashing) certificate.shortCode = formatShortCode(randomBytes(5))
    }
  }
}

async function rowsOf(world: Pick<World, 'store'>, result: AcceptResult): Promise<CertificateRow[]> {
  const rows: CertificateRow[] = []
  for (const { seq } of result.accepted) rows.push((await world.store.certificateBySeq(seq))!)
  return rows
}
