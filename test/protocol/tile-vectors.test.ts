import { expect } from 'chai'
import { sha256 } from '#crypto'
import { concat, toBase64 } from '../../protocol/bytes.ts'
import { leafHash } from '../../protocol/log.ts'
import {
  bottomRow,
  parseTilePath,
  STORED_TILE_BYTES,
  tileFromBottomRow,
  tilePath,
  tilesBetween,
  topOfTile,
} from '../../protocol/tiles.ts'
import type { TileVectors } from '../../scripts/vectors/tiles.ts'
import { readVector } from '../support/vectors.ts'

const vectors = readVector('tiles.json') as TileVectors

/** The published tiles of a log by path, made from full tiles as they are stored. */
function publishedTiles(size: number): Map<string, Uint8Array> {
  const tiles = new Map<string, Uint8Array>()
  let row: Uint8Array[] = Array.from({ length: size }, (_, i) => leafHash(`leaf ${i}`))
  for (const { level, n, width } of tilesBetween(0, size)) {
    if (level > 0 && n === 0) row = tops(tiles, level - 1)
    const hashes = row.slice(n * 256, n * 256 + width)
    expect(hashes.length).to.equal(width)
    const stored = tileFromBottomRow(concat(...hashes))
    expect(stored.length).to.equal(STORED_TILE_BYTES)
    tiles.set(tilePath(level, n, width), bottomRow(stored, width))
  }
  return tiles
}

/** The hash over each full tile of a level. */
function tops(tiles: Map<string, Uint8Array>, level: number): Uint8Array[] {
  return [...tiles]
    .filter(([path, row]) => path.startsWith(`tile/${level}/`) && row.length === 256 * 32)
    .map(([, row]) => topOfTile(tileFromBottomRow(row)))
}

describe('vectors: tiles.json', function () {
  for (const { path, ...tile } of vectors.paths) {
    it(`${path} is a path`, () => {
      expect(parseTilePath(path)).to.deep.equal(tile)
      expect(tilePath(tile.level, tile.n, tile.width)).to.equal(path)
    })
  }

  for (const { path, why } of vectors.refused) {
    it(`${JSON.stringify(path)} is none: ${why}`, () => {
      expect(parseTilePath(path)).to.equal(null)
    })
  }

  for (const { size, complete, tiles } of vectors.logs) {
    it(`a log of ${size} publishes these tiles`, () => {
      const published = publishedTiles(size)
      if (complete) expect([...published.keys()]).to.deep.equal(tiles.map(({ path }) => path))
      for (const { path, width, ...hashes } of tiles) {
        const row = published.get(path)!
        expect(row.length, path).to.equal(32 * width)
        expect({
          sha256: toBase64(sha256(row)),
          firstHash: toBase64(row.slice(0, 32)),
          lastHash: toBase64(row.slice(-32)),
        }).to.deep.equal(hashes)
      }
    })
  }
})
