import { expect } from 'chai'
import { MerkleTree } from 'merkletreejs'
import { sha256 } from '#crypto'
import { equalBytes, toHex } from '../../protocol/bytes.ts'
import { inclusionProof, leafHash, nodeHash, rootOf, verifyInclusion } from '../../protocol/log.ts'
import type { NodeRef } from '../../protocol/log.ts'

/**
 * merkletreejs knows nothing of RFC 6962, but hashes pairs from the left and promotes an odd node. With a hash that puts 0x01
 * before what it is given, and leaves hashed beforehand, it must give the same tree: an opinion that is not ours.
 */
function oracleOf(leaves: Uint8Array[]): MerkleTree {
  const node = (pair: Buffer) => Buffer.from(sha256(Buffer.concat([Buffer.of(1), pair])))
  return new MerkleTree(
    leaves.map(leaf => Buffer.from(leaf)),
    node,
    { hashLeaves: false, sortPairs: false },
  )
}

/** Which neighbours stand left: the binary digits of the index, where a level has a neighbour at all. */
function sidesOf(index: number, size: number): ('left' | 'right')[] {
  const sides: ('left' | 'right')[] = []
  for (let i = index, width = size; width > 1; i = Math.floor(i / 2), width = Math.ceil(width / 2)) {
    if (i % 2 === 1) sides.push('left')
    else if (i + 1 < width) sides.push('right')
  }
  return sides
}

describe('Oracle: merkletreejs builds the same tree', () => {
  const all = Array.from({ length: 300 }, (_, i) => leafHash(`statement ${i}`))

  /** Complete subtrees by their place, kept over all sizes: a complete one never changes. */
  const known = new Map<string, Uint8Array>()
  const nodes = (refs: NodeRef[]) => refs.map(({ level, index }) => nodeAt(level, index))
  function nodeAt(level: number, index: number): Uint8Array {
    if (level === 0) return all[index] as Uint8Array
    const place = `${level}/${index}`
    const hash = known.get(place) ?? nodeHash(nodeAt(level - 1, 2 * index), nodeAt(level - 1, 2 * index + 1))
    known.set(place, hash)
    return hash
  }

  it('has our root for 1 to 300 statements', () => {
    for (let size = 1; size <= 300; size++) {
      const leaves = all.slice(0, size)
      expect(oracleOf(leaves).getHexRoot(), `${size} statements`).to.equal(toHex(rootOf(leaves)))
    }
  })

  it('accepts our inclusion proofs, and we accept the ones it makes', () => {
    for (const size of [
      1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 33, 64, 65, 100, 127, 129, 255, 257, 300,
    ]) {
      const leaves = all.slice(0, size)
      const oracle = oracleOf(leaves)
      const root = rootOf(leaves)
      for (let index = 0; index < size; index += size > 40 ? 7 : 1) {
        const leaf = leaves[index] as Uint8Array
        const ours = inclusionProof(index, size, nodes)
        const sides = sidesOf(index, size)
        expect(ours).to.have.length(sides.length)
        const converted = ours.map((hash, i) => ({ position: sides[i] ?? 'right', data: Buffer.from(hash) }))
        expect(oracle.verify(converted, Buffer.from(leaf), oracle.getRoot()), `${index} of ${size}`).to.equal(
          true,
        )

        const theirs = oracle.getProof(Buffer.from(leaf), index)
        expect(theirs.map(({ position }) => position)).to.deep.equal(sides)
        const proof = theirs.map(({ data }) => new Uint8Array(data))
        expect(verifyInclusion({ leaf, index, size, proof, root })).to.equal(true)
      }
    }
  })

  it('accepts an inner node as a statement, which we never do', () => {
    const size = 8
    const leaves = all.slice(0, size)
    const oracle = oracleOf(leaves)
    const root = rootOf(leaves)
    const inner = nodeAt(1, 0)
    const shortened = inclusionProof(0, size, nodes).slice(1)
    const converted = shortened.map(data => ({ position: 'right' as const, data: Buffer.from(data) }))
    expect(oracle.verify(converted, Buffer.from(inner), oracle.getRoot())).to.equal(true)
    for (let index = 0; index < size; index++) {
      expect(verifyInclusion({ leaf: inner, index, size, proof: shortened, root })).to.equal(false)
    }
    // Only with a size that was never signed: size and root always come together, from a checkpoint.
    expect(verifyInclusion({ leaf: inner, index: 0, size: 4, proof: shortened, root })).to.equal(true)
    expect(equalBytes(rootOf(leaves.slice(0, 4)), root)).to.equal(false)
  })
})
