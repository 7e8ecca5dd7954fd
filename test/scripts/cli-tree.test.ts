import { createHash } from 'node:crypto'
import { expect } from 'chai'
import { growingTree, leafOf } from '../../scripts/cli/tree.ts'

const sha256 = (...parts: Uint8Array[]) => createHash('sha256').update(Buffer.concat(parts)).digest()

/** MTH of RFC 6962 §2.1, word for word. */
function rootOf(leaves: Buffer[]): Buffer {
  if (leaves.length === 0) return sha256()
  if (leaves.length === 1) return leaves[0]!
  let k = 1
  while (k * 2 < leaves.length) k *= 2
  return sha256(Buffer.of(1), rootOf(leaves.slice(0, k)), rootOf(leaves.slice(k)))
}

describe('the auditor’s tree', () => {
  it('has at every size the root that RFC 6962 defines', () => {
    const tree = growingTree()
    const leaves: Buffer[] = []
    expect(tree.root()).to.deep.equal(rootOf([]))
    for (let i = 0; i < 140; i++) {
      const leaf = leafOf(`statement ${i}`)
      leaves.push(leaf)
      tree.add(leaf)
      expect(tree.size).to.equal(leaves.length)
      expect(tree.root(), `size ${leaves.length}`).to.deep.equal(rootOf(leaves))
    }
  })

  it('hashes a leaf apart from a node', () => {
    expect(leafOf('a')).to.deep.equal(sha256(Buffer.of(0), Buffer.from('a')))
  })
})
