/**
 * Delivering what departments are told: at least once, signed, with growing pauses, until it is given up.
 */
import { createHmac } from 'node:crypto'
import * as http from 'node:http'
import * as https from 'node:https'
import { toUtf8 } from '../../protocol/bytes.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { WEBHOOK_KEY } from '../keys/names.ts'
import type { DeliveryRow } from '../store/webhooks.ts'
import { nowSeconds, type World } from '../world.ts'
import { parseTarget, resolveTarget, type Address } from './target.ts'

const FIRST_PAUSE_SECONDS = 5
const LONGEST_PAUSE_SECONDS = 6 * 3_600
/** 5, 10, 20 s … 6 h: a day and a half in all. */
export const MOST_ATTEMPTS = 16
const TIMEOUT_MS = 10_000
const AT_ONCE = 8

type DeliveringWorld = Pick<World, 'store' | 'keys' | 'clock' | 'config'>

/**
 * Sends every delivery whose time has come, a few at once. An attempt that a crash cut short is made again: receivers know a repetition
 * by its id. Never rejects for what a receiver does.
 */
export async function deliverDue(world: DeliveringWorld): Promise<void> {
  const due = await world.store.dueDeliveries(nowSeconds(world), AT_ONCE)
  await Promise.all(due.map(delivery => deliver(world, delivery)))
}

async function deliver(world: DeliveringWorld, delivery: DeliveryRow & { url: string }): Promise<void> {
  const { status, error } = await attempt(world, delivery)
  const attempts = delivery.attempts + 1
  const isDelivered = error === null
  const pause = Math.min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (attempts - 1))
  await world.store.noteDelivery(delivery.id, {
    state: isDelivered ? 'delivered' : attempts >= MOST_ATTEMPTS ? 'dead' : 'waiting',
    nextAt: nowSeconds(world) + pause,
    status,
    error,
  })
}

interface Outcome {
  status: number | null
  /** WEBHOOK_URL, WEBHOOK_ADDRESS, STATUS (not 2xx; a redirect is not followed), UNREACHABLE; null = delivered. */
  error: string | null
}

async function attempt(
  world: DeliveringWorld,
  { url: text, webhook, event, body }: DeliveryRow & { url: string },
): Promise<Outcome> {
  try {
    const { profile } = world.config
    // Asked again each time: names move, and the rules of this release count for older webhooks too.
    const url = parseTarget(text, profile)
    const address = await resolveTarget(url, profile)
    const timestamp = String(nowSeconds(world))
    const status = await post(url, address, body, {
      'content-type': 'application/json',
      'user-agent': 'onceproof-webhook',
      'webhook-id': event,
      'webhook-timestamp': timestamp,
      'webhook-signature': signatureOf(await secretOf(world, webhook), event, timestamp, body),
    })
    return { status, error: status >= 200 && status < 300 ? null : 'STATUS' }
  } catch (error) {
    return { status: null, error: error instanceof Refusal ? error.code : 'UNREACHABLE' }
  }
}

/** The secret that a department checks deliveries with, 32 bytes. It follows from the gateway's key, so it is kept nowhere. */
export function secretOf(world: Pick<World, 'keys'>, webhook: string): Promise<Uint8Array> {
  return world.keys.mac(WEBHOOK_KEY, toUtf8(`webhook ${webhook}`))
}

/** As Standard Webhooks has it: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md */
export function signatureOf(secret: Uint8Array, id: string, timestamp: string, body: string): string {
  return `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`
}

/** Sends to this address and no other, whatever the name says now. Resolves with the status; what comes after it is not read. */
function post(
  url: URL,
  { address, family }: Address,
  body: string,
  headers: Record<string, string>,
): Promise<number> {
  const { request } = url.protocol === 'https:' ? https : http
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: 'POST',
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
        agent: false,
        signal: AbortSignal.timeout(TIMEOUT_MS),
        lookup: (_host, { all }, give) =>
          all === true ? give(null, [{ address, family }]) : give(null, address, family),
      },
      response => {
        resolve(response.statusCode ?? 0)
        response.destroy()
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}
