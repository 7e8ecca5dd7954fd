/**
 * Sealing: from accepted statements to a signed checkpoint.
 */
import { getBytes } from 'ethers'
import { equalBytes, toHex, toUtf8 } from '../../protocol/bytes.ts'
import { formatCheckpoint, signCheckpoint } from '../../protocol/checkpoint.ts'
import { leafHash } from '../../protocol/log.ts'
import { parseNoteKey } from '../../protocol/note.ts'
import { invariant } from '../../protocol/refusal.ts'
import { typedDigest } from '../chain/contracts.ts'
import { logId } from '../chain/log-id.ts'
import { LOG_KEY, NOTE_KEY } from '../keys/names.ts'
import { failPoint } from '../store/fail-points.ts'
import type { CheckpointRow, Store } from '../store/store.ts'
import { nowSeconds, type World } from '../world.ts'

/**
 * Seals a checkpoint when one is due: enough statements wait, or the oldest has waited long enough. Returns it, or null.
 *
 * When it returns, the checkpoint, its signatures and its tiles are on disk in one transaction; a crash before that leaves
 * nothing. Every new leaf is hashed again from its statement, and the root is derived before signing and again while storing, so
 * a bit that flipped on our disk stops it here, before anybody is told.
 */
export async function sealCheckpointWhenDue(
  world: Pick<World, 'store' | 'keys' | 'chain' | 'log' | 'config' | 'clock'>,
): Promise<CheckpointRow | null> {
  const { store, keys, chain, log, config } = world
  const { accepted, sealed, oldestUnsealedAt } = await store.logSize()
  const waiting = accepted - sealed
  if (waiting === 0 || oldestUnsealedAt === null) return null
  const waitedMs = world.clock() - oldestUnsealedAt * 1000
  // A clock that was set back holds nothing up.
  if (waiting < config.sealAt && waitedMs >= 0 && waitedMs < config.sealAfterMs) return null

  await assertLeavesOfStatements(store, sealed, accepted)
  const checkpoint = { origin: log.origin, size: accepted, root: await store.rootAt(accepted) }
  const noteSignature = await keys.sign(NOTE_KEY, toUtf8(formatCheckpoint(checkpoint)))
  const note = signCheckpoint(checkpoint, parseNoteKey(log.noteKey), () => noteSignature)
  const message = { log: logId(log.origin), size: accepted, root: toHex(checkpoint.root) }
  const digest = typedDigest('Checkpoint', message, chain.deployment)
  const signature = await keys.signDigest(LOG_KEY, getBytes(digest))

  failPoint('before-seal')
  await store.sealCheckpoint({
    size: accepted,
    root: checkpoint.root,
    note,
    signature,
    sealedAt: nowSeconds(world),
  })
  failPoint('after-seal')
  return store.checkpointOfSize(accepted)
}

/** Statements in memory at once: a megabyte or two. */
const STATEMENTS_AT_A_TIME = 512

/** A wrong leaf, once anchored, could never be taken back, and its statement never be proved. */
async function assertLeavesOfStatements(
  store: Pick<Store, 'statements'>,
  from: number,
  to: number,
): Promise<void> {
  for (let at = from; at < to; at += STATEMENTS_AT_A_TIME) {
    for (const row of await store.statements(at, Math.min(STATEMENTS_AT_A_TIME, to - at))) {
      invariant(equalBytes(leafHash(row.statement), row.leaf), `statement ${row.seq} has its own leaf`)
    }
    // Requests that wait have their turn.
    await new Promise(resolve => setImmediate(resolve))
  }
}
