/**
 * What the gateway keeps, in the words of its domain. Every verb is one transaction: when its promise resolves, the effect
 * is on the disk and survives a power cut; when it rejects, nothing of it is there. SQLite (`sqlite.ts`) is the embedded
 * default; the interface is asynchronous so that PostgreSQL can stand behind it. Both run `test/server/store/behaviour.ts`.
 *
 * Order: `seq` counts statements from 1 in the order of acceptance without gaps; the log index of a statement is `seq - 1`.
 * It is *logged* once a sealed checkpoint's size exceeds its index.
 */

import type { BatchStore } from './batches.ts'
import type { GrantStore } from './grants.ts'
import type { ClientStore } from './clients.ts'
import type { ReportStore } from './reports.ts'
import type { ImportStore } from './imports.ts'
import type { HolderStore } from './holders.ts'
import type { IdentityStore } from './identity.ts'
import type { PresentationStore } from './presentations.ts'
import type { RepresentationStore } from './representations.ts'
import type { UseStore } from './uses.ts'
import type { CaseStore } from './cases.ts'
import type { ContinuityStore } from './continuity.ts'
import type { WebhookStore } from './webhooks.ts'
import type { MatterStore } from './matters.ts'

export type StatementKind =
  'certificate' | 'record' | 'status' | 'use' | 'catalogue' | 'holder-key' | 'endorsement' | 'withholding'

/** A write that a client may repeat: the key it chose and the SHA-256 of the request it stands for (32 bytes). */
export interface Once {
  key: string
  request: Uint8Array
}

/** Encrypted content of one document: destroying `keySalt` destroys the document. See `server/keys/sealing.ts`. */
export interface Sealed {
  keySalt: Uint8Array
  ciphertext: Uint8Array
}

export interface NewStatement {
  kind: StatementKind
  /** The exact compact JWS. */
  statement: string
  /** SHA-256(0x00 ‖ statement), 32 bytes. */
  leaf: Uint8Array
}

export interface NewCertificate extends NewStatement {
  kind: 'certificate'
  /** 证照标识, without the urn prefix. */
  identifier: string
  department: string
  typeCode: string
  shortCode: string
  statusList: number
  statusIndex: number
  /** Seconds; null = without end. */
  validFrom: number
  validUntil: number | null
  /** Seed and disclosures, encrypted. */
  sealed: Sealed
  /** Look-up values of its holders (holders.ts), for the index; absent = none. */
  holders?: Uint8Array[]
  /** Look-up value of its number (find.ts); absent = none. */
  number?: Uint8Array
}

export interface CertificateRow extends Omit<NewCertificate, 'sealed' | 'holders' | 'number'> {
  seq: number
  acceptedAt: number
  batch: string | null
  /** null after erasure, and when the values are missing. */
  sealed: Sealed | null
  /** The certificate came back from the mirror, which holds no values; nobody erased them. */
  valuesMissing: boolean
}

export interface NewRecord extends NewStatement {
  kind: 'record'
  /** ULID inside the statement's jti. */
  id: string
}

export interface RecordRow extends NewRecord {
  seq: number
  acceptedAt: number
}

export type StatusAction = 'revoke' | 'suspend' | 'resume' | 'supersede'

/** A signed on-chain order and the statement that says it in the log; both are accepted together. */
export interface NewStatusChange extends NewStatement {
  kind: 'status'
  id: string
  identifier: string
  action: StatusAction
  reason: string
  /** ABI arguments of StatusRegistry.execute, as JSON text with hex strings and decimal strings. */
  order: string
  /** EIP-712 digest of the order, 32 bytes: how the chain says whether it was executed. */
  orderDigest: Uint8Array
  /** Superseding: the seq of the successor, which must be final before the order is sent. */
  afterSeq: number | null
  /**
   * How many changes of the certificate it was decided on. Refused STATUS_CHANGED when there are others by now; not asked when it
   * is left out.
   */
  decidedOn?: number
}

export type OrderState = 'accepted' | 'sent' | 'executed' | 'final' | 'refused'

export interface StatusChangeRow extends NewStatusChange {
  seq: number
  acceptedAt: number
  state: OrderState
  blockNumber: number | null
  blockTime: number | null
  /** Contract error name when the chain refused it. */
  refusal: string | null
}

export interface StatementRow extends NewStatement {
  seq: number
  acceptedAt: number
}

export interface Accepted {
  seq: number
  acceptedAt: number
}

/** `repeated`: the same key and request were answered before; `seqs` are those of the first time, nothing was written now. */
export interface AcceptResult {
  repeated: boolean
  batch: string | null
  accepted: Accepted[]
}

export interface Block {
  number: number
  hash: string
  time: number
}

export interface NewCheckpoint {
  size: number
  root: Uint8Array
  /** Signed note, whole text. */
  note: string
  /** EIP-712 signature of the log key, as bytes. */
  signature: Uint8Array
  sealedAt: number
}

export interface CheckpointRow extends NewCheckpoint {
  state: 'sealed' | 'anchored' | 'final'
  block: Block | null
  /** True when the checkpoint had been anchored before and a reorganisation undid it. */
  reanchored: boolean
}

