/**
 * Keys of holders: a person shows that he has a key, and the identity authority says in the log whose it is. A lost key is
 * replaced after a waiting time that whoever still has it can use to object; with the new key every old grant ends.
 */
import { randomBytes } from 'node:crypto'
import { fromBase64url, fromHex, toBase64url, toHex } from '../../protocol/bytes.ts'
import { chainHolder, holderKeyDigest, holderKeyTypedData } from '../../protocol/grant.ts'
import type { JsonObject } from '../../protocol/json.ts'
import { invariant, Refusal } from '../../protocol/refusal.ts'
import { signStatement } from '../departments/sign.ts'
import { assertMayIssue } from '../departments/standing.ts'
import type { HolderKeyRow } from '../store/grants.ts'
import type { NewStatement, Once } from '../store/store.ts'
import { nowSeconds, type World } from '../world.ts'
import { assertSigned, grantDomain, signatureBytes, signerBytes } from './signature.ts'

/** How long a challenge may be answered. */
const CHALLENGE_SECONDS = 600

export interface Challenge {
  /** 0x-hex. */
  nonce: string
  deadline: number
  typedData: JsonObject
}

/**
 * What a person's key must sign to become his here; good once, for this person and key. Kept until its deadline. Refuses
 * SIGNER_UNKNOWN.
 */
export async function challengeKey(world: World, person: string, signer: string): Promise<Challenge> {
  const key = signerBytes(world, signer)
  const nonce = new Uint8Array(randomBytes(32))
  const deadline = nowSeconds(world) + CHALLENGE_SECONDS
  await world.store.saveKeyChallenge({ nonce, person: personBytes(person), signer: key, expiresAt: deadline })
  const message = { holder: toHex(personBytes(person)), nonce: toHex(nonce), deadline }
  return { nonce: toHex(nonce), deadline, typedData: holderKeyTypedData(grantDomain(world), message) }
}

export interface KeyProof {
  signer: string
  nonce: string
  deadline: number
  signature: string
}

/**
 * Takes a key for a person. The first one is in effect when this returns, with the identity authority's statement in the same
 * transaction; where there is one, the new key waits (`config.keyWaitSeconds`) and takes its place then. A repetition with
 * the same `once` changes nothing. Refuses SIGNER_UNKNOWN, SIGNATURE_FORM, SIGNATURE_WRONG, CHALLENGE_UNKNOWN,
 * HOLDER_KEY_TAKEN, HOLDER_KEY_WAITING and IDENTITY_AUTHORITY_MISSING.
 */
export async function bindKey(
  world: World,
  person: string,
  proof: KeyProof,
  once: Once,
): Promise<HolderKeyRow> {
  const key = signerBytes(world, proof.signer)
  const owner = personBytes(person)
  const { nonce, deadline } = proof
  const digest = holderKeyDigest(grantDomain(world), { holder: toHex(owner), nonce, deadline })
  await assertSigned(world, proof.signer, digest, signatureBytes(proof.signature))

  await settleDueKeys(world)
  const active = (await world.store.holderKeys(owner)).find(({ state }) => state === 'active')
  const epoch = active === undefined ? 0 : active.epoch + 1
  const dueAt = nowSeconds(world) + (active === undefined ? 0 : world.config.keyWaitSeconds)
  const statement = active === undefined ? await keyStatement(world, owner, proof.signer, epoch) : null
  const row = await world.store.acceptHolderKey(
    { person: owner, signer: key, chainHolder: fromHex(chainHolder(proof.signer))!, epoch, dueAt },
    { nonce: fromHex(nonce)!, expiresAt: deadline },
    statement,
    once,
  )
  world.wake()
  const event = row.state === 'waiting' ? 'key-replacement-waits' : 'key-bound'
  world.events.publish(`holder:${person}`, { event, dueAt: row.dueAt })
  return row
}

/** Ends a replacement that waits: whoever lost nothing stays with his key. Refuses HOLDER_KEY_NOT_WAITING. */
export async function cancelReplacement(world: World, person: string): Promise<HolderKeyRow> {
  const row = await world.store.cancelHolderKey(personBytes(person))
  world.events.publish(`holder:${person}`, { event: 'key-replacement-cancelled' })
  return row
}

/** All keys of a person, newest first, after those were put in effect whose day has come. */
export async function keysOf(world: World, person: string): Promise<HolderKeyRow[]> {
  await settleDueKeys(world)
  return world.store.holderKeys(personBytes(person))
}

/** The key that a person signs with. Refuses HOLDER_KEY_MISSING. */
export async function activeKeyOf(world: World, person: string): Promise<HolderKeyRow> {
  const active = (await keysOf(world, person)).find(({ state }) => state === 'active')
  if (active !== undefined) return active
  throw new Refusal('HOLDER_KEY_MISSING', 'this person has no key in effect')
}

/**
 * Puts waiting keys in effect whose day has come, each with its statement in one transaction. The old key and its grants
 * count no longer from that day on, whether this has run or not.
 */
export async function settleDueKeys(world: World): Promise<void> {
  for (const key of await world.store.dueHolderKeys(nowSeconds(world))) {
    try {
      const statement = await keyStatement(world, key.person, toHex(key.signer), key.epoch)
      if (!(await world.store.activateHolderKey(key.id, statement))) continue
    } catch (error) {
      // An authority that may not sign now must not hold up what else is due; the key waits on.
      world.logger.warn('the statement of a holder’s key could not be made, will be tried again', { error })
      continue
    }
    world.events.publish(`holder:${toBase64url(key.person)}`, { event: 'key-bound', dueAt: key.dueAt })
    world.wake()
  }
}

async function keyStatement(
  world: World,
  person: Uint8Array,
  signer: string,
  epoch: number,
): Promise<NewStatement> {
  const code = world.config.identityAuthority
  const authority = (await world.store.departments()).find(department => department.code === code)
  if (authority === undefined) {
    throw new Refusal('IDENTITY_AUTHORITY_MISSING', 'the identity authority has not been admitted', {
      expected: code,
    })
  }
  const standing = await assertMayIssue(world, authority, null)
  const { kind, statement, leaf } = await signStatement(world, 'holder-key', standing, {
    holder: toBase64url(person),
    signer,
    epoch,
  })
  return { kind, statement, leaf }
}

/** The 32 bytes of a holder's id. */
export function personBytes(id: string): Uint8Array {
  const bytes = fromBase64url(id)
  invariant(bytes?.length === 32, 'a signed-in holder has an id of 32 bytes')
  return bytes
}
