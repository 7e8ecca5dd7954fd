/**
 * `fsck`: the auditor over a data folder, and what it found, named.
 *
 * Exit codes: 0 clean; 1 violations (or the command was refused); 2 used wrongly; 5 undetermined: nothing wrong was found, and not
 * everything could be looked at.
 */
import { existsSync } from 'node:fs'
import { createRpc } from '../../server/chain/rpc.ts'
import { CODES, INVARIANTS, type Unchecked, type Violation } from '../fsck/finding.ts'
import { fsck, type FsckReport } from '../fsck/fsck.ts'
import { passphrasePath } from './exports.ts'
import { readInput, readSecret } from './files.ts'
import { dataDirOf } from './gateway.ts'
import { both, labels, uncheckedText } from './messages.ts'
import { EXIT_REFUSED, instantText, line, printable, usage, withProgress, type Outcome } from './terminal.ts'
import { readTrust } from './verify.ts'

export interface FsckCommandOptions {
  data?: string
  rpc?: string
  snapshot?: string
  trust?: string
  passphraseFile?: string
  clientLog?: string
  canaries?: string
}

/** As the verdict CANNOT_CHECK. */
export const EXIT_UNDETERMINED = 5
const MAX_SNAPSHOT = 268_435_456
/** An event page of a busy chain takes a while. */
const NODE_PATIENCE_MS = 60_000

export async function auditFolder(options: FsckCommandOptions): Promise<Outcome> {
  const report = await auditFrom(options)
  return { exit: exitOf(report), data: report, lines: reportLines(report) }
}

export const exitOf = ({ outcome }: FsckReport): number =>
  outcome === 'clean' ? 0 : outcome === 'violations' ? EXIT_REFUSED : EXIT_UNDETERMINED

/** Runs the auditor with the options of a command line, showing how far it is. */
export async function auditFrom(options: FsckCommandOptions): Promise<FsckReport> {
  const { rpc, snapshot, trust, passphraseFile, clientLog = null, canaries = null } = options
  if (rpc !== undefined && snapshot !== undefined) throw usage('--rpc or --snapshot, not both')
  const dataDir = dataDirOf(options.data)
  const from = passphrasePath(dataDir, passphraseFile)
  const hasPassphrase = passphraseFile !== undefined || existsSync(from)
  const confirmations = Number(process.env['ONCEPROOF_CONFIRMATIONS'] || 1)
  return withProgress(labels.auditing, async progress =>
    fsck(
      {
        dataDir,
        trust: trust === undefined ? null : await readTrust(trust),
        rpc: rpc === undefined ? null : createRpc(rpc, { timeoutMs: NODE_PATIENCE_MS }),
        snapshot: snapshot === undefined ? null : await readInput(snapshot, MAX_SNAPSHOT),
        passphrase: hasPassphrase ? await readSecret(from, 'PASSPHRASE_FILE') : null,
        confirmations,
        clientLog,
        canaries,
      },
      (_, done, all) => progress.to(done, all),
    ),
  )
}

const HEADS = {
  clean: labels.fsckClean,
  violations: labels.fsckViolations,
  undetermined: labels.fsckUndetermined,
} as const

function reportLines(report: FsckReport): string[] {
  const { checkpoints, chain, violations, unchecked, counts } = report
  return [
    `${both(HEADS[report.outcome])}: ${printable(report.origin ?? '')}`,
    line(labels.leaves, report.statements),
    line(labels.root, report.root),
    line(labels.checkpointsOnChain, checkpoints.onChain),
    line(labels.notes, checkpoints.signed),
    line(labels.checkpointsPending, checkpoints.pending),
    line(labels.told, report.told),
    ...(chain === null
      ? []
      : [line(labels.asOf, `${chain.block.number}, ${instantText(chain.block.time)} (${chain.source})`)]),
    ...violations.map(violationLine),
    ...Object.entries(counts).flatMap(([code, count]) => {
      const rest = count - violations.filter(one => one.code === code).length
      return rest > 0 ? [`  … ${both(labels.more)} ${code}: ${rest}`] : []
    }),
    ...unchecked.map(uncheckedLine),
  ]
}

export function violationLine({ invariant, code, at, expected, found }: Violation): string {
  const where = Object.entries(at)
    .map(([name, value]) => `${name} ${printable(String(value))}`)
    .join(', ')
  const values = [
    ...(expected === undefined ? [] : [`${both(labels.expected)} ${printable(expected)}`]),
    ...(found === undefined ? [] : [`${both(labels.found)} ${printable(found)}`]),
  ].join(', ')
  return `  ✘ ${invariant} ${both(CODES[code])} [${code}] ${where}${values === '' ? '' : ` — ${values}`}`
}

function uncheckedLine({ invariant, what, why }: Unchecked): string {
  return `  ? ${invariant} ${both(INVARIANTS[invariant])}: ${printable(what)} — ${uncheckedText(why)} [${why}]`
}
