/**
 * Changes of one certificate's status by a department's people: one proposes, another approves, and then it is carried out as if a
 * machine had ordered it. Replacing a certificate is such a change too, with new fields.
 */
import { createHash, randomBytes } from 'node:crypto'
import { toBase64, toBase64url } from '../../protocol/bytes.ts'
import { formatUlid } from '../../protocol/identifiers.ts'
import { Refusal } from '../../protocol/refusal.ts'
import type { CheckedRow } from '../catalogue/check-rows.ts'
import { typeOfCode, type PublishedType } from '../catalogue/publish.ts'
import { checkRows, typeToReplace } from '../certificates/issue.ts'
import { certificateOf, fieldsOf } from '../certificates/read.ts'
import { issuingDepartment } from '../departments/admit.ts'
import { assertAllowed, changeStatus, supersede } from '../status/change.ts'
import type { ProposalRow } from '../store/batches.ts'
import type { CertificateRow, Once, StatusAction } from '../store/store.ts'
import type { World } from '../world.ts'
import { rowText } from './assess.ts'
import { isAnswered, opener, sealer, type DraftWorld } from './drafts.ts'

export interface ProposalRequest {
  action: StatusAction
  /** A code of the region's catalogue. */
  reason: string
  /** Instant; information only. */
  effective: string | null
  /** Of the next version, when it replaces the certificate. */
  fields: Record<string, unknown> | null
}

interface Content {
  /** Base64. */
  salt: string
  fields: Record<string, unknown> | null
}

/**
 * Proposes a change; returns the proposal's id, or that of the first time with this `once`. Refuses STATUS_REASON, STATUS_ALREADY,
 * STATUS_NOT_SUSPENDED, ROWS_INVALID for new fields, CERTIFICATE_OF_ANOTHER_DEPARTMENT for a replacement of a type that another
 * department issues now, and PROPOSAL_OPEN.
 */
export async function propose(
  world: DraftWorld & Pick<World, 'catalogue'>,
  certificate: CertificateRow,
  request: ProposalRequest,
  maker: string,
  once: Once | null,
): Promise<string> {
  const before = once === null ? null : await world.store.answered(once)
  if (before?.batch != null) return before.batch
  const { action, reason, effective, fields } = request
  assertAllowed(world, action, reason, await world.store.statusChanges(certificate.identifier))
  const type = await typeFor(world, certificate, action)
  const { code: department } = await issuingDepartment(world, certificate)
  const [row] = fields === null ? [null] : checkRows(type, [fields])
  const id = formatUlid(world.clock(), randomBytes(10))
  const salt = randomBytes(32)
  const content: Content = { salt: toBase64(salt), fields }
  const seal = await sealer(world, department)
  return world.store.createProposal(
    {
      id,
      identifier: certificate.identifier,
      department,
      action,
      reason,
      effective,
      maker,
      digest: proposalDigest(type, certificate, { id, action, reason, effective }, salt, row ?? null),
      content: seal(contentName(id), Buffer.from(JSON.stringify(content))),
    },
    once,
  )
}

/** Refuses PROPOSAL_NOT_FOUND. */
export async function proposalOf(world: Pick<World, 'store'>, id: string): Promise<ProposalRow> {
  const proposal = await world.store.proposalById(id)
  if (proposal === null) {
    throw new Refusal('PROPOSAL_NOT_FOUND', 'there is no such proposal', { field: 'id', found: id })
  }
  return proposal
}

export interface FieldChange {
  field: string
  before: unknown
  after: unknown
}

