/**
 * The signer's own record of what it signed: one JSON line each, every line naming the digest of the one before, on disk before the
 * signature leaves. It holds no value of anybody.
 *
 *     {"n":1,"at":1767225600,"key":"department/…/issuing/1","kind":"certificate","about":"1.2.156…","leaf":"0x…","prev":"00…"}
 *
 * After a crash: a last line that is cut was never answered for and is dropped; anything else that does not fit is damage.
 */
import { createHash } from 'node:crypto'
import { open, readFile, truncate } from 'node:fs/promises'
import { Refusal } from '../../protocol/refusal.ts'

export interface JournalEntry {
  /** Seconds. */
  at: number
  /** Name of the key. */
  key: string
  kind: string
  about: string
  /** Of a statement its leaf, of an order its digest, 0x-hex. */
  leaf: string
  /** What a status statement orders. */
  action?: string
}

export interface Journal {
  readonly length: number
  /** One write and one sync for all; when this resolves they survive a power cut. */
  append(entries: readonly JournalEntry[]): Promise<void>
  /** What a status statement that was signed here orders. */
  actionOf(leaf: string): string | undefined
  close(): Promise<void>
}

const FIRST = '0'.repeat(64)

/** Reads the whole journal. Refuses SIGNER_LOG_DAMAGED with the number of the first line that does not follow from the one before. */
export function readJournal(text: string): { entries: JournalEntry[]; head: string; bytes: number } {
  const entries: JournalEntry[] = []
  let head = FIRST
  let at = 0
  for (;;) {
    const end = text.indexOf('\n', at)
    if (end < 0) break
    const line = text.slice(at, end)
    const number = entries.length + 1
    const entry = parsed(line, number)
    if (entry.prev !== head || entry.n !== number) throw damaged(number)
    const { n: _, prev: __, ...rest } = entry
    entries.push(rest)
    head = digestOf(line)
    at = end + 1
  }
  return { entries, head, bytes: Buffer.byteLength(text.slice(0, at)) }
}

/** Opens or creates the journal at `path`. Refuses SIGNER_LOG_DAMAGED. */
export async function openJournal(path: string): Promise<Journal> {
  const file = await open(path, 'a', 0o600)
  const text = await readFile(path, 'utf8')
  const read = readJournal(text)
  if (Buffer.byteLength(text) > read.bytes) await truncate(path, read.bytes)
  const actions = new Map<string, string>()
  const remember = ({ leaf, action }: JournalEntry) => {
    if (action !== undefined) actions.set(leaf, action)
  }
  read.entries.forEach(remember)
  let { length } = read.entries
  let { head } = read
  let writing: Promise<void> = Promise.resolve()
  let broken = false

  async function write(entries: readonly JournalEntry[]): Promise<void> {
    // After half a write nobody knows where the file ends: a restart reads it.
    if (broken) throw damaged(length + 1)
    let lines = ''
    let next = head
    for (const [i, entry] of entries.entries()) {
      const line = JSON.stringify({ n: length + i + 1, ...entry, prev: next })
      next = digestOf(line)
      lines += `${line}\n`
    }
    try {
      await file.appendFile(lines)
      await file.sync()
    } catch (error) {
      broken = true
      throw error
    }
    head = next
    length += entries.length
    entries.forEach(remember)
  }

  return {
    get length() {
      return length
    },
    append(entries) {
      const mine = writing.catch(() => undefined).then(() => write(entries))
      writing = mine
      return mine
    },
    actionOf: leaf => actions.get(leaf),
    async close() {
      await writing.catch(() => undefined)
      await file.close()
    },
  }
}

function parsed(line: string, number: number): JournalEntry & { n: number; prev: string } {
  try {
    return JSON.parse(line) as JournalEntry & { n: number; prev: string }
  } catch {
    throw damaged(number)
  }
}

const digestOf = (line: string) => createHash('sha256').update(line).digest('hex')
const damaged = (number: number) =>
  new Refusal(
    'SIGNER_LOG_DAMAGED',
    `line ${number} of the signer's log does not follow from the one before`,
    {
      found: `line ${number}`,
    },
  )
