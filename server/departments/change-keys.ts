/**
 * The life of a department's keys on chain: a new one beside the old, the old one's end, a compromise, and a next key that is
 * committed before it is needed. Every verb names what it wants, and looks before it acts: a call that was cut short is finished by
 * the next one with the same words.
 */
import { departmentId } from '../../protocol/snapshot.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { contractReader } from '../chain/view.ts'
import { ensureKey } from '../keys/ensure.ts'
import { authorityKey, issuingKey } from '../keys/names.ts'
import type { DepartmentRow } from '../store/store.ts'
import { presentTime, type World } from '../world.ts'
import {
  keyInForce,
  keysOf,
  keysOnHand,
  type DepartmentKey,
  type DepartmentKeyPurpose,
  type KeyOnHand,
} from './department-keys.ts'
import {
  activateKeyOnChain,
  addKeyOnChain,
  ALGORITHM,
  commitKeyOnChain,
  compromiseKeyOnChain,
  PURPOSE,
  retireKeyOnChain,
} from './registry.ts'
import { changeStanding } from './standing.ts'

type KeyWorld = Pick<World, 'store' | 'keys' | 'chain' | 'clock' | 'config'>

/** An end that is "now" lies so far ahead of it that the transaction is mined before. */
const MARGIN_SECONDS = 60

export interface Rotation {
  purpose: DepartmentKeyPurpose
  /** The generation that shall sign after this: one more than the newest registered. */
  generation: number
  /** How long the old keys go on signing. */
  overlapSeconds: number
}

/**
 * Makes and registers the next key, or activates the committed one, and sets the ends of the older ones: they sign until the
 * overlap is over, and what they signed may be anchored as long after as our promises reach. A repetition changes nothing.
 * Refuses KEY_GENERATION.
 */
export async function rotateKey(
  world: KeyWorld,
  department: DepartmentRow,
  rotation: Rotation,
): Promise<void> {
  await changeStanding(world, department, () => rotate(world, department, rotation))
}

async function rotate(world: KeyWorld, { uscc }: DepartmentRow, rotation: Rotation): Promise<void> {
  const { purpose, generation, overlapSeconds } = rotation
  const newest = newestRegistered(await keysOf(world, uscc, purpose))
  if (generation !== newest && generation !== newest + 1) throw wrongGeneration(generation, newest + 1)
  const key = await makeKey(world, uscc, purpose, generation)
  if (generation === newest + 1) {
    const committed = await committedKey(world, uscc, purpose)
    if (committed === key.keyId) await activateKeyOnChain(world, registration(uscc, key))
    else await addKeyOnChain(world, registration(uscc, key))
  }
  const signUntil = (await presentTime(world)) + Math.max(overlapSeconds, MARGIN_SECONDS)
  const anchorUntil = signUntil + world.config.maxDelaySeconds
  for (const old of await keysOf(world, uscc, purpose)) {
    const isOpen = old.registered !== null && old.registered.signUntil === 0
    if (old.generation < generation && isOpen) {
      await retireKeyOnChain(world, { keyId: old.keyId, signUntil, anchorUntil })
    }
  }
}

/**
 * Sets or brings forward when a key ends: it must not sign from `signUntil` on, and what it signed must be anchored before
 * `anchorUntil`. Refuses KEY_UNKNOWN, and REGISTRY_REFUSED for a time that has passed or lies after a set end.
 */
export async function retireKey(
  world: KeyWorld,
  department: DepartmentRow,
  end: { keyId: string; signUntil: number; anchorUntil: number },
): Promise<void> {
  await registeredKey(world, department, end.keyId)
  await changeStanding(world, department, () => retireKeyOnChain(world, end))
}

/**
 * Declares that a key was in wrong hands from `since` on: what was anchored before stays good, nothing later counts. Takes effect
 * with the next block and can only be moved earlier. Refuses KEY_UNKNOWN, REGISTRY_REFUSED for a time that has not come.
 */
