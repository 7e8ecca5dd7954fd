/**
 * Hash tiles: where a node of the tree lies. A tile is eight levels high and 256 hashes wide; tile `n` of tile level `L` has as its
 * bottom row the nodes of tree level 8·L from 256·n on. Paths as in C2SP tlog-tiles, https://c2sp.org/tlog-tiles.
 *
 * Published are bottom rows only. *Stored* is a full tile with its inner rows: row r has 256 >> r hashes and lies after row r − 1,
 * rows 0 to 7, together 510 hashes or 16,320 bytes; so a proof reads hashes and computes none of them. The node above row 7 is
 * a hash of the bottom row one tile level up.
 */
import { HASH_BYTES, nodeHash, pairHashInto } from './log.ts'
import type { NodeRef } from './log.ts'
import { invariant } from './refusal.ts'

export const TILE_WIDTH = 256
/** Bytes of a stored tile with all its rows. */
export const STORED_TILE_BYTES = 510 * HASH_BYTES

export interface TileRef {
  level: number
  n: number
}

export interface TilePath extends TileRef {
  /** Hashes in it: 256, or 1 to 255 for a partial tile. */
  width: number
}

export interface TilePosition extends TileRef {
  /** 0 is the bottom row. */
  row: number
  /** Place in that row. */
  column: number
}

/** `tile/<L>/<N>` or `tile/<L>/<N>.p/<W>`, relative to the log's prefix. */
export function tilePath(level: number, n: number, width: number = TILE_WIDTH): string {
  invariant(Number.isInteger(level) && level >= 0 && level <= 63, `tile level ${level}`)
  invariant(Number.isSafeInteger(n) && n >= 0, `tile ${n}`)
  invariant(Number.isInteger(width) && width >= 1 && width <= TILE_WIDTH, `tile width ${width}`)
  const groups: string[] = []
  let rest = n
  do {
    groups.unshift(String(rest % 1000).padStart(3, '0'))
    rest = Math.floor(rest / 1000)
  } while (rest > 0)
  const path = groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join('/')
  return `tile/${level}/${path}${width === TILE_WIDTH ? '' : `.p/${width}`}`
}

/** What a tile path names; null when `tilePath` would not have written it so. */
export function parseTilePath(path: string): TilePath | null {
  const parts = /^tile\/(\d{1,2})\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/(\d{1,3}))?$/.exec(path)
  if (parts === null) return null
  const [, level = '', groups = '', partial] = parts
  const tile = {
    level: Number(level),
    n: Number(groups.replaceAll(/[x/]/g, '')),
    width: partial === undefined ? TILE_WIDTH : Number(partial),
  }
  const sound =
    tile.level <= 63 && Number.isSafeInteger(tile.n) && tile.width >= 1 && tile.width <= TILE_WIDTH
  // Printing it again finds leading zeros, empty groups and a full tile written as a partial one.
  return sound && tilePath(tile.level, tile.n, tile.width) === path ? tile : null
}

/** The tile, row and column where a complete subtree's hash lies. */
export function tileOf({ level, index }: NodeRef): TilePosition {
  const row = level % 8
  const width = TILE_WIDTH / 2 ** row
  return { level: (level - row) / 8, n: Math.floor(index / width), row, column: index % width }
}

/** Hashes in the bottom row of a tile when the log has `size` leaves: 0 (not there yet) to 256 (full). */
export function tileWidthAt({ level, n }: TileRef, size: number): number {
  const nodes = Math.floor(size / 256 ** level)
  return Math.max(0, Math.min(TILE_WIDTH, nodes - n * TILE_WIDTH))
}

/** Every tile, by level and number, whose bottom row grew when the log went from `size1` to `size2` leaves, with its width. */
export function tilesBetween(size1: number, size2: number): TilePath[] {
  const tiles: TilePath[] = []
  for (let level = 0; Math.floor(size2 / 256 ** level) > 0; level++) {
    const from = Math.floor(size1 / 256 ** level)
    const to = Math.floor(size2 / 256 ** level)
    if (from === to) continue
    for (let n = Math.floor(from / TILE_WIDTH); n * TILE_WIDTH < to; n++) {
      tiles.push({ level, n, width: tileWidthAt({ level, n }, size2) })
    }
  }
  return tiles
}

/** Byte offset of a hash in a stored tile. Rows before row r hold 512 − 512 / 2^r hashes. */
export function storedOffset(row: number, column: number): number {
  // Messages without the values: composing them would cost more than the check, which is made for every hash.
  invariant(Number.isInteger(row) && row >= 0 && row < 8, 'a stored tile has rows 0 to 7')
  invariant(
    Number.isInteger(column) && column >= 0 && column < TILE_WIDTH >> row,
    'row r of a stored tile has 256 >> r columns',
  )
  return (512 - (512 >> row) + column) * HASH_BYTES
}

/** The hash at a row and column of a stored tile, copied out. */
export function storedHash(tile: Uint8Array, row: number, column: number): Uint8Array {
  const offset = storedOffset(row, column)
  return new Uint8Array(tile.subarray(offset, offset + HASH_BYTES))
}

/**
 * Adds hashes, one after the other, to the bottom row of a stored tile, of which `width` are there, and computes each inner node
 * that becomes complete. Changes `tile` (16,320 bytes; what is not there yet is zero) and gives the new width. When that is 256,
 * `topOfTile` is the hash for the tile level above.
 */
export function appendToTile(tile: Uint8Array, width: number, hashes: Uint8Array): number {
  const grown = width + hashes.length / HASH_BYTES
  invariant(tile.length === STORED_TILE_BYTES, `a stored tile of ${tile.length} bytes`)
  invariant(
    Number.isInteger(grown) && grown <= TILE_WIDTH,
    `${width} hashes and ${hashes.length} bytes in one tile`,
  )
  tile.set(hashes, width * HASH_BYTES)
  let from = width
  let to = grown
  for (let row = 0; row < 7; row++) {
    // A parent is there once its right child is.
    from = Math.floor(from / 2)
    to = Math.floor(to / 2)
    const children = storedOffset(row, 0)
    const parents = storedOffset(row + 1, 0)
    for (let at = from; at < to; at++) {
      pairHashInto(tile, children + 2 * at * HASH_BYTES, tile, parents + at * HASH_BYTES)
    }
  }
  return grown
}

/** The hash over a full stored tile. */
export function topOfTile(tile: Uint8Array): Uint8Array {
  return nodeHash(storedHash(tile, 7, 0), storedHash(tile, 7, 1))
}

/** A stored tile made again from its bottom row alone (1 to 256 hashes). */
export function tileFromBottomRow(bottom: Uint8Array): Uint8Array {
  const tile = new Uint8Array(STORED_TILE_BYTES)
  appendToTile(tile, 0, bottom)
  return tile
}

/** The bottom row as it is published: `width` hashes. */
export function bottomRow(tile: Uint8Array, width: number): Uint8Array {
  return new Uint8Array(tile.subarray(0, width * HASH_BYTES))
}
