import { toBase64url } from '../../protocol/bytes.ts'
import type { JsonObject } from '../../protocol/json.ts'
import { thumbprint } from '../../protocol/key.ts'
import type { DepartmentRow } from '../store/store.ts'
import { presentTime, type World } from '../world.ts'
import { keyInForce, keysOf, type KeyOnHand } from './department-keys.ts'

/**
 * The DID document of a department (https://www.w3.org/TR/cid-1.0/), for verifiers that know no chain. It only repeats what
 * the registry says; our own verification never fetches it.
 */
export async function didDocument(
  world: Pick<World, 'keys' | 'chain' | 'clock'>,
  { did, uscc }: DepartmentRow,
): Promise<JsonObject> {
  const registered = (await keysOf(world, uscc, 'issuing')).filter(key => key.registered !== null)
  // What a compromised key signed may still be good, but only the registry knows from when on it is not.
  const sound = registered.filter(key => key.registered!.compromisedSince === 0)
  const time = await presentTime(world)
  const current = keyInForce(sound, time)
  const idOf = (key: KeyOnHand) => `${did}#${thumbprint(key.publicKey)}`
  return {
    '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/jwk/v1'],
    id: did,
    verificationMethod: sound.map(key => ({
      id: idOf(key),
      type: 'JsonWebKey',
      controller: did,
      publicKeyJwk: {
        kty: 'EC',
        crv: 'P-256',
        x: toBase64url(key.publicKey.subarray(0, 32)),
        y: toBase64url(key.publicKey.subarray(32)),
        alg: 'ES256',
      },
    })),
    assertionMethod: current === null ? [] : [idOf(current)],
  }
}
