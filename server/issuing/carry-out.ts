/**
 * What was approved is carried out, whatever crashes: the loop here takes up every batch and proposal that is approved and not done,
 * and each is done under a key of its own, so that doing it twice has one effect.
 */
import { createHash } from 'node:crypto'
import { Refusal } from '../../protocol/refusal.ts'
import { issueCertificates } from '../certificates/issue.ts'
import { holderId } from '../holders/holders.ts'
import type { BatchRow, LogReach } from '../store/batches.ts'
import type { Once } from '../store/store.ts'
import type { World } from '../world.ts'
import { changed, whatWillBeSigned } from './drafts.ts'
import { carryOutProposal } from './proposals.ts'

/** Refusals that time does not heal: it goes back to its makers. Others (a suspended department, an outage) may end. */
const FINAL = new Set([
  'ROWS_INVALID',
  'BATCH_ROWS_ALTERED',
  'BATCH_TYPE_CHANGED',
  'TYPE_NOT_FOUND',
  'DOCUMENT_UNREADABLE',
  'STATUS_ALREADY',
  'STATUS_NOT_SUSPENDED',
  'CERTIFICATE_NOT_FOUND',
  'CERTIFICATE_OF_ANOTHER_DEPARTMENT',
])

/** How long to wait before what failed is tried again. */
const RETRY_MS = 10_000
const DELIVER_AT_A_TIME = 500

interface Desk {
  running: Map<string, Promise<void>>
  failedAt: Map<string, number>
  reach: LogReach | null
  isClosed: boolean
}

const desks = new WeakMap<object, Desk>()

function deskOf({ store }: Pick<World, 'store'>): Desk {
  const desk = desks.get(store) ?? { running: new Map(), failedAt: new Map(), reach: null, isClosed: false }
  desks.set(store, desk)
  return desk
}

/** A client's key has no space, so none of theirs is this one. */
export const onceOf = (kind: 'batch' | 'proposal', id: string): Once => ({
  key: `${kind} ${id}`,
  request: new Uint8Array(createHash('sha256').update(`${kind} ${id}`).digest()),
})

/** Begins everything that is approved and not done, in the background. Safe to call at any time, at start and again and again. */
export async function resumeApproved(world: World): Promise<void> {
  for (const { id } of await world.store.batchesToIssue()) begin(world, id, () => issueBatch(world, id))
  for (const { id } of await world.store.proposalsToCarryOut()) {
    begin(world, id, () => carryOutProposal(world, id, onceOf('proposal', id)))
  }
}

/** Resolves when nothing runs any more, and begins nothing from now on: before the store is closed. */
export async function closeDesk(world: Pick<World, 'store'>): Promise<void> {
  const desk = deskOf(world)
  desk.isClosed = true
  await Promise.all(desk.running.values())
}

function begin(world: World, id: string, work: () => Promise<void>): void {
  const { running, failedAt, isClosed } = deskOf(world)
  const since = failedAt.get(id)
  if (isClosed || running.has(id) || (since !== undefined && world.clock() - since < RETRY_MS)) return
  const attempt = work()
    .then(() => void failedAt.delete(id))
    .catch(async (error: unknown) => {
      failedAt.set(id, world.clock())
      // Approved anew, it is tried at once.
      if (await noteProblem(world, id, error)) failedAt.delete(id)
    })
    // The store itself failed: the next round tries again.
    .catch((error: unknown) => world.logger.error('what keeps a batch could not be noted', { error }))
    .finally(() => void running.delete(id))
  running.set(id, attempt)
}

/**
 * Issues an approved batch: first it is held against the digest that was approved, then all of its rows are signed and accepted
 * in one transaction, then the batch is marked and its rows are erased. After a crash between any two of these the same is done
 * again and changes nothing that is done.
 */
async function issueBatch(world: World, id: string): Promise<void> {
  const batch = await world.store.batchById(id)
  if (batch?.state !== 'approved') return
  const { rows, digest } = await whatWillBeSigned(world, batch)
  if (batch.digest === null || Buffer.compare(digest, batch.digest) !== 0) {
    throw new Refusal('BATCH_ROWS_ALTERED', 'the rows are not those that were approved', { found: id })
  }
  const certificates = await issueCertificates(
    world,
    {
      type: batch.type,
      version: batch.version,
      batch: id,
      rows: rows.map(({ checked }) => Object.fromEntries(checked.values)),
      holders: rows.map(({ holders }) => holders),
    },
    onceOf('batch', id),
  )
  // Recalled meanwhile.
  if (certificates.length === 0) return
  await world.store.markBatchIssued(id, certificates[0]!.seq, certificates.length)
  changed(world, id)
  world.wake()
}

/** True when it went back to its makers. */
async function noteProblem(world: World, id: string, error: unknown): Promise<boolean> {
  const { code: found } = error as { code?: unknown }
  const code =
    error instanceof Error && typeof found === 'string' && /^[A-Z_]{2,40}$/.test(found) ? found : 'INTERNAL'
  if (code === 'INTERNAL') world.logger.error('an approved batch could not be issued', { error })
  const isFinal = error instanceof Refusal && FINAL.has(code)
  const batch = await world.store.batchById(id)
  if (batch !== null) {
    if (isFinal || batch.problem !== code) await world.store.noteBatchProblem(id, code, isFinal)
    changed(world, id)
  } else await world.store.noteProposalProblem(id, code, isFinal)
  return isFinal
}

/**
 * Delivery: a batch whose last certificate is final counts as delivered. Its holders find the certificates by the index, and who
 * watches is told. Cheap when nothing changed; after a crash holders may be told twice.
 */
export async function deliverFinal(world: World): Promise<void> {
  const open = await world.store.batchesToDeliver()
  if (open.length === 0) return
  const desk = deskOf(world)
  const reach = await world.store.logReach()
  const hasMoved = desk.reach?.sealed !== reach.sealed || desk.reach.final !== reach.final
  desk.reach = reach
  for (const batch of open) {
    if (reach.final >= batch.firstSeq! + batch.issued - 1) {
      await tellHolders(world, batch)
      await world.store.markBatchDelivered(batch.id)
      changed(world, batch.id)
    } else if (hasMoved) changed(world, batch.id)
  }
}

async function tellHolders(world: World, { id, firstSeq, issued }: BatchRow): Promise<void> {
  for (let at = 0; at < issued; at++) {
    for (const lookup of await world.store.holdersOfCertificate(firstSeq! + at)) {
      const holder = await world.store.holderByLookup(lookup)
      if (holder !== null) world.events.publish(`holder:${holderId(holder)}`, { delivered: id })
    }
    if (at % DELIVER_AT_A_TIME === 0) await new Promise(resolve => setImmediate(resolve))
  }
}
