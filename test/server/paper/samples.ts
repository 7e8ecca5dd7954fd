/** Papers of the demonstration region's types, without a gateway. */
import { printedFields, type PrintedField, type PrintLanguage } from '../../../server/catalogue/printed.ts'
import { demoRegion, typeIn } from '../../../server/catalogue/region.ts'
import type { Paper } from '../../../server/paper/paper.ts'
import {
  anchoredLine,
  certificateSteps,
  SAMPLE_FOOT,
  validityLine,
  WORDS,
} from '../../../server/paper/words.ts'
import { exampleRow } from '../../support/opened-gateway.ts'

export const SITE = 'https://verify.yunling.example'
export const ADDRESS = `${SITE}/v/7Q2K9MXA?k=AbCdEfGhIjKlMnOpQrStUv`

export function samplePaper(
  type: string,
  values: Record<string, unknown> = exampleRow(type),
  changes: Partial<Paper> = {},
): Paper {
  const definition = typeIn(demoRegion(), type)
  const language = changes.language ?? 'zh'
  const issuer = demoRegion().departments.find(({ code }) => code === definition.issuer)!
  return {
    language,
    title: { zh: definition.zh, en: definition.en },
    number: {
      label: WORDS.identifier,
      text: `1.2.156.3005.2.${definition.typeCode}.${issuer.uscc}.01KB7C2M4W5X6Y7Z8A9BCDEFGH.001.K`,
    },
    notice: null,
    parts: [{ heading: null, isSpelledOut: false, fields: sampleFields(type, values, language) }],
    issuer: {
      role: WORDS.issuer,
      name: { zh: issuer.zh, en: issuer.en },
      lines: [validityLine(1_600_000_000, null, language)],
      seal: issuer.zh,
    },
    proof: {
      address: ADDRESS,
      code: { label: `${WORDS.shortCode.zh} ${WORDS.shortCode.en}`, text: '7Q2K 9MXA' },
      steps: certificateSteps({ site: SITE, page: `${SITE}/verify`, number: definition.number }, language),
      line: anchoredLine(1_796_000_000, 'issuer', language),
    },
    foot: SAMPLE_FOOT,
    watermark: null,
    attachments: [
      {
        name: 'certificate.json',
        mediaType: 'application/vnd.onceproof+json',
        description: 'the file',
        text: '{"sample":true}',
      },
    ],
    createdAt: 1_796_000_000,
    ...changes,
  }
}

export const sampleFields = (
  type: string,
  values: Record<string, unknown>,
  language: PrintLanguage = 'zh',
): PrintedField[] => printedFields(typeIn(demoRegion(), type), values, language)

/** Every text that the fields print. */
export function printedTexts(fields: readonly PrintedField[]): string[] {
  return fields.flatMap(({ value }) => ('text' in value ? [value.text] : value.rows.flat()))
}
