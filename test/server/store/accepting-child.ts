/**
 * A gateway's writing, in a process of its own that can be killed or starved of disk. Prints `<seq> <leaf>` for what was
 * acknowledged, after it was acknowledged.
 */
import { writeSync } from 'node:fs'
import { openSqliteStore } from '../../../server/store/sqlite.ts'
import { certificates } from './samples.ts'

const [, , path = '', mode = ''] = process.argv
const store = await openSqliteStore(path, { clock: () => Date.UTC(2026, 0, 1) })
await (mode === 'full' ? fillTheDisk() : acceptForEver(Number(mode) * 100_000))

async function acceptForEver(from: number): Promise<never> {
  for (let n = from; ; n += 12) {
    // Three requests in one commit: two batches of three, and one single.
    await Promise.all([acknowledge(n + 1, 3), acknowledge(n + 4, 3), acknowledge(n + 7, 1)])
  }
}

async function acknowledge(from: number, count: number): Promise<void> {
  const batch = count === 1 ? null : `batch-${from}`
  const rows = certificates(from, count)
  const { accepted } = await store.acceptCertificates(rows, batch, {
    key: `key-${from}`,
    request: new Uint8Array(32),
  })
  // Synchronous: what stands in the pipe was acknowledged, whatever happens to this process now.
  accepted.forEach(({ seq }, i) =>
    writeSync(1, `${seq} ${Buffer.from(rows[i]?.leaf ?? []).toString('hex')}\n`),
  )
}

async function fillTheDisk(): Promise<void> {
  await store.acceptCertificates(certificates(1, 10), null, null)
  const kept = (await store.logSize()).accepted
  const large = certificates(100, 40).map(one => ({
    ...one,
    sealed: { keySalt: one.sealed.keySalt, ciphertext: new Uint8Array(30_000) },
  }))
  const outcomes = await Promise.allSettled([
    store.acceptCertificates(certificates(20, 2), null, null),
    store.acceptCertificates(large, null, null),
    store.acceptCertificates(certificates(30, 2), null, null),
  ])
  const after = (await store.logSize()).accepted
  console.log(JSON.stringify({ kept, failed: outcomes.map(one => one.status), after }))
}
