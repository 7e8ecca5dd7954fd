/**
 * Publishing certificate types. A version, once published, never changes; old certificates keep theirs.
 */
import { sha256 } from '#crypto'
import { toBase64, toBase64url, toUtf8, utf8FromBase64url } from '../../protocol/bytes.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { covers } from '../../protocol/chain-view.ts'
import { departmentId } from '../../protocol/snapshot.ts'
import { departmentOf, notaryOf } from '../departments/admit.ts'
import { grantPermitOnChain } from '../departments/registry.ts'
import { signStatement } from '../departments/sign.ts'
import { assertMayIssue, forgetStanding } from '../departments/standing.ts'
import type { TypeRow } from '../store/store.ts'
import { nowSeconds, presentTime, type World } from '../world.ts'
import { compileType, type CompiledType } from './check-rows.ts'
import { parseTypeDefinition } from './type-definition.ts'

export interface PublishedType extends CompiledType {
  row: TypeRow
  /** `credentialSchema` of its certificates (docs/formats.md §4). */
  schema: { id: string; digestSRI: string }
}

/**
 * Publishes a version of a type, by a statement of the notary in the log, and gives its department the permit on chain; all are
 * no-ops when done already, so a call that was cut short is finished by the next. Refuses TYPE_DEFINITION (by column and field), DEPARTMENT_NOT_FOUND,
 * DEPARTMENT_NOT_ISSUER, NOTARY_MISSING, PERMIT_HELD by another department, and TYPE_VERSION_EXISTS for other content under the same version.
 */
export async function publishType(
  world: Pick<World, 'store' | 'chain' | 'keys' | 'clock' | 'config' | 'region' | 'wake'>,
  value: unknown,
): Promise<TypeRow> {
  const definition = parseTypeDefinition(value)
  const department = await departmentOf(world, definition.issuer)
  if (!department.roles.includes('issuer')) {
    throw new Refusal('DEPARTMENT_NOT_ISSUER', 'this department does not issue certificates', {
      field: 'issuer',
      found: definition.issuer,
    })
  }
  const text = JSON.stringify(definition)
  const row: TypeRow = {
    code: definition.code,
    version: definition.version,
    typeCode: definition.typeCode,
    department: department.code,
    definition: text,
    digest: sha256(toUtf8(text)),
    createdAt: nowSeconds(world),
  }
  await assertNoOtherHolder(world, department.uscc, definition.typeCode)
  const standing = await assertMayIssue(world, await notaryOf(world), null)
  const { code, version, digest } = row
  const publication = await signStatement(world, 'catalogue', standing, {
    catalogue: { type: code, version, digest: toBase64url(digest) },
  })
  await world.store.saveType(row, publication)
  world.wake()
  await grantPermitOnChain(world, department.uscc, definition.typeCode, world.region)
  // Whoever asked meanwhile was told that it holds no permit.
  await forgetStanding(world, department.uscc)
  // Published before, it has the time of then.
  return (await world.store.typeVersion(code, version)) ?? row
}

/** Whose permit it is, is the chain's to say: nothing is published that its department could not issue. */
async function assertNoOtherHolder(
  world: Pick<World, 'chain' | 'clock' | 'region'>,
  uscc: string,
  typeCode: string,
): Promise<void> {
  const view = world.chain.view()
  const time = await presentTime(world)
  const periods = await view.permitsOf(typeCode, world.region)
  const holder = periods.find(period => covers(period, time))
  if (holder === undefined || holder.department === departmentId(uscc)) return
  throw new Refusal('PERMIT_HELD', 'another department holds the permit for this type', { field: 'issuer' })
}

const compiled = new WeakMap<object, Map<string, PublishedType>>()

/** The newest version of a type, ready to check rows. Refuses TYPE_NOT_FOUND. */
export async function typeOf(world: Pick<World, 'store' | 'region'>, code: string): Promise<PublishedType> {
  const row = (await world.store.types()).find(type => type.code === code)
  if (row === undefined) {
    throw new Refusal('TYPE_NOT_FOUND', `there is no certificate type ${code.slice(0, 40)}`, {
      field: 'type',
    })
  }
  return compileRow(world, row)
}

/** The newest version of the type with this 21-character code, as certificates carry it. Refuses TYPE_NOT_FOUND. */
export async function typeOfCode(
  world: Pick<World, 'store' | 'region'>,
  typeCode: string,
): Promise<PublishedType> {
  const row = (await world.store.types()).find(type => type.typeCode === typeCode)
  if (row === undefined)
    throw new Refusal('TYPE_NOT_FOUND', 'there is no such certificate type', { field: 'type' })
  return compileRow(world, row)
}

/**
 * The version of its type that a certificate was issued under, as its signed schema names it: a newer version of the type changes
 * nothing about it. Refuses TYPE_NOT_FOUND.
 */
export async function typeOfCertificate(
  world: Pick<World, 'store' | 'region'>,
  { statement }: { statement: string },
): Promise<PublishedType> {
  const payload = utf8FromBase64url(statement.split('.')[1]!)!
  const { credentialSchema } = JSON.parse(payload) as { credentialSchema: { id: string } }
  const [code = '', version = ''] = credentialSchema.id.split(':').slice(-2)
  return typeVersionOf(world, code, Number(version))
}

/** A given version. Refuses TYPE_NOT_FOUND. */
export async function typeVersionOf(
  world: Pick<World, 'store' | 'region'>,
  code: string,
  version: number,
): Promise<PublishedType> {
  const row = await world.store.typeVersion(code, version)
  if (row === null)
    throw new Refusal('TYPE_NOT_FOUND', 'there is no such version of this type', { field: 'type' })
  return compileRow(world, row)
}

function compileRow(world: Pick<World, 'store' | 'region'>, row: TypeRow): PublishedType {
  const known = compiled.get(world.store) ?? new Map<string, PublishedType>()
  compiled.set(world.store, known)
  const name = `${row.code} ${row.version}`
  const found = known.get(name)
  if (found !== undefined) return found
  const type: PublishedType = {
    ...compileType(parseTypeDefinition(JSON.parse(row.definition))),
    row,
    schema: {
      id: `urn:onceproof:schema:${world.region}:${row.code}:${row.version}`,
      digestSRI: `sha256-${toBase64(row.digest)}`,
    },
  }
  known.set(name, type)
  return type
}
