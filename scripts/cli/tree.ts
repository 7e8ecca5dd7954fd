/**
 * The root of a growing log, computed from its leaves alone: the auditor's own reading of RFC 6962 §2.1, which shares no code with
 * the log that it audits. Memory: one hash for each power of two in the size.
 */
import { hash } from 'node:crypto'

export interface GrowingTree {
  readonly size: number
  add(leaf: Uint8Array): void
  /** Root of the leaves so far. */
  root(): Buffer
}

export function growingTree(): GrowingTree {
  /** Roots of the complete subtrees that the leaves fall into, widest first. */
  const peaks: { width: number; hash: Buffer }[] = []
  let size = 0
  return {
    get size() {
      return size
    },
    add(leaf) {
      let peak: { width: number; hash: Buffer } = { width: 1, hash: Buffer.from(leaf) }
      while (peaks.at(-1)?.width === peak.width) {
        peak = { width: peak.width * 2, hash: node(peaks.pop()!.hash, peak.hash) }
      }
      peaks.push(peak)
      size++
    },
    root() {
      // k is the largest power of two below n: the widest subtree stands alone on the left, again and again.
      if (peaks.length === 0) return hash('sha256', '', 'buffer')
      return peaks.map(({ hash }) => hash).reduceRight((right, left) => node(left, right))
    },
  }
}

/** SHA-256(0x00 ‖ statement), https://www.rfc-editor.org/rfc/rfc6962#section-2.1 */
export function leafOf(statement: string): Buffer {
  return hash('sha256', Buffer.concat([Buffer.of(0), Buffer.from(statement, 'utf8')]), 'buffer')
}

/** One node being hashed: 0x01 and two hashes. Shared, because nothing waits while using it. */
const scratch = Buffer.alloc(65, 1)

function node(left: Uint8Array, right: Uint8Array): Buffer {
  scratch.set(left, 1)
  scratch.set(right, 33)
  return hash('sha256', scratch, 'buffer')
}
