/**
 * Opening a case and finding it again.
 */
import { randomBytes } from 'node:crypto'
import { fromBase64url } from '../../protocol/bytes.ts'
import { formatUlid } from '../../protocol/identifiers.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { ensureHolder, holderOf } from '../holders/holders.ts'
import type { Caller } from '../http/auth.ts'
import { departmentsOf, type Matter } from '../matters/definition.ts'
import { matterOf, matterVersionOf } from '../matters/matters.ts'
import type { CaseParty, CaseRow, Channel } from '../store/cases.ts'
import type { HolderRow } from '../store/holders.ts'
import type { Once } from '../store/store.ts'
import type { World } from '../world.ts'

export interface OpenRequest {
  matter: string
  channel: Channel
  /** By holder id, or by citizen number or credit code, which is looked up and not kept. */
  parties: { role: string; holder?: string | undefined; number?: string | undefined }[]
  conditions: Record<string, boolean>
  /** An officer fills it in for somebody. */
  assisted: boolean
}

/**
 * Opens a case. When this returns it is on disk with its number, its parties as holder ids and the list of what it asks for; the
 * same `once` again gives the same case. Refuses MATTER_NOT_FOUND, HOLDER_NUMBER, HOLDER_NOT_FOUND, CASE_PARTY (no such role, another kind
 * of holder), CASE_PARTIES (too few or many of a role), CASE_CONDITION, CASE_PARTY_SELF (a holder opens cases of his own only).
 */
export async function openCase(
  world: World,
  request: OpenRequest,
  caller: Caller,
  once: Once,
): Promise<CaseRow> {
  const matter = await matterOf(world, request.matter)
  const parties = await partiesOf(world, matter, request.parties)
  assertConditions(matter, request.conditions)
  if (caller.role === 'holder' && !parties.some(({ holder }) => isHolder(holder, caller.holder))) {
    throw new Refusal('CASE_PARTY_SELF', 'who opens a case is one of its parties', { field: 'parties' })
  }
  const items = matter.requirements.flatMap((line, requirement) =>
    parties.filter(({ role }) => role === line.party).map(({ number: party }) => ({ requirement, party })),
  )
  const opened = {
    id: formatUlid(world.clock(), randomBytes(10)),
    matter: matter.code,
    version: matter.version,
    channel: request.channel,
    departments: departmentsOf(matter),
    conditions: request.conditions,
    assistedBy: request.assisted && caller.role !== 'holder' ? caller.subject : null,
    openedBy: caller.subject,
    parties,
    items,
    steps: matter.steps.map(({ dept }) => dept),
  }
  for (let attempt = 0; ; attempt++) {
    try {
      const number = caseNumber(matter.code, world.clock())
      const row = await world.store.openCase({ ...opened, number }, once)
      world.events.publish(`case:${row.id}`)
      return row
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== 'CASE_NUMBER_TAKEN' || attempt >= 10) throw error
    }
  }
}

/** Of a case's id or number. Refuses CASE_NOT_FOUND. */
export async function caseOf({ store }: Pick<World, 'store'>, name: string): Promise<CaseRow> {
  const row = (await store.caseById(name)) ?? (await store.caseByNumber(name))
  if (row === null) throw new Refusal('CASE_NOT_FOUND', 'there is no such case', { field: 'id' })
  return row
}

/** The version of the matter with which the case began. */
export const matterOfCase = (world: Pick<World, 'store'>, { matter, version }: CaseRow): Promise<Matter> =>
  matterVersionOf(world, matter, version)

export const isHolder = (id: Uint8Array, holder: string | null): boolean =>
  holder !== null && Buffer.from(id).equals(Buffer.from(fromBase64url(holder) ?? []))

/** Without I, L, O and U, which are misread and misheard. */
const LETTERS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
const NUMBER_LETTERS = 8
/** The day as it is in China, without daylight saving. */
const EAST_8_MS = 8 * 3_600_000

/** `M04-261125-7KQ2M9XD`: 40 random bits, so that nobody finds another's case by counting. */
function caseNumber(matter: string, now: number): string {
  const day = new Date(now + EAST_8_MS).toISOString().slice(2, 10).replaceAll('-', '')
  const letters = [...randomBytes(NUMBER_LETTERS)].map(byte => LETTERS[byte & 31]).join('')
  return `${matter}-${day}-${letters}`
}

async function partiesOf(world: World, matter: Matter, given: OpenRequest['parties']): Promise<CaseParty[]> {
  for (const { role, zh: _zh, min, max } of matter.parties) {
    const count = given.filter(party => party.role === role).length
    if (count >= min && count <= max) continue
    throw new Refusal('CASE_PARTIES', 'too few or too many of a party', {
      field: `parties.${role}`,
      expected: min === max ? String(min) : `${min} to ${max}`,
      found: String(count),
    })
  }
  const parties: CaseParty[] = []
  for (const [number, party] of given.entries()) {
    const definition = matter.parties.find(({ role }) => role === party.role)
    const field = `parties.${number}`
    if (definition === undefined) {
      throw new Refusal('CASE_PARTY', 'the matter has no such party', { field: `${field}.role` })
    }
    const holder = await holderOfParty(world, party, field)
    if (holder.kind !== definition.holderType) {
      throw new Refusal('CASE_PARTY', 'this party is of another kind', {
        field,
        expected: definition.holderType,
        found: holder.kind,
      })
    }
    const isAgain = parties.some(one => one.role === party.role && sameBytes(one.holder, holder.id))
    if (isAgain) throw new Refusal('CASE_PARTY', 'this party is there twice', { field })
    parties.push({ number, role: party.role, holder: holder.id })
  }
  return parties
}

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean => Buffer.from(a).equals(b)

function holderOfParty(
  world: World,
  { holder, number }: OpenRequest['parties'][number],
  field: string,
): Promise<HolderRow> {
  if (holder !== undefined && number === undefined) return holderOf(world, holder)
  if (number !== undefined && holder === undefined) return ensureHolder(world, number)
  throw new Refusal('CASE_PARTY', 'a party is named by holder or by number', {
    field,
    expected: 'one of holder, number',
  })
}

function assertConditions({ conditions }: Matter, given: Record<string, boolean>): void {
  const unknown = Object.keys(given).find(name => !conditions.some(({ code }) => code === name))
  if (unknown === undefined) return
  throw new Refusal('CASE_CONDITION', 'the matter has no such condition', {
    field: 'conditions',
    expected: conditions.map(({ code }) => code).join(', '),
    found: unknown.slice(0, 40),
  })
}
