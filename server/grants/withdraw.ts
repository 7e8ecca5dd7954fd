/**
 * Withdrawing: whatever else happens, a grant ends here when the call returns. With the key's signature the chain learns it
 * too; without (the key is lost) it ends at this gateway only, and whoever is told so can still withdraw on chain later.
 */
import { fromHex, toHex } from '../../protocol/bytes.ts'
import { withdrawAllDigest, withdrawalDigest } from '../../protocol/grant.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { departmentOf } from '../departments/admit.ts'
import { STEP_UP_SECONDS } from '../http/access.ts'
import type { Caller } from '../http/auth.ts'
import type { GrantRow, HolderKeyRow } from '../store/grants.ts'
import { nowSeconds, type World } from '../world.ts'
import { keysOf } from './keys.ts'
import { epochOnChain } from './on-chain.ts'
import { assertSigned, grantDomain, signatureBytes } from './signature.ts'

/** Refuses GRANT_NOT_FOUND. */
export async function grantOf(world: Pick<World, 'store'>, digest: string): Promise<GrantRow> {
  const bytes = fromHex(digest)
  const grant = bytes === null ? null : await world.store.grantByDigest(bytes)
  if (grant !== null) return grant
  throw new Refusal('GRANT_NOT_FOUND', 'there is no such grant', { field: 'digest' })
}

/**
 * Withdraws a grant. It counts for no use that is written after this returned; a signed withdrawal is on disk in the same
 * transaction and will reach the chain, also before the grant itself does. Again is a no-op. Refuses GRANT_NOT_FOUND,
 * SIGNATURE_FORM, SIGNATURE_WRONG, and STEP_UP_REQUIRED without a signature and a fresh sign-in.
 */
export async function withdrawGrant(
  world: World,
  caller: Caller,
  digest: string,
  signature: string | null,
): Promise<GrantRow> {
  const grant = await grantOf(world, digest)
  if (signature === null) {
    assertPresent(world, caller)
    await world.store.withdrawGrant(grant.chainHolder, grant.digest, 'session', null)
  } else {
    const message = withdrawalDigest(grantDomain(world), toHex(grant.chainHolder), digest)
    const signed = await assertSigned(world, toHex(grant.signer), message, signatureBytes(signature))
    const { chainHolder, signer } = grant
    const relay = { chainHolder, signer, grant: grant.digest, epoch: null, signature: signed }
    await world.store.withdrawGrant(chainHolder, grant.digest, 'signature', relay)
  }
  world.wake()
  await announceEnd(world, grant)
  return grantOf(world, digest)
}

/**
 * Ends every grant that a person's key signed up to this epoch, also those that have not come yet; without a signature those
 * that are at this gateway, here only. Refuses HOLDER_KEY_MISSING (no such key of this person), EPOCH_WRONG (signed for one that has not
 * come), SIGNATURE_FORM, SIGNATURE_WRONG and STEP_UP_REQUIRED.
 */
export async function withdrawAllGrants(
  world: World,
  caller: Caller,
  request: { signer: string; epoch: number; signature: string | null },
): Promise<{ epoch: number; ended: GrantRow[] }> {
  const person = caller.person ?? caller.holder ?? ''
  const keys = await keysOf(world, person)
  const key: HolderKeyRow | undefined = keys.find(({ signer }) => toHex(signer) === request.signer)
  if (key === undefined || key.state === 'waiting' || key.state === 'cancelled') {
    throw new Refusal('HOLDER_KEY_MISSING', 'this is no key of this person', { field: 'signer' })
  }
  const { chainHolder, signer } = key
  const { epoch } = request
  const before = await world.store.grants({ holder: key.person }, { before: null, limit: MOST_ENDED })
  if (request.signature === null) {
    assertPresent(world, caller)
    // Its epoch goes on: who still has the key can grant with it. The chain is not asked: this is the way when it is away.
    await world.store.withdrawKnownGrants(chainHolder, 'session')
  } else {
    if (BigInt(epoch) > (await epochOnChain(world, chainHolder)))
      throw new Refusal('EPOCH_WRONG', 'this epoch has not come', { field: 'epoch' })
    const message = withdrawAllDigest(grantDomain(world), toHex(chainHolder), BigInt(epoch))
    const signed = await assertSigned(world, request.signer, message, signatureBytes(request.signature))
    const relay = { chainHolder, signer, grant: null, epoch, signature: signed }
    await world.store.withdrawEpoch(chainHolder, epoch, 'epoch', relay)
  }
  world.wake()
  const ended: GrantRow[] = []
  for (const grant of before) {
    if (grant.withdrawnAt !== null || grant.key !== key.id) continue
    if (request.signature !== null && grant.epoch > epoch) continue
    ended.push(await grantOf(world, toHex(grant.digest)))
    await announceEnd(world, grant)
  }
  return { epoch, ended }
}

/** How many of the ended grants are named in the answer; all are ended. */
const MOST_ENDED = 1_000

async function announceEnd(world: World, grant: GrantRow): Promise<void> {
  const data = { event: 'grant-withdrawn', grant: toHex(grant.digest), request: grant.request }
  const { code } = await departmentOf(world, grant.department)
  world.events.publish(`department:${code}`, data)
  const request = await world.store.consentRequest(grant.request)
  if (request?.case != null) world.events.publish(`case:${request.case}`, data)
}

function assertPresent(world: World, { role, authenticatedAt }: Caller): void {
  if (role === 'root') return
  if (authenticatedAt !== null && nowSeconds(world) - authenticatedAt <= STEP_UP_SECONDS) return
  throw new Refusal('STEP_UP_REQUIRED', 'without the signature of the key this needs a fresh sign-in', {
    expected: `a sign-in within ${STEP_UP_SECONDS} seconds, or a signature`,
  })
}
