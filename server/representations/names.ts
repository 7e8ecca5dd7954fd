/**
 * How a holder is called on the screens of those who act for him or for whom he acts: no name is kept, so it is read from one of his
 * own certificates, masked as the type masks it.
 */
import { equalBytes } from '../../protocol/bytes.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { maskText } from '../catalogue/masking.ts'
import { typeOfCertificate } from '../catalogue/publish.ts'
import type { TypeDefinition } from '../catalogue/type-definition.ts'
import { fieldsOf } from '../certificates/read.ts'
import { kindOfNumber, lookupOf } from '../holders/holders.ts'
import type { HolderKind } from '../store/holders.ts'
import type { World } from '../world.ts'

export interface ShownName {
  kind: HolderKind
  /** null: he has no certificate that names him alone. */
  name: string | null
}

/** How many certificates of a holder are looked through. */
const SEARCHED = 50

/** Null for an id that nobody has. */
export async function shownName(world: World, id: Uint8Array): Promise<ShownName | null> {
  const holder = await world.store.holderById(id)
  if (holder === null) return null
  const { kind, lookup } = holder
  for (const row of await world.store.certificatesOfHolder(lookup, { before: null, limit: SEARCHED })) {
    if (row.sealed === null) continue
    const { definition } = await typeOfCertificate(world, row)
    try {
      const name = await nameIn(world, definition, await fieldsOf(world, row), lookup)
      if (name !== null) return { kind, name: kind === 'natural' ? maskText(name, 'name') : name }
    } catch (error) {
      // Withheld by an order: another one will tell, or none.
      if (!(error instanceof Refusal)) throw error
    }
  }
  return { kind, name: null }
}

/** Only where it is beyond doubt whose name it is: the type has one number of holders, and the name stands beside it. */
async function nameIn(
  world: Pick<World, 'keys'>,
  { holderIdFields = [], nameField }: TypeDefinition,
  fields: Readonly<Record<string, unknown>>,
  lookup: Uint8Array,
): Promise<string | null> {
  const [path] = holderIdFields
  if (path === undefined || holderIdFields.length > 1) return null
  const [key = '', inner] = path.split('.')
  if (inner === undefined) return nameField.includes('.') ? null : textIn(fields, nameField)
  const items = Array.isArray(fields[key]) ? (fields[key] as unknown[]) : []
  for (const item of items) {
    const number = textIn(item, inner)
    if (number === null || kindOfNumber(number) === null) continue
    if (equalBytes(await lookupOf(world, number), lookup)) return textIn(item, 'name')
  }
  return null
}

function textIn(record: unknown, key: string): string | null {
  if (typeof record !== 'object' || record === null || !Object.hasOwn(record, key)) return null
  const value = (record as Record<string, unknown>)[key]
  return typeof value === 'string' && value !== '' ? value : null
}
