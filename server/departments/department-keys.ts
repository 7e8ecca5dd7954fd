/**
 * A department's keys, generation by generation: which are on hand, what the chain says of them, and with which one it signs now.
 */
import { keccak256 } from 'ethers'
import { fromBase64url, toHex } from '../../protocol/bytes.ts'
import type { RegisteredKey } from '../../protocol/chain-view.ts'
import { thumbprint } from '../../protocol/key.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { authorityKey, issuingKey } from '../keys/names.ts'
import { addressOf } from '../keys/provider.ts'
import { presentTime, type World } from '../world.ts'

export type DepartmentKeyPurpose = 'issuing' | 'authority'

export interface KeyOnHand {
  name: string
  purpose: DepartmentKeyPurpose
  /** From 1. */
  generation: number
  /** As the registry knows it: RFC 7638 thumbprint (issuing) or keccak256 of the signer, 0x-hex. */
  keyId: string
  /** As the registry keeps it: x‖y, or the 20 bytes of an account. */
  publicKey: Uint8Array
}

export interface DepartmentKey extends KeyOnHand {
  /** Null: not registered (yet). */
  registered: RegisteredKey | null
}

const NAME_OF = { issuing: issuingKey, authority: authorityKey }

/** The keys of one purpose that are on hand, newest first. */
export async function keysOnHand(
  world: Pick<World, 'keys'>,
  uscc: string,
  purpose: DepartmentKeyPurpose,
): Promise<KeyOnHand[]> {
  const names = new Set((await world.keys.list(uscc)).map(({ name }) => name))
  const found: KeyOnHand[] = []
  for (let generation = 1; ; generation++) {
    const name = NAME_OF[purpose](uscc, generation)
    if (!names.has(name)) return found.reverse()
    found.push({ name, purpose, generation, ...(await registryForm(world, name, purpose)) })
  }
}

/** The same with what the chain says of each at the present head. */
export async function keysOf(
  world: Pick<World, 'keys' | 'chain'>,
  uscc: string,
  purpose: DepartmentKeyPurpose,
): Promise<DepartmentKey[]> {
  const view = world.chain.view()
  const keys = await keysOnHand(world, uscc, purpose)
  return Promise.all(keys.map(async key => ({ ...key, registered: await view.keyOf(key.keyId) })))
}

/** The newest key that may sign at a block time; null when there is none. */
export function keyInForce(keys: readonly DepartmentKey[], time: number): DepartmentKey | null {
  return keys.find(({ registered }) => registered !== null && maySign(registered, time)) ?? null
}

/** The key with which the department signs now. Refuses KEY_NOT_IN_FORCE. */
export async function currentKey(
  world: Pick<World, 'keys' | 'chain' | 'clock'>,
  uscc: string,
  purpose: DepartmentKeyPurpose,
): Promise<DepartmentKey> {
  const time = await presentTime(world)
  const key = keyInForce(await keysOf(world, uscc, purpose), time)
  if (key !== null) return key
  throw new Refusal('KEY_NOT_IN_FORCE', `the department has no ${purpose} key in force`, {
    field: 'department',
    found: uscc,
  })
}

const maySign = (key: RegisteredKey, time: number): boolean =>
  (key.signUntil === 0 || time < key.signUntil) && key.compromisedSince === 0

async function registryForm(
  world: Pick<World, 'keys'>,
  name: string,
  purpose: DepartmentKeyPurpose,
): Promise<{ keyId: string; publicKey: Uint8Array }> {
  const publicKey = await world.keys.publicKey(name)
  if (purpose === 'issuing') {
    return { keyId: toHex(fromBase64url(thumbprint(publicKey)!)!), publicKey }
  }
  const signer = addressOf(publicKey)
  return { keyId: keccak256(signer), publicKey: new Uint8Array(Buffer.from(signer.slice(2), 'hex')) }
}
