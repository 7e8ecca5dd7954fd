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
import { chanceOf } from '../generate/random.ts'
import { consentOperations } from './hammer-consent.ts'
import { deskOperation } from './hammer-desk.ts'
import type { Asker, HammerClient, Place, Question, Write } from './hands.ts'
import { HOUSING, housingMatter, READING_DEPARTMENT, type Citizen } from './people.ts'
import {
  contentOf,
  DESK_STEPS,
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
  'grant',
  'use',
  'withdrawal',
  'desk',
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
  /** Begins nothing new and leaves what has no answer without one. After `finish` it does what that does. */
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
  grant: 0,
  use: 0,
  withdrawal: 0,
  desk: 0,
}

/** What people do besides: consent, readings by it, and batches at the issuing desk. Needs the demo's identity provider. */
export const PEOPLE_MIX = { grant: 1, use: 1, withdrawal: 1, desk: 1 } as const

const TYPE = 'RIC'
const ISSUER = 'GAJ'
const DEPARTMENTS = [ISSUER, 'ZSJ', READING_DEPARTMENT]
/** What is acknowledged and is no statement. */
const STORED = new Set<Told['what']>(['request', 'grant', 'withdrawal', ...DESK_STEPS])
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

/**
 * Admits an issuing department, one that reads and the notary, and publishes the type that the hammer issues and the matter that is
 * read for. Safe to call again.
 */
export async function prepareForHammer(gateway: HammeredGateway): Promise<void> {
  const region = demoRegion()
  const departments = region.departments.filter(({ code }) => DEPARTMENTS.includes(code))
  for (const { code, uscc, domain, zh, en, roles } of departments) {
    const body = { code, uscc, did: `did:web:${domain}`, zh, en, roles }
    await mustDo(gateway, '/v1/departments', `hammer-department-${code}`, body)
  }
  const definition = typeIn(region, TYPE)
  await mustDo(gateway, '/v1/types', `hammer-type-${TYPE}`, { definition })
  await mustDo(gateway, '/v1/matters', `hammer-matter-${HOUSING}`, { matters: [housingMatter()] })
}

async function mustDo(gateway: HammeredGateway, path: string, key: string, body: unknown): Promise<void> {
  const { headers } = await operator(gateway).credentials()
  const answer = await fetch(gateway.url + path, writing(headers, key, body))
  if (!answer.ok) throw new Error(`${path} answered ${answer.status}: ${await answer.text()}`)
}

/** A certificate that a client issued, and where its own orders have left it. */
interface Known {
  identifier: string
  standing: 'in force' | 'suspended' | 'revoked'
  /** Its file, once it carries a receipt. */
  file: Buffer<ArrayBuffer> | null
}

interface Client extends HammerClient {
  own: Known[]
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
  /** Of each client. */
  const owned: Known[][] = []
  const watchers = new Set<() => void>()
  const stopping = new AbortController()
  const leaving = new AbortController()
  const operating = operator(gateway)
  const wheel = OPERATIONS.flatMap(name => Array<Operation>(mix[name] ?? 0).fill(name))
  let begun = 0
  const beganAt = toldClock()

