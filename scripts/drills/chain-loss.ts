/**
 * The embedded chain loses its last blocks, all of them, or its whole folder, under load: while the gateway runs, and while both are
 * stopped. A folder that is gone is renewed as an operator would.
 */
import { execFile } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { MEDIA_TYPE } from '../../protocol/file.ts'
import { fingerprint } from '../../protocol/trust.ts'
import { readEndpoint } from '../../server/chain/embedded/endpoint.ts'
import { acquireLock, type Lock } from '../../server/chain/embedded/lock.ts'
import { StartRefusal } from '../../server/chain/embedded/refusal.ts'
import { checkTold } from './check-told.ts'
import { cutJournal } from './cut-journal.ts'
import type { Drill, DrillContext, DrillResult } from './drill.ts'
import { startGateway, type RunningGateway } from './gateway-process.ts'
import { HAMMERED_ENV, prepareForHammer, startHammer } from './hammer.ts'
import { readTold } from './told.ts'

export const chainLoss: Drill = {
  name: 'chain-loss',
  title: { zh: '内嵌链丢失区块', en: 'the embedded chain loses blocks' },
  event: 'chain',
  promise:
    'An embedded chain that lost its last blocks is found, said, and brought back: what was told final is anchored again, what was told revoked is revoked again, and nothing reads VALID wrongly meanwhile.',
  missing: () => null,
  run,
}

/** What happens to the chain: blocks cut off under a running gateway, or while both are stopped; every block. */
const ROUNDS = ['running', 'stopped', 'all'] as const
/** Its folder is gone: at the end of every rehearsal. */
type Round = (typeof ROUNDS)[number] | 'gone'

/** A block that is told is another one after the loss: no client is asked to believe in numbers of blocks here. */
const MIX = { certificate: 4, batch: 1, record: 2, status: 5, verify: 3 } as const

const LONG_SEEDS = 30
const LONG_ROUNDS = 3
const CLIENTS = 3
const PER_SECOND = 60
const STATEMENTS_A_ROUND = { short: 20, long: 40 }
const MOST_BLOCKS = 12
const PATIENCE_MS = 60_000
const LOOK_EVERY_MS = 20

async function run(context: DrillContext): Promise<DrillResult> {
  const seeds = context.form === 'short' ? [context.seed] : seedsOf(context.seed)
  const all: Finding[] = []
  for (const [n, seed] of seeds.entries()) {
    if (context.isTimeUp()) break
    context.say(`chain-loss: ${n + 1} of ${seeds.length}, seed ${seed}`)
    all.push(await rehearse(context, seed, n))
  }
  const sum = (of: (finding: Finding) => number) => all.reduce((total, finding) => total + of(finding), 0)
  const recoveries = all.flatMap(({ recoveriesMs }) => recoveriesMs).sort((a, b) => a - b)
  const lost = sum(finding => finding.lost)
  return {
    figures: {
      seeds: all.length,
      losses: sum(({ losses }) => losses),
      blocksLost: sum(({ blocks }) => blocks),
      chainsLostWhole: sum(({ whole }) => whole),
      renewals: sum(({ renewals }) => renewals),
      acknowledged: sum(({ acknowledged }) => acknowledged),
      orders: sum(({ orders }) => orders),
      probesOfRevoked: sum(({ probes }) => probes),
      undetermined: sum(({ undetermined }) => undetermined),
      checkpoints: sum(({ checkpoints }) => checkpoints),
      recoveryMedianMs: Math.round(recoveries[recoveries.length >> 1] ?? 0),
    },
    violations: all.flatMap(({ violations }) => violations),
    rpo: lost,
    rtoMs: recoveries.at(-1) ?? null,
  }
}

const seedsOf = (seed: string) => Array.from({ length: LONG_SEEDS }, (_, n) => `${seed}-${n + 1}`)

interface Finding {
  losses: number
  blocks: number
  whole: number
  renewals: number
  acknowledged: number
  orders: number
  probes: number
  undetermined: number
  checkpoints: number
  lost: number
  recoveriesMs: number[]
  violations: string[]
}

async function rehearse({ form, folder, chance }: DrillContext, seed: string, n: number): Promise<Finding> {
  const decide = chance(n)
  const gateway = await startGateway({ env: HAMMERED_ENV })
  const told = join(folder, `told-${n}.ndjson`)
  const finding: Finding = {
    losses: 0,
    blocks: 0,
    whole: 0,
    renewals: 0,
    acknowledged: 0,
    orders: 0,
    probes: 0,
    undetermined: 0,
    checkpoints: 0,
    lost: 0,
    recoveriesMs: [],
    violations: [],
  }
  try {
    await prepareForHammer(gateway)
    const probe = startProbe(gateway, told, finding)
    try {
      // A new chain repeats whatever the old one had come to lack, so the oracle is asked before and after.
      for (const [part, rounds] of [roundsOf(form, decide), ['gone'] as const].entries()) {
        const hammer = await startHammer({
          gateway,
          file: told,
          seed: `${seed}-part-${part}`,
          mix: MIX,
          clients: CLIENTS,
          perSecond: PER_SECOND,
          batchRows: [2, 6],
        })
        try {
          for (const round of rounds) {
            await hammer.acknowledge(STATEMENTS_A_ROUND[form])
            await probe.learn()
            await lose(gateway, round, decide.integer(1, MOST_BLOCKS), finding)
          }
          await hammer.acknowledge(STATEMENTS_A_ROUND[form])
          await hammer.finish()
        } catch (error) {
          await hammer.abandon()
          throw error
        }
        await judge(gateway, told, finding)
      }
    } finally {
      await probe.stop()
    }
  } finally {
    await gateway.stop({ andChain: true })
  }
  return finding
}

