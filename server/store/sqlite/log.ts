/**
 * The log in SQLite: leaves as they were accepted, tiles and checkpoints as they were sealed, anchors as the chain reports them.
 */
import { HASH_BYTES, emptyRoot, proofFrom, rootNodes } from '../../../protocol/log.ts'
import { invariant } from '../../../protocol/refusal.ts'
import { STORED_TILE_BYTES, TILE_WIDTH, storedHash, tileOf, tileWidthAt } from '../../../protocol/tiles.ts'
import { failPoint } from '../fail-points.ts'
import type { Block, CheckpointRow, NewCheckpoint, NodeRef, Store } from '../store.ts'
import type { Context } from './context.ts'
import { bytes, turnOfTheLoop } from './context.ts'
import { appendLeaves, isComplete } from './log-tiles.ts'
import type { Tiles } from './log-tiles.ts'

/** Leaves added to the tiles at a time: 2 MiB of hashes in memory, however far sealing has fallen behind. */
const LEAVES_AT_A_TIME = 65_536

/** Tile ids of one level lie side by side; 2^45 tiles of the lowest level hold 2^53 leaves. */
const TILES_OF_A_LEVEL = 2 ** 46

export interface CheckpointRecord {
  size: number
  root: Buffer
  note: string
  signature: Buffer
  sealed_at: number
  state: CheckpointRow['state']
  block_number: number | null
  block_hash: string | null
  block_time: number | null
  reanchored: number
}

type LogVerbs = Pick<
  Store,
  | 'logSize'
  | 'oldestUnanchoredAt'
  | 'leaves'
  | 'nodes'
  | 'tile'
  | 'sealCheckpoint'
  | 'rootAt'
  | 'latestCheckpoint'
  | 'checkpointOfSize'
  | 'checkpoints'
  | 'openCheckpoints'
  | 'markCheckpoint'
  | 'anchoredCovering'
>

interface LogInsides {
  /** Inside of a transaction. */
  seal: (checkpoint: NewCheckpoint) => void
  /** Builds every tile again from the leaves, and every checkpoint's root from the tiles; names what differs. */
  findAlteredHashes: () => Promise<string[]>
}

