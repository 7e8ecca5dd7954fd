/**
 * Reading a certificate: the only way by which a department gets values of somebody's certificate.
 */
import { equalBytes, fromHex, toBase64url } from '../../protocol/bytes.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { typeOfCertificate, type PublishedType } from '../catalogue/publish.ts'
import {
  certificateFile,
  certificateOf,
  certificateState,
  disclosedNames,
  valuesGone,
  type Standing,
} from '../certificates/read.ts'
import { departmentOf, notaryOf } from '../departments/admit.ts'
import { RECORD_TYPE } from '../departments/registry.ts'
import { signStatement } from '../departments/sign.ts'
import { assertMayIssue } from '../departments/standing.ts'
import { refreshGrant } from '../grants/on-chain.ts'
import { holdersOfCertificate } from '../holders/holders.ts'
import { departmentsOf, NO_MATTER } from '../matters/definition.ts'
import { matterIn } from '../matters/matters.ts'
import { decide, type PolicyFacts } from '../policy/decide.ts'
import type { AcceptResult, CertificateRow, DepartmentRow, Once } from '../store/store.ts'
import { countedChanges, type Ground, type NewUse, type UseRow } from '../store/uses.ts'
import { nowSeconds, type World } from '../world.ts'
import { useRefusal } from './refusals.ts'

export interface ReadRequest {
  /** Code of the department, and who in it: an account or a machine, never a name. */
  reader: { department: string; officer: string }
  matter: string
  /** ULID of the case that it is for. Whoever gives one has checked that it is of this matter and concerns this certificate. */
  case: string | null
  ground: Ground
  identifier: string
  fields: string[]
  /** Digest of the grant, 0x-hex. */
  grant: string | null
  /** The law that the caller goes by; it has to be the one on record. */
  basis: string | null
  /** Id of the presentation. */
  presentation: string | null
}

export interface Reading {
  use: UseRow
  /** A certificate file with exactly the fields of the use. */
  file: string
  copyExpiresAt: number
}

/** How long what was handed out may be kept when the grant says nothing shorter: the longest promised time of a matter. */
const COPY_SECONDS = 30 * 24 * 3_600
/** A certificate does not change its state three times while one reading is decided. */
const MOST_DECISIONS = 3

/**
 * Reads fields of a certificate for a department, on one of the three grounds.
 *
 * When this returns, the use is a statement in the log, in one transaction with its row and with the use that it counts of a
 * grant or presentation; only then are values handed out. An attempt that is refused becomes a statement too, with the code.
 * A repetition with the same `once` gives the same use and the same file, and counts nothing; once the copy has expired it
 * gives nothing any more (COPY_GONE).
 *
 * Refuses WITHHELD and every code of the policy (server/policy/decide.ts), CERTIFICATE_ERASED, and what grants and presentations refuse:
 * all these are written down. CERTIFICATE_NOT_FOUND, MATTER_NOT_FOUND, DEPARTMENT_NOT_FOUND, FIELD_UNKNOWN (a name that the type does not
 * have could be anything, so it enters no log), NOTARY_MISSING and IDEMPOTENCY_KEY_REUSED are not.
 */
export async function readCertificate(
  world: World,
  request: ReadRequest,
  once: Once | null,
): Promise<Reading> {
  const before = once === null ? null : await world.store.answered(once)
  if (before !== null) return handOut(world, request, before)

  const reader = await departmentOf(world, request.reader.department)
  const certificate = await certificateOf(world, request.identifier)
  const type = await typeOfCertificate(world, certificate)
  assertFieldsOf(type, request.fields)

  let refused = 'CERTIFICATE_NOT_IN_FORCE'
  for (let attempt = 0; attempt < MOST_DECISIONS; attempt++) {
    const decision = await decideOn(world, request, { reader, certificate, type })
    if ('refused' in decision) {
      refused = decision.refused
      break
    }
    const { fields, basis, changes, copyExpiresAt } = decision
    const use = await signUse(world, request, certificate, type, { fields, basis, refused: null })
    const outcome = await world.store.recordUse(
      { ...use, copyExpiresAt },
      {
        certificateSeq: certificate.seq,
        leaf: certificate.leaf,
        identifier: certificate.identifier,
        changes,
        department: reader.code,
        matter: request.matter,
        fields,
        now: nowSeconds(world),
        grant: request.ground === 'consent' ? request.grant : null,
        presentation: request.ground === 'presentation' ? request.presentation : null,
      },
      once,
    )
    if ('changed' in outcome) continue
    if ('result' in outcome) return handOut(world, request, outcome.result)
    refused = outcome.refused
    break
  }
  const attempt = await signUse(world, request, certificate, type, {
    fields: request.fields,
    basis: null,
    refused,
  })
  const outcome = await world.store.recordUse(attempt, null, once)
  // Asked twice at once, the other one may have been let in.
  if ('result' in outcome) return handOut(world, request, outcome.result)
  throw useRefusal(refused)
}

