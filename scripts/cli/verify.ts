/**
 * Verifying without any gateway: the file, the verifier's trust file, and a node or a snapshot that the verifier chose.
 */
import { fromBase64url } from '../../protocol/bytes.ts'
import type { ChainView } from '../../protocol/chain-view.ts'
import { parseInstant } from '../../protocol/instant.ts'
import { parseSnapshot, snapshotView } from '../../protocol/snapshot.ts'
import { parseTrust, type Trust } from '../../protocol/trust.ts'
import { verify, type Verification } from '../../protocol/verify.ts'
import { VERDICTS } from '../../protocol/verdict.ts'
import { demoRegion } from '../../server/catalogue/region.ts'
import { createRpc } from '../../server/chain/rpc.ts'
import { liveView } from '../../server/chain/view.ts'
import { reportOf } from '../../server/verification/verify.ts'
import { digestOfFile } from './certificates.ts'
import { readInput, readUpTo } from './files.ts'
import { both, labels } from './messages.ts'
import { EXIT_REFUSED, instantText, line, printable, usage, type Outcome } from './terminal.ts'
import { answerLines, verdictLines } from './verdict-lines.ts'

export interface VerifyOptions {
  trust: string
  rpc?: string
  snapshot?: string
  original?: string
  at?: string
}

/** One byte more than a certificate file may have: what is longer is refused by its own rules, and never read whole. */
const MAX_READ = 2_097_153
const MAX_SNAPSHOT = 268_435_456

/**
 * Verifies a certificate file or record file. The exit code is the verdict's (docs/formats.md §14); a node that does not answer
 * makes it CANNOT_CHECK, never yes and never no. When `original` is not the file that a certificate names, the exit code is 1
 * whatever the verdict.
 */
export async function verifyFile(path: string, options: VerifyOptions): Promise<Outcome> {
  const now = options.at === undefined ? Math.floor(Date.now() / 1000) : parseInstant(options.at)
  if (now === null) {
    throw usage('--at is an instant', { field: '--at', expected: '2026-01-31T16:00:00Z', found: options.at! })
  }
  const trust = await readTrust(options.trust)
  const view = await viewOf(trust, options)
  const file = await readUpTo(path, MAX_READ)
  const original = options.original === undefined ? null : (await digestOfFile(options.original)).sha256
  const verification = await verify(file, trust, view, now, original === null ? {} : { digest: original })
  const report = reportOf(verification)
  const named = originalOf(verification, original)
  const { exit } = VERDICTS[verification.verdict]
  return {
    exit: named !== null && named !== 'same' ? EXIT_REFUSED : exit,
    data: { ...report, ...(named !== null && { original: named }) },
    lines: [
      ...verdictLines(verification.verdict, verification.subject?.kind),
      ...answerLines(verification.answers),
      ...(named === null ? [] : [line(labels.original, both(ORIGINAL[named]))]),
      ...factLines(verification),
      ...fieldLines(verification),
    ],
  }
}

/** Refuses TRUST_SYNTAX or a JSON code. */
export async function readTrust(path: string): Promise<Trust> {
  return parseTrust(await readInput(path))
}

/** Exactly one of the two: who is asked is the verifier's choice. */
export async function viewOf(
  trust: Trust,
  { rpc, snapshot }: { rpc?: string; snapshot?: string },
): Promise<ChainView> {
  if ((rpc === undefined) === (snapshot === undefined))
    throw usage('exactly one of --rpc and --snapshot is needed')
  if (rpc !== undefined) return liveView(nodeAt(rpc), trust.contracts)
  return snapshotView(parseSnapshot(await readInput(snapshot!, MAX_SNAPSHOT)))
}

/** A client of the node at an address from the command line, which may hold a password and so is not quoted. */
export function nodeAt(url: string) {
  try {
    return createRpc(url)
  } catch {
    throw usage('--rpc is an http or https URL', { field: '--rpc', expected: 'http://127.0.0.1:8788' })
  }
}

const ORIGINAL = { same: labels.sameFile, other: labels.otherFile, 'not named': labels.noFile }

/** Whether the file in hand is the one that a certificate names; for a record the answer *intact* says so. */
function originalOf({ subject }: Verification, digest: Uint8Array | null): keyof typeof ORIGINAL | null {
  if (digest === null || subject?.kind !== 'certificate') return null
  const { relatedResource } = subject.certificate
  if (relatedResource === null) return 'not named'
  return relatedResource.digestSRI === `sha256-${Buffer.from(digest).toString('base64')}` ? 'same' : 'other'
}

function factLines({ issuer, anchor, asOf, successor, subject }: Verification): string[] {
  return [
    ...(issuer === null ? [] : [line(labels.issuer, `${issuer.did} ${issuer.uscc}`)]),
    ...(anchor === null
      ? []
      : [
          line(
            labels.anchor,
            `${both(labels.block)} ${anchor.blockNumber}, ${instantText(anchor.blockTime)} (${anchor.index} < ${anchor.size})`,
          ),
        ]),
    ...(asOf === null ? [] : [line(labels.asOf, `${asOf.number}, ${instantText(asOf.time)}`)]),
    ...(successor === null ? [] : [line(labels.successor, successor)]),
    ...(subject === null ? [] : [line(labels.leaf, subject.leaf)]),
  ]
}

/** Values are said to be proved only when content and issuer are. */
function fieldLines({ subject, answers }: Verification): string[] {
  if (subject === null) return []
  const isProved = answers.intact.answer === 'yes' && answers.authorised.answer === 'yes'
  const head = `  ${both(isProved ? labels.fields : labels.fieldsUnproved)}:`
  if (subject.kind === 'record') {
    const { digest, ...more } = subject.statement.payload['record'] as { digest: string }
    const sha256 = Buffer.from(fromBase64url(digest) ?? []).toString('hex')
    const entries = Object.entries({ sha256, ...more })
    return [head, ...entries.map(([name, value]) => `    ${name}: ${printable(value)}`)]
  }
  const { fields, typeCode } = subject.certificate
  const type = demoRegion().certificateTypes.find(known => known.typeCode === typeCode)
  const labelOf = (name: string) => type?.fields.find(({ key }) => key === name)?.zh ?? ''
  return [
    head,
    ...[...fields].map(
      ([name, value]) => `    ${`${labelOf(name)} ${printable(name)}`.trim()}: ${printable(value)}`,
    ),
  ]
}
