/**
 * Anchoring: from a sealed checkpoint to one that is final on chain. The contract's state decides at every step; receipts of
 * transactions are never believed.
 */
import { toHex } from '../../protocol/bytes.ts'
import { equalBytes } from '../../protocol/bytes.ts'
import type { ChainView } from '../../protocol/chain-view.ts'
import { openCheckpoint } from '../../protocol/checkpoint.ts'
import { parseNoteKey } from '../../protocol/note.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { INTERFACES } from '../chain/contracts.ts'
import { logId } from '../chain/log-id.ts'
import { bringAbout } from '../chain/transactions.ts'
import { ChainUnreachable } from '../chain/rpc.ts'
import { anchored, assertStillThere, blockAt, contractReader } from '../chain/view.ts'
import { failPoint } from '../store/fail-points.ts'
import type { Block, CheckpointRow } from '../store/store.ts'
import type { World } from '../world.ts'
import { consistencyProofOf } from './proofs.ts'

type AnchoringWorld = Pick<World, 'store' | 'chain' | 'log' | 'logger'>

/**
 * Anchors one sealed checkpoint. Safe to run again after a crash at any line: the transaction is stored before it is sent, a
 * checkpoint that the contract has already is a success.
 *
 * Refuses ANCHOR_ROOT_CONFLICT when the chain holds another root of this size, LOG_BEHIND_CHAIN when the chain's head is
 * past what this gateway ever sealed, and CHECKPOINT_DAMAGED when the row is no longer what was sealed: all need people.
 */
export async function anchorCheckpoint(world: AnchoringWorld, checkpoint: CheckpointRow): Promise<void> {
  const { store, chain, log } = world
  const { size, root, signature } = checkpoint
  const id = logId(log.origin)
  const stored = async () => {
    const found = await chain.view().checkpointOfSize(log.origin, size)
    if (found !== null && !equalBytes(found.root, root)) {
      throw new Refusal('ANCHOR_ROOT_CONFLICT', `the chain holds another root for size ${size}`, {
        expected: toHex(root),
        found: toHex(found.root),
      })
    }
    return found
  }

  const purpose = `anchor:${size}`
  if ((await stored()) !== null) {
    // Sent before a crash, perhaps: what is on file for it has done its work.
    await store.settleTransactions(purpose, 'settled')
  } else {
    const read = contractReader(chain.rpc, chain.deployment.contracts, 'latest')
    await assertAsSealed(world, checkpoint)
    const [found] = await read('AnchorLog', 'head', [id])
    const head = anchored(found as Record<string, unknown>)
    if (head !== null && head.size > size) throw behind(head.size, size)
    const proof = head === null ? [] : await consistencyProofOf(store, head.size, size)
    const call = [id, size, toHex(root), proof.map(toHex), toHex(signature)]
    await bringAbout(chain.transactions, chain.relayer, {
      purpose,
      to: chain.deployment.contracts.AnchorLog.address,
      data: INTERFACES.AnchorLog.encodeFunctionData('anchor', call),
      isDone: async () => (await stored()) !== null,
    })
  }
  const done = await stored()
  if (done === null) throw new ChainUnreachable(`the node has no checkpoint of size ${size} any more`)
  failPoint('before-mark')
  await store.markCheckpoint(size, 'anchored', await blockOf(world, done.blockNumber, done.time))
}

/**
 * What is about to be fixed for ever is derived once more: the root from the stored tree, and the note signs it. It may
 * have been sealed hours ago, before an outage or a crash. The signature for the contract is checked by the contract.
 */
async function assertAsSealed(
  { store, log }: Pick<World, 'store' | 'log'>,
  { size, root, note }: CheckpointRow,
): Promise<void> {
  const damaged = (field: string, expected: string, found: string) =>
    new Refusal('CHECKPOINT_DAMAGED', `the checkpoint of size ${size} is not what was sealed`, {
      field,
      expected,
      found,
    })
  const derived = await store.rootAt(size)
  if (!equalBytes(derived, root)) throw damaged('root', toHex(derived), toHex(root))
  const signed = noteRoot(note, log.noteKey, size)
  if (signed === null || !equalBytes(signed, root))
    throw damaged('note', toHex(root), signed === null ? 'no note' : toHex(signed))
}

/** The root that the note signs for this size; null when it does not. */
function noteRoot(note: string, noteKey: string, size: number): Uint8Array | null {
  try {
    const checkpoint = openCheckpoint(note, parseNoteKey(noteKey))
    return checkpoint.size === size ? checkpoint.root : null
  } catch (error) {
    if (error instanceof Refusal) return null
    throw error
  }
}

/**
 * Looks at every checkpoint that is anchored but not final: final once its block is deep enough, back to sealed when a
 * reorganisation took it away. Rejects, and marks nothing, on a chain that has lost what was final: whoever brings that back is told by
 * the newest final checkpoint, so none may become final after it on a chain without it.
 */
export async function settleCheckpoints(world: AnchoringWorld): Promise<void> {
  const { store, chain, log } = world
  const open = (await store.openCheckpoints()).filter(checkpoint => checkpoint.state === 'anchored')
  if (open.length === 0) return
  const view = chain.view()
  const head = await view.head()
  await assertHasFinal(world)
  for (const checkpoint of open) await settle(checkpoint)

  async function settle({ size, root, block: noted }: CheckpointRow): Promise<void> {
    const found = await view.checkpointOfSize(log.origin, size)
    if (found === null || !equalBytes(found.root, root)) {
      await assertStillThere(chain.rpc, head)
      world.logger.warn('checkpoint lost by a reorganisation', { size })
      await store.markCheckpoint(size, 'sealed', null)
      return
    }
    const isFinal = head.number - found.blockNumber + 1 >= chain.confirmations
    const block = await blockOf(world, found.blockNumber, found.time)
    if (!isFinal && noted?.hash === block.hash) return
    await assertStillThere(chain.rpc, head)
    await store.markCheckpoint(size, isFinal ? 'final' : 'anchored', block)
  }
}

async function assertHasFinal({ store, chain }: Pick<World, 'store' | 'chain'>): Promise<void> {
  const final = await store.newestFinal()
  if (final?.block == null) return
  const { hash } = await blockAt(chain.rpc, final.block.number)
  if (hash !== final.block.hash)
    throw new ChainUnreachable(`checkpoint ${final.size} was final in a block that the chain has no more`)
}

/**
 * Refuses LOG_BEHIND_CHAIN when the chain holds a checkpoint that this gateway's store does not know: an old store against a newer
 * chain. Nothing that it would sign could be anchored.
 */
export async function assertNotBehindChain(
  world: Pick<World, 'store' | 'chain' | 'log'>,
  view: ChainView,
): Promise<void> {
  const { store, chain, log } = world
  const read = contractReader(chain.rpc, chain.deployment.contracts, (await view.head()).number)
  const [found] = await read('AnchorLog', 'head', [logId(log.origin)])
  const head = anchored(found as Record<string, unknown>)
  const { sealed } = await store.logSize()
  if (head !== null && sealed < head.size) throw behind(head.size, sealed)
}

async function blockOf(world: AnchoringWorld, number: number, time: number): Promise<Block> {
  const { hash } = await blockAt(world.chain.rpc, number)
  return { number, hash, time }
}

const behind = (chainSize: number, ourSize: number) =>
  new Refusal(
    'LOG_BEHIND_CHAIN',
    `the chain's log has ${chainSize} statements, this store sealed ${ourSize}`,
    {
      expected: `a store with at least ${chainSize} statements`,
      found: `${ourSize}`,
    },
  )
