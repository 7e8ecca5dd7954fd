import { expect } from 'chai'
import * as fc from 'fast-check'
import { sha256 } from '#crypto'
import { concat, equalBytes, fromHex, toHex } from '../../protocol/bytes.ts'
import {
  consistencyNodes,
  consistencyProof,
  emptyRoot,
  inclusionNodes,
  inclusionProof,
  leafHash,
  nodeHash,
  proofFrom,
  rootFromInclusion,
  rootNodes,
  rootOf,
  rootOfFlat,
  verifyConsistency,
  verifyInclusion,
} from '../../protocol/log.ts'
import type { NodeRef } from '../../protocol/log.ts'

const SEED = { seed: 20200501 }
const hex = (text: string) => fromHex(`0x${text}`) as Uint8Array
const leaves = (n: number) => Array.from({ length: n }, (_, i) => leafHash(`statement ${i}`))

/** RFC 6962 §2.1 word for word, slow. */
function naiveRoot(d: readonly Uint8Array[]): Uint8Array {
  if (d.length === 0) return sha256(new Uint8Array(0))
  if (d.length === 1) return d[0] as Uint8Array
  const k = 2 ** Math.ceil(Math.log2(d.length) - 1)
  return sha256(concat(Uint8Array.of(1), naiveRoot(d.slice(0, k)), naiveRoot(d.slice(k))))
}

function naivePath(m: number, d: readonly Uint8Array[]): Uint8Array[] {
  if (d.length <= 1) return []
  const k = 2 ** Math.ceil(Math.log2(d.length) - 1)
  return m < k
    ? [...naivePath(m, d.slice(0, k)), naiveRoot(d.slice(k))]
    : [...naivePath(m - k, d.slice(k)), naiveRoot(d.slice(0, k))]
}

function naiveSubproof(m: number, d: readonly Uint8Array[], whole: boolean): Uint8Array[] {
  if (m === d.length) return whole ? [] : [naiveRoot(d)]
  const k = 2 ** Math.ceil(Math.log2(d.length) - 1)
  return m <= k
    ? [...naiveSubproof(m, d.slice(0, k), whole), naiveRoot(d.slice(k))]
    : [...naiveSubproof(m - k, d.slice(k), false), naiveRoot(d.slice(0, k))]
}

/** Answers a plan from all leaves, and holds it to naming complete subtrees only. */
const nodesOf = (d: readonly Uint8Array[]) => (refs: NodeRef[]) =>
  refs.map(({ level, index }) => {
    const width = 2 ** level
    expect((index + 1) * width).to.be.at.most(d.length)
    return naiveRoot(d.slice(index * width, (index + 1) * width))
  })

/** A log of which every leaf is the same hash: any complete subtree is known by its level, however large the log is. */
function uniformNodes(leaf: Uint8Array) {
  const levels = [leaf]
  while (levels.length < 54) {
    const below = levels.at(-1) as Uint8Array
    levels.push(nodeHash(below, below))
  }
  return (refs: NodeRef[]) => refs.map(({ level }) => levels[level] as Uint8Array)
}

const without = <T>(list: readonly T[], i: number) => [...list.slice(0, i), ...list.slice(i + 1)]

