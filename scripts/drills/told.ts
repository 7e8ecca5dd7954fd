/**
 * What clients were told: one line of JSON for each, on the disk before its client goes on. A drill is judged by this file and by the
 * chain; the gateway's own database is what is being judged.
 */
import { createHash } from 'node:crypto'
import { fdatasync, closeSync, openSync, readFileSync, writeSync } from 'node:fs'

export const STATUS_ACTIONS = ['revoke', 'suspend', 'resume'] as const
export type StatusAction = (typeof STATUS_ACTIONS)[number]

/** A batch at the issuing desk, one after the other. */
export const DESK_STEPS = ['draft', 'submission', 'approval'] as const
export type DeskStep = (typeof DESK_STEPS)[number]

/**
 * `started`: how many statements the log had before. `accepted`: a write was acknowledged, with its place. `stored`: one that is no
 * statement was acknowledged (a request for consent, a grant, a withdrawal, a step of a batch at the desk). `revoked`, `suspended` and
 * `resumed`: an order was acknowledged as executed on chain. `verdict` and `final`: answers to questions. `refused`: the gateway
 * said that nothing was done. `lost`: no answer came, or one that says nothing about the write; the same key is asked again.
 */
export type ToldKind =
  | 'started'
  | 'accepted'
  | 'stored'
  | 'revoked'
  | 'suspended'
  | 'resumed'
  | 'verdict'
  | 'final'
  | 'refused'
  | 'lost'

export interface Told {
  told: ToldKind
  what:
    | 'log'
    | 'certificate'
    | 'batch'
    | 'record'
    | StatusAction
    | 'key'
    | 'request'
    | 'grant'
    | 'use'
    | 'withdrawal'
    | DeskStep
    | 'verify'
    | 'receipt'
  /** The Idempotency-Key; for a question a name of its own. */
  key: string
  /** When it was asked and when the answer was here: milliseconds since 1970 by a clock that never goes back. */
  asked: number
  at: number
  /** Of a record, an order, a request for consent, a use or a batch at the desk; of a row of a batch, the batch's. */
  id?: string
  identifier?: string
  /** 0x-hex. */
  leaf?: string
  /** Place in the log; no order is told its own. */
  index?: number
  /** Place in its batch, and how many the batch has. */
  row?: number
  rows?: number
  promise?: string
  /** Digest of the grant that it is about. */
  grant?: string
  /** Of a record: SHA-256 of its file, hex. */
  digest?: string
  /** Of a certificate: `contentOf` what it was asked to say. */
  content?: string
  /** The same of each row of a batch uploaded at the desk. */
  contents?: string[]
  verdict?: string
  /** Who gave the verdict. */
  by?: 'gateway' | 'chain'
  /** Of a refusal, or why an answer was lost. */
  code?: string
  block?: { number: number; hash: string }
  /** Of `started`. */
  accepted?: number
}

export interface ToldFile {
  readonly path: string
  /** Resolves when the lines are on the disk. */
  append(...lines: Told[]): Promise<void>
  close(): void
}

/** What fields say, in any order: SHA-256, hex. */
export function contentOf(fields: Iterable<readonly [string, unknown]>): string {
  const sorted = [...fields].sort(([one], [other]) => (one < other ? -1 : 1))
  return createHash('sha256').update(JSON.stringify(sorted)).digest('hex')
}

/** Milliseconds since 1970, never going back. */
export const toldClock = (): number => performance.timeOrigin + performance.now()

/** Opens the file for appending. Lines that come while the disk is busy share its next turn. */
export function openToldFile(path: string): ToldFile {
  const file = openSync(path, 'a', 0o600)
  let waiting: { resolve: () => void; reject: (reason: unknown) => void }[] = []
  let isSyncing = false

  function sync(): void {
    if (isSyncing || waiting.length === 0) return
    isSyncing = true
    const served = waiting
    waiting = []
    fdatasync(file, error => {
      isSyncing = false
      for (const { resolve, reject } of served) {
        if (error === null) resolve()
        else reject(error)
      }
      sync()
    })
  }

  return {
    path,
    append: (...lines) =>
      new Promise((resolve, reject) => {
        writeSync(file, lines.map(line => `${JSON.stringify(line)}\n`).join(''))
        waiting.push({ resolve, reject })
        sync()
      }),
    close: () => closeSync(file),
  }
}

/** Every whole line, in the order in which they were noted. What stands after the last line feed was never relied on. */
export function readTold(path: string): Told[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line) as Told)
}
