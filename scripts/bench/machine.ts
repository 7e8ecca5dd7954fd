import { availableParallelism, cpus, loadavg, totalmem } from 'node:os'
import type { Report } from './rows.ts'

/** What figures were measured on. */
export function machineOf(): Report['machine'] {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    openssl: process.versions.openssl ?? 'unknown',
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
  }
}
