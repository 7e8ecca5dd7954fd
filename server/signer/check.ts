/**
 * The signer's own judgement of what it is asked to sign. Nothing is believed that can be derived: digests come from the rows again,
 * order digests from the messages. Pure; every doubt is a Refusal with a code SIGNER_….
 */
import { parseCertificate } from '../../protocol/certificate.ts'
import { makeDisclosures, SEED_BYTES } from '../../protocol/disclosure.ts'
import { toBase64url, toHex, utf8FromBase64url } from '../../protocol/bytes.ts'
import { isObject, parseJsonText, type JsonObject } from '../../protocol/json.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { departmentId, statusListId } from '../../protocol/snapshot.ts'
import { parseStatement, type Statement } from '../../protocol/statement.ts'
import { leafHash } from '../../protocol/log.ts'
import { typedDigest } from '../chain/contracts.ts'
import type { SigningContext } from '../keys/provider.ts'
import type { SignerPolicy } from './policy.ts'

/** What is kept of a thing that was signed; nothing of a person. */
export interface Checked {
  kind: string
  /** Identifier of the certificate, `jti` of the statement, or what an order refers to. */
  about: string
}

/** The thumbprint of the key that was named, base64url, and the time in seconds. */
export interface Scene {
  policy: SignerPolicy
  thumbprint: string
  now: number
}

const DAY = 86_400
const ORDER_DAYS = 31
const NO_SIGNATURE = toBase64url(new Uint8Array(64))
const ACTION_NUMBER: Readonly<Record<string, number>> = { revoke: 1, suspend: 2, resume: 3, supersede: 4 }

/** A signing input of any kind, with what the gateway says of it. */
export function checkInput(scene: Scene, input: string, context: SigningContext): Checked {
  if (context.kind === 'certificate') return checkCertificate(scene, input, context)
  if (context.kind === 'statement') return checkStatement(scene, input)
  if (context.kind === 'status-list') return checkStatusList(scene, input)
  throw refusal('SIGNER_CONTEXT', 'an order is not signed like this', 'context')
}

function checkCertificate(
  { policy, thumbprint, now }: Scene,
  input: string,
  { seed, values, relatedResource }: Extract<SigningContext, { kind: 'certificate' }>,
): Checked {
  const certificate = reading(() => parseCertificate(`${input}.${NO_SIGNATURE}~`))
  assertOwnKey({ policy, thumbprint, now }, certificate.statement)
  if (certificate.uscc !== policy.uscc || certificate.status.uscc !== policy.uscc)
    throw refusal('SIGNER_ISSUER', 'another department issues this certificate', 'uscc')
  if (certificate.region !== policy.region)
    throw refusal('SIGNER_ISSUER', 'a certificate of another region', 'region')
  if (policy.types !== '*' && !policy.types.includes(certificate.typeCode))
    throw refusal('SIGNER_TYPE', 'this signer does not sign this type', 'type')
  assertValidity(policy, now, certificate)

  if (seed.length !== SEED_BYTES) throw refusal('SIGNER_DIGESTS', 'a seed has 32 bytes', 'seed')
  const { subjectDigests, topDigest } = makeDisclosures(seed, values, relatedResource)
  const { credentialSubject, _sd: top } = certificate.statement.payload as {
    credentialSubject: { _sd: string[] }
    _sd: string[]
  }
  // Every digest, decoys too: one that no value of the row stands behind could be shown later as something else.
  if (credentialSubject._sd.join() !== subjectDigests.join() || top.join() !== topDigest)
    throw refusal('SIGNER_DIGESTS', 'the digests are not those of the rows', '_sd')
  return { kind: 'certificate', about: certificate.identifier }
}

function assertValidity(
  policy: SignerPolicy,
  now: number,
  { validFrom, validUntil }: { validFrom: number; validUntil: number | null },
): void {
  const { maxValidityDays, maxBackdatingDays } = policy
  const isTooLong =
    maxValidityDays !== null && (validUntil === null || validUntil - validFrom > maxValidityDays * DAY)
  if (isTooLong) throw refusal('SIGNER_VALIDITY', 'valid for longer than this signer allows', 'validUntil')
  if (maxBackdatingDays !== null && now - validFrom > maxBackdatingDays * DAY)
    throw refusal('SIGNER_VALIDITY', 'begins earlier than this signer allows', 'validFrom')
}