export async function declareCompromised(
  world: KeyWorld,
  department: DepartmentRow,
  { keyId, since }: { keyId: string; since: number },
): Promise<void> {
  await registeredKey(world, department, keyId)
  await changeStanding(world, department, () => compromiseKeyOnChain(world, keyId, since))
}

/**
 * Makes the next key and commits its id on chain, so that a lost key can be replaced without haste. A repetition changes nothing.
 * Refuses KEY_GENERATION.
 */
export async function commitNextKey(
  world: KeyWorld,
  { uscc }: DepartmentRow,
  { purpose, generation }: Omit<Rotation, 'overlapSeconds'>,
): Promise<void> {
  const newest = newestRegistered(await keysOf(world, uscc, purpose))
  if (generation !== newest + 1) throw wrongGeneration(generation, newest + 1)
  const { keyId } = await makeKey(world, uscc, purpose, generation)
  await commitKeyOnChain(world, { uscc, purpose: PURPOSE[purpose], keyId })
}

export interface KeyState extends DepartmentKey {
  /** `ended`: may not sign any more, what it signed in time stands. */
  state: 'made' | 'committed' | 'current' | 'in force' | 'ended' | 'compromised'
}

/** Every key on hand, newest first, and what it is good for at the present head. */
export async function keyStates(
  world: Pick<World, 'keys' | 'chain' | 'clock'>,
  { uscc }: Pick<DepartmentRow, 'uscc'>,
  purpose: DepartmentKeyPurpose,
): Promise<KeyState[]> {
  const keys = await keysOf(world, uscc, purpose)
  const time = await presentTime(world)
  const current = keyInForce(keys, time)
  const committed = await committedKey(world, uscc, purpose)
  return keys.map(key => ({ ...key, state: stateOf(key) }))

  function stateOf(key: DepartmentKey): KeyState['state'] {
    if (key.registered === null) return key.keyId === committed ? 'committed' : 'made'
    if (key.registered.compromisedSince !== 0) return 'compromised'
    if (key === current) return 'current'
    return keyInForce([key], time) === null ? 'ended' : 'in force'
  }
}

async function makeKey(
  world: KeyWorld,
  uscc: string,
  purpose: DepartmentKeyPurpose,
  generation: number,
): Promise<KeyOnHand> {
  const name = purpose === 'issuing' ? issuingKey(uscc, generation) : authorityKey(uscc, generation)
  const algorithm = purpose === 'issuing' ? 'ES256' : 'secp256k1'
  await ensureKey(world.keys, { name, purpose, algorithm, department: uscc })
  return (await keysOnHand(world, uscc, purpose)).find(key => key.name === name)!
}

function registration(uscc: string, key: KeyOnHand) {
  const algorithm = key.purpose === 'issuing' ? ALGORITHM.ES256 : ALGORITHM.signer
  return { uscc, purpose: PURPOSE[key.purpose], algorithm, publicKey: key.publicKey, keyId: key.keyId }
}

async function committedKey(
  world: Pick<World, 'chain'>,
  uscc: string,
  purpose: DepartmentKeyPurpose,
): Promise<string | null> {
  const read = contractReader(world.chain.rpc, world.chain.deployment.contracts, 'latest')
  const [keyId] = await read('DepartmentRegistry', 'nextKeyOf', [departmentId(uscc), PURPOSE[purpose]])
  return /^0x0{64}$/.test(keyId as string) ? null : (keyId as string)
}

async function registeredKey(world: KeyWorld, { uscc }: DepartmentRow, keyId: string): Promise<void> {
  const key = await world.chain.view().keyOf(keyId)
  if (key !== null && key.department === departmentId(uscc)) return
  throw new Refusal('KEY_UNKNOWN', 'the department has no such key in the registry', { field: 'keyId' })
}

const newestRegistered = (keys: readonly DepartmentKey[]): number =>
  Math.max(0, ...keys.filter(({ registered }) => registered !== null).map(({ generation }) => generation))

const wrongGeneration = (found: number, expected: number) =>
  new Refusal('KEY_GENERATION', 'the next key has the next generation', {
    field: 'generation',
    expected: String(expected),
    found: String(found),
  })
