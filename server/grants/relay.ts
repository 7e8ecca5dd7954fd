/**
 * Relaying grants and withdrawals: what was accepted reaches the chain, once, whoever sends it first; the contract's state
 * decides. Withdrawals go first, so that a grant that was withdrawn at once is never recorded.
 */
import { toHex } from '../../protocol/bytes.ts'
import { INTERFACES } from '../chain/contracts.ts'
import { bringAbout } from '../chain/transactions.ts'
import { ChainUnreachable } from '../chain/rpc.ts'
import { assertStillThere, blockAt, ContractRevert } from '../chain/view.ts'
import { failPoint } from '../store/fail-points.ts'
import type { GrantRow, WithdrawalRow } from '../store/grants.ts'
import type { World } from '../world.ts'
import { epochOnChain, stateOnChain } from './on-chain.ts'

type RelayWorld = Pick<World, 'store' | 'chain' | 'logger'>

/**
 * Sends every accepted grant and withdrawal, and settles those that were sent: granted once the contract says so, final once
 * deep enough, back to accepted after a reorganisation, refused when the contract refuses it. After a crash at any line the
 * next call goes on.
 */
export async function relayGrants(world: RelayWorld): Promise<void> {
  for (const withdrawal of await world.store.openWithdrawals()) {
    if (withdrawal.state === 'accepted') await sendWithdrawal(world, withdrawal)
    else await settleWithdrawal(world, withdrawal)
  }
  for (const grant of await world.store.openGrants()) {
    if (grant.state === 'granted') await settleGrant(world, grant)
    // It was never public; now it need not become so.
    else if (grant.withdrawnAt !== null)
      await world.store.markGrant(grant.id, 'refused', null, 'GrantWithdrawn')
    else await sendGrant(world, grant)
  }
}

async function sendGrant(world: RelayWorld, grant: GrantRow): Promise<void> {
  const { signer, termsHash, notBefore, notAfter, epoch, signature } = grant
  const call = [signer, termsHash, notBefore, notAfter, epoch, signature]
  const refusal = await send(world, `grant:${toHex(grant.digest)}`, 'grant', call, async () => {
    return (await stateOnChain(world, grant.chainHolder, grant.digest)).grantedAt !== 0
  })
  if (refusal === null) return settleGrant(world, grant)
  if (refusal === 'GrantWithdrawn')
    await world.store.withdrawGrant(grant.chainHolder, grant.digest, 'chain', null)
  if (refusal === 'WrongEpoch') {
    const present = Number(await epochOnChain(world, grant.chainHolder))
    await world.store.withdrawEpoch(grant.chainHolder, present - 1, 'chain', null)
  }
  world.logger.warn('grant refused by the chain', { code: refusal })
  await world.store.markGrant(grant.id, 'refused', null, refusal)
}

async function settleGrant(world: RelayWorld, grant: GrantRow): Promise<void> {
  const head = await blockAt(world.chain.rpc, 'latest')
  const grantedAt = async (at: number) =>
    (await stateOnChain(world, grant.chainHolder, grant.digest, at)).grantedAt
  const time = await grantedAt(head.number)
  const isFinal = time !== 0 && (await isDeep(world, head.number, async at => (await grantedAt(at)) !== 0))
  await assertStillThere(world.chain.rpc, head)
  if (time === 0) return world.store.markGrant(grant.id, 'accepted', null, null)
  failPoint('before-mark')
  await world.store.markGrant(
    grant.id,
    isFinal ? 'final' : 'granted',
    { number: grant.block?.number ?? head.number, time },
    null,
  )
}

async function sendWithdrawal(world: RelayWorld, withdrawal: WithdrawalRow): Promise<void> {
  const { signer, grant, epoch, signature, chainHolder } = withdrawal
  const [purpose, method, call]: [string, string, unknown[]] =
    grant === null
      ? [`withdraw-all:${toHex(chainHolder)}:${epoch}`, 'withdrawAll', [signer, epoch, signature]]
      : [`withdraw:${toHex(grant)}`, 'withdraw', [signer, grant, signature]]
  const refusal = await send(world, purpose, method, call, () => isWithdrawn(world, withdrawal))
  if (refusal === null) return settleWithdrawal(world, withdrawal)
  world.logger.error('withdrawal refused by the chain', { code: refusal })
  await world.store.markWithdrawal(withdrawal.id, 'refused', refusal)
}

async function settleWithdrawal(world: RelayWorld, withdrawal: WithdrawalRow): Promise<void> {
  const head = await blockAt(world.chain.rpc, 'latest')
  const isThere = await isWithdrawn(world, withdrawal, head.number)
  const isFinal = isThere && (await isDeep(world, head.number, at => isWithdrawn(world, withdrawal, at)))
  await assertStillThere(world.chain.rpc, head)
  if (!isThere) return world.store.markWithdrawal(withdrawal.id, 'accepted', null)
  failPoint('before-mark')
  await world.store.markWithdrawal(withdrawal.id, isFinal ? 'final' : 'executed', null)
}

async function isWithdrawn(
  world: RelayWorld,
  { chainHolder, grant, epoch }: WithdrawalRow,
  at: number | 'latest' = 'latest',
): Promise<boolean> {
  if (grant !== null) return (await stateOnChain(world, chainHolder, grant, at)).withdrawnAt !== 0
  return (await epochOnChain(world, chainHolder, at)) > BigInt(epoch ?? 0)
}

/** Whether it held already at the deepest block that is final. */
async function isDeep(
  { chain }: RelayWorld,
  head: number,
  held: (block: number) => Promise<boolean>,
): Promise<boolean> {
  const deepest = head - chain.confirmations + 1
  return deepest >= 0 && held(deepest)
}

/** Null when it is done; the contract's error when it refuses. */
async function send(
  { chain }: RelayWorld,
  purpose: string,
  method: string,
  call: unknown[],
  isDone: () => Promise<boolean>,
): Promise<string | null> {
  try {
    await bringAbout(chain.transactions, chain.relayer, {
      purpose,
      to: chain.deployment.contracts.GrantRegistry.address,
      data: INTERFACES.GrantRegistry.encodeFunctionData(method, call),
      isDone,
    })
    return null
  } catch (error) {
    if (!(error instanceof ContractRevert)) throw error
    // A refusal is for good, so it must be the contract's own, on our chain.
    if (error.error === null) throw new ChainUnreachable('the node contradicts itself about a grant')
    await chain.assertSameNow()
    return error.error
  }
}
