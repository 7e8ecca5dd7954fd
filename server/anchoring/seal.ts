/**
 * Sealing: from accepted statements to a signed checkpoint.
 */
import { getBytes } from 'ethers'
import { toHex, toUtf8 } from '../../protocol/bytes.ts'
import { formatCheckpoint, signCheckpoint } from '../../protocol/checkpoint.ts'
import { parseNoteKey } from '../../protocol/note.ts'
import { typedDigest } from '../chain/contracts.ts'
import { logId } from '../chain/log-id.ts'
import { LOG_KEY, NOTE_KEY } from '../keys/names.ts'
import type { CheckpointRow } from '../store/store.ts'
import { nowSeconds, type World } from '../world.ts'

/**
 * Seals a checkpoint when one is due: enough statements wait, or the oldest has waited long enough. Returns it, or null.
 *
 * When it returns, the checkpoint, its signatures and its tiles are on disk in one transaction; a crash before that leaves
 * nothing. The root is derived from the leaves before signing and again while storing, so a bit that flipped stops it here.
 */
export async function sealCheckpointWhenDue(
  world: Pick<World, 'store' | 'keys' | 'chain' | 'log' | 'config' | 'clock'>,
): Promise<CheckpointRow | null> {
  const { store, keys, chain, log, config } = world
  const { accepted, sealed, oldestUnsealedAt } = await store.logSize()
  const waiting = accepted - sealed
  if (waiting === 0 || oldestUnsealedAt === null) return null
  const waitedMs = world.clock() - oldestUnsealedAt * 1000
  if (waiting < config.sealAt && waitedMs < config.sealAfterMs) return null

  const checkpoint = { origin: log.origin, size: accepted, root: await store.rootAt(accepted) }
  const noteSignature = await keys.sign(NOTE_KEY, toUtf8(formatCheckpoint(checkpoint)))
  const note = signCheckpoint(checkpoint, parseNoteKey(log.noteKey), () => noteSignature)
  const message = { log: logId(log.origin), size: accepted, root: toHex(checkpoint.root) }
  const digest = typedDigest('Checkpoint', message, chain.deployment)
  const signature = await keys.signDigest(LOG_KEY, getBytes(digest))

  await store.sealCheckpoint({
    size: accepted,
    root: checkpoint.root,
    note,
    signature,
    sealedAt: nowSeconds(world),
  })
  return store.checkpointOfSize(accepted)
}
