/**
 * Publishing matters and finding them. A version, once published, never changes; a case keeps the version that it began with.
 */
import { sha256 } from '#crypto'
import { toUtf8 } from '../../protocol/bytes.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { parseTypeDefinition, type TypeDefinition } from '../catalogue/type-definition.ts'
import type { MatterRow } from '../store/matters.ts'
import type { Once } from '../store/store.ts'
import { nowSeconds, type World } from '../world.ts'
import { parseMatters, readMatter, type Catalogue, type Matter } from './definition.ts'

/**
 * Publishes matters, all or none; versions that are there with the same content are left as they are. Durable when this returns.
 * Refuses MATTER_DEFINITION with every error by row and field, MATTER_VERSION_EXISTS (other content under a version) and
 * IDEMPOTENCY_KEY_REUSED.
 */
export async function publishMatters(
  world: Pick<World, 'store' | 'clock'>,
  values: readonly unknown[],
  publishedBy: string,
  once: Once,
): Promise<MatterRow[]> {
  const matters = parseMatters(values, await catalogueOf(world))
  const rows = matters.map((one): MatterRow => {
    const definition = JSON.stringify(one)
    return {
      code: one.code,
      version: one.version,
      definition,
      digest: sha256(toUtf8(definition)),
      publishedBy,
      createdAt: nowSeconds(world),
    }
  })
  return world.store.saveMatters(rows, once)
}

/** Read definitions by the row's digest: a version never changes, so what was read once stays right. */
const known = new Map<string, Matter>()

function definitionIn(row: MatterRow): Matter {
  const key = Buffer.from(row.digest).toString('hex')
  const found = known.get(key) ?? readMatter(row.definition)
  known.set(key, found)
  return found
}

/** The newest version of a matter. Refuses MATTER_NOT_FOUND. */
export async function matterOf(world: Pick<World, 'store'>, code: string): Promise<Matter> {
  return definitionIn(await matterRowOf(world, code))
}

/** A given version. Refuses MATTER_NOT_FOUND. */
export async function matterVersionOf(
  world: Pick<World, 'store'>,
  code: string,
  version: number,
): Promise<Matter> {
  const row = await world.store.matterVersion(code, version)
  if (row === null) throw unknown()
  return definitionIn(row)
}

/**
 * What counts for something done in a case: the version that it began with. The newest one without a case, and for a case of
 * another matter. Refuses MATTER_NOT_FOUND.
 */
export async function matterIn(
  world: Pick<World, 'store'>,
  code: string,
  caseId: string | null,
): Promise<Matter> {
  const of = caseId === null ? null : await world.store.caseById(caseId)
  return of?.matter === code ? matterVersionOf(world, code, of.version) : matterOf(world, code)
}

/** Refuses MATTER_NOT_FOUND. */
export async function matterRowOf(world: Pick<World, 'store'>, code: string): Promise<MatterRow> {
  const row = (await world.store.matters()).find(one => one.code === code)
  if (row === undefined) throw unknown()
  return row
}

const unknown = () => new Refusal('MATTER_NOT_FOUND', 'there is no such matter', { field: 'matter' })

async function catalogueOf({ store }: Pick<World, 'store'>): Promise<Catalogue> {
  const types = new Map<string, TypeDefinition>()
  for (const { code, definition } of await store.types()) {
    types.set(code, parseTypeDefinition(JSON.parse(definition)))
  }
  return { types, departments: new Set((await store.departments()).map(({ code }) => code)) }
}
