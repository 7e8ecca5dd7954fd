/**
 * What a process holds once its garbage is gone. What a system counts as resident is mostly garbage that nobody has collected yet, and goes
 * up and down by a fifth; over the inspector the process is told to collect first.
 * https://chromedevtools.github.io/devtools-protocol/v8/HeapProfiler/#method-collectGarbage
 */
import { freePort } from '../gateway-process.ts'
import { residentBytes } from './process-memory.ts'

export interface Collected {
  /** Of JavaScript, alive. */
  heapBytes: number
  /** Of the whole process. */
  residentBytes: number
}

export interface Inspector {
  /** Environment of the process that is to be looked into. */
  env: Record<string, string>
  /** Collects and counts. Rejects when the process is not there. */
  collected(pid: number): Promise<Collected>
  close(): void
}

/** Prepares for a process that is started with its environment, on a free port of the loopback. */
export async function inspector(): Promise<Inspector> {
  const port = await freePort()
  let call: ((method: string) => Promise<unknown>) | null = null
  let socket: WebSocket | null = null
  return {
    env: { NODE_OPTIONS: `--inspect=127.0.0.1:${port}` },
    async collected(pid) {
      call ??= await connect(port, opened => (socket = opened))
      // What is released by the first collection can be let go of by the second.
      await call('HeapProfiler.collectGarbage')
      await call('HeapProfiler.collectGarbage')
      const { usedSize } = (await call('Runtime.getHeapUsage')) as { usedSize: number }
      return { heapBytes: usedSize, residentBytes: residentBytes(pid).now }
    },
    close: () => socket?.close(),
  }
}

async function connect(port: number, opened: (socket: WebSocket) => void) {
  const targets = (await (await fetch(`http://127.0.0.1:${port}/json`)).json()) as {
    webSocketDebuggerUrl: string
  }[]
  const socket = new WebSocket(targets[0]!.webSocketDebuggerUrl)
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve)
    socket.addEventListener('error', () => reject(new Error('the inspector does not answer')))
  })
  opened(socket)
  const waiting = new Map<number, { resolve: (result: unknown) => void; reject: (error: Error) => void }>()
  socket.addEventListener('message', ({ data }) => {
    const { id, result } = JSON.parse(String(data)) as { id: number; result: unknown }
    waiting.get(id)?.resolve(result)
    waiting.delete(id)
  })
  socket.addEventListener('close', () => {
    for (const { reject } of waiting.values()) reject(new Error('the process that was looked into is gone'))
  })
  let last = 0
  return (method: string) =>
    new Promise<unknown>((resolve, reject) => {
      waiting.set(++last, { resolve, reject })
      socket.send(JSON.stringify({ id: last, method }))
    })
}
