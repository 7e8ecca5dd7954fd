/**
 * Receipts and promises: what a holder of a statement gets beside it.
 */
import { toUtf8 } from '../../protocol/bytes.ts'
import { parseNoteKey } from '../../protocol/note.ts'
import { formatPromise, signPromise } from '../../protocol/promise.ts'
import { formatLogProof, type Receipt } from '../../protocol/receipt.ts'
import { NOTE_KEY } from '../keys/names.ts'
import type { Block } from '../store/store.ts'
import type { World } from '../world.ts'
import { inclusionProofOf } from './proofs.ts'

type ReceiptWorld = Pick<World, 'store' | 'keys' | 'chain' | 'log' | 'config'>

/** Where a statement stands on its way, with its index once it has one and its block once it has one. */
export type StatementState =
  | { state: 'accepted'; index: null; block: null }
  | { state: 'logged'; index: number; block: null }
  | { state: 'anchored' | 'final'; index: number; block: Block; size: number }

export async function statementState(world: Pick<World, 'store'>, seq: number): Promise<StatementState> {
  const index = seq - 1
  const { sealed } = await world.store.logSize()
  if (sealed <= index) return { state: 'accepted', index: null, block: null }
  const checkpoint = await world.store.anchoredCovering(index)
  if (checkpoint === null || checkpoint.state === 'sealed') return { state: 'logged', index, block: null }
  return { state: checkpoint.state, index, block: checkpoint.block!, size: checkpoint.size }
}

/** The complete receipt of a statement that is final; null before. */
export async function receiptOf(world: ReceiptWorld, seq: number): Promise<Receipt | null> {
  const index = seq - 1
  const checkpoint = await world.store.anchoredCovering(index)
  if (checkpoint === null || checkpoint.state !== 'final') return null
  const hashes = await inclusionProofOf(world.store, index, checkpoint.size)
  const { chain, contracts } = world.chain.deployment
  return {
    proof: formatLogProof({ index, hashes, signedCheckpoint: checkpoint.note }),
    anchor: {
      chainId: chain.chainId,
      contract: contracts.AnchorLog.address,
      blockNumber: checkpoint.block!.number,
      blockTime: checkpoint.block!.time,
    },
  }
}

/** The signed promise for an accepted statement. Ed25519 is deterministic: asked again, it is the same text. */
export async function promiseFor(world: ReceiptWorld, leaf: Uint8Array, acceptedAt: number): Promise<string> {
  const promise = { origin: world.log.origin, leaf, acceptedAt, delay: world.config.maxDelaySeconds }
  const signature = await world.keys.sign(NOTE_KEY, toUtf8(formatPromise(promise)))
  return signPromise(promise, parseNoteKey(world.log.noteKey), () => signature)
}

/** A receipt when there is one, else the promise: what goes into a certificate file or record file. */
export async function evidenceOf(
  world: ReceiptWorld,
  statement: { seq: number; leaf: Uint8Array; acceptedAt: number },
): Promise<{ receipt: Receipt } | { promise: string }> {
  const receipt = await receiptOf(world, statement.seq)
  return receipt === null
    ? { promise: await promiseFor(world, statement.leaf, statement.acceptedAt) }
    : { receipt }
}
