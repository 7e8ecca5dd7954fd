/**
 * The oracle of the drills: is everything that clients were told still so? Of the gateway only the files are taken; what they say is
 * verified against the chain, with the trust file that was fetched when the gateway was new.
 */
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { equalBytes, fromHex, toHex } from '../../protocol/bytes.ts'
import type { ChainView } from '../../protocol/chain-view.ts'
import { parseFile } from '../../protocol/file.ts'
import { verifyInclusion } from '../../protocol/log.ts'
import { parseNoteKey, verifyNote } from '../../protocol/note.ts'
import { openPromise } from '../../protocol/promise.ts'
import { readReceipt } from '../../protocol/receipt.ts'
import { snapshotView } from '../../protocol/snapshot.ts'
import { parseTrust, type Trust } from '../../protocol/trust.ts'
import { verify } from '../../protocol/verify.ts'
import { INTERFACES } from '../../server/chain/contracts.ts'
import { takeSnapshot } from '../../server/chain/export.ts'
import { logId } from '../../server/chain/log-id.ts'
import { createRpc, toQuantity, type Rpc } from '../../server/chain/rpc.ts'
import { eachAtOnce, LOOK_EVERY_MS, read, type CheckedGateway } from './asking.ts'
import { checkConsent } from './check-consent.ts'
import { checkDesk } from './check-desk.ts'
import { checkHistory } from './check-history.ts'
import type { HammeredGateway } from './hammer.ts'
import { contentOf, readTold, STATUS_ACTIONS, type StatusAction, type Told } from './told.ts'

export interface ToldCheck {
  /** Every broken promise, with the identifier concerned. */
  violations: string[]
  figures: {
    /** Statements that were acknowledged, by kind and in all. */
    acknowledged: number
    certificates: number
    records: number
    orders: number
    batches: number
    /** Grants that were acknowledged, withdrawals of them and uses under them; batches that were approved at the issuing desk. */
    grants: number
    withdrawals: number
    uses: number
    deskBatches: number
    /** Answers that said "final", and verdicts. */
    final: number
    verdicts: number
    refused: number
    lostAnswers: number
    checkpoints: number
  }
  /** Acknowledged statements that are not there as they were told. */
  lost: number
}

export interface CheckOptions {
  /** Nobody but the hammers of this file has written since they began, so every statement in the log was told. Default: true. */
  alone?: boolean
  /** Codes with which the gateway may have refused a write; every other refusal is a violation, for all writes are good ones. */
  mayRefuse?: readonly string[]
  /** Longest wait until everything is final, in milliseconds. */
  patienceMs?: number
}

const LOGS_AT_ONCE = 2_000

/**
 * Waits until everything is final, then holds the gateway and the chain to what clients were told: every acknowledged statement is
 * there, at its place, once for each key; its promise and its receipt verify; its status is as it was ordered; nothing that was called
 * final was undone; each size is anchored once; batches are whole; and the log holds nothing that nobody was told of.
 */