export function logVerbs({ db, write }: Context): LogVerbs & LogInsides {
  const accepted = db.prepare<[], number>('SELECT coalesce(max(seq), 0) FROM statements').pluck()
  const sealed = db.prepare<[], number>('SELECT coalesce(max(size), 0) FROM checkpoints').pluck()
  const anchoredSize = db
    .prepare<[], number | null>("SELECT max(size) FROM checkpoints WHERE state <> 'sealed'")
    .pluck()
  const acceptedAt = db.prepare<[number], number>('SELECT accepted_at FROM statements WHERE seq = ?').pluck()
  const leafRange = db
    .prepare<[number, number], Buffer>('SELECT leaf FROM leaves WHERE seq > ? ORDER BY seq LIMIT ?')
    .pluck()
  const readTile = db.prepare<[number], Buffer>('SELECT hashes FROM tiles WHERE id = ?').pluck()
  const readHashes = db
    .prepare<[number, number, number], Buffer>('SELECT substr(hashes, ?, ?) FROM tiles WHERE id = ?')
    .pluck()
  const writeTile = db.prepare<[number, Uint8Array]>(
    'INSERT INTO tiles VALUES (?, ?) ON CONFLICT DO UPDATE SET hashes = excluded.hashes',
  )
  const insertCheckpoint = db.prepare<[number, Uint8Array, string, Uint8Array, number]>(
    "INSERT INTO checkpoints VALUES (?, ?, ?, ?, ?, 'sealed', NULL, NULL, NULL, 0)",
  )
  const latest = db.prepare<[], CheckpointRecord>('SELECT * FROM checkpoints ORDER BY size DESC LIMIT 1')
  const ofSize = db.prepare<[number], CheckpointRecord>('SELECT * FROM checkpoints WHERE size = ?')
  const after = db.prepare<[number, number], CheckpointRecord>(
    'SELECT * FROM checkpoints WHERE size > ? ORDER BY size LIMIT ?',
  )
  const open = db.prepare<[], CheckpointRecord>(
    "SELECT * FROM checkpoints WHERE state <> 'final' ORDER BY size",
  )
  const covering = db.prepare<[number], CheckpointRecord>(
    "SELECT * FROM checkpoints WHERE size > ? AND state <> 'sealed' ORDER BY size LIMIT 1",
  )
  const mark = db.prepare<[string, number | null, string | null, number | null, number, number]>(
    'UPDATE checkpoints SET state = ?, block_number = ?, block_hash = ?, block_time = ?, reanchored = ? WHERE size = ?',
  )

  const stored: Tiles = {
    read(level, n) {
      const hashes = readTile.get(tileId(level, n))
      invariant(hashes?.length === STORED_TILE_BYTES, `tile ${level}/${n} is not in the store`)
      return hashes
    },
    write(level, n, hashes) {
      writeTile.run(tileId(level, n), hashes)
    },
  }

  function count(): number {
    return accepted.get() ?? 0
  }

  function sealedSize(): number {
    return sealed.get() ?? 0
  }

  function leavesFrom(from: number, max: number): Uint8Array {
    const rows = leafRange.all(from, max)
    const flat = new Uint8Array(rows.length * HASH_BYTES)
    for (const [i, leaf] of rows.entries()) {
      invariant(leaf.length === HASH_BYTES, 'a stored leaf has 32 bytes')
      flat.set(leaf, i * HASH_BYTES)
    }
    return flat
  }

  function grow(tiles: Tiles, from: number, to: number): void {
    for (let at = from; at < to; at += LEAVES_AT_A_TIME) {
      const max = Math.min(LEAVES_AT_A_TIME, to - at)
      const leaves = leavesFrom(at, max)
      invariant(leaves.length === max * HASH_BYTES, `leaves are missing between ${at} and ${at + max}`)
      appendLeaves(tiles, at, leaves)
    }
  }

  /** The newest checkpoint's size, after its root was found again in the tiles: what is added next stands on these hashes. */
  function checkedSealedSize(): number {
    const checkpoint = latest.get()
    if (checkpoint === undefined) return 0
    const root = rootFrom(stored, checkpoint.size)
    invariant(
      Buffer.compare(root, checkpoint.root) === 0,
      `the stored tiles do not give the root of the checkpoint of size ${checkpoint.size}`,
    )
    return checkpoint.size
  }

  function nodeHashes(refs: NodeRef[]): Uint8Array[] {
    const size = sealedSize()
    // A proof has up to eight nodes in a tile: one read of the tile costs less than two of a single hash.
    const read = new Map<number, Buffer>()
    return refs.map(ref => {
      if (!isComplete(ref, size))
        invariant(false, `node ${ref.level}/${ref.index} is not complete in ${size} sealed leaves`)
      const { level, n, row, column } = tileOf(ref)
      const id = tileId(level, n)
      const tile = read.get(id) ?? readTile.get(id)
      invariant(tile?.length === STORED_TILE_BYTES, `tile ${level}/${n} is not in the store`)
      read.set(id, tile)
      return storedHash(tile, row, column)
    })
  }

  function seal(checkpoint: NewCheckpoint): void {
    const from = checkedSealedSize()
    const { size } = checkpoint
    invariant(size > from, `a checkpoint of size ${size} does not extend that of size ${from}`)
    invariant(size <= count(), `a checkpoint of size ${size} over ${count()} statements`)
    grow(stored, from, size)
    const root = rootFrom(stored, size)
    invariant(
      Buffer.compare(root, checkpoint.root) === 0,
      `the stored tiles give another root for size ${size}`,
    )
    failPoint('mid-seal')
    insertCheckpoint.run(size, checkpoint.root, checkpoint.note, checkpoint.signature, checkpoint.sealedAt)
  }

  function markAs(size: number, state: CheckpointRow['state'], block: Block | null): void {
    const before = ofSize.get(size)
    invariant(before !== undefined, `no checkpoint of size ${size}`)
    invariant(
      (block === null) === (state === 'sealed'),
      `a checkpoint is ${state} ${block === null ? 'without' : 'with'} a block`,
    )
    const undone = before.state !== 'sealed' && before.block_hash !== (block?.hash ?? null)
    const reanchored = undone || before.reanchored === 1 ? 1 : 0
    mark.run(state, block?.number ?? null, block?.hash ?? null, block?.time ?? null, reanchored, size)
  }

  return {
    seal,
    async logSize() {
      const size = sealedSize()
      return { accepted: count(), sealed: size, oldestUnsealedAt: acceptedAt.get(size + 1) ?? null }
    },
    async oldestUnanchoredAt() {
      return acceptedAt.get((anchoredSize.get() ?? 0) + 1) ?? null
    },
    async leaves(from, max) {
      return leavesFrom(from, max)
    },
    async nodes(refs) {
      return nodeHashes(refs)
    },
    async tile(level, n) {
      const width = tileWidthAt({ level, n }, sealedSize())
      if (width === 0) return null
      const hashes = readHashes.get(1, width * HASH_BYTES, tileId(level, n))
      invariant(hashes?.length === width * HASH_BYTES, `tile ${level}/${n} is not in the store`)
      return bytes(hashes)
    },
    sealCheckpoint: checkpoint => write(() => seal(checkpoint)),
    async rootAt(size) {
      const from = checkedSealedSize()
      if (size <= from) return rootFrom(stored, size)
      invariant(size <= count(), `size ${size} of ${count()} statements`)
      const tiles = overlay(stored)
      grow(tiles, from, size)
      return rootFrom(tiles, size)
    },
    async latestCheckpoint() {
      return checkpointRow(latest.get())
    },
    async checkpointOfSize(size) {
      return checkpointRow(ofSize.get(size))
    },
    async checkpoints(fromSize, max) {
      return after.all(fromSize, max).map(toCheckpoint)
    },
    async openCheckpoints() {
      return open.all().map(toCheckpoint)
    },
    markCheckpoint: (size, state, block) => write(() => markAs(size, state, block)),
    async anchoredCovering(index) {
      return checkpointRow(covering.get(index))
    },

    async findAlteredHashes() {
      const altered: string[] = []
      const end = sealedSize()
      const tails = new Map<number, Uint8Array>()
      let reached = 0
      const rebuilt: Tiles = {
        // Only the last tile of a level is ever added to.
        read: level => tails.get(level) ?? new Uint8Array(STORED_TILE_BYTES),
        write(level, n, hashes) {
          tails.set(level, hashes)
          // A tile that is not full is compared at the end, unless sealing has added to it meanwhile.
          const isFull = tileWidthAt({ level, n }, reached) === TILE_WIDTH
          if (!isFull && (reached < end || sealedSize() > end)) return
          const kept = readTile.get(tileId(level, n))
          if (kept === undefined || Buffer.compare(kept, hashes) !== 0)
            altered.push(`tile ${level}/${n} differs`)
        },
      }
      while (reached < end) {
        const from = reached
        reached = Math.min(end, from + LEAVES_AT_A_TIME)
        grow(rebuilt, from, reached)
        await turnOfTheLoop()
      }
      if (altered.length > 0) return altered

      let [checkpoint] = after.all(0, 1)
      while (checkpoint !== undefined) {
        const { size, root } = checkpoint
        if (Buffer.compare(rootFrom(stored, size), root) !== 0)
          altered.push(`root of checkpoint ${size} differs`)
        ;[checkpoint] = after.all(size, 1)
        await turnOfTheLoop()
      }
      return altered
    },
  }
}

