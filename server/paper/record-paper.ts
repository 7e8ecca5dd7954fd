/** 存证证书: a notarized record on paper. */
import { parseFile, MEDIA_TYPE } from '../../protocol/file.ts'
import { fromBase64url, toHex, utf8FromBase64url } from '../../protocol/bytes.ts'
import { invariant } from '../../protocol/refusal.ts'
import { type Label, type PrintedField, type PrintLanguage } from '../catalogue/printed.ts'
import { timeText } from '../wording/times.ts'
import { notaryOf } from '../departments/admit.ts'
import { recordFile } from '../records/notarize.ts'
import type { RecordRow } from '../store/store.ts'
import { recordAddress, verifyAddress } from '../verification/paper-address.ts'
import type { World } from '../world.ts'
import { blockTimeOf, isSampleRegion } from './certificate-paper.ts'
import { drawnPaper, paperMoment } from './drawn.ts'
import { anchoredLine, NOTICES, RECORD_MEANING, recordSteps, SAMPLE_FOOT, WORDS } from './words.ts'

interface Claims {
  record: { digest: string; size?: number; mediaType?: string; name?: string }
}

/** The PDF of a record, with statement and receipt attached. Refuses PAPER_BUSY when too many wait. */
export async function recordPaper(
  world: World,
  record: RecordRow,
  language: PrintLanguage,
): Promise<Uint8Array> {
  const readAt = paperMoment()
  const file = await recordFile(world, record)
  const parsed = parseFile(Buffer.from(file))
  const claims = JSON.parse(utf8FromBase64url(record.statement.split('.')[1]!)!) as Claims
  const notary = await notaryOf(world)
  const blockTime = blockTimeOf(parsed.evidence)
  const isSample = isSampleRegion(world)
  return drawnPaper(
    {
      language,
      title: WORDS.record,
      number: { label: WORDS.recordId, text: record.id },
      notice: blockTime === null ? NOTICES.acceptedRecord[language] : null,
      parts: [
        { heading: null, isSpelledOut: true, fields: fieldsOfRecord(record, claims, language) },
        { heading: null, isSpelledOut: true, fields: fieldsOfAnchor(parsed.evidence, language) },
        { heading: null, isSpelledOut: false, fields: [field('meaning', RECORD_MEANING[language])] },
      ],
      issuer: {
        role: WORDS.notary,
        name: { zh: notary.zh, en: notary.en },
        lines: [],
        seal: isSample ? notary.zh : null,
      },
      proof: {
        address: recordAddress(world, record.id),
        code: { label: `${WORDS.recordId.zh} ${WORDS.recordId.en}`, text: record.id },
        steps: recordSteps(verifyAddress(world), language),
        line: anchoredLine(blockTime, 'submitter', language),
      },
      foot: isSample ? SAMPLE_FOOT : toHex(record.leaf),
      watermark: null,
      attachments: [
        {
          name: `${record.id}.json`,
          mediaType: MEDIA_TYPE,
          description: '可核验的存证数据 Verifiable record data',
          text: file,
        },
      ],
      createdAt: record.acceptedAt,
    },
    readAt,
  )
}

function fieldsOfRecord(
  { acceptedAt }: RecordRow,
  { record: { digest, size, mediaType, name } }: Claims,
  language: PrintLanguage,
): PrintedField[] {
  const bytes = fromBase64url(digest)
  invariant(bytes, 'a record has a digest')
  return [
    ...(name === undefined ? [] : [field('fileName', name)]),
    ...(mediaType === undefined ? [] : [field('mediaType', mediaType)]),
    ...(size === undefined ? [] : [field('fileSize', sizeText(size, language))]),
    field('fingerprint', groupedDigest(toHex(bytes).slice(2))),
    field('receivedAt', timeText(acceptedAt, language)),
  ]
}

function fieldsOfAnchor(
  evidence: ReturnType<typeof parseFile>['evidence'],
  language: PrintLanguage,
): PrintedField[] {
  if (evidence.kind === 'promise') return []
  const { anchor } = evidence.receipt as unknown as {
    anchor: { chainId: number; contract: string; blockNumber: number; blockTime: number }
  }
  return [
    field('anchoredAt', timeText(anchor.blockTime, language)),
    field('block', `${anchor.blockNumber} (chain ${anchor.chainId})`),
    field('contract', anchor.contract),
  ]
}

function field(key: keyof typeof WORDS, text: string): PrintedField {
  const label: Label = WORDS[key]
  return { key, ...label, value: { text } }
}

/** Two lines of four groups, so that people can compare it with what a tool prints. */
const groupedDigest = (hex: string): string =>
  [hex.slice(0, 32), hex.slice(32)].map(half => half.replaceAll(/(.{8})(?=.)/g, '$1 ')).join('\n')

const sizeText = (size: number, language: PrintLanguage) =>
  `${String(size).replaceAll(/\B(?=(?:\d{3})+$)/g, ',')} ${language === 'zh' ? '字节' : 'bytes'}`
