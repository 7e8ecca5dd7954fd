/** Asks the gateway what a thing is that was given at the counter. */
import { api, told } from '../api/client.ts'
import { once } from '../api/write.ts'
import type { PublicState, Report, Taken } from './api-types.ts'
import type { Given } from './given.ts'

export type Found =
  | { kind: 'taken'; taken: Taken }
  | { kind: 'certificate'; identifier: string; typeCode: string }
  | { kind: 'public'; state: PublicState }
  | { kind: 'lastFour'; shortCode: string }
  | { kind: 'report'; report: Report; name: string }
  | { kind: 'case'; id: string }

/** A certificate or record file is smaller; what is larger is none. */
const MOST_BYTES = 2_097_152

export class NotTaken extends Error {
  readonly why: 'foreign' | 'unknown' | 'tooLarge'
  constructor(why: NotTaken['why']) {
    super(why)
    this.why = why
  }
}

/** `matter`: what a presentation is taken for; null where only a person's identity is looked at. Throws `Problem` or `NotTaken`. */
export async function find(given: Given, matter: string | null, key: string): Promise<Found> {
  switch (given.kind) {
    case 'presentation': {
      const body = { code: given.code, ...(matter !== null && { matter }) }
      const taken = await told(api.POST('/v1/presentations/resolve', { body, params: { header: once(key) } }))
      return { kind: 'taken', taken }
    }
    case 'certificate':
      return given
    case 'case': {
      const path = { id: given.number }
      return { kind: 'case', id: (await told(api.GET('/v1/cases/{id}', { params: { path } }))).id }
    }
    case 'paper': {
      const { shortCode, lastFour, key: paperKey } = given
      if (paperKey !== null) return { kind: 'public', state: await lookUp({ shortCode, key: paperKey }) }
      if (lastFour === null) return { kind: 'lastFour', shortCode }
      return { kind: 'public', state: await lookUp({ shortCode, lastFour }) }
    }
    case 'file':
      return { kind: 'report', report: await verifyFile(given.file), name: given.file.name }
    case 'foreign':
    case 'unknown':
      throw new NotTaken(given.kind)
  }
}

/** By the short code and the last four of the number, or the key that only the paper has. */
export async function lookUp(
  body: { shortCode: string; lastFour: string } | { shortCode: string; key: string },
): Promise<PublicState> {
  return (await told(api.POST('/v1/verify/lookup', { body }))) as PublicState
}

async function verifyFile(file: File): Promise<Report> {
  if (file.size > MOST_BYTES) throw new NotTaken('tooLarge')
  return verifyContent(file)
}

/** The verdict on a certificate file, or a PDF that carries it; what is shown of it afterwards comes from the verdict, never from the file. */
export async function verifyContent(content: string | Blob): Promise<Report> {
  const call = api.POST('/v1/verify', {
    body: content as never,
    bodySerializer: body => body as string | Blob,
    headers: { 'Content-Type': 'application/octet-stream' },
  })
  return (await told(call)) as Report
}
