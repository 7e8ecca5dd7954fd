/** A thread that makes certificates (see workers.ts). */
import { parentPort } from 'node:worker_threads'
import { buildCertificates, localSigner } from './build.ts'
import type { Task, TaskResult } from './workers.ts'

parentPort!.on('message', ({ id, issuer, signingKey, drafts, now }: Task) => {
  const algorithm = signingKey.asymmetricKeyType === 'ec' ? 'ES256' : 'EdDSA'
  buildCertificates({ ...issuer, sign: localSigner(signingKey, algorithm) }, drafts, now).then(
    certificates => answer({ id, certificates }),
    (error: unknown) => answer({ id, error: error instanceof Error ? error.message : 'unknown' }),
  )
})

function answer(result: TaskResult): void {
  parentPort!.postMessage(result)
}
