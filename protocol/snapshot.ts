/**
 * Snapshot: everything a verifier asks a chain, at one final block (docs/formats.md §12), and the view that answers from it.
 */
import { keccak256 } from '#crypto'
import { fromBase64, fromHex, toHex, toUtf8 } from './bytes.ts'
import type {
  AnchoredCheckpoint,
  ChainIdentity,
  ChainView,
  PermitPeriod,
  RegisteredDepartment,
} from './chain-view.ts'
import { parseJson } from './json.ts'
import { Refusal } from './refusal.ts'
import {
  base64Bytes,
  hex,
  integer,
  list,
  literal,
  object,
  string,
  text,
  unique,
  type Shape,
} from './shape.ts'
import { contractsShape, originShape } from './trust.ts'

export interface Snapshot {
  chain: { chainId: number; genesis: string }
  contracts: ChainIdentity['contracts']
  block: { number: number; hash: string; time: number }
  departments: ({ id: string } & RegisteredDepartment)[]
  keys: SnapshotKey[]
  permits: { type: string; region: string; periods: PermitPeriod[] }[]
  logs: { origin: string; checkpoints: { size: number; root: string; time: number; blockNumber: number }[] }[]
  statusLists: SnapshotStatusList[]
}

export interface SnapshotKey {
  id: string
  department: string
  purpose: number
  algorithm: number
  addedAt: number
  signUntil: number
  anchorUntil: number
  compromisedSince: number
  publicKey: string
}

export interface SnapshotStatusList {
  id: string
  department: string
  number: number
  revoked: number[]
  suspended: number[]
  superseded: { index: number; successor: string }[]
}

const MAX_SNAPSHOT_BYTES = 268_435_456
const MANY = 100_000_000
const time = integer(0)
const index = integer(0, 131_071)
const ascending =
  (of: Shape, key: (item: unknown) => number): Shape =>
  value => {
    const wrong = of(value)
    if (wrong !== null) return wrong
    const keys = (value as unknown[]).map(key)
    return keys.every((k, i) => i === 0 || k > keys[i - 1]!) ? null : ''
  }

const shape = object({
  format: literal('onceproof-snapshot/1'),
  chain: object({ chainId: integer(1), genesis: hex(32) }),
  contracts: contractsShape,
  block: object({ number: integer(0), hash: hex(32), time }),
  departments: unique(
    list(
      object({
        id: hex(32),
        uscc: string(/^[0-9A-Z]{18}$/),
        did: text(256),
        admittedAt: time,
        suspensions: list(object({ from: time, until: time }), 0, MANY),
      }),
      0,
      MANY,
    ),
    'id',
  ),
  keys: unique(
    list(
      object({
        id: hex(32),
        department: hex(32),
        purpose: integer(1, 255),
        algorithm: integer(1, 255),
        addedAt: time,
        signUntil: time,
        anchorUntil: time,
        compromisedSince: time,
        publicKey: hex(20, 2000),
      }),
      0,
      MANY,
    ),
    'id',
  ),
  permits: unique(
    list(
      object({
        type: text(64),
        region: text(64),
        periods: list(object({ department: hex(32), from: time, until: time }), 0, MANY),
      }),
      0,
      MANY,
    ),
    'type',
    'region',
  ),
  logs: unique(
    list(
      object({
        origin: originShape,
        checkpoints: ascending(
          list(object({ size: integer(1), root: base64Bytes(32), time, blockNumber: integer(0) }), 0, MANY),
          item => (item as { size: number }).size,
        ),
      }),
      0,
      1000,
    ),
    'origin',
  ),
  statusLists: unique(
    list(
      object({
        id: hex(32),
        department: hex(32),
        number: integer(0),
        revoked: ascending(list(index, 0, 131_072), item => item as number),
        suspended: ascending(list(index, 0, 131_072), item => item as number),
        superseded: ascending(
          list(object({ index, successor: hex(32) }), 0, 131_072),
          item => (item as { index: number }).index,
        ),
      }),
      0,
      MANY,
    ),
    'id',
  ),
})

/** Reads a snapshot; refuses SNAPSHOT_SYNTAX or a JSON code. */
export function parseSnapshot(bytes: Uint8Array): Snapshot {
  const snapshot = parseJson(bytes, { maxBytes: MAX_SNAPSHOT_BYTES })
  const wrong = shape(snapshot)
  if (wrong !== null) throw new Refusal('SNAPSHOT_SYNTAX', 'not a snapshot', { field: wrong })
  const { format: _, ...rest } = snapshot as unknown as Snapshot & { format: string }
  return rest
}

/** The exact bytes of a snapshot. */
export function formatSnapshot(snapshot: Snapshot): string {
  return JSON.stringify({ format: 'onceproof-snapshot/1', ...snapshot })
}

/** Department id in the registry: keccak256 of the USCC. */
export function departmentId(uscc: string): string {
  return toHex(keccak256(toUtf8(uscc)))
}

/** Status list id: keccak256(abi.encode(bytes32 department, uint64 number)). */
export function statusListId(uscc: string, number: number): string {
  const words = new Uint8Array(64)
  words.set(keccak256(toUtf8(uscc)))
  new DataView(words.buffer).setBigUint64(56, BigInt(number))
  return toHex(keccak256(words))
}

/**
 * A view that answers from a snapshot. `as: 'live'` lets tests and vectors ask it as if it were the chain at that block; a
 * verifier who holds a snapshot leaves it out.
 */
export function snapshotView(snapshot: Snapshot, as: 'live' | 'snapshot' = 'snapshot'): ChainView {
  const keys = new Map(snapshot.keys.map(key => [key.id, key]))
  const departments = new Map(snapshot.departments.map(department => [department.id, department]))
  const permits = new Map(snapshot.permits.map(permit => [`${permit.type} ${permit.region}`, permit.periods]))
  const logs = new Map(snapshot.logs.map(log => [log.origin, log.checkpoints]))
  const lists = new Map(snapshot.statusLists.map(list => [list.id, statusSets(list)]))
  const anchored = (
    found: Snapshot['logs'][number]['checkpoints'][number] | undefined,
  ): AnchoredCheckpoint | null => (found === undefined ? null : { ...found, root: fromBase64(found.root)! })

  return {
    kind: as,
    identity: async () => ({ ...snapshot.chain, contracts: snapshot.contracts }),
    head: async () => snapshot.block,
    checkpointOfSize: async (origin, size) => anchored(logs.get(origin)?.find(c => c.size === size)),
    firstCovering: async (origin, leafIndex) => anchored(logs.get(origin)?.find(c => c.size > leafIndex)),
    keyOf: async id => {
      const key = keys.get(id)
      return key === undefined ? null : { ...key, publicKey: fromHex(key.publicKey)! }
    },
    departmentOf: async id => departments.get(id) ?? null,
    permitsOf: async (type, region) => permits.get(`${type} ${region}`) ?? [],
    statusOf: async (uscc, number, listIndex) => {
      const sets = lists.get(statusListId(uscc, number))
      if (sets === undefined) return null
      const successor = sets.superseded.get(listIndex) ?? null
      return {
        revoked: sets.revoked.has(listIndex),
        suspended: sets.suspended.has(listIndex),
        superseded: successor !== null,
        successor,
      }
    },
  }
}

function statusSets(list: SnapshotStatusList) {
  return {
    revoked: new Set(list.revoked),
    suspended: new Set(list.suspended),
    superseded: new Map(list.superseded.map(entry => [entry.index, entry.successor])),
  }
}
