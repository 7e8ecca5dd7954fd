/**
 * Batches are signed by worker threads: the gateway goes on answering, and a second core helps. Only keys that live in this
 * process can go there; a key that lives elsewhere is asked for the whole batch at once.
 */
import type { WorkerKey } from '../keys/keystore.ts'
import type { NewCertificate } from '../store/store.ts'
import { threadPool } from '../threads.ts'
import type { World } from '../world.ts'
import { buildCertificates, type Draft, type Issuer } from './build.ts'

/** What crosses to a worker: everything but the signing function, which it makes from the key. */
export interface Task {
  issuer: Omit<Issuer, 'sign' | 'signMany'>
  signingKey: WorkerKey
  drafts: Draft[]
  now: number
}

/** Fewer drafts than this are not worth the crossing. */
const WORTH_A_WORKER = 64
const CHUNK = 256

const buildInThread = threadPool(new URL('./worker.ts', import.meta.url)) as (
  task: Task,
) => Promise<NewCertificate[]>

/** Certificates for the drafts, in order. */
export async function buildInWorkers(
  world: Pick<World, 'keys' | 'clock'>,
  issuer: Issuer & { keyName: string },
  drafts: Draft[],
): Promise<NewCertificate[]> {
  const now = world.clock()
  if (drafts.length < WORTH_A_WORKER || !world.keys.isHere(issuer.keyName))
    return buildCertificates(issuer, drafts, now)
  const signingKey = world.keys.exportForWorker(issuer.keyName)
  const { sign: _, signMany: __, keyName: ___, ...shared } = issuer
  const chunks: Promise<NewCertificate[]>[] = []
  for (let start = 0; start < drafts.length; start += CHUNK) {
    chunks.push(
      buildInThread({ issuer: shared, signingKey, drafts: drafts.slice(start, start + CHUNK), now }),
    )
  }
  return (await Promise.all(chunks)).flat()
}