export async function checkTold(
  gateway: CheckedGateway,
  file: string,
  { alone = true, mayRefuse = [], patienceMs = 120_000 }: CheckOptions = {},
): Promise<ToldCheck> {
  const lines = readTold(file)
  const violations: string[] = []
  const told = acknowledgedIn(lines, violations)
  // What was approved is issued before it can be final.
  const desk = await checkDesk(gateway, lines, patienceMs)
  const size = await untilFinal(gateway, patienceMs)

  const trust = parseTrust(readFileSync(gateway.trustPath))
  const rpc = createRpc(gateway.chainUrl)
  const snapshot = await takeSnapshot(rpc, trust)
  // Asked as if it were the chain at that block.
  const view = snapshotView(snapshot, 'live')
  const now = Math.floor(Date.now() / 1000)

  const consent = await checkConsent(gateway, { rpc, trust, lines, patienceMs })
  const statements = told.filter(({ leaf }) => leaf !== undefined)
  const acknowledged = [...statements, ...desk.statements, ...consent.statements]
  violations.push(...desk.violations, ...consent.violations)
  const standings = standingsTold(acknowledged, lines)
  const places = new Map<number, string>()
  let lost = desk.lost + consent.lost
  await eachAtOnce(acknowledged, async told => {
    const wrong = await checkStatement(gateway, told, { trust, view, now, standings, places })
    if (wrong.length > 0) lost++
    violations.push(...wrong)
  })
  violations.push(...(await checkOrders(gateway, acknowledged, patienceMs)))
  violations.push(...(await checkBatches(gateway, acknowledged)))
  violations.push(...(await checkFinal(rpc, lines, { trust, view })))
  const checkpoints = snapshot.logs[0]?.checkpoints ?? []
  violations.push(...(await checkAnchors(gateway, rpc, trust, checkpoints)))
  if (alone) violations.push(...checkNothingElse(lines, places, size))
  violations.push(...checkHistory(lines))
  for (const { told: kind, what, key, identifier, code = '' } of lines) {
    // A use may be refused with good reason, which only the story of its grant tells.
    if (kind === 'refused' && what !== 'use' && !mayRefuse.includes(code))
      violations.push(`${what} ${identifier ?? ''} (key ${key}) was refused: ${code}`)
  }

  const count = (...kinds: Told['what'][]) => told.filter(({ what }) => kinds.includes(what)).length
  const of = (kind: Told['told']) => lines.filter(({ told }) => told === kind).length
  return {
    violations,
    lost,
    figures: {
      acknowledged: statements.length + desk.statements.length,
      certificates: count('certificate', 'batch'),
      records: count('record'),
      orders: count(...STATUS_ACTIONS),
      batches: new Set(told.filter(({ what }) => what === 'batch').map(({ key }) => key)).size,
      grants: count('grant'),
      withdrawals: count('withdrawal'),
      uses: count('use'),
      deskBatches: count('approval'),
      final: of('final'),
      verdicts: of('verdict'),
      refused: of('refused'),
      lostAnswers: of('lost'),
      checkpoints: checkpoints.length,
    },
  }
}

/** Waits until the log is sealed and its newest checkpoint final. Returns its size; rejects when it takes too long. */
export async function untilFinal({ url }: HammeredGateway, patienceMs: number): Promise<number> {
  const began = performance.now()
  for (;;) {
    const { accepted, sealed, latest } = (await (await fetch(`${url}/v1/log`)).json()) as {
      accepted: number
      sealed: number
      latest: { state: string } | null
    }
    if (accepted === sealed && (latest === null || latest.state === 'final')) return accepted
    if (performance.now() - began > patienceMs)
      throw new Error(`${accepted} accepted, ${sealed} sealed, not final after ${patienceMs} ms`)
    await pause(LOOK_EVERY_MS)
  }
}

const ACKNOWLEDGED = new Set<Told['told']>(['accepted', 'stored', 'revoked', 'suspended', 'resumed'])

/** One line for each acknowledged write and row. A key that was answered twice must have been answered the same. */
function acknowledgedIn(lines: readonly Told[], violations: string[]): Told[] {
  const first = new Map<string, Told>()
  for (const line of lines) {
    if (!ACKNOWLEDGED.has(line.told)) continue
    const name = `${line.key} ${line.row ?? 0}`
    const before = first.get(name)
    if (before === undefined) first.set(name, line)
    else if ((['leaf', 'index', 'id', 'grant'] as const).some(name => before[name] !== line[name]))
      violations.push(`the key ${line.key} had two effects: ${placeText(before)} and ${placeText(line)}`)
  }
  return [...first.values()]
}

const placeText = ({ identifier, id, leaf, index }: Told) =>
  `${identifier ?? id ?? 'a statement'} (leaf ${leaf}, index ${index ?? 'not told'})`

type Standing = 'in force' | 'suspended' | 'revoked'

