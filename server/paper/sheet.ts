/**
 * Sheets of A4 and what is put on them: tagged text, artifacts, a place that moves down and new pages. Points from the upper left
 * corner; nothing here knows what a certificate is.
 */
import PDFDocument from 'pdfkit'
import { fontNamed, runsOf, widthOf, widthOfRun, type Weight } from './fonts.ts'
import { linesOf } from './lines.ts'

export const MM = 72 / 25.4
export const WIDTH = 210 * MM
export const HEIGHT = 297 * MM
export const SIDE = 20 * MM
export const INNER = WIDTH - 2 * SIDE
const TOP = 22 * MM
const BOTTOM = HEIGHT - 21 * MM
/** Between a bottom and a top of a page lies so much. */
export const BODY = BOTTOM - TOP

export const INK = '#1b2733'
export const SOFT = '#52606d'
export const RULE = '#cfd8e0'
export const ACCENT = '#1f4e79'
export const PANEL = '#f4f7fa'

export type Element = ReturnType<PDFKit.PDFDocument['struct']>

export interface Sheet {
  readonly doc: PDFKit.PDFDocument
  /** The structure tree's only child. */
  readonly root: Element
  /** Where the next thing goes. */
  y: number
  /** Above and below what stands in a row. */
  readonly padding: number
  /** Which field is being drawn, so that a missing glyph can be named with its place. */
  field: string
}

export interface Style {
  size: number
  weight?: Weight
  color?: string
  align?: 'left' | 'center' | 'right'
}

export interface SheetFacts {
  title: string
  language: string
  subject: string
  author: string
  createdAt: number
}

/** A tagged document with one empty page. */
export function openSheet(
  { title, language, subject, author, createdAt }: SheetFacts,
  padding: number,
): Sheet {
  const doc = new PDFDocument({
    size: [WIDTH, HEIGHT],
    margin: 0,
    pdfVersion: '1.7',
    tagged: true,
    lang: language,
    displayTitle: true,
    // Known to pdfkit, not to its types.
    subset: 'PDF/UA' as 'PDF/A-3',
    bufferPages: true,
    // No font of its own is put in by the library.
    font: null as unknown as string,
    info: {
      Title: title,
      Author: author,
      Subject: subject,
      Creator: 'onceproof',
      Producer: 'onceproof',
      CreationDate: new Date(createdAt * 1000),
      ModDate: new Date(createdAt * 1000),
    },
  })
  const root = doc.struct('Document', { lang: language })
  doc.addStructure(root)
  return { doc, root, y: TOP, padding, field: '' }
}

/** The bytes, once everything is on it. */
export async function closeSheet({ doc, root }: Sheet): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  doc.on('data', (piece: Uint8Array) => pieces.push(piece))
  const ended = new Promise<void>((resolve, reject) => {
    doc.on('end', resolve)
    doc.on('error', reject)
  })
  root.end()
  doc.end()
  await ended
  return Buffer.concat(pieces)
}

export function newPage(sheet: Sheet): void {
  sheet.doc.addPage()
  sheet.y = TOP
}

export const roomLeft = ({ y }: Sheet): number => BOTTOM - y

/** Moves to a new page when there is less room than that. */
export function ensureRoom(sheet: Sheet, height: number): void {
  if (roomLeft(sheet) < height) newPage(sheet)
}

/** Moves down so that exactly so much room is left, on a new page when there is less. */
export function moveToFoot(sheet: Sheet, height: number): void {
  ensureRoom(sheet, height)
  sheet.y = BOTTOM - height
}

export interface ElementFacts {
  alt?: string
  /** Left, top, right, bottom. */
  bbox?: [number, number, number, number]
  scope?: 'Row' | 'Column'
}

/** An element of the structure tree, under `parent`. */
export function element(sheet: Sheet, parent: Element, type: string, facts: ElementFacts = {}): Element {
  const made = sheet.doc.struct(type, facts)
  parent.add(made)
  return made
}

/** Draws content of an element. */
export function content(sheet: Sheet, of: Element, type: string, draw: () => void): void {
  const marked = sheet.doc.markStructureContent(type)
  draw()
  sheet.doc.endMarkedContent()
  of.add(marked)
}

/** Draws an element with only this content. */
export function tagged(sheet: Sheet, parent: Element, type: string, draw: () => void): void {
  content(sheet, element(sheet, parent, type), type, draw)
}

/** Draws what a screen reader passes over. */
export function artifact(
  { doc }: Sheet,
  type: 'Layout' | 'Pagination' | 'Background',
  draw: () => void,
): void {
  doc.markContent('Artifact', { type: type as 'Layout' })
  draw()
  doc.endMarkedContent()
}

/** A heading: the first language large, the second small beside it. */
export function putHeading(sheet: Sheet, first: string, second: string): void {
  const beside = SIDE + widthOf(first, 'bold', 11, sheet.field) + 7
  tagged(sheet, sheet.root, 'H2', () => {
    putLine(sheet, first, SIDE, sheet.y + 11, { size: 11, weight: 'bold' })
    putLine(sheet, second, beside, sheet.y + 11, { size: 8, color: SOFT })
  })
  sheet.y += 19
}

export function linesIn(
  sheet: Sheet,
  text: string,
  { size, weight = 'regular' }: Style,
  width: number,
): string[] {
  return linesOf(text, width, piece => widthOf(piece, weight, size, sheet.field))
}

/** No ligatures and no kerning: every character stands for itself, at its own width, where `widthOf` says. */
const PLAIN = { liga: false, clig: false, kern: false } as unknown as PDFKit.Mixins.OpenTypeFeatures[]

/** One line of text on its base line; every run of it is one string of the file. */
export function putLine(
  sheet: Sheet,
  text: string,
  x: number,
  baseline: number,
  { size, weight = 'regular', color = INK, align = 'left' }: Style,
): void {
  const { doc } = sheet
  const width = align === 'left' ? 0 : widthOf(text, weight, size, sheet.field)
  let at = align === 'left' ? x : align === 'center' ? x - width / 2 : x - width
  doc.fillColor(color)
  for (const run of runsOf(text, weight, sheet.field)) {
    // pdfkit takes an opened font too, which its types do not say.
    doc.registerFont(run.font, fontNamed(run.font) as unknown as string)
    doc.font(run.font).fontSize(size)
    doc.text(run.text, at, baseline, { lineBreak: false, baseline: 'alphabetic', features: PLAIN })
    at += widthOfRun(run, size)
  }
}
