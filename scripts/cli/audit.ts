/**
 * Auditing a log: every leaf is hashed into the tree once more, and every checkpoint, on chain and as signed, is compared with the
 * root that comes out. Memory does not grow with the log.
 *
 * That each root is that of the same leaves is more than a consistency proof between any two checkpoints could show.
 */
import Database from 'better-sqlite3'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { equalBytes, fromBase64, toBase64 } from '../../protocol/bytes.ts'
import { CONTRACT_NAMES, type AnchoredCheckpoint, type ChainView } from '../../protocol/chain-view.ts'
import { openCheckpoint, parseSignedCheckpoint } from '../../protocol/checkpoint.ts'
import { parseNoteKey, type NoteKey } from '../../protocol/note.ts'
import { Refusal } from '../../protocol/refusal.ts'
import type { Snapshot } from '../../protocol/snapshot.ts'
import { tilePath } from '../../protocol/tiles.ts'
import type { Trust } from '../../protocol/trust.ts'
import { logId } from '../../server/chain/log-id.ts'
import type { Rpc } from '../../server/chain/rpc.ts'
import { anchored, ContractRevert, contractReader, type Addresses } from '../../server/chain/view.ts'
import type { ApiClient } from '../../server/http/client.ts'
import { assertOurs } from '../../server/store/migrations.ts'
import { alteredUses } from '../../server/store/sqlite/uses.ts'
import { growingTree, leafOf } from './tree.ts'

export interface Difference {
  code:
    | 'ROOT_DIFFERS'
    | 'NOTE_ROOT_DIFFERS'
    | 'NOTE_WRONG'
    | 'NOTE_MISSING'
    | 'NOT_ON_CHAIN'
    | 'LEAVES_MISSING'
    | 'LEAF_DIFFERS'
    | 'STATEMENT_MISSING'
    | 'TILE_WRONG'
    | 'USE_DIFFERS'
    | 'USE_MISSING'
  /** Of a leaf. */
  index?: number
  /** Of a checkpoint. */
  size?: number
  /** Size of the last checkpoint that agreed: what differs has its index from here on. */
  agreedTo?: number
  expected?: string
  found?: string
}

export interface Audit {
  agrees: boolean
  origin: string
  /** Leaves that were hashed. */
  leaves: number
  /** Root of all of them, base64. */
  root: string
  checkpoints: { onChain: number; signed: number; pending: number }
  /** The block at which the chain was asked. */
  asOf: { number: number; hash: string; time: number }
  /** The first of each kind. */
  differences: Difference[]
  /** How many there are of each kind. */
  counts: Record<string, number>
}

export interface Leaves {
  /** 32 bytes each, one after the other. */
  flat: Uint8Array
  differences?: Difference[]
}

export interface SignedCheckpoint {
  size: number
  note: string
  /** Where the log says that it is anchored; null = not yet. */
  blockNumber: number | null
}

/** A log as its keeper shows it. */
export interface AuditedLog {
  origin: string
  /** Leaves that it says there are. */
  size: number
  leaves(): AsyncIterable<Leaves>
  /** Ascending. */
  checkpoints(): AsyncIterable<SignedCheckpoint>
  /** What people are shown beside the log and does not say the same as its statements. */
  besides?(): Difference[]
  close(): void
}

/** The checkpoints on chain, at one block, ascending. */
export interface AuditedChain {
  asOf: { number: number; hash: string; time: number }
  checkpoints(): AsyncIterable<AnchoredCheckpoint>
}

const HASH_BYTES = 32
/** Listed of each kind; the rest is counted. */
const MOST_LISTED = 20
const TILE_WIDTH = 256
const TILES_AT_ONCE = 8
const ROWS_AT_A_TIME = 1_000
const CHECKPOINTS_AT_A_TIME = 500