/** Where the acknowledged orders leave each certificate; null when one about it has no answer. */
function standingsTold(acknowledged: readonly Told[], lines: readonly Told[]): Map<string, Standing | null> {
  const standings = new Map<string, Standing | null>()
  const after: Record<StatusAction, Standing> = {
    revoke: 'revoked',
    suspend: 'suspended',
    resume: 'in force',
  }
  for (const { what, identifier } of acknowledged) {
    if (identifier !== undefined) standings.set(identifier, after[what as StatusAction] ?? 'in force')
  }
  const answered = new Set(lines.filter(({ told }) => told !== 'lost').map(({ key }) => key))
  for (const { key, identifier } of lines) {
    if (identifier !== undefined && !answered.has(key)) standings.set(identifier, null)
  }
  return standings
}

/** Reasons of the answer *not revoked*. */
const STATUS: Record<Standing, string> = {
  'in force': 'STATUS_CLEAR',
  suspended: 'SUSPENDED',
  revoked: 'REVOKED',
}

interface Facts {
  trust: Trust
  view: ChainView
  now: number
  standings: ReadonlyMap<string, Standing | null>
  /** Which key has each index. */
  places: Map<number, string>
}

const HAVE_FILES = new Set<Told['what']>(['certificate', 'batch', 'record'])

/** What is wrong with one acknowledged statement; nothing when it is as it was told. */
async function checkStatement(gateway: HammeredGateway, told: Told, facts: Facts): Promise<string[]> {
  const { what, identifier, id, leaf = '', index, promise } = told
  const name = `${what} ${identifier ?? id ?? ''} (key ${told.key}, leaf ${leaf})`
  const { trust, view, now, standings, places } = facts
  const noteKey = parseNoteKey(trust.logs[0]!.noteKey)
  if (promise !== undefined && toHex(openPromise(promise, noteKey).leaf) !== leaf)
    return [`${name}: its promise is for another leaf`]

  if (!HAVE_FILES.has(what)) {
    const answer = await read(gateway, `/v1/receipts/${leaf}`)
    if (answer === null) return [`${name}: the log does not have it`]
    const { receipt } = JSON.parse(answer.toString()) as { receipt: unknown }
    const place = receipt === null ? null : await provenIndex(receipt, leaf, trust, view)
    if (place === null) return [`${name}: it has no receipt that verifies`]
    if (index !== undefined && place !== index)
      return [`${name}: told index ${index}, its receipt says ${place}`]
    return taken(places, place, told, name)
  }

  const path = what === 'record' ? `/v1/records/${id}/file` : `/v1/certificates/${identifier}/file`
  const file = await read(gateway, path)
  if (file === null) return [`${name}: the gateway does not have it`]
  const digest = what === 'record' ? { digest: fromHex(`0x${told.digest}`)! } : {}
  const { answers, subject, anchor } = await verify(file, trust, view, now, digest)
  if (subject?.leaf !== leaf) return [`${name}: its file is of the leaf ${subject?.leaf ?? 'none'}`]
  const { evidence } = parseFile(file)
  if (evidence.kind !== 'receipt' || anchor === null) return [`${name}: it has no receipt`]
  const place = readReceipt(evidence.receipt).index
  const doubled = taken(places, place, told, name)
  if (place !== index) return [`${name}: told index ${index}, its receipt says ${place}`]
  const { content } = told
  if (
    content !== undefined &&
    (subject.kind !== 'certificate' || contentOf(subject.certificate.fields) !== content)
  )
    return [`${name}: it does not say what it was asked to say`]
  // Dates are the row's own affair.
  const unproved = (['intact', 'anchored', 'authorised'] as const).filter(
    question => answers[question].answer !== 'yes',
  )
  for (const question of unproved) return [`${name}: ${question}? ${answers[question].because}`]
  const standing = what === 'record' ? null : (standings.get(identifier!) ?? null)
  const { because } = answers['not revoked']
  if (standing !== null && because !== STATUS[standing])
    return [`${name}: told ${standing}, and the chain says ${because}`]
  return doubled
}

