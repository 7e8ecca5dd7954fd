/** What a stranger sees who scans a code with an ordinary phone: masked values, and the verdict of the chain. */
import type { JsonValue } from '../../protocol/json.ts'
import { Refusal } from '../../protocol/refusal.ts'
import type { Verdict } from '../../protocol/verdict.ts'
import { maskValue } from '../catalogue/masking.ts'
import { typeOfCertificate } from '../catalogue/publish.ts'
import { certificateFile, fieldsOf } from '../certificates/read.ts'
import type { PresentedItemRow } from '../store/presentations.ts'
import { verifyFile } from '../verification/verify.ts'
import { nowSeconds, type World } from '../world.ts'
import { tokenHash } from './code.ts'

export interface ShownCertificate {
  type: { code: string; zh: string; en: string }
  verdict: Verdict
  validFrom: number
  validUntil: number | null
  /** Those that the holder chose, masked. */
  fields: [name: string, value: JsonValue][]
}

/**
 * What the code shows to whoever has it. Null, after the same look-up, when there is none such, it is no longer alive or what it showed was erased, and when it is
 * for one department only. Consumes nothing and writes nothing.
 */
export async function showToStranger(
  world: World,
  token: string,
): Promise<{ expiresAt: number; certificates: ShownCertificate[] } | null> {
  const row = await world.store.presentationByToken(tokenHash(token))
  const isShown =
    row !== null &&
    row.items.length > 0 &&
    row.verifier === null &&
    row.cancelledAt === null &&
    row.resolvedAt === null &&
    nowSeconds(world) < row.codeExpiresAt
  if (!isShown) return null
  const certificates = await Promise.all(row.items.map(item => showItem(world, item)))
  return { expiresAt: row.codeExpiresAt, certificates }
}

async function showItem(world: World, item: PresentedItemRow): Promise<ShownCertificate> {
  const certificate = (await world.store.certificateBySeq(item.certificateSeq))!
  const { definition } = await typeOfCertificate(world, certificate)
  const { code, zh, en } = definition
  const { validFrom, validUntil } = certificate
  const about = { type: { code, zh, en }, validFrom, validUntil }
  try {
    const values = await fieldsOf(world, certificate)
    const file = await certificateFile(world, certificate, [])
    const { verdict } = await verifyFile(world, new TextEncoder().encode(file), null)
    const fields = definition.fields
      .filter(({ key }) => item.fields.includes(key) && Object.hasOwn(values, key))
      .map((field): [string, JsonValue] => [field.key, maskValue(field, values[field.key]) as JsonValue])
    return { ...about, verdict, fields }
  } catch (error) {
    // Withheld by an order, or erased since it was presented.
    if (!(error instanceof Refusal)) throw error
    return { ...about, verdict: error.code === 'WITHHELD' ? 'WITHHELD' : 'NOT_FOUND', fields: [] }
  }
}
