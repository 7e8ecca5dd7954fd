/**
 * Bytes of request bodies of people whom nobody knows that wait in memory until they are whole and answered, counted for each client and for
 * all of them: many that are large and slow would otherwise fill the memory, each within its own limit.
 */
import { Unavailable } from './problem.ts'

export interface HeldBodies {
  /** Begins to count one body of this client. */
  begin(client: string): HeldBody
  /** Bytes counted now, of all clients. */
  size(): number
}

export interface HeldBody {
  /** Counts a piece; throws RATE_LIMITED (429) when the client, or all together, hold too much. */
  take(bytes: number): void
  /** The body is not in memory any more. */
  release(): void
}

export interface HeldBodiesOptions {
  /** The beginning of each body is free, so that ordinary requests are served while large ones are too many. */
  readonly freeBytes?: number
  readonly clientBytes?: number
  readonly allBytes?: number
}

const KIB = 1024
const MIB = KIB * KIB
/** Of all clients together, where there is memory enough. */
export const MOST_HELD_BYTES = 128 * MIB
/** By then bodies that are slow have been given up. */
const RETRY_SECONDS = 30

export function countHeldBodies({
  freeBytes = 16 * KIB,
  clientBytes = 32 * MIB,
  allBytes = MOST_HELD_BYTES,
}: HeldBodiesOptions = {}): HeldBodies {
  const byClient = new Map<string, number>()
  let all = 0

  function count(client: string, bytes: number): void {
    all += bytes
    const held = (byClient.get(client) ?? 0) + bytes
    if (held === 0) byClient.delete(client)
    else byClient.set(client, held)
  }

  return {
    begin(client) {
      let [size, counted] = [0, 0]
      return {
        take(bytes) {
          size += bytes
          const more = Math.max(0, size - freeBytes) - counted
          if (more === 0) return
          if (all + more > allBytes || (byClient.get(client) ?? 0) + more > clientBytes)
            throw new Unavailable('RATE_LIMITED', RETRY_SECONDS)
          counted += more
          count(client, more)
        },
        release() {
          count(client, -counted)
          counted = 0
        },
      }
    },
    size: () => all,
  }
}
