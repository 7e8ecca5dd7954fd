/** A certificate on paper. What is printed is what the attached file discloses, so nobody can print one thing and attach another. */
import { parseCertificate } from '../../protocol/certificate.ts'
import { toHex } from '../../protocol/bytes.ts'
import { MEDIA_TYPE, parseFile } from '../../protocol/file.ts'
import { invariant, Refusal } from '../../protocol/refusal.ts'
import { printedFields, type PrintLanguage } from '../catalogue/printed.ts'
import { typeOfCertificate } from '../catalogue/publish.ts'
import { certificateFile, certificateState, type Standing } from '../certificates/read.ts'
import type { CertificateRow } from '../store/store.ts'
import { paperAddress, verifyAddress } from '../verification/paper-address.ts'
import { publicUrl, type World } from '../world.ts'
import { drawnPaper, paperMoment } from './drawn.ts'
import type { Paper } from './paper.ts'
import { anchoredLine, certificateSteps, NOTICES, SAMPLE_FOOT, validityLine, WORDS } from './words.ts'

/**
 * The PDF of a certificate with all its fields, its file attached. Asked anew each time whether it may be printed; only then may an
 * earlier drawing be handed out. Refuses WITHHELD, CERTIFICATE_ERASED, CERTIFICATE_NOT_IN_FORCE (revoked, superseded, suspended),
 * GLYPH_MISSING and, when too many wait, PAPER_BUSY.
 */
export async function certificatePaper(
  world: World,
  row: CertificateRow,
  language: PrintLanguage,
): Promise<Uint8Array> {
  const readAt = paperMoment()
  const file = await certificateFile(world, row, null)
  const { standing } = await certificateState(world, row)
  if (['REVOKED', 'SUPERSEDED', 'SUSPENDED'].includes(standing)) {
    // Paper outlives the order and would go on looking like a certificate in force.
    const message = 'only a certificate that is in force, expired or not yet valid is printed'
    throw new Refusal('CERTIFICATE_NOT_IN_FORCE', message, { expected: 'ACTIVE', found: standing })
  }
  return drawnPaper(await paperOf(world, row, file, { language, standing, watermark: null }), readAt)
}

/**
 * The PDF of a copy that a department took: the fields of that file, under a watermark that says who took it out and for what.
 * Refuses as `certificatePaper`, but not for what happened to the certificate since: the copy is what the department saw.
 */
export async function copyPaper(
  world: World,
  row: CertificateRow,
  file: string,
  watermark: string,
): Promise<Uint8Array> {
  return drawnPaper(
    await paperOf(world, row, file, { language: 'zh', standing: null, watermark }),
    paperMoment(),
  )
}

interface Printing {
  language: PrintLanguage
  /** null: not looked at. */
  standing: Standing | null
  watermark: string | null
}

async function paperOf(
  world: World,
  row: CertificateRow,
  file: string,
  { language, standing, watermark }: Printing,
): Promise<Paper> {
  const parsed = parseFile(Buffer.from(file))
  invariant(parsed.kind === 'certificate', 'the file of a certificate')
  const certificate = parseCertificate(parsed.certificate)
  const { definition } = await typeOfCertificate(world, row)
  const issuer = (await world.store.departments()).find(({ uscc }) => uscc === row.department)
  invariant(issuer, 'a certificate has an issuer')
  const blockTime = blockTimeOf(parsed.evidence)
  const number = definition.fields.find(({ key }) => key === definition.numberField) ?? definition.number
  const page = verifyAddress(world)
  const isSample = isSampleRegion(world)
  return {
    language,
    title: { zh: definition.zh, en: definition.en },
    number: { label: WORDS.identifier, text: row.identifier },
    notice: noticeOf(blockTime, standing, watermark !== null, language),
    parts: [
      {
        heading: null,
        isSpelledOut: false,
        fields: printedFields(definition, Object.fromEntries(certificate.fields), language),
      },
    ],
    issuer: {
      role: WORDS.issuer,
      name: { zh: issuer.zh, en: issuer.en },
      lines: [validityLine(row.validFrom, row.validUntil, language)],
      seal: isSample ? issuer.zh : null,
    },
    proof: {
      address: await paperAddress(world, row.shortCode),
      code: { label: `${WORDS.shortCode.zh} ${WORDS.shortCode.en}`, text: groupedCode(row.shortCode) },
      steps: certificateSteps({ site: publicUrl(world), page, number }, language),
      line: anchoredLine(blockTime, 'issuer', language),
    },
    foot: isSample ? SAMPLE_FOOT : toHex(row.leaf),
    watermark,
    attachments: [
      {
        name: `${row.identifier}.json`,
        mediaType: MEDIA_TYPE,
        description: '可核验的证照数据 Verifiable certificate data',
        text: file,
      },
    ],
    createdAt: row.acceptedAt,
  }
}

/** Digits and letters in groups of four, as people read them out. */
export const groupedCode = (code: string): string => code.replaceAll(/(.{4})(?=.)/g, '$1 ')

/** Regions 99xxxx are nobody's: there, and only there, a seal is drawn, and every page says that it is a sample. */
export const isSampleRegion = ({ region }: Pick<World, 'region'>): boolean => region.startsWith('99')

/** When the checkpoint of the receipt was anchored; null while there is only a promise. */
export function blockTimeOf(evidence: ReturnType<typeof parseFile>['evidence']): number | null {
  if (evidence.kind === 'promise') return null
  const { anchor } = evidence.receipt as { anchor?: { blockTime?: unknown } }
  return typeof anchor?.blockTime === 'number' ? anchor.blockTime : null
}

function noticeOf(
  blockTime: number | null,
  standing: Standing | null,
  isCopy: boolean,
  language: PrintLanguage,
): string | null {
  const notices = [
    ...(isCopy ? [NOTICES.partial] : []),
    ...(blockTime === null ? [isCopy ? NOTICES.acceptedCopy : NOTICES.accepted] : []),
    ...(standing === 'EXPIRED' ? [NOTICES.expired] : []),
    ...(standing === 'NOT_YET_VALID' ? [NOTICES.notYetValid] : []),
  ]
  return notices.length === 0 ? null : notices.map(notice => notice[language]).join('\n')
}
