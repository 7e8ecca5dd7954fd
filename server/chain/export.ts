/**
 * Exports for verifiers: the trust file's facts and a snapshot, read from a node.
 */
import { CONTRACT_NAMES, type ChainIdentity } from '../../protocol/chain-view.ts'
import { toBase64, toHex } from '../../protocol/bytes.ts'
import { Refusal } from '../../protocol/refusal.ts'
import type { Snapshot, SnapshotStatusList } from '../../protocol/snapshot.ts'
import type { Trust } from '../../protocol/trust.ts'
import { logId } from './log-id.ts'
import type { Rpc } from './rpc.ts'
import { anchored, blockAt, chainIdentity, contractReader, liveView, type Reader } from './view.ts'

const WORDS = 512
const CHECKPOINTS_AT_ONCE = 500
const PURPOSES = { revocation: 0, suspension: 1, superseded: 2 } as const

/**
 * A snapshot of everything a verifier asks, at the deepest block that is final by the trust file. Reads every department,
 * key, permit, checkpoint and status list through view functions at that one block. Refuses WRONG_CHAIN when the node is not
 * the trusted chain. `onProgress` is told parts done and parts in all.
 */
export async function takeSnapshot(
  rpc: Rpc,
  trust: Trust,
  onProgress: (done: number, all: number) => void = () => undefined,
): Promise<Snapshot> {
  const identity = await chainIdentity(rpc, trust.contracts)
  assertTrusted(identity, trust)
  const head = await blockAt(rpc, 'latest')
  const block = await blockAt(rpc, Math.max(0, head.number - trust.chain.confirmations + 1))
  const read = contractReader(rpc, trust.contracts, block.number)
  const view = liveView(rpc, trust.contracts, { identity: async () => identity, at: block.number })

  const departmentIds = await eachOf(read, 'DepartmentRegistry', 'departmentCount', 'departmentAt')
  const keyIds = await eachOf(read, 'DepartmentRegistry', 'keyCount', 'keyIdAt')
  const permitKeys = await eachOf(read, 'DepartmentRegistry', 'permitKeyCount', 'permitKeyAt')
  const lists = await eachOf(read, 'StatusRegistry', 'listCount', 'listAt')
  const all = departmentIds.length + keyIds.length + permitKeys.length + lists.length + trust.logs.length
  let done = 0
  const tick = <T>(value: T): T => {
    onProgress(++done, all)
    return value
  }

  const departments: Snapshot['departments'] = []
  for (const [id] of departmentIds) {
    departments.push(tick({ id: id as string, ...(await view.departmentOf(id as string))! }))
  }
  const keys: Snapshot['keys'] = []
  for (const [id] of keyIds) {
    const { publicKey, ...key } = (await view.keyOf(id as string))!
    keys.push(tick({ id: id as string, ...key, publicKey: toHex(publicKey) }))
  }
  const permits: Snapshot['permits'] = []
  for (const [type, region] of permitKeys as [string, string][]) {
    permits.push(tick({ type, region, periods: await view.permitsOf(type, region) }))
  }
  const logs: Snapshot['logs'] = []
  for (const { origin } of trust.logs)
    logs.push(tick({ origin, checkpoints: await checkpointsOf(read, origin) }))
  const statusLists: SnapshotStatusList[] = []
  for (const [id, department, number] of lists) {
    const sets = await readList(read, id as string)
    statusLists.push(
      tick({ id: id as string, department: department as string, number: Number(number), ...sets }),
    )
  }
  const { chainId, genesis, contracts } = identity
  return { chain: { chainId, genesis }, contracts, block, departments, keys, permits, logs, statusLists }
}

/** Refuses WRONG_CHAIN when a node is not the chain of the trust file. */
export function assertTrusted(found: ChainIdentity, trust: Trust): void {
  const same =
    found.chainId === trust.chain.chainId &&
    found.genesis === trust.chain.genesis &&
    CONTRACT_NAMES.every(name => found.contracts[name].codeHash === trust.contracts[name].codeHash)
  if (same) return
  throw new Refusal('WRONG_CHAIN', 'the node is not the chain of the trust file', {
    expected: `chain ${trust.chain.chainId}, genesis ${trust.chain.genesis}`,
    found: `chain ${found.chainId}, genesis ${found.genesis}`,
  })
}

async function eachOf(
  read: Reader,
  contract: 'DepartmentRegistry' | 'StatusRegistry',
  count: string,
  at: string,
): Promise<unknown[][]> {
  const [length] = await read(contract, count, [])
  const items: unknown[][] = []
  for (let i = 0; i < Number(length); i++) items.push(await read(contract, at, [i]))
  return items
}

async function checkpointsOf(read: Reader, origin: string): Promise<Snapshot['logs'][number]['checkpoints']> {
  const id = logId(origin)
  const [count] = await read('AnchorLog', 'checkpointCount', [id])
  const checkpoints: Snapshot['logs'][number]['checkpoints'] = []
  while (checkpoints.length < Number(count)) {
    const [page] = await read('AnchorLog', 'checkpointsFrom', [id, checkpoints.length, CHECKPOINTS_AT_ONCE])
    for (const item of page as Record<string, unknown>[]) {
      const { size, root, time, blockNumber } = anchored(item)!
      checkpoints.push({ size, root: toBase64(root), time, blockNumber })
    }
  }
  return checkpoints
}

async function readList(
  read: Reader,
  id: string,
): Promise<Pick<SnapshotStatusList, 'revoked' | 'suspended' | 'superseded'>> {
  const superseded: SnapshotStatusList['superseded'] = []
  for (const index of await bitsOf(read, id, PURPOSES.superseded)) {
    const [, , , successor] = await read('StatusRegistry', 'statusOf', [id, index])
    superseded.push({ index, successor: successor as string })
  }
  return {
    revoked: await bitsOf(read, id, PURPOSES.revocation),
    suspended: await bitsOf(read, id, PURPOSES.suspension),
    superseded,
  }
}

/** Indices of the bits that are set; bit i is bit 255 − i mod 256 of word i / 256. */
export async function bitsOf(read: Reader, list: string, purpose: number): Promise<number[]> {
  const [words] = await read('StatusRegistry', 'words', [list, purpose, 0, WORDS])
  const indices: number[] = []
  for (const [w, word] of (words as bigint[]).entries()) {
    if (word === 0n) continue
    for (let bit = 0; bit < 256; bit++) if ((word >> BigInt(255 - bit)) & 1n) indices.push(w * 256 + bit)
  }
  return indices
}
