/**
 * One certificate for each HTTP request, durable when it is answered, against an Express app that parses the same body and
 * answers as many bytes. The client is a thread of its own; its CPU counts for nobody, only time on the wire does.
 */
import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import express from 'express'
import { gatewayApp } from '../../server/app.ts'
import { createHttpServer } from '../../server/http/edge.ts'
import { openConnection } from '../../server/store/sqlite/connection.ts'
import type { Load, LoadResult } from './client.ts'
import { documents } from './documents.ts'
import type { Gateway } from './gateway.ts'
import { median } from './measure.ts'
import { fasterThan, noDearerThan, type Row } from './rows.ts'

export interface SingleOptions {
  /** Requests of a round, one after the other. */
  sequential: number
  clients: number
  /** Requests of a round from all clients together. */
  concurrent: number
  rounds: number
  folder: string
}

const PATH = '/v1/certificates'

export async function measureSingles(gateway: Gateway, options: SingleOptions): Promise<Row[]> {
  const { sequential, clients, concurrent, rounds, folder } = options
  const ours = createHttpServer(
    gatewayApp(gateway.world, { health: () => ({ chainReachable: true, lastError: null }) }, gateway),
  )
  const bare = express().disable('etag').disable('x-powered-by')
  const client = startClient()
  const headers = { authorization: `Bearer ${gateway.operatorToken}`, 'content-type': 'application/json' }
  const bodies = documents(Math.max(sequential, concurrent)).map(fields =>
    JSON.stringify({ type: gateway.type, fields }),
  )
  const ourUrl = await listen(ours)
  const load = (base: string, count: number, parallel: number): Load => ({
    url: base + PATH,
    headers,
    bodies: bodies.slice(0, count),
    parallel,
  })

  const sample = (await client.run({ ...load(ourUrl, 1, 1), wantsAnswer: true })).answer!
  bare.post(PATH, express.json(), (_request, response) => {
    response.status(201).type('json').send(sample)
  })
  const bareServer = createHttpServer(bare)
  const bareUrl = await listen(bareServer)
  const commit = durableCommit(join(folder, 'commit.db'))

  const figures = { ours: [], bare: [], commit: [], oursTogether: [], bareTogether: [] } as Record<
    'ours' | 'bare' | 'commit' | 'oursTogether' | 'bareTogether',
    number[]
  >
  for (let round = -1; round < rounds; round++) {
    const sides: [keyof typeof figures, () => Promise<number> | number][] = [
      ['ours', async () => (await client.run(load(ourUrl, sequential, 1))).p50],
      ['bare', async () => (await client.run(load(bareUrl, sequential, 1))).p50],
      ['commit', () => commit.p50(sequential)],
      ['oursTogether', async () => (await client.run(load(ourUrl, concurrent, clients))).each],
      ['bareTogether', async () => (await client.run(load(bareUrl, concurrent, clients))).each],
    ]
    for (const [name, run] of round % 2 === 0 ? sides : sides.toReversed()) {
      const figure = await run()
      if (round >= 0) figures[name].push(figure)
    }
    await gateway.seal()
  }
  commit.close()
  await client.stop()
  await Promise.all([close(ours), close(bareServer)])

  const p50 = { ours: median(figures.ours), bare: median(figures.bare), commit: median(figures.commit) }
  const together = { ours: median(figures.oursTogether), bare: median(figures.bareTogether) }
  const rate = (each: number) => Math.round(1e6 / each).toLocaleString('en')
  return [
    noDearerThan(
      {
        name: 'single issue over HTTP, p50, against a bare Express POST',
        ours: p50.ours,
        baseline: p50.bare,
        unit: 'µs wall',
        note: 'one client, one request after the other; the same body and an answer of the same bytes',
      },
      null,
    ),
    noDearerThan(
      {
        name: 'single issue over HTTP, p50, against bare POST and raw FULL commit',
        ours: p50.ours,
        baseline: p50.bare + p50.commit,
        unit: 'µs wall',
        note: `a durable commit of one small row alone: ${Math.round(p50.commit)} µs`,
      },
      null,
    ),
    fasterThan(
      {
        name: `single issues, ${clients} clients, against a bare Express POST`,
        ours: together.ours,
        baseline: together.bare,
        unit: 'µs wall a request',
        note: `${rate(together.ours)} against ${rate(together.bare)} requests a second; group commit`,
      },
      null,
    ),
    fasterThan(
      {
        name: `single issues, ${clients} clients, against one client`,
        ours: together.ours,
        baseline: p50.ours,
        unit: 'µs wall a request',
        note: 'what sharing commits and threads gains',
      },
      null,
    ),
  ]
}

/** One row a transaction, on the disk when `run` returns. */
function durableCommit(path: string) {
  const db = openConnection(path)
  db.exec('CREATE TABLE rows (id INTEGER PRIMARY KEY, body TEXT NOT NULL)')
  const insert = db.prepare("INSERT INTO rows (body) VALUES ('a row')")
  return {
    p50(count: number): number {
      const times = Array.from({ length: count }, () => {
        const began = performance.now()
        insert.run()
        return (performance.now() - began) * 1000
      })
      return median(times)
    },
    close: () => db.close(),
  }
}

function startClient() {
  const worker = new Worker(new URL('./client.ts', import.meta.url))
  return {
    async run(load: Load): Promise<LoadResult> {
      const answered = once(worker, 'message')
      worker.postMessage(load)
      const [result] = (await answered) as [LoadResult | { error: string }]
      if ('error' in result) throw new Error(result.error)
      return result
    },
    stop: () => worker.terminate(),
  }
}

async function listen(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function close(server: Server): Promise<unknown> {
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  return closed
}
