/**
 * The hammer: clients that issue, notarize, verify and change status without pause, over HTTP as anybody would, and note what they were
 * told. An answer that is lost is asked for again under the same Idempotency-Key, for as long as it takes.
 */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { MEDIA_TYPE } from '../../protocol/file.ts'
import { parseTrust } from '../../protocol/trust.ts'
import { verify } from '../../protocol/verify.ts'
import { demoRegion, typeIn } from '../../server/catalogue/region.ts'
import { createRpc } from '../../server/chain/rpc.ts'
import { liveView } from '../../server/chain/view.ts'
import { generateRows } from '../generate/certificates.ts'
import { chanceOf, type Chance } from '../generate/random.ts'
import {
  openToldFile,
  STATUS_ACTIONS,
  toldClock,
  type StatusAction,
  type Told,
  type ToldKind,
} from './told.ts'

/** A gateway as its clients see it. */
export interface HammeredGateway {
  readonly url: string
  readonly token: string
}

export const OPERATIONS = [
  'certificate',
  'batch',
  'record',
  'status',
  'verify',
  'verify-on-chain',
  'receipt',
] as const
export type Operation = (typeof OPERATIONS)[number]

export interface HammerOptions {
  gateway: HammeredGateway
  /** Where it notes what it was told. */
  file: string
  /** What is done in which order by each client follows from it; a second hammer on one gateway needs another. */
  seed: string
  /** How many clients at once. Default: 4. */
  clients?: number
  /** At most so many operations in a second, all clients together. Default: as fast as it goes. */
  perSecond?: number
  /** How often each operation comes beside the others. Default: `DEFAULT_MIX`. */
  mix?: Partial<Record<Operation, number>>
  /**
   * All clients give orders and ask about the newest so many certificates only, whoever issued them, so that they are in each other's
   * way; some orders are then rightly refused. Default: a client gives orders about its own, and asks about all.
   */
  contended?: number
  /** Node and trust file of those who verify by themselves; nobody does without. */
  chain?: { url: string; trustPath: string }
  /** Rows of a batch, least and most. Default: 2 to 40. */
  batchRows?: readonly [number, number]
}

export interface HammerCounts {
  /** Statements whose acceptance was acknowledged. */
  acknowledged: number
  /** Answers to questions. */
  answered: number
  refused: number
  /** Times that no answer came. */
  lost: number
}

export interface Hammer {
  readonly counts: Readonly<HammerCounts>
  /** Resolves when this many more statements have been acknowledged. */
  acknowledge(more: number): Promise<void>
  /** Resolves when this many more statements, questions and refusals have been answered. */
  answer(more: number): Promise<void>
  /**
   * Begins nothing new and resolves when every write that was begun has its answer: the gateway must be up, or come up again. Rejects
   * with what made a client break off.
   */
  finish(): Promise<HammerCounts>
  /** Begins nothing new and leaves what has no answer without one. */
  abandon(): Promise<HammerCounts>
}

/** What a gateway must be started with, so that many clients on one machine share no rate limit. */
export const HAMMERED_ENV = { ONCEPROOF_TRUSTED_PROXIES: '127.0.0.1' } as const

export const DEFAULT_MIX: Readonly<Record<Operation, number>> = {
  certificate: 4,
  batch: 1,
  record: 4,
  status: 2,
  verify: 2,
  'verify-on-chain': 0,
  receipt: 1,
}

const TYPE = 'RIC'
const DEPARTMENTS = ['GAJ', 'ZSJ']
/** Share of acknowledged writes that are asked for once more, as a client does whose own crash made it forget the answer. */
const ASKED_AGAIN = 0.04
/** Of orders: the others suspend, or resume what is suspended. */
const REVOKES = 0.4
const ASK_AGAIN_AFTER_MS = 150
const LONGEST_PAUSE_MS = 1_000
const ANSWER_PATIENCE_MS = 30_000

const REASON: Record<StatusAction, string> = {
  revoke: 'HOLDER_REQUEST',
  suspend: 'UNDER_REVIEW',
  resume: 'UNDER_REVIEW',
}
const DONE = { revoke: 'revoked', suspend: 'suspended', resume: 'resumed' } as const

/** Admits an issuing department and the notary, and publishes the type that the hammer issues. Safe to call again. */
export async function prepareForHammer(gateway: HammeredGateway): Promise<void> {
  const region = demoRegion()
  const departments = region.departments.filter(({ code }) => DEPARTMENTS.includes(code))
  for (const { code, uscc, domain, zh, en, roles } of departments) {
    const body = { code, uscc, did: `did:web:${domain}`, zh, en, roles }
    await mustDo(gateway, '/v1/departments', `hammer-department-${code}`, body)
  }
  const definition = typeIn(region, TYPE)
  await mustDo(gateway, '/v1/types', `hammer-type-${TYPE}`, { definition })
}

