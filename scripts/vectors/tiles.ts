/**
 * `test/vectors/tiles.json`: paths of tiles, and the published tiles of some logs (docs/formats.md §8). The rows are computed
 * from the leaves by RFC 6962 alone; nothing of the code that stores tiles is asked.
 */
import { sha256 } from '#crypto'
import { concat, toBase64 } from '../../protocol/bytes.ts'
import { leafHash, rootOf } from '../../protocol/log.ts'

export interface TileVectors {
  about: string
  paths: { path: string; level: number; n: number; width: number }[]
  refused: { path: string; why: string }[]
  logs: {
    size: number
    /** Of the largest log only the first and the last of each level. */
    complete: boolean
    tiles: { path: string; width: number; sha256: string; firstHash: string; lastHash: string }[]
  }[]
}

const WIDTH = 256
const SIZES = [1, 2, 255, 256, 257, 600, 256 * 257]

export function tileVectors(): TileVectors {
  return {
    about:
      'Leaf i of every log is SHA-256(0x00, ASCII "leaf <i>"), i in decimal from 0. A tile is the hashes of its bottom row, one after the other; sha256 is of these bytes. Hashes are base64. Paths are below the prefix.',
    paths: [
      { path: 'tile/0/000', level: 0, n: 0, width: 256 },
      { path: 'tile/0/000.p/1', level: 0, n: 0, width: 1 },
      { path: 'tile/0/000.p/255', level: 0, n: 0, width: 255 },
      { path: 'tile/0/067', level: 0, n: 67, width: 256 },
      { path: 'tile/1/999.p/9', level: 1, n: 999, width: 9 },
      { path: 'tile/0/x001/000', level: 0, n: 1000, width: 256 },
      { path: 'tile/2/x001/x234/067', level: 2, n: 1_234_067, width: 256 },
      { path: 'tile/3/x001/x234/067.p/17', level: 3, n: 1_234_067, width: 17 },
      { path: 'tile/63/000', level: 63, n: 0, width: 256 },
      {
        path: 'tile/0/x009/x007/x199/x254/x740/991',
        level: 0,
        n: Number.MAX_SAFE_INTEGER,
        width: 256,
      },
    ],
    refused: [
      { path: '', why: 'empty' },
      { path: '/tile/0/000', why: 'begins with a slash' },
      { path: 'tile/0/000/', why: 'ends with a slash' },
      { path: 'tile/0/000\n', why: 'a line feed at the end' },
      { path: 'tile/0', why: 'no number' },
      { path: 'tile/0/0', why: 'a group of one digit' },
      { path: 'tile/0/0000', why: 'a group of four digits' },
      { path: 'tile/0/1000', why: 'a group of four digits' },
      { path: 'tile/0/x000/001', why: 'a group in front that is zero' },
      { path: 'tile/0/001/000', why: 'a group in front without x' },
      { path: 'tile/0/x001', why: 'x in the last group' },
      { path: 'tile/0/x001/x002', why: 'x in the last group' },
      { path: 'tile/0/X001/000', why: 'a capital X' },
      { path: 'tile/0/00a', why: 'not decimal' },
      { path: 'tile/0/-01', why: 'a sign' },
      { path: 'tile/0/\u0660\u0660\u0660', why: 'digits of another script' },
      { path: 'tile/00/000', why: 'a level with a leading zero' },
      { path: 'tile/-1/000', why: 'a negative level' },
      { path: 'tile/64/000', why: 'levels end at 63' },
      { path: 'tile/0/000.p/0', why: 'a partial tile has a hash' },
      { path: 'tile/0/000.p/01', why: 'a width with a leading zero' },
      { path: 'tile/0/000.p/256', why: 'a full tile is not partial' },
      { path: 'tile/0/000.p/257', why: 'wider than a tile' },
      { path: 'tile/0/000.p/', why: 'no width' },
      { path: 'tile/0/000.p', why: 'no width' },
      { path: 'tile/entries/000', why: 'entries are not published' },
      { path: 'tile/8/0/000', why: 'the form of another version of tiles' },
      { path: 'tile/0/x009/x007/x199/x254/x740/992', why: 'the number is 2^53' },
      { path: 'tile/0/../000', why: 'another folder' },
      { path: 'tile/0/%30%30%30', why: 'percent-encoded' },
    ],
    logs: SIZES.map(logOf),
  }
}

function logOf(size: number): TileVectors['logs'][number] {
  const complete = size !== SIZES.at(-1)
  const tiles: TileVectors['logs'][number]['tiles'] = []
  let row = Array.from({ length: size }, (_, i) => leafHash(`leaf ${i}`))
  for (let level = 0; row.length > 0; level++) {
    const full = Math.floor(row.length / WIDTH)
    const groups = Array.from({ length: Math.ceil(row.length / WIDTH) }, (_, n) =>
      row.slice(n * WIDTH, (n + 1) * WIDTH),
    )
    for (const [n, hashes] of groups.entries()) {
      if (!complete && n > 0 && n < groups.length - 1) continue
      tiles.push({
        // None of these logs has 1,000 tiles in one level.
        path: `tile/${level}/${String(n).padStart(3, '0')}${hashes.length === WIDTH ? '' : `.p/${hashes.length}`}`,
        width: hashes.length,
        sha256: toBase64(sha256(concat(...hashes))),
        firstHash: toBase64(hashes[0]!),
        lastHash: toBase64(hashes.at(-1)!),
      })
    }
    row = groups.slice(0, full).map(rootOf)
  }
  return { size, complete, tiles }
}
