/**
 * The thread that sends requests over kept connections and times them.
 */
import { randomUUID } from 'node:crypto'
import { Agent, request } from 'node:http'
import { parentPort } from 'node:worker_threads'
import { median } from './measure.ts'

export interface Load {
  url: string
  headers: Record<string, string>
  bodies: string[]
  /** Requests under way at once. */
  parallel: number
  wantsAnswer?: boolean
}

export interface LoadResult {
  /** Microseconds of one request. */
  p50: number
  /** Microseconds of the whole, divided by the number of requests. */
  each: number
  /** The last answer, if it was wanted. */
  answer: string | null
}

async function run({ url, headers, bodies, parallel, wantsAnswer }: Load): Promise<LoadResult> {
  const agent = new Agent({ keepAlive: true, maxSockets: parallel })
  const times: number[] = []
  let answer: string | null = null
  let next = 0
  const sendAll = async () => {
    for (let body = bodies[next++]; body !== undefined; body = bodies[next++]) {
      const began = performance.now()
      answer = await post(agent, url, { ...headers, 'idempotency-key': randomUUID() }, body)
      times.push((performance.now() - began) * 1000)
    }
  }
  const began = performance.now()
  await Promise.all(Array.from({ length: parallel }, sendAll))
  const each = ((performance.now() - began) * 1000) / bodies.length
  agent.destroy()
  return { p50: median(times), each, answer: wantsAnswer === true ? answer : null }
}

function post(agent: Agent, url: string, headers: Record<string, string>, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const length = Buffer.byteLength(body)
    const sent = request(
      url,
      { agent, method: 'POST', headers: { ...headers, 'content-length': length } },
      response => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', piece => (text += piece))
        response.on('end', () => {
          if (response.statusCode === 201) resolve(text)
          else reject(new Error(`${url} answered ${response.statusCode}: ${text.slice(0, 300)}`))
        })
        response.on('error', reject)
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

parentPort?.on('message', (load: Load) => {
  run(load).then(
    result => parentPort!.postMessage(result),
    (error: unknown) => parentPort!.postMessage({ error: String(error) }),
  )
})
