/**
 * Signing in: the person is sent to the provider with a sealed cookie that remembers what was asked; the answer, together with
 * that cookie, becomes a session.
 */
import { randomBytes } from 'node:crypto'
import * as openid from 'openid-client'
import { toUtf8 } from '../../protocol/bytes.ts'
import { formatUlid } from '../../protocol/identifiers.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { ensureHolder, holderId, kindOfNumber } from '../holders/holders.ts'
import { LOOKUP_KEY } from '../keys/names.ts'
import type { AccountRow, SessionRow } from '../store/identity.ts'
import { nowSeconds, publicUrl, type World } from '../world.ts'
import { openFromOurselves, sealForOurselves } from './content.ts'
import { CALLBACK_PATH, type RelyingParty, type SignInUnderWay } from './openid.ts'
import { firstRole, mayTake, roleOptions, type ActingFor } from './roles.ts'
import { beginSession, sessionOf } from './sessions.ts'

/** How long somebody may take with the provider. */
export const PENDING_SECONDS = 600

export interface SentAway {
  /** Where the person is to go. */
  location: string
  /** The value of the cookie that he takes along. */
  pending: string
}

/** Begins a sign-in; writes nothing. Refuses SIGN_IN_UNAVAILABLE. */
export async function sendToProvider(
  world: World,
  party: RelyingParty,
  { returnTo, stepUp }: { returnTo: string; stepUp: boolean },
): Promise<SentAway> {
  const underWay: SignInUnderWay = {
    state: openid.randomState(),
    nonce: openid.randomNonce(),
    verifier: openid.randomPKCECodeVerifier(),
    returnTo,
    stepUp,
    startedAt: nowSeconds(world),
  }
  const location = await party.authorizationUrl(underWay)
  return { location, pending: await sealForOurselves(world, underWay) }
}

export interface SignedIn {
  /** The value of the session's cookie. */
  secret: string
  returnTo: string
}

/**
 * Makes a session of the provider's answer; a session that the browser had ends. After a step-up the same person keeps the role
 * that he had taken. Refuses SIGN_IN_STATE for an answer to a question that this browser did not ask or asked too long ago,
 * and what the relying party refuses.
 */
export async function takeBack(
  world: World,
  party: RelyingParty,
  actingFor: ActingFor,
  answer: { query: Record<string, string>; pending: string | null; secret: string | null },
): Promise<SignedIn> {
  const underWay =
    answer.pending === null
      ? null
      : ((await openFromOurselves(world, answer.pending)) as SignInUnderWay | null)
  const now = nowSeconds(world)
  if (
    underWay === null ||
    answer.query['state'] !== underWay.state ||
    now - underWay.startedAt >= PENDING_SECONDS
  ) {
    throw new Refusal('SIGN_IN_STATE', 'this answers no sign-in of this browser', { field: 'query.state' })
  }
  const url = new URL(publicUrl(world) + CALLBACK_PATH)
  url.search = new URLSearchParams(answer.query).toString()
  const { issuer, sub, name, number, authenticatedAt } = await party.identify(url, underWay)

  const account = await ensureAccount(world, issuer, sub)
  const person = await personOf(world, number)
  const before = answer.secret === null ? null : await sessionOf(world, answer.secret)
  const options = await roleOptions(world, { account: account.id, person }, actingFor)
  const kept = isSame(before, account) && mayTake(options, before) ? before : firstRole(options)
  const { role, department, holder } = kept
  const session = { account: account.id, person, authenticatedAt, name, role, department, holder }
  const secret = await beginSession(world, session, answer.secret)
  return { secret, returnTo: underWay.returnTo }
}

const isSame = (session: SessionRow | null, { id }: AccountRow): session is SessionRow =>
  session?.account === id

/** The account of whom the provider calls `sub`, made when it is new. */
export async function ensureAccount(world: World, issuer: string, sub: string): Promise<AccountRow> {
  const [account] = await ensureAccounts(world, issuer, [sub])
  return account!
}

/** In the order of `subs`. */
export async function ensureAccounts(
  world: Pick<World, 'keys' | 'store' | 'clock'>,
  issuer: string,
  subs: readonly string[],
): Promise<AccountRow[]> {
  const rows: AccountRow[] = []
  for (const sub of subs) {
    const lookup = await world.keys.mac(LOOKUP_KEY, toUtf8(`account:${JSON.stringify([issuer, sub])}`))
    rows.push({ id: formatUlid(world.clock(), randomBytes(10)), lookup, createdAt: nowSeconds(world) })
  }
  return world.store.ensureAccounts(rows)
}

/** Whom a number stands for; a provider that gives none, or one that is none, gives no holder. */
async function personOf(world: World, number: string | null): Promise<string | null> {
  if (number === null) return null
  if (kindOfNumber(number) !== 'natural') {
    world.logger.warn('sign_in_number_wrong', {})
    return null
  }
  return holderId(await ensureHolder(world, number))
}
