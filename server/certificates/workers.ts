/**
 * Batches are signed by worker threads: the gateway goes on answering, and a second core helps. Only keys that live in this
 * process can go there; a key that lives elsewhere is asked for the whole batch at once.
 */
import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { WorkerKey } from '../keys/keystore.ts'
import type { NewCertificate } from '../store/store.ts'
import type { World } from '../world.ts'
import { buildCertificates, type Draft, type Issuer } from './build.ts'

/** What crosses to a worker: everything but the signing function, which it makes from the key. */
export interface Task {
  id: number
  issuer: Omit<Issuer, 'sign' | 'signMany'>
  signingKey: WorkerKey
  drafts: Draft[]
  now: number
}

export type TaskResult = { id: number; certificates: NewCertificate[] } | { id: number; error: string }

/** Fewer drafts than this are not worth the crossing. */
const WORTH_A_WORKER = 64
const CHUNK = 256

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
    chunks.push(run({ issuer: shared, signingKey, drafts: drafts.slice(start, start + CHUNK), now }))
  }
  return (await Promise.all(chunks)).flat()
}

// ---- the pool: as many threads as cores, started at the first batch, idle ones never keep the process alive

interface Waiting {
  resolve: (certificates: NewCertificate[]) => void
  reject: (error: Error) => void
}

const pool: { worker: Worker; load: number }[] = []
const waiting = new Map<number, Waiting>()
let lastId = 0

function run(task: Omit<Task, 'id'>): Promise<NewCertificate[]> {
  const member = leastLoaded()
  const id = ++lastId
  member.load++
  return new Promise<NewCertificate[]>((resolve, reject) => {
    waiting.set(id, { resolve, reject })
    member.worker.ref()
    member.worker.postMessage({ ...task, id } satisfies Task)
  }).finally(() => {
    member.load--
    if (member.load === 0) member.worker.unref()
  })
}

function leastLoaded(): { worker: Worker; load: number } {
  const idle = pool.find(member => member.load === 0)
  if (idle !== undefined) return idle
  if (pool.length < availableParallelism()) {
    const member = { worker: startWorker(), load: 0 }
    pool.push(member)
    return member
  }
  return pool.reduce((a, b) => (b.load < a.load ? b : a))
}

function startWorker(): Worker {
  const worker = new Worker(new URL('./worker.ts', import.meta.url))
  worker.unref()
  worker.on('message', (result: TaskResult) => {
    const caller = waiting.get(result.id)
    waiting.delete(result.id)
    if ('certificates' in result) caller?.resolve(result.certificates)
    else caller?.reject(new Error(result.error))
  })
  worker.on('error', error => {
    const member = pool.findIndex(one => one.worker === worker)
    if (member >= 0) pool.splice(member, 1)
    // Which of the waiting tasks it held is not known here: all are told, and their batches are refused whole.
    for (const caller of waiting.values())
      caller.reject(error instanceof Error ? error : new Error(String(error)))
    waiting.clear()
  })
  return worker
}
