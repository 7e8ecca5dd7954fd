/**
 * Online backups under load, each restored into a new folder with its chain, started, and held to what clients were told before it.
 */
import { join } from 'node:path'
import { backup, restore } from '../cli/backup.ts'
import { checkTold } from './check-told.ts'
import type { Drill, DrillContext, DrillResult } from './drill.ts'
import { startGateway } from './gateway-process.ts'
import { DEFAULT_MIX, HAMMERED_ENV, prepareForHammer, startHammer } from './hammer.ts'
import { audit } from './audit.ts'
import { asTrusted, startRestored, toldSoFar } from './recovery.ts'

export const backupUnderLoad: Drill = {
  name: 'backup',
  title: { zh: '受理不停时备份与恢复', en: 'backups under load, and each restored' },
  event: 'restore',
  promise:
    'A backup that is made while the gateway is busy holds everything that was acknowledged before it began, and a gateway restored from it proves all of it.',
  missing: () => null,
  run,
}

const BACKUPS = { short: 1, long: 20 }
const BEFORE = { short: 30, long: 80 }
const BETWEEN = { short: 15, long: 60 }
const CLIENTS = 3
const PER_SECOND = { short: 60, long: 120 }

async function run({ form, seed, folder, say }: DrillContext): Promise<DrillResult> {
  const gateway = await startGateway({ env: HAMMERED_ENV })
  const violations: string[] = []
  const backups: { out: string; keys: string; told: string; bytes: number; ms: number }[] = []
  const settled = join(folder, 'settled.ndjson')
  const told = join(folder, 'told.ndjson')
  try {
    await prepareForHammer(gateway)
    const common = { gateway, clients: CLIENTS, batchRows: [2, 6] as const }
    // Orders come first and are done: what a certificate's status was just before a backup, nobody can say under load.
    const orders = await startHammer({
      ...common,
      file: settled,
      seed: `${seed}-orders`,
      mix: { ...DEFAULT_MIX, status: 6 },
    })
    await orders.acknowledge(BEFORE[form])
    await orders.finish()
    const hammer = await startHammer({
      ...common,
      file: told,
      seed,
      mix: { ...DEFAULT_MIX, status: 0 },
      perSecond: PER_SECOND[form],
    })
    try {
      for (let n = 0; n < BACKUPS[form]; n++) {
        await hammer.acknowledge(BETWEEN[form])
        const place = { out: join(folder, `backup-${n}`), keys: join(folder, `keys-${n}`) }
        const before = toldSoFar(told, join(folder, `told-${n}.ndjson`))
        const began = performance.now()
        const { data } = await backup({ data: gateway.dataDir, out: place.out, keysOut: place.keys })
        const ms = performance.now() - began
        const { files } = (data as { manifest: { files: { bytes: number }[] } }).manifest
        backups.push({ ...place, told: before, ms, bytes: files.reduce((sum, file) => sum + file.bytes, 0) })
        say(`backup ${n + 1} of ${BACKUPS[form]}: ${Math.round(ms)} ms`)
      }
      await hammer.finish()
    } finally {
      await Promise.allSettled([hammer.abandon()])
    }
  } finally {
    await gateway.stop({ andChain: true })
  }

  let [acknowledged, lost, longest] = [0, 0, 0]
  for (const [n, { out, keys, told: before }] of backups.entries()) {
    const data = join(folder, `restored-${n}`)
    const began = performance.now()
    await restore({ from: out, keys, data, withoutMirror: true })
    const restored = performance.now() - began
    const { gateway: again, ms } = await startRestored(gateway, data)
    longest = Math.max(longest, restored + ms)
    try {
      const trusted = asTrusted(again, gateway)
      for (const file of [settled, before]) {
        const check = await checkTold(trusted, file, { alone: false })
        violations.push(...check.violations.map(violation => `backup ${n}: ${violation}`))
        acknowledged += check.figures.acknowledged
        lost += check.lost
      }
      violations.push(...(await audit({ ...trusted, dataDir: data })).map(found => `backup ${n}: ${found}`))
    } finally {
      await again.stop({ andChain: true })
    }
    say(`restored ${n + 1} of ${backups.length}: ${Math.round(restored + ms)} ms`)
  }
  const times = backups.map(({ ms }) => ms).sort((a, b) => a - b)
  return {
    figures: {
      backups: backups.length,
      acknowledgedBefore: acknowledged,
      lost,
      backupMedianMs: Math.round(times[times.length >> 1] ?? 0),
      backupMaxMs: Math.round(times.at(-1) ?? 0),
      backupMaxBytes: Math.max(...backups.map(({ bytes }) => bytes)),
    },
    violations,
    rpo: lost,
    rtoMs: longest,
  }
}