  /** What each operation does; a client does one after the other, so its orders about one certificate keep their order. */
  const operations: Record<Operation, (client: Client) => Promise<void>> = {
    async certificate(client) {
      const fields = client.row()
      const content = contentOf(Object.entries(fields))
      await write(client, {
        what: 'certificate',
        path: '/v1/certificates',
        body: { type: TYPE, fields },
        placesIn: answer => [{ ...placeOf(answer), content }],
      })
    },
    async batch(client) {
      const rows = Array.from({ length: client.chance.integer(leastRows, mostRows) }, client.row)
      const contents = rows.map(row => contentOf(Object.entries(row)))
      const placesIn = (answer: unknown): Place[] => {
        const { batch, certificates: issued } = answer as { batch: string | null; certificates: unknown[] }
        return issued.map((one, row) => ({
          ...placeOf(one),
          content: contents[row]!,
          ...(batch !== null && { id: batch }),
          row,
          rows: rows.length,
        }))
      }
      const body = { type: TYPE, rows }
      await write(client, { what: 'batch', path: '/v1/certificates/batch', body, placesIn })
    },
    async record(client) {
      const digest = createHash('sha256').update(`${seed} ${client.key()}`).digest('hex')
      const body = { sha256: digest, name: 'hammered.bin' }
      const placesIn = (answer: unknown) => [{ ...placeOf(answer), digest }]
      await write(client, { what: 'record', path: '/v1/records', body, placesIn })
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
      const isDone = await write(client, {
        what: action,
        path,
        body: { action, reason: REASON[action] },
        about: { identifier },
        placesIn: answer => {
          const { id, leaf } = answer as { id: string; leaf: string }
          return [{ id, leaf, identifier }]
        },
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
    ...consentOperations(gateway, { write, question }, issueTo),
    desk: deskOperation(
      gateway,
      { write, question },
      { department: ISSUER, type: TYPE, rows: [leastRows, mostRows] },
    ),
  }

  /** An identity certificate that none of the other operations knows. */
  async function issueTo(client: HammerClient, { name, idNo }: Citizen) {
    let issued: { identifier: string; leaf: string } | null = null
    const fields = { ...client.row(), name, idNo }
    const content = contentOf(Object.entries(fields))
    await write(client, {
      what: 'certificate',
      path: '/v1/certificates',
      body: { type: TYPE, fields },
      isApart: true,
      placesIn: answer => {
        issued = answer as { identifier: string; leaf: string }
        return [{ ...placeOf(answer), content }]
      },
    })
    return issued
  }

  const asked = toldClock()
  const { accepted } = (await (await fetch(`${gateway.url}/v1/log`)).json()) as { accepted: number }
  await told.append({ told: 'started', what: 'log', key: seed, asked, at: toldClock(), accepted })

  const running = Array.from({ length: clients }, (_, n) => runClient(n))
  let failure: { reason: unknown } | null = null
  /** Once: what its file's number stands for after that is somebody else's. */
  let ending: Promise<HammerCounts> | null = null
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
    finish: () => (ending ??= end()),
    abandon() {
      leaving.abort()
      return (ending ??= end())
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
    owned[n] = own
    let writes = 0
    const client: Client = {
      n,
      chance,
      own,
      key: () => `hammer-${seed}-${n}-${++writes}`,
      row: () => rows.next().value as Record<string, unknown>,
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

  async function write(client: HammerClient, asked: Write): Promise<boolean> {
    const key = client.key()
    if ((await writeOnce(client, key, asked, false)) !== 'done') return false
    if (client.chance.happens(ASKED_AGAIN)) await writeOnce(client, key, asked, true)
    return true
  }

  async function writeOnce(
    client: HammerClient,
    key: string,
    asking: Write,
    isAgain: boolean,
  ): Promise<'done' | 'refused' | 'open'> {
    const { what, path, body, by = operating, about: aboutIt = {}, placesIn } = asking
    for (;;) {
      const about = { what, key, asked: toldClock() }
      const { status, code, answer, retryAfterMs } = await attempt(client, by, path, { key, body })
      const at = toldClock()
      if (answer !== null) {
        const isExecuted = (STATUS_ACTIONS as readonly string[]).includes(what) && status === 200
        const kind: ToldKind = isExecuted
          ? DONE[what as StatusAction]
          : STORED.has(what)
            ? 'stored'
            : 'accepted'
        const lines = placesIn(answer).map((place): Told => ({ told: kind, ...about, at, ...place }))
        await told.append(...lines)
        if (!isAgain) learn(client, asking, lines)
        return 'done'
      }
      if (isRefusal(status)) {
        await told.append({ told: 'refused', ...about, at, code, ...aboutIt })
        counts.refused++
        for (const watch of watchers) watch()
        return 'refused'
      }
      await told.append({ told: 'lost', ...about, at, code, ...aboutIt })
      counts.lost++
      if (leaving.signal.aborted) return 'open'
      await pause(retryAfterMs)
    }
  }

  async function question<Answer>(
    client: HammerClient,
    { path, by, body }: Question,
  ): Promise<Answer | null> {
    const key = client.key()
    while (!leaving.signal.aborted) {
      const { status, code, answer, retryAfterMs } = await attempt(
        client,
        by,
        path,
        body === undefined ? undefined : { key, body },
      )
      if (answer !== null) return answer as Answer
      if (isRefusal(status)) throw new Error(`${path} was refused: ${code}`)
      await pause(retryAfterMs)
    }
    return null
  }

  async function attempt(
    client: HammerClient,
    by: Asker,
    path: string,
    write: { key: string; body: unknown } | undefined,
  ) {
    const nothing = { status: 0, answer: null, retryAfterMs: ASK_AGAIN_AFTER_MS }
    try {
      const { url, headers: own } = await by.credentials()
      const headers = { ...own, 'x-forwarded-for': client.address }
      const request = write === undefined ? { headers } : writing(headers, write.key, write.body)
      const signal = AbortSignal.any([leaving.signal, AbortSignal.timeout(ANSWER_PATIENCE_MS)])
      const response = await fetch(url + path, { ...request, signal })
      const text = await response.text()
      const { status } = response
      const parsed = JSON.parse(text) as { code?: string }
      if (response.ok) return { ...nothing, status, code: '', answer: parsed as unknown }
      const { code = String(status) } = parsed
      // A session that is gone or old is begun again; nothing was done.
      if (by !== operating && (status === 401 || code === 'STEP_UP_REQUIRED')) {
        by.renew()
        return { ...nothing, code }
      }
      const wait = Number(response.headers.get('retry-after') ?? 0) * 1000
      const retryAfterMs = Math.min(LONGEST_PAUSE_MS, Math.max(ASK_AGAIN_AFTER_MS, wait))
      return { status, code, answer: null, retryAfterMs }
    } catch (error) {
      return { ...nothing, code: reasonOf(error) }
    }
  }

  function learn({ n }: HammerClient, { what, isApart = false }: Write, lines: Told[]): void {
    for (const { leaf, identifier } of lines) {
      if (leaf === undefined) continue
      counts.acknowledged++
      leaves.push(leaf)
      if (isApart || identifier === undefined || (what !== 'certificate' && what !== 'batch')) continue
      const known: Known = { identifier, standing: 'in force', file: null }
      certificates.push(known)
      owned[n]?.push(known)
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

/** Holds the data folder's token. */
function operator({ url, token }: HammeredGateway): Asker {
  const credentials = { url, headers: { authorization: `Bearer ${token}` } }
  return { credentials: async () => credentials, renew: () => undefined }
}

function writing(headers: Readonly<Record<string, string>>, key: string, body: unknown): RequestInit {
  return {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(body),
  }
}

/** What the gateway could not do now says nothing about what it may have done: it is asked again. */
const isRefusal = (status: number): boolean => status !== 0 && status < 500 && status !== 429

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

function standingAfter(action: StatusAction): Known['standing'] {
  return action === 'revoke' ? 'revoked' : action === 'suspend' ? 'suspended' : 'in force'
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const { code } = (error.cause ?? error) as { code?: unknown }
  return typeof code === 'string' ? code : error.name
}
