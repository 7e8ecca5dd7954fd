/**
 * Everything by which people sign in, made once at start from the configuration.
 */
import { readFileSync } from 'node:fs'
import type { Express } from 'express'
import { Refusal } from '../../protocol/refusal.ts'
import type { Authenticator } from '../http/auth.ts'
import type { Edge } from '../http/edge.ts'
import type { World } from '../world.ts'
import { embeddedProvider } from './embedded.ts'
import { relyingParty, type RelyingParty } from './openid.ts'
import type { ActingFor } from './roles.ts'
import { sessionAuthenticator } from './sessions.ts'

export interface Identity {
  /** null: nobody can sign in here. */
  readonly party: RelyingParty | null
  readonly actingFor: ActingFor
  readonly authenticator: Authenticator
  /** Puts the embedded provider, if it is that, on the app. */
  mount(app: Express, edge: Pick<Edge, 'limiter' | 'clientOf'>): void
}

/**
 * The provider that the configuration names; in a demo without one the embedded; in production without one, none. Refuses
 * CONFIG_INVALID when the client's secret cannot be read. `port`: where the gateway listens.
 */
export function openIdentity(
  world: World,
  { port, actingFor }: { port: number; actingFor: ActingFor },
): Identity {
  const authenticator = sessionAuthenticator(world, actingFor)
  const { profile, openidIssuer, openidClientId, openidClientSecretFile } = world.config
  if (openidIssuer !== null) {
    const party = relyingParty(world, {
      issuer: openidIssuer,
      clientId: openidClientId!,
      clientSecret: readSecret(openidClientSecretFile!),
      fetch: null,
    })
    return { party, actingFor, authenticator, mount: () => undefined }
  }
  if (profile === 'production') return { party: null, actingFor, authenticator, mount: () => undefined }
  const provider = embeddedProvider(world, port)
  return { party: relyingParty(world, provider), actingFor, authenticator, mount: provider.mount }
}

function readSecret(path: string): string {
  try {
    const text = readFileSync(path, 'utf8').trim()
    if (text !== '') return text
  } catch {
    // Told below, without the system's own words.
  }
  const field = 'OPENID_CLIENT_SECRET_FILE'
  throw new Refusal('CONFIG_INVALID', `${field}: the file cannot be read or is empty`, {
    field,
    expected: 'a file with one line',
    found: path,
  })
}
