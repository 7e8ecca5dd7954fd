/** A thread that makes certificates (see workers.ts). */
import { signInWorker } from '../keys/keystore.ts'
import { serveTasks } from '../threads.ts'
import { buildCertificates } from './build.ts'
import type { Task } from './workers.ts'

serveTasks(({ issuer, signingKey, drafts, now }: Task) =>
  buildCertificates({ ...issuer, sign: data => signInWorker(signingKey, data) }, drafts, now),
)
