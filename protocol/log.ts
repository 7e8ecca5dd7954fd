/**
 * The Merkle tree of a log, after RFC 6962 §2.1 with SHA-256: leaf = SHA-256(0x00 ‖ statement), node = SHA-256(0x01 ‖ left ‖
 * right), a node without a right neighbour goes up unchanged. https://www.rfc-editor.org/rfc/rfc6962#section-2.1
 *
 * Nothing here reads or stores. Making a proof has two steps, so that any store can answer it with few reads: a plan names
 * the complete subtrees that are needed, and `proofFrom` folds their hashes. Checking a proof needs nothing but the proof, and
 * never throws: whatever does not fit exactly is false. Index and size go up to 2^53 − 1, so no 32-bit operator touches them.
 */
import { sha256, sha256Into } from '#crypto'
import { invariant } from './refusal.ts'

/** A complete subtree: `level` 0 are leaves; it covers the leaves [index · 2^level, (index + 1) · 2^level). */
export interface NodeRef {
  level: number
  index: number
}

/** For each hash of a proof the complete subtrees that it is folded from, left to right. */
export type ProofPlan = NodeRef[][]

export interface Inclusion {
  /** 32 bytes, computed from the statement by whoever checks; never taken from a file. */
  leaf: Uint8Array
  index: number
  size: number
  proof: readonly Uint8Array[]
}

export interface Consistency {
  size1: number
  root1: Uint8Array
  size2: number
  root2: Uint8Array
  proof: readonly Uint8Array[]
}

export const HASH_BYTES = 32

/** Root of the log without statements: SHA-256 of nothing. */
export const emptyRoot: Uint8Array = sha256(new Uint8Array(0))

/** SHA-256(0x00 ‖ statement), 32 bytes. A statement is ASCII (formats.md §3); other text would count as its UTF-8 bytes. */
export function leafHash(statement: string): Uint8Array {
  return sha256('\0' + statement)
}

/** SHA-256(0x01 ‖ left ‖ right), 32 bytes. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  const node = new Uint8Array(HASH_BYTES)
  nodeHashInto(left, right, node)
  return node
}

/** Writes SHA-256(0x01 ‖ left ‖ right) to `out[offset … offset + 32)`; `out` may hold left and right. */
export function nodeHashInto(left: Uint8Array, right: Uint8Array, out: Uint8Array, offset = 0): void {
  invariant(isHash(left) && isHash(right), 'a node has two hashes of 32 bytes')
  nodeBytes.set(left, 1)
  nodeBytes.set(right, 33)
  sha256Into(nodeBytes, out, offset)
}

/** The same for a left and a right that lie side by side at `pair`. */
export function pairHashInto(hashes: Uint8Array, pair: number, out: Uint8Array, offset: number): void {
  // Not `set`: a view of 64 bytes costs more than copying them one by one.
  for (let i = 0; i < 2 * HASH_BYTES; i++) nodeBytes[i + 1] = hashes[pair + i] ?? 0
  sha256Into(nodeBytes, out, offset)
}

/** The root over leaf hashes of 32 bytes each. */
export function rootOf(leaves: readonly Uint8Array[]): Uint8Array {
  const flat = new Uint8Array(leaves.length * HASH_BYTES)
  leaves.forEach((leaf, i) => flat.set(leaf, i * HASH_BYTES))
  return reduceToRoot(flat)
}

/** The root over leaf hashes that lie one after the other; `flat` stays as it is. For millions of leaves. */
export function rootOfFlat(flat: Uint8Array): Uint8Array {
  invariant(flat.length % HASH_BYTES === 0, `${flat.length} bytes are not a row of hashes`)
  return reduceToRoot(copyOf(flat))
}

/** Which subtrees make the root of a log of `size` leaves. One group; none for the empty log. */
export function rootNodes(size: number): ProofPlan {
  invariant(isCount(size), `size ${size}`)
  return size === 0 ? [] : [completeSubtrees(0, size)]
}

