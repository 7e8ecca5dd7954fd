/**
 * Proofs from the tiles: O(log n) small reads whatever the size, and checked before they are handed out.
 */
import {
  consistencyNodes,
  inclusionNodes,
  proofFrom,
  verifyInclusion,
  verifyConsistency,
  type ProofPlan,
} from '../../protocol/log.ts'
import { Refusal, invariant } from '../../protocol/refusal.ts'
import type { Store } from '../store/store.ts'

/** Inclusion proof of the leaf at `index` in the tree of a sealed `size`. Refuses LOG_RANGE. */
export async function inclusionProofOf(store: Store, index: number, size: number): Promise<Uint8Array[]> {
  await assertSealed(store, size)
  if (index >= size) throw outOfRange('index', `below ${size}`, index)
  const proof = await readPlan(store, inclusionNodes(index, size))
  const [leaf, root] = [await store.leaves(index, 1), await store.rootAt(size)]
  invariant(
    verifyInclusion({ leaf, index, size, proof, root }),
    `inclusion proof of ${index} in ${size} holds`,
  )
  return proof
}

/** Consistency proof between two sizes, 0 < size1 <= size2, size2 sealed. Refuses LOG_RANGE. */
export async function consistencyProofOf(store: Store, size1: number, size2: number): Promise<Uint8Array[]> {
  await assertSealed(store, size2)
  if (size1 < 1 || size1 > size2) throw outOfRange('from', `1 to ${size2}`, size1)
  const proof = await readPlan(store, consistencyNodes(size1, size2))
  const [root1, root2] = [await store.rootAt(size1), await store.rootAt(size2)]
  invariant(
    verifyConsistency({ size1, root1, size2, root2, proof }),
    `consistency proof ${size1} to ${size2} holds`,
  )
  return proof
}

async function readPlan(store: Store, plan: ProofPlan): Promise<Uint8Array[]> {
  return proofFrom(plan, await store.nodes(plan.flat()))
}

async function assertSealed(store: Store, size: number): Promise<void> {
  const { sealed } = await store.logSize()
  if (size > sealed) throw outOfRange('size', `at most ${sealed}`, size)
}

const outOfRange = (field: string, expected: string, found: number) =>
  new Refusal('LOG_RANGE', `the log has no such ${field}: ${expected} was expected, ${found} asked`, {
    field,
    expected,
    found: String(found),
  })
