/**
 * The auditor: holds a data folder, its log, its chain and its trail to the twelve invariants (docs/fsck.md), reading only. It shares no
 * code with what writes where the same bug could hide in both: roots, tiles, digests, signatures and documents are computed here
 * from the formats, each in the plainest way.
 */
import Database from 'better-sqlite3'
import { ChainUnreachable, RpcFailure } from '../../server/chain/rpc.ts'
import { ContractRevert } from '../../server/chain/view.ts'
import { storageFaultOf } from '../../server/store/storage-fault.ts'
import { checkAnchors } from './checkpoints.ts'
import {
  CODES,
  findings as newFindings,
  INVARIANTS,
  type Invariant,
  type Unchecked,
  type Violation,
  type ViolationCode,
} from './finding.ts'
import { openFolder, type Audited, type FolderOptions } from './folder.ts'
import { checkGrants } from './grants.ts'
import { checkOrders } from './orders.ts'
import { checkCanaries, checkPlainColumns } from './private.ts'
import { checkDocuments } from './sealed.ts'
import { checkStatements } from './statements.ts'
import { checkTold } from './told.ts'
import { checkTransactions } from './transactions.ts'
import { checkDatabase, checkValues } from './values.ts'

export interface FsckOptions extends FolderOptions {
  /** NDJSON of what clients were told; null = nobody noted it. */
  clientLog: string | null
  /** File of values that must stand nowhere in the clear. */
  canaries: string | null
}

export interface FsckReport {
  /** `undetermined`: nothing is wrong as far as was looked, and not everything could be looked at. */
  outcome: 'clean' | 'violations' | 'undetermined'
  origin: string | null
  statements: number
  /** Root of all of them, base64. */
  root: string
  checkpoints: { onChain: number; signed: number; pending: number }
  /** The newest checkpoint on chain, root in base64. */
  latest: { size: number; root: string } | null
  /** Promises in the client's log. */
  told: number
  chain: {
    source: string
    chainId: number
    genesis: string
    block: { number: number; hash: string; time: number }
  } | null
  /** Of each invariant; one of which a part could not be looked at does not hold, it is undetermined. */
  invariants: Record<Invariant, 'holds' | 'broken' | 'undetermined'>
  violations: Violation[]
  /** How many there are of each code; the first of each are listed. */
  counts: Record<string, number>
  unchecked: Unchecked[]
}

/** What is being done, for a progress bar. */
export type OnProgress = (stage: 'statements' | 'files', done: number, all: number) => void

/** Without them nothing else is missing: the client's log and the canaries are the caller's to bring. */
const OPTIONAL = new Set<Unchecked['why']>(['NO_CLIENT_LOG', 'NO_CANARIES'])

/**
 * Audits. Refuses what `openFolder` refuses; everything else becomes a finding, and a check that cannot go on is `undetermined`, never
 * in order. Memory does not grow with the number of statements.
 */
export async function fsck(
  options: FsckOptions,
  onProgress: OnProgress = () => undefined,
): Promise<FsckReport> {
  const findings = newFindings()
  const audited = await openFolder(options, findings)
  let log = { leaves: 0, root: '', checkpoints: { onChain: 0, signed: 0, pending: 0 } }
  let told = 0
  let latest: FsckReport['latest'] = null
  const steps: [invariant: Invariant, what: string, run: () => void | Promise<void>][] = [
    ['files', 'pages and references of the database', () => checkDatabase(audited)],
    [
      'I2',
      'statements',
      async () => {
        log = await checkStatements(audited, (done, all) => onProgress('statements', done, all))
      },
    ],
    [
      'I1',
      'what clients were told',
      async () => {
        told = await checkTold(audited, options.clientLog)
      },
    ],
    [
      'I4',
      'anchors',
      async () => {
        latest = await checkAnchors(audited)
      },
    ],
    ['I6', 'transactions', () => checkTransactions(audited)],
    ['I8', 'status', () => checkOrders(audited)],
    ['I9', 'grants and uses', () => checkGrants(audited)],
    ['I10', 'sealed content', () => checkDocuments(audited)],
    ['files', 'values', () => checkValues(audited)],
    ['I12', 'plain columns', () => checkPlainColumns(audited)],
    [
      'I12',
      'canary values',
      () => checkCanaries(audited, options.canaries, (done, all) => onProgress('files', done, all)),
    ],
  ]
  try {
    for (const [invariant, what, run] of steps) await attempt(audited, invariant, what, run)
  } finally {
    audited.db.close()
    audited.scratch.close()
  }
  const { violations, counts, unchecked } = findings.all()
  const { chain } = audited
  const open = unchecked.filter(({ why }) => !OPTIONAL.has(why))
  return {
    outcome: violations.length > 0 ? 'violations' : open.length > 0 ? 'undetermined' : 'clean',
    origin: audited.origin,
    statements: log.leaves,
    root: log.root,
    checkpoints: log.checkpoints,
    latest,
    told,
    chain:
      chain === null
        ? null
        : { source: chain.source, chainId: chain.chainId, genesis: chain.genesis, block: chain.asOf },
    invariants: standings(counts, unchecked),
    violations,
    counts,
    unchecked,
  }
}

function standings(
  counts: Readonly<Record<string, number>>,
  unchecked: readonly Unchecked[],
): FsckReport['invariants'] {
  const broken = new Set(Object.keys(counts).map(code => CODES[code as ViolationCode].invariant))
  const open = new Set(unchecked.map(({ invariant }) => invariant))
  const of = (invariant: Invariant) =>
    broken.has(invariant) ? 'broken' : open.has(invariant) ? 'undetermined' : 'holds'
  return Object.fromEntries(
    (Object.keys(INVARIANTS) as Invariant[]).map(invariant => [invariant, of(invariant)]),
  ) as FsckReport['invariants']
}

/**
 * A check that meets a damaged page, a value that nobody could have written, a silent node or a contract that refuses the question ends
 * there, and says so; the others go on.
 */
async function attempt(
  { findings }: Audited,
  invariant: Invariant,
  what: string,
  run: () => void | Promise<void>,
): Promise<void> {
  try {
    await run()
  } catch (error) {
    if (error instanceof ChainUnreachable || error instanceof RpcFailure)
      findings.unchecked(invariant, what, 'NO_CHAIN')
    else if (error instanceof ContractRevert) findings.unchecked(invariant, what, 'DAMAGED')
    else if (error instanceof Database.SqliteError && storageFaultOf(error) === null) {
      findings.violation('DATABASE_DAMAGED', { while: what }, { found: error.code })
      findings.unchecked(invariant, what, 'DAMAGED')
    } else {
      // Nobody is accused for it: it may be ours. Not its message, which may repeat what stands in a row.
      const { name, code = name } = error as { name: string; code?: unknown }
      findings.unchecked(invariant, `${what} (${String(code)})`, 'BROKE_OFF')
    }
  }
}
