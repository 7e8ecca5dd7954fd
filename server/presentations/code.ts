/**
 * Codes of presentations: a token inside a short web address, for a QR code, and eight digits to be said at a counter. Both are drawn
 * anew for each code and shown once; kept is only what they are found by.
 */
import { createHash, randomBytes, randomInt } from 'node:crypto'
import { toUtf8 } from '../../protocol/bytes.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { LOOKUP_KEY } from '../keys/names.ts'
import type { PresentationCode } from '../store/presentations.ts'
import { publicUrl, type World } from '../world.ts'

/** What the holder's screen shows. */
export interface ShownCode {
  /** For the QR code. */
  url: string
  digits: string
  expiresAt: number
}

/** 128 bits: nobody finds one by trying. */
const TOKEN_BYTES = 16
export const TOKEN = /^[\w-]{22}$/
export const DIGITS = /^\d{8}$/
const PATH = '/p/'
/** Two codes with the same digits at one time are rare even in a large country; five times in a row they are a defect. */
const MOST_DRAWS = 5

/** SHA-256 is enough for what cannot be guessed. */
export const tokenHash = (token: string): Uint8Array =>
  new Uint8Array(createHash('sha256').update(token).digest())

/** A keyed hash: 10^8 plain ones are made in a second. */
export async function digitsHash(world: Pick<World, 'keys'>, digits: string): Promise<Uint8Array> {
  return world.keys.mac(LOOKUP_KEY, toUtf8(`presentation:${digits}`))
}

/** Draws a code and gives it to `save`, with other digits when these are alive elsewhere. */
export async function withNewCode<Result>(
  world: Pick<World, 'keys' | 'config'>,
  expiresAt: number,
  save: (code: PresentationCode) => Promise<Result>,
): Promise<{ result: Result; shown: ShownCode }> {
  for (let draw = 1; ; draw++) {
    const token = randomBytes(TOKEN_BYTES).toString('base64url')
    const digits = String(randomInt(10 ** 8)).padStart(8, '0')
    const code = { token: tokenHash(token), digits: await digitsHash(world, digits), expiresAt }
    try {
      const result = await save(code)
      return { result, shown: { url: publicUrl(world) + PATH + token, digits, expiresAt } }
    } catch (error) {
      const isTaken = error instanceof Refusal && error.code === 'DIGITS_TAKEN'
      if (!isTaken || draw === MOST_DRAWS) throw error
    }
  }
}

/**
 * The token in what a scanner read. Refuses PRESENTATION_FOREIGN for any address that is not exactly one of this gateway: a
 * code stuck over ours must not lead anybody elsewhere.
 */
export function tokenIn(world: Pick<World, 'config'>, scanned: string): string {
  const start = publicUrl(world) + PATH
  const token = scanned.startsWith(start) ? scanned.slice(start.length) : ''
  if (!TOKEN.test(token)) {
    throw new Refusal('PRESENTATION_FOREIGN', 'what was scanned is not a code of this gateway', {
      field: 'url',
      expected: `${start}…`,
    })
  }
  return token
}
