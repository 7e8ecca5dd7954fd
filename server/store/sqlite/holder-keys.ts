/** Keys of holders in SQLite: each with the identity authority's statement, written together. */
import { invariant, Refusal } from '../../../protocol/refusal.ts'
import type { GrantStore, HolderKeyRow, HolderKeyState, KeyChallenge, NewHolderKey } from '../grants.ts'
import type { NewStatement, Once } from '../store.ts'
import type { Appender } from './appending.ts'
import type { Context } from './context.ts'
import { bytes } from './context.ts'

interface KeyRecord {
  id: number
  person: Buffer
  signer: Buffer
  chain_holder: Buffer
  epoch: number
  state: HolderKeyState
  requested_at: number
  due_at: number
  ended_at: number | null
  leaf: Buffer | null
}

type KeyVerbs = Pick<
  GrantStore,
  | 'saveKeyChallenge'
  | 'acceptHolderKey'
  | 'activateHolderKey'
  | 'cancelHolderKey'
  | 'holderKeys'
  | 'dueHolderKeys'
>

export function holderKeyVerbs({ db, write, now }: Context, log: Appender): KeyVerbs {
  const insertChallenge = db.prepare<[Uint8Array, Uint8Array, Uint8Array, number]>(
    'INSERT INTO key_challenges VALUES (?, ?, ?, ?)',
  )
  const forgetOld = db.prepare<[number]>('DELETE FROM key_challenges WHERE expires_at < ?')
  const takeChallenge = db.prepare<[Uint8Array, Uint8Array, Uint8Array, number, number]>(
    'DELETE FROM key_challenges WHERE nonce = ? AND person = ? AND signer = ? AND expires_at = ? AND expires_at >= ?',
  )
  const insertKey = db.prepare<
    [Uint8Array, Uint8Array, Uint8Array, number, string, number, number, Uint8Array | null]
  >('INSERT INTO holder_keys VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, NULL, ?)')
  const byId = db.prepare<[number | bigint], KeyRecord>('SELECT * FROM holder_keys WHERE id = ?')
  const bySigner = db.prepare<[Uint8Array], KeyRecord>('SELECT * FROM holder_keys WHERE chain_holder = ?')
  const ofPerson = db.prepare<[Uint8Array], KeyRecord>(
    'SELECT * FROM holder_keys WHERE person = ? ORDER BY id DESC',
  )
  const inState = db.prepare<[Uint8Array, string], KeyRecord>(
    'SELECT * FROM holder_keys WHERE person = ? AND state = ?',
  )
  const due = db.prepare<[number], KeyRecord>(
    "SELECT * FROM holder_keys WHERE state = 'waiting' AND due_at <= ? ORDER BY id",
  )
  const end = db.prepare<[string, number, number]>(
    'UPDATE holder_keys SET state = ?, ended_at = ? WHERE id = ?',
  )
  const activate = db.prepare<[Uint8Array, number]>(
    "UPDATE holder_keys SET state = 'active', leaf = ? WHERE id = ?",
  )

  function accept(
    key: NewHolderKey,
    { nonce, expiresAt }: Pick<KeyChallenge, 'nonce' | 'expiresAt'>,
    statement: NewStatement | null,
    once: Once | null,
  ): HolderKeyRow {
    const earlier = log.earlierAnswer(once)
    if (earlier !== null) {
      const known = bySigner.get(key.chainHolder)
      invariant(known !== undefined, 'the key of an answered request is on file')
      return toKey(known)
    }
    if (takeChallenge.run(nonce, key.person, key.signer, expiresAt, now()).changes !== 1) {
      throw new Refusal('CHALLENGE_UNKNOWN', 'no such challenge waits for this key', { field: 'nonce' })
    }
    if (bySigner.get(key.chainHolder) !== undefined) {
      throw new Refusal('HOLDER_KEY_TAKEN', 'this key is or was in use', { field: 'signer' })
    }
    if (inState.get(key.person, 'waiting') !== undefined) {
      throw new Refusal('HOLDER_KEY_WAITING', 'a replacement waits for its day already')
    }
    if (statement !== null && inState.get(key.person, 'active') !== undefined) {
      throw new Refusal('HOLDER_KEY_EXISTS', 'there is a key in effect; it can be replaced')
    }
    const { person, signer, chainHolder, epoch, dueAt } = key
    const state = statement === null ? 'waiting' : 'active'
    const leaf = statement?.leaf ?? null
    const id = insertKey.run(person, signer, chainHolder, epoch, state, now(), dueAt, leaf).lastInsertRowid
    if (statement === null) log.newAnswer(0, 0, now(), null, once)
    else log.acceptOne(statement, once, () => undefined)
    return toKey(byId.get(id)!)
  }

  return {
    saveKeyChallenge: ({ nonce, person, signer, expiresAt }) =>
      write(() => {
        forgetOld.run(now())
        insertChallenge.run(nonce, person, signer, expiresAt)
      }),
    acceptHolderKey: (key, challenge, statement, once) =>
      write(() => accept(key, challenge, statement, once)),
    activateHolderKey: (id, statement) =>
      write(() => {
        const key = byId.get(id)
        if (key?.state !== 'waiting') return false
        const before = inState.get(key.person, 'active')
        if (before !== undefined) end.run('replaced', now(), before.id)
        activate.run(statement.leaf, id)
        log.acceptOne(statement, null, () => undefined)
        return true
      }),
    cancelHolderKey: person =>
      write(() => {
        const key = inState.get(person, 'waiting')
        if (key === undefined || key.due_at <= now()) {
          throw new Refusal('HOLDER_KEY_NOT_WAITING', 'no replacement waits')
        }
        end.run('cancelled', now(), key.id)
        return toKey(byId.get(key.id)!)
      }),
    async holderKeys(person) {
      return ofPerson.all(person).map(toKey)
    },
    async dueHolderKeys(at) {
      return due.all(at).map(toKey)
    },
  }
}

function toKey(record: KeyRecord): HolderKeyRow {
  return {
    id: record.id,
    person: bytes(record.person),
    signer: bytes(record.signer),
    chainHolder: bytes(record.chain_holder),
    epoch: record.epoch,
    state: record.state,
    requestedAt: record.requested_at,
    dueAt: record.due_at,
    endedAt: record.ended_at,
    leaf: record.leaf === null ? null : bytes(record.leaf),
  }
}
