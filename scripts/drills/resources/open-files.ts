/**
 * Drill `open-files`: a gateway that may open few files, under the hammer, gets more connections than that. Who is too many is refused or
 * waits; nothing is lost or damaged, the process lives, and when the connections close everybody is served again.
 */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { audit } from '../audit.ts'
import { checkTold } from '../check-told.ts'
import type { Drill, DrillContext, DrillResult } from '../drill.ts'
import { startGateway, type RunningGateway } from '../gateway-process.ts'
import { HAMMERED_ENV, prepareForHammer, startHammer } from '../hammer.ts'

/** What the start needs, and some tens of connections. */
const MOST_FILES = 128
const CONNECTIONS = 400
const ROUNDS = { short: 1, long: 10 }
const HELD_MS = { short: 1_000, long: 5_000 }
const PER_SECOND = 20
const PATIENCE_MS = 60_000
const RETRY_MS = 50
const ANSWER_MS = 1_000

export const openFilesDrill: Drill = {
  name: 'open-files',
  title: { zh: '打开文件过多', en: 'Too many open files' },
  event: 'resources',
  promise:
    'A gateway that can open no more files refuses or lets wait who is too many; nothing is lost or damaged, the process lives, and afterwards everybody is served',
  missing: () => (process.platform === 'linux' ? null : '/proc of Linux is needed'),
  run,
}

async function run({ form, seed, folder, isTimeUp, say }: DrillContext): Promise<DrillResult> {
  const gateway = await startGateway({ env: HAMMERED_ENV, mostFiles: MOST_FILES })
  const pid = gateway.pid()
  const waits: number[] = []
  const violations: string[] = []
  let mostOpen = 0
  let unanswered = 0
  try {
    await prepareForHammer(gateway)
    const file = join(folder, 'told.ndjson')
    const hammer = await startHammer({ gateway, file, seed, perSecond: PER_SECOND, batchRows: [2, 8] })
    for (let round = 1; round <= ROUNDS[form] && !isTimeUp(); round++) {
      await hammer.acknowledge(20)
      const held = await openMany(gateway)
      await pause(HELD_MS[form])
      const open = filesOf(gateway)
      mostOpen = Math.max(mostOpen, open)
      if (!(await isAnswered(gateway))) unanswered++
      for (const socket of held) socket.destroy()
      waits.push(await untilServed(gateway))
      await hammer.acknowledge(1)
      say(`round ${round}: ${open} files were open, ${hammer.counts.acknowledged} acknowledged`)
    }
    await hammer.finish()
    if (gateway.pid() !== pid) violations.push('the process did not live')
    if (mostOpen < MOST_FILES)
      violations.push(`only ${mostOpen} of ${MOST_FILES} files were open: nothing was too many`)
    const told = await checkTold(gateway, file)
    await gateway.stop()
    violations.push(...(await audit(gateway, file)))
    return {
      figures: {
        rounds: waits.length,
        mostOpen,
        unanswered,
        ...told.figures,
        servedAgainMaxMs: Math.round(Math.max(...waits)),
      },
      violations: [...violations, ...told.violations],
      rpo: told.lost,
      rtoMs: Math.max(...waits),
    }
  } finally {
    await gateway.kill9()
    await gateway.killChain9()
  }
}

/** Connections on which nothing is sent, for as long as the gateway lets them be. */
async function openMany({ url }: RunningGateway): Promise<Socket[]> {
  const { hostname, port } = new URL(url)
  const sockets = Array.from({ length: CONNECTIONS }, () =>
    connect(Number(port), hostname).on('error', () => undefined),
  )
  await Promise.all(sockets.map(socket => Promise.race([once(socket, 'connect'), once(socket, 'close')])))
  return sockets
}

const filesOf = (gateway: RunningGateway): number => readdirSync(`/proc/${gateway.pid()}/fd`).length

/** Whether somebody who comes now, on a connection of his own, is answered within a moment. */
function isAnswered({ url }: RunningGateway): Promise<boolean> {
  const { hostname, port, host } = new URL(url)
  const socket = connect(Number(port), hostname).setTimeout(ANSWER_MS)
  socket.write(`GET /healthz HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
  return new Promise(resolve => {
    socket.on('data', bytes => resolve(bytes.toString('latin1').startsWith('HTTP/1.1 200')))
    for (const end of ['timeout', 'error', 'close']) socket.on(end, () => resolve(false))
  }).finally(() => void socket.destroy()) as Promise<boolean>
}

/** Milliseconds until a new connection is answered. */
async function untilServed(gateway: RunningGateway): Promise<number> {
  const began = performance.now()
  while (!(await isAnswered(gateway))) {
    if (performance.now() - began > PATIENCE_MS)
      throw new Error(
        `nobody is served though the connections are closed:\n${gateway.output().slice(-2_000)}`,
      )
    await pause(RETRY_MS)
  }
  return performance.now() - began
}
