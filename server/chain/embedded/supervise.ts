// Keeps the embedded chain running for the gateway. The chain is a process of its own that goes on when the gateway
// ends, however it ends; the next gateway finds it and takes it up again.

import { spawn, type ChildProcess } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { makeDirectoryDurably } from '../../store/durable-file.ts'
import { createRpc, quantityToNumber } from '../rpc.ts'
import { readEndpoint, type Endpoint } from './endpoint.ts'
import { genesisPath, readGenesis } from './genesis.ts'
import { StartRefusal, type StartRefusalCode } from './refusal.ts'

export interface SupervisedChain {
  /** Where the chain answers, the same after every restart. */
  readonly url: string
  readonly chainId: number
  /** Hash of block 0. */
  readonly genesisHash: string
  /** Secret key of the funded account, 0x and 64 hex digits. It pays and has no other right. */
  readonly relayerKey: string
  /** The chain's process at this moment: another one after a restart. */
  readonly pid: number
  /** Calls `listener` once, if the chain ends and cannot be started again; not after `stop` or `leave`. */
  onExit(listener: (why: StartRefusal) => void): void
  /** Lets the chain run on unwatched: what a gateway does when it ends. */
  leave(): void
  /** Ends the chain: it finishes and journals the block that it is making. Returns when the process is gone. */
  stop(): Promise<void>
}

export interface SuperviseOptions {
  dataDir: string
  /** 0 means the port of the last start, or a free one at the first. */
  port: number
  /** Counts at the first start; later, another than the journal's is refused. */
  chainId?: number
  log: (line: string) => void
}

/** Time between two looks whether the chain's process is ready, or still there, in milliseconds. */
const READY_POLL = 20
const ALIVE_POLL = 100

/** How long a process that has no answer at once is given, in milliseconds. */
const ANSWER_PATIENCE = 2000

/** A chain that dies right after its start is started again after 0.1 s, 0.2 s, … 10 s. */
const SHORTEST_BACK_OFF = 100
const LONGEST_BACK_OFF = 10_000
/** One that ran for this long begins at the shortest back-off again. */
const RUNS_WELL_AFTER = 30_000

/** A chain that does not end on SIGTERM in this time is killed; its journal bears that. */
const STOP_PATIENCE = 10_000

/** Exit code of `main.ts` when another process has the directory. */
const LOCKED = 3

/** What the chain's process inherits: where to find programs and files, none of the gateway's secrets. */
const INHERITED = [
  'PATH',
  'HOME',
  'USERPROFILE',
  'APPDATA',
  'LOCALAPPDATA',
  'SYSTEMROOT',
  'TMPDIR',
  'TEMP',
  'CI',
]

/** What the chain's process gets of the gateway's environment: what a program needs to run, none of the secrets. */
export function environmentOf(gateway: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(INHERITED.flatMap(name => (gateway[name] ? [[name, gateway[name]]] : [])))
}

/**
 * Takes up the chain that already runs on `dataDir`, or starts one, and returns when it answers. While it is watched,
 * a chain that dies is started again on the same port. Refuses (`StartRefusal`) whatever the chain itself refuses.
 */
export async function superviseEmbeddedChain(options: SuperviseOptions): Promise<SupervisedChain> {
  const { log } = options
  const dataDir = resolve(options.dataDir)
  makeDirectoryDurably(dataDir, 0o700)
  const first = await adoptOrStart({ ...options, dataDir })
  const genesis = readGenesis(dataDir)
  if (genesis === null) throw new StartRefusal('GENESIS_MISSING', `${genesisPath(dataDir)} is missing`)

  let current = first
  const watchEnds = new AbortController()
  let exitListener: (why: StartRefusal) => void = why => log(`the chain is gone for good: ${why.message}`)
  const watching = watch()

  return {
    url: first.endpoint.url,
    chainId: first.endpoint.chainId,
    genesisHash: first.endpoint.genesisHash,
    relayerKey: genesis.relayerKey,
    get pid() {
      return current.endpoint.pid
    },
    onExit(listener) {
      exitListener = listener
    },
    leave() {
      watchEnds.abort()
    },
    async stop() {
      watchEnds.abort()
      // A restart that is under way ends first, so that no chain is left behind.
      await watching
      await end(current)
    },
  }

  async function watch(): Promise<void> {
    const { signal } = watchEnds
    let backOff = SHORTEST_BACK_OFF
    while (!signal.aborted) {
      const began = performance.now()
      while (!signal.aborted && current.isAlive()) await rest(ALIVE_POLL, signal)
      if (signal.aborted) return
      if (performance.now() - began > RUNS_WELL_AFTER) backOff = SHORTEST_BACK_OFF
      log(`the chain's process ${current.endpoint.pid} ended; starting it again`)
      await rest(backOff, signal)
      backOff = Math.min(LONGEST_BACK_OFF, backOff * 2)
      if (signal.aborted) return
      try {
        current = await adoptOrStart({ ...options, dataDir, port: first.endpoint.port }, signal)
      } catch (error) {
        if (error instanceof StartRefusal && error.code !== 'NOT_STARTED') return exitListener(error)
        log(`the chain could not be started: ${(error as Error).message}`)
      }
    }
  }
}