/** Which subtrees make the inclusion proof of leaf `index` in a log of `size` leaves. PATH of RFC 6962 §2.1.1. */
export function inclusionNodes(index: number, size: number): ProofPlan {
  invariant(isCount(size) && isCount(index) && index < size, `index ${index} in size ${size}`)
  const plan: ProofPlan = []
  let start = 0
  let end = size
  while (end - start > 1) {
    const middle = start + largestPowerOfTwoBelow(end - start)
    if (index < middle) {
      plan.push(completeSubtrees(middle, end))
      end = middle
    } else {
      plan.push(completeSubtrees(start, middle))
      start = middle
    }
  }
  return plan.reverse()
}

/** Which subtrees make the consistency proof between two sizes, 0 < size1 ≤ size2. SUBPROOF of RFC 6962 §2.1.2. */
export function consistencyNodes(size1: number, size2: number): ProofPlan {
  invariant(isCount(size1) && isCount(size2) && size1 > 0 && size1 <= size2, `sizes ${size1} and ${size2}`)
  const plan: ProofPlan = []
  let start = 0
  let end = size2
  while (size1 !== end) {
    const middle = start + largestPowerOfTwoBelow(end - start)
    if (size1 <= middle) {
      plan.push(completeSubtrees(middle, end))
      end = middle
    } else {
      plan.push(completeSubtrees(start, middle))
      start = middle
    }
  }
  // From the left edge the remaining subtree is the first root itself, which the verifier has.
  if (start !== 0) plan.push(completeSubtrees(start, end))
  return plan.reverse()
}

/** Folds a plan: `hashes` are those of `plan.flat()` in the same order. Gives the hashes of the proof (or the one root). */
export function proofFrom(plan: ProofPlan, hashes: readonly Uint8Array[]): Uint8Array[] {
  let at = 0
  return plan.map(group => {
    const subtrees = hashes.slice(at, (at += group.length))
    invariant(subtrees.length === group.length, 'fewer hashes than the plan names')
    return subtrees.reduceRight((right, left) => nodeHash(left, right))
  })
}

/** Inclusion proof of leaf `index` in a log of `size` leaves; `nodes` gives the hashes of complete subtrees, all asked at once. */
export function inclusionProof(
  index: number,
  size: number,
  nodes: (refs: NodeRef[]) => Uint8Array[],
): Uint8Array[] {
  const plan = inclusionNodes(index, size)
  return proofFrom(plan, nodes(plan.flat()))
}

/** Consistency proof between two sizes, 0 < size1 ≤ size2; `nodes` as in `inclusionProof`. */
export function consistencyProof(
  size1: number,
  size2: number,
  nodes: (refs: NodeRef[]) => Uint8Array[],
): Uint8Array[] {
  const plan = consistencyNodes(size1, size2)
  return proofFrom(plan, nodes(plan.flat()))
}

/** Whether `root` is that of a log of `size` leaves with this leaf at this index. */
export function verifyInclusion({ root, ...inclusion }: Inclusion & { root: Uint8Array }): boolean {
  const computed = rootFromInclusion(inclusion)
  return computed !== null && isHash(root) && equalHashes(computed, root)
}

/**
 * The root that an inclusion proof leads to, or null when it cannot be one: index not below size, or a proof that has not
 * exactly the length which they require. https://www.rfc-editor.org/rfc/rfc9162#section-2.1.3.2
 */
export function rootFromInclusion({ leaf, index, size, proof }: Inclusion): Uint8Array | null {
  if (!isCount(size) || !isCount(index) || index >= size || !isHash(leaf)) return null
  let fn = index
  let sn = size - 1
  const r = copyOf(leaf)
  for (const p of proof) {
    if (sn === 0 || !isHash(p)) return null
    if (isOdd(fn) || fn === sn) {
      nodeHashInto(p, r, r)
      while (!isOdd(fn) && fn !== 0) {
        fn = half(fn)
        sn = half(sn)
      }
    } else {
      nodeHashInto(r, p, r)
    }
    fn = half(fn)
    sn = half(sn)
  }
  return sn === 0 ? r : null
}