describe('Log: the Merkle tree of RFC 6962', function () {
  describe('the reference tree of Certificate Transparency', () => {
    const inputs = [
      '',
      '00',
      '10',
      '2021',
      '3031',
      '40414243',
      '5051525354555657',
      '606162636465666768696a6b6c6d6e6f',
    ]
    const d = inputs.map(input => sha256(concat(Uint8Array.of(0), hex(input))))
    const roots = [
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
      'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
      'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
      '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
      'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
      '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
    ]

    it('has the published root at every size from 0 to 8', () => {
      expect(toHex(emptyRoot)).to.equal('0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')
      expect(toHex(rootOf([]))).to.equal(toHex(emptyRoot))
      roots.forEach((root, i) => expect(toHex(rootOf(d.slice(0, i + 1)))).to.equal(`0x${root}`))
    })

    it('has the published inclusion proof of leaf 0 in 8, and consistency proof from 6 to 8', () => {
      expect(inclusionProof(0, 8, nodesOf(d)).map(toHex)).to.deep.equal([
        '0x96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
        '0x5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        '0x6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
      ])
      expect(consistencyProof(6, 8, nodesOf(d)).map(toHex)).to.deep.equal([
        '0x0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
        '0xca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
        '0xd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      ])
    })
  })

  describe('against the recursive definition', () => {
    const d = leaves(130)

    it('gives the same root at every size up to 130, from a list and from one row of bytes, which stays as it was', () => {
      for (let n = 0; n <= d.length; n++) {
        const row = concat(...d.slice(0, n))
        expect(toHex(rootOf(d.slice(0, n)))).to.equal(toHex(naiveRoot(d.slice(0, n))))
        expect(toHex(rootOfFlat(row))).to.equal(toHex(naiveRoot(d.slice(0, n))))
        expect(equalBytes(row, concat(...d.slice(0, n)))).to.equal(true)
      }
    })

    it('leaves the bytes of a database alone, where slice would share them', () => {
      const row = Buffer.concat(d.slice(0, 7))
      const before = row.toString('hex')
      expect(toHex(rootOfFlat(row))).to.equal(toHex(naiveRoot(d.slice(0, 7))))
      const leaf = Buffer.from(d[3] as Uint8Array)
      rootFromInclusion({ leaf, index: 3, size: 7, proof: inclusionProof(3, 7, nodesOf(d.slice(0, 7))) })
      expect(row.toString('hex')).to.equal(before)
      expect(equalBytes(leaf, d[3] as Uint8Array)).to.equal(true)
    })

    it('makes every inclusion proof up to 130 leaves, and accepts it', () => {
      for (let size = 1; size <= d.length; size++) {
        const here = d.slice(0, size)
        const root = rootOf(here)
        const known = new Map<string, Uint8Array>()
        const nodes = (refs: NodeRef[]) =>
          refs.map(ref => {
            const key = `${ref.level}/${ref.index}`
            const hash = known.get(key) ?? nodesOf(here)([ref])[0]
            if (hash === undefined) throw new Error(key)
            known.set(key, hash)
            return hash
          })
        const [whole] = proofFrom(rootNodes(size), nodes(rootNodes(size).flat()))
        expect(toHex(whole as Uint8Array)).to.equal(toHex(root))
        for (let index = 0; index < size; index++) {
          const proof = inclusionProof(index, size, nodes)
          if (size <= 40) expect(proof.map(toHex)).to.deep.equal(naivePath(index, here).map(toHex))
          expect(verifyInclusion({ leaf: here[index] as Uint8Array, index, size, proof, root })).to.equal(
            true,
          )
        }
      }
    })

    it('makes every consistency proof between sizes up to 60, and accepts it', () => {
      const here = d.slice(0, 60)
      const roots = Array.from({ length: 61 }, (_, n) => rootOf(here.slice(0, n)))
      for (let size2 = 1; size2 <= 60; size2++) {
        for (let size1 = 1; size1 <= size2; size1++) {
          const proof = consistencyProof(size1, size2, nodesOf(here.slice(0, size2)))
          expect(proof.map(toHex)).to.deep.equal(naiveSubproof(size1, here.slice(0, size2), true).map(toHex))
          const root1 = roots[size1] as Uint8Array
          const root2 = roots[size2] as Uint8Array
          expect(verifyConsistency({ size1, root1, size2, root2, proof })).to.equal(true)
        }
      }
    })
  })

  describe('sizes that no machine holds', () => {
    const leaf = leafHash('the same statement everywhere')
    const nodes = uniformNodes(leaf)
    const rootAt = (size: number) =>
      proofFrom(rootNodes(size), nodes(rootNodes(size).flat()))[0] as Uint8Array
    const edges = [2 ** 31, 2 ** 32, 2 ** 33 + 5, 2 ** 52, 2 ** 53 - 1].flatMap(n => [n - 2, n - 1, n, n + 1])
    const sizes = edges.filter(Number.isSafeInteger)

    it('proves first, middle and last leaf near 2^32 and 2^53', () => {
      for (const size of sizes) {
        for (const index of [0, 1, Math.floor(size / 2), size - 2, size - 1]) {
          const proof = inclusionProof(index, size, nodes)
          expect(proof.length).to.be.at.most(53)
          expect(
            verifyInclusion({ leaf, index, size, proof, root: rootAt(size) }),
            `${index} of ${size}`,
          ).to.equal(true)
          expect(verifyInclusion({ leaf, index, size, proof: proof.slice(1), root: rootAt(size) })).to.equal(
            false,
          )
        }
      }
    })

    it('proves that one such log extends the other', () => {
      for (const size2 of sizes) {
        for (const size1 of [1, 2, 3, 2 ** 31 - 3, ...sizes].filter(size => size <= size2)) {
          const proof = consistencyProof(size1, size2, nodes)
          const [root1, root2] = [rootAt(size1), rootAt(size2)]
          expect(verifyConsistency({ size1, root1, size2, root2, proof }), `${size1} to ${size2}`).to.equal(
            true,
          )
        }
      }
    })

    it('reads a number of subtrees that grows with the length of the size only', () => {
      fc.assert(
        fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (a, b) => {
          const [index, size] = a < b ? [a, b] : [b, a + 1]
          fc.pre(Number.isSafeInteger(size) && size > 0)
          expect(inclusionNodes(index, size).flat().length).to.be.at.most(106)
          expect(consistencyNodes(index + 1, size).flat().length).to.be.at.most(107)
        }),
        SEED,
      )
    })

    it('refuses sizes and indexes that are not counts', () => {
      for (const size of [2 ** 53, 1.5, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
        expect(() => inclusionNodes(0, size)).to.throw('invariant')
        expect(() => rootNodes(size)).to.throw('invariant')
        expect(() => consistencyNodes(1, size)).to.throw('invariant')
        expect(verifyInclusion({ leaf, index: 0, size, proof: [], root: leaf })).to.equal(false)
        expect(verifyInclusion({ leaf, index: size, size: 2 ** 53 - 1, proof: [], root: leaf })).to.equal(
          false,
        )
        expect(verifyConsistency({ size1: size, root1: leaf, size2: size, root2: leaf, proof: [] })).to.equal(
          false,
        )
      }
      expect(() => inclusionNodes(3, 3)).to.throw('invariant')
      expect(() => consistencyNodes(0, 3)).to.throw('invariant')
      expect(() => consistencyNodes(4, 3)).to.throw('invariant')
    })
  })

  describe('what must never be accepted', () => {
    const d = leaves(33)
    const root = rootOf(d)
    const proofs = d.map((_, index) => inclusionProof(index, d.length, nodesOf(d)))

    it('M1: no inner node passes for a statement, at any index, with any shortened proof', () => {
      for (let level = 1; level <= 5; level++) {
        for (let index = 0; (index + 1) * 2 ** level <= d.length; index++) {
          const [inner] = nodesOf(d)([{ level, index }])
          const rest = (proofs[index * 2 ** level] as Uint8Array[]).slice(level)
          for (let claimed = 0; claimed < d.length; claimed++) {
            const claim = { leaf: inner as Uint8Array, index: claimed, size: d.length, root }
            expect(verifyInclusion({ ...claim, proof: rest })).to.equal(false)
            expect(verifyInclusion({ ...claim, proof: proofs[claimed] as Uint8Array[] })).to.equal(false)
          }
        }
      }
    })

    it('M1, M3: a statement whose bytes are two hashes is not the node above them', () => {
      const [left, right] = d.slice(0, 2) as [Uint8Array, Uint8Array]
      expect(toHex(sha256(concat(Uint8Array.of(0), left, right)))).not.to.equal(toHex(nodeHash(left, right)))
      const byLength = [32, 64, 65].map(length => toHex(leafHash('a'.repeat(length))))
      expect(new Set(byLength).size).to.equal(3)
    })

    it('M2: repeating the last statement, or adding an empty one, changes the root', () => {
      for (let n = 1; n <= 33; n++) {
        const here = d.slice(0, n)
        const roots = [
          here,
          [...here, here.at(-1) as Uint8Array],
          [...here, new Uint8Array(32)],
          [...here, emptyRoot],
        ]
        expect(new Set(roots.map(list => toHex(rootOf(list)))).size).to.equal(4)
      }
    })

    it('M4: statements that change places change the root, and a proof holds for one index only', () => {
      for (let i = 0; i < d.length; i++) {
        for (let j = 0; j < d.length; j++) {
          if (i === j) continue
          const proof = proofs[i] as Uint8Array[]
          expect(verifyInclusion({ leaf: d[i] as Uint8Array, index: j, size: 33, proof, root })).to.equal(
            false,
          )
          expect(verifyInclusion({ leaf: d[j] as Uint8Array, index: i, size: 33, proof, root })).to.equal(
            false,
          )
        }
        const swapped = [...d]
        swapped[i] = d[(i + 1) % 33] as Uint8Array
        swapped[(i + 1) % 33] = d[i] as Uint8Array
        expect(toHex(rootOf(swapped))).not.to.equal(toHex(root))
      }
    })

    it('M4: a proof out of 33 statements fails for every smaller size', () => {
      for (const [index, proof] of proofs.entries()) {
        const leaf = d[index] as Uint8Array
        for (let size = 0; size <= 32; size++) {
          expect(verifyInclusion({ leaf, index, size, proof, root }), `${index} in ${size}`).to.equal(false)
        }
      }
    })

    it('M5: a proof that is longer, shorter, repeated, zeroed or bit-flipped is refused', () => {
      for (const [index, proof] of proofs.entries()) {
        const claim = { leaf: d[index] as Uint8Array, index, size: 33, root }
        const bad: Uint8Array[][] = [
          [...proof, new Uint8Array(32)],
          [...proof, root],
          [...proof, ...proof],
          [new Uint8Array(32), ...proof],
          [],
          ...proof.map((_, i) => without(proof, i)),
          ...proof.map((hash, i) => [...proof.slice(0, i), hash, ...proof.slice(i)]),
          ...proof.map((_, i) => proof.map((hash, j) => (i === j ? new Uint8Array(32) : hash))),
          ...proof.map((_, i) =>
            proof.map((hash, j) => (i === j ? hash.map((b, k) => (k === 31 ? b ^ 1 : b)) : hash)),
          ),
          ...proof.map((_, i) => proof.map((hash, j) => (i === j ? hash.subarray(1) : hash))),
          ...proof.map((_, i) => proof.map((hash, j) => (i === j ? concat(hash, Uint8Array.of(0)) : hash))),
        ]
        for (const forged of bad) expect(verifyInclusion({ ...claim, proof: forged })).to.equal(false)
        expect(verifyInclusion({ ...claim, leaf: new Uint8Array(31), proof })).to.equal(false)
        expect(verifyInclusion({ ...claim, root: root.subarray(1), proof })).to.equal(false)
      }
    })

    it('M6: nothing is in the empty log, and a root is a leaf only in the log of one statement', () => {
      expect(verifyInclusion({ leaf: emptyRoot, index: 0, size: 0, proof: [], root: emptyRoot })).to.equal(
        false,
      )
      const [only] = d as [Uint8Array]
      expect(verifyInclusion({ leaf: only, index: 0, size: 1, proof: [], root: only })).to.equal(true)
      for (let size = 2; size <= 33; size++) {
        for (let index = 0; index < size; index++) {
          expect(verifyInclusion({ leaf: root, index, size, proof: [], root })).to.equal(false)
        }
      }
    })

    it('a log that dropped, changed or reordered a statement does not extend the old one', () => {
      const forks = [
        without(d, 4),
        d.map((leaf, i) => (i === 4 ? leafHash('another') : leaf)),
        [...d].reverse(),
      ]
      for (let size1 = 5; size1 <= 20; size1++) {
        const root1 = rootOf(d.slice(0, size1))
        for (const fork of forks) {
          const proof = consistencyProof(size1, fork.length, nodesOf(fork))
          const claim = { size1, root1, size2: fork.length, root2: rootOf(fork), proof }
          expect(verifyConsistency(claim)).to.equal(false)
        }
      }
    })

    it('a consistency proof that is longer, shorter, exchanged, or between other sizes or roots is refused', () => {
      const roots = Array.from({ length: 34 }, (_, n) => rootOf(d.slice(0, n)))
      for (let size1 = 1; size1 <= 33; size1++) {
        const proof = consistencyProof(size1, 33, nodesOf(d))
        const claim = { size1, root1: roots[size1] as Uint8Array, size2: 33, root2: root, proof }
        const bad: Uint8Array[][] = [
          [...proof, new Uint8Array(32)],
          [root, ...proof],
          ...proof.map((_, i) => without(proof, i)),
          ...proof.map((_, i) => proof.map((hash, j) => (i === j ? hash.map(b => b ^ 255) : hash))),
          ...proof.map((_, i) => proof.map((hash, j) => (i === j ? hash.subarray(1) : hash))),
        ]
        for (const forged of bad) expect(verifyConsistency({ ...claim, proof: forged })).to.equal(false)
        if (size1 < 33) {
          expect(verifyConsistency({ ...claim, root1: roots[size1 + 1] as Uint8Array })).to.equal(false)
          expect(verifyConsistency({ ...claim, proof: [] })).to.equal(false)
        }
        expect(verifyConsistency({ ...claim, root2: roots[32] as Uint8Array })).to.equal(false)
        expect(verifyConsistency({ ...claim, size1: 0, root1: emptyRoot })).to.equal(false)
        expect(verifyConsistency({ ...claim, size1: 34 })).to.equal(false)
      }
      expect(
        verifyConsistency({ size1: 0, root1: emptyRoot, size2: 0, root2: emptyRoot, proof: [] }),
      ).to.equal(false)
      expect(verifyConsistency({ size1: 0, root1: emptyRoot, size2: 33, root2: root, proof: [] })).to.equal(
        false,
      )
    })
  })
})
