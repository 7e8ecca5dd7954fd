/**
 * Drill `forged-files`: of a million forgeries of genuine certificate files none is accepted, and none makes verification fail.
 */
import { availableParallelism } from 'node:os'
import { toUtf8 } from '../../protocol/bytes.ts'
import { formatSnapshot } from '../../protocol/snapshot.ts'
import { formatTrust } from '../../protocol/trust.ts'
import { issueCertificates } from '../../server/certificates/issue.ts'
import { certificateFile } from '../../server/certificates/read.ts'
import { takeSnapshot } from '../../server/chain/export.ts'
import { threadPool } from '../../server/threads.ts'
import { trustOf } from '../../server/verification/verify.ts'
import { nowSeconds } from '../../server/world.ts'
import { documents } from '../bench/documents.ts'
import { openGateway } from '../bench/gateway.ts'
import type { Drill, DrillContext, DrillResult } from './drill.ts'
import type { Judged, Task } from './forged-files-thread.ts'

const FILES = { short: 10, long: 100 }
/** Null = every bit of every file. */
const BITS = { short: 12_000, long: null }
const STRUCTURAL = { short: 8_000, long: 1_000_000 }
/** Forgeries that one task makes. */
const AT_A_TIME = 2_000
const MOST_LISTED = 20

export const forgedFiles: Drill = {
  name: 'forged-files',
  title: { zh: '伪造证照文件', en: 'Forged certificate files' },
  event: 'attack',
  promise: 'No forgery of a certificate file is accepted, and none makes verification fail.',
  missing: () => null,
  run: drill,
}

async function drill({ form, seed, folder, chance, isTimeUp, say }: DrillContext): Promise<DrillResult> {
  const { files, trust, snapshot, now } = await genuineFiles(folder, FILES[form])
  const judge = threadPool(new URL('./forged-files-thread.ts', import.meta.url))
  const about = { files, trust, snapshot, now, seed }

  const bitsOf = files.map(file => file.length * 8)
  const all = bitsOf.reduce((sum, bits) => sum + bits, 0)
  const wanted = BITS[form]
  const bits = chance(0)
  // Bits of all files are counted through; a part of them is drawn.
  const structural = chunks(STRUCTURAL[form]).map(([from, to]): Task => ({
    ...about,
    kind: 'structural',
    from,
    to,
  }))
  const ofBits = chunks(wanted ?? all).map(([from, to]): Task => ({
    ...about,
    kind: 'bits',
    bits: Array.from({ length: to - from }, (_, i) =>
      wanted === null ? from + i : bits.integer(0, all - 1),
    ),
  }))
  // By turns, so that a run that ends early has had both.
  const tasks = ofBits.flatMap((task, i) => [task, ...structural.slice(i, i + 1)])
  tasks.push(...structural.slice(ofBits.length))

  const total = { bits: 0, structural: 0 }
  const violations: string[] = []
  const verdicts = new Map<string, number>()
  let done = 0
  // A task carries all files: only as many are on their way as there are threads.
  const waiting = tasks.values()
  const work = async () => {
    for (const task of waiting) {
      if (isTimeUp()) return
      const judged = (await judge(task)) as Judged
      total[task.kind] += judged.count
      violations.push(...judged.violations)
      for (const [verdict, count] of judged.verdicts)
        verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + count)
      if (++done % 100 === 0) say(`${done} of ${tasks.length} tasks`)
    }
  }
  await Promise.all(Array.from({ length: availableParallelism() }, work))
  return {
    figures: {
      files: files.length,
      bitsFlipped: total.bits,
      structuralForgeries: total.structural,
      accepted: violations.length,
      ...Object.fromEntries(
        [...verdicts]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([verdict, count]) => [`verdict ${verdict}`, count]),
      ),
    },
    violations: violations.slice(0, MOST_LISTED),
    rpo: null,
    rtoMs: null,
  }
}

/** So many certificates, final on a chain of their own, as files that verify, and what a verifier needs. */
async function genuineFiles(folder: string, count: number) {
  const gateway = await openGateway(folder)
  try {
    const { world } = gateway
    const issued = await issueCertificates(world, { type: gateway.type, rows: documents(count) }, null)
    await gateway.anchor()
    const files: Uint8Array[] = []
    for (const row of issued) files.push(toUtf8(await certificateFile(world, row, null)))
    const trust = trustOf(world)
    const snapshot = await takeSnapshot(world.chain.rpc, trust)
    return { files, trust: formatTrust(trust), snapshot: formatSnapshot(snapshot), now: nowSeconds(world) }
  } finally {
    await gateway.close()
  }
}

function chunks(count: number): [from: number, to: number][] {
  return Array.from({ length: Math.ceil(count / AT_A_TIME) }, (_, i) => [
    i * AT_A_TIME,
    Math.min(count, (i + 1) * AT_A_TIME),
  ])
}
