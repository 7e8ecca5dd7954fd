/** The frame of a page and the seal: drawn by us, of no real body; no national emblem. */
import { fontNamed, runsOf, widthOf } from './fonts.ts'
import { ACCENT, HEIGHT, MM, WIDTH, type Sheet } from './sheet.ts'

const EDGE = 8 * MM
const BAND = 3.2 * MM
const WAVE = '#a9bfd3'

/** A band of interlaced waves between two lines around the page. */
export function drawFrame({ doc }: Sheet): void {
  const [x, y, w, h] = [EDGE, EDGE, WIDTH - 2 * EDGE, HEIGHT - 2 * EDGE]
  const middle = BAND / 2
  doc.lineWidth(0.35).strokeColor(WAVE)
  for (const amplitude of [0.4, -0.4, 0.2, -0.2]) {
    const height = amplitude * BAND
    wave(doc, x + BAND, y + middle, w - 2 * BAND, height, 'right')
    wave(doc, x + BAND, y + h - middle, w - 2 * BAND, height, 'right')
    wave(doc, x + middle, y + BAND, h - 2 * BAND, height, 'down')
    wave(doc, x + w - middle, y + BAND, h - 2 * BAND, height, 'down')
  }
  doc.lineWidth(0.9).strokeColor(ACCENT).rect(x, y, w, h).stroke()
  doc
    .lineWidth(0.4)
    .rect(x + BAND, y + BAND, w - 2 * BAND, h - 2 * BAND)
    .stroke()
  for (const cx of [x + middle, x + w - middle]) {
    for (const cy of [y + middle, y + h - middle]) {
      doc
        .lineWidth(0.5)
        .circle(cx, cy, middle * 0.72)
        .stroke()
      doc.circle(cx, cy, middle * 0.36).stroke()
    }
  }
}

/** Half waves of about this length; a whole number of them fits each side. */
const HALF_WAVE = 3.4 * MM

function wave(
  doc: PDFKit.PDFDocument,
  x: number,
  y: number,
  length: number,
  height: number,
  direction: 'right' | 'down',
): void {
  const count = Math.round(length / HALF_WAVE)
  const step = length / count
  const point = (along: number, across: number): [number, number] =>
    direction === 'right' ? [x + along, y + across] : [x + across, y + along]
  doc.moveTo(...point(0, 0))
  for (let i = 0; i < count; i++) {
    // A cubic with these handles is a half wave of a sine within a hundredth.
    const bulge = (i % 2 === 0 ? height : -height) * (4 / 3)
    const handles = [
      point((i + 0.3642) * step, bulge),
      point((i + 0.6358) * step, bulge),
      point((i + 1) * step, 0),
    ]
    const [[x1, y1], [x2, y2], [x3, y3]] = handles as [[number, number], [number, number], [number, number]]
    doc.bezierCurveTo(x1, y1, x2, y2, x3, y3)
  }
  doc.stroke()
}

/** Under a title: two lines with a diamond between. */
export function drawDivider({ doc }: Sheet, y: number): void {
  const middle = WIDTH / 2
  const reach = 62 * MM
  doc.lineWidth(0.6).strokeColor(ACCENT)
  doc
    .moveTo(middle - reach, y)
    .lineTo(middle - 8, y)
    .stroke()
  doc
    .moveTo(middle + 8, y)
    .lineTo(middle + reach, y)
    .stroke()
  doc.fillColor(ACCENT)
  doc.polygon([middle, y - 3], [middle + 3, y], [middle, y + 3], [middle - 3, y]).fill()
}

export const SEAL = 40 * MM
const SEAL_RED = '#b3261e'
/** So much of what lies under it shows through. */
const SEAL_OPACITY = 0.82

/** A round seal with the name along its edge. The letters are drawn as outlines, so that no text search finds them out of order. */
export function drawSeal({ doc }: Sheet, name: string, cx: number, cy: number): void {
  const radius = SEAL / 2
  doc.save().opacity(SEAL_OPACITY)
  doc
    .lineWidth(2.6)
    .strokeColor(SEAL_RED)
    .circle(cx, cy, radius - 1.3)
    .stroke()
  doc
    .lineWidth(0.5)
    .circle(cx, cy, radius - 5.2)
    .stroke()
  doc.fillColor(SEAL_RED)
  along(doc, name, cx, cy, radius - 9)
  for (const side of [-1, 1]) drawDiamond(doc, cx + side * (radius - 30), cy + 1)
  outlined(doc, '示例', cx, cy + 8, 23, 'center')
  doc
    .lineWidth(0.5)
    .moveTo(cx - 24, cy + 15)
    .lineTo(cx + 24, cy + 15)
    .stroke()
  outlined(doc, 'SAMPLE', cx, cy + 25, 8.5, 'center')
  outlined(doc, '电子证照', cx, cy + 40, 8.5, 'center')
  doc.restore()
}

function drawDiamond(doc: PDFKit.PDFDocument, x: number, y: number): void {
  doc.polygon([x, y - 3], [x + 2.4, y], [x, y + 3], [x - 2.4, y]).fill()
}

/** Longest arc that a name may take. */
const ARC = (250 / 180) * Math.PI

function along(doc: PDFKit.PDFDocument, name: string, cx: number, cy: number, radius: number): void {
  const characters = Array.from(name)
  const size = Math.min(13, (ARC * radius * 0.92) / characters.length)
  const step = Math.min(ARC / characters.length, (size * 1.75) / radius)
  characters.forEach((character, place) => {
    const angle = (place - (characters.length - 1) / 2) * step
    doc
      .save()
      .translate(cx, cy)
      .rotate((angle * 180) / Math.PI)
    outlined(doc, character, 0, -radius + size * 0.86, size, 'center')
    doc.restore()
  })
}

function outlined(
  doc: PDFKit.PDFDocument,
  text: string,
  x: number,
  baseline: number,
  size: number,
  align: 'center',
): void {
  let at = align === 'center' ? x - widthOf(text, 'bold', size, 'seal') / 2 : x
  for (const run of runsOf(text, 'bold', 'seal')) {
    const font = fontNamed(run.font)
    const scale = size / font.unitsPerEm
    for (const character of run.text) {
      const glyph = font.glyphForCodePoint(character.codePointAt(0)!)
      doc.save().translate(at, baseline).scale(scale, -scale).path(glyph.path.toSVG()).fill().restore()
      at += glyph.advanceWidth * scale
    }
  }
}
