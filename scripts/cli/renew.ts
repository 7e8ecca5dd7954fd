/**
 * A new chain in the place of an embedded one that is gone for good.
 */
import { resolve } from 'node:path'
import { Refusal } from '../../protocol/refusal.ts'
import { fingerprint } from '../../protocol/trust.ts'
import { configFromEnv, publicUrlOf } from '../../server/config.ts'
import { createLogger } from '../../server/http/logger.ts'
import { createMetrics } from '../../server/http/metrics.ts'
import { openWorld } from '../../server/open-world.ts'
import { trustFile } from '../../server/verification/verify.ts'
import { stopChain } from './chain.ts'
import { dataDirOf } from './gateway.ts'
import { both, labels } from './messages.ts'
import { line, type Outcome } from './terminal.ts'

export interface RenewOptions {
  data?: string
  yes?: true
}

/**
 * Puts the old chain and its deployment file aside, deploys the contracts anew at the same addresses, and does everything again that
 * this gateway brought about, in its order. Prints the fingerprint of the new trust file, which verifiers need. A run that was cut
 * short is finished by the next, or by the next start. Refuses RENEWAL_UNCONFIRMED without `--yes`, and while a gateway runs.
 */
export async function renewChain(options: RenewOptions): Promise<Outcome> {
  const dataDir = resolve(dataDirOf(options.data))
  if (options.yes !== true) {
    throw new Refusal('RENEWAL_UNCONFIRMED', both(labels.whatRenewalDoes), { field: '--yes', found: dataDir })
  }
  await stopChain(options)
  const config = configFromEnv({ ...process.env, DATA_DIR: dataDir }, { cwd: process.cwd() })
  const say = (text: string) => void process.stderr.write(`${text}\n`)
  const write = (text: string) => void process.stderr.write(text)
  const opened = await openWorld({
    config,
    publicUrl: publicUrlOf(config, config.port),
    logger: createLogger({ level: 'warn', write, clock: Date.now }),
    metrics: createMetrics(),
    say,
    renewsChain: true,
  })
  try {
    const { renewed, world } = opened
    const shown = fingerprint(new TextEncoder().encode(trustFile(world)))
    const { chainId, genesis } = world.chain.deployment.chain
    return {
      data: { ...renewed, chainId, genesis, fingerprint: shown },
      lines: [
        both(labels.chainRenewed),
        line(labels.chainId, chainId),
        line(labels.genesis, genesis),
        line(labels.transactionsAgain, renewed?.transactions ?? 0),
        line(labels.checkpointsOnChain, renewed?.checkpoints ?? 0),
        line(
          labels.setAside,
          [renewed?.archived.chain, renewed?.archived.deployment].filter(Boolean).join(', '),
        ),
        line(labels.fingerprint, shown),
        both(labels.publishTrust),
      ],
    }
  } finally {
    await opened.close({ andChain: true })
  }
}