function rootFrom(tiles: Tiles, size: number): Uint8Array {
  if (size === 0) return emptyRoot
  const plan = rootNodes(size)
  const hashes = plan.flat().map(ref => {
    const { level, n, row, column } = tileOf(ref)
    return storedHash(tiles.read(level, n), row, column)
  })
  const [root] = proofFrom(plan, hashes)
  invariant(root !== undefined, `no root for size ${size}`)
  return root
}

/** Tiles that read through to `under` and keep in memory what is written. */
function overlay(under: Tiles): Tiles {
  const written = new Map<number, Uint8Array>()
  return {
    read: (level, n) => written.get(tileId(level, n)) ?? under.read(level, n),
    write: (level, n, hashes) => void written.set(tileId(level, n), hashes),
  }
}

function tileId(level: number, n: number): number {
  return level * TILES_OF_A_LEVEL + n
}

function checkpointRow(record: CheckpointRecord | undefined): CheckpointRow | null {
  return record === undefined ? null : toCheckpoint(record)
}

export function toCheckpoint(record: CheckpointRecord): CheckpointRow {
  const { block_number: number, block_hash: hash, block_time: time } = record
  return {
    size: record.size,
    root: bytes(record.root),
    note: record.note,
    signature: bytes(record.signature),
    sealedAt: record.sealed_at,
    state: record.state,
    block: number === null || hash === null || time === null ? null : { number, hash, time },
    reanchored: record.reanchored === 1,
  }
}
