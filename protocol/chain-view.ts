/**
 * What only the chain can tell a verifier (docs/formats.md §12, §13). A live node and a snapshot both answer it; which of
 * them, and which chain, is the verifier's choice and never the file's.
 *
 * A method that cannot be answered rejects (anything thrown counts as "could not ask"). Null means that the chain was asked
 * and has no such thing. All answers of one view are of one block.
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

export const covers = (interval: Interval, time: number): boolean =>
  interval.from <= time && (interval.until === 0 || time < interval.until)
