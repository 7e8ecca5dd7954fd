/**
 * The sealed log as stored tiles. A tile (level, n) of height 8 stands over 256 hashes of tree level 8·level and holds them and
 * the seven rows of nodes above them that fit inside: 256 + 128 + … + 2 = 510 hashes, 16,320 bytes, row after row. Its root
 * is a hash of the bottom row of the tile above. Published (formats.md §8) are the bottom rows only; with the inner rows
 * stored a proof needs no hashing but that of its right edge.
 *
 * Nodes that are not complete yet are zeros; which ones are, follows from the size of the log.
 */
import { HASH_BYTES, nodeHash } from '../../../protocol/log.ts'
import type { NodeRef } from '../../../protocol/log.ts'
import { invariant } from '../../../protocol/refusal.ts'

const HEIGHT = 8
export const TILE_WIDTH = 256
export const TILE_BYTES = (2 * TILE_WIDTH - 2) * HASH_BYTES

/** Where tiles are read and written. `read` gives a stored tile, which the caller does not change. */
export interface Tiles {
  read(level: number, n: number): Uint8Array
  write(level: number, n: number, hashes: Uint8Array): void
}

/** Tile and byte offset of a node. */
export function placeOf({ level, index }: NodeRef): { level: number; n: number; offset: number } {
  const row = level % HEIGHT
  const width = TILE_WIDTH >> row
  const n = Math.floor(index / width)
  return { level: (level - row) / HEIGHT, n, offset: rowOffset(row) + (index - n * width) * HASH_BYTES }
}

/** Whether every leaf under the node is among the first `size`. */
export function isComplete({ level, index }: NodeRef, size: number): boolean {
  return (index + 1) * 2 ** level <= size
}

/** How many hashes the bottom row of a tile has in a log of `size` leaves; 0 or less = there is no such tile. */
export function tileWidth(level: number, n: number, size: number): number {
  return Math.min(TILE_WIDTH, Math.floor(size / TILE_WIDTH ** level) - n * TILE_WIDTH)
}

/**
 * Adds leaf hashes (32 bytes each, one after the other) to the tiles of a log of `size` leaves. Every tile that is added to is
 * first checked against itself: an inner hash that does not follow from those below it is an invariant broken.
 */
export function appendLeaves(tiles: Tiles, size: number, leaves: Uint8Array): void {
  let row = leaves
  let at = size
  for (let level = 0; row.length > 0; level++) {
    const roots: Uint8Array[] = []
    const before = Math.floor(at / TILE_WIDTH)
    for (let taken = 0; taken < row.length;) {
      const n = Math.floor(at / TILE_WIDTH)
      const from = at - n * TILE_WIDTH
      const to = Math.min(TILE_WIDTH, from + (row.length - taken) / HASH_BYTES)
      const added = (to - from) * HASH_BYTES
      const tile = from === 0 ? new Uint8Array(TILE_BYTES) : checkedTile(tiles, level, n, from)
      tile.set(row.subarray(taken, taken + added), from * HASH_BYTES)
      fillRows(tile, from, to)
      tiles.write(level, n, tile)
      if (to === TILE_WIDTH) roots.push(tileRoot(tile))
      taken += added
      at += to - from
    }
    row = Buffer.concat(roots)
    at = before
  }
}

/** A tile made anew from its bottom row of `width` hashes. */
function tileFrom(bottom: Uint8Array, width: number): Uint8Array {
  const tile = new Uint8Array(TILE_BYTES)
  tile.set(bottom.subarray(0, width * HASH_BYTES))
  fillRows(tile, 0, width)
  return tile
}

function checkedTile(tiles: Tiles, level: number, n: number, width: number): Uint8Array {
  const stored = tiles.read(level, n)
  const tile = tileFrom(stored, width)
  invariant(Buffer.compare(stored, tile) === 0, `tile ${level}/${n} was altered in the store`)
  return tile
}

/** Computes the nodes that become complete when the bottom row grows from `from` to `to` hashes. */
function fillRows(tile: Uint8Array, from: number, to: number): void {
  let first = from
  let end = to
  for (let row = 1; row < HEIGHT; row++) {
    first >>= 1
    end >>= 1
    const below = rowOffset(row - 1)
    const here = rowOffset(row)
    for (let i = first; i < end; i++) {
      const pair = below + 2 * i * HASH_BYTES
      tile.set(nodeOf(tile, pair), here + i * HASH_BYTES)
    }
  }
}

/** The root of a full tile: the node over its two topmost hashes. */
export function tileRoot(tile: Uint8Array): Uint8Array {
  return nodeOf(tile, rowOffset(HEIGHT - 1))
}

function nodeOf(tile: Uint8Array, pair: number): Uint8Array {
  return nodeHash(
    tile.subarray(pair, pair + HASH_BYTES),
    tile.subarray(pair + HASH_BYTES, pair + 2 * HASH_BYTES),
  )
}

function rowOffset(row: number): number {
  return (2 * TILE_WIDTH - ((2 * TILE_WIDTH) >> row)) * HASH_BYTES
}
