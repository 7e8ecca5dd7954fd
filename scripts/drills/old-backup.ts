/**
 * The database is gone, the chain is not: an old backup is restored against the newer chain, once without the mirror and once with it.
 */
import { copyFileSync, cpSync } from 'node:fs'
import { join } from 'node:path'
import { backup, restore } from '../cli/backup.ts'
import { checkTold, untilFinal } from './check-told.ts'
import type { Drill, DrillContext, DrillResult } from './drill.ts'
import { startGateway, type RunningGateway } from './gateway-process.ts'
import { DEFAULT_MIX, HAMMERED_ENV, prepareForHammer, startHammer } from './hammer.ts'
import { audit } from './audit.ts'
import { asTrusted, checkPlaces, startRestored } from './recovery.ts'
import { readTold } from './told.ts'

export const oldBackup: Drill = {
  name: 'old-backup',
  title: { zh: '旧备份对更新的链', en: 'an old backup against a newer chain' },
  event: 'restore',
  promise:
    'An old backup against a newer chain writes nothing before it has caught up; with the mirror it has everything that was anchored, gives no place and no nonce twice, and what was erased stays erased.',
  missing: () => null,
  run,
}

/** For everything to become final. */
const FINAL_MS = 60_000
const STATEMENTS = { short: 20, long: 200 }
const CLIENTS = 3

