/** Webhooks: where departments want to be told, and what is still to be told. Verbs as in `store.ts`. */
import type { Once } from './store.ts'

export type WebhookState = 'pending' | 'approved' | 'stopped'

export interface NewWebhook {
  /** ULID. */
  id: string
  department: string
  url: string
  /** Names of events; empty = all. */
  events: string[]
  createdBy: string
}

export interface WebhookRow extends NewWebhook {
  state: WebhookState
  createdAt: number
  approvedBy: string | null
  approvedAt: number | null
}

export interface DeliveryRow {
  id: number
  webhook: string
  /** ULID: the same at every attempt, so that a receiver knows a repetition. */
  event: string
  name: string
  /** Exact JSON that is sent. */
  body: string
  state: 'waiting' | 'delivered' | 'dead'
  attempts: number
  /** Seconds. */
  nextAt: number
  createdAt: number
  /** HTTP status of the last attempt; null = no answer. */
  lastStatus: number | null
  /** Code of what went wrong. */
  lastError: string | null
}

export interface WebhookStore {
  saveWebhook(webhook: NewWebhook, once: Once): Promise<WebhookRow>
  webhookById(id: string): Promise<WebhookRow | null>
  /** Of a department, or with null of all; newest first. */
  webhooks(department: string | null): Promise<WebhookRow[]>
  setWebhookState(id: string, state: WebhookState, by: string, once: Once): Promise<WebhookRow>
  /** Deliveries of approved webhooks whose time has come, oldest first. */
  dueDeliveries(now: number, limit: number): Promise<(DeliveryRow & { url: string })[]>
  /** Notes an attempt. */
  noteDelivery(
    id: number,
    outcome: {
      state: DeliveryRow['state']
      nextAt: number
      status: number | null
      error: string | null
    },
  ): Promise<void>
  /**
   * Has a delivery that was given up sent again, with all its attempts before it; null = the webhook has none of this number. Of one that
   * waits it is a no-op. Refuses DELIVERY_STATE for one that arrived.
   */
  sendAgain(webhook: string, id: number): Promise<DeliveryRow | null>
  /** Newest first. */
  deliveries(
    webhook: string,
    state: DeliveryRow['state'] | null,
    before: number | null,
    limit: number,
  ): Promise<DeliveryRow[]>
}
