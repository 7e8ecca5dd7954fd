/**
 * Request bodies: read with a byte limit while they arrive, never decompressed, never guessed at. JSON is read by the same
 * strict rules as signed JSON (docs/formats.md §2), so nothing can mean one thing here and another in a log.
 */
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { parseJson } from '../../protocol/json.ts'
import type { JsonValue } from '../../protocol/json.ts'
import { Refusal } from '../../protocol/refusal.ts'
import type { HeldBody } from './held-bodies.ts'

export interface BodyLimits {
  readonly maxBytes: number
  /** Longest silence between two pieces. */
  readonly idleMs?: number
  /** Longest time for the whole, for bodies that are kept in memory. */
  readonly totalMs?: number
  /** Counts every piece, for bodies that are kept in memory. */
  readonly held?: HeldBody
}

/** A body of any size that is not kept: it can be read once, piece by piece. */
export interface StreamedBody {
  /**
   * Hands every piece to `take` in order, waiting for it, and returns the number of bytes. Refuses BODY_TOO_LARGE,
   * REQUEST_TIMEOUT and REQUEST_ABORTED, by when `take` has seen a beginning of the body: keep nothing before it returns.
   */
  pipe(take: (piece: Uint8Array) => void | Promise<void>): Promise<number>
  /** SHA-256 and number of bytes of the whole. */
  digest(): Promise<{ digest: Uint8Array; size: number }>
}

export const DEFAULT_JSON_LIMIT = 65_536
export const DEFAULT_STREAM_LIMIT = 2 ** 31

const DEFAULT_IDLE_MS = 20_000
const DEFAULT_TOTAL_MS = 30_000

/** Refuses BODY_TYPE unless the body is of one of these media types, and BODY_ENCODING when it is compressed. */
export function assertBodyType(request: IncomingMessage, mediaTypes: readonly string[]): void {
  const encoding = request.headers['content-encoding']
  if (encoding !== undefined && encoding.trim().toLowerCase() !== 'identity') {
    throw new Refusal('BODY_ENCODING', 'the body is compressed', {
      field: 'header.content-encoding',
      expected: 'identity',
    })
  }
  if (mediaTypes.includes('*/*')) return
  if (!mediaTypes.includes(mediaTypeOf(request.headers['content-type']))) {
    throw new Refusal('BODY_TYPE', 'the body is of another media type', {
      field: 'header.content-type',
      expected: mediaTypes.join(' or '),
    })
  }
}

/** Refuses BODY_UNEXPECTED when a body comes where none belongs. */
export function assertNoBody(request: IncomingMessage): void {
  const length = request.headers['content-length']
  if ((length !== undefined && length !== '0') || request.headers['transfer-encoding'] !== undefined) {
    throw new Refusal('BODY_UNEXPECTED', 'this request takes no body', { field: 'body', expected: 'no body' })
  }
}

/** The whole body, at most `maxBytes` of it. Refuses BODY_TOO_LARGE, REQUEST_TIMEOUT, REQUEST_ABORTED. */
export async function readBody(request: IncomingMessage, limits: BodyLimits): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  await consume(request, { totalMs: DEFAULT_TOTAL_MS, ...limits }, piece => {
    pieces.push(piece)
  })
  return pieces.length === 1 && Buffer.isBuffer(pieces[0]) ? pieces[0] : Buffer.concat(pieces)
}

/** One JSON value by docs/formats.md §2. A member named `__proto__` is refused at any depth. */
export function parseJsonBody(bytes: Uint8Array, maxBytes: number): JsonValue {
  const value = parseJson(bytes, { maxBytes })
  assertPlain(value)
  return value
}

export function streamBody(request: IncomingMessage, limits: BodyLimits): StreamedBody {
  return {
    pipe: take => consume(request, limits, take),
    async digest() {
      const hash = createHash('sha256')
      const size = await consume(request, limits, piece => {
        hash.update(piece)
      })
      return { digest: hash.digest(), size }
    },
  }
}

/**
 * Lower-case `type/subtype`. The only parameters that are let pass are the one that changes nothing, `charset=utf-8`, and the one
 * without which a form of several parts cannot be read, `boundary`.
 */
function mediaTypeOf(contentType: string | undefined): string {
  const text = contentType?.trim() ?? ''
  if (/^multipart\/form-data\s*;\s*boundary="?[\w'()+,./:=?-]{1,70}"?$/i.test(text))
    return 'multipart/form-data'
  return /^([^\s;,]+)(?:\s*;\s*charset="?utf-8"?)?$/i.exec(text)?.[1]?.toLowerCase() ?? ''
}

function consume(
  request: IncomingMessage,
  limits: BodyLimits,
  take: (piece: Uint8Array) => void | Promise<void>,
): Promise<number> {
  const { maxBytes, idleMs = DEFAULT_IDLE_MS, totalMs, held } = limits
  const declared = Number(request.headers['content-length'] ?? 0)
  if (declared > maxBytes) return Promise.reject(tooLarge(maxBytes))

  return new Promise((resolve, reject) => {
    let size = 0
    const onIdle = () => finish(new Refusal('REQUEST_TIMEOUT', 'the body stopped arriving'))
    let idle = setTimeout(onIdle, idleMs)
    const onTotal = () => finish(new Refusal('REQUEST_TIMEOUT', 'the body took too long to arrive'))
    const total = totalMs === undefined ? undefined : setTimeout(onTotal, totalMs)

    const finish = (error: Error | null) => {
      clearTimeout(idle)
      clearTimeout(total)
      request.off('data', onData).off('end', onEnd).off('error', onAborted).off('close', onAborted)
      // What still arrives is thrown away; an error after the end of interest must not become an uncaught one.
      request.on('error', () => {}).resume()
      if (error === null) resolve(size)
      else reject(error)
    }
    const onData = (piece: Uint8Array) => {
      size += piece.length
      if (size > maxBytes) {
        finish(tooLarge(maxBytes))
        return
      }
      try {
        held?.take(piece.length)
        const pending = take(piece)
        if (pending === undefined) idle.refresh()
        else void waitFor(pending)
      } catch (error) {
        finish(asError(error))
      }
    }
    const waitFor = async (pending: Promise<void>) => {
      // Our own slowness is not the client's silence: nothing is timed while we take.
      request.pause()
      clearTimeout(idle)
      try {
        await pending
        idle = setTimeout(onIdle, idleMs)
        request.resume()
      } catch (error) {
        finish(asError(error))
      }
    }
    const onEnd = () => finish(null)
    const onAborted = () => finish(new Refusal('REQUEST_ABORTED', 'the body was cut off'))
    request.on('data', onData).on('end', onEnd).on('error', onAborted).on('close', onAborted)
  })
}

const tooLarge = (maxBytes: number) =>
  new Refusal('BODY_TOO_LARGE', `the body is larger than ${maxBytes} bytes`, {
    field: 'body',
    expected: `at most ${maxBytes} bytes`,
  })

const asError = (error: unknown) =>
  error instanceof Error ? error : new Error('thrown value', { cause: error })

/** Node makes `__proto__` an ordinary member when it parses, but the next copy of the object may not. */
function assertPlain(value: JsonValue): void {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const item of value) assertPlain(item)
    return
  }
  if (Object.hasOwn(value, '__proto__')) {
    throw new Refusal('INPUT_INVALID', 'a member is named __proto__', {
      field: '__proto__',
      expected: 'no such member',
    })
  }
  for (const name of Object.keys(value)) assertPlain(value[name] ?? null)
}
