/**
 * `npm run deploy`: deploys the contracts on the configured chain, gives governance its roles, registers the log, and writes
 * `DATA_DIR/deployment.json` (addresses, chain id, genesis hash, code hashes); `npm start` does the same by itself. A second
 * run changes nothing, and one that was cut short is finished by the next.
 */
import { join } from 'node:path'
import { readDeployment } from '../server/chain/deployment.ts'
import { ChainUnreachable } from '../server/chain/rpc.ts'
import { configFromEnv, publicUrlOf } from '../server/config.ts'
import { createLogger } from '../server/http/logger.ts'
import { createMetrics } from '../server/http/metrics.ts'
import { openWorld } from '../server/open-world.ts'
import { Refusal } from '../protocol/refusal.ts'

const say = (text: string) => process.stderr.write(`deploy: ${text}\n`)

try {
  const config = configFromEnv(process.env, { cwd: process.cwd() })
  const path = join(config.dataDir, 'deployment.json')
  const before = readDeployment(path)
  const logger = createLogger({
    level: 'error',
    write: text => void process.stderr.write(text),
    clock: Date.now,
  })
  const publicUrl = publicUrlOf(config, config.port)
  const opened = await openWorld({ config, publicUrl, logger, metrics: createMetrics(), say })
  await opened.close()
  say(before === null ? `deployed, written to ${path}` : `already deployed, as ${path} says`)
  process.stdout.write(`${JSON.stringify(readDeployment(path), null, 2)}\n`)
  process.exit(0)
} catch (error) {
  if (!(error instanceof Refusal) && !(error instanceof ChainUnreachable)) throw error
  say(`refused: ${error.message} [${error.code}]`)
  process.exit(1)
}
