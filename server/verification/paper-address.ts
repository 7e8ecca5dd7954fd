/**
 * What a printed certificate carries as a QR code: an ordinary address of this gateway with the short code and a key. Whoever
 * holds the paper has both; whoever only guesses short codes gets no key with them, and learns nothing.
 */
import { timingSafeEqual } from 'node:crypto'
import { toUtf8 } from '../../protocol/bytes.ts'
import { normaliseShortCode } from '../../protocol/identifiers.ts'
import { invariant } from '../../protocol/refusal.ts'
import { LOOKUP_KEY } from '../keys/names.ts'
import { publicUrl, type World } from '../world.ts'

/** 128 bits, 22 characters of base64url: with the rest of the address a QR code of version 7 at most. */
const KEY_BYTES = 16
export const PAPER_PATH = '/v/'

/** `<public address>/v/<short code>?k=<key>`. The key follows from the code by HMAC, so nothing is kept for it. */
export async function paperAddress(
  world: Pick<World, 'keys' | 'config'>,
  shortCode: string,
): Promise<string> {
  const code = normaliseShortCode(shortCode)
  invariant(code !== null, 'a certificate has a short code')
  const key = Buffer.from(await keyOf(world, code)).toString('base64url')
  return `${publicUrl(world)}${PAPER_PATH}${code}?k=${key}`
}

/** Where a record is verified: its id says nothing of the file, whose fingerprint has to be brought along. */
export function recordAddress(world: Pick<World, 'config'>, id: string): string {
  return `${verifyAddress(world)}?record=${id}`
}

/** The page on which anybody verifies. */
export const verifyAddress = (world: Pick<World, 'config'>): string => `${publicUrl(world)}/verify`

/** Whether the key is that of the paper with this short code; compared in constant time. */
export async function isPaperKey(
  world: Pick<World, 'keys'>,
  shortCode: string,
  key: string,
): Promise<boolean> {
  const code = normaliseShortCode(shortCode)
  const expected = await keyOf(world, code ?? '')
  const given = Buffer.from(key, 'base64url')
  return given.length === KEY_BYTES && timingSafeEqual(given, expected) && code !== null
}

async function keyOf(world: Pick<World, 'keys'>, code: string): Promise<Uint8Array> {
  return (await world.keys.mac(LOOKUP_KEY, toUtf8(`paper:${code}`))).subarray(0, KEY_BYTES)
}
