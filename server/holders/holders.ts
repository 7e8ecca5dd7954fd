/**
 * Holders: whom certificates are about. A holder is found by the number that a certificate or an identity provider gives, through
 * a keyed hash; the number itself is never kept, and the id that others see is random.
 */
import { randomBytes } from 'node:crypto'
import { fromBase64url, toBase64url, toUtf8 } from '../../protocol/bytes.ts'
import { isCitizenNumber, isUscc } from '../../protocol/identifiers.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { LOOKUP_KEY } from '../keys/names.ts'
import type { HolderKind, HolderRow } from '../store/holders.ts'
import type { CertificateRow, Page } from '../store/store.ts'
import { nowSeconds, type World } from '../world.ts'

/**
 * A person's number or a body's credit code; null when it is neither. Few are well formed as both: eighteen digits with a date
 * in the middle are a person's.
 */
export function kindOfNumber(number: string): HolderKind | null {
  if (isCitizenNumber(number)) return 'natural'
  return isUscc(number) ? 'legal' : null
}

/**
 * The keyed hash by which a holder is looked up, 32 bytes. Refuses HOLDER_NUMBER when the check digits do not hold; the refusal
 * does not repeat the number.
 */
export async function lookupOf(world: Pick<World, 'keys'>, number: string): Promise<Uint8Array> {
  const kind = kindOfNumber(number)
  if (kind === null) throw wrongNumber()
  return world.keys.mac(LOOKUP_KEY, toUtf8(`${kind}:${number}`))
}

/** The holder with this number, noted when he is new; survives a power cut when this resolves. Refuses HOLDER_NUMBER. */
export async function ensureHolder(
  world: Pick<World, 'keys' | 'store' | 'clock'>,
  number: string,
): Promise<HolderRow> {
  const lookup = await lookupOf(world, number)
  const known = await world.store.holderByLookup(lookup)
  if (known !== null) return known
  const kind = kindOfNumber(number)!
  return world.store.ensureHolder({
    id: new Uint8Array(randomBytes(32)),
    kind,
    lookup,
    createdAt: nowSeconds(world),
  })
}

/** The holder with this id (base64url of 32 bytes). Refuses HOLDER_NOT_FOUND. */
export async function holderOf(world: Pick<World, 'store'>, id: string): Promise<HolderRow> {
  const bytes = fromBase64url(id)
  const found = bytes?.length === 32 ? await world.store.holderById(bytes) : null
  if (found === null) throw new Refusal('HOLDER_NOT_FOUND', 'there is no such holder', { field: 'holder' })
  return found
}

/** Look-up value of the holder with this id. Refuses HOLDER_NOT_FOUND. */
export async function lookupOfHolder(world: Pick<World, 'store'>, id: string): Promise<Uint8Array> {
  return (await holderOf(world, id)).lookup
}

export const holderId = ({ id }: Pick<HolderRow, 'id'>): string => toBase64url(id)

/** Certificates of a holder, newest first. Refuses HOLDER_NOT_FOUND. */
export async function certificatesOfHolder(
  world: Pick<World, 'store'>,
  id: string,
  page: Page,
): Promise<CertificateRow[]> {
  const { lookup } = await holderOf(world, id)
  return world.store.certificatesOfHolder(lookup, page)
}

/** Ids of the holders of a certificate who are known here (who never signed in and was never party to a case has none). */
export async function holdersOfCertificate(
  world: Pick<World, 'store'>,
  { seq }: Pick<CertificateRow, 'seq'>,
): Promise<string[]> {
  const ids: string[] = []
  for (const lookup of await world.store.holdersOfCertificate(seq)) {
    const holder = await world.store.holderByLookup(lookup)
    if (holder !== null) ids.push(holderId(holder))
  }
  return ids
}

const wrongNumber = () =>
  new Refusal('HOLDER_NUMBER', 'neither a citizen number nor a unified social credit code', {
    field: 'number',
    expected: 'GB 11643 or GB 32100',
  })
