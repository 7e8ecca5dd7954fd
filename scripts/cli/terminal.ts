/**
 * What the command line writes, and how: results on stdout, progress and refusals on stderr.
 */
import cliProgress from 'cli-progress'
import { Refusal, type RefusalDetails } from '../../protocol/refusal.ts'
import { formatInstant } from '../../protocol/instant.ts'
import type { Message } from '../../server/http/messages.ts'
import { both, labels, refusalMessage } from './messages.ts'

/** What a command has to say: `data` for programs (`--json`), `lines` for people. */
export interface Outcome {
  data: unknown
  lines: string[]
  /** For people, on stderr, also with `--json`. */
  notes?: string[]
  /** 0 when left out. */
  exit?: number
  /** What goes to stdout as it is, in place of both. */
  stream?: AsyncIterable<string>
}

/** Refused or failed; used wrongly. Verdicts have their own (docs/formats.md §14). */
export const EXIT_REFUSED = 1
export const EXIT_USAGE = 2

export const usage = (message: string, details: RefusalDetails = {}) => new Refusal('USAGE', message, details)

/**
 * Text from outside, harmless to a terminal: control characters and those that turn the direction of writing are shown as their
 * code. https://www.unicode.org/reports/tr9/
 */
export function printable(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
  return text.replaceAll(
    // eslint-disable-next-line no-control-regex
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}

/** One line `label   value`, indented. */
export const line = (label: Message, value: unknown): string => `  ${both(label)}: ${printable(value)}`

export const instantText = (seconds: number): string => formatInstant(seconds)

export interface Progress {
  to(done: number, all?: number): void
}

/** Shows a bar on stderr while `work` runs, when stderr is a terminal. */
export async function withProgress<T>(what: Message, work: (progress: Progress) => Promise<T>): Promise<T> {
  if (!process.stderr.isTTY) return work({ to: () => undefined })
  const bar = new cliProgress.SingleBar({
    stream: process.stderr,
    format: `${both(what)} {bar} {value}/{total}`,
    hideCursor: true,
    clearOnComplete: true,
    linewrap: false,
  })
  let started = false
  try {
    return await work({
      to(done, all) {
        if (!started) bar.start(all ?? 0, done)
        started = true
        if (all !== undefined) bar.setTotal(all)
        bar.update(done)
      },
    })
  } finally {
    bar.stop()
  }
}

/** A refusal as one JSON document. */
export function refusalData(refusal: Refusal) {
  const { field = null, expected = null, found = null, errors = null } = refusal.details
  return { code: refusal.code, message: refusal.message, field, expected, found, errors }
}

/** A refusal as lines for people. */
export function refusalLines({ code, message, details }: Refusal): string[] {
  const sentence = refusalMessage(code)
  const head = both(code === 'USAGE' ? labels.usage : labels.refused)
  const lines = [`${head}: ${sentence === undefined ? '' : `${both(sentence)} `}[${printable(code)}]`]
  lines.push(`  ${printable(message)}`)
  for (const name of ['field', 'expected', 'found'] as const) {
    const value = details[name]
    if (value !== undefined) lines.push(line(labels[name], value))
  }
  for (const { row, field, code: reason, expected, found } of details.errors ?? []) {
    const where = row === undefined ? '' : `${both(labels.row)} ${row} `
    const why = refusalMessage(reason)
    lines.push(
      `  ${where}${printable(field)}: ${why === undefined ? '' : `${both(why)} `}[${printable(reason)}] ` +
        `${both(labels.expected)} ${printable(expected)}, ${both(labels.found)} ${printable(found)}`,
    )
  }
  return lines
}
