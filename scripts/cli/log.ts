/**
 * `log audit`: the whole tree again, against everything that the chain and the log's signatures say.
 */
import { join } from 'node:path'
import { parseSnapshot, snapshotView } from '../../protocol/snapshot.ts'
import { readEndpoint } from '../../server/chain/embedded/endpoint.ts'
import { liveView } from '../../server/chain/view.ts'
import {
  assertTrustedChain,
  auditLog,
  nodeCheckpoints,
  noteKeyOf,
  publishedLog,
  snapshotCheckpoints,
  storedLog,
  type Audit,
  type AuditedChain,
  type Difference,
} from './audit.ts'
import { readInput } from './files.ts'
import { dataDirOf, publicClient } from './gateway.ts'
import { both, differenceText, labels } from './messages.ts'
import { EXIT_REFUSED, instantText, line, printable, usage, withProgress, type Outcome } from './terminal.ts'
import { nodeAt, readTrust } from './verify.ts'
import type { Trust } from '../../protocol/trust.ts'

export interface AuditOptions {
  trust: string
  url?: string
  data?: string
  rpc?: string
  snapshot?: string
}

const MAX_SNAPSHOT = 268_435_456

/**
 * Audits the log that the gateway publishes (`url`), or the one in a data folder (`data`), against the chain: a node or a snapshot;
 * with `data` alone, the embedded chain of that folder. Exit code 0 only when everything agrees.
 */
export async function audit(options: AuditOptions): Promise<Outcome> {
  if ((options.url === undefined) === (options.data === undefined))
    throw usage('exactly one of --url and --data is needed')
  const trust = await readTrust(options.trust)
  // The chain's block is fixed before the log is asked: what is anchored by then, the log must show.
  const chainOf = await openChain(trust, options)
  const log =
    options.data === undefined
      ? await publishedLog(publicClient(options))
      : storedLog(dataDirOf(options.data))
  try {
    const noteKey = noteKeyOf(trust, log.origin)
    const result = await withProgress(labels.auditing, progress =>
      auditLog(log, chainOf(log.origin), noteKey, progress.to),
    )
    return { exit: result.agrees ? 0 : EXIT_REFUSED, data: result, lines: auditLines(result) }
  } finally {
    log.close()
  }
}

async function openChain(
  trust: Trust,
  { data, rpc, snapshot }: AuditOptions,
): Promise<(origin: string) => AuditedChain> {
  if (rpc !== undefined && snapshot !== undefined) throw usage('--rpc or --snapshot, not both')
  if (snapshot !== undefined) {
    const facts = parseSnapshot(await readInput(snapshot, MAX_SNAPSHOT))
    await assertTrustedChain(snapshotView(facts), trust)
    return origin => snapshotCheckpoints(facts, origin)
  }
  const url = rpc ?? (data === undefined ? undefined : readEndpoint(join(dataDirOf(data), 'chain'))?.url)
  if (url === undefined) throw usage('--rpc or --snapshot is needed: it says which chain is asked')
  const node = nodeAt(url)
  const view = liveView(node, trust.contracts)
  await assertTrustedChain(view, trust)
  return nodeCheckpoints(node, trust, view)
}

function auditLines(result: Audit): string[] {
  const { checkpoints, asOf } = result
  return [
    `${both(result.agrees ? labels.auditAgrees : labels.auditDiffers)}: ${printable(result.origin)}`,
    line(labels.leaves, result.leaves),
    line(labels.root, result.root),
    line(labels.checkpointsOnChain, checkpoints.onChain),
    line(labels.notes, checkpoints.signed),
    line(labels.checkpointsPending, checkpoints.pending),
    line(labels.asOf, `${asOf.number}, ${instantText(asOf.time)}`),
    ...result.differences.map(differenceLine),
    ...Object.entries(result.counts)
      .map(
        ([code, count]) =>
          [code, count - result.differences.filter(one => one.code === code).length] as const,
      )
      .filter(([, rest]) => rest > 0)
      .map(([code, rest]) => `  … ${both(labels.more)} ${code}: ${rest}`),
  ]
}

function differenceLine({ code, index, size, agreedTo, expected, found }: Difference): string {
  const where = [
    ...(index === undefined ? [] : [`index ${index}`]),
    ...(size === undefined ? [] : [`size ${size}`]),
    ...(agreedTo === undefined ? [] : [`index ≥ ${agreedTo}`]),
  ].join(', ')
  const values = [
    ...(expected === undefined ? [] : [`${both(labels.expected)} ${printable(expected)}`]),
    ...(found === undefined ? [] : [`${both(labels.found)} ${printable(found)}`]),
  ].join(', ')
  return `  ✘ ${differenceText(code)} [${code}] ${where}${values === '' ? '' : ` — ${values}`}`
}
