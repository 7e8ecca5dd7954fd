/**
 * Small sealed texts: what a session knows of a person, under a key that only the cookie gives, and sign-ins under way, under a
 * key of the gateway. AES-256-GCM under a key for one use each: a session's key is derived from 256 random bits that seal
 * once, a pending sign-in's from the gateway's key and a fresh salt.
 */
import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from 'node:crypto'
import { fromBase64url, toBase64url, toUtf8 } from '../../protocol/bytes.ts'
import { LOOKUP_KEY } from '../keys/names.ts'
import type { World } from '../world.ts'

/** All zeros: each key seals once (NIST SP 800-38D §8, https://doi.org/10.6028/NIST.SP.800-38D). */
const NONCE = Buffer.alloc(12)
const TAG_BYTES = 16
const SALT_BYTES = 32

/** A cookie's value: 256 random bits. */
export const freshSecret = (): string => randomBytes(32).toString('base64url')

/** How the store knows a session. */
export function digestOfSecret(secret: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(secret).digest())
}

/** Seals what belongs to a session. The secret must be fresh: two contents under one would be readable from each other. */
export function sealContent(secret: string, content: unknown): Uint8Array {
  return seal(contentKey(secret), JSON.stringify(content))
}

/** null when it was sealed under another secret or altered. */
export function openContent(secret: string, sealed: Uint8Array): unknown {
  const text = open(contentKey(secret), sealed)
  return text === null ? null : (JSON.parse(text) as unknown)
}

/** A text that only this gateway reads again, as base64url. */
export async function sealForOurselves(world: Pick<World, 'keys'>, content: unknown): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const sealed = seal(await ownKey(world, salt), JSON.stringify(content))
  return toBase64url(Buffer.concat([salt, sealed]))
}

export async function openFromOurselves(world: Pick<World, 'keys'>, text: string): Promise<unknown> {
  const bytes = fromBase64url(text)
  if (bytes === null || bytes.length <= SALT_BYTES + TAG_BYTES) return null
  const opened = open(await ownKey(world, bytes.subarray(0, SALT_BYTES)), bytes.subarray(SALT_BYTES))
  return opened === null ? null : (JSON.parse(opened) as unknown)
}

/** HKDF, RFC 5869 https://www.rfc-editor.org/rfc/rfc5869 */
function contentKey(secret: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, '', 'onceproof session content', 32))
}

async function ownKey({ keys }: Pick<World, 'keys'>, salt: Uint8Array): Promise<Uint8Array> {
  return keys.mac(LOOKUP_KEY, Buffer.concat([toUtf8('onceproof sign-in under way\n'), salt]))
}

function seal(key: Uint8Array, text: string): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, NONCE)
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return new Uint8Array(Buffer.concat([body, cipher.getAuthTag()]))
}

function open(key: Uint8Array, sealed: Uint8Array): string | null {
  const end = sealed.length - TAG_BYTES
  if (end < 0) return null
  const decipher = createDecipheriv('aes-256-gcm', key, NONCE, { authTagLength: TAG_BYTES })
  decipher.setAuthTag(sealed.subarray(end))
  try {
    return Buffer.concat([decipher.update(sealed.subarray(0, end)), decipher.final()]).toString('utf8')
  } catch {
    return null
  }
}
