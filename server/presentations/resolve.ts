/** The counter's side: a code is taken, and what it shows is read on the ground 亮证. */
import { Refusal } from '../../protocol/refusal.ts'
import { departmentOf } from '../departments/admit.ts'
import { Unavailable } from '../http/problem.ts'
import type { GuessLimits, PresentationReader, PresentationRow } from '../store/presentations.ts'
import type { Once } from '../store/store.ts'
import { NO_MATTER } from '../matters/definition.ts'
import { readCertificate, type Reading, type ReadRequest } from '../uses/read-certificate.ts'
import { nowSeconds, type World } from '../world.ts'
import { digitsHash, tokenHash, tokenIn } from './code.ts'
import { tell } from './present.ts'

/** What the counter has: digits that were said, the token, or the address that the scanner read. */
export type GivenCode = { digits: string } | { token: string } | { url: string }

/** How long the department that took the code may read. */
export const READING_SECONDS = 600
/**
 * With a thousand codes alive at once a guess hits one in 100,000 times: a department that tries all day finds one every two
 * weeks, and every try and hit stands under its officer's name.
 */
export const GUESSES: GuessLimits = { windowSeconds: 600, ofOfficer: 10, ofDepartment: 50 }

/**
 * Takes a code for a department: from then on it is dead, and only this department can read what it shows. Durable when this
 * returns; a repetition with the same `once` gives the same.
 *
 * Refuses PRESENTATION_UNKNOWN, CODE_EXPIRED, CODE_USED, PRESENTATION_CANCELLED, PRESENTATION_OTHER_DEPARTMENT, PRESENTATION_FOREIGN (the
 * address is another site's), DEPARTMENT_NOT_FOUND, IDEMPOTENCY_KEY_REUSED. Wrong digits are noted, survive a crash, and after too many of them CODE_GUESSING
 * says when this officer and department may type again; scanning goes on.
 */
export async function resolvePresentation(
  world: World,
  reader: PresentationReader,
  given: GivenCode,
  once: Once,
): Promise<PresentationRow> {
  await departmentOf(world, reader.department)
  const code =
    'digits' in given
      ? { digits: await digitsHash(world, given.digits) }
      : { token: tokenHash('url' in given ? tokenIn(world, given.url) : given.token) }
  const readUntil = nowSeconds(world) + READING_SECONDS
  const resolution = await world.store.resolvePresentation(code, reader, readUntil, GUESSES, once)
  if ('guessing' in resolution) throw new Unavailable('CODE_GUESSING', resolution.guessing)
  if ('refused' in resolution) throw refusalOf(resolution.refused)
  tell(world, resolution.found)
  return resolution.found
}

/** What one certificate of a presentation gave, or why it gave nothing. */
export type PresentedReading =
  { identifier: string; reading: Reading } | { identifier: string; refused: string }

export interface ReadingRequest {
  reader: ReadRequest['reader']
  /** Code of the matter; null = the one that was said when the code was taken, or none. */
  matter: string | null
  case: string | null
  /** Which certificates and fields of the presentation; null = all of it. */
  wanted: readonly { identifier: string; fields: readonly string[] | null }[] | null
}

/**
 * Reads what was presented, certificate by certificate, each through `readCertificate` and once only. What was read is a statement when
 * this returns; a repetition with the same `once` gives the same. One certificate that may not be read does not keep the others
 * back; when there is none that may, the first refusal is thrown. Refuses PRESENTATION_UNKNOWN when there is no such presentation,
 * CERTIFICATE_ERASED when all that was in it has been erased, and FIELD_NOT_PRESENTED for a certificate that is not in it.
 */
export async function readPresentation(
  world: World,
  id: string,
  { reader, matter, case: ofCase, wanted }: ReadingRequest,
  once: Once,
): Promise<PresentedReading[]> {
  const row = await world.store.presentation(id)
  if (row === null) throw refusalOf('PRESENTATION_UNKNOWN')
  if (row.items.length === 0) throw refusalOf('CERTIFICATE_ERASED')
  const readings: PresentedReading[] = []
  let first: Refusal | null = null
  for (const { identifier, fields } of wanted ?? row.items.map(item => ({ ...item, fields: null }))) {
    const item = row.items.find(one => one.identifier === identifier)
    if (item === undefined) throw refusalOf('FIELD_NOT_PRESENTED')
    const request: ReadRequest = {
      reader,
      matter: matter ?? row.reader?.matter ?? NO_MATTER,
      case: ofCase,
      ground: 'presentation',
      identifier,
      fields: [...(fields ?? item.fields)],
      grant: null,
      basis: null,
      presentation: id,
    }
    try {
      // No client's key holds a space, so none stands for a part of another request.
      const part = { key: `${once.key} ${identifier}`, request: once.request }
      readings.push({ identifier, reading: await readCertificate(world, request, part) })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      first ??= error
      readings.push({ identifier, refused: error.code })
    }
  }
  if (first !== null && readings.every(one => 'refused' in one)) throw first
  tell(world, (await world.store.presentation(id))!)
  return readings
}

const SENTENCES: Readonly<Record<string, string>> = {
  PRESENTATION_UNKNOWN: 'there is no such code, or it is no longer alive',
  CODE_EXPIRED: 'the code has expired',
  CODE_USED: 'the code was used',
  PRESENTATION_CANCELLED: 'the holder ended this presentation',
  PRESENTATION_OTHER_DEPARTMENT: 'the holder shows this to another department only',
  FIELD_NOT_PRESENTED: 'this certificate was not presented',
  CERTIFICATE_ERASED: 'what was presented has been erased',
}

const refusalOf = (code: string): Refusal => new Refusal(code, SENTENCES[code] ?? 'not presented')
