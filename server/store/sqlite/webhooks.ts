/** Webhooks and their deliveries in SQLite. */
import { invariant, Refusal } from '../../../protocol/refusal.ts'
import type { DeliveryRow, WebhookRow, WebhookState, WebhookStore } from '../webhooks.ts'
import type { Appender } from './appending.ts'
import type { Context } from './context.ts'

interface WebhookRecord {
  id: string
  department: string
  url: string
  events: string
  state: WebhookState
  created_by: string
  created_at: number
  approved_by: string | null
  approved_at: number | null
}

interface DeliveryRecord {
  id: number
  webhook: string
  event: string
  name: string
  body: string
  state: DeliveryRow['state']
  attempts: number
  next_at: number
  created_at: number
  last_status: number | null
  last_error: string | null
}

export function webhookVerbs({ db, write, now }: Context, answers: Appender): WebhookStore {
  const insert = db.prepare<[string, string, string, string, string, number]>(
    "INSERT INTO webhooks VALUES (?, ?, ?, ?, 'pending', ?, ?, NULL, NULL)",
  )
  const byId = db.prepare<[string], WebhookRecord>('SELECT * FROM webhooks WHERE id = ?')
  const ofDepartment = db.prepare<{ department: string | null }, WebhookRecord>(
    'SELECT * FROM webhooks WHERE @department IS NULL OR department = @department ORDER BY id DESC',
  )
  const approve = db.prepare<[string, number, string]>(
    "UPDATE webhooks SET state = 'approved', approved_by = ?, approved_at = ? WHERE id = ?",
  )
  const setState = db.prepare<[string, string]>('UPDATE webhooks SET state = ? WHERE id = ?')
  const due = db.prepare<[number, number], DeliveryRecord & { url: string }>(
    `SELECT d.*, w.url FROM deliveries d JOIN webhooks w ON w.id = d.webhook
     WHERE d.state = 'waiting' AND d.next_at <= ? AND w.state = 'approved' ORDER BY d.next_at, d.id LIMIT ?`,
  )
  const note = db.prepare<[string, number, number | null, string | null, number]>(
    `UPDATE deliveries SET state = ?, attempts = attempts + 1, next_at = ?, last_status = ?, last_error = ?
     WHERE id = ?`,
  )
  const deliveryById = db.prepare<[string, number], DeliveryRecord>(
    'SELECT * FROM deliveries WHERE webhook = ? AND id = ?',
  )
  const revive = db.prepare<[number, number]>(
    "UPDATE deliveries SET state = 'waiting', attempts = 0, next_at = ? WHERE id = ?",
  )
  const listed = db.prepare<
    { webhook: string; state: string | null; before: number; limit: number },
    DeliveryRecord
  >(
    `SELECT * FROM deliveries WHERE webhook = @webhook AND (@state IS NULL OR state = @state) AND id < @before
     ORDER BY id DESC LIMIT @limit`,
  )

  const known = (id: string): WebhookRow => {
    const record = byId.get(id)
    invariant(record !== undefined, `no webhook ${id}`)
    return toWebhook(record)
  }

  return {
    saveWebhook: (webhook, once) =>
      write(() => {
        const earlier = answers.earlierAnswer(once)
        if (earlier !== null) return known(earlier.batch ?? '')
        const { id, department, url, events, createdBy } = webhook
        insert.run(id, department, url, JSON.stringify(events), createdBy, now())
        answers.newAnswer(0, 0, now(), id, once)
        return known(id)
      }),
    async webhookById(id) {
      const record = byId.get(id)
      return record === undefined ? null : toWebhook(record)
    },
    async webhooks(department) {
      return ofDepartment.all({ department }).map(toWebhook)
    },
    setWebhookState: (id, state, by, once) =>
      write(() => {
        if (answers.earlierAnswer(once) === null) {
          if (state === 'approved') approve.run(by, now(), id)
          else setState.run(state, id)
          answers.newAnswer(0, 0, now(), id, once)
        }
        return known(id)
      }),
    async dueDeliveries(at, limit) {
      return due.all(at, limit).map(({ url, ...record }) => ({ ...toDelivery(record), url }))
    },
    noteDelivery: (id, { state, nextAt, status, error }) =>
      write(() => void note.run(state, nextAt, status, error, id)),
    sendAgain: (webhook, id) =>
      write(() => {
        const record = deliveryById.get(webhook, id)
        if (record === undefined) return null
        if (record.state === 'delivered') {
          throw new Refusal('DELIVERY_STATE', 'the delivery has arrived', {
            field: 'delivery',
            expected: 'dead',
            found: record.state,
          })
        }
        if (record.state === 'dead') revive.run(now(), id)
        return toDelivery(deliveryById.get(webhook, id)!)
      }),
    async deliveries(webhook, state, before, limit) {
      const page = { webhook, state, before: before ?? Number.MAX_SAFE_INTEGER, limit }
      return listed.all(page).map(toDelivery)
    },
  }
}

function toWebhook(record: WebhookRecord): WebhookRow {
  const { id, department, url, state } = record
  return {
    id,
    department,
    url,
    state,
    events: JSON.parse(record.events) as string[],
    createdBy: record.created_by,
    createdAt: record.created_at,
    approvedBy: record.approved_by,
    approvedAt: record.approved_at,
  }
}

function toDelivery(record: DeliveryRecord): DeliveryRow {
  const { id, webhook, event, name, body, state, attempts } = record
  return {
    id,
    webhook,
    event,
    name,
    body,
    state,
    attempts,
    nextAt: record.next_at,
    createdAt: record.created_at,
    lastStatus: record.last_status,
    lastError: record.last_error,
  }
}