/**
 * Whether the log of `size2` leaves begins with the log of `size1` leaves. From size 0 nothing can be proved: false.
 * https://www.rfc-editor.org/rfc/rfc9162#section-2.1.4.2
 */
export function verifyConsistency({ size1, root1, size2, root2, proof }: Consistency): boolean {
  if (!isCount(size1) || !isCount(size2) || size1 === 0 || size1 > size2) return false
  if (!isHash(root1) || !isHash(root2) || !proof.every(isHash)) return false
  if (size1 === size2) return proof.length === 0 && equalHashes(root1, root2)

  let fn = size1 - 1
  let sn = size2 - 1
  while (isOdd(fn)) {
    fn = half(fn)
    sn = half(sn)
  }
  // size1 is a power of two exactly when nothing of fn is left: the first subtree is then root1 itself.
  const path = fn === 0 ? [root1, ...proof] : proof
  const first = path[0]
  if (first === undefined) return false
  const fr = copyOf(first)
  const sr = copyOf(first)
  for (const c of path.slice(1)) {
    if (sn === 0) return false
    if (isOdd(fn) || fn === sn) {
      nodeHashInto(c, fr, fr)
      nodeHashInto(c, sr, sr)
      while (!isOdd(fn) && fn !== 0) {
        fn = half(fn)
        sn = half(sn)
      }
    } else {
      nodeHashInto(sr, c, sr)
    }
    fn = half(fn)
    sn = half(sn)
  }
  return sn === 0 && equalHashes(fr, root1) && equalHashes(sr, root2)
}

/**
 * One node being hashed: 0x01 and two hashes. Shared, because nothing here waits while using it; the hashes begin at a
 * multiple of four, so that a row of them can be copied by words.
 */
const scratch = new ArrayBuffer(68)
const nodeBytes = new Uint8Array(scratch, 3, 65)
const nodeWords = new Int32Array(scratch, 4, 16)
nodeBytes[0] = 0x01

/**
 * Hashes each pair of a row into the front of the same row, until one hash is left: a pair is read before its place is
 * written. An odd last hash moves up unchanged. `row` is used up and must begin at the start of its own memory.
 */
function reduceToRoot(row: Uint8Array): Uint8Array {
  if (row.length === 0) return copyOf(emptyRoot)
  const words = new Int32Array(row.buffer, row.byteOffset, row.length / 4)
  let width = row.length / HASH_BYTES
  while (width > 1) {
    const pairs = Math.floor(width / 2)
    for (let i = 0; i < pairs; i++) {
      const from = i * 16
      for (let w = 0; w < 16; w++) nodeWords[w] = words[from + w] ?? 0
      sha256Into(nodeBytes, row, i * HASH_BYTES)
    }
    if (width % 2 === 1) row.copyWithin(pairs * HASH_BYTES, (width - 1) * HASH_BYTES, width * HASH_BYTES)
    width = pairs + (width % 2)
  }
  return row.slice(0, HASH_BYTES)
}

/** The largest complete subtrees that [start, end) falls into, left to right; `start` is where RFC 6962 splits, so they align. */
function completeSubtrees(start: number, end: number): NodeRef[] {
  const refs: NodeRef[] = []
  let at = start
  while (at < end) {
    let level = 0
    let width = 1
    while (width <= (end - at) / 2) {
      width *= 2
      level++
    }
    refs.push({ level, index: at / width })
    at += width
  }
  return refs
}

function largestPowerOfTwoBelow(n: number): number {
  let k = 1
  while (k < n / 2) k *= 2
  return k
}

/** Not `slice`: on a Buffer that shares the caller's memory, and the copy is written to. */
function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}

function isCount(n: number): boolean {
  return Number.isSafeInteger(n) && n >= 0
}

function isOdd(n: number): boolean {
  return n % 2 === 1
}

function half(n: number): number {
  return Math.floor(n / 2)
}

function isHash(bytes: Uint8Array): boolean {
  return bytes.length === HASH_BYTES
}

function equalHashes(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < HASH_BYTES; i++) if (a[i] !== b[i]) return false
  return true
}
