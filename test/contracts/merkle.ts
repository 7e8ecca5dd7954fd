import { createHash } from 'node:crypto'

/**
 * A naive RFC 6962 tree, written from the recursive definitions of section 2.1
 * (https://www.rfc-editor.org/rfc/rfc6962#section-2.1) and from nothing else.
 */
export interface Tree {
  /** MTH(D[start:start+count]). */
  hashOf(start: number, count: number): Buffer
}

/** A tree of distinct leaves. Slow on purpose: every hash is computed where the definition asks for it. */
export function treeOf(leaves: Buffer[]): Tree {
  const hashOf = (start: number, count: number): Buffer => {
    if (count === 1) return leaves[start]!
    const k = splitOf(count)
    return nodeHash(hashOf(start, k), hashOf(start + k, count - k))
  }
  return { hashOf }
}

/** A tree in which all leaves are equal, so that a subtree depends on its size only: real proofs at any size. */
export function uniformTree(leaf: Buffer): Tree {
  const known = new Map<number, Buffer>([[1, leaf]])
  const hashOf = (_start: number, count: number): Buffer => {
    const hash = known.get(count)
    if (hash !== undefined) return hash
    const k = splitOf(count)
    const made = nodeHash(hashOf(0, k), hashOf(k, count - k))
    known.set(count, made)
    return made
  }
  return { hashOf }
}

/** The root of the first `size` leaves. */
export function rootOf(tree: Tree, size: number): Buffer {
  return tree.hashOf(0, size)
}

/** PATH(m, D[n]), section 2.1.1. */
export function inclusionProof(tree: Tree, index: number, size: number, start = 0): Buffer[] {
  if (size === 1) return []
  const k = splitOf(size)
  return index < k
    ? [...inclusionProof(tree, index, k, start), tree.hashOf(start + k, size - k)]
    : [...inclusionProof(tree, index - k, size - k, start + k), tree.hashOf(start, k)]
}

/** PROOF(m, D[n]), section 2.1.2. */
export function consistencyProof(tree: Tree, oldSize: number, size: number): Buffer[] {
  return subproof(tree, oldSize, size, 0, true)
}

function subproof(tree: Tree, m: number, n: number, start: number, isWhole: boolean): Buffer[] {
  if (m === n) return isWhole ? [] : [tree.hashOf(start, n)]
  const k = splitOf(n)
  return m <= k
    ? [...subproof(tree, m, k, start, isWhole), tree.hashOf(start + k, n - k)]
    : [...subproof(tree, m - k, n - k, start + k, false), tree.hashOf(start, k)]
}

/** The largest power of two smaller than n. Not bit arithmetic: sizes go up to 2^53 - 1. */
function splitOf(n: number): number {
  let k = 1
  while (k * 2 < n) k *= 2
  return k
}

export function leafHash(entry: Buffer): Buffer {
  return sha256(Buffer.concat([Buffer.of(0), entry]))
}

export function nodeHash(left: Buffer, right: Buffer): Buffer {
  return sha256(Buffer.concat([Buffer.of(1), left, right]))
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}

/** `count` distinct leaves. */
export function someLeaves(count: number, name = 'leaf'): Buffer[] {
  return Array.from({ length: count }, (_, i) => leafHash(Buffer.from(`${name} ${i}`)))
}
