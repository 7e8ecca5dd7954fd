/**
 * Collecting what a case asks for: what the department may read by duty, what holders have agreed to, what they show; and asking those
 * who have not been asked.
 */
import { createHash } from 'node:crypto'
import { toUtf8 } from '../../protocol/bytes.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { departmentOf } from '../departments/admit.ts'
import { sealDocument, openDocument } from '../keys/sealing.ts'
import type { Matter } from '../matters/definition.ts'
import type { CaseGround, CaseRow } from '../store/cases.ts'
import type { Once } from '../store/store.ts'
import { readCertificate } from '../uses/read-certificate.ts'
import type { World } from '../world.ts'
import { askInCase } from './consent.ts'
import { caseOf, matterOfCase } from './open.ts'
import { fieldsGranted, itemStatuses, type ItemStatus } from './requirements.ts'

/** Who acts in a case. */
export interface Actor {
  /** Code. */
  department: string
  /** Account or machine. */
  officer: string
}

export interface Collected {
  item: number
  outcome: 'adopted' | 'asked' | 'refused'
  /** Code of the refusal. */
  code: string | null
}

/** A presentation of the holder's, for an item that nobody may pull. */
export interface Shown {
  item: number
  presentation: string
}

/**
 * Takes every copy that the department may take now, and with `ask` asks for consent to the rest.
 *
 * Each copy is a use in the log before it is a copy in the case; what is there already is not read again, so a call that was cut
 * short is finished by the next, and the same `once` reads nothing twice. An item whose reading is refused does not stop the others:
 * it comes back with the code, and the attempt is in the log. Refuses CASE_NOT_OPEN.
 */
export async function collect(
  world: World,
  id: string,
  actor: Actor,
  { shown, ask }: { shown: readonly Shown[]; ask: boolean },
  once: Once,
): Promise<Collected[]> {
  const of = await caseOf(world, id)
  assertOpen(of)
  const matter = await matterOfCase(world, of)
  const statuses = await itemStatuses(world, of, matter)
  const results: Collected[] = []
  for (const status of statuses) {
    const presentation = shown.find(({ item }) => item === status.item.number)?.presentation ?? null
    if (status.certificate === null || status.state === 'have') continue
    if (status.state === 'available') results.push(await adopt(world, of, matter, status, actor, null, once))
    else if (presentation !== null && ['notShared', 'waiting', 'refused'].includes(status.state))
      results.push(await adopt(world, of, matter, status, actor, presentation, once))
  }
  const unasked = statuses.filter(
    ({ item, state, because }) =>
      state === 'waiting' &&
      because === 'NOT_ASKED_YET' &&
      !results.some(result => result.item === item.number),
  )
  if (ask && unasked.length > 0) {
    const requests = await askInCase(world, of, matter, unasked, actor, part => keyFor(once, of.id, part))
    for (const request of requests) await world.store.noteConsentRequest(of.id, request)
    for (const { item } of unasked) results.push({ item: item.number, outcome: 'asked', code: null })
  }
  world.events.publish(`case:${of.id}`)
  return results.sort((a, b) => a.item - b.item)
}

async function adopt(
  world: World,
  of: CaseRow,
  matter: Matter,
  status: ItemStatus,
  actor: Actor,
  presentation: string | null,
  once: Once,
): Promise<Collected> {
  const { item, requirement, grant } = status
  const certificate = status.certificate!
  const ground: CaseGround = presentation !== null ? 'presentation' : grant !== null ? 'consent' : 'duty'
  const granted = grant === null ? null : await fieldsGranted(world, grant, certificate)
  try {
    const { use, file, copyExpiresAt } = await readCertificate(
      world,
      {
        reader: actor,
        matter: matter.code,
        case: of.id,
        ground,
        identifier: certificate.identifier,
        fields: requirement.fields.filter(field => granted === null || granted.includes(field)),
        grant: ground === 'consent' ? grant : null,
        basis: null,
        presentation,
      },
      keyFor(once, of.id, `${item.number} ${ground}`),
    )
    const copy = await sealCopy(world, actor.department, copyName(of.id, item.number), file)
    await world.store.adoptItem(of.id, item.number, {
      identifier: certificate.identifier,
      ground,
      use: use.id,
      department: actor.department,
      by: actor.officer,
      copy,
      copyExpiresAt,
    })
    return { item: item.number, outcome: 'adopted', code: null }
  } catch (error) {
    // Of this one item; an outage is not.
    if (!(error instanceof Refusal) || error.code === 'CASE_NOT_OPEN') throw error
    return { item: item.number, outcome: 'refused', code: error.code }
  }
}

/** The copy that the department took, as a certificate file. Refuses CASE_COPY_NONE (none, another department's, or its time is over). */
export async function copyOf(world: World, of: CaseRow, item: number, department: string): Promise<string> {
  const adopted = of.items[item]?.adopted ?? null
  const isOver = adopted !== null && adopted.copyExpiresAt <= Math.floor(world.clock() / 1000)
  if (adopted === null || adopted.copy === null || isOver || adopted.department !== department) {
    throw new Refusal('CASE_COPY_NONE', 'this department has no copy for this item', { field: 'item' })
  }
  const { uscc } = await departmentOf(world, department)
  const name = { department: uscc, id: copyName(of.id, item) }
  return new TextDecoder().decode(openDocument(await world.keys.kek(uscc), name, adopted.copy))
}

export const copyName = (id: string, item: number): string => `case ${id} item ${item}`

export async function sealCopy(world: World, department: string, id: string, text: string) {
  const { uscc } = await departmentOf(world, department)
  return sealDocument(await world.keys.kek(uscc), { department: uscc, id }, toUtf8(text))
}

export function assertOpen({ state }: CaseRow): void {
  if (state === 'open') return
  throw new Refusal('CASE_NOT_OPEN', 'the case has ended', { field: 'case', found: state })
}

/**
 * What stands for one part of a request that was made under `once`. The blank in it keeps it apart from every key that a client may
 * choose.
 */
export function keyFor(once: Once, id: string, part: string): Once {
  const digest = createHash('sha256').update(once.key).digest('base64url')
  return { key: `case ${id} ${part} ${digest}`, request: once.request }
}
