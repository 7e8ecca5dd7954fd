/**
 * Taking up what the database does not have: an old copy of it, or an empty one, is brought to the end of the mirror. Everything is checked
 * before it is believed: each statement against its leaf, each checkpoint's signature, each root against the chain's.
 */
import type { KeyObject } from 'node:crypto'
import { equalBytes, toHex } from '../../protocol/bytes.ts'
import type { ChainView } from '../../protocol/chain-view.ts'
import { openCheckpoint } from '../../protocol/checkpoint.ts'
import { parseNoteKey } from '../../protocol/note.ts'
import { Refusal } from '../../protocol/refusal.ts'
import { framesOf, readDepartments, readErasures, statementsOf, type Frame } from '../store/mirror.ts'
import type { Store } from '../store/store.ts'
import type { LogIdentity, World } from '../world.ts'
import { quantityToNumber } from '../chain/rpc.ts'
import { settleSpent } from '../chain/transactions.ts'
import { openAnswers } from './mirror-log.ts'

export interface TakeUpWorld {
  store: Store
  log: LogIdentity
  /** Folder of the mirror. */
  mirror: { folder: string }
  chain: { view: () => ChainView }
}

export interface TakenUp {
  statements: number
  /** Size of the log afterwards. */
  size: number
  erasures: number
  /** The database was an older copy than what is on chain or in the mirror may come from. */
  wasOlder: boolean
}

/** Set by a restore, cleared once nothing of what the copy would give out again can be given out. */
export const RESTORED = 'restored'

/**
 * Brings the store to the end of the mirror and erases what the ledger says was erased. `answers`: the key of the sealed answers; null leaves
 * them. Before anything is taken up, every place that was given out since the copy was made is made sure of: status lists are closed, sessions
 * ended. Safe to run again after a crash at any line; changes nothing when there is nothing to take up.
 *
 * Refuses MIRROR_DAMAGED, MIRROR_OTHER_LOG, MIRROR_CONFLICT (another log than this database's), the refusals of a note that is not the log's,
 * and ANCHOR_ROOT_CONFLICT. What stands before the checkpoint that is refused has been taken up.
 */
export async function takeUpMirror(
  world: TakeUpWorld,
  answers: KeyObject | null,
  progress: (size: number) => void = () => undefined,
): Promise<TakenUp> {
  const { store, log } = world
  const { folder } = world.mirror
  const { sealed } = await store.logSize()
  let statements = 0
  let size = sealed
  const frames = framesOf(folder, log.origin, sealed)
  const first = frames.next()
  const wasRestored = Boolean(await store.setting(RESTORED))
  if (first.done !== true) {
    for (const department of readDepartments(folder)) await store.saveDepartment(department)
  }
  const wasOlder = first.done !== true || wasRestored
  if (wasOlder) await giveNothingTwice(world)
  for (let frame = first; frame.done !== true; frame = frames.next()) {
    statements += await takeUpFrame(world, frame.value, answers)
    ;({ size } = frame.value.checkpoint)
    progress(size)
  }
  const erasures = await eraseAgain(world)
  if (wasRestored) await store.saveSetting(RESTORED, '')
  return { statements, size, erasures, wasOlder }
}

/** Of each account that sends: nonces below this were used under a database that this one took the place of. JSON, by address. */
export const NONCES_ELSEWHERE = 'nonces.elsewhere'

/**
 * Takes over the accounts that another database sent from since this copy of it was made: what is on file and spent is settled or abandoned,
 * never sent again; the next nonce is the chain's.
 */
export async function takeOverAccounts(world: Pick<World, 'store' | 'chain'>): Promise<void> {
  const { store, chain } = world
  await settleSpent(chain.transactions)
  const counts: Record<string, number> = {}
  for (const { address } of [chain.governance, chain.relayer])
    counts[address] = quantityToNumber(await chain.rpc.call('eth_getTransactionCount', [address, 'latest']))
  await store.saveSetting(NONCES_ELSEWHERE, JSON.stringify(counts))
}

async function takeUpFrame(world: TakeUpWorld, frame: Frame, answers: KeyObject | null): Promise<number> {
  const { answers: sealed, ...checkpoint } = frame.checkpoint
  openCheckpoint(checkpoint.note, parseNoteKey(world.log.noteKey))
  const found = await world.chain.view().checkpointOfSize(world.log.origin, checkpoint.size)
  if (found !== null && !equalBytes(found.root, checkpoint.root)) {
    throw new Refusal('ANCHOR_ROOT_CONFLICT', `the chain holds another root for size ${checkpoint.size}`, {
      expected: toHex(found.root),
      found: toHex(checkpoint.root),
    })
  }
  return world.store.importFrame({
    statements: statementsOf(frame),
    checkpoint,
    answers: answers === null || sealed === null ? [] : openAnswers(answers, checkpoint.size, sealed),
  })
}

/** Closes every status list that was ever opened, here or since on chain, and ends the sessions. */
async function giveNothingTwice({ store, chain }: TakeUpWorld): Promise<void> {
  const view = chain.view()
  const known = await store.statusLists()
  const lists = known.map(({ department, number }) => ({ department, number }))
  for (const { uscc } of await store.departments()) {
    let number = Math.max(-1, ...known.filter(list => list.department === uscc).map(list => list.number)) + 1
    while ((await view.statusOf(uscc, number, 0)) !== null) lists.push({ department: uscc, number: number++ })
  }
  await store.closeStatusLists(lists)
  await store.endSessions()
}

/** Erases what was erased and is here again; returns how many. */
export async function eraseAgain({ store, mirror }: Pick<TakeUpWorld, 'store' | 'mirror'>): Promise<number> {
  let count = 0
  for (const { identifier, at, reason, by } of readErasures(mirror.folder)) {
    const certificate = await store.certificateByIdentifier(identifier)
    if (certificate === null || (await store.erasureOf(certificate.seq)) !== null) continue
    await store.erase(
      { certificateSeq: certificate.seq, identifier, reason, erasedBy: by, erasedAt: at },
      null,
    )
    count++
  }
  return count
}