/** Hashes of complete subtrees: the node at (`level`, `index`) covers leaves index·2^level … (index+1)·2^level − 1. */
export interface NodeRef {
  level: number
  index: number
}

export interface NewTransaction {
  /** Sending account, 0x-hex lower-case: nonces are counted for each sender. */
  from: string
  /** What it is for, e.g. `anchor:4096`; at most one unsettled purpose of a name at a time. */
  purpose: string
  nonce: number
  /** The signed bytes, stored before they are sent; 0x-hex. */
  raw: string
  hash: string
  to: string | null
  createdAt: number
}

export interface TransactionRow extends NewTransaction {
  id: number
  /** `former`: came through on a chain that is no more. */
  state: 'stored' | 'settled' | 'abandoned' | 'former'
}

export interface DepartmentRow {
  code: string
  uscc: string
  did: string
  zh: string
  en: string
  roles: string[]
  createdAt: number
}

export interface TypeRow {
  /** Short catalogue code, e.g. RIC. */
  code: string
  version: number
  /** 21-character type code inside the identifier. */
  typeCode: string
  department: string
  /** The whole definition, exact JSON bytes as published; its digest is in credentialSchema.digestSRI. */
  definition: string
  digest: Uint8Array
  createdAt: number
}

export interface StatusSlot {
  list: number
  index: number
}

export interface Page {
  /** Exclusive: rows with seq below this, newest first; null = from the newest. */
  before: number | null
  limit: number
}

