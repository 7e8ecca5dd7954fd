/**
 * Rebuilding the database from chain and files alone, when it is gone and no backup of it is left.
 */
import type { KeyObject } from 'node:crypto'
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Refusal } from '../../protocol/refusal.ts'
import type { Trust } from '../../protocol/trust.ts'
import { REGION_FILE } from '../catalogue/own-region.ts'
import { acquireLock, type Lock } from '../chain/embedded/lock.ts'
import { StartRefusal } from '../chain/embedded/refusal.ts'
import { assertTrusted } from '../chain/export.ts'
import { logId } from '../chain/log-id.ts'
import type { Rpc } from '../chain/rpc.ts'
import { anchored, chainIdentity, contractReader, liveView } from '../chain/view.ts'
import { syncDirectory } from '../store/durable-file.ts'
import { mirroredOrigin } from '../store/mirror.ts'
import { openSqliteStore } from '../store/sqlite.ts'
import { copyFile, DEPLOYMENT, STORE } from './backup.ts'
import { RESTORED, takeUpMirror, type TakenUp } from './take-up.ts'

export interface RebuildOptions {
  /** Where the keystore is and the database will be. */
  dataDir: string
  mirrorDir: string
  rpc: Rpc
  /** Whose chain and whose log; the verifier's own. */
  trust: Trust
  /** Key of the answers under Idempotency-Keys; null leaves them. */
  answers: KeyObject | null
  progress?: (size: number, all: number) => void
}

export interface Rebuilt extends TakenUp {
  origin: string
}

/**
 * Makes the database again: every statement of the mirror, checked against leaf, note and chain, and the rows that follow from it. Values of
 * certificates, sessions, assignments, cases and grants are not in the mirror and do not come back (docs/operations.md). When it resolves
 * the database survives a power cut; cut short, the next call goes on where it was.
 *
 * Refuses REBUILD_STORE (there is a database), GATEWAY_RUNNING, WRONG_CHAIN, MIRROR_MISSING, MIRROR_OTHER_LOG (of no log of the trust file), the
 * refusals of `takeUpMirror`, and REBUILD_INCOMPLETE when the chain has statements that the mirror has not, naming which.
 */
export async function rebuildStore(options: RebuildOptions): Promise<Rebuilt> {
  const { dataDir, mirrorDir, rpc, trust, answers, progress = () => undefined } = options
  const path = join(dataDir, STORE)
  if (existsSync(path)) {
    throw new Refusal('REBUILD_STORE', `${path} is there; a rebuild overwrites nothing`, {
      field: '--data',
      found: path,
    })
  }
  const identity = await chainIdentity(rpc, trust.contracts)
  assertTrusted(identity, trust)
  const origin = mirroredOrigin(mirrorDir)
  const log = trust.logs.find(one => one.origin === origin)
  if (log === undefined) {
    throw new Refusal('MIRROR_OTHER_LOG', `${mirrorDir} is of a log that the trust file does not name`, {
      expected: trust.logs.map(one => one.origin).join(', '),
      found: origin,
    })
  }
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  const lock = lockOf(dataDir)
  try {
    const view = () => liveView(rpc, trust.contracts, { identity: async () => identity })
    const all = await chainSize(rpc, trust, origin)
    const draft = `${path}.rebuilding`
    const store = await openSqliteStore(draft, { clock: Date.now })
    let taken: TakenUp
    try {
      await store.saveSetting('log.origin', origin)
      taken = await takeUpMirror(
        { store, log, mirror: { folder: mirrorDir }, chain: { view } },
        answers,
        size => progress(size, all),
      )
      // Places and nonces that were given out under the database that is gone: the gateway sees to them when it starts.
      await store.saveSetting(RESTORED, 'rebuilt')
    } finally {
      await store.close()
    }
    if (taken.size < all) {
      throw new Refusal(
        'REBUILD_INCOMPLETE',
        `the mirror ends at ${taken.size}, the chain's log has ${all} statements`,
        {
          expected: `statements ${taken.size} to ${all - 1}`,
          found: 'nothing',
        },
      )
    }
    for (const name of [DEPLOYMENT, REGION_FILE]) {
      if (!existsSync(join(dataDir, name)) && existsSync(join(mirrorDir, name)))
        copyFile(join(mirrorDir, name), join(dataDir, name))
    }
    renameSync(draft, path)
    syncDirectory(dirname(path))
    return { ...taken, origin }
  } finally {
    lock.release()
  }
}

function lockOf(dataDir: string): Lock {
  try {
    return acquireLock(join(dataDir, 'gateway.lock'))
  } catch (error) {
    if (!(error instanceof StartRefusal)) throw error
    throw new Refusal('GATEWAY_RUNNING', `a gateway is running on ${dataDir}`, { found: dataDir })
  }
}

/** Statements that the chain has counted. */
async function chainSize(rpc: Rpc, { contracts }: Trust, origin: string): Promise<number> {
  const read = contractReader(rpc, contracts, 'latest')
  const [head] = await read('AnchorLog', 'head', [logId(origin)])
  return anchored(head as Record<string, unknown>)?.size ?? 0
}