/** Compares all with all; without a note key the signatures of notes are left alone. Writes nothing anywhere. */
export async function auditLog(
  log: AuditedLog,
  chain: AuditedChain,
  noteKey: NoteKey | null,
  onProgress: (done: number, all: number) => void,
): Promise<Audit> {
  const tree = growingTree()
  const found = collector()
  const leaves = reader(log.leaves())
  const onChain = reader(chain.checkpoints())
  const signed = reader(log.checkpoints())
  const counts = { onChain: 0, signed: 0, pending: 0 }
  let agreedTo = 0
  /** Leaves of the present chunk that are in the tree already. */
  let taken = 0

  for (;;) {
    const anchor = await onChain.peek()
    const note = await signed.peek()
    if (anchor === undefined && note === undefined) break
    const size = Math.min(anchor?.size ?? Infinity, note?.size ?? Infinity)
    const root = (await growTo(size)) ? tree.root() : null
    let agrees = root !== null

    if (anchor?.size === size) {
      counts.onChain++
      onChain.take()
      if (root === null) found({ code: 'LEAVES_MISSING', size, expected: `${size}`, found: `${tree.size}` })
      else if (!equalBytes(root, anchor.root)) {
        agrees = false
        found({
          code: 'ROOT_DIFFERS',
          size,
          agreedTo,
          expected: toBase64(anchor.root),
          found: toBase64(root),
        })
      }
      if (note?.size !== size) found({ code: 'NOTE_MISSING', size })
    }
    if (note?.size === size) {
      counts.signed++
      signed.take()
      const claimed = openNoteOf(note, log.origin, noteKey)
      if (claimed === null) found({ code: 'NOTE_WRONG', size })
      else if (root !== null && !equalBytes(root, claimed)) {
        agrees = false
        found({
          code: 'NOTE_ROOT_DIFFERS',
          size,
          agreedTo,
          expected: toBase64(claimed),
          found: toBase64(root),
        })
      }
      if (anchor?.size !== size) {
        const isPromisedHere = note.blockNumber !== null && note.blockNumber <= chain.asOf.number
        if (isPromisedHere) found({ code: 'NOT_ON_CHAIN', size, expected: `block ${note.blockNumber}` })
        else counts.pending++
      }
    }
    if (agrees) agreedTo = size
  }
  await growTo(Infinity)
  for (const difference of log.besides?.() ?? []) found(difference)

  const { differences, counts: kinds } = found.all()
  return {
    agrees: differences.length === 0,
    origin: log.origin,
    leaves: tree.size,
    root: toBase64(tree.root()),
    checkpoints: counts,
    asOf: chain.asOf,
    differences,
    counts: kinds,
  }

  /** False when there are not so many leaves. */
  async function growTo(size: number): Promise<boolean> {
    while (tree.size < size) {
      const chunk = await leaves.peek()
      if (chunk === undefined) return false
      const start = taken
      const end = Math.min(chunk.flat.length / HASH_BYTES, start + size - tree.size)
      if (start === 0) for (const difference of chunk.differences ?? []) found(difference)
      for (let i = start; i < end; i++) tree.add(chunk.flat.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES))
      taken = end
      if (end === chunk.flat.length / HASH_BYTES) {
        leaves.take()
        taken = 0
        onProgress(tree.size, Math.max(log.size, tree.size))
      }
    }
    return true
  }
}

// ---- the log's two faces

/** The log as the gateway publishes it: tiles of the lowest level, and the checkpoints with their notes. */
export async function publishedLog(client: ApiClient): Promise<AuditedLog> {
  const { origin, sealed } = await client.get<{ origin: string; sealed: number }>('/v1/log')
  return {
    origin,
    size: sealed,
    leaves: () => publishedLeaves(client, sealed),
    async *checkpoints() {
      for (let from = 0; ;) {
        const { checkpoints } = await client.get<{
          checkpoints: { size: number; note: string; block: { number: number } | null }[]
        }>(`/v1/log/checkpoints?from=${from}&limit=${CHECKPOINTS_AT_A_TIME}`)
        for (const { size, note, block } of checkpoints) {
          // What was sealed after the audit began is the next audit's.
          if (size > sealed) return
          yield { size, note, blockNumber: block?.number ?? null }
        }
        const last = checkpoints.at(-1)
        if (last === undefined || last.size <= from) return
        from = last.size
      }
    },
    close: () => undefined,
  }
}

