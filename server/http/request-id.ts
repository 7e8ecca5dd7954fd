/**
 * What the gateway remembers of one request while it answers it. The id is ours, never the client's, so that no header
 * can forge or poison a log line; the client finds it in `X-Request-Id` and in every problem.
 */
import { randomUUID } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { invariant } from '../../protocol/refusal.ts'
import type { Language } from './messages.ts'

export interface Visit {
  readonly id: string
  readonly language: Language
  /** Monotonic milliseconds, for durations only. */
  readonly startedAt: number
  /** The path template that answered, such as `/v1/certificates/{identifier}`; `none` until one has. */
  route: string
  /** The code of the refusal or failure that was answered, if any. */
  code: string | null
}

const visits = new WeakMap<ServerResponse, Visit>()

/** Begins a visit and tells the client its id. */
export function beginVisit(response: ServerResponse, language: Language): Visit {
  const visit: Visit = { id: randomUUID(), language, startedAt: performance.now(), route: 'none', code: null }
  visits.set(response, visit)
  response.setHeader('X-Request-Id', visit.id)
  return visit
}

/** The visit that this response belongs to. */
export function visitOf(response: ServerResponse): Visit {
  const visit = visits.get(response)
  invariant(visit, 'a response without a visit: the app was not made by createApp')
  return visit
}
