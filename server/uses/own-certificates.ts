/**
 * What a holder sees of his own certificates.
 */
import { maskValue } from '../catalogue/masking.ts'
import { typeOfCertificate } from '../catalogue/publish.ts'
import { holderNameOf } from '../catalogue/type-definition.ts'
import { certificateOf, certificateState, fieldsOf, type Standing } from '../certificates/read.ts'
import { certificatesOfHolder } from '../holders/holders.ts'
import type { CertificateRow, Page } from '../store/store.ts'
import type { World } from '../world.ts'

export interface OwnCertificate {
  identifier: string
  type: { code: string; version: number; zh: string; en: string }
  department: { code: string; zh: string; en: string }
  standing: Standing
  validFrom: number
  validUntil: number | null
  withheld: boolean
}

export interface ListedCertificate extends OwnCertificate {
  /** What tells certificates of one type apart; null where nothing has to, or may. */
  apart: { name: string; numberEnd: string } | null
}

/** Without values but for what tells several of one type apart. Refuses HOLDER_NOT_FOUND. */
export async function ownCertificates(
  world: World,
  holder: string,
  page: Page,
): Promise<{ certificates: ListedCertificate[]; before: number | null }> {
  const rows = await certificatesOfHolder(world, holder, page)
  const certificates = []
  for (const row of rows) {
    const isAlone = rows.filter(({ typeCode }) => typeCode === row.typeCode).length === 1
    certificates.push({ ...(await cardOf(world, row)), apart: isAlone ? null : await apartOf(world, row) })
  }
  return { certificates, before: rows.length === page.limit ? rows.at(-1)!.seq : null }
}

/** With its values under the masks of the type. Refuses CERTIFICATE_NOT_FOUND, CERTIFICATE_ERASED and WITHHELD. */
export async function ownCertificate(
  world: World,
  identifier: string,
): Promise<OwnCertificate & { fields: Record<string, unknown> }> {
  const row = await certificateOf(world, identifier)
  const { definition } = await typeOfCertificate(world, row)
  const values = await fieldsOf(world, row)
  const shown = definition.fields.filter(({ key }) => Object.hasOwn(values, key))
  const fields = Object.fromEntries(shown.map(field => [field.key, maskValue(field, values[field.key])]))
  return { ...(await cardOf(world, row)), fields }
}

/** Without masks. Refuses CERTIFICATE_NOT_FOUND, CERTIFICATE_ERASED and WITHHELD. */
export async function ownValues(world: World, identifier: string): Promise<Record<string, unknown>> {
  return fieldsOf(world, await certificateOf(world, identifier))
}

const END_OF_NUMBER = 4

/** Nothing of a certificate whose values nobody may see. */
async function apartOf(world: World, row: CertificateRow): Promise<ListedCertificate['apart']> {
  if (row.sealed === null || (await world.store.withheldBy(row.seq)) !== null) return null
  const { definition } = await typeOfCertificate(world, row)
  const values = await fieldsOf(world, row)
  const masked = definition.fields.map(field => [field.key, maskValue(field, values[field.key])] as const)
  const number = values[definition.numberField]
  return {
    name: holderNameOf(definition, Object.fromEntries(masked)),
    numberEnd: typeof number === 'string' ? Array.from(number).slice(-END_OF_NUMBER).join('') : '',
  }
}

async function cardOf(world: World, row: CertificateRow): Promise<OwnCertificate> {
  const { definition, row: type } = await typeOfCertificate(world, row)
  const issuer = (await world.store.departments()).find(({ uscc }) => uscc === row.department)
  const { code, zh, en } = definition
  return {
    identifier: row.identifier,
    type: { code, version: type.version, zh, en },
    department: { code: issuer?.code ?? '', zh: issuer?.zh ?? '', en: issuer?.en ?? '' },
    standing: (await certificateState(world, row)).standing,
    validFrom: row.validFrom,
    validUntil: row.validUntil,
    withheld: (await world.store.withheldBy(row.seq)) !== null,
  }
}
