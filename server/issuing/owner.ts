/** Whose batches and proposals are, for the access table. */
import { typeOf } from '../catalogue/publish.ts'
import { typeOwner } from '../certificates/owner.ts'
import type { Owner } from '../http/access.ts'
import type { Caller } from '../http/auth.ts'
import type { World } from '../world.ts'
import { batchOf } from './drafts.ts'
import { proposalOf } from './proposals.ts'

type WithId = { params: { id: string } }

/** A batch is its department's; machine clients need a scope for its type. Refuses BATCH_NOT_FOUND. */
export async function batchOwner(world: World, { params: { id } }: WithId): Promise<Owner> {
  const { department, type } = await batchOf(world, id)
  return { departments: [department], type }
}

/** Refuses PROPOSAL_NOT_FOUND. */
export async function proposalOwner(world: World, { params: { id } }: WithId): Promise<Owner> {
  return { departments: [(await proposalOf(world, id)).department] }
}

/** Rows of a type are uploaded for the department that issues it. Refuses TYPE_NOT_FOUND. */
export async function uploadOwner(world: World, { query }: { query: { type: string } }): Promise<Owner> {
  return typeOwner((await typeOf(world, query.type)).definition)
}

/** Whose a list is; null: everybody's. */
export const departmentOfCaller = ({ role, department }: Caller): string | null =>
  role === 'root' ? null : (department ?? '')
