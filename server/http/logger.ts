/**
 * The log: one JSON object a line. It can hold no personal data, because only the fields named here are written and none
 * of them is taken from a request: a path template, never a path; a code, never a value; where an error arose, never
 * its message (which may quote what somebody typed).
 */

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export const LOG_LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error', 'silent']

/** Everything that a line may say. A new field is added here, after asking what it could give away. */
export interface LogFields {
  requestId?: string
  method?: string
  /** A path template. */
  route?: string
  status?: number
  code?: string
  durationMs?: number
  /** The client was gone before the answer was complete. */
  aborted?: boolean
  component?: string
  port?: number
  count?: number
  size?: number
  blockNumber?: number
  /** Of a checkpoint or a transaction of ours. */
  hash?: string
  attempt?: number
  delayMs?: number
  version?: string
  profile?: string
  /** Written as name, code and stack frames; so are its causes. */
  error?: unknown
}

export interface Logger {
  debug(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
}

export interface LoggerOptions {
  level: LogLevel
  /** Receives whole lines, in order; in the gateway: standard error. */
  write: (lines: string) => void
  /** Milliseconds since 1970. */
  clock: () => number
}

/** A logger. Events are short fixed names such as `request` or `checkpoint_anchored`. */
export function createLogger({ level, write, clock }: LoggerOptions): Logger {
  const threshold = LOG_LEVELS.indexOf(level)
  const at = (lineLevel: LogLevel) => {
    if (LOG_LEVELS.indexOf(lineLevel) < threshold) return () => {}
    return (event: string, fields: LogFields = {}) => {
      const line = { time: new Date(clock()).toISOString(), level: lineLevel, event, ...allowed(fields) }
      write(`${escapeControls(JSON.stringify(line))}\n`)
    }
  }
  return { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}

/**
 * Joins the lines of one turn of the event loop into one write, since a write costs more than all else in a request's line.
 * What was not yet written is lost with the process: call `flush` before an intended end.
 */
export function batchLines(write: (lines: string) => void): {
  write: (lines: string) => void
  flush: () => void
} {
  let waiting = ''
  const flush = () => {
    const lines = waiting
    waiting = ''
    if (lines !== '') write(lines)
  }
  return {
    write(lines) {
      if (waiting === '') setImmediate(flush)
      waiting += lines
    },
    flush,
  }
}

const TEXT_FIELDS = [
  'requestId',
  'method',
  'route',
  'code',
  'component',
  'hash',
  'version',
  'profile',
] as const satisfies readonly (keyof LogFields)[]
const NUMBER_FIELDS = [
  'status',
  'durationMs',
  'port',
  'count',
  'size',
  'blockNumber',
  'attempt',
  'delayMs',
] as const satisfies readonly (keyof LogFields)[]

const LONGEST_TEXT = 200
const MOST_FRAMES = 20
const MOST_CAUSES = 4

/** Picks by name and type: a field smuggled in through a wider object is left out. */
function allowed(fields: LogFields): Record<string, unknown> {
  const line: Record<string, unknown> = {}
  for (const name of TEXT_FIELDS) {
    const value: unknown = fields[name]
    if (typeof value === 'string') line[name] = value.slice(0, LONGEST_TEXT)
  }
  for (const name of NUMBER_FIELDS) {
    const value: unknown = fields[name]
    if (typeof value === 'number') line[name] = value
  }
  if (fields.aborted === true) line['aborted'] = true
  if (fields.error !== undefined) line['error'] = describeError(fields.error)
  return line
}

interface ErrorDescription {
  name: string
  code?: string
  frames?: string[]
  cause?: ErrorDescription
}

function describeError(error: unknown, depth = 1): ErrorDescription {
  if (!(error instanceof Error)) return { name: `thrown ${typeof error}` }
  const description: ErrorDescription = { name: SAFE_NAME.test(error.name) ? error.name : 'Error' }
  if ('code' in error && typeof error.code === 'string' && SAFE_NAME.test(error.code)) {
    description.code = error.code
  }
  description.frames = framesOf(error)
  if (error.cause !== undefined && depth < MOST_CAUSES) {
    description.cause = describeError(error.cause, depth + 1)
  }
  return description
}

const SAFE_NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/
const FRAME = /^ {4}at [^\n]{0,200}?(?:file:\/\/|node:|\/|[A-Za-z]:\\)[^\s()]{1,300}:\d+:\d+\)?$/

/** The stack without its head, which repeats the message. */
function framesOf({ stack, message }: Error): string[] {
  if (stack === undefined) return []
  const head = message === '' ? 0 : stack.indexOf(message)
  // A message changed after the error was made: nothing tells where the head ends, so no line is trusted.
  if (head < 0) return []
  return stack
    .slice(head + message.length)
    .split('\n')
    .filter(line => FRAME.test(line))
    .slice(0, MOST_FRAMES)
    .map(line => line.slice(7))
}

/** JSON leaves DEL, C1 controls and line separators as they are; terminals and line readers obey some of them. */
function escapeControls(json: string): string {
  // oxlint-disable-next-line no-control-regex
  return json.replaceAll(
    /[\u007f-\u009f\u2028\u2029]/g,
    c => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
