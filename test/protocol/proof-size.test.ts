import { expect } from 'chai'
import {
  consistencyNodes,
  consistencyProof,
  inclusionNodes,
  inclusionProof,
  leafHash,
  rootOf,
  verifyConsistency,
  verifyInclusion,
  type NodeRef,
} from '../../protocol/log.ts'

const LARGEST = 12
const leaves = Array.from({ length: LARGEST }, (_, i) => leafHash(`statement ${i}`))
const root = (size: number) => rootOf(leaves.slice(0, size))
const nodes = (refs: NodeRef[]) =>
  refs.map(({ level, index }) => rootOf(leaves.slice(index * 2 ** level, (index + 1) * 2 ** level)))

const sizes = Array.from({ length: LARGEST }, (_, i) => i + 1)
const places = sizes.flatMap(size => Array.from({ length: size }, (_, index) => ({ index, size })))
const pairs = sizes.flatMap(size1 => sizes.filter(size2 => size2 > size1).map(size2 => ({ size1, size2 })))

describe('A proof is as long as index and size require', () => {
  it('so an honest inclusion proof holds at no place that needs more or fewer hashes', () => {
    let asked = 0
    for (const at of places) {
      const proof = inclusionProof(at.index, at.size, nodes)
      const claim = { leaf: leaves[at.index]!, proof, root: root(at.size) }
      expect(verifyInclusion({ ...claim, ...at })).to.equal(true)
      for (const other of places) {
        if (inclusionNodes(other.index, other.size).length === proof.length) continue
        asked++
        const label = `${at.index} of ${at.size} shown as ${other.index} of ${other.size}`
        expect(verifyInclusion({ ...claim, ...other }), label).to.equal(false)
      }
    }
    expect(asked).to.be.greaterThan(1_000)
  })

  it('so no leaf stands at an index that is not below the size', () => {
    for (const at of places) {
      const claim = {
        leaf: leaves[at.index]!,
        proof: inclusionProof(at.index, at.size, nodes),
        root: root(at.size),
      }
      for (let size = 0; size <= at.index; size++) {
        expect(verifyInclusion({ ...claim, index: at.index, size }), `${at.index} of ${size}`).to.equal(false)
      }
    }
  })

  it('so an honest consistency proof holds between no sizes that need more or fewer hashes', () => {
    let asked = 0
    for (const { size1, size2 } of pairs) {
      const proof = consistencyProof(size1, size2, nodes)
      const claim = { root1: root(size1), root2: root(size2), proof }
      expect(verifyConsistency({ ...claim, size1, size2 })).to.equal(true)
      for (const other of pairs) {
        if (consistencyNodes(other.size1, other.size2).length === proof.length) continue
        asked++
        const label = `${size1} to ${size2} shown as ${other.size1} to ${other.size2}`
        expect(verifyConsistency({ ...claim, ...other }), label).to.equal(false)
      }
    }
    expect(asked).to.be.greaterThan(1_000)
  })
})
