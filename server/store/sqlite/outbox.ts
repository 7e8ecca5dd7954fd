/**
 * What departments are told is written where it happens: one delivery for each approved webhook of a department that listens to
 * the event, in the transaction of the caller.
 */
import { randomBytes } from 'node:crypto'
import { formatUlid } from '../../../protocol/identifiers.ts'
import type { Context } from './context.ts'

export interface Outbox {
  /** `data`: ids and codes, no value of anybody. Sync; to be called inside a transaction. */
  tell(departments: readonly string[], name: string, data: Record<string, unknown>): void
}

export function outbox({ db, now }: Pick<Context, 'db' | 'now'>): Outbox {
  const listening = db.prepare<[string], { id: string; events: string }>(
    "SELECT id, events FROM webhooks WHERE department = ? AND state = 'approved'",
  )
  const insert = db.prepare<[string, string, string, string, number, number]>(
    "INSERT INTO deliveries VALUES (NULL, ?, ?, ?, ?, 'waiting', 0, ?, ?, NULL, NULL)",
  )
  return {
    tell(departments, name, data) {
      const at = now()
      const event = formatUlid(at * 1000, randomBytes(10))
      const body = JSON.stringify({ id: event, type: name, at, data })
      for (const department of departments) {
        for (const { id, events } of listening.all(department)) {
          const names = JSON.parse(events) as string[]
          if (names.length === 0 || names.includes(name)) insert.run(id, event, name, body, at, at)
        }
      }
    },
  }
}
