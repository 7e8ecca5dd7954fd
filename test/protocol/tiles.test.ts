import { expect } from 'chai'
import * as fc from 'fast-check'
import { concat, toHex } from '../../protocol/bytes.ts'
import {
  inclusionProof,
  leafHash,
  proofFrom,
  rootNodes,
  rootOf,
  verifyInclusion,
} from '../../protocol/log.ts'
import type { NodeRef } from '../../protocol/log.ts'
import {
  STORED_TILE_BYTES,
  appendToTile,
  bottomRow,
  parseTilePath,
  storedHash,
  storedOffset,
  tileFromBottomRow,
  tileOf,
  tilePath,
  tilesBetween,
  tileWidthAt,
  topOfTile,
} from '../../protocol/tiles.ts'

const SEED = { seed: 256 }

describe('Tiles: where a hash of the log lies', function () {
  describe('paths of C2SP tlog-tiles', () => {
    const pairs: [string, number, number, number][] = [
      ['tile/0/000', 0, 0, 256],
      ['tile/0/x001/x234/067', 0, 1_234_067, 256],
      ['tile/1/999', 1, 999, 256],
      ['tile/1/x001/000', 1, 1000, 256],
      ['tile/0/273.p/112', 0, 273, 112],
      ['tile/2/000.p/1', 2, 0, 1],
      ['tile/63/x009/x007/x199/x254/x740/991', 63, Number.MAX_SAFE_INTEGER, 256],
    ]

    it('writes and reads the examples', () => {
      for (const [path, level, n, width] of pairs) {
        expect(tilePath(level, n, width)).to.equal(path)
        expect(parseTilePath(path)).to.deep.equal({ level, n, width })
      }
    })

    it('reads back whatever it writes', () => {
      const width = fc.integer({ min: 1, max: 256 })
      fc.assert(
        fc.property(fc.nat(63), fc.maxSafeNat(), width, (level, n, w) => {
          expect(parseTilePath(tilePath(level, n, w))).to.deep.equal({ level, n, width: w })
        }),
        SEED,
      )
    })

    it('refuses every other path', () => {
      const bad = [
        '',
        'tile/0',
        'tile/0/',
        'tile/0/0',
        'tile/0/00',
        'tile/0/0000',
        'tile/00/000',
        'tile/64/000',
        'tile/-1/000',
        'tile/0/x000/000',
        'tile/0/x001',
        'tile/0/001/000',
        'tile/0/x001/x000',
        'tile/0/000.p/0',
        'tile/0/000.p/01',
        'tile/0/000.p/256',
        'tile/0/000.p/',
        'tile/0/000.p',
        'tile/0/000/',
        '/tile/0/000',
        'tile/0/000\n',
        'tile/0/x009/x007/x199/x254/x740/992',
        'tile/0/x009/x999/x007/x199/x254/x740/991',
        'tile/entries/000',
        'tile/0/%300',
        'tile/0/../../etc',
      ]
      for (const path of bad) expect(parseTilePath(path), path).to.equal(null)
    })

    it('does not write what no reader would accept', () => {
      for (const [level, n, width] of [
        [64, 0, 1],
        [-1, 0, 1],
        [0, -1, 1],
        [0, 1.5, 1],
        [0, 2 ** 53, 1],
        [0, 0, 0],
        [0, 0, 257],
      ]) {
        expect(() => tilePath(level ?? 0, n ?? 0, width)).to.throw('invariant')
      }
    })
  })

  describe('places', () => {
    it('finds tile, row and column of a node', () => {
      expect(tileOf({ level: 0, index: 0 })).to.deep.equal({ level: 0, n: 0, row: 0, column: 0 })
      expect(tileOf({ level: 0, index: 257 })).to.deep.equal({ level: 0, n: 1, row: 0, column: 1 })
      expect(tileOf({ level: 7, index: 3 })).to.deep.equal({ level: 0, n: 1, row: 7, column: 1 })
      expect(tileOf({ level: 8, index: 3 })).to.deep.equal({ level: 1, n: 0, row: 0, column: 3 })
      expect(tileOf({ level: 0, index: 2 ** 53 - 1 })).to.deep.equal({
        level: 0,
        n: 2 ** 45 - 1,
        row: 0,
        column: 255,
      })
    })

    it('gives every hash of a stored tile its own 32 bytes, row after row', () => {
      const offsets = Array.from({ length: 8 }, (_, row) =>
        Array.from({ length: 256 >> row }, (__, column) => storedOffset(row, column)),
      ).flat()
      expect(offsets).to.deep.equal(Array.from({ length: 510 }, (_, i) => i * 32))
      expect(STORED_TILE_BYTES).to.equal(510 * 32)
      for (const [row, column] of [
        [8, 0],
        [0, 256],
        [7, 2],
        [-1, 0],
        [0, -1],
        [0, 0.5],
      ]) {
        expect(() => storedOffset(row ?? 0, column ?? 0)).to.throw('invariant')
      }
    })

    it('knows how wide each tile is: the example of 70,000 leaves', () => {
      expect(tileWidthAt({ level: 0, n: 272 }, 70_000)).to.equal(256)
      expect(tileWidthAt({ level: 0, n: 273 }, 70_000)).to.equal(112)
      expect(tileWidthAt({ level: 0, n: 274 }, 70_000)).to.equal(0)
      expect(tileWidthAt({ level: 1, n: 0 }, 70_000)).to.equal(256)
      expect(tileWidthAt({ level: 1, n: 1 }, 70_000)).to.equal(17)
      expect(tileWidthAt({ level: 2, n: 0 }, 70_000)).to.equal(1)
      expect(tileWidthAt({ level: 3, n: 0 }, 70_000)).to.equal(0)
    })

    it('lists the tiles that grew between two sizes, and only them', () => {
      expect(tilesBetween(5, 5)).to.deep.equal([])
      expect(tilesBetween(0, 256)).to.deep.equal([
        { level: 0, n: 0, width: 256 },
        { level: 1, n: 0, width: 1 },
      ])
      expect(tilesBetween(255, 258)).to.deep.equal([
        { level: 0, n: 0, width: 256 },
        { level: 0, n: 1, width: 2 },
        { level: 1, n: 0, width: 1 },
      ])
      expect(tilesBetween(256, 511)).to.deep.equal([{ level: 0, n: 1, width: 255 }])
      fc.assert(
        fc.property(fc.nat(200_000), fc.nat(2_000), (size1, more) => {
          const size2 = size1 + more
          const grown = tilesBetween(size1, size2)
          for (const tile of grown) expect(tileWidthAt(tile, size2)).to.equal(tile.width)
          for (const tile of grown) expect(tileWidthAt(tile, size1)).to.be.below(tile.width)
          const sum = (size: number) =>
            Math.floor(size / 1) + Math.floor(size / 256) + Math.floor(size / 65_536)
          const added = grown.reduce((n, tile) => n + tile.width - tileWidthAt(tile, size1), 0)
          expect(added).to.equal(sum(size2) - sum(size1))
        }),
        SEED,
      )
    })
  })

  describe('a log kept in stored tiles', () => {
    const size = 1100
    const leaves = Array.from({ length: size }, (_, i) => leafHash(`statement ${i}`))
    const tiles = new Map<string, { tile: Uint8Array; width: number }>()

    function append(level: number, index: number, hash: Uint8Array): void {
      const n = Math.floor(index / 256)
      const key = `${level}/${n}`
      const { tile, width } = tiles.get(key) ?? { tile: new Uint8Array(STORED_TILE_BYTES), width: 0 }
      const now = appendToTile(tile, width, hash)
      tiles.set(key, { tile, width: now })
      if (now === 256) append(level + 1, n, topOfTile(tile))
    }
    const stored = (refs: NodeRef[]) =>
      refs.map(ref => {
        const { level, n, row, column } = tileOf(ref)
        const { tile } = tiles.get(`${level}/${n}`) ?? {}
        if (tile === undefined) throw new Error(`no tile ${level}/${n}`)
        return storedHash(tile, row, column)
      })

    before(() => leaves.forEach((leaf, i) => append(0, i, leaf)))

    it('gives the root of every size without hashing below the edge', () => {
      for (let n = 1; n <= size; n += 13) {
        const plan = rootNodes(n)
        expect(toHex(proofFrom(plan, stored(plan.flat()))[0] as Uint8Array)).to.equal(
          toHex(rootOf(leaves.slice(0, n))),
        )
      }
    })

    it('answers inclusion proofs that verify, also for sizes that it had before', () => {
      for (const at of [1, 2, 255, 256, 257, 511, 512, 777, 1100]) {
        const root = rootOf(leaves.slice(0, at))
        for (let index = 0; index < at; index += 7) {
          const proof = inclusionProof(index, at, stored)
          expect(
            verifyInclusion({ leaf: leaves[index] as Uint8Array, index, size: at, proof, root }),
          ).to.equal(true)
        }
      }
    })

    it('is the same when hashes come in batches, and when a tile is made again from its bottom row', () => {
      for (const width of [1, 2, 3, 76, 255, 256]) {
        const batched = new Uint8Array(STORED_TILE_BYTES)
        const half = Math.floor(width / 2)
        appendToTile(batched, 0, concat(...leaves.slice(0, half)))
        expect(appendToTile(batched, half, concat(...leaves.slice(half, width)))).to.equal(width)
        const again = tileFromBottomRow(bottomRow(batched, width))
        expect(toHex(again)).to.equal(toHex(batched))
        if (width === 256) expect(toHex(batched)).to.equal(toHex(tiles.get('0/0')?.tile ?? new Uint8Array(0)))
      }
      expect(tiles.get('1/0')?.width).to.equal(4)
    })

    it('takes no more hashes than a tile is wide', () => {
      const tile = new Uint8Array(STORED_TILE_BYTES)
      expect(() => appendToTile(tile, 255, concat(...leaves.slice(0, 2)))).to.throw('invariant')
      expect(() => appendToTile(tile, 0, new Uint8Array(31))).to.throw('invariant')
      expect(() => appendToTile(new Uint8Array(8192), 0, new Uint8Array(0))).to.throw('invariant')
      expect(() => tileFromBottomRow(new Uint8Array(33))).to.throw('invariant')
    })
  })
})
