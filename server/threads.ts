/**
 * Work that would keep the gateway from answering is done by threads: as many as there are cores and the memory has room for, started when
 * they are first needed, and idle ones never keep the process alive. A thread's file says what it does with `serveTasks`.
 */
import { availableParallelism } from 'node:os'
import { getHeapStatistics } from 'node:v8'
import { parentPort, Worker } from 'node:worker_threads'
import { Refusal, type RefusalDetails } from '../protocol/refusal.ts'

type Answer =
  | { id: number; result: unknown }
  | { id: number; refused: { code: string; message: string; details: RefusalDetails } }
  | { id: number; failed: string }

/** A thread has a heap of its own, which may become as large as ours. */
const HEAP_FOR_THREAD = 512 * 2 ** 20

/** How many threads of one kind there are at most. */
export const mostThreads = (): number =>
  Math.min(
    availableParallelism(),
    Math.max(1, Math.floor(getHeapStatistics().heap_size_limit / HEAP_FOR_THREAD)),
  )

/** Less is too little for any file. */
const LEAST_MB = 32

/** Mebibytes that the heap of a thread may have in which a file of a stranger is read: at most `most`, and a quarter of what ours may have. */
export function heapForStrangers(most: number): number {
  const quarter = Math.floor(getHeapStatistics().heap_size_limit / 4 / 2 ** 20)
  return Math.max(LEAST_MB, Math.min(most, quarter))
}

interface Waiting {
  resolve: (result: unknown) => void
  reject: (error: Error) => void
}

interface Member {
  worker: Worker
  waiting: Map<number, Waiting>
}

/**
 * Gives each task to the thread with the least to do. What a task refuses is refused here too; a thread that dies takes its own tasks
 * along, each told as a failure, and is replaced when the next task comes. What crosses is what the caller and the file agree on.
 */
export function threadPool(file: URL): (task: unknown) => Promise<unknown> {
  const pool: Member[] = []
  let lastId = 0
  return async task => {
    const member = leastLoaded(pool, file)
    const id = ++lastId
    try {
      return await new Promise<unknown>((resolve, reject) => {
        member.waiting.set(id, { resolve, reject })
        member.worker.ref()
        member.worker.postMessage({ id, task })
      })
    } finally {
      if (member.waiting.size === 0) member.worker.unref()
    }
  }
}

/** In a thread's own file: answers every task that comes. */
export function serveTasks(work: (task: never) => Promise<unknown>): void {
  const port = parentPort!
  port.on('message', ({ id, task }: { id: number; task: never }) => {
    const answer = (answered: Answer) => port.postMessage(answered)
    work(task).then(
      result => answer({ id, result }),
      (error: unknown) => {
        if (error instanceof Refusal) {
          const { code, message, details } = error
          answer({ id, refused: { code, message, details } })
        } else answer({ id, failed: error instanceof Error ? error.message : 'unknown' })
      },
    )
  })
}

function leastLoaded(pool: Member[], file: URL): Member {
  const idle = pool.find(({ waiting }) => waiting.size === 0)
  if (idle !== undefined) return idle
  if (pool.length < mostThreads()) {
    const member = startMember(file, () => pool.splice(pool.indexOf(member), 1))
    pool.push(member)
    return member
  }
  return pool.reduce((a, b) => (b.waiting.size < a.waiting.size ? b : a))
}

function startMember(file: URL, leave: () => void): Member {
  const worker = new Worker(file)
  const waiting = new Map<number, Waiting>()
  worker.unref()
  worker.on('message', (answer: Answer) => {
    const caller = waiting.get(answer.id)
    waiting.delete(answer.id)
    if ('result' in answer) caller?.resolve(answer.result)
    else caller?.reject(errorOf(answer))
  })
  worker.on('error', error => {
    leave()
    const failure = error instanceof Error ? error : new Error(String(error))
    for (const caller of waiting.values()) caller.reject(failure)
    waiting.clear()
  })
  return { worker, waiting }
}

function errorOf(answer: Exclude<Answer, { result: unknown }>): Error {
  if ('failed' in answer) return new Error(answer.failed)
  const { code, message, details } = answer.refused
  return new Refusal(code, message, details)
}
