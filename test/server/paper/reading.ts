/** Reading a PDF back: its text, its pixels, its attachments, its tags, its QR code. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { createCanvas, GlobalFonts, type Canvas } from '@napi-rs/canvas'
import { getDocument, type PDFDocumentProxy } from 'pdfjs-dist/legacy/build/pdf.mjs'
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader'
import { fontNamed, fontPath } from '../../../server/paper/fonts.ts'

const require = createRequire(import.meta.url)
const wasm = readFileSync(require.resolve('zxing-wasm/reader/zxing_reader.wasm'))
prepareZXingModule({ overrides: { wasmBinary: Uint8Array.from(wasm).buffer } })

/** Candidates for what a character should look like: every font that paper may draw with. */
const FACES = ['regular', 'bold', 'rareRegular', 'rareBold']
for (const face of FACES) GlobalFonts.registerFromPath(fontPath(face), face)

export const openPdf = (bytes: Uint8Array): Promise<PDFDocumentProxy> =>
  // pdfjs takes the bytes it is given away from us.
  getDocument({ data: Uint8Array.from(bytes), verbosity: 0 }).promise

export interface PlacedText {
  page: number
  text: string
  /** Points from the lower left corner, on the base line. */
  x: number
  y: number
  size: number
  /** Upright text; a watermark is not. */
  isLevel: boolean
}

/** Every string of text of the document with its place, in the order of the file. */
export async function textsOf(doc: PDFDocumentProxy): Promise<PlacedText[]> {
  const texts: PlacedText[] = []
  for (let page = 1; page <= doc.numPages; page++) {
    const { items } = await (await doc.getPage(page)).getTextContent({ disableNormalization: true })
    for (const item of items) {
      if (!('str' in item) || item.str === '') continue
      const [size, skew, , , x, y] = item.transform as number[]
      texts.push({ page, text: item.str, x: x!, y: y!, size: size!, isLevel: skew === 0 })
    }
  }
  return texts
}

/** All text without blanks, so that it can be searched whatever the lines are. */
export async function plainText(bytes: Uint8Array): Promise<string> {
  return squeezed((await textsOf(await openPdf(bytes))).map(({ text }) => text).join(''))
}

export const squeezed = (text: string): string => text.replaceAll(/\s/g, '')

export async function renderPage(doc: PDFDocumentProxy, number: number, dpi: number): Promise<Canvas> {
  const page = await doc.getPage(number)
  const viewport = page.getViewport({ scale: dpi / 72 })
  const canvas = createCanvas(Math.ceil(viewport.width), Math.ceil(viewport.height))
  await page.render({
    canvas,
    canvasContext: canvas.getContext('2d') as never,
    viewport,
    background: '#ffffff',
  }).promise
  return canvas
}

interface Grey {
  width: number
  height: number
  /** 0 white … 1 black. */
  ink: Float32Array
}

function greyOf(canvas: Canvas, x = 0, y = 0, width = canvas.width, height = canvas.height): Grey {
  const { data } = canvas.getContext('2d').getImageData(x, y, width, height)
  const ink = new Float32Array(width * height)
  for (let i = 0; i < ink.length; i++) {
    ink[i] = 1 - (0.299 * data[4 * i]! + 0.587 * data[4 * i + 1]! + 0.114 * data[4 * i + 2]!) / 255
  }
  return { width, height, ink }
}

/** What a reader of QR codes finds on a page that was scanned in grey. */
export async function qrCodesOf(doc: PDFDocumentProxy, page: number, dpi: number): Promise<string[]> {
  const canvas = await renderPage(doc, page, dpi)
  const { width, height, ink } = greyOf(canvas)
  const data = new Uint8ClampedArray(width * height * 4)
  ink.forEach((value, i) => data.set([255 * (1 - value), 255 * (1 - value), 255 * (1 - value), 255], 4 * i))
  const image = { data, width, height, colorSpace: 'srgb' }
  return (await readBarcodes(image as never, { formats: ['QRCode'] })).map(({ text }) => text)
}

const DPI = 200

export interface Unseen extends PlacedText {
  character: string
  likeness: number
}

/**
 * Characters of the text that cannot be seen where they should be: the pixels at each one's place are compared with the same character
 * drawn by a canvas from the same font files. `spoil` may change the picture of a page before it is looked at.
 */
export async function unseenCharacters(
  bytes: Uint8Array,
  spoil: (canvas: Canvas, page: number) => void = () => undefined,
): Promise<{ unseen: Unseen[]; looked: number }> {
  const doc = await openPdf(bytes)
  const texts = (await textsOf(doc)).filter(({ isLevel }) => isLevel)
  const unseen: Unseen[] = []
  let looked = 0
  for (let page = 1; page <= doc.numPages; page++) {
    const canvas = await renderPage(doc, page, DPI)
    spoil(canvas, page)
    for (const placed of texts.filter(text => text.page === page)) {
      for (const { character, likeness } of likenessesOf(canvas, placed)) {
        looked++
        if (likeness < LIKE) unseen.push({ ...placed, character, likeness })
      }
    }
  }
  return { unseen, looked }
}

/** A cell with nothing or another character in it stays far below; hinting and colours keep the same character above. */
const LIKE = 0.8

/** A string is of one face: the first in which it looks right, else the one in which it looks best. */
function likenessesOf(canvas: Canvas, placed: PlacedText): { character: string; likeness: number }[] {
  const tried: { character: string; likeness: number }[][] = []
  for (const face of FACES) {
    const found = likenessesIn(canvas, placed, face)
    if (found.every(one => one.likeness >= LIKE)) return found
    tried.push(found)
  }
  const mean = (list: { likeness: number }[]) => list.reduce((sum, one) => sum + one.likeness, 0)
  return tried.reduce((best, one) => (mean(one) > mean(best) ? one : best))
}

