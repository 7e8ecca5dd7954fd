/**
 * The signer: a small HTTP service of a department's own, with its own keys, policy and log. It signs what it has derived again by
 * itself and nothing else, and writes down what it signed before it answers. docs/keys.md has the bytes.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { getBytes } from 'ethers'
import { z } from 'zod'
import { fromBase64url, toBase64url, toUtf8 } from '../../protocol/bytes.ts'
import { thumbprint } from '../../protocol/key.ts'
import { Refusal } from '../../protocol/refusal.ts'
import type { Keystore } from '../keys/keystore.ts'
import type { KeyInfo, SigningContext } from '../keys/provider.ts'
import {
  answerCode,
  CODE_HEADER,
  MOST_SECONDS_APART,
  NONCE_HEADER,
  requestCode,
  sameCode,
  TIME_HEADER,
} from '../keys/remote-message.ts'
import { checkInput, checkOrder, leafOf, orderedBy } from './check.ts'
import type { Journal, JournalEntry } from './journal.ts'
import type { SignerPolicy } from './policy.ts'

export interface SignerOptions {
  keys: Keystore
  policy: SignerPolicy
  journal: Journal
  /** Shared with the gateway, at least 32 characters. */
  secret: string
  /** Milliseconds since 1970. */
  clock?: () => number
}

const MOST_BYTES = 64 * 1024 * 1024
const MOST_ITEMS = 10_000

const keyName = z.string().min(1).max(100)
const certificateContext = z.strictObject({
  kind: z.literal('certificate'),
  seed: z.string().length(43),
  values: z.array(z.tuple([z.string().max(64), z.json()])).max(500),
  relatedResource: z.json(),
})
const context = z.discriminatedUnion('kind', [
  certificateContext,
  z.strictObject({ kind: z.literal('statement') }),
  z.strictObject({ kind: z.literal('status-list') }),
])
const signBody = z.strictObject({
  key: keyName,
  items: z
    .array(z.strictObject({ input: z.string().min(1).max(2_097_152), context }))
    .min(1)
    .max(MOST_ITEMS),
})
const orderBody = z.strictObject({
  key: keyName,
  order: z.strictObject({
    kind: z.literal('order'),
    type: z.enum(['Order', 'OpenList']),
    message: z.record(z.string(), z.json()),
    chainId: z.int(),
    contract: z.string(),
    list: z.int().min(0),
  }),
})
const newKeyBody = z.strictObject({
  name: keyName,
  purpose: z.enum(['issuing', 'authority']),
  algorithm: z.enum(['ES256', 'secp256k1']),
})

/** What the service does with a request. */
export function signerAnswerer(
  options: SignerOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const { secret, clock = Date.now } = options
  const answer = signerAnswers(options)
  const seen = new Map<string, number>()

  /** Refuses SIGNER_AUTH for a code that is wrong, a time that is not now, and a nonce that was used. */
  function authenticate(request: IncomingMessage, body: string): string {
    const header = (name: string) => String(request.headers[name] ?? '')
    const [time, nonce, code] = [header(TIME_HEADER), header(NONCE_HEADER), header(CODE_HEADER)]
    const { method = '', url: path = '' } = request
    const isRight = sameCode(code, requestCode(secret, { method, path, time, nonce }, body))
    const now = Math.floor(clock() / 1000)
    for (const [old, at] of seen) if (now - at > 2 * MOST_SECONDS_APART) seen.delete(old)
    if (!isRight || !(Math.abs(Number(time) - now) <= MOST_SECONDS_APART) || seen.has(nonce))
      throw new Refusal(
        'SIGNER_AUTH',
        'the request does not carry the secret, or not now, or not for the first time',
      )
    seen.set(nonce, now)
    return nonce
  }

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let status = 200
    let content: unknown
    let nonce = ''
    try {
      const body = await bodyOf(request)
      nonce = authenticate(request, body)
      content = await answer(request.method ?? '', request.url ?? '', body)
    } catch (error) {
      const isRefusal = error instanceof Refusal
      status = !isRefusal ? 500 : error.code === 'SIGNER_AUTH' ? 401 : 409
      content = isRefusal
        ? { code: error.code, message: error.message, field: error.details.field }
        : { code: 'SIGNER_FAILED', message: 'the signer failed' }
    }
    const text = JSON.stringify(content)
    // Whoever does not have the secret is not shown a code that it made.
    const code = nonce === '' ? {} : { [CODE_HEADER]: answerCode(secret, nonce, status, text) }
    response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...code })
    response.end(text)
  }

  return (request, response) => {
    handle(request, response).catch(() => response.destroy())
  }
}

