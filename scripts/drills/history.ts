/**
 * The history check: many clients issue, revoke, suspend, resume and verify the same few certificates at once, partly by the gateway and
 * partly against the chain without it, while the gateway is killed now and then. What all of them saw must be possible.
 */
import { join } from 'node:path'
import { checkHistory } from './check-history.ts'
import { untilFinal } from './check-told.ts'
import type { Drill, DrillContext, DrillResult } from './drill.ts'
import { startGateway } from './gateway-process.ts'
import { HAMMERED_ENV, prepareForHammer, startHammer } from './hammer.ts'
import { readTold, type Told } from './told.ts'

export interface HistorySize {
  operations: number
  clients: number
  /** Times that the gateway is killed on the way. */
  kills: number
}

const SIZES: Record<DrillContext['form'], HistorySize> = {
  short: { operations: 500, clients: 6, kills: 1 },
  long: { operations: 20_000, clients: 8, kills: 40 },
}

/** So few that clients are in each other's way all the time. */
const CONTENDED = 6
const MIX = { certificate: 2, status: 6, verify: 6, 'verify-on-chain': 6 }
const PATIENCE_MS = 120_000

export const history: Drill = {
  name: 'history',
  title: {
    zh: '并发历史核对：注销以后无人得到“有效”',
    en: 'History check: nobody is told valid after a revocation',
  },
  event: 'audit',
  promise:
    'Once a revocation is acknowledged as executed, nobody who verifies is told valid; once it is acknowledged as accepted, the gateway says valid no more',
  missing: () => null,
  run: context => recordAndCheck(context, SIZES[context.form]),
}

/** The drill with so many operations. */
export async function recordAndCheck(
  { seed, folder, isTimeUp, say }: DrillContext,
  { operations, clients, kills }: HistorySize,
): Promise<DrillResult> {
  const gateway = await startGateway({ env: HAMMERED_ENV })
  try {
    await prepareForHammer(gateway)
    const file = join(folder, 'told.ndjson')
    const chain = { url: gateway.chainUrl, trustPath: gateway.trustPath }
    const hammer = await startHammer({ gateway, file, seed, clients, chain, mix: MIX, contended: CONTENDED })
    const share = Math.ceil(operations / (kills + 1))
    await hammer.answer(share)
    let killed = 0
    while (killed < kills && !isTimeUp()) {
      await gateway.kill9()
      await gateway.restart()
      await hammer.answer(share)
      say(`${++killed * share} of ${operations} operations`)
    }
    const counts = await hammer.finish()
    await untilFinal(gateway, PATIENCE_MS)
    return resultOf(readTold(file), counts, killed)
  } finally {
    await gateway.kill9()
    await gateway.killChain9()
  }
}

/** Of orders about the same certificate at once, some come too late; nothing is accepted first and refused afterwards. */
function wronglyRefused(lines: readonly Told[]): string[] {
  return lines.flatMap(({ told, what, identifier, key, code = '' }) =>
    told === 'refused' && code !== 'STATUS_ALREADY' && code !== 'STATUS_NOT_SUSPENDED'
      ? [`${what} ${identifier ?? ''} (key ${key}) was refused: ${code}`]
      : [],
  )
}

function resultOf(
  lines: readonly Told[],
  {
    acknowledged,
    answered,
    refused,
    lost,
  }: { acknowledged: number; answered: number; refused: number; lost: number },
  kills: number,
): DrillResult {
  const verdicts = lines.filter(({ told }) => told === 'verdict')
  const of = (verdict: string) => verdicts.filter(line => line.verdict === verdict).length
  return {
    figures: {
      operations: acknowledged + answered + refused,
      certificates: new Set(lines.flatMap(({ identifier }) => identifier ?? [])).size,
      revoked: lines.filter(({ told }) => told === 'revoked').length,
      suspendedOrResumed: lines.filter(({ told }) => told === 'suspended' || told === 'resumed').length,
      verdictsOfGateway: verdicts.filter(({ by }) => by === 'gateway').length,
      verdictsOfChain: verdicts.filter(({ by }) => by === 'chain').length,
      valid: of('VALID'),
      revokedVerdicts: of('REVOKED'),
      suspendedVerdicts: of('SUSPENDED'),
      undetermined: of('CANNOT_CHECK'),
      refused,
      lostAnswers: lost,
      kills,
    },
    violations: [...checkHistory(lines), ...wronglyRefused(lines)],
    rpo: null,
    rtoMs: null,
  }
}
