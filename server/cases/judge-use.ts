/**
 * Adopting or returning what a department has read already: at a counter the values are seen first, then whether they are of the person
 * who stands there.
 */
import { Refusal } from '../../protocol/refusal.ts'
import { certificateFile, certificateOf, disclosedNames } from '../certificates/read.ts'
import { underKey } from '../http/idempotency.ts'
import type { Once } from '../store/store.ts'
import type { UseRow } from '../store/uses.ts'
import { nowSeconds, type World } from '../world.ts'
import { assertOpen, copyName, sealCopy, type Actor } from './collect.ts'
import { caseOf, matterOfCase } from './open.ts'
import { askedItem, type ItemStatus } from './requirements.ts'

/** Why what was read is not adopted; codes, so that nothing of anybody enters the events of a case. */
export const RETURN_REASONS = [
  'PERSON_DIFFERS',
  'CONTENT_DIFFERS',
  'WRONG_CERTIFICATE',
  'STATE_NOT_SOUND',
] as const

export type Judgement =
  | { outcome: 'adopt'; use: string }
  | { outcome: 'return'; use: string; reason: (typeof RETURN_REASONS)[number] }

/**
 * Keeps a copy of what was read by the use, with the fields of the item, or writes down that it was returned. Durable when this
 * returns; the same again changes nothing. Refuses CASE_NOT_OPEN, CASE_ITEM_UNKNOWN, CASE_USE_OTHER (another department's, another
 * matter's, refused, or not of the certificate that the item would take), FIELD_NOT_PRESENTED (something that the item asks for was not read),
 * COPY_GONE, WITHHELD and CERTIFICATE_ERASED.
 */
export async function judgeUse(
  world: World,
  id: string,
  number: number,
  actor: Actor,
  judgement: Judgement,
  once: Once,
): Promise<void> {
  if ((await world.store.answered(once)) !== null) return
  const of = await caseOf(world, id)
  assertOpen(of)
  const status = await askedItem(world, of, await matterOfCase(world, of), number)
  const use = await world.store.useById(judgement.use)
  assertOfItem(use, of.matter, actor, status)
  await underKey(world.store, once, async () => {
    if (judgement.outcome === 'return') {
      const { reason } = judgement
      await world.store.noteReturn(of.id, number, { use: use.id, department: actor.department, reason })
    } else if (status.state !== 'have') await adopt(world, of.id, status, use, actor)
  })
  world.events.publish(`case:${of.id}`)
}

function assertOfItem(
  use: UseRow | null,
  matter: string,
  { department }: Actor,
  { item, certificate }: ItemStatus,
): asserts use is UseRow {
  const identifier = item.adopted?.identifier ?? certificate?.identifier
  const isOfItem =
    use !== null &&
    use.department === department &&
    use.matter === matter &&
    use.refused === null &&
    [identifier, certificate?.identifier].includes(use.identifier)
  if (isOfItem) return
  throw new Refusal('CASE_USE_OTHER', 'what was read is not of this item', { field: 'use' })
}

async function adopt(
  world: World,
  id: string,
  { item, requirement }: ItemStatus,
  use: UseRow,
  actor: Actor,
): Promise<void> {
  const { copy } = use
  if (copy === null || copy.expiresAt <= nowSeconds(world) || copy.why === 'erased') {
    throw new Refusal('COPY_GONE', 'the time is over for which this was handed out', { field: 'use' })
  }
  const certificate = await certificateOf(world, use.identifier)
  const names = new Set(await disclosedNames(world, certificate))
  const fields = requirement.fields.filter(field => names.has(field))
  const unread = fields.find(field => !use.fields.includes(field))
  if (unread !== undefined) {
    throw new Refusal('FIELD_NOT_PRESENTED', 'the item asks for a field that was not read', {
      field: 'use',
      expected: unread,
    })
  }
  const file = await certificateFile(world, certificate, fields)
  await world.store.adoptItem(id, item.number, {
    identifier: use.identifier,
    ground: use.ground,
    use: use.id,
    department: actor.department,
    by: actor.officer,
    copy: await sealCopy(world, actor.department, copyName(id, item.number), file),
    copyExpiresAt: copy.expiresAt,
  })
}
