/**
 * The stored tiles against the leaves, hashed again from the bottom up. A stored tile is its 256 hashes and the rows above them, the
 * row of 128 first, without the root: 510 hashes; what is not complete yet is zero.
 */
import { hash } from 'node:crypto'
import type { Audited } from './folder.ts'

const HASH = 32
const WIDTH = 256
const STORED_HASHES = 510
const TILES_OF_A_LEVEL = 2 ** 46

/** Takes the leaves one after the other, up to the last sealed one; `end` compares what is not full. */
export function checkTiles({ db, findings }: Audited, sealed: number) {
  const read = db.prepare<[number], Buffer>('SELECT hashes FROM tiles WHERE id = ?').pluck()
  /** Hashes of the last tile of each level. */
  const open: Buffer[][] = []
  const done: number[] = []
  let taken = 0

  function push(level: number, leaf: Buffer): void {
    const row = (open[level] ??= [])
    row.push(leaf)
    if (row.length < WIDTH) return
    const top = compare(level, row)
    open[level] = []
    done[level] = (done[level] ?? 0) + 1
    push(level + 1, top)
  }

  /** Compares a tile with the stored one; gives the hash over a full one. */
  function compare(level: number, bottom: Buffer[]): Buffer {
    const n = done[level] ?? 0
    const expected = Buffer.alloc(STORED_HASHES * HASH)
    let offset = 0
    let row = bottom
    for (let width = WIDTH; width > 1; width /= 2) {
      for (const [i, one] of row.entries()) expected.set(one, offset + i * HASH)
      offset += width * HASH
      row = Array.from({ length: Math.floor(row.length / 2) }, (_, i) => node(row[2 * i]!, row[2 * i + 1]!))
    }
    const stored = read.get(level * TILES_OF_A_LEVEL + n)
    const at = { tile: `${level}/${n}`, fromIndex: n * WIDTH ** (level + 1) }
    if (stored === undefined) findings.violation('TILE_MISSING', at)
    else if (!stored.equals(expected))
      findings.violation('TILE_DIFFERS', { ...at, byte: firstDifference(stored, expected) })
    return row[0] ?? Buffer.alloc(HASH)
  }

  return {
    add(leaf: Buffer): void {
      if (taken++ < sealed) push(0, leaf)
    },
    end(): void {
      let count = 0
      for (let level = 0; level < open.length; level++) {
        if (open[level]!.length > 0) compare(level, open[level]!)
        count += (done[level] ?? 0) + (open[level]!.length > 0 ? 1 : 0)
      }
      const there = db.prepare<[], number>('SELECT count(*) FROM tiles').pluck().get() ?? 0
      if (there > count)
        findings.violation('TILE_STRAY', { table: 'tiles' }, { expected: count, found: there })
    },
  }
}

const scratch = Buffer.alloc(1 + 2 * HASH, 1)

function node(left: Buffer, right: Buffer): Buffer {
  scratch.set(left, 1)
  scratch.set(right, 1 + HASH)
  return hash('sha256', scratch, 'buffer')
}

function firstDifference(a: Buffer, b: Buffer): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return i
  return Math.min(a.length, b.length)
}
