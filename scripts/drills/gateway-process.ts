/**
 * A whole gateway with its embedded chain, as `npm start` runs it, on a data folder of its own and free ports. What a test forgets
 * to stop ends with the test process.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { readEndpoint } from '../../server/chain/embedded/endpoint.ts'

export interface RunningGateway {
  /** The same after a restart. */
  readonly url: string
  readonly token: string
  readonly tokenPath: string
  readonly dataDir: string
  /** The same after a restart. */
  readonly chainUrl: string
  /** The gateway's trust file, fetched when it was first ready. */
  readonly trustPath: string
  /** A folder for the test's own files; it goes with the data folder. */
  readonly scratch: string
  /** Number of the gateway's process. 0 while it does not run. */
  pid(): number
  /** Everything that the gateway has said on its standard error, over all starts. */
  output(): string
  /** A request by the operator with a JSON body and a fresh Idempotency-Key, unless headers say otherwise. */
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>
  /** A request by the operator. */
  get(path: string): Promise<Response>
  /** Ends the gateway as Ctrl-C does; `andChain` ends the embedded chain too. Files stay until the test process ends. */
  stop(options?: { andChain?: boolean }): Promise<void>
  /** Resolves when the gateway's process is gone, whoever ended it. */
  ended(): Promise<void>
  /** Kills the gateway without warning; the embedded chain goes on. */
  kill9(): Promise<void>
  /** Kills the embedded chain without warning; a running gateway starts it again. */
  killChain9(): Promise<void>
  /** Starts the gateway again, stopping it first when it runs, and returns when it is ready. `env` is added for good. */
  restart(env?: Record<string, string>): Promise<void>
}

export interface GatewayOptions {
  /** Loads the demonstration region before the gateway counts as ready. Default: false. */
  demo?: boolean
  env?: Record<string, string>
  /** Called before each start, with its folder, which may not be there yet; what it returns is this start's environment besides. */
  beforeStart?: (dataDir: string) => Promise<Record<string, string>>
  /** Files that the gateway and what it starts may have open at once (`ulimit -n`). Default: as many as this process. */
  mostFiles?: number
  /** A data folder that is there already, e.g. a restored one. Default: a new one that goes with the test process. */
  dataDir?: string
}

const MAIN = join(import.meta.dirname, '../../server/main.ts')
/** Longest start, with the demonstration region on a busy machine. */
const START_PATIENCE_MS = 90_000
const STOP_PATIENCE_MS = 20_000
const POLL_MS = 20
/** What is compiled once need not be at each of the many starts: that is most of their work. */
const COMPILE_CACHE = join(import.meta.dirname, '../../node_modules/.cache/onceproof-drills')

const forgotten = new Set<() => void>()
process.once('exit', () => {
  for (const end of forgotten) end()
})