interface Scene {
  reader: DepartmentRow
  certificate: CertificateRow
  type: PublishedType
}

type Decided =
  { fields: string[]; basis: string | null; changes: number; copyExpiresAt: number } | { refused: string }

/** Gathers what the policy asks for, and asks it. */
async function decideOn(
  world: World,
  request: ReadRequest,
  { reader, certificate, type }: Scene,
): Promise<Decided> {
  const { ground, fields } = request
  const { definition } = type
  const state = await certificateState(world, certificate)
  const recorded =
    ground === 'duty' ? await world.store.dutyBasis(reader.code, request.matter, definition.code) : null
  const basis = recorded !== null && [null, recorded.basis].includes(request.basis) ? recorded.basis : null
  const presented = ground === 'presentation' ? await presentedOf(world, request, certificate) : null
  if (presented !== null && 'refused' in presented) return presented
  const asked =
    presented !== null && request.matter === NO_MATTER
      ? { takesPart: true, requirement: { modes: ['present' as const], fields: presented.fields } }
      : await askedIn(world, request, definition.code, reader)
  const consent = ground === 'consent' ? await consentOf(world, request.grant, certificate, fields) : null
  const decision = decide({
    shareClass: definition.catalogue.shareClass,
    useModes: definition.useModes,
    ground,
    reader: {
      department: reader.code,
      takesPart: asked.takesPart,
      suspended: await isSuspended(world, reader),
    },
    requirement: asked.requirement,
    requested: fields,
    basis,
    officer: request.reader.officer === '' ? null : request.reader.officer,
    consent,
    presented,
    standing: state.standing satisfies Standing,
    withheld: (await world.store.withheldBy(certificate.seq)) !== null,
  })
  if ('refused' in decision) return decision
  if (certificate.sealed === null) return { refused: valuesGone(certificate).code }
  // An optional field that this certificate does not have cannot be handed out, and is not said to have been.
  const names = new Set(await disclosedNames(world, certificate))
  const shown = decision.fields.filter(field => names.has(field))
  if (shown.length === 0) return { refused: 'FIELD_UNKNOWN' }
  return {
    fields: shown,
    basis,
    changes: countedChanges(state.changes),
    copyExpiresAt: Math.min(nowSeconds(world) + COPY_SECONDS, consent?.until ?? Infinity),
  }
}

/**
 * What a grant gives of this certificate, once the chain was asked whether its holder has withdrawn it there. What is wrong with the grant itself is told by the transaction that counts its use, so here
 * one that names no fields of this certificate is taken at its word. `until` is exclusive, and a grant still holds in its last second.
 */
async function consentOf(
  world: World,
  grant: string | null,
  certificate: CertificateRow,
  requested: string[],
): Promise<{ given: boolean; fields: string[]; until: number } | null> {
  if (grant === null) return null
  await refreshGrant(world, grant)
  const found = await world.store.grantByDigest(fromHex(grant)!)
  const item = found?.items.find(({ leaf }) => equalBytes(leaf, certificate.leaf))
  return { given: true, fields: item?.fields ?? requested, until: (found?.notAfter ?? 0) + 1 }
}

/**
 * What the presentation shows of this certificate. Who was not shown its code learns nothing further of the certificate; whether it
 * was read, has expired or was ended is told by the transaction that takes it.
 */
async function presentedOf(
  world: Pick<World, 'store'>,
  { presentation, reader }: ReadRequest,
  { leaf }: CertificateRow,
): Promise<{ fields: string[] } | { refused: string }> {
  const row = presentation === null ? null : await world.store.presentation(presentation)
  if (row === null || row.reader === null) return { refused: 'PRESENTATION_UNKNOWN' }
  if (row.reader.department !== reader.department) return { refused: 'PRESENTATION_OTHER_DEPARTMENT' }
  const item = row.items.find(one => equalBytes(one.leaf, leaf))
  return item === undefined ? { refused: 'FIELD_NOT_PRESENTED' } : { fields: item.fields }
}

