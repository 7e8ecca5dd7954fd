/**
 * Draws a paper: values in, the bytes of a PDF out. No clock, no network, no file but the fonts; the same paper is the same bytes.
 */
import { Buffer } from 'node:buffer'
import type { PrintedField } from '../catalogue/printed.ts'
import { spelledOut, widthOf } from './fonts.ts'
import { drawFields } from './grid.ts'
import { drawDivider, drawFrame, drawSeal, SEAL } from './ornament.ts'
import type { Paper, Proof } from './paper.ts'
import { drawQr, QR_SIZE } from './qr.ts'
import {
  ACCENT,
  artifact,
  closeSheet,
  content,
  element,
  ensureRoom,
  HEIGHT,
  INNER,
  linesIn,
  MM,
  moveToFoot,
  openSheet,
  PANEL,
  putHeading,
  putLine,
  RULE,
  SIDE,
  SOFT,
  tagged,
  WIDTH,
  type Sheet,
  type Style,
} from './sheet.ts'

const AIRY = 5.5
const TIGHT = 2

/** The PDF. Refuses GLYPH_MISSING (a character that no font has), with the field and the character. */
export async function drawPaper(paper: Paper): Promise<Uint8Array> {
  const airy = layOut(paper, AIRY)
  if (pagesOf(airy) === 1) return closeSheet(airy)
  // Moved together a little, many a certificate still fits on fewer pages.
  const tight = layOut(paper, TIGHT)
  return closeSheet(pagesOf(tight) < pagesOf(airy) ? tight : airy)
}

const pagesOf = ({ doc }: Sheet): number => doc.bufferedPageRange().count

function layOut(paper: Paper, padding: number): Sheet {
  const { language, title, issuer, createdAt, number } = paper
  const sheet = openSheet(
    {
      title: `${title[language]} ${number.text}`,
      // Labels and values are Chinese also where English comes first.
      language: 'zh-CN',
      subject: `${title.zh} ${title.en}`,
      author: issuer.name.zh,
      createdAt,
    },
    padding,
  )
  drawTitle(sheet, paper)
  drawNotice(sheet, paper.notice)
  for (const { heading, isSpelledOut, fields } of paper.parts) {
    if (heading !== null) {
      sheet.y += 10
      ensureRoom(sheet, 60)
      if (language === 'zh') putHeading(sheet, heading.zh, heading.en)
      else putHeading(sheet, heading.en, heading.zh)
    }
    drawFields(sheet, isSpelledOut ? fields.map(spelled) : fields, language)
  }
  drawClosing(sheet, paper)
  for (const { name, mediaType, description, text } of paper.attachments) {
    const facts = { name, type: mediaType, description, relationship: 'Source' as const }
    const at = new Date(createdAt * 1000)
    sheet.doc.file(Buffer.from(text), { ...facts, creationDate: at, modifiedDate: at })
  }
  drawPageFrames(sheet, paper)
  return sheet
}

function spelled(field: PrintedField): PrintedField {
  const { value } = field
  if ('text' in value) return { ...field, value: { text: spelledOut(value.text) } }
  return { ...field, value: { ...value, rows: value.rows.map(row => row.map(spelledOut)) } }
}

function drawTitle(sheet: Sheet, { title, number, language }: Paper): void {
  const middle = WIDTH / 2
  const [first, second] = language === 'zh' ? [title.zh, title.en] : [title.en, title.zh]
  sheet.field = 'title'
  const size = Math.min(24, (24 * INNER) / widthOf(first, 'bold', 24, 'title'))
  tagged(sheet, sheet.root, 'H1', () => {
    putLine(sheet, first, middle, sheet.y + 22, { size, weight: 'bold', color: ACCENT, align: 'center' })
  })
  tagged(sheet, sheet.root, 'P', () => {
    putLine(sheet, second, middle, sheet.y + 41, { size: 11, color: SOFT, align: 'center' })
  })
  artifact(sheet, 'Layout', () => drawDivider(sheet, sheet.y + 53))
  sheet.field = 'identifier'
  tagged(sheet, sheet.root, 'P', () => {
    const label = `${number.label.zh} ${number.label.en}`
    const wideAt = (text: string, size: number) => widthOf(text, 'regular', size, 'identifier')
    const size = Math.min(8.5, (8.5 * INNER) / (wideAt(label, 8.5) + 6 + wideAt(number.text, 8.5)))
    const wide = wideAt(label, size) + 6
    const left = middle - (wide + wideAt(number.text, size)) / 2
    putLine(sheet, label, left, sheet.y + 70, { size, color: SOFT })
    putLine(sheet, number.text, left + wide, sheet.y + 70, { size, color: SOFT })
  })
  sheet.y += 82
}