/** Starts a gateway and returns when it is ready. Rejects with what it said when it does not become so. */
export async function startGateway(options: GatewayOptions = {}): Promise<RunningGateway> {
  const { demo = false, env = {}, beforeStart = async () => ({}), mostFiles } = options
  const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'gateway-')))
  const dataDir = options.dataDir ?? join(scratch, 'data')
  const chainDir = join(dataDir, 'chain')
  mkdirSync(join(scratch, 'files'))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const settings: Record<string, string> = {
    PORT: String(port),
    DATA_DIR: dataDir,
    ONCEPROOF_CHAIN_PORT: '0',
    ONCEPROOF_DEMO: String(demo),
    ONCEPROOF_SEAL_AFTER_MS: '50',
    ONCEPROOF_LOG_LEVEL: 'warn',
    ...env,
  }
  let child: ChildProcess | null = null
  let output = ''

  const end = () => {
    child?.kill('SIGKILL')
    const chain = readEndpoint(chainDir)
    if (chain !== null && isChainAlive(chain.pid, chainDir)) process.kill(chain.pid, 'SIGKILL')
    rmSync(scratch, { recursive: true, force: true })
  }
  forgotten.add(end)

  await start()
  const token = readFileSync(join(dataDir, 'operator.token'), 'utf8').trim()
  const trustPath = join(scratch, 'trust.json')
  writeFileSync(trustPath, await (await fetch(`${url}/v1/trust`)).text())
  const chainUrl = settings['CHAIN_RPC_URL'] ?? readEndpoint(chainDir)?.url ?? ''

  let keys = 0
  return {
    url,
    token,
    tokenPath: join(dataDir, 'operator.token'),
    dataDir,
    chainUrl,
    trustPath,
    scratch: join(scratch, 'files'),
    pid: () => child?.pid ?? 0,
    output: () => output,
    get: path => fetch(url + path, { headers: { authorization: `Bearer ${token}` } }),
    post: (path, body, headers = {}) =>
      fetch(url + path, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${token}`,
          'content-type': 'application/json',
          'idempotency-key': `test-key-${process.pid}-${++keys}`,
          ...headers,
        },
        body: JSON.stringify(body),
      }),
    async stop({ andChain = false } = {}) {
      await stopGateway('SIGTERM')
      if (andChain) await stopChain('SIGTERM')
    },
    async ended() {
      if (child !== null && child.exitCode === null && child.signalCode === null) await once(child, 'close')
    },
    kill9: () => stopGateway('SIGKILL'),
    killChain9: () => stopChain('SIGKILL'),
    async restart(more = {}) {
      await stopGateway('SIGTERM')
      Object.assign(settings, more)
      await start()
    },
  }

  async function start(): Promise<void> {
    const from = output.length
    const forThisStart = await beforeStart(dataDir)
    // Nothing of the test's own environment configures the gateway.
    const inherited = Object.fromEntries(
      ['PATH', 'HOME', 'TMPDIR'].flatMap(name => (process.env[name] ? [[name, process.env[name]]] : [])),
    )
    const program = [process.execPath, '--disable-warning=ExperimentalWarning', MAIN]
    const limited = ['sh', '-c', `ulimit -n ${mostFiles} && exec "$@"`, 'sh', ...program]
    const [command = '', ...args] = mostFiles === undefined ? program : limited
    const starting = spawn(command, args, {
      env: { ...inherited, NODE_COMPILE_CACHE: COMPILE_CACHE, ...settings, ...forThisStart },
      cwd: scratch,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    child = starting
    starting.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
    const began = performance.now()
    // The last thing that a start prints: everything before it is done.
    while (
      !/\n {2}ready at .*\n[^]*\n\s*(?:npx onceproof verify|check it with) .*\n/.test(output.slice(from))
    ) {
      const isLate = performance.now() - began > START_PATIENCE_MS
      if (isLate || starting.exitCode !== null || starting.signalCode !== null) {
        starting.kill('SIGKILL')
        throw new Error(`the gateway did not become ready:\n${output.slice(from)}`)
      }
      await pause(POLL_MS)
    }
  }

  async function stopGateway(signal: NodeJS.Signals): Promise<void> {
    const running = child
    child = null
    if (running === null || running.exitCode !== null || running.signalCode !== null) return
    const ended = once(running, 'close')
    running.kill(signal)
    const patience = setTimeout(() => running.kill('SIGKILL'), STOP_PATIENCE_MS)
    await ended
    clearTimeout(patience)
    if (signal !== 'SIGKILL' && running.exitCode !== 0) {
      throw new Error(`the gateway did not stop as it should:\n${output}`)
    }
  }

  async function stopChain(signal: NodeJS.Signals): Promise<void> {
    const chain = readEndpoint(chainDir)
    if (chain === null || !isChainAlive(chain.pid, chainDir)) return
    process.kill(chain.pid, signal)
    const began = performance.now()
    while (isChainAlive(chain.pid, chainDir)) {
      if (performance.now() - began > STOP_PATIENCE_MS) process.kill(chain.pid, 'SIGKILL')
      await pause(POLL_MS)
    }
  }
}

/** A port that nobody listens on at this moment. */
export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

/** Whether that process is there, and is the chain of this folder and not a later process of the same number. */
export function isChainAlive(pid: number, chainDir: string): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    // Empty for a process that has ended and waits to be reaped.
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(chainDir)
  } catch {
    return true
  }
}