export interface Store
  extends
    ClientStore,
    ReportStore,
    ImportStore,
    HolderStore,
    IdentityStore,
    BatchStore,
    GrantStore,
    UseStore,
    MatterStore,
    PresentationStore,
    RepresentationStore,
    CaseStore,
    WebhookStore,
    ContinuityStore {
  // Departments and catalogue
  saveDepartment(department: DepartmentRow): Promise<void>
  departments(): Promise<DepartmentRow[]>
  /**
   * Keeps a version and appends the statement that publishes it, both or neither. Refuses TYPE_VERSION_EXISTS for other content under a
   * (code, version) already saved; the same again writes nothing, but a statement where there was none yet.
   */
  saveType(type: TypeRow, publication: NewStatement): Promise<void>
  /** Number of the statement that published the version; null = it was published before publications were logged. */
  publicationOf(code: string, version: number): Promise<number | null>
  /** Every version of a type, newest first. */
  typeVersions(code: string): Promise<TypeRow[]>
  /** Newest version of each type. */
  types(): Promise<TypeRow[]>
  typeVersion(code: string, version: number): Promise<TypeRow | null>

  // Status lists: indices are handed out at random, each once, even across crashes (a crash may waste some)
  /** Opens list `number` of the department with a random order of its 131,072 indices; a no-op when it exists. */
  openStatusList(department: string, number: number): Promise<void>
  statusLists(): Promise<{ department: string; number: number; used: number; capacity: number }[]>
  /** Takes `count` unused indices from the department's newest open list; refuses STATUS_LIST_FULL when there are fewer. */
  takeStatusSlots(department: string, count: number): Promise<StatusSlot[]>

  // Statements
  /**
   * Accepts certificates, all or none. Refuses IDENTIFIER_TAKEN, SHORT_CODE_TAKEN (the caller draws another) and
   * IDEMPOTENCY_KEY_REUSED (same key, other request). Singles that arrive together share one commit.
   */
  acceptCertificates(
    certificates: NewCertificate[],
    batch: string | null,
    once: Once | null,
  ): Promise<AcceptResult>
  /**
   * Accepts the next version of a certificate and the order that supersedes the one before, both or neither; `accepted` has
   * the certificate first. The change's `afterSeq` is set to the certificate's seq. Refuses as `acceptCertificates`.
   */
  acceptSuccessor(
    certificate: NewCertificate,
    change: NewStatusChange,
    once: Once | null,
  ): Promise<AcceptResult>
  /** Refuses RECORD_ID_TAKEN and IDEMPOTENCY_KEY_REUSED. */
  acceptRecord(record: NewRecord, once: Once | null): Promise<AcceptResult>
  /** Refuses STATUS_CHANGE_ID_TAKEN and IDEMPOTENCY_KEY_REUSED. The certificate need not be in this store. */
  acceptStatusChange(change: NewStatusChange, once: Once | null): Promise<AcceptResult>
  /** What an earlier request with this key was answered; null when it is new. Refuses IDEMPOTENCY_KEY_REUSED. */
  answered(once: Once): Promise<AcceptResult | null>
  /**
   * Notes a write that left no statement under its key, so that the key cannot stand for another one later. A no-op when it is
   * noted already. Refuses IDEMPOTENCY_KEY_REUSED.
   */
  rememberAnswer(once: Once): Promise<void>
  statementBySeq(seq: number): Promise<StatementRow | null>
  seqOfLeaf(leaf: Uint8Array): Promise<number | null>
  certificateByIdentifier(identifier: string): Promise<CertificateRow | null>
  certificateByShortCode(shortCode: string): Promise<CertificateRow | null>
  /** Newest first, of all departments. */
  certificatesByNumber(lookup: Uint8Array, limit: number): Promise<CertificateRow[]>
  /** Notes the number of a certificate that was accepted without it. */
  indexNumber(seq: number, lookup: Uint8Array): Promise<void>
  certificateBySeq(seq: number): Promise<CertificateRow | null>
  certificates(
    filter: { department?: string; typeCode?: string; batch?: string },
    page: Page,
  ): Promise<CertificateRow[]>
  recordById(id: string): Promise<RecordRow | null>
  statusChanges(identifier: string): Promise<StatusChangeRow[]>
  statusChangeBySeq(seq: number): Promise<StatusChangeRow | null>
  /** Orders that the chain has not finally executed or refused, oldest first. */
  openOrders(): Promise<StatusChangeRow[]>
  markOrder(seq: number, state: OrderState, block: Block | null, refusal: string | null): Promise<void>
  /** Destroys seed and values of a certificate; its statement and leaf stay. A no-op when already erased. */
  eraseCertificate(identifier: string): Promise<void>

  // Log
  /** `accepted`: number of statements; `sealed`: size of the newest checkpoint (0 = none); `oldestUnsealedAt`: seconds or null. */
  logSize(): Promise<{ accepted: number; sealed: number; oldestUnsealedAt: number | null }>
  /** When the oldest statement was accepted that is in no anchored or final checkpoint, in seconds; null = all are. */
  oldestUnanchoredAt(): Promise<number | null>
  /** Leaf hashes in log order, `from` inclusive, at most `max`, concatenated (32 bytes each). */
  leaves(from: number, max: number): Promise<Uint8Array>
  /** Statements in log order, for auditors. */
  statements(from: number, max: number): Promise<StatementRow[]>
  /** Hashes of complete subtrees inside the sealed log; rejects when one is not complete. O(1) small reads each. */
  nodes(refs: NodeRef[]): Promise<Uint8Array[]>
  /** The published (sealed) hashes of tile (level, n), concatenated; null when there is none. */
  tile(level: number, n: number): Promise<Uint8Array | null>
  /**
   * Seals: adds the leaves between the last checkpoint and `checkpoint.size` to the tiles and stores the checkpoint, in one
   * transaction. Rejects (an invariant, nothing written) when the root computed from the tiles is not `checkpoint.root`.
   */
  sealCheckpoint(checkpoint: NewCheckpoint): Promise<void>
  /** Root of the first `size` accepted leaves, as sealing would compute it, without writing. */
  rootAt(size: number): Promise<Uint8Array>
  latestCheckpoint(): Promise<CheckpointRow | null>
  checkpointOfSize(size: number): Promise<CheckpointRow | null>
  /** All checkpoints, ascending by size, `fromSize` exclusive. */
  checkpoints(fromSize: number, max: number): Promise<CheckpointRow[]>
  /** Checkpoints not final, ascending. */
  openCheckpoints(): Promise<CheckpointRow[]>
  markCheckpoint(size: number, state: 'sealed' | 'anchored' | 'final', block: Block | null): Promise<void>
  /** The first checkpoint with size > index that is anchored or final; null = none yet. */
  anchoredCovering(index: number): Promise<CheckpointRow | null>

  // Transactions: stored before they are sent
  /**
   * Refuses NONCE_TAKEN when, for the same sender, another purpose's unsettled transaction has that nonce, and PURPOSE_UNSETTLED when
   * this purpose has one with another nonce. Replacements share purpose and nonce; the same hash again is a no-op.
   */
  storeTransaction(transaction: NewTransaction): Promise<TransactionRow>
  openTransactions(): Promise<TransactionRow[]>
  /** Every attempt of this sender with this nonce or a higher one that was not abandoned, settled ones too, in the order of nonces. */
  transactionsFrom(from: string, nonce: number): Promise<TransactionRow[]>
  /** Settles every attempt of the purpose. `abandoned`: the nonce was given up (a restarted chain); never resent. */
  settleTransactions(purpose: string, state: 'settled' | 'abandoned'): Promise<void>
  /** Highest nonce stored and not abandoned for this sender. */
  highestNonce(from: string): Promise<number | null>

  // Meta: facts about this data folder (log origin, deployment digest, …)
  setting(name: string): Promise<string | null>
  saveSetting(name: string, value: string): Promise<void>

  /** False from the first write that the disk does not take (full, read-only, broken) until one is on it again. */
  isWritable(): boolean
  /** The same; while it is false a write that leaves nothing behind is tried first, so that nobody's write has to be the first. Never rejects. */
  canWrite(): Promise<boolean>
  /**
   * Names what is wrong with the data, normally nothing: the engine's own check, the settings that durability needs, every statement
   * against its leaf, every tile against the leaves, every checkpoint against the tiles. Reads everything: for an audit or a restore.
   */
  checkIntegrity(): Promise<string[]>
  close(): Promise<void>
}
