/** Whose a certificate is, for the access table. */
import { typeOfCertificate } from '../catalogue/publish.ts'
import { holdersOfCertificate } from '../holders/holders.ts'
import type { Owner } from '../http/access.ts'
import type { CertificateRow } from '../store/store.ts'
import type { World } from '../world.ts'
import { certificateOf } from './read.ts'

/** Its issuing department, its type and its holders. Refuses CERTIFICATE_NOT_FOUND. */
export async function certificateOwner(
  world: Pick<World, 'store' | 'region'>,
  certificate: string | CertificateRow,
): Promise<Required<Owner>> {
  const row = typeof certificate === 'string' ? await certificateOf(world, certificate) : certificate
  const departments = await world.store.departments()
  const { definition } = await typeOfCertificate(world, row)
  return {
    departments: departments.filter(({ uscc }) => uscc === row.department).map(({ code }) => code),
    type: definition.code,
    holders: await holdersOfCertificate(world, row),
  }
}

/** The department that issues a type. */
export const typeOwner = ({ code, issuer }: { code: string; issuer: string }): Owner => ({
  departments: [issuer],
  type: code,
})
