/**
 * What only the chain can tell a verifier (docs/formats.md §12, §13). A live node and a snapshot both answer it; which of
 * them, and which chain, is the verifier's choice and never the file's.
 *
 * A method that cannot be answered rejects (anything thrown, and an answer of another shape, counts as "could not ask"). Null
 * means that the chain was asked and has no such thing. All answers of one view are of one block.
 */
export interface ChainView {
  readonly kind: 'live' | 'snapshot'
  identity(): Promise<ChainIdentity>
  /** The block at which all questions are asked. */
  head(): Promise<{ number: number; hash: string; time: number }>
  /** Checkpoint of exactly this size in the log; null = none. */
  checkpointOfSize(origin: string, size: number): Promise<AnchoredCheckpoint | null>
  /** First checkpoint whose size exceeds the index; null = none yet. */
  firstCovering(origin: string, index: number): Promise<AnchoredCheckpoint | null>
  /** By RFC 7638 thumbprint (issuing) or keccak256 of the signer (authority), 32 bytes as 0x-hex. */
  keyOf(id: string): Promise<RegisteredKey | null>
  departmentOf(id: string): Promise<RegisteredDepartment | null>
  /** Every period of the permit, oldest first; empty = never given. */
  permitsOf(typeCode: string, region: string): Promise<PermitPeriod[]>
  /** Null = no such list. */
  statusOf(uscc: string, list: number, index: number): Promise<CertificateStatus | null>
}

export const CONTRACT_NAMES = ['DepartmentRegistry', 'AnchorLog', 'StatusRegistry', 'GrantRegistry'] as const
export type ContractName = (typeof CONTRACT_NAMES)[number]

export interface DeployedContract {
  /** 0x-hex, lower-case, 20 bytes. */
  address: string
  /** keccak256 of the deployed code, 0x-hex. */
  codeHash: string
}

export interface ChainIdentity {
  chainId: number
  /** Hash of block 0. */
  genesis: string
  contracts: Record<ContractName, DeployedContract>
}

export interface AnchoredCheckpoint {
  size: number
  root: Uint8Array
  /** Block time in seconds and number of the block that anchored it. */
  time: number
  blockNumber: number
}

/** Times in seconds; 0 = none. */
export interface RegisteredKey {
  department: string
  purpose: number
  algorithm: number
  addedAt: number
  signUntil: number
  anchorUntil: number
  compromisedSince: number
  publicKey: Uint8Array
}

export interface Interval {
  from: number
  /** Exclusive; 0 = open. */
  until: number
}

export interface RegisteredDepartment {
  uscc: string
  did: string
  admittedAt: number
  suspensions: Interval[]
}

export interface PermitPeriod extends Interval {
  department: string
}

export interface CertificateStatus {
  revoked: boolean
  suspended: boolean
  superseded: boolean
  /** Leaf hash of the successor, 0x-hex, when superseded. */
  successor: string | null
}

export type Question = Exclude<keyof ChainView, 'kind'>
export type AnswerTo<Q extends Question> = Awaited<ReturnType<ChainView[Q]>>

/**
 * Whether a value is an answer to this question at all. A view may speak for a node that is broken: what it gives is looked at
 * before it is believed.
 */
export function isAnswer<Q extends Question>(question: Q, value: unknown): value is AnswerTo<Q> {
  return ANSWERS[question](value)
}

type Check = (value: unknown) => boolean

const text: Check = value => typeof value === 'string'
const flag: Check = value => typeof value === 'boolean'
const count: Check = value => Number.isSafeInteger(value) && (value as number) >= 0
const bytes: Check = value => value instanceof Uint8Array
const hash: Check = value => value instanceof Uint8Array && value.length === 32
const orNull =
  (check: Check): Check =>
  value =>
    value === null || check(value)
const listOf =
  (check: Check): Check =>
  value =>
    Array.isArray(value) && value.every(check)
const withMembers =
  (members: Record<string, Check>): Check =>
  value =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(members).every(([name, check]) => check((value as Record<string, unknown>)[name]))

const interval = { from: count, until: count }
const checkpoint = withMembers({ size: count, root: hash, time: count, blockNumber: count })
const deployed = withMembers({ address: text, codeHash: text })

const ANSWERS: Record<Question, Check> = {
  identity: withMembers({
    chainId: count,
    genesis: text,
    contracts: withMembers(Object.fromEntries(CONTRACT_NAMES.map(name => [name, deployed]))),
  }),
  head: withMembers({ number: count, hash: text, time: count }),
  checkpointOfSize: orNull(checkpoint),
  firstCovering: orNull(checkpoint),
  keyOf: orNull(
    withMembers({
      department: text,
      purpose: count,
      algorithm: count,
      addedAt: count,
      signUntil: count,
      anchorUntil: count,
      compromisedSince: count,
      publicKey: bytes,
    }),
  ),
  departmentOf: orNull(
    withMembers({ uscc: text, did: text, admittedAt: count, suspensions: listOf(withMembers(interval)) }),
  ),
  permitsOf: listOf(withMembers({ department: text, ...interval })),
  statusOf: orNull(
    withMembers({ revoked: flag, suspended: flag, superseded: flag, successor: orNull(text) }),
  ),
}

export const covers = (interval: Interval, time: number): boolean =>
  interval.from <= time && (interval.until === 0 || time < interval.until)
