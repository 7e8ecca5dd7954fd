/**
 * Where the gateway is and who asks it.
 */
import { randomBytes } from 'node:crypto'
import { join, resolve } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Refusal } from '../../protocol/refusal.ts'
import { createClient, type ApiClient } from '../../server/http/client.ts'
import { readSecret } from './files.ts'
import { labels } from './messages.ts'
import { withProgress } from './terminal.ts'

export interface GatewayOptions {
  url?: string
  tokenFile?: string
  idempotencyKey?: string
}

const POLL_MS = 150
/** A chain that makes a block every quarter of a minute is final in less. */
const WAIT_SECONDS = 600

export const dataDirOf = (given: string | undefined): string =>
  resolve(given ?? (process.env['DATA_DIR'] || './data'))

export const gatewayUrl = (given: string | undefined): string =>
  given ?? (process.env['PUBLIC_URL'] || `http://localhost:${process.env['PORT'] || '8787'}`)

/** A client with the operator's token. Refuses TOKEN_FILE and GATEWAY_URL. */
export async function operatorClient(options: GatewayOptions): Promise<ApiClient> {
  const path = options.tokenFile ?? join(dataDirOf(undefined), 'operator.token')
  return createClient({ url: gatewayUrl(options.url), token: await readSecret(path, 'TOKEN_FILE') })
}

export const publicClient = (options: GatewayOptions): ApiClient =>
  createClient({ url: gatewayUrl(options.url), token: null })

/**
 * A write under one Idempotency-Key, the caller's or a new one. When the answer is lost for good, the refusal says with which key
 * the command can be repeated safely.
 */
export async function writeOnce<Answer>(
  options: GatewayOptions,
  write: (key: string) => Promise<Answer>,
): Promise<Answer> {
  const key = options.idempotencyKey ?? `cli-${randomBytes(18).toString('base64url')}`
  try {
    return await write(key)
  } catch (error) {
    if (!(error instanceof Refusal) || error.code !== 'GATEWAY_UNREACHABLE') throw error
    throw new Refusal(error.code, `${error.message}; repeat it with --idempotency-key ${key}`, {
      ...error.details,
      expected: `--idempotency-key ${key}`,
    })
  }
}

/** Asks until `isDone`. Refuses NOT_FINAL_IN_TIME after ten minutes: what was accepted stays accepted. */
export async function waitUntil<T>(ask: () => Promise<T>, isDone: (value: T) => boolean): Promise<T> {
  return withProgress(labels.waiting, async progress => {
    const began = performance.now()
    for (;;) {
      const value = await ask()
      if (isDone(value)) return value
      const waited = Math.floor((performance.now() - began) / 1000)
      if (waited >= WAIT_SECONDS) {
        throw new Refusal('NOT_FINAL_IN_TIME', `not final within ${WAIT_SECONDS} seconds`, {
          found: `${WAIT_SECONDS} s`,
        })
      }
      progress.to(waited, WAIT_SECONDS)
      await pause(POLL_MS)
    }
  })
}
