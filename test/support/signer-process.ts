/** A department's own signer as the department runs it: `onceproof signer` in processes of its own, and who may stand before it. */
import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { CODE_HEADER, NONCE_HEADER, requestCode, TIME_HEADER } from '../../server/keys/remote-message.ts'
import type { JournalEntry } from '../../server/signer/journal.ts'

const MAIN = join(import.meta.dirname, '../../scripts/cli/main.ts')
const ARGUMENTS = ['--disable-warning=ExperimentalWarning', MAIN, 'signer']
const run = promisify(execFile)

export interface NewSigner {
  folder: string
  uscc: string
  did: string
  region: string
  /** Path of the trust file of its gateway. */
  trust: string
}

export async function initSigner(options: NewSigner): Promise<void> {
  const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value as string])
  await run(process.execPath, [...ARGUMENTS, 'init', ...flags])
}

/** What `onceproof signer log` says. */
export async function signerLog(folder: string): Promise<JournalEntry[]> {
  const { stdout } = await run(process.execPath, [...ARGUMENTS, 'log', '--folder', folder, '--json'])
  return (JSON.parse(stdout) as { signed: JournalEntry[] }).signed
}

const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export interface SignerProcess {
  stop(): Promise<void>
}

/** Returns when it listens; rejects with what it said when it does not come to that. */
export async function startSigner(folder: string, port: number): Promise<SignerProcess> {
  const child = spawn(process.execPath, [...ARGUMENTS, 'start', '--folder', folder, '--port', String(port)])
  running.add(child)
  const ended = once(child, 'exit')
  void ended.then(() => running.delete(child))
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await Promise.race([
    once(child.stdout, 'data'),
    ended.then(() => Promise.reject(new Error(`the signer ended: ${said}`))),
  ])
  return {
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/**
 * Stands at `port` before the signer at `behind` and changes the bodies of requests. With the secret it makes their codes right
 * again, as a gateway in wrong hands could; without it, it is anybody on the line.
 */
export async function standBetween(
  port: number,
  behind: number,
  change: (path: string, body: string) => string,
  secret: string | null,
): Promise<Server> {
  const server = createServer((request, response) => {
    const { method = '', url: path = '' } = request
    const forward = async () => {
      const chunks: Buffer[] = []
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
      const body = change(path, Buffer.concat(chunks).toString())
      const header = (name: string, headers: IncomingHttpHeaders = request.headers) => String(headers[name])
      const [time, nonce] = [header(TIME_HEADER), header(NONCE_HEADER)]
      const code =
        secret === null ? header(CODE_HEADER) : requestCode(secret, { method, path, time, nonce }, body)
      const answer = await fetch(`http://127.0.0.1:${behind}${path}`, {
        method,
        headers: { [TIME_HEADER]: time, [NONCE_HEADER]: nonce, [CODE_HEADER]: code },
        ...(method === 'POST' && { body }),
      })
      response.writeHead(answer.status, { [CODE_HEADER]: answer.headers.get(CODE_HEADER) ?? '' })
      response.end(await answer.text())
    }
    forward().catch(() => response.destroy())
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return server
}