async function* publishedLeaves(client: ApiClient, size: number): AsyncIterable<Leaves> {
  const fetchTile = async (n: number): Promise<Leaves> => {
    const width = Math.min(TILE_WIDTH, size - n * TILE_WIDTH)
    const flat = await client.getBytes(`/log/${tilePath(0, n, width)}`)
    if (flat.length === width * HASH_BYTES) return { flat }
    const difference: Difference = {
      code: 'TILE_WRONG',
      index: n * TILE_WIDTH,
      expected: `${width * HASH_BYTES} bytes`,
      found: `${flat.length} bytes`,
    }
    return { flat: flat.subarray(0, flat.length - (flat.length % HASH_BYTES)), differences: [difference] }
  }
  const tiles = Math.ceil(size / TILE_WIDTH)
  const coming: Promise<Leaves>[] = []
  for (let n = 0; n < tiles || coming.length > 0; n++) {
    if (n < tiles) {
      const tile = fetchTile(n)
      // Waited for later; a failure meanwhile must not count as unhandled.
      tile.catch(() => undefined)
      coming.push(tile)
    }
    if (coming.length >= TILES_AT_ONCE || n >= tiles - 1) {
      const next = coming.shift()
      if (next !== undefined) yield await next
    }
  }
}

/**
 * The log in a data folder, read only; the gateway may be down or not. Every leaf is hashed anew from its statement and compared
 * with the leaf on file, and every row of a use with its statement. Refuses DATA_MISSING, STORE_FORMAT, STORE_NEWER and STORE_DAMAGED.
 */
export function storedLog(dataDir: string): AuditedLog {
  const path = join(dataDir, 'onceproof.db')
  if (!existsSync(path))
    throw new Refusal('DATA_MISSING', `there is no ${path}`, { field: '--data', found: path })
  const damaged = (error: unknown): unknown =>
    error instanceof Database.SqliteError
      ? new Refusal('STORE_DAMAGED', `${path} cannot be read: ${error.code}`, {
          field: path,
          found: error.code,
        })
      : error
  const guarded = <T>(read: () => T): T => {
    try {
      return read()
    } catch (error) {
      throw damaged(error)
    }
  }

  return guarded(() => {
    const db = new Database(path, { readonly: true, fileMustExist: true })
    assertOurs(db)
    // One view of the file for all that follows, whatever a running gateway writes meanwhile.
    db.exec('BEGIN')
    const origin = db
      .prepare<[], string>("SELECT value FROM settings WHERE name = 'log.origin'")
      .pluck()
      .get()
    if (origin === undefined) throw new Refusal('LOG_EMPTY', `${path} holds no log yet`, { found: path })
    const size = db.prepare<[], number>('SELECT coalesce(max(seq), 0) FROM statements').pluck().get() ?? 0
    const rows = db.prepare<[number, number], { seq: number; statement: string; leaf: Buffer | null }>(
      `SELECT seq, statement, (SELECT leaf FROM leaves WHERE seq = statements.seq) AS leaf
       FROM statements WHERE seq > ? ORDER BY seq LIMIT ?`,
    )
    const notes = db.prepare<
      [number, number],
      { size: number; note: string; state: string; block_number: number | null }
    >('SELECT size, note, state, block_number FROM checkpoints WHERE size > ? ORDER BY size LIMIT ?')
    return {
      origin,
      size,
      async *leaves() {
        for (let seq = 0; ;) {
          const page = guarded(() => rows.all(seq, ROWS_AT_A_TIME))
          if (page.length === 0) return
          yield hashAgain(page, seq)
          seq = page.at(-1)!.seq
        }
      },
      async *checkpoints() {
        for (let from = 0; ;) {
          const page = guarded(() => notes.all(from, CHECKPOINTS_AT_A_TIME))
          if (page.length === 0) return
          for (const { size: of, note, state, block_number: blockNumber } of page) {
            yield { size: of, note, blockNumber: state === 'sealed' ? null : blockNumber }
          }
          from = page.at(-1)!.size
        }
      },
      besides: () =>
        guarded(() =>
          alteredUses(db).map(({ index, what }) => ({
            code: what === 'missing' ? 'USE_MISSING' : 'USE_DIFFERS',
            index,
          })),
        ),
      close: () => db.close(),
    }
  })
}

function hashAgain(page: { seq: number; statement: string; leaf: Buffer | null }[], after: number): Leaves {
  const flat = new Uint8Array(page.length * HASH_BYTES)
  const differences: Difference[] = []
  let expectedSeq = after + 1
  for (const [i, { seq, statement, leaf }] of page.entries()) {
    if (seq !== expectedSeq) {
      differences.push({ code: 'STATEMENT_MISSING', index: expectedSeq - 1, found: `${seq - expectedSeq}` })
    }
    expectedSeq = seq + 1
    const hashed = leafOf(statement)
    if (leaf === null || !equalBytes(hashed, leaf)) {
      differences.push({
        code: 'LEAF_DIFFERS',
        index: seq - 1,
        expected: leaf === null ? 'nothing' : toBase64(leaf),
        found: toBase64(hashed),
      })
    }
    flat.set(hashed, i * HASH_BYTES)
  }
  return { flat, differences }
}

