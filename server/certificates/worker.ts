/** A thread that makes certificates (see workers.ts). */
import { parentPort } from 'node:worker_threads'
import { signInWorker } from '../keys/keystore.ts'
import { buildCertificates } from './build.ts'
import type { Task, TaskResult } from './workers.ts'

parentPort!.on('message', ({ id, issuer, signingKey, drafts, now }: Task) => {
  buildCertificates({ ...issuer, sign: data => signInWorker(signingKey, data) }, drafts, now).then(
    certificates => answer({ id, certificates }),
    (error: unknown) => answer({ id, error: error instanceof Error ? error.message : 'unknown' }),
  )
})

function answer(result: TaskResult): void {
  parentPort!.postMessage(result)
}
