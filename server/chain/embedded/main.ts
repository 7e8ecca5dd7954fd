// The embedded chain as a process of its own: `node server/chain/embedded/main.ts --data DIR [--port N]`.

import { resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { StartRefusal } from './refusal.ts'
import { serveEmbeddedChain } from './serve.ts'

/** Exit codes: 1 a fault, 2 refused to start, 3 refused because another process has the directory. */
const FAULT = 1
const REFUSED = 2
const LOCKED = 3

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    port: { type: 'string', default: '0' },
    'chain-id': { type: 'string' },
    'accept-edr-upgrade': { type: 'boolean', default: false },
  },
})

const log = (line: string) => void process.stderr.write(`${new Date().toISOString()} ${line}\n`)

function fatal(error: Error): never {
  log(`stopped at once: ${error.stack ?? error.message}`)
  process.exit(FAULT)
}
process.on('uncaughtException', fatal)

try {
  const chain = await serveEmbeddedChain({
    dataDir: resolve(required(values.data, '--data')),
    port: wholeNumber(values.port, '--port', 65_535),
    chainId:
      values['chain-id'] === undefined ? undefined : wholeNumber(values['chain-id'], '--chain-id', 2 ** 48),
    acceptEdrUpgrade: values['accept-edr-upgrade'],
    log,
    fatal,
  })
  log(`serving ${chain.url}`)

  let isStopping = false
  const stop = async (signal: string) => {
    if (isStopping) return
    isStopping = true
    log(`stopping on ${signal}`)
    await chain.stop()
    log('stopped')
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'])
    process.on(signal, () => void stop(signal).catch(fatal))
} catch (error) {
  if (!(error instanceof StartRefusal)) fatal(error as Error)
  log(`refused ${error.code}: ${error.message}`)
  process.exit(error.code === 'LOCK_HELD' ? LOCKED : REFUSED)
}

function required(value: string | undefined, name: string): string {
  if (value !== undefined && value !== '') return value
  log(`${name} is needed`)
  process.exit(REFUSED)
}

function wholeNumber(text: string, name: string, most: number): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : -1
  if (value >= 0 && value <= most) return value
  log(`${name} is "${text}", expected a whole number up to ${most}`)
  process.exit(REFUSED)
}
