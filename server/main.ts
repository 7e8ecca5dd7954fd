/**
 * Starts the gateway: `npm start`. The only file that touches the process.
 */
import { flushCompileCache } from 'node:module'
import { createServer } from 'node:net'
import { Refusal } from '../protocol/refusal.ts'
import { gatewayApp } from './app.ts'
import { StartRefusal } from './chain/embedded/refusal.ts'
import { ChainUnreachable } from './chain/rpc.ts'
import { configFromEnv, publicUrlOf, type Config } from './config.ts'
import { certificateReader, readCredentials, type CertificateFiles } from './http/certificate-files.ts'
import { createHttpServer, endHttpServer } from './http/edge.ts'
import { batchLines, createLogger } from './http/logger.ts'
import { createMetrics } from './http/metrics.ts'
import { loadDemoWhenEmpty } from './demo.ts'
import { openWorld } from './open-world.ts'
import { armFailPoint } from './store/fail-points.ts'

/** Until an answer that was begun is cut off, and until an end that something holds up is made: in milliseconds. */
const ANSWER_PATIENCE_MS = 12_000
const LONGEST_END_MS = 20_000

const CERTIFICATE_LOOK_MS = 60_000

const say = (text: string) => process.stderr.write(`onceproof: ${text}\n`)

try {
  await main()
} catch (error) {
  if (!isRefusal(error)) throw error
  say(`refused to start: ${error.message} [${error.code}]`)
  process.exit(1)
}

async function main(): Promise<void> {
  const config = configFromEnv(process.env, { cwd: process.cwd() })
  if (config.failPoint !== null) armFailPoint(config.failPoint, () => process.kill(process.pid, 'SIGKILL'))
  const lines = batchLines(text => void process.stderr.write(text))
  const logger = createLogger({ level: config.logLevel, write: lines.write, clock: Date.now })
  const port = config.port === 0 ? await freePort() : config.port
  const publicUrl = publicUrlOf(config, port)
  const host = listeningHost(publicUrl)
  await assertPortFree(port, host)
  const files = certificateFiles(config)
  const credentials = files === null ? null : readCredentials(files)
  const opened = await openWorld({ config, publicUrl, logger, metrics: createMetrics(), say })
  const app = gatewayApp(opened.world, opened.anchorer, { operatorToken: opened.operatorToken, port })
  const server = createHttpServer(app, {}, credentials)
  if (files !== null && credentials !== null) {
    const look = certificateReader(files, {
      known: credentials,
      use: renewed => {
        server.setSecureContext?.(renewed)
        logger.info('certificate renewed')
      },
      onFailure: refusal => logger.warn('certificate not renewed', { code: refusal.code }),
    })
    process.on('SIGHUP', look)
    setInterval(look, CERTIFICATE_LOOK_MS).unref()
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })

  const end = (code: number) => {
    lines.flush()
    process.exit(code)
  }
  let stopping = false
  const stop = (signal: string) => {
    if (stopping) return end(1)
    stopping = true
    const chain =
      config.chainRpcUrl === null
        ? '; the embedded chain goes on (stop it with: npx onceproof chain stop)'
        : ''
    say(`${signal}: finishing what was accepted${chain}`)
    setTimeout(() => {
      say('this takes too long and is cut short; the next start takes up what was on its way')
      end(1)
    }, LONGEST_END_MS).unref()
    endGateway().then(
      () => end(0),
      (error: unknown) => {
        logger.error('the end failed', { error })
        end(1)
      },
    )
  }
  /** First those who wait for an answer, then what goes on behind them. */
  const endGateway = async () => {
    opened.world.events.end()
    if (!(await endHttpServer(server, ANSWER_PATIENCE_MS)))
      say(
        'requests that were not answered were cut off: their clients ask again with the same Idempotency-Key',
      )
    await opened.close()
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)

  const local = host !== undefined || files !== null ? publicUrl : `http://127.0.0.1:${port}`
  const { chain } = opened.world
  const loadDemo = async () => {
    try {
      await loadDemoWhenEmpty(opened.world, { url: local, token: opened.operatorToken, say })
    } catch (error) {
      // The next start goes on with it.
      if (!stopping) throw error
    }
  }
  // The demonstration is written through the API, which accepts nothing before the chain was reached once.
  if (chain.isOpen()) await loadDemo()
  else
    void opened.whenOpen.then(loadDemo).catch((error: unknown) => say(`the demonstration: ${String(error)}`))
  if (stopping) return
  say(`
  ready at            ${publicUrl}   (API: ${local}/docs)
  sign in             ${publicUrl}/sign-in
  operator token      ${opened.tokenPath}
  data                ${config.dataDir}
  chain               ${opened.chainUrl}   (${chain.isDeployed() ? `chain id ${chain.deployment.chain.chainId}, ` : ''}${
    config.chainRpcUrl === null ? 'embedded: one operator’s, for a start and a demo' : 'external'
  }${chain.isOpen() ? '' : ', cannot be reached now'})
${config.profile === 'demo' ? firstSteps(opened.chainUrl) : '\n  check it with       npx onceproof doctor\n'}`)
  // With NODE_COMPILE_CACHE the next start is quicker, also after this process was killed; without it this does nothing.
  flushCompileCache()
}

function firstSteps(chainUrl: string): string {
  return `
  try:
    npx onceproof issue RIC --example --out certificate.json --wait
    npx onceproof trust export --out trust.json
    npx onceproof verify certificate.json --trust trust.json --rpc ${chainUrl}
`
}

function certificateFiles({ tlsCertFile, tlsKeyFile }: Config): CertificateFiles | null {
  return tlsCertFile === null || tlsKeyFile === null ? null : { certFile: tlsCertFile, keyFile: tlsKeyFile }
}

/** These carry a code and a sentence for people; anything else is a defect of ours. */
function isRefusal(error: unknown): error is Error & { code: string } {
  return error instanceof Refusal || error instanceof StartRefusal || error instanceof ChainUnreachable
}

/** A gateway that others know by a loopback address only is not offered to the network. */
function listeningHost(publicUrl: string): string | undefined {
  return /^(127\.0\.0\.1|localhost|\[::1\])$/.test(new URL(publicUrl).hostname) ? '127.0.0.1' : undefined
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}

/** Said before anything is made, so that a second start by mistake changes nothing. */
function assertPortFree(port: number, host: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', () =>
      reject(
        new Refusal('PORT_TAKEN', `port ${port} is taken; set PORT to another`, {
          field: 'PORT',
          found: String(port),
        }),
      ),
    )
    probe.listen(port, host, () => probe.close(() => resolve()))
  })
}