const NOTICE: Style = { size: 10, color: '#8a5300' }

function drawNotice(sheet: Sheet, notice: string | null): void {
  if (notice === null) return
  sheet.field = 'notice'
  const lines = linesIn(sheet, notice, NOTICE, INNER - 20)
  const height = lines.length * 14.5 + 11
  artifact(sheet, 'Layout', () => {
    sheet.doc.roundedRect(SIDE, sheet.y, INNER, height, 3).fillAndStroke('#fff8e6', '#e3c27a')
  })
  tagged(sheet, sheet.root, 'P', () => {
    lines.forEach((line, place) => putLine(sheet, line, SIDE + 10, sheet.y + 15.5 + place * 14.5, NOTICE))
  })
  sheet.y += height + 8
}

/** Who issued it, with the seal; then how it is verified: at the foot of the last page. */
function drawClosing(sheet: Sheet, { issuer, proof, language }: Paper): void {
  const proofHeight = proof === null ? 0 : heightOfProof(sheet, proof)
  const signedHeight = issuer.seal === null ? 48 + issuer.lines.length * 15 : SEAL + 6
  moveToFoot(sheet, signedHeight + proofHeight + 8)
  drawIssuer(sheet, issuer, language, signedHeight)
  sheet.y += signedHeight + 8
  if (proof !== null) drawProof(sheet, proof, proofHeight, language)
}

function drawIssuer(sheet: Sheet, issuer: Paper['issuer'], language: 'zh' | 'en', height: number): void {
  const { role, name, lines, seal } = issuer
  sheet.field = 'issuer'
  const other = language === 'zh' ? 'en' : 'zh'
  const top = sheet.y + Math.max(0, height - 54 - lines.length * 15)
  tagged(sheet, sheet.root, 'P', () => {
    putLine(sheet, `${role.zh} ${role.en}`, SIDE, top + 8, { size: 8.5, color: SOFT })
  })
  tagged(sheet, sheet.root, 'P', () => {
    putLine(sheet, name[language], SIDE, top + 25, { size: 13, weight: 'bold' })
  })
  tagged(sheet, sheet.root, 'P', () => {
    putLine(sheet, name[other], SIDE, top + 38, { size: 8.5, color: SOFT })
  })
  lines.forEach((line, place) =>
    tagged(sheet, sheet.root, 'P', () => putLine(sheet, line, SIDE, top + 56 + place * 15, { size: 10 })),
  )
  if (seal === null) return
  const [x, y] = [WIDTH - SIDE - SEAL / 2 - 4 * MM, sheet.y + SEAL / 2]
  const alt = `${seal} 示例印章图样，不是电子印章 Drawing of a sample seal, not an electronic seal`
  const bbox: [number, number, number, number] = [x - SEAL / 2, y - SEAL / 2, x + SEAL / 2, y + SEAL / 2]
  const figure = element(sheet, sheet.root, 'Figure', { alt, bbox })
  content(sheet, figure, 'Figure', () => drawSeal(sheet, seal, x, y))
}

const STEP: Style = { size: 9 }
const LINE: Style = { size: 9.5, weight: 'bold' }
const PROOF_TEXT = INNER - QR_SIZE - 40

interface ProofLines {
  steps: string[][]
  line: string[]
}

function proofLines(sheet: Sheet, { steps, line }: Proof): ProofLines {
  sheet.field = 'proof'
  return {
    steps: steps.map(step => linesIn(sheet, step, STEP, PROOF_TEXT - 14)),
    line: linesIn(sheet, line.text, LINE, INNER - 24),
  }
}

function heightOfProof(sheet: Sheet, proof: Proof): number {
  const { steps, line } = proofLines(sheet, proof)
  return Math.max(QR_SIZE + 16, 52 + steps.flat().length * 13) + line.length * 14 + 12
}

