/**
 * Finding certificates by what is written on them. Numbers are kept as keyed hashes only, so nothing is found by a part of one.
 */
import { toUtf8 } from '../../protocol/bytes.ts'
import { normaliseShortCode } from '../../protocol/identifiers.ts'
import type { TypeDefinition } from '../catalogue/type-definition.ts'
import { holderNumbersOf } from '../catalogue/type-definition.ts'
import { kindOfNumber, lookupOf } from '../holders/holders.ts'
import { LOOKUP_KEY } from '../keys/names.ts'
import type { CertificateRow } from '../store/store.ts'
import type { World } from '../world.ts'

/** More than anybody has of one department, and as many as a person reads. */
const MOST_FOUND = 50

/** The keyed hash of a certificate's number, however its brackets, strokes and spaces are typed; null where nothing is left of it. */
async function numberLookup(world: Pick<World, 'keys'>, number: string): Promise<Uint8Array | null> {
  const plain = number
    .normalize('NFKC')
    .toUpperCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
  return plain === '' ? null : world.keys.mac(LOOKUP_KEY, toUtf8(`certificate-number:${plain}`))
}

/** Look-up value of the number of a certificate with these fields; undefined when it is its holder's, by which it is found anyway. */
export async function numberToIndex(
  world: Pick<World, 'keys'>,
  definition: TypeDefinition,
  fields: Readonly<Record<string, unknown>>,
): Promise<Uint8Array | undefined> {
  const number = fields[definition.numberField]
  if (typeof number !== 'string' || holderNumbersOf(definition, fields).includes(number)) return undefined
  return (await numberLookup(world, number)) ?? undefined
}

/**
 * Certificates of a department (null = of all) with this identifier, short code or number, or of the holder with this number; newest
 * first.
 */
export async function findCertificates(
  world: Pick<World, 'store' | 'keys'>,
  text: string,
  department: string | null,
): Promise<CertificateRow[]> {
  const typed = text.normalize('NFKC').replaceAll(/\s/g, '').toUpperCase()
  const code = normaliseShortCode(typed)
  const number = await numberLookup(world, typed)
  const holder = kindOfNumber(typed) === null ? null : await lookupOf(world, typed)
  const found = [
    await world.store.certificateByIdentifier(typed),
    code === null ? null : await world.store.certificateByShortCode(code),
    ...(number === null ? [] : await world.store.certificatesByNumber(number, MOST_FOUND)),
    ...(holder === null
      ? []
      : await world.store.certificatesOfHolder(holder, { before: null, limit: MOST_FOUND })),
  ]
  const bySeq = new Map(found.flatMap(row => (row === null ? [] : [[row.seq, row] as const])))
  return [...bySeq.values()]
    .filter(row => department === null || row.department === department)
    .sort((a, b) => b.seq - a.seq)
    .slice(0, MOST_FOUND)
}