/** What the service answers to whoever is known; refuses SIGNER_… with a reason. */
function signerAnswers({ keys, policy, journal, clock = Date.now }: SignerOptions) {
  const now = () => Math.floor(clock() / 1000)
  const own = new RegExp(`^department/${policy.uscc}/(issuing|authority)/[1-9]\\d{0,5}$`)

  const listed = async ({ department: _, ...info }: KeyInfo) => ({
    ...info,
    publicKey: toBase64url(await keys.publicKey(info.name)),
  })

  async function keyOf(name: string, purpose: 'issuing' | 'authority'): Promise<Uint8Array> {
    const known = (await keys.list()).find(key => key.name === name && key.purpose === purpose)
    if (known === undefined)
      throw new Refusal('SIGNER_KEY', `no ${purpose} key of this name`, { field: 'key' })
    return keys.publicKey(name)
  }

  async function listKeys() {
    const all = (await keys.list()).filter(({ name }) => own.test(name))
    return { keys: await Promise.all(all.map(listed)) }
  }

  async function makeKey(body: string) {
    const key = shaped(newKeyBody, body)
    const isOwn = own.exec(key.name)?.[1] === key.purpose
    const isRight = key.algorithm === (key.purpose === 'issuing' ? 'ES256' : 'secp256k1')
    if (!policy.newKeys || !isOwn || !isRight)
      throw new Refusal('SIGNER_KEY', 'this signer makes no such key', { field: 'name' })
    const known = (await keys.list()).find(({ name }) => name === key.name)
    return listed(known ?? (await keys.generate({ ...key, department: policy.uscc })))
  }

  /** All or none: everything is checked before the first signature is made. */
  async function signInputs(body: string) {
    const { key, items } = shaped(signBody, body)
    const print = thumbprint(await keyOf(key, 'issuing'))!
    const scene = { policy, thumbprint: print, now: now() }
    const checked = items.map(({ input, context: given }) => checkInput(scene, input, contextOf(given)))
    const signatures: Uint8Array[] = []
    for (const { input } of items) signatures.push(await keys.sign(key, toUtf8(input)))
    await journal.append(
      items.map(({ input }, i): JournalEntry => {
        const { kind, about } = checked[i]!
        const action = kind === 'status' ? orderedBy(input) : null
        const leaf = leafOf(input, signatures[i]!)
        return { at: scene.now, key, kind, about, leaf, ...(action !== null && { action }) }
      }),
    )
    return { signatures: signatures.map(toBase64url) }
  }

  async function signOrder(body: string) {
    const { key, order } = shaped(orderBody, body)
    await keyOf(key, 'authority')
    const { digest, kind, about } = checkOrder({ policy, now: now() }, order, journal.actionOf)
    const signature = await keys.signDigest(key, getBytes(digest))
    await journal.append([{ at: now(), key, kind, about, leaf: digest }])
    return { signature: toBase64url(signature) }
  }

  return (method: string, path: string, body: string): Promise<unknown> => {
    if (method === 'GET' && path === '/v1/keys') return listKeys()
    if (method === 'POST' && path === '/v1/keys') return makeKey(body)
    if (method === 'POST' && path === '/v1/sign') return signInputs(body)
    if (method === 'POST' && path === '/v1/sign-order') return signOrder(body)
    throw new Refusal('SIGNER_INPUT', 'the signer has no such path', { field: 'path' })
  }
}

function contextOf(given: z.infer<typeof context>): SigningContext {
  if (given.kind !== 'certificate') return given
  const seed = fromBase64url(given.seed)
  if (seed === null) throw new Refusal('SIGNER_INPUT', 'the seed is not base64url', { field: 'seed' })
  return { ...given, seed }
}

function shaped<T>(schema: z.ZodType<T>, body: string): T {
  let value: unknown
  try {
    value = JSON.parse(body)
  } catch {
    throw new Refusal('SIGNER_INPUT', 'the request is not JSON', { field: 'body' })
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const field = parsed.error.issues[0]?.path.join('.') ?? ''
  throw new Refusal('SIGNER_INPUT', 'the request has another shape', { field })
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MOST_BYTES) throw new Refusal('SIGNER_INPUT', 'the request is too large', { field: 'body' })
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
