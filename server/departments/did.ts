import { toBase64url } from '../../protocol/bytes.ts'
import type { JsonObject } from '../../protocol/json.ts'
import { thumbprint } from '../../protocol/key.ts'
import { issuingKey } from '../keys/names.ts'
import type { DepartmentRow } from '../store/store.ts'
import type { World } from '../world.ts'

/**
 * The DID document of a department (https://www.w3.org/TR/cid-1.0/), for verifiers that know no chain. It only repeats what
 * the registry says; our own verification never fetches it.
 */
export async function didDocument(
  world: Pick<World, 'keys'>,
  { did, uscc }: DepartmentRow,
): Promise<JsonObject> {
  const key = await world.keys.publicKey(issuingKey(uscc, 1))
  const id = `${did}#${thumbprint(key)}`
  return {
    '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/jwk/v1'],
    id: did,
    verificationMethod: [
      {
        id,
        type: 'JsonWebKey',
        controller: did,
        publicKeyJwk: {
          kty: 'EC',
          crv: 'P-256',
          x: toBase64url(key.subarray(0, 32)),
          y: toBase64url(key.subarray(32)),
          alg: 'ES256',
        },
      },
    ],
    assertionMethod: [id],
  }
}