async function mustDo(gateway: HammeredGateway, path: string, key: string, body: unknown): Promise<void> {
  const answer = await fetch(gateway.url + path, writing(gateway, key, body))
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
}

/** A certificate that a client issued, and where its own orders have left it. */
interface Known {
  identifier: string
  standing: 'in force' | 'suspended' | 'revoked'
  /** Its file, once it carries a receipt. */
  file: Buffer<ArrayBuffer> | null
}

interface Client {
  chance: Chance
  own: Known[]
  /** A fresh one. */
  key: () => string
  /** The next one of its own. */
  row: () => unknown
  /** Each counts as a client of its own for the gateway's limits. */
  address: string
}

/** What the log holds is counted before, so everything that comes to it later must have been told to somebody. */
export async function startHammer(options: HammerOptions): Promise<Hammer> {
  const { gateway, file, seed, clients = 4, perSecond = Infinity, mix = DEFAULT_MIX } = options
  const [leastRows, mostRows] = options.batchRows ?? [2, 40]
  const { contended } = options
  const ownView = options.chain === undefined ? null : viewOf(options.chain)
  const told = openToldFile(file)
  const counts: HammerCounts = { acknowledged: 0, answered: 0, refused: 0, lost: 0 }
  /** Of all clients, for questions. */
  const certificates: Known[] = []
  const leaves: string[] = []
  const watchers = new Set<() => void>()
  const stopping = new AbortController()
  const leaving = new AbortController()
  const wheel = OPERATIONS.flatMap(name => Array<Operation>(mix[name] ?? 0).fill(name))
  let begun = 0
  const beganAt = toldClock()

  /** What each operation does; a client does one after the other, so its orders about one certificate keep their order. */
  const operations: Record<Operation, (client: Client) => Promise<void>> = {
    async certificate(client) {
      const body = { type: TYPE, fields: client.row() }
      await write(client, 'certificate', '/v1/certificates', body, answer => [placeOf(answer)])
    },
    async batch(client) {
      const rows = Array.from({ length: client.chance.integer(leastRows, mostRows) }, client.row)
      await write(client, 'batch', '/v1/certificates/batch', { type: TYPE, rows }, answer => {
        const { batch, certificates: issued } = answer as { batch: string | null; certificates: unknown[] }
        return issued.map((one, row) => ({
          ...placeOf(one),
          ...(batch !== null && { id: batch }),
          row,
          rows: rows.length,
        }))
      })
    },
    async record(client) {
      const digest = createHash('sha256').update(`${seed} ${client.key()}`).digest('hex')
      const body = { sha256: digest, name: 'hammered.bin' }
      await write(client, 'record', '/v1/records', body, answer => [{ ...placeOf(answer), digest }])
    },
    async status(client) {
      const inReach = contended === undefined ? client.own : certificates.slice(-contended)
      const open = inReach.filter(({ standing }) => standing !== 'revoked')
      if (open.length === 0) return
      const certificate = client.chance.pick(open)
      const other = certificate.standing === 'suspended' ? 'resume' : 'suspend'
      const action: StatusAction = client.chance.happens(REVOKES) ? 'revoke' : other
      const { identifier } = certificate
      const path = `/v1/certificates/${identifier}/status`
      const isDone = await write(client, action, path, { action, reason: REASON[action] }, answer => {
        const { id, leaf } = answer as { id: string; leaf: string }
        return [{ id, leaf, identifier }]
      })
      if (isDone) certificate.standing = standingAfter(action)
    },
    async verify(client) {
      const shown = await someFile(client)
      if (shown === null) return
      const { identifier, file: shownFile } = shown
      const began = toldClock()
      const answer = await ask(client, '/v1/verify', shownFile)
      if (answer === null) return
      const { verdict } = JSON.parse(answer.toString()) as { verdict: string }
      await note({ told: 'verdict', what: 'verify', key: client.key(), asked: began, identifier, verdict })
    },
    async 'verify-on-chain'(client) {
      if (ownView === null) return
      const shown = await someFile(client)
      if (shown === null) return
      const { identifier } = shown
      const asked = toldClock()
      const { verdict } = await verify(shown.file, ownView.trust, ownView.now(), Math.floor(asked / 1000))
      await note({
        told: 'verdict',
        what: 'verify',
        key: client.key(),
        asked,
        identifier,
        verdict,
        by: 'chain',
      })
    },
    async receipt(client) {
      if (leaves.length === 0) return
      const leaf = client.chance.pick(leaves)
      const began = toldClock()
      const answer = await ask(client, `/v1/receipts/${leaf}`)
      if (answer === null) return
      const { statement } = JSON.parse(answer.toString()) as {
        statement: { state: string; index: number | null; block: { number: number; hash: string } | null }
      }
      const { state, index, block } = statement
      if (state !== 'final' || index === null || block === null) return
      const place = { leaf, index, block: { number: block.number, hash: block.hash } }
      await note({ told: 'final', what: 'receipt', key: client.key(), asked: began, ...place })
    },
  }

  const asked = toldClock()
  const { accepted } = (await (await fetch(`${gateway.url}/v1/log`)).json()) as { accepted: number }
  await told.append({ told: 'started', what: 'log', key: seed, asked, at: toldClock(), accepted })

  const running = Array.from({ length: clients }, (_, n) => runClient(n))
  let failure: { reason: unknown } | null = null
  for (const client of running) {
    client.catch((reason: unknown) => {
      failure ??= { reason }
      for (const watch of watchers) watch()
    })
  }

  const answers = () => counts.acknowledged + counts.answered + counts.refused
  return {
    counts,
    acknowledge: more => until(() => counts.acknowledged, counts.acknowledged + more),
    answer: more => until(answers, answers() + more),
    finish: () => end(),
    async abandon() {
      leaving.abort()
      return end()
    },
  }

  function until(count: () => number, wanted: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const watch = () => {
        if (failure === null && count() < wanted) return
        watchers.delete(watch)
        if (failure === null) resolve()
        else reject(failure.reason)
      }
      watchers.add(watch)
      watch()
    })
  }

  async function end(): Promise<HammerCounts> {
    stopping.abort()
    try {
      await Promise.all(running)
    } finally {
      await Promise.allSettled(running)
      told.close()
    }
    return counts
  }

  async function runClient(n: number): Promise<void> {
    const chance = chanceOf(seed, n)
    const rows = generateRows(typeIn(demoRegion(), TYPE), Number.MAX_SAFE_INTEGER, `${seed} ${n}`)
    const own: Known[] = []
    let writes = 0
    const client: Client = {
      chance,
      own,
      key: () => `hammer-${seed}-${n}-${++writes}`,
      row: () => rows.next().value,
      address: `10.99.${n >> 8}.${n & 255}`,
    }
    while (!stopping.signal.aborted) {
      const due = beganAt + (begun++ / perSecond) * 1000
      await rest(due - toldClock())
      await operations[chance.pick(wheel)](client)
    }
  }

  async function note(line: Omit<Told, 'at'>): Promise<void> {
    const by = line.told === 'verdict' && line.by === undefined ? { by: 'gateway' as const } : {}
    await told.append({ ...line, ...by, at: toldClock() })
    counts.answered++
    for (const watch of watchers) watch()
  }

  /** Asks until there is an answer; notes every answer and every one that was lost. True when the write was done. */
  async function write(
    client: Client,
    what: Told['what'],
    path: string,
    body: unknown,
    placesIn: (answer: unknown) => Place[],
  ): Promise<boolean> {
    const key = client.key()
    const first = await writeOnce(client, { what, key, path, body, placesIn, isAgain: false })
    if (first !== 'done') return false
    if (client.chance.happens(ASKED_AGAIN))
      await writeOnce(client, { what, key, path, body, placesIn, isAgain: true })
    return true
  }

  async function writeOnce(
    client: Client,
    ask: {
      what: Told['what']
      key: string
      path: string
      body: unknown
      placesIn: (answer: unknown) => Place[]
      isAgain: boolean
    },
  ): Promise<'done' | 'refused' | 'open'> {
    const { what, key, path, body, placesIn, isAgain } = ask
    for (;;) {
      const began = toldClock()
      const about = { what, key, asked: began }
      const { status, code, answer, retryAfterMs } = await attempt(client, key, path, body)
      const at = toldClock()
      if (answer !== null) {
        const isExecuted = (STATUS_ACTIONS as readonly string[]).includes(what) && status === 200
        const kind: ToldKind = isExecuted ? DONE[what as StatusAction] : 'accepted'
        const lines = placesIn(answer).map((place): Told => ({ told: kind, ...about, at, ...place }))
        await told.append(...lines)
        if (!isAgain) learn(client, what, lines)
        return 'done'
      }
      // What the gateway could not do now says nothing about what it may have done: it is asked again.
      if (status !== 0 && status < 500 && status !== 429) {
        await told.append({ told: 'refused', ...about, at, code, ...identifierIn(path) })
        counts.refused++
        for (const watch of watchers) watch()
        return 'refused'
      }
      await told.append({ told: 'lost', ...about, at, code, ...identifierIn(path) })
      counts.lost++
      if (leaving.signal.aborted) return 'open'
      await pause(retryAfterMs)
    }
  }

  async function attempt(client: Client, key: string, path: string, body: unknown) {
    const nothing = { status: 0, answer: null, retryAfterMs: ASK_AGAIN_AFTER_MS }
    try {
      const request = writing(gateway, key, body, client.address)
      const signal = AbortSignal.any([leaving.signal, AbortSignal.timeout(ANSWER_PATIENCE_MS)])
      const response = await fetch(gateway.url + path, { ...request, signal })
      const text = await response.text()
      const { status } = response
      const parsed = JSON.parse(text) as { code?: string }
      if (response.ok) return { ...nothing, status, code: '', answer: parsed as unknown }
      const wait = Number(response.headers.get('retry-after') ?? 0) * 1000
      const retryAfterMs = Math.min(LONGEST_PAUSE_MS, Math.max(ASK_AGAIN_AFTER_MS, wait))
      return { status, code: parsed.code ?? String(status), answer: null, retryAfterMs }
    } catch (error) {
      return { ...nothing, code: reasonOf(error) }
    }
  }

  function learn(client: Client, what: Told['what'], lines: Told[]): void {
    counts.acknowledged += lines.length
    for (const { leaf, identifier } of lines) {
      if (leaf !== undefined) leaves.push(leaf)
      if (identifier === undefined || (what !== 'certificate' && what !== 'batch')) continue
      const known: Known = { identifier, standing: 'in force', file: null }
      certificates.push(known)
      client.own.push(known)
    }
    for (const watch of watchers) watch()
  }

  /** The file of a certificate that chance chooses; null when there is none now. */
  async function someFile(client: Client): Promise<{ identifier: string; file: Buffer<ArrayBuffer> } | null> {
    const inReach = contended === undefined ? certificates : certificates.slice(-contended)
    if (inReach.length === 0) return null
    const known = client.chance.pick(inReach)
    const { identifier } = known
    const file = known.file ?? (await ask(client, `/v1/certificates/${identifier}/file`))
    if (file?.includes('"receipt":') === true) known.file = file
    return file === null ? null : { identifier, file }
  }

  /** A question; null when there is no answer now. */
  async function ask(
    client: Client,
    path: string,
    file?: Buffer<ArrayBuffer>,
  ): Promise<Buffer<ArrayBuffer> | null> {
    try {
      const response = await fetch(gateway.url + path, {
        headers: {
          authorization: `Bearer ${gateway.token}`,
          'x-forwarded-for': client.address,
          ...(file !== undefined && { 'content-type': MEDIA_TYPE }),
        },
        signal: AbortSignal.any([leaving.signal, AbortSignal.timeout(ANSWER_PATIENCE_MS)]),
        ...(file !== undefined && { method: 'POST', body: file }),
      })
      const body = Buffer.from(await response.arrayBuffer())
      if (response.ok) return body
    } catch {
      // Nobody was told anything.
    }
    await rest(ASK_AGAIN_AFTER_MS)
    return null
  }

  async function rest(ms: number): Promise<void> {
    if (ms > 0) await pause(ms, undefined, { signal: stopping.signal }).catch(() => undefined)
  }
}