/** How the next version differs from the one that it replaces; empty when nothing is replaced or it is decided. */
export async function fieldChanges(
  world: Pick<World, 'store' | 'keys'>,
  proposal: ProposalRow,
): Promise<FieldChange[]> {
  const after = (await contentOf(world, proposal))?.fields ?? null
  if (after === null) return []
  const before = await fieldsOf(world, await certificateOf(world, proposal.identifier))
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return [...names]
    .filter(name => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .map(field => ({ field, before: before[field] ?? null, after: after[field] ?? null }))
}

export async function rejectProposal(
  world: DraftWorld,
  { id, department }: ProposalRow,
  reason: string,
  by: string,
  once: Once | null,
): Promise<void> {
  const seal = await sealer(world, department)
  await world.store.rejectProposal(id, by, seal(remarkName(id), Buffer.from(reason)), once)
}

export async function remarkOfProposal(
  world: Pick<World, 'store' | 'keys'>,
  { id, department, remark }: ProposalRow,
): Promise<string | null> {
  if (remark === null) return null
  return Buffer.from((await opener(world, department))(remarkName(id), remark)).toString()
}

/** Carries an approved proposal out. Repeated after a crash it changes nothing that is done. Refuses as the change itself does. */
export async function carryOutProposal(world: World, id: string, once: Once): Promise<void> {
  const proposal = await proposalOf(world, id)
  if (proposal.state !== 'approved') return
  const certificate = await certificateOf(world, proposal.identifier)
  const { action, reason, effective } = proposal
  const content = await contentOf(world, proposal)
  if (!(await isAnswered(world, once))) await assertUnchanged(world, proposal, certificate, content)
  if (action === 'supersede') {
    const { change, successor } = await supersede(world, certificate, content?.fields, reason, once)
    await world.store.markProposalDone(id, change.seq, successor.seq)
  } else {
    const change = await changeStatus(world, certificate, { action, reason, effective }, once)
    await world.store.markProposalDone(id, change.seq, null)
  }
  world.events.publish(`certificate:${proposal.identifier}`)
}

const typeFor = (
  world: Pick<World, 'store' | 'region'>,
  certificate: CertificateRow,
  action: StatusAction,
): Promise<PublishedType> =>
  action === 'supersede' ? typeToReplace(world, certificate) : typeOfCode(world, certificate.typeCode)

async function assertUnchanged(
  world: World,
  proposal: ProposalRow,
  certificate: CertificateRow,
  content: Content | null,
): Promise<void> {
  const type = await typeFor(world, certificate, proposal.action)
  const fields = content?.fields ?? null
  const row = fields === null ? null : checkRows(type, [fields])[0]!
  const salt = Buffer.from(content?.salt ?? '', 'base64')
  if (Buffer.compare(proposalDigest(type, certificate, proposal, salt, row), proposal.digest) !== 0) {
    throw new Refusal('BATCH_TYPE_CHANGED', 'what would be signed is not what was approved', {
      found: proposal.id,
    })
  }
}

/**
 * SHA-256 of `{"format":"onceproof-proposal/1","salt":…,"proposal":…,"certificate":…,"action":…,"reason":…,"effective":…,
 * "definition":…,"row":…}`; `row` is null or the text of the row as in `batchDigest`.
 */
function proposalDigest(
  type: PublishedType,
  certificate: CertificateRow,
  { id, action, reason, effective }: Pick<ProposalRow, 'id' | 'action' | 'reason' | 'effective'>,
  salt: Uint8Array,
  row: CheckedRow | null,
): Uint8Array {
  const text = JSON.stringify({
    format: 'onceproof-proposal/1',
    salt: toBase64(salt),
    proposal: id,
    certificate: toBase64url(certificate.leaf),
    action,
    reason,
    effective,
    // Only a replacement is made by the definition; an order about an old certificate does not care about its type's versions.
    definition: row === null ? null : toBase64(type.row.digest),
    row: row === null ? null : rowText(row, []),
  })
  return new Uint8Array(createHash('sha256').update(text).digest())
}

async function contentOf(
  world: Pick<World, 'store' | 'keys'>,
  { id, department, content }: ProposalRow,
): Promise<Content | null> {
  if (content === null) return null
  return JSON.parse(
    Buffer.from((await opener(world, department))(contentName(id), content)).toString(),
  ) as Content
}

const contentName = (id: string) => `proposal/${id}`
const remarkName = (id: string) => `proposal/${id}/remark`
