/**
 * Building the Merkle tree against merkletreejs, which gets the same hash function and the same leaves and gives the same root.
 */
import { hash, randomBytes } from 'node:crypto'
import { MerkleTree } from 'merkletreejs'
import { toHex } from '../../protocol/bytes.ts'
import { HASH_BYTES, rootOfFlat } from '../../protocol/log.ts'
import { invariant } from '../../protocol/refusal.ts'
import { appendLeaves } from '../../server/store/sqlite/log-tiles.ts'
import { compare } from './measure.ts'
import { fasterThan, type Row } from './rows.ts'

export async function measureTree(count: number, rounds: number): Promise<Row[]> {
  const flat = new Uint8Array(randomBytes(count * HASH_BYTES))
  const leaves = Array.from({ length: count }, (_, i) =>
    Buffer.from(flat.subarray(i * HASH_BYTES, (i + 1) * HASH_BYTES)),
  )
  const prefix = Buffer.of(1)
  const node = (pair: Buffer) => hash('sha256', Buffer.concat([prefix, pair]), 'buffer')
  const theirTree = () => new MerkleTree(leaves, node, { hashLeaves: false, sortPairs: false })
  invariant(theirTree().getHexRoot() === toHex(rootOfFlat(flat)), 'both build the same tree')

  const costs = await compare(
    {
      root: { operations: count, run: () => rootOfFlat(flat) },
      tiles: { operations: count, run: () => tilesOf(flat) },
      merkletreejs: { operations: count, run: theirTree },
    },
    { rounds },
  )
  const baseline = costs.merkletreejs.cpu
  const unit = 'µs CPU a leaf'
  const of = count.toLocaleString('en')
  return [
    fasterThan(
      {
        name: `tree of ${of}, tiles with every inner node, against merkletreejs`,
        ours: costs.tiles.cpu,
        baseline,
        unit,
        note: 'both keep all nodes, so that proofs can be made from them',
      },
      4,
    ),
    fasterThan(
      {
        name: `tree of ${of}, root alone, against merkletreejs`,
        ours: costs.root.cpu,
        baseline,
        unit,
        note: 'ours keeps no node',
      },
      4,
    ),
  ]
}

function tilesOf(flat: Uint8Array): Map<string, Uint8Array> {
  const tiles = new Map<string, Uint8Array>()
  appendLeaves(
    {
      read: (level, n) => tiles.get(`${level}/${n}`)!,
      write: (level, n, hashes) => void tiles.set(`${level}/${n}`, hashes),
    },
    0,
    flat,
  )
  return tiles
}