function checkStatement(scene: Scene, input: string): Checked {
  const statement = reading(() => parseStatement(`${input}.${NO_SIGNATURE}`))
  const { kind, payload } = statement
  // A certificate comes with its rows, or it does not come.
  if (kind === 'certificate' || !scene.policy.statements.includes(kind))
    throw refusal('SIGNER_KIND', `this signer signs no ${kind} like this`, 'typ')
  assertOwnKey(scene, statement)
  if (payload['region'] !== scene.policy.region)
    throw refusal('SIGNER_ISSUER', 'a statement of another region', 'region')
  // Read by `parseStatement`, so it is a text.
  return { kind, about: payload['jti'] as string }
}

function assertOwnKey({ policy, thumbprint }: Scene, statement: Statement): void {
  if (statement.did !== policy.did || statement.thumbprint !== thumbprint)
    throw refusal('SIGNER_ISSUER', 'kid names another department or another key', 'kid')
  if (statement.alg !== 'ES256') throw refusal('SIGNER_ISSUER', 'this key signs ES256', 'alg')
}

/** A projection of the bits on chain, which binds nobody; only whose it is can be checked here. */
function checkStatusList({ policy, thumbprint }: Scene, input: string): Checked {
  const [header, payload] = input.split('.').map(part => {
    const text = utf8FromBase64url(part)
    const value = text === null ? null : reading(() => parseJsonText(text))
    if (value === null || !isObject(value)) throw refusal('SIGNER_INPUT', 'not a status list', 'input')
    return value
  })
  const { alg, typ, kid } = header ?? {}
  const url = payload?.['id']
  const own =
    alg === 'ES256' &&
    typ === 'vc+jwt' &&
    kid === `${policy.did}#${thumbprint}` &&
    payload?.['issuer'] === policy.did &&
    typeof url === 'string' &&
    url.includes(`/status-lists/${policy.uscc}/`) &&
    input.split('.').length === 2
  if (!own) throw refusal('SIGNER_ISSUER', 'not a status list of this department', 'id')
  return { kind: 'status-list', about: url }
}

export interface CheckedOrder extends Checked {
  digest: string
}

/**
 * The digest of an order for the one contract that the policy names. An order is only signed after the statement that gives its
 * reason: `actionOf` tells what a status statement that was signed here orders.
 */
export function checkOrder(
  { policy, now }: Omit<Scene, 'thumbprint'>,
  { type, message, chainId, contract, list }: Extract<SigningContext, { kind: 'order' }>,
  actionOf: (leaf: string) => string | undefined,
): CheckedOrder {
  const { statusRegistry } = policy
  if (statusRegistry?.chainId !== chainId || statusRegistry.address !== contract.toLowerCase())
    throw refusal('SIGNER_ORDER', 'an order for another contract', 'contract')
  const deadline = Number(message['deadline'])
  if (!(deadline > now && deadline <= now + ORDER_DAYS * DAY))
    throw refusal('SIGNER_ORDER', 'an order that is good for too long, or no more', 'deadline')
  if (type === 'OpenList') {
    if (message['department'] !== departmentId(policy.uscc) || message['number'] !== list)
      throw refusal('SIGNER_ORDER', 'the list of another department', 'department')
  } else {
    if (message['list'] !== statusListId(policy.uscc, list))
      throw refusal('SIGNER_ORDER', 'the list of another department', 'list')
    const action = actionOf(String(message['statement']))
    if (action === undefined || ACTION_NUMBER[action] !== message['action'])
      throw refusal('SIGNER_ORDER', 'no statement that was signed here orders this', 'statement')
  }
  const where = { chain: { chainId }, contracts: { StatusRegistry: { address: contract } } }
  const digest = reading(() => typedDigest(type, message, where))
  return { kind: type === 'Order' ? 'order' : 'open-list', about: digest, digest }
}

/** The leaf of a statement that was signed, 0x-hex. */
export const leafOf = (input: string, signature: Uint8Array): string =>
  toHex(leafHash(`${input}.${toBase64url(signature)}`))

/** What a signed status statement orders; null for other statements. */
export function orderedBy(input: string): string | null {
  const text = utf8FromBase64url(input.split('.')[1] ?? '')
  const payload = text === null ? null : (JSON.parse(text) as JsonObject)
  return typeof payload?.['action'] === 'string' && typeof payload['certificate'] === 'string'
    ? payload['action']
    : null
}

/** What cannot be read is the gateway's mistake, never a fault of ours. */
function reading<T>(read: () => T): T {
  try {
    return read()
  } catch (error) {
    const found = error instanceof Refusal ? error.code : 'unreadable'
    throw new Refusal('SIGNER_INPUT', `not what this signer signs: ${found}`, { field: 'input' })
  }
}

const refusal = (code: string, message: string, field: string) => new Refusal(code, message, { field })
