/**
 * Emergency withholding: an order by two persons that no value of a certificate, or of any certificate of a department, is shown by
 * any way through this gateway. The chain is untouched and a file that somebody has stays what it is: whoever verifies at a node of
 * his own gets the same verdict as before.
 */
import { randomBytes } from 'node:crypto'
import { toBase64url } from '../../protocol/bytes.ts'
import { formatUlid } from '../../protocol/identifiers.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { certificateOf } from '../certificates/read.ts'
import { certificateOwner } from '../certificates/owner.ts'
import { departmentOf, notaryOf } from '../departments/admit.ts'
import { RECORD_TYPE } from '../departments/registry.ts'
import { signStatement } from '../departments/sign.ts'
import { assertMayIssue } from '../departments/standing.ts'
import { forgetPapers } from '../paper/drawn.ts'
import type { NewStatement, Once } from '../store/store.ts'
import type { WithholdingRow } from '../store/uses.ts'
import type { World } from '../world.ts'

export interface WithholdingTarget {
  /** One certificate, or with null every certificate of `department`. */
  identifier: string | null
  department: string | null
}

/**
 * Proposes an order; nothing is withheld before another person confirms it. A repetition returns the same proposal. Refuses
 * CERTIFICATE_NOT_FOUND and DEPARTMENT_NOT_FOUND.
 */
export async function proposeWithholding(
  world: World,
  target: WithholdingTarget,
  reason: string,
  by: string,
  once: Once,
): Promise<WithholdingRow> {
  const id = formatUlid(world.clock(), randomBytes(10))
  if (target.identifier === null) {
    const { code } = await departmentOf(world, target.department ?? '')
    const whole = { id, certificateSeq: null, identifier: null, department: code, reason, proposedBy: by }
    return world.store.proposeWithholding(whole, once)
  }
  const certificate = await certificateOf(world, target.identifier)
  const { departments } = await certificateOwner(world, certificate)
  const { seq: certificateSeq, identifier } = certificate
  const one = { id, certificateSeq, identifier, department: departments[0] ?? '', reason, proposedBy: by }
  return world.store.proposeWithholding(one, once)
}

/**
 * Confirms a proposed order: it is in force on every way to a value when this returns, and is a statement in the log. Refuses
 * WITHHOLDING_NOT_FOUND, TWO_PERSONS (proposed by the same), WITHHOLDING_STATE, NOTARY_MISSING.
 */
export async function confirmWithholding(
  world: World,
  id: string,
  by: string,
  once: Once,
): Promise<WithholdingRow> {
  const order = await withholdingOf(world, id)
  const statement = await stateOrder(world, order, 'withhold', order.reason, [order.proposedBy, by])
  const confirmed = await world.store.confirmWithholding(id, by, statement, once)
  forgetPapers()
  tell(world, confirmed)
  return confirmed
}

/** Proposes that an order in force ends. Refuses WITHHOLDING_NOT_FOUND and WITHHOLDING_STATE. */
export async function proposeRelease(
  world: World,
  id: string,
  reason: string,
  by: string,
  once: Once,
): Promise<WithholdingRow> {
  return world.store.proposeRelease((await withholdingOf(world, id)).id, by, reason, once)
}

/** Ends an order; everything can be read again when this returns. Refuses as `confirmWithholding`. */
export async function confirmRelease(
  world: World,
  id: string,
  by: string,
  once: Once,
): Promise<WithholdingRow> {
  const order = await withholdingOf(world, id)
  const { releaseReason, releaseProposedBy } = order
  if (releaseReason === null || releaseProposedBy === null) {
    throw new Refusal('WITHHOLDING_STATE', 'nobody has proposed that this order ends', {
      expected: 'a proposed release',
    })
  }
  const statement = await stateOrder(world, order, 'release', releaseReason, [releaseProposedBy, by])
  const released = await world.store.confirmRelease(id, by, statement, once)
  tell(world, released)
  return released
}

async function withholdingOf(world: Pick<World, 'store'>, id: string): Promise<WithholdingRow> {
  const order = await world.store.withholding(id)
  if (order !== null) return order
  throw new Refusal('WITHHOLDING_NOT_FOUND', 'there is no such order', { field: 'id' })
}

async function stateOrder(
  world: World,
  order: WithholdingRow,
  action: 'withhold' | 'release',
  reason: string,
  orderedBy: [string, string],
): Promise<NewStatement> {
  const [first, second] = orderedBy
  if (first === second) {
    throw new Refusal('TWO_PERSONS', 'the second person has to be another one than the first', {
      expected: 'another person',
      found: 'the same person',
    })
  }
  const standing = await assertMayIssue(world, await notaryOf(world), RECORD_TYPE)
  const certificate =
    order.certificateSeq === null ? null : await world.store.certificateBySeq(order.certificateSeq)
  return signStatement(world, 'withholding', standing, {
    action,
    reason,
    orderedBy,
    ...(certificate === null
      ? { department: (await departmentOf(world, order.department)).uscc }
      : { certificate: toBase64url(certificate.leaf) }),
  })
}

function tell(world: World, { id, identifier, department, releasedAt }: WithholdingRow): void {
  const event = { withholding: id, identifier, department, released: releasedAt !== null }
  world.wake()
  world.events.publish(`department:${department}`, event)
  if (identifier !== null) world.events.publish(`certificate:${identifier}`, event)
}