const measuring = createCanvas(1, 1).getContext('2d')
const advances = new Map<string, number>()

function advanceOf(character: string, face: string): number {
  const key = `${face} ${character}`
  let known = advances.get(key)
  if (known === undefined) {
    measuring.font = `1000px ${face}`
    known = measuring.measureText(character).width / 1000
    advances.set(key, known)
  }
  return known
}

function likenessesIn(canvas: Canvas, { text, x, y, size }: PlacedText, face: string) {
  const scale = DPI / 72
  const found: { character: string; likeness: number }[] = []
  let left = x
  for (const character of text) {
    if (character.trim() !== '') {
      const cell = { x: left * scale, baseline: canvas.height - y * scale, size: size * scale }
      // A canvas would draw the same box for a missing character as the file does.
      const isKnown = fontNamed(face).hasGlyphForCodePoint(character.codePointAt(0)!)
      found.push({ character, likeness: isKnown ? likeness(canvas, cell, character, face) : 0 })
    }
    left += advanceOf(character, face) * size
  }
  return found
}

function likeness(
  canvas: Canvas,
  { x, baseline, size }: { x: number; baseline: number; size: number },
  character: string,
  face: string,
): number {
  const [left, top] = [Math.floor(x) - 1, Math.floor(baseline - size)]
  const side = Math.ceil(size * 1.3) + 2
  // Placed to a quarter of a pixel, so that the same picture serves again.
  const [dx, dy] = [Math.round((x - left) * 4) / 4, Math.round((baseline - top) * 4) / 4]
  const expected = modelOf(character, face, size, side, dx, dy)
  let best = 0
  // Two renderers round to pixels differently: a thin stroke may lie one row or column away.
  for (const [right, down] of SHIFTS) {
    const seen = blurred(withoutGround(greyOf(canvas, left + right, top + down, side, side)))
    best = Math.max(best, correlation(expected.ink, seen.ink, expected))
    if (best >= LIKE) break
  }
  return best
}

const SHIFTS = [0, -1, 1].flatMap(down => [0, -1, 1].map(right => [right, down] as const))

const models = new Map<string, Grey>()

function modelOf(character: string, face: string, size: number, side: number, dx: number, dy: number): Grey {
  const key = [character, face, size, dx, dy].join(' ')
  const known = models.get(key)
  if (known !== undefined) return known
  const canvas = createCanvas(side, side)
  const pen = canvas.getContext('2d')
  pen.fillStyle = '#ffffff'
  pen.fillRect(0, 0, side, side)
  pen.fillStyle = '#000000'
  pen.font = `${size}px ${face}`
  pen.fillText(character, dx, dy)
  const model = blurred(greyOf(canvas))
  models.set(key, model)
  return model
}

/** The paper under the ink, tinted or not, is taken as blank. */
function withoutGround(grey: Grey): Grey {
  return { ...grey, ink: grey.ink.map(value => (value < 0.15 ? 0 : value)) }
}

function blurred({ width, height, ink }: Grey): Grey {
  const out = new Float32Array(ink.length)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0
      for (let dy = -1; dy <= 1; dy++)
        for (let dx = -1; dx <= 1; dx++) {
          const [px, py] = [x + dx, y + dy]
          if (px >= 0 && py >= 0 && px < width && py < height) sum += ink[py * width + px]!
        }
      out[y * width + x] = sum / 9
    }
  }
  return { width, height, ink: out }
}

/** Cosine of the two pictures, looked at only where the model has ink or is near it: neighbours do not count. */
function correlation(model: Float32Array, seen: Float32Array, { width }: Grey): number {
  let [both, own, other] = [0, 0, 0]
  const columns = columnsOf(model, width)
  model.forEach((value, i) => {
    const column = i % width
    if (column < columns.first || column > columns.last) return
    both += value * seen[i]!
    own += value * value
    other += seen[i]! * seen[i]!
  })
  return own === 0 || other === 0 ? 0 : both / Math.sqrt(own * other)
}

function columnsOf(ink: Float32Array, width: number): { first: number; last: number } {
  let [first, last] = [width, 0]
  ink.forEach((value, i) => {
    if (value < 0.02) return
    first = Math.min(first, i % width)
    last = Math.max(last, i % width)
  })
  return { first, last }
}

export interface Tag {
  role: string
  alt?: string
  children: Tag[]
}

/** The structure of a page as a screen reader meets it. */
export async function tagsOf(doc: PDFDocumentProxy, page: number): Promise<Tag> {
  const clean = (node: { role?: string; alt?: string; children?: unknown[] }): Tag => ({
    role: node.role ?? '',
    ...(node.alt !== undefined && { alt: node.alt }),
    children: (node.children ?? [])
      .filter(child => (child as { role?: string }).role)
      .map(child => clean(child as never)),
  })
  return clean(await (await doc.getPage(page)).getStructTree())
}

export const allTags = (tag: Tag): Tag[] => [tag, ...tag.children.flatMap(allTags)]

export async function attachmentsOf(doc: PDFDocumentProxy): Promise<Map<string, Uint8Array>> {
  const contents = new Map<string, Uint8Array>()
  for (const [id, { filename }] of (await doc.getAttachments()) ?? []) {
    contents.set(filename, (await doc.getAttachmentContent(id))!)
  }
  return contents
}