function taken(places: Map<number, string>, place: number, { key }: Told, name: string): string[] {
  const before = places.get(place)
  places.set(place, key)
  return before === undefined ? [] : [`${name}: its index ${place} is that of the key ${before} too`]
}

/** The index at which a receipt proves this leaf on the chain; null when it does not. */
async function provenIndex(
  receipt: unknown,
  leaf: string,
  trust: Trust,
  view: ChainView,
): Promise<number | null> {
  const { index, hashes, checkpoint, note } = readReceipt(receipt)
  const { origin, size, root } = checkpoint
  const log = trust.logs.find(one => one.origin === origin)
  if (log === undefined) return null
  verifyNote(note, [parseNoteKey(log.noteKey)])
  const stored = await view.checkpointOfSize(origin, size)
  const isOnChain = stored !== null && equalBytes(stored.root, root)
  return isOnChain && verifyInclusion({ leaf: fromHex(leaf)!, index, size, proof: hashes, root })
    ? index
    : null
}

/** Every acknowledged order becomes final: none is refused by the chain, or waits for ever. */
async function checkOrders(
  gateway: HammeredGateway,
  acknowledged: readonly Told[],
  patienceMs: number,
): Promise<string[]> {
  const orders = acknowledged.filter(({ what }) => (STATUS_ACTIONS as readonly string[]).includes(what))
  const byCertificate = Map.groupBy(orders, ({ identifier }) => identifier!)
  const violations: string[] = []
  await eachAtOnce([...byCertificate], async ([identifier, told]) => {
    const began = performance.now()
    for (;;) {
      const answer = await read(gateway, `/v1/certificates/${identifier}/state`)
      const { changes } = JSON.parse(answer?.toString() ?? '{"changes":[]}') as {
        changes: { id: string; state: string; refusal: string | null }[]
      }
      const open = told.filter(({ id }) => changes.find(one => one.id === id)?.state !== 'final')
      if (open.length === 0) break
      const refused = changes.filter(({ state }) => state === 'refused')
      for (const { id, refusal } of refused)
        violations.push(`the order ${id} about ${identifier} was accepted, then refused: ${refusal ?? ''}`)
      if (refused.length > 0) break
      if (performance.now() - began > patienceMs) {
        for (const { id } of open)
          violations.push(`the order ${id} about ${identifier} does not become final`)
        break
      }
      await pause(LOOK_EVERY_MS)
    }
  })
  return violations
}

/** A batch has all of its rows, one after the other, and no more. */
async function checkBatches(gateway: HammeredGateway, acknowledged: readonly Told[]): Promise<string[]> {
  const batches = Map.groupBy(
    acknowledged.filter(({ what }) => what === 'batch'),
    ({ key }) => key,
  )
  const violations: string[] = []
  await eachAtOnce([...batches], async ([key, rows]) => {
    const [{ id, rows: asked, index: first = 0 } = {} as Told] = rows
    if (rows.length !== asked) violations.push(`half a batch: key ${key}, ${rows.length} of ${asked} rows`)
    if (rows.some(({ index, row }) => index !== first + row!))
      violations.push(`batch ${id ?? key}: its rows do not stand one after the other`)
    if (id === undefined) return
    const answer = await read(gateway, `/v1/certificates?batch=${id}&limit=200`)
    const found = JSON.parse(answer?.toString() ?? '{"certificates":[]}') as { certificates: unknown[] }
    if (found.certificates.length !== Math.min(200, asked ?? 0))
      violations.push(`half a batch: ${id}, ${found.certificates.length} of ${asked} rows`)
  })
  return violations
}

