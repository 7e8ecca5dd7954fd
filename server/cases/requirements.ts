/**
 * How each certificate that a case asks for stands: there, waiting, missing, or to be shown by its holder. Nothing here reads a
 * value: only that a certificate is there, of which type, since when and in which state.
 */
import { invariant, Refusal } from '../../protocol/refusal.ts'
import { toHex } from '../../protocol/bytes.ts'
import { typeOf } from '../catalogue/publish.ts'
import { standingOf } from '../certificates/read.ts'
import { holderId } from '../holders/holders.ts'
import type { Matter, Requirement } from '../matters/definition.ts'
import type { CaseItemRow, CaseParty, CaseRow } from '../store/cases.ts'
import type { ConsentPartyRow } from '../store/grants.ts'
import type { CertificateRow } from '../store/store.ts'
import { nowSeconds, type World } from '../world.ts'

/**
 * - `have`: a department took its copy · `available`: may be taken now · `waiting`: for the holder's consent
 * - `refused`: the holder said no · `missing`: none is in force, or it is too old · `notShared`: the holder has to show it
 * - `flagged`: it changed after it was taken · `paper`: asked for on paper · `declared`: a declaration stands for its group
 * - `notAsked`: its condition does not hold
 */
export const ITEM_STATES = [
  'have',
  'available',
  'waiting',
  'refused',
  'missing',
  'notShared',
  'flagged',
  'paper',
  'declared',
  'notAsked',
] as const
export type ItemState = (typeof ITEM_STATES)[number]

export const SYMBOL: Readonly<Record<ItemState, string>> = {
  have: '✓',
  available: '✓',
  waiting: '◔',
  refused: '✗',
  missing: '✗',
  notShared: '⊘',
  flagged: '!',
  paper: '✓',
  declared: '✓',
  notAsked: '–',
}

export type Because = 'NONE' | 'NOT_IN_FORCE' | 'TOO_OLD' | 'NOT_ASKED_YET' | 'CHANGED'

export interface ItemStatus {
  item: CaseItemRow
  requirement: Requirement
  party: CaseParty
  state: ItemState
  because: Because | null
  /** The certificate that would be taken: the newest in force of the type, young enough. */
  certificate: CertificateRow | null
  /** Digest of the grant that covers it, 0x-hex. */
  grant: string | null
}

const DAY_SECONDS = 24 * 3_600
/** How many certificates of a holder are looked through. */
const SEARCHED = 1_000

type StatusWorld = Pick<World, 'store' | 'clock' | 'region'>

/** The state of one item that the case asks for. Refuses CASE_ITEM_UNKNOWN. Writes nothing. */
export async function askedItem(
  world: StatusWorld,
  of: CaseRow,
  matter: Matter,
  number: number,
): Promise<ItemStatus> {
  const status = (await itemStatuses(world, of, matter))[number]
  if (status !== undefined && status.state !== 'notAsked') return status
  throw new Refusal('CASE_ITEM_UNKNOWN', 'the case asks for no such item', { field: 'item' })
}

/** The state of every item of a case, in order. Writes nothing. */
export async function itemStatuses(world: StatusWorld, of: CaseRow, matter: Matter): Promise<ItemStatus[]> {
  const asked = await askedParties(world, of)
  const statuses: ItemStatus[] = []
  for (const item of of.items) {
    const requirement = matter.requirements[item.requirement]
    const party = of.parties[item.party]
    invariant(requirement !== undefined && party !== undefined, `item ${item.number} of case ${of.id}`)
    const found = await statusOf(world, of, { item, requirement, party }, asked)
    statuses.push({ item, requirement, party, because: null, certificate: null, grant: null, ...found })
  }
  return statuses
}

type Found = Pick<ItemStatus, 'state'> & Partial<Pick<ItemStatus, 'because' | 'certificate' | 'grant'>>

async function statusOf(
  world: StatusWorld,
  of: CaseRow,
  { item, requirement, party }: Pick<ItemStatus, 'item' | 'requirement' | 'party'>,
  asked: ConsentPartyRow[],
): Promise<Found> {
  const { when, oneOf, mode } = requirement
  if (when !== undefined && of.conditions[when] !== true) return { state: 'notAsked' }
  if (item.adopted !== null && item.flagged === null) return { state: 'have' }
  if (item.paper !== null) return { state: 'paper' }
  if (of.declarations.some(({ group }) => group === oneOf)) return { state: 'declared' }

  const { certificate, because } = await candidateFor(world, requirement, party)
  // Taken, and changed since: what may be taken in its place is another one.
  if (item.flagged !== null && (certificate === null || certificate.identifier === item.adopted?.identifier))
    return { state: 'flagged', because: 'CHANGED' }
  if (certificate === null) return { state: 'missing', because }
  if (mode === 'present') return { state: 'notShared', certificate }
  if (mode === 'duty') return { state: 'available', certificate }
  return { certificate, ...(await consentTo(world, certificate, party, asked)) }
}

