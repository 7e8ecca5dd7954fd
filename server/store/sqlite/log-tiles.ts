/**
 * Growing the stored tiles (layout: `protocol/tiles.ts`) with the log. With their inner rows stored, a proof of any size reads a
 * tile or two of each level and hashes only at its right edge.
 */
import { concat } from '../../../protocol/bytes.ts'
import { HASH_BYTES } from '../../../protocol/log.ts'
import type { NodeRef } from '../../../protocol/log.ts'
import { invariant } from '../../../protocol/refusal.ts'
import {
  STORED_TILE_BYTES,
  TILE_WIDTH,
  appendToTile,
  tileFromBottomRow,
  topOfTile,
} from '../../../protocol/tiles.ts'

/** Where tiles are read and written. `read` gives a stored tile, which the caller does not change. */
export interface Tiles {
  read(level: number, n: number): Uint8Array
  write(level: number, n: number, hashes: Uint8Array): void
}

/** Whether every leaf under the node is among the first `size`. */
export function isComplete({ level, index }: NodeRef, size: number): boolean {
  return (index + 1) * 2 ** level <= size
}

/**
 * Adds leaf hashes (32 bytes each, one after the other) to the tiles of a log of `size` leaves. Every tile that is added to is
 * first checked against itself: an inner hash that does not follow from those below it is an invariant broken.
 */
export function appendLeaves(tiles: Tiles, size: number, leaves: Uint8Array): void {
  let row = leaves
  let at = size
  for (let level = 0; row.length > 0; level++) {
    const tops: Uint8Array[] = []
    const before = Math.floor(at / TILE_WIDTH)
    for (let taken = 0; taken < row.length;) {
      const n = Math.floor(at / TILE_WIDTH)
      const width = at - n * TILE_WIDTH
      const added = row.subarray(taken, taken + (TILE_WIDTH - width) * HASH_BYTES)
      const tile = width === 0 ? new Uint8Array(STORED_TILE_BYTES) : checkedTile(tiles, level, n, width)
      const grown = appendToTile(tile, width, added)
      tiles.write(level, n, tile)
      if (grown === TILE_WIDTH) tops.push(topOfTile(tile))
      taken += added.length
      at += grown - width
    }
    row = concat(...tops)
    at = before
  }
}

function checkedTile(tiles: Tiles, level: number, n: number, width: number): Uint8Array {
  const stored = tiles.read(level, n)
  const tile = tileFromBottomRow(stored.subarray(0, width * HASH_BYTES))
  invariant(Buffer.compare(stored, tile) === 0, `tile ${level}/${n} was altered in the store`)
  return tile
}