/** What was called final stands in the same block still. */
async function checkFinal(
  rpc: Rpc,
  lines: readonly Told[],
  { trust, view }: { trust: Trust; view: ChainView },
): Promise<string[]> {
  const hashes = new Map<number, string>()
  const violations: string[] = []
  for (const { told, leaf, index, block } of lines) {
    if (told !== 'final' || block === undefined || index === undefined) continue
    if (!hashes.has(block.number)) {
      const found = await rpc.call<{ hash: string } | null>('eth_getBlockByNumber', [
        toQuantity(block.number),
        false,
      ])
      hashes.set(block.number, found?.hash.toLowerCase() ?? 'none')
    }
    const covering = await view.firstCovering(trust.logs[0]!.origin, index)
    if (hashes.get(block.number) !== block.hash || covering === null || covering.blockNumber > block.number)
      violations.push(`the leaf ${leaf} was told final in block ${block.number}, and is so no more`)
  }
  return violations
}

/** One event for each checkpoint, as many as the contract counts, and the same that the gateway shows. */
async function checkAnchors(
  gateway: HammeredGateway,
  rpc: Rpc,
  trust: Trust,
  checkpoints: readonly { size: number; root: string }[],
): Promise<string[]> {
  const violations: string[] = []
  const sizes = await anchoredSizes(rpc, trust)
  const times = Map.groupBy(sizes, size => size)
  for (const [size, events] of times) {
    if (events.length > 1) violations.push(`size ${size} was anchored ${events.length} times`)
  }
  if (sizes.length !== checkpoints.length)
    violations.push(`the contract counts ${checkpoints.length} checkpoints, its events are ${sizes.length}`)
  const onChain = new Map(checkpoints.map(({ size, root }) => [size, root]))
  for (let from = 0; ;) {
    const answer = await read(gateway, `/v1/log/checkpoints?from=${from}&limit=1000`)
    const page = JSON.parse(answer?.toString() ?? '{"checkpoints":[]}') as {
      checkpoints: { size: number; root: string; state: string }[]
    }
    for (const { size, root, state } of page.checkpoints) {
      if (onChain.get(size) !== root || state !== 'final')
        violations.push(`checkpoint ${size} is ${state}, its root is not that on chain`)
      onChain.delete(size)
      from = size
    }
    if (page.checkpoints.length === 0) break
  }
  for (const size of onChain.keys())
    violations.push(`the chain has a checkpoint ${size} that the gateway lacks`)
  return violations
}

/** Sizes in the events of the trusted log, in the order of the chain. */
export async function anchoredSizes(rpc: Rpc, trust: Trust): Promise<number[]> {
  const event = INTERFACES.AnchorLog.getEvent('Anchored')!
  const latest = Number(await rpc.call<string>('eth_blockNumber'))
  const sizes: number[] = []
  for (let from = 0; from <= latest; from += LOGS_AT_ONCE) {
    const found = await rpc.call<{ topics: string[]; data: string }[]>('eth_getLogs', [
      {
        address: trust.contracts.AnchorLog.address,
        fromBlock: toQuantity(from),
        toBlock: toQuantity(Math.min(latest, from + LOGS_AT_ONCE - 1)),
        topics: [event.topicHash, logId(trust.logs[0]!.origin)],
      },
    ])
    for (const { topics, data } of found)
      sizes.push(Number(INTERFACES.AnchorLog.decodeEventLog(event, data, topics)['size']))
  }
  return sizes
}

/** Every place in the log since the hammers began was told to somebody. */
function checkNothingElse(
  lines: readonly Told[],
  places: ReadonlyMap<number, string>,
  size: number,
): string[] {
  const begun = Math.min(...lines.flatMap(({ accepted }) => accepted ?? []), size)
  const untold: number[] = []
  for (let index = begun; index < size; index++) if (!places.has(index)) untold.push(index)
  // A write without any answer may be there or not.
  const answered = new Set(lines.filter(({ told }) => told !== 'lost').map(({ key }) => key))
  const hasOpen = lines.some(({ key }) => !answered.has(key))
  if (untold.length === 0 || hasOpen) return []
  return [`nobody was told of the statements at ${untold.slice(0, 20).join(', ')} (${untold.length} in all)`]
}