/** What somebody needs who trusts no gateway: a trust file and a node. */
function viewOf({ url, trustPath }: { url: string; trustPath: string }) {
  const trust = parseTrust(readFileSync(trustPath))
  const rpc = createRpc(url)
  return { trust, now: () => liveView(rpc, trust.contracts) }
}

function writing({ token }: HammeredGateway, key: string, body: unknown, address = '127.0.0.1'): RequestInit {
  return {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      'idempotency-key': key,
      'x-forwarded-for': address,
    },
    body: JSON.stringify(body),
  }
}

type Place = Omit<Told, 'told' | 'what' | 'key' | 'asked' | 'at'>

function placeOf(answer: unknown): Place {
  const { id, identifier, leaf, index, promise } = answer as Required<Told>
  return {
    ...(id !== undefined && { id }),
    ...(identifier !== undefined && { identifier }),
    leaf,
    index,
    promise,
  }
}

function identifierIn(path: string): Pick<Told, 'identifier'> {
  const [, identifier] = /^\/v1\/certificates\/([^/]+)\/status$/.exec(path) ?? []
  return identifier === undefined ? {} : { identifier }
}

function standingAfter(action: StatusAction): Known['standing'] {
  return action === 'revoke' ? 'revoked' : action === 'suspend' ? 'suspended' : 'in force'
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const { code } = (error.cause ?? error) as { code?: unknown }
  return typeof code === 'string' ? code : error.name
}