function drawProof(sheet: Sheet, proof: Proof, height: number, language: 'zh' | 'en'): void {
  const { steps, line } = proofLines(sheet, proof)
  const top = sheet.y
  artifact(sheet, 'Background', () => {
    sheet.doc.roundedRect(SIDE, top, INNER, height, 4).lineWidth(0.6).fillAndStroke(PANEL, RULE)
  })
  drawProofCode(sheet, proof, top, language)
  const x = SIDE + QR_SIZE + 28
  let baseline = top + 55
  for (const [place, lines] of steps.entries()) {
    tagged(sheet, sheet.root, 'P', () => {
      putLine(sheet, String(place + 1), x, baseline, { size: 9, weight: 'bold', color: ACCENT })
      lines.forEach((text, at) => putLine(sheet, text, x + 14, baseline + at * 13, STEP))
    })
    baseline += lines.length * 13
  }
  const color = proof.line.isFinal ? '#1e6b0a' : '#8a5300'
  const first = top + height - 8 - (line.length - 1) * 14
  artifact(sheet, 'Layout', () => {
    sheet.doc.lineWidth(0.5).strokeColor(RULE)
    sheet.doc
      .moveTo(SIDE + 12, first - 14)
      .lineTo(SIDE + INNER - 12, first - 14)
      .stroke()
  })
  tagged(sheet, sheet.root, 'P', () => {
    line.forEach((text, place) => putLine(sheet, text, SIDE + 12, first + place * 14, { ...LINE, color }))
  })
  sheet.y += height
}

function drawProofCode(sheet: Sheet, proof: Proof, top: number, language: 'zh' | 'en'): void {
  const { label, text } = proof.code
  const alt = language === 'zh' ? `核验二维码，短码 ${text}` : `QR code for verification; typed: ${text}`
  const bbox: [number, number, number, number] = [SIDE + 10, top + 8, SIDE + 10 + QR_SIZE, top + 8 + QR_SIZE]
  const figure = element(sheet, sheet.root, 'Figure', { alt, bbox })
  content(sheet, figure, 'Figure', () => drawQr(sheet, proof.address, SIDE + 10, top + 8))
  const x = SIDE + QR_SIZE + 28
  tagged(sheet, sheet.root, 'P', () => putLine(sheet, label, x, top + 17, { size: 8.5, color: SOFT }))
  tagged(sheet, sheet.root, 'P', () => {
    putLine(sheet, text, x, top + 37, { size: text.length > 12 ? 12.5 : 19, weight: 'bold' })
  })
}

function drawPageFrames(sheet: Sheet, paper: Paper): void {
  const { start, count } = sheet.doc.bufferedPageRange()
  for (let page = start; page < start + count; page++) {
    sheet.doc.switchToPage(page)
    artifact(sheet, 'Pagination', () => {
      drawFrame(sheet)
      drawPageLines(sheet, paper, page - start + 1, count)
    })
    if (paper.watermark !== null) {
      const text = paper.watermark
      artifact(sheet, 'Background', () => drawWatermark(sheet, text))
    }
  }
}

function drawPageLines(
  sheet: Sheet,
  { title, number, foot, language }: Paper,
  page: number,
  of: number,
): void {
  const small: Style = { size: 7.5, color: SOFT }
  sheet.field = 'foot'
  const pages = language === 'zh' ? `第 ${page} 页，共 ${of} 页` : `Page ${page} of ${of}`
  putLine(sheet, foot, SIDE, HEIGHT - 15 * MM, small)
  putLine(sheet, pages, WIDTH - SIDE, HEIGHT - 15 * MM, { ...small, align: 'right' })
  if (page > 1) {
    putLine(sheet, title[language], SIDE, 18 * MM, small)
    putLine(sheet, number.text, WIDTH - SIDE, 18 * MM, { ...small, align: 'right' })
  }
}

/** Readable across the page, pale enough to read through. */
function drawWatermark(sheet: Sheet, text: string): void {
  const { doc } = sheet
  sheet.field = 'watermark'
  const lines = linesIn(sheet, text, { size: 12 }, 160 * MM)
  for (let y = 50 * MM; y < HEIGHT; y += 62 * MM) {
    doc
      .save()
      .fillOpacity(0.16)
      .rotate(-24, { origin: [WIDTH / 2, y] })
    lines.forEach((line, place) =>
      putLine(sheet, line, WIDTH / 2, y + place * 17, { size: 12, color: '#5a6570', align: 'center' }),
    )
    doc.restore()
  }
}
