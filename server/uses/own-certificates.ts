/**
 * What a holder sees of his own certificates.
 */
import { maskValue } from '../catalogue/masking.ts'
import { typeOfCertificate } from '../catalogue/publish.ts'
import { certificateOf, certificateState, fieldsOf, type Standing } from '../certificates/read.ts'
import { certificatesOfHolder } from '../holders/holders.ts'
import type { CertificateRow, Page } from '../store/store.ts'
import type { World } from '../world.ts'

export interface OwnCertificate {
  identifier: string
  type: { code: string; zh: string; en: string }
  department: { code: string; zh: string; en: string }
  standing: Standing
  validFrom: number
  validUntil: number | null
  withheld: boolean
}

/** Without values. Refuses HOLDER_NOT_FOUND. */
export async function ownCertificates(
  world: World,
  holder: string,
  page: Page,
): Promise<{ certificates: OwnCertificate[]; before: number | null }> {
  const rows = await certificatesOfHolder(world, holder, page)
  const certificates = []
  for (const row of rows) certificates.push(await cardOf(world, row))
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

async function cardOf(world: World, row: CertificateRow): Promise<OwnCertificate> {
  const { definition } = await typeOfCertificate(world, row)
  const issuer = (await world.store.departments()).find(({ uscc }) => uscc === row.department)
  const { code, zh, en } = definition
  return {
    identifier: row.identifier,
    type: { code, zh, en },
    department: { code: issuer?.code ?? '', zh: issuer?.zh ?? '', en: issuer?.en ?? '' },
    standing: (await certificateState(world, row)).standing,
    validFrom: row.validFrom,
    validUntil: row.validUntil,
    withheld: (await world.store.withheldBy(row.seq)) !== null,
  }
}