// ---- the chain's two faces

/** Refuses WRONG_CHAIN when a view is not the chain of the trust file. */
export async function assertTrustedChain(view: ChainView, trust: Trust): Promise<void> {
  const { chainId, genesis, contracts } = await view.identity()
  const same =
    chainId === trust.chain.chainId &&
    genesis === trust.chain.genesis &&
    CONTRACT_NAMES.every(
      name =>
        contracts[name].address === trust.contracts[name].address &&
        contracts[name].codeHash === trust.contracts[name].codeHash,
    )
  if (same) return
  throw new Refusal('WRONG_CHAIN', 'this is not the chain of the trust file', {
    expected: `chain ${trust.chain.chainId}, genesis ${trust.chain.genesis}`,
    found: `chain ${chainId}, genesis ${genesis}`,
  })
}

/** The checkpoints that a node knows, all asked at one block: its head at this moment. */
export async function nodeCheckpoints(
  rpc: Rpc,
  { contracts }: { contracts: Addresses },
  view: ChainView,
): Promise<(origin: string) => AuditedChain> {
  const asOf = await view.head()
  const read = contractReader(rpc, contracts, asOf.number)

  async function pageFrom(id: string, from: number): Promise<Record<string, unknown>[]> {
    try {
      const [page] = await read('AnchorLog', 'checkpointsFrom', [id, from, CHECKPOINTS_AT_A_TIME])
      return page as Record<string, unknown>[]
    } catch (error) {
      // A log that was never registered has no checkpoints.
      if (error instanceof ContractRevert && error.error === 'UnknownLog') return []
      throw error
    }
  }

  return origin => ({
    asOf,
    async *checkpoints() {
      const id = logId(origin)
      for (let from = 0; ;) {
        const page = await pageFrom(id, from)
        for (const item of page) {
          yield anchored(item)!
        }
        if (page.length === 0) return
        from += page.length
      }
    },
  })
}

export function snapshotCheckpoints(snapshot: Snapshot, origin: string): AuditedChain {
  const log = snapshot.logs.find(one => one.origin === origin)
  return {
    asOf: snapshot.block,
    async *checkpoints() {
      for (const { root, ...rest } of log?.checkpoints ?? []) yield { ...rest, root: fromBase64(root)! }
    },
  }
}

/** The trusted key of a log. Refuses LOG_NOT_TRUSTED. */
export function noteKeyOf(trust: Trust, origin: string): NoteKey {
  const log = trust.logs.find(one => one.origin === origin)
  if (log !== undefined) return parseNoteKey(log.noteKey)
  throw new Refusal('LOG_NOT_TRUSTED', 'the trust file does not know this log', {
    expected: trust.logs.map(one => one.origin).join(', '),
    found: origin,
  })
}

// ---- small parts

/** The root that the note signs; null when it is not a signed checkpoint of that log and size. */
function openNoteOf(
  { note, size }: SignedCheckpoint,
  origin: string,
  key: NoteKey | null,
): Uint8Array | null {
  try {
    const checkpoint = key === null ? parseSignedCheckpoint(note).checkpoint : openCheckpoint(note, key)
    return checkpoint.size === size && checkpoint.origin === origin ? checkpoint.root : null
  } catch (error) {
    if (error instanceof Refusal) return null
    throw error
  }
}

/** An asynchronous sequence of which the next item can be looked at before it is taken. */
function reader<T>(items: AsyncIterable<T>): { peek(): Promise<T | undefined>; take(): void } {
  const iterator = items[Symbol.asyncIterator]()
  let next: Promise<T | undefined> | null = null
  return {
    peek: () => (next ??= iterator.next().then(result => (result.done === true ? undefined : result.value))),
    take: () => {
      next = null
    },
  }
}

function collector() {
  const listed: Difference[] = []
  const counts: Record<string, number> = {}
  const add = (difference: Difference) => {
    const count = (counts[difference.code] = (counts[difference.code] ?? 0) + 1)
    if (count <= MOST_LISTED) listed.push(difference)
  }
  return Object.assign(add, { all: () => ({ differences: listed, counts }) })
}
