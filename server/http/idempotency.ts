import type { Once, Store } from '../store/store.ts'

/**
 * Does a write that has by itself no second effect (what is there already is left as it is), and keeps its Idempotency-Key from
 * standing for another write: refuses IDEMPOTENCY_KEY_REUSED before anything is done. A refused write leaves the key free.
 */
export async function underKey<Result>(
  store: Pick<Store, 'answered' | 'rememberAnswer'>,
  once: Once,
  work: () => Promise<Result>,
): Promise<Result> {
  await store.answered(once)
  const result = await work()
  await store.rememberAnswer(once)
  return result
}
