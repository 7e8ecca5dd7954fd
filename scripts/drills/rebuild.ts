/**
 * The database is gone and so are its backups: it is made again from the chain and the mirror.
 */
import { mkdirSync, rmSync, copyFileSync, cpSync } from 'node:fs'
import { join } from 'node:path'
import { superviseEmbeddedChain } from '../../server/chain/embedded/supervise.ts'
import { rebuild } from '../cli/backup.ts'
import { issueInBulk } from './bulk.ts'
import { checkTold, untilFinal } from './check-told.ts'
import type { Drill, DrillContext, DrillResult } from './drill.ts'
import { startGateway, type RunningGateway } from './gateway-process.ts'
import { DEFAULT_MIX, HAMMERED_ENV, prepareForHammer, startHammer } from './hammer.ts'
import { audit } from './audit.ts'
import { asTrusted, checkPlaces, startRestored } from './recovery.ts'

export const rebuildFromMirror: Drill = {
  name: 'rebuild',
  title: { zh: '由链与日志第二份重建数据库', en: 'the database again, from chain and mirror' },
  event: 'restore',
  promise:
    'A database that is gone is made again from chain and mirror: every anchored statement is at its place, every receipt verifies, and the gateway goes on where it was.',
  missing: () => null,
  run,
}

const STATEMENTS = { short: 20, long: 300 }
/** Certificates issued in bulk before, for the rate. */
const BULK = { short: 0, long: 40_000 }
const PATIENCE_MS = 600_000

async function run({ form, seed, folder, say }: DrillContext): Promise<DrillResult> {
  const gateway = await startGateway({ env: HAMMERED_ENV })
  const violations: string[] = []
  const told = join(folder, 'told.ndjson')
  try {
    await prepareForHammer(gateway)
    await issueInBulk(gateway, {
      count: BULK[form],
      name: `bulk-${seed}`,
      say: done => done % 10_000 === 0 && say(`issued ${done} of ${BULK[form]}`),
    })
    await hammered(gateway, told, seed, STATEMENTS[form])
    await untilFinal(gateway, PATIENCE_MS)
  } finally {
    await gateway.stop({ andChain: true })
  }

  // What is left: the keys, the mirror, the chain.
  const data = join(folder, 'rebuilt')
  mkdirSync(data, { mode: 0o700 })
  copyFileSync(join(gateway.dataDir, 'keystore.json'), join(data, 'keystore.json'))
  copyFileSync(join(gateway.dataDir, 'keystore.passphrase'), join(data, 'keystore.passphrase'))
  for (const name of ['mirror', 'chain'])
    cpSync(join(gateway.dataDir, name), join(data, name), { recursive: true })
  rmSync(join(gateway.dataDir, 'onceproof.db'))

  const began = performance.now()
  const chain = await superviseEmbeddedChain({ dataDir: join(data, 'chain'), port: 0, log: () => undefined })
  let rebuilt: { statements: number; seconds: number }
  try {
    const outcome = await rebuild({ data, trust: gateway.trustPath, rpc: chain.url })
    rebuilt = outcome.data as typeof rebuilt
  } finally {
    await chain.stop()
  }
  const { gateway: again } = await startRestored(gateway, data)
  const rtoMs = performance.now() - began
  let checked: number
  try {
    const trusted = asTrusted(again, gateway)
    const places = await checkPlaces(trusted, told)
    ;({ checked } = places)
    violations.push(...places.violations)
    const since = join(folder, 'again.ndjson')
    await hammered(again, since, `${seed}-again`, STATEMENTS[form])
    violations.push(...(await checkTold(trusted, since)).violations)
    violations.push(...(await audit({ ...trusted, dataDir: data })))
  } finally {
    await again.stop({ andChain: true })
  }
  const lost = violations.filter(violation => violation.includes('does not have it')).length
  return {
    figures: {
      statements: rebuilt.statements,
      acknowledged: checked,
      lost,
      rebuildMs: Math.round(rebuilt.seconds * 1000),
      statementsPerSecond: Math.round(rebuilt.statements / rebuilt.seconds),
    },
    violations,
    rpo: lost,
    rtoMs,
  }
}

async function hammered(
  gateway: RunningGateway,
  file: string,
  seed: string,
  statements: number,
): Promise<void> {
  const hammer = await startHammer({ gateway, file, seed, mix: DEFAULT_MIX, clients: 3, batchRows: [2, 6] })
  await hammer.acknowledge(statements)
  await hammer.finish()
}
