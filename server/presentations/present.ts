/**
 * A holder presents certificates 亮证: which ones, which fields, to whom. The code lives a minute and is renewed; after half an
 * hour the holder shows again who he is.
 */
import { randomBytes } from 'node:crypto'
import { fromBase64url, toBase64url } from '../../protocol/bytes.ts'
import { formatUlid } from '../../protocol/identifiers.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { typeOfCertificate } from '../catalogue/publish.ts'
import type { TypeDefinition } from '../catalogue/type-definition.ts'
import { certificateOf, disclosedNames, notFound } from '../certificates/read.ts'
import { departmentOf } from '../departments/admit.ts'
import { holdersOfCertificate } from '../holders/holders.ts'
import { STEP_UP_SECONDS } from '../http/access.ts'
import type { Caller } from '../http/auth.ts'
import type { PresentationRow, PresentedItem } from '../store/presentations.ts'
import type { Once } from '../store/store.ts'
import { nowSeconds, type World } from '../world.ts'
import { withNewCode, type ShownCode } from './code.ts'

/** 办事、核实身份、核验资格、接受检查、其他. */
export const PURPOSES = ['SERVICE', 'IDENTITY', 'QUALIFICATION', 'INSPECTION', 'OTHER'] as const

export interface PresentRequest {
  certificates: readonly { identifier: string; fields: readonly string[] | 'all' | 'nameAndValidity' }[]
  /** Code of the only department that may read it. */
  verifier: string | null
  purpose: (typeof PURPOSES)[number]
}

export interface Presented {
  row: PresentationRow
  code: ShownCode
}

/** How long a code lives, and how long one that is held. */
export const CODE_SECONDS = 60
export const HELD_SECONDS = 600
/** How long after a fresh sign-in codes are renewed. */
export const RENEWED_SECONDS = 1_800
/** Codes of one holder that live at once. */
const MOST_ALIVE = 5

type PersonActing = Pick<Caller, 'holder' | 'person' | 'authenticatedAt'>

/**
 * Opens a presentation of one's own certificates; durable when this returns. A repetition with the same `once` opens no second one:
 * its code is renewed, since the first one is kept nowhere.
 *
 * Refuses CERTIFICATE_NOT_FOUND (also for another's), PRESENTATION_NOT_ALLOWED (the type is not shown this way), FIELD_UNKNOWN,
 * CERTIFICATE_ERASED, WITHHELD, DEPARTMENT_NOT_FOUND, PRESENTATIONS_TOO_MANY and IDEMPOTENCY_KEY_REUSED.
 */
export async function openPresentation(
  world: World,
  caller: PersonActing,
  request: PresentRequest,
  once: Once,
): Promise<Presented> {
  const { holder, person } = actingFor(caller)
  const { verifier, purpose } = request
  if (verifier !== null) await departmentOf(world, verifier)
  const items: PresentedItem[] = []
  for (const [number, { identifier, fields }] of request.certificates.entries()) {
    items.push(await itemOf(world, caller.holder!, identifier, fields, `certificates[${number}]`))
  }
  const expiresAt = nowSeconds(world) + CODE_SECONDS
  const { result, shown } = await withNewCode(world, expiresAt, code => {
    const id = formatUlid(world.clock(), randomBytes(10))
    return world.store.openPresentation(
      { id, holder, person, verifier, purpose, items, code },
      MOST_ALIVE,
      once,
    )
  })
  if (result.repeated) return renewPresentation(world, caller, result.row.id)
  tell(world, result.row)
  return { row: result.row, code: shown }
}

/**
 * A new code in the place of the last one, held or not. Refuses PRESENTATION_UNKNOWN, CODE_USED, PRESENTATION_CANCELLED, and
 * STEP_UP_REQUIRED half an hour after the holder last showed who he is.
 */
