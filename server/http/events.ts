/**
 * Telling those who watch that something changed. An event only wakes: what is true is read from the store, so one that is lost
 * with the process loses nothing.
 */

export interface Events {
  /** Wakes everybody who watches this topic. `data` holds ids and codes, never personal values. */
  publish(topic: string, data?: unknown): void
  /** Returns what ends it. */
  subscribe(topic: string, listener: (data: unknown) => void): () => void
  /** Ends every stream: those who watch connect again, elsewhere or later. */
  end(): void
  hasEnded(): boolean
}

export function createEvents(): Events {
  const listeners = new Map<string, Set<(data: unknown) => void>>()
  let ended = false
  return {
    end() {
      ended = true
      for (const watching of listeners.values()) for (const listener of watching) listener(null)
    },
    hasEnded: () => ended,
    publish(topic, data) {
      for (const listener of listeners.get(topic) ?? []) listener(data)
    },
    subscribe(topic, listener) {
      const watching = listeners.get(topic) ?? new Set()
      listeners.set(topic, watching.add(listener))
      return () => {
        watching.delete(listener)
        if (watching.size === 0) listeners.delete(topic)
      }
    },
  }
}

export const EVENT_STREAM = 'text/event-stream; charset=utf-8'

export interface StreamedEvent {
  /** Comes back as `Last-Event-ID` when the client connects again. */
  id: string
  event: string
  data: unknown
}

/** A line of silence tells proxies that the stream lives. */
const HEARTBEAT_MS = 15_000

/**
 * Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html): what `read` gives now, and again after
 * every wake on the topic, as long as it says that more will come. `read` takes the id of the last event that was sent (null at
 * first, or what the client brought as Last-Event-ID) and returns the events after it.
 */
export async function* eventStream(
  events: Events,
  topic: string,
  lastId: string | null,
  read: (lastId: string | null) => Promise<{ events: StreamedEvent[]; ended: boolean }>,
): AsyncGenerator<Uint8Array> {
  let wake: () => void = () => undefined
  let isWoken = false
  const unsubscribe = events.subscribe(topic, () => {
    isWoken = true
    wake()
  })
  try {
    yield Buffer.from('retry: 2000\n\n')
    let last = lastId
    for (;;) {
      isWoken = false
      if (events.hasEnded()) return
      const { events: found, ended } = await read(last)
      for (const { id, event, data } of found) {
        yield Buffer.from(`id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
        last = id
      }
      if (ended) return
      if (isWoken) continue
      const isSilent = await new Promise<boolean>(resolve => {
        const timer = setTimeout(() => resolve(true), HEARTBEAT_MS)
        timer.unref()
        wake = () => {
          clearTimeout(timer)
          resolve(false)
        }
      })
      if (isSilent) yield Buffer.from(': alive\n\n')
    }
  } finally {
    unsubscribe()
  }
}
