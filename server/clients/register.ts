/**
 * Registering a department's machine clients. A client is its key: its id is the thumbprint (RFC 7638), so the same key is the same
 * client, and a new key is a new client beside the old one for as long as the department needs both.
 */
import { calculateJwkThumbprint, importJWK, type JWK } from 'jose'
import { Refusal } from '../../protocol/refusal.ts'
import { departmentOf } from '../departments/admit.ts'
import type { Scope } from '../http/auth.ts'
import type { ClientRow } from '../store/clients.ts'
import { nowSeconds, type World } from '../world.ts'

export interface ClientApplication {
  department: string
  jwk: { kty: 'EC' | 'OKP'; crv: 'P-256' | 'Ed25519'; x: string; y?: string | undefined }
  scopes: string[]
}

const SCOPE = /^([a-z]{2,20}):([A-Z][A-Z0-9]{1,11}):(\*|[A-Z][A-Z0-9]{1,11})$/

/** The parts of a scope; null when it is none. */
export function parseScope(text: string): Scope | null {
  const [, action = '', department = '', type = ''] = SCOPE.exec(text) ?? []
  return action === '' ? null : { action, department, type }
}

/**
 * Registers a client; the same application again changes nothing. Refuses DEPARTMENT_NOT_FOUND, CLIENT_KEY (not a P-256 or Ed25519
 * public key), SCOPE_INVALID (not a scope, or of another department), CLIENT_EXISTS.
 */
export async function registerClient(
  world: Pick<World, 'store' | 'clock'>,
  { department, jwk, scopes }: ClientApplication,
): Promise<ClientRow> {
  const { code } = await departmentOf(world, department)
  for (const text of scopes) {
    if (parseScope(text)?.department === code) continue
    throw new Refusal('SCOPE_INVALID', 'a scope names an action, this department and a type', {
      field: 'scopes',
      expected: `action:${code}:TYPE`,
      found: text.slice(0, 60),
    })
  }
  const publicJwk: JWK = { kty: jwk.kty, crv: jwk.crv, x: jwk.x, ...(jwk.y !== undefined && { y: jwk.y }) }
  return world.store.saveClient({
    id: await thumbprintOf(publicJwk),
    department: code,
    jwk: JSON.stringify(publicJwk),
    scopes: [...new Set(scopes)].sort(),
    createdAt: nowSeconds(world),
    disabledAt: null,
  })
}

/** The algorithm that goes with a client's key. */
export const algorithmOf = (jwk: { crv?: string | undefined }): 'ES256' | 'EdDSA' =>
  jwk.crv === 'P-256' ? 'ES256' : 'EdDSA'

async function thumbprintOf(jwk: JWK): Promise<string> {
  try {
    // Importing checks that the coordinates are a point of the curve.
    await importJWK(jwk, algorithmOf(jwk))
    return await calculateJwkThumbprint(jwk, 'sha256')
  } catch {
    throw new Refusal('CLIENT_KEY', 'not a public key of P-256 or Ed25519', {
      field: 'jwk',
      expected: 'a public JWK of P-256 or Ed25519',
    })
  }
}
