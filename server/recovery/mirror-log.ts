/**
 * Keeping the mirror: what is sealed is in it before it is anchored.
 */
import type { KeyObject } from 'node:crypto'
import { departmentKey, openDocument, sealDocument } from '../keys/sealing.ts'
import { LOOKUP_KEY } from '../keys/names.ts'
import type { KeyProvider } from '../keys/provider.ts'
import type { AnswerRow } from '../store/imports.ts'
import type { MirroredStatement } from '../store/mirror.ts'
import type { Store } from '../store/store.ts'
import type { World } from '../world.ts'

/** Statements in memory at once: a megabyte or two. */
const STATEMENTS_AT_A_TIME = 1_024

/**
 * Adds every sealed checkpoint that the mirror does not have, oldest first, and the departments as they are. When it returns they
 * survive a power cut, apart from the database; after a crash the next call goes on. Refuses MIRROR_UNWRITABLE: then nothing is anchored.
 */
export async function mirrorSealed(world: Pick<World, 'store' | 'mirror' | 'keys'>): Promise<void> {
  const { store, mirror } = world
  for (;;) {
    const from = mirror.size()
    const [next] = await store.checkpoints(from, 1)
    if (next === undefined) return
    mirror.saveDepartments(await store.departments())
    const { size, root, note, signature, sealedAt } = next
    const answers = await store.answersFor(from, size)
    const sealed = answers.length === 0 ? null : sealAnswers(await answersKey(world.keys), size, answers)
    await mirror.append(statementsBetween(store, from, size), {
      size,
      root,
      note,
      signature,
      sealedAt,
      answers: sealed,
    })
  }
}

async function* statementsBetween(
  store: Pick<Store, 'mirrorRows'>,
  from: number,
  to: number,
): AsyncGenerator<MirroredStatement[]> {
  for (let at = from; at < to; at += STATEMENTS_AT_A_TIME) {
    yield await store.mirrorRows(at, Math.min(STATEMENTS_AT_A_TIME, to - at))
    // Requests that wait have their turn.
    await new Promise(resolve => setImmediate(resolve))
  }
}

/**
 * The key of the answers: they hold digests of requests, from which a request of few possible values could be guessed, so outside of the
 * database they are sealed.
 */
export async function answersKey(keys: Pick<KeyProvider, 'mac'>): Promise<KeyObject> {
  return departmentKey(await keys.mac(LOOKUP_KEY, Buffer.from('onceproof mirror answers')))
}

const nameOf = (size: number) => ({ department: '', id: `answers ${size}` })

function sealAnswers(key: KeyObject, size: number, answers: readonly AnswerRow[]): Uint8Array {
  const rows = answers.map(({ request, ...row }) => ({
    ...row,
    request: Buffer.from(request).toString('base64url'),
  }))
  const { keySalt, ciphertext } = sealDocument(key, nameOf(size), Buffer.from(JSON.stringify(rows)))
  return Buffer.concat([keySalt, ciphertext])
}

const SALT_BYTES = 32

/** The answers beside the checkpoint of this size. Refuses DOCUMENT_UNREADABLE under another key. */
export function openAnswers(key: KeyObject, size: number, sealed: Uint8Array): AnswerRow[] {
  const parts = { keySalt: sealed.subarray(0, SALT_BYTES), ciphertext: sealed.subarray(SALT_BYTES) }
  const text = Buffer.from(openDocument(key, nameOf(size), parts)).toString('utf8')
  const rows = JSON.parse(text) as (Omit<AnswerRow, 'request'> & { request: string })[]
  return rows.map(row => ({ ...row, request: Buffer.from(row.request, 'base64url') }))
}
