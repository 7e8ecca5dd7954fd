/**
 * Status orders: the issuing department's decision about one certificate, as a statement in the log and an order on chain that
 * its authority key signed.
 */
import { getBytes } from 'ethers'
import { randomBytes } from 'node:crypto'
import { toBase64url, toHex } from '../../protocol/bytes.ts'
import { parseInstant } from '../../protocol/instant.ts'
import { invariant, Refusal } from '../../protocol/refusal.ts'
import { statusListId } from '../../protocol/snapshot.ts'
import { issueInPlaceOf, issueSuccessor } from '../certificates/issue.ts'
import { openSuspension } from '../certificates/read.ts'
import { typedDigest } from '../chain/contracts.ts'
import { contractReader } from '../chain/view.ts'
import { issuingDepartment } from '../departments/admit.ts'
import { authoritySigner, orderContext, orderDeadline } from '../departments/registry.ts'
import { signStatement } from '../departments/sign.ts'
import { assertMayIssue, type Standing } from '../departments/standing.ts'
import type {
  AcceptResult,
  CertificateRow,
  NewStatusChange,
  Once,
  StatusAction,
  StatusChangeRow,
} from '../store/store.ts'
import type { World } from '../world.ts'

export interface StatusRequest {
  action: Exclude<StatusAction, 'supersede'>
  reason: string
  /** Instant; information only. */
  effective: string | null
}

/** The contract's numbers for actions (docs/formats.md §16). */
export const ACTION_NUMBER: Record<StatusAction, number> = { revoke: 1, suspend: 2, resume: 3, supersede: 4 }

/**
 * Accepts a status order. When this returns, statement and signed order are on disk in one transaction and will reach the
 * chain whatever crashes; they count from the block that executes them. A repetition with the same `once` changes nothing.
 * Refuses STATUS_REASON, STATUS_ALREADY (revoked, suspended or superseded before) and STATUS_NOT_SUSPENDED.
 */
export async function changeStatus(
  world: World,
  certificate: CertificateRow,
  request: StatusRequest,
  once: Once | null,
): Promise<StatusChangeRow> {
  const result = await acceptOn(world, certificate, once, async changes => {
    assertAllowed(world, request.action, request.reason, changes)
    const lifted = request.action === 'resume' ? openSuspension(changes)! : null
    const change = await makeChange(world, certificate, { ...request, successor: null, lifted }, changes)
    return world.store.acceptStatusChange(change, once)
  })
  world.wake()
  return (await world.store.statusChangeBySeq(result.accepted[0]!.seq))!
}

/**
 * Decides on the changes that there are, and again when another one was accepted meanwhile: of two orders at once, the later one is
 * decided knowing the earlier. What `once` was answered before is returned as it is.
 */
async function acceptOn(
  { store }: Pick<World, 'store'>,
  { identifier }: CertificateRow,
  once: Once | null,
  decide: (changes: StatusChangeRow[]) => Promise<AcceptResult>,
): Promise<AcceptResult> {
  for (;;) {
    // Before the key: who asks again while the first request is under way must not be refused for what that one has done.
    const changes = await store.statusChanges(identifier)
    const before = once === null ? null : await store.answered(once)
    if (before !== null) return before
    try {
      return await decide(changes)
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'STATUS_CHANGED') throw error
    }
  }
}

/**
 * Issues the next version of a certificate with these fields and orders the one before superseded: accepted together. The
 * order goes to the chain once the successor is final there. Refuses as `changeStatus` and as issuing does, and
 * CERTIFICATE_OF_ANOTHER_DEPARTMENT when another department issues this type now.
 */
export async function supersede(
  world: World,
  certificate: CertificateRow,
  row: unknown,
  reason: string,
  once: Once | null,
): Promise<{ successor: CertificateRow; change: StatusChangeRow }> {
  const result = await acceptOn(world, certificate, once, async changes => {
    assertAllowed(world, 'supersede', reason, changes)
    const supersession = { action: 'supersede', reason, effective: null, lifted: null } as const
    return issueSuccessor(
      world,
      certificate,
      row,
      ({ leaf }) => makeChange(world, certificate, { ...supersession, successor: leaf }, changes),
      once,
    )
  })
  const [first, second] = result.accepted
  return {
    successor: (await world.store.certificateBySeq(first!.seq))!,
    change: (await world.store.statusChangeBySeq(second!.seq))!,
  }
}

/**
 * Issues another holder's certificate of the same type and orders this one revoked: accepted together (a home that is sold). The
 * order goes to the chain once the new certificate is final there, so at no time is neither in force. Refuses as `changeStatus`
 * and as issuing does, and CERTIFICATE_OF_ANOTHER_DEPARTMENT when another department issues this type now.
 */
export async function revokeFor(
  world: World,
  certificate: CertificateRow,
  { row, reason }: { row: unknown; reason: string },
  once: Once | null,
): Promise<{ issued: CertificateRow; change: StatusChangeRow }> {
  const result = await acceptOn(world, certificate, once, async changes => {
    assertAllowed(world, 'revoke', reason, changes)
    const revoke: Change = { action: 'revoke', reason, effective: null, successor: null, lifted: null }
    return issueInPlaceOf(
      world,
      certificate,
      row,
      () => makeChange(world, certificate, revoke, changes),
      once,
    )
  })
  const [first, second] = result.accepted
  return {
    issued: (await world.store.certificateBySeq(first!.seq))!,
    change: (await world.store.statusChangeBySeq(second!.seq))!,
  }
}

/** Codes of the reasons that an action may have. What lifts a suspension names the reason that fell away. */
function reasonsOf({ catalogue }: Pick<World, 'catalogue'>, action: StatusAction): string[] {
  const { revocationReasons, suspensionReasons } = catalogue
  const list = action === 'revoke' || action === 'supersede' ? revocationReasons : suspensionReasons
  return list.map(({ code }) => code)
}