/** What the matter asks for of this type, and whether the department works on it. Refuses MATTER_NOT_FOUND. */
async function askedIn(
  world: Pick<World, 'store'>,
  { matter: code, ground, case: caseId }: ReadRequest,
  type: string,
  reader: DepartmentRow,
): Promise<Pick<PolicyFacts, 'requirement'> & { takesPart: boolean }> {
  const matter = await matterIn(world, code, caseId)
  const takesPart = departmentsOf(matter).includes(reader.code)
  const lines = matter.requirements.filter(line => line.cert === type)
  if (lines.length === 0) return { takesPart, requirement: null }
  const mode = ground === 'presentation' ? 'present' : ground
  const onGround = lines.filter(line => line.mode === mode)
  const fields = (onGround.length > 0 ? onGround : lines).flatMap(line => line.fields)
  return { takesPart, requirement: { modes: lines.map(line => line.mode), fields } }
}

/** By the registry on chain. */
async function isSuspended(world: World, department: DepartmentRow): Promise<boolean> {
  try {
    await assertMayIssue(world, department, null)
    return false
  } catch (error) {
    if (error instanceof Refusal) return error.code === 'DEPARTMENT_SUSPENDED'
    throw error
  }
}

function assertFieldsOf(type: PublishedType, fields: readonly string[]): void {
  const known = new Set(type.definition.fields.map(({ key }) => key))
  const index = fields.findIndex(field => !known.has(field))
  if (index >= 0) {
    throw new Refusal('FIELD_UNKNOWN', 'the type has no such field', { field: `fields[${index}]` })
  }
}

/** The statement and row of a use, signed by the notary. Refuses NOTARY_MISSING and what `assertMayIssue` refuses. */
async function signUse(
  world: World,
  request: ReadRequest,
  certificate: CertificateRow,
  type: PublishedType,
  said: { fields: string[]; basis: string | null; refused: string | null },
): Promise<NewUse> {
  const { reader, matter, ground } = request
  const standing = await assertMayIssue(world, await notaryOf(world), RECORD_TYPE)
  const statement = await signStatement(world, 'use', standing, {
    certificate: toBase64url(certificate.leaf),
    department: reader.department,
    officer: reader.officer,
    matter,
    ground,
    fields: said.fields,
    case: request.case ?? undefined,
    grant: (ground === 'consent' ? request.grant : null) ?? undefined,
    basis: said.basis ?? undefined,
    refused: said.refused ?? undefined,
  })
  return {
    ...statement,
    certificateSeq: certificate.seq,
    identifier: certificate.identifier,
    issuer: type.definition.issuer,
    department: reader.department,
    officer: reader.officer,
    matter,
    ground,
    refused: said.refused,
    copyExpiresAt: null,
  }
}

/** What the use that was written gives its reader. */
async function handOut(world: World, request: ReadRequest, result: AcceptResult): Promise<Reading> {
  const use = await world.store.useBySeq(result.accepted[0]?.seq ?? 0)
  const { department, officer } = request.reader
  if (use === null || use.department !== department || use.officer !== officer) {
    throw new Refusal('IDEMPOTENCY_KEY_REUSED', 'the key was used for another request', {
      field: 'Idempotency-Key',
      expected: 'a key that was not used before',
    })
  }
  if (!result.repeated) await tell(world, use)
  if (use.refused !== null) throw useRefusal(use.refused)
  const { copy } = use
  if (copy === null || copy.expiresAt <= nowSeconds(world) || copy.why === 'erased') {
    throw new Refusal('COPY_GONE', 'the time is over for which this was handed out', { field: 'use' })
  }
  const file = await certificateFile(world, await certificateOf(world, use.identifier), use.fields)
  return { use, file, copyExpiresAt: copy.expiresAt }
}

async function tell(world: World, use: UseRow): Promise<void> {
  const { id, identifier, department, issuer } = use
  const event = { use: id, identifier, department, refused: use.refused }
  world.wake()
  world.events.publish(`certificate:${identifier}`, event)
  world.events.publish(`department:${issuer}`, event)
  for (const holder of await holdersOfCertificate(world, { seq: use.certificateSeq })) {
    world.events.publish(`holder:${holder}`, event)
  }
}