async function judge(gateway: RunningGateway, told: string, finding: Finding): Promise<void> {
  const chainUrl = readEndpoint(join(gateway.dataDir, 'chain'))?.url ?? gateway.chainUrl
  const { violations, figures, lost } = await checkTold({ ...gateway, chainUrl }, told, {
    patienceMs: PATIENCE_MS,
  })
  finding.violations.push(...violations)
  finding.acknowledged = figures.acknowledged
  finding.orders = figures.orders
  finding.checkpoints = figures.checkpoints
  finding.lost += lost
}

function roundsOf(form: DrillContext['form'], decide: ReturnType<DrillContext['chance']>): readonly Round[] {
  if (form === 'short') return ['running']
  return Array.from({ length: LONG_ROUNDS }, () => decide.pick(ROUNDS))
}

/** Takes blocks off the chain and waits until the gateway says that it is whole again. */
async function lose(gateway: RunningGateway, round: Round, blocks: number, finding: Finding): Promise<void> {
  if (round === 'gone') return loseFolder(gateway, finding)
  const said = gateway.output().length
  const chainDir = join(gateway.dataDir, 'chain')
  const wanted = round === 'all' ? Number.MAX_SAFE_INTEGER : blocks
  let began: number
  let cut: ReturnType<typeof cutJournal>
  if (round === 'running') {
    const lock = await takeFromGateway(gateway, chainDir)
    cut = cutJournal(chainDir, wanted)
    began = performance.now()
    lock.release()
  } else {
    await gateway.kill9()
    await gateway.killChain9()
    cut = cutJournal(chainDir, wanted)
    began = performance.now()
    await gateway.restart()
  }
  finding.losses += 1
  finding.blocks += cut.before - cut.after
  if (cut.after === 0) finding.whole += 1
  const isOver = () => gateway.output().slice(said).includes('CHAIN_WHOLE_AGAIN')
  while (!isOver() && performance.now() - began < PATIENCE_MS) await pause(LOOK_EVERY_MS)
  finding.recoveriesMs.push(performance.now() - began)
  const about = `${cut.before - cut.after} blocks lost of ${cut.before} (${round})`
  if (!gateway.output().slice(said).includes('CHAIN_LOST_BLOCKS'))
    finding.violations.push(`${about}: nobody was told`)
  if (!isOver()) finding.violations.push(`${about}: not brought back in ${PATIENCE_MS} ms`)
}

/** The chain's folder is gone, and the operator begins a new one: `npx onceproof chain renew`. */
async function loseFolder(gateway: RunningGateway, finding: Finding): Promise<void> {
  await gateway.kill9()
  await gateway.killChain9()
  rmSync(join(gateway.dataDir, 'chain'), { recursive: true })
  const began = performance.now()
  const command = [join(import.meta.dirname, '../cli/main.ts'), 'chain', 'renew', '--yes', '--json']
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', ...command, '--data', gateway.dataDir],
    { env: { PATH: process.env['PATH'], PORT: new URL(gateway.url).port, ONCEPROOF_CHAIN_PORT: '0' } },
  )
  await gateway.restart()
  finding.recoveriesMs.push(performance.now() - began)
  finding.losses += 1
  finding.renewals += 1
  // Verifiers take the new trust file, whose fingerprint the operator publishes.
  const trust = Buffer.from(await (await fetch(`${gateway.url}/v1/trust`)).arrayBuffer())
  writeFileSync(gateway.trustPath, trust)
  const { fingerprint: told } = JSON.parse(stdout) as { fingerprint: string }
  if (told !== fingerprint(trust))
    finding.violations.push(`the renewal told the fingerprint ${told} of another trust file`)
}

/** Kills the chain and keeps its folder, so that the gateway cannot start it again before the lock is released. */
async function takeFromGateway(gateway: RunningGateway, chainDir: string): Promise<Lock> {
  for (;;) {
    await gateway.killChain9()
    try {
      return acquireLock(join(chainDir, 'chain.lock'))
    } catch (error) {
      if (!(error instanceof StartRefusal)) throw error
      await pause(LOOK_EVERY_MS)
    }
  }
}

/** Asks again and again about certificates that were told revoked, with the files as they were then: none is ever VALID. */
function startProbe(gateway: RunningGateway, told: string, finding: Finding) {
  const files = new Map<string, Buffer<ArrayBuffer>>()
  const stopping = new AbortController()
  const asking = ask()

  async function ask(): Promise<void> {
    while (!stopping.signal.aborted) {
      for (const [identifier, file] of files) await askOne(identifier, file)
      await pause(LOOK_EVERY_MS)
    }
  }

  async function askOne(identifier: string, file: Buffer<ArrayBuffer>): Promise<void> {
    try {
      const response = await fetch(`${gateway.url}/v1/verify`, {
        method: 'POST',
        headers: { 'content-type': MEDIA_TYPE, 'x-forwarded-for': '10.98.0.1' },
        body: file,
      })
      if (!response.ok) return
      const { verdict } = (await response.json()) as { verdict: string }
      finding.probes += 1
      if (verdict === 'CANNOT_CHECK') finding.undetermined += 1
      if (verdict === 'VALID') finding.violations.push(`${identifier} was told revoked and read VALID`)
    } catch {
      // The gateway is down: no answer says nothing.
    }
  }

  return {
    async learn() {
      for (const { told: kind, identifier } of readTold(told)) {
        if (kind !== 'revoked' || identifier === undefined || files.has(identifier)) continue
        const response = await gateway.get(`/v1/certificates/${identifier}/file`)
        if (response.ok) files.set(identifier, Buffer.from(await response.arrayBuffer()))
      }
    },
    async stop() {
      stopping.abort()
      await asking
    },
  }
}
