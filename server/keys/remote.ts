/**
 * A department's own signer (server/signer), asked over HTTP. It gets everything that the signature is about, so that it need not
 * believe the gateway; what it answers is checked before it is used. Without it nothing of the department is signed.
 */
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { fromBase64url, toBase64url } from '../../protocol/bytes.ts'
import { verifySignature } from '../../protocol/key.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { writeFileDurably } from '../store/durable-file.ts'
import { Unavailable } from '../http/problem.ts'
import type { DepartmentProvider } from './keyring.ts'
import { recoverableSignature, type KeyInfo, type SigningContext, type ToSign } from './provider.ts'
import {
  answerCode,
  CODE_HEADER,
  NONCE_HEADER,
  requestCode,
  sameCode,
  TIME_HEADER,
} from './remote-message.ts'

export interface RemoteSignerOptions {
  /** USCC of the department. */
  department: string
  /** Without a slash at the end. */
  url: string
  secret: string
  timeoutMs?: number
  /** File for the public keys that it told; while it is away they are read from there. Null or left out: memory only. */
  knownKeys?: string | null
  /** Milliseconds since 1970. */
  clock?: () => number
}

const listedKey = z.strictObject({
  name: z.string(),
  purpose: z.enum(['issuing', 'authority']),
  algorithm: z.enum(['ES256', 'secp256k1']),
  createdAt: z.int(),
  /** Base64url. */
  publicKey: z.string().length(86),
})
type ListedKey = z.infer<typeof listedKey>
const knownFile = z.strictObject({ department: z.string(), keys: z.array(listedKey) })

/**
 * The keys of a remote signer. Which keys it has is told from memory while it does not answer: a key is never taken away, and
 * strangers want to know the public halves at any time. To sign it is asked. `Unavailable` REMOTE_SIGNER_UNREACHABLE when it does not answer, or not with the secret; refuses
 * what it refuses, with its code (SIGNER_…), and SIGNATURE_WRONG for an answer that is no signature of the key.
 */
export function remoteSigner(options: RemoteSignerOptions): DepartmentProvider {
  const { department, url, secret, timeoutMs = 10_000, knownKeys = null, clock = Date.now } = options
  const known = new Map(readKnown(knownKeys, department).map(key => [key.name, key]))

  function learn(keys: readonly ListedKey[]): KeyInfo[] {
    const hasNew = keys.some(({ name, publicKey }) => known.get(name)?.publicKey !== publicKey)
    for (const key of keys) known.set(key.name, key)
    if (hasNew && knownKeys !== null) {
      writeFileDurably(knownKeys, `${JSON.stringify({ department, keys: [...known.values()] })}\n`, 0o600)
    }
    return keys.map(({ publicKey: _, ...info }) => ({ ...info, department }))
  }

  async function ask<Answer>(method: 'GET' | 'POST', path: string, content?: unknown): Promise<Answer> {
    const body = content === undefined ? '' : JSON.stringify(content)
    const nonce = toBase64url(randomBytes(16))
    const time = String(Math.floor(clock() / 1000))
    let status: number
    let text: string
    let code: string
    try {
      const response = await fetch(url + path, {
        method,
        headers: {
          'content-type': 'application/json',
          [TIME_HEADER]: time,
          [NONCE_HEADER]: nonce,
          [CODE_HEADER]: requestCode(secret, { method, path, time, nonce }, body),
        },
        ...(method === 'POST' && { body }),
        redirect: 'error',
        signal: AbortSignal.timeout(timeoutMs),
      })
      status = response.status
      text = await response.text()
      code = response.headers.get(CODE_HEADER) ?? ''
    } catch (cause) {
      throw unreachable('the signer does not answer', cause)
    }
    if (!sameCode(code, answerCode(secret, nonce, status, text)))
      throw unreachable(`an answer (${status}) that does not carry the secret`)
    const answer = JSON.parse(text) as Answer & { code?: unknown; message?: unknown; field?: unknown }
    if (status === 200) return answer
    if (status >= 500 || typeof answer.code !== 'string') throw unreachable(`the signer failed (${status})`)
    throw new Refusal(answer.code, String(answer.message), {
      ...(typeof answer.field === 'string' && { field: answer.field }),
    })
  }

  async function list(): Promise<KeyInfo[]> {
    try {
      const { keys } = await ask<{ keys: ListedKey[] }>('GET', '/v1/keys')
      return learn(keys)
    } catch (error) {
      if (!(error instanceof Unavailable) || known.size === 0) throw error
      return learn([...known.values()])
    }
  }

  async function publicKey(name: string): Promise<Uint8Array> {
    if (!known.has(name)) await list()
    const key = known.get(name)
    if (key === undefined)
      throw new Refusal('KEY_UNKNOWN', `there is no key ${name}`, { field: 'key', found: name })
    return fromBase64url(key.publicKey)!
  }

  async function signMany(name: string, items: readonly ToSign[]): Promise<Uint8Array[]> {
    const key = await publicKey(name)
    const { signatures } = await ask<{ signatures: string[] }>('POST', '/v1/sign', {
      key: name,
      items: items.map(({ data, context }) => ({
        input: Buffer.from(data).toString('latin1'),
        context: sentContext(context),
      })),
    })
    return items.map(({ data }, i) => {
      const signature = fromBase64url(signatures[i] ?? '')
      if (signature === null || !verifySignature('ES256', key, data, signature)) {
        throw new Refusal('SIGNATURE_WRONG', 'the signer answered with a signature that is not its own')
      }
      return signature
    })
  }

  return {
    department,
    list,
    publicKey,
    signMany,
    async generate({ name, purpose, algorithm }) {
      const [info] = learn([await ask<ListedKey>('POST', '/v1/keys', { name, purpose, algorithm })])
      return info!
    },
    async sign(name, data, context) {
      const [signature] = await signMany(name, [{ data, context: contextOr(context) }])
      return signature!
    },
    async signDigest(name, digest, context) {
      const key = await publicKey(name)
      const order = sentContext(contextOr(context))
      const { signature } = await ask<{ signature: string }>('POST', '/v1/sign-order', { key: name, order })
      // It made the digest by itself, from the message: that it is the one that was asked for shows here.
      const bytes = fromBase64url(signature) ?? new Uint8Array()
      return recoverableSignature(bytes.subarray(0, 64), digest, key)
    },
  }
}

/** A file that is missing, cut or of another department says nothing: the signer will tell it all again. */
function readKnown(path: string | null, department: string): ListedKey[] {
  if (path === null) return []
  try {
    const { department: of, keys } = knownFile.parse(JSON.parse(readFileSync(path, 'utf8')))
    return of === department ? keys : []
  } catch {
    return []
  }
}

function sentContext(context: SigningContext): unknown {
  return context.kind === 'certificate' ? { ...context, seed: toBase64url(context.seed) } : context
}

function contextOr(context: SigningContext | undefined): SigningContext {
  if (context !== undefined) return context
  throw new Refusal('SIGNER_CONTEXT', 'a remote signer is told what it signs')
}

const unreachable = (message: string, cause?: unknown) =>
  new Unavailable('REMOTE_SIGNER_UNREACHABLE', 10, message, { cause })
