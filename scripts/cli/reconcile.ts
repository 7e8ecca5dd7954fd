/**
 * `reconcile`: one page that a supervisor signs: how many statements were accepted, how many are anchored, and that none is missing,
 * modified or there twice; with the commands by which anybody repeats it.
 */
import { existsSync, readFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import type { FsckReport } from '../fsck/fsck.ts'
import type { ViolationCode } from '../fsck/finding.ts'
import type { Message } from '../../server/http/messages.ts'
import { formatInstant } from '../../protocol/instant.ts'
import { auditFrom, EXIT_UNDETERMINED, type FsckCommandOptions } from './fsck.ts'
import { writeOutput } from './files.ts'
import { dataDirOf, gatewayUrl } from './gateway.ts'
import { both } from './messages.ts'
import { EXIT_REFUSED, printable, type Outcome } from './terminal.ts'

export interface ReconcileOptions extends FsckCommandOptions {
  out?: string
}

export interface Reconciliation {
  origin: string | null
  /** RFC 3339: when it was made. */
  date: string
  accepted: number
  /** Below the newest checkpoint on chain; null when no chain could be asked. */
  anchored: number | null
  missing: number
  modified: number
  duplicated: number
  /** Other violations, which `fsck` names. */
  others: number
  /** Could everything be looked at? */
  complete: boolean
  chain: { chainId: number; block: number; hash: string; time: string } | null
  checkpoint: { size: number; root: string } | null
  /** SHA-256 of the trust file, in groups of four; null without one. */
  trustFingerprint: string | null
  commands: string[]
}

/**
 * Which violations count under which of the three numbers. What only follows from them (every later root differs, too) is among the
 * others, which `fsck` names.
 */
const COUNTED: Record<'missing' | 'modified' | 'duplicated', readonly ViolationCode[]> = {
  missing: [
    'TOLD_MISSING',
    'STATEMENT_MISSING',
    'LEAVES_MISSING',
    'ROW_MISSING',
    'USE_MISSING',
    'GRANT_MISSING',
  ],
  modified: [
    'TOLD_DIFFERS',
    'STATEMENT_UNREADABLE',
    'STATEMENT_KIND',
    'STATEMENT_SIGNATURE',
    'LEAF_DIFFERS',
    'LEAF_STRAY',
    'ROW_STRAY',
    'ROW_DIFFERS',
    'USE_DIFFERS',
    'DISCLOSURE_DIFFERS',
    'DOCUMENT_UNREADABLE',
    'ORDER_DIFFERS',
    'STATUS_DIFFERS',
    'GRANT_DIFFERS',
  ],
  duplicated: ['STATEMENT_TWICE', 'LEAF_TWICE', 'EVENT_TWICE', 'NONCE_TWICE', 'PURPOSE_TWICE'],
}

const words = {
  title: { zh: '存证日志对账单', en: 'Reconciliation of the log' },
  origin: { zh: '日志', en: 'log' },
  date: { zh: '日期', en: 'date' },
  accepted: { zh: '已受理声明', en: 'statements accepted' },
  anchored: { zh: '已上链', en: 'anchored' },
  pending: { zh: '待上链', en: 'not anchored yet' },
  missing: { zh: '缺失', en: 'missing' },
  modified: { zh: '改动', en: 'modified' },
  duplicated: { zh: '重复', en: 'duplicated' },
  others: { zh: '其他违例（见 fsck）', en: 'other violations (see fsck)' },
  chain: { zh: '区块链', en: 'chain' },
  block: { zh: '所据区块', en: 'as of block' },
  checkpoint: { zh: '检查点', en: 'checkpoint' },
  trust: { zh: '信任文件指纹', en: 'fingerprint of the trust file' },
  noTrust: { zh: '未提供信任文件（--trust）', en: 'no trust file was given (--trust)' },
  result: { zh: '结论', en: 'result' },
  agrees: { zh: '零丢失、零修改、零重复', en: 'nothing missing, nothing modified, nothing twice' },
  differs: { zh: '不相符', en: 'it does not agree' },
  undetermined: { zh: '未能全部核对', en: 'not everything could be checked' },
  repeat: { zh: '任何人均可如此复核', en: 'anybody repeats it by' },
  signature: { zh: '签字', en: 'signature' },
  supervisor: { zh: '主管', en: 'supervisor' },
  auditor: { zh: '审计人', en: 'auditor' },
  unknown: { zh: '未知', en: 'unknown' },
} satisfies Record<string, Message>

/**
 * Audits the folder and prints the page. Exit code 0 for 0/0/0 and nothing else wrong, 1 when something is, 5 when not everything could
 * be looked at.
 */
export async function reconcile(options: ReconcileOptions): Promise<Outcome> {
  const report = await auditFrom(options)
  const data = reconciliationOf(report, options)
  const lines = pageOf(data)
  if (options.out !== undefined) await writeOutput(options.out, `${lines.join('\n')}\n`)
  return { data, lines, exit: exitFor(data) }
}

const agreed = ({ missing, modified, duplicated, others }: Reconciliation): boolean =>
  missing + modified + duplicated + others === 0

function exitFor(data: Reconciliation): number {
  if (!agreed(data)) return EXIT_REFUSED
  return data.complete ? 0 : EXIT_UNDETERMINED
}

function reconciliationOf(report: FsckReport, options: ReconcileOptions): Reconciliation {
  const { chain, counts, latest } = report
  const sum = (codes: readonly ViolationCode[]) =>
    codes.reduce((total, code) => total + (counts[code] ?? 0), 0)
  const named = {
    missing: sum(COUNTED.missing),
    modified: sum(COUNTED.modified),
    duplicated: sum(COUNTED.duplicated),
  }
  const all = Object.values(counts).reduce((total, count) => total + count, 0)
  const dataDir = dataDirOf(options.data)
  const trust = options.trust === undefined ? null : readFileSync(options.trust)
  const trustName = options.trust ?? 'trust.json'
  const node = options.rpc ?? '<node>'
  return {
    origin: report.origin,
    date: formatInstant(Math.floor(Date.now() / 1000)),
    accepted: report.statements,
    anchored: chain === null ? null : (latest?.size ?? 0),
    ...named,
    others: all - named.missing - named.modified - named.duplicated,
    complete: report.outcome !== 'undetermined',
    chain:
      chain === null
        ? null
        : {
            chainId: chain.chainId,
            block: chain.block.number,
            hash: chain.block.hash,
            time: formatInstant(chain.block.time),
          },
    checkpoint: latest,
    trustFingerprint: trust === null ? null : groups(createHash('sha256').update(trust).digest('hex')),
    commands: [
      `npx onceproof fsck --data ${existsSync(dataDir) ? dataDir : '<folder>'} --trust ${trustName} --rpc ${node}`,
      `npx onceproof log audit --url ${gatewayUrl(undefined)} --trust ${trustName} --rpc ${node}`,
    ],
  }
}

const groups = (hex: string): string => hex.match(/.{4}/g)!.join(' ')

const WIDTH = 78

function pageOf(data: Reconciliation): string[] {
  const { chain, checkpoint, anchored } = data
  const row = (label: Message, value: string | number | null) =>
    `  ${both(label)}: ${printable(String(value ?? both(words.unknown)))}`
  const result = !agreed(data) ? words.differs : data.complete ? words.agrees : words.undetermined
  const sign = (who: Message) =>
    `  ${both(who)}  ${both(words.signature)}: ____________________   ${both(words.date)}: ____________`
  return [
    '='.repeat(WIDTH),
    both(words.title),
    '='.repeat(WIDTH),
    row(words.origin, data.origin),
    row(words.date, data.date),
    '',
    row(words.accepted, data.accepted),
    row(words.anchored, anchored),
    row(words.pending, anchored === null ? null : data.accepted - anchored),
    row(words.missing, data.missing),
    row(words.modified, data.modified),
    row(words.duplicated, data.duplicated),
    row(words.others, data.others),
    row(words.result, both(result)),
    '',
    row(words.chain, chain?.chainId ?? null),
    row(words.block, chain === null ? null : `${chain.block} ${chain.hash} ${chain.time}`),
    row(words.checkpoint, checkpoint === null ? null : `${checkpoint.size} ${checkpoint.root}`),
    row(words.trust, data.trustFingerprint ?? both(words.noTrust)),
    '',
    `  ${both(words.repeat)}:`,
    ...data.commands.map(command => `    ${command}`),
    '',
    sign(words.auditor),
    '',
    sign(words.supervisor),
    '='.repeat(WIDTH),
  ]
}
