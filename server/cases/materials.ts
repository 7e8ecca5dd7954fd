/**
 * Materials that are not pulled: paper, and declarations in place of a certificate.
 */
import { Refusal } from '../../protocol/refusal.ts'
import type { Once } from '../store/store.ts'
import type { World } from '../world.ts'
import { reasonMissing } from './act.ts'
import { assertOpen, type Actor } from './collect.ts'
import { caseOf, matterOfCase } from './open.ts'
import { askedItem, isObtainable, itemStatuses } from './requirements.ts'

/**
 * Asks for an item on paper. What can be pulled is not asked for (免提交) unless the officer overrides it with a reason, which is kept and
 * counted. Refuses MATERIAL_AVAILABLE, CASE_REASON_MISSING, CASE_ITEM_UNKNOWN and CASE_NOT_OPEN.
 */
export async function askForPaper(
  world: World,
  id: string,
  number: number,
  actor: Actor,
  override: { reason: string | null } | null,
  once: Once,
): Promise<void> {
  if ((await world.store.answered(once)) !== null) return
  const of = await caseOf(world, id)
  assertOpen(of)
  const status = await askedItem(world, of, await matterOfCase(world, of), number)
  const isOverridden = isObtainable(status)
  if (isOverridden && override === null) {
    throw new Refusal('MATERIAL_AVAILABLE', 'this can be obtained without the applicant handing it in', {
      field: 'item',
      found: status.state,
    })
  }
  if (isOverridden && (override?.reason ?? null) === null) throw reasonMissing()
  const reason = isOverridden ? (override?.reason ?? null) : null
  await world.store.askPaper(of.id, number, { reason, by: actor.officer, department: actor.department }, once)
  world.events.publish(`case:${of.id}`)
}

/**
 * Notes a declaration in place of a group's certificates (告知承诺). Refuses CASE_GROUP (the matter takes none for it),
 * MATERIAL_AVAILABLE (one of the certificates can be obtained) and CASE_NOT_OPEN.
 */
export async function declareInPlace(
  world: World,
  id: string,
  group: string,
  by: string,
  once: Once,
): Promise<void> {
  if ((await world.store.answered(once)) !== null) return
  const of = await caseOf(world, id)
  assertOpen(of)
  const matter = await matterOfCase(world, of)
  if (!matter.fallbacks.some(fallback => fallback.group === group)) {
    throw new Refusal('CASE_GROUP', 'the matter takes no declaration for this', {
      field: 'group',
      expected: matter.fallbacks.map(fallback => fallback.group).join(', ') || 'none',
    })
  }
  const members = (await itemStatuses(world, of, matter)).filter(
    ({ requirement }) => requirement.oneOf === group,
  )
  if (members.some(isObtainable)) {
    throw new Refusal('MATERIAL_AVAILABLE', 'a certificate of this group can be obtained', {
      field: 'group',
    })
  }
  await world.store.declare(of.id, group, by, once)
  world.events.publish(`case:${of.id}`)
}