export async function renewPresentation(world: World, caller: PersonActing, id: string): Promise<Presented> {
  const row = await presentationOfHolder(world, caller, id)
  const now = nowSeconds(world)
  const isOver = now >= row.steppedUpAt + RENEWED_SECONDS
  if (isOver && (caller.authenticatedAt === null || now - caller.authenticatedAt > STEP_UP_SECONDS)) {
    throw new Refusal('STEP_UP_REQUIRED', 'renewing needs a fresh sign-in', {
      expected: `a sign-in within ${STEP_UP_SECONDS} seconds`,
    })
  }
  const steppedUpAt = isOver ? now : row.steppedUpAt
  const expiresAt = Math.min(now + CODE_SECONDS, steppedUpAt + RENEWED_SECONDS)
  const { result, shown } = await withNewCode(world, expiresAt, code =>
    world.store.renewPresentation(id, code, isOver ? now : null),
  )
  tell(world, result)
  return { row: result, code: shown }
}

/**
 * Holds the present code for ten minutes (暂停更新), not beyond the time of renewing. Refuses PRESENTATION_UNKNOWN, CODE_EXPIRED, CODE_USED and
 * PRESENTATION_CANCELLED.
 */
export async function pausePresentation(
  world: World,
  caller: PersonActing,
  id: string,
): Promise<PresentationRow> {
  const { steppedUpAt } = await presentationOfHolder(world, caller, id)
  const expiresAt = Math.min(nowSeconds(world) + HELD_SECONDS, steppedUpAt + RENEWED_SECONDS)
  const row = await world.store.pausePresentation(id, expiresAt)
  tell(world, row)
  return row
}

/** Ends it at once, also for who was shown the code and has not read yet. Refuses PRESENTATION_UNKNOWN, and CODE_USED when all was read. */
export async function cancelPresentation(
  world: World,
  caller: PersonActing,
  id: string,
): Promise<PresentationRow> {
  await presentationOfHolder(world, caller, id)
  const row = await world.store.cancelPresentation(id)
  tell(world, row)
  return row
}

/** Refuses PRESENTATION_UNKNOWN, for another's as for none. */
export async function presentationOfHolder(
  world: Pick<World, 'store'>,
  caller: Pick<Caller, 'holder'>,
  id: string,
): Promise<PresentationRow> {
  const row = await world.store.presentation(id)
  if (row === null || toBase64url(row.holder) !== caller.holder) {
    throw new Refusal('PRESENTATION_UNKNOWN', 'there is no such presentation', { field: 'id' })
  }
  return row
}

/** Whose they are and who shows them, as the store knows them. */
export function actingFor({ holder, person }: Pick<Caller, 'holder' | 'person'>): {
  holder: Uint8Array
  person: Uint8Array
} {
  const bytes = holder === null ? null : fromBase64url(holder)
  if (bytes === null) throw new Refusal('ACCESS_DENIED', 'only a holder presents', { expected: 'holder' })
  return { holder: bytes, person: (person === null ? null : fromBase64url(person)) ?? bytes }
}

/** Tells the holder's other screens. */
export function tell(world: Pick<World, 'events'>, { id, holder }: PresentationRow): void {
  world.events.publish(`holder:${toBase64url(holder)}`, { presentation: id })
}

async function itemOf(
  world: World,
  holder: string,
  identifier: string,
  wanted: readonly string[] | 'all' | 'nameAndValidity',
  field: string,
): Promise<PresentedItem> {
  const certificate = await certificateOf(world, identifier)
  if (!(await holdersOfCertificate(world, certificate)).includes(holder)) throw notFound()
  const { definition } = await typeOfCertificate(world, certificate)
  if (!definition.useModes.includes('present')) {
    throw new Refusal('PRESENTATION_NOT_ALLOWED', 'this type is not shown this way', { field })
  }
  const names = await disclosedNames(world, certificate)
  const fields =
    wanted === 'all'
      ? names
      : wanted === 'nameAndValidity'
        ? nameAndValidityOf(definition).filter(name => names.includes(name))
        : [...wanted]
  const unknown = fields.findIndex(name => !names.includes(name))
  if (unknown >= 0) {
    throw new Refusal('FIELD_UNKNOWN', 'the certificate has no such field', {
      field: `${field}.fields[${unknown}]`,
    })
  }
  const { seq, leaf } = certificate
  return { certificateSeq: seq, leaf, identifier, type: definition.code, fields }
}

/** 仅姓名与有效期. */
function nameAndValidityOf({ nameField, validity }: TypeDefinition): string[] {
  const until = 'field' in validity && validity.field !== undefined ? [validity.field] : []
  return [...new Set([nameField.split('.')[0]!, validity.from, ...until])]
}
