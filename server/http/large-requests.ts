/**
 * Room for large requests. A batch of ten thousand rows takes many times its bytes of memory until it is answered, so few are worked on at
 * once, the next wait with their bodies unread, and the rest are told to come again. How many and how large follows from the heap that
 * this process may have, so that what we take never ends the process.
 */
import { Refusal } from '../../protocol/refusal.ts'
import { Unavailable } from './problem.ts'

export interface LargeRequests {
  /** The most bytes that a body kept in memory may have here. */
  readonly mostBytes: number
  /**
   * Resolves when there is room for a body of that size, with what gives the room back, to be called once it is answered. At once for a
   * body that is not large. Refuses BODY_TOO_LARGE, and UNAVAILABLE (503) when too many wait.
   */
  enter(bytes: number): Promise<() => void>
}

/** From here on a body counts as large. */
export const LARGE_BYTES = 512 * 1024
/** A body is in memory as bytes, as text and as values, then as what is made of it. */
const BODY_SHARE = 1 / 16
const MOST_AT_ONCE = 8
const MOST_WAITING = 16
const RETRY_SECONDS = 5

/** `heapBytes`: the most that the heap of this process may become. `heapForOne`: what the largest of these requests takes of it. */
export function largeRequests(heapBytes: number, heapForOne: number): LargeRequests {
  const mostBytes = Math.floor(heapBytes * BODY_SHARE)
  const atOnce = Math.min(MOST_AT_ONCE, Math.max(1, Math.floor(heapBytes / heapForOne)))
  const waiting: (() => void)[] = []
  let working = 0

  const leave = () => {
    const next = waiting.shift()
    // Who waited longest takes the place over.
    if (next === undefined) working--
    else next()
  }
  return {
    mostBytes,
    async enter(bytes) {
      if (bytes > mostBytes)
        throw new Refusal('BODY_TOO_LARGE', `the body is larger than ${mostBytes} bytes`, {
          field: 'body',
          expected: `at most ${mostBytes} bytes`,
        })
      if (bytes < LARGE_BYTES) return () => undefined
      if (working >= atOnce) {
        if (waiting.length >= MOST_WAITING) throw new Unavailable('UNAVAILABLE', RETRY_SECONDS)
        await new Promise<void>(resolve => void waiting.push(resolve))
      } else working++
      let isInside = true
      return () => {
        if (isInside) leave()
        isInside = false
      }
    },
  }
}