/** Refuses STATUS_REASON when the region's catalogue does not have this reason for this action. */
export function assertReason(
  world: Pick<World, 'catalogue'>,
  action: StatusAction,
  reason: string,
  field = 'reason',
): void {
  const reasons = reasonsOf(world, action)
  if (reasons.includes(reason)) return
  throw new Refusal('STATUS_REASON', 'the reason is not one of the catalogue', {
    field,
    expected: reasons.join(', '),
    found: 'another',
  })
}

/** Refuses STATUS_REASON, and STATUS_ALREADY and STATUS_NOT_SUSPENDED when the changes so far leave no room for this one. */
export function assertAllowed(
  world: Pick<World, 'catalogue'>,
  action: StatusAction,
  reason: string,
  changes: StatusChangeRow[],
): void {
  assertReason(world, action, reason)
  const counted = changes.filter(change => change.state !== 'refused')
  const done = (name: StatusAction) => counted.some(change => change.action === name)
  const already = (found: string) =>
    new Refusal('STATUS_ALREADY', `the certificate is ${found} already`, { field: 'action', found })
  if (done('revoke')) throw already('revoked')
  if (action === 'supersede' && done('supersede')) throw already('superseded')
  const suspended = openSuspension(counted) !== null
  if (action === 'suspend' && suspended) throw already('suspended')
  if (action === 'resume' && !suspended) {
    throw new Refusal('STATUS_NOT_SUSPENDED', 'the certificate is not suspended', {
      field: 'action',
      found: action,
    })
  }
}

interface Change {
  action: StatusAction
  reason: string
  effective: string | null
  successor: Uint8Array | null
  lifted: StatusChangeRow | null
}

async function makeChange(
  world: World,
  certificate: CertificateRow,
  change: Change,
  decidedOn: readonly StatusChangeRow[],
): Promise<NewStatusChange> {
  const { uscc, standing } = await issuerOf(world, certificate)
  const lifts = change.lifted === null ? null : toHex(change.lifted.orderDigest)
  const signed = await signStatement(world, 'status', standing, {
    certificate: toBase64url(certificate.leaf),
    action: change.action,
    reason: change.reason,
    successor: change.successor === null ? undefined : toBase64url(change.successor),
    lifts: lifts ?? undefined,
    effective: change.effective ?? undefined,
  })

  const order: StatusOrder = {
    list: statusListId(uscc, certificate.statusList),
    action: ACTION_NUMBER[change.action],
    indices: [certificate.statusIndex],
    references: change.successor !== null ? [toHex(change.successor)] : lifts !== null ? [lifts] : [],
    statement: toHex(signed.leaf),
    salt: toHex(randomBytes(32)),
    deadline: orderDeadline(world),
  }
  return {
    ...signed,
    identifier: certificate.identifier,
    action: change.action,
    reason: change.reason,
    ...(await signOrder(world, { standing, list: certificate.statusList }, order)),
    afterSeq: null,
    decidedOn: decidedOn.length,
  }
}

/** What the contract is given, beside who signs. */
interface StatusOrder {
  list: string
  action: number
  indices: number[]
  references: string[]
  statement: string
  salt: string
  deadline: number
}

async function signOrder(
  world: SigningWorld,
  { standing, list }: { standing: Standing; list: number },
  order: StatusOrder,
): Promise<Pick<NewStatusChange, 'order' | 'orderDigest'>> {
  const message = { ...order }
  const orderDigest = getBytes(typedDigest('Order', message, world.chain.deployment))
  const { authority } = standing
  if (authority === null) {
    throw new Refusal('KEY_NOT_IN_FORCE', 'the department has no authority key in force', {
      field: 'department',
    })
  }
  const context = orderContext(world, 'Order', message, list)
  const signature = toHex(await world.keys.signDigest(authority, orderDigest, context))
  const signer = await authoritySigner(world, authority)
  return { order: JSON.stringify([order, signer, signature]), orderDigest }
}

type SigningWorld = Pick<World, 'store' | 'keys' | 'chain' | 'clock' | 'config' | 'region'>

/**
 * The same order with a new salt and a new deadline, signed by the authority key that is in force now: for one that could not reach
 * the chain in its time, or has to reach another. A resume names the suspension as the chain has it.
 */
export async function signOrderAgain(
  world: SigningWorld,
  change: StatusChangeRow,
): Promise<Pick<NewStatusChange, 'order' | 'orderDigest'>> {
  const certificate = await world.store.certificateByIdentifier(change.identifier)
  invariant(certificate !== null, 'what an order of ours is about is in the store')
  const { standing } = await issuerOf(world, certificate)
  const [old] = JSON.parse(change.order) as [StatusOrder]
  const read = contractReader(world.chain.rpc, world.chain.deployment.contracts, 'latest')
  const suspension = async () =>
    (await read('StatusRegistry', 'suspendedBy', [old.list, certificate.statusIndex]))[0] as string
  return signOrder(
    world,
    { standing, list: certificate.statusList },
    {
      ...old,
      references: change.action === 'resume' ? [await suspension()] : old.references,
      salt: toHex(randomBytes(32)),
      deadline: orderDeadline(world),
    },
  )
}

async function issuerOf(
  world: SigningWorld,
  certificate: CertificateRow,
): Promise<{ uscc: string; standing: Standing }> {
  // The list is the department's that issued, whoever holds the permit for the type today.
  const department = await issuingDepartment(world, certificate)
  return { uscc: department.uscc, standing: await assertMayIssue(world, department, null) }
}

/** Whether a text is an instant that an order may name. */
export const isInstant = (text: string): boolean => parseInstant(text) !== null
