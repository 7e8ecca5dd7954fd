/**
 * I1: what clients were told is in the store. The client's log is NDJSON, one line for each answer, as the hammer writes it: of
 * lines with `told` = accepted, revoked, suspended or resumed, `leaf` (hex) is looked for, at `index` when the client was told
 * one, and under `identifier` (a certificate's) or `id` (a record's or an order's).
 */
import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { unreadable } from '../cli/files.ts'
import type { Audited } from './folder.ts'

/** Answers by which something was promised to stay. */
const PROMISED = new Set(['accepted', 'revoked', 'suspended', 'resumed'])

/** Kind numbers of what a line may be about; orders are named by the certificate that they change. */
const CERTIFICATE = 1

/** Compares line by line. Returns how many promises there were. Refuses FILE_MISSING and FILE_UNREADABLE. */
export async function checkTold({ db, findings }: Audited, path: string | null): Promise<number> {
  if (path === null) {
    findings.unchecked('I1', 'what clients were told', 'NO_CLIENT_LOG')
    return 0
  }
  const byLeaf = db.prepare<[Buffer, Buffer], { seq: number; kind: number; statement: string }>(
    `SELECT l.seq, s.kind, s.statement FROM leaves l JOIN statements s ON s.seq = l.seq
     WHERE substr(l.leaf, 1, 6) = ? AND l.leaf = ?`,
  )
  let [number, count] = [0, 0]
  const input = createReadStream(path)
  const lines = createInterface({ input, crlfDelay: Infinity })
  // Without it a missing file would end the process.
  const failed = new Promise<never>((_, reject) =>
    input.once('error', error => reject(unreadable(path, error))),
  )
  failed.catch(() => undefined)
  const iterator = lines[Symbol.asyncIterator]()
  for (;;) {
    const next = await Promise.race([iterator.next(), failed])
    if (next.done === true) return count
    number++
    if (next.value.trim() === '') continue
    const told = lineOf(next.value)
    if (told === null) {
      findings.violation('CLIENT_LOG_LINE', { line: number })
      continue
    }
    if (!PROMISED.has(told.told)) continue
    count++
    const leaf = Buffer.from(told.leaf.replace(/^0x/, ''), 'hex')
    const name = told.identifier ?? told.id
    const at = { line: number, leaf: told.leaf, ...(name === undefined ? {} : { identifier: name }) }
    const found = byLeaf.get(leaf.subarray(0, 6), leaf)
    if (found === undefined) {
      findings.violation('TOLD_MISSING', {
        ...at,
        ...(told.index === undefined ? {} : { index: told.index }),
      })
      continue
    }
    if (told.index !== undefined && told.index !== found.seq - 1)
      findings.violation('TOLD_DIFFERS', at, {
        expected: `index ${told.index}`,
        found: `index ${found.seq - 1}`,
      })
    const wanted = found.kind === CERTIFICATE ? told.identifier : told.id
    if (wanted !== undefined && !claimsText(found.statement).includes(`:${wanted}"`))
      findings.violation('TOLD_DIFFERS', at, { expected: wanted, found: `another at index ${found.seq - 1}` })
  }
}

interface Told {
  told: string
  leaf: string
  index?: number
  identifier?: string
  id?: string
}

function lineOf(line: string): Told | null {
  try {
    const told = JSON.parse(line) as Partial<Told>
    if (typeof told.told !== 'string') return null
    if (PROMISED.has(told.told) && !/^(?:0x)?[0-9a-f]{64}$/i.test(told.leaf ?? '')) return null
    return { ...told, told: told.told, leaf: told.leaf ?? '' }
  } catch {
    return null
  }
}

const claimsText = (statement: string): string =>
  Buffer.from(statement.split('.')[1] ?? '', 'base64url').toString()
