/**
 * The vectors of `test/vectors`, read as any implementer would read them.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { fromBase64 } from '../../protocol/bytes.ts'
import type { ChainView } from '../../protocol/chain-view.ts'
import { parseSnapshot, snapshotView } from '../../protocol/snapshot.ts'
import { parseTrust, type Trust } from '../../protocol/trust.ts'

const FOLDER = fileURLToPath(new URL('../vectors/', import.meta.url))

export interface FileVector {
  name: string
  why: string
  now: number
  view: 'live' | 'snapshot' | 'unreachable'
  trust?: string
  fileBase64: string
  padding?: number
  digest?: string
  expected: {
    verdict: string
    exit: number
    answers: Record<string, { answer: string; because: string }>
  }
}

export const vectorBytes = (path: string): Uint8Array => new Uint8Array(readFileSync(FOLDER + path))
export const readVector = (path: string): unknown => JSON.parse(readFileSync(FOLDER + path, 'utf8'))

export const fileVectors = (folder: 'valid' | 'invalid'): FileVector[] =>
  readdirSync(FOLDER + folder)
    .sort()
    .map(name => readVector(`${folder}/${name}`) as FileVector)

export const fileVector = (folder: 'valid' | 'invalid', name: string): FileVector =>
  readVector(`${folder}/${name}.json`) as FileVector

export const trustOf = (vector: Pick<FileVector, 'trust'>): Trust =>
  parseTrust(vectorBytes(vector.trust ?? 'trust.json'))

/** The bytes of a text, followed by its padding of spaces. */
export function bytesOf(base64: string, padding = 0): Uint8Array {
  const bytes = fromBase64(base64)!
  const padded = new Uint8Array(bytes.length + padding).fill(0x20)
  padded.set(bytes)
  return padded
}

const refuses = () => Promise.reject(new Error('connection refused'))

/** A live chain that answers nothing. */
export const unreachable: ChainView = {
  kind: 'live',
  identity: refuses,
  head: refuses,
  checkpointOfSize: refuses,
  firstCovering: refuses,
  keyOf: refuses,
  departmentOf: refuses,
  permitsOf: refuses,
  statusOf: refuses,
}

export function viewOf(view: FileVector['view']): ChainView {
  if (view === 'unreachable') return unreachable
  return snapshotView(parseSnapshot(vectorBytes('snapshot.json')), view)
}