/** A chain process that answered. */
interface Running {
  endpoint: Endpoint
  isAlive: () => boolean
}

/** Waits without keeping this process alive, until `signal` at most. */
async function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  await pause(milliseconds, undefined, { ref: false, signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error
  })
}

async function adoptOrStart(options: SuperviseOptions, giveUp?: AbortSignal): Promise<Running> {
  const { dataDir, log } = options
  for (let attempt = 0; ; attempt++) {
    const running = await findRunning(dataDir)
    if (running !== null) {
      log(`the chain already runs: process ${running.endpoint.pid}, ${running.endpoint.url}`)
      return running
    }
    const started = await start(options)
    if (started !== 'locked') return started
    // Somebody else's chain holds the directory and does not answer yet: it replays its journal, or is stopping.
    if (attempt % 50 === 0) log(`another process holds ${dataDir} and does not answer yet; waiting for it`)
    if (giveUp?.aborted) throw new StartRefusal('NOT_STARTED', `another process holds ${dataDir}`)
    await pause(SHORTEST_BACK_OFF)
  }
}

/** The chain that `endpoint.json` names, if its process is there and answers as that very chain. */
async function findRunning(dataDir: string): Promise<Running | null> {
  const endpoint = readEndpoint(dataDir)
  if (endpoint === null || !isProcessAlive(endpoint.pid) || !(await answersAs(endpoint))) return null
  return { endpoint, isAlive: () => isProcessAlive(endpoint.pid) }
}

async function answersAs({ url, chainId, genesisHash }: Endpoint): Promise<boolean> {
  const rpc = createRpc(url, { timeoutMs: ANSWER_PATIENCE })
  try {
    const [id, block] = await Promise.all([
      rpc.call('eth_chainId'),
      rpc.call<{ hash: string } | null>('eth_getBlockByNumber', ['0x0', false]),
    ])
    return quantityToNumber(id) === chainId && block?.hash === genesisHash
  } catch {
    return false
  }
}

async function start({ dataDir, port, chainId, log }: SuperviseOptions): Promise<Running | 'locked'> {
  const logPath = join(dataDir, 'chain.log')
  const child = spawnChain({ dataDir, port, chainId, logPath })
  const exit = exitOf(child)
  log(`starting the embedded chain on ${dataDir}, process ${child.pid ?? 'none'}`)

  for (;;) {
    const ended = await Promise.race([exit.promise, pause(READY_POLL)])
    if (ended === LOCKED) return 'locked'
    if (ended !== undefined) throw refusalIn(logPath, ended)
    const endpoint = readEndpoint(dataDir)
    if (endpoint !== null && endpoint.pid === child.pid && (await answersAs(endpoint))) {
      return { endpoint, isAlive: () => !exit.hasEnded() }
    }
  }
}

/** A process in a session of its own, tied to us by nothing: neither our end nor our terminal's ends it. */
function spawnChain(chain: { dataDir: string; port: number; chainId?: number | undefined; logPath: string }) {
  const args = [join(import.meta.dirname, 'main.ts'), '--data', chain.dataDir, '--port', String(chain.port)]
  if (chain.chainId !== undefined) args.push('--chain-id', String(chain.chainId))
  const env = environmentOf(process.env)
  const logFile = openSync(chain.logPath, 'a', 0o600)
  try {
    const stdio: ['ignore', number, number] = ['ignore', logFile, logFile]
    const child = spawn(process.execPath, args, { detached: true, stdio, env, cwd: chain.dataDir })
    child.unref()
    return child
  } finally {
    closeSync(logFile)
  }
}

/** The exit code of a child, or the name of the signal that ended it. */
function exitOf(child: ChildProcess) {
  let hasEnded = false
  const promise = new Promise<number | string>(done => {
    const end = (how: number | string) => {
      hasEnded = true
      done(how)
    }
    child.once('error', error => end(error.message))
    child.once('exit', (code, signal) => end(code ?? signal ?? 'unknown'))
  })
  return { promise, hasEnded: () => hasEnded }
}

/** Why a chain process ended before it answered: the refusal that it logged last, or its last words. */
function refusalIn(logPath: string, ended: number | string): StartRefusal {
  const last = readFileSync(logPath, 'utf8').trimEnd().split('\n').at(-1) ?? ''
  const refused = /^\S+ refused ([A-Z_]+): (.*)$/.exec(last)
  if (ended === 2 && refused?.[1] !== undefined && refused[2] !== undefined) {
    return new StartRefusal(refused[1] as StartRefusalCode, refused[2])
  }
  return new StartRefusal('NOT_STARTED', `the chain's process ended with ${ended}; see ${logPath}: ${last}`)
}

async function end({ endpoint, isAlive }: Running): Promise<void> {
  const { pid } = endpoint
  if (!isAlive()) return
  signal(pid, 'SIGTERM')
  const began = performance.now()
  while (isAlive()) {
    if (performance.now() - began > STOP_PATIENCE) signal(pid, 'SIGKILL')
    await pause(READY_POLL)
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

/** Whether the process is there and not merely waiting to be reaped by a parent that never does. */
function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  try {
    // `pid (name) state …`: the name may hold anything, so what counts follows its last parenthesis.
    return !/\) [ZX] [^)]*$/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true
  }
}