async function consentTo(
  world: StatusWorld,
  certificate: CertificateRow,
  party: CaseParty,
  asked: ConsentPartyRow[],
): Promise<Found> {
  const leaf = toHex(certificate.leaf)
  const answers = asked.filter(
    one =>
      holderId({ id: one.holder }) === holderId({ id: party.holder }) &&
      one.items.some(item => item.leaf === leaf),
  )
  for (const { grant } of answers) {
    if (grant !== null && (await fieldsGranted(world, grant, certificate)) !== null)
      return { state: 'available', grant }
  }
  const last = answers.at(-1)
  if (last === undefined) return { state: 'waiting', because: 'NOT_ASKED_YET' }
  return { state: last.state === 'waiting' ? 'waiting' : 'refused' }
}

/** Fields of the certificate that a grant covers now; null = none. */
export async function fieldsGranted(
  { store, clock }: Pick<World, 'store' | 'clock'>,
  digest: string,
  certificate: CertificateRow,
): Promise<string[] | null> {
  const grant = await store.grantByDigest(new Uint8Array(Buffer.from(digest.slice(2), 'hex')))
  if (grant === null || grant.withdrawnAt !== null || grant.state === 'refused') return null
  if (grant.used >= grant.maxUses || nowSeconds({ clock }) > grant.notAfter) return null
  const leaf = Buffer.from(certificate.leaf)
  return grant.items.find(item => leaf.equals(item.leaf))?.fields ?? null
}

/** Everybody who was asked in this case, in the order of the requests, without those whose request was taken back before they answered. */
async function askedParties({ store }: Pick<World, 'store'>, of: CaseRow): Promise<ConsentPartyRow[]> {
  const parties: ConsentPartyRow[] = []
  for (const id of of.consentRequests) {
    const request = await store.consentRequest(id)
    const isOpen = request?.withdrawnAt === null
    parties.push(...(request?.parties ?? []).filter(({ state }) => isOpen || state !== 'waiting'))
  }
  return parties
}

async function candidateFor(
  world: StatusWorld,
  requirement: Requirement,
  party: CaseParty,
): Promise<{ certificate: CertificateRow | null; because: Because | null }> {
  const { typeCode } = (await typeOf(world, requirement.cert)).row
  const holder = await world.store.holderById(party.holder)
  invariant(holder !== null, 'a party of a case is a holder')
  const now = nowSeconds(world)
  const rows = await world.store.certificatesOfHolder(holder.lookup, { before: null, limit: SEARCHED })
  let because: Because = 'NONE'
  for (const certificate of rows) {
    if (certificate.typeCode !== typeCode || certificate.sealed === null) continue
    const changes = await world.store.statusChanges(certificate.identifier)
    if (standingOf(certificate, changes, now) !== 'ACTIVE') {
      if (because === 'NONE') because = 'NOT_IN_FORCE'
      continue
    }
    const { maxAgeDays } = requirement
    if (maxAgeDays !== undefined && now - certificate.validFrom > maxAgeDays * DAY_SECONDS) {
      because = 'TOO_OLD'
      continue
    }
    return { certificate, because: null }
  }
  return { certificate: null, because }
}

/** There or pulled at once or after the holder's yes: asking for paper of it needs a reason. */
export const isObtainable = ({ state }: ItemStatus): boolean =>
  ['have', 'available', 'waiting', 'notShared'].includes(state)

const isSatisfied = ({ state }: ItemStatus): boolean => ['have', 'paper', 'declared'].includes(state)

/**
 * Numbers of the items that the case still lacks: each that is required, and of a one-of group all as long as none of them is
 * there. Optional ones that stand alone lack nothing.
 */
export function lackingItems(statuses: readonly ItemStatus[]): number[] {
  const asked = statuses.filter(({ state }) => state !== 'notAsked')
  const groups = Map.groupBy(asked, ({ requirement }) => requirement.oneOf)
  return asked
    .filter(status => {
      const { oneOf, required } = status.requirement
      // What was taken and has changed is not passed over in silence, required or not.
      if (status.state === 'flagged') return oneOf === undefined || !groups.get(oneOf)?.some(isSatisfied)
      if (oneOf !== undefined) return !groups.get(oneOf)?.some(isSatisfied)
      return required && !isSatisfied(status)
    })
    .map(({ item }) => item.number)
}