async function run({ form, seed, folder }: DrillContext): Promise<DrillResult> {
  const gateway = await startGateway({ env: HAMMERED_ENV })
  const violations: string[] = []
  const told = { before: join(folder, 'before.ndjson'), since: join(folder, 'since.ndjson') }
  const [out, keysOut] = [join(folder, 'backup'), join(folder, 'keys')]
  const mix = { ...DEFAULT_MIX, status: 3 }
  let erased: string
  try {
    await prepareForHammer(gateway)
    await hammered(gateway, told.before, `${seed}-before`, STATEMENTS[form], mix)
    await backup({ data: gateway.dataDir, out, keysOut })
    await hammered(gateway, told.since, `${seed}-since`, STATEMENTS[form], mix)
    // The mirror has what was sealed: what only the database knew is lost with it, and is not promised here.
    await untilFinal(gateway, FINAL_MS)
    erased = readTold(told.before).find(
      line => line.told === 'accepted' && line.what === 'certificate',
    )!.identifier!
    const answer = await gateway.post(`/v1/certificates/${erased}/erasure`, { reason: 'HOLDER_REQUEST' })
    if (!answer.ok) throw new Error(`the erasure answered ${answer.status}: ${await answer.text()}`)
  } finally {
    await gateway.stop({ andChain: true })
  }

  const without = join(folder, 'without')
  await restore({ from: out, keys: keysOut, data: without, withoutMirror: true, withoutChain: true })
  cpSync(join(gateway.dataDir, 'chain'), join(without, 'chain'), { recursive: true })
  violations.push(...(await inQuarantine(gateway, without, told.before)))

  const data = join(folder, 'caught-up')
  const began = performance.now()
  await restore({
    from: out,
    keys: keysOut,
    data,
    withoutChain: true,
    mirror: join(gateway.dataDir, 'mirror'),
  })
  cpSync(join(gateway.dataDir, 'chain'), join(data, 'chain'), { recursive: true })
  copyFileSync(join(gateway.dataDir, 'keystore.json'), join(data, 'keystore.json'))
  const { gateway: again } = await startRestored(gateway, data)
  const rtoMs = performance.now() - began
  const trusted = asTrusted(again, gateway)
  let checked = 0
  let after = 0
  try {
    for (const file of Object.values(told)) {
      const places = await checkPlaces(trusted, file)
      checked += places.checked
      violations.push(...places.violations)
    }
    violations.push(...(await stillErased(again, erased)))
    violations.push(...(await sameAnswers(again, told.since)))
    const since = join(folder, 'again.ndjson')
    await hammered(again, since, `${seed}-again`, STATEMENTS[form], mix)
    const check = await checkTold(trusted, since)
    after = check.figures.acknowledged
    violations.push(...check.violations, ...(await audit({ ...trusted, dataDir: data })))
  } finally {
    await again.stop({ andChain: true })
  }
  const lost = violations.filter(violation => violation.includes('does not have it')).length
  return {
    figures: { acknowledged: checked, acknowledgedAfter: after, lost },
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
  mix: typeof DEFAULT_MIX,
): Promise<void> {
  const hammer = await startHammer({ gateway, file, seed, mix, clients: CLIENTS, batchRows: [2, 6] })
  await hammer.acknowledge(statements)
  await hammer.finish()
}

/** Everything that writes is refused with one code, nothing is written, and what the backup has can be read and verified. */
async function inQuarantine(original: RunningGateway, dataDir: string, told: string): Promise<string[]> {
  const { gateway } = await startRestored(original, dataDir)
  const violations: string[] = []
  try {
    const log = async () => JSON.stringify(await (await fetch(`${gateway.url}/v1/log`)).json())
    const before = await log()
    const [first] = readTold(told).filter(line => line.what === 'certificate' && line.told === 'accepted')
    const identifier = first!.identifier!
    const writes: [string, unknown][] = [
      ['/v1/records', { sha256: 'ab'.repeat(32) }],
      ['/v1/certificates', { type: 'RIC', fields: {} }],
      [`/v1/certificates/${identifier}/status`, { action: 'revoke', reason: 'HOLDER_REQUEST' }],
      [`/v1/certificates/${identifier}/erasure`, { reason: 'HOLDER_REQUEST' }],
    ]
    for (const [path, body] of writes) {
      const answer = await gateway.post(path, body)
      const { code } = (await answer.json()) as { code?: string }
      if (answer.status !== 503 || code !== 'LOG_BEHIND_CHAIN')
        violations.push(`in quarantine ${path} answered ${answer.status} ${code ?? ''}`)
    }
    const file = await gateway.get(`/v1/certificates/${identifier}/file`)
    const verdict = await fetch(`${gateway.url}/v1/verify`, {
      method: 'POST',
      headers: { 'content-type': 'application/vnd.onceproof+json' },
      body: await file.arrayBuffer(),
    })
    if (!verdict.ok || !(await verdict.text()).includes('"verdict"'))
      violations.push(`in quarantine ${identifier} cannot be verified: ${verdict.status}`)
    if ((await log()) !== before) violations.push('in quarantine the log has grown')
  } finally {
    await gateway.stop({ andChain: true })
  }
  return violations
}

async function stillErased(gateway: RunningGateway, identifier: string): Promise<string[]> {
  const shown = await gateway.get(`/v1/certificates/${identifier}`)
  const { fields, noValues } = (await shown.json()) as { fields: unknown; noValues: unknown }
  return fields === null && noValues === 'erased' ? [] : [`${identifier} was erased, and has values again`]
}

/** A request that was answered after the backup gets the same answer again, and nothing is written. */
async function sameAnswers(gateway: RunningGateway, told: string): Promise<string[]> {
  const one = readTold(told).find(line => line.told === 'accepted' && line.what === 'record')
  if (one === undefined) return ['no record was acknowledged after the backup']
  const before = (await (await fetch(`${gateway.url}/v1/log`)).json()) as { accepted: number }
  const answer = await gateway.post(
    '/v1/records',
    { sha256: 'cd'.repeat(32) },
    { 'idempotency-key': one.key },
  )
  const { code } = (await answer.json()) as { code?: string }
  const now = (await (await fetch(`${gateway.url}/v1/log`)).json()) as { accepted: number }
  if (code === 'IDEMPOTENCY_KEY_REUSED' && now.accepted === before.accepted) return []
  return [
    `the key ${one.key} stood for a record, and is taken for another request: ${answer.status} ${code ?? ''}`,
  ]
}
